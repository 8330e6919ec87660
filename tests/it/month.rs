//! A customer in one month, for tests of bills: the contract, the charges, and what is made of them.

use std::collections::BTreeSet;

use billing::{Charge, ChargeKey, Measures};
use contracts::terms::{
    Base, CustomLine, Fee, InvoiceTerms, Minimum, Reach, Section, Selector, Stage, Support, Tier,
    Tiers,
};
use contracts::{ChargeKind, Contracts, Customer, Periods};
use cur::{AccountId, BillingPeriod, Sku};
use money::{Amount, Rate};
use proptest::prelude::*;
use statement::credits::{self, Credited};
use statement::minimums::{self, Settled};
use statement::{Balances, Context, Item, PayerCharges, fees, route, support};

pub(crate) const A: &str = "111122223333";
pub(crate) const B: &str = "444455556666";
pub(crate) const C: &str = "123456789012";
pub(crate) const PAYER: &str = "999988887777";
pub(crate) const OTHER_PAYER: &str = "999988886666";

pub(crate) const FEE: Section = Section::Charge(ChargeKind::Fee);
pub(crate) const DISCOUNT: Section = Section::Charge(ChargeKind::Discount);
pub(crate) const USAGE: Section = Section::Charge(ChargeKind::Usage);
pub(crate) const MARKETPLACE: Section = Section::Charge(ChargeKind::Marketplace);

pub(crate) const ALWAYS: Periods = Periods { from: None, until: None };

pub(crate) fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

pub(crate) fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

pub(crate) fn period(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

pub(crate) fn account(text: &str) -> AccountId {
    text.parse().unwrap()
}

pub(crate) fn periods(from: &str, until: &str) -> Periods {
    let read = |text: &str| (!text.is_empty()).then(|| period(text));
    Periods { from: read(from), until: read(until) }
}

/// A customer, and what its accounts are charged in a period.
pub(crate) struct Month {
    pub(crate) contracts: Contracts,
    pub(crate) customer: Customer,
    pub(crate) period: BillingPeriod,
    pub(crate) payers: Vec<PayerCharges>,
}

impl Month {
    pub(crate) fn new(period: &str, charges: Vec<Charge>) -> Self {
        let text = format!(
            r#"
            [reseller]
            name = "MSP"
            [fx.USD.JPY]
            "2026-10" = "149.0233"
            "2026-11" = "147.88"
            [[customer]]
            id = "acme"
            accounts = ["{A}", "{B}", "{C}"]
            "#
        );
        Self::of(&text, period, charges)
    }

    /// The customer `acme` of a file.
    pub(crate) fn of(text: &str, period: &str, charges: Vec<Charge>) -> Self {
        let contracts = Contracts::parse(text).unwrap();
        let customer = contracts.customer("acme").unwrap().clone();
        let payers = vec![PayerCharges { payer: account(PAYER), charges }];
        Self { contracts, customer, period: period.parse().unwrap(), payers }
    }

    /// Several invoices, each with the accounts that it takes. The last one takes the rest.
    pub(crate) fn invoices(mut self, invoices: &[(&str, &[&str])]) -> Self {
        let plain = self.customer.terms.invoices[0].clone();
        let invoices = invoices.iter().map(|(id, accounts)| {
            let accounts = accounts.iter().map(|id| account(id)).collect::<BTreeSet<_>>();
            let accounts = (!accounts.is_empty()).then_some(accounts);
            let takes = Selector { accounts, ..Selector::default() };
            InvoiceTerms { id: (*id).to_owned(), takes, ..plain.clone() }
        });
        self.customer.terms.invoices = invoices.collect();
        self
    }

    pub(crate) fn support(mut self, support: Support) -> Self {
        self.customer.terms.support.push(support);
        self
    }

    pub(crate) fn line(mut self, line: CustomLine) -> Self {
        self.customer.terms.lines.push(line);
        self
    }

    pub(crate) fn minimum(mut self, minimum: Minimum) -> Self {
        self.customer.terms.minimums.push(minimum);
        self
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Context) -> T) -> T {
        let Self { contracts, customer, period, payers } = self;
        let spends = route(customer, payers);
        look(&Context { contracts, customer, period: *period, spends: &spends, plans: &[] })
    }

    pub(crate) fn support_items(&self) -> Vec<Item> {
        self.checked(self.look(support::items).unwrap())
    }

    pub(crate) fn fees(&self) -> Vec<Item> {
        self.checked(self.look(fees::items).unwrap())
    }

    pub(crate) fn settled(&self, so_far: &[Item], balances: &Balances) -> Settled {
        let settled = self.look(|context| minimums::items(context, so_far, balances)).unwrap();
        Settled { items: self.checked(settled.items), ..settled }
    }

    pub(crate) fn credited(&self, balances: &Balances) -> Credited {
        let credited = self.look(|context| credits::items(context, balances)).unwrap();
        Credited { items: self.checked(credited.items), ..credited }
    }

    /// Checks what is true of all items: they add up again from their parts and from their basis.
    pub(crate) fn checked(&self, items: Vec<Item>) -> Vec<Item> {
        for item in &items {
            assert!(!item.amount.is_zero(), "{item:?}");
            assert_eq!(item.parts.len(), self.customer.terms.invoices.len(), "{item:?}");
            assert_eq!(sum(&item.parts), item.amount, "{item:?}");
            let Some(basis) = &item.basis else { continue };
            for step in &basis.steps {
                assert_eq!(step.rate.times(step.slice), Ok(step.amount), "{item:?}");
            }
            let is_by_rates =
                matches!(item.section, Section::Charge(kind) if kind != ChargeKind::Credit);
            if is_by_rates {
                let slices: Vec<Amount> = basis.steps.iter().map(|step| step.slice).collect();
                assert_eq!(sum(&slices), basis.amount, "{item:?}");
                let amounts: Vec<Amount> = basis.steps.iter().map(|step| step.amount).collect();
                let by_limit = basis.limit.map_or(sum(&amounts), |limit| {
                    if item.amount.is_negative() { -limit } else { limit }
                });
                assert_eq!(by_limit, item.amount, "{item:?}");
            }
        }
        items
    }
}

pub(crate) fn sum(amounts: &[Amount]) -> Amount {
    amounts.iter().copied().sum()
}

/// The amounts of items, as text.
pub(crate) fn amounts(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item.amount.to_string()).collect()
}

pub(crate) fn parts(item: &Item) -> Vec<String> {
    item.parts.iter().map(Amount::to_string).collect()
}

pub(crate) fn charge(
    kind: ChargeKind,
    account: &str,
    service: &str,
    usage_type: &str,
    charge: &str,
) -> Charge {
    let charge = amount(charge);
    let sku = Sku {
        service_code: service.to_owned(),
        usage_type: usage_type.to_owned(),
        ..Sku::default()
    };
    Charge {
        key: ChargeKey {
            usage_account_id: account.parse().unwrap(),
            charge_kind: kind,
            sku,
            currency: "USD".to_owned(),
        },
        purchase: None,
        measures: Measures {
            amortized_cost: Some(charge),
            list_cost: Some(charge),
            ..Measures::ZERO
        },
        price_rule: String::new(),
        charge_before_rules: charge,
        charge,
    }
}

pub(crate) fn usage(account: &str, service: &str, amount: &str) -> Charge {
    charge(ChargeKind::Usage, account, service, "", amount)
}

/// A charge that differs from AWS's amortized cost and from the list price.
pub(crate) fn with_costs(charge: Charge, amortized: &str, list: &str) -> Charge {
    let measures = Measures {
        amortized_cost: Some(amount(amortized)),
        list_cost: Some(amount(list)),
        ..charge.measures
    };
    Charge { measures, ..charge }
}

/// Rates with the upper bounds of their tiers; an empty text for the last tier.
pub(crate) fn table(reach: Reach, rates: &[(&str, &str)]) -> Tiers {
    let tier = |(up_to, of): &(&str, &str)| Tier {
        up_to: (!up_to.is_empty()).then(|| amount(up_to)),
        rate: rate(of),
    };
    Tiers { tiers: rates.iter().map(tier).collect(), reach }
}

/// All charges without Marketplace.
pub(crate) fn base(stage: Stage) -> Base {
    let marketplace =
        Selector { kinds: Some(BTreeSet::from([ChargeKind::Marketplace])), ..Selector::default() };
    Base { stage, of: Selector::default(), except: vec![marketplace] }
}

pub(crate) fn line(section: Section, currency: &str, fee: Fee) -> CustomLine {
    CustomLine {
        id: "line".to_owned(),
        name: "a line".to_owned(),
        section,
        fee,
        minimum: None,
        maximum: None,
        currency: currency.parse().unwrap(),
        only_with_usage: false,
        invoice: None,
        periods: ALWAYS,
    }
}

pub(crate) fn percent(of: &str, stage: Stage) -> Fee {
    Fee::Percent { rates: Tiers::flat(rate(of)), base: base(stage) }
}

pub(crate) fn any_amount() -> impl Strategy<Value = Amount> {
    let units = prop_oneof![
        any::<i64>().prop_map(i128::from),
        -10_i128.pow(24)..10_i128.pow(24),
        (-1000_i128..1000).prop_map(|cents| cents * 10_i128.pow(16)),
    ];
    units.prop_map(Amount::from_units)
}
