//! Requests that are damaged, at random and with a fixed seed: each is answered or refused, in time,
//! and none brings the service down.
//!
//! A short run is part of the tests. A long one, by command:
//!
//! ```sh
//! SID_CDS_CASES=1000000 cargo test --release --workspace --test http mutations -- --nocapture
//! ```
//!
//! A case that fails is named by its number; `SID_CDS_CASE=<number>` runs it alone.

use std::{
    fs,
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode};
use serde_json::{Value, json};

use super::harness::{call, demonstration, get};

/// Cases of the short run.
const CASES: u64 = 3_000;
/// No answer may take longer; a build for debugging on a busy machine included.
const LONGEST: Duration = Duration::from_secs(10);
/// The process may not grow beyond this, in KiB.
const MOST_MEMORY: u64 = 1_500_000;

/// `SplitMix64`: the same numbers for the same seed, on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap()
    }
}

/// Values that have broken programs before.
fn strange(chance: &mut Chance) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e308),
        json!(-1e-308),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("\u{202e}\u{feff}"),
        json!("2026-13-45"),
        json!("0000-00-00"),
        json!("9999-12-31T23:59:60.999999999+14:00"),
        json!("-9999-01-01"),
        json!("2026-02-29"),
        json!("2026"),
        json!("Patient/"),
        json!("Patient/../../x"),
        json!("#"),
        json!("urn:uuid:"),
        json!("http://["),
        json!("<4,5"),
        json!("4,9 g/l"),
        json!("NaN"),
        json!("x".repeat(5_000)),
        json!("æøå".repeat(500)),
        json!([]),
        json!({}),
        json!([[[[[[]]]]]]),
        json!([null]),
        json!({ "coding": [{}] }),
        json!({ "resourceType": "OperationOutcome", "issue": [] }),
        json!({ "resourceType": "Bundle", "entry": [{ "resource": null }, {}] }),
        json!({ "reference": "Medication/nowhere" }),
        json!({ "value": "4.0", "unit": "g/L" }),
        json!({ "extension": [{ "url": "x", "valueString": "y" }] }),
    ];
    values[chance.below(values.len())].clone()
}

/// How many values a document holds, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Object(members) => members.values().map(size).sum(),
        Value::Array(items) => items.iter().map(size).sum::<usize>(),
        _ => 0,
    }
}

/// The value at a place, counted in document order.
fn at(value: &mut Value, place: usize) -> &mut Value {
    fn find<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
        if *place == 0 {
            return Some(value);
        }
        *place -= 1;
        match value {
            Value::Object(members) => members.values_mut().find_map(|value| find(value, place)),
            Value::Array(items) => items.iter_mut().find_map(|value| find(value, place)),
            _ => None,
        }
    }
    let mut place = place;
    find(value, &mut place).unwrap()
}

/// One change that keeps the document JSON.
fn mutate(document: &mut Value, chance: &mut Chance) {
    let place = chance.below(size(document));
    let elsewhere = chance.below(size(document));
    let other = at(document, elsewhere).clone();
    let value = at(document, place);
    match (chance.below(10), value) {
        (0, value) => *value = other,
        (1, value) => *value = json!([value.take()]),
        (2, Value::Object(members)) => {
            let name = members.keys().nth(chance.below(members.len())).cloned();
            if let Some(name) = name {
                members.remove(&name);
            }
        }
        (3, Value::Object(members)) => {
            let name = members.keys().nth(chance.below(members.len())).cloned();
            if let Some(name) = name {
                let value = members.remove(&name).unwrap();
                members.insert(format!("_{name}"), value);
            }
        }
        (2, Value::Array(items)) if !items.is_empty() => {
            items.remove(chance.below(items.len()));
        }
        (3, Value::Array(items)) if !items.is_empty() => {
            let again = items[chance.below(items.len())].clone();
            items.extend(std::iter::repeat_n(again, chance.below(40)));
        }
        (4, Value::Array(items)) => items.reverse(),
        (5, Value::String(text)) => {
            // A date, a code or a reference that is almost right.
            let letters: Vec<char> = text.chars().collect();
            if !letters.is_empty() {
                let place = chance.below(letters.len());
                let put = ['0', '9', '-', '/', 'T', 'Z', '\u{e9}', ' '][chance.below(8)];
                *text = letters
                    .iter()
                    .enumerate()
                    .map(|(index, letter)| if index == place { put } else { *letter })
                    .collect();
            }
        }
        (6, Value::String(text)) => {
            let kept = chance.below(text.chars().count() + 1);
            *text = text.chars().take(kept).collect();
        }
        (5 | 6, Value::Number(number)) => {
            let by = [-1.0, 0.0, 0.001, 10.0, 1e9, 1e300][chance.below(6)];
            let scaled = number.as_f64().unwrap_or_default() * by;
            if let Some(scaled) = serde_json::Number::from_f64(scaled) {
                *number = scaled;
            }
        }
        (7, Value::Object(members)) => {
            members.insert("extension".to_owned(), strange(chance));
        }
        (_, value) => *value = strange(chance),
    }
}

/// A change of the text, after which it may be JSON no more.
fn damage(text: String, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    match chance.below(5) {
        0 => bytes.truncate(chance.below(bytes.len())),
        1 => {
            let place = chance.below(bytes.len());
            bytes[place] ^= 1 << chance.below(8);
        }
        2 => {
            // A member that stands twice.
            let place = bytes.iter().position(|byte| *byte == b'{').unwrap_or(0);
            let member = br#""hook":"order-sign","context":{},"prefetch":{},"#;
            drop(bytes.splice(place + 1..place + 1, member.iter().copied()));
        }
        3 => {
            let place = chance.below(bytes.len());
            let nested = "[".repeat(chance.below(300));
            drop(bytes.splice(place..place, nested.into_bytes()));
        }
        _ => {
            let place = chance.below(bytes.len());
            drop(bytes.splice(place..place, *b"1e999"));
        }
    }
    bytes
}

/// The requests that are damaged: each demonstration patient with each hook, and what the public
/// sandbox sends.
async fn seeds(service: &Router) -> Vec<(String, Value)> {
    let mut seeds = Vec::new();
    for folder in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let Some(number) = name.get(..2).and_then(|number| number.parse::<u32>().ok()) else {
            continue;
        };
        for hook in ["patient-view", "order-select", "order-sign"] {
            let path = format!("/demo/requests/p{number:02}/{hook}");
            let answer = get(service, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let mut request = answer.json();
            // Nothing is to be fetched: what is damaged is what was sent.
            request.as_object_mut().unwrap().remove("fhirServer");
            seeds.push((format!("sid-{hook}"), request));
        }
    }
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sandbox")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let Ok(mut request) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        if let Some(hook) = request["hook"].as_str() {
            let service = format!("sid-{hook}");
            request.as_object_mut().unwrap().remove("fhirServer");
            seeds.push((service, request));
        }
    }
    // Directories are listed in no order.
    seeds.sort_by_key(|(service, request)| (service.clone(), request.to_string()));
    assert!(seeds.len() > 60, "{}", seeds.len());
    seeds
}

/// The body of one case.
fn body(seed: &Value, case: u64) -> Vec<u8> {
    let mut chance = Chance(case.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut request = seed.clone();
    for _ in 0..=chance.below(4) {
        mutate(&mut request, &mut chance);
    }
    let text = request.to_string();
    if chance.below(10) == 0 {
        return damage(text, &mut chance);
    }
    text.into_bytes()
}

/// The most memory that the process has had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[tokio::test]
async fn mutations() {
    let service = demonstration();
    let seeds = seeds(&service).await;
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let cases = match number("SID_CDS_CASE") {
        Some(case) => case..case + 1,
        None => 0..number("SID_CDS_CASES").unwrap_or(CASES),
    };
    let (mut answered, mut refused, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    let count = cases.end - cases.start;
    for case in cases {
        let (id, seed) = &seeds[usize::try_from(case).unwrap() % seeds.len()];
        let body = body(seed, case);
        let started = Instant::now();
        let headers = [("content-type", "application/json")];
        let path = format!("/cds-services/{id}");
        let answer = call(&service, "POST", &path, &headers, body).await;
        let took = started.elapsed();
        assert!(took < LONGEST, "case {case} took {took:?}");
        slowest = slowest.max(took);
        match answer.status {
            StatusCode::OK => {
                assert!(answer.json()["cards"].is_array(), "case {case}");
                answered += 1;
            }
            status if status.is_client_error() => {
                answer.faults();
                refused += 1;
            }
            status => panic!("case {case}: {status}: {}", answer.text),
        }
    }
    let peak = peak();
    println!(
        "{count} cases: {answered} answered, {refused} refused, the slowest in {slowest:?}, at most \
         {peak} KiB"
    );
    assert!(peak < MOST_MEMORY, "{peak} KiB");
    if count >= CASES {
        // The changes are neither all harmless nor all fatal.
        assert!(answered > count / 4, "{answered} answered");
        assert!(refused > count / 50, "{refused} refused");
    }
}
