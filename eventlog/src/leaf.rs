//! The leaf: the one canonical text of a fact, and its hash.
//!
//! Profile `essaim-leaf/1`, a restricted RFC 8785: an auditor needs no canonicaliser,
//! only SHA-256. Stored bytes are hashed, never a re-serialisation.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The profile's name, member `v` of every leaf.
pub const PROFILE: &str = "essaim-leaf/1";

/// The longest leaf, in bytes.
pub const BYTES_MAX: usize = 65_535;

/// How deep a leaf may be; the leaf itself is at depth 1.
pub const DEPTH_MAX: usize = 8;

/// The largest number: beyond it, JSON readers lose digits (RFC 7493).
pub const NUMBER_MAX: i64 = (1 << 53) - 1;

/// Why a fact cannot be a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("the fact takes {0} bytes, more than {BYTES_MAX}")]
    TooLarge(usize),
    #[error("the fact is nested deeper than {DEPTH_MAX}")]
    TooDeep,
    #[error("a number is not an integer within 2^53")]
    Number,
    #[error("a text holds U+0000")]
    Nul,
    #[error("a member's name is not printable ASCII")]
    Name,
    #[error("a member is null: absent members are left out")]
    Null,
}

/// Writes a leaf: sorted members, no space, NFC text, integers only, no null.
pub fn canonical(leaf: &Value) -> Result<String, Unfit> {
    let mut text = String::with_capacity(1024);
    write_value(&mut text, leaf, 1)?;
    fits(text)
}

fn fits(leaf: String) -> Result<String, Unfit> {
    if leaf.len() > BYTES_MAX { Err(Unfit::TooLarge(leaf.len())) } else { Ok(leaf) }
}

/// Writes a leaf member by member, without a tree in between: the caller gives them in the order
/// of their names.
pub(crate) struct Members {
    text: String,
    /// The last name, at each depth.
    last: Vec<&'static str>,
}

impl Members {
    pub(crate) fn open() -> Self {
        let mut text = String::with_capacity(1024);
        text.push('{');
        Self { text, last: vec![""] }
    }

    /// A member that is an object; `close_object` ends it.
    pub(crate) fn open_object(&mut self, name: &'static str) {
        self.name(name);
        self.text.push('{');
        self.last.push("");
    }

    pub(crate) fn close_object(&mut self) {
        self.last.pop();
        self.text.push('}');
    }

    /// A text whose characters need no escape, such as an id or a date.
    pub(crate) fn plain(&mut self, name: &'static str, it: impl fmt::Display) {
        self.name(name);
        let _ = write!(self.text, "\"{it}\"");
    }

    pub(crate) fn text(&mut self, name: &'static str, it: &str) -> Result<(), Unfit> {
        self.name(name);
        write_text(&mut self.text, it)
    }

    pub(crate) fn value(&mut self, name: &'static str, it: &Value) -> Result<(), Unfit> {
        self.name(name);
        write_value(&mut self.text, it, self.last.len() + 1)
    }

    pub(crate) fn number(&mut self, name: &'static str, it: i64) -> Result<(), Unfit> {
        self.value(name, &Value::from(it))
    }

    pub(crate) fn close(mut self) -> Result<String, Unfit> {
        self.text.push('}');
        fits(self.text)
    }

    fn name(&mut self, name: &'static str) {
        let last = self.last.last_mut().expect("an object is open");
        debug_assert!(*last < name, "{name} comes before {last}");
        if !last.is_empty() {
            self.text.push(',');
        }
        *last = name;
        let _ = write!(self.text, "\"{name}\":");
    }
}

/// `SHA-256(0x00 || leaf)`: the hash of a leaf in the tree of RFC 9162.
pub fn hash(leaf: &str) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update([0]);
    sha.update(leaf.as_bytes());
    sha.finalize().into()
}

/// `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

fn write_value(text: &mut String, value: &Value, depth: usize) -> Result<(), Unfit> {
    match value {
        Value::Null => return Err(Unfit::Null),
        Value::Bool(it) => text.push_str(if *it { "true" } else { "false" }),
        Value::Number(it) => match it.as_i64() {
            Some(n) if (-NUMBER_MAX..=NUMBER_MAX).contains(&n) => {
                let _ = write!(text, "{n}");
            }
            _ => return Err(Unfit::Number),
        },
        Value::String(it) => write_text(text, it)?,
        Value::Array(items) => {
            deeper(depth)?;
            text.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                write_value(text, item, depth + 1)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            deeper(depth)?;
            write_members(text, members, depth)?;
        }
    }
    Ok(())
}

/// The map may keep its own order: names are sorted here, whatever it does.
fn write_members(
    text: &mut String,
    members: &Map<String, Value>,
    depth: usize,
) -> Result<(), Unfit> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
    text.push('{');
    for (n, (name, member)) in sorted.into_iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        if !name.bytes().all(|it| (0x20..0x7f).contains(&it)) {
            return Err(Unfit::Name);
        }
        write_text(text, name)?;
        text.push(':');
        write_value(text, member, depth + 1)?;
    }
    text.push('}');
    Ok(())
}

fn deeper(depth: usize) -> Result<(), Unfit> {
    if depth > DEPTH_MAX { Err(Unfit::TooDeep) } else { Ok(()) }
}

fn write_text(text: &mut String, it: &str) -> Result<(), Unfit> {
    text.push('"');
    if it.is_ascii() || is_nfc(it) {
        write_runs(text, it)?;
    } else {
        write_runs(text, &it.nfc().collect::<String>())?;
    }
    text.push('"');
    Ok(())
}

/// What needs no escape goes over in one piece.
fn write_runs(text: &mut String, it: &str) -> Result<(), Unfit> {
    let mut rest = it;
    while let Some(at) = rest.find(|c| matches!(c, '"' | '\\' | '\0'..' ')) {
        let (plain, escaped) = rest.split_at(at);
        text.push_str(plain);
        let mut escaped = escaped.chars();
        escaped.next().map_or(Ok(()), |c| write_char(text, c))?;
        rest = escaped.as_str();
    }
    text.push_str(rest);
    Ok(())
}

/// The escapes of RFC 8785, and no others.
fn write_char(text: &mut String, it: char) -> Result<(), Unfit> {
    match it {
        '\0' => return Err(Unfit::Nul),
        '"' => text.push_str("\\\""),
        '\\' => text.push_str("\\\\"),
        '\u{8}' => text.push_str("\\b"),
        '\t' => text.push_str("\\t"),
        '\n' => text.push_str("\\n"),
        '\u{c}' => text.push_str("\\f"),
        '\r' => text.push_str("\\r"),
        it if it < ' ' => {
            let _ = write!(text, "\\u{:04x}", u32::from(it));
        }
        it => text.push(it),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
