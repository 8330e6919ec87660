//! `[commitments]`: who benefits from reserved instances and savings plans, and who pays for them.

use commitments::{
    Assignment, Beneficiaries, Order, PayerSharing, PlanOrder, Precedence, SavingAgainst, Sharing,
    Tie, Unused, ZeroSaving,
};
use cur::AccountId;

use crate::customer::Customer;
use crate::document::{Field, Section};
use crate::ownership::Owned;
use crate::payer_sharing;
use crate::periods::Periods;
use crate::problem::Position;

#[derive(Debug, Clone)]
pub(crate) struct CommitmentPolicy {
    pub(crate) sharing: Sharing,
    pub(crate) unused: Unused,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) order: Order,
    pub(crate) aws: PayerSharing,
}

impl CommitmentPolicy {
    pub(crate) fn read(document: &Section, customers: &[Customer]) -> Self {
        let keys = ["sharing", "unused", "assign", "order", "aws"];
        let section = document.field("commitments");
        let section = section.and_then(|field| field.section("[commitments]", &keys));
        let section = section.as_ref();
        let choice = |key: &str| section.and_then(|section| section.field(key));
        let sharing = choice("sharing").and_then(|sharing| {
            sharing.choice(&Sharing::ALL.map(|sharing| (sharing.name(), sharing)))
        });
        let unused = choice("unused")
            .and_then(|unused| unused.choice(&Unused::ALL.map(|unused| (unused.name(), unused))));
        let assignments = choice("assign").and_then(|field| read_sections(&field));
        Self {
            sharing: sharing.unwrap_or_default(),
            unused: unused.unwrap_or_default(),
            assignments: read_assignments(&assignments.unwrap_or_default(), customers),
            order: choice("order").map(|order| read_order(&order)).unwrap_or_default(),
            aws: payer_sharing::read(section),
        }
    }
}

/// Reads the choices where AWS does not say in which order commitments are applied.
fn read_order(field: &Field) -> Order {
    const PLANS: [(&str, PlanOrder); 2] =
        [("by_arn", PlanOrder::ByArn), ("by_saving", PlanOrder::BySaving)];
    const PRECEDENCE: [(&str, Precedence); 2] =
        [("type", Precedence::Type), ("owner", Precedence::Owner)];
    const BENEFICIARIES: [(&str, Beneficiaries); 2] =
        [("usage", Beneficiaries::ByUsage), ("account", Beneficiaries::ByAccount)];
    const ZERO_SAVING: [(&str, ZeroSaving); 2] =
        [("covered", ZeroSaving::Covered), ("on_demand", ZeroSaving::OnDemand)];
    const SAVING_AGAINST: [(&str, SavingAgainst); 2] =
        [("public", SavingAgainst::Public), ("unblended", SavingAgainst::Unblended)];
    const TIE: [(&str, Tie); 2] = [("account", Tie::Account), ("usage_type", Tie::UsageType)];
    let keys = ["plans", "precedence", "beneficiaries", "zero_saving", "saving_against", "tie"];
    let Some(section) = field.section("[commitments.order]", &keys) else {
        return Order::default();
    };
    Order {
        plans: chosen(&section, "plans", &PLANS),
        precedence: chosen(&section, "precedence", &PRECEDENCE),
        beneficiaries: chosen(&section, "beneficiaries", &BENEFICIARIES),
        zero_saving: chosen(&section, "zero_saving", &ZERO_SAVING),
        saving_against: chosen(&section, "saving_against", &SAVING_AGAINST),
        tie: chosen(&section, "tie", &TIE),
    }
}

fn chosen<T: Copy + Default>(section: &Section, key: &str, choices: &[(&str, T)]) -> T {
    section.field(key).and_then(|field| field.choice(choices)).unwrap_or_default()
}

fn read_sections<'d>(field: &Field<'d>) -> Option<Vec<Section<'d>>> {
    let keys = ["arn", "customer", "count", "from", "until"];
    field.sections("[[commitments.assign]]", &keys)
}

fn read_assignments(sections: &[Section], customers: &[Customer]) -> Vec<Assignment> {
    let mut assignments: Vec<(Assignment, Position)> = Vec::new();
    for section in sections {
        let Some(assignment) = read_assignment(section, customers) else { continue };
        warn_of_bases(section, &assignment, customers);
        let periods = |of: &Assignment| Periods { from: of.from, until: of.until };
        let clash = assignments.iter().find(|(other, _)| {
            other.arn == assignment.arn
                && (other.count.is_none() || assignment.count.is_none())
                && periods(other).overlaps(periods(&assignment))
        });
        if let Some((other, position)) = clash {
            section.refuse(format!(
                "{} is assigned as a whole and a second time in the same billing periods (see \
                 {position}, `{}`); give both a `count`, or part the periods by `from` and `until`",
                assignment.arn, other.customer
            ));
        }
        assignments.push((assignment, section.position()));
    }
    assignments.into_iter().map(|(assignment, _)| assignment).collect()
}

/// Warns of a commitment that two customers pay for. A customer with another basis than `list` pays AWS's
/// fees of its accounts; a customer with basis `list` pays for the commitments that are assigned to it. If
/// an account of the first bought a commitment for 74.40, and it is assigned to the second, both pay 74.40.
fn warn_of_bases(section: &Section, assignment: &Assignment, customers: &[Customer]) {
    let account = assignment.arn.split(':').nth(4).and_then(|account| account.parse().ok());
    let Some(account) = account else { return };
    let owned = Owned::Account(account);
    let owns = |customer: &&Customer| customer.ownerships.iter().any(|of| of.of == owned);
    let buyer = customers.iter().find(owns).filter(|buyer| buyer.id != assignment.customer);
    let holder = customers.iter().find(|customer| customer.id == assignment.customer);
    if let (Some(buyer), Some(holder)) = (buyer, holder)
        && buyer.basis != holder.basis
    {
        section.warn(format!(
            "{} was bought by an account of `{}` and is assigned to `{}`, which is billed by another \
             `basis`: who is billed by `list` pays for commitments apart from AWS's fees, and who is not \
             pays AWS's fees, so that both or neither pay; give both customers one `basis`",
            assignment.arn, buyer.id, holder.id
        ));
    }
}

fn read_assignment(section: &Section, customers: &[Customer]) -> Option<Assignment> {
    let arn = section
        .required("arn", r#""arn:aws:ec2:…:reserved-instances/…""#)
        .and_then(|arn| read_arn(&arn));
    let customer = section
        .required("customer", r#""acme""#)
        .and_then(|customer| read_customer(&customer, customers));
    let count = section.optional("count", Field::count);
    let periods = Periods::read(section);
    let Periods { from, until } = periods?;
    Some(Assignment { arn: arn?, customer: customer?, count: count?, from, until })
}

fn read_arn(field: &Field) -> Option<String> {
    let arn = field.text()?;
    if !is_arn_with_account(arn) {
        field.refuse(format!(
            "`{arn}` is not the ARN of a commitment; copy it from the report: \
             arn:aws:ec2:<region>:<account>:reserved-instances/<id> \
             or arn:aws:savingsplans::<account>:savingsplan/<id>"
        ));
        return None;
    }
    Some(arn.to_owned())
}

/// Whether a text is `arn:<partition>:<service>:<region>:<account>:<resource>`. In the ARN of a savings
/// plan the region is empty.
fn is_arn_with_account(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, service, _region, account, resource] => {
            partition.starts_with("aws")
                && !service.is_empty()
                && account.parse::<AccountId>().is_ok()
                && !resource.is_empty()
        }
        _ => false,
    }
}

fn read_customer(field: &Field, customers: &[Customer]) -> Option<String> {
    let id = field.text()?;
    let exists = customers.iter().any(|customer| customer.id == id);
    if !exists {
        field.refuse(format!("there is no customer `{id}`; add a [[customer]] with this id"));
    }
    exists.then(|| id.to_owned())
}
