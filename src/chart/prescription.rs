//! An order of immunoglobulin as it is written: product, route, doses and intervals.
//!
//! Everything becomes grams, and nothing is guessed: a volume needs a product whose strength is known,
//! a vial its content, and words are never read as a dose (B-37, H-09).

mod measures;
mod timing;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::{
    codes::Codes,
    json::Object,
    record::{Record, note},
    terminology::{products, sets},
    unit::{self, Comparator, DoseUnit, Quantity},
};
use crate::guideline::{
    facts::{
        Amount, Cap, DoseGap, DoseRole, Facts, MedicationSource, OrderedRoute, PlannedDose,
        Prescription, Product, Reference, WrittenAs, WrittenDose,
    },
    problem::{Problem, Touches},
    quantity::Mass,
};
use timing::{Timing, Untimed};

/// The most that is believed of one dose: a kilogram.
const MOST: Mass = Mass::grams(1000);

/// The most letters of an order's own words that are kept.
const LONGEST_WORDS: usize = 120;

/// One instruction before it is known what it is for.
struct Instruction {
    amount: Result<Amount, DoseGap>,
    timing: Timing,
    cap: Option<Cap>,
}

/// The product that a site's own codes stand for, else the one that the words of a medication name, or
/// the display of its code in a value set. `None` where they name none, or two.
pub fn product<'t>(codes: &Codes, record: &'t Record<'_>) -> Option<&'t products::Product> {
    let terminology = record.terminology;
    let coded: Vec<&products::Product> = codes
        .codings()
        .filter_map(|coding| terminology.product_by_code(coding))
        .collect();
    let known = if coded.is_empty() {
        let display = medication_display(codes, record);
        let words = codes.all_words().chain(display);
        words
            .flat_map(|words| terminology.products_named(words))
            .collect()
    } else {
        coded
    };
    match known.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other.brand == first.brand) => Some(first),
        _ => None,
    }
}

fn medication_display<'t>(codes: &Codes, record: &'t Record<'_>) -> Option<&'t str> {
    let sets = [sets::MED_IG_SC, sets::MED_IG_IV, sets::MED_IG_ANY];
    codes.find(&sets, record.terminology)?.display.as_deref()
}

/// Reads what `order`, a MedicationRequest of R4, says.
pub fn read(
    codes: &Codes,
    order: &Object<'_>,
    reference: &Reference,
    record: &Record<'_>,
    facts: &mut Facts,
) -> Prescription {
    let mut reader = Reader::new(codes, record);
    let prescription = reader.prescription(codes, &order.objects("dosageInstruction"), record);
    for (problem, why) in reader.problems {
        note(facts, reference, problem, Touches::Nothing, why);
    }
    prescription
}

/// The dose of a record other than a running order: of an order that has ended, a statement, or an
/// administration. What is unclear in it is no data problem, for no rule reads it.
pub fn past(
    source: MedicationSource,
    codes: &Codes,
    object: &Object<'_>,
    record: &Record<'_>,
) -> Option<WrittenDose> {
    let mut reader = Reader::new(codes, record);
    let mut ordered = |element| {
        let instructions = object.objects(element);
        (!instructions.is_empty())
            .then(|| WrittenDose::Ordered(reader.prescription(codes, &instructions, record)))
    };
    match source {
        MedicationSource::Order => ordered("dosageInstruction"),
        MedicationSource::Statement => ordered("dosage"),
        MedicationSource::Administration => {
            let dose = object.object("dosage")?;
            let amount = reader.quantity(dose.get("dose")?, None).ok()?;
            (!amount.per_kilogram).then_some(WrittenDose::Given(amount.high))
        }
        // How much was handed out says nothing of how much is taken.
        MedicationSource::Dispense => None,
    }
}

struct Reader<'t> {
    known: Option<&'t products::Product>,
    /// What the medication is called.
    words: Vec<String>,
    problems: Vec<(Problem, &'static str)>,
}

impl<'t> Reader<'t> {
    fn new(codes: &Codes, record: &'t Record<'_>) -> Self {
        Self {
            known: product(codes, record),
            words: codes
                .all_words()
                .chain(medication_display(codes, record))
                .map(str::to_owned)
                .collect(),
            problems: Vec::new(),
        }
    }

    fn prescription(
        &mut self,
        codes: &Codes,
        instructions: &[Object<'_>],
        record: &Record<'_>,
    ) -> Prescription {
        let (doses, gap) = self.doses(instructions);
        let strength = self.strength();
        let product = product(codes, record).map(|known| Product {
            brand: known.brand.clone(),
            route: known.route,
            milligrams_per_millilitre: strength,
            placement: known.placement,
        });
        Prescription {
            product,
            ordered_route: route(instructions, record),
            doses,
            gap,
            words: words(instructions),
        }
    }

    fn doses(&mut self, instructions: &[Object<'_>]) -> (Vec<PlannedDose>, Option<DoseGap>) {
        let read: Vec<Instruction> = instructions
            .iter()
            .map(|instruction| self.instruction(instruction))
            .filter(|read| !read.is_blank())
            .collect();
        if read.is_empty() {
            return (Vec::new(), Some(DoseGap::NotWritten));
        }
        let timings: Vec<&Timing> = read.iter().map(|read| &read.timing).collect();
        let roles = timing::roles(&timings);
        let mut doses = Vec::new();
        let mut gap = None;
        for (one, role) in read.iter().zip(roles) {
            let interval = one.timing.interval;
            let fault = match (one.amount, interval) {
                (Err(why), _) => Some(why),
                (Ok(_), Ok(_)) => None,
                (Ok(_), Err(Untimed::Missing)) => Some(DoseGap::IntervalMissing),
                (Ok(_), Err(Untimed::Unclear)) => Some(DoseGap::IntervalUnclear),
                (Ok(_), Err(Untimed::Once)) => Some(DoseGap::Once),
                (Ok(_), Err(Untimed::AsNeeded)) => Some(DoseGap::AsNeeded),
            };
            if role == DoseRole::Maintenance {
                gap = gap.or(fault);
            }
            if let Ok(amount) = one.amount {
                doses.push(PlannedDose {
                    role,
                    amount,
                    interval: interval.ok(),
                    cap: one.cap,
                });
            }
        }
        if matches!(
            gap,
            Some(DoseGap::StrengthUnknown | DoseGap::VialUnknown | DoseGap::IntervalUnclear)
        ) {
            self.problems.push((
                Problem::DoseUnclear,
                "the dose cannot be turned into grams in 28 days",
            ));
        }
        (doses, gap)
    }

    fn instruction(&mut self, instruction: &Object<'_>) -> Instruction {
        let amount = self.amount(instruction);
        let cap = self.cap(instruction);
        let timing = timing::read(instruction);
        let amount = match (amount, cap) {
            (Err(DoseGap::NotWritten), Some(_)) => Err(DoseGap::OnlyMaximum),
            (amount, _) => amount,
        };
        Instruction {
            amount,
            timing,
            cap,
        }
    }

    /// How much each time.
    fn amount(&mut self, instruction: &Object<'_>) -> Result<Amount, DoseGap> {
        let all: Vec<Object<'_>> = instruction
            .objects("doseAndRate")
            .into_iter()
            .filter(|dose| dose.get("doseQuantity").is_some() || dose.get("doseRange").is_some())
            .collect();
        let ordered: Vec<&Object<'_>> = all.iter().filter(|dose| is_ordered(dose)).collect();
        let dose = match (all.as_slice(), ordered.as_slice()) {
            ([], _) => return Err(DoseGap::NotWritten),
            ([only], _) => only,
            (_, [only]) => *only,
            _ => return Err(DoseGap::Ambiguous),
        };
        let text = instruction.text("text");
        match (dose.get("doseQuantity"), dose.object("doseRange")) {
            (Some(raw), None) => self.quantity(raw, text.as_deref()),
            (None, Some(range)) => match (range.get("low"), range.get("high")) {
                (Some(low), Some(high)) => {
                    let low = self.quantity(low, None)?;
                    let high = self.quantity(high, None)?;
                    let alike = low.per_kilogram == high.per_kilogram && low.low <= high.high;
                    if !alike {
                        self.problems
                            .push((Problem::Conflict, "the ends of a dose range"));
                        return Err(DoseGap::Unusable);
                    }
                    Ok(Amount {
                        high: high.high,
                        ..low
                    })
                }
                _ => Err(DoseGap::Ambiguous),
            },
            _ => Err(DoseGap::Ambiguous),
        }
    }

    fn quantity(&mut self, raw: &RawValue, text: Option<&str>) -> Result<Amount, DoseGap> {
        let quantity = match Quantity::read(raw) {
            Ok(quantity) if quantity.comparator == Comparator::Exactly => quantity,
            // A dose that is being typed is none yet.
            Err(Problem::ValueMissing) => return Err(DoseGap::NotWritten),
            Ok(_) => return self.unusable(Problem::ValueNotNumeric),
            Err(problem) => return self.unusable(problem),
        };
        if quantity.value.is_zero() {
            return Err(DoseGap::NotWritten);
        }
        let Some((unit, per_kilogram)) = unit::dose_unit(&quantity.unit) else {
            return self.unusable(Problem::UnitUnknown);
        };
        let (factor, written) = match unit {
            DoseUnit::Mass(micrograms) => {
                let beside = text.is_some_and(|text| {
                    measures::in_words(text)
                        .iter()
                        .any(|(number, unit)| *number == quantity.value && unit == "ml")
                });
                (
                    micrograms,
                    if beside {
                        WrittenAs::MassBesideMillilitres
                    } else {
                        WrittenAs::Mass
                    },
                )
            }
            DoseUnit::Millilitres => {
                let strength = self.strength().ok_or(DoseGap::StrengthUnknown)?;
                (
                    Decimal::from(strength) * Decimal::from(1000),
                    WrittenAs::Volume,
                )
            }
            DoseUnit::Vials => {
                let content = self.vial().ok_or(DoseGap::VialUnknown)?;
                (Decimal::from(content.micrograms()), WrittenAs::Vials)
            }
        };
        match unit::mass(quantity.value, factor) {
            Ok(mass) if mass <= MOST => Ok(Amount {
                low: mass,
                high: mass,
                per_kilogram,
                written,
            }),
            _ => self.unusable(Problem::ValueImplausible),
        }
    }

    fn unusable(&mut self, problem: Problem) -> Result<Amount, DoseGap> {
        self.problems.push((problem, "dosageInstruction dose"));
        Err(DoseGap::Unusable)
    }

    /// `maxDosePerPeriod`, where it is a mass or a volume in a time.
    fn cap(&mut self, instruction: &Object<'_>) -> Option<Cap> {
        let ratio = instruction.object("maxDosePerPeriod")?;
        let amount = self.quantity(ratio.get("numerator")?, None).ok()?;
        let seconds = timing::duration(ratio.get("denominator")?)?;
        (!amount.per_kilogram).then_some(Cap {
            amount: amount.high,
            seconds,
        })
    }

    /// The strength of the product in mg/mL; `None` where the order states another one.
    fn strength(&self) -> Option<u32> {
        let known = self.known?.milligrams_per_millilitre;
        let agrees = self
            .words
            .iter()
            .flat_map(|words| measures::in_words(words))
            .filter_map(|(number, unit)| match unit.as_str() {
                "mg/ml" => Some(number),
                "%" => number.checked_mul(Decimal::TEN),
                _ => None,
            })
            .all(|stated| stated == Decimal::from(known));
        agrees.then_some(known)
    }

    /// The content of a vial, where the medication's words give one, in grams or millilitres.
    fn vial(&self) -> Option<Mass> {
        let stated: Vec<(Decimal, String)> = self
            .words
            .iter()
            .flat_map(|words| measures::in_words(words))
            .collect();
        let of = |wanted: &str| -> Vec<Decimal> {
            let mut numbers: Vec<Decimal> = stated
                .iter()
                .filter(|(_, unit)| unit == wanted)
                .map(|(number, _)| *number)
                .collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let by_volume = |millilitres: Decimal| {
            let strength = self.strength()?;
            unit::mass(millilitres, Decimal::from(strength) * Decimal::from(1000)).ok()
        };
        let by_mass = |grams: Decimal| unit::mass(grams, Decimal::from(Mass::PER_GRAM)).ok();
        match (of("g").as_slice(), of("ml").as_slice()) {
            ([grams], []) => by_mass(*grams),
            ([], [millilitres]) => by_volume(*millilitres),
            ([grams], [millilitres]) => {
                by_mass(*grams).filter(|mass| by_volume(*millilitres) == Some(*mass))
            }
            _ => None,
        }
    }
}

impl Instruction {
    /// Neither a dose nor an interval: what an empty form leaves behind, or words alone.
    fn is_blank(&self) -> bool {
        self.amount == Err(DoseGap::NotWritten) && self.timing.interval == Err(Untimed::Missing)
    }
}

/// What the instructions say in words.
fn words(instructions: &[Object<'_>]) -> Option<String> {
    let texts = instructions.iter().filter_map(|one| one.text("text"));
    let words = texts.collect::<Vec<_>>().join("; ");
    let words: String = words.trim().chars().take(LONGEST_WORDS).collect();
    (!words.is_empty()).then_some(words)
}

/// `doseAndRate.type` says that it is the dose that was ordered, not one that was calculated.
fn is_ordered(dose: &Object<'_>) -> bool {
    const DOSE_RATE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/dose-rate-type";
    dose.get("type")
        .and_then(Codes::peek)
        .is_some_and(|codes| codes.has(DOSE_RATE_TYPE, "ordered"))
}

/// The route that the instructions state; `None` where they state none, or two.
fn route(instructions: &[Object<'_>], record: &Record<'_>) -> Option<OrderedRoute> {
    use OrderedRoute::{Intravenous, Subcutaneous};
    let mut stated: Vec<OrderedRoute> = Vec::new();
    for instruction in instructions {
        let Some(codes) = instruction.get("route").and_then(Codes::peek) else {
            continue;
        };
        if codes.is_in(&[sets::ROUTE_IV], record.terminology) {
            stated.push(Intravenous);
        }
        if codes.is_in(&[sets::ROUTE_SC], record.terminology) {
            stated.push(Subcutaneous);
        }
        stated.extend(codes.all_words().flat_map(measures::routes_in_words));
    }
    match stated.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other == first) => Some(*first),
        _ => None,
    }
}
