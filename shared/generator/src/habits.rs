//! Which columns AWS fills for a commitment, and which it leaves empty.
//!
//! AWS's dictionary names services whose lines never have a column. About other columns its editions
//! contradict one another; `docs/report-columns.md` has the details. Where both ways occur, the seed
//! decides for each commitment, so that one report has both.

use crate::field::Field;
use crate::issuer::Issuer;
use crate::products::Region;
use crate::random::{mix, pick};

/// How the lines of one commitment are filled.
pub(crate) struct Habits {
    key: u64,
    /// The columns that are empty on fee lines and covered lines.
    omitted: Vec<Field>,
}

/// Groups of columns about which AWS's editions disagree. The columns of a group are all filled or all
/// empty.
const OPTIONAL: [&[Field]; 5] = [
    &[Field::TotalReservedNormalizedUnits],
    &[Field::UnusedNormalizedUnits],
    &[Field::NumberOfReservations, Field::UnitsPerReservation],
    &[Field::NormalizationFactor, Field::NormalizedUsageAmount],
    &[Field::NormalizedUnitsPerReservation],
];

const NORMALIZED: [Field; 5] = [
    Field::TotalReservedNormalizedUnits,
    Field::UnusedNormalizedUnits,
    Field::NormalizedUnitsPerReservation,
    Field::NormalizationFactor,
    Field::NormalizedUsageAmount,
];

const TIMES: [Field; 2] = [Field::ReservationStart, Field::ReservationEnd];

const UNUSED: [Field; 3] = [Field::UnusedUnits, Field::UnusedRecurringFee, Field::UnusedUpfrontFee];

const AMORTIZED_UPFRONT: [Field; 3] =
    [Field::UpfrontCostForUsage, Field::UpfrontFeeForPeriod, Field::UnusedUpfrontFee];

impl Habits {
    pub(crate) fn of_reservation(issuer: Issuer, key: u64) -> Self {
        let mut omitted: Vec<Field> = Vec::new();
        for (number, fields) in (0..).zip(OPTIONAL) {
            if mix(key, number).is_multiple_of(3) {
                omitted.extend(fields);
            }
        }
        let never: &[&[Field]] = match issuer {
            Issuer::Ec2 | Issuer::Rds => &[],
            Issuer::DedicatedHosts => &[&NORMALIZED, &AMORTIZED_UPFRONT],
            Issuer::ElastiCache | Issuer::OpenSearch => &[&NORMALIZED],
            Issuer::Redshift => {
                &[&NORMALIZED, &[Field::EffectiveCost, Field::RecurringFeeForUsage]]
            }
            Issuer::DynamoDb => &[&NORMALIZED, &TIMES, &UNUSED, &[Field::UpfrontValue]],
            Issuer::MediaConnect | Issuer::RedshiftServerless => &[&NORMALIZED, &TIMES, &UNUSED],
        };
        omitted.extend(never.iter().copied().flatten());
        Self { key, omitted }
    }

    pub(crate) fn of_plan(key: u64) -> Self {
        Self { key, omitted: Vec::new() }
    }

    pub(crate) fn omits(&self, field: Field) -> bool {
        self.omitted.contains(&field)
    }

    /// Answers a question with yes for about half of all commitments.
    fn is_first(&self, question: u64) -> bool {
        pick(mix(self.key, 100 + question), 2) == 0
    }

    /// Whether fee lines have the columns of the price list, such as the region.
    pub(crate) fn describes_fees(&self) -> bool {
        self.is_first(1)
    }

    /// What the column of the zone shows for a regional reservation.
    pub(crate) fn regional_zone(&self, issuer: Issuer, region: &'static Region) -> &'static str {
        if issuer == Issuer::Ec2 && self.is_first(2) { region.code } else { "" }
    }

    /// Whether covered lines have the normalization factor.
    pub(crate) fn normalizes_usage(&self) -> bool {
        self.is_first(3)
    }

    /// Whether the usage type of a Multi-AZ reservation's fee says that it is Multi-AZ.
    pub(crate) fn names_deployment(&self) -> bool {
        self.is_first(4)
    }

    /// Whether the fee of a plan for one family names the family.
    pub(crate) fn has_family_on_fees(&self) -> bool {
        self.is_first(5)
    }

    /// How a plan's region is printed: by name, or by code as on AWS's older pages.
    pub(crate) fn plan_region(&self, region: Option<&'static Region>) -> &'static str {
        match (region, self.is_first(6)) {
            (Some(region), true) => region.name,
            (Some(region), false) => region.code,
            (None, true) => "Any",
            (None, false) => "",
        }
    }

    /// Whether a reservation was bought within an hour and not at its beginning.
    pub(crate) fn begins_within_an_hour(&self) -> bool {
        self.is_first(7)
    }

    /// Whether the report has lines that a reservation of an unknown kind covers.
    pub(crate) fn shows_what_is_covered(&self) -> bool {
        self.is_first(8)
    }
}
