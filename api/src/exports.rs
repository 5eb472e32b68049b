//! What a financeur grants, as open files tell it: `scdl` for the law, `giving` for 360Giving.
//! One reading of the subventions, one notion of what a file cannot tell, and three doors on them:
//! GraphQL, downloads, `essaim export`.

pub mod giving;
pub mod scdl;

use async_graphql::ID;
use domain::{
    Actor, ConventionId, Date, OrganisationId, PlanFinancementId, RoleName, values::Invalid,
};
pub use projections::exports::Filter;
use projections::{
    AsOf, Reads, Scope,
    exports::{Identite, Key, MODELS, SUBVENTIONS_MAX, Source, Subvention, subventions},
    organisations,
};
use serde_json::{Value, json};

use crate::{
    Error, Result,
    clock::RequestClock,
    graphql::{
        ids::{global, typed},
        past::AsOfInput,
        scalars,
    },
    http::Language,
};

/// What a file tells of some subventions, and what it cannot tell.
#[derive(Debug, Clone)]
pub struct Told<T> {
    pub lines: Vec<(Key, T)>,
    pub rejets: Vec<Rejet>,
}

/// The subventions of a financeur that somebody may export.
#[derive(Debug, Clone)]
pub struct Export {
    pub as_of: AsOf,
    subventions: Vec<Subvention>,
}

/// A subvention that a file does not tell, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejet {
    pub motif: Motif,
    /// What the file would have told first: a column, or a member.
    pub field: &'static str,
    pub subvention: Subvention,
}

/// Who is named, by people at a terminal: a UUID, or an id of the API.
pub fn financeur(text: &str) -> Option<OrganisationId> {
    let uuid = text.parse().ok().map(OrganisationId);
    uuid.or_else(|| typed(&ID(text.to_owned()), "financeur").ok())
}

/// The answers to export from, as of the end of a day or of a position, or of now.
pub async fn as_of(now: &Reads, day: Option<Date>, position: Option<i64>) -> Result<Reads> {
    let day = day.map(|it| AsOfInput::Date(scalars::Date(it)));
    let then = day.or_else(|| Some(AsOfInput::Position(scalars::Position(position?))));
    match then {
        None => Ok(now.clone()),
        Some(then) => then.reads(now, RequestClock::read()).await,
    }
}

/// What somebody exports: what they see; an administrator, who publishes for the network, all.
fn scope_of(actor: &Actor) -> Scope {
    let publishes = actor.role.name() == RoleName::Admin;
    Scope::of(actor).widened(publishes)
}

impl Export {
    /// Reads all of it, at the position that it claims or later. The financeur itself may ask,
    /// the people of DLAs, and those who publish for the network: to others, and when there is no
    /// such organisation, there is none.
    pub async fn read(reads: &Reads, actor: &Actor, filter: &Filter) -> Result<Option<Self>> {
        let own = actor.answers_for();
        let scope = scope_of(actor);
        let known = organisations::by_ids(reads, &scope, &[filter.financeur]).await?;
        if known.is_empty() || own.is_some_and(|it| it != filter.financeur) {
            return Ok(None);
        }
        let as_of = reads.as_of_all(&MODELS).await?;
        let page = subventions(reads, &scope, filter).await?;
        if page.has_next {
            return Err(too_many());
        }
        Ok(Some(Self { as_of, subventions: page.rows }))
    }

    /// Each subvention told by `tell`, or refused; each once, in the order of their keys.
    fn told<T>(
        &self,
        field: fn(Motif) -> &'static str,
        mut tell: impl FnMut(&Subvention, &Identite) -> Result<T, Motif>,
    ) -> Told<T> {
        let mut told = Told { lines: vec![], rejets: vec![] };
        for it in &self.subventions {
            match beneficiaire(it).and_then(|porteuse| tell(it, porteuse)) {
                Ok(line) => told.lines.push((it.key(), line)),
                Err(motif) => {
                    told.rejets
                        .push(Rejet { motif, field: field(motif), subvention: it.clone() });
                }
            }
        }
        told
    }
}

impl<T> Told<T> {
    /// How many subventions are to be corrected before the file tells them: not those that it
    /// tells with their convention.
    pub fn to_correct(&self) -> usize {
        let faults = self.rejets.iter();
        faults.filter(|it| it.motif != Motif::InConvention).count()
    }

    /// What the file does not tell, one object each.
    pub fn rejets(&self, language: Language) -> Value {
        json!({ "rejets": self.rejets.iter().map(|it| it.told(language)).collect::<Vec<_>>() })
    }
}

fn too_many() -> Error {
    Error::Invalid {
        path: "from".to_owned(),
        why: Invalid {
            fr: format!(
                "Plus de {SUBVENTIONS_MAX} subventions : demandez une période plus courte."
            ),
            en: format!("More than {SUBVENTIONS_MAX} subventions: ask for a shorter period."),
        },
    }
}

/// The one structure porteuse that a subvention is for, when no convention tells its euros.
fn beneficiaire(it: &Subvention) -> Result<&Identite, Motif> {
    match it.source {
        Source::Ligne { referenced: true, .. } => return Err(Motif::InConvention),
        Source::Ligne { allocated_cents, unreferenced_cents, .. } if allocated_cents > 0 => {
            let all = unreferenced_cents <= allocated_cents;
            return Err(if all { Motif::InConvention } else { Motif::ConventionUnclear });
        }
        Source::Ligne { .. } | Source::Convention { .. } => (),
    }
    match it.beneficiaires.as_slice() {
        [] => Err(Motif::PorteuseMissing),
        [one] if one.id == it.attribuant.id => Err(Motif::OwnMoney),
        [one] => Ok(one),
        [..] => Err(Motif::PartsUnknown),
    }
}

macro_rules! motifs {
    ($($(#[$doc:meta])* $name:ident = $code:literal ($scdl:literal, $giving:literal): $fr:literal, $en:literal;)*) => {
        /// Why a file does not tell a subvention.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Motif {
            $($(#[$doc])* $name,)*
        }

        impl Motif {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// A code is never renamed.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The column of SCDL that would be wrong.
            fn scdl(self) -> &'static str {
                match self { $(Self::$name => $scdl,)* }
            }

            /// The member of 360Giving that would be wrong.
            fn giving(self) -> &'static str {
                match self { $(Self::$name => $giving,)* }
            }

            /// What to do.
            pub fn say(self, language: Language) -> &'static str {
                match self { $(Self::$name => language.choose($fr, $en),)* }
            }
        }
    };
}

motifs! {
    /// The file tells the convention, for its whole amount.
    InConvention = "IN_CONVENTION" ("montant", "amountAwarded"):
        "Cet argent est celui d'une convention du même financeur, qui est exportée pour son montant total : il n'y a rien à faire.",
        "This money is that of a convention of the same funder, which is exported for its whole amount: there is nothing to do.";
    /// Some of it may be in a convention.
    ConventionUnclear = "CONVENTION_UNCLEAR" ("montant", "amountAwarded"):
        "Le financeur notifie plus à cette ingénierie que ses conventions ne lui allouent : on ne sait pas quels euros sont déjà dans une convention. Donnez aux lignes qui en relèvent la référence de la convention.",
        "The funder notifies more to this ingénierie than its conventions set aside for it: which euros are already in a convention is not known. Give the reference of the convention to the lines that are part of it.";
    /// Nobody carries the DLA.
    PorteuseMissing = "PORTEUSE_MISSING" ("nomBeneficiaire", "recipientOrganization"):
        "Aucune structure porteuse n'est désignée pour les DLA de l'ingénierie : désignez-la.",
        "No structure porteuse is designated for the DLAs of the ingénierie: designate it.";
    /// Several may receive, and nothing says how much each.
    PartsUnknown = "PARTS_UNKNOWN" ("pourcentageSubvention", "recipientOrganization"):
        "Plusieurs structures porteuses peuvent recevoir cet argent, et rien ne dit la part de chacune : signez une convention avec celle qui le reçoit.",
        "Several structures porteuses may receive this money, and nothing says how much each: sign a convention with the one that receives it.";
    /// A structure porteuse pays for itself.
    OwnMoney = "OWN_MONEY" ("idBeneficiaire", "recipientOrganization"):
        "Celui qui paie est la structure porteuse elle-même : ce n'est pas une subvention.",
        "Who pays is the structure porteuse itself: this is no subvention.";
    AttribuantWithoutSiret = "ATTRIBUANT_WITHOUT_SIRET" ("idAttribuant", "fundingOrganization"):
        "Le financeur n'a pas de SIRET valable : renseignez-le dans le registre.",
        "The funder has no valid SIRET: give it in the registry.";
    BeneficiaireWithoutId = "BENEFICIAIRE_WITHOUT_ID" ("idBeneficiaire", "recipientOrganization"):
        "La structure porteuse n'a ni SIRET ni RNA : renseignez l'un des deux dans le registre.",
        "The structure porteuse has neither a SIRET nor an RNA: give one of them in the registry.";
    /// The schema takes digits only.
    RnaUnfit = "RNA_UNFIT" ("rnaBeneficiaire", "recipientOrganization"):
        "Le RNA de la structure porteuse contient une lettre, que le fichier n'admet pas : renseignez son SIRET.",
        "The RNA of the structure porteuse holds a letter, which the file does not take: give its SIRET.";
    RaeUnfit = "RAE_UNFIT" ("idRAE", "grantProgramme"):
        "Le numéro au répertoire des aides aux entreprises n'a pas au plus cinq lettres ou chiffres.",
        "The number in the répertoire des aides aux entreprises is not five letters or digits at most.";
    /// How a line is paid is known once it is.
    VersementUnknown = "VERSEMENT_UNKNOWN" ("datesPeriodeVersement", "amountDisbursed"):
        "Cette ligne n'est pas encore versée en entier : comment et quand elle l'est n'est pas connu. Enregistrez ses versements, ou signez une convention.",
        "This line is not wholly paid yet: how and when it is paid is not known. Record its payments, or sign a convention.";
    /// Readers take two lines alike for one.
    Duplicate = "DUPLICATE" ("referenceDecision", "id"):
        "Une ligne identique est déjà dans le fichier : donnez à chacune la référence de sa décision.",
        "The file already has a line just like it: give each the reference of its decision.";
}

impl Rejet {
    /// As people and programs read it.
    fn told(&self, language: Language) -> Value {
        let it = &self.subvention;
        let (convention, plan, ligne) = match it.source {
            Source::Convention { id, .. } => (Some(global(ConventionId(id)).0), None, None),
            Source::Ligne { plan, ligne, .. } => {
                (None, Some(global(PlanFinancementId(plan)).0), Some(ligne))
            }
        };
        let porteuses = it.beneficiaires.iter().map(|it| it.denomination.as_str());
        json!({
            "code": self.motif.code(),
            "champ": self.field,
            "raison": self.motif.say(language),
            "convention": convention,
            "planFinancement": plan,
            "ligne": ligne,
            "reference": it.reference,
            "objet": it.objet,
            "date": it.on.to_string(),
            "montant": euros(it.montant_cents),
            "beneficiaires": porteuses.collect::<Vec<_>>(),
        })
    }
}

/// Cents as euros, with a dot: `45000.00`.
fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// A text of so many characters at most: what is left out leaves `…`.
fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept = text.chars().take(max.saturating_sub(1)).collect::<String>();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests;
