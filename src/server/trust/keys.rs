//! The public keys of a client: a JWK Set, a key by its id and use, a signature checked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm as Verifying, DecodingKey, crypto};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::denial::Denial;
use crate::config::Algorithm;

/// The shortest modulus of an RSA key, in bytes: 2048 bits.
const SHORTEST_MODULUS: usize = 256;
/// More keys than a set in rotation has.
const MOST_KEYS: usize = 100;

/// The keys of a JWK Set (RFC 7517) that can check a signature. Keys of another kind or use, private
/// and symmetric ones are not among them.
#[derive(Debug, Default)]
pub struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: String,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// Not a JWK Set with a key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeySetError {
    /// Not JSON with an array `keys`.
    #[error("is not a JWK Set")]
    Form,
    /// No key of it can check a signature.
    #[error("has no public key with a kid, of kind EC (P-256, P-384), RSA (2048 bits) or Ed25519")]
    Empty,
}

impl KeySet {
    /// Reads a JWK Set.
    ///
    /// # Errors
    ///
    /// It is none, or none of its keys can be used.
    pub fn read(json: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Written {
            keys: Vec<Value>,
        }
        let written: Written = serde_json::from_slice(json).map_err(|_| KeySetError::Form)?;
        let keys: Vec<Key> = written
            .keys
            .iter()
            .take(MOST_KEYS)
            .filter_map(Key::read)
            .collect();
        if keys.is_empty() {
            return Err(KeySetError::Empty);
        }
        Ok(Self(keys))
    }

    /// Whether a key has this id.
    pub fn has(&self, key_id: &str) -> bool {
        self.0.iter().any(|key| key.id == key_id)
    }

    /// Checks the signature of `message`.
    ///
    /// # Errors
    ///
    /// No key has this id, it is not for this algorithm, or the signature is wrong.
    pub fn verify(
        &self,
        key_id: &str,
        algorithm: Algorithm,
        message: &str,
        signature: &str,
    ) -> Result<(), Denial> {
        if !self.has(key_id) {
            return Err(Denial::Key);
        }
        let mut named = self.0.iter().filter(|key| key.id == key_id);
        let key = named
            .find(|key| key.algorithms.contains(&algorithm))
            .ok_or(Denial::KeyUse)?;
        match crypto::verify(
            signature,
            message.as_bytes(),
            &key.key,
            verifying(algorithm),
        ) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Denial::Signature),
        }
    }
}

impl Key {
    fn read(jwk: &Value) -> Option<Self> {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        // Whoever publishes the private half has given the key to everyone.
        if jwk.get("d").is_some() || text("use").is_some_and(|named| named != "sig") {
            return None;
        }
        if let Some(operations) = jwk.get("key_ops")
            && !operations.as_array()?.contains(&Value::from("verify"))
        {
            return None;
        }
        let (mut algorithms, key) = match (text("kty")?, text("crv")) {
            ("EC", Some("P-256")) => (vec![ES256], elliptic(text("x")?, text("y")?, 32)?),
            ("EC", Some("P-384")) => (vec![ES384], elliptic(text("x")?, text("y")?, 48)?),
            ("OKP", Some("Ed25519")) => (
                vec![EdDSA],
                DecodingKey::from_ed_components(text("x")?).ok()?,
            ),
            ("RSA", _) => {
                let modulus = URL_SAFE_NO_PAD.decode(text("n")?).ok()?;
                let significant = modulus.iter().skip_while(|byte| **byte == 0).count();
                if significant < SHORTEST_MODULUS {
                    return None;
                }
                let key = DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()?;
                (vec![RS256, RS384, RS512, PS256, PS384, PS512], key)
            }
            _ => return None,
        };
        if let Some(named) = jwk.get("alg") {
            let named = Algorithm::deserialize(named).ok()?;
            algorithms.retain(|algorithm| *algorithm == named);
        }
        let id = text("kid")?.to_owned();
        (!algorithms.is_empty()).then_some(Self {
            id,
            algorithms,
            key,
        })
    }
}

/// A point whose coordinates have the length of the curve (RFC 7518 §6.2.1.2).
fn elliptic(x: &str, y: &str, length: usize) -> Option<DecodingKey> {
    let long = |coordinate: &str| {
        URL_SAFE_NO_PAD
            .decode(coordinate)
            .is_ok_and(|bytes| bytes.len() == length)
    };
    (long(x) && long(y)).then(|| DecodingKey::from_ec_components(x, y).ok())?
}

fn verifying(algorithm: Algorithm) -> Verifying {
    match algorithm {
        Algorithm::ES256 => Verifying::ES256,
        Algorithm::ES384 => Verifying::ES384,
        Algorithm::RS256 => Verifying::RS256,
        Algorithm::RS384 => Verifying::RS384,
        Algorithm::RS512 => Verifying::RS512,
        Algorithm::PS256 => Verifying::PS256,
        Algorithm::PS384 => Verifying::PS384,
        Algorithm::PS512 => Verifying::PS512,
        Algorithm::EdDSA => Verifying::EdDSA,
    }
}
