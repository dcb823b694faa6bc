//! The client on whose behalf a call is answered.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use super::State;
use crate::config::Client;

/// The client of a call. A layer that has checked who calls puts it into the request's extensions;
/// without one it is the client that the configuration assumes.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Client>);

impl Caller {
    /// A caller that is this client.
    pub fn new(client: Client) -> Self {
        Self(Arc::new(client))
    }

    /// The client as configured.
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// Its name, for the log, metrics and the audit trail.
    pub fn name(&self) -> &str {
        &self.0.name
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
