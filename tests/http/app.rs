//! The SMART app without a browser: sessions of every size, the banner, the statement that is written back.
//!
//! `tests/browser/smart.test.mjs` has the rest of the launch, in Chromium.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use sid_cds::config::AppKey;

use super::{
    ehr::{APP, Behaviour, Browser, Create, Ehr, banner, field, title},
    harness::{demonstration, get},
};

const SECRET: &str = "a secret of more than 32 characters";

#[tokio::test]
async fn a_token_of_any_usual_size_opens_the_chart() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for size in [1_000, 2_800, 3_000, 6_000, 8_000, 12_288] {
        ehr.set(|behaviour| behaviour.token = "t".repeat(size));
        let mut browser = Browser::default();
        let page = browser.open(&service, &ehr).await;
        assert!(page.text.contains("<svg"), "{size}");
        assert!(!page.text.contains("tttt"), "{size}");
        let all: usize = browser
            .cookies
            .iter()
            .map(|(name, value)| name.len() + value.len() + 3)
            .sum();
        assert!(all < 24_576, "{size}: {all}");
        // The clinician's own access is what the chart was read with.
        let again = browser.get(&service, "/app?lang=da").await;
        assert_eq!(again.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_larger_token_gets_a_page_that_says_so() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for size in [12_289, 100_000] {
        ehr.set(|behaviour| behaviour.token = "t".repeat(size));
        let mut browser = Browser::default();
        let page = browser.launch(&service, &ehr).await;
        assert_eq!(page.status, StatusCode::BAD_GATEWAY);
        assert!(page.text.contains("larger than the 12 kB"), "{}", page.text);
        assert!(browser.cookies.is_empty());
        assert_eq!(
            browser.get(&service, "/app").await.status,
            StatusCode::UNAUTHORIZED
        );
    }
}

#[tokio::test]
async fn instances_with_one_key_share_their_sessions() {
    let ehr = Ehr::start(Behaviour::default()).await;
    ehr.set(|behaviour| behaviour.token = "t".repeat(8_000));
    let keyed = || {
        ehr.service_with(|config| config.app_key = AppKey::new(SECRET))
            .0
    };
    let (here, there, alone) = (keyed(), keyed(), ehr.service().0);
    let mut browser = Browser::default();
    // Launched at one, answered at another.
    let back = browser.begin(&here, &ehr).await;
    assert_eq!(browser.get(&there, &back).await.header("location"), "/app");
    for instance in [&here, &there] {
        assert_eq!(browser.get(instance, "/app").await.status, StatusCode::OK);
    }
    assert_eq!(
        browser.get(&alone, "/app").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_banner_says_whose_chart_it_is_unless_the_ehr_does() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for (besides, shown) in [
        (json!({}), true),
        (json!({ "need_patient_banner": true }), true),
        (json!({ "need_patient_banner": null }), true),
        (json!({ "need_patient_banner": false }), false),
        (json!({ "need_patient_banner": "false" }), false),
    ] {
        let mut besides = besides;
        besides["patient"] = json!("p05");
        ehr.set(|behaviour| behaviour.besides = besides.clone());
        let page = Browser::default().open(&service, &ehr).await;
        let line = banner(&page.text);
        let who = "Else Prøvesen CPR 290251-4052 born 2 September 1951 (74 years) ";
        assert_eq!(
            line,
            format!("{}Patient/p05", if shown { who } else { "" }),
            "{besides}"
        );
    }
}

#[tokio::test]
async fn a_banner_of_any_patient_stays_text() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    let patient = |members: Value| {
        let mut patient = json!({ "resourceType": "Patient", "id": "p17" });
        patient
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        patient
    };
    let hostile = "<script>alert(1)</script>";
    for (resource, said) in [
        (patient(json!({})), "Name not recorded Patient/p17"),
        (
            patient(json!({ "name": [{ "text": hostile }], "identifier": [{ "value": hostile }] })),
            "&#60;script&#62;alert(1)&#60;/script&#62; Patient id &#60;script&#62;alert(1)&#60;/script&#62; Patient/p17",
        ),
        (
            patient(json!({ "birthDate": "1951-09-02", "deceasedDateTime": "2026-01-03" })),
            "Name not recorded born 2 September 1951 died 3 January 2026 Patient/p17",
        ),
        // Another patient than was asked for is nobody's banner.
        (
            json!({ "resourceType": "Patient", "id": "p18", "name": [{ "text": "Another" }] }),
            "Name not recorded Patient/p17",
        ),
    ] {
        ehr.set(|behaviour| behaviour.patient = Some(resource.clone()));
        let page = Browser::default().open(&service, &ehr).await;
        let line = banner(&page.text);
        let line: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(line.join(" "), said, "{resource}");
        assert!(!page.text.contains(hostile));
    }
}

#[tokio::test]
async fn the_page_shows_the_card_from_which_it_was_opened() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    ehr.set(|behaviour| behaviour.besides = json!({ "patient": "p05" }));
    let page = Browser::default().open(&service, &ehr).await;
    let opened = "The app was opened from this card.";
    assert!(!page.text.contains(opened));
    let (_, code) = page.text.split_once("<article class=\"card").unwrap();
    let (_, code) = code.split_once("<span class=\"code\">").unwrap();
    let context = json!({ "card": code.split('<').next().unwrap(), "uuid": "x" }).to_string();
    for (context, count) in [
        (json!(context), 1),
        (json!("{"), 0),
        (json!({ "card": 7 }), 0),
    ] {
        ehr.set(|behaviour| behaviour.besides = json!({ "patient": "p05", "appContext": context }));
        let page = Browser::default().open(&service, &ehr).await;
        assert_eq!(page.text.matches(opened).count(), count, "{context}");
    }
}

#[tokio::test]
async fn what_comes_of_a_statement_is_said() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for (answer, said) in [
        (Create::Whole(201), "Stored in the record"),
        (Create::Whole(200), "Stored in the record"),
        // FHIR allows an answer without a body: it is stored all the same.
        (Create::Bare(201), "Stored in the record"),
        (
            Create::Whole(403),
            "Not stored: copy the text to the record",
        ),
        (
            Create::Whole(422),
            "Not stored: copy the text to the record",
        ),
        (Create::Bare(401), "Not stored: copy the text to the record"),
        (Create::Bare(503), "It is not known whether it was stored"),
        // The chart that is read afterwards holds it.
        (Create::KeptWithFault, "Stored in the record"),
    ] {
        ehr.set(|behaviour| behaviour.create = answer);
        ehr.inner.created.lock().unwrap().clear();
        let mut browser = Browser::default();
        let page = browser.open(&service, &ehr).await;
        let written = browser.state(&service, &page, false).await;
        assert_eq!(written.status, StatusCode::OK);
        assert_eq!(title(&written.text), said, "{answer:?}");
        let stored = said.starts_with("Stored");
        assert_eq!(ehr.created().len(), usize::from(stored), "{answer:?}");
        assert_eq!(written.text.contains("<pre"), !stored, "{answer:?}");
        assert_eq!(
            written.text.contains("Start criteria not met"),
            stored,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_statement_is_created_only_where_the_scopes_allow_it() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for (scope, stored) in [
        (json!("launch patient/*.rs"), false),
        (json!(""), false),
        (json!("patient/Observation.write"), true),
        // What was asked for was granted (RFC 6749 §5.1).
        (Value::Null, true),
    ] {
        ehr.set(|behaviour| behaviour.scope = scope.clone());
        ehr.inner.created.lock().unwrap().clear();
        let mut browser = Browser::default();
        let page = browser.open(&service, &ehr).await;
        let written = browser.state(&service, &page, true).await;
        assert_eq!(ehr.created().len(), usize::from(stored), "{scope}");
        assert_eq!(
            written.text.contains("does not let the app store"),
            !stored,
            "{scope}"
        );
    }
}

#[tokio::test]
async fn a_double_click_creates_once() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    let mut browser = Browser::default();
    let page = browser.open(&service, &ehr).await;
    let mut twin = Browser {
        cookies: browser.cookies.clone(),
    };
    let (one, other) = tokio::join!(
        browser.state(&service, &page, false),
        twin.state(&service, &page, false)
    );
    for written in [&one, &other] {
        assert_eq!(title(&written.text), "Stored in the record");
    }
    // A reload of the answer sends the form again.
    let again = browser.state(&service, &page, false).await;
    assert_eq!(title(&again.text), "Stored in the record");
    let created = ehr.created();
    assert_eq!(created.len(), 1);
    let (headers, statement) = &created[0];
    let identifier = &statement["identifier"][0];
    let value = identifier["value"].as_str().unwrap();
    assert_eq!(identifier["system"], "urn:ietf:rfc:3986");
    assert!(value.starts_with("urn:uuid:"));
    // A server that heeds it creates nothing twice, whichever instance asks.
    let condition = format!("identifier=urn:ietf:rfc:3986|{value}");
    assert_eq!(headers["if-none-exist"], condition);
    // Another answer of the same page, and the same answer of a new page, are statements of their own.
    browser.state(&service, &page, true).await;
    browser.state(&service, &one, false).await;
    let values: Vec<Value> = ehr
        .created()
        .iter()
        .map(|(_, s)| s["valueBoolean"].clone())
        .collect();
    assert_eq!(values, [json!(false), json!(true), json!(false)]);
}

#[tokio::test]
async fn a_form_that_does_not_fit_stores_nothing() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    let mut browser = Browser::default();
    let page = browser.open(&service, &ehr).await;
    let fields =
        ["lang", "form", "entry", "from", "to"].map(|name| (name, field(&page.text, name)));
    for (changed, to) in [
        ("form", "another"),
        ("from", "2026-03-17"),
        ("to", "2026-03-17"),
        ("to", "2020-01-01"),
        ("to", "x"),
        ("present", "perhaps"),
    ] {
        let mut form: Map<String, Value> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        form.insert("present".to_owned(), json!("true"));
        form.insert(changed.to_owned(), json!(to));
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &form {
            body.append_pair(name, value.as_str().unwrap());
        }
        let answer = browser
            .send(&service, "POST", "/app/history", body.finish())
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{changed}={to}");
    }
    assert!(ehr.created().is_empty());
}

#[tokio::test]
async fn cards_link_to_the_app_only_where_it_can_be_opened() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let request = get(&demonstration(), "/demo/requests/p05/patient-view")
        .await
        .json();
    for (service, linked) in [
        (ehr.service().0, true),
        (ehr.service_with(|config| config.app_url = None).0, false),
        (
            ehr.service_with(|config| config.clients[0].smart = None).0,
            false,
        ),
    ] {
        let answer =
            super::harness::post(&service, "/cds-services/sid-patient-view", &request).await;
        let answer = answer.json();
        let cards = answer["cards"].as_array().unwrap();
        assert!(!cards.is_empty());
        for card in cards {
            assert_eq!(card.get("links").is_some(), linked);
            if linked {
                assert_eq!(card["links"][0]["url"], format!("{APP}/launch"));
            }
        }
    }
}
