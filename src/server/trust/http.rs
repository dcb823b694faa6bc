//! The request for a client's keys.

use std::time::Duration;

use url::Url;

/// How long a source of keys may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks for keys; follows no redirect and no proxy of the environment.
#[derive(Debug, Clone)]
pub struct KeyClient(reqwest::Client);

impl KeyClient {
    /// A client.
    pub fn new() -> Result<Self, reqwest::Error> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map(Self)
    }

    /// The body at `url`, of at most `limit` bytes.
    pub async fn get(&self, url: &Url, limit: usize) -> Result<Vec<u8>, String> {
        let fail = |e: reqwest::Error| e.without_url().to_string();
        let mut response = self.0.get(url.clone()).send().await.map_err(fail)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(format!("status {}", response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fail)? {
            if body.len() + chunk.len() > limit {
                return Err(format!("more than {limit} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
