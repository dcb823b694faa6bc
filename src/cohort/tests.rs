//! Tests of cohort mode that need no export.

use super::*;

#[test]
fn each_patient_is_in_one_shard() {
    let shards: Vec<Shard> = (0..4).map(|i| format!("{i}/4").parse().unwrap()).collect();
    for patient in 0..200 {
        let patient = format!("p{patient}");
        let holding = shards.iter().filter(|shard| shard.holds(&patient)).count();
        assert_eq!(holding, 1, "{patient}");
        assert!(Shard::ALL.holds(&patient));
    }
    for wrong in ["", "1", "1/1", "4/4", "-1/2", "0/0", "a/b"] {
        assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
    }
}

#[test]
fn an_id_is_the_last_part_of_a_reference() {
    for (reference, id) in [
        ("Patient/1", "1"),
        ("https://ehr.example/fhir/Patient/1/_history/3", "1"),
        ("1", "1"),
    ] {
        assert_eq!(id_of(reference), id);
    }
}
