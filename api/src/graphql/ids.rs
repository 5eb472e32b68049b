//! Global ids: opaque to callers, typed by noun, so that none is taken for another.

use async_graphql::ID;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    AccompagnementId, ActionFinanceeId, CapitalisationId, CasPasseId, ConsultationId, ConventionId,
    DlaId, DocumentId, EvaluationId, IngenierieId, InterventionId, JetonServiceId, MandatAuditId,
    OrganisationId, PersonId, PlanFinancementId, ReferentielId, ReponseEvaluationId,
    SeanceComiteId, values::Invalid,
};
use projections::{bibliotheque::FicheId, capitalisations::ElementId};
use uuid::Uuid;

use crate::{Error, Result};

/// What has a global id.
pub(crate) trait Noun: From<Uuid> + Into<Uuid> + Copy {
    /// Its type in the schema: the interface, when it is of several.
    const NAME: &'static str;
}

macro_rules! nouns {
    ($($id:ident = $name:literal;)*) => {
        $(impl Noun for $id {
            const NAME: &'static str = $name;
        })*
    };
}

nouns! {
    AccompagnementId = "Accompagnement";
    ActionFinanceeId = "ActionFinancee";
    CapitalisationId = "Capitalisation";
    CasPasseId = "CasPasse";
    ConsultationId = "Consultation";
    ConventionId = "ConventionFinancement";
    DlaId = "Dla";
    DocumentId = "Document";
    EvaluationId = "Evaluation";
    IngenierieId = "Ingenierie";
    InterventionId = "Intervention";
    JetonServiceId = "JetonService";
    MandatAuditId = "MandatAudit";
    OrganisationId = "Organisation";
    PersonId = "Personne";
    PlanFinancementId = "PlanFinancement";
    ReferentielId = "Referentiel";
    ReponseEvaluationId = "ReponseEvaluation";
    SeanceComiteId = "SeanceComiteAppui";
}

/// The id of a thing, as callers hold it.
pub(crate) fn global<N: Noun>(id: N) -> ID {
    let id: Uuid = id.into();
    encode(N::NAME, id)
}

/// An element goes by its number in its capitalisation.
const ELEMENT: &str = "ElementCapitalise";

/// The id of an element of a capitalisation, as callers hold it.
pub(crate) fn global_element(ElementId { capitalisation, numero }: ElementId) -> ID {
    encode(ELEMENT, format!("{}/{numero}", capitalisation.0))
}

/// The element behind a global id, if it names one.
pub(crate) fn element(id: &ID) -> Option<ElementId> {
    let (noun, key) = decode(id)?;
    let (capitalisation, numero) = key.split_once('/').filter(|_| noun == ELEMENT)?;
    let capitalisation = CapitalisationId(capitalisation.parse().ok()?);
    Some(ElementId { capitalisation, numero: numero.parse().ok()? })
}

/// A card of the library goes by what it comes from.
const FICHE: &str = "FicheBibliotheque";

/// The id of a card of the library that comes from an ingénierie, as callers hold it.
pub(crate) fn global_fiche(FicheId { origine, numero }: FicheId) -> ID {
    encode(FICHE, format!("{origine}/{numero}"))
}

/// The card of the library behind such an id, or behind that of a case of before.
pub(crate) fn fiche(id: &ID) -> Option<FicheId> {
    let (noun, key) = decode(id)?;
    if noun == CasPasseId::NAME {
        return Some(FicheId { origine: key.parse().ok()?, numero: 0 });
    }
    let (origine, numero) = key.split_once('/').filter(|_| noun == FICHE)?;
    Some(FicheId { origine: origine.parse().ok()?, numero: numero.parse().ok()? })
}

/// The noun and the id behind a global id.
pub(crate) fn parts(id: &ID) -> Option<(String, Uuid)> {
    let (noun, id) = decode(id)?;
    Some((noun, id.parse().ok()?))
}

/// The global id of a noun known by its name.
pub(crate) fn encode(noun: &str, key: impl std::fmt::Display) -> ID {
    ID(URL_SAFE_NO_PAD.encode(format!("{noun}:{key}")))
}

fn decode(id: &ID) -> Option<(String, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id.as_bytes()).ok()?).ok()?;
    let (noun, key) = text.split_once(':')?;
    Some((noun.to_owned(), key.to_owned()))
}

/// The thing behind the global id of a field (`input.structure`), if it is of the noun.
pub(crate) fn typed<N: Noun>(id: &ID, path: &str) -> Result<N> {
    match parts(id) {
        Some((noun, id)) if noun == N::NAME => Ok(N::from(id)),
        Some((noun, _)) => Err(Error::Invalid {
            path: path.to_owned(),
            why: Invalid {
                fr: format!(
                    "Cet identifiant désigne un objet {noun} ; il faut un objet {}.",
                    N::NAME
                ),
                en: format!("This id names a {noun}; a {} is needed.", N::NAME),
            },
        }),
        None => Err(Error::Invalid {
            path: path.to_owned(),
            why: Invalid {
                fr: "Cet identifiant est mal formé : reprenez-le tel que l'API l'a donné."
                    .to_owned(),
                en: "This id is malformed: take it as the API gave it.".to_owned(),
            },
        }),
    }
}

/// The same for a list: the path says which one.
pub(crate) fn typed_all<N: Noun>(ids: &[ID], path: &str) -> Result<Vec<N>> {
    ids.iter()
        .enumerate()
        .map(|(n, id)| typed(id, &format!("{path}.{n}")))
        .collect()
}
