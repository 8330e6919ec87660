//! `publish-datasets` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::{Message, Unit};

const USES: Uses = Uses {
    // To say in which line of AWS's file something is wrong.
    reports: true,
    catalog: false,
    // The last step: it sends to nobody.
    sends_to: &[],
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
