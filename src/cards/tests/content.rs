//! What each card says and suggests, and what makes it another card.

use super::*;
use crate::guideline::date::plus_days;

/// What changes, the card that it decides, and the change.
type Change = (&'static str, CardCode, fn(&mut Sample));

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

    // After CAR-T infections do not decide, so they make no other card.
    let mut infections = base.clone();
    infections.assessment.start.criteria.push(Criterion {
        id: CriterionId::SevereOrRecurrentInfections,
        verdict: Verdict::Met,
        value: None,
        date: None,
        evidence: Vec::new(),
    });
    assert_eq!(uuid(&base, CardCode::C01), uuid(&infections, CardCode::C01));
    assert_ne!(uuid(&base, CardCode::C02), uuid(&infections, CardCode::C02));

    let changes: [Change; 8] = [
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
fn after_its_review_date_every_card_asks_to_check_the_version() {
    let by = GUIDELINE.review_by;
    assert!(by > GUIDELINE.approved);
    for (as_of, asks) in [(by, false), (plus_days(by, 1), true)] {
        let mut sample = Sample::new();
        sample.assessment.as_of = as_of;
        for code in ALL {
            for (language, words) in [
                (Language::Da, "**Tjek vejledningens version:**"),
                (Language::En, "**Check the guideline's version:**"),
            ] {
                let detail = sample.card(code, language).detail;
                assert_eq!(detail.contains(words), asks, "{code:?} on {as_of}");
            }
        }
    }
}

#[test]
fn a_counterfactual_is_said_on_the_card_that_asks() {
    let mut sample = Sample::new();
    sample.assessment.start.conclusion = StartConclusion::Unk;
    sample.assessment.start.repeat_from = Some(date(2026, 3, 31));
    let open = sample.card(CardCode::C04, Language::En).detail;
    assert!(
        open.contains("can settle whether low IgG is persistent"),
        "{open}"
    );
    sample.assessment.counterfactual = Some(Counterfactual::SecondSample {
        from: date(2026, 3, 31),
        below: GramsPerLitre::SIX,
        then: StartConclusion::Cons,
    });
    for (code, language, words) in [
        (
            CardCode::C04,
            Language::En,
            "drawn on or after **31 March 2026**, without active infection, decides this: if it is again below 6 g/L, start may be considered.",
        ),
        (
            CardCode::C04,
            Language::Da,
            "taget **31. marts 2026** eller senere, uden aktiv infektion, afgør det: er den igen under 6 g/L, kan opstart overvejes.",
        ),
    ] {
        let card = sample.card(code, language);
        assert!(card.detail.contains(words), "{}", card.detail);
        assert!(!card.detail.contains("can settle"));
        let trace = serde_json::to_value(&card.extension.trace).unwrap();
        assert_eq!(
            trace["counterfactual"],
            serde_json::json!({"fact": "second-sample", "from": "2026-03-31", "below": "6", "then": "CONS"})
        );
    }
    let other = sample.card(CardCode::C01, Language::En);
    assert!(!other.detail.contains("decides this"));
    assert_eq!(other.extension.trace.counterfactual, None);
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
fn c30_and_c14_name_the_treatment_that_the_date_belongs_to() {
    // Immunoglobulin begun after CAR-T, then a bispecific antibody: the index event is the later one.
    let mut sample = Sample::on_treatment(date(2026, 6, 5));
    sample.assessment.population.index = Some(IndexEvent {
        kind: IndexKind::Bispecific,
        date: date(2026, 4, 1),
        evidence: vec![reference("MedicationAdministration/b1")],
        window_end: date(2026, 10, 1),
    });
    sample.assessment.course.rule = Some(CourseRule::Std);
    sample.assessment.course.stop_due = None;
    sample.assessment.course.conclusions = vec![CourseConclusion::StopReview];
    let stop = sample.card(CardCode::C14, Language::En);
    assert!(
        !stop.summary.as_str().contains("bispecific antibody"),
        "{:?}",
        stop.summary
    );
    let choice = sample.card(CardCode::C30, Language::En);
    assert!(
        choice
            .detail
            .contains("(start of a bispecific antibody on 1 April 2026)")
    );
    assert!(
        choice
            .detail
            .contains("6 months after the first treatment is **1 June 2026**")
    );

    // The same with CAR-T alone, and a transplant after the start.
    sample.assessment.population.index = Sample::new().assessment.population.index;
    let choice = sample.card(CardCode::C30, Language::En);
    assert!(choice.detail.contains("a new treatment came (HSCT)"));
    assert!(choice.suggestions.is_empty());
}

#[test]
fn c32_names_the_value_and_the_reference_limit() {
    let mut sample = Sample::new();
    sample.assessment.population.code = Population::P1;
    let igg = sample.assessment.start.igg.as_mut().unwrap();
    igg.value = "6.2".to_owned();
    igg.exact = Some(GramsPerLitre::from_picograms(6_200_000_000_000));
    igg.reference_low = Some(GramsPerLitre::from_picograms(6_700_000_000_000));
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

/// The products hold a little IgA, which matters to a patient with severe IgA deficiency (B-38, H-25).
#[test]
fn no_card_calls_a_product_free_of_iga() {
    every_card(|card, _| {
        let text = card.detail.replace("ikke IgA af klinisk betydning", "");
        for claim in [
            "IgA-fri",
            "uden IgA",
            "ikke IgA",
            "IgA-free",
            "without IgA",
            "no IgA",
        ] {
            assert!(!text.contains(claim), "{:?}: {claim}", card.code);
            assert!(
                !card.summary.as_str().contains(claim),
                "{:?}: {claim}",
                card.code
            );
        }
    });
}
