//! Exact quantities: a concentration in grams per litre, a mass in micrograms.

use std::fmt;

use serde::Serialize;

/// Grams per litre, exact: a whole number of picograms.
///
/// Lab values are compared with 4 and 6 g/L as exact decimals, never as floats and never rounded
/// (B-01: 3.95 is below 4, 4.0 is not). Twelve decimals are kept; further ones are cut off, which
/// cannot move a value across a limit that itself has fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GramsPerLitre(i64);

impl GramsPerLitre {
    /// Decimals that are kept.
    pub const DECIMALS: u32 = 12;
    /// 4 g/L, the limit of REC-10, REC-17 and REC-23.
    pub const FOUR: Self = Self::whole(4);
    /// 6 g/L, the limit of REC-11.
    pub const SIX: Self = Self::whole(6);
    /// The highest IgG that is believed (F-01).
    pub const PLAUSIBLE_MAX: Self = Self::whole(150);

    /// A whole number of grams per litre.
    pub const fn whole(grams: i32) -> Self {
        Self((grams as i64).saturating_mul(1_000_000_000_000))
    }

    /// From picograms per litre.
    pub const fn from_picograms(picograms: i64) -> Self {
        Self(picograms)
    }

    /// Picograms per litre.
    pub const fn picograms(self) -> i64 {
        self.0
    }
}

impl fmt::Display for GramsPerLitre {
    /// The shortest exact decimal, with a point: `3.2`, `4`, `3.99`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let (whole, rest) = (magnitude / 1_000_000_000_000, magnitude % 1_000_000_000_000);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let decimals = format!("{rest:012}");
        write!(f, "{sign}{whole}.{}", decimals.trim_end_matches('0'))
    }
}

/// A mass, exact: a whole number of micrograms.
///
/// Doses and weights are compared as exact numbers. What a record writes finer than a microgram is
/// cut off: no dose of immunoglobulin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Mass(i64);

impl Mass {
    /// Micrograms in a gram.
    pub const PER_GRAM: i64 = 1_000_000;

    /// A whole number of grams.
    pub const fn grams(grams: i32) -> Self {
        Self(grams as i64 * Self::PER_GRAM)
    }

    /// From milligrams; one that does not fit is the greatest that does.
    pub const fn from_milligrams(milligrams: i64) -> Self {
        Self(milligrams.saturating_mul(1000))
    }

    /// From micrograms.
    pub const fn from_micrograms(micrograms: i64) -> Self {
        Self(micrograms)
    }

    /// Micrograms.
    pub const fn micrograms(self) -> i64 {
        self.0
    }
}
