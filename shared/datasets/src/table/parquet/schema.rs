//! The Parquet type of each kind of column, and the check that a file has the expected columns.

use std::sync::Arc;

use money::Amount;
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use crate::table::{Column, DecodeError, Kind};

/// The number of digits of `decimal(38,18)`.
pub(super) const PRECISION: u32 = 38;
/// The smallest number of bytes that can hold 38 digits. An `i128` has the same size.
pub(super) const AMOUNT_BYTES: u8 = 16;

const KINDS: [Kind; 6] =
    [Kind::Text, Kind::Integer, Kind::Amount, Kind::OptionalAmount, Kind::Date, Kind::Hour];

pub(super) fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let fields = columns
        .iter()
        .map(|column| field(column.name, column.kind).map(Arc::new))
        .collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
    Ok(Arc::new(schema))
}

pub(super) fn check(
    columns: &'static [Column],
    found: &SchemaDescriptor,
) -> Result<(), DecodeError> {
    if found.num_columns() != columns.len() {
        return Err(DecodeError::ColumnCount {
            expected: columns.len(),
            found: found.num_columns(),
        });
    }
    for (index, (column, found)) in columns.iter().zip(found.columns()).enumerate() {
        let expected = field(column.name, column.kind)?;
        if *found.self_type() != expected {
            return Err(DecodeError::Column {
                number: index + 1,
                expected: describe(&expected)?,
                found: describe(found.self_type())?,
            });
        }
    }
    Ok(())
}

fn field(name: &str, kind: Kind) -> Result<Type, ParquetError> {
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Amount | Kind::OptionalAmount => (
            Physical::FIXED_LEN_BYTE_ARRAY,
            Some(LogicalType::decimal(Amount::DECIMALS.cast_signed(), PRECISION.cast_signed())),
        ),
        Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
        Kind::Hour => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    let repetition = match kind {
        Kind::OptionalAmount => Repetition::OPTIONAL,
        _ => Repetition::REQUIRED,
    };
    let builder = Type::primitive_type_builder(name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition);
    match kind {
        Kind::Amount | Kind::OptionalAmount => builder
            .with_length(AMOUNT_BYTES.into())
            .with_precision(PRECISION.cast_signed())
            .with_scale(Amount::DECIMALS.cast_signed())
            .build(),
        _ => builder.build(),
    }
}

/// A column in words, for an error: `` `charge` decimal(38,18), may be null ``.
fn describe(found: &Type) -> Result<String, ParquetError> {
    let name = found.name();
    for kind in KINDS {
        if field(name, kind)? == *found {
            let may_be_null = match kind {
                Kind::OptionalAmount => ", may be null",
                _ => "",
            };
            return Ok(format!("`{name}` {}{may_be_null}", kind.sql()));
        }
    }
    Ok(format!("`{name}` of another type"))
}
