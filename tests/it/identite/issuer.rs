//! An issuer of tokens as the world has them: a real server, which signs, publishes its keys, and
//! fails in as many ways as it is told to.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use api::config::{IssuerSettings, Settings};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
    serve::Listener,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::authority::Secure;

/// The `aud` of tokens for the house.
pub(super) const AUDIENCE: &str = "essaim";

/// A private key, and its public half as an issuer publishes it.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) algorithm: Algorithm,
    pub(super) private: EncodingKey,
    pub(super) jwk: Value,
}

impl Pair {
    pub(super) fn ed(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let private = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
        let x = BASE64.encode(pair.public_key());
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid });
        Self { algorithm: Algorithm::EdDSA, private, jwk }
    }

    pub(super) fn ec(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let private = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (BASE64.encode(x), BASE64.encode(y));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid });
        Self { algorithm: Algorithm::ES256, private, jwk }
    }

    pub(super) fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = self.jwk["kid"].as_str().map(str::to_owned);
        header
    }

    pub(super) fn signs(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.private).unwrap()
    }
}

/// How an issuer answers those who ask for its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    /// Says that it is somebody else.
    Impostor,
    /// Sends elsewhere, where the keys are.
    Redirects,
    /// Never stops.
    Endless,
    /// Publishes no key that can be used.
    Empty,
    Broken,
    /// Is not JSON.
    Garbage,
}

struct Shared {
    url: String,
    mood: Mutex<Mood>,
    keys: Mutex<Vec<Value>>,
    /// How often its keys were asked for.
    asked: AtomicUsize,
    /// How many hung up because of its certificate.
    hung_up: Arc<AtomicUsize>,
}

/// An issuer, until it is dropped.
pub(super) struct Issuer {
    shared: Arc<Shared>,
    served: JoinHandle<()>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.served.abort();
    }
}

impl Issuer {
    /// One that publishes these keys, at a free port.
    pub(super) async fn open(keys: &[&Pair]) -> anyhow::Result<Self> {
        Self::at("127.0.0.1:0".parse()?, keys).await
    }

    /// The same, there.
    pub(super) async fn at(address: SocketAddr, keys: &[&Pair]) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = url(listener.local_addr()?);
        Ok(Self::answering(listener, (url, Arc::default()), keys))
    }

    /// One that is spoken to over TLS.
    pub(super) fn secure(door: Secure, keys: &[&Pair]) -> anyhow::Result<Self> {
        let url = format!("https://{}", door.local_addr()?);
        let hung_up = door.hung_up.clone();
        Ok(Self::answering(door, (url, hung_up), keys))
    }

    fn answering(
        listener: impl Listener<Addr = SocketAddr>,
        (url, hung_up): (String, Arc<AtomicUsize>),
        keys: &[&Pair],
    ) -> Self {
        let shared = Arc::new(Shared {
            url,
            hung_up,
            mood: Mutex::new(Mood::Good),
            keys: Mutex::default(),
            asked: AtomicUsize::new(0),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(publish))
            .route("/elsewhere", get(elsewhere))
            .with_state(shared.clone());
        let served = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let it = Self { shared, served };
        it.publishes(keys);
        it
    }

    pub(super) fn url(&self) -> &str {
        &self.shared.url
    }

    pub(super) fn publishes(&self, keys: &[&Pair]) {
        *self.shared.keys.lock().unwrap() = keys.iter().map(|it| it.jwk.clone()).collect();
    }

    pub(super) fn is(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    pub(super) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Waits until it was asked for its keys so many times more.
    pub(super) async fn is_asked_again(&self, times: usize) {
        let before = self.asked();
        while self.asked() < before + times {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The last one may still be answered.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    /// Waits until so many hung up because of its certificate.
    pub(super) async fn is_hung_up_on(&self, times: usize) {
        while self.shared.hung_up.load(Ordering::SeqCst) < times {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Under which name an issuer stands there.
pub(super) fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

async fn describe(State(it): State<Arc<Shared>>) -> Response {
    let mood = *it.mood.lock().unwrap();
    if mood == Mood::Redirects {
        it.asked.fetch_add(1, Ordering::SeqCst);
        return Redirect::temporary("/elsewhere").into_response();
    }
    if mood == Mood::Impostor {
        it.asked.fetch_add(1, Ordering::SeqCst);
        return description("http://127.0.0.1:1", &it.url);
    }
    description(&it.url, &it.url)
}

async fn elsewhere(State(it): State<Arc<Shared>>) -> Response {
    description(&it.url, &it.url)
}

fn description(issuer: &str, url: &str) -> Response {
    json!({ "issuer": issuer, "jwks_uri": format!("{url}/keys") })
        .to_string()
        .into_response()
}

async fn publish(State(it): State<Arc<Shared>>) -> Response {
    it.asked.fetch_add(1, Ordering::SeqCst);
    let mood = *it.mood.lock().unwrap();
    let keys = it.keys.lock().unwrap().clone();
    match mood {
        Mood::Good | Mood::Impostor | Mood::Redirects => {
            json!({ "keys": keys }).to_string().into_response()
        }
        Mood::Endless => {
            let spaces =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(" ".repeat(4096)));
            Body::from_stream(spaces).into_response()
        }
        Mood::Empty => json!({ "keys": [] }).to_string().into_response(),
        Mood::Broken => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mood::Garbage => "<html>".into_response(),
    }
}

/// How the settings name an issuer that is found by discovery.
pub(super) fn declared(issuer: &str) -> IssuerSettings {
    let table = json!({ "issuer": issuer, "audience": AUDIENCE });
    serde_json::from_value(table).unwrap()
}

/// Settings that name these issuers.
pub(super) fn settings(issuers: Vec<IssuerSettings>) -> Settings {
    let mut settings = Settings::default();
    settings.issuers = issuers;
    settings
}

/// Good claims of an issuer, and then some changed: null takes one away.
pub(super) fn claims(issuer: &str, changes: Value) -> Value {
    let now = api::clock::now().as_second();
    let mut all = json!({
        "iss": issuer, "aud": AUDIENCE, "sub": "amina", "exp": now + 600, "iat": now,
        "role": "CHARGE_DE_MISSION", "dlas": [house::dossier::DLA],
    });
    let Value::Object(changes) = changes else { panic!("changes are members") };
    for (name, value) in changes {
        if value.is_null() {
            all.as_object_mut().unwrap().remove(&name);
        } else {
            all[name] = value;
        }
    }
    all
}
