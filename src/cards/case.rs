//! The case that a card is written for: the assessment, the chart and the language.

use jiff::civil::Date;

use super::{Language, locale};
use crate::{
    chart::Chart,
    guideline::{
        assessment::{
            Assessment, CardCode, CourseConclusion, CourseRule, Criterion, CriterionId, IndexEvent,
            MissingItem, Population, StartConclusion,
        },
        counterfactual::Counterfactual,
        date::{days_between, plus_days},
        facts::{Infection, StatementKind},
        parameters::{E9_HISTORY_DAYS, E11_REVIEW_LATE_DAYS, E13_DECISIVE_FACTOR_DAYS},
        switch::Comparison,
    },
};

/// What every part of a card is written from.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub assessment: &'a Assessment,
    pub chart: &'a Chart,
    pub language: Language,
    /// The service's id.
    pub service: &'a str,
}

/// What C14 says: the stop is near or due, it is to be weighed, or it has been moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopCase {
    /// Due within K17.
    Soon,
    /// Due.
    Due,
    /// Due, and the infections before the start are not known (B-08).
    ReviewUnknownHistory,
    /// The ordinary rule applies, and T0 + 6 months asks for a review all the same (B-07, B-15).
    ReviewOrdinaryRule,
    /// A stated extension runs (REC-44).
    Extended,
}

impl<'a> Case<'a> {
    /// A day as it is written on a card.
    pub fn date(&self, day: Date) -> String {
        locale::date(day, self.language)
    }

    /// A course conclusion holds.
    pub fn has(&self, conclusion: CourseConclusion) -> bool {
        self.assessment.course.conclusions.contains(&conclusion)
    }

    /// The patient is, or by an incomplete date of birth may be, a child (K1).
    pub fn is_child(&self) -> bool {
        self.chart.facts.patient.is_child(self.assessment.as_of)
    }

    /// Two populations fit, these two; `None` where C30 is about the stop rule alone.
    pub fn two_populations(&self) -> Option<(Population, Population)> {
        let population = &self.assessment.population;
        match population.alternatives[..] {
            [one, other] if population.code == Population::Ambiguous => Some((one, other)),
            _ => None,
        }
    }

    /// The index event, when it is the one whose six months end on the stop date: a course may have
    /// begun under an earlier one (B-15).
    pub fn stop_index(&self) -> Option<&IndexEvent> {
        let index = self.assessment.population.index.as_ref()?;
        (Some(index.window_end) == self.stop_date()).then_some(index)
    }

    /// The day of the CART6 stop, or of the review that T0 + 6 months asks for.
    pub fn stop_date(&self) -> Option<Date> {
        self.assessment
            .course
            .stop_due
            .or(self.assessment.course.index_window_end)
    }

    /// That day has come, or is not known.
    pub fn stop_reached(&self) -> bool {
        self.stop_date()
            .is_none_or(|due| self.assessment.as_of >= due)
    }

    /// Which of its wordings C14 takes.
    pub fn stop_case(&self) -> StopCase {
        if self.has(CourseConclusion::Extend) {
            StopCase::Extended
        } else if self.assessment.course.rule == Some(CourseRule::Std) {
            StopCase::ReviewOrdinaryRule
        } else if self.assessment.course.history_unknown || self.has(CourseConclusion::StopReview) {
            StopCase::ReviewUnknownHistory
        } else if self.stop_reached() {
            StopCase::Due
        } else {
            StopCase::Soon
        }
    }

    /// A review is later than E11 allows.
    pub fn review_late(&self) -> bool {
        self.assessment
            .course
            .review_due
            .is_some_and(|due| self.assessment.as_of > plus_days(due, E11_REVIEW_LATE_DAYS))
    }

    /// Days from the evaluation date to `day`.
    pub fn days_until(&self, day: Date) -> i32 {
        days_between(self.assessment.as_of, day)
    }

    /// The day on which low IgG was judged to be the decisive single factor, if that still holds (§5).
    pub fn judged_decisive(&self) -> Option<Date> {
        let oldest = plus_days(self.assessment.as_of, -E13_DECISIVE_FACTOR_DAYS);
        let (day, decisive) = self
            .chart
            .facts
            .statements
            .iter()
            .filter(|stated| stated.date >= oldest && stated.date <= self.assessment.as_of)
            .filter_map(|stated| match stated.kind {
                StatementKind::IggDecisiveFactor(decisive) => Some((stated.date, decisive)),
                _ => None,
            })
            .max()?;
        decisive.then_some(day)
    }

    /// That infections up to `to` were reviewed with this outcome is stated and still holds (§5).
    pub fn history_stated(&self, present: bool, to: Date) -> bool {
        let oldest = plus_days(to, -E9_HISTORY_DAYS);
        self.chart.facts.statements.iter().any(|stated| {
            stated.kind == StatementKind::InfectionHistoryReviewed(present)
                && stated.date >= oldest
                && stated.date <= self.assessment.as_of
        })
    }

    /// An extension to this day is stated.
    pub fn extension_stated(&self, end: Date) -> bool {
        let stated = StatementKind::IgExtension(end);
        self.chart
            .facts
            .statements
            .iter()
            .any(|other| other.kind == stated)
    }

    /// An infection of the chart by its Condition.
    pub fn infection(&self, reference: &crate::guideline::facts::Reference) -> Option<&Infection> {
        self.chart
            .facts
            .infections
            .iter()
            .find(|infection| infection.evidence == *reference)
    }

    /// `card` decides on a start, so the criteria belong on it.
    pub fn is_start_card(card: CardCode) -> bool {
        use CardCode::{
            C01, C02, C03, C04, C05, C06, C07, C08, C09, C10, C11, C12, C14, C15, C16, C17, C18,
            C20, C21, C22, C23, C24, C25, C26, C27, C28, C29, C30, C31, C32,
        };
        match card {
            C01 | C02 | C03 | C04 | C05 | C06 | C08 | C09 | C10 | C11 | C30 | C31 | C32 => true,
            C07 | C12 | C14 | C15 | C16 | C17 | C18 | C20 | C21 | C22 | C23 | C24 | C25 | C26
            | C27 | C28 | C29 => false,
        }
    }

    /// A switch changes the grams too (C27).
    pub fn grams_differ(&self) -> bool {
        let switch = self.assessment.order.switch.as_ref();
        switch.is_some_and(|switch| matches!(switch.grams, Comparison::Differ { .. }))
    }

    /// `card` is about the dose, the product or a switch.
    pub fn is_dose_card(card: CardCode) -> bool {
        use CardCode::{C20, C21, C22, C23, C27, C28};
        matches!(card, C20 | C21 | C22 | C23 | C27 | C28)
    }

    /// The criteria that `card` rests on: after CAR-T and HSCT infections do not decide, and what
    /// does not decide is neither shown nor part of the card's identity.
    pub fn deciding(&self, card: CardCode) -> Vec<&'a Criterion> {
        use CardCode::{
            C01, C02, C03, C04, C05, C06, C07, C08, C09, C10, C11, C12, C14, C15, C16, C17, C18,
            C20, C21, C22, C23, C24, C25, C26, C27, C28, C29, C30, C31, C32,
        };
        use CriterionId::{
            IggBelow4, IggBelow6, IggPersistent, MComponent, SevereOrRecurrentInfections,
        };
        let decides = |id: CriterionId| match card {
            C01 => matches!(id, IggBelow4 | MComponent),
            C08 => matches!(id, IggBelow4 | MComponent) || (id == IggBelow6 && self.is_child()),
            C02 => matches!(
                id,
                IggBelow4 | IggPersistent | SevereOrRecurrentInfections | MComponent
            ),
            C31 => matches!(id, IggBelow4 | IggBelow6 | IggPersistent),
            C03 | C04 | C05 | C06 | C09 | C30 | C32 => true,
            C07 | C10 | C11 | C12 | C14 | C15 | C16 | C17 | C18 | C20 | C21 | C22 | C23 | C24
            | C25 | C26 | C27 | C28 | C29 => false,
        };
        self.assessment
            .start
            .criteria
            .iter()
            .filter(|found| decides(found.id))
            .collect()
    }

    /// What is missing for `card`: vaccination and prophylaxis are a matter of C10, the baseline of a
    /// start of C11; neither is part of what another card rests on.
    pub fn missing(&self, card: CardCode) -> Vec<MissingItem> {
        use MissingItem::{
            AntibioticProphylaxis, IgaIgm, InfectionHistory, SourceImmunization,
            SourceMedicationRequest, VaccinationInfluenza, VaccinationPneumococcal,
        };
        let start = &self.assessment.start;
        let starts = matches!(
            start.conclusion,
            StartConclusion::Met | StartConclusion::Cons
        );
        let precondition = |item| {
            matches!(
                item,
                VaccinationInfluenza
                    | VaccinationPneumococcal
                    | AntibioticProphylaxis
                    | SourceImmunization
            )
        };
        let baseline = |item| starts && matches!(item, IgaIgm | InfectionHistory);
        let wanted = |item: MissingItem| match card {
            CardCode::C10 => precondition(item) || item == SourceMedicationRequest,
            CardCode::C11 => matches!(item, IgaIgm | InfectionHistory),
            _ => !precondition(item) && !baseline(item),
        };
        start
            .missing
            .iter()
            .copied()
            .filter(|item| wanted(*item))
            .collect()
    }

    /// What one more fact would decide, where `card` says so.
    pub fn counterfactual(&self, card: CardCode) -> Option<&'a Counterfactual> {
        matches!(card, CardCode::C04 | CardCode::C06 | CardCode::C32)
            .then_some(self.assessment.counterfactual.as_ref())
            .flatten()
    }

    /// The day has passed by which the guideline's version was to be checked (G1).
    pub fn version_to_be_checked(&self) -> bool {
        self.assessment.as_of > self.assessment.guideline.review_by
    }

    /// `card` is about the running course.
    pub fn is_course_card(&self, card: CardCode) -> bool {
        use CardCode::{
            C01, C02, C03, C04, C05, C06, C07, C08, C09, C10, C11, C12, C14, C15, C16, C17, C18,
            C20, C21, C22, C23, C24, C25, C26, C27, C28, C29, C30, C31, C32,
        };
        match card {
            C12 | C14 | C15 | C16 | C17 | C18 | C24 | C25 => true,
            C07 | C30 => self.assessment.course.on_immunoglobulin == Some(true),
            C01 | C02 | C03 | C04 | C05 | C06 | C08 | C09 | C10 | C11 | C20 | C21 | C22 | C23
            | C26 | C27 | C28 | C29 | C31 | C32 => false,
        }
    }
}
