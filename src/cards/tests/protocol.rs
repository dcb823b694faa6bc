//! The protocol's rules, each test named after their ids.

use super::*;

/// FB-12.
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

/// CARD-03.
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
        prescription: Prescription::default(),
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
        (CardCode::C15, date(2026, 7, 20), Indicator::Info),
        (CardCode::C15, date(2026, 7, 21), Indicator::Warning),
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
fn ux_05_the_most_urgent_card_comes_first() {
    let mut sample = Sample::on_treatment(date(2026, 7, 21));
    sample.assessment.course.review_due = Some(date(2026, 6, 20));
    sample.assessment.cards = vec![CardCode::C30, CardCode::C12, CardCode::C24];
    let writing = Writing {
        language: Language::Da,
        service: "sid-patient-view",
        hook: Some(hooks::Hook::PatientView),
    };
    let cards: Vec<(CardCode, Indicator)> = write(&sample.assessment, &sample.chart, writing)
        .iter()
        .map(|card| (card.code, card.indicator))
        .collect();
    assert_eq!(
        cards,
        [
            (CardCode::C12, Indicator::Warning),
            (CardCode::C30, Indicator::Info),
            (CardCode::C24, Indicator::Info),
        ]
    );
}

/// SRC-01, SRC-02, SRC-04, COD-01.
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

/// CARD-07, CARD-09.
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

/// CARD-10, OVR-01.
#[test]
fn card_11_and_cod_01_override_reasons_are_whole_codings() {
    every_card(|_, sent| {
        for reason in sent["overrideReasons"].as_array().unwrap_or(&Vec::new()) {
            let systems = [
                "urn:sid-cds:override",
                "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes",
            ];
            let system = reason["system"].as_str().unwrap();
            assert!(systems.contains(&system));
            // Ours are O1 to O12, HL7's are words.
            let code = reason["code"].as_str().unwrap();
            assert_eq!(code.starts_with('O'), system == systems[0], "{code}");
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

/// SUG-04, AMB-17.
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

/// A client of CDS Hooks 1.0 reads `resource`; one of 2.0 must not find it there.
#[test]
fn amb_13_a_delete_names_its_order_in_the_form_of_1_0_where_it_is_asked_for() {
    let mut sample = Sample::new().with_draft();
    sample.assessment.start.conclusion = StartConclusion::Not;
    let mut card = sample.card(CardCode::C05, Language::Da);
    let deletes = |card: &Card| -> Vec<Value> {
        let sent = serde_json::to_value(card).unwrap();
        let suggestions = sent["suggestions"].as_array().unwrap().iter();
        suggestions
            .flat_map(|suggestion| suggestion["actions"].as_array().unwrap().clone())
            .filter(|action| action["type"] == "delete")
            .collect()
    };
    let plain = deletes(&card);
    assert!(!plain.is_empty());
    card.name_deletes_as_in_1_0();
    for (before, after) in plain.iter().zip(deletes(&card)) {
        assert!(before.get("resource").is_none());
        assert_eq!(after["resource"], "MedicationRequest/d1");
        assert_eq!(after["resourceId"], before["resourceId"]);
    }
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

/// GEN-02.
#[test]
fn act_03_created_resources_are_read_as_r4_without_loss() {
    every_card(|card, _| {
        for suggestion in &card.suggestions {
            for action in &suggestion.actions {
                if let Action::Create { resource, .. } = action {
                    let read = r4::read(resource.json()).unwrap();
                    assert!(
                        read.lost.is_empty(),
                        "{:?} of {}",
                        read.lost,
                        resource.json()
                    );
                }
            }
        }
    });
}

/// GEN-05, GEN-06.
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
