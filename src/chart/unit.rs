//! Quantities: exact decimals with a unit that is stated, never guessed (F-01).

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::{
    json::{Object, string},
    terminology::Concept,
};
use crate::guideline::{
    problem::Problem,
    quantity::{GramsPerLitre, Mass},
};

/// System URI of UCUM.
const UCUM: &str = "http://unitsofmeasure.org";
/// Decimals of a value that are read; further ones are cut off (see [`GramsPerLitre`]).
const DECIMALS: usize = 15;
/// Digits before the point; a longer number is no result of a laboratory.
const WHOLE_DIGITS: usize = 9;

/// A comparator of a Quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// None: the number itself.
    Exactly,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A number with its unit, as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// The number.
    pub value: Decimal,
    /// The comparator.
    pub comparator: Comparator,
    /// The unit in UCUM, litres written `L`.
    pub unit: String,
}

impl Quantity {
    /// Reads a Quantity.
    ///
    /// # Errors
    ///
    /// The [`Problem`] for a value that is missing, no number or too large, a comparator that FHIR
    /// does not have, and a unit that is missing or said in two ways. Whether the unit is a known one
    /// is for [`factor`] to say.
    pub fn read(raw: &RawValue) -> Result<Self, Problem> {
        let quantity = Object::of(raw).ok_or(Problem::ValueUnreadable)?;
        let number = quantity.get("value").ok_or(Problem::ValueMissing)?;
        let value = decimal(number.get())?;
        let comparator = match quantity.get("comparator").map(string) {
            None => Comparator::Exactly,
            Some(Some(text)) => match &*text {
                "<" => Comparator::Less,
                "<=" => Comparator::LessOrEqual,
                ">" => Comparator::Greater,
                ">=" => Comparator::GreaterOrEqual,
                _ => return Err(Problem::ValueUnreadable),
            },
            Some(None) => return Err(Problem::ValueUnreadable),
        };
        let in_ucum = quantity.text("system").as_deref() == Some(UCUM);
        let code = quantity
            .text("code")
            .filter(|_| in_ucum)
            .map(|unit| canonical(&unit));
        let printed = quantity.text("unit").map(|unit| canonical(&unit));
        let unit = match (code, printed) {
            // The code decides, unless the printed unit is a known one that says something else.
            (Some(code), Some(printed)) if contradict(&code, &printed) => {
                return Err(Problem::Conflict);
            }
            (Some(code), _) => code,
            (None, Some(printed)) => printed,
            (None, None) => return Err(Problem::UnitMissing),
        };
        if unit.trim().is_empty() {
            return Err(Problem::UnitMissing);
        }
        Ok(Self {
            value,
            comparator,
            unit,
        })
    }
}

/// The same unit with litres written `L`: UCUM has both, `g/l` is `g/L`.
pub fn canonical(unit: &str) -> String {
    match unit.strip_suffix("/l") {
        Some(rest) => format!("{rest}/L"),
        None => unit
            .replace("/dl", "/dL")
            .replace("/ml", "/mL")
            .replace("/ul", "/uL"),
    }
}

/// Mass concentrations that are known, with their factor to g/L.
const MASS_UNITS: [(&str, Decimal); 5] = [
    ("g/L", Decimal::ONE),
    ("g/dL", Decimal::TEN),
    ("mg/dL", Decimal::from_parts(1, 0, 0, false, 2)),
    ("mg/L", Decimal::from_parts(1, 0, 0, false, 3)),
    ("mg/mL", Decimal::ONE),
];
/// The substance concentration that is known.
const MICROMOLES: &str = "umol/L";
/// Cell counts that are known, with their factor to cells per millilitre.
const COUNT_UNITS: [(&str, i64); 4] = [
    ("10*9/L", 1_000_000),
    ("10*6/L", 1_000),
    ("10*3/uL", 1_000_000),
    ("/uL", 1_000),
];

/// Masses that are known, with their factor to micrograms.
const MASSES: [(&str, Decimal); 4] = [
    ("kg", Decimal::from_parts(1_000_000_000, 0, 0, false, 0)),
    ("g", Decimal::from_parts(1_000_000, 0, 0, false, 0)),
    ("mg", Decimal::from_parts(1_000, 0, 0, false, 0)),
    // 0.45359237 kg by definition.
    ("[lb_av]", Decimal::from_parts(453_592_370, 0, 0, false, 0)),
];

/// A unit of a dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoseUnit {
    /// Micrograms in one.
    Mass(Decimal),
    /// Millilitres.
    Millilitres,
    /// Vials.
    Vials,
}

/// Spellings of the units of a dose, in lower case.
const DOSE_UNITS: [(&str, DoseUnit); 14] = [
    ("g", GRAM),
    ("gram", GRAM),
    ("grams", GRAM),
    ("mg", MILLIGRAM),
    ("milligram", MILLIGRAM),
    ("ml", DoseUnit::Millilitres),
    ("milliliter", DoseUnit::Millilitres),
    ("millilitre", DoseUnit::Millilitres),
    ("vial", DoseUnit::Vials),
    ("vials", DoseUnit::Vials),
    ("{vial}", DoseUnit::Vials),
    ("{vials}", DoseUnit::Vials),
    ("hætteglas", DoseUnit::Vials),
    ("{hætteglas}", DoseUnit::Vials),
];
const GRAM: DoseUnit = DoseUnit::Mass(Decimal::from_parts(1_000_000, 0, 0, false, 0));
const MILLIGRAM: DoseUnit = DoseUnit::Mass(Decimal::from_parts(1_000, 0, 0, false, 0));

/// The unit of a dose, and whether it is for each kilogram; `None` for one that is not listed.
pub fn dose_unit(unit: &str) -> Option<(DoseUnit, bool)> {
    let unit = unit.trim().to_lowercase();
    let (each, per_kilogram) = match unit.strip_suffix("/kg") {
        Some(each) => (each, true),
        None => (unit.as_str(), false),
    };
    let (_, found) = DOSE_UNITS.iter().find(|(spelling, _)| *spelling == each)?;
    let fits = !per_kilogram || *found != DoseUnit::Vials;
    fits.then_some((*found, per_kilogram))
}

/// Two units of one quantity that are both known and say something else.
fn contradict(code: &str, printed: &str) -> bool {
    if code == printed {
        return false;
    }
    match (dose_unit(code), dose_unit(printed)) {
        (Some(code), Some(printed)) => code != printed,
        _ => is_listed(printed) || MASSES.iter().any(|(listed, _)| *listed == printed),
    }
}

/// A body weight: kg, g or pounds.
///
/// # Errors
///
/// [`Problem::UnitUnknown`] for another unit, [`Problem::ValueImplausible`] beyond what fits.
pub fn body_weight(quantity: &Quantity) -> Result<Mass, Problem> {
    let known = MASSES
        .iter()
        .find(|(listed, _)| *listed == quantity.unit && *listed != "mg");
    let (_, factor) = known.ok_or(Problem::UnitUnknown)?;
    mass(quantity.value, *factor)
}

/// A number of `micrograms` as a mass, cut off at the microgram; not negative.
///
/// # Errors
///
/// [`Problem::ValueImplausible`] below zero and beyond what fits.
pub fn mass(number: Decimal, micrograms: Decimal) -> Result<Mass, Problem> {
    number
        .checked_mul(micrograms)
        .filter(|product| !product.is_sign_negative() || product.is_zero())
        .and_then(|product| i64::try_from(product.floor()).ok())
        .map(Mass::from_micrograms)
        .ok_or(Problem::ValueImplausible)
}

fn is_listed(unit: &str) -> bool {
    is_substance_concentration(unit) || is_mass_concentration(unit) || is_cell_count(unit)
}

/// Is the unit a mass concentration that is known?
pub fn is_mass_concentration(unit: &str) -> bool {
    MASS_UNITS.iter().any(|(listed, _)| *listed == unit)
}

/// Is the unit the substance concentration that is known?
pub fn is_substance_concentration(unit: &str) -> bool {
    unit == MICROMOLES
}

/// Is the unit a cell count that is known?
pub fn is_cell_count(unit: &str) -> bool {
    COUNT_UNITS.iter().any(|(listed, _)| *listed == unit)
}

/// The quantity's value in grams per litre, exact, cut off at the picogram.
///
/// `concepts` are what the code says: an NPU code implies its unit, and one of a substance
/// concentration the factor to g/L. Micromoles mean grams under such a code only.
///
/// # Errors
///
/// [`Problem::UnitContradictsCode`] for a unit that the code excludes, [`Problem::UnitUnknown`] for
/// one that is not listed, [`Problem::ValueImplausible`] beyond what fits.
pub fn grams_per_litre(
    quantity: &Quantity,
    concepts: &[&Concept],
) -> Result<GramsPerLitre, Problem> {
    if !is_listed(&quantity.unit) {
        return Err(Problem::UnitUnknown);
    }
    let mut implied = concepts
        .iter()
        .filter_map(|concept| concept.implied_unit.as_deref());
    if implied.any(|unit| canonical(unit) != quantity.unit) {
        return Err(Problem::UnitContradictsCode);
    }
    let substance = concepts
        .iter()
        .find_map(|concept| concept.grams_per_litre_factor);
    let mass = MASS_UNITS
        .iter()
        .find(|(listed, _)| *listed == quantity.unit);
    let factor = match (substance, mass) {
        (None, Some((_, factor))) => *factor,
        (Some(factor), None) if quantity.unit == MICROMOLES => factor,
        _ => return Err(Problem::UnitContradictsCode),
    };
    let picograms = quantity
        .value
        .checked_mul(factor)
        .and_then(|grams| grams.checked_mul(Decimal::from(1_000_000_000_000_i64)))
        .and_then(|picograms| i64::try_from(picograms.floor()).ok());
    picograms
        .map(GramsPerLitre::from_picograms)
        .ok_or(Problem::ValueImplausible)
}

/// The quantity's value in cells per millilitre, cut off.
///
/// # Errors
///
/// As for [`grams_per_litre`].
pub fn cells_per_millilitre(quantity: &Quantity) -> Result<i64, Problem> {
    let (_, factor) = COUNT_UNITS
        .iter()
        .find(|(listed, _)| *listed == quantity.unit)
        .ok_or(Problem::UnitUnknown)?;
    let cells = quantity.value.checked_mul(Decimal::from(*factor));
    cells
        .filter(|cells| !cells.is_sign_negative() || cells.is_zero())
        .and_then(|cells| i64::try_from(cells.floor()).ok())
        .ok_or(Problem::ValueImplausible)
}

/// The exact value of a JSON number, exponent included, cut off after 15 decimals.
///
/// # Errors
///
/// [`Problem::ValueNotNumeric`] for another kind of value, [`Problem::ValueImplausible`] for more
/// than nine digits before the point.
pub fn decimal(text: &str) -> Result<Decimal, Problem> {
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if !magnitude.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Problem::ValueNotNumeric);
    }
    let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(Decimal::ZERO);
    }
    // Where the point stands, counted from the first digit that is not zero.
    let exponent: i64 = exponent.parse().map_err(|_| Problem::ValueImplausible)?;
    let leading = i64::try_from(digits.len() - significant.len());
    let whole = i64::try_from(whole.len());
    let (Ok(leading), Ok(whole)) = (leading, whole) else {
        return Err(Problem::ValueImplausible);
    };
    let point = whole.saturating_sub(leading).saturating_add(exponent);
    if point > WHOLE_DIGITS as i64 {
        return Err(Problem::ValueImplausible);
    }
    let kept = usize::try_from(point + DECIMALS as i64)
        .unwrap_or(0)
        .min(significant.len());
    if kept == 0 {
        return Ok(Decimal::ZERO);
    }
    let number: i128 = significant[..kept]
        .parse()
        .map_err(|_| Problem::ValueImplausible)?;
    let scale = kept as i64 - point;
    let number = if scale < 0 {
        // Trailing zeros that only the exponent writes: at most nine digits in all.
        number * 10_i128.pow(u32::try_from(-scale).unwrap_or(0))
    } else {
        number
    };
    let value = Decimal::try_from_i128_with_scale(number, u32::try_from(scale.max(0)).unwrap_or(0))
        .map_err(|_| Problem::ValueImplausible)?;
    Ok(if negative { -value } else { value })
}
