//! `receive-report` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::Step;

const USES: Uses = Uses {
    reports: true,
    catalog: false,
    // A run that is resumed may have stopped at any step.
    sends_to: &Step::ALL,
    wakes_bills: true,
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Notice(notice) = request else {
            return Err(misdelivered(&request));
        };
        receive_report::handle(&notice, &app).await
    })
}
