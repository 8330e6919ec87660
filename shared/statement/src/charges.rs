//! The charges of the runs as items: one for each section, service, account and currency of an invoice.

use std::collections::BTreeMap;

use contracts::terms::Section;
use money::Amount;

use crate::{Context, Item, Place};

/// Charges that cancel each other out leave an item of zero, which no invoice shows.
pub(crate) fn items(context: &Context) -> Vec<Item> {
    let invoices = context.invoices().len();
    let mut sums: BTreeMap<(Section, Place, &str), Vec<Amount>> = BTreeMap::new();
    for spend in context.spends {
        let key = &spend.charge.key;
        let place = Place {
            payer_account_id: Some(spend.payer),
            usage_account_id: Some(key.usage_account_id),
            service_code: key.sku.service_code.clone(),
        };
        let section = Section::Charge(key.charge_kind);
        let parts = sums.entry((section, place, &key.currency));
        let parts = parts.or_insert_with(|| vec![Amount::ZERO; invoices]);
        if let Some(part) = parts.get_mut(spend.invoice) {
            *part += spend.charge.charge;
        }
    }
    sums.into_iter()
        .map(|((section, place, currency), parts)| Item {
            section,
            id: String::new(),
            name: String::new(),
            place,
            currency: currency.to_owned(),
            amount: parts.iter().copied().sum(),
            basis: None,
            parts,
        })
        .collect()
}
