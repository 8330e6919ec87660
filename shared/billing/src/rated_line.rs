//! A line item as rating sees it.

use std::borrow::Cow;

use commitments::Coverable;
use contracts::ChargeKind;
use cur::{Column, LineError, LineItem, LineItemType, Sku, UsageHour};
use money::Amount;

use crate::Needs;
use crate::classify::charge_kind;
use crate::price::{Costs, costs};

pub(crate) struct RatedLine<'a> {
    pub(crate) item_type: LineItemType,
    pub(crate) kind: ChargeKind,
    pub(crate) hour: UsageHour,
    pub(crate) service_code: Cow<'a, str>,
    pub(crate) region: Cow<'a, str>,
    pub(crate) usage_type: Cow<'a, str>,
    pub(crate) operation: Cow<'a, str>,
    pub(crate) currency: Cow<'a, str>,
    pub(crate) commitment: Cow<'a, str>,
    pub(crate) usage_amount: Amount,
    pub(crate) costs: Costs,
}

impl<'a> RatedLine<'a> {
    pub(crate) fn read(line: &'a LineItem, needs: Needs) -> Result<Self, LineError> {
        let item_type = line.line_item_type()?;
        let service_code = line.text(Column::ProductCode)?;
        let kind = charge_kind(line, item_type, &service_code)?;
        // Commitments do not cover products that other companies sell through AWS.
        let is_of_aws = kind != ChargeKind::Marketplace;
        let is_plain_usage = item_type == LineItemType::Usage;
        Ok(Self {
            item_type,
            kind,
            hour: line.usage_hour()?,
            service_code,
            region: line.text(Column::Region)?,
            usage_type: line.text(Column::UsageType)?,
            operation: line.text(Column::Operation)?,
            currency: line.text(Column::CurrencyCode)?,
            commitment: if is_of_aws && !is_plain_usage {
                commitment(line)?
            } else {
                Cow::Borrowed("")
            },
            // Taxes and credits may have no usage.
            usage_amount: line.amount(Column::UsageAmount)?.unwrap_or(Amount::ZERO),
            costs: if is_of_aws {
                costs(line, item_type, needs)?
            } else {
                Costs::paid(line.required_amount(Column::UnblendedCost)?)
            },
        })
    }

    pub(crate) fn sku(&self) -> Sku {
        Sku {
            service_code: self.service_code.to_string(),
            region: self.region.to_string(),
            usage_type: self.usage_type.to_string(),
            operation: self.operation.to_string(),
        }
    }

    /// The columns that, with the type of line, tell the groups of one day apart.
    pub(crate) fn descriptive_columns(&self) -> [&str; 7] {
        [
            self.kind.name(),
            &self.service_code,
            &self.region,
            &self.usage_type,
            &self.operation,
            &self.currency,
            &self.commitment,
        ]
    }

    /// Whether the hour of the line matters. It matters for usage that commitments cover or could cover, for
    /// negations of covered usage, and for fees of plans, which commit to an amount in each hour.
    pub(crate) fn is_hourly_demand(&self) -> bool {
        if self.kind == ChargeKind::Marketplace {
            return false;
        }
        match self.item_type {
            LineItemType::DiscountedUsage
            | LineItemType::SavingsPlanCoveredUsage
            | LineItemType::SavingsPlanNegation => true,
            LineItemType::SavingsPlanRecurringFee => !self.commitment.is_empty(),
            LineItemType::Usage => {
                self.kind == ChargeKind::Usage
                    && Coverable::of(&self.service_code, &self.usage_type) != Coverable::Never
            }
            _ => false,
        }
    }

    /// Whether a commitment covered the line. Contracts of the marketplace are not commitments of AWS.
    pub(crate) fn is_covered(&self) -> bool {
        self.item_type.is_covered_usage() && self.kind != ChargeKind::Marketplace
    }

    /// Whether a commitment covered the line and the line does not say its cost. A cost of zero does not say
    /// it either, because AWS's newer reports write `0.0` in columns that do not apply.
    pub(crate) fn is_uncosted(&self) -> bool {
        let says_nothing = self.costs.amortized.is_none_or(Amount::is_zero);
        self.is_covered() && says_nothing && !self.usage_amount.is_zero()
    }

    /// Whether the line is usage and not a fee or a negation.
    pub(crate) fn is_usage(&self) -> bool {
        self.item_type == LineItemType::Usage || self.is_covered()
    }
}

fn commitment<'a>(line: &'a LineItem) -> Result<Cow<'a, str>, LineError> {
    let reservation = line.text(Column::ReservationArn)?;
    if reservation.is_empty() { line.text(Column::SavingsPlanArn) } else { Ok(reservation) }
}
