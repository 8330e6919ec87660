//! How the types of the project are written into cells of datasets and read from them.

use chrono::{NaiveDate, Timelike};
use commitments::Purchase;
use contracts::ChargeKind;
use contracts::terms::Section;
use cur::{AccountId, BillingPeriod, LineItemType, Sku, UsageHour};
use money::{Amount, Rate};
use pipeline::{BillId, RunId, Status};

use crate::table::{CellError, Cells, Field, Kind, Shape, Value, row};

/// Each line is about one type: the kind of its column, the value that is written, and how a cell is read.
macro_rules! cells {
    ($($cell:ty: $kind:ident, |$this:ident| $value:expr, |$cells:ident| $read:expr;)+) => {$(
        impl Field for $cell {
            const SHAPE: Shape = Shape::Cell(Kind::$kind);

            fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
                let $this = self;
                cell(Value::$kind($value));
            }

            fn read($cells: &mut Cells<'_>) -> Result<Self, CellError> {
                $read
            }
        }
    )+};
}

cells! {
    String: Text, |text| text, |cells| Ok(cells.text().to_owned());
    u64: Integer, |number| number.cast_signed(), |cells| Ok(cells.integer().cast_unsigned());
    Amount: Amount, |amount| *amount, |cells| Ok(cells.amount());
    Option<Amount>: OptionalAmount, |amount| *amount, |cells| Ok(cells.optional_amount());
    NaiveDate: Date, |date| *date, |cells| Ok(cells.date());
    AccountId: Text, |account| account.as_str(), |cells| cells.parse();
    BillingPeriod: Text, |period| &period.to_string(), |cells| cells.parse();
    ChargeKind: Text, |kind| kind.name(), |cells| cells.parse();
    Purchase: Text, |purchase| purchase.name(), |cells| cells.parse();
    // A charge that is not for usage has no purchase.
    Option<Purchase>: Text, |purchase| purchase.map_or("", Purchase::name), |cells| {
        match cells.text() {
            "" => Ok(None),
            name => name.parse().map(Some).map_err(|error| cells.refuse(error)),
        }
    };
    RunId: Text, |run| run.as_str(), |cells| cells.parse();
    BillId: Text, |bill| bill.as_str(), |cells| cells.parse();
    Status: Text, |status| status.name(), |cells| cells.parse();
    Section: Text, |section| section.name(), |cells| cells.parse();
    // A rate may have more decimals than an amount, so it is a text.
    Rate: Text, |rate| &rate.to_string(), |cells| cells.parse();
    LineItemType: Text, |item_type| item_type.name(), |cells| {
        let text = cells.text();
        LineItemType::parse(text.as_bytes())
            .ok_or_else(|| cells.refuse(format_args!("`{text}` is no type of line item")))
    };
    UsageHour: Hour, |hour| hour.start(), |cells| {
        let time = cells.hour();
        UsageHour::new(time.date_naive(), time.hour())
            .ok_or_else(|| cells.refuse(format_args!("`{time}` is no hour")))
    };
    // A `usize` is an index into the list of another dataset.
    usize: Integer, |index| i64::try_from(*index).unwrap_or(i64::MAX), |cells| {
        let index = cells.integer();
        usize::try_from(index)
            .map_err(|_| cells.refuse(format_args!("`{index}` is no place in a list")))
    };
}

row!(Sku { service_code, region, usage_type, operation });
