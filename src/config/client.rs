//! The clients that may call, and the FHIR servers that may be asked on behalf of each.

use std::{fmt, net::IpAddr, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};
use url::{Host, Url};

use super::Jwt;

/// One client: a system that calls the services.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Client {
    /// Its name in the log.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// The version of CDS Hooks that it speaks.
    #[serde(default)]
    pub cds_hooks: Version,
    /// The FHIR servers that its calls may name in `fhirServer`.
    #[serde(default)]
    pub fhir_servers: Vec<BaseUrl>,
    /// The hosts that may stand at a private address or on this machine.
    #[serde(default, deserialize_with = "hosts")]
    pub private_network_hosts: Vec<Host>,
    /// A file with the certificates (PEM) that may vouch for its servers, beside those that this machine
    /// trusts.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// What is known of its tokens.
    #[serde(default)]
    pub jwt: Option<Jwt>,
    /// The subject of its certificate, as the proxy writes it.
    #[serde(default)]
    pub certificate: Option<String>,
    /// How the app is registered with it.
    #[serde(default)]
    pub smart: Option<SmartApp>,
}

/// How the SMART app is registered with a client.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SmartApp {
    /// The `client_id` of the registration, a public client.
    pub client_id: String,
    /// Where its authorisation server is: what is there may be called, and browsers sent to.
    pub login_servers: Vec<BaseUrl>,
}

/// The version of CDS Hooks that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Version {
    /// 1.0, in which a delete names its resource elsewhere (AMB-13).
    #[serde(rename = "1.0")]
    V1_0,
    /// 2.0 or later.
    #[default]
    #[serde(rename = "2.0")]
    V2_0,
}

impl Client {
    /// The client of every call where none is configured: no FHIR server is asked on its behalf.
    pub fn anonymous() -> Self {
        Self {
            name: "anonymous".to_owned(),
            cds_hooks: Version::default(),
            fhir_servers: Vec::new(),
            private_network_hosts: Vec::new(),
            ca_file: None,
            smart: None,
            jwt: None,
            certificate: None,
        }
    }

    /// The client of the demonstration that listens at `port` of this machine.
    pub fn demonstration(port: u16) -> Self {
        let hosts = ["127.0.0.1", "localhost"];
        Self {
            name: "demo".to_owned(),
            cds_hooks: Version::default(),
            fhir_servers: hosts
                .iter()
                .filter_map(|host| BaseUrl::parse(&format!("http://{host}:{port}/fhir")))
                .collect(),
            private_network_hosts: hosts
                .iter()
                .filter_map(|host| Host::parse(host).ok())
                .collect(),
            ca_file: None,
            smart: None,
            jwt: None,
            certificate: None,
        }
    }

    /// Whether an address is one of the authorisation server.
    pub fn logs_in_at(&self, url: &Url) -> bool {
        let app = self.smart.as_ref();
        app.is_some_and(|app| app.login_servers.iter().any(|base| base.covers(url)))
    }

    /// The server of the list that a call names in `fhirServer`.
    pub fn fhir_server(&self, named: &str) -> Option<&BaseUrl> {
        let named = BaseUrl::parse(named)?;
        self.fhir_servers.iter().find(|listed| **listed == named)
    }
}

/// The address of a FHIR server: https, or http on this machine; no query, no slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// With a path that ends in a slash, so that a relative URL is joined below it.
    url: Url,
}

impl BaseUrl {
    /// Reads an address, with or without a slash at its end.
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text, is_this_machine)
    }

    fn read(text: &str, may_be_plain: impl Fn(&Host) -> bool) -> Option<Self> {
        let mut url = Url::parse(text).ok()?;
        let allowed = match url.scheme() {
            "https" => true,
            "http" => may_be_plain(&url.host()?.to_owned()),
            _ => false,
        };
        let bare = url.query().is_none() && url.fragment().is_none() && has_no_user(&url);
        if !allowed || !bare || url.host().is_none() {
            return None;
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Some(Self { url })
    }

    /// Reads an address that may be called over http wherever it is: one that is told nothing of a
    /// patient, and no token.
    pub fn parse_for_no_patient_data(text: &str) -> Option<Self> {
        Self::read(text, |_| true)
    }

    /// Whether it is called over TLS.
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The whole server of a URL: its origin, as a list.
    pub fn of_origin(url: &Url) -> Vec<Self> {
        Self::parse(&url.origin().ascii_serialization())
            .into_iter()
            .collect()
    }

    /// Whether a URL leads to this server: the same origin, and a path that is the base or below it.
    pub fn covers(&self, url: &Url) -> bool {
        // A slash or backslash that a server decodes later could lead out again.
        let lower = url.path().to_ascii_lowercase();
        let hidden = lower.contains("%2f") || lower.contains("%5c");
        let base = self.url.path();
        let below = url.path().starts_with(base) || url.path() == base.trim_end_matches('/');
        url.origin() == self.url.origin() && has_no_user(url) && below && !hidden
    }

    /// Where a link leads, absolute or relative to the server; `None` where it leads away from it.
    pub fn resolve(&self, link: &str) -> Option<Url> {
        let url = self.url.join(link).ok()?;
        self.covers(&url).then_some(url)
    }

    /// The URL of a path of the program's own.
    pub fn with(&self, path: &'static str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path()));
        url
    }

    /// The URL of a relative one, `Patient/1`; `None` where it would lead elsewhere than it says.
    pub fn join(&self, relative: &str) -> Option<Url> {
        let url = Url::parse(&format!("{}{relative}", self.url)).ok()?;
        let path = relative.split(['?', '#']).next().unwrap_or_default();
        let stays = url.path() == format!("{}{path}", self.url.path());
        (stays && self.covers(&url)).then_some(url)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(
                "expected the base URL of a FHIR server, as \"https://fhir.example/r4\"; http only \
                 for this machine",
            )
        })
    }
}

fn has_no_user(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// A name that can stand in a log line, a metric and a file.
fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text);
    }
    Err(D::Error::custom(
        "expected 1 to 64 of the letters a to z, digits and hyphens",
    ))
}

/// An address of the service itself; an empty text is none.
pub fn address_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BaseUrl>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    BaseUrl::parse(&text).map(Some).ok_or_else(|| {
        D::Error::custom(
            "expected the address of this service as browsers reach it, as \"https://cds.example\"; \
             http only for this machine",
        )
    })
}

fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Host>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let hosts = texts.iter().map(|text| Host::parse(text));
    hosts.collect::<Result<_, _>>().map_err(|_| {
        D::Error::custom("expected hosts as \"fhir.hospital.example\" or \"10.0.0.7\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_https_or_this_machine() {
        for (text, read) in [
            ("https://fhir.example/r4", Some("https://fhir.example/r4")),
            ("https://fhir.example/r4/", Some("https://fhir.example/r4")),
            ("https://fhir.example:443", Some("https://fhir.example")),
            ("HTTPS://FHIR.example/R4", Some("https://fhir.example/R4")),
            (
                "http://127.0.0.1:8080/fhir",
                Some("http://127.0.0.1:8080/fhir"),
            ),
            (
                "http://localhost:8080/fhir",
                Some("http://localhost:8080/fhir"),
            ),
            ("http://[::1]:8080", Some("http://[::1]:8080")),
            ("http://fhir.example/r4", None),
            ("http://10.0.0.7/r4", None),
            ("http://localhost.example/r4", None),
            ("https://user@fhir.example/r4", None),
            ("https://fhir.example/r4?tenant=1", None),
            ("https://fhir.example/r4#x", None),
            ("ftp://fhir.example/r4", None),
            ("file:///r4", None),
            ("fhir.example", None),
            ("", None),
        ] {
            let base = BaseUrl::parse(text).map(|base| base.to_string());
            assert_eq!(base.as_deref(), read, "{text}");
        }
    }

    #[test]
    fn a_url_stays_under_its_base() {
        let base = BaseUrl::parse("https://fhir.example/r4").unwrap();
        for (url, covered) in [
            ("https://fhir.example/r4/Patient?_id=1", true),
            ("https://fhir.example/r4?_getpages=1", true),
            ("https://fhir.example:443/r4/Patient", true),
            ("https://fhir.example/r4b/Patient", false),
            ("https://fhir.example/r4/../admin", false),
            ("https://fhir.example/r4/%2e%2e/admin", false),
            ("https://fhir.example/r4/..%2fadmin", false),
            ("https://fhir.example/r4/..%5Cadmin", false),
            ("https://fhir.example/Patient", false),
            ("https://fhir.example:8443/r4/Patient", false),
            ("http://fhir.example/r4/Patient", false),
            ("https://fhir.example.evil.example/r4/Patient", false),
            ("https://evil.example/r4/Patient", false),
            ("https://fhir.example@evil.example/r4/Patient", false),
            ("https://user@fhir.example/r4/Patient", false),
        ] {
            assert_eq!(base.covers(&Url::parse(url).unwrap()), covered, "{url}");
        }
    }

    #[test]
    fn a_link_leads_under_the_base_or_nowhere() {
        let base = BaseUrl::parse("https://fhir.example/r4").unwrap();
        for (link, leads) in [
            (
                "https://fhir.example/r4/Observation?_page=2",
                Some("https://fhir.example/r4/Observation?_page=2"),
            ),
            (
                "Observation?_page=2",
                Some("https://fhir.example/r4/Observation?_page=2"),
            ),
            ("?_getpages=2", Some("https://fhir.example/r4/?_getpages=2")),
            (
                "/r4/Observation?_page=2",
                Some("https://fhir.example/r4/Observation?_page=2"),
            ),
            ("Medication/1", Some("https://fhir.example/r4/Medication/1")),
            ("https://fhir.example/r5/Observation?_page=2", None),
            ("//evil.example/r4/Observation", None),
            ("../admin", None),
            ("/Observation", None),
            ("http://fhir.example/r4/Observation", None),
            ("http://169.254.169.254/latest", None),
            ("urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", None),
            ("javascript:x", None),
        ] {
            let url = base.resolve(link);
            assert_eq!(url.as_ref().map(Url::as_str), leads, "{link}");
        }
    }

    #[test]
    fn a_relative_url_leads_where_it_says() {
        let base = BaseUrl::parse("https://fhir.example/r4").unwrap();
        for (relative, joined) in [
            ("Patient/1", Some("https://fhir.example/r4/Patient/1")),
            (
                "Observation?patient=a%2Fb",
                Some("https://fhir.example/r4/Observation?patient=a%2Fb"),
            ),
            ("Patient/..", None),
            ("Patient/%2e%2e", None),
            ("Patient/a%2Fb", None),
            ("Patient/a b", None),
        ] {
            let url = base.join(relative);
            assert_eq!(url.as_ref().map(Url::as_str), joined, "{relative}");
        }
    }
}
