//! Tokens and requests that must not be let in: a table.

use axum::http::StatusCode;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::{
    tokens::{
        ADDRESS, Does, ED, ES256, ES384, ISSUER, NOW, RS384, STRANGER, Source, claims, message,
        sign_with_secret,
    },
    trust_harness::{DISCOVERY, SERVICE, keys_at_source, send, send_token, service_with},
};

/// What it is, the cause, the method, the path, the headers.
type BadRequest<'a> = (&'a str, &'a str, &'a str, &'a str, Vec<(&'a str, String)>);

/// JWT-01, JWT-02, JWT-03, JWT-04, JWT-05, JWT-06, JWT-07, JWT-08, JWT-10, JWT-11, JWT-13, JWT-14,
/// JWT-16, DISC-21, SEC-04, ST-06: every way in that must be shut: the same bare 401 for each, the cause as a code beside it, and
/// nobody asked.
#[tokio::test]
async fn bad_tokens() {
    let source = keys_at_source().await;
    let trap = Source::start(Does::answers(
        &json!({ "keys": [STRANGER.jwk()] }).to_string(),
    ))
    .await;
    let (_, service) = service_with(&source, &[("tenants", json!(["hospital-1"]))]).await;
    let asked = source.asked();
    assert_eq!(asked, 1);
    let good = |path: &str| {
        let mut claims = claims(path);
        claims["tenant"] = json!("hospital-1");
        claims
    };
    let claims = || good(SERVICE);
    let but = |name: &str, value: Value| {
        let mut claims = claims();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        ES384.sign(&claims)
    };
    let with_header = |name: &str, value: Value| {
        let mut header = ES384.header();
        if value.is_null() {
            header.as_object_mut().unwrap().remove(name);
        } else {
            header[name] = value;
        }
        ES384.sign_text(&header.to_string(), &claims().to_string())
    };
    // As an attacker would: a key of its own, and a header that points to it.
    let strange = |name: &str, value: Value| {
        let mut header = STRANGER.header();
        header[name] = value;
        STRANGER.sign_text(&header.to_string(), &claims().to_string())
    };
    let text = |header: &str, claims: &str| ES384.sign_text(header, claims);
    let header = ES384.header().to_string();
    let token = ES384.sign(&claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let public_key = ES384.jwk().to_string();
    let unsecured = |algorithm: &str, signature: &str| {
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "key-1" }).to_string();
        format!("{}.{signature}", message(&header, &claims().to_string()))
    };
    let other_claims = message(&header, &{
        let mut claims = claims();
        claims["jti"] = json!("another");
        claims.to_string()
    });
    let doubled = |claims: Value, member: &str| {
        let claims = claims.to_string();
        text(
            &header,
            &format!("{},{member}}}", claims.trim_end_matches('}')),
        )
    };
    let (slash_aud, near) = (
        format!("{ADDRESS}{SERVICE}//"),
        format!("{ADDRESS}{SERVICE}2"),
    );
    let plain = format!("http://cds.example{SERVICE}");
    let rows: Vec<(&str, &str, String)> = vec![
        // The algorithm.
        ("alg none", "algorithm", unsecured("none", "")),
        ("alg None", "algorithm", unsecured("None", "")),
        (
            "alg NONE with a signature",
            "algorithm",
            unsecured("NONE", signature),
        ),
        ("alg empty", "algorithm", with_header("alg", json!(""))),
        ("alg is a number", "algorithm", with_header("alg", json!(1))),
        ("no alg", "header", with_header("alg", json!(null))),
        ("alg es384", "algorithm", with_header("alg", json!("es384"))),
        ("alg ES512", "algorithm", with_header("alg", json!("ES512"))),
        (
            "HS256, the public key as secret",
            "algorithm",
            sign_with_secret(Algorithm::HS256, public_key.as_bytes(), &claims()),
        ),
        (
            "HS384, the public key as secret",
            "algorithm",
            sign_with_secret(Algorithm::HS384, public_key.as_bytes(), &claims()),
        ),
        (
            "HS512, an empty secret",
            "algorithm",
            sign_with_secret(Algorithm::HS512, b"", &claims()),
        ),
        ("ES256, not configured", "algorithm", ES256.sign(&claims())),
        ("EdDSA, not configured", "algorithm", ED.sign(&claims())),
        (
            "RS384 with the kid of an EC key",
            "key-use",
            RS384.sign_text(
                &json!({"alg": "RS384", "typ": "JWT", "kid": "key-1"}).to_string(),
                &claims().to_string(),
            ),
        ),
        (
            "ES384 with the kid of an RSA key",
            "key-use",
            with_header("kid", json!("key-2")),
        ),
        // The key.
        ("no kid", "header", with_header("kid", json!(null))),
        ("kid empty", "header", with_header("kid", json!(""))),
        (
            "kid is a list",
            "header",
            with_header("kid", json!(["key-1"])),
        ),
        ("kid unknown", "key", with_header("kid", json!("key-9"))),
        (
            "kid in other letters",
            "key",
            with_header("kid", json!("KEY-1")),
        ),
        (
            "kid a path",
            "key",
            with_header("kid", json!("../../../../etc/passwd")),
        ),
        (
            "kid a device",
            "key",
            with_header("kid", json!("/dev/null")),
        ),
        (
            "kid SQL",
            "key",
            with_header("kid", json!("x' UNION SELECT 'a")),
        ),
        (
            "kid with a null byte",
            "key",
            with_header("kid", json!("key-1\0")),
        ),
        (
            "kid of 1000 letters",
            "header",
            with_header("kid", json!("k".repeat(1000))),
        ),
        (
            "the key in the header",
            "signature",
            strange("jwk", STRANGER.jwk()),
        ),
        (
            "a certificate in the header",
            "signature",
            strange("x5c", json!(["MIIB"])),
        ),
        (
            "x5u to loopback",
            "signature",
            strange("x5u", json!(trap.url("/x5u"))),
        ),
        // Where the key is.
        (
            "jku to loopback",
            "key-address",
            strange("jku", json!(trap.url("/keys"))),
        ),
        (
            "jku to the metadata address",
            "key-address",
            strange("jku", json!("http://169.254.169.254/latest/meta-data/")),
        ),
        (
            "jku to the metadata address, IPv6",
            "key-address",
            strange("jku", json!("http://[fd00:ec2::254]/latest/meta-data/")),
        ),
        (
            "jku to a private address",
            "key-address",
            strange("jku", json!("https://10.0.0.1/")),
        ),
        (
            "jku to a file",
            "key-address",
            strange("jku", json!("file:///etc/passwd")),
        ),
        (
            "jku that begins as the right one",
            "key-address",
            strange(
                "jku",
                json!(format!("{}@{}", source.url("/keys"), "127.0.0.1")),
            ),
        ),
        (
            "jku with a query",
            "key-address",
            strange("jku", json!(source.url("/keys?a=b"))),
        ),
        ("jku is a number", "header", strange("jku", json!(1))),
        // The rest of the header.
        ("no typ", "type", with_header("typ", json!(null))),
        ("typ JWE", "type", with_header("typ", json!("JWE"))),
        ("typ at+jwt", "type", with_header("typ", json!("at+jwt"))),
        ("crit", "critical", with_header("crit", json!(["exp"]))),
        ("b64", "critical", with_header("b64", json!(false))),
        ("zip", "critical", with_header("zip", json!("DEF"))),
        ("enc", "critical", with_header("enc", json!("A128GCM"))),
        (
            "alg twice",
            "duplicate",
            text(
                r#"{"alg":"none","typ":"JWT","kid":"key-1","alg":"ES384"}"#,
                &claims().to_string(),
            ),
        ),
        (
            "kid twice",
            "duplicate",
            text(
                r#"{"alg":"ES384","typ":"JWT","kid":"key-1","kid":"key-2"}"#,
                &claims().to_string(),
            ),
        ),
        (
            "kid twice, once escaped",
            "duplicate",
            text(
                r#"{"alg":"ES384","typ":"JWT","kid":"key-1","k\u0069d":"key-2"}"#,
                &claims().to_string(),
            ),
        ),
        (
            "header not JSON",
            "header",
            text("{", &claims().to_string()),
        ),
        ("header a list", "header", text("[]", &claims().to_string())),
        (
            "header nested deeply",
            "header",
            text(&"[".repeat(10_000), &claims().to_string()),
        ),
        // The claims.
        ("no iss", "claims", but("iss", json!(null))),
        (
            "iss unknown",
            "issuer",
            but("iss", json!("https://evil.example")),
        ),
        (
            "iss with a slash",
            "issuer",
            but("iss", json!("https://ehr.example/")),
        ),
        (
            "iss in capitals",
            "issuer",
            but("iss", json!("HTTPS://EHR.EXAMPLE")),
        ),
        ("iss empty", "issuer", but("iss", json!(""))),
        ("iss a list", "claims", but("iss", json!([ISSUER]))),
        ("no aud", "claims", but("aud", json!(null))),
        ("aud an empty list", "audience", but("aud", json!([]))),
        (
            "aud a list with a number",
            "claims",
            but("aud", json!([format!("{ADDRESS}{SERVICE}"), 1])),
        ),
        (
            "aud of discovery",
            "audience",
            but("aud", json!(format!("{ADDRESS}{DISCOVERY}"))),
        ),
        (
            "aud of another service",
            "audience",
            but(
                "aud",
                json!(format!("{ADDRESS}/cds-services/sid-order-sign")),
            ),
        ),
        ("aud of the host", "audience", but("aud", json!(ADDRESS))),
        (
            "aud of another host",
            "audience",
            but("aud", json!(format!("https://evil.example{SERVICE}"))),
        ),
        ("aud of the path", "audience", but("aud", json!(SERVICE))),
        ("aud without TLS", "audience", but("aud", json!(plain))),
        (
            "aud with two slashes",
            "audience",
            but("aud", json!(slash_aud)),
        ),
        (
            "aud that begins as the right one",
            "audience",
            but("aud", json!(near)),
        ),
        ("no exp", "claims", but("exp", json!(null))),
        ("exp passed", "expired", but("exp", json!(NOW - 60))),
        (
            "exp a text",
            "claims",
            but("exp", json!((NOW + 300).to_string())),
        ),
        ("exp negative", "expired", but("exp", json!(-1))),
        ("exp beyond every date", "claims", but("exp", json!(1e300))),
        (
            "exp the largest number",
            "lives-too-long",
            but("exp", json!(i64::MAX)),
        ),
        (
            "exp an hour and a second after iat",
            "lives-too-long",
            but("exp", json!(NOW + 3601)),
        ),
        ("exp before iat", "lives-too-long", {
            let mut claims = claims();
            claims["exp"] = json!(NOW + 10);
            claims["iat"] = json!(NOW + 20);
            ES384.sign(&claims)
        }),
        ("no iat", "claims", but("iat", json!(null))),
        ("iat ahead", "not-yet", but("iat", json!(NOW + 61))),
        ("iat is true", "claims", but("iat", json!(true))),
        ("nbf ahead", "not-yet", but("nbf", json!(NOW + 61))),
        ("nbf a text", "claims", but("nbf", json!("now"))),
        ("no jti", "claims", but("jti", json!(null))),
        ("jti empty", "claims", but("jti", json!(""))),
        ("jti a number", "claims", but("jti", json!(1))),
        (
            "jti of 1000 letters",
            "claims",
            but("jti", json!("j".repeat(1000))),
        ),
        ("no tenant", "tenant", but("tenant", json!(null))),
        (
            "another tenant",
            "tenant",
            but("tenant", json!("hospital-2")),
        ),
        (
            "tenant in capitals",
            "tenant",
            but("tenant", json!("HOSPITAL-1")),
        ),
        (
            "tenant a list",
            "claims",
            but("tenant", json!(["hospital-1"])),
        ),
        (
            "iss twice",
            "duplicate",
            doubled(claims(), r#""iss":"https://ehr.example""#),
        ),
        (
            "exp twice",
            "duplicate",
            doubled(claims(), r#""exp":9999999999"#),
        ),
        (
            "aud twice",
            "duplicate",
            doubled(claims(), r#""aud":"https://evil.example""#),
        ),
        (
            "a further claim twice",
            "duplicate",
            doubled(claims(), r#""x":1,"x":2"#),
        ),
        ("claims not JSON", "claims", text(&header, "now")),
        ("claims a list", "claims", text(&header, "[]")),
        ("claims not UTF-8", "claims", {
            let bytes = [b"{\"iss\":\"".as_slice(), &[0xff], b"\"}"].concat();
            let encoded =
                base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
            format!(
                "{}.{encoded}.{signature}",
                signed.split_once('.').unwrap().0
            )
        }),
        // The signature and the form.
        (
            "a key that is nobody's",
            "signature",
            STRANGER.sign(&claims()),
        ),
        (
            "claims of one token, signature of another",
            "signature",
            format!("{other_claims}.{signature}"),
        ),
        ("no signature", "form", format!("{signed}.")),
        ("no third part", "form", signed.to_owned()),
        ("a fourth part", "form", format!("{token}.x")),
        (
            "half a signature",
            "signature",
            format!("{signed}.{}", &signature[..64]),
        ),
        (
            "a signature of zeros",
            "signature",
            format!("{signed}.{}", "A".repeat(128)),
        ),
        (
            "a signature with padding",
            "form",
            format!("{signature}=").replacen(signature, &token, 1),
        ),
        (
            "base64 of the other kind",
            "form",
            format!("{signed}.{}", "+/".repeat(64)),
        ),
        ("JSON in place of a token", "form", claims().to_string()),
        ("only dots", "header", "..".to_owned()),
        (
            "a token of 1 MB",
            "too-long",
            but("x", json!("x".repeat(1_000_000))),
        ),
        (
            "two tokens in one header",
            "form",
            format!("{token},{token}"),
        ),
    ];
    let bare = send(&service, "POST", SERVICE, &[]).await;
    assert_eq!(bare.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bare.cause, Some("no-token"));
    let count = rows.len();
    assert!(count >= 45, "{count} rows");
    for (what, cause, token) in rows {
        let sent = send_token(&service, SERVICE, &token).await;
        assert_eq!(sent.status, StatusCode::UNAUTHORIZED, "{what}");
        assert_eq!(sent.cause, Some(cause), "{what}");
        assert_eq!(sent.seen, bare.seen, "{what}");
    }
    // Requests that carry a good token in a way that is not one.
    let token = || ES384.sign(&good(SERVICE));
    let bearer = |token: String| ("authorization", format!("Bearer {token}"));
    let requests: Vec<BadRequest<'_>> = vec![
        (
            "two headers",
            "several-tokens",
            "POST",
            SERVICE,
            vec![bearer(token()), bearer(token())],
        ),
        (
            "Basic",
            "not-bearer",
            "POST",
            SERVICE,
            vec![("authorization", "Basic YTpi".to_owned())],
        ),
        (
            "no scheme",
            "not-bearer",
            "POST",
            SERVICE,
            vec![("authorization", token())],
        ),
        (
            "nothing after it",
            "not-bearer",
            "POST",
            SERVICE,
            vec![("authorization", "Bearer ".to_owned())],
        ),
        (
            "not ASCII",
            "not-bearer",
            "POST",
            SERVICE,
            vec![("authorization", "Bearer\u{a0}x".to_owned())],
        ),
        (
            "in the address",
            "no-token",
            "POST",
            "/cds-services/sid-patient-view?access_token=x",
            vec![],
        ),
        (
            "in a cookie",
            "no-token",
            "POST",
            SERVICE,
            vec![("cookie", token())],
        ),
        (
            "in another header",
            "no-token",
            "POST",
            SERVICE,
            vec![("x-authorization", token())],
        ),
        (
            "the subject of a certificate",
            "no-token",
            "POST",
            SERVICE,
            vec![("x-client-subject", "CN=ehr".to_owned())],
        ),
        (
            "for another service",
            "audience",
            "POST",
            "/cds-services/sid-order-sign",
            vec![bearer(token())],
        ),
        (
            "for a service that is not there",
            "audience",
            "POST",
            "/cds-services/nothing",
            vec![bearer(token())],
        ),
        ("discovery without", "no-token", "GET", DISCOVERY, vec![]),
    ];
    for (what, cause, method, path, headers) in requests {
        let sent = send(&service, method, path, &headers).await;
        assert_eq!(sent.status, StatusCode::UNAUTHORIZED, "{what}");
        assert_eq!(sent.cause, Some(cause), "{what}");
        assert_eq!(sent.seen, bare.seen, "{what}");
    }
    let replayed = token();
    assert_eq!(
        send_token(&service, SERVICE, &replayed).await.status,
        StatusCode::OK
    );
    let sent = send_token(&service, SERVICE, &replayed).await;
    assert_eq!(sent.cause, Some("replayed"));
    assert_eq!(sent.seen, bare.seen);
    assert_eq!(source.asked(), asked, "the source of keys was asked");
    assert_eq!(trap.asked(), 0, "an address that a token named was called");
}
