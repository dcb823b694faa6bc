//! The timeline: pictures to review by eye, sound XML, and a table that says what the picture says.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "support/expected.rs"]
mod expected;
#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/chart.rs"]
mod support;

use std::{collections::BTreeSet, fs, path::Path};

use fixture::Fixture;
use jiff::civil::Date;
use serde_json::{Value, json};
use sid_cds::{
    cards::Language,
    guideline::{assess, date::plus_days, facts::Measured},
    timeline::Timeline,
};

const LANGUAGES: [Language; 2] = [Language::Da, Language::En];

fn timeline(fixture: &Fixture) -> Timeline {
    let assessment = assess(&fixture.chart.facts, fixture.as_of);
    Timeline::new(&fixture.chart, &assessment)
}

/// The pictures that are reviewed by eye; the others differ in nothing that these do not show.
#[test]
fn pictures_and_tables_are_as_reviewed() {
    let reviewed = [
        "02-car-t-stop-due",
        "05-cll-with-infections",
        "13-immunoglobulin-before-car-t",
        "15-review-overdue",
        "18-conditions-not-searched",
        "26-infection-after-stop",
    ];
    let fixtures = fixture::fixtures();
    for name in reviewed {
        let fixture = fixtures
            .iter()
            .find(|fixture| fixture.name == name)
            .expect("the fixture");
        let timeline = timeline(fixture);
        for language in LANGUAGES {
            let path = format!("tests/golden/timeline/{name}.{}", language.tag());
            expected::check(&format!("{path}.svg"), &timeline.svg(language));
            expected::check(&format!("{path}.txt"), &timeline.text(language));
        }
    }
}

/// Whether a picture is XML that neither runs nor loads anything; its text.
fn check(svg: &str) -> String {
    let document = roxmltree::Document::parse(svg).expect("XML");
    let allowed = BTreeSet::from([
        "svg", "title", "desc", "defs", "pattern", "g", "rect", "path", "circle", "line", "text",
    ]);
    let mut ids = BTreeSet::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(allowed.contains(name), "<{name}>");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(
                !name.starts_with("on") && name != "style" && name != "href",
                "{name}"
            );
            assert!(
                !value.contains("NaN") && !value.contains("inf"),
                "{name}={value}"
            );
            if name == "id" {
                assert!(ids.insert(value.to_owned()), "two elements {value}");
            }
        }
    }
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    for id in root
        .attribute("aria-labelledby")
        .expect("a name")
        .split(' ')
    {
        assert!(ids.contains(id), "{id}");
    }
    document
        .descendants()
        .filter(roxmltree::Node::is_text)
        .filter_map(|node| node.text())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every patient on many days, in both languages, the ends of the calendar among them.
#[test]
fn every_picture_is_sound() {
    for fixture in fixture::fixtures() {
        let days =
            [-4000, -200, -30, 0, 1, 90, 200, 400, 4000].map(|d| plus_days(fixture.as_of, d));
        for as_of in days.into_iter().chain([Date::MIN, Date::MAX]) {
            let assessment = assess(&fixture.chart.facts, as_of);
            let timeline = Timeline::new(&fixture.chart, &assessment);
            for language in LANGUAGES {
                check(&timeline.svg(language));
                for row in timeline.rows(language) {
                    assert!(!row.date.is_empty() && !row.what.is_empty(), "{row:?}");
                }
            }
        }
    }
}

/// Nothing that the record holds is missing in the table; what lies ahead of E is in neither.
#[test]
fn the_table_holds_every_finding() {
    for fixture in fixture::fixtures() {
        let facts = &fixture.chart.facts;
        let rows = timeline(&fixture).rows(Language::En);
        let sources: Vec<&str> = rows.iter().map(|row| row.source.as_str()).collect();
        let found = |reference: &sid_cds::guideline::facts::Reference| {
            sources
                .iter()
                .any(|source| source.split(", ").any(|one| one == reference.as_str()))
        };
        for result in facts.igg.iter().chain(&facts.iga).chain(&facts.igm) {
            assert!(
                found(&result.evidence),
                "{} {}",
                fixture.name,
                result.evidence
            );
        }
        for infection in &facts.infections {
            assert!(
                found(&infection.evidence),
                "{} {}",
                fixture.name,
                infection.evidence
            );
        }
        for exposure in &facts.immunoglobulin {
            assert!(
                found(&exposure.evidence),
                "{} {}",
                fixture.name,
                exposure.evidence
            );
        }
        for transplant in &facts.transplants {
            assert!(
                found(&transplant.evidence),
                "{} {}",
                fixture.name,
                transplant.evidence
            );
        }
    }
}

/// The picture of one patient with these resources.
fn picture_of(resources: &[Value], gaps: &[(&str, support::Gap)], as_of: Date) -> String {
    let chart = support::read(resources, gaps, &[], "a", as_of);
    let assessment = assess(&chart.facts, as_of);
    check(&Timeline::new(&chart, &assessment).svg(Language::En))
}

/// The resources of a demonstration patient whose ids begin so, as those of patient `a`.
fn resources(fixture: &str, ids: &[&str]) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("fixtures").join(fixture).join("bundle.json");
    let text = fs::read_to_string(path).expect("the fixture");
    let patient = format!("Patient/p{}", &fixture[..2]);
    let bundle: Value =
        serde_json::from_str(&text.replace(&patient, "Patient/a")).expect("a Bundle");
    let entries = bundle["entry"].as_array().expect("entries").iter();
    let resources = entries.map(|entry| entry["resource"].clone());
    let wanted = |resource: &Value| {
        let id = resource["id"].as_str().unwrap_or_default();
        ids.iter().any(|start| id.starts_with(start))
    };
    resources.filter(wanted).collect()
}

/// A copy of a resource with another id and other members.
fn another(resource: &Value, id: String, members: &[(&str, Value)]) -> Value {
    let mut copy = resource.clone();
    copy["id"] = json!(id);
    for (pointer, value) in members {
        *copy.pointer_mut(pointer).expect("a member") = value.clone();
    }
    copy
}

/// A patient with much of everything: 60 results of IgG, 24 of IgA and IgM, 4 courses with several doses,
/// 20 infections, CAR-T, a bispecific antibody, a transplant and 6 reviews, in two years.
fn crowded() -> (Vec<Value>, Date) {
    let as_of = jiff::civil::date(2026, 3, 16);
    let first = plus_days(as_of, -724);
    let day = |days: i32| json!(plus_days(first, days).to_string());
    let mut all = vec![json!({"resourceType": "Patient", "id": "a", "birthDate": "1960-01-01"})];
    let one = |fixture: &str, id: &str| resources(fixture, &[id]).remove(0);

    let igg = one("05-cll-with-infections", "p05-igg-1");
    for n in 0..60 {
        let value = f64::from(25 + (n * 7) % 50) / 10.0;
        let members = [
            ("/effectiveDateTime", day(n * 12)),
            ("/valueQuantity/value", json!(value)),
        ];
        all.push(another(&igg, format!("igg-{n}"), &members));
    }
    for (kind, id, step) in [("iga", "p12-iga-1", 5), ("igm", "p12-igm-1", 7)] {
        let result = one("12-myeloma-igg-m-component", id);
        for n in 0..12 {
            let value = f64::from(2 + (n * step) % 12) / 10.0;
            let members = [
                ("/effectiveDateTime", day(n * 60)),
                ("/valueQuantity/value", json!(value)),
            ];
            all.push(another(&result, format!("{kind}-{n}"), &members));
        }
    }

    let ended = one("26-infection-after-stop", "p26-ig-order");
    let running = one("15-review-overdue", "p15-ig-order");
    let dose = "/dosageInstruction/0/doseAndRate/0/doseQuantity/value";
    let bounds = "/dosageInstruction/0/timing/repeat/boundsPeriod";
    for (n, (from, to, grams)) in [
        (0, 90, 6.0),
        (200, 260, 7.0),
        (260, 300, 8.5),
        (400, 470, 6.5),
        (560, 600, 7.0),
        (600, 640, 8.0),
    ]
    .into_iter()
    .enumerate()
    {
        let period = json!({ "start": day(from), "end": day(to) });
        let members = [
            (bounds, period),
            (dose, json!(grams)),
            ("/authoredOn", day(from)),
        ];
        all.push(another(&ended, format!("order-{n}"), &members));
    }
    let period = json!({ "start": day(640) });
    let members = [
        (bounds, period),
        (dose, json!(9.0)),
        ("/authoredOn", day(640)),
    ];
    all.push(another(&running, "order-running".to_owned(), &members));

    let infections = [
        one("05-cll-with-infections", "p05-infection-1"),
        one("05-cll-with-infections", "p05-infection-2"),
        one("08-cll-one-sample", "p08-infection-1"),
    ];
    for (n, infection) in infections.iter().cycle().take(20).enumerate() {
        let start = i32::try_from(n).expect("a small number") * 35 + 10;
        let members = [
            ("/onsetDateTime", day(start)),
            ("/abatementDateTime", day(start + 8)),
            ("/encounter/reference", json!(format!("Encounter/stay-{n}"))),
        ];
        all.push(another(infection, format!("infection-{n}"), &members));
        if n % 2 == 0 {
            let stay = one("05-cll-with-infections", "p05-admission-1");
            let period = [(
                "/period",
                json!({ "start": day(start), "end": day(start + 8) }),
            )];
            all.push(another(&stay, format!("stay-{n}"), &period));
        }
    }

    let car_t = resources("02-car-t-stop-due", &["p02-car-t"]).remove(0);
    all.push(another(
        &car_t,
        "car-t".to_owned(),
        &[("/performedDateTime", day(600))],
    ));
    let bispecific = one("03-bispecific-2-months", "p03-teclistamab-1");
    all.push(another(
        &bispecific,
        "bispecific".to_owned(),
        &[("/effectiveDateTime", day(200))],
    ));
    let hsct = one("04-allogeneic-transplant", "p04-transplant");
    all.push(another(
        &hsct,
        "hsct".to_owned(),
        &[("/performedDateTime", day(380))],
    ));
    let review = one("02-car-t-stop-due", "p02-review");
    for n in 0..6 {
        let on = [("/effectiveDateTime", day(60 + n * 120))];
        all.push(another(&review, format!("review-{n}"), &on));
    }
    (all, as_of)
}

/// About where a text stands: its ends, and the middle of its letters.
struct Place {
    text: String,
    from: f64,
    to: f64,
    top: f64,
    bottom: f64,
}

fn places(svg: &str) -> Vec<Place> {
    let document = roxmltree::Document::parse(svg).expect("XML");
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    texts
        .map(|node| {
            let number = |name: &str| -> f64 {
                let value = node.attribute(name).expect("an attribute");
                value.parse().expect("a number")
            };
            let text = node.text().unwrap_or_default().to_owned();
            let (x, y, size) = (number("x"), number("y"), number("font-size"));
            let letters = i32::try_from(text.chars().count()).expect("a short text");
            // Narrower than the widest fonts, so that what is found does overlap.
            let width = f64::from(letters) * size * 0.5;
            let from = match node.attribute("text-anchor") {
                Some("middle") => x - width / 2.0,
                Some("end") => x - width,
                _ => x,
            };
            Place {
                text,
                from,
                to: from + width,
                top: y - size * 0.7,
                bottom: y,
            }
        })
        .collect()
}

/// No two labels of a picture stand on each other, and none leaves it.
fn check_labels(svg: &str) {
    let places = places(svg);
    for (index, one) in places.iter().enumerate() {
        assert!(
            one.from >= 0.0 && one.to <= 962.0,
            "{}: {} to {}",
            one.text,
            one.from,
            one.to
        );
        for other in &places[index + 1..] {
            let apart = one.to <= other.from
                || other.to <= one.from
                || one.bottom <= other.top
                || other.bottom <= one.top;
            assert!(apart, "\"{}\" and \"{}\"", one.text, other.text);
        }
    }
}

/// Much of everything: no label on another, the table holds all of it, and the picture is reviewed by eye.
#[test]
fn a_crowded_picture_is_readable() {
    let (resources, as_of) = crowded();
    let chart = support::read(&resources, &[], &[], "a", as_of);
    let assessment = assess(&chart.facts, as_of);
    assert_eq!(chart.facts.igg.len(), 60);
    assert_eq!(chart.facts.infections.len(), 20);
    let timeline = Timeline::new(&chart, &assessment);
    for language in LANGUAGES {
        let svg = timeline.svg(language);
        check(&svg);
        check_labels(&svg);
        let path = format!("tests/golden/timeline/crowded.{}", language.tag());
        expected::check(&format!("{path}.svg"), &svg);
        expected::check(&format!("{path}.txt"), &timeline.text(language));
    }
}

/// The same for every demonstration patient, on many days.
#[test]
fn no_label_stands_on_another() {
    for fixture in fixture::fixtures() {
        for days in [-200, -30, 0, 30, 90, 200, 400] {
            let as_of = plus_days(fixture.as_of, days);
            let assessment = assess(&fixture.chart.facts, as_of);
            let timeline = Timeline::new(&fixture.chart, &assessment);
            for language in LANGUAGES {
                check_labels(&timeline.svg(language));
            }
        }
    }
}

/// Orders as they are written, and what a course says of the dose: in the picture, and in the table.
#[test]
fn a_course_says_its_dose() {
    let as_of = jiff::civil::date(2026, 3, 16);
    let order = resources("15-review-overdue", &["p15-ig-order"]).remove(0);
    let instruction = |text: &str, dose: Value, timing: Value| json!([{ "text": text, "timing": timing, "doseAndRate": [dose] }]);
    let grams = |value: f64| json!({ "doseQuantity": { "value": value, "unit": "g", "system": "http://unitsofmeasure.org", "code": "g" } });
    let per_kilogram = json!({ "doseQuantity": { "value": 0.4, "unit": "g/kg", "system": "http://unitsofmeasure.org", "code": "g/kg" } });
    let weekly = json!({ "repeat": { "frequency": 1, "period": 1, "periodUnit": "wk" } });
    let monthly = json!({ "repeat": { "frequency": 1, "period": 4, "periodUnit": "wk" } });
    let of = |instructions: &[Value]| -> Vec<Value> {
        let orders = instructions.iter().enumerate();
        let orders = orders.map(|(n, one)| {
            another(
                &order,
                format!("o{n}"),
                &[("/dosageInstruction", one.clone())],
            )
        });
        orders.collect()
    };
    let given = |n: usize, grams: f64, on: &str| {
        json!({
            "resourceType": "MedicationAdministration",
            "id": format!("d{n}"),
            "status": "completed",
            "subject": { "reference": "Patient/a" },
            "medicationCodeableConcept": order["medicationCodeableConcept"],
            "effectiveDateTime": on,
            "dosage": { "dose": { "value": grams, "unit": "g", "system": "http://unitsofmeasure.org", "code": "g" } },
        })
    };
    for (resources, en, da) in [
        (
            of(&[instruction("x", grams(7.0), weekly.clone())]),
            "28 g/28 days",
            "28 g/28 dage",
        ),
        (
            of(&[instruction("x", grams(6.25), weekly.clone())]),
            "25 g/28 days",
            "25 g/28 dage",
        ),
        (
            of(&[instruction("x", per_kilogram, monthly.clone())]),
            "0.40 g/kg/28 days",
            "0,40 g/kg/28 dage",
        ),
        // Two orders beside each other are one dose.
        (
            of(&[
                instruction("x", grams(7.0), weekly.clone()),
                instruction("x", grams(2.5), weekly.clone()),
            ]),
            "38 g/28 days",
            "38 g/28 dage",
        ),
        // No interval: the order's own words; without words what there is, and why.
        (
            of(&[instruction("7 g hver mandag <b>", grams(7.0), json!({}))]),
            "“7 g hver mandag <b>”",
            "»7 g hver mandag <b>«",
        ),
        (
            of(&[instruction("", grams(7.0), json!({}))]),
            "7 g (the interval is missing)",
            "7 g (intervallet mangler)",
        ),
        (
            vec![given(1, 20.0, "2026-02-09"), given(2, 20.0, "2026-03-09")],
            "20 g each time",
            "20 g ad gangen",
        ),
        (
            vec![given(1, 20.0, "2026-02-09"), given(2, 25.5, "2026-03-09")],
            "latest 25.5 g each time",
            "senest 25,5 g ad gangen",
        ),
    ] {
        let chart = support::read(&resources, &[], &[], "a", as_of);
        let assessment = assess(&chart.facts, as_of);
        let timeline = Timeline::new(&chart, &assessment);
        for (language, said) in [(Language::En, en), (Language::Da, da)] {
            let found = timeline
                .rows(language)
                .iter()
                .any(|row| row.finding.ends_with(said));
            assert!(found, "{said}: {}", timeline.text(language));
            let text = check(&timeline.svg(language));
            let drawn = said
                .trim_start_matches("latest ")
                .trim_start_matches("senest ");
            assert!(text.contains(drawn), "{drawn}: {text}");
        }
    }
}

/// Absence is never "no": the lane says whether the source was searched.
#[test]
fn an_empty_lane_says_whether_it_was_searched() {
    let as_of = jiff::civil::date(2026, 3, 16);
    let patient = json!({"resourceType": "Patient", "id": "a", "birthDate": "1960-01-01"});
    let searched = picture_of(std::slice::from_ref(&patient), &[], as_of);
    assert_eq!(searched.matches("searched, none recorded").count(), 4);
    assert!(!searched.contains("not obtained"));
    let gaps = ["Observation", "Condition", "Procedure", "MedicationRequest"]
        .map(|source| (source, support::Gap::Failed));
    let not_searched = picture_of(&[patient], &gaps, as_of);
    assert_eq!(not_searched.matches("not obtained").count(), 4);
    assert!(!not_searched.contains("none recorded"));
}

/// A result that no number can be had from is marked, and a text of the record stays text.
#[test]
fn hostile_text_stays_text() {
    let hostile = "<script>alert(1)</script>\"'&\u{0}]]>";
    let mut fixtures = fixture::fixtures();
    let fixture = fixtures
        .iter_mut()
        .find(|fixture| fixture.name == "05-cll-with-infections")
        .expect("the fixture");
    for infection in &mut fixture.chart.facts.infections {
        infection.text = Some(hostile.to_owned());
    }
    for result in &mut fixture.chart.facts.igg {
        result.value = Measured::Unusable;
    }
    let timeline = timeline(fixture);
    for language in LANGUAGES {
        let svg = timeline.svg(language);
        assert!(!svg.contains("<script"));
        let text = check(&svg);
        assert!(text.contains("<script>alert(1)</script>\"'&]]>"), "{text}");
        assert!(text.contains('?'));
    }
}
