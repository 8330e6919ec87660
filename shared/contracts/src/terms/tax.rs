//! `tax`: the taxes that a customer pays on what it is charged.

use std::collections::BTreeSet;

use money::Rate;
use money::rounding::Mode;

use super::invoice::MODES;
use super::known::Known;
use super::{Section, Texts};
use crate::charge_kind::ChargeKind;
use crate::document::{Allowed, Field};
use crate::problem::Position;

/// A tax. It is computed once for each invoice, on all items that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tax {
    pub name: String,
    /// A fraction: 0.10 is ten percent. 0 for what is exempt and has to be shown as exempt.
    pub rate: Rate,
    /// Down by default.
    pub mode: Mode,
    /// `sections`: the sections of the invoice that have this tax; `None`: all. Taxes of AWS that the
    /// contract passes on have no tax.
    pub sections: Option<BTreeSet<Section>>,
    /// `service`: the services that have this tax; `None`: all.
    pub services: Option<Texts>,
    /// `line`: the ids of custom lines that have this tax; `None`: all items.
    pub lines: Option<BTreeSet<String>>,
}

impl Tax {
    /// Reads one tax, or a list that is searched in its order. `None` if something in it is wrong.
    pub(crate) fn read_all(field: &Field, known: &Known) -> Option<Vec<Self>> {
        let list = if field.is_list() { field.list()? } else { vec![*field] };
        let mut taxes: Vec<(Option<Self>, Position)> = Vec::new();
        for one in &list {
            let position = one.position();
            let tax = Self::read(one, known);
            if let Some(tax) = &tax {
                for (earlier, position) in &taxes {
                    let Some(earlier) = earlier else { continue };
                    if earlier.name == tax.name {
                        one.refuse(format!(
                            "the tax `{}` is already there (see {position}); give each its own `name`",
                            tax.name
                        ));
                    } else if earlier.takes_everything() {
                        one.refuse(format!(
                            "this tax never applies, because the tax `{}` before it (see {position}) has no \
                             conditions and takes everything; put that one last",
                            earlier.name
                        ));
                    }
                }
            }
            taxes.push((tax, position));
        }
        taxes.into_iter().map(|(tax, _)| tax).collect()
    }

    fn read(field: &Field, known: &Known) -> Option<Self> {
        let keys = ["name", "rate", "mode", "sections", "service", "line"];
        let table = field.section("tax", &keys)?;
        let name = table.required("name", r#""consumption tax""#).and_then(|name| name.text());
        let rate =
            table.required("rate", r#""0.10""#).and_then(|rate| rate.rate(Allowed::Fraction));
        let mode = table.optional("mode", |mode| mode.choice(&MODES));
        let sections = table.optional("sections", |sections| {
            sections.each(|section| Section::read(section, &TAXED))
        });
        let services = table.optional("service", Texts::read);
        let lines = table.optional("line", |lines| lines.each(|line| known.line(line)));
        Some(Self {
            name: name?.to_owned(),
            rate: rate?,
            mode: mode?.unwrap_or(Mode::Down),
            sections: sections?,
            services: services?,
            lines: lines?,
        })
    }

    fn takes_everything(&self) -> bool {
        self.sections.is_none() && self.services.is_none() && self.lines.is_none()
    }
}

/// The sections that can have a tax. Taxes of AWS have none, and rounding has the tax of what it is about. So
/// have corrections and carried bills: a tax for these sections alone is one that only earlier periods have.
const TAXED: [Section; 13] = [
    Section::Charge(ChargeKind::Usage),
    Section::Charge(ChargeKind::CommitmentFee),
    Section::Charge(ChargeKind::Support),
    Section::Charge(ChargeKind::Fee),
    Section::Charge(ChargeKind::Subscription),
    Section::Charge(ChargeKind::Marketplace),
    Section::Charge(ChargeKind::Credit),
    Section::Charge(ChargeKind::Refund),
    Section::Charge(ChargeKind::Discount),
    Section::Minimum,
    Section::Commitment,
    Section::Correction,
    Section::Carried,
];
