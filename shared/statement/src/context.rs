//! What every step of a statement looks at: the contract, the period, the charges, and the conversion of
//! amounts.

use contracts::terms::{Base, InvoiceTerms, Terms};
use contracts::{Contracts, Customer, Fx, FxChoice};
use cur::{AccountId, BillingPeriod};
use money::{Amount, ProductTooLarge, Rate};

use crate::spend::price;
use crate::{PayerSpend, Spend, StatementError};

#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub contracts: &'a Contracts,
    pub customer: &'a Customer,
    pub period: BillingPeriod,
    pub spends: &'a [Spend<'a>],
    /// What all customers spend, for support plans that they share.
    pub plans: &'a [PayerSpend],
}

impl<'a> Context<'a> {
    pub fn terms(&self) -> &'a Terms {
        &self.customer.terms
    }

    pub fn invoices(&self) -> &'a [InvoiceTerms] {
        &self.terms().invoices
    }

    /// Whether anything was charged in the period.
    pub fn has_usage(&self) -> bool {
        self.spends.iter().any(|spend| !spend.charge.charge.is_zero())
    }

    /// The amounts of the charges that count towards a base, in one currency.
    pub fn base(
        &self,
        base: &Base,
        currency: &str,
    ) -> Result<Vec<(&'a Spend<'a>, Amount)>, StatementError> {
        self.base_of(|_| true, base, currency)
    }

    /// As [`Self::base`], of some charges. Nothing needs to be known of the others.
    pub fn base_of(
        &self,
        takes: impl Fn(&Spend) -> bool,
        base: &Base,
        currency: &str,
    ) -> Result<Vec<(&'a Spend<'a>, Amount)>, StatementError> {
        let mut amounts = Vec::new();
        for spend in self.spends.iter().filter(|spend| takes(spend) && spend.counts(base)) {
            let amount = price(spend.charge, base.stage).ok_or_else(|| self.unknown(spend))?;
            let choice = self.invoices().get(spend.invoice).and_then(|of| of.fx.as_ref());
            let amount =
                self.convert(amount, choice, Some(spend.payer), spend.currency(), currency)?;
            amounts.push((spend, amount));
        }
        Ok(amounts)
    }

    /// Converts an amount by the rate of an invoice, a payer or the file.
    pub fn convert(
        &self,
        amount: Amount,
        choice: Option<&FxChoice>,
        payer: Option<AccountId>,
        from: &str,
        to: &str,
    ) -> Result<Amount, StatementError> {
        if from == to || amount.is_zero() {
            return Ok(amount);
        }
        let fx = self.rate(choice, payer, from, to)?;
        self.times(fx.rate, amount, from)
    }

    /// The rate of an invoice, a payer or the file.
    pub fn rate(
        &self,
        choice: Option<&FxChoice>,
        payer: Option<AccountId>,
        from: &str,
        to: &str,
    ) -> Result<Fx, StatementError> {
        self.contracts.rate(choice, payer, from, to, self.period).map_err(|missing| {
            StatementError::NoRate(format!(
                "customer `{}` is billed in {to}, and there is money in {from}: {missing}",
                self.customer.id
            ))
        })
    }

    /// A product, rounded half to even at the 18th decimal.
    pub fn times(&self, rate: Rate, amount: Amount, of: &str) -> Result<Amount, StatementError> {
        rate.times(amount).map_err(|source| self.too_large(of, source))
    }

    pub(crate) fn too_large(&self, of: &str, source: ProductTooLarge) -> StatementError {
        StatementError::TooLarge { of: format!("customer `{}`, {of}", self.customer.id), source }
    }

    fn unknown(&self, spend: &Spend) -> StatementError {
        StatementError::UnknownCost(format!(
            "customer `{}`: AWS's amortized cost of {}, {} {} is unknown, and the contract asks for it",
            self.customer.id,
            spend.account(),
            spend.charge.key.sku.service_code,
            spend.charge.key.sku.usage_type
        ))
    }
}
