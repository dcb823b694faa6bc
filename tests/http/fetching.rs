//! Fetching what a request did not bring, from a FHIR server on a socket (PF-01…PF-16, AUTHZ-08…14).

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::http::StatusCode;
use serde_json::{Value, json};
use sid_cds::{config::Config, server::clock::Patience};
use tokio::sync::Notify;

use super::{
    fetching_harness::{
        DEMONSTRATION, HOOKS, PATIENT, Setting, ask, bare, patients, refusals, whole, without,
    },
    harness::{Answer, get},
    upstream::{Deed, Upstream},
};

/// PF-09, PF-13, PF-16, AUTHZ-08: what is fetched gives the same answer as what is sent, over pages too.
#[tokio::test]
async fn fetched_is_as_good_as_sent() {
    for page_size in [1000, 2] {
        let upstream = Upstream::start(page_size, |_| Deed::Answer).await;
        let mut setting = Setting::for_server(&upstream);
        setting.refuses = false;
        let service = setting.service();
        let mut cards = 0;
        for patient in patients() {
            for hook in HOOKS {
                let whole = whole(&patient, hook).await;
                let sent = ask(&service, hook, &whole).await;
                let fetched = ask(&service, hook, &bare(&whole, &upstream.base)).await;
                assert_eq!(sent.status, StatusCode::OK);
                assert_eq!(
                    fetched.json(),
                    sent.json(),
                    "{patient} {hook} by {page_size}"
                );
                cards += sent.json()["cards"].as_array().unwrap().len();
            }
        }
        assert!(cards > 20);
        let pages = upstream
            .seen()
            .iter()
            .filter(|seen| seen.target.contains("_offset"))
            .count();
        assert_eq!(pages > 100, page_size == 2, "{pages} pages");
    }
}

/// PF-04…PF-08, PF-03: only an absent key is asked for; null, an empty Bundle, an error and anything
/// else are answers.
#[tokio::test]
async fn only_what_is_absent_is_asked_for() {
    let upstream = Upstream::healthy().await;
    let service = Setting::for_server(&upstream).service();
    let whole = whole(PATIENT, "patient-view").await;
    for value in [
        Value::Null,
        json!({ "resourceType": "Bundle", "type": "searchset" }),
        json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error" }] }),
        json!(7),
    ] {
        let mut request = without(&whole, &["encounters", "procedures"], &upstream.base);
        request["prefetch"]["immunizations"] = value.clone();
        let before = upstream.seen().len();
        let answer = ask(&service, "patient-view", &request).await;
        assert_eq!(answer.status, StatusCode::OK, "{value}");
        let asked = &upstream.asked();
        assert_eq!(upstream.seen().len() - before, 2, "{value}");
        assert!(!asked.iter().any(|target| target.contains("Immunization")));
    }
    let before = upstream.seen().len();
    let request = without(&whole, &[], &upstream.base);
    let answer = ask(&service, "patient-view", &request).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(upstream.seen().len(), before, "nothing lacks");
}

/// AUTHZ-09, TOK-19: each question carries the token and asks for FHIR JSON of this patient.
#[tokio::test]
async fn questions_carry_the_token() {
    let upstream = Upstream::healthy().await;
    let service = Setting::for_server(&upstream).service();
    let mut request = bare(&whole(PATIENT, "patient-view").await, &upstream.base);
    request["fhirAuthorization"] = json!({
        "access_token": "secret-token",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "client",
    });
    let answer = ask(&service, "patient-view", &request).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.text.contains("secret-token"));
    let seen = upstream.seen();
    assert_eq!(seen.len(), 10);
    for question in &seen {
        assert_eq!(
            question.header("authorization"),
            Some("Bearer secret-token")
        );
        assert_eq!(question.header("accept"), Some("application/fhir+json"));
        assert_eq!(question.header("cookie"), None);
        assert!(question.target.contains(PATIENT));
        assert!(!question.target.contains("{{"));
    }
    // AUTHZ-11: a request without a token is asked for without one.
    request.as_object_mut().unwrap().remove("fhirAuthorization");
    ask(&service, "patient-view", &request).await;
    let seen = upstream.seen();
    assert_eq!(seen.len(), 20);
    assert!(
        seen.iter()
            .skip(10)
            .all(|question| question.header("authorization").is_none())
    );
}

/// Every question is under way before the first is answered: the server answers none before it holds
/// all ten, so that one after the other would never end.
#[tokio::test]
async fn questions_are_asked_at_the_same_time() {
    let upstream = Upstream::start(1000, |_| Deed::Together(10)).await;
    let mut setting = Setting::for_server(&upstream);
    setting.patience = Patience::For(Duration::from_secs(10));
    let service = setting.service();
    let whole = whole(PATIENT, "patient-view").await;
    let fetched = ask(&service, "patient-view", &bare(&whole, &upstream.base)).await;
    let sent = ask(&service, "patient-view", &whole).await;
    assert_eq!(fetched.json(), sent.json());
    assert_eq!(upstream.most_in_flight(), 10);
}

/// PF-10, PF-12, ST-02, AMB-04: what is required and cannot be had is named with the reason, in every way of failing;
/// what is not required is not searched, and nothing else is lost by it.
#[tokio::test]
async fn every_failure_has_its_answer() {
    let elsewhere = Upstream::healthy().await;
    let other_host = format!("{}/Condition?patient={PATIENT}", elsewhere.base);
    let html = "content-type: text/html".to_owned();
    let fhir = "content-type: application/fhir+json".to_owned();
    let not_fhir = "answered with something else than FHIR JSON";
    let broke_off = "cannot be reached, or broke off";
    for (deed, code, words) in [
        (Deed::Status(401), "forbidden", "denied access"),
        (Deed::Status(403), "forbidden", "denied access"),
        (Deed::Status(429), "throttled", "is busy"),
        (Deed::Status(404), "incomplete", "with status 404"),
        (Deed::Status(500), "incomplete", "with status 500"),
        (Deed::Status(503), "incomplete", "with status 503"),
        (Deed::Close, "incomplete", broke_off),
        (Deed::Half, "incomplete", broke_off),
        (
            Deed::Raw(200, html, "<html>Log in</html>".to_owned()),
            "incomplete",
            not_fhir,
        ),
        (
            Deed::Raw(200, fhir.clone(), "<html>Log in</html>".to_owned()),
            "incomplete",
            not_fhir,
        ),
        (
            Deed::Raw(200, "x-no: type".to_owned(), "{}".to_owned()),
            "incomplete",
            not_fhir,
        ),
        (
            Deed::Raw(200, fhir.clone(), "{\"resourceType\":".to_owned()),
            "incomplete",
            not_fhir,
        ),
        (
            Deed::Raw(200, format!("{fhir}; fhirVersion=5.0"), "{}".to_owned()),
            "incomplete",
            "in another version than R4",
        ),
        (
            Deed::Say(json!({ "resourceType": "Condition", "dateRecorded": "2026-01-01" })),
            "incomplete",
            "in another version than R4",
        ),
        (
            Deed::Raw(302, format!("location: {other_host}"), String::new()),
            "incomplete",
            "with status 302",
        ),
        (
            Deed::Huge(200_000),
            "incomplete",
            "more bytes than the limit",
        ),
        (
            Deed::Say(
                json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error" }] }),
            ),
            "incomplete",
            "it holds an error",
        ),
        (
            Deed::Say(json!({ "resourceType": "Goal" })),
            "incomplete",
            "it holds an error",
        ),
        (Deed::Say(json!([])), "incomplete", "it holds an error"),
    ] {
        for (key, resource_type) in [("conditions", "Condition"), ("procedures", "Procedure")] {
            let failing = deed.clone();
            let upstream = Upstream::start(1000, move |target| {
                if target.starts_with(resource_type) {
                    failing.clone()
                } else {
                    Deed::Answer
                }
            })
            .await;
            let mut setting = Setting::for_server(&upstream);
            setting.change = |config| config.fetch_limit_bytes = 150_000;
            let service = setting.service();
            for hook in HOOKS {
                let whole = whole(PATIENT, hook).await;
                let answer = ask(&service, hook, &bare(&whole, &upstream.base)).await;
                if key == "conditions" {
                    let refusals = refusals(&answer);
                    let (place, issue, text) = &refusals[0];
                    assert_eq!(refusals.len(), 1, "{deed:?}");
                    assert_eq!(
                        (place.as_str(), issue.as_str()),
                        ("prefetch.conditions", code)
                    );
                    assert!(text.contains(words), "{deed:?}: {text}");
                    assert!(!text.contains("Nancy") && !text.contains(PATIENT));
                } else {
                    // As if the key had been left out by a client without a FHIR server.
                    let expected = ask(&service, hook, &without(&whole, &[key], "")).await;
                    assert_eq!(answer.status, StatusCode::OK, "{deed:?}: {}", answer.text);
                    let differs = format!("{deed:?} {hook}");
                    assert_eq!(titles(&answer), titles(&expected), "{differs}");
                }
            }
        }
    }
    assert!(elsewhere.seen().is_empty(), "no redirect is followed");
}

/// The summaries of an answer's cards.
fn titles(answer: &Answer) -> Vec<String> {
    let cards = answer.json()["cards"].as_array().unwrap().clone();
    let summary = |card: &Value| card["summary"].as_str().unwrap().to_owned();
    cards.iter().map(summary).collect()
}

/// PF-13, PF-14: what is wrong with a next link, or beyond a limit, ends a search before its end; the
/// pages that came are used.
#[tokio::test]
async fn a_search_that_is_cut_short_is_not_complete() {
    let elsewhere = Upstream::healthy().await;
    let loops = "{self}".to_owned();
    let away = format!("{}/Condition", elsewhere.base);
    let up = "{base}/../admin".to_owned();
    let unlimited: fn(&mut Config) = |_| {};
    for (page_size, deed, change, asked) in [
        (1000, Deed::NextLink(loops), unlimited, 1),
        (1000, Deed::NextLink(away), unlimited, 1),
        (1000, Deed::NextLink(up), unlimited, 1),
        (
            1,
            Deed::Answer,
            |config: &mut Config| config.fetch_limit_pages = 1,
            1,
        ),
        (
            1,
            Deed::Answer,
            |config: &mut Config| config.fetch_limit_pages = 2,
            2,
        ),
    ] {
        let what = format!("{deed:?}");
        let conditions = deed.clone();
        let upstream = Upstream::start(page_size, move |target| {
            if target.starts_with("Condition") {
                conditions.clone()
            } else {
                Deed::Answer
            }
        })
        .await;
        let mut setting = Setting::for_server(&upstream);
        setting.change = change;
        let service = setting.service();
        let whole = whole(PATIENT, "patient-view").await;
        let request = without(&whole, &["conditions"], &upstream.base);
        let answer = ask(&service, "patient-view", &request).await;
        // As if the client had sent the pages that came, the last of them with a next link.
        let mut sent = whole.clone();
        let page = &mut sent["prefetch"]["conditions"];
        page["link"] = json!([{ "relation": "next", "url": "https://fhir.example/?page=2" }]);
        page["entry"]
            .as_array_mut()
            .unwrap()
            .truncate(page_size * asked);
        let expected = ask(&service, "patient-view", &sent).await;
        assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.text);
        assert!(answer.json() == expected.json(), "{what}");
        assert_eq!(upstream.asked().len(), asked, "{what}");
    }
    assert!(
        elsewhere.seen().is_empty(),
        "a next link stays under its base"
    );
}

/// The resources of all answers together are limited: what is over is not kept.
#[tokio::test]
async fn resources_are_limited() {
    let upstream = Upstream::healthy().await;
    let mut setting = Setting::for_server(&upstream);
    setting.change = |config| config.fetch_limit_resources = 1;
    let service = setting.service();
    let whole = whole(PATIENT, "patient-view").await;
    let request = without(&whole, &["conditions"], &upstream.base);
    let refusals = refusals(&ask(&service, "patient-view", &request).await);
    assert!(
        refusals[0].2.contains("more resources than the limit"),
        "{refusals:?}"
    );
}

/// A prefetch with a next link is read on; without a server to ask, or with a link that leads away from
/// it, it stays incomplete.
#[tokio::test]
async fn pages_after_a_sent_one_are_fetched() {
    let upstream = Upstream::start(2, |_| Deed::Answer).await;
    let mut setting = Setting::for_server(&upstream);
    setting.refuses = false;
    let service = setting.service();
    let whole = whole(PATIENT, "patient-view").await;
    let complete = ask(&service, "patient-view", &whole).await;
    let first = get(
        &DEMONSTRATION,
        &format!("/fhir/Condition?patient={PATIENT}&_count=1"),
    )
    .await;
    let own = format!("{}/fhir", super::harness::BASE);
    for (server, base, is_complete) in [
        (upstream.base.as_str(), upstream.base.as_str(), true),
        ("", upstream.base.as_str(), false),
        (upstream.base.as_str(), own.as_str(), false),
    ] {
        let mut request = without(&whole, &[], server);
        let page: Value = serde_json::from_str(&first.text.replace(&own, base)).unwrap();
        request["prefetch"]["conditions"] = page;
        let answer = ask(&service, "patient-view", &request).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(
            answer.json() == complete.json(),
            is_complete,
            "{server} {base}"
        );
    }
}

/// AUTHZ-14, REQ-06: a server that is not listed for the client is never called, whatever it is called.
#[tokio::test]
async fn only_listed_servers_are_called() {
    let upstream = Upstream::healthy().await;
    let port = upstream.base.rsplit(':').next().unwrap().to_owned();
    let whole = whole(PATIENT, "patient-view").await;
    let not_listed = "is not one that may be asked for this client";
    let own = upstream.base.clone();
    for (listed, consent, named, words) in [
        (vec![], true, own.clone(), not_listed),
        (
            vec!["https://fhir.example/r4".to_owned()],
            true,
            own.clone(),
            not_listed,
        ),
        (
            vec![own.clone()],
            true,
            own.replace("/fhir", ""),
            not_listed,
        ),
        (
            vec![own.clone()],
            true,
            format!("{own}/../fhir2"),
            not_listed,
        ),
        (
            vec![own.clone()],
            true,
            format!("http://localhost:{port}"),
            not_listed,
        ),
        (vec![own.clone()], true, format!("{own}?x=1"), not_listed),
        (
            vec![own.clone()],
            true,
            own.replace("http:", "https:"),
            not_listed,
        ),
        (
            vec![own.clone()],
            true,
            own.replace("127.0.0.1", "user@127.0.0.1"),
            not_listed,
        ),
        (
            vec![own.clone()],
            true,
            "http://169.254.169.254/latest".to_owned(),
            not_listed,
        ),
        // Listed, but without consent to a private address: by its number and by a name.
        (
            vec![own.clone()],
            false,
            own.clone(),
            "at an address that may not be called",
        ),
        (
            vec![format!("http://localhost:{port}")],
            false,
            format!("http://localhost:{port}"),
            "at an address that may not be called",
        ),
    ] {
        let mut setting = Setting::for_server(&upstream);
        setting.servers = listed;
        setting.consent = consent;
        let service = setting.service();
        let answer = ask(&service, "patient-view", &bare(&whole, &named)).await;
        let refusals = refusals(&answer);
        let places: BTreeSet<&str> = refusals.iter().map(|refusal| refusal.0.as_str()).collect();
        let required = [
            "prefetch.conditions",
            "prefetch.observations",
            "prefetch.patient",
        ];
        assert_eq!(places, BTreeSet::from(required), "{named}");
        for (_, code, text) in &refusals {
            assert_eq!(code, "forbidden", "{named}");
            assert!(text.contains(words), "{named}: {text}");
            assert!(!text.contains("169.254") && !text.contains("127.0.0.1"));
        }
    }
    assert!(upstream.seen().is_empty());
    // The same server, with a slash at its end.
    let service = Setting::for_server(&upstream).service();
    let answer = ask(&service, "patient-view", &bare(&whole, &format!("{own}/"))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// The id of a patient cannot lead to another address of the server.
#[tokio::test]
async fn an_id_stays_an_id() {
    let upstream = Upstream::healthy().await;
    let service = Setting::for_server(&upstream).service();
    for id in ["..", ".", "%2e%2e", "..%2f..%2fadmin", "a&code=x"] {
        let mut request = bare(&whole(PATIENT, "patient-view").await, &upstream.base);
        request["context"]["patientId"] = json!(id);
        let answer = ask(&service, "patient-view", &request).await;
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{id}");
    }
    for target in upstream.seen().iter().map(|seen| &seen.target) {
        let path = target.split('?').next().unwrap();
        let segments: Vec<&str> = path.split('/').collect();
        assert!(segments.len() <= 2, "{target}");
        assert!(
            !segments
                .iter()
                .any(|segment| [".", "..", "%2e%2e"].contains(segment))
        );
        assert!(!target.contains("&code=x"), "{target}");
    }
}

/// A medication that is only referred to is fetched: of a sent record, of a fetched one, of a draft.
#[tokio::test]
async fn medications_are_followed() {
    let whole = whole("p15", "patient-view").await;
    let place = |value: &mut Value| -> Vec<Value> {
        let mut medications = Vec::new();
        for entry in value["entry"].as_array_mut().unwrap() {
            let id = format!("m{}", medications.len());
            let record = entry["resource"].as_object_mut().unwrap();
            let code = record.remove("medicationCodeableConcept").unwrap();
            let reference = json!({ "reference": format!("Medication/{id}/_history/1") });
            record.insert("medicationReference".to_owned(), reference);
            medications.push(json!({ "resourceType": "Medication", "id": id, "code": code }));
        }
        medications
    };
    let mut referring = whole.clone();
    let orders = &mut referring["prefetch"]["medicationRequests"];
    let medications = place(orders);
    assert!(!medications.is_empty());
    let orders = orders.clone();
    let upstream = Upstream::start(1000, move |target| {
        let medication = target.strip_prefix("Medication/");
        if let Some(medication) = medication {
            let found = medications.iter().find(|known| known["id"] == medication);
            return found.map_or(Deed::Status(404), |found| Deed::Say(found.clone()));
        }
        if target.starts_with("MedicationRequest") {
            return Deed::Say(orders.clone());
        }
        Deed::Answer
    })
    .await;
    let service = Setting::for_server(&upstream).service();
    let coded = ask(&service, "patient-view", &whole).await;
    let sent = ask(
        &service,
        "patient-view",
        &without(&referring, &[], &upstream.base),
    )
    .await;
    let keys = ["medicationRequests"];
    let fetched = ask(
        &service,
        "patient-view",
        &without(&referring, &keys, &upstream.base),
    )
    .await;
    assert_eq!(titles(&sent), titles(&coded));
    assert_eq!(titles(&fetched), titles(&coded));
    let alone = ask(&service, "patient-view", &referring).await;
    assert_ne!(titles(&alone), titles(&coded), "the reference decides");
}

/// As above, for a draft.
#[tokio::test]
async fn a_drafts_medication_is_followed() {
    let whole = whole(PATIENT, "order-sign").await;
    let mut referring = whole.clone();
    let draft = &mut referring["context"]["draftOrders"]["entry"][0]["resource"];
    let code = draft
        .as_object_mut()
        .unwrap()
        .remove("medicationCodeableConcept")
        .unwrap();
    draft["medicationReference"] = json!({ "reference": "Medication/m" });
    let medication = json!({ "resourceType": "Medication", "id": "m", "code": code });
    let upstream = Upstream::start(1000, move |target| {
        if target == "Medication/m" {
            Deed::Say(medication.clone())
        } else {
            Deed::Answer
        }
    })
    .await;
    let service = Setting::for_server(&upstream).service();
    let coded = ask(&service, "order-sign", &whole).await;
    let fetched = ask(
        &service,
        "order-sign",
        &without(&referring, &[], &upstream.base),
    )
    .await;
    let alone = ask(&service, "order-sign", &referring).await;
    assert_eq!(titles(&fetched), titles(&coded));
    assert_ne!(titles(&alone), titles(&coded), "the reference decides");
    assert_eq!(upstream.asked(), ["Medication/m"]);
}

/// PERF-04, AUTHZ-12: when time is up, the answer holds what has come by then, and what still runs ends.
#[tokio::test]
async fn what_has_come_when_time_is_up_is_kept() {
    for deed in [Deed::Hang, Deed::Drip] {
        // The first page of every search comes; the second of each never does.
        let second = deed.clone();
        let upstream = Upstream::start(1, move |target| {
            if target.contains("_offset") {
                second.clone()
            } else {
                Deed::Answer
            }
        })
        .await;
        let whole = whole(PATIENT, "patient-view").await;
        let mut sent = whole.clone();
        let mut more = 0;
        for (_, page) in sent["prefetch"].as_object_mut().unwrap() {
            if let Some(entries) = page["entry"].as_array_mut().filter(|list| list.len() > 1) {
                entries.truncate(1);
                page["link"] =
                    json!([{ "relation": "next", "url": "https://fhir.example/?page=2" }]);
                more += 1;
            }
        }
        assert!(more >= 2);
        let told = Arc::new(Notify::new());
        let mut setting = Setting::for_server(&upstream);
        setting.patience = Patience::UntilTold(told.clone());
        let service = setting.service();
        let expected = ask(&service, "patient-view", &sent).await;
        let request = bare(&whole, &upstream.base);
        let (answer, ()) = tokio::join!(ask(&service, "patient-view", &request), async {
            upstream.hangs(more).await;
            told.notify_one();
        });
        assert_eq!(answer.status, StatusCode::OK, "{deed:?}: {}", answer.text);
        assert_eq!(titles(&answer), titles(&expected), "{deed:?}");
        // Nothing runs on after the answer.
        upstream.is_left().await;
    }
}

/// The deadline by the clock: one search that never ends does not hold the others' answer.
#[tokio::test]
async fn the_deadline_ends_a_call() {
    for (resource_type, key) in [("Immunization", None), ("Condition", Some("conditions"))] {
        let upstream = Upstream::start(1000, move |target| {
            if target.starts_with(resource_type) {
                Deed::Hang
            } else {
                Deed::Answer
            }
        })
        .await;
        let mut setting = Setting::for_server(&upstream);
        setting.patience = Patience::For(Duration::from_secs(2));
        let service = setting.service();
        let request = bare(&whole(PATIENT, "patient-view").await, &upstream.base);
        let answer = ask(&service, "patient-view", &request).await;
        match key {
            None => assert_eq!(answer.status, StatusCode::OK, "{}", answer.text),
            Some(key) => {
                let refusals = refusals(&answer);
                let (place, code, text) = &refusals[0];
                assert_eq!((refusals.len(), code.as_str()), (1, "timeout"));
                assert_eq!(*place, format!("prefetch.{key}"));
                assert!(text.contains("did not answer before the deadline"));
            }
        }
        upstream.is_left().await;
    }
}

/// PF-10…PF-12, AMB-06: what was not sent and cannot be asked for, since no fhirServer is named; null and an empty Bundle are answers.
#[tokio::test]
async fn required_data() {
    let upstream = Upstream::healthy().await;
    let refusing = Setting::for_server(&upstream).service();
    let whole = whole(PATIENT, "patient-view").await;
    let error = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error" }] });
    let found_error = json!({
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{ "resource": error, "search": { "mode": "outcome" } }],
    });
    let empty = json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 });
    for key in whole["prefetch"].as_object().unwrap().keys() {
        let required = ["patient", "observations", "conditions"].contains(&key.as_str());
        for (value, is_answer) in [
            (None, false),
            (Some(&error), false),
            (Some(&found_error), false),
            (Some(&json!("x")), false),
            (Some(&json!({ "resourceType": "Goal" })), false),
            (Some(&Value::Null), true),
            (Some(&empty), true),
        ] {
            let mut request = without(&whole, &[key], "");
            if let Some(value) = value {
                request["prefetch"][key] = value.clone();
            }
            let answer = ask(&refusing, "patient-view", &request).await;
            if required && !is_answer {
                let refusals = refusals(&answer);
                assert_eq!(refusals.len(), 1);
                assert_eq!(refusals[0].0, format!("prefetch.{key}"));
                let code = if value.is_none() {
                    "required"
                } else {
                    "incomplete"
                };
                assert_eq!(refusals[0].1, code, "{key}");
            } else {
                assert_eq!(answer.status, StatusCode::OK, "{key} {value:?}");
            }
        }
    }
}

/// Nothing to say, could not check, and a bug are told apart: without required data there is never
/// silence, with either way of saying so.
#[tokio::test]
async fn what_could_not_be_checked_is_never_silence() {
    let upstream = Upstream::start(1000, |_| Deed::Status(503)).await;
    let (mut carded, mut refused) = (0, 0);
    for refuses in [true, false] {
        let mut setting = Setting::for_server(&upstream);
        setting.refuses = refuses;
        let service = setting.service();
        for patient in patients() {
            for hook in HOOKS {
                let whole = whole(&patient, hook).await;
                for keys in [
                    &["patient"][..],
                    &["observations"],
                    &["conditions"],
                    &["patient", "observations", "conditions"],
                ] {
                    for server in [upstream.base.as_str(), ""] {
                        let request = without(&whole, keys, server);
                        let answer = ask(&service, hook, &request).await;
                        if answer.status == StatusCode::OK {
                            assert!(!refuses);
                            assert!(!titles(&answer).is_empty(), "{patient} {hook} {keys:?}");
                            carded += 1;
                        } else {
                            // One story is about Conditions that the client could not have either.
                            assert!(refusals(&answer).len() >= keys.len());
                            refused += 1;
                        }
                    }
                }
            }
        }
    }
    println!("{carded} answered with cards, {refused} refused");
    assert!(carded > 100 && refused > 100, "{carded} {refused}");
}
