//! GraphiQL, the page where one tries the API, served from the binary so that it asks nothing of any other host.
//! The files are built beforehand in `api/graphiql` and kept compressed: no Node is needed to build the house, and nothing is compressed at run time.
//! It knows nothing of tokens: the page sends the one it is given to `/graphql`, like any other client.

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// Monaco writes inline styles and carries its fonts as `data:`; everything else comes from here.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; \
    worker-src 'self'; connect-src 'self'; frame-ancestors 'none'; form-action 'none'; \
    base-uri 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// The name of a file here holds the hash of its content: another content has another address.
const HASHED: &str = "/graphiql/assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

struct File {
    path: &'static str,
    kind: &'static str,
    gzip: &'static [u8],
}

/// The names change when the page is built again: `api/graphiql/README.md`.
static FILES: [File; 7] = [
    File { path: "/graphiql", kind: HTML, gzip: include_bytes!("../graphiql/dist/index.html.gz") },
    File {
        path: "/graphiql/licences.md",
        kind: TEXT,
        gzip: include_bytes!("../graphiql/dist/licences.md.gz"),
    },
    File {
        path: "/graphiql/assets/editor.worker-DEFT_Yb2.js",
        kind: SCRIPT,
        gzip: include_bytes!("../graphiql/dist/assets/editor.worker-DEFT_Yb2.js.gz"),
    },
    File {
        path: "/graphiql/assets/graphql.worker-BIXNMOgd.js",
        kind: SCRIPT,
        gzip: include_bytes!("../graphiql/dist/assets/graphql.worker-BIXNMOgd.js.gz"),
    },
    File {
        path: "/graphiql/assets/index-B_07vlFx.js",
        kind: SCRIPT,
        gzip: include_bytes!("../graphiql/dist/assets/index-B_07vlFx.js.gz"),
    },
    File {
        path: "/graphiql/assets/json.worker-ky6CAS4V.js",
        kind: SCRIPT,
        gzip: include_bytes!("../graphiql/dist/assets/json.worker-ky6CAS4V.js.gz"),
    },
    File {
        path: "/graphiql/assets/style-KRTNUC9F.css",
        kind: STYLE,
        gzip: include_bytes!("../graphiql/dist/assets/style-KRTNUC9F.css.gz"),
    },
];

pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.iter().fold(Router::new(), |router, file| {
        router.route(file.path, get(async move |headers: HeaderMap| file.answer(&headers)))
    })
}

impl File {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let common = [
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::VARY, "accept-encoding"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
        ];
        if !reads_gzip(asked) {
            let why = "Cette page n'existe que comprimée : acceptez « gzip ».\n";
            return (StatusCode::NOT_ACCEPTABLE, common, why).into_response();
        }
        let hashed = self.path.starts_with(HASHED);
        let own = [
            (header::CACHE_CONTROL, if hashed { FOR_EVER } else { ASK_AGAIN }),
            (header::CONTENT_ENCODING, "gzip"),
            (header::CONTENT_TYPE, self.kind),
        ];
        (common, own, self.gzip).into_response()
    }
}

/// A client that says nothing of encodings takes them all (RFC 9110, 12.5.3).
fn reads_gzip(asked: &HeaderMap) -> bool {
    let Some(offer) = asked.get(header::ACCEPT_ENCODING) else {
        return true;
    };
    let offer = offer.to_str().unwrap_or_default();
    offer.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight
            .trim()
            .trim_start_matches("q=")
            .parse()
            .unwrap_or(1.0_f32);
        matches!(name.trim(), "gzip" | "*") && weight > 0.0
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    #[test]
    fn every_built_file_is_served_under_its_own_name() {
        let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("graphiql/dist");
        let mut built = 0;
        for folder in [dist.clone(), dist.join("assets")] {
            for entry in fs::read_dir(folder).unwrap() {
                let built_path = entry.unwrap().path();
                if built_path.is_dir() {
                    continue;
                }
                let name = built_path.strip_prefix(&dist).unwrap().to_str().unwrap();
                let path = match name.strip_suffix(".gz").unwrap() {
                    "index.html" => "/graphiql".to_owned(),
                    other => format!("/graphiql/{other}"),
                };
                let file = FILES.iter().find(|file| file.path == path).unwrap();
                assert!(file.gzip == fs::read(&built_path).unwrap(), "{path} is another file");
                built += 1;
            }
        }
        assert_eq!(built, FILES.len());
    }

    #[tokio::test]
    async fn the_page_is_asked_again_and_its_assets_never() {
        for file in &FILES {
            let answer = ask(file.path, Some("br, gzip;q=0.8")).await;
            let headers = answer.headers();

            assert_eq!(answer.status(), StatusCode::OK, "{}", file.path);
            assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
            assert_eq!(headers[header::CONTENT_TYPE], file.kind);
            assert_eq!(headers[header::CONTENT_SECURITY_POLICY], CONTENT_SECURITY_POLICY);
            let cached = file.path.contains("/assets/");
            assert_eq!(headers[header::CACHE_CONTROL], if cached { FOR_EVER } else { ASK_AGAIN });
        }
    }

    #[tokio::test]
    async fn a_client_that_refuses_gzip_gets_a_sentence() {
        for refusing in ["", "br", "identity", "gzip;q=0", "gzip; q=0.0, br"] {
            let answer = ask("/graphiql", Some(refusing)).await;
            assert_eq!(answer.status(), StatusCode::NOT_ACCEPTABLE, "{refusing}");
            assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
        }
        for taking in [None, Some("gzip"), Some("deflate, *;q=0.1")] {
            assert_eq!(ask("/graphiql", taking).await.status(), StatusCode::OK, "{taking:?}");
        }
    }

    async fn ask(path: &str, encodings: Option<&str>) -> Response {
        let mut request = Request::get(path);
        if let Some(encodings) = encodings {
            request = request.header(header::ACCEPT_ENCODING, encodings);
        }
        router()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }
}
