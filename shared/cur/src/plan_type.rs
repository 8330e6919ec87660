//! The types of savings plan. AWS decides what each may cover, and the order in which they are applied.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The types in the order in which AWS applies them. Only the first two can cover the same usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanType {
    /// EC2 instances of one family in one region.
    Ec2Instance,
    /// EC2, Fargate and Lambda in all regions.
    Compute,
    SageMaker,
    /// RDS, Aurora, DynamoDB, ElastiCache and other databases.
    Database,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no type of savings plan")]
pub struct UnknownPlanType(String);

impl PlanType {
    pub const ALL: [Self; 4] = [Self::Ec2Instance, Self::Compute, Self::SageMaker, Self::Database];

    /// The type's name in the column `savingsPlan/OfferingType`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ec2Instance => "EC2InstanceSavingsPlans",
            Self::Compute => "ComputeSavingsPlans",
            Self::SageMaker => "SageMakerSavingsPlans",
            Self::Database => "DatabaseSavingsPlans",
        }
    }
}

impl FromStr for PlanType {
    type Err = UnknownPlanType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|plan_type| plan_type.name() == text);
        found.ok_or_else(|| UnknownPlanType(text.to_owned()))
    }
}

impl fmt::Display for PlanType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for PlanType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for PlanType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
