//! Words as the library compares them, on both sides: without case, accents or plural. PostgreSQL
//! does the rest, which is French: endings of verbs, words that say nothing.

use std::{collections::BTreeSet, ops::Range};

use domain::{Liste, Lists, referentiel::plain, values::Invalid};
use serde::Deserialize;

/// The longest text that is searched for, in characters.
pub const TEXTE_MAX: usize = 200;

/// How many words are compared, when texts are.
const COMPARED_MAX: usize = 200;

/// How many words of a text an extract shows.
const EXTRAIT_MOTS: usize = 40;

/// How many of them come before the first one that was found.
const EXTRAIT_AVANT: usize = 8;

/// The shortest word that has a plural.
const PLURIEL_MIN: usize = 5;

/// Whose values are indexed by their code: a search for one of their names finds what is about
/// them, whatever its words.
const INDEXED: [Liste; 3] = [Liste::Secteur, Liste::TypePrestation, Liste::NatureCapitalisation];

/// Actors and schemes that are called otherwise than they were: who looks for one finds what was
/// written of the other.
const RENOMMES: &[&[&str]] = &[
    &["C2RA", "DLA régional", "DLAR", "centre régional de ressources et d'animation"],
    &["CNAR", "CRDLA", "centre de ressources DLA", "centre national d'appui et de ressources"],
    &["OPCA", "OPCO", "opérateur de compétences", "organisme paritaire collecteur agréé"],
    &["Unifaf", "OPCO Santé"],
    &["Uniformation", "OPCO Cohésion sociale"],
    &["Pôle emploi", "France Travail", "ANPE"],
    &["DDTEFP", "UT DIRECCTE", "DIRECCTE", "DREETS", "DDETS"],
    &["DDJS", "Jeunesse et Sports", "DDCS", "SDJES", "DRAJES"],
    &["conseil général", "conseil départemental"],
    &["CDT", "comité départemental du tourisme", "agence de développement touristique"],
    &["OTSI", "office de tourisme", "syndicat d'initiative"],
    &[
        "ACM",
        "accueil collectif de mineurs",
        "accueil de loisirs",
        "ALSH",
        "centre de loisirs",
        "CLSH",
    ],
    &["GRH", "RH", "ressources humaines"],
    &["ACI", "atelier et chantier d'insertion", "chantier d'insertion"],
    &["IAE", "insertion par l'activité économique"],
    &["CAF", "caisse d'allocations familiales"],
    &["GE", "groupement d'employeurs"],
    &["ESS", "économie sociale et solidaire"],
    &["recyclerie", "ressourcerie"],
    &["épicerie sociale", "épicerie solidaire"],
];

/// A text to search for, as PostgreSQL is asked: every word, each by any of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recherche(pub(super) String);

impl Recherche {
    /// Reads what people typed. What is written as an operator is read as words; `None` when
    /// nothing was typed.
    pub fn parse(texte: &str, lists: &Lists) -> Result<Option<Self>, Invalid> {
        if texte.chars().count() > TEXTE_MAX {
            return Err(Invalid {
                fr: format!(
                    "Cherchez avec {TEXTE_MAX} caractères au plus : quelques mots suffisent."
                ),
                en: format!("Search with at most {TEXTE_MAX} characters: a few words are enough."),
            });
        }
        if texte.trim().is_empty() {
            return Ok(None);
        }
        let mots = pliee(texte);
        let sens = senses(lists);
        let (mut terms, mut at) = (vec![], 0);
        while at < mots.len() {
            let rest = &mots[at..];
            // The longest name that is said here.
            let names = sens.iter().flat_map(|it| &it.names);
            let names = names.filter(|name| rest.starts_with(name));
            let longest = names.map(Vec::len).max().unwrap_or(1);
            let said = &rest[..longest];
            let others = sens
                .iter()
                .filter(|it| it.names.iter().any(|name| name == said));
            terms.push(term(said, others));
            at += longest;
        }
        Ok(Some(Self(terms.join(" & "))))
    }

    /// Any word of some texts, to be compared rather than searched for.
    pub(super) fn any_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        // What is short says little.
        let mots = texts.into_iter().flat_map(pliee);
        let mots: BTreeSet<_> = mots
            .filter(|it| it.len() >= PLURIEL_MIN)
            .take(COMPARED_MAX)
            .collect();
        let mots: Vec<_> = mots.iter().map(|it| quoted(it)).collect();
        Self(mots.join(" | "))
    }
}

/// Something that has several names.
struct Sens {
    names: Vec<Vec<String>>,
    code: Option<String>,
}

/// The values of the reference lists, amendments included, and the actors that changed names.
fn senses(lists: &Lists) -> Vec<Sens> {
    let renamed = RENOMMES
        .iter()
        .map(|names| Sens { names: names.iter().map(|it| pliee(it)).collect(), code: None });
    let of_lists = Liste::ALL.iter().flat_map(|liste| {
        let indexed = INDEXED.contains(liste);
        lists.values(*liste).entries.iter().map(move |it| {
            let synonyms = it.synonyms.iter().map(String::as_str);
            let names = [it.code.as_str(), &it.fr].into_iter().chain(synonyms);
            Sens {
                names: names.map(pliee).filter(|it| !it.is_empty()).collect(),
                code: indexed.then(|| mot_de(it.code.as_str())),
            }
        })
    });
    renamed.chain(of_lists).collect()
}

/// What was said, or what means the same: the words as they come for what was said, one after the
/// other for its other names.
fn term<'a>(said: &[String], others: impl Iterator<Item = &'a Sens>) -> String {
    let joined = |mots: &[String], with: &str| {
        let mots: Vec<_> = mots.iter().map(|it| quoted(it)).collect();
        format!("({})", mots.join(with))
    };
    let mut ways = vec![joined(said, " & ")];
    for sens in others {
        ways.extend(sens.code.iter().map(|it| quoted(it)));
        let names = sens.names.iter().filter(|it| *it != said);
        ways.extend(names.map(|it| joined(it, " <-> ")));
    }
    ways.sort_unstable();
    ways.dedup();
    format!("({})", ways.join(" | "))
}

/// Letters and digits only: nothing in it is an operator.
fn quoted(mot: &str) -> String {
    format!("'{mot}'")
}

/// The words of a text, folded, with a space between them.
pub(super) fn mots(texte: &str) -> String {
    pliee(texte).join(" ")
}

/// The same, of the codes that something is about: each as one word, and as the words it is made
/// of.
pub(super) fn mots_des<'a>(codes: impl IntoIterator<Item = &'a String>) -> String {
    let codes = codes.into_iter();
    let mots = codes.map(|it| format!("{} {}", mot_de(it), mots(it)));
    mots.collect::<Vec<_>>().join(" ")
}

/// A code as one word, which nobody writes by chance.
fn mot_de(code: &str) -> String {
    format!("code{}", code.replace('_', "").to_lowercase())
}

/// Where the words of a text stand, and each of them folded.
fn decoupe(texte: &str) -> Vec<(Range<usize>, String)> {
    // An accent may be a character of its own.
    let of_word = |it: char| it.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&it);
    let (mut all, mut start) = (vec![], None);
    for (at, it) in texte.char_indices().chain([(texte.len(), ' ')]) {
        match start {
            None if of_word(it) => start = Some(at),
            Some(from) if !of_word(it) => {
                let mot = folded(&texte[from..at]);
                if !mot.is_empty() {
                    all.push((from..at, mot));
                }
                start = None;
            }
            _ => (),
        }
    }
    all
}

/// The words of a text, folded.
fn pliee(texte: &str) -> Vec<String> {
    decoupe(texte).into_iter().map(|(_, mot)| mot).collect()
}

/// One word without case, accents or plural.
fn folded(run: &str) -> String {
    let spelt = run.to_lowercase().replace('œ', "oe").replace('æ', "ae");
    let mut mot = plain(&spelt).replace(' ', "");
    if mot.len() >= PLURIEL_MIN && mot.is_ascii() {
        if mot.ends_with("eaux") {
            mot.pop();
        } else if mot.ends_with("aux") {
            mot.truncate(mot.len() - 2);
            mot.push('l');
        } else if mot.ends_with('x') || mot.ends_with('s') && !mot.ends_with("ss") {
            mot.pop();
        }
        // A participle in the feminine.
        if mot.ends_with("ee") {
            mot.pop();
        }
    }
    mot
}

/// A piece of a text, that was searched for or not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Segment {
    pub texte: String,
    pub trouve: bool,
}

/// A whole text, with what was found in it. `marked` is its words as PostgreSQL marks them.
pub(super) fn segments(texte: &str, marked: Option<&str>) -> Vec<Segment> {
    let found = found(texte, marked);
    cut(texte, 0..texte.len(), &found)
}

/// Part of a text around the first word that was found; its beginning when none was.
pub(super) fn extrait(texte: &str, marked: Option<&str>) -> Vec<Segment> {
    let places: Vec<_> = decoupe(texte).into_iter().map(|(place, _)| place).collect();
    let found = found(texte, marked);
    let first = found.first().map_or(0, |it| {
        places
            .iter()
            .position(|place| place == it)
            .unwrap_or_default()
    });
    let first = first.saturating_sub(EXTRAIT_AVANT);
    let last = (first + EXTRAIT_MOTS).min(places.len());
    let start = if first == 0 { 0 } else { places[first].start };
    let end = if last == places.len() { texte.len() } else { places[last - 1].end };
    let mut all = cut(texte, start..end, &found);
    let gap = || Segment { texte: "…".to_owned(), trouve: false };
    if first > 0 {
        all.insert(0, gap());
    }
    if last < places.len() {
        all.push(gap());
    }
    all
}

/// Whether a marked text shows anything that was found.
pub(super) fn shows(marked: Option<&str>) -> bool {
    marked.is_some_and(|it| it.contains('['))
}

/// Where the words stand that were found.
fn found(texte: &str, marked: Option<&str>) -> Vec<Range<usize>> {
    let marked = marked.unwrap_or_default().split(' ');
    let places = decoupe(texte)
        .into_iter()
        .map(|(place, _)| place)
        .zip(marked);
    let found = places.filter(|(_, mot)| mot.contains('['));
    found.map(|(place, _)| place).collect()
}

/// Part of a text, in pieces.
fn cut(texte: &str, part: Range<usize>, found: &[Range<usize>]) -> Vec<Segment> {
    let mut all = vec![];
    let mut at = part.start;
    let mut push = |texte: &str, trouve| {
        if !texte.is_empty() {
            all.push(Segment { texte: texte.to_owned(), trouve });
        }
    };
    for it in found
        .iter()
        .filter(|it| it.start >= part.start && it.end <= part.end)
    {
        push(&texte[at..it.start], false);
        push(&texte[it.clone()], true);
        at = it.end;
    }
    push(&texte[at..part.end], false);
    all
}

#[cfg(test)]
mod tests;
