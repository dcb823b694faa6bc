//! Cards written from hand-built assessments, checked against the protocol's rules by id.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use serde_json::{Value, value::RawValue};

use super::{
    card::{Action, Card, Indicator, Summary},
    case::Case,
    *,
};
use crate::guideline::{
    assessment::{
        Course, CourseConclusion, CourseRule, Criterion, CriterionId, DecisiveIgg, Dose, Guideline,
        IndexEvent, IndexKind, MissingItem, OrderFinding, Population, PopulationFinding, Start,
        StartConclusion, Window,
    },
    date::{When, plus_months},
    facts::{
        Bacterial, ClinicalStatus, Diagnosis, DiagnosisKind, Focus, IgIndication, IgRoute,
        Infection, LabResult, Measured, Order, Reference,
    },
    problem::{DataProblem, Problem, Touches},
    quantity::GramsPerLitre,
    verdict::{Reason, Verdict},
};

const ALL: [CardCode; 17] = [
    CardCode::C01,
    CardCode::C02,
    CardCode::C03,
    CardCode::C04,
    CardCode::C05,
    CardCode::C06,
    CardCode::C07,
    CardCode::C08,
    CardCode::C09,
    CardCode::C12,
    CardCode::C14,
    CardCode::C15,
    CardCode::C26,
    CardCode::C29,
    CardCode::C30,
    CardCode::C31,
    CardCode::C32,
];
const LANGUAGES: [Language; 2] = [Language::Da, Language::En];
const RUNNING: &str = r#"{"resourceType":"MedicationRequest","id":"m1","status":"active","_status":{"id":"s"},"intent":"order","dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":10.0}}]}],"extension":[{"url":"urn:x","valueDecimal":0.40}]}"#;
const DRAFT: &str = r#"{"resourceType":"MedicationRequest","id":"d1","status":"draft","category":{"coding":[{"code":"community"}]},"reasonCode":{"text":"infektioner"},"medicationCodeableConcept":{"text":"IG"}}"#;

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
            ..Chart::default()
        };
        chart.facts.patient.born = Some(When::day(date(1960, 1, 1)));
        Self {
            assessment: Assessment {
                as_of: date(2026, 3, 16),
                guideline: Guideline {
                    id: "medicinraadet-sid",
                    version: "1.1",
                },
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
    let early = Sample::new();
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
    extended.assessment.course.extended_to = Some(date(2026, 6, 30));
    extended.assessment.course.conclusions = vec![CourseConclusion::Extend];
    vec![
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
    ]
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

#[test]
fn card_01_and_sug_02_uuids_are_bare_lower_case_and_unique() {
    for sample in samples() {
        let mut seen = BTreeSet::new();
        for code in ALL {
            let sent = sample.sent(code, Language::Da);
            let suggestions = sent["suggestions"].as_array().cloned().unwrap_or_default();
            for item in [vec![sent], suggestions].concat() {
                let uuid = item["uuid"].as_str().unwrap().to_owned();
                assert_eq!(uuid.len(), 36);
                assert_eq!(uuid, uuid.to_lowercase());
                assert!(seen.insert(uuid), "{code:?}");
            }
        }
    }
}

#[test]
fn card_02_summaries_fit_with_the_longest_values() {
    let populations = [
        Population::P1,
        Population::P1n,
        Population::P2A,
        Population::P2B,
        Population::P2C,
        Population::P3,
        Population::P4,
        Population::OosPid,
        Population::OosImm,
        Population::Ambiguous,
        Population::Unassigned,
        Population::None,
    ];
    let mut all = samples();
    // The pairs between which decision-spec §3.1 leaves a choice.
    let pairs = [
        vec![],
        vec![Population::P2A, Population::P2B],
        vec![Population::P2B, Population::P3],
        vec![Population::P2B, Population::P4],
    ];
    for population in populations {
        for alternatives in &pairs {
            for born in [date(1960, 1, 1), date(2020, 1, 1)] {
                let mut sample = Sample::new();
                sample.assessment.population.code = population;
                sample
                    .assessment
                    .population
                    .alternatives
                    .clone_from(alternatives);
                sample.assessment.start.igg.as_mut().unwrap().value =
                    "<149.999999999999".to_owned();
                sample.chart.facts.patient.born = Some(When::day(born));
                all.push(sample);
            }
        }
    }
    for kind in [Some(IndexKind::CarT), Some(IndexKind::Bispecific), None] {
        for conclusion in [
            CourseConclusion::StopSoon,
            CourseConclusion::StopDue,
            CourseConclusion::StopReview,
            CourseConclusion::Extend,
            CourseConclusion::StopOverdue,
            CourseConclusion::Review3,
            CourseConclusion::Review6,
            CourseConclusion::Review6Monthly,
        ] {
            for rule in [CourseRule::Cart6, CourseRule::Std] {
                let mut sample = Sample::on_treatment(date(2026, 9, 30));
                match kind {
                    Some(kind) => sample.assessment.population.index.as_mut().unwrap().kind = kind,
                    None => sample.assessment.population.index = None,
                }
                let course = &mut sample.assessment.course;
                course.conclusions = vec![conclusion];
                course.rule = Some(rule);
                course.stop_due = Some(date(2026, 9, 30));
                course.index_window_end = Some(date(2026, 9, 30));
                course.review_due = Some(date(2026, 9, 30));
                course.extended_to = Some(date(2026, 11, 25));
                course.winter_days = Some(12_345);
                all.push(sample);
            }
        }
    }
    for one in MissingItem::ALL {
        for other in MissingItem::ALL {
            let mut sample = Sample::new();
            sample.assessment.start.missing = vec![one, other];
            sample.assessment.start.repeat_from = Some(date(2026, 9, 30));
            all.push(sample);
        }
    }
    for sample in &all {
        for code in ALL {
            for language in LANGUAGES {
                let sentence = sample.sentence(code, language);
                let length = sentence.chars().count();
                assert!(
                    length <= Summary::MAX_CHARS,
                    "{length} {code:?} {language:?}: {sentence}"
                );
                assert!(!sentence.contains(['{', '}', '…', '\n']), "{sentence}");
                assert!(!sentence.contains("  "), "{sentence}");
            }
        }
    }
}

#[test]
fn card_04_the_detail_holds_no_html_and_data_stay_text() {
    let hostile = "<img src=x onerror=alert(1)> *a* [x](y) `c` | # d\n- e https://evil.example";
    let mut sample = Sample::new();
    sample.assessment.start.criteria.push(Criterion {
        id: CriterionId::SevereOrRecurrentInfections,
        verdict: Verdict::Met,
        value: Some(hostile.to_owned()),
        date: None,
        evidence: vec![reference("Condition/i1")],
    });
    sample.assessment.data_problems = vec![DataProblem {
        reference: reference(hostile),
        problem: Problem::UnitMissing,
        touches: Touches::Igg,
        note: hostile.to_owned(),
    }];
    sample.chart.facts.infections = vec![Infection {
        onset: When::day(date(2026, 1, 15)),
        abatement: None,
        bacterial: Bacterial::Certain,
        confirmed: true,
        positive_culture: true,
        mild: false,
        sepsis: false,
        life_threatening: false,
        admitted: Verdict::Met,
        treated: Verdict::Met,
        focus: Focus::Lung,
        text: Some(hostile.to_owned()),
        evidence: reference("Condition/i1"),
    }];
    sample.chart.facts.diagnoses = vec![Diagnosis {
        kind: DiagnosisKind::HaematologicalMalignancy,
        status: Some(ClinicalStatus::Remission),
        confirmed: true,
        onset: None,
        text: Some(hostile.to_owned()),
        evidence: reference("Condition/k1"),
    }];
    sample.chart.facts.order = Some(Order {
        evidence: reference("MedicationRequest/d1"),
        indication: IgIndication::Immunomodulation,
        indication_text: Some(hostile.to_owned()),
        route: IgRoute::Unknown,
        planned_end: None,
    });
    for code in ALL {
        for language in LANGUAGES {
            let detail = sample.card(code, language).detail;
            assert!(!detail.contains(['<', '>', '{', '}']), "{detail}");
            assert!(detail.contains("&lt;img"), "{code:?}");
            for markup in ["*a*", "[x](y)", "`c`", " | ", "\n# d", "\n- e", "https:/"] {
                assert!(!detail.contains(markup), "{markup} in {detail}");
            }
        }
    }
}

#[test]
fn card_05_the_indicator_follows_the_time() {
    let table = [
        (CardCode::C14, date(2026, 5, 5), Indicator::Info),
        (CardCode::C14, date(2026, 5, 31), Indicator::Info),
        (CardCode::C14, date(2026, 6, 1), Indicator::Warning),
        (CardCode::C14, date(2026, 8, 1), Indicator::Warning),
        (CardCode::C01, date(2026, 5, 5), Indicator::Info),
        (CardCode::C05, date(2026, 5, 5), Indicator::Warning),
        (CardCode::C32, date(2026, 5, 5), Indicator::Warning),
        (CardCode::C31, date(2026, 5, 5), Indicator::Warning),
        (CardCode::C12, date(2026, 7, 20), Indicator::Info),
        (CardCode::C12, date(2026, 7, 21), Indicator::Warning),
        (CardCode::C15, date(2026, 7, 21), Indicator::Info),
    ];
    for (code, as_of, indicator) in table {
        let mut sample = Sample::on_treatment(as_of);
        sample.assessment.course.review_due = Some(date(2026, 6, 20));
        assert_eq!(
            sample.card(code, Language::Da).indicator,
            indicator,
            "{code:?} {as_of}"
        );
    }
    let mut overdue = Sample::on_treatment(date(2027, 3, 1));
    overdue.assessment.course.conclusions = vec![CourseConclusion::StopOverdue];
    assert_eq!(
        overdue.card(CardCode::C15, Language::Da).indicator,
        Indicator::Warning
    );
}

#[test]
fn card_06_and_src_the_source_is_the_guideline() {
    every_card(|card, sent| {
        let source = &sent["source"];
        assert_eq!(
            source["label"],
            "Medicinrådet – immunglobulin ved SID, v. 1.1"
        );
        assert_eq!(source["url"], "https://medicinraadet.dk");
        assert_eq!(source["topic"]["system"], CARD_SYSTEM);
        assert_eq!(source["topic"]["code"], format!("{:?}", card.code));
        assert!(!source["topic"]["display"].as_str().unwrap().is_empty());
    });
}

#[test]
fn card_08_selection_behavior_is_there_exactly_with_suggestions() {
    every_card(|card, sent| {
        let behavior = sent.get("selectionBehavior");
        assert_eq!(behavior.is_some(), !card.suggestions.is_empty());
        assert!(behavior.is_none_or(|behavior| behavior == "at-most-one"));
        assert_eq!(
            sent.get("suggestions").is_some(),
            !card.suggestions.is_empty()
        );
    });
}

#[test]
fn card_11_and_cod_01_override_reasons_are_whole_codings() {
    every_card(|_, sent| {
        for reason in sent["overrideReasons"].as_array().unwrap_or(&Vec::new()) {
            assert_eq!(reason["system"], OVERRIDE_SYSTEM);
            assert!(reason["code"].as_str().unwrap().starts_with('O'));
            assert!(!reason["display"].as_str().unwrap().is_empty());
        }
    });
}

#[test]
fn sug_01_labels_fit_a_button() {
    every_card(|_, sent| {
        for suggestion in sent["suggestions"].as_array().unwrap_or(&Vec::new()) {
            let label = suggestion["label"].as_str().unwrap();
            assert!((1..=60).contains(&label.chars().count()), "{label}");
        }
    });
}

#[test]
fn sug_03_at_most_one_is_recommended_and_none_where_it_is_a_judgement() {
    every_card(|card, _| {
        let recommended = card
            .suggestions
            .iter()
            .filter(|one| one.is_recommended)
            .count();
        assert!(recommended <= 1);
        let judged = [
            CardCode::C01,
            CardCode::C02,
            CardCode::C03,
            CardCode::C08,
            CardCode::C12,
            CardCode::C14,
            CardCode::C15,
            CardCode::C29,
            CardCode::C30,
        ];
        assert!(
            recommended == 0 || !judged.contains(&card.code),
            "{:?}",
            card.code
        );
    });
}

#[test]
fn act_01_to_05_actions_are_whole() {
    every_card(|_, sent| {
        for suggestion in sent["suggestions"].as_array().unwrap_or(&Vec::new()) {
            let actions = suggestion["actions"].as_array().unwrap();
            assert!(!actions.is_empty());
            for action in actions {
                assert!(!action["description"].as_str().unwrap().is_empty());
                match action["type"].as_str().unwrap() {
                    "create" => {
                        assert!(action["resource"]["resourceType"].is_string());
                        assert!(action["resource"].get("id").is_none());
                    }
                    "update" => assert!(action["resource"]["id"].is_string()),
                    "delete" => {
                        assert_eq!(action["resourceId"], "MedicationRequest/d1");
                        assert!(action.get("resource").is_none());
                    }
                    other => panic!("{other}"),
                }
            }
        }
    });
}

#[test]
fn act_03_created_resources_have_what_r4_requires() {
    every_card(|card, _| {
        for resource in resources(card) {
            let required: &[&str] = match resource["resourceType"].as_str().unwrap() {
                "MedicationRequest" if resource.get("id").is_some() => &["status"],
                "MedicationRequest" => {
                    &["status", "intent", "medicationCodeableConcept", "subject"]
                }
                "ServiceRequest" => &["status", "intent", "subject", "code"],
                "Task" => &["status", "intent", "description", "for"],
                "Observation" => &["status", "code", "subject"],
                other => panic!("{other}"),
            };
            for element in required {
                assert!(resource.get(element).is_some(), "{element} in {resource}");
            }
            if resource["resourceType"] == "Observation" {
                let members = resource.as_object().unwrap().keys();
                let one_of = |prefix: &str| {
                    members
                        .clone()
                        .filter(|key| key.starts_with(prefix))
                        .count()
                };
                assert_eq!((one_of("value"), one_of("effective")), (1, 1), "{resource}");
                assert_eq!(
                    resource["code"]["coding"][0]["system"],
                    "urn:sid-cds:statement"
                );
            }
        }
    });
}

#[test]
fn gen_04_nothing_is_null_or_empty() {
    fn check(value: &Value, path: &str) {
        match value {
            Value::Null => panic!("null at {path}"),
            Value::String(text) => assert!(!text.is_empty(), "{path}"),
            Value::Array(items) => {
                assert!(!items.is_empty(), "{path}");
                items.iter().for_each(|item| check(item, path));
            }
            Value::Object(members) => {
                assert!(!members.is_empty(), "{path}");
                members
                    .iter()
                    .for_each(|(name, item)| check(item, &format!("{path}.{name}")));
            }
            Value::Bool(_) | Value::Number(_) => {}
        }
    }
    every_card(|card, sent| check(sent, &format!("{:?}", card.code)));
}

#[test]
fn every_text_is_in_both_languages() {
    for sample in samples() {
        for code in ALL {
            let (da, en) = (
                sample.card(code, Language::Da),
                sample.card(code, Language::En),
            );
            assert_ne!(da.summary, en.summary, "{code:?}");
            assert_ne!(da.detail, en.detail, "{code:?}");
            assert_eq!(da.uuid, en.uuid, "the language is no part of the identity");
            assert_eq!(da.suggestions.len(), en.suggestions.len());
            for word in [" the ", " and ", " is ", " of "] {
                assert!(!da.detail.contains(word), "{word} in {}", da.detail);
            }
            for word in [" er ", " og ", " ikke "] {
                // The headings of the guideline are Danish in both languages.
                let own: Vec<&str> = en
                    .detail
                    .lines()
                    .filter(|line| !line.contains("section:"))
                    .collect();
                assert!(!own.join("\n").contains(word), "{word} in {}", en.detail);
            }
        }
    }
}

#[test]
fn a_uuid_changes_with_what_decided_and_with_nothing_else() {
    let base = Sample::new();
    let uuid = |sample: &Sample, code| sample.card(code, Language::Da).uuid;
    assert_eq!(
        uuid(&base, CardCode::C01),
        uuid(&base.clone(), CardCode::C01)
    );

    let mut next_day = base.clone();
    next_day.assessment.as_of = date(2026, 3, 17);
    next_day.assessment.course.winter_days = Some(1);
    assert_eq!(uuid(&base, CardCode::C01), uuid(&next_day, CardCode::C01));

    let changes: [(&str, CardCode, fn(&mut Sample)); 8] = [
        ("value", CardCode::C01, |sample| {
            sample.assessment.start.criteria[0].value = Some("3.3 g/L".to_owned());
        }),
        ("verdict", CardCode::C01, |sample| {
            sample.assessment.start.criteria[0].verdict = Verdict::Unknown(Reason::Invalid);
        }),
        ("index date", CardCode::C01, |sample| {
            sample.assessment.population.index.as_mut().unwrap().date = date(2025, 12, 2);
        }),
        ("patient", CardCode::C01, |sample| {
            sample.chart.patient = Some(reference("Patient/p2"));
        }),
        ("stop date", CardCode::C14, |sample| {
            sample.assessment.course.stop_due = Some(date(2026, 6, 2));
        }),
        ("review date", CardCode::C12, |sample| {
            sample.assessment.course.review_due = Some(date(2026, 6, 2));
        }),
        ("order", CardCode::C32, |sample| {
            sample.assessment.order.reference = Some(reference("MedicationRequest/d2"));
        }),
        ("problem", CardCode::C31, |sample| {
            sample.assessment.data_problems.push(DataProblem {
                reference: reference("Observation/o9"),
                problem: Problem::UnitMissing,
                touches: Touches::Igg,
                note: String::new(),
            });
        }),
    ];
    for (what, code, change) in changes {
        let mut changed = base.clone();
        change(&mut changed);
        assert_ne!(uuid(&base, code), uuid(&changed, code), "{what}");
    }
    assert_ne!(uuid(&base, CardCode::C01), uuid(&base, CardCode::C02));
}

#[test]
fn c01_drafts_immunoglobulin_with_the_stop_date_built_in() {
    let card = Sample::new().card(CardCode::C01, Language::Da);
    assert_eq!(
        card.summary.as_str(),
        "IgG <4 g/L inden for 6 mdr. efter CAR-T: substitution kan startes; stopdato 1. juni 2026",
    );
    let drafts = resources(&card);
    let draft = &drafts[0];
    assert_eq!(draft["status"], "draft");
    assert_eq!(draft["intent"], "order");
    assert_eq!(draft["subject"]["reference"], "Patient/p1");
    assert_eq!(
        draft["medicationCodeableConcept"]["coding"][0]["code"],
        "J06BA01"
    );
    assert!(draft["medicationCodeableConcept"]["text"].is_string());
    assert_eq!(draft["reasonCode"][0]["coding"][0]["code"], "33286000");
    let bounds = &draft["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"];
    assert_eq!(
        (&bounds["start"], &bounds["end"]),
        (&"2026-03-16".into(), &"2026-06-01".into())
    );
    assert!(draft["dosageInstruction"][0].get("doseAndRate").is_none());
    assert_eq!(drafts[1]["resourceType"], "Task");
    assert_eq!(drafts[1]["restriction"]["period"]["end"], "2026-06-01");
    assert_eq!(card.suggestions.len(), 2);
    for words in [
        "3,2 g/L",
        "10. marts 2026",
        "CAR-T-infusion den 1. december 2025",
        "K3: ",
        "REC-17",
        "18. februar 2026",
    ] {
        assert!(card.detail.contains(words), "{words} in {}", card.detail);
    }
    let already = Sample::new().with_draft().card(CardCode::C01, Language::Da);
    assert_eq!(
        already.suggestions.len(),
        1,
        "no second draft beside the clinician's own"
    );
}

#[test]
fn c08_has_no_stop_date() {
    let mut sample = Sample::new();
    sample.assessment.course.stop_due = None;
    let drafts = resources(&sample.card(CardCode::C08, Language::En));
    let bounds = &drafts[0]["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"];
    assert!(bounds.get("end").is_none());
}

#[test]
fn c04_names_what_is_missing_and_from_when() {
    let mut sample = Sample::new();
    sample.assessment.as_of = date(2026, 2, 16);
    sample.assessment.start.missing =
        vec![MissingItem::InfectionHistory, MissingItem::IggSecondSample];
    sample.assessment.start.repeat_from = Some(date(2026, 3, 2));
    let card = sample.card(CardCode::C04, Language::Da);
    assert_eq!(
        card.summary.as_str(),
        "Opstartskriterier kan ikke vurderes: mangler ny IgG fra 2. marts 2026 og infektionshistorik",
    );
    let drafts = resources(&card);
    assert_eq!(drafts[0]["code"]["coding"][0]["code"], "NPU19814");
    assert_eq!(drafts[0]["occurrenceDateTime"], "2026-03-02");
    let statements: Vec<&Value> = drafts
        .iter()
        .filter(|draft| draft["resourceType"] == "Observation")
        .collect();
    assert_eq!(statements[0]["valueBoolean"], true);
    assert_eq!(statements[1]["valueBoolean"], false);
    assert_eq!(statements[1]["effectivePeriod"]["start"], "2025-02-16");
    assert_eq!(statements[1]["effectivePeriod"]["end"], "2026-02-16");
}

#[test]
fn c04_names_the_sources_that_were_not_obtained() {
    let mut sample = Sample::new();
    sample.assessment.start.missing = vec![
        MissingItem::Igg,
        MissingItem::SourceCondition,
        MissingItem::SourceProcedure,
    ];
    assert_eq!(
        sample.sentence(CardCode::C04, Language::En),
        "Start criteria cannot be assessed, data not obtained: diagnoses, procedures and more",
    );
    sample.assessment.start.missing.push(MissingItem::BirthDate);
    assert_eq!(
        sample.sentence(CardCode::C04, Language::En),
        "Start criteria cannot be assessed: missing date of birth, a current IgG and more",
    );
}

#[test]
fn c05_removes_the_draft_and_says_none_recorded() {
    let mut sample = Sample::new().with_draft();
    sample.assessment.start.conclusion = StartConclusion::Not;
    let not = sample.card(CardCode::C05, Language::Da);
    assert!(not.suggestions[0].is_recommended);
    assert!(matches!(
        &not.suggestions[0].actions[0],
        Action::Delete { resource_id, .. } if resource_id == "MedicationRequest/d1"
    ));
    sample.assessment.start.conclusion = StartConclusion::Ns;
    let none = sample.card(CardCode::C05, Language::En);
    assert!(none.suggestions.iter().all(|one| !one.is_recommended));
    assert!(none.summary.as_str().contains("recorded"));
    assert!(none.detail.contains("12 months up to 16 March 2026"));
    sample.assessment.order.reference = Some(reference("draftOrders.entry[0]"));
    let nameless = sample.card(CardCode::C32, Language::Da);
    assert!(
        nameless
            .suggestions
            .iter()
            .flat_map(|one| &one.actions)
            .all(|action| !matches!(action, Action::Delete { .. })),
        "a draft without an id cannot be deleted"
    );
}

#[test]
fn c14_changes_the_running_orders_and_nothing_else_in_them() {
    let card = Sample::on_treatment(date(2026, 6, 1)).card(CardCode::C14, Language::Da);
    assert_eq!(
        card.summary.as_str(),
        "Startet alene pga. IgG <4: seponering skal forsøges 1. juni 2026 (6 mdr. efter CAR-T)",
    );
    for (suggestion, status) in card.suggestions.iter().zip(["stopped", "on-hold"]) {
        let [
            Action::Update { resource, .. },
            Action::Create {
                resource: statement,
                ..
            },
        ] = &suggestion.actions[..]
        else {
            panic!("{suggestion:?}");
        };
        assert_eq!(
            resource.json(),
            RUNNING.replace(r#""status":"active""#, &format!(r#""status":"{status}""#)),
        );
        assert!(statement.json().contains("ig-review"));
    }
    let extension = resources(&card)
        .into_iter()
        .find(|resource| resource["code"]["coding"][0]["code"] == "ig-extension")
        .unwrap();
    assert_eq!(extension["valueDateTime"], "2026-07-27");
    assert_eq!(extension["effectiveDateTime"], "2026-06-01");
}

#[test]
fn c14_never_stops_only_some_of_the_orders() {
    let mut sample = Sample::on_treatment(date(2026, 6, 1));
    sample
        .assessment
        .course
        .running_orders
        .push(reference("MedicationRequest/m2"));
    let card = sample.card(CardCode::C14, Language::En);
    let updates = card
        .suggestions
        .iter()
        .flat_map(|one| &one.actions)
        .filter(|action| matches!(action, Action::Update { .. }))
        .count();
    assert_eq!(updates, 0);
    assert!(as_text(&[card], Language::En).contains("running orders are not changed"));
}

#[test]
fn c14_asks_where_the_history_is_unknown_or_the_ordinary_rule_applies() {
    let mut sample = Sample::on_treatment(date(2026, 6, 5));
    sample.assessment.course.history_unknown = true;
    sample.assessment.course.conclusions = vec![CourseConclusion::StopReview];
    let card = sample.card(CardCode::C14, Language::En);
    assert_eq!(
        card.summary.as_str(),
        "Stop attempt 1 June 2026 (6 months after CAR-T) unless earlier qualifying infections are documented",
    );
    let history = resources(&card)
        .into_iter()
        .find(|resource| resource["code"]["coding"][0]["code"] == "infection-history-reviewed")
        .unwrap();
    assert_eq!(history["effectivePeriod"]["start"], "2024-12-20");
    assert_eq!(history["effectivePeriod"]["end"], "2025-12-20");

    sample.assessment.course.rule = Some(CourseRule::Std);
    sample.assessment.course.history_unknown = false;
    sample.assessment.course.stop_due = None;
    let card = sample.card(CardCode::C14, Language::En);
    assert_eq!(
        card.summary.as_str(),
        "Immunoglobulin decision due 1 June 2026 (6 months after CAR-T): the stop rule can be read in two ways",
    );
    assert_eq!(card.indicator, Indicator::Warning);
}

#[test]
fn c29_adds_the_reason_and_repairs_what_was_no_array() {
    let card = Sample::new().with_draft().card(CardCode::C29, Language::Da);
    let draft = &resources(&card)[0];
    assert_eq!(draft["reasonCode"][0]["text"], "infektioner");
    assert_eq!(draft["reasonCode"][1]["coding"][0]["code"], "33286000");
    assert_eq!(draft["category"][0]["coding"][0]["code"], "community");
    assert_eq!(draft["medicationCodeableConcept"]["text"], "IG");
    assert_eq!(draft["id"], "d1");
    assert!(
        Sample::new()
            .card(CardCode::C29, Language::Da)
            .suggestions
            .is_empty()
    );
}

#[test]
fn c30_records_the_answer_on_the_event() {
    let mut sample = Sample::new();
    sample.assessment.population.code = Population::Ambiguous;
    sample.assessment.population.alternatives = vec![Population::P2A, Population::P2B];
    let card = sample.card(CardCode::C30, Language::Da);
    let answers = resources(&card);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["focus"][0]["reference"], "Procedure/c1");
    assert_eq!(
        (&answers[0]["valueBoolean"], &answers[1]["valueBoolean"]),
        (&true.into(), &false.into())
    );
    sample.assessment.as_of = date(2026, 7, 1);
    assert!(
        sample
            .card(CardCode::C30, Language::Da)
            .suggestions
            .is_empty(),
        "the older event is not the one in question"
    );
}

#[test]
fn c32_names_the_value_and_the_reference_limit() {
    let mut sample = Sample::new();
    sample.assessment.population.code = Population::P1;
    sample.assessment.start.igg.as_mut().unwrap().value = "6.2".to_owned();
    sample.assessment.start.igg.as_mut().unwrap().exact =
        Some(GramsPerLitre::from_picograms(6_200_000_000_000));
    sample.chart.facts.igg = vec![LabResult {
        drawn: Some(When::day(date(2026, 3, 10))),
        value: Measured::Exactly(GramsPerLitre::from_picograms(6_200_000_000_000)),
        reference_low: Some(GramsPerLitre::from_picograms(6_700_000_000_000)),
        evidence: reference("Observation/o1"),
    }];
    let card = sample.card(CardCode::C32, Language::Da);
    assert!(
        card.summary
            .as_str()
            .starts_with("IgG 6,2 g/L: opstartskriteriet for hæmatologisk")
    );
    assert!(card.detail.contains("6,7 g/L"));
}

#[test]
fn without_a_patient_nothing_is_created() {
    for mut sample in samples() {
        sample.chart.patient = None;
        for code in ALL {
            let card = sample.card(code, Language::Da);
            for action in card
                .suggestions
                .iter()
                .flat_map(|suggestion| &suggestion.actions)
            {
                assert!(!matches!(action, Action::Create { .. }), "{code:?}");
            }
        }
    }
}

#[test]
fn write_keeps_the_order_of_the_guideline() {
    let mut sample = Sample::new();
    sample.assessment.cards = vec![CardCode::C31, CardCode::C01, CardCode::C12];
    let writing = Writing {
        language: Language::Da,
        service: "assess",
        hook: None,
    };
    let codes: Vec<CardCode> = write(&sample.assessment, &sample.chart, writing)
        .iter()
        .map(|card| card.code)
        .collect();
    assert_eq!(codes, sample.assessment.cards);
}

#[test]
fn a_terminal_shows_urgency_summary_and_choices() {
    let card = Sample::on_treatment(date(2026, 6, 1)).card(CardCode::C14, Language::En);
    let text = as_text(&[card], Language::En);
    assert!(text.starts_with("WARNING C14: IG started on IgG <4 alone"));
    assert!(text.contains("- Stop immunoglobulin\n  - Set the running order to stopped"));
    assert_eq!(as_text(&[], Language::Da), "Ingen kort.\n");
}
