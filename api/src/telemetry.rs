//! What the house tells of itself: lines, spans, figures. No personal data in any of them,
//! no document and no variables of a request.

mod otlp;

use std::{sync::Arc, time::Duration};

use async_graphql::parser::types::OperationType;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::{
    propagation::{Extractor, TextMapPropagator as _},
    trace::{TraceContextExt as _, TraceId, TracerProvider as _},
};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{IdGenerator as _, RandomIdGenerator, Sampler, SdkTracerProvider},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::{LogFormat, Settings};

/// The name of the service in traces.
const SERVICE: &str = "essaim";
/// Which spans exist, however few lines are written: events say the trace they belong to.
const SPANS: &str = "info,sqlx=warn,hyper=warn,h2=warn,opentelemetry=warn";
/// Upper bounds of the time histograms, in seconds.
const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Upper bounds of the other histograms: complexities, batch sizes.
const COUNTS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];
/// How long one export may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("log_level (ESSAIM_LOG_LEVEL): expected filters such as `info,sqlx=warn`")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    #[error(
        "otlp_endpoint (ESSAIM_OTLP_ENDPOINT): expected an address such as `http://localhost:4318/v1/traces`"
    )]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    #[error("another recorder of figures is installed in this process")]
    Recorder(#[source] metrics_exporter_prometheus::BuildError),
    #[error("another writer of lines is installed in this process")]
    Subscriber(#[source] tracing_subscriber::util::TryInitError),
}

/// The telemetry of the process, until [`Telemetry::shutdown`].
#[derive(Debug)]
pub struct Telemetry {
    figures: Figures,
    provider: SdkTracerProvider,
}

/// The figures, as a scraper reads them.
#[derive(Clone)]
pub struct Figures(Arc<dyn Fn() -> String + Send + Sync>);

impl std::fmt::Debug for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Figures")
    }
}

impl Figures {
    pub fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        (self.0)()
    }
}

impl Telemetry {
    /// Installs everything, once a process. Called inside the runtime, which sends the spans.
    pub fn init(settings: &Settings) -> Result<Self, Failure> {
        let handle = recorder()?;
        let provider = provider(settings)?;
        let filter = EnvFilter::try_new(&settings.log_level).map_err(Failure::Filter)?;
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match settings.log_format {
            LogFormat::Json => lines
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .boxed(),
            LogFormat::Text => lines.compact().boxed(),
        };
        let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE));
        tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .with(spans.with_filter(EnvFilter::new(SPANS)))
            .try_init()
            .map_err(Failure::Subscriber)?;
        let figures = Figures::new(move || {
            handle.run_upkeep();
            handle.render()
        });
        Ok(Self { figures, provider })
    }

    pub fn figures(&self) -> Figures {
        self.figures.clone()
    }

    /// Sends what is left. Inside the runtime, which does the sending.
    pub async fn shutdown(self) {
        let done = tokio::task::spawn_blocking(move || self.provider.shutdown()).await;
        if !matches!(done, Ok(Ok(()))) {
            tracing::warn!("the last spans may not have been sent");
        }
    }
}

fn recorder() -> Result<PrometheusHandle, Failure> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(|it| it.set_buckets(COUNTS))
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(Failure::Recorder)?;
    let seconds = metrics::Unit::Seconds;
    metrics::describe_histogram!("http_request_seconds", seconds, "Requests by route");
    metrics::describe_histogram!("graphql_request_seconds", seconds, "Documents executed");
    metrics::describe_histogram!("graphql_field_seconds", seconds, "Fields at the root");
    metrics::describe_histogram!("graphql_complexity", "Computed cost of a document");
    metrics::describe_gauge!("http_requests_in_flight", "GraphQL requests being answered");
    metrics::describe_gauge!("http_connections", "Open connections");
    describe_live();
    Ok(handle)
}

/// What is counted begins at nothing, so that the first of its kind is seen to rise.
fn describe_live() {
    metrics::describe_gauge!("essaim_live_connections", "Connections that stay open");
    metrics::describe_gauge!("essaim_live_subscriptions", "Subscriptions under way");
    metrics::describe_gauge!("essaim_live_lag_positions", "Facts that may not be told yet");
    metrics::describe_counter!("essaim_live_events_total", "Events told");
    metrics::describe_counter!("essaim_live_closes_total", "Connections that ended, and why");
    metrics::describe_counter!("essaim_tokens_refused_total", "Tokens not let in, and why");
    for name in ["essaim_live_subscriptions", "essaim_writer_waiting"] {
        metrics::gauge!(name).set(0.0);
    }
    for name in [
        "essaim_append_conflicts_total",
        "essaim_documents_altered_total",
        "essaim_live_events_total",
        "essaim_vault_altered_total",
    ] {
        metrics::counter!(name).increment(0);
    }
    for transport in ["events", "websocket"] {
        let labels = [("transport", transport), ("reason", "slow")];
        metrics::counter!("essaim_live_closes_total", &labels).increment(0);
        metrics::gauge!("essaim_live_connections", "transport" => transport).set(0.0);
    }
    for reason in ["issuer", "key", "signature"] {
        metrics::counter!("essaim_tokens_refused_total", "reason" => reason).increment(0);
    }
}

/// Without an exporter nothing is recorded, but every span still belongs to a trace.
fn provider(settings: &Settings) -> Result<SdkTracerProvider, Failure> {
    let resource = Resource::builder().with_service_name(SERVICE).build();
    let provider = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = &settings.otlp_endpoint else {
        return Ok(provider.with_sampler(Sampler::AlwaysOff).build());
    };
    let exporter = otlp::exporter(endpoint, EXPORT_TIMEOUT).map_err(Failure::Exporter)?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
    Ok(provider
        .with_sampler(sampler)
        .with_batch_exporter(exporter)
        .build())
}

/// The trace of the current span, in 32 hexadecimal digits; a random one outside any.
pub fn trace_id() -> String {
    known_trace_id(&Span::current())
        .unwrap_or_else(|| RandomIdGenerator::default().new_trace_id())
        .to_string()
}

fn known_trace_id(span: &Span) -> Option<TraceId> {
    let id = span.context().span().span_context().trace_id();
    (id != TraceId::INVALID).then_some(id)
}

/// The trace of a request: its span's, its caller's, or a random one.
pub(crate) fn trace_of_request(headers: &http::HeaderMap) -> String {
    let callers = || {
        let context = TraceContextPropagator::new().extract(&Headers(headers));
        let id = context.span().span_context().trace_id();
        (id != TraceId::INVALID).then(|| id.to_string())
    };
    known_trace_id(&Span::current())
        .map(|it| it.to_string())
        .or_else(callers)
        .unwrap_or_else(trace_id)
}

/// The span of one HTTP request, in the trace of its caller (W3C trace context).
///
/// It says the route and not the address: an address may hold a document.
pub(crate) fn http_span(method: &str, route: &str, headers: &http::HeaderMap) -> Span {
    let span = tracing::info_span!(
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        request.id = tracing::field::Empty,
    );
    let context = TraceContextPropagator::new().extract(&Headers(headers));
    // Refused only when no subscriber listens, and then there is no span to attach.
    let _ = span.set_parent(context);
    span
}

/// The span of a connection that stays open, in the trace of its caller.
pub(crate) fn websocket_span(headers: &http::HeaderMap) -> Span {
    let span = tracing::info_span!("websocket", otel.kind = "server", http.route = "/graphql");
    let context = TraceContextPropagator::new().extract(&Headers(headers));
    let _ = span.set_parent(context);
    span
}

/// The kind of an operation, as spans and figures call it.
pub(crate) fn kind(of: OperationType) -> &'static str {
    match of {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

/// The longest name of an operation that a span says.
const NAME_CHARS_MAX: usize = 64;

/// The span of one GraphQL operation: its kind and the name that its author gave it, never the
/// document, which may hold what a person wrote.
pub(crate) fn operation_span(of: OperationType, name: Option<&str>) -> Span {
    let span = tracing::info_span!(
        "graphql",
        otel.name = kind(of),
        "graphql.operation.type" = kind(of),
        "graphql.operation.name" = tracing::field::Empty,
    );
    if let Some(name) = name {
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        span.record("graphql.operation.name", name);
    }
    span
}

struct Headers<'a>(&'a http::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|it| it.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests;
