//! The open files of a financeur, to whoever may ask for them: `/exports/scdl-subventions.csv` and
//! `/exports/360giving.json`, and beside each what it does not tell and why. Whole in memory, for
//! they are bounded, and written in the journal of readings before they are given.

use async_graphql::ID;
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use domain::{Date, Refusal, refusal::Common};
use eventlog::Reader;
use http::{HeaderName, HeaderValue, Uri, header};
use projections::exports::MODELS;

use super::{
    Language, asked,
    downloads::{
        AS_OF, Coming, Door, Downloads,
        parameters::{self, invalid},
    },
};
use crate::{
    Result,
    clock::RequestClock,
    exports::{Export, Filter, giving::GivingPrefix},
    graphql::{ids::typed, paging, past::AsOfInput, scalars::Position},
};

/// The most files on their way at once: each is whole in memory.
const IN_FLIGHT_MAX: usize = 4;

/// How many subventions the file does not tell; `Link` says where they are read.
const REJETS: HeaderName = HeaderName::from_static("essaim-rejets");

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Scdl,
    Giving,
}

/// The file, or what it does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    File,
    Rejets,
}

impl Name {
    fn file(self) -> &'static str {
        match self {
            Self::Scdl => "scdl-subventions.csv",
            Self::Giving => "360giving.json",
        }
    }

    fn stem(self) -> &'static str {
        match self {
            Self::Scdl => "scdl-subventions",
            Self::Giving => "360giving",
        }
    }

    fn media(self) -> &'static str {
        match self {
            Self::Scdl => "text/csv; charset=utf-8; header=present",
            Self::Giving => "application/json",
        }
    }
}

/// Every address.
pub fn router(it: Downloads, prefix: &GivingPrefix) -> Router {
    let mut routes = Router::new();
    for name in [Name::Scdl, Name::Giving] {
        for part in [Part::File, Part::Rejets] {
            let at = match part {
                Part::File => format!("/exports/{}", name.file()),
                Part::Rejets => format!("/exports/{}/rejets.json", name.stem()),
            };
            let prefix = prefix.clone();
            let give = move |State(door): State<Door>, request: Request| async move {
                let ask = move |it| give(it, (name, part), prefix);
                door.answer(request, ask).await
            };
            routes = routes.route(&at, get(give));
        }
    }
    routes.with_state(Door::new(it, IN_FLIGHT_MAX))
}

async fn give(
    Coming { it, actor, request, place: _place }: Coming,
    (name, part): (Name, Part),
    prefix: GivingPrefix,
) -> Result<Response> {
    let Asked { filter, at_least, as_of } = Asked::of(&request.uri)?;
    paging::reached(&it.reads, &MODELS, at_least).await?;
    let reads = match as_of {
        None => it.reads.clone(),
        Some(as_of) => as_of.reads(&it.reads, RequestClock::read()).await?,
    };
    let export = Export::read(&reads, &actor, &filter).await?;
    let export = export.ok_or_else(|| Refusal::from(Common::NotFound {}))?;
    let as_of = export.as_of.position;
    let query = request.uri.query().unwrap_or_default();
    let reader = Reader::of(&actor).to("DOWNLOAD");
    it.reads
        .log()
        .note_reading(&reader, as_of, (name.stem(), query))
        .await?;
    let language = Language::of_headers(&request.headers);
    let (file, count, rejets) = match name {
        Name::Scdl => {
            let told = export.scdl();
            (told.csv()?, told.rejets.len(), told.rejets(language))
        }
        Name::Giving => {
            let told = export.giving(&prefix);
            (told.package().to_string(), told.rejets.len(), told.rejets(language))
        }
    };
    let mut headers = vec![
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::VARY, "authorization, accept-language".to_owned()),
        (AS_OF, as_of.0.to_string()),
        (REJETS, count.to_string()),
    ];
    let content = match part {
        Part::File => {
            let link = format!("</exports/{}/rejets.json?{query}>; rel=\"related\"", name.stem());
            headers.extend([
                (header::CONTENT_TYPE, name.media().to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", name.file())),
                (header::LINK, link),
            ]);
            file
        }
        Part::Rejets => {
            headers.extend([
                (header::CONTENT_TYPE, "application/json".to_owned()),
                (header::CONTENT_LANGUAGE, language.tag().to_owned()),
            ]);
            rejets.to_string()
        }
    };
    let mut response = Response::new(content.into());
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// Which subventions, what the file must count, and when.
struct Asked {
    filter: Filter,
    at_least: Option<Position>,
    as_of: Option<AsOfInput>,
}

impl Asked {
    fn of(address: &Uri) -> Result<Self> {
        let all = asked::parameters(address).ok_or_else(|| invalid("financeur"))?;
        let (mut financeur, mut from, mut to, mut at_least) = (None, None, None, None);
        let mut as_of = parameters::AsOf::default();
        for (name, text) in all {
            let day = || text.parse::<Date>().map_err(|_| invalid(&name));
            match name.as_str() {
                it if as_of.takes(it, &text) => (),
                "financeur" => financeur = Some(typed(&ID(text.clone()), "financeur")?),
                "from" => from = Some(day()?),
                "to" => to = Some(day()?),
                "atLeastPosition" => {
                    let position = text.parse().map_err(|_| invalid(&name))?;
                    at_least = Some(Position(position));
                }
                _ => return Err(invalid(&name)),
            }
        }
        let financeur = financeur.ok_or_else(|| invalid("financeur"))?;
        Ok(Self { filter: Filter { financeur, from, to }, at_least, as_of: as_of.asked()? })
    }
}
