//! Who the patient is, for the page of an app: no rule, card or log gets any of it.

use std::{borrow::Cow, fmt};

use serde_json::value::RawValue;

use super::json::Object;

/// The system of the Danish civil registration number (dk-core-cpr-identifier).
const CPR: &str = "urn:oid:1.2.208.176.1.2";
/// The most letters of a name or identifier that are shown.
const MOST_LETTERS: usize = 120;

/// A patient's name and number.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The official name, as the record writes it.
    pub name: Option<String>,
    /// The number by which people tell patients apart.
    pub number: Option<Number>,
}

/// A patient's number.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    /// It is a CPR number, written `ddmmyy-xxxx` where it has ten digits.
    pub is_cpr: bool,
    /// The number.
    pub value: String,
}

/// What is of a person is not printed.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl Identity {
    /// Reads the Patient `id`; nothing of any other resource.
    pub fn read(patient: &RawValue, id: &str) -> Option<Self> {
        let patient = Object::of(patient)?;
        let is = |name: &str, wanted: &str| patient.text(name).as_deref() == Some(wanted);
        (is("resourceType", "Patient") && is("id", id)).then(|| Self {
            name: name(&patient),
            number: number(&patient),
        })
    }
}

/// The official name, else the usual one, else the first that is not a former one.
fn name(patient: &Object<'_>) -> Option<String> {
    let names = patient.objects("name");
    let rank = |name: &Object<'_>| match name.text("use").as_deref() {
        Some("official") => Some(0),
        Some("usual") => Some(1),
        None => Some(2),
        Some("old" | "maiden" | "temp") => None,
        Some(_) => Some(3),
    };
    let best = names.iter().filter(|name| rank(name).is_some());
    let name = best.min_by_key(|name| rank(name))?;
    let mut parts: Vec<Cow<'_, str>> = name
        .items("given")
        .into_iter()
        .filter_map(super::json::string)
        .collect();
    parts.extend(name.text("family"));
    let written = if parts.is_empty() {
        name.text("text")?
    } else {
        Cow::Owned(parts.join(" "))
    };
    let written = plain(&written);
    (!written.is_empty()).then_some(written)
}

/// The CPR number, else the first identifier that is in use.
fn number(patient: &Object<'_>) -> Option<Number> {
    let identifiers = patient.objects("identifier");
    let in_use = |identifier: &&Object<'_>| {
        !matches!(
            identifier.text("use").as_deref(),
            Some("old" | "temp" | "secondary")
        )
    };
    let is_cpr = |identifier: &&Object<'_>| identifier.text("system").as_deref() == Some(CPR);
    let usable = || identifiers.iter().filter(in_use);
    let identifier = usable().find(is_cpr).or_else(|| usable().next())?;
    let is_cpr = is_cpr(&identifier);
    let value = plain(&identifier.text("value")?);
    let value = match value.split_at_checked(6) {
        Some((born, serial)) if is_cpr && value.len() == 10 && is_digits(&value) => {
            format!("{born}-{serial}")
        }
        _ => value,
    };
    (!value.is_empty()).then_some(Number { is_cpr, value })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text of the record without what would change how the text beside it reads: control characters and
/// the marks that turn its direction.
fn plain(text: &str) -> String {
    let shown = text.chars().filter(|letter| {
        !letter.is_control()
            && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    let text: String = shown.take(MOST_LETTERS).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(members: Value) -> Identity {
        let mut patient = json!({ "resourceType": "Patient", "id": "p" });
        for (name, value) in members.as_object().unwrap() {
            patient[name] = value.clone();
        }
        let raw = RawValue::from_string(patient.to_string()).unwrap();
        Identity::read(&raw, "p").unwrap()
    }

    #[test]
    fn the_name_is_the_official_one() {
        for (names, shown) in [
            (
                json!([
                    { "use": "old", "family": "Gammel" },
                    { "use": "usual", "given": ["Elly"] },
                    { "use": "official", "family": "Prøvesen", "given": ["Else", "Marie"] },
                ]),
                Some("Else Marie Prøvesen"),
            ),
            (json!([{ "use": "maiden", "family": "Gammel" }]), None),
            (json!([{ "text": "Else P." }]), Some("Else P.")),
            (json!([{ "family": "Prøvesen" }]), Some("Prøvesen")),
            (json!([{ "family": "  " }]), None),
            (json!([{ "family": 7 }, "x", null]), None),
            (json!([]), None),
            (json!([{ "text": "a\u{202e}b\n\u{0}c" }]), Some("abc")),
        ] {
            assert_eq!(
                read(json!({ "name": names })).name.as_deref(),
                shown,
                "{names}"
            );
        }
    }

    #[test]
    fn the_number_is_the_cpr_number_else_one_in_use() {
        let cpr = json!({ "use": "official", "system": CPR, "value": "2902514052" });
        let local = json!({ "system": "urn:x", "value": "A-17" });
        for (identifiers, shown) in [
            (json!([local, cpr]), Some((true, "290251-4052"))),
            (
                json!([{ "system": CPR, "value": "290251-4052" }]),
                Some((true, "290251-4052")),
            ),
            (
                json!([{ "system": CPR, "value": "29025æ405" }]),
                Some((true, "29025æ405")),
            ),
            (json!([local]), Some((false, "A-17"))),
            (
                json!([{ "use": "old", "system": CPR, "value": "2902514052" }, local]),
                Some((false, "A-17")),
            ),
            (json!([{ "system": CPR }]), None),
            (json!([]), None),
        ] {
            let number = read(json!({ "identifier": identifiers })).number;
            let read = number.map(|number| (number.is_cpr, number.value));
            let read = read
                .as_ref()
                .map(|(is_cpr, value)| (*is_cpr, value.as_str()));
            assert_eq!(read, shown, "{identifiers}");
        }
    }

    #[test]
    fn another_patient_is_nobody() {
        for other in [
            json!({ "resourceType": "Patient", "id": "q", "name": [{ "text": "Else" }] }),
            json!({ "resourceType": "Person", "id": "p", "name": [{ "text": "Else" }] }),
            json!([]),
        ] {
            let raw = RawValue::from_string(other.to_string()).unwrap();
            assert!(Identity::read(&raw, "p").is_none());
        }
        assert_eq!(
            format!("{:?}", read(json!({ "name": [{ "text": "Else" }] }))),
            "Identity(…)"
        );
    }
}
