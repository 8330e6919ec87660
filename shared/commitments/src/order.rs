//! What AWS does not say about the order of application: each choice by name, with its default.

/// How commitments are applied where AWS's pages leave it open. The default is what fits them best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    pub plans: PlanOrder,
    pub precedence: Precedence,
    pub beneficiaries: Beneficiaries,
    pub zero_saving: ZeroSaving,
    pub saving_against: SavingAgainst,
    pub tie: Tie,
}

/// Several plans of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanOrder {
    /// One after the other, in the order of their ARNs.
    #[default]
    ByArn,
    /// Together: the highest saving that any of them gives comes first.
    BySaving,
}

/// Another account's EC2 Instance plan against one's own Compute plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precedence {
    /// The type comes first, as another's zonal reservation comes before one's own regional one.
    #[default]
    Type,
    /// One's own plans of any type come first.
    Owner,
}

/// Who comes first among accounts other than the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beneficiaries {
    /// The usage with the highest saving, whoever's it is.
    #[default]
    ByUsage,
    /// The account that would save most, with all of its usage.
    ByAccount,
}

/// Usage on which a plan saves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZeroSaving {
    /// It is covered when its turn comes, which is last: so does AWS's own example.
    #[default]
    Covered,
    /// It stays on demand.
    OnDemand,
}

/// The price that a saving is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SavingAgainst {
    /// `pricing/publicOnDemandRate`.
    #[default]
    Public,
    /// `lineItem/UnblendedRate`, where a private rate differs from the public one.
    Unblended,
}

/// What is left of a tie after saving and rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tie {
    /// Accounts in the order of their ids, and the usage of each in the order of its usage type.
    #[default]
    Account,
    /// Usage types in their order, and the accounts of each in the order of their ids.
    UsageType,
}
