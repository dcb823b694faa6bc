//! In which sets a code is, found by one look instead of one for each set.

use std::collections::{BTreeSet, HashMap};

use super::{ValueSetId, sets, system::Normalised};

/// Some of the value sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Membership(u128);

// A bit for each set.
const _: () = assert!(sets::EMBEDDED.len() <= 128);

impl Membership {
    /// No set.
    pub const NONE: Self = Self(0);

    /// These sets.
    pub fn of(sets: &[ValueSetId]) -> Self {
        Self(sets.iter().fold(0, |bits, set| bits | 1 << set.place))
    }

    /// Is a set among both?
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The sets that are among either.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The sets of every code, by system.
#[derive(Debug, Clone, Default)]
pub(super) struct Index(HashMap<String, Codes>);

/// The codes of one system.
#[derive(Debug, Clone, Default)]
struct Codes {
    exact: HashMap<String, Membership>,
    /// Codes that stand for what is below them.
    prefix: HashMap<String, Membership>,
    /// How long these are, in bytes.
    lengths: BTreeSet<usize>,
}

impl Index {
    pub fn insert(&mut self, set: ValueSetId, key: &Normalised<'_>, by_prefix: bool) {
        let codes = self.0.entry(key.system.to_owned()).or_default();
        let sets = if by_prefix {
            codes.lengths.insert(key.code.len());
            &mut codes.prefix
        } else {
            &mut codes.exact
        };
        let sets = sets.entry(key.code.to_string()).or_default();
        *sets = sets.or(Membership::of(&[set]));
    }

    /// Is there a code of this system?
    pub fn has_system(&self, system: &str) -> bool {
        self.0.contains_key(system)
    }

    /// The sets that a code is in.
    pub fn find(&self, key: &Normalised<'_>) -> Membership {
        let Some(codes) = self.0.get(key.system) else {
            return Membership::NONE;
        };
        let begins = codes.lengths.iter();
        begins
            .filter_map(|length| codes.prefix.get(key.code.get(..*length)?))
            .chain(codes.exact.get(&*key.code))
            .fold(Membership::NONE, |found, sets| found.or(*sets))
    }
}
