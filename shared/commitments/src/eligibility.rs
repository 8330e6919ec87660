//! The accounts that may benefit from a commitment. AWS's algorithm runs in several passes, and each pass
//! reaches more accounts.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use cur::AccountId;

/// The owner of a commitment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    Account(AccountId),
    /// All accounts of a group, and none comes first. Contracts assign such a commitment to a customer.
    Group(String),
}

/// The accounts that one pass reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    Owner,
    /// The accounts of the owner's group.
    Group,
    Everyone,
}

/// The passes in their order, and the group of each account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Eligibility {
    passes: Vec<Pass>,
    groups: BTreeMap<AccountId, String>,
    /// The group of every account that `groups` does not name.
    others: Option<String>,
    /// Accounts that neither lend nor borrow.
    inactive: BTreeSet<AccountId>,
}

/// The accounts that one pass of one owner reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Circle {
    Account(AccountId),
    Group(String),
    Everyone,
}

impl Eligibility {
    pub fn new(
        passes: impl IntoIterator<Item = Pass>,
        groups: BTreeMap<AccountId, String>,
        inactive: BTreeSet<AccountId>,
    ) -> Self {
        Self { passes: passes.into_iter().collect(), groups, others: None, inactive }
    }

    /// Puts every account that no group names into this group.
    #[must_use]
    pub fn with_others_in(self, group: Option<String>) -> Self {
        Self { others: group, ..self }
    }

    pub(crate) fn passes(&self) -> &[Pass] {
        &self.passes
    }

    /// The accounts that a pass reaches, by the number of the pass. `None` if it reaches no account.
    pub(crate) fn circle(&self, owner: &Owner, pass: usize) -> Option<Circle> {
        match (self.passes.get(pass)?, owner) {
            (Pass::Owner, Owner::Account(account)) => Some(Circle::Account(*account)),
            (Pass::Owner | Pass::Group, Owner::Group(group)) => Some(Circle::Group(group.clone())),
            (_, Owner::Account(account)) if self.inactive.contains(account) => None,
            (Pass::Group, Owner::Account(account)) => {
                let group = self.groups.get(account).or(self.others.as_ref());
                group.cloned().map(Circle::Group)
            }
            (Pass::Everyone, _) => Some(Circle::Everyone),
        }
    }

    /// The accounts that all passes of an owner reach.
    pub(crate) fn reach(&self, owner: &Owner) -> Vec<Members<'_>> {
        let circles = (0..self.passes.len()).filter_map(|pass| self.circle(owner, pass));
        circles.map(|circle| self.members(&circle)).collect()
    }

    /// The accounts of a circle. They are looked up once, because the engine asks about much usage.
    pub(crate) fn members(&self, circle: &Circle) -> Members<'_> {
        match circle {
            Circle::Account(owner) => Members::These([*owner].into()),
            Circle::Group(group) if self.others.as_ref() == Some(group) => {
                let is_of_another = |(_, of): &(&AccountId, &String)| *of != group;
                let of_another = self.groups.iter().filter(is_of_another).map(|(id, _)| *id);
                Members::AllBut(Cow::Owned(of_another.chain(self.inactive.clone()).collect()))
            }
            Circle::Group(group) => {
                let is_member = |(account, of): &(&AccountId, &String)| {
                    *of == group && !self.inactive.contains(account)
                };
                Members::These(self.groups.iter().filter(is_member).map(|(id, _)| *id).collect())
            }
            Circle::Everyone => Members::AllBut(Cow::Borrowed(&self.inactive)),
        }
    }
}

pub(crate) enum Members<'a> {
    These(BTreeSet<AccountId>),
    AllBut(Cow<'a, BTreeSet<AccountId>>),
}

impl Members<'_> {
    pub(crate) fn have(&self, account: AccountId) -> bool {
        match self {
            Self::These(accounts) => accounts.contains(&account),
            Self::AllBut(accounts) => !accounts.contains(&account),
        }
    }
}
