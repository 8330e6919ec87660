//! `bill-customer` as it is deployed.

use lambda::{Request, Uses, misdelivered};

const USES: Uses = Uses {
    reports: false,
    catalog: false,
    sends_to: &[],
    // A bill wakes the next one of the customer, which takes over its balances.
    wakes_bills: true,
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        match &request {
            Request::Bill(request) => bill_customer::bill(request, &app).await,
            Request::Issue(request) => bill_customer::issue(request, &app).await,
            _ => Err(misdelivered(&request)),
        }
    })
}
