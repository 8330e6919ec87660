//! The replay undoes AWS's own application, applies everything again by AWS's rules, and compares the outcome
//! with the report, hour by hour.
//!
//! It compares the units used by each group of commitments that AWS may exchange for one another, and the
//! kinds of usage that the group covered. The kinds are sizes under reservations, and savings and rates under
//! plans. AWS may choose another one of several equal accounts or commitments. That is a tie, and not a
//! difference.
//!
//! If the outcome for a group differs from the report in an hour, the group is kept as AWS applied it in that
//! hour. The commitment may have been misread, and nobody must be billed by a misreading.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cur::{AccountId, PlanType, UsageHour};
use money::rounding::cut;
use money::{Amount, Exact};

use crate::ReplayTally;
use crate::eligibility::{Eligibility, Pass};
use crate::engine::{Commitment, Engine, Terms, Turn, turn};
use crate::holdings::Holding;
use crate::index::{
    CommitmentIndex, GroupIndex, List, RankIndex, SkuIndex, UsageIndex, WholeIndex,
};
use crate::situation::{Entry, Hour, Situation};

/// AWS prints ten decimals in every line. A sum of many lines may therefore differ by a little.
const TOLERANCE: Amount = Amount::from_units(10_i128.pow(12));

/// How the payer shares commitments among its accounts.
#[derive(Debug, Clone)]
pub enum PayerSharing {
    /// The sharing that contracts state.
    Stated(Eligibility),
    /// The sharing that the report shows: of some possible preferences, the first under which the day has no
    /// differences, or else the one with the fewest differences.
    Learned,
}

/// An hour in which a group of commitments has another outcome by AWS's rules than in the report. In a tie,
/// only the accounts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub usage_hour: UsageHour,
    /// The name of the group: the common terms of its commitments.
    pub group: String,
    pub what: String,
    pub recorded: Amount,
    pub applied: Amount,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { usage_hour, group, what, recorded, applied } = self;
        write!(
            f,
            "{usage_hour} {group}: {applied} of {what} by AWS's rules, {recorded} in the report"
        )
    }
}

/// The outcome of a day.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    pub tally: ReplayTally,
    pub ties: Vec<Difference>,
    pub differences: Vec<Difference>,
    /// The hours in which commitments stay as AWS applied them, and the reasons.
    pub(crate) kept: BTreeMap<UsageHour, KeptWholes>,
}

/// Commitments that stay as AWS applied them, with the index of their first difference in
/// [`Replayed::differences`]. A commitment that is kept in every hour has no index.
pub(crate) type KeptWholes = BTreeMap<WholeIndex, Option<usize>>;

impl Replayed {
    pub(crate) fn is_kept(&self, hour: UsageHour, whole: WholeIndex) -> bool {
        self.kept.get(&hour).is_some_and(|kept| kept.contains_key(&whole))
    }

    /// The reason why a commitment was kept in an hour, in words.
    pub(crate) fn reason(&self, hour: UsageHour, whole: WholeIndex) -> Option<String> {
        let difference = (*self.kept.get(&hour)?.get(&whole)?)?;
        self.differences.get(difference).map(ToString::to_string)
    }
}

/// Commitments that AWS may exchange for one another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    /// AWS applies groups in the order of turns.
    turn: Turn,
    key: String,
}

impl Group {
    fn of(terms: &Terms) -> Option<Self> {
        let key = match terms {
            Terms::Reservation { product, zone } => match (zone, &product.flexible_class) {
                (Some(zone), _) => format!("{}\nin {}", product.exact_class, zone.name),
                // Classes that cover each other's usage are one group, so each of them takes the last of
                // their names.
                (None, Some(class)) => {
                    class.also_covers.iter().chain([&class.name]).max().cloned().unwrap_or_default()
                }
                (None, None) => product.exact_class.clone(),
            },
            Terms::Plan { region, family, .. } => format!("{region}\n{family}"),
            Terms::Unknown => return None,
        };
        Some(Self { turn: turn(terms)?, key })
    }
}

/// The groups of a day, and everything that is the same in all hours.
struct Comparison<'s, 'a> {
    situation: &'s Situation<'a>,
    /// The commitments that the engine hands out: whole commitments, each at the index of its whole.
    commitments: List<CommitmentIndex, Commitment>,
    /// `None` for commitments that are never handed out.
    group_of: List<WholeIndex, Option<GroupIndex>>,
    groups: List<GroupIndex, Group>,
    names: List<GroupIndex, String>,
    /// The kinds of usage, and the kind of each SKU for each commitment.
    ranks: List<RankIndex, Rank>,
    rank_of: BTreeMap<(WholeIndex, SkuIndex), RankIndex>,
}

/// A kind of usage for a commitment. Under a plan: the rate divided by the on-demand rate, and the rate.
/// Under a reservation: 1, and the units of one.
type Rank = (Exact, Exact);

impl<'s, 'a> Comparison<'s, 'a> {
    fn new(situation: &'s Situation<'a>) -> Self {
        let holdings = &situation.wholes.holdings;
        let group = |whole: &Holding| {
            if whole.kept.is_some() { None } else { Group::of(&whole.commitment.terms) }
        };
        let of: Vec<Option<Group>> = holdings.iter().map(group).collect();
        let groups: BTreeSet<&Group> = of.iter().flatten().collect();
        let groups: Vec<Group> = groups.into_iter().cloned().collect();
        let index_of = |group: &Group| groups.binary_search(group).ok().map(GroupIndex::from);
        let group_of: List<WholeIndex, Option<GroupIndex>> =
            of.iter().map(|of| index_of(of.as_ref()?)).collect();
        let groups: List<GroupIndex, Group> = groups.into();
        let names = (groups.indices())
            .map(|group| {
                let first = group_of.position(|of| *of == Some(group));
                first.map(|first| name(&holdings[first].commitment.terms)).unwrap_or_default()
            })
            .collect();
        let commitments = holdings.iter().map(|whole| whole.commitment.clone()).collect();
        let (ranks, rank_of) = (List::default(), BTreeMap::new());
        Self { situation, commitments, group_of, groups, names, ranks, rank_of }
    }

    fn engine(&self, sharing: &Eligibility) -> Engine {
        let Situation { market, order, .. } = self.situation;
        let rate = |commitment, sku| self.situation.rate(whole(commitment), sku);
        Engine::new(&market.products, &market.usage, &self.commitments, sharing, order, rate)
    }

    fn rank(&mut self, whole: WholeIndex, usage: UsageIndex) -> RankIndex {
        let sku = self.situation.market.usage[usage].sku;
        if let Some(rank) = self.rank_of.get(&(whole, sku)) {
            return *rank;
        }
        let of = &self.situation.market.products[sku];
        let rank = match self.situation.wholes.holdings[whole].commitment.terms {
            Terms::Plan { .. } => {
                let rate = self.situation.rate(whole, sku).unwrap_or(Exact::ZERO);
                let price = of.on_demand_rate.clone().filter(|price| !price.is_zero());
                (price.map_or(Exact::ZERO, |price| &rate / &price), rate)
            }
            _ => (Exact::ONE, of.product.units().unwrap_or(Exact::ONE)),
        };
        let known = self.ranks.position(|known| *known == rank);
        let index = known.unwrap_or_else(|| self.ranks.push(rank));
        self.rank_of.insert((whole, sku), index);
        index
    }

    /// Applies AWS's rules to the day with these sharing preferences.
    fn replay(&mut self, sharing: &Eligibility) -> Replayed {
        let mut engine = self.engine(sharing);
        let mut replayed = Replayed::default();
        for hour in self.situation.hours() {
            self.replay_hour(&hour, &mut engine, &mut replayed);
        }
        replayed
    }

    fn replay_hour(&mut self, hour: &Hour<'_>, engine: &mut Engine, replayed: &mut Replayed) {
        let holdings = &self.situation.wholes.holdings;
        let supplies: List<WholeIndex, Amount> =
            holdings.iter().map(|whole| whole.supply(hour.starts, &hour.plans).units).collect();
        let mut kept = KeptWholes::new();
        for (index, whole) in holdings.enumerate() {
            if whole.kept.is_some() {
                kept.insert(index, None);
            }
        }
        let mut there: BTreeSet<GroupIndex> = BTreeSet::new();
        let with_supply = holdings.indices().filter(|whole| !supplies[*whole].is_zero());
        there.extend(with_supply.filter_map(|whole| self.group_of[whole]));
        there.extend(hour.covered.iter().filter_map(|entry| self.group_of[entry.holding]));
        let applied = loop {
            let applied = Self::apply(hour, engine, &supplies, &kept);
            let Some((group, difference)) = self.first_difference(hour, &kept, &applied) else {
                break applied;
            };
            let number = replayed.differences.len();
            replayed.differences.push(difference);
            let members = holdings.indices().filter(|whole| self.group_of[*whole] == Some(group));
            kept.extend(members.map(|whole| (whole, Some(number))));
        };
        let is_kept =
            |group: &&GroupIndex| kept.keys().any(|whole| self.group_of[*whole] == Some(**group));
        let tally = &mut replayed.tally;
        tally.compared += there.len() as u64;
        tally.kept += there.iter().filter(is_kept).count() as u64;
        tally.replayed = tally.compared - tally.kept;
        self.note_ties(hour, &kept, &applied, replayed);
        if !kept.is_empty() {
            replayed.kept.insert(hour.starts, kept);
        }
    }

    /// The coverage of the hour by AWS's rules, without the commitments that are kept.
    fn apply(
        hour: &Hour<'_>,
        engine: &mut Engine,
        supplies: &List<WholeIndex, Amount>,
        kept: &KeptWholes,
    ) -> Vec<Applied> {
        let mut used = hour.used.clone();
        used.without(hour.covered.iter().filter(|entry| kept.contains_key(&entry.holding)));
        let supply = |(whole, units): (WholeIndex, &Amount)| {
            let is_kept = kept.contains_key(&whole);
            Exact::from(if is_kept { Amount::ZERO } else { *units })
        };
        let capacity: List<CommitmentIndex, Exact> = supplies.enumerate().map(supply).collect();
        engine.apply(&used.exact(), &capacity);
        let applied = engine.covered().iter();
        applied
            .map(|of| Applied {
                whole: whole(of.commitment),
                usage: of.usage,
                units: cut(&of.units),
            })
            .collect()
    }

    /// The first group, in AWS's order, whose outcome differs from the report. Later groups may differ only
    /// because this group differs.
    fn first_difference(
        &mut self,
        hour: &Hour<'_>,
        kept: &KeptWholes,
        applied: &[Applied],
    ) -> Option<(GroupIndex, Difference)> {
        if let Some(unknown) = self.first_unknown(hour, kept) {
            return Some(unknown);
        }
        let mut sums: BTreeMap<(GroupIndex, RankIndex), [Amount; 2]> = BTreeMap::new();
        let recorded = hour.covered.iter().filter(|entry| !kept.contains_key(&entry.holding));
        for Entry { holding, usage, units, .. } in recorded {
            if let Some(group) = self.group_of[*holding] {
                let rank = self.rank(*holding, *usage);
                sums.entry((group, rank)).or_default()[0] += *units;
            }
        }
        for Applied { whole, usage, units } in applied {
            if let Some(group) = self.group_of[*whole] {
                let rank = self.rank(*whole, *usage);
                sums.entry((group, rank)).or_default()[1] += *units;
            }
        }
        // The sums are sorted by group, and groups are in AWS's order.
        let differ = sums.into_iter().find(|(_, sums)| is_other(sums));
        differ.map(|((group, rank), [recorded, applied])| {
            let difference = Difference {
                usage_hour: hour.starts,
                group: self.names[group].clone(),
                what: what(self.groups[group].turn, &self.ranks[rank]),
                recorded,
                applied,
            };
            (group, difference)
        })
    }

    /// Finds a group of plans that covered usage at an unknown cost. The group cannot be compared.
    fn first_unknown(
        &self,
        hour: &Hour<'_>,
        kept: &KeptWholes,
    ) -> Option<(GroupIndex, Difference)> {
        let holdings = &self.situation.wholes.holdings;
        let unknown = hour.covered.iter().find(|entry| {
            let is_plan = holdings[entry.holding].is_plan;
            is_plan && entry.commitment_cost.is_none() && !kept.contains_key(&entry.holding)
        })?;
        let group = self.group_of[unknown.holding]?;
        let difference = Difference {
            usage_hour: hour.starts,
            group: self.names[group].clone(),
            what: "money for usage whose rate and effective cost nothing says".to_owned(),
            recorded: Amount::ZERO,
            applied: Amount::ZERO,
        };
        Some((group, difference))
    }

    /// Notes ties: accounts and owners between which AWS's rules leave a choice.
    fn note_ties(
        &self,
        hour: &Hour<'_>,
        kept: &KeptWholes,
        applied: &[Applied],
        replayed: &mut Replayed,
    ) {
        let mut sums: BTreeMap<(GroupIndex, AccountId, AccountId), [Amount; 2]> = BTreeMap::new();
        let mut add = |whole: WholeIndex, usage: UsageIndex, units: Amount, side: usize| {
            if let (Some(group), false) = (self.group_of[whole], kept.contains_key(&whole)) {
                let account = self.situation.market.usage[usage].account;
                let owner = self.situation.wholes.holdings[whole].owner;
                sums.entry((group, account, owner)).or_default()[side] += units;
            }
        };
        for entry in &hour.covered {
            add(entry.holding, entry.usage, entry.units, 0);
        }
        for of in applied {
            add(of.whole, of.usage, of.units, 1);
        }
        for ((group, account, owner), sums) in sums {
            if is_other(&sums) {
                let [recorded, applied] = sums;
                replayed.tally.ties += 1;
                replayed.ties.push(Difference {
                    usage_hour: hour.starts,
                    group: self.names[group].clone(),
                    what: format!("what {account} used of commitments of {owner}"),
                    recorded,
                    applied,
                });
            }
        }
    }
}

struct Applied {
    whole: WholeIndex,
    usage: UsageIndex,
    units: Amount,
}

/// AWS does not know parts of commitments, so the replay hands out wholes. Both lists have the same order.
fn whole(commitment: CommitmentIndex) -> WholeIndex {
    WholeIndex::from(usize::from(commitment))
}

fn is_other([recorded, applied]: &[Amount; 2]) -> bool {
    (*recorded - *applied).abs() > TOLERANCE
}

/// The name of a group with these terms.
fn name(terms: &Terms) -> String {
    match terms {
        Terms::Reservation { product, zone } => {
            let of = &product.attributes;
            let what = match &product.flexible_class {
                Some(_) if zone.is_none() => of.family(),
                _ => &of.instance_type,
            };
            let zone_or_region = zone.as_ref().map_or(&of.region, |zone| &zone.name);
            format!("reservations of {} {what} in {zone_or_region}", of.service)
        }
        Terms::Plan { plan_type: PlanType::Ec2Instance, region, family } => {
            format!("{} of {family} in {region}", PlanType::Ec2Instance)
        }
        Terms::Plan { plan_type, .. } => plan_type.name().to_owned(),
        Terms::Unknown => String::new(),
    }
}

fn what(turn: Turn, (_, of_one): &Rank) -> String {
    match turn {
        Turn::Plan(_) => format!("money for usage at a rate of {of_one}"),
        _ => format!("units of usage that takes {of_one} each"),
    }
}

impl Situation<'_> {
    /// Applies AWS's rules to the day, and compares the outcome with the report.
    pub fn replay(&self, sharing: &PayerSharing) -> Replayed {
        let mut comparison = Comparison::new(self);
        let candidates = match sharing {
            PayerSharing::Stated(stated) => vec![("as the contracts say", stated.clone())],
            PayerSharing::Learned => self.possible_sharing(),
        };
        let mut best: Option<(&str, Replayed)> = None;
        for (name, sharing) in candidates {
            let replayed = comparison.replay(&sharing);
            let is_better = best
                .as_ref()
                .is_none_or(|(_, best)| replayed.differences.len() < best.differences.len());
            if is_better {
                best = Some((name, replayed));
            }
            if best.as_ref().is_some_and(|(_, best)| best.differences.is_empty()) {
                break;
            }
        }
        let (name, mut replayed) = best.unwrap_or_default();
        if replayed.tally.compared > 0 {
            replayed.tally.sharing.insert(name.to_owned(), 1);
        }
        replayed
    }

    /// The sharing preferences that are possible, AWS's default first. An account that used another account's
    /// commitment shares, and so does the owner of that commitment.
    fn possible_sharing(&self) -> Vec<(&'static str, Eligibility)> {
        let passes = [Pass::Owner, Pass::Everyone];
        let mut taking_part: BTreeSet<AccountId> = BTreeSet::new();
        let mut all: BTreeSet<AccountId> = BTreeSet::new();
        let owners: BTreeMap<&str, AccountId> =
            self.wholes.holdings.iter().map(|whole| (whole.arn.as_str(), whole.owner)).collect();
        all.extend(owners.values());
        for (sku, usage) in self.day.skus.iter().zip(&self.market.usage_of) {
            all.insert(sku.usage_account_id);
            if let (Some(_), Some(owner)) = (usage, owners.get(sku.commitment.as_str()))
                && *owner != sku.usage_account_id
            {
                taking_part.extend([*owner, sku.usage_account_id]);
            }
        }
        let of = |passes: &[Pass], inactive| {
            Eligibility::new(passes.iter().copied(), BTreeMap::new(), inactive)
        };
        let open = ("open", of(&passes, BTreeSet::new()));
        if taking_part.is_empty() {
            return vec![open, ("open to nobody", of(&passes[..1], BTreeSet::new()))];
        }
        let others: BTreeSet<AccountId> = all.difference(&taking_part).copied().collect();
        vec![open, ("open to those that took part", of(&passes, others))]
    }
}
