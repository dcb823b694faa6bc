//! Diagnoses (F-05) and infections (F-06).

use super::*;
use crate::guideline::{
    facts::{
        Bacterial, ClinicalStatus,
        DiagnosisKind::{self, *},
        Focus, Infection, MProteinFinding,
    },
    verdict::{Reason, Verdict},
};

const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const ACT: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

fn condition(code: &str, changes: Value) -> Value {
    changed(
        &json!({"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"},
            "code": concept(SKS_D, code), "onsetDateTime": "2026-01-15",
            "verificationStatus": concept(VERIFICATION, "confirmed")}),
        &changes,
    )
}

#[test]
fn kinds_of_diagnosis() {
    let rows: [(&str, Value, &[DiagnosisKind]); 9] = [
        (
            "CLL",
            condition("DC911", json!({})),
            &[HaematologicalMalignancy],
        ),
        (
            "myeloma",
            condition("DC900", json!({})),
            &[HaematologicalMalignancy, Myeloma],
        ),
        (
            "MGUS",
            condition("DD472", json!({})),
            &[Mgus, NonMalignantHaematological],
        ),
        (
            "ITP",
            condition("DD693", json!({})),
            &[NonMalignantHaematological],
        ),
        (
            "hypogammaglobulinaemia",
            condition("DD801", json!({})),
            &[Hypogammaglobulinaemia],
        ),
        (
            "CVID",
            condition("DD839", json!({})),
            &[PrimaryImmunodeficiency],
        ),
        ("lupus", condition("DM32", json!({})), &[Other]),
        (
            "words only",
            condition("", json!({"code": {"text": "CLL"}})),
            &[Other],
        ),
        (
            "an infection is no other diagnosis",
            condition("DJ13", json!({})),
            &[],
        ),
    ];
    for (what, resource, expected) in rows {
        let facts = read_record(&[resource]).facts;
        let found: Vec<_> = facts.diagnoses.iter().map(|one| one.kind).collect();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn statuses_of_a_diagnosis() {
    // Is it a fact, and confirmed?
    let verifications = [
        ("confirmed", Some(true)),
        ("unconfirmed", Some(false)),
        ("provisional", Some(false)),
        ("differential", None),
        ("refuted", None),
        ("entered-in-error", None),
    ];
    for (code, expected) in verifications {
        let status = json!({"verificationStatus": concept(VERIFICATION, code)});
        let facts = read_record(&[condition("DC911", status)]).facts;
        assert_eq!(
            facts.diagnoses.first().map(|one| one.confirmed),
            expected,
            "{code}"
        );
    }
    let facts = read_record(&[condition("DC911", json!({"verificationStatus": null}))]).facts;
    assert!(facts.diagnoses[0].confirmed, "none stated");
    let clinical = [
        ("active", Some(ClinicalStatus::Active)),
        ("relapse", Some(ClinicalStatus::Active)),
        ("remission", Some(ClinicalStatus::Remission)),
        ("resolved", Some(ClinicalStatus::Resolved)),
        ("nope", None),
    ];
    for (code, expected) in clinical {
        let status = json!({"clinicalStatus": concept(CLINICAL, code)});
        let facts = read_record(&[condition("DC911", status)]).facts;
        assert_eq!(facts.diagnoses[0].status, expected, "{code}");
    }
}

#[test]
fn m_protein() {
    let result = |code: &str, changes: Value| {
        let base = json!({"resourceType": "Observation", "id": "m", "status": "final",
            "code": concept(NPU, code), "subject": {"reference": "Patient/p"},
            "effectiveDateTime": "2026-03-10"});
        changed(&base, &changes)
    };
    let grams =
        |value: f64| json!({"valueQuantity": {"value": value, "system": UCUM, "code": "g/L"}});
    use MProteinFinding::*;
    let rows = [
        ("IgG", result("NPU28638", grams(18.0)), Some(Igg)),
        (
            "of no stated class",
            result("NPU19844", grams(18.0)),
            Some(ClassUnknown),
        ),
        ("IgA", result("NPU28634", grams(18.0)), Some(OtherClass)),
        ("none", result("NPU19844", grams(0.0)), Some(Absent)),
        (
            "no IgA says nothing of IgG",
            result("NPU28634", grams(0.0)),
            None,
        ),
        (
            "screening 1",
            result("NPU17675", json!({"valueInteger": 1})),
            Some(ClassUnknown),
        ),
        (
            "screening 0",
            result("NPU17675", json!({"valueInteger": 0})),
            Some(Absent),
        ),
        (
            "in words",
            result("NPU02642", json!({"valueString": "IgG kappa"})),
            None,
        ),
        (
            "IgG myeloma",
            condition(
                "",
                json!({"code": concept("http://snomed.info/sct", "285421005")}),
            ),
            Some(Igg),
        ),
    ];
    for (what, resource, expected) in rows {
        let facts = read_record(&[resource]).facts;
        let found: Vec<_> = facts.m_proteins.iter().map(|one| one.finding).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
    }
}

fn infection(resources: &[Value]) -> Infection {
    let facts = read_record(resources).facts;
    let [one] = &facts.infections[..] else {
        panic!("{:?}", facts.infections)
    };
    one.clone()
}

#[test]
fn what_a_code_says() {
    // Bacterial, mild, sepsis, life-threatening.
    let rows = [
        ("DJ13", Bacterial::Certain, false, false, false, Focus::Lung),
        (
            "DJ189",
            Bacterial::Possible,
            false,
            false,
            false,
            Focus::Lung,
        ),
        (
            "DJ10",
            Bacterial::No,
            false,
            false,
            false,
            Focus::Other("J10".to_owned()),
        ),
        ("DJ01", Bacterial::Possible, true, false, false, Focus::Ent),
        (
            "DA419",
            Bacterial::Certain,
            false,
            true,
            false,
            Focus::Blood,
        ),
        (
            "DR572",
            Bacterial::Possible,
            false,
            true,
            true,
            Focus::Blood,
        ),
    ];
    for (code, bacterial, mild, sepsis, life_threatening, focus) in rows {
        let one = infection(&[condition(code, json!({}))]);
        assert_eq!(one.bacterial, bacterial, "{code}");
        assert_eq!(
            (one.mild, one.sepsis, one.life_threatening),
            (mild, sepsis, life_threatening),
            "{code}"
        );
        assert_eq!(one.focus, focus, "{code}");
    }
}

#[test]
fn when_an_infection_was() {
    let undated = |changes: Value| {
        let mut changes = changes;
        changes["onsetDateTime"] = Value::Null;
        condition("DJ13", changes)
    };
    let rows = [
        ("onset", condition("DJ13", json!({})), day("2026-01-15")),
        (
            "recorded",
            undated(json!({"recordedDate": "2026-01-20"})),
            day("2026-01-20"),
        ),
        (
            "period",
            undated(json!({"onsetPeriod": {"start": "2026-01-03"}})),
            day("2026-01-03"),
        ),
        ("no date: today", undated(json!({})), day("2026-03-16")),
        (
            "after today",
            condition("DJ13", json!({"onsetDateTime": "2026-03-17"})),
            None,
        ),
        (
            "no date at all",
            condition("DJ13", json!({"onsetDateTime": "in January"})),
            None,
        ),
    ];
    for (what, resource, expected) in rows {
        let facts = read_record(&[resource]).facts;
        assert_eq!(
            facts.infections.first().map(|one| one.onset),
            expected,
            "{what}"
        );
        // One that may lie in any window leaves the Conditions incomplete.
        assert_eq!(
            facts.searched.conditions,
            what != "no date at all",
            "{what}"
        );
    }
}

#[test]
fn admissions() {
    let encounter = |id: &str, class: &str, changes: Value| {
        let base = json!({"resourceType": "Encounter", "id": id, "status": "finished",
            "class": {"system": ACT, "code": class}, "subject": {"reference": "Patient/p"},
            "period": {"start": "2025-06-01", "end": "2025-06-03"}});
        changed(&base, &changes)
    };
    let during = json!({"period": {"start": "2026-01-14", "end": "2026-01-20"}});
    let linked = || condition("DJ13", json!({"encounter": {"reference": "Encounter/e"}}));
    let plain = || condition("DJ13", json!({}));
    let diagnosed = json!({"diagnosis": [{"condition": {"reference": "Condition/c"}}]});
    let unknown = Verdict::Unknown(Reason::NotSearched);
    let rows = [
        ("no encounter", vec![plain()], Verdict::NotMet),
        (
            "an admission at another time",
            vec![plain(), encounter("e", "IMP", json!({}))],
            Verdict::NotMet,
        ),
        (
            "its own admission",
            vec![linked(), encounter("e", "IMP", json!({}))],
            Verdict::Met,
        ),
        (
            "a diagnosis of one",
            vec![plain(), encounter("e", "ACUTE", diagnosed)],
            Verdict::Met,
        ),
        (
            "an admission on that day",
            vec![plain(), encounter("e", "IMP", during.clone())],
            Verdict::Met,
        ),
        (
            "the emergency department",
            vec![linked(), encounter("e", "EMER", during.clone())],
            Verdict::NotMet,
        ),
        (
            "a planned admission",
            vec![
                plain(),
                encounter("e", "IMP", changed(&during, &json!({"status": "planned"}))),
            ],
            Verdict::NotMet,
        ),
        ("an encounter that was not sent", vec![linked()], unknown),
        (
            "a month that the admission does not fill",
            vec![
                condition("DJ13", json!({"onsetDateTime": "2026-01"})),
                encounter("e", "IMP", during.clone()),
            ],
            Verdict::Unknown(Reason::Insufficient),
        ),
    ];
    for (what, resources, expected) in rows {
        assert_eq!(infection(&resources).admitted, expected, "{what}");
    }
    let ward = json!({"location": [{"location": {"display": "ward"},
        "physicalType": concept("http://snomed.info/sct", "309904001")}]});
    let intensive = encounter("e", "IMP", changed(&during, &ward));
    assert!(
        infection(&[plain(), intensive]).life_threatening,
        "intensive care"
    );
    // Encounters that were not searched leave it open.
    let conditions = json!({"resourceType": "Bundle", "entry": [{"resource": plain()}]});
    let chart = read_prefetch(&[(Source::Condition, "conditions", Some(conditions))]);
    assert_eq!(chart.facts.infections[0].admitted, unknown);
    assert_eq!(chart.facts.infections[0].treated, unknown);
}

#[test]
fn cultures_and_antibiotics() {
    let culture = |changes: Value| {
        let base = json!({"resourceType": "Observation", "id": "k", "status": "final",
            "code": concept(LOINC, "600-7"), "subject": {"reference": "Patient/p"},
            "effectiveDateTime": "2026-01-16",
            "interpretation": [concept(INTERPRETATION, "POS")]});
        changed(&base, &changes)
    };
    let organism = |words: &str| {
        json!({"interpretation": null, "valueCodeableConcept": {
            "coding": [{"system": "http://snomed.info/sct", "code": "1", "display": words}]}})
    };
    let local = json!({"code": concept("urn:local", "sputum"), "effectiveDateTime": "2025-12-01"});
    let named = json!({"evidence": [{"detail": [{"reference": "Observation/k"}]}]});
    let rows = [
        ("positive", culture(json!({})), json!({}), true),
        (
            "two days before",
            culture(json!({"effectiveDateTime": "2026-01-13"})),
            json!({}),
            true,
        ),
        (
            "three days before",
            culture(json!({"effectiveDateTime": "2026-01-12"})),
            json!({}),
            false,
        ),
        (
            "seven days after",
            culture(json!({"effectiveDateTime": "2026-01-22"})),
            json!({}),
            true,
        ),
        (
            "eight days after",
            culture(json!({"effectiveDateTime": "2026-01-23"})),
            json!({}),
            false,
        ),
        (
            "preliminary",
            culture(json!({"status": "preliminary"})),
            json!({}),
            false,
        ),
        (
            "negative",
            culture(json!({"interpretation": [concept(INTERPRETATION, "NEG")]})),
            json!({}),
            false,
        ),
        (
            "an organism",
            culture(organism("Streptococcus pneumoniae")),
            json!({}),
            true,
        ),
        (
            "no growth, coded",
            culture(organism("No growth")),
            json!({}),
            false,
        ),
        (
            "no result",
            culture(json!({"interpretation": null})),
            json!({}),
            false,
        ),
        ("another culture", culture(local.clone()), json!({}), false),
        (
            "another culture, named as evidence",
            culture(local),
            named,
            true,
        ),
    ];
    for (what, culture, evidence, expected) in rows {
        let one = infection(&[condition("DJ189", evidence), culture]);
        assert_eq!(one.positive_culture, expected, "{what}");
    }
    let antibiotic = |atc: &str, changes: Value| {
        let base = json!({"resourceType": "MedicationRequest", "id": "m", "status": "completed",
            "intent": "order", "subject": {"reference": "Patient/p"}, "authoredOn": "2026-01-15",
            "medicationCodeableConcept": concept(ATC, atc)});
        changed(&base, &changes)
    };
    let rows = [
        (
            "the same day",
            antibiotic("J01CA04", json!({})),
            Verdict::Met,
        ),
        (
            "three days before",
            antibiotic("J01CA04", json!({"authoredOn": "2026-01-12"})),
            Verdict::Met,
        ),
        (
            "four days before",
            antibiotic("J01CA04", json!({"authoredOn": "2026-01-11"})),
            Verdict::NotMet,
        ),
        (
            "14 days after",
            antibiotic("J01CA04", json!({"authoredOn": "2026-01-29"})),
            Verdict::Met,
        ),
        (
            "15 days after",
            antibiotic("J01CA04", json!({"authoredOn": "2026-01-30"})),
            Verdict::NotMet,
        ),
        (
            "no readable date",
            antibiotic("J01CA04", json!({"authoredOn": "in January"})),
            Verdict::Unknown(Reason::Invalid),
        ),
        (
            "some day in January",
            antibiotic("J01CA04", json!({"authoredOn": "2026-01"})),
            Verdict::Unknown(Reason::Insufficient),
        ),
        (
            "cancelled",
            antibiotic("J01CA04", json!({"status": "cancelled"})),
            Verdict::NotMet,
        ),
        (
            "eye drops",
            antibiotic("S01AA01", json!({})),
            Verdict::NotMet,
        ),
    ];
    for (what, order, expected) in rows {
        assert_eq!(
            infection(&[condition("DJ13", json!({})), order]).treated,
            expected,
            "{what}"
        );
    }
}
