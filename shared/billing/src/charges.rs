//! Pricing: from rated lines to the charges of a customer, stage by stage.
//!
//! Each stage is a number of its own. So the difference between AWS's cost and the charge can be explained by
//! name: amortized → standard → after benefit → after adjustments → charge.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Explained, MarginTerm, MarginTerms};
use chrono::NaiveDate;
use commitments::{Purchase, Sharing, UnpricedUsage, Unused};
use contracts::{Adjustment, Basis, ChargeKind, Contracts, Customer, Effect, RuleSubject};
use cur::{AccountId, BillingPeriod, LineItemType, Sku};
use money::{Amount, ProductTooLarge};
use serde::{Deserialize, Serialize};

use crate::charge_key::ChargeKey;
use crate::known::sum_if_known;
use crate::line_group::LineGroup;
use crate::measures::Measures;
use crate::parts::{Benefits, Part};

/// One day of a charge, with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCharge {
    pub usage_date: NaiveDate,
    pub key: ChargeKey,
    /// `None` if the charge is not for usage.
    pub purchase: Option<Purchase>,
    pub measures: Measures,
    pub price_rule: String,
    /// The charge if the contract had no price rule.
    pub charge_before_rules: Amount,
    pub charge: Amount,
}

/// The charge of the period for one key, purchase and price rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub key: ChargeKey,
    /// `None` if the charge is not for usage.
    pub purchase: Option<Purchase>,
    pub measures: Measures,
    pub price_rule: String,
    /// The charge if the contract had no price rule.
    pub charge_before_rules: Amount,
    pub charge: Amount,
}

/// The price of a part of a charge.
struct Price {
    rule: String,
    before_rules: Amount,
    charge: Amount,
}

/// A part of the unused cost of a commitment, and the account that is charged for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusedShare {
    /// The policy that decided who is charged.
    pub unused: Unused,
    pub usage_account_id: AccountId,
    pub commitment: String,
    pub service_code: String,
    pub currency: String,
    /// `None` if the cost of the commitment is unknown.
    pub amount: Option<Amount>,
}

#[derive(Debug, thiserror::Error)]
pub enum PricingError {
    #[error(
        "{usage_account_id}, {charge_kind}, {service_code}, {usage_type}: {source}",
        usage_account_id = .key.usage_account_id, charge_kind = .key.charge_kind.name(),
        service_code = .key.sku.service_code, usage_type = .key.sku.usage_type
    )]
    TooLarge { key: Box<ChargeKey>, source: ProductTooLarge },
    #[error("rate `{0}` of a price rule leaves the range of exact numbers")]
    Rate(String),
    #[error(
        "{usage_account_id}, {service_code} {usage_type}: it is billed by list price, no commitment \
         covers it under the policy, and the report has no `pricing/publicOnDemandCost` for it",
        usage_account_id = .0.usage_account_id, service_code = .0.sku.service_code,
        usage_type = .0.sku.usage_type
    )]
    NoListCost(Box<ChargeKey>),
    #[error(
        "{usage_account_id}, {service_code} {usage_type}: it is billed by what its commitment cost, \
         which nothing in the report says; let AWS write the columns `reservation/EffectiveCost` and \
         `reservation/UnusedRecurringFee`, or those of the savings plan, with the commitment's ARN",
        usage_account_id = .0.usage_account_id, service_code = .0.sku.service_code,
        usage_type = .0.sku.usage_type
    )]
    NoAmortizedCost(Box<ChargeKey>),
    #[error(
        "nothing in the report says what {0} costs in the period, and its unused part is to be paid: \
         let AWS write the columns `reservation/AmortizedUpfrontFeeForBillingPeriod` or \
         `reservation/UpfrontValue`, or for a savings plan `savingsPlan/TotalCommitmentToDate`"
    )]
    NoCommitmentCost(String),
}

/// The customer whose lines are priced, and the contracts.
#[derive(Clone, Copy)]
pub struct Pricing<'a> {
    pub contracts: &'a Contracts,
    /// `None` for accounts that belong to nobody. Their lines are counted and charged nothing.
    pub customer: Option<&'a Customer>,
    pub period: BillingPeriod,
}

/// The outcome for one customer.
#[derive(Debug, Default)]
pub struct Priced {
    /// Sorted by day, then by key. The unused parts of commitments are at the end.
    pub daily: Vec<DailyCharge>,
    /// The terms of charges whose amortized cost is known.
    pub margin_terms: MarginTerms,
    pub explained: Explained,
    /// The money that handed-out commitments took off list prices.
    pub taken_off: Amount,
}

/// How commitments changed the charges of a customer.
#[derive(Clone, Copy)]
pub struct HandedOut<'a> {
    pub benefits: &'a Benefits,
    /// Usage that has no list price although a part of it is on demand, and covered usage at an unknown cost.
    pub unpriced: &'a BTreeSet<UnpricedUsage>,
    pub unused_shares: &'a [UnusedShare],
}

impl Pricing<'_> {
    /// Prices a customer's rated lines. Groups are merged if they differ only in columns on which no price
    /// depends.
    pub fn price(
        &self,
        groups: impl IntoIterator<Item = LineGroup>,
        handed_out: HandedOut<'_>,
    ) -> Result<Priced, PricingError> {
        let mut priced = Priced::default();
        for ((usage_date, key, purchase), stand) in self.merge(groups) {
            for part in self.parts(usage_date, &key, purchase, &stand, handed_out)? {
                let Part { purchase, measures, taken_off, .. } = part;
                let mut terms = MarginTerms::new();
                let Price { rule, before_rules, charge } = self.charge(&key, &part, &mut terms)?;
                priced.taken_off += taken_off;
                if let Some(amortized) = measures.amortized_cost {
                    priced.explained.charge += charge;
                    priced.explained.amortized_cost += amortized;
                    for (name, term) in terms {
                        add_term(&mut priced.margin_terms, name, term);
                    }
                }
                priced.daily.push(DailyCharge {
                    usage_date,
                    key: key.clone(),
                    purchase,
                    measures,
                    price_rule: rule,
                    charge_before_rules: before_rules,
                    charge,
                });
            }
        }
        for share in handed_out.unused_shares {
            if self.basis() == Some(Basis::List) {
                let charge = self.unused_charge(share, &mut priced.margin_terms)?;
                priced.explained.charge += charge.charge;
                priced.daily.push(charge);
            }
        }
        Ok(priced)
    }

    fn basis(&self) -> Option<Basis> {
        self.customer.map(|customer| customer.basis)
    }

    /// Whether AWS's own coverage stays for this customer. AWS's costs of the other bases than `list` already
    /// have the benefit of commitments.
    fn keeps_coverage(&self) -> bool {
        self.basis() != Some(Basis::List) || self.contracts.sharing() == Sharing::AsBilled
    }

    /// The purchase of usage by AWS's own coverage, or without any coverage if commitments are handed out
    /// again. `None` if the lines are not usage.
    fn purchase(&self, group: &LineGroup) -> Option<Purchase> {
        if group.charge_kind != ChargeKind::Usage {
            return None;
        }
        Some(match group.line_item_type {
            LineItemType::DiscountedUsage if self.keeps_coverage() => Purchase::Reserved,
            LineItemType::SavingsPlanCoveredUsage if self.keeps_coverage() => Purchase::SavingsPlan,
            _ => Purchase::of_uncovered(&group.sku.usage_type),
        })
    }

    /// Merges groups to one entry for each day, key and purchase.
    fn merge(
        &self,
        groups: impl IntoIterator<Item = LineGroup>,
    ) -> BTreeMap<(NaiveDate, ChargeKey, Option<Purchase>), Stand> {
        let mut merged = BTreeMap::new();
        for group in groups {
            let key = ChargeKey {
                usage_account_id: group.usage_account_id,
                charge_kind: group.charge_kind,
                sku: group.sku.clone(),
                currency: group.currency.clone(),
            };
            let entry = merged.entry((group.usage_date, key, self.purchase(&group)));
            entry.or_insert(Stand::NOTHING).add(&group);
        }
        merged
    }

    /// The parts of a charge, each with the money that commitments take off its list price. Only customers
    /// with basis `list` get a benefit.
    fn parts(
        &self,
        usage_date: NaiveDate,
        key: &ChargeKey,
        purchase: Option<Purchase>,
        stand: &Stand,
        handed_out: HandedOut<'_>,
    ) -> Result<Vec<Part>, PricingError> {
        let Stand { measures, known_list, covered_list, known_covered_list, .. } = *stand;
        let whole = Part { purchase, measures, known_list, taken_off: Amount::ZERO };
        if self.basis() != Some(Basis::List) || key.charge_kind != ChargeKind::Usage {
            return Ok(vec![whole]);
        }
        if self.contracts.sharing() == Sharing::AsBilled {
            // Usage that AWS covered costs as much as its part of the commitment, whoever owns the
            // commitment.
            let cost = stand.covered_cost.ok_or_else(|| no_amortized_cost(key))?;
            let benefit = sum_if_known(covered_list, Some(-cost));
            let measures = Measures { benefit, ..measures };
            return Ok(vec![Part { measures, taken_off: known_covered_list - cost, ..whole }]);
        }
        let covered = handed_out.benefits.get(&(usage_date, key.clone()));
        let is_unpriced = handed_out.unpriced.contains(&usage_of(key));
        let is_needed = is_unpriced || !self.contracts.sharing().is_handed_out();
        if measures.list_cost.is_none() && is_needed {
            return Err(PricingError::NoListCost(Box::new(key.clone())));
        }
        if is_unpriced && covered.is_some() {
            return Err(no_amortized_cost(key));
        }
        Ok(covered.map_or_else(|| vec![whole], |covered| whole.divide(covered)))
    }

    fn charge(
        &self,
        key: &ChargeKey,
        part: &Part,
        terms: &mut MarginTerms,
    ) -> Result<Price, PricingError> {
        let measures = &part.measures;
        // If the cost is unknown, the caller drops the terms.
        let amortized = measures.amortized_cost.unwrap_or_default();
        let nothing = |rule: &str| Price {
            rule: rule.to_owned(),
            before_rules: Amount::ZERO,
            charge: Amount::ZERO,
        };
        let Some(customer) = self.customer else {
            add_term(terms, MarginTerm::Unassigned, -amortized);
            return Ok(nothing(""));
        };
        let before_rules = match key.charge_kind {
            ChargeKind::Usage => {
                let standard = standard_price(customer, key, part)?;
                add_term(terms, MarginTerm::StandardPrice, standard - amortized);
                add_term(terms, MarginTerm::Benefit, -part.taken_off);
                Some(standard - part.taken_off)
            }
            ChargeKind::CommitmentFee => {
                let charged = self.commitment_fee(customer, key, measures)?;
                add_term(terms, MarginTerm::CommitmentFees, charged - amortized);
                Some(charged)
            }
            _ => {
                let passed = customer.adjustment(key.charge_kind) == Adjustment::Pass;
                let kept = if passed { measures.unblended_cost } else { Amount::ZERO };
                add_term(terms, MarginTerm::Adjustments, kept - amortized);
                passed.then_some(kept)
            }
        };
        let Some(before_rules) = before_rules else {
            return Ok(nothing("retain"));
        };
        let (charge, rule) =
            self.apply_rule(customer, key, part.purchase, measures, before_rules)?;
        add_term(terms, MarginTerm::Contract, charge - before_rules);
        Ok(Price { rule, before_rules, charge })
    }

    /// The charge for a fee of a commitment, by the customer's basis. With basis `list`, customers have paid
    /// the used part with their covered usage, so only the unused part is left. If AWS's coverage stays and
    /// the owner pays, AWS's fee lines have the unused part. With any other policy, the unused part is a
    /// charge of its own.
    fn commitment_fee(
        &self,
        customer: &Customer,
        key: &ChargeKey,
        measures: &Measures,
    ) -> Result<Amount, PricingError> {
        match (customer.basis, self.contracts.sharing(), self.contracts.unused()) {
            (Basis::Unblended, ..) => Ok(measures.unblended_cost),
            (Basis::Amortized, ..) | (Basis::List, Sharing::AsBilled, Unused::Owner) => {
                measures.amortized_cost.ok_or_else(|| no_amortized_cost(key))
            }
            (Basis::List, ..) => Ok(Amount::ZERO),
        }
    }

    /// Applies the most specific rule of the contract, if there is one.
    fn apply_rule(
        &self,
        customer: &Customer,
        key: &ChargeKey,
        purchase: Option<Purchase>,
        measures: &Measures,
        before_rules: Amount,
    ) -> Result<(Amount, String), PricingError> {
        let subject = RuleSubject {
            account: key.usage_account_id,
            sku: &key.sku,
            purchase,
            kind: key.charge_kind,
        };
        let Some(rule) = customer.price_rule(&subject, self.period) else {
            return Ok((before_rules, String::new()));
        };
        let (factor, amount) = match rule.effect {
            Effect::Discount(discount) => (discount.complement(), before_rules),
            Effect::Markup(markup) => (markup.increment(), before_rules),
            Effect::Rate(rate) => (Some(rate), measures.usage_amount),
        };
        let factor = factor.ok_or_else(|| PricingError::Rate(rule.id.clone()))?;
        let charge = factor
            .times(amount)
            .map_err(|source| PricingError::TooLarge { key: Box::new(key.clone()), source })?;
        Ok((charge, rule.id.clone()))
    }

    /// Makes the charge for an unused part. The contract's rules apply to it as to every fee of a commitment.
    fn unused_charge(
        &self,
        share: &UnusedShare,
        terms: &mut MarginTerms,
    ) -> Result<DailyCharge, PricingError> {
        let key = ChargeKey {
            usage_account_id: share.usage_account_id,
            charge_kind: ChargeKind::CommitmentFee,
            sku: Sku { service_code: share.service_code.clone(), ..Sku::default() },
            currency: share.currency.clone(),
        };
        let unknown = || PricingError::NoCommitmentCost(share.commitment.clone());
        let amount = share.amount.ok_or_else(unknown)?;
        add_term(terms, MarginTerm::CommitmentFees, amount);
        let (charge, rule) = match self.customer {
            Some(customer) => self.apply_rule(customer, &key, None, &Measures::ZERO, amount)?,
            None => (amount, String::new()),
        };
        add_term(terms, MarginTerm::Contract, charge - amount);
        let by_policy = || format!("unused {}", share.unused.name());
        Ok(DailyCharge {
            usage_date: self.period.first_day(),
            key,
            purchase: None,
            measures: Measures::ZERO,
            price_rule: if rule.is_empty() { by_policy() } else { rule },
            charge_before_rules: amount,
            charge,
        })
    }
}

/// The price of usage before commitments and the contract. An unknown list price counts as 0, because
/// commitments then cover all usage without a list price.
fn standard_price(
    customer: &Customer,
    key: &ChargeKey,
    part: &Part,
) -> Result<Amount, PricingError> {
    match customer.basis {
        Basis::List => Ok(part.known_list),
        Basis::Amortized => part.measures.amortized_cost.ok_or_else(|| no_amortized_cost(key)),
        Basis::Unblended => Ok(part.measures.unblended_cost),
    }
}

fn no_amortized_cost(key: &ChargeKey) -> PricingError {
    PricingError::NoAmortizedCost(Box::new(key.clone()))
}

fn usage_of(key: &ChargeKey) -> UnpricedUsage {
    UnpricedUsage { usage_account_id: key.usage_account_id, sku: key.sku.clone() }
}

fn add_term(terms: &mut MarginTerms, name: MarginTerm, amount: Amount) {
    *terms.entry(name).or_insert(Amount::ZERO) += amount;
}

/// A charge before it is priced.
struct Stand {
    measures: Measures,
    /// The list price, as far as it is known.
    known_list: Amount,
    /// The list price of usage that AWS covered, the known part of this list price, and the cost of the
    /// commitments.
    covered_list: Option<Amount>,
    known_covered_list: Amount,
    covered_cost: Option<Amount>,
}

impl Stand {
    const NOTHING: Self = Self {
        measures: Measures::ZERO,
        known_list: Amount::ZERO,
        covered_list: Some(Amount::ZERO),
        known_covered_list: Amount::ZERO,
        covered_cost: Some(Amount::ZERO),
    };

    fn add(&mut self, group: &LineGroup) {
        let list = group.list_cost.unwrap_or_default();
        self.measures.add(&Measures {
            line_count: group.line_count,
            uninvoiced_line_count: group.uninvoiced_line_count,
            usage_amount: group.usage_amount,
            unblended_cost: group.unblended_cost,
            amortized_cost: group.amortized_cost,
            list_cost: group.list_cost,
            benefit: Some(Amount::ZERO),
        });
        self.known_list += list;
        if group.line_item_type.is_covered_usage() {
            self.covered_list = sum_if_known(self.covered_list, group.list_cost);
            self.known_covered_list += list;
            self.covered_cost = sum_if_known(self.covered_cost, group.amortized_cost);
        }
    }
}

/// The charges of the period: the sums of the days.
pub fn sum_days(daily: &[DailyCharge]) -> Vec<Charge> {
    let mut charges: BTreeMap<(&ChargeKey, Option<Purchase>, &str), Charge> = BTreeMap::new();
    for day in daily {
        let sum =
            charges.entry((&day.key, day.purchase, &day.price_rule)).or_insert_with(|| Charge {
                key: day.key.clone(),
                purchase: day.purchase,
                measures: Measures::ZERO,
                price_rule: day.price_rule.clone(),
                charge_before_rules: Amount::ZERO,
                charge: Amount::ZERO,
            });
        sum.measures.add(&day.measures);
        sum.charge_before_rules += day.charge_before_rules;
        sum.charge += day.charge;
    }
    charges.into_values().collect()
}
