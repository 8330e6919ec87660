//! One line of a report. A cell is copied only if it has a quote within quotes.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use money::rounding::{self, Read};
use money::{Amount, ParseAmountError};

use crate::column::ColumnSet;
use crate::field::{field, unquoted};
use crate::{AccountId, Column, Layout, LineItemType, UsageHour, printable};

/// A line item that still lies in the buffer it was read into.
pub struct LineItem<'a> {
    raw: &'a [u8],
    place: Place,
    /// The position at which each field ends, counted from the start of the record.
    ends: &'a [usize],
    layout: &'a Layout,
    /// The columns whose cells were rounded when they were read as amounts. A set, so that a cell that is
    /// read twice counts once; in a `Cell`, so that reading needs no `&mut`.
    rounded: Cell<ColumnSet>,
}

/// Where a line item stands in AWS's file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The line of a CSV file, as an editor counts: the header is line 1.
    Line(u64),
    /// The row of a Parquet file.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Row(number) => write!(f, "row {number}"),
        }
    }
}

/// An error in one cell. The caller adds the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}, {}", self.of_cell())]
pub struct LineError {
    pub place: Place,
    /// The column's name in this file.
    pub column: &'static str,
    /// At most 80 characters of the cell, made printable.
    pub value: String,
    pub problem: CellProblem,
}

impl LineError {
    /// The message without the place, for a caller who knows the place in AWS's own file.
    pub fn of_cell(&self) -> String {
        let Self { column, value, problem, .. } = self;
        format!("column {column}: \"{value}\" {problem}")
    }
}

/// What is wrong with a cell. The text is the end of a sentence that begins with the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CellProblem {
    #[error("is not text: it has a NUL byte or is not UTF-8")]
    NotText,
    #[error("is empty where a value is needed")]
    Empty,
    #[error("is not a number")]
    NotANumber,
    #[error("has more than {} decimals", rounding::DECIMALS_READ)]
    TooManyDecimals,
    #[error("is too large a number: amounts have at most 20 digits before the point")]
    TooLarge,
    #[error("is not an account id: twelve digits")]
    NotAnAccountId,
    #[error("is not a time in UTC such as 2026-10-01T00:00:00Z")]
    NotATime,
    #[error("is a type of line item that this version does not know; a newer version may")]
    UnknownLineItemType,
    #[error(
        "is empty, and commitments cannot be handed out without it: let AWS write this column, or keep \
         what AWS did with `sharing = \"as_billed\"`"
    )]
    NoCommitment,
    #[error("is not the payer account that the delivery is of")]
    OtherPayer,
    #[error("does not begin the billing period that the delivery is of")]
    OtherPeriod,
    #[error(
        "is more than an hour after the start; commitments are handed out hour by hour: let AWS \
         write the report with hourly granularity, or keep what AWS did with \
         `sharing = \"as_billed\"`"
    )]
    LongerThanAnHour,
}

/// The operations of lines for one pod's or task's share of an instance. The instance has a line of its
/// own.
const SPLIT_COST_OPERATIONS: [&[u8]; 2] = [b"EKSPod-EC2", b"ECSTask-EC2"];

impl<'a> LineItem<'a> {
    pub(crate) fn new(raw: &'a [u8], place: Place, ends: &'a [usize], layout: &'a Layout) -> Self {
        Self { raw, place, ends, layout, rounded: Cell::default() }
    }

    /// The record with its line end, as the file has it.
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Where the record begins in AWS's file.
    pub const fn place(&self) -> Place {
        self.place
    }

    pub const fn layout(&self) -> &'a Layout {
        self.layout
    }

    /// The cell's text; empty if the file has no such column.
    pub fn text(&self, column: Column) -> Result<Cow<'a, str>, LineError> {
        let text = match self.bytes(column) {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
        };
        // Many tools that read our datasets would take a NUL for the end of the text.
        text.filter(|text| !text.contains('\0'))
            .ok_or_else(|| self.error(column, CellProblem::NotText))
    }

    /// The cell's amount; `None` if the cell is empty or the file has no such column. A number with more
    /// than 18 decimals is rounded.
    pub fn amount(&self, column: Column) -> Result<Option<Amount>, LineError> {
        match self.parse_amount(column) {
            Ok(amount) => Ok(Some(amount)),
            Err(ParseAmountError::Empty) => Ok(None),
            Err(error) => Err(self.error(column, error.into())),
        }
    }

    pub fn required_amount(&self, column: Column) -> Result<Amount, LineError> {
        self.parse_amount(column).map_err(|error| self.error(column, error.into()))
    }

    fn parse_amount(&self, column: Column) -> Result<Amount, ParseAmountError> {
        match Amount::parse(&self.bytes(column)) {
            Err(ParseAmountError::TooManyDecimals) => self.parse_long_amount(column),
            parsed => parsed,
        }
    }

    #[cold]
    fn parse_long_amount(&self, column: Column) -> Result<Amount, ParseAmountError> {
        let amount = rounding::read(&self.bytes(column))?.amount;
        self.rounded.set(self.rounded.get().with(column));
        Ok(amount)
    }

    /// Whether a cell that has been read as an amount was rounded.
    pub fn has_rounded(&self) -> bool {
        !self.rounded.get().is_empty()
    }

    /// The columns of the rounded cells, each with the amount that was read and what was dropped.
    pub fn rounded(&self) -> impl Iterator<Item = (Column, Read)> {
        let columns = self.rounded.get().iter();
        columns.filter_map(|column| Some((column, rounding::read(&self.bytes(column)).ok()?)))
    }

    pub fn usage_account(&self) -> Result<AccountId, LineError> {
        let column = Column::UsageAccountId;
        AccountId::parse(&self.bytes(column))
            .map_err(|_| self.error(column, CellProblem::NotAnAccountId))
    }

    pub fn line_item_type(&self) -> Result<LineItemType, LineError> {
        let column = Column::LineItemType;
        LineItemType::parse(&self.bytes(column))
            .ok_or_else(|| self.error(column, CellProblem::UnknownLineItemType))
    }

    /// The hour in which the usage began.
    pub fn usage_hour(&self) -> Result<UsageHour, LineError> {
        let column = Column::UsageStartDate;
        self.hour(column)?.ok_or_else(|| self.error(column, CellProblem::NotATime))
    }

    /// The hour of a time; `None` if the cell is empty or the file has no such column.
    pub fn hour(&self, column: Column) -> Result<Option<UsageHour>, LineError> {
        match self.bytes(column).as_ref() {
            [] => Ok(None),
            text => {
                let hour = UsageHour::parse(text);
                hour.map(Some).ok_or_else(|| self.error(column, CellProblem::NotATime))
            }
        }
    }

    /// A time as its hour and the seconds since the hour began; `None` if the cell is empty or the file
    /// has no such column.
    pub fn time(&self, column: Column) -> Result<Option<(UsageHour, u32)>, LineError> {
        match self.bytes(column).as_ref() {
            [] => Ok(None),
            text => {
                let time = UsageHour::parse_with_seconds(text);
                time.map(Some).ok_or_else(|| self.error(column, CellProblem::NotATime))
            }
        }
    }

    /// The error for a cell whose value the caller cannot accept.
    #[cold]
    pub fn refuse(&self, column: Column, problem: CellProblem) -> LineError {
        self.error(column, problem)
    }

    /// The cell's bytes; empty if the file has no such column. Comparing them is faster than reading text.
    pub fn bytes(&self, column: Column) -> Cow<'a, [u8]> {
        match self.layout.position(column) {
            Some(position) => unquoted(field(self.raw, self.ends, position)),
            None => Cow::Borrowed(&[]),
        }
    }

    #[cold]
    fn error(&self, column: Column, problem: CellProblem) -> LineError {
        let bytes = self.bytes(column);
        let value: String = String::from_utf8_lossy(&bytes).chars().take(80).collect();
        LineError {
            place: self.place,
            column: self.layout.name(column),
            value: printable(&value).into_owned(),
            problem,
        }
    }
}

/// Whether the line is a container's share of an instance. Its cost repeats a part of the instance's line.
pub fn is_split_cost_line(line: &LineItem<'_>) -> Result<bool, LineError> {
    let parent = line.bytes(Column::SplitParentResourceId);
    let operation = line.bytes(Column::Operation);
    Ok(!parent.is_empty() || SPLIT_COST_OPERATIONS.contains(&operation.as_ref()))
}

impl From<ParseAmountError> for CellProblem {
    fn from(error: ParseAmountError) -> Self {
        match error {
            ParseAmountError::Empty => Self::Empty,
            ParseAmountError::NotANumber => Self::NotANumber,
            ParseAmountError::TooManyDecimals => Self::TooManyDecimals,
            ParseAmountError::TooLarge => Self::TooLarge,
        }
    }
}

impl fmt::Debug for LineItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, String::from_utf8_lossy(self.raw))
    }
}
