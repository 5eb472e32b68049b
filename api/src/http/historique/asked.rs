//! What a download is asked: the members of the GraphQL filter, as parameters of the address.

use async_graphql::{InputType, InputValueError, Name, Pos, Value, indexmap::IndexMap};
use domain::values::Invalid;
use eventlog::Position;
use http::Uri;
use projections::historique::Filter;

use crate::{
    Error, Result,
    error::{BAD_USER_INPUT, BOTH},
    graphql::{historique::filter::HistoriqueFilter, past::AsOfInput},
    http::asked::parameters,
};

/// Those that hold several values, between commas.
pub(super) const LISTS: [&str; 4] = ["categories", "ingenieries", "roles", "types"];
/// Those that hold one.
pub(super) const SINGLES: [&str; 11] = [
    "acteur",
    "byOrganisation",
    "dla",
    "financeur",
    "from",
    "onFrom",
    "onTo",
    "organisation",
    "recordedFrom",
    "recordedTo",
    "to",
];
const KNOWN_DATE: &str = "asOfDate";
const KNOWN_POSITION: &str = "asOfPosition";
/// Whether a byte order mark goes first, for the spreadsheets that need one.
const BOM: &str = "bom";

/// What a download is asked.
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) as_of: Option<AsOfInput>,
    pub(super) bom: bool,
}

impl Asked {
    pub(super) fn of(address: &Uri) -> Result<Self> {
        let all = parameters(address).ok_or_else(|| invalid(BOM, None))?;
        let mut members = IndexMap::new();
        let mut known = IndexMap::new();
        let mut bom = false;
        for (name, text) in all {
            let one = Value::String(text.clone());
            match name.as_str() {
                BOM if text == "true" => bom = true,
                BOM if text == "false" => (),
                KNOWN_DATE => drop(known.insert(Name::new("date"), one)),
                KNOWN_POSITION => drop(known.insert(Name::new("position"), one)),
                it if SINGLES.contains(&it) => drop(members.insert(Name::new(it), one)),
                it if LISTS.contains(&it) => {
                    let several = text.split(',').filter(|it| !it.is_empty());
                    let several = several.map(|it| Value::String(it.to_owned())).collect();
                    members.insert(Name::new(it), Value::List(several));
                }
                _ => return Err(invalid(&name, None)),
            }
        }
        // One at a time first, so that the parameter at fault is named.
        for (name, value) in &members {
            let alone = IndexMap::from_iter([(name.clone(), value.clone())]);
            parsed::<HistoriqueFilter>(name, Value::Object(alone))?;
        }
        let filter: HistoriqueFilter = parsed("filter", Value::Object(members))?;
        let as_of = match known.first() {
            None => None,
            Some(_) => Some(parsed("asOf", Value::Object(known))?),
        };
        let filter = filter.rows().map_err(|error| match error {
            Error::Invalid { path, why } => {
                let path = path.trim_start_matches("filter.").to_owned();
                Error::Invalid { path, why }
            }
            other => other,
        })?;
        Ok(Self { filter, as_of, bom })
    }
}

/// The parameters of what comes after, as known at the same position.
pub(super) fn continued(query: &str, next: Position, as_of: Position) -> String {
    let replaced = ["from", KNOWN_DATE, KNOWN_POSITION];
    let mut all: Vec<_> = query
        .split('&')
        .filter(|it| !it.is_empty())
        .filter(|it| !replaced.contains(&it.split('=').next().unwrap_or_default()))
        .map(str::to_owned)
        .collect();
    all.extend([format!("from={}", next.0), format!("{KNOWN_POSITION}={}", as_of.0)]);
    all.join("&")
}

fn parsed<T: InputType>(path: &str, value: Value) -> Result<T> {
    T::parse(Some(value)).map_err(|error| invalid(path, said(error)))
}

/// What a scalar says of a value that it refuses.
fn said<T: InputType>(error: InputValueError<T>) -> Option<Invalid> {
    let extensions = error.into_server_error(Pos::default()).extensions?;
    let [fr, en] = BOTH.map(|it| match extensions.get(it) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    });
    Some(Invalid { fr: fr?, en: en? })
}

fn invalid(path: &str, why: Option<Invalid>) -> Error {
    let (fr, en) = (BAD_USER_INPUT.fr.to_owned(), BAD_USER_INPUT.en.to_owned());
    Error::Invalid { path: path.to_owned(), why: why.unwrap_or(Invalid { fr, en }) }
}
