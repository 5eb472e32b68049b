//! Whether a DLA can help: the request, the form and the meeting that qualify it, the answer.

use std::collections::BTreeSet;

use super::{
    ACCUEIL, Accompagnement, Canal, Diagnostic, Event, ORIENT, Parties, RENDEZ_VOUS, RETURN,
    Refusal, SEND, SOLLICITATION, at_most, readable, records, registered,
};
use crate::{
    AccompagnementId, Asked, Decided, Decision, Dla, Document, Line, Organisation, Perimeter,
    Prose, Sealed, Seen, Subject, referentiel::Code, refusal::Common,
};

/// Who is asked for help, for whom, and by which way the request came.
#[derive(Debug, Clone)]
pub struct Around {
    pub dla: Seen<Dla>,
    pub structure: Seen<Organisation>,
    /// The partner that relays the request.
    pub relais: Option<Seen<Organisation>>,
}

/// What a structure asks for. All of it may be said later.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sollicitation {
    pub canal: Option<Canal>,
    pub moments: BTreeSet<Code>,
    pub domaines: BTreeSet<Code>,
    pub demande: Option<Prose>,
}

/// To whom a structure is sent.
#[derive(Debug, Clone, Default)]
pub struct Orientation {
    pub vers: Option<Seen<Organisation>>,
    pub dispositif: Option<Line>,
    pub commentaire: Option<Prose>,
}

impl Accompagnement {
    /// Notes the request of a structure: the structure itself asks, the DLA notes it, or a partner
    /// relays it.
    pub fn record_sollicitation(
        &self,
        asked: &Asked,
        id: AccompagnementId,
        around: &Around,
        sollicitation: Sollicitation,
    ) -> Decision<Self> {
        let Around { dla, structure, relais } = around;
        let concerned = Perimeter::of_dlas([dla.id]).and([structure.id]);
        let by = relais.as_ref().map(|it| it.id);
        asked.may(&SOLLICITATION, &concerned.answered_by(by))?;
        if self.parties.is_some() {
            return Err(Common::AlreadyExists {}.into());
        }
        if !dla.exists() || relais.as_ref().is_some_and(|it| !it.exists()) {
            return Err(Common::NotFound {}.into());
        }
        usable(structure)?;
        let Sollicitation { canal, moments, domaines, demande } = sollicitation;
        at_most("moments", moments.len())?;
        at_most("domaines", domaines.len())?;
        let received = Event::SollicitationReceived {
            accompagnement: id,
            parties: Parties { dla: dla.id, structure: structure.id },
            relais: by,
            canal,
            moments,
            domaines,
            demande: demande.map(|it| Sealed::new(Subject::accompagnement(id), it)),
        };
        Ok(records(asked, [received])
            .expecting(dla)
            .expecting(structure))
    }

    /// Sends the form that the structure fills in before the first meeting.
    pub fn send_pre_diagnostic(&self, asked: &Asked) -> Decision<Self> {
        let parties = self.open_to(asked, &SEND)?;
        if self.pre_diagnostic_sent {
            return Ok(Decided::nothing());
        }
        Ok(records(asked, [Event::PreDiagnosticSent { parties }]))
    }

    /// Notes that the form came back, with the document that holds it if there is one.
    pub fn return_pre_diagnostic(
        &self,
        asked: &Asked,
        document: Option<&Seen<Document>>,
    ) -> Decision<Self> {
        let parties = self.open_to(asked, &RETURN)?;
        let document = readable(asked, document)?;
        Ok(records(asked, [Event::PreDiagnosticReturned { parties, document }]))
    }

    /// Notes that both met to qualify the request, on the date of the request.
    pub fn hold_rendez_vous_qualification(
        &self,
        asked: &Asked,
        commentaire: Option<Prose>,
    ) -> Decision<Self> {
        let parties = self.open_to(asked, &RENDEZ_VOUS)?;
        let commentaire = self.sealed_if(commentaire)?;
        Ok(records(asked, [Event::RendezVousQualificationHeld { parties, commentaire }]))
    }

    /// Says whether the DLA can help; why, if it cannot (INV-36). The answer may change until the
    /// diagnostic begins.
    pub fn complete_accueil(
        &self,
        asked: &Asked,
        pertinent: bool,
        motif: Option<Prose>,
    ) -> Decision<Self> {
        let parties = self.open_to(asked, &ACCUEIL)?;
        if self.pertinent == Some(pertinent) {
            return Ok(Decided::nothing());
        }
        if self.diagnostic != Diagnostic::Absent {
            return Err(Refusal::AccueilSettled {});
        }
        if !pertinent && motif.is_none() {
            return Err(Refusal::AccueilMotifMissing {});
        }
        let motif = self.sealed_if(motif)?;
        Ok(records(asked, [Event::AccueilCompleted { parties, pertinent, motif }]))
    }

    /// Sends the structure to someone who helps better, or besides.
    pub fn orient_structure(&self, asked: &Asked, orientation: &Orientation) -> Decision<Self> {
        let parties = self.open_to(asked, &ORIENT)?;
        let Orientation { vers, dispositif, commentaire } = orientation;
        if vers.is_none() && dispositif.is_none() {
            return Err(Refusal::OrientationEmpty {});
        }
        let oriented = Event::StructureOriented {
            parties,
            vers: registered(vers.as_ref(), "organisation")?,
            dispositif: dispositif.clone(),
            commentaire: self.sealed_if(commentaire.clone())?,
        };
        Ok(records(asked, [oriented]))
    }
}

/// A structure that exists and is open (INV-39).
fn usable(structure: &Seen<Organisation>) -> Result<(), Refusal> {
    if !structure.exists() {
        return Err(Common::NotFound {}.into());
    }
    if let Some(survivor) = structure.state.merged_into() {
        return Err(Refusal::StructureMerged { survivor });
    }
    if structure.state.is_closed() {
        return Err(Refusal::StructureClosed { structure: structure.id });
    }
    Ok(())
}
