//! What a clinician reads for each demonstration patient, in both languages, as files to review by eye.
//!
//! A change of a rule or a word shows as a difference in `tests/golden/`; see `support/expected.rs` for
//! the command that writes them anew.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "support/expected.rs"]
mod expected;
#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/chart.rs"]
mod support;

use std::{collections::BTreeSet, fs, path::Path};

use sid_cds::{
    cards::{self, Language, Writing},
    guideline::assess,
};

const LANGUAGES: [(Language, &str); 2] = [(Language::Da, "da"), (Language::En, "en")];

#[test]
fn the_cards_read_as_reviewed() {
    let fixtures = fixture::fixtures();
    for (language, folder) in LANGUAGES {
        if expected::writing() {
            // A fixture that is gone leaves no file behind.
            for name in written(folder) {
                fs::remove_file(path(folder).join(name)).expect("a file that can be removed");
            }
        }
        for fixture in &fixtures {
            let assessment = assess(&fixture.chart.facts, fixture.as_of);
            let writing = Writing {
                language,
                service: "sid-patient-view",
                hook: None,
            };
            let cards = cards::write(&assessment, &fixture.chart, writing);
            let text = cards::as_text(&cards, language);
            expected::check(
                &format!("tests/golden/{folder}/{}.txt", fixture.name),
                &text,
            );
        }
        let names: BTreeSet<String> = fixtures
            .iter()
            .map(|fixture| format!("{}.txt", fixture.name))
            .collect();
        assert_eq!(written(folder), names, "{}", expected::COMMAND);
    }
}

/// The project's own codes as FHIR, in `terminology/`, are those of the program, in both languages.
#[test]
fn the_code_systems_are_the_programs_own() {
    for (path, resource) in cards::vocabulary::files() {
        let text = serde_json::to_string_pretty(&resource).expect("JSON") + "\n";
        let mut codes = BTreeSet::new();
        for concept in resource["concept"].as_array().into_iter().flatten() {
            let code = concept["code"].as_str().expect("a code");
            assert!(!code.is_empty() && codes.insert(code), "{path}: {code}");
            let (english, danish) = (&concept["display"], &concept["designation"][0]["value"]);
            assert!(english.is_string() && danish.is_string(), "{path}: {code}");
        }
        expected::check(&path, &text);
    }
}

fn path(folder: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(folder)
}

/// The names of the files that are there.
fn written(folder: &str) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(path(folder)) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("a name"))
        .collect()
}
