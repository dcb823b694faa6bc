//! The doses of a course, in order of time, as far as the record says them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::guideline::{
    dose::{self, DoseUnknown, Per28Days},
    facts::{Facts, Prescription, Reference, WrittenDose},
    immunoglobulin::IgCourse,
    quantity::Mass,
};

/// A dose that holds from a day until the next one of its course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseDose {
    /// The first day on which it was ordered or given; `None` when the record does not say.
    pub from: Option<Date>,
    /// How much.
    pub amount: CourseAmount,
    /// The orders, statements or administrations.
    pub evidence: Vec<Reference>,
}

/// How much immunoglobulin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CourseAmount {
    /// What an order comes to in 28 days.
    Ordered(Per28Days),
    /// What was given each time, where there is no order.
    Given(Mass),
    /// An order that does not come to grams in 28 days.
    AsWritten {
        /// Its own words.
        words: Option<String>,
        /// What each dose is, least and most, where that is a mass.
        each: Option<(Mass, Mass)>,
        /// Why.
        why: DoseUnknown,
    },
}

/// What each record of immunoglobulin says of the dose, and since when.
pub(super) struct Doses<'a> {
    since: BTreeMap<&'a Reference, Option<Date>>,
    ordered: BTreeMap<&'a Reference, &'a Prescription>,
    given: BTreeMap<&'a Reference, Mass>,
}

impl<'a> Doses<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        let mut doses = Self {
            since: BTreeMap::new(),
            ordered: BTreeMap::new(),
            given: BTreeMap::new(),
        };
        for exposure in &facts.immunoglobulin {
            let since = exposure.start.map(|start| start.latest());
            doses.since.insert(&exposure.evidence, since);
        }
        for order in &facts.running_orders {
            doses.ordered.insert(&order.evidence, &order.prescription);
        }
        for past in &facts.past_doses {
            match &past.dose {
                WrittenDose::Ordered(prescription) => {
                    doses.ordered.insert(&past.evidence, prescription);
                }
                WrittenDose::Given(mass) => {
                    doses.given.insert(&past.evidence, *mass);
                }
            }
        }
        doses
    }

    /// The doses of a course: those of its orders and statements, else those that were given. One that
    /// only repeats the one before it is not another dose; orders that run beside each other are one.
    pub fn of(&self, course: &IgCourse) -> Vec<CourseDose> {
        let mut evidence: Vec<&Reference> = course.evidence.iter().collect();
        evidence.sort_by_key(|reference| (self.since(reference), *reference));
        evidence.dedup();
        let runs = |reference: &&Reference| course.running_orders.contains(reference);
        let (running, past): (Vec<&Reference>, Vec<&Reference>) =
            evidence.iter().copied().partition(runs);
        let mut doses = Vec::new();
        for reference in past {
            self.add(&mut doses, &[reference], |reference| {
                Some(ordered(&[*self.ordered.get(reference)?]))
            });
        }
        let orders = running
            .iter()
            .filter_map(|reference| self.ordered.get(reference));
        let orders: Vec<&Prescription> = orders.copied().collect();
        if !orders.is_empty() {
            self.add(&mut doses, &running, |_| Some(ordered(&orders)));
        }
        if doses.is_empty() {
            for reference in evidence {
                self.add(&mut doses, &[reference], |reference| {
                    Some(CourseAmount::Given(*self.given.get(reference)?))
                });
            }
        }
        doses
    }

    fn since(&self, reference: &Reference) -> Option<Date> {
        self.since.get(reference).copied().flatten()
    }

    /// Adds a dose that records say together.
    fn add(
        &self,
        doses: &mut Vec<CourseDose>,
        evidence: &[&Reference],
        amount: impl Fn(&Reference) -> Option<CourseAmount>,
    ) {
        let Some(amount) = evidence.last().and_then(|reference| amount(reference)) else {
            return;
        };
        let evidence = evidence.iter().copied();
        match doses.last_mut() {
            Some(last) if last.amount == amount => last.evidence.extend(evidence.cloned()),
            _ => doses.push(CourseDose {
                from: evidence.clone().filter_map(|one| self.since(one)).max(),
                amount,
                evidence: evidence.cloned().collect(),
            }),
        }
    }
}

fn ordered(prescriptions: &[&Prescription]) -> CourseAmount {
    match dose::per_28_days(prescriptions) {
        Ok(amount) => CourseAmount::Ordered(amount),
        Err(why) => {
            let words = prescriptions.iter().filter_map(|one| one.words.as_deref());
            let words = words.collect::<Vec<_>>().join("; ");
            let mut doses = prescriptions.iter().flat_map(|one| &one.doses);
            let only = match (doses.next(), doses.next()) {
                (Some(only), None) if !only.amount.per_kilogram => Some(only.amount),
                _ => None,
            };
            CourseAmount::AsWritten {
                words: (!words.is_empty()).then_some(words),
                each: only.map(|amount| (amount.low, amount.high)),
                why,
            }
        }
    }
}
