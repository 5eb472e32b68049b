//! One line of a copy: what a row serialises to, column by column.

use std::ops::Range;

use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeMap, SerializeStruct},
};
use serde_json::{Error, Value};

use super::{Kind, escape};

/// Writes rows of one table, one after the other.
pub(super) struct Lines<'a> {
    columns: &'a [(String, Kind)],
    /// The members of the row under way that are columns, in the order in which they come.
    written: String,
    /// Where each column stands in them, once it has come.
    cells: Vec<Option<Range<usize>>>,
    /// The column that follows the last that came: a row most often has them in their order.
    next: usize,
    /// The name of the member that comes, when it is told apart from its value.
    key: String,
}

impl<'a> Lines<'a> {
    pub(super) fn of(columns: &'a [(String, Kind)]) -> Self {
        Self {
            columns,
            written: String::new(),
            cells: vec![None; columns.len()],
            next: 0,
            key: String::new(),
        }
    }

    /// Adds the line of a row. Nothing is added when it fails.
    pub(super) fn add(&mut self, row: &impl Serialize, text: &mut String) -> Result<(), Error> {
        self.written.clear();
        self.cells.fill(None);
        self.next = 0;
        row.serialize(&mut *self)?;
        for (n, cell) in self.cells.iter().enumerate() {
            if n > 0 {
                text.push('\t');
            }
            text.push_str(cell.clone().map_or(NULL, |it| &self.written[it]));
        }
        text.push('\n');
        Ok(())
    }

    /// A member of the row. One that is no column is left out.
    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let is = |n: &usize| self.columns.get(*n).is_some_and(|(it, _)| it == name);
        let found = Some(self.next).filter(is);
        let Some(n) = found.or_else(|| (0..self.columns.len()).find(is)) else { return Ok(()) };
        self.next = n + 1;
        let from = self.written.len();
        cell(&mut self.written, self.columns[n].1, value)?;
        self.cells[n] = Some(from..self.written.len());
        Ok(())
    }
}

/// What Postgres reads where nothing is.
const NULL: &str = "\\N";

fn cell(text: &mut String, kind: Kind, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
    if kind == Kind::Json {
        let document = serde_json::to_string(value)?;
        match document.as_str() {
            "null" => text.push_str(NULL),
            it => escape(text, it),
        }
        return Ok(());
    }
    match serde_json::to_value(value)? {
        Value::Null => text.push_str(NULL),
        Value::String(it) => escape(text, &it),
        Value::Array(items) if kind == Kind::Array => escape(text, &super::array(&items)),
        it => escape(text, &it.to_string()),
    }
    Ok(())
}

impl SerializeStruct for &mut Lines<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

/// A struct with another that is flattened into it.
impl SerializeMap for &mut Lines<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let Value::String(key) = serde_json::to_value(key)? else { return Err(no_row()) };
        self.key = key;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.member(&key, value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

fn no_row() -> Error {
    Error::custom("a row is a struct")
}

/// What no row is.
macro_rules! none {
    ($($name:ident($($argument:ty),*) -> $what:ty;)*) => {
        $(fn $name(self, $(_: $argument),*) -> Result<$what, Error> {
            Err(no_row())
        })*
    };
}

impl Serializer for &mut Lines<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Error> {
        Err(no_row())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(no_row())
    }

    none! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize)
            -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize)
            -> Self::SerializeStructVariant;
    }
}
