//! The bill of a customer: everything that its plan leads to.

use contracts::{ChargeKind, Contracts, Customer};
use pipeline::{Bill, BillPlan, Status};
use statement::{Balances, PayerCharges, PayerSpend, Statement, StatementError, statement};

/// Makes the bill of a customer from the charges of the sealed runs.
pub fn bill(
    plan: BillPlan,
    contracts: &Contracts,
    customer: &Customer,
    payers: &[PayerCharges],
    plans: &[PayerSpend],
) -> Result<Bill, StatementError> {
    let made = statement(contracts, customer, plan.billing_period, payers, plans, &plan.opening)?;
    let Statement { items, invoices, waterfalls, closing, checks } = made;
    let uninvoiced_lines = uninvoiced(payers);
    Ok(Bill {
        bill_id: plan.id(),
        status: status(&plan, uninvoiced_lines),
        customer_name: customer.name.clone(),
        uninvoiced_lines,
        items,
        invoices,
        waterfalls,
        closing,
        laws: checks,
        plan,
    })
}

/// The bill of a customer that the contracts do not have any more: nothing is due.
pub fn withdrawn(plan: BillPlan) -> Bill {
    Bill {
        bill_id: plan.id(),
        status: status(&plan, 0),
        customer_name: plan.customer_id.clone(),
        uninvoiced_lines: 0,
        items: Vec::new(),
        invoices: Vec::new(),
        waterfalls: Vec::new(),
        closing: Balances::default(),
        laws: Vec::new(),
        plan,
    }
}

fn status(plan: &BillPlan, uninvoiced_lines: u64) -> Status {
    if !plan.missing_payers.is_empty() || !plan.outdated_payers.is_empty() {
        Status::Incomplete
    } else if uninvoiced_lines > 0 {
        Status::Preliminary
    } else {
        Status::Final
    }
}

/// The lines of AWS's usage that have no invoice of AWS yet.
fn uninvoiced(payers: &[PayerCharges]) -> u64 {
    let charges = payers.iter().flat_map(|of| &of.charges);
    let of_usage = charges.filter(|charge| charge.key.charge_kind == ChargeKind::Usage);
    of_usage.map(|charge| charge.measures.uninvoiced_line_count).sum()
}
