//! What a download is asked: the members of the GraphQL filter, as parameters of the address.

use async_graphql::{Name, Value, indexmap::IndexMap};
use eventlog::Position;
use http::Uri;
use projections::historique::Filter;

use crate::{
    Error, Result,
    graphql::{historique::filter::HistoriqueFilter, past::AsOfInput},
    http::{
        asked::parameters,
        downloads::parameters::{AS_OF_POSITION, AsOf, invalid, parsed},
    },
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
        let all = parameters(address).ok_or_else(|| invalid(BOM))?;
        let mut members = IndexMap::new();
        let mut known = AsOf::default();
        let mut bom = false;
        for (name, text) in all {
            if known.takes(&name, &text) {
                continue;
            }
            let one = Value::String(text.clone());
            match name.as_str() {
                BOM if text == "true" => bom = true,
                BOM if text == "false" => (),
                it if SINGLES.contains(&it) => drop(members.insert(Name::new(it), one)),
                it if LISTS.contains(&it) => {
                    let several = text.split(',').filter(|it| !it.is_empty());
                    let several = several.map(|it| Value::String(it.to_owned())).collect();
                    members.insert(Name::new(it), Value::List(several));
                }
                _ => return Err(invalid(&name)),
            }
        }
        // One at a time first, so that the parameter at fault is named.
        for (name, value) in &members {
            let alone = IndexMap::from_iter([(name.clone(), value.clone())]);
            parsed::<HistoriqueFilter>(name, Value::Object(alone))?;
        }
        let filter: HistoriqueFilter = parsed("filter", Value::Object(members))?;
        let filter = filter.rows().map_err(|error| match error {
            Error::Invalid { path, why } => {
                let path = path.trim_start_matches("filter.").to_owned();
                Error::Invalid { path, why }
            }
            other => other,
        })?;
        Ok(Self { filter, as_of: known.asked()?, bom })
    }
}

/// The parameters of what comes after, as known at the same position.
pub(super) fn continued(query: &str, next: Position, as_of: Position) -> String {
    let mut all: Vec<_> = query
        .split('&')
        .filter(|it| !it.is_empty())
        .filter(|it| {
            let name = it.split('=').next().unwrap_or_default();
            name != "from" && !AsOf::NAMES.contains(&name)
        })
        .map(str::to_owned)
        .collect();
    all.extend([format!("from={}", next.0), format!("{AS_OF_POSITION}={}", as_of.0)]);
    all.join("&")
}
