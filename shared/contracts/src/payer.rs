//! `[[payer]]`: what is said of one payer account.

use std::collections::{BTreeMap, BTreeSet};

use cur::AccountId;

use crate::document::Section;
use crate::fx::{FxChoice, FxRates};
use crate::problem::Position;

#[derive(Debug, Clone)]
pub struct Payer {
    pub id: AccountId,
    /// The id by default.
    pub name: String,
    /// The name of the report to bill from; as `[reseller] report` by default.
    pub report: Option<String>,
    /// The rates for charges of this payer, unless a customer or an invoice has its own.
    pub fx: Option<FxChoice>,
}

impl Payer {
    /// Reads all payers. `accepted` is the list of the reseller, if there is one.
    pub(crate) fn read_all(
        document: &Section,
        accepted: Option<&BTreeSet<AccountId>>,
        fx: &FxRates,
    ) -> Vec<Self> {
        let keys = ["id", "name", "report", "fx"];
        let payers = document.field("payer").and_then(|payer| payer.sections("[[payer]]", &keys));
        let mut first: BTreeMap<AccountId, Position> = BTreeMap::new();
        let mut read = Vec::new();
        for section in payers.unwrap_or_default() {
            let id_field = section.required("id", r#""999988887777""#);
            let id = id_field.as_ref().and_then(super::document::Field::parsed::<AccountId>);
            let text = |key| section.optional(key, |field| field.text().map(str::to_owned));
            let [name, report] = ["name", "report"].map(text);
            let choice = section.optional("fx", |choice| FxChoice::read(choice, fx));
            let (Some(field), Some(id)) = (id_field, id) else { continue };
            if accepted.is_some_and(|accepted| !accepted.contains(&id)) {
                field.refuse(format!(
                    "payer {id} is not in `payers` of [reseller]; add it there, or remove that list"
                ));
            }
            if let Some(position) = first.get(&id) {
                field.refuse(format!(
                    "payer {id} is already there (see {position}); put both tables together"
                ));
            }
            first.entry(id).or_insert(field.position());
            if let (Some(name), Some(report), Some(fx)) = (name, report, choice) {
                read.push(Self { id, name: name.unwrap_or_else(|| id.to_string()), report, fx });
            }
        }
        read
    }
}
