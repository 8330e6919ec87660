//! `recalculate-account` as it is deployed.

use lambda::{Request, Uses, misdelivered};
use pipeline::{Message, Step};

const USES: Uses = Uses {
    // To say in which line of AWS's file something is wrong.
    reports: true,
    catalog: false,
    // A report without commitments has no days to allocate.
    sends_to: &[Step::AllocateCommitments, Step::PublishDatasets],
};

fn main() -> Result<(), lambda::Error> {
    lambda::run(USES, |request, app| async move {
        let Request::Message(Message::RecalculateAccount { run, account }) = request else {
            return Err(misdelivered(&request));
        };
        recalculate_account::handle(&run, account, &app).await
    })
}
