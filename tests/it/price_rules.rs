//! Which price rule applies to a charge: lists, patterns and purchases, and rules that match equally well.

use std::collections::BTreeSet;

use contracts::{ChargeKind, Contracts, Pattern, Purchase, RuleSubject};
use cur::Sku;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// A file with one customer that has these rules. The first rule begins in line 6.
fn file(rules: &str) -> String {
    format!(
        "[reseller]\nname = \"MSP\"\n[[customer]]\nid = \"acme\"\n\
         accounts = [\"111122223333\", \"444455556666\"]\n{rules}"
    )
}

fn rule(conditions: &str) -> String {
    format!("[[customer.price]]\ndiscount = \"0.1\"\n{conditions}\n")
}

/// The problems of a file with these rules, one line for each.
fn problems(rules: &str) -> String {
    Contracts::parse(&file(rules)).map_or_else(|found| found.to_string(), |_| String::new())
}

fn subject(sku: &Sku) -> RuleSubject<'_> {
    RuleSubject {
        account: ACCOUNTS[0].parse().unwrap(),
        sku,
        purchase: Some(Purchase::OnDemand),
        kind: ChargeKind::Usage,
    }
}

fn find(contracts: &Contracts, subject: &RuleSubject) -> Option<String> {
    let acme = contracts.customer("acme").unwrap();
    let rule = acme.price_rule(subject, "2026-10".parse().unwrap());
    rule.map(|rule| rule.id.clone())
}

#[test]
fn a_star_stands_for_any_characters_or_none() {
    let check = |pattern: &str, matched: &[&str], others: &[&str]| {
        let pattern = Pattern::from(pattern.to_owned());
        let is_matched = |text: &&&str| pattern.matches(text);
        assert_eq!(matched.iter().filter(is_matched).count(), matched.len(), "{pattern}");
        assert_eq!(others.iter().filter(is_matched).count(), 0, "{pattern}");
    };
    check("BoxUsage", &["BoxUsage"], &["", "BoxUsage:m5.large", "APN1-BoxUsage"]);
    check(
        "*BoxUsage*",
        &["BoxUsage", "APN1-BoxUsage:m5.large", "BoxUsage*"],
        &["APN1-SpotUsage:m5.large", "boxusage", ""],
    );
    check("*", &["", "*", "x"], &[]);
    check("a*a", &["aa", "aba", "aaa"], &["a", "ab", "ba"]);
    check("*ab*ab*", &["abab", "xabxabx"], &["ab", "aab", "abxb"]);
    check("a**b", &["ab", "axb"], &["a", "b"]);
}

/// The rules of one customer, and the one that applies to each of some charges.
#[test]
fn lists_and_patterns_are_as_specific_as_what_matches() {
    let rules = [
        ("0.01", ""),
        ("0.02", "service = [\"AmazonEC2\", \"AmazonRDS\"]"),
        ("0.03", "usage_type = \"*BoxUsage*\""),
        ("0.04", "usage_type = [\"*m5*\", \"BoxUsage:c5.large\"]\nservice = \"AmazonEC2\""),
        ("0.05", "usage_type = \"BoxUsage:m5.large\"\nservice = \"Amazon*\""),
        ("0.06", "usage_type = \"BoxUsage:m5.xlarge\"\nservice = \"AmazonEC2\""),
        ("0.07", "purchase = [\"reserved\", \"savings_plan\"]"),
        ("0.08", "service = \"AmazonRDS\"\npurchase = \"reserved\""),
        ("0.09", "kind = [\"support\", \"fee\"]"),
    ];
    let text = |(discount, conditions): &(&str, &str)| {
        format!("[[customer.price]]\ndiscount = \"{discount}\"\n{conditions}\n")
    };
    let contracts = Contracts::parse(&file(&rules.iter().map(text).collect::<String>())).unwrap();
    let check = |service: &str, usage_type: &str, purchase: Option<&str>, expected: &str| {
        let sku = Sku {
            service_code: service.to_owned(),
            usage_type: usage_type.to_owned(),
            ..Sku::default()
        };
        let kind =
            if purchase == Some("support") { ChargeKind::Support } else { ChargeKind::Usage };
        let purchase = purchase.and_then(|purchase| purchase.parse().ok());
        let found = find(&contracts, &RuleSubject { purchase, kind, ..subject(&sku) });
        let found = found.unwrap_or_default();
        let discount = found.split(' ').nth(1).unwrap_or_default();
        assert_eq!(discount, expected, "{service} {usage_type} {purchase:?}: {found}");
    };
    let on_demand = Some("on_demand");
    check("AmazonS3", "Requests", on_demand, "0.01");
    check("AmazonRDS", "InstanceUsage", on_demand, "0.02");
    // A usage type weighs more than a service, even if it is a pattern.
    check("AmazonRDS", "BoxUsage:t3", on_demand, "0.03");
    // Both conditions beat one of them.
    check("AmazonEC2", "BoxUsage:m5.metal", on_demand, "0.04");
    check("AmazonEC2", "BoxUsage:c5.large", on_demand, "0.04");
    check("AmazonEC2", "BoxUsage:c5.xlarge", on_demand, "0.03");
    // Both rules state usage type and service. The exact usage type weighs more than the exact service.
    check("AmazonEC2", "BoxUsage:m5.large", on_demand, "0.05");
    // Two exact texts beat a pattern and an exact text.
    check("AmazonEC2", "BoxUsage:m5.xlarge", on_demand, "0.06");
    // A service weighs more than a purchase.
    check("AmazonS3", "Requests", Some("savings_plan"), "0.07");
    check("AmazonEC2", "Requests", Some("reserved"), "0.02");
    check("AmazonRDS", "InstanceUsage", Some("reserved"), "0.08");
    check("AmazonRDS", "InstanceUsage", Some("savings_plan"), "0.02");
    check("AmazonS3", "Dollar", Some("support"), "0.09");
    // Only usage has a purchase.
    check("AmazonS3", "Requests", None, "0.01");
}

#[test]
fn what_no_rule_can_mean_is_refused() {
    let check = |conditions: &str, expected: &[&str]| {
        let found = problems(&rule(conditions));
        assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{conditions}");
    };
    for key in ["account", "usage_type", "operation", "service", "region", "purchase", "kind"] {
        let expected = format!(
            "8:{}: `{key}` is an empty list, which nothing can match; write something in it or remove it",
            key.len() + 4
        );
        check(&format!("{key} = []"), &[&expected]);
    }
    check("service = 5", &["8:11: `service` must be a string; write \"5\""]);
    check("service = [\"\"]", &["8:12: `service` is empty; write something or remove it"]);
    check("region = [[\"x\"]]", &["8:11: `region` is a list, but it must be a string"]);
    check("account = \"1111*\"", &["8:11: `account`: `1111*` is not an account id: twelve digits"]);
    check(
        "account = [\"111122223333\", \"123456789012\"]",
        &[
            "8:28: account 123456789012 is not in the customer's `accounts`, so the rule never applies; \
           add it there or correct it",
        ],
    );
    check(
        "purchase = [\"on demand\", \"committed\"]",
        &[
            "8:13: `purchase` cannot be `on demand`; did you mean `on_demand`?",
            "8:26: `purchase` cannot be `committed`; write one of on_demand, spot, reserved, savings_plan",
        ],
    );
    let refused = "6:1: only usage has a `purchase`, so the rule never applies to the other kinds; remove \
                   `purchase` or the other kinds";
    check("purchase = \"spot\"\nkind = [\"usage\", \"fee\"]", &[refused]);
    check("purchase = \"spot\"\nkind = \"commitment_fee\"", &[refused]);
    check("purchase = \"spot\"\nkind = \"usage\"", &[]);
    let list = |count: usize| {
        (0..count).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(", ")
    };
    let lists = |usage_types, operations| {
        format!("usage_type = [{}]\noperation = [{}]", list(usage_types), list(operations))
    };
    check(&lists(100, 100), &[]);
    check(
        &lists(100, 101),
        &["6:1: the lists of this rule give 10100 combinations of texts, and 10000 are allowed; \
           write `*` in place of some texts, or make several rules of this one"],
    );
}

/// Pairs of rules that could match one charge equally well, and pairs that could not.
#[test]
fn rules_that_match_equally_well_are_refused() {
    let check = |one: &str, other: &str, is_tie: bool| {
        for (first, second) in [(one, other), (other, one)] {
            let found = problems(&format!("{}{}", rule(first), rule(second)));
            let says_so = found.lines().count() == 1
                && found.contains("and the one at 6:1")
                && found.contains("match the same charges equally well");
            assert_eq!(says_so, is_tie, "{first}\n{second}\n{found}");
            assert_eq!(found.is_empty(), !is_tie, "{found}");
        }
    };
    let usage_types = |one: &str, other: &str, is_tie| {
        check(&format!("usage_type = {one}"), &format!("usage_type = {other}"), is_tie);
    };
    usage_types(r#"["a", "b"]"#, r#"["b", "c"]"#, true);
    usage_types(r#"["a", "b"]"#, r#"["c", "d"]"#, false);
    usage_types(r#""a""#, r#"["a"]"#, true);
    // An exact text is more specific than a pattern that matches it.
    usage_types(r#""ab""#, r#""a*""#, false);
    usage_types(r#"["ab", "c*"]"#, r#"["a*", "cd"]"#, false);
    usage_types(r#"["ab", "c*"]"#, r#"["a*", "*d"]"#, true);
    usage_types(r#""a*""#, r#""*b""#, true);
    usage_types(r#""a*""#, r#""b*""#, false);
    usage_types(r#""*a""#, r#""*b""#, false);
    usage_types(r#""*BoxUsage*""#, r#""*SpotUsage*""#, true);
    usage_types(r#""APN1-*Box*""#, r#""APN1-E*:gp3""#, true);
    usage_types(r#""APN1-*Box*""#, r#""USE1-*""#, false);
    usage_types(r#""a*b""#, r#""ab*c""#, false);
    usage_types(r#""a*b""#, r#""ab*ab""#, true);
    usage_types(r#""**""#, r#""*""#, true);
    // Texts of other conditions part rules.
    check("usage_type = \"a*\"\nservice = \"S\"", "usage_type = \"*b\"\nservice = \"T\"", false);
    check(
        "usage_type = \"a*\"\nservice = \"S\"",
        "usage_type = \"*b\"\nservice = [\"T\", \"S\"]",
        true,
    );
    check("usage_type = \"a*\"\nservice = \"S\"", "usage_type = \"*b\"\nservice = \"S*\"", false);
    check("usage_type = \"a*\"\nservice = \"S*\"", "usage_type = \"*b\"\nservice = \"*S\"", true);
    check("usage_type = \"a*\"\nservice = \"S*\"", "usage_type = \"*b\"\nservice = \"T*\"", false);
    // So do purchases, kinds and periods.
    check("purchase = \"spot\"", "purchase = [\"on_demand\", \"spot\"]", true);
    check("purchase = \"spot\"", "purchase = [\"on_demand\", \"reserved\"]", false);
    check("usage_type = \"a*\"\npurchase = \"spot\"", "usage_type = \"*b\"", false);
    check("usage_type = \"a*\"\nkind = \"fee\"", "usage_type = \"*b\"\nkind = \"usage\"", false);
    check(
        "usage_type = \"a*\"\nuntil = \"2026-09\"",
        "usage_type = \"*b\"\nfrom = \"2026-10\"",
        false,
    );
    check(
        "usage_type = \"a*\"\nuntil = \"2026-10\"",
        "usage_type = \"*b\"\nfrom = \"2026-10\"",
        true,
    );
}

/// The text of a rule stands in one cell of a dataset and in one line of a summary.
#[test]
fn rules_have_different_texts_of_one_line() {
    let check = |conditions: &str, expected: &str| {
        let contracts = Contracts::parse(&file(&rule(conditions))).unwrap();
        let rules = contracts.customer("acme").unwrap().price_rules_in("2026-10".parse().unwrap());
        assert_eq!(rules[0].id, format!("discount 0.1{expected}"));
    };
    check("", "");
    check("usage_type = [\"b\", \"a*\", \"b\"]", " usage_type=a*,b");
    check(
        "kind = \"usage\"\npurchase = [\"spot\", \"on_demand\"]\nregion = \"x\"\nfrom = \"2026-10\"",
        " region=x purchase=on_demand,spot kind=usage from=2026-10",
    );
    // Texts that could be taken for something else are quoted.
    check(r#"operation = "a,b""#, r#" operation="a,b""#);
    check(r#"operation = ["a", "b"]"#, " operation=a,b");
    check(r#"operation = "a service=b""#, r#" operation="a service=b""#);
    check("operation = \"a\"\nservice = \"b\"", " operation=a service=b");
    check(r#"operation = "a\nb\"""#, r#" operation="a\nb\"""#);
}

/// A text of a condition, in TOML and to compare with.
type Texts = Option<Vec<&'static str>>;

/// A rule as a test sees it.
#[derive(Debug, Clone)]
struct Rule {
    accounts: Texts,
    usage_types: Texts,
    services: Texts,
    purchases: Option<Vec<Purchase>>,
    kinds: Option<Vec<ChargeKind>>,
}

const USAGE_TYPES: [&str; 10] = ["a", "b", "ab", "ba", "a*", "*b", "*", "a*b", "*ab*", "b*a"];
const SERVICES: [&str; 4] = ["S", "T", "*", "S*"];
const KINDS: [ChargeKind; 2] = [ChargeKind::Usage, ChargeKind::Fee];

/// All texts of up to six of the letters that [`USAGE_TYPES`] have. If two of the patterns have a common
/// text, these texts have one.
fn usage_types() -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut last = texts.clone();
    for _ in 0..6 {
        last = last.iter().flat_map(|text| [format!("{text}a"), format!("{text}b")]).collect();
        texts.extend(last.iter().cloned());
    }
    texts
}

fn texts(of: &'static [&'static str]) -> impl Strategy<Value = Texts> {
    prop::option::of(subsequence(of, 1..=of.len().min(3)))
}

prop_compose! {
    fn any_rule()(
        accounts in texts(&ACCOUNTS),
        usage_types in texts(&USAGE_TYPES),
        services in texts(&SERVICES),
        purchases in prop::option::of(subsequence(&Purchase::ALL[..3], 1..=2)),
        kinds in prop::option::of(subsequence(&KINDS[..], 1..=2)),
    ) -> Rule {
        // Only usage has a purchase.
        let kinds = if purchases.is_some() { None } else { kinds };
        Rule { accounts, usage_types, services, purchases, kinds }
    }
}

impl Rule {
    /// The rule in the file. Its discount is its number, so that it is found again.
    fn toml(&self, number: usize) -> String {
        let list = |key: &str, values: Option<Vec<String>>| {
            let values =
                values.map(|values| values.iter().map(|value| format!("\"{value}\"")).collect());
            values.map_or_else(String::new, |values: Vec<String>| {
                format!("{key} = [{}]\n", values.join(", "))
            })
        };
        let of = |texts: &Texts| {
            texts.as_ref().map(|texts| texts.iter().map(|text| (*text).to_owned()).collect())
        };
        let names = self.purchases.as_ref();
        let purchases = names.map(|names| names.iter().map(ToString::to_string).collect());
        let names = self.kinds.as_ref();
        let kinds = names.map(|names| names.iter().map(ToString::to_string).collect());
        format!(
            "[[customer.price]]\nrate = \"{number}\"\n{}{}{}{}{}",
            list("account", of(&self.accounts)),
            list("usage_type", of(&self.usage_types)),
            list("service", of(&self.services)),
            list("purchase", purchases),
            list("kind", kinds)
        )
    }

    /// How specific the rule is for a charge: the conditions that it states, then the conditions that the
    /// charge meets by an exact text. `None` if the charge does not meet the rule.
    fn specificity(&self, subject: &RuleSubject) -> Option<([bool; 5], [bool; 3])> {
        let sku = subject.sku;
        let account = subject.account.to_string();
        let cells = [account.as_str(), &sku.usage_type, &sku.service_code];
        let conditions = [&self.accounts, &self.usage_types, &self.services];
        let mut exact = [false; 3];
        for (index, (texts, cell)) in conditions.into_iter().zip(cells).enumerate() {
            let Some(texts) = texts else { continue };
            exact[index] = texts.iter().any(|text| !text.contains('*') && *text == cell);
            if !texts.iter().any(|text| is_match(text.as_bytes(), cell.as_bytes())) {
                return None;
            }
        }
        let kinds = self.kinds.clone().unwrap_or(vec![ChargeKind::Usage]);
        let has_purchase = self.purchases.as_ref().is_none_or(|purchases| {
            subject.purchase.is_some_and(|purchase| purchases.contains(&purchase))
        });
        let [account, usage_type, service] = conditions.map(Option::is_some);
        let stated = [account, usage_type, service, self.purchases.is_some(), self.kinds.is_some()];
        (kinds.contains(&subject.kind) && has_purchase).then_some((stated, exact))
    }
}

/// Whether a text matches a pattern, found out letter by letter.
fn is_match(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([b'*', pattern @ ..], _) => {
            (0..=text.len()).any(|skipped| is_match(pattern, &text[skipped..]))
        }
        ([letter, pattern @ ..], [of_text, text @ ..]) => {
            letter == of_text && is_match(pattern, text)
        }
        ([], []) => true,
        _ => false,
    }
}

/// All charges that [`any_rule`] can tell apart.
fn check_all(rules: &[Rule]) {
    let text: String = rules.iter().zip(1..).map(|(rule, number)| rule.toml(number)).collect();
    let contracts = Contracts::parse(&file(&text));
    let mut has_tie = false;
    let purchases = Purchase::ALL.map(|purchase| (Some(purchase), ChargeKind::Usage));
    let purchases = purchases.into_iter().chain([(None, ChargeKind::Fee)]);
    for (purchase, kind) in purchases {
        for account in ACCOUNTS {
            for (usage_type, service) in usage_types()
                .into_iter()
                .flat_map(|text| ["S", "T", "SS"].map(|of| (text.clone(), of)))
            {
                let sku = Sku { service_code: service.to_owned(), usage_type, ..Sku::default() };
                let subject =
                    RuleSubject { account: account.parse().unwrap(), sku: &sku, purchase, kind };
                let found = rules
                    .iter()
                    .zip(1..)
                    .filter_map(|(rule, number)| Some((rule.specificity(&subject)?, number)));
                let mut found: Vec<_> = found.collect();
                found.sort_by(|a, b| b.cmp(a));
                if let [(best, _), (second, _), ..] = found[..] {
                    has_tie |= best == second;
                }
                // Of less specific rules, two may match equally well. This is refused too.
                let all: BTreeSet<_> = found.iter().map(|(specificity, _)| specificity).collect();
                has_tie |= all.len() < found.len();
                if let Ok(contracts) = &contracts {
                    let expected = found.first().map(|(_, number)| format!("rate {number}"));
                    let id = find(contracts, &subject);
                    let id = id.map(|id| id.split(' ').take(2).collect::<Vec<_>>().join(" "));
                    assert_eq!(id, expected, "{subject:?}\n{text}");
                }
            }
        }
    }
    assert_eq!(contracts.is_err(), has_tie, "{contracts:?}\n{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The most specific rule is found, and a file is refused exactly if two of its rules could match a
    /// charge equally well.
    #[test]
    fn the_most_specific_rule_is_found_or_the_file_is_refused(rules in vec(any_rule(), 1..5)) {
        check_all(&rules);
    }

    /// Whether two patterns have a common text is known exactly.
    #[test]
    fn two_patterns_meet_if_they_have_a_common_text(
        one in "[ab*]{0,4}",
        other in "[ab*]{0,4}",
    ) {
        let meet = |text: &String| {
            is_match(one.as_bytes(), text.as_bytes()) && is_match(other.as_bytes(), text.as_bytes())
        };
        // A common text of the shortest length has no letter that neither pattern has.
        let mut texts = usage_types();
        for text in texts.clone().iter().filter(|text| text.len() == 6) {
            texts.extend(["a", "b", "aa", "ab", "ba", "bb"].map(|more| format!("{text}{more}")));
        }
        let [pattern, of_other] = [&one, &other].map(|text| Pattern::from(text.clone()));
        prop_assert_eq!(pattern.meets(&of_other), texts.iter().any(meet));
        prop_assert_eq!(of_other.meets(&pattern), pattern.meets(&of_other));
        for text in &texts {
            prop_assert_eq!(pattern.matches(text), is_match(one.as_bytes(), text.as_bytes()));
        }
        prop_assert_eq!(pattern.to_string(), one);
    }

    /// The order of the rules in the file changes nothing.
    #[test]
    fn the_order_of_the_rules_changes_nothing(
        rules in vec(any_rule(), 2..6),
        usage_type in select(usage_types()),
    ) {
        let text = |numbered: &[(usize, &Rule)]| -> String {
            file(&numbered.iter().map(|(number, rule)| rule.toml(*number)).collect::<String>())
        };
        let mut numbered: Vec<(usize, &Rule)> = rules.iter().enumerate().collect();
        let forward = Contracts::parse(&text(&numbered));
        numbered.reverse();
        let backward = Contracts::parse(&text(&numbered));
        prop_assert_eq!(forward.is_ok(), backward.is_ok());
        if let (Ok(forward), Ok(backward)) = (forward, backward) {
            let sku = Sku { service_code: "S".to_owned(), usage_type, ..Sku::default() };
            prop_assert_eq!(find(&forward, &subject(&sku)), find(&backward, &subject(&sku)));
        }
    }
}

/// Comparing each of these charges with each of these texts would take minutes.
#[test]
fn a_rule_is_found_among_thousands() {
    let usage_types = |from: usize| -> Vec<String> {
        (from..from + 10).map(|number| format!("\"Type{number}\"")).collect()
    };
    let rules: String = (0..4_000)
        .map(|number| {
            let usage_types = usage_types(number * 10).join(", ");
            rule(&format!("usage_type = [{usage_types}]\nservice = \"S\"\nregion = \"eu-*\""))
        })
        .collect();
    let contracts = Contracts::parse(&file(&rules)).unwrap();
    for number in 0..40_000 {
        let sku = Sku {
            service_code: "S".to_owned(),
            region: "eu-west-1".to_owned(),
            usage_type: format!("Type{number}"),
            ..Sku::default()
        };
        let id = find(&contracts, &subject(&sku)).unwrap();
        assert!(id.contains(&format!("Type{number}")), "{number}: {id}");
    }
}
