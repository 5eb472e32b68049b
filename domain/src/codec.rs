//! How a fact is written for ever, and read whatever its age.
//!
//! A kind's schema number is one plus its upcasters: nobody writes it by hand.

use std::fmt;

use serde_json::{Map, Value, value::RawValue};

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

/// The events of one aggregate, as serde writes them: `{ "type": …, "data": … }`.
///
/// [`tagged!`](crate::tagged) implements it where the type is declared, so that the code which
/// reads and writes it is compiled there, once, and not wherever a fact is read.
pub trait Tagged: Sized {
    /// Its kind, and its content.
    fn write(&self) -> serde_json::Result<(String, Value)>;
    /// Reads a content in today's shape, from its text.
    fn from_text(kind: &str, data: &RawValue) -> serde_json::Result<Self>;
    /// The same, from a content that was lifted, or in which sealed values were restored.
    fn from_value(kind: &str, data: Value) -> serde_json::Result<Self>;
    /// Every kind, in the order of their declaration.
    fn kinds() -> &'static [&'static str];
}

/// Says how the events of an aggregate are written: as serde does.
#[macro_export]
macro_rules! tagged {
    ($event:ty) => {
        impl $crate::codec::Tagged for $event {
            fn write(&self) -> serde_json::Result<(String, serde_json::Value)> {
                $crate::codec::shape::write(self)
            }

            fn from_text(
                kind: &str,
                data: &serde_json::value::RawValue,
            ) -> serde_json::Result<Self> {
                $crate::codec::shape::read(kind, data)
            }

            fn from_value(kind: &str, data: serde_json::Value) -> serde_json::Result<Self> {
                $crate::codec::shape::read(kind, data)
            }

            fn kinds() -> &'static [&'static str] {
                $crate::codec::shape::kinds::<Self>()
            }
        }
    };
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
    let (kind, mut data) = revealing(|| event.write())?;
    let schema = schema_of::<D>(&kind);
    let mut sealed = vec![];
    extract(&mut data, "", &mut sealed);
    Ok(Stored { kind, schema, data, sealed })
}

/// Reads a fact, whatever shape it was stored in. `sealed` are the pointers of what it seals.
pub fn decode<'a, D: Decider>(
    kind: &str,
    schema: i16,
    data: &RawValue,
    sealed: impl ExactSizeIterator<Item = &'a str>,
) -> Result<D::Event, CodecError> {
    let shape = |source| CodecError::Shape { kind: kind.to_owned(), schema, source };
    let lifts: Vec<_> = D::UPCASTERS.iter().filter(|it| it.kind == kind).collect();
    let age = usize::try_from(schema - 1).unwrap_or(usize::MAX);
    let Some(missing) = lifts.get(age..) else {
        return Err(CodecError::Newer { kind: kind.to_owned(), schema });
    };
    if sealed.len() == 0 && missing.is_empty() {
        return D::Event::from_text(kind, data).map_err(shape);
    }
    let mut data = serde_json::from_str(data.get()).map_err(shape)?;
    for pointer in sealed {
        restore(&mut data, pointer);
    }
    for upcaster in missing {
        (upcaster.lift)(&mut data);
    }
    D::Event::from_value(kind, data).map_err(shape)
}

/// The shape that a kind is written in today.
pub fn schema_of<D: Decider>(kind: &str) -> i16 {
    let lifts = D::UPCASTERS.iter().filter(|it| it.kind == kind).count();
    i16::try_from(lifts + 1).unwrap_or(i16::MAX)
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

#[doc(hidden)]
pub mod shape;
#[cfg(test)]
mod tests;
