//! The sentences of `texts.fr.toml`: the schema in French, and the few English ones that the
//! engine would fix.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::http::Language;

/// Sentences by schema coordinate. A key that begins with `*` says it of every coordinate that
/// ends like it; a whole coordinate is preferred to those, and the longest of those to others.
type Sentences = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    en: Sentences,
    fr: Sentences,
}

impl Texts {
    pub(super) fn read() -> Self {
        toml::from_str(include_str!("../texts.fr.toml"))
            .expect("a test reads the same file with the same types")
    }

    /// What is said of a coordinate, whose description in the schema is `own`.
    pub(super) fn say(&self, language: Language, at: &str, own: Option<&str>) -> Option<String> {
        let sentences = self.of(language);
        let said = key(sentences, at).and_then(|key| sentences.get(key));
        match language {
            Language::Fr => said.cloned(),
            Language::En => said.cloned().or_else(|| own.map(str::to_owned)),
        }
        .filter(|it| !it.trim().is_empty())
    }

    /// The keys that are the best for no coordinate.
    pub(super) fn orphans(&self, coordinates: &[String]) -> Vec<String> {
        let of = |language: Language| {
            let sentences = self.of(language);
            let used: BTreeSet<_> = coordinates
                .iter()
                .filter_map(|at| key(sentences, at))
                .collect();
            let unused: Vec<_> = sentences
                .keys()
                .filter(|key| !used.contains(key))
                .map(|key| format!("{}: {key}", language.tag()))
                .collect();
            unused
        };
        [of(Language::En), of(Language::Fr)].concat()
    }

    fn of(&self, language: Language) -> &Sentences {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
        }
    }
}

/// The key that speaks of a coordinate.
fn key<'a>(sentences: &'a Sentences, at: &str) -> Option<&'a String> {
    if let Some((whole, _)) = sentences.get_key_value(at) {
        return Some(whole);
    }
    sentences
        .keys()
        .filter(|it| it.strip_prefix('*').is_some_and(|end| at.ends_with(end)))
        .max_by_key(|it| it.len())
}
