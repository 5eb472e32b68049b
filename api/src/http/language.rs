//! The language of an answer: French unless the caller prefers English.

use http::{HeaderMap, header};

/// What the house speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    Fr,
    En,
}

impl Language {
    /// As in `Content-Language`.
    pub fn tag(self) -> &'static str {
        self.choose("fr", "en")
    }

    /// From its tag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        [Self::Fr, Self::En]
            .into_iter()
            .find(|it| it.tag().eq_ignore_ascii_case(tag))
    }

    /// One of two sentences.
    pub fn choose<'a, T: ?Sized>(self, fr: &'a T, en: &'a T) -> &'a T {
        match self {
            Self::Fr => fr,
            Self::En => en,
        }
    }

    /// What `Accept-Language` prefers; French when nothing decides (RFC 9110, 12.5.4).
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let asked: Vec<&str> = headers
            .get_all(header::ACCEPT_LANGUAGE)
            .iter()
            .filter_map(|it| it.to_str().ok())
            .flat_map(|it| it.split(','))
            .collect();
        let quality_of = |language: Self| {
            let range = |wanted: &str| {
                asked.iter().find_map(|it| {
                    let (range, quality) = weighted(it);
                    let primary = range.split('-').next().unwrap_or(range);
                    primary.eq_ignore_ascii_case(wanted).then_some(quality)
                })
            };
            range(language.tag()).or_else(|| range("*")).unwrap_or(0)
        };
        if quality_of(Self::En) > quality_of(Self::Fr) { Self::En } else { Self::Fr }
    }
}

/// A member of an `Accept…` header and its weight in thousandths; a weight that is no
/// weight counts as none given.
pub(crate) fn weighted(member: &str) -> (&str, u16) {
    let mut parts = member.split(';').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let quality = parts
        .find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")))
        .and_then(thousandths)
        .unwrap_or(1000);
    (value, quality)
}

/// `0.5` is 500. At most three decimals count, and one is the most.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u16 = whole.parse().ok()?;
    if whole >= 1 {
        return Some(1000);
    }
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
        Language::of_headers(&headers)
    }

    #[test]
    fn french_is_spoken_unless_english_is_preferred() {
        assert_eq!(Language::of_headers(&HeaderMap::new()), Language::Fr);
        assert_eq!(of("en"), Language::En);
        assert_eq!(of("en-GB,en;q=0.9"), Language::En);
        assert_eq!(of("fr;q=0.5, en;q=0.51"), Language::En);
        assert_eq!(of("en;q=0.5, fr"), Language::Fr);
        assert_eq!(of("*"), Language::Fr);
        assert_eq!(of("de"), Language::Fr);
        assert_eq!(of("de, *;q=0.1, fr;q=0"), Language::En);
        assert_eq!(of("en;q=zzz, fr;q=0.9"), Language::En);
    }
}
