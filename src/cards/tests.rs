//! Cards written from hand-built assessments, checked against the protocol's rules by id.

mod comparators;
mod content;
mod dose;
mod monitoring;
mod protocol;

use std::{collections::BTreeSet, sync::LazyLock};

use jiff::civil::{Date, date};
use serde_json::{Value, value::RawValue};

use super::{
    card::{Action, Card, Indicator, Summary},
    case::Case,
    *,
};
use crate::chart::terminology::Terminology;
use crate::guideline::{
    GUIDELINE,
    assessment::{
        Course, CourseConclusion, CourseRule, Criterion, CriterionId, DecisiveIgg, IndexEvent,
        IndexKind, MissingItem, OrderFinding, Population, PopulationFinding, Start,
        StartConclusion, TroughLevel, Window,
    },
    counterfactual::Counterfactual,
    date::{When, plus_months},
    dose::Dose,
    facts::{
        Bacterial, ClinicalStatus, Diagnosis, DiagnosisKind, Focus, IgIndication, IgRoute,
        Infection, Order, Prescription, Reference,
    },
    problem::{DataProblem, Problem, Touches},
    quantity::GramsPerLitre,
    verdict::{Reason, Verdict},
};

const ALL: [CardCode; 30] = CardCode::ALL;
const LANGUAGES: [Language; 2] = [Language::Da, Language::En];
const RUNNING: &str = r#"{"resourceType":"MedicationRequest","id":"m1","status":"active","_status":{"id":"s"},"intent":"order","dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":10.0}}]}],"extension":[{"url":"urn:x","valueDecimal":0.40}]}"#;
const DRAFT: &str = r#"{"resourceType":"MedicationRequest","id":"d1","status":"draft","category":{"coding":[{"code":"community"}]},"reasonCode":{"text":"infektioner"},"medicationCodeableConcept":{"text":"IG"}}"#;

static TERMINOLOGY: LazyLock<Terminology> =
    LazyLock::new(|| Terminology::built_in().expect("the embedded value sets"));

/// One patient to write cards of: CAR-T 1 December 2025, IgG 3.2 g/L, on 16 March 2026.
#[derive(Clone)]
struct Sample {
    assessment: Assessment,
    chart: Chart,
}

fn reference(text: &str) -> Reference {
    Reference::new(text)
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

impl Sample {
    fn new() -> Self {
        let t0 = date(2025, 12, 1);
        let mut chart = Chart {
            patient: Some(reference("Patient/p1")),
            order_codes: TERMINOLOGY.order_codes().clone(),
            ..Chart::default()
        };
        chart.facts.patient.born = Some(When::day(date(1960, 1, 1)));
        Self {
            assessment: Assessment {
                as_of: date(2026, 3, 16),
                guideline: GUIDELINE,
                population: PopulationFinding {
                    code: Population::P2A,
                    alternatives: Vec::new(),
                    index: Some(IndexEvent {
                        kind: IndexKind::CarT,
                        date: t0,
                        evidence: vec![reference("Procedure/c1")],
                        window_end: plus_months(t0, 6),
                    }),
                    evidence: vec![reference("Condition/k1")],
                    also_transplanted: false,
                },
                start: Start {
                    conclusion: StartConclusion::Met,
                    recommendations: vec!["REC-17"],
                    criteria: vec![Criterion {
                        id: CriterionId::IggBelow4,
                        verdict: Verdict::Met,
                        value: Some("3.2 g/L".to_owned()),
                        date: Some(date(2026, 3, 10)),
                        evidence: vec![reference("Observation/o1")],
                    }],
                    missing: Vec::new(),
                    repeat_from: None,
                    igg: Some(DecisiveIgg {
                        value: "3.2".to_owned(),
                        exact: Some(GramsPerLitre::from_picograms(3_200_000_000_000)),
                        reference_low: None,
                        drawn: date(2026, 3, 10),
                        evidence: reference("Observation/o1"),
                    }),
                    waits_for_order: false,
                },
                course: Course {
                    on_immunoglobulin: Some(false),
                    stop_due: Some(date(2026, 6, 1)),
                    ..Course::default()
                },
                dose: Dose::default(),
                order: OrderFinding::default(),
                cards: vec![CardCode::C01],
                comparators: Vec::new(),
                data_problems: Vec::new(),
                counterfactual: None,
                drafted: crate::guideline::facts::Drafted::default(),
                trace: crate::guideline::trace::Trace::default(),
            },
            chart,
        }
    }

    /// On immunoglobulin since 20 December 2025 by the early rule, seen on `as_of`.
    fn on_treatment(as_of: Date) -> Self {
        let mut sample = Self::new();
        sample.assessment.as_of = as_of;
        sample.assessment.course = Course {
            on_immunoglobulin: Some(true),
            start: Some(date(2025, 12, 20)),
            rule: Some(CourseRule::Cart6),
            stop_due: Some(date(2026, 6, 1)),
            index_window_end: Some(date(2026, 6, 1)),
            winter_days: Some(86),
            running_orders: vec![reference("MedicationRequest/m1")],
            conclusions: vec![CourseConclusion::StopDue],
            ..Course::default()
        };
        sample
            .chart
            .orders
            .insert(reference("MedicationRequest/m1"), raw(RUNNING));
        sample
    }

    fn with_draft(mut self) -> Self {
        self.assessment.order.reference = Some(reference("MedicationRequest/d1"));
        self.chart
            .orders
            .insert(reference("MedicationRequest/d1"), raw(DRAFT));
        self
    }

    fn case(&self, language: Language) -> Case<'_> {
        Case {
            assessment: &self.assessment,
            chart: &self.chart,
            language,
            service: "sid-patient-view",
        }
    }

    fn card(&self, code: CardCode, language: Language) -> Card {
        card(code, &self.case(language))
    }

    /// The card as it is sent.
    fn sent(&self, code: CardCode, language: Language) -> Value {
        serde_json::to_value(self.card(code, language)).unwrap()
    }

    fn sentence(&self, code: CardCode, language: Language) -> String {
        summary::sentence(code, &self.case(language))
    }
}

/// Every sample that the protocol's rules are checked with: each field at its worst in some of them.
fn samples() -> Vec<Sample> {
    let mut early = Sample::new();
    early.assessment.comparators = comparators::answers(false);
    let mut everything_missing = Sample::new().with_draft();
    everything_missing.assessment.start.missing = MissingItem::ALL.to_vec();
    everything_missing.assessment.start.repeat_from = Some(date(2026, 9, 30));
    everything_missing.assessment.start.conclusion = StartConclusion::Unk;
    everything_missing.assessment.start.criteria = CriterionId::ALL
        .into_iter()
        .map(|id| Criterion {
            id,
            verdict: Verdict::Unknown(Reason::NoneRecorded),
            value: None,
            date: None,
            evidence: Vec::new(),
        })
        .collect();
    everything_missing.assessment.data_problems = Problem::ALL
        .into_iter()
        .map(|problem| DataProblem {
            reference: reference("Observation/o9"),
            problem,
            touches: Touches::Igg,
            note: String::new(),
        })
        .collect();
    everything_missing.assessment.counterfactual = Some(Counterfactual::BirthDate {
        adult_until: date(2008, 9, 30),
        adult: StartConclusion::Not,
        child: StartConclusion::Na,
    });
    let mut nobody = Sample::new();
    nobody.chart = Chart::default();
    nobody.assessment.population.index = None;
    nobody.assessment.course = Course::default();
    nobody.assessment.start.igg = None;
    nobody.assessment.start.criteria.clear();
    let mut two = Sample::new();
    two.assessment.population.code = Population::Ambiguous;
    two.assessment.population.alternatives = vec![Population::P2A, Population::P2B];
    let mut not = Sample::new().with_draft();
    not.assessment.start.conclusion = StartConclusion::Not;
    not.assessment.counterfactual = Some(Counterfactual::LowerIgg { before: None });
    let mut none_recorded = Sample::new().with_draft();
    none_recorded.assessment.start.conclusion = StartConclusion::Ns;
    let mut late = Sample::on_treatment(date(2027, 9, 30));
    late.assessment.course.rule = Some(CourseRule::Std);
    late.assessment.course.review_due = Some(date(2026, 6, 20));
    late.assessment.course.winter_reached = Some(date(2026, 10, 30));
    late.assessment.course.continued_after_due = true;
    late.assessment.course.window = Some(Window {
        start: date(2026, 6, 20),
        end: date(2026, 12, 20),
    });
    late.assessment.course.conclusions = vec![
        CourseConclusion::StopOverdue,
        CourseConclusion::Review6Monthly,
        CourseConclusion::SupportsStop,
    ];
    let mut unknown_history = Sample::on_treatment(date(2026, 6, 5));
    unknown_history.assessment.course.history_unknown = true;
    unknown_history.assessment.course.conclusions = vec![CourseConclusion::StopReview];
    let mut extended = Sample::on_treatment(date(2026, 6, 5));
    extended.assessment.comparators = comparators::answers(true);
    extended.assessment.course.extended_to = Some(date(2026, 6, 30));
    extended.assessment.course.conclusions = vec![CourseConclusion::Extend];
    let mut all = vec![
        early,
        everything_missing,
        nobody,
        two,
        not,
        none_recorded,
        Sample::on_treatment(date(2026, 5, 5)),
        Sample::on_treatment(date(2026, 6, 1)),
        late,
        unknown_history,
        extended,
        monitoring::followed(TroughLevel::High, ">149.999999999999"),
        monitoring::followed(TroughLevel::Reducible, "7.999999999999"),
        monitoring::followed(TroughLevel::Low, "<5.999999999999"),
    ];
    all.extend(dose::longest());
    all
}

/// Every card of every sample in both languages.
fn every_card(check: impl Fn(&Card, &Value)) {
    for sample in samples() {
        for code in ALL {
            for language in LANGUAGES {
                let card = sample.card(code, language);
                let sent = serde_json::to_value(&card).unwrap();
                check(&card, &sent);
            }
        }
    }
}

fn resources(card: &Card) -> Vec<Value> {
    card.suggestions
        .iter()
        .flat_map(|suggestion| &suggestion.actions)
        .filter_map(|action| match action {
            Action::Create { resource, .. } | Action::Update { resource, .. } => {
                Some(serde_json::from_str(resource.json()).unwrap())
            }
            Action::Delete { .. } => None,
        })
        .collect()
}
