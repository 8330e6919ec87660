//! Pricing: from rated lines to the charges of a customer, stage by stage.
//!
//! Each stage is a number of its own. So the difference between AWS's cost and the charge can be explained by
//! name: amortized → standard → after benefit → after adjustments → charge.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Explained, MarginTerm, MarginTerms};
use chrono::NaiveDate;
use commitments::{DailyBenefit, Sharing, UnpricedUsage, Unused};
use contracts::{Adjustment, Basis, ChargeKind, Contracts, Customer, Effect, RuleSubject};
use cur::{AccountId, BillingPeriod, Sku};
use money::{Amount, ProductTooLarge};
use serde::{Deserialize, Serialize};

use crate::known::sum_if_known;
use crate::line_group::LineGroup;

/// The columns that a price, an allocation and a row of a dataset have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChargeKey {
    pub usage_account_id: AccountId,
    pub charge_kind: ChargeKind,
    pub sku: Sku,
    pub currency: String,
}

/// The amounts behind a charge that do not depend on price rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    pub line_count: u64,
    pub usage_amount: Amount,
    pub unblended_cost: Amount,
    /// `None` if a part of it is unknown.
    pub amortized_cost: Option<Amount>,
    pub list_cost: Option<Amount>,
    pub benefit: Option<Amount>,
}

impl Measures {
    pub const ZERO: Self = Self {
        line_count: 0,
        usage_amount: Amount::ZERO,
        unblended_cost: Amount::ZERO,
        amortized_cost: Some(Amount::ZERO),
        list_cost: Some(Amount::ZERO),
        benefit: Some(Amount::ZERO),
    };

    pub fn add(&mut self, other: &Self) {
        self.line_count += other.line_count;
        self.usage_amount += other.usage_amount;
        self.unblended_cost += other.unblended_cost;
        self.amortized_cost = sum_if_known(self.amortized_cost, other.amortized_cost);
        self.list_cost = sum_if_known(self.list_cost, other.list_cost);
        self.benefit = sum_if_known(self.benefit, other.benefit);
    }
}

/// One day of a charge, with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCharge {
    pub usage_date: NaiveDate,
    pub key: ChargeKey,
    pub measures: Measures,
    pub price_rule: String,
    pub charge: Amount,
}

/// The charge of the period for one key and price rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub key: ChargeKey,
    pub measures: Measures,
    pub price_rule: String,
    pub charge: Amount,
}

/// The benefit that was handed out, by day and charge.
pub type Benefits = BTreeMap<(NaiveDate, ChargeKey), Benefit>;

/// Adds up benefits by day and charge.
pub fn benefits_by_charge(rows: &[DailyBenefit]) -> Benefits {
    let mut benefits = Benefits::new();
    for row in rows {
        let key = ChargeKey {
            usage_account_id: row.usage_account_id,
            charge_kind: ChargeKind::Usage,
            sku: row.sku.clone(),
            currency: row.currency.clone(),
        };
        let benefit = benefits.entry((row.usage_date, key)).or_insert(Benefit::NOTHING);
        benefit.add(row.taken_off, row.benefit);
    }
    benefits
}

/// How commitments that were handed out changed a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Benefit {
    /// List prices minus commitment costs. Usage without a list price counts as 0.
    pub taken_off: Amount,
    /// List prices minus commitment costs, `None` if a list price is unknown.
    pub benefit: Option<Amount>,
}

impl Benefit {
    pub const NOTHING: Self = Self { taken_off: Amount::ZERO, benefit: Some(Amount::ZERO) };

    fn add(&mut self, taken_off: Amount, benefit: Option<Amount>) {
        self.taken_off += taken_off;
        self.benefit = sum_if_known(self.benefit, benefit);
    }
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
        for ((usage_date, key), stand) in merge(groups) {
            let of_day = handed_out.benefits.get(&(usage_date, key.clone())).copied();
            let benefit = self.benefit(&key, &stand, of_day, handed_out.unpriced)?;
            let measures = Measures { benefit: benefit.benefit, ..stand.measures };
            let mut terms = MarginTerms::new();
            let (charge, price_rule) = self.charge(&key, &stand, benefit.taken_off, &mut terms)?;
            priced.taken_off += benefit.taken_off;
            if let Some(amortized) = measures.amortized_cost {
                priced.explained.charge += charge;
                priced.explained.amortized_cost += amortized;
                for (name, term) in terms {
                    add_term(&mut priced.margin_terms, name, term);
                }
            }
            priced.daily.push(DailyCharge { usage_date, key, measures, price_rule, charge });
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

    /// The money that commitments take off the list price of a charge. Only customers with basis `list` get
    /// it, because AWS's costs of the other bases already have the benefit.
    fn benefit(
        &self,
        key: &ChargeKey,
        stand: &Stand,
        handed_out: Option<Benefit>,
        unpriced: &BTreeSet<UnpricedUsage>,
    ) -> Result<Benefit, PricingError> {
        if self.basis() != Some(Basis::List) || key.charge_kind != ChargeKind::Usage {
            return Ok(Benefit::NOTHING);
        }
        if self.contracts.sharing() == Sharing::AsBilled {
            // Usage that AWS covered costs as much as its part of the commitment, whoever owns the
            // commitment.
            let cost = stand.covered_cost.ok_or_else(|| no_amortized_cost(key))?;
            let benefit = sum_if_known(stand.covered_list, Some(-cost));
            return Ok(Benefit { taken_off: stand.known_covered_list - cost, benefit });
        }
        let is_unpriced = |key: &ChargeKey| {
            !self.contracts.sharing().is_handed_out() || unpriced.contains(&usage_of(key))
        };
        if stand.measures.list_cost.is_none() && is_unpriced(key) {
            return Err(PricingError::NoListCost(Box::new(key.clone())));
        }
        if unpriced.contains(&usage_of(key)) && handed_out.is_some() {
            return Err(no_amortized_cost(key));
        }
        Ok(handed_out.unwrap_or(Benefit::NOTHING))
    }

    fn charge(
        &self,
        key: &ChargeKey,
        stand: &Stand,
        taken_off: Amount,
        terms: &mut MarginTerms,
    ) -> Result<(Amount, String), PricingError> {
        let measures = &stand.measures;
        // If the cost is unknown, the caller drops the terms.
        let amortized = measures.amortized_cost.unwrap_or_default();
        let Some(customer) = self.customer else {
            add_term(terms, MarginTerm::Unassigned, -amortized);
            return Ok((Amount::ZERO, String::new()));
        };
        let before_rule = match key.charge_kind {
            ChargeKind::Usage => {
                let standard = standard_price(customer, key, stand)?;
                add_term(terms, MarginTerm::StandardPrice, standard - amortized);
                add_term(terms, MarginTerm::Benefit, -taken_off);
                Some(standard - taken_off)
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
        let Some(before_rule) = before_rule else {
            return Ok((Amount::ZERO, "retain".to_owned()));
        };
        let (charge, rule) = self.apply_rule(customer, key, measures, before_rule)?;
        add_term(terms, MarginTerm::Contract, charge - before_rule);
        Ok((charge, rule))
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
        measures: &Measures,
        before_rule: Amount,
    ) -> Result<(Amount, String), PricingError> {
        let subject =
            RuleSubject { account: key.usage_account_id, sku: &key.sku, kind: key.charge_kind };
        let Some(rule) = customer.price_rule(&subject, self.period) else {
            return Ok((before_rule, String::new()));
        };
        let (factor, amount) = match rule.effect {
            Effect::Discount(discount) => (discount.complement(), before_rule),
            Effect::Markup(markup) => (markup.increment(), before_rule),
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
            Some(customer) => self.apply_rule(customer, &key, &Measures::ZERO, amount)?,
            None => (amount, String::new()),
        };
        add_term(terms, MarginTerm::Contract, charge - amount);
        let by_policy = || format!("unused {}", share.unused.name());
        Ok(DailyCharge {
            usage_date: self.period.first_day(),
            key,
            measures: Measures::ZERO,
            price_rule: if rule.is_empty() { by_policy() } else { rule },
            charge,
        })
    }
}

/// The price of usage before commitments and the contract. An unknown list price counts as 0, because
/// commitments then cover all usage without a list price.
fn standard_price(
    customer: &Customer,
    key: &ChargeKey,
    stand: &Stand,
) -> Result<Amount, PricingError> {
    match customer.basis {
        Basis::List => Ok(stand.known_list),
        Basis::Amortized => stand.measures.amortized_cost.ok_or_else(|| no_amortized_cost(key)),
        Basis::Unblended => Ok(stand.measures.unblended_cost),
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

/// Merges groups to one entry for each day and key. Neither the type of line nor the commitment matters to a
/// price.
fn merge(groups: impl IntoIterator<Item = LineGroup>) -> BTreeMap<(NaiveDate, ChargeKey), Stand> {
    let mut merged = BTreeMap::new();
    for group in groups {
        let key = ChargeKey {
            usage_account_id: group.usage_account_id,
            charge_kind: group.charge_kind,
            sku: group.sku.clone(),
            currency: group.currency.clone(),
        };
        merged.entry((group.usage_date, key)).or_insert(Stand::NOTHING).add(&group);
    }
    merged
}

/// The charges of the period: the sums of the days.
pub fn sum_days(daily: &[DailyCharge]) -> Vec<Charge> {
    let mut charges: BTreeMap<(&ChargeKey, &str), (Measures, Amount)> = BTreeMap::new();
    for day in daily {
        let sums = charges.entry((&day.key, &day.price_rule));
        let (measures, charge) = sums.or_insert((Measures::ZERO, Amount::ZERO));
        measures.add(&day.measures);
        *charge += day.charge;
    }
    charges
        .into_iter()
        .map(|((key, price_rule), (measures, charge))| Charge {
            key: key.clone(),
            measures,
            price_rule: price_rule.to_owned(),
            charge,
        })
        .collect()
}
