//! How a fact is written for ever, and read whatever its age.
//!
//! A kind's schema number is one plus its upcasters: nobody writes it by hand.

use std::fmt;

use serde::{Deserialize, de::value::MapDeserializer};
use serde_json::{Map, Value, json};

use crate::{
    Decider,
    sealed::{MARK, revealing},
};

/// Lifts one stored shape to the next. The n-th of a kind reads schema n.
pub struct Upcaster {
    /// The kind it applies to.
    pub kind: &'static str,
    /// Rewrites the payload in place.
    pub lift: fn(&mut Value),
}

/// A fact ready for the log: what stands in clear, and what is to be sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Which fact, for example `PrestataireChosen`.
    pub kind: String,
    /// Which of its shapes, from 1.
    pub schema: i16,
    /// Its content, without the sealed values.
    pub data: Value,
    /// The values to seal, by JSON pointer into `data`.
    pub sealed: Vec<ToSeal>,
}

/// A value that leaves the fact before it is written.
#[derive(Clone, PartialEq)]
pub struct ToSeal {
    pub pointer: String,
    pub subject: String,
    pub value: Value,
}

impl fmt::Debug for ToSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToSeal({})", self.pointer)
    }
}

/// Why a fact could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Written by a newer version of this program.
    #[error("cannot read `{kind}` schema {schema}: it comes from a newer program")]
    Newer { kind: String, schema: i16 },
    /// Its shape is not one we know.
    #[error("cannot read `{kind}` schema {schema}")]
    Shape { kind: String, schema: i16, source: serde_json::Error },
    /// No aggregate has this category.
    #[error("cannot read an event of category `{0}`")]
    Category(String),
    /// The event type does not serialise to an object.
    #[error("cannot write an event")]
    Unwritable(#[from] serde_json::Error),
}

/// Writes a fact in today's shape.
pub fn encode<D: Decider>(event: &D::Event) -> Result<Stored, CodecError> {
    let mut tagged = revealing(|| serde_json::to_value(event))?;
    let kind = tagged["type"].as_str().unwrap_or_default().to_owned();
    let schema = schema_of::<D>(&kind);
    let mut data = tagged["data"].take();
    let mut sealed = vec![];
    extract(&mut data, "", &mut sealed);
    Ok(Stored { kind, schema, data, sealed })
}

/// Reads a fact, whatever shape it was stored in. `sealed` are the pointers of what it seals.
pub fn decode<'a, D: Decider>(
    kind: &str,
    schema: i16,
    mut data: Value,
    sealed: impl IntoIterator<Item = &'a str>,
) -> Result<D::Event, CodecError> {
    for pointer in sealed {
        restore(&mut data, pointer);
    }
    let shape = |source| CodecError::Shape { kind: kind.to_owned(), schema, source };
    let lifts: Vec<_> = D::UPCASTERS.iter().filter(|it| it.kind == kind).collect();
    let age = usize::try_from(schema - 1).unwrap_or(usize::MAX);
    let Some(missing) = lifts.get(age..) else {
        return Err(CodecError::Newer { kind: kind.to_owned(), schema });
    };
    for upcaster in missing {
        (upcaster.lift)(&mut data);
    }
    serde_json::from_value(json!({ "type": kind, "data": data })).map_err(shape)
}

/// The shape that a kind is written in today.
pub fn schema_of<D: Decider>(kind: &str) -> i16 {
    let lifts = D::UPCASTERS.iter().filter(|it| it.kind == kind).count();
    i16::try_from(lifts + 1).unwrap_or(i16::MAX)
}

/// Every kind of a category, in the order of its declaration.
pub fn kinds<D: Decider>() -> &'static [&'static str] {
    let probe = MapDeserializer::<_, Variants>::new([("type", "")].into_iter());
    match D::Event::deserialize(probe) {
        Err(Variants(names)) => names,
        Ok(_) => &[],
    }
}

/// Takes sealed values out, and leaves absent what is null: a leaf holds neither.
fn extract(value: &mut Value, at: &str, sealed: &mut Vec<ToSeal>) {
    match value {
        Value::Object(members) => {
            members.retain(|name, member| {
                let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                if let Some(mark) = member.get_mut(MARK) {
                    let subject = mark["subject"].as_str().unwrap_or_default().to_owned();
                    // Sealed inside sealed is not a thing: only absent members are left out.
                    let mut value = mark["value"].take();
                    extract(&mut value, &pointer, sealed);
                    sealed.push(ToSeal { pointer, subject, value });
                    return false;
                }
                extract(member, &pointer, sealed);
                !member.is_null()
            });
        }
        Value::Array(items) => {
            for (n, item) in items.iter_mut().enumerate() {
                extract(item, &format!("{at}/{n}"), sealed);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// Puts a closed value back where a sealed one was taken.
fn restore(data: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(members)) = data.pointer_mut(parent) {
        let name = name.replace("~1", "/").replace("~0", "~");
        members.insert(name, Value::Object(Map::from_iter([(MARK.to_owned(), Value::Bool(true))])));
    }
}

/// Learns the variants of an event type from what serde says of an unknown one.
#[derive(Debug)]
struct Variants(&'static [&'static str]);

impl fmt::Display for Variants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Variants {}

impl serde::de::Error for Variants {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}

#[cfg(test)]
mod tests;
