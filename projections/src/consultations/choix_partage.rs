//! Those who help to write and to choose, what they say, and the contract that follows.

use domain::{
    Date, Line,
    consultation::{
        self as rules, Event as Fact, Notateur, Notation, QualiteInvite, SectionCahier, Sections,
    },
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Consultation, Etat};
use crate::SealedPlace;

/// One edition of the cahier des charges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edition {
    pub edition: i32,
    pub on: Date,
    pub finalised_on: Option<Date>,
    pub sections: Sections,
}

/// An invited organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    pub organisation: Uuid,
    pub qualite: QualiteInvite,
    pub on: Date,
}

/// What an invited one would have the cahier des charges say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    pub organisation: Uuid,
    pub section: Option<SectionCahier>,
    pub on: Date,
    /// The last one that was written by then.
    pub edition: i32,
    pub text: SealedPlace,
}

/// What someone gave an offre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub par: Notateur,
    pub notation: Notation,
    pub on: Date,
    pub commentaire: Option<SealedPlace>,
}

/// Whom a structure would rather work with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    pub structure: Uuid,
    pub prestataire: Uuid,
    pub on: Date,
    pub motif: Option<SealedPlace>,
}

/// The contract, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contrat {
    pub montant_cents: i64,
    pub debut: Date,
    pub fin: Option<Date>,
    pub reference: Option<Line>,
    pub signed_on: Date,
    pub avenants: Vec<Avenant>,
    pub terminated: Option<Fin>,
}

/// A change of the contract: what it said from then on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Avenant {
    pub on: Date,
    pub montant_cents: i64,
    pub fin: Option<Date>,
    pub motif: SealedPlace,
}

/// Its end before its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fin {
    pub on: Date,
    pub motif: SealedPlace,
}

impl Consultation {
    /// What is written and said by those who share the choice, and what is signed.
    pub(super) fn share(&mut self, fact: &Fact, recorded: &Recorded) {
        let on = recorded.on;
        match fact {
            Fact::CahierDesChargesDrafted { ingenierie, dlas, territoire, edition, sections } => {
                self.ingenierie = ingenierie.0;
                self.dlas = dlas.iter().map(|it| it.0).collect();
                self.territoire = territoire.to_string();
                self.edition = *edition;
                self.sections = sections.clone();
                self.etat = Etat::Redaction;
                let (edition, sections) = (*edition, sections.clone());
                self.editions
                    .push(Edition { edition, on, finalised_on: None, sections });
            }
            Fact::CahierDesChargesFinalised { .. } => {
                self.etat = Etat::Finalisee;
                if let Some(last) = self.editions.last_mut() {
                    last.finalised_on = Some(on);
                }
            }
            Fact::PartenaireInvited { organisation, qualite } => {
                self.invites.push(organisation.0);
                let (organisation, qualite) = (organisation.0, *qualite);
                self.invitations
                    .push(Invitation { organisation, qualite, on });
            }
            Fact::CahierDesChargesContributionRecorded { organisation, section, .. } => {
                self.contributions.push(Contribution {
                    organisation: organisation.0,
                    section: *section,
                    on,
                    edition: self.edition,
                    text: SealedPlace::of(recorded, "/contribution"),
                });
            }
            Fact::OffreScored { prestataire, par, notation, .. } => {
                let commentaire = SealedPlace::if_given(recorded, "/commentaire");
                let note = Note { par: *par, notation: *notation, on, commentaire };
                let notes = &mut self.candidat(prestataire.0).notes;
                match notes.iter_mut().find(|it| it.par == note.par) {
                    Some(it) => *it = note,
                    None => notes.push(note),
                }
            }
            Fact::PreferenceStructureExpressed { structure, prestataire, .. } => {
                self.preferences.retain(|it| it.structure != structure.0);
                self.preferences.push(Preference {
                    structure: structure.0,
                    prestataire: prestataire.0,
                    on,
                    motif: SealedPlace::if_given(recorded, "/motif"),
                });
            }
            Fact::ContratSigned { .. }
            | Fact::ContratAmended { .. }
            | Fact::ContratTerminated { .. } => self.sign(fact, recorded),
            Fact::AppelOffresLaunched { .. }
            | Fact::PrestataireConsulted { .. }
            | Fact::PrestataireDeclined { .. }
            | Fact::OffreReceived { .. }
            | Fact::OffreWithdrawn { .. }
            | Fact::OffresOpened { .. }
            | Fact::OffreRejected { .. }
            | Fact::RuleWaived { .. }
            | Fact::PrestataireChosen { .. }
            | Fact::PrestataireDirectlyChosen { .. }
            | Fact::PrestataireInformed { .. }
            | Fact::ConsultationDeclaredUnsuccessful { .. }
            | Fact::ConsultationClosed {} => (),
        }
    }

    fn sign(&mut self, fact: &Fact, recorded: &Recorded) {
        let on = recorded.on;
        if let Fact::ContratSigned { contrat } = fact {
            self.contrat = Some(Contrat::signed(contrat, on));
            return;
        }
        let Some(it) = &mut self.contrat else { return };
        let motif = SealedPlace::of(recorded, "/motif");
        if let Fact::ContratAmended { contrat, .. } = fact {
            it.amend(contrat, on, motif);
        } else {
            it.terminated = Some(Fin { on, motif });
        }
    }
}

impl Contrat {
    fn signed(it: &rules::Contrat, on: Date) -> Self {
        Self {
            montant_cents: it.montant.0,
            debut: it.debut,
            fin: it.fin,
            reference: it.reference.clone(),
            signed_on: on,
            avenants: vec![],
            terminated: None,
        }
    }

    fn amend(&mut self, it: &rules::Contrat, on: Date, motif: SealedPlace) {
        self.montant_cents = it.montant.0;
        self.debut = it.debut;
        self.fin = it.fin;
        self.reference.clone_from(&it.reference);
        self.avenants
            .push(Avenant { on, montant_cents: it.montant.0, fin: it.fin, motif });
    }
}
