//! Tokens as a client signs them, and as an attacker would; a source of keys that does as it is told.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Now, for every token: 2026-03-16T12:00:00Z.
pub const NOW: i64 = 1_773_662_400;
/// Who signs.
pub const ISSUER: &str = "https://ehr.example";
/// Where the service says that it is.
pub const ADDRESS: &str = "https://cds.example";

/// A key pair with the id under which its public half is known.
pub struct Signer {
    pub algorithm: Algorithm,
    pub key_id: &'static str,
    key: EncodingKey,
}

/// The client's key.
pub static ES384: LazyLock<Signer> =
    LazyLock::new(|| elliptic(Algorithm::ES384, "key-1", &ECDSA_P384_SHA384_FIXED_SIGNING));
/// Another of its keys.
pub static RS384: LazyLock<Signer> =
    LazyLock::new(|| rsa(Algorithm::RS384, "key-2", KeySize::Rsa2048));
/// A key of the client for an algorithm that is allowed by configuration only.
pub static ES256: LazyLock<Signer> =
    LazyLock::new(|| elliptic(Algorithm::ES256, "key-3", &ECDSA_P256_SHA256_FIXED_SIGNING));
/// Likewise.
pub static ED: LazyLock<Signer> = LazyLock::new(|| {
    let key = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    Signer {
        algorithm: Algorithm::EdDSA,
        key_id: "key-4",
        key: EncodingKey::from_ed_der(key.as_ref()),
    }
});
/// A key that is nobody's.
pub static STRANGER: LazyLock<Signer> =
    LazyLock::new(|| elliptic(Algorithm::ES384, "key-1", &ECDSA_P384_SHA384_FIXED_SIGNING));

fn elliptic(
    algorithm: Algorithm,
    key_id: &'static str,
    curve: &'static EcdsaSigningAlgorithm,
) -> Signer {
    let key = EcdsaKeyPair::generate_pkcs8(curve, &SystemRandom::new()).unwrap();
    Signer {
        algorithm,
        key_id,
        key: EncodingKey::from_ec_der(key.as_ref()),
    }
}

fn rsa(algorithm: Algorithm, key_id: &'static str, size: KeySize) -> Signer {
    let key = KeyPair::generate(size).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    Signer {
        algorithm,
        key_id,
        key: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
    }
}

impl Signer {
    /// The public half.
    pub fn jwk(&self) -> Value {
        let mut jwk =
            serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap())
                .unwrap();
        jwk["kid"] = json!(self.key_id);
        jwk["use"] = json!("sig");
        jwk
    }

    /// The header of its tokens.
    pub fn header(&self) -> Value {
        json!({ "alg": self.algorithm, "typ": "JWT", "kid": self.key_id })
    }

    /// A token with this header and these claims, as they are written.
    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = message(header, claims);
        let signature = crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_text(&self.header().to_string(), &claims.to_string())
    }
}

/// The part of a token that is signed.
pub fn message(header: &str, claims: &str) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    )
}

/// A token with an HMAC over `secret`.
pub fn sign_with_secret(algorithm: Algorithm, secret: &[u8], claims: &Value) -> String {
    let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "key-1" }).to_string();
    let message = message(&header, &claims.to_string());
    let key = EncodingKey::from_secret(secret);
    let signature = crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// Claims that are good for five minutes at this path, with an id that no other token has.
pub fn claims(path: &str) -> Value {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    json!({
        "iss": ISSUER,
        "aud": format!("{ADDRESS}{path}"),
        "iat": NOW,
        "exp": NOW + 300,
        "jti": format!("token-{}", COUNT.fetch_add(1, Ordering::Relaxed)),
    })
}

/// The JWK Set of the client.
pub fn key_set() -> Value {
    json!({ "keys": [ES384.jwk(), RS384.jwk(), ES256.jwk(), ED.jwk()] })
}

/// What a source does with a request.
#[derive(Debug, Clone)]
pub enum Does {
    /// Sends these bytes and closes.
    Sends(Vec<u8>),
    /// Closes at once.
    Closes,
    /// Never answers.
    Hangs,
}

impl Does {
    /// Answers 200 with this body.
    pub fn answers(body: &str) -> Self {
        Self::status("200 OK", "application/json", body)
    }

    /// Answers with a body.
    pub fn status(status: &str, content_type: &str, body: &str) -> Self {
        Self::Sends(
            format!(
                "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len()
            )
            .into_bytes(),
        )
    }
}

/// A server on loopback that counts who connects.
#[derive(Debug, Clone)]
pub struct Source {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    does: Arc<Mutex<Does>>,
}

impl Source {
    /// Starts it.
    pub async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let source = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            does: Arc::new(Mutex::new(does)),
        };
        let server = source.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                server.asked.fetch_add(1, Ordering::SeqCst);
                let does = server.does.lock().unwrap().clone();
                tokio::spawn(async move {
                    // The other side may go away first.
                    let _ = serve(stream, does).await;
                });
            }
        });
        source
    }

    /// What it does from now on.
    pub fn does(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    /// How many have connected.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

async fn serve(mut stream: TcpStream, does: Does) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    match does {
        Does::Sends(bytes) => stream.write_all(&bytes).await,
        Does::Closes => Ok(()),
        // Until the other side gives up.
        Does::Hangs => stream.read_buf(&mut request).await.map(|_| ()),
    }
}
