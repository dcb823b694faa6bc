//! The key with which the doctor signs its tokens: ES384 or RS384, from a JWK or a PEM file.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// How long a token is good for, in seconds.
const LIFE: i64 = 300;

/// A key with what a token says of its client (JWT-01…JWT-07).
#[derive(Debug, Clone)]
pub struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    kid: String,
    issuer: String,
    jku: Option<String>,
}

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// Issuer: the client.
    pub iss: String,
    /// Audience: the address that is called.
    pub aud: String,
    /// Expires, in seconds since 1970.
    pub exp: i64,
    /// Issued, in seconds since 1970.
    pub iat: i64,
    /// Once.
    pub jti: String,
}

impl Signer {
    /// Reads a private key: a JWK of kty EC on P-384 or of kty RSA, or PEM (PKCS#8; PKCS#1 too for
    /// RSA). `kid` goes before the JWK's own.
    ///
    /// # Errors
    ///
    /// Says what the text lacks.
    pub fn read(
        text: &str,
        issuer: String,
        kid: Option<String>,
        jku: Option<String>,
    ) -> Result<Self, String> {
        let (key, algorithm, own) = if text.trim_start().starts_with('{') {
            let jwk: Value = serde_json::from_str(text)
                .map_err(|error| format!("not a JWK: line {}", error.line()))?;
            let (key, algorithm) = of_jwk(&jwk)?;
            (key, algorithm, jwk["kid"].as_str().map(str::to_owned))
        } else {
            let (key, algorithm) = of_pem(text.as_bytes())?;
            (key, algorithm, None)
        };
        let kid = kid
            .or(own)
            .ok_or("no key id: a JWK may hold it as `kid`, or give --kid")?;
        let signer = Self {
            key,
            algorithm,
            kid,
            issuer,
            jku,
        };
        // A key that does not fit its algorithm shows when it signs.
        signer.token("")?;
        Ok(signer)
    }

    /// A token for a call of `audience`.
    ///
    /// # Errors
    ///
    /// The key does not fit the algorithm.
    pub fn token(&self, audience: &str) -> Result<String, String> {
        self.sign(&self.header(), &self.claims(audience))
    }

    /// The header of a token.
    pub fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.clone());
        header.jku.clone_from(&self.jku);
        header
    }

    /// The claims of a token for a call of `audience`.
    pub fn claims(&self, audience: &str) -> Claims {
        let now = Timestamp::now().as_second();
        Claims {
            iss: self.issuer.clone(),
            aud: audience.to_owned(),
            exp: now + LIFE,
            iat: now,
            jti: Uuid::new_v4().to_string(),
        }
    }

    /// A token with another header or other claims.
    ///
    /// # Errors
    ///
    /// The key does not fit the algorithm.
    pub fn sign(&self, header: &Header, claims: &Claims) -> Result<String, String> {
        encode(header, claims, &self.key)
            .map_err(|_| "the key must be EC on P-384 (ES384) or RSA (RS384), private".to_owned())
    }
}

fn of_pem(pem: &[u8]) -> Result<(EncodingKey, Algorithm), String> {
    if let Ok(key) = EncodingKey::from_ec_pem(pem) {
        return Ok((key, Algorithm::ES384));
    }
    EncodingKey::from_rsa_pem(pem)
        .map(|key| (key, Algorithm::RS384))
        .map_err(|_| {
            "neither a JWK nor a private key in PEM; an EC key must be in PKCS#8 \
             (openssl pkcs8 -topk8 -nocrypt)"
                .to_owned()
        })
}

fn of_jwk(jwk: &Value) -> Result<(EncodingKey, Algorithm), String> {
    let number = |name: &str| {
        jwk[name]
            .as_str()
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
            .ok_or_else(|| format!("the JWK has no `{name}`, or it is not base64url"))
    };
    match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
        (Some("EC"), Some("P-384")) => {
            let (d, x, y) = (number("d")?, number("x")?, number("y")?);
            Ok((
                EncodingKey::from_ec_der(&p384_pkcs8(&d, &x, &y)),
                Algorithm::ES384,
            ))
        }
        (Some("RSA"), _) => {
            let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
            let numbers: Vec<Vec<u8>> = names.into_iter().map(number).collect::<Result<_, _>>()?;
            let mut parts = integer(&[0]);
            for number in &numbers {
                parts.extend(integer(number));
            }
            Ok((
                EncodingKey::from_rsa_der(&der(SEQUENCE, &parts)),
                Algorithm::RS384,
            ))
        }
        _ => Err("the JWK is neither EC on P-384 nor RSA".to_owned()),
    }
}

// The tags of DER that a private key is made of.
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const PUBLIC_KEY: u8 = 0xa1;
/// id-ecPublicKey and secp384r1.
const EC_ON_P384: [u8; 16] = [
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
];

/// PKCS#8 of a private key on P-384 (RFC 5915, RFC 5958).
fn p384_pkcs8(d: &[u8], x: &[u8], y: &[u8]) -> Vec<u8> {
    let point = [&[0, 4], x, y].concat();
    let private = [
        integer(&[1]),
        der(OCTET_STRING, d),
        der(PUBLIC_KEY, &der(BIT_STRING, &point)),
    ]
    .concat();
    let parts = [
        integer(&[0]),
        der(SEQUENCE, &EC_ON_P384),
        der(OCTET_STRING, &der(SEQUENCE, &private)),
    ]
    .concat();
    der(SEQUENCE, &parts)
}

/// An INTEGER that is not negative.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let significant = bytes.iter().position(|byte| *byte != 0);
    let bytes = significant.and_then(|at| bytes.get(at..)).unwrap_or(&[0]);
    if bytes.first().is_some_and(|first| *first >= 0x80) {
        der(INTEGER, &[&[0], bytes].concat())
    } else {
        der(INTEGER, bytes)
    }
}

/// Tag, length, value.
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let significant = length.iter().skip_while(|byte| **byte == 0);
    let mut out = vec![tag];
    match value.len() {
        short @ 0..0x80 => out.extend(u8::try_from(short)),
        _ => {
            let digits: Vec<u8> = significant.copied().collect();
            // At most eight.
            out.extend(u8::try_from(digits.len()).map(|count| 0x80 | count));
            out.extend(digits);
        }
    }
    out.extend(value);
    out
}
