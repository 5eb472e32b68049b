use http::HeaderMap;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tracing::Instrument as _;

use super::*;

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const CALLERS: &str = "0af7651916cd43dd8448eb211c80319c";

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", TRACEPARENT.parse().unwrap());
    headers
}

fn is_trace_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|it| it.is_ascii_hexdigit()) && text != "0".repeat(32)
}

/// What `init` installs, for one test and one thread.
fn listening(settings: &Settings) -> (SdkTracerProvider, tracing::subscriber::DefaultGuard) {
    let provider = provider(settings).unwrap();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE));
    let guard = tracing_subscriber::registry().with(spans).set_default();
    (provider, guard)
}

#[test]
fn outside_any_span_a_trace_is_drawn() {
    assert!(is_trace_id(&trace_id()));
    assert_ne!(trace_id(), trace_id());
    assert_eq!(trace_of_request(&headers()), CALLERS);
    assert!(is_trace_id(&trace_of_request(&HeaderMap::new())));
}

#[test]
fn without_an_exporter_a_span_still_has_one_trace() {
    let (_provider, _guard) = listening(&Settings::default());
    let span = http_span("POST", "/graphql", &HeaderMap::new());
    let _entered = span.enter();
    let here = trace_id();
    assert!(is_trace_id(&here));
    assert_eq!(tracing::info_span!("inner").in_scope(trace_id), here);
}

#[test]
fn a_span_belongs_to_the_trace_of_its_caller() {
    let (_provider, _guard) = listening(&Settings::default());
    let span = http_span("POST", "/graphql", &headers());
    assert_eq!(span.in_scope(trace_id), CALLERS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_reach_a_collector_over_http() {
    let collector = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", collector.local_addr().unwrap());
    let received = tokio::spawn(async move {
        let (mut stream, _) = collector.accept().await.unwrap();
        let (mut all, mut piece) = (vec![], [0; 4096]);
        while !String::from_utf8_lossy(&all).contains("essaim-probe") {
            let length = stream.read(&mut piece).await.unwrap();
            assert!(length > 0, "the export ended without the span");
            all.extend_from_slice(&piece[..length]);
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        String::from_utf8_lossy(&all).into_owned()
    });
    let settings = Settings { otlp_endpoint: Some(endpoint), ..Settings::default() };
    let (provider, guard) = listening(&settings);
    async {}
        .instrument(tracing::info_span!("essaim-probe"))
        .await;
    drop(guard);
    tokio::task::spawn_blocking(move || provider.shutdown())
        .await
        .unwrap()
        .unwrap();
    assert!(
        received
            .await
            .unwrap()
            .starts_with("POST /v1/traces HTTP/1.1")
    );
}
