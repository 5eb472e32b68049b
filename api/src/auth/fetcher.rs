//! What fetches the keys of an issuer, sure of whom it speaks to.
//!
//! An answer is bounded in time and size, and leads nowhere else: an issuer must not be able to make
//! this server wait, swallow or knock at another door.

use std::{path::Path, sync::OnceLock, time::Duration};

use reqwest::{Certificate, Client, ClientBuilder, Url, redirect::Policy};

use super::SourceProblem;

/// How long one answer may take, from the connection to its last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The largest set of keys, or description of an issuer, that is read.
pub(super) const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Fetches from one issuer.
///
/// By default it trusts the authorities of the machine, which are read when they are first needed: a
/// house that fetches nothing needs none.
#[derive(Debug, Default)]
pub(super) struct Fetcher(OnceLock<Client>);

/// Why a file of authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesProblem {
    #[error("it cannot be read")]
    File(#[source] std::io::Error),
    #[error("it holds what is no certificate in PEM")]
    Form(#[source] reqwest::Error),
    #[error("it holds no certificate")]
    None,
}

impl Fetcher {
    /// One that trusts the authorities of a file in place of those of the machine.
    pub(super) fn trusting(file: &Path) -> Result<Self, AuthoritiesProblem> {
        let pem = std::fs::read(file).map_err(AuthoritiesProblem::File)?;
        let authorities = Certificate::from_pem_bundle(&pem).map_err(AuthoritiesProblem::Form)?;
        if authorities.is_empty() {
            return Err(AuthoritiesProblem::None);
        }
        let client = builder().tls_certs_only(authorities).build();
        Ok(Self(client.map_err(AuthoritiesProblem::Form)?.into()))
    }

    /// What is at an address.
    pub(super) async fn fetch(&self, url: Url) -> Result<Vec<u8>, SourceProblem> {
        // The address is in the settings: it stays out of the lines that tell what failed.
        let failed = |it: reqwest::Error| SourceProblem::Fetch(it.without_url());
        let mut answer = self.client()?.get(url).send().await.map_err(failed)?;
        if answer.status() != http::StatusCode::OK {
            return Err(SourceProblem::Status(answer.status().as_u16()));
        }
        let mut body = vec![];
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(SourceProblem::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn client(&self) -> Result<&Client, SourceProblem> {
        if let Some(made) = self.0.get() {
            return Ok(made);
        }
        let made = builder().build().map_err(SourceProblem::Client)?;
        Ok(self.0.get_or_init(|| made))
    }
}

/// No redirect, no proxy, no cookie.
fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        // Keys are read every few minutes: an old connection only hides that the other end moved.
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(FETCH_TIMEOUT)
        .user_agent("essaim")
}
