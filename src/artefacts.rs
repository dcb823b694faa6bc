//! The guideline as FHIR R4 artefacts: a plan, what its cards may start, and the terminology.
//!
//! For those who share knowledge in that form. They are made from what the program itself decides by: the
//! cards of the catalogue and the files of `terminology/`. They describe; the program does not run them.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde_json::{Map, Value, json};

use crate::{
    cards::{self, Language, knowledge},
    guideline::{GUIDELINE, assessment::CardCode},
};

static TERMINOLOGY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/terminology");

/// Version of the artefacts: the program's.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The canonical address of an artefact begins with this, then its type and id.
const CANONICAL: &str = "urn:sid-cds";
const ATC: &str = "http://www.whocc.no/atc";

/// One artefact.
#[derive(Debug, Clone, PartialEq)]
pub struct Artefact {
    /// `PlanDefinition`.
    pub resource_type: String,
    /// Its id.
    pub id: String,
    /// The resource.
    pub resource: Value,
}

/// Every artefact, in order of type and id.
pub static ALL: LazyLock<Vec<Artefact>> = LazyLock::new(|| {
    let mut all: Vec<Artefact> = terminology()
        .chain(ACTIVITIES.iter().map(activity))
        .chain([plan()])
        .filter_map(|resource| {
            Some(Artefact {
                resource_type: resource["resourceType"].as_str()?.to_owned(),
                id: resource["id"].as_str()?.to_owned(),
                resource,
            })
        })
        .collect();
    all.sort_by(|one, other| (&one.resource_type, &one.id).cmp(&(&other.resource_type, &other.id)));
    all
});

/// The artefacts of one type, or all, as a Bundle.
pub fn bundle(resource_type: Option<&str>) -> Value {
    let entries: Vec<Value> = ALL
        .iter()
        .filter(|artefact| resource_type.is_none_or(|wanted| wanted == artefact.resource_type))
        .map(|artefact| json!({ "fullUrl": artefact.resource["url"], "resource": artefact.resource }))
        .collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "collection" });
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    bundle
}

/// One artefact.
pub fn one(resource_type: &str, id: &str) -> Option<&'static Value> {
    ALL.iter()
        .find(|artefact| artefact.resource_type == resource_type && artefact.id == id)
        .map(|artefact| &artefact.resource)
}

/// The files of `terminology/` that are FHIR resources.
fn terminology() -> impl Iterator<Item = Value> {
    TERMINOLOGY
        .dirs()
        .flat_map(Dir::files)
        .filter_map(|file| serde_json::from_str(file.contents_utf8()?).ok())
}

/// The first code of a system in a value set, as a coding: the one that suggestions use.
fn coding(value_set: &str, system: &str) -> Option<Value> {
    let file = TERMINOLOGY.get_file(format!("valuesets/{value_set}.json"))?;
    let set: Value = serde_json::from_str(file.contents_utf8()?).ok()?;
    let include = set["compose"]["include"]
        .as_array()?
        .iter()
        .find(|include| include["system"] == system)?;
    let concept = include["concept"].get(0)?;
    Some(json!({ "system": system, "code": concept["code"], "display": concept["display"] }))
}

/// What is done when a suggestion is accepted.
struct Activity {
    id: &'static str,
    title: &'static str,
    da: &'static str,
    kind: Kind,
}

enum Kind {
    /// An order of what the value set's first ATC code names.
    Medication(&'static str),
    /// A request of what a code of the value set names: set, system.
    Service(&'static str, &'static str),
    /// Something to be done by a day.
    Task,
}

const NPU: &str = "http://npu-terminology.org";
const SNOMED: &str = "http://snomed.info/sct";

static ACTIVITIES: [Activity; 9] = [
    Activity {
        id: "start-scig",
        title: "Draft order of subcutaneous immunoglobulin",
        da: "Ordinationsudkast: subkutant immunglobulin",
        kind: Kind::Medication("med-ig-sc"),
    },
    Activity {
        id: "measure-igg",
        title: "Request IgG",
        da: "Rekvirér IgG",
        kind: Kind::Service("lab-igg-mass", NPU),
    },
    Activity {
        id: "measure-iga",
        title: "Request IgA",
        da: "Rekvirér IgA",
        kind: Kind::Service("lab-iga-mass", NPU),
    },
    Activity {
        id: "measure-igm",
        title: "Request IgM",
        da: "Rekvirér IgM",
        kind: Kind::Service("lab-igm-mass", NPU),
    },
    Activity {
        id: "measure-b-cells",
        title: "Request B lymphocytes",
        da: "Rekvirér B-lymfocytter",
        kind: Kind::Service("order-bcell", NPU),
    },
    Activity {
        id: "refer-immunology",
        title: "Refer to clinical immunology",
        da: "Henvis til klinisk immunologi",
        kind: Kind::Service("order-referral-immunology", SNOMED),
    },
    Activity {
        id: "vaccinate-influenza",
        title: "Draft order of influenza vaccine",
        da: "Ordinationsudkast: influenzavaccine",
        kind: Kind::Medication("vac-influenza-inactivated"),
    },
    Activity {
        id: "vaccinate-pneumococci",
        title: "Draft order of pneumococcal vaccine",
        da: "Ordinationsudkast: pneumokokvaccine",
        kind: Kind::Medication("vac-pneumococcal"),
    },
    Activity {
        id: "review-course",
        title: "Review immunoglobulin: continue, adjust, pause or stop",
        da: "Opfølgning på immunglobulin: fortsæt, justér, pausér eller stop",
        kind: Kind::Task,
    },
];

/// Which activities a card may lead to.
fn activities(card: CardCode) -> &'static [&'static str] {
    use CardCode::{C01, C02, C04, C06, C08, C09, C10, C11, C12, C14, C15, C16, C17, C31, C32};
    const PANEL: [&str; 3] = ["measure-igg", "measure-iga", "measure-igm"];
    match card {
        C01 => &[
            "start-scig",
            "review-course",
            "measure-igg",
            "measure-iga",
            "measure-igm",
        ],
        C02 => &["start-scig", "review-course"],
        C08 => &[
            "start-scig",
            "review-course",
            "measure-igg",
            "measure-iga",
            "measure-igm",
        ],
        C04 | C31 | C32 => &["measure-igg"],
        C06 | C16 => &["measure-iga", "measure-igm", "measure-b-cells"],
        C09 => &["refer-immunology"],
        C10 => &["vaccinate-influenza", "vaccinate-pneumococci"],
        C11 => &PANEL,
        C12 | C14 | C15 | C17 => &["review-course"],
        _ => &[],
    }
}

/// What every artefact of ours begins with.
fn head(
    resource_type: &str,
    id: &str,
    name: &str,
    title: &str,
    danish: &str,
) -> Map<String, Value> {
    let head = json!({
        "resourceType": resource_type,
        "id": id,
        "url": canonical(resource_type, id),
        "version": VERSION,
        "name": name,
        "title": title,
        "_title": translation(danish),
        "status": "draft",
        "experimental": false,
        "approvalDate": GUIDELINE.approved.to_string(),
        "effectivePeriod": {
            "start": GUIDELINE.approved.to_string(),
            "end": GUIDELINE.review_by.to_string(),
        },
    });
    match head {
        Value::Object(head) => head,
        _ => Map::new(),
    }
}

fn canonical(resource_type: &str, id: &str) -> String {
    format!("{CANONICAL}:{}:{id}", resource_type.to_lowercase())
}

/// The Danish words of an element whose own are English.
fn translation(danish: &str) -> Value {
    json!({ "extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/translation",
        "extension": [
            { "url": "lang", "valueCode": "da" },
            { "url": "content", "valueString": danish },
        ],
    }] })
}

fn activity(activity: &Activity) -> Value {
    let name: String = activity
        .id
        .split('-')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect();
    let mut resource = head(
        "ActivityDefinition",
        activity.id,
        &name,
        activity.title,
        activity.da,
    );
    let mut set = |name: &str, value: Value| {
        resource.insert(name.to_owned(), value);
    };
    match activity.kind {
        Kind::Medication(value_set) => {
            set("kind", json!("MedicationRequest"));
            set("intent", json!("proposal"));
            if let Some(coding) = coding(value_set, ATC) {
                set("productCodeableConcept", json!({ "coding": [coding] }));
            }
        }
        Kind::Service(value_set, system) => {
            set("kind", json!("ServiceRequest"));
            set("intent", json!("proposal"));
            if let Some(coding) = coding(value_set, system) {
                set("code", json!({ "coding": [coding] }));
            }
        }
        Kind::Task => {
            set("kind", json!("Task"));
            set("intent", json!("proposal"));
        }
    }
    Value::Object(resource)
}

/// The guideline as a plan: at each hook, the cards that may come of it.
fn plan() -> Value {
    let mut plan = head(
        "PlanDefinition",
        GUIDELINE.id,
        "ImmunoglobulinReplacementInSecondaryImmuneDeficiency",
        "Immunoglobulin replacement in secondary immune deficiency",
        "Immunglobulin ved sekundær immundefekt",
    );
    let mut set = |name: &str, value: Value| {
        plan.insert(name.to_owned(), value);
    };
    set(
        "type",
        json!({ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/plan-definition-type",
            "code": "eca-rule",
        }] }),
    );
    set(
        "purpose",
        json!(
            "Decision support for one national guideline. The cards are decided by the program from \
             the patient's record; this plan says which cards there are, what they rest on and what \
             they offer."
        ),
    );
    set(
        "relatedArtifact",
        json!([{
            "type": "citation",
            "label": format!("{} {}", GUIDELINE.id, GUIDELINE.version),
            "display": format!(
                "Medicinrådet, document {}, version {}, {}",
                GUIDELINE.document, GUIDELINE.version, GUIDELINE.approved
            ),
            "url": cards::GUIDELINE_URL,
        }]),
    );
    let actions: Vec<Value> = knowledge::all()
        .map(|(card, knowledge)| action(card, &knowledge))
        .collect();
    let triggers = ["patient-view", "order-select", "order-sign"]
        .map(|hook| json!({ "type": "named-event", "name": hook }));
    set(
        "action",
        json!([{
            "title": "Cards",
            "trigger": triggers,
            "selectionBehavior": "any",
            "action": actions,
        }]),
    );
    Value::Object(plan)
}

fn action(card: CardCode, knowledge: &knowledge::Knowledge) -> Value {
    let mut documentation = vec![json!({
        "type": "citation",
        "label": "Opsummering",
        "display": knowledge.sections,
    })];
    if let Some(addendum) = knowledge.addendum {
        documentation.push(json!({
            "type": "citation",
            "label": "Tillæg om CAR-T og bispecifikke antistoffer",
            "display": addendum,
        }));
    }
    for recommendation in knowledge.recommendations {
        documentation.push(json!({ "type": "justification", "label": recommendation }));
    }
    let mut action = json!({
        "title": knowledge.name(Language::En),
        "_title": translation(knowledge.name(Language::Da)),
        "code": [{ "coding": [{
            "system": cards::CARD_SYSTEM,
            "code": knowledge.code,
            "display": knowledge.name(Language::En),
        }] }],
        "documentation": documentation,
    });
    let offers: Vec<Value> = activities(card)
        .iter()
        .map(|id| json!({ "definitionCanonical": canonical("ActivityDefinition", id) }))
        .collect();
    if !offers.is_empty() {
        action["selectionBehavior"] = json!("any");
        action["action"] = offers.into();
    }
    action
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_activity_has_its_code_and_is_offered_by_a_card() {
        for activity in &ACTIVITIES {
            let resource = one("ActivityDefinition", activity.id).unwrap();
            let coded = ["code", "productCodeableConcept"]
                .iter()
                .any(|member| resource[member]["coding"][0]["code"].is_string());
            assert!(
                coded || matches!(activity.kind, Kind::Task),
                "{}",
                activity.id
            );
            let offered = CardCode::ALL
                .into_iter()
                .any(|card| activities(card).contains(&activity.id));
            assert!(offered, "{}", activity.id);
        }
        for card in CardCode::ALL {
            for id in activities(card) {
                assert!(one("ActivityDefinition", id).is_some(), "{card:?}: {id}");
            }
        }
    }

    #[test]
    fn the_plan_has_every_card() {
        let plan = one("PlanDefinition", GUIDELINE.id).unwrap();
        let cards = plan["action"][0]["action"].as_array().unwrap();
        assert_eq!(cards.len(), CardCode::ALL.len());
        for card in cards {
            assert!(
                card["title"].is_string() && card["documentation"][0].is_object(),
                "{card}"
            );
        }
    }

    #[test]
    fn no_two_artefacts_share_an_address() {
        let mut urls: Vec<&Value> = ALL
            .iter()
            .map(|artefact| &artefact.resource["url"])
            .collect();
        let all = urls.len();
        assert!(all > 80, "{all}");
        urls.sort_by_key(|url| url.to_string());
        urls.dedup();
        assert_eq!(urls.len(), all);
    }
}
