//! The content: each version is declared by its hash, its size and its kind, then sent, and
//! taken only if it is exactly that.

use super::{ADD, Document, Empreinte, Event, Refusal, TypeMedia, VERSIONS_MAX, Version};
use crate::{Asked, Decided, Decision, DocumentId, Prose, Sealed};

/// A content that will be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Annonce {
    pub empreinte: Empreinte,
    /// In bytes, as [`super::nature::taille`] allows.
    pub taille: i64,
    pub media: TypeMedia,
    /// What is new in it.
    pub commentaire: Option<Prose>,
}

impl Document {
    /// Says what the next content will be. The same as the last one is not added twice.
    pub fn add_document_version(
        &self,
        asked: &Asked,
        id: DocumentId,
        annonce: Annonce,
    ) -> Decision<Self> {
        self.open_to(asked, &ADD)?;
        let last = self.versions.last_key_value();
        let same = |it: &Version| it.empreinte == annonce.empreinte;
        if last.is_some_and(|(_, it)| same(it)) {
            return Ok(Decided::nothing());
        }
        if self.versions.len() >= VERSIONS_MAX {
            return Err(Refusal::TooManyVersions { max: VERSIONS_MAX });
        }
        let Annonce { empreinte, taille, media, commentaire } = annonce;
        // Versions are numbered from 1 and never removed.
        let version = last.map_or(1, |(last, _)| last + 1);
        let commentaire = commentaire.map(|it| Sealed::new(self.subject(id), it));
        let added = Event::DocumentVersionAdded { version, empreinte, taille, media, commentaire };
        Ok(self.records(asked, [added]))
    }

    /// What the content of a version must be, for whoever may send it: those who may declare it.
    pub fn expected(&self, asked: &Asked, version: i32) -> Result<&Version, Refusal> {
        self.open_to(asked, &ADD)?;
        self.versions
            .get(&version)
            .ok_or(Refusal::VersionUnknown { version })
    }

    /// Its content came. The caller has compared it with what was [`Self::expected`].
    pub fn receive_document_content(&self, asked: &Asked, version: i32) -> Decision<Self> {
        if self.expected(asked, version)?.received {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::DocumentContentReceived { version }]))
    }
}
