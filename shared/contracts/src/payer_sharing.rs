//! `[commitments.aws]`: how AWS itself shares commitments among the payer's accounts.

use std::collections::BTreeMap;

use commitments::{Eligibility, Pass, PayerSharing};
use cur::AccountId;

use crate::document::{Field, Section};

/// The discount sharing preferences that a payer can choose. AWS's final bill uses those at the end of the
/// period.
const SHARING: [(&str, &[Pass]); 4] = [
    ("open", &[Pass::Owner, Pass::Everyone]),
    ("prioritized", &[Pass::Owner, Pass::Group, Pass::Everyone]),
    ("restricted", &[Pass::Owner, Pass::Group]),
    ("none", &[Pass::Owner]),
];

/// Reads the section. If the file does not have it, the preferences are learned from the report.
pub(crate) fn read(commitments: Option<&Section>) -> PayerSharing {
    let keys = ["sharing", "groups", "inactive"];
    let section = commitments
        .and_then(|section| section.field("aws"))
        .and_then(|field| field.section("[commitments.aws]", &keys));
    let (_, open) = SHARING[0];
    let Some(section) = section else {
        return PayerSharing::Learned;
    };
    let sharing = section.field("sharing").and_then(|sharing| sharing.choice(&SHARING));
    let groups = section.field("groups").map(|groups| read_groups(&groups));
    let inactive = section.field("inactive").and_then(|inactive| inactive.list());
    let inactive = inactive.unwrap_or_default().iter().filter_map(Field::parsed).collect();
    let passes = sharing.unwrap_or(open).iter().copied();
    PayerSharing::Stated(Eligibility::new(passes, groups.unwrap_or_default(), inactive))
}

/// Reads the groups. An account may be in one group at most.
fn read_groups(groups: &Field) -> BTreeMap<AccountId, String> {
    let mut found: BTreeMap<AccountId, String> = BTreeMap::new();
    for group in groups.entries().unwrap_or_default() {
        for member in group.list().unwrap_or_default() {
            let Some(account) = member.parsed::<AccountId>() else { continue };
            if let Some(other) = found.insert(account, group.name().to_owned()) {
                member.refuse(format!(
                    "account {account} is in the group `{other}` too; AWS has it in one at most"
                ));
            }
        }
    }
    found
}
