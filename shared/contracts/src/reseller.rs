//! `[reseller]`: the reseller, and the reports that it bills from.

use std::collections::BTreeSet;

use cur::AccountId;

use crate::document::{Field, Section};

#[derive(Debug, Clone, Default)]
pub(crate) struct Reseller {
    pub(crate) name: String,
    /// The accepted payers; `None` accepts every payer.
    pub(crate) payers: Option<BTreeSet<AccountId>>,
    pub(crate) report: Option<String>,
    pub(crate) strict_report: bool,
    pub(crate) strict_commitments: bool,
}

impl Reseller {
    pub(crate) fn read(document: &Section) -> Self {
        let keys = ["name", "payers", "report", "strict_report", "strict_commitments"];
        let Some(section) = document
            .required("reseller", r#"{ name = "…" }"#)
            .and_then(|reseller| reseller.section("[reseller]", &keys))
        else {
            return Self::default();
        };
        let name = section.required("name", r#""Example MSP""#).and_then(|name| name.text());
        let report = section.field("report").and_then(|report| report.text());
        let strict = |key| section.field(key).and_then(|strict| strict.flag()).unwrap_or_default();
        Self {
            name: name.unwrap_or_default().to_owned(),
            payers: section.field("payers").and_then(|payers| read_payers(&payers)),
            report: report.map(str::to_owned),
            strict_report: strict("strict_report"),
            strict_commitments: strict("strict_commitments"),
        }
    }
}

fn read_payers(payers: &Field) -> Option<BTreeSet<AccountId>> {
    let list = payers.list()?;
    if list.is_empty() {
        payers.refuse("`payers` is empty, which refuses every report; leave it out to accept any");
    }
    Some(list.iter().filter_map(Field::parsed).collect())
}
