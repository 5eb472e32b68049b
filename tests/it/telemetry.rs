//! What a collector of traces receives of the program as it runs, read with the reader that the
//! OpenTelemetry project generates from its own protocol.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use house::document;
use http::Method;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value},
    trace::v1::{Span, span::SpanKind},
};
use prost::Message as _;
use serde_json::json;
use tokio::net::TcpListener;

use crate::demo::Demo;

/// What the caller says of its own trace (W3C trace context).
const TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const CALLERS_SPAN: u64 = 0xb7ad_6b71_6920_3331;
/// Written nowhere but in the request.
const CANARY: &str = "Association du Colibri Turquoise";

type Exports = Arc<Mutex<Vec<Bytes>>>;

/// A collector over HTTP, which keeps what it is sent.
async fn collector() -> anyhow::Result<(String, Exports)> {
    let exports = Exports::default();
    let keep = |State(exports): State<Exports>, body: Bytes| async move {
        exports.lock().unwrap().push(body);
        StatusCode::OK
    };
    let routes = Router::new()
        .route("/v1/traces", post(keep))
        .with_state(exports.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}/v1/traces", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, routes).await });
    Ok((endpoint, exports))
}

fn member(members: &[KeyValue], name: &str) -> Option<String> {
    let value = &members.iter().find(|it| it.key == name)?.value;
    match value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(it) => Some(it.clone()),
        any_value::Value::IntValue(it) => Some(it.to_string()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_reads_one_command_from_the_callers_trace_to_the_log() -> anyhow::Result<()> {
    let (endpoint, exports) = collector().await?;
    let data = std::env::temp_dir().join(format!("essaim-traces-test-{}", std::process::id()));
    let settings = [("ESSAIM_OTLP_ENDPOINT", endpoint.as_str())];
    let demo = Demo::start_with(&data, &["--fresh"], &settings)?;
    let command = "6b9f0f43-8c0e-4d5e-9f4e-2f0f3a1f7a10";
    let input = json!({
        "commandId": command,
        "denomination": CANARY,
        "statut": "ASSOCIATION",
        "sansIdentifiant": "En création.",
    });
    let query = document("registerOrganisation", "{ position }").await;
    let body = json!({ "query": query, "variables": { "input": input } }).to_string();
    let traceparent = format!("00-{TRACE:032x}-{CALLERS_SPAN:016x}-01");
    let headers = [("content-type", "application/json"), ("traceparent", traceparent.as_str())];
    let answer = demo
        .visitor("chargeDeMission")?
        .sends(Method::POST, "/graphql", &headers, body)
        .await?;
    assert!(answer.json()?["data"]["registerOrganisation"]["position"].is_string(), "{answer:?}");
    demo.stop()?;
    std::fs::remove_dir_all(&data)?;

    let exports = exports.lock().unwrap();
    let canary = |it: &Bytes| it.windows(CANARY.len()).any(|it| it == CANARY.as_bytes());
    assert!(!exports.iter().any(canary), "a span holds what a request says");
    let mut spans: Vec<Span> = vec![];
    for export in exports.iter() {
        for of in ExportTraceServiceRequest::decode(export.clone())?.resource_spans {
            let resource = of.resource.unwrap_or_default();
            assert_eq!(member(&resource.attributes, "service.name").as_deref(), Some("essaim"));
            spans.extend(of.scope_spans.into_iter().flat_map(|it| it.spans));
        }
    }
    let batches: Vec<_> = spans
        .iter()
        .filter(|it| it.name == "batch")
        .cloned()
        .collect();
    let answers = spans.iter().find(|it| it.name == "projection");
    let answers = answers.context("no span of an answer")?.clone();
    spans.retain(|it| it.trace_id == TRACE.to_be_bytes());
    let named = |name: &str| {
        let mut these = spans.iter().filter(|it| it.name == name);
        let one = these
            .next()
            .unwrap_or_else(|| panic!("no span `{name}` among {spans:#?}"));
        assert!(these.next().is_none(), "several spans `{name}`");
        one
    };
    let request = named("POST /graphql");
    assert_eq!(request.parent_span_id, CALLERS_SPAN.to_be_bytes());
    assert_eq!(request.kind(), SpanKind::Server);
    let status = member(&request.attributes, "http.response.status_code");
    assert_eq!(status.as_deref(), Some("200"));
    let operation = named("mutation");
    assert_eq!(operation.parent_span_id, request.span_id);
    let kind = member(&operation.attributes, "graphql.operation.type");
    assert_eq!(kind.as_deref(), Some("mutation"));
    let name = member(&operation.attributes, "graphql.operation.name");
    assert_eq!(name.as_deref(), Some("Command"));
    assert_eq!(member(&operation.attributes, "graphql.document"), None);
    let decision = named("decide");
    assert_eq!(decision.parent_span_id, operation.span_id);
    assert_eq!(member(&decision.attributes, "category").as_deref(), Some("organisation"));
    assert_eq!(member(&decision.attributes, "command.id").as_deref(), Some(command));
    assert_eq!(member(&decision.attributes, "events").as_deref(), Some("1"));
    let append = named("append");
    assert_eq!(append.parent_span_id, decision.span_id);
    // A batch belongs to no command, and names those that it serves.
    let serves = |it: &&Span| it.links.iter().any(|link| link.span_id == append.span_id);
    let batch = batches
        .iter()
        .find(serves)
        .context("no batch with the command")?;
    assert_ne!(batch.trace_id, TRACE.to_be_bytes());
    assert_eq!(batch.links[0].trace_id, TRACE.to_be_bytes());
    for (span, operation) in [(batch, Some("log.append")), (&answers, None)] {
        let of = |name| member(&span.attributes, name);
        assert_eq!(span.kind(), SpanKind::Client);
        assert_eq!(of("db.system.name").as_deref(), Some("postgresql"));
        assert!(of("db.namespace").is_some_and(|it| !it.is_empty()), "{span:?}");
        assert_eq!(of("db.operation.name").as_deref(), operation);
        assert_eq!(of("db.query.text"), None);
    }
    assert!(request.start_time_unix_nano <= decision.start_time_unix_nano);
    assert!(decision.end_time_unix_nano <= request.end_time_unix_nano);
    Ok(())
}
