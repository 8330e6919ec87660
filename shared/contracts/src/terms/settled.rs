//! Parts of a contract that look at several periods, or at the total of an invoice: minimums, commitments,
//! credits, prepaid balances, small bills that are carried over, and withholding.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use cur::BillingPeriod;
use money::rounding::Mode;
use money::{Amount, Currency, Rate};

use super::{Section, Selector};
use crate::periods::Periods;

/// `[[customer.minimum]]`: the least amount of a period. What is missing is a line of its own.
#[derive(Debug, Clone)]
pub struct Minimum {
    pub id: String,
    pub name: String,
    pub amount: Amount,
    pub currency: Currency,
    /// `counts`: the sections that count.
    pub counts: BTreeSet<Section>,
    /// `measured = "before_discounts"`: price rules and the section `discount` do not count.
    /// `"after_discounts"`: they do.
    pub before_discounts: bool,
    pub only_with_usage: bool,
    pub invoice: Option<String>,
    pub periods: Periods,
}

/// `[[customer.commitment]]`: an amount that a customer has promised to spend over several periods. The last
/// period has a line with what is missing.
#[derive(Debug, Clone)]
pub struct SpendCommitment {
    pub id: String,
    pub name: String,
    pub amount: Amount,
    pub currency: Currency,
    pub from: BillingPeriod,
    pub until: BillingPeriod,
    /// `counts`: the sections that count, each with the most that counts of it over all periods.
    pub counts: Vec<(Section, Option<Amount>)>,
    pub before_discounts: bool,
    pub invoice: Option<String>,
}

/// `[[customer.credit]]`: a credit that the reseller gives. It pays charges until its balance is used up.
#[derive(Debug, Clone)]
pub struct Credit {
    pub id: String,
    pub name: String,
    pub amount: Amount,
    pub currency: Currency,
    /// The first and the last period in which it pays.
    pub periods: Periods,
    /// What it may pay: the conditions of `of`. Support, taxes and Marketplace only if `kind` names them.
    pub of: Selector,
    /// `invoice`: only charges of this invoice.
    pub invoice: Option<String>,
}

/// `[[customer.prepaid]]`: money that the customer has paid before. It pays totals, with tax.
#[derive(Debug, Clone)]
pub struct Prepaid {
    pub id: String,
    pub name: String,
    pub amount: Amount,
    /// It pays invoices in this currency only.
    pub currency: Currency,
    /// The day of the payment: the oldest balance is used first.
    pub paid: NaiveDate,
    /// The first and the last period in which it pays.
    pub periods: Periods,
    pub invoice: Option<String>,
}

/// `carry = { below = "2000", periods = 12 }`: a bill whose sum before tax is smaller is not sent. Its items
/// stand on the next bill, at most so many periods later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carry {
    pub below: Amount,
    pub periods: u32,
}

/// `withholding = { name, rate, of, mode }`: a tax that the customer keeps back and pays for the reseller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withholding {
    pub name: String,
    pub rate: Rate,
    /// `of = "subtotal"`: before taxes. `of = "total"`: with taxes.
    pub of_total: bool,
    pub mode: Mode,
}
