//! Other reports on a card: below the national answer, and without weight in it (H-18).

use super::*;
use crate::{
    cards::evidence,
    guideline::{
        assessment::Comparator,
        comparator::{
            AskedRule, Outside,
            reports::{REPORTS, Strength},
        },
    },
};

/// The eight reports, each with another answer.
pub fn answers(stop: bool) -> Vec<Comparator> {
    use StartConclusion::{Cons, Met, Na, Not, Ns, Unk};
    let answers = [Met, Cons, Not, Ns, Unk, Met, Cons, Na];
    REPORTS
        .iter()
        .zip(answers)
        .map(|(report, answer)| {
            let outside = (answer == Na).then_some(Outside::OtherDisease);
            let on = stop && outside.is_none();
            Comparator {
                id: report.id,
                start: (!on).then_some(answer),
                stop: on.then_some(answer),
                outside,
                rules: vec![AskedRule {
                    rule: "igg-below-4",
                    strength: Strength::Recommended,
                    verdict: Verdict::Unknown(Reason::NoneRecorded),
                    reason: Some(Reason::NoneRecorded),
                }],
            }
        })
        .collect()
}

#[test]
fn other_reports_stand_below_and_offer_nothing() {
    for (plain, stop) in [
        (Sample::new(), false),
        (Sample::new().with_draft(), false),
        (Sample::on_treatment(date(2026, 6, 5)), true),
    ] {
        let mut beside = plain.clone();
        beside.assessment.comparators = answers(stop);
        let mut on_cards = 0;
        for code in ALL {
            for (language, title) in [
                (
                    Language::Da,
                    "**Andre konsensusrapporter (til orientering; ikke den nationale vejledning)**",
                ),
                (
                    Language::En,
                    "**Other consensus reports (for information; not the national guideline)**",
                ),
            ] {
                let (without, with) = (plain.card(code, language), beside.card(code, language));
                assert_eq!(without.summary, with.summary);
                assert_eq!(without.indicator, with.indicator);
                assert_eq!(without.suggestions, with.suggestions);
                assert_eq!(without.uuid, with.uuid);
                assert!(!without.detail.contains(title), "{code:?}");
                if let Some((national, others)) = with.detail.split_once(title) {
                    on_cards += 1;
                    let source = if language == Language::Da {
                        "**Kilde**"
                    } else {
                        "**Source**"
                    };
                    assert!(
                        national.contains(source),
                        "{code:?}: below the national source"
                    );
                    for report in evidence::reports(language) {
                        assert!(!national.contains(report.name), "{code:?}");
                        assert!(others.contains(report.name), "{code:?}: {}", report.name);
                    }
                }
            }
        }
        assert_eq!(on_cards, 14);
    }
}

#[test]
fn a_card_of_a_patient_whom_no_report_is_about_names_none() {
    let mut sample = Sample::new();
    sample.assessment.comparators = answers(false);
    for report in &mut sample.assessment.comparators {
        report.start = Some(StartConclusion::Na);
        report.outside = Some(Outside::NoIndexEvent);
    }
    for code in ALL {
        let card = sample.card(code, Language::En);
        assert!(!card.detail.contains("consensus reports"), "{code:?}");
        assert!(card.extension.trace.comparators.is_empty(), "{code:?}");
    }
}

#[test]
fn reports_and_studies_are_told_in_both_languages() {
    let texts = |language| -> Vec<&'static str> {
        let reports = evidence::reports(language).into_iter().flat_map(|report| {
            [
                vec![
                    report.scope,
                    report.start,
                    report.stop,
                    report.dose,
                    report.children,
                    report.quality_text,
                ],
                report.notes,
            ]
            .concat()
        });
        let studies = evidence::studies(language).into_iter().flat_map(|study| {
            [
                study.population,
                study.findings,
                study.limits,
                study.certainty_text,
            ]
        });
        reports
            .chain(studies)
            .chain([evidence::judgement(language).text])
            .collect()
    };
    let (da, en) = (texts(Language::Da), texts(Language::En));
    assert_eq!(da.len(), en.len());
    for (da, en) in da.iter().zip(&en) {
        assert_ne!(da, en);
        for text in [da, en] {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
        }
        // Danish numbers have a comma, English ones a point.
        let decimal = |text: &str, mark: char| {
            let chars: Vec<char> = text.chars().collect();
            chars.windows(3).any(|three| {
                three[0].is_ascii_digit() && three[1] == mark && three[2].is_ascii_digit()
            })
        };
        assert!(!decimal(da, '.'), "{da}");
        assert!(!decimal(en, ','), "{en}");
    }
}

/// B-43: each discrepancy is a note on the report that it concerns.
#[test]
fn what_the_sources_disagree_on_is_noted() {
    let reports = evidence::reports(Language::En);
    for (name, words) in [
        ("ASTCT 2024", "4 g/L or below"),
        ("ASTCT 2024", "misprints"),
        ("EBMT/EHA 2022", "misprints"),
        ("Hill 2019 (review)", "Two sources are called Hill 2019"),
        ("Hill 2019 (review)", "4 g/L or below"),
        ("IMWG 2023", "[30]"),
        ("IMWG 2024", "misprints"),
        ("COMMIT 2023", "is for everyone"),
        ("COMMIT 2023", "second month"),
        ("COMMIT 2023", "Two sources are by Mohan"),
        ("EMN 2023", "4 g/L or below"),
    ] {
        let report = reports.iter().find(|report| report.name == name).unwrap();
        assert!(
            report.notes.iter().any(|note| note.contains(words)),
            "{name}: {words}"
        );
    }
}
