//! `publish-datasets` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::Message;

/// The last step: it sends to nobody.
const USES: Uses = Uses { reports: false, catalog: false, sends_to: &[] };

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Message(Message::PublishDatasets { run, customer }) = request else {
            return Err(misdelivered(&request));
        };
        publish_datasets::handle(&run, &customer, &app).await
    })
}
