//! The schema as text, in two languages: `schema.graphql` and `schema.fr.graphql`.
//!
//! It is read from the engine's own introspection, and printed here: types by name, the fields
//! of roots by name, everything else in the order of the code, which means something to its
//! readers. The sentences are the schema's in English, and those of `texts.fr.toml` in French.

mod introspection;
#[cfg(test)]
mod tests;
mod texts;

use std::{fmt::Write as _, sync::LazyLock};

use self::{
    introspection::{EnumValue, Field, InputValue, Kind, Schema, Type},
    texts::Texts,
};
use crate::http::Language;

/// The widest line of a description, in characters.
const WIDTH: usize = 96;

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::read);
static TEXTS: LazyLock<Texts> = LazyLock::new(Texts::read);

/// The whole schema in a language, the same text every time.
pub fn sdl(language: Language) -> String {
    let mut page = Page { language, text: String::new() };
    for (n, it) in SCHEMA.types().enumerate() {
        if n > 0 {
            page.text.push('\n');
        }
        page.print(it);
    }
    page.text
}

/// The schema coordinates that nothing describes in a language.
pub fn missing(language: Language) -> Vec<String> {
    SCHEMA
        .elements()
        .filter(|(at, own)| TEXTS.say(language, at, own.as_deref()).is_none())
        .map(|(at, _)| at)
        .collect()
}

/// The keys of `texts.fr.toml` that describe nothing: what they named is gone, or other keys
/// say it all.
pub fn orphans() -> Vec<String> {
    let coordinates: Vec<_> = SCHEMA.elements().map(|(at, _)| at).collect();
    TEXTS.orphans(&coordinates)
}

struct Page {
    language: Language,
    text: String,
}

impl Page {
    fn print(&mut self, it: &Type) {
        let name = &it.name;
        self.describe("", name, it.description.as_deref());
        match it.kind {
            Kind::Scalar => {
                let _ = write!(self.text, "scalar {name}");
                if let Some(url) = &it.specified_by_url {
                    let _ = write!(self.text, " @specifiedBy(url: {})", quoted(url));
                }
                self.text.push('\n');
            }
            Kind::Object | Kind::Interface => {
                let word = if it.kind == Kind::Object { "type" } else { "interface" };
                let _ = write!(self.text, "{word} {name}");
                for (n, other) in it.interfaces.iter().flatten().enumerate() {
                    let word = if n == 0 { " implements" } else { " &" };
                    let _ = write!(self.text, "{word} {other}");
                }
                self.block(SCHEMA.fields(it), |page, field| page.field(name, field));
            }
            Kind::Union => {
                let members: Vec<_> = it.possible_types.iter().flatten().collect();
                let _ = write!(self.text, "union {name} =");
                for member in members {
                    let _ = write!(self.text, "\n  | {member}");
                }
                self.text.push('\n');
            }
            Kind::Enum => {
                let _ = write!(self.text, "enum {name}");
                let values = it.enum_values.iter().flatten();
                self.block(values, |page, value| page.value(name, value));
            }
            Kind::InputObject => {
                let _ = write!(self.text, "input {name}");
                if it.is_one_of == Some(true) {
                    self.text.push_str(" @oneOf");
                }
                self.block(it.input_fields.iter().flatten(), |page, input| {
                    page.input("  ", &format!("{name}.{}", input.name), input);
                });
            }
            Kind::List | Kind::NonNull => (),
        }
    }

    /// What stands between braces, one blank line apart.
    fn block<T>(&mut self, items: impl IntoIterator<Item = T>, print: impl Fn(&mut Self, T)) {
        self.text.push_str(" {\n");
        for (n, it) in items.into_iter().enumerate() {
            if n > 0 {
                self.text.push('\n');
            }
            print(self, it);
        }
        self.text.push_str("}\n");
    }

    fn field(&mut self, of: &str, it: &Field) {
        let at = format!("{of}.{}", it.name);
        self.describe("  ", &at, it.description.as_deref());
        let _ = write!(self.text, "  {}", it.name);
        if !it.args.is_empty() {
            self.text.push_str("(\n");
            for arg in &it.args {
                self.input("    ", &format!("{at}({}:)", arg.name), arg);
            }
            self.text.push_str("  )");
        }
        let _ = write!(self.text, ": {}", it.ty);
        self.deprecate(&at, it.deprecation_reason.as_deref());
        self.text.push('\n');
    }

    fn input(&mut self, indent: &str, at: &str, it: &InputValue) {
        self.describe(indent, at, it.description.as_deref());
        let _ = write!(self.text, "{indent}{}: {}", it.name, it.ty);
        if let Some(value) = &it.default_value {
            let _ = write!(self.text, " = {value}");
        }
        self.deprecate(at, it.deprecation_reason.as_deref());
        self.text.push('\n');
    }

    fn value(&mut self, of: &str, it: &EnumValue) {
        let at = format!("{of}.{}", it.name);
        self.describe("  ", &at, it.description.as_deref());
        let _ = write!(self.text, "  {}", it.name);
        self.deprecate(&at, it.deprecation_reason.as_deref());
        self.text.push('\n');
    }

    fn describe(&mut self, indent: &str, at: &str, own: Option<&str>) {
        let Some(text) = TEXTS.say(self.language, at, own) else { return };
        let text = text.replace("\"\"\"", "\\\"\"\"");
        let lines = wrapped(&text, WIDTH - indent.len());
        match &lines[..] {
            [line] if line.len() + 6 <= WIDTH - indent.len() && !line.ends_with(['"', '\\']) => {
                let _ = writeln!(self.text, "{indent}\"\"\"{line}\"\"\"");
            }
            lines => {
                let _ = writeln!(self.text, "{indent}\"\"\"");
                for line in lines {
                    let line = format!("{indent}{line}");
                    let _ = writeln!(self.text, "{}", line.trim_end());
                }
                let _ = writeln!(self.text, "{indent}\"\"\"");
            }
        }
    }

    fn deprecate(&mut self, at: &str, reason: Option<&str>) {
        let Some(reason) = reason else { return };
        let reason = TEXTS.say(self.language, &introspection::deprecated(at), Some(reason));
        let reason = quoted(&reason.unwrap_or_default());
        let _ = write!(self.text, " @deprecated(reason: {reason})");
    }
}

/// A string of GraphQL; JSON's escapes are a part of its own.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Paragraphs in lines of a width. A line feed in a paragraph is a space; an item of a list
/// keeps its line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    let mut joins = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            lines.push(String::new());
            joins = false;
            continue;
        }
        joins &= !line.starts_with("- ");
        for word in line.split_whitespace() {
            match lines.last_mut().filter(|_| joins) {
                Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                    last.push(' ');
                    last.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
            joins = true;
        }
    }
    lines
}
