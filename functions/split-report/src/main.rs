//! `split-report` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::{Message, Step, Unit};

const USES: Uses = Uses {
    reports: true,
    catalog: false,
    sends_to: &[Step::RegisterPartitions],
    wakes_bills: false,
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Message(message @ Message { unit: Unit::SplitReport { file }, .. }) = &request
        else {
            return Err(misdelivered(&request));
        };
        split_report::handle(message, *file, &app).await
    })
}
