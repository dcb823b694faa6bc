//! Keys of the tests, of no use anywhere else, in each form that the doctor reads.

use std::{fs, path::PathBuf};

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use sid_cds::doctor::Signer;

/// The client that the tests are.
pub const ISSUER: &str = "https://ehr.example";

/// A file of `tests/doctor/keys`.
pub fn text(file: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/keys");
    fs::read_to_string(folder.join(file)).unwrap()
}

fn read(file: &str, kid: Option<&str>) -> Result<Signer, String> {
    let kid = kid.map(str::to_owned);
    Signer::read(&text(file), ISSUER.to_owned(), kid, None)
}

/// The signer of a JWK, with its own key id.
pub fn own(file: &str) -> Signer {
    read(file, None).unwrap()
}

/// The signer of a file, with the key id of the EC key.
pub fn signer(file: &str) -> Signer {
    read(file, Some("doctor-ec")).unwrap()
}

#[test]
fn keys_are_read_in_each_form() {
    let ec = DecodingKey::from_ec_pem(text("ec.public.pem").as_bytes()).unwrap();
    let rsa = DecodingKey::from_rsa_pem(text("rsa.public.pem").as_bytes()).unwrap();
    for (file, kid, public, algorithm) in [
        ("ec.pem", Some("given"), &ec, Algorithm::ES384),
        ("ec.jwk.json", None, &ec, Algorithm::ES384),
        ("ec.jwk.json", Some("given"), &ec, Algorithm::ES384),
        ("rsa.pem", Some("given"), &rsa, Algorithm::RS384),
        ("rsa.jwk.json", None, &rsa, Algorithm::RS384),
    ] {
        let token = read(file, kid)
            .unwrap()
            .token("https://cds.example")
            .unwrap();
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&["https://cds.example"]);
        validation.set_issuer(&[ISSUER]);
        let claims = decode::<Value>(&token, public, &validation).unwrap().claims;
        assert!(
            claims["jti"].is_string() && claims["iat"].is_i64(),
            "{file}"
        );
        let header = decode_header(&token).unwrap();
        let own = if file.starts_with("ec") {
            "doctor-ec"
        } else {
            "doctor-rsa"
        };
        assert_eq!(header.kid.as_deref(), kid.or(Some(own)), "{file}");
        assert_eq!(header.typ.as_deref(), Some("JWT"), "{file}");
    }
}

#[test]
fn a_key_that_cannot_sign_is_refused_with_the_reason() {
    let jwk = text("ec.jwk.json");
    for (text, reason) in [
        (text("ec.pem"), "no key id"),
        (text("ec.public.pem"), "neither a JWK nor a private key"),
        ("".to_owned(), "neither a JWK nor a private key"),
        ("{".to_owned(), "not a JWK: line 1"),
        (jwk.replace("\"d\"", "\"e\""), "the JWK has no `d`"),
        (jwk.replace("P-384", "P-521"), "neither EC on P-384 nor RSA"),
        (
            jwk.replace("\"x\": \"", "\"x\": \"AAAA"),
            "must be EC on P-384",
        ),
    ] {
        let fault = Signer::read(&text, ISSUER.to_owned(), None, None).unwrap_err();
        assert!(fault.contains(reason), "{reason}: {fault}");
    }
}
