//! The same properties where FHIR comes in: the order of Bundle entries and of prefetch keys, resources
//! sent twice, and resources that have nothing to do with the matter.

use serde_json::{Map, Value, json};
use sid_cds::{
    cards::Language,
    cds_hooks::{Settings, answer, completion::Fetched, request::Request, service::Services},
    chart::terminology::Terminology,
};
use std::sync::LazyLock;

use super::{order::Shuffle, record::Record, *};

static TERMINOLOGY: LazyLock<Terminology> =
    LazyLock::new(|| Terminology::built_in().expect("the terminology"));
static SERVICES: LazyLock<Services> = LazyLock::new(|| Services::built_in().expect("the services"));

/// What a record may say of a day, in the words of the vignettes.
const DATED: [&str; 26] = [
    "IgG 3.2 on {day}",
    "IgG 3.8 on {day}",
    "IgG 5.0 on {day}",
    "IgG 9.8 on {day}",
    "IgG 3.2 without unit on {day}",
    "M-protein absent on {day}",
    "M-protein 18 on {day}",
    "low IgA and IgM on {day}",
    "IgA 1.9 on {day}",
    "B cells 0.02 on {day}",
    "weight 70 kg on {day}",
    "weight 72 kg on {day}",
    "axi-cel {day}",
    "axi-cel ordered {day}",
    "teclistamab since {day}",
    "allogeneic HSCT {day}",
    "HSCT, donor not stated, {day}",
    "donor stated allogeneic {day}",
    "donor stated autologous {day}",
    "severe pneumococcal pneumonia {day}",
    "sinusitis {day}",
    "no qualifying infections stated {day}",
    "qualifying infections stated {day}",
    "review continue {day}",
    "IVIG given {day}",
    "influenza vaccination {day}",
];
const DISEASES: [&str; 5] = [
    "CLL",
    "MM",
    "DLBCL",
    "hypogammaglobulinaemia",
    "bronchiectasis",
];
const COURSES: [&str; 4] = [
    "on Privigen 28 g every 4 weeks since 2025-06-01",
    "SCIG since 2025-10-15",
    "order of SCIG for CLL",
    "order of IVIG 140 g weekly for CLL",
];
const DAYS: [&str; 5] = [
    "2026-03-10",
    "2026-02-10",
    "2026-01-15",
    "2025-11-01",
    "2025-06-01",
];

/// A record in few words of few days.
fn words() -> impl Strategy<Value = String> {
    let dated = (select(DATED.to_vec()), select(DAYS.to_vec()))
        .prop_map(|(words, day)| words.replace("{day}", day));
    (
        prop::collection::vec(select(DISEASES.to_vec()), 0..3),
        prop::collection::vec(select(COURSES.to_vec()), 0..3),
        prop::collection::vec(dated, 1..12),
    )
        .prop_map(|(diseases, courses, dated)| {
            let others = diseases.into_iter().chain(courses).map(str::to_owned);
            others.chain(dated).collect::<Vec<_>>().join("; ")
        })
}

/// Readable resources that no rule asks for.
fn unrelated() -> Vec<Value> {
    let patient = json!({"reference": "Patient/v"});
    vec![
        json!({"resourceType": "Observation", "id": "u1", "status": "final", "subject": patient,
            "code": {"text": "P-Natrium"}, "effectiveDateTime": "2026-03-10",
            "valueQuantity": {"value": 140, "unit": "mmol/L"}}),
        json!({"resourceType": "Procedure", "id": "u2", "status": "completed", "subject": patient,
            "code": {"text": "Koloskopi"}, "performedDateTime": "2026-03-10"}),
        json!({"resourceType": "MedicationRequest", "id": "u3", "status": "active", "intent": "order",
            "subject": patient, "medicationCodeableConcept": {"text": "Paracetamol"},
            "authoredOn": "2026-03-10"}),
        json!({"resourceType": "Encounter", "id": "u4", "status": "finished", "subject": patient,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "period": {"start": "2026-01-15", "end": "2026-01-15"}}),
        json!({"resourceType": "Immunization", "id": "u5", "status": "completed", "patient": patient,
            "vaccineCode": {"text": "Stivkrampe"}, "occurrenceDateTime": "2024-05-01"}),
    ]
}

fn bundle(resources: &[&Value]) -> Value {
    let entries: Vec<Value> = resources
        .iter()
        .map(|resource| json!({"resource": resource}))
        .collect();
    json!({"resourceType": "Bundle", "type": "searchset", "entry": entries})
}

/// The cards of one call.
fn cards(hook: &str, resources: &[Value], drafts: &[Value]) -> Value {
    let service = SERVICES
        .iter()
        .find(|service| service.id() == format!("sid-{hook}"))
        .expect("a service");
    let prefetch: Map<String, Value> = service
        .templates()
        .iter()
        .map(|template| {
            let kind = template.source().resource_type();
            let found: Vec<&Value> = resources
                .iter()
                .filter(|resource| resource["resourceType"] == kind)
                .collect();
            let value = match (kind, found.first()) {
                ("Patient", Some(patient)) => (*patient).clone(),
                _ => bundle(&found),
            };
            (template.key().to_owned(), value)
        })
        .collect();
    let mut context = json!({"userId": "Practitioner/1", "patientId": "v"});
    if hook != "patient-view" {
        context["draftOrders"] = bundle(&drafts.iter().collect::<Vec<_>>());
    }
    let body = json!({"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context, "prefetch": prefetch});
    let body = body.to_string();
    let zone = jiff::tz::TimeZone::UTC;
    let settings = Settings {
        zone: &zone,
        terminology: &TERMINOLOGY,
        language: Language::Da,
        refuses: false,
    };
    let request = Request::read(service, body.as_bytes()).expect("a request");
    let answered = answer(service, &request, &Fetched::default(), AS_OF, settings);
    let answered = answered.expect("an answer");
    serde_json::to_value(&answered.cards).expect("JSON")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Entries in another order, sent again, and among unrelated ones: the same cards to the letter,
    /// their uuids and suggestions included.
    #[test]
    fn entries_in_any_order_and_again_give_the_same_cards(words in words(), seed in any::<u64>()) {
        let Record { resources, drafts, gaps } = Record::parse(&words, "2026-03-16");
        prop_assert!(gaps.is_empty());
        let mut shuffle = Shuffle(seed);
        let mut others = resources.clone();
        others.extend(unrelated());
        shuffle.list(&mut others);
        let mut other_drafts = drafts.clone();
        shuffle.list(&mut other_drafts);
        let hooks: &[&str] = if drafts.is_empty() { &["patient-view"] } else { &["patient-view", "order-sign"] };
        for hook in hooks {
            let (once, again) = (cards(hook, &resources, &drafts), cards(hook, &others, &other_drafts));
            prop_assert_eq!(once, again, "{}: {}", hook, &words);
        }
    }
}
