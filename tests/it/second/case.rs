//! Customers at random: a contract as text, and charges of two billing periods.

use billing::{Charge, ChargeKey, Measures};
use contracts::terms::Section;
use contracts::{ChargeKind, Purchase};
use cur::{BillingPeriod, Sku};
use statement::{
    Carried, Correction, InvoiceLine, Opening, PayerCharges, SpendOfCustomers, SpendRow, spend_rows,
};
use testkit::Random;

use super::draw::{ACCOUNTS, Draw, PAYERS, parsed};

const SERVICES: [&str; 6] =
    ["AmazonEC2", "AmazonS3", "AmazonRDS", "AWSLambda", "vendor.product", ""];
const REGIONS: [&str; 3] = ["ap-northeast-1", "us-east-1", ""];
const USAGE_TYPES: [&str; 4] =
    ["APN1-BoxUsage:m5.large", "BoxUsage:c5.xlarge", "APN1-TimedStorage-ByteHrs", ""];
const OPERATIONS: [&str; 3] = ["RunInstances", "RunInstances:0002", ""];
const PURCHASES: [Purchase; 4] =
    [Purchase::OnDemand, Purchase::Spot, Purchase::Reserved, Purchase::SavingsPlan];

/// A customer in two billing periods.
pub(super) struct Case {
    pub(super) contracts: String,
    pub(super) periods: [BillingPeriod; 2],
    /// The charges of each billing period.
    pub(super) charges: [Vec<PayerCharges>; 2],
    /// What other customers spend under each payer.
    pub(super) others: SpendOfCustomers,
    /// What earlier bills have left to the first one.
    pub(super) opening: Opening,
}

pub(super) fn case(random: Random) -> Case {
    let mut draw = Draw::new(random);
    let contracts = draw.contracts();
    let carried = draw.of_earlier_bills(Section::Carried);
    let corrections = draw.of_earlier_bills(Section::Correction);
    draw.balances.carried = carried.into_iter().map(carried_over).collect();
    let charges = [draw.payers(), draw.payers()];
    let periods = draw.periods.map(|period| period.parse().unwrap());
    let others = ["a-customer", "z-customer"].map(|id| (id.to_owned(), draw.spend_of_another()));
    let opening = Opening { balances: draw.balances, corrections };
    Case { contracts, periods, charges, others: others.into(), opening }
}

impl Draw {
    /// Lines in whole coins that earlier bills have left to this one.
    fn of_earlier_bills(&mut self, section: Section) -> Vec<Correction> {
        let count = self.pick(&[0, 0, 0, 1, 2]);
        (0..count)
            .map(|_| {
                let at = self.random.below(self.invoices.len());
                let sign = if self.one_in(5) { "-" } else { "" };
                let amount = parsed(&format!("{sign}{}", self.number(3, 0)));
                let period =
                    self.pick(&["2025-01", "2025-07", "2025-10", "2025-11"]).parse().unwrap();
                let is_gone = self.one_in(4);
                let invoice = &self.invoices[at];
                let (id, currency) = (invoice.id.clone(), invoice.currency);
                let taxes = [vec![String::new()], invoice.taxes.clone()].concat();
                let tax = taxes[self.random.below(taxes.len())].clone();
                let tax = if self.one_in(20) { "gone".to_owned() } else { tax };
                let line = InvoiceLine::plain(section, "", "", period, currency, amount);
                Correction {
                    invoice_id: if is_gone { "gone".to_owned() } else { id },
                    currency: currency.to_owned(),
                    line: InvoiceLine { tax, ..line },
                }
            })
            .collect()
    }

    fn payers(&mut self) -> Vec<PayerCharges> {
        PAYERS
            .iter()
            .map(|payer| {
                let currency = self.pick(&self.currencies.clone());
                let count = self.pick(&[0, 1, 3, 6, 12]);
                let charges = (0..count).map(|_| self.charge(currency)).collect();
                PayerCharges { payer: payer.parse().unwrap(), charges }
            })
            .collect()
    }

    fn charge(&mut self, currency: &str) -> Charge {
        let kind = if self.one_in(2) { ChargeKind::Usage } else { self.pick(&ChargeKind::ALL) };
        let gives_back =
            matches!(kind, ChargeKind::Credit | ChargeKind::Refund | ChargeKind::Discount);
        let sign = if gives_back == self.one_in(12) { "" } else { "-" };
        let currency = if self.one_in(12) { self.pick(&self.currencies.clone()) } else { currency };
        let before_rules = format!("{sign}{}", self.amount());
        let charge =
            if self.one_in(3) { format!("{sign}{}", self.amount()) } else { before_rules.clone() };
        let cost = |draw: &mut Self| parsed(&format!("{sign}{}", draw.amount()));
        let purchase = (kind == ChargeKind::Usage).then(|| self.pick(&PURCHASES));
        let has_benefit = matches!(purchase, Some(Purchase::Reserved | Purchase::SavingsPlan));
        let benefit = if has_benefit { self.amount() } else { "0".to_owned() };
        let measures = Measures {
            unblended_cost: cost(self),
            amortized_cost: (!self.one_in(200)).then(|| cost(self)),
            list_cost: (!self.one_in(4)).then(|| cost(self)),
            benefit: (!self.one_in(10)).then(|| parsed(&benefit)),
            ..Measures::ZERO
        };
        Charge {
            key: ChargeKey {
                usage_account_id: self.pick(&ACCOUNTS).parse().unwrap(),
                charge_kind: kind,
                sku: Sku {
                    service_code: self.pick(&SERVICES).to_owned(),
                    region: self.pick(&REGIONS).to_owned(),
                    usage_type: self.pick(&USAGE_TYPES).to_owned(),
                    operation: self.pick(&OPERATIONS).to_owned(),
                },
                currency: currency.to_owned(),
            },
            purchase,
            measures,
            price_rule: String::new(),
            charge_before_rules: parsed(&before_rules),
            charge: parsed(&charge),
        }
    }

    fn spend_of_another(&mut self) -> Vec<SpendRow> {
        let count = self.pick(&[0, 1, 3]);
        let currency = self.pick(&self.currencies.clone());
        let charges: Vec<Charge> = (0..count).map(|_| self.charge(currency)).collect();
        spend_rows(&charges)
    }
}

fn carried_over(left: Correction) -> Carried {
    let Correction { invoice_id, currency, line } = left;
    Carried {
        billing_period: line.billing_period,
        invoice_id,
        currency,
        tax: line.tax,
        amount: line.amount,
    }
}
