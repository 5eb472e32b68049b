//! Through the router, and through real connections where the connection matters.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use async_graphql::{Context, EmptySubscription, Object, Schema};
use axum::{body::Body, response::Response};
use domain::Role;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::{
    clock::{self, RequestClock},
    graphql::extensions::install,
    quotas,
    tokens::{Bearer, DevIssuer},
};

/// How many slow fields have come to their end.
static ENDED: AtomicUsize = AtomicUsize::new(0);

struct Query;

#[Object]
impl Query {
    async fn who(&self, ctx: &Context<'_>) -> String {
        ctx.data_unchecked::<Actor>().id.0.to_string()
    }
    async fn prepared(&self, ctx: &Context<'_>) -> String {
        ctx.data_unchecked::<String>().clone()
    }
    async fn context(&self, ctx: &Context<'_>) -> String {
        let clock = ctx.data_unchecked::<RequestClock>();
        let trace = &ctx.data_unchecked::<TraceId>().0;
        let id = ctx.data_unchecked::<RequestId>();
        format!("{} {trace} {}", id.as_str(), clock.today == clock::today_in_paris())
    }
    async fn slow(&self, ms: u64) -> bool {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        ENDED.fetch_add(1, Ordering::SeqCst);
        true
    }
    async fn late(&self) -> crate::Result<Option<i32>> {
        Err(Error::Late)
    }
    async fn panics(&self, mistake: bool) -> i32 {
        assert!(!mistake, "a mistake");
        1
    }
    async fn long(&self) -> String {
        "essaim ".repeat(1_000)
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn done(&self) -> bool {
        true
    }
}

struct OneId;

impl Identities for OneId {
    fn actor_id<'a>(
        &'a self,
        _issuer: &'a str,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<ActorId, Error>> {
        let id = match subject {
            "broken" => Err(Error::internal(std::io::Error::other("password"))),
            _ => Ok(ActorId(Uuid::from_u128(7))),
        };
        Box::pin(async move { id })
    }
}

struct House {
    router: Router,
    running: Running,
    dev: DevIssuer,
}

fn options() -> Options {
    Options {
        request_timeout: Duration::from_secs(5),
        cors_origins: vec!["https://portail.fr".to_owned()],
        graphiql: true,
        giving_prefix: GivingPrefix::default(),
        trusted_documents: trusted::Mode::Off,
        trusted_documents_dir: None,
        caller_points: quotas::CALLER_POINTS,
        stranger_points: quotas::STRANGER_POINTS,
    }
}

impl House {
    fn open() -> Self {
        Self::with(options())
    }

    fn with(options: Options) -> Self {
        let dev = DevIssuer::new().unwrap();
        let running = Running::new();
        let app = App {
            schema: install(Schema::build(Query, Mutation, EmptySubscription)).finish(),
            verifier: Arc::new(Verifier::new().with(dev.issuer())),
            identities: Arc::new(OneId),
            prepare: Arc::new(|request, actor| {
                let prepared = format!("for {:?}", actor.role);
                Box::pin(async move { Ok(request.data(prepared).data(actor)) })
            }),
            ready: Arc::new(|| Box::pin(async { Err("one question is late".to_owned()) })),
            figures: Figures::new(|| "figures 1\n".to_owned()),
            sdl: Sdl { fr: "\"\"\"Bonjour\"\"\"".into(), en: "\"\"\"Hello\"\"\"".into() },
            trusted: Arc::default(),
            options,
        };
        Self { router: router(app, &running), running, dev }
    }

    fn token(&self, subject: &str) -> String {
        let bearer = Bearer { subject: subject.to_owned(), role: Role::Admin, org: None };
        format!("Bearer {}", self.dev.mint(&bearer, clock::now()).unwrap())
    }

    /// A document, by someone who is known.
    async fn ask(&self, document: &str, headers: &[(&str, &str)]) -> Answered {
        let token = self.token("amina");
        let mut all = vec![("content-type", "application/json"), ("authorization", token.as_str())];
        all.extend_from_slice(headers);
        self.send(Method::POST, "/graphql", &all, json!({ "query": document }).to_string())
            .await
    }

    async fn get(&self, address: &str, headers: &[(&str, &str)]) -> Answered {
        self.send(Method::GET, address, headers, String::new())
            .await
    }

    async fn send(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answered {
        let mut request = http::Request::builder().method(method).uri(address);
        for (name, value) in headers {
            // The last one counts, and an empty one takes it away.
            request.headers_mut().unwrap().remove(*name);
            if !value.is_empty() {
                request = request.header(*name, *value);
            }
        }
        let request = request.body(Body::from(body)).unwrap();
        Answered::of(self.router.clone().oneshot(request).await.unwrap()).await
    }
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answered {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self { status: parts.status, headers: parts.headers, text }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

const STRICT: (&str, &str) = ("accept", "application/graphql-response+json");

#[tokio::test]
async fn a_known_caller_is_answered() {
    let house = House::open();
    let answer = house.ask("{who prepared}", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.json(),
        json!({ "data": { "who": Uuid::from_u128(7), "prepared": "for Admin" } })
    );
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.header("content-language"), "fr");
    assert!(answer.header("vary").contains("accept-language"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let strict = house.ask("{who}", &[STRICT]).await;
    assert!(
        strict
            .header("content-type")
            .starts_with("application/graphql-response+json")
    );
}

#[tokio::test]
async fn resolvers_find_what_the_request_is() {
    let house = House::open();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let answer = house
        .ask("{context}", &[("x-request-id", "r-1"), ("traceparent", trace)])
        .await;
    let expected = "r-1 0af7651916cd43dd8448eb211c80319c true";
    assert_eq!(answer.json()["data"]["context"], expected);
    assert_eq!(answer.header("x-request-id"), "r-1");
    let odd = house.ask("{context}", &[("x-request-id", "a b")]).await;
    assert_eq!(
        odd.header("x-request-id")
            .parse::<Uuid>()
            .unwrap()
            .get_version_num(),
        7
    );
}

#[tokio::test]
async fn without_a_token_only_the_schema_is_told() {
    let house = House::open();
    let anonymous = [("authorization", "")];
    for document in ["{__typename}", "{__schema{queryType{name}}}"] {
        assert_eq!(house.ask(document, &anonymous).await.status, StatusCode::OK);
    }
    for document in ["{who}", "{__typename who}", "mutation{done}", "mutation{__typename}"] {
        let answer = house.ask(document, &anonymous).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{document}");
        assert_eq!(answer.code(), "UNAUTHENTICATED");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"essaim\"");
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_whatever_is_asked() {
    let house = House::open();
    let answer = house
        .ask("{__typename}", &[("authorization", "Bearer a.b.c")])
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED")
    );
    assert!(
        answer
            .header("www-authenticate")
            .contains("error=\"invalid_token\"")
    );
    assert!(!answer.text.contains("a.b.c"));
}

#[tokio::test]
async fn statuses_are_those_of_the_audit() {
    let house = House::open();
    let json = ("accept", "application/json");
    for (document, strict) in [
        ("{", StatusCode::BAD_REQUEST),
        ("{nowhere}", StatusCode::BAD_REQUEST),
        ("{late}", StatusCode::OK),
    ] {
        let answer = house.ask(document, &[STRICT]).await;
        assert_eq!(answer.status, strict, "{document}");
        assert_eq!(house.ask(document, &[json]).await.status, StatusCode::OK, "{document}");
        assert_eq!(answer.json().get("data").is_some(), document == "{late}", "{document}");
    }
    let unknown_operation = json!({ "query": "query A{who}", "operationName": "B" }).to_string();
    let token = house.token("amina");
    let headers = [("content-type", "application/json"), ("authorization", token.as_str()), STRICT];
    let answer = house
        .send(Method::POST, "/graphql", &headers, unknown_operation)
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::BAD_REQUEST, "GRAPHQL_VALIDATION_FAILED")
    );
}

#[tokio::test]
async fn only_json_over_post_and_queries_over_get() {
    let house = House::open();
    let post = async |headers: &[(&str, &str)], body: &str| {
        house
            .send(Method::POST, "/graphql", headers, body.to_owned())
            .await
    };
    let good = r#"{"query":"{__typename}"}"#;
    let plain = post(&[("content-type", "text/plain")], good).await;
    assert_eq!(
        (plain.status, plain.code().as_str()),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE")
    );
    assert_eq!(post(&[], good).await.status, StatusCode::BAD_REQUEST);
    let json = ("content-type", "application/json");
    for body in ["", "nonsense", "[]", "{}", "[{\"query\":\"{__typename}\"}]"] {
        let answer = post(&[json], body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            "{body}"
        );
    }
    assert_eq!(
        post(&[json, ("accept", "text/html")], good).await.status,
        StatusCode::NOT_ACCEPTABLE
    );

    let read = house.get("/graphql?query=%7B__typename%7D", &[]).await;
    assert_eq!(read.json(), json!({ "data": { "__typename": "Query" } }));
    let write = house.get("/graphql?query=mutation%7Bdone%7D", &[]).await;
    assert_eq!((write.status, write.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    let put = house
        .send(Method::PUT, "/graphql", &[json], good.to_owned())
        .await;
    assert_eq!((put.status, put.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, POST"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let house = House::open();
    let body = json!({ "query": "{__typename}", "variables": { "a": "x".repeat(BODY_BYTES_MAX) } });
    let headers = [("content-type", "application/json")];
    let answer = house
        .send(Method::POST, "/graphql", &headers, body.to_string())
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE")
    );
}

#[tokio::test]
async fn the_language_of_the_caller_is_spoken() {
    let house = House::open();
    let french = house.ask("{late}", &[]).await;
    assert!(french.text.contains("relisez"));
    let english = house
        .ask("{late}", &[("accept-language", "fr;q=0.2, en-GB")])
        .await;
    assert_eq!(english.header("content-language"), "en");
    assert!(english.text.contains("read again"));
    let guarded = house.ask("{", &[("accept-language", "en")]).await;
    assert!(guarded.text.contains("not valid GraphQL"));
}

#[tokio::test]
async fn a_mistake_is_answered_by_a_request_id() {
    let house = House::open();
    let broken = house.token("broken");
    for (document, headers) in [
        ("{panics(mistake: true)}", vec![("x-request-id", "r-2")]),
        ("{who}", vec![("x-request-id", "r-2"), ("authorization", broken.as_str())]),
    ] {
        let answer = house.ask(document, &headers).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.code(), "INTERNAL_SERVER_ERROR");
        assert_eq!(answer.json()["errors"][0]["extensions"]["requestId"], "r-2");
        assert!(!answer.text.contains("mistake") && !answer.text.contains("password"));
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_and_still_runs_to_its_end() {
    let house = House::with(Options {
        request_timeout: Duration::from_millis(50),
        cors_origins: vec![],
        graphiql: false,
        ..options()
    });
    let before = ENDED.load(Ordering::SeqCst);
    let answer = house.ask("{slow(ms: 150)}", &[]).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "REQUEST_TIMEOUT")
    );
    assert_eq!(answer.header("retry-after"), "2");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(ENDED.load(Ordering::SeqCst) > before);
}

#[tokio::test]
async fn one_request_too_many_is_told_to_come_back() {
    let house = House::open();
    let ask = || async { house.ask("{slow(ms: 300)}", &[]).await };
    let crowd = futures_util::future::join_all((0..=IN_FLIGHT_MAX).map(|_| ask())).await;
    let shed: Vec<_> = crowd
        .iter()
        .filter(|it| it.status != StatusCode::OK)
        .collect();
    assert_eq!(shed.len(), 1);
    assert_eq!(
        (shed[0].status, shed[0].code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "OVERLOADED")
    );
    assert_eq!(house.ask("{__typename}", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn browsers_are_told_what_they_may_do() {
    let house = House::open();
    let preflight = async |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization"),
        ];
        house
            .send(Method::OPTIONS, "/graphql", &headers, String::new())
            .await
    };
    let listed = preflight("https://portail.fr").await;
    assert_eq!(listed.header("access-control-allow-origin"), "https://portail.fr");
    assert_eq!(
        preflight("https://evil.fr")
            .await
            .header("access-control-allow-origin"),
        ""
    );
    let answer = house.get("/health/live", &[]).await;
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert!(
        answer
            .header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    let zipped = house.ask("{long}", &[("accept-encoding", "gzip")]).await;
    assert_eq!(zipped.header("content-encoding"), "gzip");
    assert!(zipped.text.len() < 1_000);
    let short = house.ask("{who}", &[("accept-encoding", "gzip")]).await;
    assert_eq!(short.header("content-encoding"), "");
}

#[tokio::test]
async fn the_pages_around_it_answer() {
    let house = House::open();
    assert_eq!(house.get("/health/live", &[]).await.json(), json!({ "status": "live" }));
    let ready = house.get("/health/ready", &[]).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["reason"], "one question is late");
    assert_eq!(house.get("/metrics", &[]).await.text, "figures 1\n");
    assert!(
        house
            .get("/schema.graphql?lang=en", &[])
            .await
            .text
            .contains("Hello")
    );
    assert!(
        house
            .get("/schema.graphql", &[])
            .await
            .text
            .contains("Bonjour")
    );
    let landing = house.get("/", &[("accept-language", "en")]).await;
    assert!(landing.text.contains("/graphiql") && landing.text.contains("essaim demo"));
    let nowhere = house.get("/nowhere", &[]).await;
    assert_eq!(
        (nowhere.status, nowhere.code().as_str()),
        (StatusCode::NOT_FOUND, "ROUTE_NOT_FOUND")
    );
}

/// A server on a port of its own.
struct Served {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    ended: tokio::task::JoinHandle<Drained>,
}

impl Served {
    async fn start(house: &House, stopping: Stopping) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let (router, running, token) = (house.router.clone(), house.running.clone(), stop.clone());
        let ended =
            tokio::spawn(async move { serve(listener, router, &running, token, stopping).await });
        Self { address, stop, ended }
    }

    /// Everything the server says to some bytes, until it closes.
    async fn exchange(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut said = String::new();
        let _ = stream.read_to_string(&mut said).await;
        said
    }
}

fn post(house: &House, document: &str) -> String {
    let body = json!({ "query": document }).to_string();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: essaim\r\nconnection: close\r\nauthorization: {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        house.token("amina"),
        body.len(),
    )
}

const QUICK: Stopping =
    Stopping { drain: Duration::from_millis(100), grace: Duration::from_secs(1) };

#[tokio::test]
async fn a_server_answers_drains_and_ends() {
    let house = House::open();
    let served = Served::start(&house, QUICK).await;
    assert!(
        served
            .exchange(&post(&house, "{who}"))
            .await
            .starts_with("HTTP/1.1 200")
    );
    // An idle connection does not hold the server back.
    let idle = TcpStream::connect(served.address).await.unwrap();
    let slow = post(&house, "{slow(ms: 400)}");
    let under_way = served.exchange(&slow);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        served.stop.cancel();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(house.running.is_draining());
        let ready = "GET /health/ready HTTP/1.1\r\nhost: essaim\r\nconnection: close\r\n\r\n";
        let said = served.exchange(ready).await;
        assert!(said.starts_with("HTTP/1.1 503") && said.contains("stopping"), "{said}");
    };
    let (said, ()) = tokio::join!(under_way, stopping);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(
        timeout(Duration::from_secs(2), served.ended)
            .await
            .unwrap()
            .unwrap(),
        Drained::Whole
    );
    assert!(TcpStream::connect(served.address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn a_server_does_not_wait_for_ever() {
    let house = House::open();
    let served = Served::start(
        &house,
        Stopping { drain: Duration::ZERO, grace: Duration::from_millis(100) },
    )
    .await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream
        .write_all(post(&house, "{slow(ms: 3000)}").as_bytes())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    served.stop.cancel();
    assert_eq!(served.ended.await.unwrap(), Drained::Cut);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_caller_who_hangs_up_cancels_nothing() {
    let house = House::open();
    let served = Served::start(&house, QUICK).await;
    let before = ENDED.load(Ordering::SeqCst);
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream
        .write_all(post(&house, "{slow(ms: 200)}").as_bytes())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(stream);
    served.stop.cancel();
    assert_eq!(served.ended.await.unwrap(), Drained::Whole);
    assert!(ENDED.load(Ordering::SeqCst) > before);
}

#[tokio::test]
async fn both_protocols_are_spoken() {
    let house = House::open();
    let served = Served::start(&house, QUICK).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    // The preface in two pieces, then empty settings: the server answers with its own.
    stream.write_all(b"PRI * HTTP/2.0\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    stream
        .write_all(b"\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let mut frame = [0; 9];
    timeout(Duration::from_secs(2), stream.read_exact(&mut frame))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(frame[3], 4, "a SETTINGS frame");
}
