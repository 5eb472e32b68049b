//! Reference lists: codes with their labels, and the version they are in.

use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{Liste, referentiel::Entry};

use crate::graphql::{context::ContextExt, scalars::Date};

/// A value of a reference list.
pub(crate) struct Code {
    list: Liste,
    code: String,
}

impl Code {
    pub(crate) fn new(list: Liste, code: impl Into<String>) -> Self {
        Self { list, code: code.into() }
    }

    /// Codes of one list.
    pub(crate) fn all<S: AsRef<str>>(list: Liste, codes: impl IntoIterator<Item = S>) -> Vec<Self> {
        codes
            .into_iter()
            .map(|it| Self::new(list, it.as_ref()))
            .collect()
    }
}

/// A value of a reference list.
#[Object]
impl Code {
    /// Stable: what commands take and facts hold.
    async fn code(&self) -> &str {
        &self.code
    }

    /// For people, in the language of the request; the code itself if the list no longer has it.
    async fn libelle(&self, ctx: &Context<'_>) -> String {
        let entry = self.list.entry(&self.code);
        entry.map_or_else(
            || self.code.clone(),
            |it| ctx.language().choose(&it.fr, &it.en).to_owned(),
        )
    }
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// A reference list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        pub(crate) enum ListeReference {
            $($(#[$doc])* $name,)*
        }

        impl From<ListeReference> for Liste {
            fn from(it: ListeReference) -> Self {
                match it {
                    $(ListeReference::$name => Self::$name,)*
                }
            }
        }
    };
}

lists! {
    /// Legal forms of organisations.
    StatutJuridique;
    /// Fields of activity.
    Secteur;
    /// Professional branches within a field.
    Branche;
    /// Where a problématique was heard of.
    SourceProblematique;
    /// Categories of partners of an ingénierie.
    CategoriePartenaire;
    /// Strategic objectives of the method.
    ObjectifStrategique;
    /// Operational objectives of the method.
    ObjectifOperationnel;
    /// Forms of intervention.
    FormeIntervention;
    /// Types of prestation (Enée).
    TypePrestation;
    /// Where money comes from.
    SourceFinancement;
    /// What money is spent on.
    PosteCout;
    /// What a capitalisation keeps.
    NatureCapitalisation;
    /// For whom a transfer is meant.
    DestinataireTransfert;
    /// Who answers for a transfer.
    ResponsableTransfert;
    /// Forms of a transfer.
    FormeTransfert;
    /// Tones of a transfer.
    TonTransfert;
    /// Kinds of documents (DOC-01 to DOC-31).
    NatureDocument;
}

/// One value of a reference list.
#[derive(SimpleObject)]
pub(crate) struct ValeurReference {
    /// Stable: what commands take and facts hold.
    code: String,
    /// In French.
    libelle_fr: String,
    /// In English.
    libelle_en: String,
    /// Other words for the same thing, old and new.
    synonymes: Vec<String>,
    /// Since when it may be used.
    valid_from: Option<Date>,
    /// Until when it could be used, included.
    valid_to: Option<Date>,
}

impl From<&Entry> for ValeurReference {
    fn from(it: &Entry) -> Self {
        Self {
            code: it.code.as_str().to_owned(),
            libelle_fr: it.fr.clone(),
            libelle_en: it.en.clone(),
            synonymes: it.synonyms.clone(),
            valid_from: it.valid_from.map(Date),
            valid_to: it.valid_to.map(Date),
        }
    }
}

/// A reference list, in the version in use.
#[derive(SimpleObject)]
pub(crate) struct Referentiel {
    /// Rises when a value is added, changed or ended.
    version: i32,
    /// The values, in the order of the list.
    valeurs: Vec<ValeurReference>,
}

#[derive(Default)]
pub(crate) struct ReferentielQuery;

#[Object]
impl ReferentielQuery {
    /// A reference list with its labels in French and English.
    async fn referentiel(&self, liste: ListeReference) -> Referentiel {
        let list = Liste::from(liste);
        let valeurs = list.entries().iter().map(ValeurReference::from).collect();
        Referentiel { version: list.version(), valeurs }
    }
}
