//! The invoice of a customer: charges in the invoice's currency, rounding, taxes and totals.
//!
//! `Σ amount of lines = subtotal` and `subtotal + Σ taxes = total`, digit for digit. Lines have exact
//! amounts. The difference that rounding made is a line of its own, so no sum hides it.

use std::collections::BTreeMap;

use contracts::terms::RoundingScope;
use contracts::{ChargeKind, Contracts, Customer};
use cur::{AccountId, BillingPeriod};
use money::rounding::round;
use money::{Amount, ProductTooLarge, Rate};

use crate::charges::Charge;

/// The section of the lines that rounding added.
pub const ROUNDING: &str = "rounding";

/// The section of the lines that rounding added to taxes of AWS that are passed on. Like these taxes, they
/// are not taxed.
pub const TAX_ROUNDING: &str = "tax_rounding";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    pub customer_id: String,
    pub customer_name: String,
    pub billing_period: BillingPeriod,
    pub currency: String,
    pub lines: Vec<InvoiceLine>,
    pub subtotal: Amount,
    pub taxes: Vec<TaxLine>,
    pub total: Amount,
}

/// The cost of one service in one account, or the difference that rounding made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// A charge kind, `rounding` or `tax_rounding`.
    pub section: String,
    pub service_code: String,
    /// Empty on a rounding line of several accounts.
    pub usage_account_id: String,
    /// The currency of the charges in the report, which may have several currencies. Empty on a rounding line
    /// of several currencies.
    pub currency_source: String,
    /// The amount in the report's currency.
    pub amount_source: Amount,
    pub fx_rate: Rate,
    /// The exact amount in the invoice's currency.
    pub amount: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxLine {
    pub name: String,
    pub rate: Rate,
    pub taxable: Amount,
    pub amount: Amount,
}

#[derive(Debug, thiserror::Error)]
pub enum InvoiceError {
    #[error(
        "customer `{customer}` is billed in {to}, the report is in {from}, and there is no rate for \
         {period}: add `[fx.{from}.{to}]` with `\"{period}\" = \"…\"` to the contracts"
    )]
    NoFxRate { customer: String, from: String, to: String, period: BillingPeriod },
    #[error("customer `{customer}`, {service}: {source}")]
    TooLarge { customer: String, service: String, source: ProductTooLarge },
}

/// Makes the invoice of one customer from the charges of the period.
pub fn invoice(
    customer: &Customer,
    contracts: &Contracts,
    period: BillingPeriod,
    charges: &[Charge],
) -> Result<Invoice, InvoiceError> {
    let mut lines = exact_lines(customer, contracts, period, charges)?;
    lines.extend(rounding_lines(customer, &lines));
    let subtotal = lines.iter().map(|line| line.amount).sum();
    let taxes = taxes(customer, &lines)?;
    Ok(Invoice {
        customer_id: customer.id.clone(),
        customer_name: customer.name.clone(),
        billing_period: period,
        currency: customer.terms.invoices[0].currency.code().to_owned(),
        total: subtotal + taxes.iter().map(|tax| tax.amount).sum(),
        lines,
        subtotal,
        taxes,
    })
}

/// Makes one line for each section, service, account and source currency, in the invoice's currency.
fn exact_lines(
    customer: &Customer,
    contracts: &Contracts,
    period: BillingPeriod,
    charges: &[Charge],
) -> Result<Vec<InvoiceLine>, InvoiceError> {
    let mut sums: BTreeMap<(ChargeKind, &str, AccountId, &str), Amount> = BTreeMap::new();
    for charge in charges {
        let key = &charge.key;
        let line_key =
            (key.charge_kind, &*key.sku.service_code, key.usage_account_id, &*key.currency);
        *sums.entry(line_key).or_insert(Amount::ZERO) += charge.charge;
    }
    let mut lines = Vec::new();
    for ((kind, service_code, account, currency), amount_source) in sums {
        if amount_source.is_zero() {
            continue;
        }
        let to = customer.terms.invoices[0].currency.code();
        let fx_rate = contracts.fx(currency, to, period).ok_or_else(|| InvoiceError::NoFxRate {
            customer: customer.id.clone(),
            from: currency.to_owned(),
            to: to.to_owned(),
            period,
        })?;
        let amount = times(customer, service_code, fx_rate, amount_source)?;
        lines.push(InvoiceLine {
            section: kind.name().to_owned(),
            service_code: service_code.to_owned(),
            usage_account_id: account.to_string(),
            currency_source: currency.to_owned(),
            amount_source,
            fx_rate,
            amount,
        });
    }
    Ok(lines)
}

/// The group of lines that is summed exactly and then rounded once: section, service, account and source
/// currency. A text is empty if the contract rounds several of its values together.
type Scope<'a> = [&'a str; 4];

fn scope(per: RoundingScope, line: &InvoiceLine) -> Scope<'_> {
    let InvoiceLine { section, service_code, usage_account_id, currency_source, .. } = line;
    match per {
        RoundingScope::Line => [section, service_code, usage_account_id, currency_source],
        RoundingScope::Service => ["", service_code, "", ""],
        RoundingScope::Account => ["", "", usage_account_id, ""],
        RoundingScope::Invoice => ["", "", "", ""],
    }
}

/// The exact sums of a scope.
#[derive(Default)]
struct Sums {
    taxable: Amount,
    passed_tax: Amount,
}

/// Makes the lines for the differences that rounding makes. If a scope has both taxable lines and taxes of
/// AWS that are passed on, the taxable lines are rounded by themselves, because tax is computed on whole
/// coins. The rest of the difference is for the taxes of AWS. With half up, 1,000.4 yen and 10.4 yen of tax
/// are together 1,010.8 yen, rounded to 1,011. The taxable 1,000.4 are rounded to 1,000 by -0.4. The other
/// line has 0.2 - (-0.4) = 0.6.
fn rounding_lines(customer: &Customer, exact: &[InvoiceLine]) -> Vec<InvoiceLine> {
    let mut scopes: BTreeMap<Scope, Sums> = BTreeMap::new();
    for line in exact {
        let sums = scopes.entry(scope(customer.terms.invoices[0].rounding.per, line)).or_default();
        let sum = if is_passed_tax(line) { &mut sums.passed_tax } else { &mut sums.taxable };
        *sum += line.amount;
    }
    let decimals = customer.terms.invoices[0].currency.minor_units();
    let added =
        |sum: Amount| round(sum, decimals, customer.terms.invoices[0].rounding.mode).difference;
    let mut lines = Vec::new();
    for ([_, service_code, account, currency], sums) in scopes {
        let to_taxable = added(sums.taxable);
        let to_passed_tax = added(sums.taxable + sums.passed_tax) - to_taxable;
        for (section, amount) in [(ROUNDING, to_taxable), (TAX_ROUNDING, to_passed_tax)] {
            if !amount.is_zero() {
                lines.push(InvoiceLine {
                    section: section.to_owned(),
                    service_code: service_code.to_owned(),
                    usage_account_id: account.to_owned(),
                    currency_source: currency.to_owned(),
                    amount_source: Amount::ZERO,
                    fx_rate: Rate::ONE,
                    amount,
                });
            }
        }
    }
    lines
}

/// Whether a line is a tax that AWS charged, or the difference that rounding made to taxes of AWS.
fn is_passed_tax(line: &InvoiceLine) -> bool {
    line.section == ChargeKind::Tax.name() || line.section == TAX_ROUNDING
}

/// Computes the tax once, on the whole invoice, as a qualified invoice must state it. Taxes of AWS that the
/// contract passes on are not taxed again.
fn taxes(customer: &Customer, lines: &[InvoiceLine]) -> Result<Vec<TaxLine>, InvoiceError> {
    let Some(tax) = customer.terms.invoices[0].taxes.first() else {
        return Ok(Vec::new());
    };
    let taxable = lines.iter().filter(|line| !is_passed_tax(line)).map(|line| line.amount).sum();
    let exact = times(customer, &tax.name, tax.rate, taxable)?;
    let amount = round(exact, customer.terms.invoices[0].currency.minor_units(), tax.mode).rounded;
    Ok(vec![TaxLine { name: tax.name.clone(), rate: tax.rate, taxable, amount }])
}

fn times(
    customer: &Customer,
    service: &str,
    rate: Rate,
    amount: Amount,
) -> Result<Amount, InvoiceError> {
    rate.times(amount).map_err(|source| InvoiceError::TooLarge {
        customer: customer.id.clone(),
        service: service.to_owned(),
        source,
    })
}
