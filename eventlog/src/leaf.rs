//! The leaf: the one canonical text of a fact, and its hash.
//!
//! Profile `essaim-leaf/1`, a restricted RFC 8785: an auditor needs no canonicaliser,
//! only SHA-256. Stored bytes are hashed, never a re-serialisation.

use std::fmt::Write as _;

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
    if text.len() > BYTES_MAX {
        return Err(Unfit::TooLarge(text.len()));
    }
    Ok(text)
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
    if is_nfc(it) {
        it.chars().try_for_each(|c| write_char(text, c))?;
    } else {
        it.nfc().try_for_each(|c| write_char(text, c))?;
    }
    text.push('"');
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
