//! Who pays for the unused part of commitments.

use std::collections::BTreeMap;

use billing::UnusedShare;
use commitments::{CommitmentTally, Sharing, Unused, UnusedCost, costs_are_known};
use contracts::{Basis, Contracts};
use cur::AccountId;
use money::Amount;
use pipeline::{Plan, RecalculateReceipt, UNASSIGNED};

use crate::allocated::{AllocatedDays, customer_of};
use crate::costs::Derived;

/// The parts of each customer, by ARN.
type Shares = BTreeMap<String, BTreeMap<String, Vec<UnusedShare>>>;

/// The parts of all customers, as the policy of the contracts splits the unused cost.
pub(crate) fn unused_shares(
    contracts: &Contracts,
    plan: &Plan,
    accounts: &[RecalculateReceipt],
    derived: &Derived,
    days: &AllocatedDays,
) -> Shares {
    let of = Policy { contracts, plan };
    match (contracts.sharing(), contracts.unused()) {
        (_, Unused::Reseller) => Shares::new(),
        (Sharing::AsBilled, Unused::ProRata) => of.report(accounts, derived),
        (sharing, _) if sharing.is_handed_out() => of.days(days),
        _ => Shares::new(),
    }
}

struct Policy<'a> {
    contracts: &'a Contracts,
    plan: &'a Plan,
}

impl Policy<'_> {
    /// Returns whether the customer of the account is charged for unused parts separately. A customer whose
    /// basis is not `list` pays AWS's fees, and these already include the unused part.
    fn pays_apart_from_fees(&self, account: AccountId) -> bool {
        let Plan { payer_account_id, billing_period, .. } = self.plan;
        let owner = self.contracts.owner_of(account, *payer_account_id, *billing_period);
        owner.is_none_or(|customer| customer.basis == Basis::List)
    }

    fn add(&self, shares: &mut Shares, share: UnusedShare) {
        let customer = customer_of(share.usage_account_id, self.contracts, self.plan);
        add(shares, customer, share);
    }

    /// The unused cost that AWS's fee lines say, split over the accounts that used the rest.
    fn report(&self, accounts: &[RecalculateReceipt], derived: &Derived) -> Shares {
        let mut commitments: BTreeMap<&str, (UnusedCost, CommitmentTally)> = BTreeMap::new();
        for receipt in accounts {
            for (arn, tally) in &receipt.commitments {
                let (unused, fees) = commitments.entry(arn).or_default();
                let costs = derived.find(arn, receipt.account);
                let unused_cost = costs.unused.unwrap_or(tally.unused_cost);
                let covered_cost = tally.covered_cost + costs.covered.unwrap_or_default();
                if tally.fee_lines > 0 {
                    unused.kept_by.insert(receipt.account, unused_cost);
                }
                unused.used_by.insert(receipt.account, covered_cost);
                fees.add(tally);
            }
        }
        let mut shares = Shares::new();
        for (arn, (mut unused, fees)) in commitments {
            unused.is_unknown = !costs_are_known(arn, &fees);
            unused.keep_with_fees(|account| self.pays_apart_from_fees(account));
            for (account, amount) in unused.pro_rata() {
                let share = UnusedShare {
                    unused: Unused::ProRata,
                    usage_account_id: account,
                    commitment: arn.to_owned(),
                    service_code: fees.service_code.clone(),
                    currency: fees.currency.clone(),
                    amount: (!unused.is_unknown).then_some(amount),
                };
                self.add(&mut shares, share);
            }
        }
        shares
    }

    /// The unused cost of commitments that were handed out again. The customer that a commitment belongs to
    /// pays it, or, under `pro_rata`, the accounts that used the rest of the commitment.
    fn days(&self, days: &AllocatedDays) -> Shares {
        let policy = self.contracts.unused();
        let mut shares = Shares::new();
        for ((arn, _), mut held) in days.held() {
            held.unused.keep_with_fees(|account| self.pays_apart_from_fees(account));
            let was_used = held.unused.used_by.values().any(|cost| !cost.is_zero());
            let is_split = policy == Unused::ProRata && was_used;
            let parts = if is_split { held.unused.pro_rata() } else { held.unused.kept_by };
            let is_unknown = held.unused.is_unknown;
            for (account, amount) in parts {
                if amount.is_zero() && !is_unknown {
                    continue;
                }
                let share = UnusedShare {
                    unused: policy,
                    usage_account_id: account,
                    commitment: arn.to_owned(),
                    service_code: held.day.service_code.clone(),
                    currency: held.day.currency.clone(),
                    amount: (!is_unknown).then_some(amount),
                };
                match held.customer_id {
                    _ if is_split => self.add(&mut shares, share),
                    "" => add(&mut shares, UNASSIGNED, share),
                    holder => add(&mut shares, holder, share),
                }
            }
        }
        shares
    }
}

fn add(shares: &mut Shares, customer: &str, share: UnusedShare) {
    let of_customer = shares.entry(customer.to_owned()).or_default();
    of_customer.entry(share.commitment.clone()).or_default().push(share);
}

/// The sum of the parts of each commitment, by ARN.
pub(crate) fn totals(shares: &BTreeMap<String, Vec<UnusedShare>>) -> BTreeMap<String, Amount> {
    let total = |shares: &Vec<UnusedShare>| shares.iter().filter_map(|share| share.amount).sum();
    shares.iter().map(|(arn, shares)| (arn.clone(), total(shares))).collect()
}
