//! Where the service may listen, given how it trusts callers, and under which addresses it is called.

use std::{collections::BTreeSet, net::SocketAddr};

use serde::{Deserialize, Deserializer, de::Error as _};
use url::Url;

use super::{BaseUrl, ClientTrust, Config, ConfigError};

impl Config {
    /// Whether `serve` may listen where the configuration says.
    ///
    /// # Errors
    ///
    /// A network could call without being checked or read along, or no client could call at all;
    /// says what to do.
    pub fn check_exposure(&self) -> Result<(), ConfigError> {
        let mut faults = Vec::new();
        let on_network = !self.listen.ip().is_loopback();
        let listen = self.listen;
        match self.client_trust {
            ClientTrust::None if on_network => faults.push(format!(
                "listen = \"{listen}\" is open to a network, and client-trust = \"none\" would answer \
                 every caller. Set client-trust to \"jwt\", or listen to a loopback address \
                 (127.0.0.1:8080) and let an authenticating reverse proxy on this machine receive the \
                 calls."
            )),
            ClientTrust::Certificate if on_network => faults.push(format!(
                "listen = \"{listen}\" is open to a network, where anyone could write the header \
                 with which client-trust = \"certificate\" knows a client. Set listen to a loopback \
                 address (127.0.0.1:8080), and let the proxy that checks certificates run on this \
                 machine."
            )),
            ClientTrust::None => {}
            ClientTrust::Jwt | ClientTrust::Certificate => faults.extend(self.unknowable()),
        }
        let encrypted = self.tls().is_some();
        if on_network && !encrypted && !self.plain_http_on_network {
            faults.push(format!(
                "listen = \"{listen}\" is open to a network, and calls would travel unencrypted. Set \
                 tls-certificate and tls-key; or, where a proxy in front encrypts and the way from it \
                 to here is safe, plain-http-on-network = true."
            ));
        }
        if self.tls_certificate.is_empty() != self.tls_key.is_empty() {
            faults.push("tls-certificate and tls-key: expected both, or neither".to_owned());
        }
        let metrics = self.metrics_listen.filter(|at| !at.ip().is_loopback());
        if let Some(at) = metrics
            && !self.metrics_on_network
        {
            faults.push(format!(
                "metrics-listen = \"{at}\" is open to a network, and metrics are given to every \
                 caller. Set it to a loopback address (127.0.0.1:9090); or, where only the monitoring \
                 can reach it, metrics-on-network = true."
            ));
        }
        let report = self.report_listen.filter(|at| !at.ip().is_loopback());
        if let Some(at) = report {
            faults.push(format!(
                "report-listen = \"{at}\" is open to a network, and the report is shown to every \
                 caller. Set it to a loopback address (127.0.0.1:9091), and reach it by a tunnel or \
                 through a reverse proxy on this machine that checks who may see it."
            ));
        }
        ConfigError::from_faults(faults)
    }

    /// Certificate and key, where the service itself encrypts.
    pub fn tls(&self) -> Option<(&str, &str)> {
        (!self.tls_certificate.is_empty() && !self.tls_key.is_empty())
            .then_some((self.tls_certificate.as_str(), self.tls_key.as_str()))
    }

    /// The addresses under which clients call, without a slash at the end: as configured, else the
    /// one that is listened on.
    pub fn addresses(&self) -> Vec<String> {
        if !self.public_urls.is_empty() {
            return self.public_urls.clone();
        }
        let scheme = if self.tls().is_some() {
            "https"
        } else {
            "http"
        };
        vec![format!("{scheme}://{}", self.listen)]
    }

    /// Why clients could not be told apart, or one could never call.
    fn unknowable(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let jwt = self.client_trust == ClientTrust::Jwt;
        if self.clients.is_empty() {
            faults.push(
                "client-trust = \"jwt\" needs to know at least one client, or nobody could call. Add \
                 to the configuration file, for each client:\n\n  [[clients]]\n  name = \
                 \"hospital-ehr\"\n  jwt = { issuer = \"https://ehr.hospital.example\", jwks-url = \
                 \"https://ehr.hospital.example/jwks.json\" }\n\nor, where an authenticating reverse \
                 proxy on this machine receives the calls, set client-trust to \"none\". `serve \
                 --defaults` explains both."
                    .to_owned(),
            );
        }
        let mut seen = BTreeSet::new();
        for client in &self.clients {
            let name = &client.name;
            let known_by = if jwt {
                client.jwt.as_ref().map(|jwt| jwt.issuer.as_str())
            } else {
                client.certificate.as_deref()
            };
            match known_by {
                None if jwt => faults.push(format!(
                    "clients: \"{name}\" has no jwt, and could never call with client-trust = \"jwt\""
                )),
                None => faults.push(format!(
                    "clients: \"{name}\" has no certificate, and could never call with client-trust \
                     = \"certificate\""
                )),
                Some(known_by) if !seen.insert(known_by) => faults.push(format!(
                    "clients: \"{name}\" has the issuer or certificate of another client"
                )),
                Some(_) => {}
            }
        }
        let certificates = !jwt
            || self
                .clients
                .iter()
                .any(|client| client.certificate.is_some());
        if certificates && self.proxy_certificate_header.is_none() {
            faults.push(
                "proxy-certificate-header is not set, and a client is known by its certificate"
                    .to_owned(),
            );
        }
        if jwt && self.public_urls.is_empty() && !self.listen.ip().is_loopback() {
            faults.push(
                "public-urls is empty: set the addresses under which clients call, which the aud of \
                 their tokens must name (public-urls = [\"https://cds.hospital.example\"])"
                    .to_owned(),
            );
        }
        faults
    }
}

/// Base addresses, without a slash at the end.
pub(super) fn public_urls<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let urls = texts.iter().map(|text| {
        let url = Url::parse(text).ok()?;
        let plain = url.query().is_none() && url.fragment().is_none();
        let served = matches!(url.scheme(), "http" | "https");
        (plain && served).then(|| text.trim_end_matches('/').to_owned())
    });
    urls.collect::<Option<_>>().ok_or_else(|| {
        D::Error::custom("expected base addresses as \"https://cds.hospital.example\"")
    })
}

/// A header name; empty for none.
pub(super) fn header_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<axum::http::HeaderName>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| D::Error::custom("expected the name of a header, as \"x-client-subject\""))
}

/// The base address of a collector; empty for none.
pub(super) fn collector<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BaseUrl>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    BaseUrl::parse_for_no_patient_data(&text)
        .map(Some)
        .ok_or_else(|| {
            D::Error::custom("expected a base address, as \"http://collector.example:4318\"")
        })
}

/// An address and a port; empty for none.
pub(super) fn optional_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| D::Error::custom("expected an address and a port, as \"127.0.0.1:9090\""))
}
