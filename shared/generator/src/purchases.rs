//! The list of everything that a generated payer and its customers have bought.

use crate::products::{PlanType, Region, TOKYO, VIRGINIA};

/// How much of the price is paid upfront.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payment {
    None,
    Partial,
    All,
}

/// Who buys a commitment.
#[derive(Clone, Copy)]
pub(crate) enum Owner {
    Payer,
    /// The account of the first resource that the commitment could cover.
    User,
    /// The usage account with this number. After the last account, counting begins again at the first.
    Account(usize),
}

/// When a reservation begins and ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    Before,
    /// The term ends in the middle of the period.
    Expiring,
    /// Bought on the second day.
    Bought,
    /// Bought while the fleet runs, at the beginning of an hour or within it.
    BoughtLate,
    /// Given in exchange for the next reservation of the list, while the fleet runs.
    GivenUp,
    /// Received in exchange for the reservation before it in the list.
    Received,
}

pub(crate) struct ReservationPurchase {
    pub(crate) owner: Owner,
    pub(crate) usage_type: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) zone: Option<&'static str>,
    /// How many percent of the usage that it could cover are bought.
    pub(crate) share: i64,
    pub(crate) payment: Payment,
    pub(crate) offering_class: &'static str,
    pub(crate) years: i64,
    pub(crate) time: Time,
    /// The usage type of its fees, if that is not `HeavyUsage:` and the type.
    pub(crate) fee: Option<&'static str>,
}

const RESERVATION: ReservationPurchase = ReservationPurchase {
    owner: Owner::Payer,
    usage_type: "",
    operation: "RunInstances",
    zone: None,
    share: 20,
    payment: Payment::None,
    offering_class: "standard",
    years: 1,
    time: Time::Before,
    fee: None,
};

/// Reservations of every service and payment option: zonal and regional ones, with and without size
/// flexibility, and some that are bought, exchanged or end in the period.
pub(crate) const RESERVATIONS: [ReservationPurchase; 20] = [
    ReservationPurchase { usage_type: "BoxUsage:m5.xlarge", ..RESERVATION },
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "BoxUsage:m5.large",
        share: 15,
        payment: Payment::Partial,
        ..RESERVATION
    },
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "BoxUsage:c5.large",
        payment: Payment::All,
        offering_class: "convertible",
        years: 3,
        ..RESERVATION
    },
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "BoxUsage:r5.large",
        zone: Some("us-east-1a"),
        share: 70,
        payment: Payment::Partial,
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "BoxUsage:t3.medium",
        share: 40,
        payment: Payment::All,
        time: Time::Bought,
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "BoxUsage:m5.large",
        operation: "RunInstances:0002",
        share: 60,
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "APN1-BoxUsage:t3.small",
        zone: Some("ap-northeast-1a"),
        share: 80,
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "APN1-BoxUsage:m5.large",
        payment: Payment::Partial,
        time: Time::Expiring,
        ..RESERVATION
    },
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "InstanceUsage:db.r7g.large",
        operation: "CreateDBInstance:0002",
        share: 60,
        payment: Payment::Partial,
        ..RESERVATION
    },
    // This one has more units than there is usage, so a part of it is never used.
    ReservationPurchase {
        usage_type: "InstanceUsage:db.m7g.large",
        operation: "CreateDBInstance:0014",
        share: 120,
        payment: Payment::All,
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "Multi-AZUsage:db.r8g.large",
        operation: "CreateDBInstance:0018",
        share: 50,
        ..RESERVATION
    },
    // The fees of this one do not say the tenancy.
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "DedicatedUsage:c5.large",
        share: 60,
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "HostUsage:a1",
        share: 60,
        fee: Some("ReservedHostUsage:a1"),
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "APN1-BoxUsage:t3.medium",
        share: 60,
        time: Time::BoughtLate,
        ..RESERVATION
    },
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "BoxUsage:r5.large",
        share: 30,
        payment: Payment::Partial,
        offering_class: "convertible",
        time: Time::GivenUp,
        ..RESERVATION
    },
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "BoxUsage:r5.xlarge",
        share: 60,
        payment: Payment::Partial,
        offering_class: "convertible",
        time: Time::Received,
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "NodeUsage:cache.r7g.large",
        operation: "CreateCacheCluster:Valkey",
        share: 40,
        payment: Payment::Partial,
        ..RESERVATION
    },
    // Fees of search domains have `.search` behind the type, and the usage does not.
    ReservationPurchase {
        usage_type: "ESInstance:r7g.large",
        operation: "ESDomain",
        share: 50,
        fee: Some("HeavyUsage:r7g.large.search"),
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "Node:ra3.xlplus",
        operation: "RunComputeNode:0001",
        share: 70,
        payment: Payment::Partial,
        ..RESERVATION
    },
    ReservationPurchase {
        usage_type: "WriteCapacityUnit-Hrs",
        operation: "CommittedThroughput",
        share: 40,
        fee: Some("HeavyUsage:dynamodb.write"),
        ..RESERVATION
    },
];

/// Reservations of kinds that AWS's dictionary does not know. The seed chooses one of them.
pub(crate) const UNKNOWN: [ReservationPurchase; 2] = [
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "USE1-Outbound-Bandwidth",
        operation: "Output",
        share: 50,
        fee: Some("USE1-ReservedOutbound-Bandwidth"),
        ..RESERVATION
    },
    ReservationPurchase {
        owner: Owner::User,
        usage_type: "USE1-Redshift:ServerlessUsage",
        operation: "Serverless",
        share: 50,
        fee: Some("USE1-Redshift:ServerlessReservation"),
        ..RESERVATION
    },
];

pub(crate) struct PlanPurchase {
    pub(crate) owner: Owner,
    pub(crate) plan: PlanType,
    /// The family and the region of an EC2 Instance plan.
    pub(crate) family: Option<(&'static str, &'static Region)>,
    pub(crate) share: i64,
    pub(crate) quantum_rate: &'static str,
    pub(crate) payment: Payment,
    pub(crate) years: i64,
    pub(crate) is_bought: bool,
}

/// Savings plans of every type and payment option. At night they are more than the usage, by day less.
pub(crate) const SAVINGS_PLANS: [PlanPurchase; 8] = [
    PlanPurchase {
        owner: Owner::Payer,
        plan: PlanType::Compute,
        family: Some(("m5", &VIRGINIA)),
        share: 22,
        quantum_rate: "0.0064",
        payment: Payment::All,
        years: 1,
        is_bought: false,
    },
    PlanPurchase {
        owner: Owner::User,
        plan: PlanType::Compute,
        family: Some(("c5", &VIRGINIA)),
        share: 45,
        quantum_rate: "0.007",
        payment: Payment::None,
        years: 1,
        is_bought: false,
    },
    PlanPurchase {
        owner: Owner::User,
        plan: PlanType::Compute,
        family: Some(("m5", &TOKYO)),
        share: 40,
        quantum_rate: "0.0058",
        payment: Payment::Partial,
        years: 3,
        is_bought: true,
    },
    PlanPurchase {
        owner: Owner::Payer,
        plan: PlanType::Compute,
        family: None,
        share: 14,
        quantum_rate: "0.0079",
        payment: Payment::Partial,
        years: 1,
        is_bought: false,
    },
    PlanPurchase {
        owner: Owner::Account(5),
        plan: PlanType::Compute,
        family: None,
        share: 9,
        quantum_rate: "0.0076",
        payment: Payment::None,
        years: 3,
        is_bought: false,
    },
    PlanPurchase {
        owner: Owner::Account(8),
        plan: PlanType::Compute,
        family: None,
        share: 7,
        quantum_rate: "0.0077",
        payment: Payment::All,
        years: 1,
        is_bought: true,
    },
    PlanPurchase {
        owner: Owner::User,
        plan: PlanType::MachineLearning,
        family: None,
        share: 45,
        quantum_rate: "0.009",
        payment: Payment::Partial,
        years: 3,
        is_bought: false,
    },
    // AWS sells Database plans only for one year and without an upfront payment.
    PlanPurchase {
        owner: Owner::Payer,
        plan: PlanType::Database,
        family: None,
        share: 30,
        quantum_rate: "0.0105",
        payment: Payment::None,
        years: 1,
        is_bought: false,
    },
];
