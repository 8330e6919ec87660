//! The columns of a dataset, declared once. Each line of a declaration names a field. The column has the
//! name of the field, and the type of the field decides the kind of the column.

use super::{CellError, Cells, Column, Kind, Row, Value};

/// A field of a row. It is one cell, or a row inside the row, whose columns stand in place of the field.
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

/// Implements [`Row`] for a struct. Each line names a field, in the order of the columns.
///
/// ```text
/// row!(LineGroup { usage_date, sku, line_count });
/// ```
///
/// This row has six columns, because the four columns of a `Sku` stand in place of `sku`. A row that wraps
/// another struct may have columns of its own among the columns of the struct. Then the lines for fields of
/// the struct begin with a dot:
///
/// ```text
/// row!(CoverageRow, day: CoverageDay { .usage_date, customer_id, .family });
/// ```
///
/// An `Option` of a struct is for amounts that are all present or all absent. If only some of them are
/// present in a file, the row is read as if all were absent.
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
                    // All cells are taken, also those after an absent cell, so that the next field begins
                    // at its own cell.
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
                    // Rust evaluates the fields of a struct expression in the order in which they are
                    // written.
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

/// The list of columns of some fields. Each field is given by its name and a function that returns it.
macro_rules! columns {
    ($($name:ident = $field:expr,)+) => {{
        const FIELDS: &[(&str, $crate::table::Shape)] =
            &[$((stringify!($name), $crate::table::shape($field))),+];
        &$crate::table::list::<{ $crate::table::count(FIELDS) }>(FIELDS)
    }};
}

/// The shape of a field's type. The function is never called; the compiler learns the type of the field
/// from it.
pub(crate) const fn shape<R, F: Field>(_: fn(&R) -> &F) -> Shape {
    F::SHAPE
}

/// The number of columns of some fields.
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

/// The columns of some fields. `COUNT` is their number, as [`count`] says it.
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
