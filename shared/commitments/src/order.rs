//! The choices where AWS does not say in which order commitments are applied. Each choice has a name and a
//! default.

/// The chosen order. The defaults fit AWS's pages best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    pub plans: PlanOrder,
    pub precedence: Precedence,
    pub beneficiaries: Beneficiaries,
    pub zero_saving: ZeroSaving,
    pub saving_against: SavingAgainst,
    pub tie: Tie,
}

/// The order of several plans of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanOrder {
    /// The plans are applied one after the other, in the order of their ARNs.
    #[default]
    ByArn,
    /// The plans are applied together. The highest saving of all plans comes first.
    BySaving,
}

/// The order of another account's EC2 Instance plan and an account's own Compute plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precedence {
    /// The type decides first, as with reservations: another account's zonal one comes before one's own
    /// regional one.
    #[default]
    Type,
    /// An account's own plans of any type come first.
    Owner,
}

/// The order of accounts other than the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beneficiaries {
    /// The usage with the highest saving comes first, whoever used it.
    #[default]
    ByUsage,
    /// The account that would save most with all of its usage comes first.
    ByAccount,
}

/// Usage for which the plan's rate is equal to the on-demand rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZeroSaving {
    /// The plan covers this usage last. AWS's own example does the same.
    #[default]
    Covered,
    /// The usage stays on demand.
    OnDemand,
}

/// The price with which a plan's rate is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SavingAgainst {
    /// `pricing/publicOnDemandRate`.
    #[default]
    Public,
    /// `lineItem/UnblendedRate`, which may be a private rate that differs from the public rate.
    Unblended,
}

/// The order of usage with equal saving and equal rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tie {
    /// Accounts come in the order of their ids, and the usage of each account in the order of its SKUs.
    #[default]
    Account,
    /// SKUs come in their order, and the accounts of each SKU in the order of their ids.
    UsageType,
}
