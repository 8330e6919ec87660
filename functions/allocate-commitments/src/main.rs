//! `allocate-commitments` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::{Message, Step, Unit};

const USES: Uses = Uses {
    // An error names the line of AWS's file, so the function reads reports.
    reports: true,
    catalog: false,
    sends_to: &[Step::PublishDatasets],
    wakes_bills: false,
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Message(message @ Message { unit: Unit::AllocateCommitments { day }, .. }) =
            &request
        else {
            return Err(misdelivered(&request));
        };
        allocate_commitments::handle(message, *day, &app).await
    })
}
