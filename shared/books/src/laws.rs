//! The laws of a run, and the sums that each of them compares.

use std::collections::BTreeMap;

use commitments::{KeptUsage, ReplayTally, Sharing, Units, Unused, says_fee};
use contracts::{Basis, Contracts};
use laws::{Check, Law};
use money::Amount;

use crate::Books;
use crate::costs::{Derived, tallies};

impl Books {
    pub(crate) fn laws(&self, contracts: &Contracts) -> Vec<Check> {
        let mut laws = self.every_line_once();
        laws.extend(self.cost_is_conserved());
        laws.extend(self.commitment_is_conserved(contracts));
        laws.extend(self.parts_sum_to_whole(contracts));
        laws.extend(self.aws_replays(contracts));
        let terms = self.margin_terms();
        laws.push(billing::margin_explains_itself(
            "all customers",
            self.published(|customer| customer.explained.charge),
            self.published(|customer| customer.explained.amortized_cost),
            terms.values(),
        ));
        laws
    }

    /// Law 1. Lines of split cost allocation are counted as lines too, although their money is the money of
    /// other lines.
    fn every_line_once(&self) -> Vec<Check> {
        const LAW: Law = Law::EveryLineOnce;
        let (read, written, rated) = (self.split.read, self.written(), self.rated());
        let charged = self.published(|customer| customer.lines.into());
        let equal = |of, left: u64, right: u64| Check::equal(LAW, of, left.into(), right.into());
        vec![
            equal("lines read and written", read.all_lines(), written.all_lines()),
            equal("lines written and rated", written.all_lines(), rated.all_lines()),
            Check::equal(LAW, "lines rated and charged", rated.lines.into(), charged),
        ]
    }

    /// Law 2, compared after each step.
    fn cost_is_conserved(&self) -> Vec<Check> {
        const LAW: Law = Law::CostIsConserved;
        let (read, written, rated) = (self.split.read, self.written(), self.rated());
        let charged = self.published(|customer| customer.unblended_cost);
        let split_cost = "split-cost lines, counted apart";
        vec![
            Check::equal(LAW, "report and accounts", read.unblended_cost, written.unblended_cost),
            Check::equal(LAW, "accounts and rated", written.unblended_cost, rated.unblended_cost),
            Check::equal(LAW, "report and customers", read.unblended_cost, charged),
            Check::equal(
                LAW,
                split_cost,
                read.split_cost_unblended_cost,
                rated.split_cost_unblended_cost,
            ),
        ]
    }

    /// Law 3. If commitments are handed out again, used and unused together are what the fee lines bought.
    /// If AWS's coverage stays, the cost of what was used is what AWS's covered lines say. The benefit that
    /// was handed out to customers with basis `list` is what these customers are charged less.
    fn commitment_is_conserved(&self, contracts: &Contracts) -> Vec<Check> {
        const LAW: Law = Law::CommitmentIsConserved;
        let sharing = contracts.sharing();
        let mut checks = Vec::new();
        let handed_out = self.handed_out();
        for (arn, tally) in tallies(&self.recalculated) {
            let sums = handed_out.get(arn).copied().unwrap_or_default();
            let mut equal = |of: &str, left, right| {
                checks.push(Check::equal(LAW, format!("{of} of {arn}"), left, right));
            };
            // A cost that no line says is derived in another way, so there is no line to compare it with.
            let is_said = tally.uncosted.plain.is_zero();
            let has_fee = says_fee(arn, &tally);
            if sharing == Sharing::AsBilled {
                if is_said {
                    equal("cost used", sums.used_cost, tally.covered_cost);
                }
            } else if sharing.is_handed_out() && !has_fee {
                if is_said {
                    equal("cost used, without a fee", sums.used_cost, tally.covered_cost);
                }
            } else if sharing.is_handed_out() {
                equal("cost", sums.used_cost + sums.unused_cost, tally.purchased_cost);
                let Units { plain, normalized } = tally.purchased;
                let bought = if sums.is_normalized { normalized } else { plain };
                // AWS does not print normalized units for every service that has them, so the sum may be
                // zero.
                if !bought.is_zero() {
                    equal("units", sums.used + sums.unused, bought);
                }
            }
        }
        let is_by_list = |customer: &str| {
            contracts.customer(customer).is_some_and(|customer| customer.basis == Basis::List)
        };
        if sharing.is_handed_out() {
            let taken_off = self.allocated.iter().flat_map(|day| &day.taken_off);
            let to_list = taken_off.filter(|(customer, _)| is_by_list(customer));
            checks.push(Check::equal(
                LAW,
                "benefit handed out and charged less",
                to_list.map(|(_, amount)| *amount).sum(),
                self.published(|customer| customer.taken_off),
            ));
        }
        checks
    }

    /// Law 7. In every hour, AWS's rules give for each group of commitments what AWS has billed, or the
    /// group stays as AWS has billed it. In the hours that stay so, the allocations are what AWS's lines say.
    fn aws_replays(&self, contracts: &Contracts) -> Vec<Check> {
        const LAW: Law = Law::AwsReplays;
        let ReplayTally { compared, replayed, kept, .. } = self.replay();
        let of = "hours of groups of commitments: replayed or kept, and all";
        let mut checks = vec![Check::equal(LAW, of, (replayed + kept).into(), compared.into())];
        if contracts.sharing().is_handed_out() {
            let mut usage = KeptUsage::default();
            for day in &self.allocated {
                usage.add(&day.kept_usage);
            }
            let of = "usage that stays as AWS covered it: allocated, and covered in the report";
            checks.push(Check::equal(LAW, of, usage.allocated, usage.covered));
        }
        checks
    }

    /// Law 4. Only one kind of amount is split by weight: the unused cost of commitments, if the contracts
    /// spread it.
    fn parts_sum_to_whole(&self, contracts: &Contracts) -> Vec<Check> {
        const LAW: Law = Law::PartsSumToWhole;
        let wholes: BTreeMap<&str, Amount> = match (contracts.sharing(), contracts.unused()) {
            (_, Unused::Reseller) => BTreeMap::new(),
            (Sharing::AsBilled, Unused::ProRata) => self.unused_as_billed(),
            (sharing, _) if sharing.is_handed_out() => {
                self.handed_out().into_iter().map(|(arn, sums)| (arn, sums.unused_cost)).collect()
            }
            _ => BTreeMap::new(),
        };
        if wholes.is_empty() {
            return vec![Check::equal(LAW, "nothing was split", Amount::ZERO, Amount::ZERO)];
        }
        let mut parts: BTreeMap<&str, Amount> = BTreeMap::new();
        for (commitment, part) in self.published.iter().flat_map(|customer| &customer.unused_shares)
        {
            *parts.entry(commitment).or_default() += *part;
        }
        let check = |(commitment, whole)| {
            let part = parts.get(commitment).copied().unwrap_or_default();
            Check::equal(LAW, format!("unused of {commitment}"), part, whole)
        };
        wholes.into_iter().map(check).collect()
    }

    /// The unused cost of each commitment: the derived cost if no fee says it, otherwise the cost that the
    /// fees say.
    fn unused_as_billed(&self) -> BTreeMap<&str, Amount> {
        let derived = Derived::of(&self.recalculated);
        let mut unused: BTreeMap<&str, Amount> = BTreeMap::new();
        for receipt in &self.recalculated {
            for (arn, tally) in &receipt.commitments {
                let cost = derived.find(arn, receipt.account).unused.unwrap_or(tally.unused_cost);
                *unused.entry(arn).or_default() += cost;
            }
        }
        unused
    }
}
