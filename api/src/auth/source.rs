//! Where the keys of an issuer are read: in a file, at an address, or where the issuer itself says
//! that they are (`OpenID` Connect Discovery 1.0).

use std::{net::IpAddr, path::PathBuf};

use reqwest::Url;
use serde::Deserialize;

use super::{
    KeyProblem,
    fetcher::{ANSWER_BYTES_MAX, Fetcher},
    keys::Key,
    keys_of,
};
use crate::config::IssuerSettings;

/// Where an issuer describes itself.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Where keys are read.
#[derive(Debug, Clone, Default)]
pub enum Source {
    /// They were given, and stay.
    #[default]
    Fixed,
    File(PathBuf),
    Url(Url),
    /// The address where the issuer describes itself.
    Discovery(Url),
}

/// Why keys were not read. What was answered is not repeated.
#[derive(Debug, thiserror::Error)]
pub enum SourceProblem {
    #[error("an address of keys is `https`, or `http` on this machine")]
    Address,
    #[error("the file of its keys cannot be read")]
    File(#[source] std::io::Error),
    #[error("nothing here can fetch keys: are there root certificates?")]
    Client(#[source] reqwest::Error),
    #[error("its keys cannot be fetched")]
    Fetch(#[source] reqwest::Error),
    #[error("it answered {0} when it was asked for its keys")]
    Status(u16),
    #[error("it answered more than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    #[error("its description is not that of OpenID Connect Discovery")]
    Description(#[source] serde_json::Error),
    #[error("the description found there is of another issuer")]
    OtherIssuer,
    #[error("its keys cannot be used")]
    Keys(#[from] KeyProblem),
}

/// What is read of the description of an issuer.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
}

impl Source {
    /// As the settings say.
    pub fn of(settings: &IssuerSettings) -> Result<Self, SourceProblem> {
        match (&settings.jwks_file, &settings.jwks_url) {
            (Some(file), _) => Ok(Self::File(file.clone())),
            (None, Some(url)) => Ok(Self::Url(address(url)?)),
            (None, None) => {
                let issuer = settings.issuer.trim_end_matches('/');
                Ok(Self::Discovery(address(&format!("{issuer}{WELL_KNOWN}"))?))
            }
        }
    }

    /// The keys that are there now.
    pub(super) async fn read(
        &self,
        issuer: &str,
        fetcher: &Fetcher,
    ) -> Result<Vec<Key>, SourceProblem> {
        let json = match self {
            Self::Fixed => return Ok(vec![]),
            Self::File(file) => {
                let file = file.clone();
                let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(file));
                let read = read.await.map_err(std::io::Error::other);
                read.flatten().map_err(SourceProblem::File)?.into_bytes()
            }
            Self::Url(url) => fetcher.fetch(url.clone()).await?,
            Self::Discovery(url) => {
                let description = fetcher.fetch(url.clone()).await?;
                fetcher
                    .fetch(keys_address(issuer, url, &description)?)
                    .await?
            }
        };
        Ok(keys_of(&json)?)
    }
}

/// Where the description of an issuer says that its keys are.
fn keys_address(issuer: &str, from: &Url, description: &[u8]) -> Result<Url, SourceProblem> {
    let it: Description =
        serde_json::from_slice(description).map_err(SourceProblem::Description)?;
    if it.issuer != issuer {
        return Err(SourceProblem::OtherIssuer);
    }
    let url = address(&it.jwks_uri)?;
    // Who was reached safely does not send us where we would not be.
    if from.scheme() == "https" && url.scheme() != "https" {
        return Err(SourceProblem::Address);
    }
    Ok(url)
}

/// An address that nobody between us and the issuer can answer for.
fn address(text: &str) -> Result<Url, SourceProblem> {
    let url: Url = text.parse().map_err(|_| SourceProblem::Address)?;
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let ours = host == "localhost" || bare.parse().is_ok_and(|it: IpAddr| it.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if ours => Ok(url),
        _ => Err(SourceProblem::Address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_safe_addresses_only() {
        for good in [
            "https://id.fr/keys",
            "http://127.0.0.1:8/keys",
            "http://[::1]:8/keys",
            "http://localhost/keys",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.fr/keys",
            "http://10.0.0.1/keys",
            "http://localhost.evil.fr/keys",
            "http://127.0.0.1.evil.fr/",
            "file:///etc/keys",
            "keys",
            "",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_description_is_that_of_the_issuer_to_the_letter() {
        let keys = |issuer: &str, from: &str, keys: &str| {
            let said = serde_json::json!({ "issuer": "https://id.fr", "jwks_uri": keys });
            keys_address(issuer, &from.parse().unwrap(), said.to_string().as_bytes())
        };
        let safe = "https://id.fr/.well-known/openid-configuration";
        let found = keys("https://id.fr", safe, "https://keys.id.fr/all").unwrap();
        assert_eq!(found.as_str(), "https://keys.id.fr/all");
        let other = keys("https://id.fr/", safe, "https://id.fr/keys");
        assert!(matches!(other, Err(SourceProblem::OtherIssuer)));
        for unsafe_keys in ["http://127.0.0.1/keys", "http://id.fr/keys"] {
            let led = keys("https://id.fr", safe, unsafe_keys);
            assert!(matches!(led, Err(SourceProblem::Address)), "{unsafe_keys}");
        }
        let local = "http://127.0.0.1:8/.well-known/openid-configuration";
        assert!(keys("https://id.fr", local, "http://127.0.0.1:8/keys").is_ok());
    }
}
