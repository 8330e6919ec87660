//! `recalculate-account` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::{Message, Step, Unit};

const USES: Uses = Uses {
    // To say in which line of AWS's file something is wrong.
    reports: true,
    catalog: false,
    // A report without commitments has no days to allocate.
    sends_to: &[Step::AllocateCommitments, Step::PublishDatasets],
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Message(message @ Message { unit: Unit::RecalculateAccount { account }, .. }) =
            &request
        else {
            return Err(misdelivered(&request));
        };
        recalculate_account::handle(message, *account, &app).await
    })
}
