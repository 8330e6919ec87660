//! The positions of a file's columns. They are found once, from the file's header.

use std::borrow::Cow;

use crate::field::{field, unquoted};
use crate::scan::BYTE_ORDER_MARK;
use crate::{Column, ExportKind};

/// A file's header and the positions of the known columns in it.
#[derive(Debug, Clone)]
pub struct Layout {
    header: Vec<u8>,
    found: [Option<Found>; Column::ALL.len()],
    field_count: usize,
    kind: ExportKind,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    position: usize,
    name: &'static str,
}

/// Why a header cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error(
        "the header has no column {}: the report must be a cost and usage report with this column",
        .0.names().join(" or ")
    )]
    Missing(Column),
    #[error("the header has the column {0} twice, so it is not clear which to read")]
    Twice(&'static str),
}

/// The position of a column that the file has and that was left out. To read such a column is a mistake of
/// Sluice.
const LEFT_OUT: usize = usize::MAX;

impl Layout {
    /// `ends` are the positions at which the header's fields end.
    pub(crate) fn resolve(
        header: &[u8],
        ends: &[usize],
        required: &[Column],
    ) -> Result<Self, LayoutError> {
        let names: Vec<Cow<'_, [u8]>> = (0..ends.len())
            .map(|position| match (position, field(header, ends, position)) {
                (0, name) => unquoted(name.strip_prefix(BYTE_ORDER_MARK).unwrap_or(name)),
                (_, name) => unquoted(name),
            })
            .collect();
        Self::of_names(header, &names, required)
    }

    /// The layout of a Parquet file, from the names of its columns.
    pub fn of_columns(names: &[&str], required: &[Column]) -> Result<Self, LayoutError> {
        let names: Vec<Cow<'_, [u8]>> = names.iter().map(|name| name.as_bytes().into()).collect();
        Self::of_names(&[], &names, required)
    }

    /// The layout of records that have only these columns, in this order.
    #[must_use]
    pub fn of_only(&self, columns: &[Column]) -> Self {
        let left_out = |found: Found| Found { position: LEFT_OUT, ..found };
        let mut found = self.found.map(|found| found.map(left_out));
        for (position, column) in columns.iter().enumerate() {
            if let Some(found) = &mut found[*column as usize] {
                found.position = position;
            }
        }
        Self { header: Vec::new(), found, field_count: columns.len(), kind: self.kind }
    }

    fn of_names(
        header: &[u8],
        names: &[Cow<'_, [u8]>],
        required: &[Column],
    ) -> Result<Self, LayoutError> {
        let mut found = [None; Column::ALL.len()];
        for (column, found) in Column::ALL.into_iter().zip(&mut found) {
            *found = find(column, names)?;
            if found.is_none() && required.contains(&column) {
                return Err(LayoutError::Missing(column));
            }
        }
        let kind = ExportKind::of_columns(names.iter().map(AsRef::as_ref));
        Ok(Self { header: header.to_vec(), found, field_count: names.len(), kind })
    }

    /// The header with its line end, as the file has it. Empty for Parquet.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// The kind of export that the file is of.
    pub const fn kind(&self) -> ExportKind {
        self.kind
    }

    /// The index of the field that has this column's cell, if the file has the column.
    pub fn position(&self, column: Column) -> Option<usize> {
        let position = self.found(column).map(|found| found.position);
        debug_assert_ne!(position, Some(LEFT_OUT), "{column:?} is read and was left out");
        position
    }

    /// The column's name in this file. If the file lacks the column, the name that it would have there: a
    /// legacy name if the file's other columns have legacy names.
    pub fn name(&self, column: Column) -> &'static str {
        let is_legacy = |name: &str| name.contains('/');
        let of_file = self.found.iter().flatten().next().is_none_or(|found| is_legacy(found.name));
        let mut names = column.names().iter();
        let likely = names.find(|name| is_legacy(name) == of_file).copied();
        let found = self.found(column).map(|found| found.name);
        found.or(likely).unwrap_or(column.name())
    }

    /// How many fields each record of the file has.
    pub(crate) const fn field_count(&self) -> usize {
        self.field_count
    }

    fn found(&self, column: Column) -> Option<Found> {
        self.found.get(column as usize).copied().flatten()
    }
}

/// Finds the column in the header by the first of its names that the header has.
fn find(column: Column, header: &[Cow<'_, [u8]>]) -> Result<Option<Found>, LayoutError> {
    for &name in column.names() {
        let mut positions =
            header.iter().enumerate().filter(|(_, field)| field.as_ref() == name.as_bytes());
        if let Some((position, _)) = positions.next() {
            return match positions.next() {
                None => Ok(Some(Found { position, name })),
                Some(_) => Err(LayoutError::Twice(name)),
            };
        }
    }
    Ok(None)
}
