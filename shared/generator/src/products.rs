//! The products of a generated report, with their rates and their descriptive columns.
//!
//! Usage comes in whole *quanta*. A quantum of a product is an amount of usage whose cost at the product's
//! rate has at most ten decimals. Commitments cover whole quanta, so a plan's commitment is used to its
//! last digit and no amount has to be rounded. For example, an m5.large has 8 quanta an hour, each of
//! 0.125 hours and 0.012 dollars.

use crate::bill::{AWS, Bill, MARKETPLACE};
use crate::fixed::Fixed;
use crate::random;
use crate::text::Cell;

pub(crate) struct Region {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// The beginning of usage types in this region.
    pub(crate) prefix: &'static str,
}

pub(crate) const VIRGINIA: Region =
    Region { code: "us-east-1", name: "US East (N. Virginia)", prefix: "" };
pub(crate) const TOKYO: Region =
    Region { code: "ap-northeast-1", name: "Asia Pacific (Tokyo)", prefix: "APN1-" };

/// Which products a reservation of a product may cover.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// There are no reservations of the product.
    Nothing,
    /// Only the product itself.
    Product,
    /// Every size of the product's family in its region.
    Family,
}

/// The type of a savings plan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlanType {
    /// EC2, Fargate and Lambda. An EC2 Instance plan is of this type too, and covers one family in one
    /// region.
    Compute,
    MachineLearning,
    Database,
}

/// The resource names of a product.
pub(crate) struct ResourceName {
    pub(crate) before: String,
    /// The text between account and identity; `None` if the account is not part of the name.
    pub(crate) after_account: Option<&'static str>,
}

pub(crate) struct Product {
    /// The index of the product in the catalogue.
    pub(crate) index: usize,
    pub(crate) bill: &'static Bill,
    pub(crate) code: &'static str,
    pub(crate) usage_type: String,
    pub(crate) operation: &'static str,
    pub(crate) description: Cell,
    /// The description on lines that a reservation covers.
    pub(crate) reserved_description: Cell,
    pub(crate) unit: &'static str,
    pub(crate) sku: String,
    pub(crate) rate: Fixed,
    pub(crate) quantum: Fixed,
    /// How many quanta an instance has in an hour; for other products the most that a line has.
    pub(crate) hourly_quanta: i64,
    /// Whether the usage differs from hour to hour, as for products that are paid by use.
    pub(crate) varies: bool,
    /// Zero if AWS prints no factor.
    pub(crate) normalization_factor: Fixed,
    pub(crate) reach: Reach,
    /// The type of plan that covers the product.
    pub(crate) plan: Option<PlanType>,
    /// The instance family, or the class of a database. A size-flexible reservation covers all sizes of it.
    pub(crate) family: &'static str,
    pub(crate) region: &'static Region,
    pub(crate) resource: Option<ResourceName>,
    /// The other descriptive columns, by their CUR 2.0 names without `product_`.
    pub(crate) attributes: Vec<(&'static str, String)>,
}

impl Product {
    /// A product with names only, as for lines that a period has once.
    pub(crate) fn named(
        code: &'static str,
        name: &str,
        usage_type: &str,
        operation: &'static str,
        description: &str,
    ) -> Self {
        Self {
            index: 0,
            bill: &AWS,
            code,
            usage_type: usage_type.to_owned(),
            operation,
            description: Cell::new(description),
            reserved_description: Cell::default(),
            unit: "",
            sku: String::new(),
            rate: Fixed::ZERO,
            quantum: Fixed::ONE,
            hourly_quanta: 1,
            varies: false,
            normalization_factor: Fixed::ZERO,
            reach: Reach::Nothing,
            plan: None,
            family: "",
            region: &VIRGINIA,
            resource: None,
            attributes: vec![("product_name", name.to_owned())],
        }
    }

    pub(crate) fn sold_by(self, bill: &'static Bill) -> Self {
        Self { bill, ..self }
    }

    /// The product with this rate for one unit.
    fn priced(self, rate: &str, unit: &'static str, quantum: &str, hourly_quanta: i64) -> Self {
        let sku = random::sku(
            self.usage_type
                .bytes()
                .chain(self.operation.bytes())
                .fold(7, |key, byte| random::mix(key, byte.into())),
        );
        Self {
            unit,
            rate: Fixed::of(rate),
            quantum: Fixed::of(quantum),
            hourly_quanta,
            sku,
            ..self
        }
    }

    fn of_resource(self, before: &str, after_account: Option<&'static str>) -> Self {
        let resource = Some(ResourceName { before: before.to_owned(), after_account });
        Self { resource, ..self }
    }

    fn in_region(mut self, region: &'static Region) -> Self {
        self.attributes.extend([
            ("location", region.name.to_owned()),
            ("location_type", "AWS Region".to_owned()),
            ("region", region.code.to_owned()),
            ("region_code", region.code.to_owned()),
        ]);
        Self { region, ..self }
    }

    fn with(mut self, attributes: &[(&'static str, &str)]) -> Self {
        let owned = attributes.iter().map(|(key, value)| (*key, (*value).to_owned()));
        self.attributes.extend(owned);
        self
    }

    pub(crate) fn is_coverable(&self) -> bool {
        self.reach != Reach::Nothing || self.plan.is_some()
    }

    pub(crate) fn is_instance(&self) -> bool {
        self.code == "AmazonEC2" && self.plan.is_some()
    }

    /// The cost of one quantum on demand.
    pub(crate) fn quantum_cost(&self) -> Fixed {
        self.rate.product(self.quantum)
    }

    pub(crate) fn amount(&self, quanta: i64) -> Fixed {
        self.quantum.times(quanta)
    }
}

/// All products: first those that commitments may cover, then the others.
pub(crate) fn catalogue() -> Vec<Product> {
    let mut products = instances();
    products.extend(databases());
    products.extend(nodes());
    products.extend(serverless());
    products.extend(capacity());
    products.extend(machine_learning());
    products.extend(free_usage());
    products.extend(paid_usage());
    products
}

struct Size {
    name: &'static str,
    /// Two quanta for each normalized unit, so that the smallest size has a whole number of quanta.
    quanta: i64,
    vcpu: i64,
}

const MICRO: Size = Size { name: "micro", quanta: 1, vcpu: 2 };
const SMALL: Size = Size { name: "small", quanta: 2, vcpu: 2 };
const MEDIUM: Size = Size { name: "medium", quanta: 4, vcpu: 2 };
const LARGE: Size = Size { name: "large", quanta: 8, vcpu: 2 };
const XLARGE: Size = Size { name: "xlarge", quanta: 16, vcpu: 4 };
const XLARGE_2: Size = Size { name: "2xlarge", quanta: 32, vcpu: 8 };
const XLARGE_4: Size = Size { name: "4xlarge", quanta: 64, vcpu: 16 };

impl Size {
    fn normalization_factor(&self) -> Fixed {
        Fixed::whole(self.quanta).quotient(Fixed::whole(2))
    }
}

struct Family {
    name: &'static str,
    group: &'static str,
    region: &'static Region,
    /// The on-demand rate of one quantum, which is half a normalized unit.
    linux_rate: &'static str,
    sizes: &'static [Size],
}

const FAMILIES: [Family; 6] = [
    Family {
        name: "m5",
        group: "General purpose",
        region: &VIRGINIA,
        linux_rate: "0.012",
        sizes: &[LARGE, XLARGE, XLARGE_2, XLARGE_4],
    },
    Family {
        name: "c5",
        group: "Compute optimized",
        region: &VIRGINIA,
        linux_rate: "0.010625",
        sizes: &[LARGE, XLARGE, XLARGE_2],
    },
    Family {
        name: "r5",
        group: "Memory optimized",
        region: &VIRGINIA,
        linux_rate: "0.01575",
        sizes: &[LARGE, XLARGE],
    },
    Family {
        name: "t3",
        group: "General purpose",
        region: &VIRGINIA,
        linux_rate: "0.0104",
        sizes: &[MICRO, SMALL, MEDIUM],
    },
    Family {
        name: "m5",
        group: "General purpose",
        region: &TOKYO,
        linux_rate: "0.0155",
        sizes: &[LARGE, XLARGE, XLARGE_2],
    },
    Family {
        name: "t3",
        group: "General purpose",
        region: &TOKYO,
        linux_rate: "0.0136",
        sizes: &[SMALL, MEDIUM],
    },
];

fn instances() -> Vec<Product> {
    let linux = FAMILIES.iter().flat_map(|family| {
        let rate = Fixed::of(family.linux_rate);
        family.sizes.iter().map(move |size| instance(family, size, "Linux", rate, size.quanta))
    });
    // A Windows hour has twice the quanta of a Linux hour, because its plan rates include the licence.
    let windows = [LARGE, XLARGE].map(|size| {
        let rate = Fixed::of("0.01175");
        instance(&FAMILIES[0], &size, "Windows", rate, size.quanta * 2)
    });
    linux.chain(windows).chain([dedicated(), host()]).collect()
}

/// A dedicated instance. AWS prints its tenancy, but no normalization factor.
fn dedicated() -> Product {
    let family = &FAMILIES[1];
    let product = instance(family, &LARGE, "Linux", Fixed::of("0.011"), LARGE.quanta);
    let described = product.attributes.into_iter().map(|(name, value)| match name {
        "tenancy" => (name, "Dedicated".to_owned()),
        "usagetype" => (name, value.replace("BoxUsage", "DedicatedUsage")),
        _ => (name, value),
    });
    Product {
        usage_type: product.usage_type.replace("BoxUsage", "DedicatedUsage"),
        description: Cell::new("$0.088 per Dedicated Linux c5.large Instance Hour"),
        normalization_factor: Fixed::ZERO,
        reach: Reach::Product,
        attributes: described.collect(),
        ..product
    }
}

/// A Dedicated Host. Its type is a family, because it is the whole machine.
fn host() -> Product {
    const QUANTA: i64 = 32;
    let name = "Amazon Elastic Compute Cloud";
    let product = Product::named(
        "AmazonEC2",
        name,
        "HostUsage:a1",
        "RunInstances",
        "$0.4488 per On Demand a1 Dedicated Host Hour",
    )
    .in_region(&VIRGINIA)
    .priced("0.4488", "Hrs", "1", QUANTA)
    .of_resource("h-0", None)
    .with(&[
        ("instance_type", "a1"),
        ("operating_system", "NA"),
        ("tenancy", "Host"),
        ("product_family", "Dedicated Host"),
        ("servicecode", "AmazonEC2"),
        ("servicename", name),
        ("usagetype", "HostUsage:a1"),
    ]);
    Product {
        quantum: Fixed::ONE.quotient(Fixed::whole(QUANTA)),
        reach: Reach::Product,
        plan: Some(PlanType::Compute),
        family: "a1",
        reserved_description: Cell::new("a1 Dedicated Host Reservation applied"),
        ..product
    }
}

fn instance(
    family: &Family,
    size: &Size,
    system: &'static str,
    quantum_rate: Fixed,
    quanta: i64,
) -> Product {
    let region = family.region;
    let kind = format!("{}.{}", family.name, size.name);
    let rate = quantum_rate.times(quanta);
    let mut price = Vec::new();
    rate.write_java(&mut price);
    let description =
        format!("${} per On Demand {system} {kind} Instance Hour", String::from_utf8_lossy(&price));
    let is_linux = system == "Linux";
    let operation = if is_linux { "RunInstances" } else { "RunInstances:0002" };
    let usage_type = format!("{}BoxUsage:{kind}", region.prefix);
    let name = "Amazon Elastic Compute Cloud";
    let product = Product::named("AmazonEC2", name, &usage_type, operation, &description)
        .in_region(region)
        .priced("0", "Hrs", "1", quanta)
        .of_resource("i-0", None)
        .with(&[
            ("instance_family", family.group),
            ("instance_type", &kind),
            ("instance_type_family", family.name),
            ("vcpu", &size.vcpu.to_string()),
            ("operating_system", system),
            ("tenancy", "Shared"),
            ("license_model", "No License required"),
            ("pre_installed_sw", "NA"),
            ("processor_architecture", "64-bit"),
            ("network_performance", "Up to 10 Gigabit"),
            ("storage", "EBS only"),
            ("product_family", "Compute Instance"),
            ("servicecode", "AmazonEC2"),
            ("servicename", name),
            ("operation", operation),
            ("usagetype", &usage_type),
        ]);
    Product {
        rate,
        quantum: Fixed::ONE.quotient(Fixed::whole(quanta)),
        normalization_factor: size.normalization_factor(),
        reach: if is_linux { Reach::Family } else { Reach::Product },
        plan: Some(PlanType::Compute),
        family: family.name,
        reserved_description: Cell::new(&format!(
            "{}, {kind} reserved instance applied",
            if is_linux { "Linux/UNIX (Amazon VPC)" } else { "Windows (Amazon VPC)" }
        )),
        ..product
    }
}

fn databases() -> Vec<Product> {
    // Each class has one engine here, so that a reservation need not compare engines.
    let mysql = ("db.r7g", "MySQL", "CreateDBInstance:0002", "0.03");
    let postgres = ("db.m7g", "PostgreSQL", "CreateDBInstance:0014", "0.022");
    let maria = ("db.r8g", "MariaDB", "CreateDBInstance:0018", "0.026");
    vec![
        database(mysql, &LARGE, 1),
        database(mysql, &XLARGE, 1),
        database(postgres, &LARGE, 1),
        database(postgres, &LARGE, 2),
        database(maria, &LARGE, 2),
    ]
}

/// A database in one zone, or in two zones for twice the units and twice the price.
fn database(
    (class, engine, operation, quantum_rate): (&'static str, &str, &'static str, &str),
    size: &Size,
    zones: i64,
) -> Product {
    let kind = format!("{class}.{}", size.name);
    let (option, usage, words) = match zones {
        1 => ("Single-AZ", "InstanceUsage", "a Single-AZ instance"),
        _ => ("Multi-AZ", "Multi-AZUsage", "a Multi-AZ instance, standby included"),
    };
    let quanta = size.quanta * zones;
    let usage_type = format!("{usage}:{kind}");
    let name = "Amazon Relational Database Service";
    let description = format!("RDS {kind} {engine}, {words}, per hour (or partial hour)");
    let product = Product::named("AmazonRDS", name, &usage_type, operation, &description)
        .in_region(&VIRGINIA)
        .priced("0", "Hrs", "1", quanta)
        .of_resource("arn:aws:rds:us-east-1:", Some(":db:example-"))
        .with(&[
            ("database_engine", engine),
            ("deployment_option", option),
            ("instance_family", "General purpose"),
            ("instance_type", &kind),
            ("instance_type_family", class),
            ("vcpu", &size.vcpu.to_string()),
            ("license_model", "No license required"),
            ("product_family", "Database Instance"),
            ("servicecode", "AmazonRDS"),
            ("servicename", name),
            ("operation", operation),
            ("usagetype", &usage_type),
        ]);
    Product {
        rate: Fixed::of(quantum_rate).times(quanta),
        quantum: Fixed::ONE.quotient(Fixed::whole(quanta)),
        normalization_factor: size.normalization_factor().times(zones),
        reach: Reach::Family,
        plan: Some(PlanType::Database),
        family: class,
        reserved_description: Cell::new(&format!("{engine}, {kind} reserved instance applied")),
        ..product
    }
}

/// Nodes of caches, search domains and data warehouses. AWS prints no normalized units for them.
fn nodes() -> Vec<Product> {
    let cache = |kind, quanta| Product {
        reach: Reach::Family,
        plan: Some(PlanType::Database),
        ..node(
            "AmazonElastiCache",
            "NodeUsage",
            kind,
            "CreateCacheCluster:Valkey",
            "0.0219",
            quanta,
        )
    };
    vec![
        cache("cache.r7g.large", LARGE.quanta),
        cache("cache.r7g.xlarge", XLARGE.quanta),
        Product {
            plan: Some(PlanType::Database),
            ..node("AmazonES", "ESInstance", "r7g.large", "ESDomain", "0.021", 8)
        },
        node("AmazonRedshift", "Node", "ra3.xlplus", "RunComputeNode:0001", "0.01696875", 64),
    ]
}

fn node(
    code: &'static str,
    usage: &str,
    kind: &'static str,
    operation: &'static str,
    quantum_rate: &str,
    quanta: i64,
) -> Product {
    let usage_type = format!("{usage}:{kind}");
    let (family, _) = kind.rsplit_once('.').unwrap_or_default();
    let product = Product::named(code, code, &usage_type, operation, &format!("{kind} node-hour"))
        .in_region(&VIRGINIA)
        .priced("0", "Hrs", "1", quanta)
        .of_resource("example-node-", None)
        .with(&[
            ("instance_type", kind),
            ("product_family", "Compute Instance"),
            ("servicecode", code),
            ("servicename", code),
            ("operation", operation),
            ("usagetype", &usage_type),
        ]);
    Product {
        rate: Fixed::of(quantum_rate).times(quanta),
        quantum: Fixed::ONE.quotient(Fixed::whole(quanta)),
        reach: Reach::Product,
        family,
        reserved_description: Cell::new(&format!("{kind} reserved node applied")),
        ..product
    }
}

/// Products that are no instances and that commitments cover.
fn capacity() -> Vec<Product> {
    let output = |product: Product| Product {
        reach: Reach::Product,
        reserved_description: Cell::new("Reservation applied"),
        varies: true,
        ..product
    };
    let database = |product: Product| Product { plan: Some(PlanType::Database), ..product };
    vec![
        database(output(
            other(
                "AmazonDynamoDB",
                "Amazon DynamoDB",
                "WriteCapacityUnit-Hrs",
                "CommittedThroughput",
            )
            .described("$0.00065 per hour per unit of write capacity")
            .of_resource("arn:aws:dynamodb:us-east-1:", Some(":table/example-"))
            .priced("0.00065", "WriteCapacityUnit-Hrs", "20", 25),
        )),
        Product {
            varies: true,
            ..database(
                other(
                    "AmazonNeptune",
                    "Amazon Neptune",
                    "Neptune:ServerlessUsage",
                    "CreateDBInstance:0022",
                )
                .described("$0.1608 per Neptune capacity unit hour")
                .of_resource("arn:aws:rds:us-east-1:", Some(":db:example-graph-"))
                .priced("0.1608", "NCU-hr", "0.125", 20),
            )
        },
        output(
            other(
                "AWSElementalMediaConnect",
                "AWS Elemental MediaConnect",
                "USE1-Outbound-Bandwidth",
                "Output",
            )
            .described("$0.08 per Mbps-hour of outbound bandwidth")
            .of_resource("arn:aws:mediaconnect:us-east-1:", Some(":flow:1-"))
            .priced("0.08", "Mbps-Hrs", "0.25", 16),
        ),
        output(
            other(
                "AmazonRedshift",
                "Amazon Redshift",
                "USE1-Redshift:ServerlessUsage",
                "Serverless",
            )
            .described("$0.36 per Redshift processing unit hour")
            .of_resource("arn:aws:redshift-serverless:us-east-1:", Some(":workgroup/"))
            .priced("0.36", "RPU-Hr", "0.0625", 32),
        ),
    ]
}

/// SageMaker. Its plans cover an instance whatever the instance is used for.
fn machine_learning() -> Vec<Product> {
    let instance = |usage_type, kind, rate, quantum, quanta| Product {
        plan: Some(PlanType::MachineLearning),
        ..other("AmazonSageMaker", "Amazon SageMaker", usage_type, "RunInstance")
            .with(&[("instance_type", kind)])
            .described("SageMaker, per hour")
            .of_resource("arn:aws:sagemaker:us-east-1:", Some(":app/example/"))
            .priced(rate, "Hrs", quantum, quanta)
    };
    vec![
        instance("USE1-Studio:JupyterLab-ml.t3.medium", "ml.t3.medium", "0.05", "0.25", 4),
        instance("USE1-Host:ml.m5.large", "ml.m5.large", "0.115", "0.125", 8),
    ]
}

fn serverless() -> Vec<Product> {
    let fargate = |usage_type, description| {
        let name = "Amazon Elastic Container Service";
        Product::named("AmazonECS", name, usage_type, "FargateTask", description)
            .in_region(&VIRGINIA)
            .of_resource("arn:aws:ecs:us-east-1:", Some(":task/example/"))
            .with(&[
                ("product_family", "Compute"),
                ("servicecode", "AmazonECS"),
                ("servicename", name),
                ("tenancy", "Shared"),
                ("usagetype", usage_type),
            ])
    };
    let cpu = fargate("USE1-Fargate-vCPU-Hours:perCPU", "AWS Fargate - vCPU, per vCPU per hour");
    let memory = fargate("USE1-Fargate-GB-Hours", "AWS Fargate - Memory, per GB per hour");
    let lambda = Product::named(
        "AWSLambda",
        "AWS Lambda",
        "Lambda-GB-Second",
        "Invoke",
        "AWS Lambda - Total Compute - US East (Northern Virginia), tier 1",
    )
    .in_region(&VIRGINIA)
    .of_resource("arn:aws:lambda:us-east-1:", Some(":function:example-"))
    .with(&[
        ("group", "AWS-Lambda-Duration"),
        (
            "group_description",
            "Invocation duration weighted by memory assigned to function, measured in GB-s",
        ),
        ("product_family", "Serverless"),
        ("servicecode", "AWSLambda"),
        ("servicename", "AWS Lambda"),
        ("usagetype", "Lambda-GB-Second"),
    ]);
    [
        cpu.priced("0.04048", "hours", "0.25", 12),
        memory.priced("0.004445", "hours", "2", 12),
        lambda.priced("0.0000166667", "Lambda-GB-Second", "800", 20),
    ]
    .map(|product| Product { plan: Some(PlanType::Compute), varies: true, ..product })
    .into()
}

/// Products that cost nothing. Most lines of a real report are for such products.
fn free_usage() -> Vec<Product> {
    let bucket = ("example-data-", None);
    [
        other("AmazonEC2", "Amazon Elastic Compute Cloud", "DataTransfer-In-Bytes", "RunInstances")
            .described("$0.000 per GB - data transfer in per month")
            .of_resource("i-0", None)
            .priced("0", "GB", "0.0000001", 90_000_000),
        other("AmazonEC2", "Amazon Elastic Compute Cloud", "USE1-APN1-AWS-In-Bytes", "RunInstances")
            .described("$0.00 per GB - US East (Northern Virginia) data transfer from Asia Pacific (Tokyo)")
            .of_resource("i-0", None)
            .priced("0", "GB", "0.0000001", 5_000_000),
        other("AmazonS3", "Amazon Simple Storage Service", "Global-Bucket-Hrs-FreeTier", "GeneralPurposeBuckets")
            .described("$0.00 per bucket / month for the first 2000 general purpose buckets in your account")
            .of_resource("arn:aws:s3:::example-data-", bucket.1)
            .priced("0", "Bucket-Mo", "0.0000000001", 13_888_889),
        other("AmazonS3", "Amazon Simple Storage Service", "DataTransfer-In-Bytes", "PutObject")
            .described("$0.000 per GB - data transfer in per month")
            .of_resource(bucket.0, bucket.1)
            .priced("0", "GB", "0.0000000001", 50_000_000),
        other("AWSCloudTrail", "AWS CloudTrail", "USE1-FreeEventsRecorded", "None")
            .described("0.0 per free event recorded in US East (N.Virginia) region")
            .priced("0", "Events", "1", 4_000),
        other("AmazonCloudWatch", "AmazonCloudWatch", "CW:Requests", "GetMetricData")
            .described("First 1,000,000 CloudWatch API requests per month are free")
            .priced("0", "Requests", "1", 900),
        other("AWSLambda", "AWS Lambda", "Request", "Invoke")
            .described("AWS Lambda - Requests Free Tier - 1,000,000 Requests - US East (Northern Virginia)")
            .of_resource("arn:aws:lambda:us-east-1:", Some(":function:example-"))
            .priced("0", "Request", "1", 7_000),
        other("AWSQueueService", "Amazon Simple Queue Service", "Requests-RBP", "SendMessage")
            .described("First 1,000,000 Amazon SQS Requests per month are free")
            .of_resource("arn:aws:sqs:us-east-1:", Some(":example-"))
            .priced("0", "Requests", "1", 1_200),
    ]
    .into()
}

fn paid_usage() -> Vec<Product> {
    let s3 = |usage_type, operation| {
        other("AmazonS3", "Amazon Simple Storage Service", usage_type, operation)
            .of_resource("example-data-", None)
    };
    let ec2 = |usage_type, operation| {
        other("AmazonEC2", "Amazon Elastic Compute Cloud", usage_type, operation)
    };
    let nat = ("arn:aws:ec2:us-east-1:", Some(":natgateway/nat-0"));
    [
        s3("TimedStorage-ByteHrs", "StandardStorage")
            .described("$0.023 per GB - first 50 TB / month of storage used")
            .priced("0.023", "GB-Mo", "0.0000001", 20_000_000),
        s3("Requests-Tier1", "PutObject")
            .described("$0.005 per 1,000 PUT, COPY, POST, or LIST requests")
            .priced("0.000005", "Requests", "1", 40_000),
        s3("Requests-Tier2", "GetObject")
            .described("$0.004 per 10,000 GET and all other requests")
            .priced("0.0000004", "Requests", "1", 90_000),
        ec2("DataTransfer-Out-Bytes", "RunInstances")
            .described("$0.090 per GB - first 10 TB / month data transfer out beyond the global free tier")
            .of_resource("i-0", None)
            .priced("0.09", "GB", "0.00000001", 900_000_000),
        ec2("NatGateway-Hours", "NatGateway")
            .described("$0.045 per NAT Gateway Hour")
            .of_resource(nat.0, nat.1)
            .priced("0.045", "Hrs", "1", 1),
        ec2("NatGateway-Bytes", "NatGateway")
            .described("$0.045 per GB Data Processed by NAT Gateways")
            .of_resource(nat.0, nat.1)
            .priced("0.045", "GB", "0.0000001", 60_000_000),
        ec2("EBS:VolumeUsage.gp3", "CreateVolume-Gp3")
            .described("$0.08 per GB-month of General Purpose (gp3) provisioned storage - US East (N. Virginia)")
            .of_resource("vol-0", None)
            .priced("0.08", "GB-Mo", "0.00000001", 70_000_000),
        other("AmazonCloudWatch", "AmazonCloudWatch", "CW:MetricMonitorUsage", "MetricStorage")
            .described("$0.30 per metric-month for the first 10,000 metrics - US East (Northern Virginia)")
            .priced("0.3", "Metrics", "0.000000001", 1_388_889),
        other("AmazonCloudWatch", "AmazonCloudWatch", "DataProcessing-Bytes", "PutLogEvents")
            .described("$0.50 per GB custom log data ingested in Standard log class - US East (Northern Virginia)")
            .of_resource("arn:aws:logs:us-east-1:", Some(":log-group:example-"))
            .priced("0.5", "GB", "0.000000001", 900_000_000),
        other("awskms", "AWS Key Management Service", "us-east-1-KMS-Requests", "Unknown")
            .described("$0.03 per 10,000 KMS requests in US East (N. Virginia)")
            .of_resource("arn:aws:kms:us-east-1:", Some(":key/"))
            .priced("0.000003", "Requests", "1", 5_000),
        Product::named("AmazonS3", "Amazon Simple Storage Service", "APN1-TimedStorage-ByteHrs", "StandardStorage", "")
            .in_region(&TOKYO)
            .with(&[("product_family", "Storage"), ("servicecode", "AmazonS3"), ("usagetype", "APN1-TimedStorage-ByteHrs")])
            .described("$0.025 per GB - first 50 TB / month of storage used (東京)")
            .of_resource("example-tokyo-", None)
            .priced("0.025", "GB-Mo", "0.0000001", 20_000_000),
        monitoring(),
    ]
    .into()
}

/// A product of a seller on AWS Marketplace. Sellers may write any text into their descriptions.
pub(crate) fn monitoring() -> Product {
    let name = "Kumo Observability \"Pro\"";
    other("3x0examp1e0pr0duct0c0de9z", name, "SoftwareUsage:m5.large", "Hourly")
        .described("Kumo Observability \"Pro\" 📈, per host-hour\n(billed by Kumo K.K., 東京)")
        .of_resource("i-0", None)
        .priced("0.0125", "Hrs", "0.25", 4)
        .sold_by(&MARKETPLACE)
}

fn other(
    code: &'static str,
    name: &str,
    usage_type: &'static str,
    operation: &'static str,
) -> Product {
    Product::named(code, name, usage_type, operation, "").in_region(&VIRGINIA).with(&[
        ("product_family", "Other"),
        ("servicecode", code),
        ("servicename", name),
        ("operation", operation),
        ("usagetype", usage_type),
    ])
}

impl Product {
    fn described(self, description: &str) -> Self {
        Self { description: Cell::new(description), ..self }
    }
}
