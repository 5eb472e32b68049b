//! The house as it runs, on a database of its own, and those who visit it over HTTP.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use api::{
    auth::Verifier,
    clock,
    documents::Contents,
    exports::giving::GivingPrefix,
    graphql::Input,
    house::{Doors, House, Signing},
    http::{Options, Stopping},
    quotas,
    telemetry::Figures,
    tokens::{Bearer, DevIssuer, LIFETIME},
    trusted,
};
use bytes::Bytes;
use domain::Role;
use eventlog::proof::{Signer, VerifierKey};
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jiff::SignedDuration;
use projections::{ALL, Reads};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio::{net::TcpListener, sync::OnceCell, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Database, database::ORIGIN};

/// How long an answer may lag behind what was just written: a busy machine proves nothing wrong.
const PATIENCE: Duration = Duration::from_secs(15);

/// A house with its doors open, on a fresh database. Everything ends with it.
pub struct OpenHouse {
    /// Dropped first, it closes the doors.
    stop: DropGuard,
    pub house: House,
    pub url: String,
    pub database: Database,
    /// Where the contents of documents are kept.
    pub contents: Contents,
    /// Opens the checkpoints of this house.
    pub verifier_key: VerifierKey,
    issuer: DevIssuer,
    served: JoinHandle<()>,
}

impl OpenHouse {
    /// Opens a house where nothing has happened yet.
    pub async fn open() -> anyhow::Result<Self> {
        Self::on(Database::open().await?).await
    }

    /// The same, on that database.
    pub async fn on(database: Database) -> anyhow::Result<Self> {
        Self::with(database, Self::options()).await
    }

    /// What the settings of a house say, unless a test says otherwise.
    pub fn options() -> Options {
        Options {
            request_timeout: Duration::from_secs(30),
            cors_origins: vec!["https://portail.example".to_owned()],
            graphiql: true,
            giving_prefix: GivingPrefix::default(),
            trusted_documents: trusted::Mode::Off,
            trusted_documents_dir: None,
            caller_points: quotas::CALLER_POINTS,
            stranger_points: quotas::STRANGER_POINTS,
        }
    }

    /// The same, which also accepts the tokens that a verifier does.
    pub async fn admitting(database: Database, verifier: Verifier) -> anyhow::Result<Self> {
        Self::furnish(database, Self::options(), verifier).await
    }

    /// The same, with other settings.
    pub async fn with(database: Database, options: Options) -> anyhow::Result<Self> {
        Self::furnish(database, options, Verifier::new()).await
    }

    async fn furnish(
        database: Database,
        options: Options,
        verifier: Verifier,
    ) -> anyhow::Result<Self> {
        let log = database.log().await?;
        let reads = Reads::open(database.as_service(), 8, log.clone()).await?;
        let house = House::of(log, reads.patient(PATIENCE));
        let issuer = DevIssuer::new()?;
        let (signer, _) = Signer::draw(ORIGIN)?;
        let verifier_key = signer.verifier().clone();
        let contents = Contents::in_folder(&database.documents())?;
        let doors = Doors {
            verifier: verifier.with(issuer.issuer()),
            figures: Figures::new(String::new),
            options,
            signing: Signing { signers: [signer].into(), copy: None },
            contents: contents.clone(),
            stopping: Stopping { drain: Duration::ZERO, grace: Duration::from_secs(5) },
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        let served = tokio::spawn({
            let (house, stop) = (house.clone(), stop.clone());
            async move {
                if let Err(closed) = house.serve(listener, doors, stop).await {
                    panic!("the house did not open: {closed:?}");
                }
            }
        });
        let open = Self {
            house,
            url,
            database,
            contents,
            verifier_key,
            issuer,
            stop: stop.drop_guard(),
            served,
        };
        open.furnished().await?;
        Ok(open)
    }

    /// Waits until every question has its tables: whoever comes earlier finds some missing.
    async fn furnished(&self) -> anyhow::Result<()> {
        let mut db = self.database.admin().await?;
        let keys: Vec<_> = ALL.iter().map(|it| it.key()).collect();
        let missing = "select count(*) < cardinality($1::text[]) from keeping.checkpoint \
                       where follower = any($1)";
        while sqlx::query_scalar::<_, bool>(missing)
            .bind(&keys)
            .fetch_one(&mut db)
            .await?
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(db.close().await?)
    }

    /// Waits until every question has seen every fact: an answer of one says nothing of another.
    pub async fn caught_up(&self) -> anyhow::Result<()> {
        caught_up(&self.house.reads).await
    }

    /// Someone with a token for a role.
    pub fn visitor(&self, role: Role) -> anyhow::Result<Visitor> {
        let subject = format!("visitor/{}", role.name().as_str());
        self.visitor_named(&subject, role)
    }

    /// Someone in particular.
    pub fn visitor_named(&self, subject: &str, role: Role) -> anyhow::Result<Visitor> {
        let bearer = Bearer { subject: subject.to_owned(), role, org: None };
        let token = self.issuer.mint(&bearer, clock::now())?;
        Ok(Visitor { token: Some(token), ..self.stranger() })
    }

    /// A token that lasts no longer than that.
    pub fn token_that_lasts(&self, role: Role, left: SignedDuration) -> anyhow::Result<String> {
        let subject = format!("visitor/{}", role.name().as_str());
        let bearer = Bearer { subject, role, org: None };
        let minted = clock::now() + left - LIFETIME;
        Ok(self.issuer.mint(&bearer, minted)?)
    }

    /// Someone without a token.
    pub fn stranger(&self) -> Visitor {
        Visitor { reads: Some(self.house.reads.clone()), ..Visitor::at(&self.url, None) }
    }

    /// Closes the doors and waits until what was under way has ended.
    pub async fn close(self) -> anyhow::Result<()> {
        self.into_database().await?;
        Ok(())
    }

    /// The same, and keeps the database.
    pub async fn into_database(self) -> anyhow::Result<Database> {
        self.stop.disarm().cancel();
        self.served.await?;
        self.house.close().await;
        Ok(self.database)
    }
}

/// Someone who talks to the house over HTTP.
#[derive(Clone)]
pub struct Visitor {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
    pub token: Option<String>,
    pub language: &'static str,
    /// Where they see that what was written can be read, if this process serves them.
    reads: Option<Reads>,
}

/// What the house answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("{:?}", self.body))
    }
}

impl Visitor {
    /// Someone who comes to an address.
    pub fn at(url: &str, token: Option<&str>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let token = token.map(str::to_owned);
        Self { client, url: url.to_owned(), token, language: "fr", reads: None }
    }

    /// Where they knock, without the scheme.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The same, in another language.
    #[must_use]
    pub fn speaking(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// Sends a request as it is.
    pub async fn sends(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self
            .client
            .request(request.body(Full::new(body.into()))?)
            .await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    /// Sends a GraphQL request; the whole answer.
    pub async fn posts(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let headers = [("content-type", "application/json"), ("accept-language", self.language)];
        self.sends(Method::POST, "/graphql", &headers, body)
            .await?
            .json()
    }

    /// Asks a question that must be answered; its data. Every fact so far counts in it: how a
    /// question waits for one is shown with `posts`.
    pub async fn asks(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        if let Some(reads) = &self.reads
            && !query.starts_with("mutation")
        {
            caught_up(reads).await?;
        }
        let mut answer = self.posts(query, variables).await?;
        ensure!(answer.get("errors").is_none(), "{answer:#}");
        Ok(answer["data"].take())
    }

    /// Gives a command (`mobiliseStructure`) that must be accepted; its payload.
    pub async fn does(
        &self,
        mutation: &str,
        input: Value,
        selection: &str,
    ) -> anyhow::Result<Value> {
        let mut data = self
            .asks(&document(mutation, selection).await, json!({ "input": input }))
            .await?;
        Ok(data[mutation].take())
    }

    /// Gives a command that must be refused; its error, whose path names a field of the command.
    pub async fn is_refused(&self, mutation: &str, input: Value) -> anyhow::Result<Value> {
        let mut answer = self
            .posts(&document(mutation, "{ position }").await, json!({ "input": input }))
            .await?;
        let error = answer["errors"][0].take();
        ensure!(error.is_object(), "it was accepted: {answer:#}");
        let input = input_of(mutation).await.context("no such command")?;
        if let Some(field) = error["extensions"]["path"][1].as_str() {
            ensure!(input.fields.contains(field), "`{mutation}` has no such field: {error:#}");
        }
        Ok(error)
    }
}

async fn caught_up(reads: &Reads) -> anyhow::Result<()> {
    let until = Instant::now() + PATIENCE;
    while reads
        .status()
        .await?
        .iter()
        .any(|it| it.position != it.head)
    {
        ensure!(Instant::now() < until, "a question is late: {:?}", reads.status().await?);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn input_of(mutation: &str) -> Option<&'static Input> {
    static INPUTS: OnceCell<BTreeMap<String, Input>> = OnceCell::const_new();
    INPUTS.get_or_init(api::graphql::inputs).await.get(mutation)
}

/// One command, with its input as a variable.
pub async fn document(mutation: &str, selection: &str) -> String {
    let input = input_of(mutation).await.map_or("Unknown", |it| &it.name);
    format!("mutation Command($input: {input}!) {{ {mutation}(input: $input) {selection} }}")
}
