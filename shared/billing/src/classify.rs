//! What kind of charge a line item is. The first match wins.

use contracts::ChargeKind;
use cur::{Column, LineError, LineItem, LineItemType};

/// How AWS names its marketplace as the seller: the reliable test for a marketplace line.
const MARKETPLACE: &str = "AWS Marketplace";

/// Exhaustive over the types, so that a new one cannot slip through.
pub(crate) fn charge_kind(
    line: &LineItem,
    item_type: LineItemType,
) -> Result<ChargeKind, LineError> {
    if line.text(Column::BillingEntity)? == MARKETPLACE {
        return Ok(ChargeKind::Marketplace);
    }
    Ok(match item_type {
        LineItemType::Usage
        | LineItemType::DiscountedUsage
        | LineItemType::SavingsPlanCoveredUsage => ChargeKind::Usage,
        LineItemType::SavingsPlanNegation
        | LineItemType::SavingsPlanRecurringFee
        | LineItemType::SavingsPlanUpfrontFee
        | LineItemType::RiFee => ChargeKind::CommitmentFee,
        LineItemType::Fee => fee_kind(line)?,
        LineItemType::FlatRateSubscription => ChargeKind::Subscription,
        LineItemType::Credit => ChargeKind::Credit,
        LineItemType::Refund => ChargeKind::Refund,
        LineItemType::Tax => ChargeKind::Tax,
        LineItemType::EdpDiscount
        | LineItemType::PrivateRateDiscount
        | LineItemType::RiVolumeDiscount
        | LineItemType::SppDiscount
        | LineItemType::DistributorDiscount
        | LineItemType::BundledDiscount
        | LineItemType::Discount => ChargeKind::Discount,
    })
}

/// A fee is the upfront of a reservation, a support plan, or one of many others.
fn fee_kind(line: &LineItem) -> Result<ChargeKind, LineError> {
    let product_code = line.text(Column::ProductCode)?;
    // "OCB" products are AWS's out-of-cycle bills; some of them carry support.
    let is_support = product_code.starts_with("AWSSupport")
        || product_code.strip_prefix("OCB").is_some_and(|rest| rest.contains("Support"));
    Ok(if !line.text(Column::ReservationArn)?.is_empty() {
        ChargeKind::CommitmentFee
    } else if is_support {
        ChargeKind::Support
    } else {
        ChargeKind::Fee
    })
}
