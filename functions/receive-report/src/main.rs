//! `receive-report` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::Step;

const USES: Uses = Uses {
    reports: true,
    catalog: false,
    // A delivery without files has nothing to split.
    sends_to: &[Step::SplitReport, Step::RegisterPartitions],
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Notice(notice) = request else {
            return Err(misdelivered(&request));
        };
        receive_report::handle(&notice, &app).await
    })
}
