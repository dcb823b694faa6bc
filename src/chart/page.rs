//! What an answer of a FHIR server asks to be fetched after it: the next page, the medications.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::{Input, Source, json::Object, source::Obtainment};

/// Where the next page of a search is; `None` on the last page and for anything but a Bundle.
pub fn next_link(page: &RawValue) -> Option<String> {
    let bundle = Object::of(page)?;
    let next = |link: &Object<'_>| link.text("relation").as_deref() == Some("next");
    bundle
        .objects("link")
        .iter()
        .find(|link| next(link))?
        .text("url")
}

/// How many resources a page holds.
pub fn resources(page: &RawValue) -> usize {
    Object::of(page).map_or(0, |object| match object.get("entry") {
        Some(_) => object.items("entry").len(),
        None => 1,
    })
}

/// The references of medication records that lead to nothing in `input`, as they are written.
pub fn open_medications(input: &Input<'_>) -> BTreeSet<String> {
    let obtained = Obtainment::of(input);
    let records = obtained.entries.iter().filter(|entry| {
        matches!(
            Source::of_type(&entry.resource_type),
            Some(
                Source::MedicationRequest
                    | Source::MedicationAdministration
                    | Source::MedicationStatement
                    | Source::MedicationDispense
            )
        )
    });
    let references = records
        .filter(|entry| entry.object.get("medicationCodeableConcept").is_none())
        .filter_map(|entry| {
            entry
                .object
                .object("medicationReference")?
                .text("reference")
        });
    references
        .filter(|reference| !reference.starts_with('#') && obtained.follow(reference).is_none())
        .collect()
}
