//! What a contracts file may say and this version cannot apply. The one list of such things.

use commitments::Sharing;

use crate::commitment_policy::CommitmentPolicy;
use crate::customer::{Basis, Customer};
use crate::report::Report;

/// A contract that is understood but would be billed differently from what it says must not load.
pub(crate) fn refuse_unsupported(
    policy: &CommitmentPolicy,
    customers: &[Customer],
    report: &Report,
) {
    let is_applied = matches!(policy.sharing, Sharing::AsBilled | Sharing::Reseller);
    let someone_needs_it =
        customers.iter().any(|customer| customer.basis == Basis::List && customer.owns_accounts());
    if !is_applied && someone_needs_it {
        report.refuse(
            policy.sharing_position,
            format!(
                "this version shares commitments by `as_billed` or `reseller`, not by `{}`; \
                 write one of the two as `sharing` in [commitments]",
                policy.sharing.name()
            ),
        );
    }
    if let Some(position) = policy.assignments_position {
        report
            .refuse(position, "[[commitments.assign]] is not supported by this version; remove it");
    }
}
