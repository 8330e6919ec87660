//! `[commitments]`: what happens to reserved instances and savings plans.

use commitments::{Assignment, Sharing, Unused};
use cur::AccountId;

use crate::customer::Customer;
use crate::document::{Field, Section};
use crate::periods::Periods;
use crate::problem::Position;

#[derive(Debug, Clone)]
pub(crate) struct CommitmentPolicy {
    pub(crate) sharing: Sharing,
    /// Where the sharing is stated, or would be.
    pub(crate) sharing_position: Position,
    pub(crate) unused: Unused,
    pub(crate) assignments: Vec<Assignment>,
    /// Where the first assignment is.
    pub(crate) assignments_position: Option<Position>,
}

impl CommitmentPolicy {
    pub(crate) fn read(document: &Section, customers: &[Customer]) -> Self {
        let mut policy = Self {
            sharing: Sharing::default(),
            sharing_position: Position::START,
            unused: Unused::default(),
            assignments: Vec::new(),
            assignments_position: None,
        };
        let keys = ["sharing", "unused", "assign"];
        let section = document.field("commitments");
        let Some(section) = section.and_then(|field| field.section("[commitments]", &keys)) else {
            return policy;
        };
        policy.sharing_position = section.position();
        if let Some(sharing) = section.field("sharing") {
            let names = Sharing::ALL.map(|sharing| (sharing.name(), sharing));
            // A wrong word has been reported; that a default is not supported would be noise.
            policy.sharing = sharing.choice(&names).unwrap_or(Sharing::AsBilled);
            policy.sharing_position = sharing.position();
        }
        if let Some(unused) = section.field("unused") {
            let names = Unused::ALL.map(|unused| (unused.name(), unused));
            policy.unused = unused.choice(&names).unwrap_or_default();
        }
        let assignments = section.field("assign").and_then(|field| read_sections(&field));
        let assignments = assignments.unwrap_or_default();
        policy.assignments_position = assignments.first().map(Section::position);
        policy.assignments =
            assignments.iter().filter_map(|section| read_assignment(section, customers)).collect();
        policy
    }
}

fn read_sections<'d>(field: &Field<'d>) -> Option<Vec<Section<'d>>> {
    let keys = ["arn", "customer", "count", "from", "until"];
    field.sections("[[commitments.assign]]", &keys)
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

/// `arn:<partition>:<service>:<region>:<account>:<resource>`. A savings plan leaves the region empty.
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
