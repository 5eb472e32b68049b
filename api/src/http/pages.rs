//! The pages around GraphQL: what this is, the schema, health, figures.

use std::{sync::Arc, time::Duration};

use async_graphql::Executor;
use axum::{
    Json,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::json;

use super::{Doors, Language, answer::Reply, asked::Media, docs};
use crate::error::{Answer, ROUTE_NOT_FOUND};

/// How long the parts of the house have to say that they are ready.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// The schema's text in each language, printed once.
#[derive(Debug, Clone, Default)]
pub struct Sdl {
    pub fr: Arc<str>,
    pub en: Arc<str>,
}

/// The process runs. Asks nobody: a slow database must not get it killed.
pub(super) async fn live() -> Json<serde_json::Value> {
    Json(json!({ "status": "live" }))
}

/// Whether requests should come here.
pub(super) async fn ready<E: Executor>(State(doors): State<Arc<Doors<E>>>) -> Response {
    let reason = if doors.running.is_draining() {
        Some("stopping".to_owned())
    } else {
        match tokio::time::timeout(READY_TIMEOUT, (doors.app.ready)()).await {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason),
            Err(_) => Some("no answer in time".to_owned()),
        }
    };
    match reason {
        None => Json(json!({ "status": "ready" })).into_response(),
        Some(reason) => {
            let body = Json(json!({ "status": "unavailable", "reason": reason }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

/// For a scraper.
pub(super) async fn metrics<E: Executor>(State(doors): State<Arc<Doors<E>>>) -> impl IntoResponse {
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], doors.app.figures.render())
}

/// The schema, described in the language that the address or the headers ask for.
pub(super) async fn schema<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    address: Uri,
    headers: HeaderMap,
) -> Response {
    let language = docs::language(&address, &headers);
    let ([fr, en], sdl) = (&doors.sdl_tags, &doors.app.sdl);
    let (tag, text) = (language.choose(fr, en), language.choose(&sdl.fr, &sdl.en));
    docs::fixed(&headers, ("text/plain; charset=utf-8", language), tag, text.to_string())
}

/// What this is, for whoever opens the address in a browser.
pub(super) async fn landing<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let language = Language::of_headers(&headers);
    let shown = doors.app.options.graphiql;
    let graphiql = if shown { language.choose(GRAPHIQL.0, GRAPHIQL.1) } else { "" };
    let page = language
        .choose(LANDING.0, LANDING.1)
        .replace("{graphiql}", graphiql);
    let headers = [(header::CONTENT_LANGUAGE, language.tag()), (header::VARY, "accept-language")];
    (headers, Html(page))
}

const GRAPHIQL: (&str, &str) = (
    "<li><a href=\"/graphiql\">GraphiQL</a> : explorer et essayer dans le navigateur.</li>",
    "<li><a href=\"/graphiql\">GraphiQL</a>: explore and try in the browser.</li>",
);

const LANDING: (&str, &str) = (
    r#"<!doctype html>
<html lang="fr"><meta charset="utf-8"><title>Essaim</title>
<h1>Essaim</h1>
<p>L'API GraphQL du réseau DLA : chaque décision est un fait enregistré, daté et vérifiable.</p>
<ul>
<li><code>POST /graphql</code> : tout, avec un jeton (<code>Authorization: Bearer …</code>).</li>
{graphiql}
<li><a href="/schema.graphql?lang=fr">Le schéma</a>, décrit en français
(<a href="/schema.graphql?lang=en">en anglais</a>).</li>
<li><a href="/docs/operations?lang=fr">Des opérations prêtes</a>, et
<a href="/docs/errors?lang=fr">tous les codes d'erreur</a>.</li>
<li><a href="/health/ready">État du service</a>.</li>
</ul>
<p>En démonstration, <code>essaim demo</code> affiche un jeton pour chaque rôle.</p>
</html>
"#,
    r#"<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Essaim</title>
<h1>Essaim</h1>
<p>The GraphQL API of the DLA network: each decision is a recorded, dated, verifiable fact.</p>
<ul>
<li><code>POST /graphql</code>: everything, with a token (<code>Authorization: Bearer …</code>).</li>
{graphiql}
<li><a href="/schema.graphql?lang=en">The schema</a>, described in English
(<a href="/schema.graphql?lang=fr">in French</a>).</li>
<li><a href="/docs/operations?lang=en">Ready operations</a>, and
<a href="/docs/errors?lang=en">all codes of errors</a>.</li>
<li><a href="/health/ready">State of the service</a>.</li>
</ul>
<p>In the demo, <code>essaim demo</code> prints a token for each role.</p>
</html>
"#,
);

/// Any other address.
pub(super) async fn nowhere(headers: HeaderMap) -> Response {
    let language = Language::of_headers(&headers);
    Reply::error(StatusCode::NOT_FOUND, Answer::of(&ROUTE_NOT_FOUND, language))
        .for_caller(Media::Json, language)
        .into_response()
}
