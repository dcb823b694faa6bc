//! The addresses of clients' keys: slow, down, lying, back again, and asked no more than needed.

use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};

use super::{
    tokens::{Does, ES384, NOW, RS384, Signer, Source, claims, key_set},
    trust_harness::{SERVICE, send_token, service_with},
};

/// The source of keys slow, down, lying and back again: nobody is let in by it who should not be,
/// and nobody kept out whose key is known.
#[tokio::test(start_paused = true)]
async fn a_source_of_keys_that_fails() {
    let trap = Source::start(Does::answers(&key_set().to_string())).await;
    let moved = format!(
        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        trap.url("/keys")
    );
    let mut half = Does::answers(&key_set().to_string());
    if let Does::Sends(bytes) = &mut half {
        bytes.truncate(400);
    }
    let mut private = ES384.jwk();
    private["d"] = json!("x");
    let mut encrypts = ES384.jwk();
    encrypts["use"] = json!("enc");
    let mut other_curve = ES384.jwk();
    other_curve["crv"] = json!("P-256");
    let mut other_algorithm = ES384.jwk();
    other_algorithm["alg"] = json!("HS384");
    let secret = json!({ "kty": "oct", "kid": "key-1", "k": "AAAA" });
    let one = |key: Value| Does::answers(&json!({ "keys": [key] }).to_string());
    let rows = [
        ("hangs", Does::Hangs),
        ("closes", Does::Closes),
        (
            "500",
            Does::status("500 Internal Server Error", "text/html", "<html>"),
        ),
        ("HTML", Does::status("200 OK", "text/html", "<html></html>")),
        ("redirect", Does::Sends(moved.into_bytes())),
        ("half", half),
        ("more than a set has", Does::answers(&" ".repeat(100_000))),
        ("no keys", Does::answers(r#"{"keys":[]}"#)),
        ("no set", Does::answers("{}")),
        ("a list", Does::answers("[]")),
        ("keys of another kind", one(secret)),
        ("a private key", one(private)),
        ("a key to encrypt with", one(encrypts)),
        ("a key of another curve", one(other_curve)),
        ("a key of a symmetric algorithm", one(other_algorithm)),
    ];
    for (what, does) in rows {
        let source = Source::start(does.clone()).await;
        let (now, service) = service_with(&source, &[]).await;
        let at = |now: &AtomicI64| {
            let mut claims = claims(SERVICE);
            let now = now.load(Ordering::Relaxed);
            claims["iat"] = json!(now);
            claims["exp"] = json!(now + 300);
            ES384.sign(&claims)
        };
        let sent = send_token(&service, SERVICE, &at(&now)).await;
        assert_eq!(sent.cause, Some("no-keys"), "{what}");
        assert_eq!(source.asked(), 1, "{what}: asked again within the minute");
        // It comes back; after a minute it is asked.
        source.does(Does::answers(&key_set().to_string()));
        now.fetch_add(60, Ordering::Relaxed);
        let sent = send_token(&service, SERVICE, &at(&now)).await;
        assert_eq!(sent.cause, None, "{what}");
        assert_eq!(source.asked(), 2, "{what}");
        // It fails again, long enough for its set to be old: what is known stays.
        source.does(does);
        for _ in 0..3 {
            now.fetch_add(601, Ordering::Relaxed);
            let sent = send_token(&service, SERVICE, &at(&now)).await;
            assert_eq!(sent.cause, None, "{what}");
        }
    }
    assert_eq!(trap.asked(), 0, "a redirect was followed");
}

/// JWT-15: a new key is found when the source may be asked again, and a withdrawn one goes.
#[tokio::test]
async fn keys_rotate() {
    let source = Source::start(Does::answers(&json!({ "keys": [ES384.jwk()] }).to_string())).await;
    let (now, service) = service_with(&source, &[]).await;
    let token = |signer: &Signer| {
        let mut claims = claims(SERVICE);
        claims["exp"] = json!(NOW + 3600);
        signer.sign(&claims)
    };
    source.does(Does::answers(&json!({ "keys": [RS384.jwk()] }).to_string()));
    now.fetch_add(59, Ordering::Relaxed);
    let sent = send_token(&service, SERVICE, &token(&RS384)).await;
    assert_eq!(sent.cause, Some("key"));
    assert_eq!(source.asked(), 1);
    now.fetch_add(1, Ordering::Relaxed);
    assert_eq!(
        send_token(&service, SERVICE, &token(&RS384)).await.cause,
        None
    );
    assert_eq!(source.asked(), 2);
    let sent = send_token(&service, SERVICE, &token(&ES384)).await;
    assert_eq!(sent.cause, Some("key"), "withdrawn");
    // The clock is set back by an hour: the source is asked, not waited for.
    now.fetch_sub(40, Ordering::Relaxed);
    source.does(Does::answers(&json!({ "keys": [ES384.jwk()] }).to_string()));
    assert_eq!(
        send_token(&service, SERVICE, &token(&ES384)).await.cause,
        None
    );
    assert_eq!(source.asked(), 3);
}

/// Many calls with a key that is not known ask the source once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_source_is_asked_by_one_call_at_a_time() {
    let source = Source::start(Does::answers(r#"{"keys":[]}"#)).await;
    let (now, service) = service_with(&source, &[]).await;
    source.does(Does::answers(&key_set().to_string()));
    now.fetch_add(60, Ordering::Relaxed);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let service = service.clone();
            let token = ES384.sign(&claims(SERVICE));
            tokio::spawn(async move { send_token(&service, SERVICE, &token).await.cause })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), None);
    }
    assert_eq!(source.asked(), 2);
}
