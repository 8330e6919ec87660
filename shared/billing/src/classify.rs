//! The charge kind of a line item, by `data/charge_kinds.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use contracts::{ChargeKind, Pattern};
use cur::{Column, LineError, LineItem, LineItemType};
use serde::Deserialize;

use crate::price::is_reservation_fee;

pub(crate) fn charge_kind(
    line: &LineItem,
    item_type: LineItemType,
    product_code: &str,
) -> Result<ChargeKind, LineError> {
    let entity = line.text(Column::BillingEntity)?;
    if TABLE.marketplace.billing_entities.iter().any(|marketplace| *marketplace == entity) {
        return Ok(ChargeKind::Marketplace);
    }
    let of_type = TABLE.kinds[item_type as usize];
    Ok(if of_type == ChargeKind::Fee && is_reservation_fee(line)? {
        ChargeKind::CommitmentFee
    } else if TABLE.has_support[item_type as usize] && is_support(product_code) {
        ChargeKind::Support
    } else {
        of_type
    })
}

/// Whether a product code looks like the code of a support plan but is in no table.
pub(crate) fn looks_like_support(product_code: &str) -> bool {
    let code = product_code.to_lowercase();
    let texts = &TABLE.suspicion.texts;
    texts.iter().any(|text| code.contains(text.as_str())) && !is_support(product_code)
}

fn is_support(product_code: &str) -> bool {
    TABLE.support_codes.iter().any(|pattern| pattern.matches(product_code))
}

#[derive(Deserialize)]
struct File {
    marketplace: Marketplace,
    support: Support,
    line_item_types: BTreeMap<String, ChargeKind>,
}

#[derive(Deserialize)]
struct Marketplace {
    billing_entities: Vec<String>,
}

#[derive(Deserialize)]
struct Support {
    line_item_types: Vec<String>,
    products: Vec<Products>,
    suspicion: Suspicion,
}

#[derive(Deserialize)]
struct Products {
    codes: Vec<Pattern>,
}

#[derive(Deserialize)]
struct Suspicion {
    /// The texts are in lower case.
    texts: Vec<String>,
}

/// The file, arranged for one look-up for each line.
struct Table {
    marketplace: Marketplace,
    /// The charge kinds by type of line. If the file lacks a type, the program stops, so that no new type is
    /// overlooked.
    kinds: [ChargeKind; LineItemType::ALL.len()],
    has_support: [bool; LineItemType::ALL.len()],
    support_codes: Vec<Pattern>,
    suspicion: Suspicion,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../data/charge_kinds.toml"))
        .unwrap_or_else(|error| panic!("data/charge_kinds.toml: {error}"));
    let kind = |item_type: LineItemType| {
        let kind = file.line_item_types.get(item_type.name());
        *kind.unwrap_or_else(|| panic!("data/charge_kinds.toml has no type {item_type}"))
    };
    let has_support = |item_type: LineItemType| {
        file.support.line_item_types.iter().any(|name| name == item_type.name())
    };
    Table {
        kinds: LineItemType::ALL.map(kind),
        has_support: LineItemType::ALL.map(has_support),
        marketplace: file.marketplace,
        support_codes: file.support.products.into_iter().flat_map(|of| of.codes).collect(),
        suspicion: file.support.suspicion,
    }
});
