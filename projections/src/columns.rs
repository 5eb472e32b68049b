//! A row as it comes from the database, column by column, into the struct that describes it. It
//! says what the row's JSON would say: a date is a text, an array a list. But nobody writes that
//! JSON, or parses it; and a UUID is its bytes.

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess,
    Visitor,
    value::{MapAccessDeserializer, SeqDeserializer, StrDeserializer},
};
use serde_json::Error;
use sqlx::{
    Column as _, Decode, FromRow, Postgres, Row as _, TypeInfo as _, ValueRef as _,
    postgres::{PgRow, PgValueRef},
};
use uuid::Uuid;

/// A row whose columns are the members of `T`, by name.
pub(crate) struct Columns<T>(pub(crate) T);

impl<'r, T: DeserializeOwned> FromRow<'r, PgRow> for Columns<T> {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let members = MapAccessDeserializer::new(Members { row, next: 0 });
        let read = T::deserialize(members);
        read.map(Self)
            .map_err(|error| sqlx::Error::Decode(error.into()))
    }
}

struct Members<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> MapAccess<'r> for Members<'r> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'r>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(column) = self.row.columns().get(self.next) else { return Ok(None) };
        let name: StrDeserializer<'_, Error> = column.name().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'r>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self.row.try_get_raw(self.next).map_err(Error::custom)?;
        let name = self.row.column(self.next).name();
        self.next += 1;
        let read = seed.deserialize(Cell(value));
        read.map_err(|error| Error::custom(format_args!("column `{name}`: {error}")))
    }
}

/// One column of one row.
struct Cell<'r>(PgValueRef<'r>);

impl<'r> Cell<'r> {
    /// The text of a document; none for what is not one.
    fn document(&self) -> Result<Option<&'r [u8]>, Error> {
        if self.0.is_null() {
            return Ok(None);
        }
        let bytes = || self.0.as_bytes().map_err(Error::custom);
        Ok(match self.0.type_info().name() {
            "JSON" => Some(bytes()?),
            // After the version of its format.
            "JSONB" => Some(bytes()?.get(1..).unwrap_or_default()),
            _ => None,
        })
    }

    fn read<T: Decode<'r, Postgres>>(self) -> Result<T, Error> {
        T::decode(self.0).map_err(Error::custom)
    }

    fn visit_list<V, T, U>(self, visitor: V, item: impl Fn(T) -> U) -> Result<V::Value, Error>
    where
        V: Visitor<'r>,
        U: IntoDeserializer<'r, Error>,
        Vec<T>: Decode<'r, Postgres>,
    {
        let items = self.read::<Vec<T>>()?.into_iter().map(item);
        visitor.visit_seq(SeqDeserializer::new(items))
    }
}

impl<'r> Deserializer<'r> for Cell<'r> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'r>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Some(text) = self.document()? {
            return serde_json::Deserializer::from_slice(text).deserialize_any(visitor);
        }
        if self.0.is_null() {
            return visitor.visit_unit();
        }
        let kind = self.0.type_info().into_owned();
        match kind.name() {
            "BOOL" => visitor.visit_bool(self.read()?),
            "INT2" => visitor.visit_i16(self.read()?),
            "INT4" => visitor.visit_i32(self.read()?),
            "INT8" => visitor.visit_i64(self.read()?),
            "TEXT" => visitor.visit_borrowed_str(self.read()?),
            "UUID" => visitor.visit_bytes(self.read::<Uuid>()?.as_bytes()),
            "DATE" => visitor.visit_string(day(self.read()?)),
            "TIMESTAMPTZ" => {
                let at = self.read::<jiff_sqlx::Timestamp>()?.to_jiff();
                visitor.visit_string(at.to_string())
            }
            "INT8[]" => self.visit_list(visitor, |it: i64| it),
            "TEXT[]" => self.visit_list(visitor, |it: String| it),
            "UUID[]" => self.visit_list(visitor, Id),
            "DATE[]" => self.visit_list(visitor, day),
            other => Err(Error::custom(format_args!("no column of a row is a {other}"))),
        }
    }

    fn deserialize_option<V: Visitor<'r>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Some(text) = self.document()? {
            return serde_json::Deserializer::from_slice(text).deserialize_option(visitor);
        }
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'r>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if let Some(text) = self.document()? {
            let mut document = serde_json::Deserializer::from_slice(text);
            return document.deserialize_enum(name, variants, visitor);
        }
        let variant: StrDeserializer<'_, Error> = self.read::<&str>()?.into_deserializer();
        variant.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'r>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A column that the struct does not have, whatever it is.
    fn deserialize_ignored_any<V: Visitor<'r>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'r>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// An item of a list of UUIDs.
struct Id(Uuid);

impl<'de> Deserializer<'de> for Id {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bytes(self.0.as_bytes())
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Id {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn day(it: jiff_sqlx::Date) -> String {
    it.to_jiff().to_string()
}
