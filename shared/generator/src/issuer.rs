//! The services that issue reservations.

use crate::products::Product;

/// The service that issued a reservation, as far as AWS's columns and ARNs differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Issuer {
    Ec2,
    DedicatedHosts,
    Rds,
    ElastiCache,
    OpenSearch,
    Redshift,
    DynamoDb,
    /// AWS's dictionary does not know reservations of `MediaConnect`.
    MediaConnect,
    /// AWS's dictionary does not know reservations of Redshift Serverless.
    RedshiftServerless,
}

impl Issuer {
    pub(crate) fn of(unit: &Product) -> Self {
        match unit.code {
            "AmazonEC2" if unit.usage_type.starts_with("HostUsage") => Self::DedicatedHosts,
            "AmazonEC2" => Self::Ec2,
            "AmazonRDS" => Self::Rds,
            "AmazonElastiCache" => Self::ElastiCache,
            "AmazonES" => Self::OpenSearch,
            "AmazonRedshift" if unit.varies => Self::RedshiftServerless,
            "AmazonRedshift" => Self::Redshift,
            "AmazonDynamoDB" => Self::DynamoDb,
            _ => Self::MediaConnect,
        }
    }

    /// Whether AWS's dictionary knows reservations of this service.
    pub(crate) fn is_known(self) -> bool {
        !matches!(self, Self::MediaConnect | Self::RedshiftServerless)
    }

    pub(crate) fn arn(self, region: &str, owner: &str, uuid: &str) -> String {
        let (service, resource) = match self {
            Self::Ec2 => ("ec2", "reserved-instances/"),
            Self::DedicatedHosts => ("ec2", "host-reservation/hr-"),
            Self::Rds => ("rds", "ri:ri-"),
            Self::ElastiCache => ("elasticache", "reserved-instance:ri-"),
            Self::OpenSearch => ("es", "reserved-instances/"),
            Self::Redshift => ("redshift", "reserved-nodes/"),
            Self::DynamoDb => ("dynamodb", "reserved-capacity/"),
            Self::MediaConnect => ("mediaconnect", "reservation:"),
            Self::RedshiftServerless => ("redshift-serverless", "reservation/"),
        };
        format!("arn:aws:{service}:{region}:{owner}:{resource}{uuid}")
    }
}
