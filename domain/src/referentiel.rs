//! Reference lists, and how they are amended: by facts, one stream a list.
//!
//! What this program brings is the first version of a list (`listes`); facts go on from there.
//! A list says which codes may be chosen from now on, and what people read in their place: it
//! never says whether a fact that holds a code can be read.

use serde::{Deserialize, Serialize};

use crate::{
    Asked, Date, Decided, Decider, Decision, Line, Place, ReferentielId,
    actor::{Perimeter, rights},
    refusal::refusals,
};

mod grille;
mod listes;
pub use grille::{Colonne, Colonnes, GenreLigne, Grille, Ligne, LigneId, NatureReponse, Niveau};
pub use listes::{Code, Entry, Liste, Lists, Values, plain};

#[cfg(test)]
pub(crate) mod tests;

/// The most values of one list.
pub const VALEURS_MAX: usize = 300;

/// The most synonyms of one value.
pub const SYNONYMES_MAX: usize = 30;

/// What can happen to a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// A value joined the list, at its end.
    ValeurReferenceAdded {
        liste: Liste,
        #[serde(flatten)]
        valeur: Valeur,
    },
    /// A value is called otherwise, and means the same. Its old names find it still.
    ValeurReferenceRelabelled { liste: Liste, code: Code, libelle_fr: Line, libelle_en: Line },
    /// A value has a last day. Said again, the later word counts.
    ValeurReferenceEnded { liste: Liste, code: Code, valid_to: Date },
    /// Other words for a value.
    SynonymeReferenceAdded { liste: Liste, code: Code, synonyme: Line },
}

impl Event {
    /// The list it happened to.
    pub fn liste(&self) -> Liste {
        match self {
            Self::ValeurReferenceAdded { liste, .. }
            | Self::ValeurReferenceRelabelled { liste, .. }
            | Self::ValeurReferenceEnded { liste, .. }
            | Self::SynonymeReferenceAdded { liste, .. } => *liste,
        }
    }
}

/// A value as it joins a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Valeur {
    pub code: Code,
    pub libelle_fr: Line,
    pub libelle_en: Line,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonymes: Vec<Line>,
    /// The first day on which it may be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
}

refusals! {
    /// The rules of the program know its values one by one.
    ListeClosed {} = "LISTE_CLOSED" at "liste":
        "Les valeurs de cette liste sont celles des règles de la méthode : elles se renomment, mais aucune ne s'ajoute ni ne prend fin.",
        "The values of this list are those of the rules of the method: they are relabelled, but none is added and none ends.";
    /// A rule of the program names it.
    ValeurOfRules { valeur: Code } = "VALEUR_OF_RULES" at "code":
        "Une règle de la méthode porte sur la valeur {valeur} : elle se renomme, mais ne prend pas fin.",
        "A rule of the method is about the value {valeur}: it is relabelled, but does not end.";
    /// A code never changes its meaning.
    ValeurExists { valeur: Code } = "VALEUR_EXISTS" at "code":
        "Le code {valeur} existe déjà et ne change pas de sens : renommez sa valeur, ou choisissez un autre code.",
        "The code {valeur} exists already and does not change its meaning: relabel its value, or choose another code.";
    /// One would not know which value is meant.
    NomTaken { nom: String, valeur: Code, field: &'static str } = "NOM_TAKEN" at field:
        "« {nom} » désigne déjà la valeur {valeur} de cette liste : choisissez un autre mot.",
        "`{nom}` already names the value {valeur} of this list: choose another word.";
    /// It is not of this list.
    ValeurUnknown { valeur: String } = "VALEUR_UNKNOWN" at "code":
        "Le code {valeur} n'est pas de cette liste.",
        "The code {valeur} is not of this list.";
    /// It would never be valid.
    ValiditeReversed { from: Date, to: Date } = "VALIDITE_REVERSED" at "validTo":
        "Le dernier jour de validité ({to}) précède le premier ({from}) : corrigez les dates.",
        "The last day of validity ({to}) comes before the first ({from}): correct the dates.";
    /// A list is read by people.
    TooManyValeurs { max: usize } = "TOO_MANY_VALEURS" at "liste":
        "Cette liste a déjà {max} valeurs : c'est le maximum.",
        "This list already has {max} values: that is the most.";
    /// More than anyone says.
    TooManySynonymes { max: usize } = "TOO_MANY_SYNONYMES" at "code":
        "Une valeur a au plus {max} synonymes.",
        "A value has at most {max} synonyms.";
}

rights! {
    ADD = "addValeurReference": Avise, Admin;
    RELABEL = "relabelValeurReference": Avise, Admin;
    END = "endValeurReference": Avise, Admin;
    ADD_SYNONYME = "addSynonymeReference": Avise, Admin;
}

/// One list as it stands: none before its first amendment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Referentiel(Option<Values>);

impl Referentiel {
    /// The list with its amendments.
    pub fn values(&self, liste: Liste) -> &Values {
        self.0.as_ref().unwrap_or_else(|| Values::compiled(liste))
    }

    /// Adds a value to a list.
    pub fn add_valeur_reference(
        &self,
        asked: &Asked,
        liste: Liste,
        valeur: Valeur,
    ) -> Decision<Self> {
        asked.may(&ADD, &Perimeter::open())?;
        let values = self.values(liste);
        if values.closed {
            return Err(Refusal::ListeClosed {});
        }
        let mut after = values.clone();
        let event = Event::ValeurReferenceAdded { liste, valeur: valeur.clone() };
        after.apply(&event);
        let code = valeur.code.as_str();
        if let Some(known) = values.entry(code) {
            let same = after.entry(code) == Some(known);
            let exists = Refusal::ValeurExists { valeur: valeur.code };
            return if same { Ok(Decided::nothing()) } else { Err(exists) };
        }
        // Where a list takes the values of another, a code means one thing in both.
        let others = values.accepts.iter().map(|it| Values::compiled(*it));
        if others.into_iter().any(|it| it.entry(code).is_some()) {
            return Err(Refusal::ValeurExists { valeur: valeur.code });
        }
        if values.entries.len() >= VALEURS_MAX {
            return Err(Refusal::TooManyValeurs { max: VALEURS_MAX });
        }
        if valeur.synonymes.len() > SYNONYMES_MAX {
            return Err(Refusal::TooManySynonymes { max: SYNONYMES_MAX });
        }
        in_order(valeur.valid_from, valeur.valid_to)?;
        let nobody = &valeur.code;
        free(values, nobody, valeur.code.as_str(), "code")?;
        free(values, nobody, valeur.libelle_fr.as_str(), "libelleFr")?;
        free(values, nobody, valeur.libelle_en.as_str(), "libelleEn")?;
        for synonyme in &valeur.synonymes {
            free(values, nobody, synonyme.as_str(), "synonymes")?;
        }
        let decided = records(asked, event);
        Ok(if values.accepts.is_empty() { decided } else { decided.claiming(SHARED, code) })
    }

    /// Calls a value otherwise: it means the same.
    pub fn relabel_valeur_reference(
        &self,
        asked: &Asked,
        (liste, code): (Liste, &str),
        libelle_fr: Line,
        libelle_en: Line,
    ) -> Decision<Self> {
        asked.may(&RELABEL, &Perimeter::open())?;
        let (values, entry) = self.known(liste, code)?;
        if entry.fr == libelle_fr.as_str() && entry.en == libelle_en.as_str() {
            return Ok(Decided::nothing());
        }
        free(values, &entry.code, libelle_fr.as_str(), "libelleFr")?;
        free(values, &entry.code, libelle_en.as_str(), "libelleEn")?;
        let code = entry.code.clone();
        let event = Event::ValeurReferenceRelabelled { liste, code, libelle_fr, libelle_en };
        Ok(records(asked, event))
    }

    /// Says until when a value may be chosen: that day included.
    pub fn end_valeur_reference(
        &self,
        asked: &Asked,
        (liste, code): (Liste, &str),
        valid_to: Date,
    ) -> Decision<Self> {
        asked.may(&END, &Perimeter::open())?;
        let (values, entry) = self.known(liste, code)?;
        if values.closed {
            return Err(Refusal::ListeClosed {});
        }
        if entry.of_rules {
            return Err(Refusal::ValeurOfRules { valeur: entry.code.clone() });
        }
        if entry.valid_to == Some(valid_to) {
            return Ok(Decided::nothing());
        }
        in_order(entry.valid_from, Some(valid_to))?;
        let code = entry.code.clone();
        Ok(records(asked, Event::ValeurReferenceEnded { liste, code, valid_to }))
    }

    /// Gives other words for a value, by which people find it.
    pub fn add_synonyme_reference(
        &self,
        asked: &Asked,
        (liste, code): (Liste, &str),
        synonyme: Line,
    ) -> Decision<Self> {
        asked.may(&ADD_SYNONYME, &Perimeter::open())?;
        let (values, entry) = self.known(liste, code)?;
        if entry.is_named(synonyme.as_str()) {
            return Ok(Decided::nothing());
        }
        free(values, &entry.code, synonyme.as_str(), "synonyme")?;
        if entry.synonyms.len() >= SYNONYMES_MAX {
            return Err(Refusal::TooManySynonymes { max: SYNONYMES_MAX });
        }
        let code = entry.code.clone();
        Ok(records(asked, Event::SynonymeReferenceAdded { liste, code, synonyme }))
    }

    /// A value of the list itself, by its code.
    fn known(&self, liste: Liste, code: &str) -> Result<(&Values, &Entry), Refusal> {
        let (values, code) = (self.values(liste), code.trim());
        let entry = values
            .entry(code)
            .ok_or_else(|| Refusal::ValeurUnknown { valeur: code.to_owned() })?;
        Ok((values, entry))
    }
}

/// The codes added to lists that take each other's values. Stored: never rename.
const SHARED: &str = "valeur_reference";

/// No other value of the list goes by that name.
fn free(values: &Values, code: &Code, nom: &str, field: &'static str) -> Result<(), Refusal> {
    let taken = values
        .entries
        .iter()
        .find(|it| it.code != *code && it.is_named(nom));
    match taken {
        None => Ok(()),
        Some(it) => Err(Refusal::NomTaken { nom: nom.to_owned(), valeur: it.code.clone(), field }),
    }
}

fn in_order(from: Option<Date>, to: Option<Date>) -> Result<(), Refusal> {
    match from.zip(to) {
        Some((from, to)) if to < from => Err(Refusal::ValiditeReversed { from, to }),
        _ => Ok(()),
    }
}

fn records(asked: &Asked, event: Event) -> Decided<Event> {
    asked.records(Place::default(), [event])
}

impl Decider for Referentiel {
    const CATEGORY: &'static str = "referentiel";

    type Id = ReferentielId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        self.0
            .get_or_insert_with(|| Values::compiled(event.liste()).clone())
            .apply(event);
    }
}
