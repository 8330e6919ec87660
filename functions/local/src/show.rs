//! The output for people: customers, charges, AWS's cost, the margin, the laws with both sums, and the
//! paths of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use billing::MarginTerm;
use commitments::{Kept, MissingRate, ReplayTally};
use contracts::terms::Section;
use cur::{AccountId, BillingPeriod, Sku};
use laws::{Check, Law};
use money::rounding::{Mode, round};
use money::{Amount, Currency};
use pipeline::{
    Changes, CustomerChange, CustomerTotals, Document, DocumentKind, IssuedDocument,
    Reconciliation, UNASSIGNED, keys,
};
use statement::{InvoiceLine, Term};

use crate::finished::Finished;
use crate::standing::Standing;
use crate::what_if::{Difference, Side};

pub(crate) fn runs(finished: &[Finished], results: &Path, out: &mut dyn Write) -> io::Result<()> {
    for run in finished {
        match (&run.reconciliation, &run.passed_over) {
            (Some(reconciliation), _) => proved(reconciliation, run.held.as_deref(), results, out)?,
            (None, Some(export)) => {
                writeln!(out, "PASSED OVER  {}: {}", run.manifest, export.reason)?;
            }
            (None, None) => not_sealed(run, out)?,
        }
        for reason in &run.not_billed {
            writeln!(out, "NOT BILLED  {reason}")?;
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

/// Shows a run that is current or held.
fn proved(
    run: &Reconciliation,
    held: Option<&str>,
    results: &Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    let verdict = if held.is_some() { "HELD" } else { "SEALED" };
    writeln!(
        out,
        "{verdict}  payer {}, report {}, {}, delivery {}, run {}",
        run.payer_account_id, run.report, run.billing_period, run.delivery_id, run.run_id
    )?;
    if let Some(reason) = held {
        writeln!(out, "  {reason}")?;
        writeln!(
            out,
            "  It is proved, and what was current before still is. If it is right, accept it:"
        )?;
        writeln!(out, "  sluice accept {} --out {}", run.run_id, results.display())?;
    }
    writeln!(out, "Amounts are in the report's currency.")?;
    writeln!(out, "\n{}", customers(run))?;
    writeln!(out, "{}", margin(run))?;
    writeln!(out, "{}", laws(&run.laws))?;
    report_checks(run, out)?;
    commitments(run, out)?;
    suspects(run, out)?;
    unmatched(run, out)?;
    unassigned(run, out)?;
    split_cost(run, out)?;
    news(run, out)?;
    changes(run, out)?;
    for file in &run.empty_files {
        writeln!(out, "EMPTY  {file} has no lines")?;
    }
    for missing in &run.not_guaranteed {
        writeln!(out, "NOT GUARANTEED  {missing}")?;
    }
    let place = |key: &str| results.join(key).display().to_string();
    let billing = keys::billing_folder(run.payer_account_id, run.billing_period, &run.run_id);
    writeln!(out, "Charges:              {}", place(&billing))?;
    writeln!(out, "Tables for SQL:       {}", place("reports"))?;
    writeln!(out, "Proof:                {}\n", place(&keys::reconciliation(&run.run_id)))
}

/// A table of the customers by name, then the accounts that belong to no customer, then the sum.
fn customers(run: &Reconciliation) -> String {
    let header = ["customer", "accounts", "lines", "AWS cost", "charge", "margin"];
    let mut table = Table::new(1..6, header);
    let (nobody, customers): (Vec<_>, Vec<_>) =
        run.customers.iter().partition(|customer| customer.customer == UNASSIGNED);
    for customer in customers.into_iter().chain(nobody) {
        table.row(customer_row(customer));
    }
    let all = &run.margin;
    table.row([
        "all".to_owned(),
        run.customers.iter().map(|customer| customer.accounts.len()).sum::<usize>().to_string(),
        grouped(&run.report_totals.lines.to_string()),
        if_known(all.amortized_cost),
        cents(all.charge),
        if_known(all.margin),
    ]);
    table.to_string()
}

fn customer_row(customer: &CustomerTotals) -> [String; 6] {
    [
        customer.customer.clone(),
        customer.accounts.len().to_string(),
        grouped(&customer.lines.to_string()),
        if_known(customer.amortized_cost),
        cents(customer.charge),
        if_known(customer.margin),
    ]
}

/// The terms of the margin in the order in which a charge is computed, each with an explanation.
const TERMS: [(MarginTerm, &str); 6] = [
    (MarginTerm::StandardPrice, "the contract's basis instead of AWS's cost of usage"),
    (MarginTerm::Benefit, "of reservations and savings plans, handed on"),
    (MarginTerm::CommitmentFees, "fees that customers are charged, less all that there were"),
    (MarginTerm::Adjustments, "credits, refunds, fees, support and taxes, kept or passed on"),
    (MarginTerm::Contract, "discounts, markups and rates"),
    (MarginTerm::Unassigned, "cost of accounts that belong to no customer"),
];

fn margin(run: &Reconciliation) -> String {
    let margin = &run.margin;
    let mut table = Table::new(1..2, ["from AWS's invoice to the charge", "", ""]);
    let mut row = |name: &str, amount: Option<Amount>, words: &str| {
        table.row([name.to_owned(), if_known(amount), words.to_owned()]);
    };
    row("AWS charged", Some(margin.unblended_cost), "unblended, as on its invoice");
    row("+ upfront_timing", margin.upfront_timing, "upfront payments, moved to when they are used");
    row("= AWS cost", margin.amortized_cost, "amortized, as in the table above");
    // Without a margin, its terms would explain nothing.
    if margin.margin.is_none() {
        row("= charge", Some(margin.charge), "before currency, rounding and tax");
        return table.to_string();
    }
    for (name, words) in TERMS {
        if let Some(term) = margin.terms.get(&name) {
            row(&format!("+ {name}"), Some(*term), words);
        }
    }
    row("= charge", Some(margin.charge), "before currency, rounding and tax");
    table.to_string()
}

/// The number of sums of one law that are shown one by one.
const SUMS_SHOWN: usize = 6;

/// A table of the laws with both sums. If a law has too many sums, those that hold are only counted. A sum
/// that does not hold is always shown.
fn laws(checks: &[Check]) -> String {
    let mut table = Table::new(2..4, ["law", "of", "left", "right", ""]);
    for group in checks.chunk_by(|a, b| a.law == b.law) {
        let is_shown = |check: &&Check| group.len() <= SUMS_SHOWN || !check.holds;
        let hidden = group.iter().filter(|check| !is_shown(check)).count();
        for Check { law, of, left, right, holds, .. } in group.iter().filter(is_shown) {
            let verdict = if *holds { "holds" } else { "BROKEN" };
            table.row([
                law.to_string(),
                of.clone(),
                left.to_string(),
                right.to_string(),
                verdict.to_owned(),
            ]);
        }
        if let (Some(first), 1..) = (group.first(), hidden) {
            let of = format!("{hidden} sums, each with equal sides");
            let nothing = String::new();
            table.row([first.law.to_string(), of, nothing.clone(), nothing, "holds".to_owned()]);
        }
    }
    table.to_string()
}

/// A table of the laws with the number of sums that were compared for each.
pub(crate) fn laws_in_short(checks: &[Check]) -> String {
    let mut tallies: BTreeMap<Law, (usize, bool)> = BTreeMap::new();
    for Check { law, holds, .. } in checks {
        let (sums, all_hold) = tallies.entry(*law).or_insert((0, true));
        *sums += 1;
        *all_hold &= holds;
    }
    let mut table = Table::new(1..2, ["law", "sums", ""]);
    for (law, (sums, all_hold)) in tallies {
        let verdict = if all_hold { "holds" } else { "BROKEN" };
        table.row([law.to_string(), grouped(&sums.to_string()), verdict.to_owned()]);
    }
    table.to_string()
}

/// A table of bills: what each customer owes, how far the bill is, and what was issued of it.
pub(crate) fn bills(standings: &[Standing], out: &mut dyn Write) -> io::Result<()> {
    if standings.is_empty() {
        return Ok(());
    }
    let header = ["bill of", "period", "invoice", "status", "amount due", "", "issued as"];
    let mut table = Table::new(4..5, header);
    for standing in standings {
        for row in &standing.rows {
            table.row([
                standing.customer_id.clone(),
                standing.billing_period.to_string(),
                row.invoice_id.clone(),
                row.status.clone(),
                coins(row.amount_due, &row.currency),
                row.currency.clone(),
                row.numbers.join(", "),
            ]);
        }
    }
    writeln!(out, "{table}")?;
    for standing in standings {
        for why in &standing.reasons {
            writeln!(out, "{} {}: {why}", standing.customer_id, standing.billing_period)?;
        }
    }
    Ok(())
}

/// The reseller's margin: of each bill, and of all bills in one currency with every term between AWS's cost
/// and the amount due.
pub(crate) fn margins(
    standings: &[Standing],
    unassigned: &BTreeMap<(BillingPeriod, AccountId), Amount>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let header = ["margin of", "period", "invoice", "", "AWS cost", "charge", "margin"];
    let mut table = Table::new(4..7, header);
    let mut all: BTreeMap<&str, (Amount, Amount, BTreeMap<Term, Amount>)> = BTreeMap::new();
    for standing in standings {
        for of in &standing.waterfalls {
            table.row([
                standing.customer_id.clone(),
                standing.billing_period.to_string(),
                of.invoice_id.clone(),
                of.currency.clone(),
                cents(of.aws_cost),
                cents(of.subtotal()),
                if_known(of.margin),
            ]);
            let (cost, due, terms) = all.entry(&of.currency).or_default();
            *cost += of.aws_cost;
            *due += of.amount_due;
            for (term, amount) in &of.terms {
                *terms.entry(*term).or_default() += *amount;
            }
        }
    }
    writeln!(out, "{table}")?;
    for (currency, (cost, due, terms)) in all {
        let mut table = Table::new(1..2, ["from AWS's cost to the amounts due", currency]);
        table.row(["AWS charged".to_owned(), cents(cost)]);
        for (term, amount) in terms {
            table.row([format!("+ {}", term.name()), cents(amount)]);
        }
        table.row(["= due".to_owned(), cents(due)]);
        writeln!(out, "{table}")?;
    }
    for ((period, payer), cost) in unassigned {
        let cost = cents(*cost);
        writeln!(
            out,
            "UNASSIGNED  {period}: AWS charged payer {payer} {cost} for accounts of nobody"
        )?;
    }
    Ok(())
}

/// A table of what other contracts would have made different, and the terms of each difference.
pub(crate) fn differences(differences: &[Difference], out: &mut dyn Write) -> io::Result<()> {
    let header = ["what if", "period", "", "charge", "then", "difference", "margin", "then"];
    let mut table = Table::new(3..8, header);
    let margin = |side: &Side| side.margin.map_or_else(|| "unknown".to_owned(), cents);
    for of in differences {
        table.row([
            of.customer_id.clone(),
            of.billing_period.to_string(),
            of.currency.clone(),
            cents(of.now.charge),
            cents(of.then.charge),
            cents(of.then.charge - of.now.charge),
            margin(&of.now),
            margin(&of.then),
        ]);
    }
    writeln!(out, "{table}")?;
    let mut table = Table::new(3..4, ["what if", "period", "term", "difference"]);
    for of in differences {
        for (term, amount) in &of.terms {
            let (customer, period) = (of.customer_id.clone(), of.billing_period.to_string());
            table.row([customer, period, term.name().to_owned(), cents(*amount)]);
        }
    }
    writeln!(out, "{table}")
}

/// A short form of an issued invoice or note, with one row for each section instead of one for each line.
pub(crate) fn document(issued: &IssuedDocument, out: &mut dyn Write) -> io::Result<()> {
    let IssuedDocument { number, document, .. } = issued;
    let Document { kind, date, due, corrects, invoice, .. } = document;
    let kind = match kind {
        DocumentKind::Invoice => "Invoice",
        DocumentKind::CreditNote => "Credit note",
        DocumentKind::DebitNote => "Debit note",
    };
    write!(out, "{kind} {number} of {date} to {}", invoice.recipient.name)?;
    if !corrects.is_empty() {
        write!(out, ", which corrects {}", corrects.join(", "))?;
    }
    // What a customer gets back is not due on any day.
    if let Some(due) = due.filter(|_| !invoice.amount_due.is_negative()) {
        write!(out, ", due {due}")?;
    }
    writeln!(out, ":\n")?;
    let mut table = Table::new(1..3, ["", "lines", invoice.currency.as_str()]);
    let mut sections: BTreeMap<Section, (usize, Amount)> = BTreeMap::new();
    for line in &invoice.lines {
        let (count, sum) = sections.entry(line.section).or_default();
        *count += 1;
        *sum += line.amount;
    }
    for (section, (count, sum)) in sections {
        table.row([section.to_string(), count.to_string(), grouped(&sum.to_string())]);
    }
    let mut row = |name: String, amount: Amount| {
        table.row([name, String::new(), coins(amount, &invoice.currency)]);
    };
    row("subtotal".to_owned(), invoice.subtotal);
    for tax in &invoice.taxes {
        row(format!("{} {}", tax.name, tax.rate), tax.amount);
    }
    row("total".to_owned(), invoice.total);
    if invoice.amount_due != invoice.total {
        row("amount due".to_owned(), invoice.amount_due);
    }
    writeln!(out, "{table}")?;
    let converted = invoice.lines.iter().filter(|line| !line.fx_on.is_empty());
    let rates: BTreeSet<String> = converted
        .map(|line| {
            let InvoiceLine { currency_source, fx_rate, fx_series, fx_on, .. } = line;
            let of = format!("{fx_series} {fx_on}");
            format!("1 {currency_source} is {fx_rate} {} ({})", invoice.currency, of.trim_start())
        })
        .collect();
    for rate in rates {
        writeln!(out, "{rate}\n")?;
    }
    Ok(())
}

fn report_checks(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(1..3, ["report check", "checked", "broken"]);
    for (name, tally) in &run.report_checks {
        table.row([name.to_string(), tally.checked.to_string(), tally.broken.to_string()]);
    }
    writeln!(out, "{table}")?;
    for (name, tally) in run.report_checks.iter().filter(|(_, tally)| tally.broken > 0) {
        let example = tally.example.as_deref().unwrap_or_default();
        if tally.dropped.is_empty() {
            writeln!(out, "AWS's report disagrees with itself, {name}: {example}")?;
            continue;
        }
        let cells = grouped(&tally.broken.to_string());
        writeln!(out, "Rounded at the 18th decimal, {name}: {cells} cells; first: {example}")?;
        for (column, dropped) in &tally.dropped {
            writeln!(out, "  {column}: its cells say {dropped} more than was read")?;
        }
    }
    Ok(())
}

/// The number of missing rates that are shown.
const RATES_SHOWN: usize = 5;

fn commitments(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    for arn in &run.unknown_assignments {
        writeln!(out, "The contracts assign {arn}, which the report does not have")?;
    }
    kept(run, out)?;
    for note in &run.disagreements {
        writeln!(out, "The report says two things: {note}")?;
    }
    for (arn, missing) in &run.unknown_costs {
        writeln!(out, "Nothing says what {arn} cost, so its margin is unknown: {missing}")?;
    }
    for (service, usage_type) in &run.unknown_usage {
        writeln!(
            out,
            "Nothing says whether the savings plans cover {service} {usage_type}: it stays on demand"
        )?;
    }
    for rate in run.missing_rates.iter().take(RATES_SHOWN) {
        let MissingRate { savings_plan, sku } = rate;
        let Sku { service_code, region, usage_type, operation } = sku;
        writeln!(
            out,
            "No rate known, so on demand: {service_code} {usage_type} {operation} in {region} under \
             {savings_plan}"
        )?;
    }
    if let Some(more @ 1..) = run.missing_rates.len().checked_sub(RATES_SHOWN) {
        let file = keys::SAVINGS_PLAN_RATES;
        writeln!(out, "… and {more} more rates; the proof lists them, `{file}` can supply them")?;
    }
    Ok(())
}

/// Shows how AWS's rules compare with the report, and which commitments stayed as AWS applied them.
fn kept(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    // A day on which more and less sharing give the same result is counted as `open`. So if any day needed
    // less sharing, that is the setting of the period. Its name sorts last.
    let ReplayTally { compared, replayed, ties, sharing, .. } = &run.replay;
    if *compared > 0 {
        writeln!(
            out,
            "AWS's rules give what AWS has billed in {} of {} hours of groups of commitments ({} ties; \
             sharing: {})",
            grouped(&replayed.to_string()),
            grouped(&compared.to_string()),
            grouped(&ties.to_string()),
            sharing.keys().next_back().map_or("", String::as_str)
        )?;
    }
    for Kept { commitment, reason, hours, used_cost, beyond_policy, example } in &run.kept {
        let words = reason.words();
        write!(
            out,
            "KEPT AS AWS APPLIED IT  {commitment} {words}: {hours} hours, {} of usage",
            cents(*used_cost)
        )?;
        if !beyond_policy.is_zero() {
            write!(out, ", {} of it beyond the policy", cents(*beyond_policy))?;
        }
        match example {
            Some(example) => writeln!(out, "; first: {example}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn suspects(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    for code in &run.support_suspects {
        writeln!(
            out,
            "LOOKS LIKE SUPPORT  {code} is not a known support plan, so it is billed by its types of \
             line: as usage, price rules change it"
        )?;
    }
    Ok(())
}

/// How many unmatched items of one kind are shown.
const UNMATCHED_SHOWN: usize = 5;

fn unmatched(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    let accounts: Vec<(&String, &AccountId)> = each(&run.unmatched.accounts).collect();
    for (customer, account) in accounts.iter().take(UNMATCHED_SHOWN) {
        writeln!(out, "Nothing in the report for account {account} of `{customer}`")?;
    }
    more(accounts.len(), "accounts", out)?;
    let rules: Vec<(&String, &String)> = each(&run.unmatched.price_rules).collect();
    for (customer, rule) in rules.iter().take(UNMATCHED_SHOWN) {
        writeln!(out, "Nothing in the report for the price rule `{rule}` of `{customer}`")?;
    }
    more(rules.len(), "price rules", out)
}

fn each<T>(by_customer: &BTreeMap<String, Vec<T>>) -> impl Iterator<Item = (&String, &T)> {
    by_customer.iter().flat_map(|(customer, list)| list.iter().map(move |of| (customer, of)))
}

fn more(count: usize, of: &str, out: &mut dyn Write) -> io::Result<()> {
    match count.checked_sub(UNMATCHED_SHOWN) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "… and {more} more {of}; the proof lists them"),
    }
}

pub(crate) fn unassigned(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    for (account, cost) in &run.unassigned {
        let cost = cents(*cost);
        writeln!(out, "Account {account} belongs to no customer: AWS charged {cost} for it")?;
    }
    Ok(())
}

fn split_cost(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    let split = &run.report_totals;
    if split.split_cost_lines > 0 {
        writeln!(
            out,
            "{} split-cost-allocation lines repeat {} that other lines carry; counted apart",
            grouped(&split.split_cost_lines.to_string()),
            cents(split.split_cost_unblended_cost)
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

fn if_known(amount: Option<Amount>) -> String {
    amount.map_or_else(|| "unknown".to_owned(), cents)
}

/// Shows the changes by customer, compared with the run that was current before.
pub(crate) fn changes(run: &Reconciliation, out: &mut dyn Write) -> io::Result<()> {
    let Some(changes) = &run.changes else { return Ok(()) };
    let header = ["customer", "lines before", "lines", "charge before", "charge", "difference"];
    let mut table = Table::new(1..6, header);
    let is_same = |change: &&CustomerChange| {
        change.lines == change.lines_before && change.difference.is_zero()
    };
    let (same, other): (Vec<_>, Vec<_>) = changes.customers.iter().partition(is_same);
    for change in &other {
        table.row([
            change.customer.clone(),
            grouped(&change.lines_before.to_string()),
            grouped(&change.lines.to_string()),
            cents(change.charge_before),
            cents(change.charge),
            cents(change.difference),
        ]);
    }
    let Changes { replaces, delivery_id, loud, .. } = changes;
    writeln!(
        out,
        "Instead of run {replaces} of delivery {delivery_id}: {} customers changed, {} did not",
        other.len(),
        same.len()
    )?;
    if !other.is_empty() {
        writeln!(out, "\n{table}")?;
    }
    for hole in loud {
        writeln!(out, "FEWER LINES  {hole}")?;
    }
    Ok(())
}

/// Rounds an amount to cents, for display only. The files have all digits.
fn cents(amount: Amount) -> String {
    let text = round(amount, 2, Mode::HalfEven).rounded.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("{}.{fraction:0<2}", grouped(whole))
}

/// Shows an amount with all decimals of its currency. The amounts of an invoice are already rounded to the
/// smallest coin: `1.3` dollars are shown as `1.30`.
fn coins(amount: Amount, currency: &str) -> String {
    let places = currency.parse::<Currency>().map_or(0, Currency::minor_units) as usize;
    let text = grouped(&amount.to_string());
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{whole}.{fraction:0<places$}"),
        None if places > 0 => format!("{text}.{:0<places$}", ""),
        None => text,
    }
}

/// Groups the digits of a number by three: `1234567.8` becomes `1,234,567.8`.
pub(crate) fn grouped(number: &str) -> String {
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

/// A table whose columns are as wide as their cells. Texts are aligned left and numbers right.
struct Table<const N: usize> {
    numbers: Range<usize>,
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    fn new(numbers: Range<usize>, header: [&str; N]) -> Self {
        Self { numbers, rows: vec![header.map(str::to_owned)] }
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
                let cell = if self.numbers.contains(&column) {
                    format!("{gap}{cell:>width$}")
                } else {
                    format!("{gap}{cell:<width$}")
                };
                line.push_str(&cell);
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
