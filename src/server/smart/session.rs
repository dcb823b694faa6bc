//! What the app keeps in the browser: a launch that is under way, and a session, in encrypted cookies.
//!
//! A cookie holds 4 kB, and a token may be larger: what does not fit into one is kept in several, which
//! count only together. Nothing is kept in the process, so that any instance that knows the key may answer.
//! Without a configured key the process makes one when it starts, and a restart ends every session.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum_extra::extract::{
    PrivateCookieJar,
    cookie::{Cookie, Key, SameSite},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha512};
use uuid::Uuid;

use crate::config::AppKey;

/// How long a launch may take: the clinician may have to log in.
pub const LAUNCH: Duration = Duration::from_secs(600);
/// How long a session lasts at most, whatever the token's own life.
pub const LONGEST: Duration = Duration::from_secs(900);
/// The largest access token that a session takes, in bytes.
pub const LARGEST_TOKEN: usize = 12_288;
/// The most bytes of one cookie before it is encrypted. Encrypted, in base64 and escaped for the header it
/// grows to less than the 4096 that every browser keeps.
const PART: usize = 2_700;
/// The most cookies that one session takes: the largest token, and what stands beside it.
const MOST_PARTS: usize = 6;

/// What encrypts the cookies.
#[derive(Clone)]
pub struct Sessions(Key);

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self(Key::generate())
    }
}

impl Sessions {
    /// Under the configured key, else under one of this process's own.
    pub fn new(key: Option<&AppKey>) -> Self {
        let Some(key) = key else {
            return Self::default();
        };
        // The configured secret is random and long: what the cookies need is a key of their own from it.
        let digest = Sha512::new()
            .chain_update(b"sid-cds app cookies 1\0")
            .chain_update(key.secret())
            .finalize();
        Key::try_from(&*digest).map_or_else(|_| Self::default(), Self)
    }
}

/// A launch that is under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Launching {
    /// What must come back unchanged.
    pub state: String,
    /// The secret of PKCE.
    pub verifier: String,
    /// The FHIR server.
    pub iss: String,
    /// Where the code is exchanged.
    pub token_endpoint: String,
    /// Until when, in seconds since 1970.
    pub until: i64,
}

/// A session.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// The FHIR server.
    pub iss: String,
    /// The patient of the launch.
    pub patient: String,
    /// The access token; of what came with it nothing else is kept.
    pub token: String,
    /// It lets a statement be created.
    pub creates: bool,
    /// The EHR shows who the patient is, and the page need not.
    #[serde(default)]
    pub banner_is_shown: bool,
    /// The code of the card from which the app was opened.
    #[serde(default)]
    pub card: Option<String>,
    /// What a form of the page must bring.
    pub form: String,
    /// Until when, in seconds since 1970.
    pub until: i64,
}

/// A cookie that is one of ours.
pub trait Kept: Serialize + DeserializeOwned {
    /// Its name.
    const NAME: &'static str;
    /// How long a browser keeps it.
    const AGE: Duration;
    /// Until when it counts, in seconds since 1970.
    fn until(&self) -> i64;
}

impl Kept for Launching {
    const NAME: &'static str = "sid-launch";
    const AGE: Duration = LAUNCH;

    fn until(&self) -> i64 {
        self.until
    }
}

impl Kept for Session {
    const NAME: &'static str = "sid-session";
    const AGE: Duration = LONGEST;

    fn until(&self) -> i64 {
        self.until
    }
}

impl Sessions {
    /// What a request brings, unless its time is over or a part of it is missing.
    pub fn read<T: Kept>(&self, headers: &HeaderMap, now: Timestamp) -> Option<T> {
        let jar = PrivateCookieJar::from_headers(headers, self.0.clone());
        let first = jar.get(T::NAME)?;
        let (whole, rest) = first.value().split_once(':')?;
        let (count, text) = rest.split_once(':')?;
        let mut text = text.to_owned();
        for index in 1..count.parse().ok()? {
            let next = jar.get(&name::<T>(index))?;
            // A part of another session, which the browser still has, completes nothing.
            let part = next.value().strip_prefix(whole)?.strip_prefix(':')?;
            text.push_str(part.strip_prefix(count)?.strip_prefix(':')?);
        }
        let kept: T = serde_json::from_str(&text).ok()?;
        (kept.until() > now.as_second()).then_some(kept)
    }

    /// A jar that sets the cookies; `None` where it is too large.
    pub fn set<T: Kept>(&self, kept: &T, encrypted: bool) -> Option<PrivateCookieJar> {
        let text = serde_json::to_string(kept).ok()?;
        let texts = parts(&text);
        let count = texts.len();
        if count > MOST_PARTS {
            return None;
        }
        let whole = Uuid::new_v4();
        let mut jar = PrivateCookieJar::new(self.0.clone());
        for (index, text) in texts.into_iter().enumerate() {
            let value = format!("{}:{count}:{text}", whole.simple());
            // The name goes into the encryption: a part cannot stand in another's place.
            let cookie = Cookie::build((name::<T>(index), value))
                .path("/app")
                .http_only(true)
                .secure(encrypted)
                .same_site(SameSite::Lax)
                .max_age(T::AGE.try_into().unwrap_or_default());
            jar = jar.add(cookie);
        }
        Some(jar)
    }

    /// The header that takes a launch's cookie away.
    pub fn end_of_launch() -> (HeaderName, HeaderValue) {
        let gone = "sid-launch=; Path=/app; HttpOnly; SameSite=Lax; Max-Age=0";
        (header::SET_COOKIE, HeaderValue::from_static(gone))
    }
}

/// The name of a part's cookie: `sid-session`, `sid-session-1`.
fn name<T: Kept>(index: usize) -> String {
    match index {
        0 => T::NAME.to_owned(),
        _ => format!("{}-{index}", T::NAME),
    }
}

/// A text in pieces of at most [`PART`] bytes.
fn parts(mut text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while text.len() > PART {
        let (part, rest) = text.split_at(text.floor_char_boundary(PART));
        parts.push(part);
        text = rest;
    }
    parts.push(text);
    parts
}

/// 244 random bits that nobody guesses, in characters that PKCE and addresses allow.
pub fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// Compares secrets in a time that does not tell how far they agree.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes()
            .zip(b.bytes())
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    fn launching(until: i64) -> Launching {
        Launching {
            state: "s".to_owned(),
            verifier: "v".to_owned(),
            iss: "https://ehr.example".to_owned(),
            token_endpoint: "https://ehr.example/token".to_owned(),
            until,
        }
    }

    fn set(jar: PrivateCookieJar) -> Vec<String> {
        let response = jar.into_response();
        let all = response.headers().get_all(header::SET_COOKIE).iter();
        let mut all: Vec<String> = all.map(|set| set.to_str().unwrap().to_owned()).collect();
        // A jar has no order of its own.
        all.sort_by_key(|set| set.split('=').next().map(str::to_owned));
        all
    }

    fn sending(set: &[String]) -> HeaderMap {
        let pairs: Vec<&str> = set
            .iter()
            .map(|set| set.split(';').next().unwrap())
            .collect();
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(&pairs.join("; ")).unwrap();
        headers.insert(header::COOKIE, value);
        headers
    }

    fn sent_back(jar: PrivateCookieJar) -> (String, HeaderMap) {
        let set = set(jar);
        (set[0].clone(), sending(&set))
    }

    fn session(token: usize) -> Session {
        Session {
            iss: "https://fhir.hospital.example/r4/tenant-4711".to_owned(),
            patient: "x".repeat(64),
            token: "ø+/=".repeat(token / 5),
            creates: true,
            banner_is_shown: false,
            card: None,
            form: secret(),
            until: 1_001,
        }
    }

    #[test]
    fn a_cookie_is_unreadable_ends_in_time_and_belongs_to_one_process() {
        let sessions = Sessions::default();
        let now = Timestamp::from_second(1_000).unwrap();
        let jar = sessions.set(&launching(1_001), true).unwrap();
        let (set, headers) = sent_back(jar);
        assert!(!set.contains("ehr.example"));
        for part in [
            "HttpOnly",
            "Secure",
            "SameSite=Lax",
            "Path=/app",
            "Max-Age=600",
        ] {
            assert!(set.contains(part), "{part} in {set}");
        }
        assert!(sessions.read::<Launching>(&headers, now).is_some());
        // Its time, another kind of cookie, another key, a changed value.
        let later = Timestamp::from_second(1_001).unwrap();
        assert!(sessions.read::<Launching>(&headers, later).is_none());
        assert!(sessions.read::<Session>(&headers, now).is_none());
        assert!(
            Sessions::default()
                .read::<Launching>(&headers, now)
                .is_none()
        );
        let mut changed = headers.clone();
        let value = headers[header::COOKIE]
            .to_str()
            .unwrap()
            .replace("sid-launch=", "sid-launch=A");
        changed.insert(header::COOKIE, HeaderValue::from_str(&value).unwrap());
        assert!(sessions.read::<Launching>(&changed, now).is_none());
    }

    #[test]
    fn a_large_token_takes_several_cookies_that_count_only_together() {
        let sessions = Sessions::default();
        let now = Timestamp::from_second(1_000).unwrap();
        for (token, cookies) in [(1_000, 1), (3_000, 2), (8_000, 4), (LARGEST_TOKEN, 5)] {
            let session = session(token);
            let set = set(sessions.set(&session, true).unwrap());
            assert_eq!(set.len(), cookies, "{token}");
            for cookie in &set {
                // Name and value, as browsers count.
                let pair = cookie.split(';').next().unwrap();
                assert!(pair.len() <= 4096, "{} of {token}", pair.len());
                assert!(cookie.contains("HttpOnly") && cookie.contains("Secure"));
            }
            let read: Session = sessions.read(&sending(&set), now).unwrap();
            assert_eq!(read.token, session.token);
            for missing in 0..set.len() {
                let mut without = set.clone();
                without.remove(missing);
                let read = sessions.read::<Session>(&sending(&without), now);
                assert!(read.is_none(), "{token} without {missing}");
            }
        }
    }

    #[test]
    fn parts_of_two_sessions_make_none() {
        let sessions = Sessions::default();
        let now = Timestamp::from_second(1_000).unwrap();
        let [one, mut other] =
            [8_000, 8_000].map(|token| set(sessions.set(&session(token), true).unwrap()));
        assert!(sessions.read::<Session>(&sending(&other), now).is_some());
        other[2].clone_from(&one[2]);
        assert!(sessions.read::<Session>(&sending(&other), now).is_none());
        // Nor does a part count under another name.
        let mut moved = one.clone();
        moved[1] = one[2].replace("sid-session-2=", "sid-session-1=");
        assert!(sessions.read::<Session>(&sending(&moved), now).is_none());
        // What is left of a larger session does not keep a smaller one from being read.
        let small = set(sessions.set(&session(100), true).unwrap());
        let mut both = one.clone();
        both[0].clone_from(&small[0]);
        assert!(sessions.read::<Session>(&sending(&both), now).is_some());
    }

    #[test]
    fn what_no_cookies_hold_is_refused() {
        let most = PART * MOST_PARTS;
        assert!(Sessions::default().set(&session(most), true).is_none());
    }

    #[test]
    fn a_configured_key_is_one_for_all_instances() {
        let now = Timestamp::from_second(1_000).unwrap();
        let key = |secret: &str| AppKey::new(secret).unwrap();
        let secret = "0123456789abcdef0123456789abcdef";
        let here = Sessions::new(Some(&key(secret)));
        let headers = sending(&set(here.set(&session(8_000), true).unwrap()));
        let there = Sessions::new(Some(&key(secret)));
        assert!(there.read::<Session>(&headers, now).is_some());
        for other in [
            Sessions::new(Some(&key("0123456789abcdef0123456789abcdeg"))),
            Sessions::new(None),
        ] {
            assert!(other.read::<Session>(&headers, now).is_none());
        }
    }

    #[test]
    fn secrets() {
        assert!(secret().len() == 64 && secret() != secret());
        assert!(same("ab", "ab") && !same("ab", "ac") && !same("ab", "abc"));
    }
}
