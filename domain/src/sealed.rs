//! Text that may concern people: in the facts only as a commitment, never in clear.
//!
//! The log seals it (`eventlog/src/vault.rs`) and opens it for those who may read it.

use std::{cell::Cell, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    AccompagnementId, ConventionId, DlaId, DocumentId, IngenierieId, MandatAuditId, OrganisationId,
    PersonId, ReponseEvaluationId, document::Conservation,
};

/// The member that carries a sealed value from the event to the log's door.
pub(crate) const MARK: &str = "$sealed";

thread_local! {
    /// Whether `codec::encode` is running on this thread: nobody else sees the value.
    static ENCODING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `encode` with sealed values shown to it.
pub(crate) fn revealing<T>(encode: impl FnOnce() -> T) -> T {
    struct Hide;
    impl Drop for Hide {
        fn drop(&mut self) {
            ENCODING.set(false);
        }
    }
    ENCODING.set(true);
    let _hide = Hide;
    encode()
}

/// A value that prints nothing and serialises nothing.
///
/// It is open in a fact that was just decided, and closed in a fact that was read:
/// no rule may depend on its content.
#[derive(Clone, PartialEq)]
pub struct Sealed<T>(Option<Open<T>>);

#[derive(Clone, PartialEq)]
struct Open<T> {
    subject: Subject,
    value: T,
}

impl<T> Sealed<T> {
    /// Ties a value to the person or the dossier whose key protects it.
    pub fn new(subject: Subject, value: T) -> Self {
        Self(Some(Open { subject, value }))
    }

    /// As it is when read back.
    pub fn closed() -> Self {
        Self(None)
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed")
    }
}

impl<T: Serialize> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(Open { subject, value }) if ENCODING.get() => {
                let value = serde_json::to_value(value).map_err(S::Error::custom)?;
                json!({ MARK: { "subject": subject.0, "value": value } }).serialize(serializer)
            }
            _ => serializer.serialize_unit(),
        }
    }
}

impl<'de, T> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if Value::deserialize(deserializer)?.get(MARK).is_some() {
            return Ok(Self::closed());
        }
        Err(D::Error::custom("a sealed value is never in clear"))
    }
}

/// Whose key protects a value. Erasing the key erases the value for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(pub(crate) String);

impl Subject {
    /// A person: erased at that person's request.
    pub fn person(id: PersonId) -> Self {
        Self(format!("person/{}", id.0))
    }

    /// A dossier: read by whoever may read the dossier.
    pub fn dossier(id: IngenierieId) -> Self {
        Self(format!("dossier/{}", id.0))
    }

    /// An accompagnement: read by the DLA and by the structure.
    pub fn accompagnement(id: AccompagnementId) -> Self {
        Self(format!("accompagnement/{}", id.0))
    }

    /// A DLA: why it changed what the registry says of it.
    pub fn dla(id: DlaId) -> Self {
        Self(format!("dla/{}", id.0))
    }

    /// A document: its content, its title and what is said of it, for as long as such documents
    /// are kept.
    pub fn document(id: DocumentId, conservation: Conservation) -> Self {
        Self(format!("{}/{}", conservation.subject(), id.0))
    }

    /// A convention: why it was changed.
    pub fn convention(id: ConventionId) -> Self {
        Self(format!("convention/{}", id.0))
    }

    /// A mandate of an auditor: by which law, and why it ended.
    pub fn mandat_audit(id: MandatAuditId) -> Self {
        Self(format!("mandat_audit/{}", id.0))
    }

    /// An organisation: what it says of itself.
    pub fn organisation(id: OrganisationId) -> Self {
        Self(format!("organisation/{}", id.0))
    }

    /// One bidder's offre in one consultation.
    pub fn offre(consultation: Uuid, prestataire: OrganisationId) -> Self {
        Self(format!("offre/{consultation}/{}", prestataire.0))
    }

    /// What one respondent writes to one campaign of an evaluation.
    pub fn reponse(id: ReponseEvaluationId) -> Self {
        Self(format!("reponse/{}", id.0))
    }

    /// As the log writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
