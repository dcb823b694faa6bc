//! The two cookies of the app: of a launch that is under way, and of a session. Both are encrypted with a
//! key that the process makes when it starts, so that a restart ends every session.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum_extra::extract::{
    PrivateCookieJar,
    cookie::{Cookie, Key, SameSite},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// How long a launch may take: the clinician may have to log in.
pub const LAUNCH: Duration = Duration::from_secs(600);
/// How long a session lasts at most, whatever the token's own life.
pub const LONGEST: Duration = Duration::from_secs(900);
/// The most characters of a cookie that every browser keeps.
const LARGEST: usize = 4000;

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
    /// The access token.
    pub token: String,
    /// What it may do.
    pub scope: String,
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
    /// What a request brings, unless its time is over.
    pub fn read<T: Kept>(&self, headers: &HeaderMap, now: Timestamp) -> Option<T> {
        let jar = PrivateCookieJar::from_headers(headers, self.0.clone());
        let cookie = jar.get(T::NAME)?;
        let kept: T = serde_json::from_str(cookie.value()).ok()?;
        (kept.until() > now.as_second()).then_some(kept)
    }

    /// A jar that sets the cookie; `None` where it is too large for one.
    pub fn set<T: Kept>(&self, kept: &T, encrypted: bool) -> Option<PrivateCookieJar> {
        let value = serde_json::to_string(kept).ok()?;
        // Encrypted and in base64 it grows by a third and a little.
        (value.len() * 4 / 3 + 100 < LARGEST).then(|| {
            let cookie = Cookie::build((T::NAME, value))
                .path("/app")
                .http_only(true)
                .secure(encrypted)
                .same_site(SameSite::Lax)
                .max_age(T::AGE.try_into().unwrap_or_default());
            PrivateCookieJar::new(self.0.clone()).add(cookie)
        })
    }

    /// The header that takes a launch's cookie away.
    pub fn end_of_launch() -> (HeaderName, HeaderValue) {
        let gone = "sid-launch=; Path=/app; HttpOnly; SameSite=Lax; Max-Age=0";
        (header::SET_COOKIE, HeaderValue::from_static(gone))
    }
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

    fn sent_back(jar: PrivateCookieJar) -> (String, HeaderMap) {
        let response = jar.into_response();
        let set = response.headers()[header::SET_COOKIE].to_str().unwrap();
        let pair = set.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(pair).unwrap());
        (set.to_owned(), headers)
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
    fn a_token_that_no_cookie_holds_is_refused() {
        let session = Session {
            iss: String::new(),
            patient: String::new(),
            token: "x".repeat(3_000),
            scope: String::new(),
            form: String::new(),
            until: 0,
        };
        assert!(Sessions::default().set(&session, true).is_none());
    }

    #[test]
    fn secrets() {
        assert!(secret().len() == 64 && secret() != secret());
        assert!(same("ab", "ab") && !same("ab", "ac") && !same("ab", "abc"));
    }
}
