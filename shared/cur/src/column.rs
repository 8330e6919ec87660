//! The report's columns that the pipeline reads, under every name AWS has given them.

/// Each column has one line: its name in the code, then the names that AWS has given it. If a file has
/// several of these names, the first of them is read.
macro_rules! columns {
    ($($column:ident: $($name:literal)+;)+) => {
        /// A column of the report. Columns that are not listed pass through unread.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Column {
            $($column,)+
        }

        impl Column {
            pub const ALL: [Self; [$(Self::$column),+].len()] = [$(Self::$column),+];

            /// Legacy reports write `category/Name`. Data exports write `category_name`, with an
            /// underscore before every former capital. If a file has several of these names, the first of
            /// them is read.
            pub const fn names(self) -> &'static [&'static str] {
                match self {
                    $(Self::$column => &[$($name),+],)+
                }
            }
        }
    };
}

columns! {
    LineItemId: "identity/LineItemId" "identity_line_item_id";
    TimeInterval: "identity/TimeInterval" "identity_time_interval";
    BillType: "bill/BillType" "bill_bill_type";
    BillingPeriodStartDate: "bill/BillingPeriodStartDate" "bill_billing_period_start_date";
    BillingEntity: "bill/BillingEntity" "bill_billing_entity";
    InvoiceId: "bill/InvoiceId" "bill_invoice_id";
    PayerAccountId: "bill/PayerAccountId" "bill_payer_account_id";
    UsageAccountId: "lineItem/UsageAccountId" "line_item_usage_account_id";
    LineItemType: "lineItem/LineItemType" "line_item_line_item_type";
    UsageStartDate: "lineItem/UsageStartDate" "line_item_usage_start_date";
    UsageEndDate: "lineItem/UsageEndDate" "line_item_usage_end_date";
    ProductCode: "lineItem/ProductCode" "line_item_product_code";
    UsageType: "lineItem/UsageType" "line_item_usage_type";
    Operation: "lineItem/Operation" "line_item_operation";
    AvailabilityZone: "lineItem/AvailabilityZone" "line_item_availability_zone";
    ResourceId: "lineItem/ResourceId" "line_item_resource_id";
    UsageAmount: "lineItem/UsageAmount" "line_item_usage_amount";
    NormalizationFactor: "lineItem/NormalizationFactor" "line_item_normalization_factor";
    NormalizedUsageAmount: "lineItem/NormalizedUsageAmount" "line_item_normalized_usage_amount";
    CurrencyCode: "lineItem/CurrencyCode" "line_item_currency_code";
    UnblendedRate: "lineItem/UnblendedRate" "line_item_unblended_rate";
    UnblendedCost: "lineItem/UnblendedCost" "line_item_unblended_cost";
    NetUnblendedCost: "lineItem/NetUnblendedCost" "line_item_net_unblended_cost";
    LineItemDescription: "lineItem/LineItemDescription" "line_item_line_item_description";
    PublicOnDemandCost: "pricing/publicOnDemandCost" "pricing_public_on_demand_cost";
    PublicOnDemandRate: "pricing/publicOnDemandRate" "pricing_public_on_demand_rate";
    Tenancy: "product/tenancy" "product_tenancy";
    DeploymentOption: "product/deploymentOption" "product_deployment_option";
    PurchaseOption: "pricing/PurchaseOption" "pricing_purchase_option";
    Region: "product/region" "product/regionCode" "product_region_code" "product_region";
    ReservationArn: "reservation/ReservationARN" "reservation_reservation_a_r_n";
    EffectiveCost: "reservation/EffectiveCost" "reservation_effective_cost";
    AmortizedUpfrontCostForUsage: "reservation/AmortizedUpfrontCostForUsage"
        "reservation_amortized_upfront_cost_for_usage";
    RecurringFeeForUsage: "reservation/RecurringFeeForUsage" "reservation_recurring_fee_for_usage";
    UpfrontValue: "reservation/UpfrontValue" "reservation_upfront_value";
    UnusedQuantity: "reservation/UnusedQuantity" "reservation_unused_quantity";
    UnusedNormalizedUnitQuantity: "reservation/UnusedNormalizedUnitQuantity"
        "reservation_unused_normalized_unit_quantity";
    UnusedRecurringFee: "reservation/UnusedRecurringFee" "reservation_unused_recurring_fee";
    UnusedAmortizedUpfrontFee: "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod"
        "reservation_unused_amortized_upfront_fee_for_billing_period";
    TotalReservedUnits: "reservation/TotalReservedUnits" "reservation_total_reserved_units";
    TotalReservedNormalizedUnits: "reservation/TotalReservedNormalizedUnits"
        "reservation_total_reserved_normalized_units";
    NumberOfReservations: "reservation/NumberOfReservations" "reservation_number_of_reservations";
    AmortizedUpfrontFee: "reservation/AmortizedUpfrontFeeForBillingPeriod"
        "reservation_amortized_upfront_fee_for_billing_period";
    ReservationAvailabilityZone: "reservation/AvailabilityZone" "reservation_availability_zone";
    ReservationStartTime: "reservation/StartTime" "reservation_start_time";
    ReservationEndTime: "reservation/EndTime" "reservation_end_time";
    SavingsPlanArn: "savingsPlan/SavingsPlanARN" "savings_plan_savings_plan_a_r_n";
    SavingsPlanEffectiveCost: "savingsPlan/SavingsPlanEffectiveCost"
        "savings_plan_savings_plan_effective_cost";
    SavingsPlanRate: "savingsPlan/SavingsPlanRate" "savings_plan_savings_plan_rate";
    TotalCommitmentToDate: "savingsPlan/TotalCommitmentToDate"
        "savings_plan_total_commitment_to_date";
    AmortizedUpfrontCommitment: "savingsPlan/AmortizedUpfrontCommitmentForBillingPeriod"
        "savings_plan_amortized_upfront_commitment_for_billing_period";
    RecurringCommitment: "savingsPlan/RecurringCommitmentForBillingPeriod"
        "savings_plan_recurring_commitment_for_billing_period";
    UsedCommitment: "savingsPlan/UsedCommitment" "savings_plan_used_commitment";
    OfferingType: "savingsPlan/OfferingType" "savings_plan_offering_type";
    PaymentOption: "savingsPlan/PaymentOption" "savings_plan_payment_option";
    PurchaseTerm: "savingsPlan/PurchaseTerm" "savings_plan_purchase_term";
    SavingsPlanRegion: "savingsPlan/Region" "savings_plan_region";
    InstanceTypeFamily: "savingsPlan/InstanceTypeFamily" "savings_plan_instance_type_family";
    SplitParentResourceId: "splitLineItem/ParentResourceId" "split_line_item_parent_resource_id";
}

impl Column {
    /// The column's name where no file says which of its names it has.
    pub const fn name(self) -> &'static str {
        self.names()[0]
    }
}

/// A set of columns.
#[derive(Clone, Copy, Default)]
pub(crate) struct ColumnSet(u128);

const _: () = assert!(Column::ALL.len() <= u128::BITS as usize, "a set has a bit for each column");

impl ColumnSet {
    /// The set with one more column.
    #[must_use]
    pub(crate) const fn with(self, column: Column) -> Self {
        Self(self.0 | (1 << column as u32))
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Column> {
        Column::ALL.into_iter().filter(move |column| self.0 & (1 << *column as u32) != 0)
    }
}
