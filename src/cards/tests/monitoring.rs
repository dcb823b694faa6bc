//! What the cards before a start, in summer, after a stop and on a trough say and suggest.

use super::*;
use crate::guideline::assessment::{MeasuredIgg, Recurrence, Trough};

/// A sample with everything that these cards are written from.
pub(super) fn followed(level: TroughLevel, value: &str) -> Sample {
    let igg = MeasuredIgg {
        value: value.to_owned(),
        drawn: date(2026, 9, 25),
        evidence: reference("Observation/o7"),
    };
    let mut sample = Sample::on_treatment(date(2026, 9, 30));
    sample.assessment.course.conclusions = vec![
        CourseConclusion::Pause,
        CourseConclusion::SupportsStop,
        CourseConclusion::Recovered,
    ];
    sample.assessment.course.igg_under_substitution = Some(igg.clone());
    sample.assessment.course.trough = Some(Trough {
        igg,
        next_dose: date(2026, 9, 30),
        next_dose_recorded: level == TroughLevel::Low,
        level,
        early: level == TroughLevel::Low,
    });
    sample.assessment.course.recurrence = Some(Recurrence {
        ended: date(2026, 6, 1),
        infections: vec![reference("Condition/i1")],
    });
    sample
}

#[test]
fn c10_drafts_what_is_not_documented_and_records_what_is_known() {
    let mut sample = Sample::new();
    sample.assessment.start.missing = vec![
        MissingItem::VaccinationInfluenza,
        MissingItem::VaccinationPneumococcal,
        MissingItem::AntibioticProphylaxis,
    ];
    let card = sample.card(CardCode::C10, Language::Da);
    assert_eq!(
        card.summary.as_str(),
        "Før opstart: influenzavaccination, pneumokokvaccination og antibiotikaprofylakse er ikke dokumenteret",
    );
    let codes: Vec<String> = resources(&card)
        .iter()
        .map(|resource| {
            let concept = match resource["resourceType"].as_str() {
                Some("MedicationRequest") => &resource["medicationCodeableConcept"],
                _ => &resource["code"],
            };
            concept["coding"][0]["code"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(
        codes,
        [
            "J07BB02",
            "J07AL",
            "vaccination-adequate",
            "antibiotic-prophylaxis-considered"
        ]
    );
    assert!(card.suggestions.iter().all(|one| !one.is_recommended));
    for words in ["E20: ", "E22: ", "E24: ", "REC-08, REC-09, REC-49"] {
        assert!(card.detail.contains(words), "{words} in {}", card.detail);
    }
}

#[test]
fn c10_never_calls_what_was_not_searched_not_documented() {
    let mut sample = Sample::new();
    sample.assessment.start.missing = vec![MissingItem::SourceImmunization];
    let card = sample.card(CardCode::C10, Language::En);
    assert!(
        card.summary
            .as_str()
            .ends_with("data not obtained: vaccinations")
    );
    assert!(!card.summary.as_str().contains("documented"));
    assert!(!card.detail.contains("not documented"));
    assert_eq!(card.suggestions.len(), 1, "no draft of what may be there");
}

#[test]
fn what_c10_asks_makes_no_other_start_card() {
    let base = Sample::new();
    let mut asked = base.clone();
    asked.assessment.start.missing = vec![MissingItem::VaccinationInfluenza];
    let uuid = |sample: &Sample, code| sample.card(code, Language::Da).uuid;
    assert_eq!(uuid(&base, CardCode::C01), uuid(&asked, CardCode::C01));
    assert_ne!(uuid(&base, CardCode::C10), uuid(&asked, CardCode::C10));
    let start = asked.card(CardCode::C01, Language::En);
    assert!(!start.detail.contains("Influenza vaccination"));
}

#[test]
fn c11_names_what_the_baseline_lacks() {
    for (missing, expected) in [
        (
            vec![MissingItem::IgaIgm],
            "Baseline before IG: document IgA and IgM",
        ),
        (
            vec![MissingItem::InfectionHistory],
            "Baseline before IG: document infection history (12 months)",
        ),
        (
            vec![MissingItem::InfectionHistory, MissingItem::IgaIgm],
            "Baseline before IG: document IgG, IgA, IgM and infection history (12 months)",
        ),
    ] {
        let mut sample = Sample::new();
        sample.assessment.start.missing = missing;
        assert_eq!(sample.sentence(CardCode::C11, Language::En), expected);
    }
}

#[test]
fn c17_pauses_the_orders_with_a_day_to_reassess() {
    let card = followed(TroughLevel::Low, "5.4").card(CardCode::C17, Language::Da);
    let [
        Action::Update {
            resource: order, ..
        },
        Action::Create { resource: said, .. },
        Action::Create { resource: task, .. },
    ] = &card.suggestions[0].actions[..]
    else {
        panic!("{:?}", card.suggestions);
    };
    assert!(order.json().contains(r#""status":"on-hold""#));
    assert!(said.json().contains("ig-review") && said.json().contains("pause"));
    let task: Value = serde_json::from_str(task.json()).unwrap();
    assert_eq!(task["restriction"]["period"]["end"], "2026-10-01");
    assert_eq!(card.suggestions.len(), 2);
}

#[test]
fn c16_names_the_result_and_what_restitution_is() {
    let card = followed(TroughLevel::Low, "7.1").card(CardCode::C16, Language::En);
    assert!(card.detail.contains("7.1 g/L (25 September 2026)"));
    assert!(
        card.detail
            .contains("above 4 g/L measured in a period without")
    );
    let codes: Vec<Value> = resources(&card)
        .iter()
        .map(|request| request["code"]["coding"][0]["code"].clone())
        .collect();
    assert_eq!(codes, ["NPU19795", "NPU19825", "NPU21819"]);
}

#[test]
fn c18_says_what_came_since_and_that_igg_has_recovered() {
    let mut sample = followed(TroughLevel::Low, "5.4");
    sample.chart.facts.infections = vec![Infection {
        onset: When::day(date(2026, 8, 1)),
        abatement: None,
        bacterial: Bacterial::Certain,
        confirmed: true,
        positive_culture: false,
        mild: false,
        sepsis: false,
        life_threatening: false,
        admitted: Verdict::Met,
        treated: Verdict::Met,
        focus: Focus::Lung,
        text: Some("Pneumonia".to_owned()),
        evidence: reference("Condition/i1"),
    }];
    let card = sample.card(CardCode::C18, Language::En);
    for words in [
        "ended on 1 June 2026",
        "Pneumonia, 1 August 2026",
        "immune restitution",
        "REC-38, REC-41, REC-48",
    ] {
        assert!(card.detail.contains(words), "{words} in {}", card.detail);
    }
}

#[test]
fn c24_and_c25_say_where_the_trough_lies() {
    for (level, value, code, summary, words) in [
        (
            TroughLevel::Low,
            "5.4",
            CardCode::C24,
            "Dal-IgG 5,4 g/L: mål 6 (6-8 ved fortsat alvorlige infektioner); over 8 anbefales ikke",
            ["under målet på 6 g/L", "IgG stadig kan stige"],
        ),
        (
            TroughLevel::High,
            "8.4",
            CardCode::C24,
            "Dal-IgG 8,4 g/L: mål 6 (6-8 ved fortsat alvorlige infektioner); over 8 anbefales ikke",
            [
                "over 8 g/L anbefales ikke",
                "beregnet til 30. september 2026",
            ],
        ),
        (
            TroughLevel::Reducible,
            "7.4",
            CardCode::C25,
            "Dal-IgG 7,4 g/L og ingen bakterielle infektioner registreret i 6 mdr.: dosisreduktion kan forsøges",
            ["ikke det samme som ingen infektioner", "E26: "],
        ),
    ] {
        let card = followed(level, value).card(code, Language::Da);
        assert_eq!(card.summary.as_str(), summary);
        for word in words {
            assert!(card.detail.contains(word), "{word} in {}", card.detail);
        }
        assert!(
            card.suggestions
                .iter()
                .flat_map(|one| &one.actions)
                .all(|action| !matches!(action, Action::Update { .. })),
            "the order does not follow by itself"
        );
    }
}
