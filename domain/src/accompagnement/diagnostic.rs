//! What the DLA and the structure found together, what the DLA advises, and what the structure
//! takes of it.

use std::collections::BTreeSet;

use super::{
    self as rules, ACCEPT, Accompagnement, COMPLETE, Diagnostic, Event, PROPOSE, Parties, REFUSE,
    Refusal, Reponse, START, VALIDATE, at_most, readable, records,
};
use crate::{Asked, Decided, Decision, Document, Prose, Right, Seen, referentiel::Code};

/// What a diagnostic partagé says. At least one text, or a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conclusions {
    pub situation: Option<Prose>,
    pub forces: Option<Prose>,
    pub capacite: Option<Prose>,
    pub besoins: Option<Prose>,
    pub domaines: BTreeSet<Code>,
}

/// One thing that a DLA advises.
#[derive(Debug, Clone, PartialEq)]
pub struct Preconisation {
    pub theme: Option<Code>,
    pub enonce: Prose,
}

impl Accompagnement {
    /// Begins the diagnostic partagé. It may also be noted once it is completed.
    pub fn start_diagnostic(&self, asked: &Asked) -> Decision<Self> {
        let parties = self.welcomed(asked, &START)?;
        if self.diagnostic != Diagnostic::Absent {
            return Ok(Decided::nothing());
        }
        Ok(records(asked, [Event::DiagnosticStarted { parties }]))
    }

    /// Says what the diagnostic found, in place of what it said before; the structure then
    /// validates it, again if it had.
    pub fn complete_diagnostic(
        &self,
        asked: &Asked,
        conclusions: Conclusions,
        document: Option<&Seen<Document>>,
    ) -> Decision<Self> {
        let parties = self.welcomed(asked, &COMPLETE)?;
        let Conclusions { situation, forces, capacite, besoins, domaines } = conclusions;
        let texts = [&situation, &forces, &capacite, &besoins];
        if texts.iter().all(|it| it.is_none()) && document.is_none() {
            return Err(Refusal::DiagnosticEmpty {});
        }
        at_most("domaines", domaines.len())?;
        let completed = Event::DiagnosticCompleted {
            parties,
            situation: self.sealed_if(situation)?,
            forces: self.sealed_if(forces)?,
            capacite: self.sealed_if(capacite)?,
            besoins: self.sealed_if(besoins)?,
            domaines,
            document: readable(asked, document)?,
        };
        Ok(records(asked, [completed]))
    }

    /// The structure recognises itself in the diagnostic: it says so, or the DLA notes it.
    pub fn validate_diagnostic(&self, asked: &Asked) -> Decision<Self> {
        let parties = self.welcomed(asked, &VALIDATE)?;
        match self.diagnostic {
            Diagnostic::Absent | Diagnostic::Started => Err(Refusal::DiagnosticNotCompleted {}),
            Diagnostic::Completed => Ok(records(asked, [Event::DiagnosticValidated { parties }])),
            Diagnostic::Validated => Ok(Decided::nothing()),
        }
    }

    /// Says what the DLA advises, in place of what it advised before: the structure answers anew.
    pub fn propose_preconisations(
        &self,
        asked: &Asked,
        preconisations: Vec<Preconisation>,
    ) -> Decision<Self> {
        let parties = self.welcomed(asked, &PROPOSE)?;
        if self.diagnostic < Diagnostic::Completed {
            return Err(Refusal::DiagnosticNotCompleted {});
        }
        if preconisations.is_empty() {
            return Err(Refusal::PreconisationsMissing {});
        }
        at_most("preconisations", preconisations.len())?;
        let sealed = preconisations
            .into_iter()
            .map(|Preconisation { theme, enonce }| {
                Ok(rules::Preconisation { theme, enonce: self.sealed(enonce)? })
            });
        let preconisations = sealed.collect::<Result<_, Refusal>>()?;
        Ok(records(asked, [Event::PreconisationsProposed { parties, preconisations }]))
    }

    /// The structure takes some of what is advised, by their numbers; all, when it gives none.
    pub fn accept_preconisations(
        &self,
        asked: &Asked,
        retenues: Option<BTreeSet<i32>>,
    ) -> Decision<Self> {
        let parties = self.answering(asked, &ACCEPT)?;
        let all = 1..=self.preconisations;
        let retenues = retenues.unwrap_or_else(|| all.clone().collect());
        if retenues.is_empty() {
            return Err(Refusal::RetenuesMissing {});
        }
        if let Some(numero) = retenues.iter().copied().find(|it| !all.contains(it)) {
            return Err(Refusal::PreconisationUnknown { numero, field: "retenues" });
        }
        let accepted = Reponse::Retenues(retenues.clone());
        if self.reponse == Some(accepted) {
            return Ok(Decided::nothing());
        }
        Ok(records(asked, [Event::PreconisationsAccepted { parties, retenues }]))
    }

    /// The structure takes nothing of what is advised. The reason is mandatory (INV-36).
    pub fn refuse_preconisations(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        let parties = self.answering(asked, &REFUSE)?;
        if self.reponse == Some(Reponse::Refusees) {
            return Ok(Decided::nothing());
        }
        let motif = self.sealed(motif)?;
        Ok(records(asked, [Event::PreconisationsRefused { parties, motif }]))
    }

    /// Lets an answer pass, to what is proposed on a diagnostic that the structure validated.
    fn answering(&self, asked: &Asked, right: &Right) -> Result<Parties, Refusal> {
        let parties = self.welcomed(asked, right)?;
        if self.preconisations == 0 {
            return Err(Refusal::NothingProposed {});
        }
        if self.diagnostic < Diagnostic::Validated {
            return Err(Refusal::DiagnosticNotValidated {});
        }
        Ok(parties)
    }
}
