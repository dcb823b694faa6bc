//! The decision trace that a card carries: what was concluded, from what, by which recommendations.
//!
//! The same in both languages. Nothing in it is null or empty (GEN-04); the whole assessment, nulls
//! included, is what `sid-cds assess` prints.

use jiff::civil::Date;
use serde::Serialize;

use super::{case::Case, catalogue::choices::Choice, comparators, detail};
use crate::guideline::{
    assessment::{
        CardCode, Comparator, CourseConclusion, CourseRule, Criterion, CriterionId, Guideline,
        IndexEvent, MissingItem, OrderConclusion, Population, StartConclusion,
    },
    comparator::{AskedRule, Outside, reports::ReportId},
    counterfactual::Counterfactual,
    dose::{Dose, DoseConclusion, PerKilogram},
    facts::Reference,
    parameters::{ALL, Origin, Parameter},
    trace::Step,
    verdict::Reason,
};

/// `extension` of a card: an object with one member under a reversed domain name (EXT-02, EXT-03).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Extension {
    /// The trace.
    #[serde(rename = "dk.sid-cds.trace")]
    pub trace: Trace,
}

/// How a card came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The evaluation date.
    pub as_of: Date,
    /// Which guideline, and until when its version is trusted.
    pub guideline: Edition,
    /// The population and what decided it.
    pub population: PopulationTrace,
    /// The start conclusion, on cards about a start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<StartConclusion>,
    /// The course, on cards about a running course.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub course: Option<CourseTrace>,
    /// The dose, on cards about dose, product or switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dose: Option<DoseTrace>,
    /// Why this population.
    #[serde(skip_serializing_if = "Step::is_empty")]
    pub population_grounds: Step,
    /// What should be in place before a start, on the cards that ask for it.
    #[serde(skip_serializing_if = "Step::is_empty")]
    pub preconditions: Step,
    /// What the course rests on, on cards about it.
    #[serde(skip_serializing_if = "Step::is_empty")]
    pub course_grounds: Step,
    /// What the conclusion on the order rests on.
    #[serde(skip_serializing_if = "Step::is_empty")]
    pub order_grounds: Step,
    /// What is said of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderConclusion>,
    /// The recommendations that the card rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recommendations: Vec<&'static str>,
    /// The criteria that decide the card.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<CriterionTrace>,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingItem>,
    /// What one more fact would decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterfactual: Option<Counterfactual>,
    /// Other reports' answers, for information.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparators: Vec<ComparatorTrace>,
    /// The numbers that mattered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
}

/// The guideline's version.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Edition {
    id: &'static str,
    version: &'static str,
    document: &'static str,
    approved: Date,
    review_by: Date,
}

impl From<Guideline> for Edition {
    fn from(guideline: Guideline) -> Self {
        Self {
            id: guideline.id,
            version: guideline.version,
            document: guideline.document,
            approved: guideline.approved,
            review_by: guideline.review_by,
        }
    }
}

/// The population.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationTrace {
    code: Population,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<Population>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<IndexEvent>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Reference>,
}

/// The running course.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CourseTrace {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<CourseRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_due: Option<Date>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conclusions: Vec<CourseConclusion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Reference>,
}

/// The dose of the draft, else of the running orders.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DoseTrace {
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<DoseConclusion>,
    #[serde(rename = "gramsPer28Days", skip_serializing_if = "Option::is_none")]
    grams_per_28_days: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    g_per_kg_per_month: Option<PerKilogram>,
    /// The orders, and the weight.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Reference>,
}

impl DoseTrace {
    fn new(dose: &Dose) -> Self {
        let weight = dose.weight.iter().map(|weight| &weight.evidence);
        Self {
            conclusion: dose.conclusion,
            grams_per_28_days: dose.grams_per28_days,
            g_per_kg_per_month: dose.g_per_kg_per_month,
            evidence: dose.orders.iter().chain(weight).cloned().collect(),
        }
    }
}

/// One criterion with the recommendations that ask for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriterionTrace {
    id: CriterionId,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<Date>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Reference>,
    /// The recommendations that ask for it in this population.
    pub recommendations: &'static [&'static str],
}

/// A consensus report's answer, without nulls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComparatorTrace {
    id: ReportId,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<StartConclusion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<StartConclusion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outside: Option<Outside>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<AskedRule>,
}

impl From<&Comparator> for ComparatorTrace {
    fn from(report: &Comparator) -> Self {
        Self {
            id: report.id,
            start: report.start,
            stop: report.stop,
            outside: report.outside,
            rules: report.rules.clone(),
        }
    }
}

impl CriterionTrace {
    fn new(criterion: &Criterion, population: Population) -> Self {
        Self {
            id: criterion.id,
            verdict: criterion.verdict.code(),
            reason: criterion.verdict.reason(),
            value: criterion.value.clone(),
            date: criterion.date,
            evidence: criterion.evidence.clone(),
            recommendations: criterion.id.recommendations(population),
        }
    }
}

/// The extension of a card.
pub(super) fn extension(card: CardCode, case: &Case<'_>) -> Extension {
    let assessment = case.assessment;
    let (population, course) = (&assessment.population, &assessment.course);
    let about_start = Case::is_start_card(card);
    let steps = &assessment.trace;
    let only = |wanted: bool, step: &Step| match wanted {
        true => step.clone(),
        false => Step::default(),
    };
    let missing = match about_start {
        true => assessment.start.missing.clone(),
        false => Vec::new(),
    };
    let criteria: Vec<CriterionTrace> = case
        .deciding(card)
        .into_iter()
        .map(|criterion| CriterionTrace::new(criterion, population.code))
        .collect();
    Extension {
        trace: Trace {
            as_of: assessment.as_of,
            guideline: assessment.guideline.into(),
            population: PopulationTrace {
                code: population.code,
                alternatives: population.alternatives.clone(),
                index: population.index.clone(),
                evidence: population.evidence.clone(),
            },
            start: about_start.then_some(assessment.start.conclusion),
            course: (case.is_course_card(card) && course.start.is_some()).then(|| CourseTrace {
                start: course.start,
                rule: course.rule,
                stop_due: course.stop_due,
                conclusions: course.conclusions.clone(),
                evidence: course.evidence.clone(),
            }),
            population_grounds: steps.population.clone(),
            preconditions: only(
                matches!(card, CardCode::C10 | CardCode::C11),
                &steps.preconditions,
            ),
            course_grounds: only(case.is_course_card(card), &steps.course),
            order_grounds: steps.order.clone(),
            dose: (Case::is_dose_card(card) && assessment.dose.conclusion.is_some())
                .then(|| DoseTrace::new(&assessment.dose)),
            order: assessment.order.conclusion,
            recommendations: detail::recommendations(card, case),
            parameters: parameters(card, case),
            comparators: comparators::shown(card, case)
                .iter()
                .map(ComparatorTrace::from)
                .collect(),
            criteria,
            missing,
            counterfactual: case.counterfactual(card).cloned(),
        },
    }
}

/// The engineering choices that the card names, and the printed numbers that its criteria read.
fn parameters(card: CardCode, case: &Case<'_>) -> Vec<Parameter> {
    let chosen: Vec<&str> = detail::chosen(card, case)
        .into_iter()
        .map(Choice::id)
        .collect();
    let printed = case.deciding(card).into_iter().filter_map(|criterion| {
        Some(match criterion.id {
            CriterionId::IggPersistent => "K4",
            CriterionId::Infections6Months => "K6",
            CriterionId::IggBelow4
            | CriterionId::IggBelow6
            | CriterionId::SevereOrRecurrentInfections
            | CriterionId::MComponent => return None,
        })
    });
    let printed: Vec<&str> = printed
        .chain(case.assessment.population.index.iter().map(|_| "K2"))
        .collect();
    ALL.iter()
        .filter(|parameter| match parameter.origin {
            Origin::Engineering => chosen.contains(&parameter.id),
            Origin::Summary | Origin::Addendum | Origin::Both => printed.contains(&parameter.id),
        })
        .cloned()
        .collect()
}
