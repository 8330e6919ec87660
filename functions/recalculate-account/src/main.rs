//! `recalculate-account` as an AWS Lambda function.

use lambda::{Request, Uses, misdelivered};
use pipeline::{Message, Step, Unit};

const USES: Uses = Uses {
    // An error names the line of AWS's file, so the function reads the file.
    reports: true,
    catalog: false,
    // A report without commitments has no days to allocate, so `publish-datasets` comes next.
    sends_to: &[Step::AllocateCommitments, Step::PublishDatasets],
    wakes_bills: false,
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
