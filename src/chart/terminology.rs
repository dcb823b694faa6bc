//! Which codes mean what: the value sets of `terminology/`, and the rules by which a coding matches.
//!
//! A coding matches by its system first, and a code without a known system matches nothing: `D80.1`
//! is hypogammaglobulinaemia in ICD-10, `DD801` is that in SKS, and `R65.1` means opposite things
//! to WHO and to ICD-10-CM.

mod index;
mod load;
pub mod look;
pub mod orders;
pub mod products;
pub mod sets;
mod site;
pub mod statement;
mod system;

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use crate::guideline::facts::{Bacterial, Focus};
use index::Index;
pub use index::Membership;
pub use load::LoadError;
pub use orders::OrderCodes;
use products::Product;
pub use site::{SiteError, SiteFile};
use system::{Normalised, RXNORM, SNOMED};

/// The value sets that the chart reads facts with; each is a FHIR ValueSet in `terminology/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueSetId {
    id: &'static str,
    /// Its place among all sets.
    place: u8,
}

impl ValueSetId {
    /// The id of the ValueSet, `lab-igg-mass`, and its place in [`sets`].
    const fn new(id: &'static str, place: u8) -> Self {
        Self { id, place }
    }

    /// As text.
    pub const fn as_str(self) -> &'static str {
        self.id
    }
}

/// One coding of a resource, as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Coding<'a> {
    /// `Coding.system`.
    pub system: Option<&'a str>,
    /// `Coding.code`.
    pub code: &'a str,
}

/// A concept of a value set that a coding matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concept {
    /// System URI, as in the ValueSet.
    pub system: String,
    /// Code, as in the ValueSet (a category when matched by prefix).
    pub code: String,
    /// Its name in the ValueSet.
    pub display: Option<String>,
    /// The unit that the code itself implies (NPU), in UCUM.
    pub implied_unit: Option<String>,
    /// Factor from the implied unit to g/L, where that needs the molar mass (F-01: µmol/L).
    pub grams_per_litre_factor: Option<Decimal>,
}

/// What an infection code says by itself (F-06); the record says the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfectionCode {
    /// Bacterial by definition, possibly, or not.
    pub bacterial: Bacterial,
    /// Of the mucosal-mild set: never severe, never a candidate.
    pub mild: bool,
    /// Sepsis, with or without organ failure.
    pub sepsis: bool,
    /// The code itself says shock or organ failure. A sepsis code does not (B-25).
    pub life_threatening: bool,
    /// Where it sits.
    pub focus: Focus,
}

/// Every value set that is loaded.
#[derive(Debug, Clone, Default)]
pub struct Terminology {
    sets: HashMap<&'static str, Set>,
    index: Index,
    /// Words that name drugs, in lower case.
    drugs: HashMap<ValueSetId, HashSet<String>>,
    foci: Codes<Focus>,
    units: Codes<load::Unit>,
    products: Vec<Product>,
    product_codes: Codes<Product>,
    site_codes: Vec<(ValueSetId, String)>,
    order_codes: OrderCodes,
}

/// One value set: its concepts by exact code and, apart, those that stand for what is below them.
#[derive(Debug, Clone, Default)]
struct Set {
    exact: Codes<Concept>,
    prefix: Codes<Concept>,
}

/// Values by system and normalised code.
#[derive(Debug, Clone)]
struct Codes<T>(HashMap<String, HashMap<String, T>>);

impl<T> Default for Codes<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Codes<T> {
    fn insert(&mut self, key: Normalised<'_>, value: T) {
        self.0
            .entry(key.system.to_owned())
            .or_default()
            .insert(key.code.into_owned(), value);
    }

    fn exact(&self, key: &Normalised<'_>) -> Option<&T> {
        self.0.get(key.system)?.get(&*key.code)
    }

    fn of_system(&self, system: &str) -> impl Iterator<Item = (&String, &T)> {
        self.0.get(system).into_iter().flatten()
    }

    /// Every value with its system and normalised code.
    fn all(&self) -> impl Iterator<Item = (&str, &str, &T)> {
        self.0.iter().flat_map(|(system, codes)| {
            let codes = codes.iter();
            codes.map(|(code, value)| (system.as_str(), code.as_str(), value))
        })
    }

    /// The value of the longest code that `key` begins with, within its system.
    fn longest(&self, key: &Normalised<'_>) -> Option<&T> {
        let codes = self.0.get(key.system)?;
        let ends = key
            .code
            .char_indices()
            .map(|(start, c)| start + c.len_utf8());
        ends.rev().find_map(|end| codes.get(&key.code[..end]))
    }
}

impl Set {
    fn find(&self, key: &Normalised<'_>) -> Option<&Concept> {
        self.exact.exact(key).or_else(|| self.prefix.longest(key))
    }
}

impl Terminology {
    /// The concept of `set` that `coding` matches, if any.
    ///
    /// A coding without a system, or with an unknown one, matches nothing. What
    /// [`sets::IGG_NEVER_TOTAL`] lists matches no other set.
    pub fn find(&self, set: ValueSetId, coding: Coding<'_>) -> Option<&Concept> {
        let key = Normalised::of(coding)?;
        if set != sets::IGG_NEVER_TOTAL && self.lookup(sets::IGG_NEVER_TOTAL, &key).is_some() {
            return None;
        }
        self.lookup(set, &key)
    }

    /// The concept of `set` that one of the codings of one `CodeableConcept` matches.
    ///
    /// All codings of a concept say the same thing, so one that is listed as never total IgG
    /// silences the others. A code that implies its unit (NPU) comes before one that does not.
    pub fn find_any(&self, set: ValueSetId, codings: &[Coding<'_>]) -> Option<&Concept> {
        let never = |coding: &Coding<'_>| self.find(sets::IGG_NEVER_TOTAL, *coding).is_some();
        if set != sets::IGG_NEVER_TOTAL && codings.iter().any(never) {
            return None;
        }
        codings
            .iter()
            .filter_map(|coding| self.find(set, *coding))
            .min_by_key(|concept| {
                let unit = &concept.implied_unit;
                (unit.is_none(), unit, &concept.system, &concept.code)
            })
    }

    /// The sets of which [`Terminology::find`] has a concept for the coding.
    pub fn membership(&self, coding: Coding<'_>) -> Membership {
        let sets = self.every_membership(coding);
        let never = Membership::of(&[sets::IGG_NEVER_TOTAL]);
        if sets.meets(never) { never } else { sets }
    }

    fn every_membership(&self, coding: Coding<'_>) -> Membership {
        Normalised::of(coding).map_or(Membership::NONE, |key| self.index.find(&key))
    }

    /// Is the coding in any set at all, or one of the project's own statements (§5)?
    pub fn is_in_any_set(&self, coding: Coding<'_>) -> bool {
        coding.system == Some(statement::SYSTEM)
            || self.every_membership(coding) != Membership::NONE
    }

    /// Does the coding have a system that the value sets know? One without is a data gap.
    pub fn knows_system(&self, coding: Coding<'_>) -> bool {
        Normalised::of(coding).is_some_and(|key| self.index.has_system(key.system))
    }

    /// What an infection code says by itself; `None` when it is in no infection set.
    pub fn infection(&self, coding: Coding<'_>) -> Option<InfectionCode> {
        let key = Normalised::of(coding)?;
        let found = self.index.find(&key);
        let is = |set| found.meets(Membership::of(&[set]));
        let mild = is(sets::INF_MUCOSAL_MILD);
        let life_threatening = is(sets::INF_SEPTIC_SHOCK);
        let bacterial = if is(sets::INF_BACTERIAL_CERTAIN) || is(sets::INF_MILD_BACTERIAL) {
            Bacterial::Certain
        } else if is(sets::INF_BACTERIAL_POSSIBLE)
            || is(sets::INF_LIFE_THREATENING)
            || is(sets::INF_LIFE_THREATENING_WHO_R65)
            || mild
        {
            Bacterial::Possible
        } else if is(sets::INF_VIRAL) {
            Bacterial::No
        } else {
            return None;
        };
        Some(InfectionCode {
            bacterial,
            mild,
            sepsis: life_threatening || is(sets::INF_SEPSIS),
            life_threatening,
            focus: self.focus(&key),
        })
    }

    /// Human normal immunoglobulin in a draft whose ATC system was replaced by RxNorm.
    ///
    /// The public CDS Hooks Sandbox hands a suggested order back in that form. Only for drafts, and
    /// only these two codes: an RxNorm code is a number, so they cannot be one.
    pub fn find_rewritten_immunoglobulin(&self, coding: Coding<'_>) -> Option<&Concept> {
        let code = coding.code.trim();
        if coding.system.map(str::trim) != Some(RXNORM) {
            return None;
        }
        let as_atc = Coding {
            system: Some(system::ATC),
            code,
        };
        self.find(sets::MED_IG_ANY, as_atc)
            .filter(|concept| concept.code == code)
    }

    /// The immunoglobulin products whose brands stand in `text` as words of their own.
    pub fn products_named(&self, text: &str) -> impl Iterator<Item = &Product> {
        products::named_in(&self.products, text)
    }

    /// Every set that the coding is in, by id.
    pub fn sets_of(&self, coding: Coding<'_>) -> Vec<ValueSetId> {
        let mut found: Vec<ValueSetId> = sets::EMBEDDED
            .iter()
            .map(|(set, _)| *set)
            .filter(|set| self.find(*set, coding).is_some())
            .collect();
        found.sort_unstable();
        found
    }

    /// The codes with which a suggestion orders.
    pub fn order_codes(&self) -> &OrderCodes {
        &self.order_codes
    }

    /// The codes that the site added to sets whose id begins so, each once, as they stand in its files.
    pub fn site_codes(&self, id_begins: &str) -> Vec<&str> {
        let mut codes: Vec<&str> = Vec::new();
        for (set, code) in &self.site_codes {
            if set.as_str().starts_with(id_begins) && !codes.contains(&code.as_str()) {
                codes.push(code);
            }
        }
        codes
    }

    /// The immunoglobulin product that a site's own code stands for.
    pub fn product_by_code(&self, coding: Coding<'_>) -> Option<&Product> {
        self.product_codes.exact(&Normalised::of(coding)?)
    }

    /// Is the code in `set`, or, where it stands for what is below it, one of the codes below?
    fn touches(&self, set: ValueSetId, key: &Normalised<'_>, by_prefix: bool) -> bool {
        let below = |codes: &Codes<Concept>| {
            codes
                .of_system(key.system)
                .any(|(code, _)| code.starts_with(&*key.code))
        };
        self.sets.get(set.as_str()).is_some_and(|own| {
            own.find(key).is_some() || by_prefix && (below(&own.exact) || below(&own.prefix))
        })
    }

    /// The factor to g/L of the codes of a substance concentration, which all have the same.
    fn substance_factor(&self, set: ValueSetId) -> Option<Decimal> {
        let own = self.sets.get(set.as_str())?;
        own.exact
            .all()
            .find_map(|(_, _, concept)| concept.grams_per_litre_factor)
    }

    fn lookup(&self, set: ValueSetId, key: &Normalised<'_>) -> Option<&Concept> {
        self.sets.get(set.as_str())?.find(key)
    }

    /// F-06: the same three-character ICD-10 category, or one of the mapped foci.
    fn focus(&self, key: &Normalised<'_>) -> Focus {
        let mapped = if key.system == SNOMED {
            self.foci.exact(key)
        } else {
            self.foci.longest(key)
        };
        mapped.cloned().unwrap_or_else(|| {
            let category = if key.system == SNOMED {
                None
            } else {
                key.code.get(..3)
            };
            Focus::Other(category.unwrap_or(&key.code).to_owned())
        })
    }
}

#[cfg(test)]
mod tests;
