//! What a person sees: customers, charges, AWS's cost and the margin, the laws with their two sides, and
//! where the files are.

use std::io::{self, Write};
use std::path::Path;

use money::Amount;
use money::rounding::{Mode, round};
use pipeline::{Check, CustomerTotals, Reconciliation, UNASSIGNED, keys};

use crate::run::Finished;

pub(crate) fn runs(finished: &[Finished], results: &Path, out: &mut dyn Write) -> io::Result<()> {
    for run in finished {
        match &run.reconciliation {
            Some(reconciliation) => sealed(reconciliation, results, out)?,
            None => not_sealed(run, out)?,
        }
    }
    Ok(())
}

fn not_sealed(run: &Finished, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "NOT SEALED  {}", run.manifest)?;
    for failure in &run.failures {
        writeln!(out, "  {failure}")?;
    }
    writeln!(out, "  Nothing was published; what was current before still is.")
}

fn sealed(run: &Reconciliation, results: &Path, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "SEALED  payer {}, report {}, {}, delivery {}, run {}",
        run.payer_account_id, run.report, run.billing_period, run.delivery_id, run.run_id
    )?;
    writeln!(out, "\n{}", customers(run))?;
    writeln!(out, "{}", margin(run))?;
    writeln!(out, "{}", laws(&run.laws))?;
    report_checks(run, out)?;
    unassigned(run, out)?;
    news(run, out)?;
    for missing in &run.not_guaranteed {
        writeln!(out, "NOT GUARANTEED  {missing}")?;
    }
    let place = |key: &str| results.join(key).display().to_string();
    let billing = keys::billing_folder(run.payer_account_id, run.billing_period, &run.run_id);
    writeln!(out, "Invoices and charges: {}", place(&billing))?;
    writeln!(out, "Tables for SQL:       {}", place("reports"))?;
    writeln!(out, "Proof:                {}\n", place(&keys::reconciliation(&run.run_id)))
}

fn customers(run: &Reconciliation) -> String {
    let mut table =
        Table::new(1, ["customer", "accounts", "lines", "charge", "AWS cost", "margin", "invoice"]);
    for customer in &run.customers {
        let CustomerTotals { charge, amortized_cost, margin, lines, .. } = customer;
        let invoice = match (&customer.invoice_total, &customer.invoice_currency) {
            (Some(total), Some(currency)) => format!("{} {currency}", grouped(&total.to_string())),
            _ => "-".to_owned(),
        };
        table.row([
            customer.customer.clone(),
            customer.accounts.len().to_string(),
            grouped(&lines.to_string()),
            cents(*charge),
            cents(*amortized_cost),
            cents(*margin),
            invoice,
        ]);
    }
    let all = &run.margin;
    table.row([
        "all".to_owned(),
        run.customers.iter().map(|customer| customer.accounts.len()).sum::<usize>().to_string(),
        grouped(&run.report_totals.lines.to_string()),
        cents(all.charge),
        cents(all.amortized_cost),
        cents(all.margin),
        String::new(),
    ]);
    table.to_string()
}

fn margin(run: &Reconciliation) -> String {
    let margin = &run.margin;
    let mut table = Table::new(1, ["from AWS's cost to the charge", ""]);
    let mut row = |name: &str, amount: Amount| table.row([name.to_owned(), cents(amount)]);
    row("AWS charged (unblended)", margin.unblended_cost);
    row("+ upfront_timing", margin.upfront_timing);
    row("= amortized", margin.amortized_cost);
    for (name, term) in &margin.terms {
        row(&format!("+ {name}"), *term);
    }
    row("= charge", margin.charge);
    table.to_string()
}

/// How many sums of one law are shown one by one.
const SUMS_SHOWN: usize = 6;

/// The laws with their two sides. Where a law has more sums than fit the eye, those that hold are only
/// counted; one that does not is always shown.
fn laws(checks: &[Check]) -> String {
    let mut table = Table::new(2, ["law", "of", "left", "right", ""]);
    for group in checks.chunk_by(|a, b| a.law == b.law) {
        let is_shown = |check: &&Check| group.len() <= SUMS_SHOWN || !check.holds;
        let hidden = group.iter().filter(|check| !is_shown(check)).count();
        for Check { law, of, left, right, holds } in group.iter().filter(is_shown) {
            let verdict = if *holds { "holds" } else { "BROKEN" };
            table.row([
                law.clone(),
                of.clone(),
                left.to_string(),
                right.to_string(),
                verdict.to_owned(),
            ]);
        }
        if let (Some(first), 1..) = (group.first(), hidden) {
            let of = format!("{hidden} sums, each with equal sides");
            let nothing = String::new();
            table.row([first.law.clone(), of, nothing.clone(), nothing, "holds".to_owned()]);
        }
    }
    table.to_string()
}

fn report_checks(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(1, ["report check", "checked", "broken"]);
    for (name, tally) in &run.report_checks {
        table.row([name.clone(), tally.checked.to_string(), tally.broken.to_string()]);
    }
    writeln!(out, "{table}")?;
    for (name, tally) in run.report_checks.iter().filter(|(_, tally)| tally.broken > 0) {
        let example = tally.example.as_deref().unwrap_or_default();
        writeln!(out, "AWS's report disagrees with itself, {name}: {example}")?;
    }
    Ok(())
}

fn unassigned(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    for (account, cost) in &run.unassigned {
        writeln!(out, "Account {account} belongs to no customer ({UNASSIGNED}): {cost}")?;
    }
    let split = &run.report_totals;
    if split.split_cost_lines > 0 {
        writeln!(
            out,
            "{} split-cost-allocation lines repeat {} that other lines carry; counted apart",
            split.split_cost_lines, split.split_cost_unblended_cost
        )?;
    }
    Ok(())
}

fn news(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    let news = &run.news;
    for name in news.product_codes.iter().chain(&news.line_item_types) {
        writeln!(out, "New since the previous period: {name}")?;
    }
    Ok(())
}

/// To the cent, for the eye; files have every digit.
fn cents(amount: Amount) -> String {
    let text = round(amount, 2, Mode::HalfEven).rounded.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("{}.{fraction:0<2}", grouped(whole))
}

/// `1234567.8` as `1,234,567.8`.
fn grouped(number: &str) -> String {
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (number, String::new()),
    };
    let digits = whole.trim_start_matches('-');
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let sign = if whole.starts_with('-') { "-" } else { "" };
    format!("{sign}{text}{fraction}")
}

/// Columns as wide as they need to be; texts to the left, then numbers to the right.
struct Table<const N: usize> {
    texts: usize,
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    fn new(texts: usize, header: [&str; N]) -> Self {
        Self { texts, rows: vec![header.map(str::to_owned)] }
    }

    fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }
}

impl<const N: usize> std::fmt::Display for Table<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut widths = [0; N];
        for (column, width) in widths.iter_mut().enumerate() {
            *width = self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        }
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                let cell = if column < self.texts {
                    format!("{gap}{cell:<width$}")
                } else {
                    format!("{gap}{cell:>width$}")
                };
                line.push_str(&cell);
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
