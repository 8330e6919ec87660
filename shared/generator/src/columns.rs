//! Writes a line under the columns of a generation.

use crate::account::Account;
use crate::commitments::Reservation;
use crate::field::{Column, Field};
use crate::fixed::{Fixed, write_integer};
use crate::line::{
    Description, Kind, Line, PeriodFee, Planned, PlannedRow, Reserved, ReservedRow, Split,
};
use crate::options::Generation;
use crate::products::Product;
use crate::random::{mix, write_hex, write_line_item_id};
use crate::text::{Cell, TagSet, json_cell, tag_sets};
use crate::{cur2, legacy};

/// The notation of numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    Plain,
    Java,
}

pub(crate) struct Writer<'a> {
    generation: Generation,
    columns: Vec<Column>,
    payer: &'a Account,
    /// For each product, the cells of its descriptive columns, which are neighbours.
    descriptions: Vec<Vec<u8>>,
    product_maps: Vec<Cell>,
    tag_sets: Vec<TagSet>,
    period: [String; 2],
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        generation: Generation,
        payer: &'a Account,
        products: &[Product],
        period: [String; 2],
    ) -> Self {
        let columns = columns(generation);
        Self {
            generation,
            descriptions: products.iter().map(|product| described(&columns, product)).collect(),
            product_maps: products.iter().map(|product| product_map(&columns, product)).collect(),
            payer,
            columns,
            tag_sets: tag_sets(),
            period,
        }
    }

    pub(crate) fn write_header(&self, out: &mut Vec<u8>) {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        out.extend_from_slice(names.join(",").as_bytes());
        out.push(b'\n');
    }

    pub(crate) fn write(&self, line: &Line<'_>, out: &mut Vec<u8>) {
        let mut described = false;
        for column in &self.columns {
            if let Field::Product(_) = column.field {
                if !described {
                    out.extend_from_slice(&self.descriptions[line.product.index]);
                    described = true;
                }
                continue;
            }
            let before = out.len();
            self.write_field(column.field, line, out);
            if out.len() == before {
                out.extend_from_slice(column.absent.as_bytes());
            }
            out.push(b',');
        }
        if let Some(last) = out.last_mut() {
            *last = b'\n';
        }
    }

    /// Most lines of a legacy report have plain notation.
    fn notation(&self, line: &Line<'_>) -> Notation {
        let is_plain = self.generation == Generation::Legacy && line.key % 16 != 5;
        if is_plain { Notation::Plain } else { Notation::Java }
    }

    fn write_time(&self, time: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(time.as_bytes());
        out.extend_from_slice(match self.generation {
            Generation::Legacy => b"Z",
            Generation::Cur2 => b".000Z",
        });
    }

    fn write_field(&self, field: Field, line: &Line<'_>, out: &mut Vec<u8>) {
        match field {
            Field::PayerId => text(&self.payer.id, out),
            Field::PayerName => cell(&self.payer.name, out),
            Field::PeriodStart => self.write_time(&self.period[0], out),
            Field::PeriodEnd => self.write_time(&self.period[1], out),
            Field::UsageStart => self.write_time(&line.span.start, out),
            Field::UsageEnd => self.write_time(&line.span.end, out),
            Field::ProductMap => cell(&self.product_maps[line.product.index], out),
            Field::Tag(key) => cell(&self.tag_sets[line.tag_set].cells[key], out),
            Field::ResourceTags => cell(&self.tag_sets[line.tag_set].resource_tags, out),
            Field::Tags => cell(&self.tag_sets[line.tag_set].tags, out),
            Field::CostCategory => cell(&self.tag_sets[line.tag_set].cost_category, out),
            Field::EmptyMap => text("{}", out),
            _ => write_text_field(field, line, out)
                .unwrap_or_else(|| write_number_field(field, line, self.notation(line), out)),
        }
    }
}

pub(crate) fn columns(generation: Generation) -> Vec<Column> {
    match generation {
        Generation::Legacy => legacy::columns(),
        Generation::Cur2 => cur2::columns(),
    }
}

/// A product's descriptive cells, each with the comma after it.
fn described(columns: &[Column], product: &Product) -> Vec<u8> {
    let mut out = Vec::new();
    for column in columns {
        if let Field::Product(name) = column.field {
            let value = attribute(product, name);
            out.extend_from_slice(Cell::new(value).bytes());
            out.push(b',');
        }
    }
    out
}

fn attribute<'p>(product: &'p Product, name: &str) -> &'p str {
    if name == "sku" {
        return &product.sku;
    }
    product.attributes.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

fn product_map(columns: &[Column], product: &Product) -> Cell {
    let has_column = |name| columns.iter().any(|column| column.field == Field::Product(name));
    let rest = product.attributes.iter().filter(|(name, _)| !has_column(name));
    json_cell(rest.map(|(name, value)| (*name, value.as_str())))
}

fn text(value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(value.as_bytes());
}

fn cell(value: &Cell, out: &mut Vec<u8>) {
    out.extend_from_slice(value.bytes());
}

/// Writes a field that is text; `None` if the field is not text.
fn write_text_field(field: Field, line: &Line<'_>, out: &mut Vec<u8>) -> Option<()> {
    match field {
        Field::LineItemId => write_line_item_id(line.key, out),
        Field::TimeInterval => text(&line.span.interval, out),
        Field::InvoiceId => text(line.account.invoice_id(line.bill), out),
        Field::BillingEntity => text(line.bill.billing_entity, out),
        Field::BillType => text(line.bill.kind, out),
        Field::Seller => text(line.bill.seller, out),
        Field::AccountId => text(&line.account.id, out),
        Field::AccountName => cell(&line.account.name, out),
        Field::LineItemType => text(line.kind.name(), out),
        Field::ProductCode => text(line.product.code, out),
        Field::UsageType => text(line.usage_type, out),
        Field::Operation => text(line.operation, out),
        Field::Zone => text(line.zone, out),
        Field::ResourceId => write_resource(line, out),
        Field::Currency => text("USD", out),
        Field::Description => write_description(line, out),
        Field::TaxType if line.kind == Kind::Tax => text("Consumption tax", out),
        Field::Empty | Field::TaxType => {}
        Field::PricingCurrency | Field::PricingUnit | Field::RateId | Field::RateCode => {
            write_pricing(field, line, out);
        }
        Field::PricingTerm
        | Field::LeaseLength
        | Field::OfferingClass
        | Field::PurchaseOption
        | Field::ReservationZone
        | Field::ReservationStart
        | Field::ReservationEnd
        | Field::ReservationArn => write_reservation_text(field, line, out),
        Field::SubscriptionId => match &line.reserved {
            Some(reserved) => text(&reserved.reservation.subscription_id, out),
            None if line.rate.is_some() => text("23517367456", out),
            None => {}
        },
        Field::PlanArn
        | Field::PlanOffering
        | Field::PlanPayment
        | Field::PlanTerm
        | Field::PlanFamily
        | Field::PlanRegion
        | Field::PlanStart
        | Field::PlanEnd => {
            if let Some(planned) = &line.planned {
                write_plan_text(field, planned, line.product, out);
            }
        }
        Field::SplitParent => {
            if let Some(split) = &line.split {
                text("i-0", out);
                write_hex(split.parent, out);
            }
        }
        _ => return None,
    }
    Some(())
}

fn write_resource(line: &Line<'_>, out: &mut Vec<u8>) {
    if line.split.is_some() {
        text("arn:aws:eks:us-east-1:", out);
        text(&line.account.id, out);
        text(":pod/example/web/pod-", out);
        return write_hex(line.key, out);
    }
    let (Some(key), Some(name)) = (line.resource, &line.product.resource) else {
        return;
    };
    text(&name.before, out);
    if let Some(rest) = name.after_account {
        text(&line.account.id, out);
        text(rest, out);
    }
    write_hex(key, out);
}

fn write_description(line: &Line<'_>, out: &mut Vec<u8>) {
    match line.description {
        Description::Text(description) => cell(description, out),
        Description::Negation => {
            text("SavingsPlanNegation used by AccountId : ", out);
            text(&line.account.id, out);
            text(" and UsageSku : ", out);
            text(&line.product.sku, out);
        }
    }
}

/// Only a line with a rate has an entry in the price list.
fn write_pricing(field: Field, line: &Line<'_>, out: &mut Vec<u8>) {
    if line.rate.is_none() {
        return;
    }
    match field {
        Field::PricingCurrency => text("USD", out),
        Field::PricingUnit => text(line.product.unit, out),
        Field::RateId => {
            const SALT: u64 = 0x7a7e;
            let key = mix(SALT, line.product.index as u64);
            write_integer(400_000_000_000 + key % 100_000_000_000, out);
        }
        _ if line.product.sku.is_empty() => {}
        _ => {
            text(&line.product.sku, out);
            text(".JRTCKXETXF.6YS6EN2CT7", out);
        }
    }
}

fn write_reservation_text(field: Field, line: &Line<'_>, out: &mut Vec<u8>) {
    let Some(Reserved { reservation, row }) = &line.reserved else {
        if field == Field::PricingTerm && line.on_demand.is_some() {
            text("OnDemand", out);
        }
        return;
    };
    let is_covered = matches!(row, ReservedRow::Covered { .. });
    match field {
        Field::PricingTerm => text("Reserved", out),
        Field::LeaseLength => text(reservation.term.name(), out),
        Field::OfferingClass => text(reservation.offering_class, out),
        Field::PurchaseOption => text(reservation.payment.name(), out),
        _ if reservation.habits.omits(field) => {}
        Field::ReservationZone if !is_covered => text(reservation.printed_zone, out),
        Field::ReservationArn => match (row, &reservation.exchange) {
            (ReservedRow::Exchange, Some((arn, _))) => text(arn, out),
            _ => text(&reservation.arn, out),
        },
        Field::ReservationStart if !is_covered => text(&reservation.term.start_time, out),
        Field::ReservationEnd if !is_covered => text(&reservation.term.end_time, out),
        _ => {}
    }
}

fn write_plan_text(field: Field, planned: &Planned<'_>, product: &Product, out: &mut Vec<u8>) {
    let plan = planned.plan;
    match field {
        Field::PlanArn => text(&plan.arn, out),
        Field::PlanOffering => text(plan.offering(), out),
        Field::PlanPayment => text(plan.payment.name(), out),
        Field::PlanTerm => text(plan.term.name(), out),
        Field::PlanStart => text(&plan.term.start_time, out),
        Field::PlanEnd => text(&plan.term.end_time, out),
        Field::PlanFamily => text(plan_family(planned, product), out),
        _ => text(plan.printed_region, out),
    }
}

/// The family of covered instances, whatever the plan. By AWS's dictionary the fees of plans have no
/// family, but some reports have it.
fn plan_family<'a>(planned: &Planned<'a>, product: &Product) -> &'a str {
    match (planned.row, planned.plan.family) {
        (PlannedRow::Covered { .. }, _) if product.is_instance() => product.family,
        (PlannedRow::HourlyFee { .. } | PlannedRow::Purchase, Some((family, _)))
            if planned.plan.habits.has_family_on_fees() =>
        {
            family
        }
        _ => "",
    }
}

fn write_number_field(field: Field, line: &Line<'_>, notation: Notation, out: &mut Vec<u8>) {
    // AWS writes rates as text with ten decimals, in both generations.
    let is_rate = matches!(field, Field::Rate | Field::OnDemandRate);
    let value = match field {
        Field::UsageAmount => Some(line.amount),
        Field::NormalizationFactor => normalization_factor(line),
        Field::NormalizedUsageAmount => {
            normalization_factor(line).map(|factor| factor.product(line.amount))
        }
        Field::Rate => line.rate,
        Field::Cost => {
            // AWS writes the cost of a credit that is used up with a minus.
            if line.kind == Kind::Credit && line.cost.is_zero() {
                out.push(b'-');
            }
            Some(line.cost)
        }
        Field::OnDemandCost => line.on_demand.map(|on_demand| on_demand.cost),
        Field::OnDemandRate => line.on_demand.map(|on_demand| on_demand.rate),
        Field::SplitUsage | Field::SplitRatio | Field::SplitCost | Field::SplitUnusedCost => {
            line.split.as_ref().map(|split| split_number(field, line, split))
        }
        _ => line
            .reserved
            .as_ref()
            .and_then(|reserved| reservation_number(field, reserved))
            .or_else(|| plan_number(field, line)),
    };
    match value {
        Some(value) if is_rate || notation == Notation::Plain => value.write_plain(out),
        Some(value) => value.write_java(out),
        None => {}
    }
}

fn normalization_factor(line: &Line<'_>) -> Option<Fixed> {
    let is_usage = line.resource.is_some() && line.split.is_none();
    let (is_there, factor) = match &line.reserved {
        Some(Reserved { reservation, row: ReservedRow::PeriodFee(_) }) => {
            (!reservation.habits.omits(Field::NormalizationFactor), reservation.factor)
        }
        // About half of all lines that a reservation of RDS covers lack the factor.
        Some(Reserved { reservation, .. }) if line.product.code == "AmazonRDS" => {
            (reservation.habits.normalizes_usage(), line.product.normalization_factor)
        }
        _ => (is_usage, line.product.normalization_factor),
    };
    (is_there && !factor.is_zero()).then_some(factor)
}

fn split_number(field: Field, line: &Line<'_>, split: &Split) -> Fixed {
    match field {
        Field::SplitUsage => line.amount,
        Field::SplitRatio => split.ratio,
        Field::SplitCost => split.used_cost,
        _ => split.unused_cost,
    }
}

fn reservation_number(field: Field, reserved: &Reserved<'_>) -> Option<Fixed> {
    let Reserved { reservation, row } = reserved;
    if reservation.habits.omits(field) {
        return None;
    }
    match row {
        ReservedRow::Covered { upfront, recurring } => match field {
            Field::EffectiveCost => Some(upfront.plus(*recurring)),
            Field::UpfrontCostForUsage => Some(*upfront),
            Field::RecurringFeeForUsage => Some(*recurring),
            _ => None,
        },
        ReservedRow::PeriodFee(fee) => {
            period_fee(field, fee).or_else(|| purchased(field, reservation))
        }
        // The units on a purchase are those of the whole term, not of the period.
        ReservedRow::Purchase if field == Field::TotalReservedUnits => {
            Some(reservation.number.times(reservation.term.hours()))
        }
        ReservedRow::Purchase => purchased(field, reservation),
        ReservedRow::Exchange => None,
    }
}

fn period_fee(field: Field, fee: &PeriodFee) -> Option<Fixed> {
    Some(match field {
        Field::TotalReservedUnits => fee.units,
        Field::TotalReservedNormalizedUnits => fee.normalized_units,
        Field::UpfrontFeeForPeriod => fee.upfront,
        Field::UnusedUnits => fee.unused_units,
        Field::UnusedNormalizedUnits => fee.unused_normalized_units,
        Field::UnusedUpfrontFee => fee.unused_upfront,
        Field::UnusedRecurringFee => fee.unused_recurring,
        _ => return None,
    })
}

fn purchased(field: Field, reservation: &Reservation) -> Option<Fixed> {
    Some(match field {
        Field::NumberOfReservations => reservation.number,
        Field::UnitsPerReservation => Fixed::ONE,
        Field::NormalizedUnitsPerReservation => reservation.factor,
        Field::UpfrontValue => reservation.upfront_value,
        _ => return None,
    })
}

fn plan_number(field: Field, line: &Line<'_>) -> Option<Fixed> {
    let planned = line.planned.as_ref()?;
    let plan = planned.plan;
    Some(match (planned.row, field) {
        (PlannedRow::Covered { rate, .. }, Field::PlanRate) => rate,
        (PlannedRow::Covered { effective_cost, .. }, Field::PlanEffectiveCost) => effective_cost,
        (PlannedRow::HourlyFee { used }, Field::UsedCommitment) => used,
        (PlannedRow::HourlyFee { .. }, Field::TotalCommitment) => plan.commitment,
        (PlannedRow::HourlyFee { .. }, Field::UpfrontCommitment) => plan.upfront,
        (PlannedRow::HourlyFee { .. }, Field::RecurringCommitment) => plan.recurring,
        _ => return None,
    })
}
