//! The changes: of the structure, which know what JSON and FHIR are, and of the bytes, which do not.

use std::{collections::BTreeMap, ops::Range};

use super::{
    chance::Chance,
    document::{Cut, Document, Kind, Node},
};

/// Values that have broken programs before, as they are written. Not all of them are JSON.
const STRANGE: &[&str] = &[
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "1e308",
    "-1e-308",
    "1e400",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "0.1000000000000000000000000000000000000000000000001",
    "79228162514264337593543950336",
    "1e-29",
    "4.000000000000000000000000000000000000001",
    "00",
    "01.5",
    "+1",
    ".5",
    "1.",
    "NaN",
    "Infinity",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\u202e\\ufeff\\u2028\"",
    "\"\u{202e}\u{feff}\u{2028}e\u{301}\"",
    "\"\\q\"",
    "\"%00%0a%25\"",
    "\"<script>alert(1)</script> [x](javascript:x) `*_|\"",
    "\"{{context.patientId}}\"",
    "\"2026\"",
    "\"4,9 g/l\"",
    "\"<4,5\"",
    "\">= 1e9 mg/dL\"",
    "\"NaN\"",
    "\"1/0\"",
    "\"Patient/\"",
    "\"Patient/../../x\"",
    "\"Patient?x=1&y\"",
    "\"/Patient/1\"",
    "\"#\"",
    "\"#x\"",
    "\"urn:uuid:\"",
    "\"urn:oid:1.2.208\"",
    "\"http://[\"",
    "\"http://169.254.169.254/Patient/1\"",
    "\"file:///etc/passwd\"",
    "[]",
    "{}",
    "[null]",
    "[[[[[[]]]]]]",
    "[{}]",
    "{\"\":\"\"}",
    "{\"coding\":[{}]}",
    "{\"coding\":{\"code\":7}}",
    "{\"resourceType\":\"OperationOutcome\",\"issue\":[]}",
    "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":null},{}]}",
    "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[{\"resource\":{\"resourceType\":\"Bundle\"}}]}",
    "{\"reference\":\"Medication/nowhere\"}",
    "{\"reference\":7}",
    "{\"value\":4.0,\"unit\":\"g/L\"}",
    "{\"value\":\"4.0\",\"unit\":\"g/L\"}",
    "{\"value\":1e28,\"comparator\":\"<\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"g/L\"}",
    "{\"start\":\"2026-01-01\",\"end\":\"2025-01-01\"}",
    "{\"extension\":[{\"url\":\"x\",\"valueString\":\"y\"}]}",
    "{\"repeat\":{\"frequency\":4294967296,\"period\":0,\"periodUnit\":\"d\"}}",
];

/// Dates and instants at every edge.
const DATES: &[&str] = &[
    "0000-00-00",
    "0001-01-01",
    "1582-10-10",
    "1900-02-29",
    "1969-12-31T23:59:59Z",
    "2000-02-29",
    "2024-02-29",
    "2026",
    "2026-03",
    "2026-02-29",
    "2026-13-45",
    "2026-03-16",
    "2026-03-16T00:00:00+14:00",
    "2026-03-16T24:00:00Z",
    "2026-03-29T02:30:00+01:00",
    "2026-10-25T02:30:00",
    "2026-03-16T12:00:00.123456789123456789Z",
    "2026-3-6",
    "20260316",
    "16-03-2026",
    "9999-12-31",
    "9999-12-31T23:59:60.999999999-14:00",
    "10000-01-01",
    "-9999-01-01",
    "-262144-01-01",
    "2026-03-16T12:00:00+25:00",
    "2026-03-16T12:00:00Z[Europe/Copenhagen]",
    "\u{661}\u{662}-\u{663}",
];

/// Types that a resource may say it is.
const TYPES: &[&str] = &[
    "Patient",
    "Observation",
    "Condition",
    "Procedure",
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "Medication",
    "Immunization",
    "Encounter",
    "ServiceRequest",
    "NutritionOrder",
    "DeviceRequest",
    "QuestionnaireResponse",
    "OperationOutcome",
    "Bundle",
    "Parameters",
    "Basic",
    "patient",
    "",
    "Nonsense",
];

/// Values by the name under which they stand, from every document.
#[derive(Debug, Default)]
pub struct Pool {
    values: BTreeMap<String, Vec<String>>,
    names: Vec<String>,
}

impl Pool {
    /// Of these documents.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for document in documents {
            for node in &document.nodes {
                let (name, text) = (document.name(node), document.text(&node.span));
                if !name.is_empty() && text.len() < 2_000 {
                    values.entry(name.into()).or_default().push(text.into());
                }
            }
        }
        for of_name in values.values_mut() {
            of_name.sort();
            of_name.dedup();
        }
        Self {
            names: values.keys().cloned().collect(),
            values,
        }
    }

    fn value(&self, name: &str, chance: &mut Chance) -> Option<&str> {
        let of_name = self.values.get(name)?;
        Some(chance.of_these(of_name).as_str())
    }
}

/// A document with one to four changes.
pub fn changed(document: &Document, pool: &Pool, chance: &mut Chance) -> String {
    let count = 1 + chance.below(4);
    document.with(changes(document, pool, chance, count))
}

/// So many changes.
pub fn changes(document: &Document, pool: &Pool, chance: &mut Chance, count: usize) -> Vec<Cut> {
    (0..count)
        .map(|_| {
            let mut index = chance.below(document.nodes.len());
            if chance.once_in(4) {
                // There are more values in objects and arrays than objects and arrays.
                index = document.nodes[index].parent;
            }
            change(document, index, pool, chance)
        })
        .collect()
}

/// One change of the value at `index`; another value where no change of its kind is drawn.
fn change(document: &Document, index: usize, pool: &Pool, chance: &mut Chance) -> Cut {
    let node = &document.nodes[index];
    let whole = document.text(&node.whole);
    let value = document.text(&node.span);
    let of = |at: &Range<usize>, put: String| {
        Some(Cut {
            at: at.clone(),
            put,
        })
    };
    let another = |chance: &mut Chance| {
        let other = &document.nodes[chance.below(document.nodes.len())];
        document.text(&other.span).to_owned()
    };
    let cut = match chance.below(20) {
        // The value of another place: of this document, or of this name in any.
        0 => of(&node.span, another(chance)),
        1 | 2 => {
            let put = pool.value(document.name(node), chance);
            put.and_then(|put| of(&node.span, put.to_owned()))
        }
        // Arrays where objects are, and the reverse.
        3 => of(&node.span, format!("[{value}]")),
        4 => of(&node.span, format!("{{\"value\":{value}}}")),
        5 => match node.children.first() {
            Some(first) => {
                let first = &document.nodes[*first].span;
                of(&node.span, document.text(first).to_owned())
            }
            None => None,
        },
        // Gone, or there twice: a member's name too.
        6 | 7 => document
            .with_comma(index)
            .and_then(|at| of(&at, String::new())),
        8 if index > 0 => of(&node.whole, format!("{whole},{whole}")),
        9 if node.name.is_some() => {
            let name = document.name(node);
            let second = pool.value(name, chance).unwrap_or("null");
            of(&node.whole, format!("{whole},\"{name}\":{second}"))
        }
        10 if index > 0 => {
            // Seldom more than the limit of entries.
            let most = if chance.once_in(100) { 6_000 } else { 40 };
            let most = most.min(2_000_000 / whole.len());
            let again = vec![whole; 1 + chance.below(most)];
            of(&node.whole, again.join(","))
        }
        // Another name.
        11 | 12 => node
            .name
            .as_ref()
            .and_then(|name| of(name, rename(document.text(name), pool, chance))),
        13 if node.kind == Kind::Object => {
            let name = chance.of_these(&pool.names);
            let value = pool.value(name, chance).unwrap_or("null");
            let comma = if node.children.is_empty() { "" } else { "," };
            let start = node.span.start + 1;
            of(&(start..start), format!("\"{name}\":{value}{comma}"))
        }
        14 if node.children.len() > 1 => {
            // Two neighbours change places.
            let first = chance.below(node.children.len() - 1);
            let [a, b] = [first, first + 1].map(|place| &document.nodes[node.children[place]]);
            let (a, b) = (&a.whole, &b.whole);
            let put = format!("{},{}", document.text(b), document.text(a));
            of(&(a.start..b.end), put)
        }
        15 => {
            let most = if chance.once_in(20) { 1_000 } else { 70 };
            let deep = 1 + chance.below(most);
            let nested = if chance.once_in(2) {
                format!("{}{value}{}", "[".repeat(deep), "]".repeat(deep))
            } else {
                format!("{}{value}{}", "{\"a\":".repeat(deep), "}".repeat(deep))
            };
            of(&node.span, nested)
        }
        16 | 17 => match node.kind {
            Kind::Text => of(&node.span, text(document, node, chance)),
            Kind::Number => of(&node.span, number(value, chance)),
            _ => None,
        },
        18 => document.member(node, "resourceType").and_then(|said| {
            let put = format!("\"{}\"", chance.of_these(TYPES));
            of(&document.nodes[said].span, put)
        }),
        _ => None,
    };
    cut.unwrap_or_else(|| Cut {
        at: node.span.clone(),
        put: strange(chance),
    })
}

fn strange(chance: &mut Chance) -> String {
    match chance.below(40) {
        0 => format!("\"{}\"", "x".repeat(5_000)),
        1 => format!("\"{}\"", "æøå\u{1f600}".repeat(500)),
        2 => "9".repeat(400),
        3 => format!("\"{}\"", chance.of_these(DATES)),
        _ => (*chance.of_these(STRANGE)).to_owned(),
    }
}

/// A name that is almost right, or right for something else.
fn rename(name: &str, pool: &Pool, chance: &mut Chance) -> String {
    match chance.below(4) {
        0 => format!("_{name}"),
        1 => name.to_uppercase(),
        2 => {
            // Another type of a value: `valueQuantity` becomes `valueString`.
            let types = [
                "Quantity",
                "String",
                "CodeableConcept",
                "DateTime",
                "Period",
            ];
            let stem = types.iter().find_map(|named| name.strip_suffix(named));
            format!("{}{}", stem.unwrap_or(name), chance.of_these(&types))
        }
        _ => chance.of_these(&pool.names).clone(),
    }
}

/// A date, a code, a reference or another text that is almost right.
fn text(document: &Document, node: &Node, chance: &mut Chance) -> String {
    let quoted = document.text(&node.span);
    let inner = &quoted[1..quoted.len() - 1];
    if document.name(node) == "reference" && chance.once_in(2) {
        return format!("\"{}\"", reference(document, node, chance));
    }
    let dated = inner.len() >= 4 && inner.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    if dated && chance.once_in(2) {
        return format!("\"{}\"", chance.of_these(DATES));
    }
    let letters: Vec<char> = inner.chars().collect();
    let place = chance.below(letters.len());
    let of = |letters: &[char]| letters.iter().collect::<String>();
    let changed = match chance.below(5) {
        0 => of(&letters[..place]),
        1 if !letters.is_empty() => of(&[&letters[..place], &letters[place + 1..]].concat()),
        2 => inner.to_uppercase(),
        3 => format!("{inner}{}", inner.repeat(chance.below(100))),
        _ => {
            let put = chance.of_these(&['0', '9', '-', '/', 'T', 'Z', '\u{e9}', ' ', '.', '|']);
            let after = letters.get(place + 1..).unwrap_or_default();
            of(&[&letters[..place], &[*put], after].concat())
        }
    };
    format!("\"{changed}\"")
}

/// A reference that leads in a circle, nowhere, or elsewhere.
fn reference(document: &Document, node: &Node, chance: &mut Chance) -> String {
    let mut index = node.parent;
    let itself = loop {
        let around = &document.nodes[index];
        let member = |name: &str| {
            let member = &document.nodes[document.member(around, name)?].span;
            Some(document.text(member).trim_matches('"').to_owned())
        };
        if let Some((kind, id)) = member("resourceType").zip(member("id")) {
            break format!("{kind}/{id}");
        }
        if index == 0 {
            break "Patient/p05".to_owned();
        }
        index = around.parent;
    };
    match chance.below(6) {
        0 | 1 => itself,
        2 => format!("{itself}/_history/{}", chance.below(9)),
        3 => format!("http://127.0.0.1:1/fhir/{itself}"),
        4 => format!("#{}", itself.rsplit('/').next().unwrap_or_default()),
        _ => "urn:uuid:00000000-0000-0000-0000-000000000000".to_owned(),
    }
}

fn number(value: &str, chance: &mut Chance) -> String {
    match chance.below(6) {
        0 => format!("-{value}"),
        1 => format!("{value}e{}", chance.below(400)),
        2 => format!("{value}e-{}", chance.below(400)),
        3 => format!("{value}{}", "0".repeat(1 + chance.below(40))),
        4 => format!("\"{value}\""),
        _ => format!("0.{}{value}", "0".repeat(chance.below(30))),
    }
}

/// A change of the bytes, after which they may be no JSON and no text.
pub fn damaged(text: String, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    let place = chance.below(bytes.len());
    match chance.below(10) {
        0 => bytes.truncate(place),
        1 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << chance.below(8);
            }
        }
        2 => {
            let put = *chance.of_these(&[0x00, 0x1f, 0x7f, 0x80, 0xc0, 0xed, 0xf5, 0xff]);
            bytes.insert(place, put);
        }
        3 => {
            // A member that stands twice.
            let member =
                br#""hook":"order-sign","context":{},"prefetch":{},"feedback":[],"keys":[],"#;
            let after = bytes.iter().position(|byte| *byte == b'{');
            let after = after.map_or(0, |brace| brace + 1);
            drop(bytes.splice(after..after, member.iter().copied()));
        }
        4 => {
            let nested = ["[", "{\"a\":"][chance.below(2)].repeat(chance.below(300));
            drop(bytes.splice(place..place, nested.into_bytes()));
        }
        5 => drop(bytes.splice(place..place, *b"1e999")),
        6 => drop(bytes.splice(0..0, *b"\xef\xbb\xbf")),
        7 => {
            // Twice, as two documents.
            let again = bytes.clone();
            bytes.extend(again);
        }
        8 => {
            // UTF-16.
            bytes = bytes.iter().flat_map(|byte| [*byte, 0]).collect();
        }
        _ => drop(bytes.splice(place..place, vec![b' '; 10_000])),
    }
    bytes
}
