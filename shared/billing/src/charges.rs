//! Pricing: from rated lines to what a customer is charged, stage by stage.
//!
//! Each stage is a number of its own, so that the difference between AWS's cost and the charge can be
//! told apart by name afterwards: amortized → standard → after benefit → after adjustments → charge.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use commitments::{Sharing, Unused};
use contracts::{Adjustment, Basis, ChargeKind, Contracts, Customer, Effect, RuleSubject};
use cur::{AccountId, BillingPeriod};
use money::{Amount, ProductTooLarge};

use crate::rated::{LineGroup, sum_if_known};

/// What a price, an allocation and a row of a dataset are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChargeKey {
    pub usage_account_id: AccountId,
    pub charge_kind: ChargeKind,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
    pub currency: String,
}

/// What stands behind a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    pub line_count: u64,
    pub usage_amount: Amount,
    pub unblended_cost: Amount,
    pub amortized_cost: Amount,
    pub list_cost: Option<Amount>,
    pub benefit: Amount,
    pub charge: Amount,
}

impl Measures {
    pub const ZERO: Self = Self {
        line_count: 0,
        usage_amount: Amount::ZERO,
        unblended_cost: Amount::ZERO,
        amortized_cost: Amount::ZERO,
        list_cost: Some(Amount::ZERO),
        benefit: Amount::ZERO,
        charge: Amount::ZERO,
    };

    pub fn add(&mut self, other: &Self) {
        self.line_count += other.line_count;
        self.usage_amount += other.usage_amount;
        self.unblended_cost += other.unblended_cost;
        self.amortized_cost += other.amortized_cost;
        self.list_cost = sum_if_known(self.list_cost, other.list_cost);
        self.benefit += other.benefit;
        self.charge += other.charge;
    }
}

/// A priced day of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCharge {
    pub usage_date: NaiveDate,
    pub key: ChargeKey,
    pub price_rule: String,
    pub measures: Measures,
}

/// A charge of the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub key: ChargeKey,
    pub price_rule: String,
    pub measures: Measures,
}

/// Benefit handed out, by day and by what it lands on.
pub type Benefits = BTreeMap<(NaiveDate, ChargeKey), Amount>;

/// Parts of what was not used of commitments: who is charged how much, as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedShare {
    /// By which policy.
    pub unused: Unused,
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub currency: String,
    pub amount: Amount,
}

/// The named steps from amortized cost to charge. They sum to the margin, which is law 6.
pub type MarginTerms = BTreeMap<&'static str, Amount>;

#[derive(Debug, thiserror::Error)]
pub enum PricingError {
    #[error(
        "{usage_account_id}, {charge_kind}, {service_code}, {usage_type}: {source}",
        usage_account_id = .key.usage_account_id, charge_kind = .key.charge_kind.name(),
        service_code = .key.service_code, usage_type = .key.usage_type
    )]
    TooLarge { key: Box<ChargeKey>, source: ProductTooLarge },
    #[error("rate `{0}` of a price rule leaves the range of exact numbers")]
    Rate(String),
    #[error("{0} is billed by list price, and a line of it has none")]
    NoListCost(AccountId),
}

/// Whose lines are priced, and by which contract.
#[derive(Clone, Copy)]
pub struct Pricing<'a> {
    pub contracts: &'a Contracts,
    /// `None` for accounts that belong to nobody: they are counted and charged nothing.
    pub customer: Option<&'a Customer>,
    pub period: BillingPeriod,
}

/// The outcome for one customer.
#[derive(Debug, Default)]
pub struct Priced {
    /// By day, then by key.
    pub daily: Vec<DailyCharge>,
    pub margin_terms: MarginTerms,
}

impl Pricing<'_> {
    /// Prices a customer's rated lines. Groups that differ only in what no price depends on are merged.
    pub fn price(
        &self,
        groups: impl IntoIterator<Item = LineGroup>,
        benefits: &Benefits,
        unused_shares: &[UnusedShare],
    ) -> Result<Priced, PricingError> {
        let mut priced = Priced::default();
        for ((usage_date, key), mut measures) in merge(groups) {
            if self.basis() == Some(Basis::List) {
                let benefit = benefits.get(&(usage_date, key.clone()));
                measures.benefit = benefit.copied().unwrap_or(Amount::ZERO);
            }
            let (charge, price_rule) = self.charge(&key, &measures, &mut priced.margin_terms)?;
            measures.charge = charge;
            priced.daily.push(DailyCharge { usage_date, key, price_rule, measures });
        }
        for share in unused_shares {
            if self.basis() == Some(Basis::List) {
                let charge = self.unused_charge(share, &mut priced.margin_terms)?;
                priced.daily.push(charge);
            }
        }
        Ok(priced)
    }

    fn basis(&self) -> Option<Basis> {
        self.customer.map(|customer| customer.basis)
    }

    fn charge(
        &self,
        key: &ChargeKey,
        measures: &Measures,
        terms: &mut MarginTerms,
    ) -> Result<(Amount, String), PricingError> {
        let amortized = measures.amortized_cost;
        let Some(customer) = self.customer else {
            add_term(terms, "unassigned", -amortized);
            return Ok((Amount::ZERO, String::new()));
        };
        let before_rule = match key.charge_kind {
            ChargeKind::Usage => {
                let standard = standard_price(customer, key, measures)?;
                add_term(terms, "standard_price", standard - amortized);
                add_term(terms, "benefit", -measures.benefit);
                Some(standard - measures.benefit)
            }
            ChargeKind::CommitmentFee => {
                let charged = self.commitment_fee(customer, measures);
                add_term(terms, "commitment_fees", charged - amortized);
                Some(charged)
            }
            _ => {
                let passed = customer.adjustment(key.charge_kind) == Adjustment::Pass;
                let kept = if passed { measures.unblended_cost } else { Amount::ZERO };
                add_term(terms, "adjustments", kept - amortized);
                passed.then_some(kept)
            }
        };
        let Some(before_rule) = before_rule else {
            return Ok((Amount::ZERO, "retain".to_owned()));
        };
        let (charge, rule) = self.apply_rule(customer, key, measures, before_rule)?;
        add_term(terms, "contract", charge - before_rule);
        Ok((charge, rule))
    }

    /// What a fee of a commitment costs by the customer's basis. By list price the used part has
    /// reached customers through coverage, so only the unused part is left, and a policy says whose it is:
    /// the owner's is in AWS's fee lines if AWS's coverage stays, else it is a charge of its own.
    fn commitment_fee(&self, customer: &Customer, measures: &Measures) -> Amount {
        match (customer.basis, self.contracts.sharing(), self.contracts.unused()) {
            (Basis::Unblended, ..) => measures.unblended_cost,
            (Basis::Amortized, ..) | (Basis::List, Sharing::AsBilled, Unused::Owner) => {
                measures.amortized_cost
            }
            (Basis::List, ..) => Amount::ZERO,
        }
    }

    /// The most specific rule of the contract, if one applies.
    fn apply_rule(
        &self,
        customer: &Customer,
        key: &ChargeKey,
        measures: &Measures,
        before_rule: Amount,
    ) -> Result<(Amount, String), PricingError> {
        let subject = RuleSubject {
            account: key.usage_account_id,
            service: &key.service_code,
            region: &key.region,
            usage_type: &key.usage_type,
            operation: &key.operation,
            kind: key.charge_kind,
        };
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

    /// The contract's rules apply to it as to any other fee of a commitment.
    fn unused_charge(
        &self,
        share: &UnusedShare,
        terms: &mut MarginTerms,
    ) -> Result<DailyCharge, PricingError> {
        let key = ChargeKey {
            usage_account_id: share.usage_account_id,
            charge_kind: ChargeKind::CommitmentFee,
            service_code: share.service_code.clone(),
            region: String::new(),
            usage_type: String::new(),
            operation: String::new(),
            currency: share.currency.clone(),
        };
        add_term(terms, "commitment_fees", share.amount);
        let (charge, rule) = match self.customer {
            Some(customer) => self.apply_rule(customer, &key, &Measures::ZERO, share.amount)?,
            None => (share.amount, String::new()),
        };
        add_term(terms, "contract", charge - share.amount);
        let by_policy = || format!("unused {}", share.unused.name());
        Ok(DailyCharge {
            usage_date: self.period.first_day(),
            key,
            price_rule: if rule.is_empty() { by_policy() } else { rule },
            measures: Measures { charge, ..Measures::ZERO },
        })
    }
}

/// What usage costs before commitments and contract.
fn standard_price(
    customer: &Customer,
    key: &ChargeKey,
    measures: &Measures,
) -> Result<Amount, PricingError> {
    match customer.basis {
        Basis::List => measures.list_cost.ok_or(PricingError::NoListCost(key.usage_account_id)),
        Basis::Amortized => Ok(measures.amortized_cost),
        Basis::Unblended => Ok(measures.unblended_cost),
    }
}

fn add_term(terms: &mut MarginTerms, name: &'static str, amount: Amount) {
    *terms.entry(name).or_insert(Amount::ZERO) += amount;
}

/// One entry a day and key: the type of line and its commitment are no part of a price.
fn merge(
    groups: impl IntoIterator<Item = LineGroup>,
) -> BTreeMap<(NaiveDate, ChargeKey), Measures> {
    let mut merged = BTreeMap::new();
    for group in groups {
        let measures = Measures {
            line_count: group.line_count,
            usage_amount: group.usage_amount,
            unblended_cost: group.unblended_cost,
            amortized_cost: group.amortized_cost,
            list_cost: group.list_cost,
            ..Measures::ZERO
        };
        let key = ChargeKey {
            usage_account_id: group.usage_account_id,
            charge_kind: group.charge_kind,
            service_code: group.service_code,
            region: group.region,
            usage_type: group.usage_type,
            operation: group.operation,
            currency: group.currency,
        };
        merged.entry((group.usage_date, key)).or_insert(Measures::ZERO).add(&measures);
    }
    merged
}

/// The charges of the period: the days added up.
pub fn sum_days(daily: &[DailyCharge]) -> Vec<Charge> {
    let mut charges: BTreeMap<(&ChargeKey, &str), Measures> = BTreeMap::new();
    for day in daily {
        let measures = charges.entry((&day.key, &day.price_rule)).or_insert(Measures::ZERO);
        measures.add(&day.measures);
    }
    charges
        .into_iter()
        .map(|((key, price_rule), measures)| Charge {
            key: key.clone(),
            price_rule: price_rule.to_owned(),
            measures,
        })
        .collect()
}
