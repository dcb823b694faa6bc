//! What clinicians have stated, read back (decision-spec §5).

use super::*;
use crate::guideline::facts::{
    Donor, ReviewOutcome,
    StatementKind::{self, *},
};
use Problem::*;

const SYSTEM: &str = "urn:sid-cds:statement";

fn statement(code: &str, changes: Value) -> Value {
    changed(
        &json!({"resourceType": "Observation", "id": "s", "status": "final",
            "code": concept(SYSTEM, code), "subject": {"reference": "Patient/p"},
            "effectiveDateTime": "2026-03-01"}),
        &changes,
    )
}

#[test]
fn statements() {
    let coded = |code: &str| json!({"valueCodeableConcept": concept(SYSTEM, code)});
    let yes = || json!({"valueBoolean": true});
    let confirmed = |focus: Value| changed(&yes(), &json!({"focus": focus}));
    let event = Reference::new("MedicationAdministration/a1");
    type Row = (&'static str, Value, Option<StatementKind>, Vec<Problem>);
    let rows: Vec<Row> = vec![
        (
            "no infections",
            statement("infection-history-reviewed", json!({"valueBoolean": false})),
            Some(InfectionHistoryReviewed(false)),
            vec![],
        ),
        (
            "decisive",
            statement("igg-decisive-factor", yes()),
            Some(IggDecisiveFactor(true)),
            vec![],
        ),
        (
            "pause",
            statement("ig-review", coded("pause")),
            Some(IgReview(ReviewOutcome::Pause)),
            vec![],
        ),
        (
            "donor",
            statement("donor-type", coded("allogeneic")),
            Some(DonorType(Donor::Allogeneic)),
            vec![],
        ),
        (
            "extension",
            statement("ig-extension", json!({"valueDateTime": "2026-04-20"})),
            Some(IgExtension(date(2026, 4, 20))),
            vec![],
        ),
        (
            "index event",
            statement(
                "index-event-confirmed",
                confirmed(json!([{"reference": "https://fhir.test/MedicationAdministration/a1"}])),
            ),
            Some(IndexEventConfirmed {
                event,
                confirmed: true,
            }),
            vec![],
        ),
        (
            "index event without the event",
            statement("index-event-confirmed", yes()),
            None,
            vec![ValueMissing],
        ),
        (
            "amended",
            statement(
                "ig-outside-record",
                changed(&yes(), &json!({"status": "amended"})),
            ),
            Some(IgOutsideRecord(true)),
            vec![],
        ),
        (
            "in error",
            statement(
                "ig-outside-record",
                changed(&yes(), &json!({"status": "entered-in-error"})),
            ),
            None,
            vec![],
        ),
        (
            "a review of another system's code",
            statement("ig-review", coded("nope")),
            None,
            vec![ValueMissing],
        ),
        (
            "yes in words",
            statement("ig-outside-record", json!({"valueString": "yes"})),
            None,
            vec![ValueMissing],
        ),
        (
            "a month",
            statement(
                "ig-outside-record",
                changed(&yes(), &json!({"effectiveDateTime": "2026-02"})),
            ),
            None,
            vec![DateInvalid],
        ),
        (
            "after today",
            statement(
                "ig-outside-record",
                changed(&yes(), &json!({"effectiveDateTime": "2026-03-17"})),
            ),
            None,
            vec![DateInFuture],
        ),
    ];
    for (what, resource, expected, expected_problems) in rows {
        let chart = read_record(&[resource]);
        let found: Vec<_> = chart
            .facts
            .statements
            .iter()
            .map(|one| one.kind.clone())
            .collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(kinds(&chart), expected_problems, "{what}");
    }
    let period = json!({"valueBoolean": false, "effectiveDateTime": null,
        "effectivePeriod": {"start": "2025-03-01", "end": "2026-03-01"}});
    let facts = read_record(&[statement("infection-history-reviewed", period)]).facts;
    assert_eq!(facts.statements[0].date, date(2026, 3, 1));
    assert_eq!(facts.statements[0].from, Some(date(2025, 3, 1)));
}
