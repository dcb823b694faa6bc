//! Drafts as real clients send them.

use super::*;
use crate::guideline::facts::{DoseGap, IgIndication, IgRoute, Order, Prescription};
use Problem::*;

fn request(changes: Value) -> Value {
    changed(
        &json!({"resourceType": "MedicationRequest", "id": "request-123", "status": "draft",
            "intent": "order", "subject": {"reference": "Patient/p"}, "authoredOn": "2026-03-16",
            "medicationCodeableConcept": concept(ATC, "J06BA02")}),
        &changes,
    )
}

fn read_drafts(drafts: &[Value], selections: &[&str]) -> Chart {
    let entries: Vec<_> = drafts
        .iter()
        .map(|draft| json!({"resource": draft}))
        .collect();
    read_bundle_of_drafts(
        &json!({"resourceType": "Bundle", "entry": entries}),
        selections,
    )
}

fn read_bundle_of_drafts(bundle: &Value, selections: &[&str]) -> Chart {
    let bundle = raw(bundle);
    let selections: Vec<String> = selections.iter().map(ToString::to_string).collect();
    let drafts = Drafts {
        bundle: &bundle,
        selections: &selections,
    };
    let input = Input::Prefetch(Vec::new());
    with_reading(|reading| read(&input, Some(drafts), Some("p"), reading))
}

/// CTX-06…CTX-08, CTX-11, AMB-10, AMB-11.
#[test]
fn which_draft_is_the_order() {
    use DraftKind::*;
    let drug =
        || request(json!({"id": "drug", "medicationCodeableConcept": concept(ATC, "J01CA04")}));
    let second = || request(json!({"id": "second"}));
    let wrong_route = || {
        let route = json!([{"route": {"text": "subcutaneous"}}]);
        let reason = json!([concept(SKS_D, "DC911")]);
        request(json!({"id": "wrong", "dosageInstruction": route, "reasonCode": reason}))
    };
    let service = |code: Value| {
        json!({"resourceType": "ServiceRequest", "id": "s", "status": "draft", "intent": "plan",
            "subject": {"reference": "Patient/p"}, "code": code})
    };
    let nothing = json!({"medicationCodeableConcept": null, "intent": null});
    type Row = (
        &'static str,
        Vec<Value>,
        Vec<&'static str>,
        DraftKind,
        Option<&'static str>,
    );
    let first = Some("MedicationRequest/request-123");
    let rows: Vec<Row> = vec![
        ("none", vec![], vec![], NothingChosen, None),
        (
            "no drug chosen yet",
            vec![request(nothing)],
            vec![],
            NothingChosen,
            None,
        ),
        (
            "immunoglobulin",
            vec![request(json!({}))],
            vec![],
            Immunoglobulin,
            first,
        ),
        ("another drug", vec![drug()], vec![], Other, None),
        (
            "among others",
            vec![drug(), request(json!({}))],
            vec!["MedicationRequest/drug"],
            Immunoglobulin,
            first,
        ),
        (
            "the selected one",
            vec![request(json!({})), second()],
            vec!["MedicationRequest/second"],
            Immunoglobulin,
            Some("MedicationRequest/second"),
        ),
        (
            "selected by its bare id",
            vec![request(json!({})), second()],
            vec!["second"],
            Immunoglobulin,
            Some("MedicationRequest/second"),
        ),
        (
            "of several selected ones the one of which most is to be said: by the wrong route",
            vec![request(json!({})), wrong_route()],
            vec!["request-123", "wrong"],
            Immunoglobulin,
            Some("MedicationRequest/wrong"),
        ),
        (
            "the same in the other order, none selected",
            vec![wrong_route(), request(json!({}))],
            vec![],
            Immunoglobulin,
            Some("MedicationRequest/wrong"),
        ),
        (
            "the same draft twice",
            vec![request(json!({})), request(json!({}))],
            vec![],
            Immunoglobulin,
            first,
        ),
        (
            "without an id",
            vec![request(json!({"id": null}))],
            vec![],
            Immunoglobulin,
            Some("context.draftOrders.entry[0]"),
        ),
        (
            "an ATC code that came back as RxNorm",
            vec![request(
                json!({"medicationCodeableConcept": concept(RXNORM, "J06BA02")}),
            )],
            vec![],
            Immunoglobulin,
            first,
        ),
        (
            "anti-D",
            vec![request(
                json!({"medicationCodeableConcept": concept(ATC, "J06BB01")}),
            )],
            vec![],
            Other,
            None,
        ),
        (
            "a service",
            vec![service(concept("http://www.ama-assn.org/go/cpt", "71555"))],
            vec![],
            Other,
            None,
        ),
        (
            "no service chosen yet",
            vec![service(json!({"coding": [{}]}))],
            vec![],
            NothingChosen,
            None,
        ),
        (
            "of another patient",
            vec![request(json!({"subject": {"reference": "Patient/q"}}))],
            vec![],
            NothingChosen,
            None,
        ),
        (
            "withdrawn",
            vec![request(json!({"status": "cancelled"}))],
            vec![],
            NothingChosen,
            None,
        ),
    ];
    for (what, drafts, selections, kind, order) in rows {
        let chart = read_drafts(&drafts, &selections);
        assert_eq!(chart.draft, kind, "{what}");
        let found = chart
            .facts
            .order
            .as_ref()
            .map(|order| order.evidence.as_str());
        assert_eq!(found, order, "{what}");
        let sent = found.and_then(|order| chart.orders.get(&Reference::new(order)));
        let sent = sent.map(|raw| serde_json::from_str::<Value>(raw.get()).expect("JSON"));
        assert_eq!(sent.is_some(), order.is_some(), "{what}");
        assert!(
            sent.is_none_or(|sent| drafts.contains(&sent)),
            "{what}: as it was sent"
        );
        assert!(
            chart.facts.immunoglobulin.is_empty(),
            "{what}: a draft is no exposure"
        );
    }
    for bundle in [
        json!(null),
        json!("x"),
        json!([]),
        json!({"entry": 7}),
        json!({"entry": [7]}),
    ] {
        assert_eq!(
            read_bundle_of_drafts(&bundle, &[]).draft,
            NothingChosen,
            "{bundle}"
        );
    }
}

#[test]
fn what_an_order_says() {
    let order = |changes: fn(&mut Order)| {
        let mut order = Order {
            evidence: Reference::new("MedicationRequest/request-123"),
            indication: IgIndication::NotStated,
            indication_text: None,
            route: IgRoute::Iv,
            planned_end: None,
            prescription: Prescription {
                gap: Some(DoseGap::NotWritten),
                ..Prescription::default()
            },
        };
        changes(&mut order);
        order
    };
    let timing = |end: &str| {
        json!([{"timing": {"repeat": {"frequency": 1, "period": 4, "periodUnit": "wk",
            "boundsPeriod": {"start": "2026-03-16", "end": end}}}}])
    };
    let reason = || json!({"coding": [{"system": SKS_D, "code": "DC911", "display": "CLL"}]});
    type Row = (&'static str, Value, Order, Vec<Problem>);
    let rows: Vec<Row> = vec![
        ("sound", request(json!({})), order(|_| {}), vec![]),
        (
            "with an end",
            request(json!({"dosageInstruction": timing("2026-09-16")})),
            order(|order| order.planned_end = Some(date(2026, 9, 16))),
            vec![],
        ),
        (
            "an end that is being typed",
            request(json!({"dosageInstruction": timing("0202-12-01")})),
            order(|order| order.planned_end = Some(date(202, 12, 1))),
            vec![],
        ),
        (
            "an end that is no date",
            request(json!({"dosageInstruction": timing("Invalid date")})),
            order(|_| {}),
            vec![DateInvalid],
        ),
        (
            "a reason",
            request(json!({"reasonCode": [reason()]})),
            order(|order| {
                order.indication = IgIndication::SecondaryImmunodeficiency;
                order.indication_text = Some("CLL".to_owned());
            }),
            vec![],
        ),
        (
            "a reason that is no array, as the sandbox sends it",
            request(json!({"reasonCode": reason(), "category": {"text": "community"}})),
            order(|order| {
                order.indication = IgIndication::SecondaryImmunodeficiency;
                order.indication_text = Some("CLL".to_owned());
            }),
            vec![Repaired],
        ),
        (
            "no intent",
            request(json!({"intent": null})),
            order(|_| {}),
            vec![Repaired],
        ),
        (
            "an empty reason",
            request(json!({"reasonCode": [{"coding": [{}]}]})),
            order(|_| {}),
            vec![Repaired],
        ),
        (
            "subcutaneous, come back as RxNorm",
            request(json!({"medicationCodeableConcept": concept(RXNORM, "J06BA01")})),
            order(|order| order.route = IgRoute::Sc),
            vec![],
        ),
    ];
    for (what, draft, expected, expected_problems) in rows {
        let chart = read_drafts(&[draft], &[]);
        assert_eq!(chart.facts.order, Some(expected), "{what}");
        assert_eq!(kinds(&chart), expected_problems, "{what}");
    }
}

/// A file with a whole record says by a draft what is about to be ordered; a prefetch does not.
#[test]
fn a_draft_in_a_whole_record_is_the_order() {
    let draft = request(json!({}));
    let patient = json!({"resourceType": "Patient", "id": "p", "birthDate": "1960-05-05"});
    let chart = read_record(&[patient, draft.clone()]);
    assert_eq!(chart.draft, DraftKind::Immunoglobulin);
    assert!(chart.facts.order.is_some());
    assert!(chart.facts.immunoglobulin.is_empty());

    let bundle = json!({"resourceType": "Bundle", "type": "searchset",
        "entry": [{"resource": draft}]});
    let source = (
        Source::MedicationRequest,
        "medicationRequests",
        Some(bundle),
    );
    let chart = read_prefetch(&[source]);
    assert_eq!(chart.draft, DraftKind::NothingChosen);
    assert!(chart.facts.order.is_none());
}
