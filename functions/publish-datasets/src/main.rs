//! `publish-datasets` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::{Message, Unit};

const USES: Uses = Uses {
    // An error names the line of AWS's file, so the function reads reports.
    reports: true,
    catalog: false,
    // The function is the last step, so it sends no messages.
    sends_to: &[],
    wakes_bills: true,
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Message(message @ Message { unit: Unit::PublishDatasets { customer }, .. }) =
            &request
        else {
            return Err(misdelivered(&request));
        };
        publish_datasets::handle(message, customer, &app).await
    })
}
