//! What one more fact would decide, found by concluding again with that fact added.
//!
//! Nothing is guessed: a counterfactual is given only where the rules themselves, asked with every
//! kind of value that the fact can have, leave nothing open. All else is taken to stay as it is.

use jiff::civil::Date;
use serde::Serialize;

use super::{
    assessment::{Assessment, CardCode, MissingItem, Population, StartConclusion},
    conclude,
    date::{When, plus_days, plus_months},
    facts::{Facts, LabResult, Measured, Reference, Statement, StatementKind},
    parameters::{K1_ADULT_YEARS, K2_WINDOW_MONTHS},
    quantity::GramsPerLitre,
};
use StartConclusion::{Cons, Met, Unk};

/// The fact that would decide, and what it would lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "fact",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Counterfactual {
    /// A second IgG without active infection decides (REC-28).
    SecondSample {
        /// Drawn on or after this day.
        from: Date,
        /// Below this many g/L it leads to `then`.
        #[serde(serialize_with = "as_text")]
        below: GramsPerLitre,
        /// The conclusion if it is again below.
        then: StartConclusion,
    },
    /// The infection history decides (REC-30).
    InfectionHistory {
        /// The conclusion if qualifying infections are documented.
        present: StartConclusion,
        /// The conclusion if it is documented that there are none.
        none: StartConclusion,
    },
    /// The date of birth decides (K1).
    BirthDate {
        /// The last date of birth of an adult.
        adult_until: Date,
        /// The conclusion for an adult.
        adult: StartConclusion,
        /// The conclusion for a child.
        child: StartConclusion,
    },
    /// The exact day of the index event decides (K2).
    IndexDay {
        /// The first day that is less than 6 months ago.
        from: Date,
        /// The conclusion if it was that day or later.
        within: StartConclusion,
        /// The conclusion if it was earlier.
        before: StartConclusion,
    },
    /// Where IgG alone decides (REC-17, REC-23), a new one below 4 g/L would meet the criterion.
    LowerIgg {
        /// Drawn before this day, if the rule ends.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Date>,
    },
}

fn as_text<S: serde::Serializer>(value: &GramsPerLitre, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What would decide the start; `None` where nothing alone would.
pub(super) fn find(facts: &Facts, assessment: &Assessment) -> Option<Counterfactual> {
    let asked = Asked { facts, assessment };
    if assessment.start.conclusion == Unk {
        let lacks = |items: &[MissingItem]| {
            let missing = &assessment.start.missing;
            items.iter().any(|item| missing.contains(item))
        };
        if lacks(&[MissingItem::BirthDate]) {
            return asked.birth_date();
        }
        if lacks(&[MissingItem::IndexEventDate]) {
            return asked.index_day();
        }
        if lacks(&[MissingItem::InfectionHistory, MissingItem::InfectionDetails]) {
            return asked.infection_history();
        }
        return asked.second_sample();
    }
    if assessment.cards.contains(&CardCode::C32) {
        return asked.lower_igg();
    }
    None
}

struct Asked<'a> {
    facts: &'a Facts,
    assessment: &'a Assessment,
}

impl Asked<'_> {
    /// The start conclusion on `day` with facts changed; `None` where it stays open.
    fn if_so(&self, day: Date, change: impl FnOnce(&mut Facts)) -> Option<StartConclusion> {
        let mut facts = self.facts.clone();
        change(&mut facts);
        let conclusion = conclude(&facts, day).start.conclusion;
        (conclusion != Unk).then_some(conclusion)
    }

    /// With one more IgG of `value`, drawn on `day` and judged that day.
    fn if_igg(&self, value: GramsPerLitre, day: Date) -> Option<StartConclusion> {
        let decisive = self.assessment.start.igg.as_ref();
        let reference_low = decisive.and_then(|igg| igg.reference_low);
        self.if_so(day, |facts| {
            facts.igg.push(LabResult {
                drawn: Some(When::day(day)),
                value: Measured::Exactly(value),
                reference_low,
                evidence: Reference::new("Observation/new"),
            });
        })
    }

    fn second_sample(&self) -> Option<Counterfactual> {
        let from = self.assessment.start.repeat_from?;
        let day = from.max(self.assessment.as_of);
        let at = |value| self.if_igg(value, day);
        let lowest = at(GramsPerLitre::from_picograms(0))?;
        let under_4 = at(just_below(GramsPerLitre::FOUR))?;
        let from_4 = at(GramsPerLitre::FOUR)?;
        let under_6 = at(just_below(GramsPerLitre::SIX))?;
        at(GramsPerLitre::SIX)?;
        at(GramsPerLitre::PLAUSIBLE_MAX)?;
        let below = if [under_4, from_4, under_6] == [lowest; 3] {
            GramsPerLitre::SIX
        } else if under_4 == lowest {
            GramsPerLitre::FOUR
        } else {
            return None;
        };
        matches!(lowest, Met | Cons).then_some(Counterfactual::SecondSample {
            from,
            below,
            then: lowest,
        })
    }

    fn infection_history(&self) -> Option<Counterfactual> {
        let as_of = self.assessment.as_of;
        let stated = |present| {
            self.if_so(as_of, |facts| {
                facts.statements.push(Statement {
                    kind: StatementKind::InfectionHistoryReviewed(present),
                    date: as_of,
                    from: None,
                    evidence: Reference::new("Observation/new"),
                });
            })
        };
        let (present, none) = (stated(true)?, stated(false)?);
        (present != none).then_some(Counterfactual::InfectionHistory { present, none })
    }

    fn birth_date(&self) -> Option<Counterfactual> {
        let as_of = self.assessment.as_of;
        let adult_until = plus_months(as_of, -12 * K1_ADULT_YEARS);
        let born = |day| self.if_so(as_of, |facts| facts.patient.born = Some(When::day(day)));
        let (adult, child) = (born(adult_until)?, born(plus_days(adult_until, 1))?);
        (adult != child).then_some(Counterfactual::BirthDate {
            adult_until,
            adult,
            child,
        })
    }

    fn index_day(&self) -> Option<Counterfactual> {
        use Population::{P2A, P2B};
        let Assessment {
            as_of, population, ..
        } = self.assessment;
        let index = population.index.as_ref()?;
        if population.alternatives != [P2A, P2B] {
            return None;
        }
        // Clamped months: of a few days at a month's end the first that is still within.
        let earliest = plus_months(*as_of, -K2_WINDOW_MONTHS);
        let from = (0..5)
            .map(|days| plus_days(earliest, days))
            .find(|day| plus_months(*day, K2_WINDOW_MONTHS) > *as_of)?;
        let on = |day: Date| {
            self.if_so(*as_of, |facts| {
                let day = Some(When::day(day));
                for infusion in &mut facts.car_t {
                    if index.evidence.contains(&infusion.evidence) {
                        infusion.when = day;
                    }
                }
                for exposure in &mut facts.bispecifics {
                    if index.evidence.contains(&exposure.evidence) {
                        exposure.start = day;
                    }
                }
            })
        };
        let (within, before) = (on(from)?, on(plus_days(from, -1))?);
        (within != before).then_some(Counterfactual::IndexDay {
            from,
            within,
            before,
        })
    }

    fn lower_igg(&self) -> Option<Counterfactual> {
        let population = &self.assessment.population;
        let before = match population.code {
            Population::P2A => Some(population.index.as_ref()?.window_end),
            Population::P3 => None,
            _ => return None,
        };
        let tomorrow = plus_days(self.assessment.as_of, 1);
        if before.is_some_and(|end| tomorrow >= end) {
            return None;
        }
        let met = |value| self.if_igg(value, tomorrow) == Some(Met);
        (met(GramsPerLitre::from_picograms(0)) && met(just_below(GramsPerLitre::FOUR)))
            .then_some(Counterfactual::LowerIgg { before })
    }
}

fn just_below(limit: GramsPerLitre) -> GramsPerLitre {
    GramsPerLitre::from_picograms(limit.picograms().saturating_sub(1))
}
