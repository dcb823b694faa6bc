//! The client on whose behalf a call is answered.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    State,
    outbound::{Outbound, OutboundError},
};
use crate::config::{BaseUrl, Client};

/// The client of a call. A layer that has checked who calls puts it into the request's extensions;
/// without one it is the client that the configuration assumes.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Known>);

#[derive(Debug)]
struct Known {
    client: Client,
    outbound: Outbound,
}

impl Caller {
    /// A caller that is this client, with a way out to its FHIR servers and its login.
    ///
    /// # Errors
    ///
    /// The certificates that the client names cannot be used, or the machine has no trust store and a
    /// server needs one.
    pub fn new(client: Client) -> Result<Self, OutboundError> {
        let login = client.smart.iter().flat_map(|app| &app.login_servers);
        let listed: Vec<BaseUrl> = client.fhir_servers.iter().chain(login).cloned().collect();
        let outbound = Outbound::for_client(&client, &listed)?;
        Ok(Self(Arc::new(Known { client, outbound })))
    }

    /// The client as configured.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Its name, for the log, metrics and the audit trail.
    pub fn name(&self) -> &str {
        &self.0.client.name
    }

    /// The way to its FHIR servers.
    pub fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }
}

impl FromRequestParts<Arc<State>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<State>,
    ) -> Result<Self, Self::Rejection> {
        let checked = parts.extensions.get::<Self>();
        Ok(checked.unwrap_or(&state.assumed).clone())
    }
}
