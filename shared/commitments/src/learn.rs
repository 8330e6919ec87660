//! Learns the terms of a commitment from everything in the report: its fee, its usage type, its ARN, and the
//! lines that AWS covered with it. If these disagree, the covered lines win, because they show what AWS did.
//! <https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html> says of few columns that AWS fills
//! them for every service. `docs/report-columns.md` lists all columns.

use std::collections::BTreeSet;

use cur::{BillingPeriod, PlanType, Sku};
use money::{Amount, Exact};

use crate::engine::{Terms, Zone, covers, plan_covers};
use crate::index::SkuIndex;
use crate::market::Market;
use crate::product::{Attributes, Product, split_type, without_region};
use crate::tables::REGIONS;
use crate::{CommitmentTally, DemandSku, KeptReason, PlanTerms, ReservationFee};

/// The terms of a commitment, as far as they could be learned.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learned {
    /// `None` if the rules are unknown. `unknown` then has the reason.
    pub(crate) terms: Option<Terms>,
    pub(crate) unknown: Option<KeptReason>,
    /// SKUs that AWS covered although the terms do not say so, with the units that one of each takes.
    pub(crate) also: Vec<(SkuIndex, Exact)>,
    pub(crate) disagreements: Vec<String>,
}

impl Learned {
    pub(crate) fn unknown(reason: KeptReason) -> Self {
        Self { unknown: Some(reason), ..Self::default() }
    }
}

/// The usage that AWS covered with one commitment.
pub(crate) struct Covered<'a> {
    market: &'a Market,
    /// The covered lines, with their SKUs in the market.
    lines: Vec<(&'a DemandSku, SkuIndex)>,
}

impl<'a> Covered<'a> {
    pub(crate) fn new(market: &'a Market, lines: Vec<(&'a DemandSku, SkuIndex)>) -> Self {
        Self { market, lines }
    }

    fn products(&self) -> impl Iterator<Item = &'a Product> {
        self.lines.iter().map(|(_, sku)| &self.market.products[*sku].product)
    }

    fn are_known(&self) -> bool {
        self.lines.iter().all(|(_, sku)| self.market.is_known[*sku])
    }

    /// The value of an attribute, if all covered lines have the same value. `None` if there are no covered
    /// lines, if they disagree, or if the value is empty.
    fn only(&self, of: impl Fn(&'a Attributes) -> &'a str) -> Option<&'a str> {
        let mut values = self.products().map(|product| of(&product.attributes));
        let first = values.next()?;
        values.all(|value| value == first).then_some(first).filter(|value| !value.is_empty())
    }

    /// The region of other usage whose usage type has the same prefix, such as `APS99-`.
    fn region_of(&self, usage_type: &str) -> Option<&'a str> {
        let (prefix, _) = usage_type.split_once('-')?;
        let begins = |sku: &Sku| {
            sku.usage_type.split_once('-').is_some_and(|(of_usage, _)| of_usage == prefix)
        };
        let index = self.market.skus.position(begins)?;
        Some(self.market.products[index].product.attributes.region.as_str())
    }

    /// Covered SKUs that the terms do not cover, each once, with the units that one takes. `None` if the
    /// units of a SKU are unknown.
    fn beyond(
        &self,
        is_covered: impl Fn(&Product) -> bool,
        units: impl Fn(&Product) -> Option<Exact>,
    ) -> Option<Vec<(SkuIndex, Exact)>> {
        let skus: BTreeSet<SkuIndex> = self.lines.iter().map(|(_, sku)| *sku).collect();
        let of = |sku: &SkuIndex| &self.market.products[*sku].product;
        let others = skus.into_iter().filter(|sku| !is_covered(of(sku)));
        others.map(|sku| Some((sku, units(of(&sku))?))).collect()
    }
}

/// Finds the terms of a commitment, and notes disagreements.
struct Learner<'a> {
    arn: &'a str,
    covered: &'a Covered<'a>,
    disagreements: Vec<String>,
}

impl<'a> Learner<'a> {
    /// A property of the commitment: the value on which covered lines agree, or else the value of the fee.
    fn decide(&mut self, what: &str, of_fee: &str, of: fn(&'a Attributes) -> &'a str) -> String {
        let Some(seen) = self.covered.only(of) else {
            return of_fee.to_owned();
        };
        if !of_fee.is_empty() && of_fee != seen {
            self.disagree(what, of_fee, seen);
        }
        seen.to_owned()
    }

    /// Notes usage that AWS covered although the terms do not say so.
    fn name_also(&mut self, also: &[(SkuIndex, Exact)]) {
        for (sku, _) in also {
            let usage_type = &self.covered.market.skus[*sku].usage_type;
            self.disagreements.push(format!(
                "{}: AWS covered {usage_type} with it, which its terms do not say; it may cover that",
                self.arn
            ));
        }
    }

    fn disagree(&mut self, what: &str, of_fee: &str, seen: &str) {
        self.disagreements.push(format!(
            "{}: {what} is {of_fee} by its fee and {seen} by what AWS covered, which counts",
            self.arn
        ));
    }
}

/// The terms of a reservation.
pub(crate) fn reservation(
    fee: &ReservationFee,
    tally: Option<&CommitmentTally>,
    covered: &Covered<'_>,
    period: BillingPeriod,
) -> Learned {
    let mut learner = Learner { arn: &fee.arn, covered, disagreements: Vec::new() };
    let region = region_of_fee(fee);
    let of_fee = Attributes::of_sku(&fee.sku, region);
    let Some(of_fee) = of_fee.or_else(|| of_covered(fee, covered, region)) else {
        return Learned::unknown(KeptReason::UnknownKind);
    };
    if !covered.are_known() {
        return Learned::unknown(KeptReason::UnknownKind);
    }
    let mut attributes = of_fee.clone();
    // If the fee leaves out a property, the fee does not decide it.
    let tenancy = match fee.tenancy.as_str() {
        "Dedicated" => "dedicated",
        "Host" => "host",
        "Shared" => "default",
        _ => "",
    };
    attributes.region = learner.decide("the region", region, |of| &of.region);
    let platform = if fee.sku.operation.is_empty() { "" } else { of_fee.platform.as_str() };
    let platform = learner.decide("the platform", platform, |of| &of.platform);
    let tenancy = learner.decide("the tenancy", tenancy, |of| &of.tenancy);
    for (property, learned) in
        [(&mut attributes.platform, platform), (&mut attributes.tenancy, tenancy)]
    {
        if !learned.is_empty() {
            *property = learned;
        }
    }
    // A node of one engine may cover nodes of another engine, so another engine is not always a disagreement.
    let (engine, family) = (of_fee.engine.clone(), of_fee.family().to_owned());
    if !covered.products().all(|product| may_cover(&of_fee, &product.attributes, period)) {
        attributes.engine = learner.decide("the engine", &engine, |of| &of.engine);
        if let Some(seen) = covered.only(Attributes::family).filter(|seen| *seen != family) {
            learner.disagree("the family", &family, seen);
            let (_, size) = split_type(&of_fee.instance_type);
            attributes.instance_type = format!("{seen}.{size}");
        }
    }
    let units_of_one = units_of_one(fee);
    attributes.factor.clone_from(&units_of_one);
    let is_flexible = Product::new(attributes.clone(), period).flexible_class.is_some();
    attributes.deployment = match said_deployment(fee, &of_fee) {
        Some(said) => said,
        // A size-flexible reservation also covers other deployments, so only units show its own deployment.
        None if is_flexible => {
            let units = units_of_one.clone().or_else(|| by_cost(fee, tally?));
            attributes.deployment_of(units.as_ref()).unwrap_or_else(|| of_fee.deployment.clone())
        }
        None => {
            let seen = covered.only(|of| &of.deployment).map(str::to_owned);
            let by_units = || attributes.deployment_of(units_of_one.as_ref());
            seen.or_else(by_units).unwrap_or_else(|| of_fee.deployment.clone())
        }
    };
    let product = Product::new(attributes, period);
    let zone = zone(fee, &product, &mut learner);
    let is_covered = |used: &Product| covers(&product, zone.is_some(), used).is_some();
    let units = |used: &Product| match &product.flexible_class {
        Some(_) if zone.is_none() => used.attributes.factor.clone().or_else(|| used.units()),
        _ => Some(Exact::ONE),
    };
    let Some(also) = covered.beyond(is_covered, units) else {
        return Learned::unknown(KeptReason::UnknownKind);
    };
    if fee.units.plain.is_zero() && !covered.lines.is_empty() {
        return Learned::unknown(KeptReason::NoUnits);
    }
    learner.name_also(&also);
    let disagreements = learner.disagreements;
    let terms = Some(Terms::Reservation { product: Box::new(product), zone });
    Learned { terms, unknown: None, also, disagreements }
}

/// Whether the class of a reservation covers usage, apart from region, tenancy and platform.
fn may_cover(reserved: &Attributes, used: &Attributes, period: BillingPeriod) -> bool {
    let attributes = Attributes {
        region: used.region.clone(),
        tenancy: used.tenancy.clone(),
        platform: used.platform.clone(),
        ..reserved.clone()
    };
    let [reserved, used] = [attributes, used.clone()].map(|of| Product::new(of, period));
    covers(&reserved, false, &used).is_some()
}

/// The region of the ARN, as in `arn:aws:ec2:us-east-1:…`, or else of the line, or else of the usage type.
fn region_of_fee(fee: &ReservationFee) -> &str {
    let of_arn = fee.arn.split(':').nth(3).filter(|region| !region.is_empty());
    let of_line = Some(REGIONS.named(&fee.sku.region)).filter(|region| !region.is_empty());
    let of_type = || REGIONS.of_usage_type(&fee.sku.usage_type);
    of_arn.or(of_line).or_else(of_type).unwrap_or_default()
}

/// If the tables do not know a fee's usage type, but all covered usage has the same attributes, the
/// reservation is for that usage.
fn of_covered(fee: &ReservationFee, covered: &Covered<'_>, region: &str) -> Option<Attributes> {
    let kinds: BTreeSet<&Attributes> =
        covered.products().map(|product| &product.attributes).collect();
    let [only] = kinds.into_iter().collect::<Vec<_>>()[..] else { return None };
    let is_same = only.service == fee.sku.service_code || fee.sku.service_code.is_empty();
    (is_same && covered.are_known()).then(|| Attributes {
        region: region.to_owned(),
        factor: None,
        ..only.clone()
    })
}

/// The deployment by the fee's column or by the fee's usage type. A plain `HeavyUsage` does not say the
/// deployment.
fn said_deployment(fee: &ReservationFee, of_fee: &Attributes) -> Option<String> {
    const KNOWN: [&str; 3] = ["Single-AZ", "Multi-AZ", "Multi-AZ cluster"];
    let said = KNOWN.iter().find(|name| **name == fee.deployment).map(|name| (*name).to_owned());
    let is_told = without_region(&fee.sku.usage_type).starts_with("Multi-AZ");
    said.or_else(|| is_told.then(|| of_fee.deployment.clone()))
}

/// The normalized units of one, if the fee does not say them. They are the cost of one divided by the cost of
/// a used normalized unit. For example, 0.30 an hour divided by 0.0375 gives eight units.
fn by_cost(fee: &ReservationFee, tally: &CommitmentTally) -> Option<Exact> {
    let used = tally.used.normalized;
    let fee_cost = fee.upfront_cost? + fee.recurring_cost;
    let are_known = tally.uncosted.plain.is_zero() && !fee.units.plain.is_zero();
    if !are_known || used.is_zero() || tally.covered_cost.is_zero() {
        return None;
    }
    let of_one = &Exact::from(fee_cost) / &Exact::from(fee.units.plain);
    let of_unit = &Exact::from(tally.covered_cost) / &Exact::from(used);
    Some(&of_one / &of_unit)
}

/// The normalized units of one, as the fee says them.
fn units_of_one(fee: &ReservationFee) -> Option<Exact> {
    let (plain, normalized) = (fee.units.plain, fee.units.normalized);
    if !normalized.is_zero() && !plain.is_zero() {
        return Some(&Exact::from(normalized) / &Exact::from(plain));
    }
    fee.normalization_factor.map(Exact::from)
}

/// The zone of a zonal reservation, `None` for a regional reservation. Some fees of regional reservations
/// have a region in the column of the zone. If a reservation covered another size, or several zones of one
/// account, the reservation is regional. Each account has its own names of zones. If the covered usage of
/// another account has another zone, this zone is that account's name of the reserved zone.
fn zone(fee: &ReservationFee, product: &Product, learner: &mut Learner<'_>) -> Option<Zone> {
    let name = fee.availability_zone.as_str();
    if name.is_empty() || name == product.attributes.region || REGIONS.code_of(name).is_some() {
        return None;
    }
    let mut zone = Zone::from(name);
    for (line, sku) in &learner.covered.lines {
        let used = &learner.covered.market.products[*sku].product;
        let is_other_size =
            used.exact_class != product.exact_class && covers(product, false, used).is_some();
        let known = zone.of_accounts.get(&line.usage_account_id);
        let is_elsewhere = !line.availability_zone.is_empty()
            && known.is_some_and(|known| *known != line.availability_zone);
        if is_other_size || is_elsewhere {
            let seen =
                format!("none, {} in {}", used.attributes.instance_type, line.availability_zone);
            learner.disagree("the zone", name, &seen);
            return None;
        }
        if !line.availability_zone.is_empty() {
            zone.of_accounts.insert(line.usage_account_id, line.availability_zone.clone());
        }
    }
    zone.of_accounts.retain(|_, of_account| of_account != name);
    Some(zone)
}

/// The terms of a plan.
pub(crate) fn plan(arn: &str, terms: &PlanTerms, covered: &Covered<'_>) -> Learned {
    let Some(plan_type) = terms.plan_type() else {
        return Learned::unknown(KeptReason::UnknownKind);
    };
    let mut learner = Learner { arn, covered, disagreements: Vec::new() };
    let (mut region, mut family) = (String::new(), String::new());
    if plan_type == PlanType::Ec2Instance {
        let of_fee = REGIONS.named(&terms.region);
        let of_type = || REGIONS.of_usage_type(&terms.usage_type);
        let of_fee = match REGIONS.code_of(of_fee) {
            Some(code) => code,
            // The table may lack a new name of a region. Usage whose type has the same prefix is in the same
            // region.
            None => of_type().or_else(|| covered.region_of(&terms.usage_type)).unwrap_or(of_fee),
        };
        region = learner.decide("the region", of_fee, |of| &of.region);
        let of_fee = Some(terms.family.as_str()).filter(|family| !family.is_empty());
        let of_fee = of_fee.or_else(|| family_of_fee(&terms.usage_type)).unwrap_or_default();
        family = learner.decide("the family", of_fee, Attributes::family);
    }
    let is_covered = |used: &Product| plan_covers(plan_type, &region, &family, used);
    // The units of a plan are money, and its rates are looked up elsewhere. So the 1 is never used.
    let also = covered.beyond(is_covered, |_| Some(Exact::ONE)).unwrap_or_default();
    learner.name_also(&also);
    let disagreements = learner.disagreements;
    let terms = Some(Terms::Plan { plan_type, region, family });
    Learned { terms, unknown: None, also, disagreements }
}

/// The family of a fee's usage type: `m5` of `USE1-EC2SP:m5.1yrNoUpfront`.
fn family_of_fee(usage_type: &str) -> Option<&str> {
    let (_, family) = usage_type.split_once(':')?;
    family.split_once('.').map(|(family, _)| family)
}

/// Converts plain units to normalized units, by the factor of the reserved product. Two `m5.large`, with a
/// factor of 4, are 8 normalized units.
pub(crate) fn normalized(units: Amount, product: &Product) -> Amount {
    let factor = product.units().unwrap_or(Exact::ONE);
    money::rounding::cut(&(&Exact::from(units) * &factor))
}
