//! `savings-plan-rates.csv`: the rates of plans for usage that no covered line of a report shows.

use std::fmt;

use cur::Sku;
use money::Amount;

use crate::rates::{ListedRates, Offering};

/// The columns, which may come in any order. A line names one plan by its ARN, or all plans of an offering by
/// the three columns after it. AWS's own lists of rates are by offering.
const COLUMNS: [&str; 9] = [
    "savings_plan_arn",
    "offering_type",
    "purchase_term",
    "payment_option",
    "service_code",
    "region",
    "usage_type",
    "operation",
    "rate",
];

/// A mistake in a line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateProblem {
    pub line: u64,
    /// Empty if the whole line is wrong.
    pub column: &'static str,
    pub message: String,
}

impl fmt::Display for RateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl ListedRates {
    /// Reads the file, or returns all of its mistakes.
    pub fn parse(text: &[u8]) -> Result<Self, Vec<RateProblem>> {
        let mut rates = Self::default();
        let mut problems = Vec::new();
        let mut reader = csv::Reader::from_reader(text);
        let positions = match header(&mut reader) {
            Ok(positions) => positions,
            Err(problem) => return Err(vec![problem]),
        };
        for record in reader.records() {
            let added = match record {
                Ok(record) => rates.add(&Line { record: &record, positions }),
                Err(error) => Err(unreadable(&error)),
            };
            problems.extend(added.err());
        }
        if problems.is_empty() { Ok(rates) } else { Err(problems) }
    }

    fn add(&mut self, line: &Line<'_>) -> Result<(), RateProblem> {
        let [
            arn,
            plan_type,
            term,
            payment_option,
            service_code,
            region,
            usage_type,
            operation,
            rate,
        ] = COLUMNS.map(|column| line.cell(column).to_owned());
        for (column, cell) in [("service_code", &service_code), ("usage_type", &usage_type)] {
            if cell.is_empty() {
                return Err(line.problem(column, "is empty; write it as the report has it"));
            }
        }
        let rate = match rate.parse::<Amount>() {
            Ok(rate) if !rate.is_negative() => rate,
            Ok(_) => return Err(line.problem("rate", "is negative; a rate is 0 or more")),
            Err(error) => return Err(line.problem("rate", &error.to_string())),
        };
        let sku = Sku { service_code, region, usage_type, operation };
        let is_offering = [&plan_type, &term, &payment_option].iter().all(|cell| !cell.is_empty());
        let is_only_one = match (arn.is_empty(), is_offering) {
            (false, _) => self.add_of_plan(&arn, sku, rate),
            (true, true) => {
                self.add_of_offering(Offering::new(&plan_type, &term, &payment_option), sku, rate)
            }
            (true, false) => {
                return Err(line.problem(
                    "savings_plan_arn",
                    "is empty; name a plan, or fill in offering_type, purchase_term and \
                     payment_option",
                ));
            }
        };
        if is_only_one {
            return Ok(());
        }
        Err(line.problem("rate", "is another one than a line before has for the same; remove one"))
    }
}

/// The position of each column in the file.
type Positions = [usize; COLUMNS.len()];

fn header(reader: &mut csv::Reader<&[u8]>) -> Result<Positions, RateProblem> {
    let header = reader.headers().map_err(|error| unreadable(&error))?;
    let mut positions = [0; COLUMNS.len()];
    for (column, position) in COLUMNS.into_iter().zip(&mut positions) {
        *position = header.iter().position(|name| name == column).ok_or_else(|| RateProblem {
            line: 1,
            column,
            message: format!("the header has no such column; it needs {}", COLUMNS.join(",")),
        })?;
    }
    Ok(positions)
}

fn unreadable(error: &csv::Error) -> RateProblem {
    let line = error.position().map_or(1, csv::Position::line);
    RateProblem { line, column: "", message: format!("this is not CSV: {error}") }
}

struct Line<'a> {
    record: &'a csv::StringRecord,
    positions: Positions,
}

impl Line<'_> {
    fn cell(&self, column: &str) -> &str {
        let at = COLUMNS.iter().position(|known| *known == column);
        let position = at.and_then(|at| self.positions.get(at));
        position.and_then(|position| self.record.get(*position)).unwrap_or_default()
    }

    fn problem(&self, column: &'static str, problem: &str) -> RateProblem {
        let line = self.record.position().map_or(1, csv::Position::line);
        RateProblem { line, column, message: format!("\"{}\" {problem}", self.cell(column)) }
    }
}
