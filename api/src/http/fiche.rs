//! The fiche of an ingénierie, whole: as JSON, and as a page to print.
//!
//! Both are one GraphQL document of ours, asked with the caller's token: what they may not read
//! in GraphQL is not here either.

use std::sync::Arc;

use async_graphql::{Executor, ID, Request as GraphqlRequest, Variables};
use axum::{
    extract::{Path, Request, State},
    response::{Html, IntoResponse as _, Response},
};
use domain::{IngenierieId, Refusal, refusal::Common};
use http::{HeaderValue, StatusCode, header};
use minijinja::{Environment, context};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{Doors, Language, answer::Reply, asked::Media, graphql::Asked};
use crate::{
    error::{Answer, Error, INTERNAL_SERVER_ERROR},
    graphql::ids::typed,
};

const DOCUMENT: &str = include_str!("fiche/fiche.graphql");
const PAGE: &str = include_str!("fiche/fiche.html");

/// `GET /ingenieries/{id}/fiche.json`, with the id of GraphQL.
pub(super) async fn json<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let asked = asked(&request);
    match doors.fiche(asked, id, request).await {
        Ok(fiche) => unstored(axum::Json(fiche).into_response()),
        Err(no) => no.for_caller(asked.media, asked.language).into_response(),
    }
}

/// `GET /ingenieries/{id}/fiche.html`.
pub(super) async fn html<E: Executor>(
    State(doors): State<Arc<Doors<E>>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let asked = asked(&request);
    let fiche = match doors.fiche(asked, id, request).await {
        Ok(fiche) => fiche,
        Err(no) => return no.for_caller(asked.media, asked.language).into_response(),
    };
    match page(&fiche) {
        Ok(page) => unstored(Html(page).into_response()),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a fiche has no page");
            let answer = Answer::of(&INTERNAL_SERVER_ERROR, asked.language);
            Reply::error(StatusCode::INTERNAL_SERVER_ERROR, answer)
                .for_caller(asked.media, asked.language)
                .into_response()
        }
    }
}

fn asked(request: &Request) -> Asked {
    Asked { language: Language::of_headers(request.headers()), media: Media::GraphqlResponse }
}

/// What depends on who asks is kept by no cache.
fn unstored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("authorization, accept-language"));
    response
}

impl<E: Executor> Doors<E> {
    async fn fiche(&self, asked: Asked, id: String, request: Request) -> Result<Value, Reply> {
        let (parts, _) = request.into_parts();
        let document = GraphqlRequest::new(DOCUMENT).variables(Variables::from_json(json!({
            "id": id
        })));
        let content = self.ask(asked, &parts, document).await?;
        let unknown = typed::<IngenierieId>(&ID(id), "id").is_err();
        if !content.errors.is_empty() && !unknown {
            let mut incomplete = Reply::executed(content);
            incomplete.status = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(incomplete);
        }
        let mut data = content.data.into_json().unwrap_or_default();
        match data["ingenierie"].take() {
            Value::Null => {
                let unknown = Error::from(Refusal::from(Common::NotFound {}));
                Err(Reply::error(StatusCode::NOT_FOUND, unknown.answer(asked.language)))
            }
            fiche => Ok(fiche),
        }
    }
}

fn page(fiche: &Value) -> Result<String, minijinja::Error> {
    let mut pages = Environment::new();
    pages.add_filter("libelle", libelle);
    pages.add_filter("euros", euros);
    pages.add_filter("jours", jours);
    pages.add_filter("jour", jour);
    let unfit = |it: serde_json::Error| {
        minijinja::Error::new(minijinja::ErrorKind::BadSerialization, it.to_string())
    };
    let fiche = minijinja::Value::deserialize(fiche).map_err(unfit)?;
    // What people wrote is escaped because the name says that this is HTML.
    pages.render_named_str("fiche.html", PAGE, context! { fiche })
}

/// A value of an enumeration, as people write it.
fn libelle(value: &str) -> String {
    let written = match value {
        "CIBLEE" => "Ciblée",
        "CONTACTEE" => "Contactée",
        "REPONDU" => "A répondu",
        "MOBILISEE" => "Mobilisée",
        "DECLINEE" => "A décliné",
        "RETIREE" => "Retirée",
        "ENGAGEE" => "Engagée",
        "CONFIRMEE" => "Confirmée",
        "FINALISEE" => "Finalisée",
        "ABANDONNEE" => "Abandonnée",
        "SOUGHT" => "Recherché",
        "REQUESTED" => "Demandé",
        "GRANTED" => "Accordé",
        "NOTIFIED" => "Notifié",
        "REFUSED" => "Refusé",
        "DEFAVORABLE" => "Défavorable",
        "FAVORABLE_AVEC_RESERVES" => "Favorable avec réserves",
        "AJOURNE" => "Ajourné",
        "T1" => "Type 1 : réponse à des structures",
        "T2_INDIVIDUELLE" => "Type 2 : solution individuelle avec des structures",
        "T2_COLLECTIVE" => "Type 2 : solution collective avec des structures",
        "T2_LES_DEUX" => "Type 2 : solutions individuelles et collectives",
        "DEPARTEMENT" | "DEPARTEMENTAL" => "Département",
        "REGION" | "REGIONAL" => "Région",
        "EPCI" => "EPCI",
        "QPV" => "QPV",
        "DLA" => "DLA",
        "BENEFICIAIRE" => "Bénéficiaires",
        "PARTENAIRE" => "Partenaires",
        "PROGRAMMEE" => "Programmée",
        "CERTIFIEE" => "Information certifiée",
        "ANNULEE" => "Annulée",
        "COHERENCE" => "Cohérence",
        "EFFICACITE" => "Efficacité",
        "NON_EVALUABLE" => "Non évaluable",
        "PARTIELLEMENT_ATTEINT" => "Partiellement atteint",
        "COMPETENCES" => "Compétences",
        "C2RA" => "C2RA",
        "CNAR" => "CNAR",
        "AUTO_EVALUATION_DLA" => "Auto-évaluation du DLA",
        _ => return sentence(value),
    };
    written.to_owned()
}

/// `EN_INTERVENTION` is `En intervention`.
fn sentence(value: &str) -> String {
    let words = value.replace('_', " ").to_lowercase();
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Cents, a string of digits, as `2 500,00 €`.
fn euros(cents: &str) -> String {
    let (sign, digits) = cents.strip_prefix('-').map_or(("", cents), |it| ("−", it));
    let digits = format!("{digits:0>3}");
    let (units, rest) = digits.split_at(digits.len() - 2);
    let mut grouped = String::new();
    for (n, digit) in units.chars().enumerate() {
        if n > 0 && (units.len() - n).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped},{rest}\u{a0}€")
}

/// A number of days, `"1.25"`, as `1,25 jour`.
fn jours(days: &str) -> String {
    let plural = days.parse::<f64>().is_ok_and(|it| it >= 2.0);
    format!("{}\u{a0}jour{}", days.replace('.', ","), if plural { "s" } else { "" })
}

/// A date as `16 mars 2026`.
fn jour(date: &str) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let Ok(date) = date.parse::<jiff::civil::Date>() else { return date.to_owned() };
    let month = usize::try_from(date.month() - 1)
        .ok()
        .and_then(|it| MONTHS.get(it));
    let day = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day} {} {}", month.copied().unwrap_or_default(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_days_read_as_french_does() {
        assert_eq!(euros("250000"), "2\u{202f}500,00\u{a0}€");
        assert_eq!(euros("5"), "0,05\u{a0}€");
        assert_eq!(euros("-123456789"), "−1\u{202f}234\u{202f}567,89\u{a0}€");
        assert_eq!(jours("1.25"), "1,25\u{a0}jour");
        assert_eq!(jours("3"), "3\u{a0}jours");
        assert_eq!(jour("2026-03-01"), "1er mars 2026");
        assert_eq!(libelle("EN_INTERVENTION"), "En intervention");
    }

    #[test]
    fn what_people_write_is_shown_as_text() -> Result<(), minijinja::Error> {
        let page = page(&json!({ "intitule": "<script>alert(1)</script>", "etat": "ENGAGEE",
            "territoire": { "niveau": "COMMUNE", "code": "84007" }, "problematique": {},
            "jours": "0" }))?;
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
        Ok(())
    }
}
