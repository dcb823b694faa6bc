//! Tokens of the client that the program knows.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::json;

/// Who signs.
pub const ISSUER: &str = "https://ehr.example";
/// The file with the public half of the key, below the root of the project.
pub const KEYS: &str = "tests/doctor/keys/public.jwks.json";

/// The client's key.
#[derive(Clone)]
pub struct Signer(EncodingKey);

impl Signer {
    pub fn new() -> Self {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doctor/keys/ec.pem");
        Self(EncodingKey::from_ec_pem(&std::fs::read(file).unwrap()).unwrap())
    }

    /// A token for calls to this URL, good for the next minutes.
    pub fn token(&self, url: &str) -> String {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let header = json!({ "alg": "ES384", "typ": "JWT", "kid": "doctor-ec" });
        let id = NUMBER.fetch_add(1, Ordering::Relaxed);
        let claims = json!({ "iss": ISSUER, "aud": url, "iat": now, "exp": now + 900, "jti": format!("{id}") });
        let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = message.join(".");
        let signature = crypto::sign(message.as_bytes(), &self.0, Algorithm::ES384).unwrap();
        format!("{message}.{signature}")
    }
}
