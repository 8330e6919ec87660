//! `register-partitions` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::{Message, Step, Unit};

const USES: Uses = Uses {
    reports: false,
    catalog: true,
    // A report without lines has no accounts to recalculate and no days to allocate.
    sends_to: &[Step::RecalculateAccount, Step::PublishDatasets],
    wakes_bills: false,
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Message(message @ Message { unit: Unit::RegisterPartitions { table }, .. }) =
            &request
        else {
            return Err(misdelivered(&request));
        };
        register_partitions::handle(message, *table, &app).await
    })
}
