//! What `tagged!` says of an event type, through serde.

use std::fmt;

use serde::{
    Deserializer, Serialize,
    de::{
        DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess,
        value::{MapAccessDeserializer, MapDeserializer},
    },
};
use serde_json::{Error, Result, Value};

/// The kind of an event, and its content.
pub fn write(event: &impl Serialize) -> Result<(String, Value)> {
    let mut tagged = serde_json::to_value(event)?;
    let kind = tagged["type"].as_str().unwrap_or_default().to_owned();
    Ok((kind, tagged["data"].take()))
}

/// An event of a kind, from its content.
pub fn read<'a, E, D>(kind: &'a str, data: D) -> Result<E>
where
    E: DeserializeOwned,
    D: Deserializer<'a, Error = Error>,
{
    E::deserialize(MapAccessDeserializer::new(Members::Kind(kind, data)))
}

/// Every kind of an event type, in the order of its declaration.
pub fn kinds<E: DeserializeOwned>() -> &'static [&'static str] {
    let probe = MapDeserializer::<_, Variants>::new([("type", "")].into_iter());
    match E::deserialize(probe) {
        Err(Variants(names)) => names,
        Ok(_) => &[],
    }
}

/// An event as two members, the kind first: serde then reads the content straight into it.
enum Members<'a, D> {
    Kind(&'a str, D),
    Data(D),
    End,
}

impl<'a, D: Deserializer<'a, Error = Error>> MapAccess<'a> for Members<'a, D> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let name = match self {
            Self::Kind(..) => "type",
            Self::Data(_) => "data",
            Self::End => return Ok(None),
        };
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value> {
        match std::mem::replace(self, Self::End) {
            Self::Kind(kind, data) => {
                *self = Self::Data(data);
                seed.deserialize(kind.into_deserializer())
            }
            Self::Data(data) => seed.deserialize(data),
            Self::End => Err(serde::de::Error::custom("an event has two members")),
        }
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
