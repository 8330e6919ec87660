//! `tax`: the taxes that a customer pays on what it is charged.

use std::collections::BTreeSet;

use money::Rate;
use money::rounding::Mode;

use super::invoice::MODES;
use super::{Section, Texts};
use crate::document::{Allowed, Field};

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
    pub(crate) fn read(field: &Field) -> Option<Self> {
        let section = field.section("tax", &["name", "rate", "mode"])?;
        let name = section.required("name", r#""consumption tax""#).and_then(|name| name.text());
        let rate =
            section.required("rate", r#""0.10""#).and_then(|rate| rate.rate(Allowed::Fraction));
        let mode = section.optional("mode", |mode| mode.choice(&MODES));
        Some(Self {
            name: name?.to_owned(),
            rate: rate?,
            mode: mode?.unwrap_or(Mode::Down),
            sections: None,
            services: None,
            lines: None,
        })
    }
}
