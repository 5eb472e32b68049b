//! Spans over OTLP and HTTP. The SDK exports from a thread of its own, where the HTTP client
//! finds no runtime: each request is carried over to ours.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError, hyper::HyperClient};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use tokio::runtime::Handle;

/// Called inside the runtime that will send.
pub(super) fn exporter(
    endpoint: &str,
    timeout: Duration,
) -> Result<SpanExporter, ExporterBuildError> {
    let client = OnRuntime {
        client: HyperClient::with_default_connector(timeout, None),
        runtime: Handle::current(),
    };
    SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(endpoint)
        .build()
}

#[derive(Debug, Clone)]
struct OnRuntime {
    client: HyperClient,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime
            .spawn(async move { client.send_bytes(request).await })
            .await?
    }
}
