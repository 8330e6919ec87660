//! The price rules of a customer, and the look-up of the rule that applies to a charge.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cur::BillingPeriod;

use super::conditions::{RuleSubject, Stated, TEXTS};
use super::{KEYS, PriceRule};
use crate::document::Section;
use crate::ownership::Ownership;
use crate::pattern::Pattern;

/// How many choices of texts the lists of one rule may give. Two lists of a hundred texts are allowed.
const MOST_CHOICES: usize = 10_000;

/// The rules of a customer.
///
/// A rule is searched for every row of the month. So the exact texts of rules are searched in an order, and
/// only rules that differ in patterns, purchases, kinds or periods alone are compared one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct PriceList {
    /// The rules in the order of the file.
    rules: Vec<PriceRule>,
    /// Sorted by their exact texts.
    choices: BTreeMap<Reverse<Specificity>, Vec<Choice>>,
}

/// How specific a rule is for a charge: first the conditions that it states, then the conditions that the
/// charge meets by an exact text. Arrays are compared at their first difference, so the greater array
/// belongs to the more specific rule.
type Specificity = (Stated, [bool; TEXTS]);

/// One text for each condition of a rule. A rule with lists has several choices, which share their texts.
#[derive(Debug, Clone)]
struct Choice {
    /// The index of the rule.
    rule: usize,
    texts: [Option<Arc<Pattern>>; TEXTS],
}

impl Choice {
    /// All choices of a rule.
    fn all_of(index: usize, rule: &PriceRule) -> Vec<Self> {
        let mut choices = vec![Self { rule: index, texts: Default::default() }];
        for (condition, texts) in rule.conditions.texts.iter().enumerate() {
            let texts: Vec<_> = texts.iter().flatten().cloned().map(Arc::new).collect();
            if texts.is_empty() {
                continue;
            }
            let with_each = |choice: Self| {
                texts.iter().map(move |text| {
                    let mut choice = choice.clone();
                    choice.texts[condition] = Some(Arc::clone(text));
                    choice
                })
            };
            choices = choices.into_iter().flat_map(with_each).collect();
        }
        choices
    }

    /// The texts without a star.
    fn exact_texts(&self) -> [Option<&str>; TEXTS] {
        self.texts.each_ref().map(|text| text.as_ref().and_then(|text| text.exact()))
    }

    fn matches(&self, texts: &[&str; TEXTS]) -> bool {
        let mut pairs = self.texts.iter().zip(texts);
        pairs.all(|(own, text)| own.as_ref().is_none_or(|own| own.matches(text)))
    }

    /// Whether there are texts that match both choices.
    fn meets(&self, other: &Self) -> bool {
        let mut pairs = self.texts.iter().zip(&other.texts);
        pairs.all(|(own, others)| match (own, others) {
            (Some(own), Some(others)) => own.meets(others),
            _ => true,
        })
    }
}

impl PriceList {
    pub(crate) fn read(customer: &Section, ownerships: &[Ownership]) -> Self {
        let sections = customer
            .field("price")
            .and_then(|price| price.sections("[[customer.price]]", &KEYS))
            .unwrap_or_default();
        let mut list = Self::default();
        let mut places = Vec::new();
        for section in &sections {
            if let Some(rule) = PriceRule::read(section, ownerships) {
                list.add(rule, section);
                places.push(section);
            }
        }
        for choices in list.choices.values_mut() {
            choices.sort_by(|a, b| (a.exact_texts(), a.rule).cmp(&(b.exact_texts(), b.rule)));
        }
        for (rule, other) in list.ties() {
            let (rule, other, section) = (&list.rules[rule], &list.rules[other], places[rule]);
            section.refuse(format!(
                "this rule (`{}`) and the one at {} (`{}`) match the same charges equally well; \
                 remove one, or give it more conditions or other periods",
                rule.id, other.position, other.id
            ));
        }
        list
    }

    fn add(&mut self, rule: PriceRule, section: &Section) {
        let lengths = rule.conditions.texts.iter().flatten().map(BTreeSet::len);
        let count = lengths.fold(1, usize::saturating_mul);
        if count > MOST_CHOICES {
            section.refuse(format!(
                "the lists of this rule give {count} combinations of texts, and {MOST_CHOICES} are \
                 allowed; write `*` in place of some texts, or make several rules of this one"
            ));
        } else {
            for choice in Choice::all_of(self.rules.len(), &rule) {
                let exact = choice.exact_texts().map(|text| text.is_some());
                let specificity = Reverse((rule.conditions.stated(), exact));
                self.choices.entry(specificity).or_default().push(choice);
            }
        }
        self.rules.push(rule);
    }

    /// Each rule that could apply to a charge as well as an earlier rule, with that earlier rule.
    fn ties(&self) -> BTreeMap<usize, usize> {
        let mut ties = BTreeMap::new();
        let alike = self
            .choices
            .values()
            .flat_map(|choices| choices.chunk_by(|a, b| a.exact_texts() == b.exact_texts()));
        for choices in alike {
            for (index, choice) in choices.iter().enumerate() {
                let is_tie = |other: &&Choice| {
                    other.rule != choice.rule
                        && other.meets(choice)
                        && self.rules[other.rule].meets(&self.rules[choice.rule])
                };
                if let Some(other) = choices[..index].iter().find(is_tie) {
                    let first = ties.entry(choice.rule).or_insert(other.rule);
                    *first = other.rule.min(*first);
                }
            }
        }
        ties
    }

    /// The rules that are in force in a billing period, in the order of the file.
    pub(crate) fn in_period(&self, period: BillingPeriod) -> Vec<&PriceRule> {
        self.rules.iter().filter(|rule| rule.periods.contains(period)).collect()
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = &PriceRule> {
        self.rules.iter()
    }

    pub(crate) fn find(&self, subject: &RuleSubject, period: BillingPeriod) -> Option<&PriceRule> {
        let texts = subject.texts();
        self.choices.iter().find_map(|(Reverse((_, exact)), choices)| {
            let mut wanted = texts.map(Some);
            for (text, is_exact) in wanted.iter_mut().zip(exact) {
                *text = text.filter(|_| *is_exact);
            }
            let start = choices.partition_point(|choice| choice.exact_texts() < wanted);
            choices[start..]
                .iter()
                .take_while(|choice| choice.exact_texts() == wanted)
                .filter(|choice| choice.matches(&texts))
                .map(|choice| &self.rules[choice.rule])
                .find(|rule| rule.is_for(subject) && rule.periods.contains(period))
        })
    }
}
