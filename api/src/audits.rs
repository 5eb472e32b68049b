//! What auditors read stands in the journal before they read it, under each mandate that opens it.
//! Whoever granted the mandate reads that journal.

use std::collections::BTreeMap;

use async_graphql::ID;
use domain::{ConventionId, DocumentId, IngenierieId, MandatAuditId, Subject};
use eventlog::{EventLog, Position, Reader, Reading};
use projections::{documents::Document, historique::Entry};
use uuid::Uuid;

use crate::{Result, faits::Eyes, graphql::ids::global};

/// What a reading under a mandate is for, as the journal has it.
pub(crate) const PURPOSE: &str = "AUDIT";

/// What is read, as the journal names it: stored, never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lu {
    Historique,
    Document,
    Identite,
}

impl Lu {
    pub(crate) const ALL: [Self; 3] = [Self::Historique, Self::Document, Self::Identite];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Historique => "historique",
            Self::Document => "document",
            Self::Identite => "identite",
        }
    }
}

/// Something that a mandate may open: the dossier or the convention, what is read of it, and up to
/// which fact.
pub(crate) struct Lecture {
    pub(crate) opened: Uuid,
    pub(crate) objet: ID,
    pub(crate) up_to: Position,
}

impl Lecture {
    /// A document of a dossier.
    pub(crate) fn of_document(it: &Document) -> Option<Self> {
        let (objet, up_to) = (global(DocumentId(it.id)), Position(it.position));
        it.ingenierie.map(|opened| Self { opened, objet, up_to })
    }

    /// The histories that a fact stands in.
    pub(crate) fn of_fact(it: &Entry) -> impl Iterator<Item = Self> {
        let up_to = Position(it.position);
        let dossier = it.dossier.map(|id| (id, global(IngenierieId(id))));
        let convention = it.category == "convention_financement";
        let convention = convention.then(|| (it.stream, global(ConventionId(it.stream))));
        let both = dossier.into_iter().chain(convention);
        both.map(move |(opened, objet)| Self { opened, objet, up_to })
    }
}

/// Writes that an auditor reads, once for each mandate and each object. For others, nothing: what
/// they open is in the journal of the vault alone.
pub(crate) async fn note(
    log: &EventLog,
    eyes: Eyes<'_>,
    (lu, because): (Lu, Option<&str>),
    lectures: impl IntoIterator<Item = Lecture>,
) -> Result<()> {
    let mut lines: BTreeMap<(Uuid, String), Position> = BTreeMap::new();
    for Lecture { opened, objet, up_to } in lectures {
        for mandat in eyes.scope.mandats_of(opened) {
            let last = lines.entry((mandat, objet.0.clone())).or_insert(up_to);
            *last = up_to.max(*last);
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let lines = lines.into_iter().map(|((mandat, objet), up_to)| Reading {
        subject: Subject::mandat_audit(MandatAuditId(mandat)),
        up_to,
        asked: format!("/{}/{objet}", lu.as_str()),
    });
    let reader = Reader::of(eyes.actor).to(PURPOSE);
    let reader = match because {
        Some(why) => reader.because(why),
        None => reader,
    };
    Ok(log
        .note_readings(&reader, &lines.collect::<Vec<_>>())
        .await?)
}
