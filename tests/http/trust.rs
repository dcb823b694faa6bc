//! Client trust: who is let in, and that a page can tell that it was not (JWT-01…JWT-17).

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{body::Body, http::StatusCode};
use serde_json::json;
use sid_cds::{
    config::{Client, ClientTrust, Config},
    server::{State, clock::Clock, router},
};

use super::{
    harness::{ORIGIN, call},
    tokens::{ADDRESS, Does, ED, ES256, ES384, ISSUER, NOW, RS384, STRANGER, Source, claims},
    trust_harness::{
        DISCOVERY, SERVICE, but, client, keys_at_source, send, send_token, service_for,
        service_with, with_header,
    },
};

/// JWT-12, JWT-06, JWT-07: what is let in.
#[tokio::test]
async fn good_tokens() {
    let source = keys_at_source().await;
    let all = json!(["ES384", "RS384", "ES256", "EdDSA"]);
    let (_, service) = service_with(&source, &[("algorithms", all)]).await;
    let url = format!("{ADDRESS}{SERVICE}");
    for (what, token) in [
        ("ES384", ES384.sign(&claims(SERVICE))),
        ("RS384", RS384.sign(&claims(SERVICE))),
        ("ES256, configured", ES256.sign(&claims(SERVICE))),
        ("EdDSA, configured", ED.sign(&claims(SERVICE))),
        ("aud as a list", ES384.sign(&but("aud", json!([url])))),
        (
            "aud with others",
            ES384.sign(&but("aud", json!(["https://other.example", url]))),
        ),
        (
            "aud with a slash",
            ES384.sign(&but("aud", json!(format!("{url}/")))),
        ),
        (
            "aud of the other address",
            ES384.sign(&but(
                "aud",
                json!(format!("https://cds.elsewhere.example{SERVICE}")),
            )),
        ),
        (
            "its own jku",
            with_header(&ES384, "jku", json!(source.url("/keys"))),
        ),
        (
            "typ in small letters",
            with_header(&ES384, "typ", json!("jwt")),
        ),
        (
            "a further claim",
            ES384.sign(&but("sub", json!("anything"))),
        ),
        ("a tenant", ES384.sign(&but("tenant", json!("hospital-1")))),
        ("nbf", ES384.sign(&but("nbf", json!(NOW - 1)))),
        ("fractions", ES384.sign(&but("iat", json!(1_773_662_399.5)))),
        (
            "iat a little ahead",
            ES384.sign(&but("iat", json!(NOW + 59))),
        ),
        ("exp a little ago", {
            let mut claims = but("iat", json!(NOW - 300));
            claims["exp"] = json!(NOW - 59);
            ES384.sign(&claims)
        }),
    ] {
        let sent = send_token(&service, SERVICE, &token).await;
        assert_eq!(sent.status, StatusCode::OK, "{what}: {:?}", sent.cause);
    }
    let token = ES384.sign(&claims(SERVICE));
    let headers = [("authorization", format!("bearer  {token}"))];
    let sent = send(&service, "POST", SERVICE, &headers).await;
    assert_eq!(sent.status, StatusCode::OK, "scheme in small letters");
    let token = ES384.sign(&claims(DISCOVERY));
    assert_eq!(
        send_token(&service, DISCOVERY, &token).await.status,
        StatusCode::OK
    );
    assert_eq!(source.asked(), 1);
}

/// The worked example of the CDS Hooks specification: token and key set as printed there, in 2014.
#[tokio::test]
async fn the_example_of_the_specification() {
    let keys = json!({ "keys": [{
        "kty": "EC",
        "use": "sig",
        "crv": "P-384",
        "kid": "example-kid",
        "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
        "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
        "alg": "ES384",
    }]});
    let token = "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9\
                 maGlyLWVoci5leGFtcGxlLmNvbS9qd2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbG\
                 UuY29tLyIsImF1ZCI6Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1zZXJ2aWNlcy9zb21lLXNlcnZpY2\
                 UiLCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00NjExLW\
                 JhNWItOGVlYzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMTFhZDMwMm\
                 EyIn0.d1WfLjGRKlcWB94l9do4cM8REXeYJLL6SGUBO8VHZhfM8mwKYP70EMxJ67War4TQblEpaQrp11wx5p\
                 7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-i4awdoUwiEb";
    let file = std::env::temp_dir().join(format!("sid-cds-{}-spec.json", std::process::id()));
    fs::write(&file, keys.to_string()).unwrap();
    let mut config = Config::load(None).unwrap();
    config.public_urls = vec!["https://cds.example.org".to_owned()];
    config.clients = vec![client(&json!({
        "issuer": "https://fhir-ehr.example.com/",
        "jwks-file": file,
        "tenants": ["2ddd6c3a-8e9a-44c6-a305-52111ad302a2"],
        "token-life-seconds": 120_000_000,
    }))];
    let end_of_2014 = 1_419_984_000;
    let now = Arc::new(AtomicI64::new(end_of_2014));
    let service = router(State::new(config, Clock::Set(Arc::clone(&now))).unwrap());
    fs::remove_file(&file).unwrap();
    // Let in, and there is no service of this name.
    let path = "/cds-services/some-service";
    let sent = send_token(&service, path, token).await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND, "{:?}", sent.cause);
    now.store(NOW, Ordering::Relaxed);
    let sent = send_token(&service, path, token).await;
    assert_eq!(sent.cause, Some("expired"));
}

/// CORS-02, ST-06: a page can read that it was refused, and a preflight needs no token.
#[tokio::test]
async fn pages_are_told() {
    let source = keys_at_source().await;
    let (_, service) = service_with(&source, &[]).await;
    let preflight = [
        ("origin", ORIGIN),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "authorization,content-type",
        ),
    ];
    let answer = call(&service, "OPTIONS", SERVICE, &preflight, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = call(&service, "POST", SERVICE, &[("origin", ORIGIN)], "{}").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(answer.json()["issue"][0]["code"], "login");
    answer.faults();
    let answer = call(&service, "DELETE", SERVICE, &[], Body::empty()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    for path in ["/health/live", "/health/ready"] {
        let answer = call(&service, "GET", path, &[], Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

/// JWT-17: a client whose tokens are used more than once.
#[tokio::test]
async fn a_client_may_send_a_token_again() {
    let source = keys_at_source().await;
    let (now, service) = service_with(&source, &[("replay", json!("allow"))]).await;
    let token = ES384.sign(&claims(SERVICE));
    for _ in 0..3 {
        assert_eq!(
            send_token(&service, SERVICE, &token).await.status,
            StatusCode::OK
        );
    }
    now.fetch_add(360, Ordering::Relaxed);
    let sent = send_token(&service, SERVICE, &token).await;
    assert_eq!(sent.cause, Some("expired"));
}

/// Of many that send the same token at once, one is let in; several times, since it is a race.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_is_used_once_by_many_at_once() {
    let source = keys_at_source().await;
    let (_, service) = service_with(&source, &[]).await;
    for _ in 0..50 {
        let token = ES384.sign(&claims(DISCOVERY));
        let calls: Vec<_> = (0..8)
            .map(|_| {
                let (service, token) = (service.clone(), token.clone());
                tokio::spawn(async move { send_token(&service, DISCOVERY, &token).await.status })
            })
            .collect();
        let mut let_in = 0;
        for call in calls {
            if call.await.unwrap() == StatusCode::OK {
                let_in += 1;
            }
        }
        assert_eq!(let_in, 1);
    }
}

/// AMB-18: a client that cannot send the address it calls.
#[tokio::test]
async fn further_audiences() {
    let source = keys_at_source().await;
    let further = json!(["https://constant.example"]);
    let (_, service) = service_with(&source, &[("audiences", further)]).await;
    let token = ES384.sign(&but("aud", json!("https://constant.example")));
    assert_eq!(
        send_token(&service, SERVICE, &token).await.status,
        StatusCode::OK
    );
}

/// Each client is checked with its own keys and algorithms.
#[tokio::test]
async fn clients_do_not_speak_for_each_other() {
    let first = Source::start(Does::answers(&json!({ "keys": [ES384.jwk()] }).to_string())).await;
    let second = Source::start(Does::answers(
        &json!({ "keys": [STRANGER.jwk()] }).to_string(),
    ))
    .await;
    let mut other = client(&json!({
        "issuer": "https://other.example", "jwks-url": second.url("/keys"),
    }));
    "other".clone_into(&mut other.name);
    let ehr = client(&json!({ "issuer": ISSUER, "jwks-url": first.url("/keys") }));
    let (_, service) = service_for(vec![ehr, other]).await;
    for (issuer, signer, cause) in [
        (ISSUER, &ES384, None),
        (ISSUER, &STRANGER, Some("signature")),
        ("https://other.example", &STRANGER, None),
        ("https://other.example", &ES384, Some("signature")),
    ] {
        let token = signer.sign(&but("iss", json!(issuer)));
        assert_eq!(
            send_token(&service, SERVICE, &token).await.cause,
            cause,
            "{issuer}"
        );
    }
}

/// SEC-03: the certificate that a proxy has checked, alone and together with a token.
#[tokio::test]
async fn certificates_by_a_proxy() {
    let subject = |value: &str| ("x-client-subject", value.to_owned());
    let mut ehr: Client =
        serde_json::from_value(json!({ "name": "ehr", "certificate": "CN=ehr" })).unwrap();
    let mut config = Config::load(None).unwrap();
    config.client_trust = ClientTrust::Certificate;
    config.proxy_certificate_header = Some("x-client-subject".parse().unwrap());
    config.clients = vec![ehr.clone()];
    let service = router(State::new(config, Clock::Set(Arc::new(AtomicI64::new(NOW)))).unwrap());
    for (what, headers, status) in [
        ("it", vec![subject("CN=ehr")], StatusCode::OK),
        ("none", vec![], StatusCode::UNAUTHORIZED),
        (
            "another",
            vec![subject("CN=evil")],
            StatusCode::UNAUTHORIZED,
        ),
        (
            "more",
            vec![subject("CN=ehr,O=x")],
            StatusCode::UNAUTHORIZED,
        ),
        (
            "two",
            vec![subject("CN=ehr"), subject("CN=ehr")],
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        let sent = send(&service, "GET", DISCOVERY, &headers).await;
        assert_eq!(sent.status, status, "{what}");
        let cause = (status != StatusCode::OK).then_some("certificate");
        assert_eq!(sent.cause, cause, "{what}");
    }

    let source = keys_at_source().await;
    let with_token = client(&json!({ "issuer": ISSUER, "jwks-url": source.url("/keys") }));
    ehr.jwt = with_token.jwt;
    ehr.private_network_hosts = with_token.private_network_hosts;
    let mut config = Config::load(None).unwrap();
    config.proxy_certificate_header = Some("x-client-subject".parse().unwrap());
    config.public_urls = vec![ADDRESS.to_owned()];
    config.clients = vec![ehr];
    let service = router(State::new(config, Clock::Set(Arc::new(AtomicI64::new(NOW)))).unwrap());
    let bearer = || {
        let token = ES384.sign(&claims(DISCOVERY));
        ("authorization", format!("Bearer {token}"))
    };
    for (what, headers, cause) in [
        ("both", vec![bearer(), subject("CN=ehr")], None),
        ("the token only", vec![bearer()], Some("certificate")),
        (
            "another's",
            vec![bearer(), subject("CN=evil")],
            Some("certificate"),
        ),
        (
            "the certificate only",
            vec![subject("CN=ehr")],
            Some("no-token"),
        ),
    ] {
        let sent = send(&service, "GET", DISCOVERY, &headers).await;
        assert_eq!(sent.cause, cause, "{what}");
    }
}
