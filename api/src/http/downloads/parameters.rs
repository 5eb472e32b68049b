//! What a download is asked in its address, read as GraphQL reads the same arguments: one way to
//! refuse a value, and the parameter at fault is named.

use async_graphql::{InputType, InputValueError, Name, Pos, Value, indexmap::IndexMap};
use domain::values::Invalid;

use crate::{
    Error, Result,
    error::{BAD_USER_INPUT, BOTH},
    graphql::past::AsOfInput,
};

const AS_OF_DATE: &str = "asOfDate";
pub(in crate::http) const AS_OF_POSITION: &str = "asOfPosition";

/// The time that a file is as of, in two parameters of which one at most is given.
#[derive(Default)]
pub(in crate::http) struct AsOf(IndexMap<Name, Value>);

impl AsOf {
    pub(in crate::http) const NAMES: [&str; 2] = [AS_OF_DATE, AS_OF_POSITION];

    /// Keeps a parameter if it is one of the two.
    pub(in crate::http) fn takes(&mut self, name: &str, text: &str) -> bool {
        let member = match name {
            AS_OF_DATE => "date",
            AS_OF_POSITION => "position",
            _ => return false,
        };
        self.0
            .insert(Name::new(member), Value::String(text.to_owned()));
        true
    }

    pub(in crate::http) fn asked(self) -> Result<Option<AsOfInput>> {
        let Self(members) = self;
        if members.is_empty() {
            return Ok(None);
        }
        parsed("asOf", Value::Object(members)).map(Some)
    }
}

/// A value as the argument of that type takes it.
pub(in crate::http) fn parsed<T: InputType>(path: &str, value: Value) -> Result<T> {
    T::parse(Some(value)).map_err(|error| refused(path, said(error)))
}

/// A parameter that is unknown, or means nothing.
pub(in crate::http) fn invalid(path: &str) -> Error {
    refused(path, None)
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

fn refused(path: &str, why: Option<Invalid>) -> Error {
    let (fr, en) = (BAD_USER_INPUT.fr.to_owned(), BAD_USER_INPUT.en.to_owned());
    Error::Invalid { path: path.to_owned(), why: why.unwrap_or(Invalid { fr, en }) }
}
