//! The columns of a dataset, declared once: a line is a field, whose name is the column's and whose type
//! decides the kind. The column is written from the field and read into it.

use super::{CellError, Cells, Column, Kind, Row, Value};

/// A field of a row: one cell, or a row within the row, whose columns stand in its place.
pub(crate) trait Field: Sized {
    const SHAPE: Shape;

    fn write(&self, cell: &mut impl FnMut(Value<'_>));

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError>;
}

/// The columns of a field.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// The column has the field's name.
    Cell(Kind),
    Columns(&'static [Column]),
}

/// Makes a [`Row`] of a struct: each line names a field, in the order of the columns.
///
/// ```text
/// row!(LineGroup { usage_date, sku, line_count });
/// ```
///
/// has six columns, since the four of a `Sku` stand where `sku` does. A row that wraps another struct may
/// have columns of its own among those of the struct, and the lines of the struct begin with a dot:
///
/// ```text
/// row!(CoverageRow, day: CoverageDay { .usage_date, customer_id, .family });
/// ```
///
/// Amounts that are all there or all absent are an `Option` of their struct. A row in which only some of them
/// are there is read as one in which all are absent.
///
/// ```text
/// row!(Option<CoverageCost> { list_cost, reserved });
/// ```
macro_rules! row {
    (Option<$row:ident> { $($field:ident),+ $(,)? }) => {
        const _: () = {
            use $crate::table::{CellError, Cells, Column, Field, Row, Value};

            impl Row for Option<$row> {
                const COLUMNS: &'static [Column] =
                    &[$(Column::optional_amount(stringify!($field))),+];

                fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
                    $(Field::write(&self.as_ref().map(|row| row.$field), cell);)+
                }

                fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
                    // Every cell is taken, even behind one that is absent.
                    $(let $field = cells.optional_amount();)+
                    let ($(Some($field)),+) = ($($field),+) else { return Ok(None) };
                    Ok(Some($row { $($field),+ }))
                }
            }
        };
    };
    ($row:ident { $($field:ident),+ $(,)? }) => {
        const _: () = {
            use $crate::table::{CellError, Cells, Column, Field, Row, Value};

            impl Row for $row {
                const COLUMNS: &'static [Column] =
                    $crate::table::columns!($($field = |row: &$row| &row.$field,)+);

                fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
                    $(Field::write(&self.$field, cell);)+
                }

                fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
                    // Rust evaluates the fields of a struct expression in the order in which they stand.
                    Ok(Self { $($field: Field::read(cells)?),+ })
                }
            }
        };
    };
    ($row:ident, $outer:ident: $inner:ident {
        $(.$before:ident,)+ $($own:ident,)+ $(.$after:ident,)+
    }) => {
        const _: () = {
            use $crate::table::{CellError, Cells, Column, Field, Row, Value};

            impl Row for $row {
                const COLUMNS: &'static [Column] = $crate::table::columns!(
                    $($before = |row: &$row| &row.$outer.$before,)+
                    $($own = |row: &$row| &row.$own,)+
                    $($after = |row: &$row| &row.$outer.$after,)+
                );

                fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
                    $(Field::write(&self.$outer.$before, cell);)+
                    $(Field::write(&self.$own, cell);)+
                    $(Field::write(&self.$outer.$after, cell);)+
                }

                fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
                    $(let $before = Field::read(cells)?;)+
                    $(let $own = Field::read(cells)?;)+
                    $(let $after = Field::read(cells)?;)+
                    Ok(Self { $outer: $inner { $($before,)+ $($after,)+ }, $($own,)+ })
                }
            }
        };
    };
}

/// The list of columns of some fields. Each field is given by its name and by the function that leads to it.
macro_rules! columns {
    ($($name:ident = $field:expr,)+) => {{
        const FIELDS: &[(&str, $crate::table::Shape)] =
            &[$((stringify!($name), $crate::table::shape($field))),+];
        &$crate::table::list::<{ $crate::table::count(FIELDS) }>(FIELDS)
    }};
}

/// What the type of a field says of its columns. The function leads to the field, and nobody calls it.
pub(crate) const fn shape<R, F: Field>(_: fn(&R) -> &F) -> Shape {
    F::SHAPE
}

/// How many columns some fields have.
pub(crate) const fn count(fields: &[(&'static str, Shape)]) -> usize {
    let mut count = 0;
    let mut rest = fields;
    while let [(_, shape), others @ ..] = rest {
        count += match shape {
            Shape::Cell(_) => 1,
            Shape::Columns(columns) => columns.len(),
        };
        rest = others;
    }
    count
}

/// The columns of some fields, of which there are `COUNT`.
pub(crate) const fn list<const COUNT: usize>(fields: &[(&'static str, Shape)]) -> [Column; COUNT] {
    let mut list = [Column::text(""); COUNT];
    let mut at = 0;
    let mut rest = fields;
    while let [(name, shape), others @ ..] = rest {
        match shape {
            Shape::Cell(kind) => {
                list[at] = Column { name, kind: *kind };
                at += 1;
            }
            Shape::Columns(columns) => {
                let mut columns = *columns;
                while let [column, more @ ..] = columns {
                    list[at] = *column;
                    at += 1;
                    columns = more;
                }
            }
        }
        rest = others;
    }
    list
}

impl<R: Row> Field for R {
    const SHAPE: Shape = Shape::Columns(R::COLUMNS);

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        Row::write(self, cell);
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        Row::read(cells)
    }
}

pub(crate) use {columns, row};
