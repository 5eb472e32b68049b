//! A séance of the comité d'appui of a DLA: many dossiers on its agenda, one avis each.
//!
//! This file holds the facts, the state and the convening; what stands on the agenda is in
//! `ordre_du_jour`, what the comité says and what becomes of it in `avis`.

mod ordre_du_jour;
mod avis;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(crate) use self::avis::Lack;
pub use self::avis::{Avis, Pending};
use crate::{
    Asked, Date, Decided, Decider, Decision, Dla, DlaId, Heure, IngenierieId, Line, OrganisationId,
    PersonId, Place, Prose, Sealed, SeanceComiteId, Seen, Subject, Territoire,
    actor::{Perimeter, Right, rights},
    ingenierie_collective::engager::SensAvis,
    refusal::{Common, refusals},
    rules::Rule,
};

/// Dossiers on one agenda: more than a comité reads in a day.
pub const DOSSIERS_MAX: usize = 60;

/// Members noted at one séance.
pub const MEMBRES_MAX: usize = 100;

/// The longest time given to one dossier, in minutes: a day of work.
pub const DUREE_MAX: i32 = 480;

/// What can happen to a séance. Facts about one dossier stand in that dossier; the others name the
/// DLA, so that readers need not look elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum Event {
    /// The comité d'appui of a DLA is to meet.
    SeanceComiteAppuiConvened {
        dla: DlaId,
        rencontre: Rencontre,
        #[serde(skip_serializing_if = "Option::is_none")]
        organisateur: Option<OrganisationId>,
        territoire: Territoire,
    },
    /// It is to meet at another moment or place.
    SeanceComiteAppuiRescheduled { dla: DlaId, rencontre: Rencontre, motif: Sealed<Prose> },
    /// It will not meet.
    SeanceComiteAppuiCancelled { dla: DlaId, motif: Sealed<Prose> },
    /// A dossier is on the agenda, or has another place there.
    DossierInscribed {
        ingenierie: IngenierieId,
        rang: i32,
        #[serde(skip_serializing_if = "Option::is_none")]
        duree: Option<i32>,
    },
    /// A dossier is no longer on the agenda.
    DossierWithdrawn { ingenierie: IngenierieId, motif: Sealed<Prose> },
    /// The members received the agenda as it stood.
    OrdreDuJourSent { dla: DlaId, edition: i32 },
    /// Someone was there, or was not. What was said last counts.
    MembrePresenceRecorded {
        dla: DlaId,
        personne: PersonId,
        #[serde(skip_serializing_if = "Option::is_none")]
        organisation: Option<OrganisationId>,
        presence: PresenceMembre,
    },
    /// The comité said what it thinks of a dossier. Until the séance is closed, what was said last
    /// counts.
    AvisGiven {
        ingenierie: IngenierieId,
        sens: SensAvis,
        #[serde(skip_serializing_if = "Option::is_none")]
        commentaire: Option<Sealed<Prose>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reserves: Option<Sealed<Prose>>,
    },
    /// A rule was set aside, for the reason given.
    RuleWaived { rule: Rule, because: Sealed<Prose> },
    /// Every dossier has its avis: the house records each in its dossier.
    SeanceComiteAppuiClosed { dla: DlaId },
    /// The dossier holds the avis.
    AvisTransmitted { ingenierie: IngenierieId },
    /// The dossier did not take the avis, for the reason of that code.
    AvisNotTransmitted { ingenierie: IngenierieId, code: String },
}

/// When and where a comité meets: in a place, by visio, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rencontre {
    pub date: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debut: Option<Heure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fin: Option<Heure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lieu: Option<Line>,
    pub visio: bool,
}

/// Whether someone came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PresenceMembre {
    Present,
    /// Did not come, and said so.
    Excuse,
    Absent,
}

refusals! {
    /// People must know where to go.
    LieuMissing {} = "COMITE_LIEU_MISSING" at "lieu":
        "Indiquez un lieu, ou que la séance se tient en visio.",
        "Give a place, or say that the séance is held by visio.";
    /// A meeting ends after it starts.
    HeuresReversed { debut: Heure, fin: Heure } = "COMITE_HEURES_REVERSED" at "fin":
        "La séance commence à {debut} et finit à {fin} : indiquez une fin postérieure au début.",
        "The séance starts at {debut} and ends at {fin}: give an end after the start.";
    /// A comité is convened for whoever carries the DLA.
    OrganisateurNotPorteuse { organisateur: OrganisationId } = "ORGANISATEUR_NOT_PORTEUSE" at "organisateur":
        "Cette organisation ne porte pas ce DLA : indiquez l'une de ses structures porteuses.",
        "This organisation does not carry this DLA: give one of its structures porteuses.";
    /// What is convened is to come: what was held is noted with its own date.
    SeanceAnnulee {} = "SEANCE_COMITE_CANCELLED" at "seance":
        "Cette séance est annulée : convoquez-en une autre.",
        "This séance is cancelled: convene another one.";
    /// It ended: what the comité said stands.
    SeanceClose {} = "SEANCE_COMITE_CLOSED" at "seance":
        "Cette séance est close : ce que le comité a dit ne change plus.",
        "This séance is closed: what the comité said no longer changes.";
    /// What was said is not lost by cancelling.
    AvisAlreadyGiven {} = "AVIS_ALREADY_GIVEN" at "seance":
        "Des avis sont déjà rendus : clôturez la séance plutôt que de l'annuler.",
        "Some avis are given already: close the séance rather than cancel it.";
    /// A comité advises its own DLA.
    DossierOfAnotherDla { dla: DlaId } = "DOSSIER_OF_ANOTHER_DLA" at "ingenierie":
        "Cette ingénierie ne concerne pas le DLA de ce comité : associez-le d'abord au dossier.",
        "This ingénierie does not concern the DLA of this comité: associate it with the dossier first.";
    /// INV-38.
    DossierEnded {} = "DOSSIER_ENDED" at "ingenierie":
        "Cette ingénierie est finalisée ou abandonnée : rouvrez-la avant de la soumettre au comité.",
        "This ingénierie is finalised or abandoned: reopen it before it goes to the comité.";
    /// An agenda is read in one séance.
    TooManyDossiers { max: usize } = "TOO_MANY_DOSSIERS" at "ingenierie":
        "L'ordre du jour compte au plus {max} dossiers : convoquez une autre séance.",
        "The agenda holds at most {max} dossiers: convene another séance.";
    /// A place in the agenda.
    RangOutOfRange { max: usize } = "RANG_OUT_OF_RANGE" at "rang":
        "Indiquez un rang entre 1 et {max}.",
        "Give a place between 1 and {max}.";
    /// A time that a séance can give.
    DureeOutOfRange { max: i32 } = "DUREE_OUT_OF_RANGE" at "duree":
        "Indiquez une durée entre 1 et {max} minutes.",
        "Give a time between 1 and {max} minutes.";
    /// Only what is on the agenda is examined.
    DossierNotInscribed {} = "DOSSIER_NOT_INSCRIBED" at "ingenierie":
        "Ce dossier n'est pas à l'ordre du jour de cette séance : inscrivez-le d'abord.",
        "This dossier is not on the agenda of this séance: inscribe it first.";
    /// What was said of a dossier is not lost by striking it off.
    DossierExamined {} = "DOSSIER_EXAMINED" at "ingenierie":
        "Le comité a déjà rendu son avis sur ce dossier : corrigez l'avis plutôt.",
        "The comité has already given its avis on this dossier: correct the avis instead.";
    /// An agenda says something.
    OrdreDuJourEmpty {} = "ORDRE_DU_JOUR_EMPTY" at "seance":
        "Inscrivez d'abord un dossier à l'ordre du jour.",
        "Inscribe a dossier on the agenda first.";
    /// A date before its cause.
    SeanceToCome { date: Date } = "COMITE_TO_COME" at "on":
        "La séance est prévue le {date} : reprogrammez-la si elle s'est tenue plus tôt.",
        "The séance is scheduled on {date}: reschedule it if it was held earlier.";
    /// A fact must stay small.
    TooManyMembres { max: usize } = "TOO_MANY_MEMBRES" at "personne":
        "Une séance compte au plus {max} membres.",
        "A séance has at most {max} members.";
    /// Reservations are what tells this avis from a favourable one.
    ReservesMissing {} = "RESERVES_MISSING" at "reserves":
        "Indiquez les réserves du comité.",
        "Give the reservations of the comité.";
    /// The same, the other way round.
    ReservesUnexpected {} = "RESERVES_UNEXPECTED" at "reserves":
        "Seul un avis favorable avec réserves porte des réserves : retirez-les, ou changez le sens.",
        "Only a favourable avis with reservations holds reservations: leave them out, or change the sense.";
    /// INV-36: a refusal is explained, and so is what puts a decision off.
    CommentaireMissing {} = "COMMENTAIRE_MISSING" at "commentaire":
        "Indiquez pourquoi : un avis défavorable ou ajourné est motivé.",
        "Say why: an unfavourable avis, or one that is put off, gives its reasons.";
    /// One avis a dossier.
    AvisExpected { dossiers: usize } = "AVIS_EXPECTED" at "seance":
        "Dossiers encore sans avis : {dossiers}. Rendez chaque avis, ou retirez le dossier de l'ordre du jour.",
        "Dossiers still without avis: {dossiers}. Give each avis, or withdraw the dossier from the agenda.";
}

rights! {
    CONVENE = "conveneSeanceComiteAppui": ChargeDeMission;
    RESCHEDULE = "rescheduleSeanceComiteAppui": ChargeDeMission;
    CANCEL = "cancelSeanceComiteAppui": ChargeDeMission;
    INSCRIBE = "inscribeDossier": ChargeDeMission;
    WITHDRAW = "withdrawDossier": ChargeDeMission;
    SEND = "sendOrdreDuJour": ChargeDeMission;
    PRESENCE = "recordMembrePresence": ChargeDeMission;
    AVIS = "giveAvis": ChargeDeMission, ChargeDeMissionRegional, MembreComiteAppui;
    CLOSE = "closeSeanceComiteAppui": ChargeDeMission;
}

/// What the decisions need to remember, and nothing else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeanceComiteAppui {
    dla: Option<DlaId>,
    territoire: Option<Territoire>,
    rencontre: Option<Rencontre>,
    dossiers: BTreeMap<IngenierieId, Inscrit>,
    /// How many times the agenda was sent, and whether it stands as it was sent.
    editions: i32,
    sent: bool,
    presences: BTreeMap<PersonId, (Option<OrganisationId>, PresenceMembre)>,
    cancelled: bool,
    closed: bool,
    /// The dossiers whose avis found its place, or was told not to.
    settled: BTreeSet<IngenierieId>,
    refused: BTreeSet<IngenierieId>,
}

/// A dossier on the agenda.
#[derive(Debug, Clone, PartialEq)]
struct Inscrit {
    rang: i32,
    duree: Option<i32>,
    avis: Option<SensAvis>,
}

impl SeanceComiteAppui {
    /// Convenes the comité d'appui of a DLA.
    pub fn convene_seance_comite_appui(
        &self,
        asked: &Asked,
        dla: &Seen<Dla>,
        rencontre: Rencontre,
        organisateur: Option<OrganisationId>,
    ) -> Decision<Self> {
        // A DLA is known to all; its comité is convened by those who work for it.
        asked.may(&CONVENE, &Perimeter::of_dlas([dla.id]))?;
        if self.dla.is_some() {
            return Err(Common::AlreadyExists {}.into());
        }
        let territoire = dla.state.territoires().next();
        let territoire = territoire.cloned().ok_or(Common::NotFound {})?;
        rencontre.stands()?;
        let carries = |it: &OrganisationId| dla.state.porteuses().any(|porteuse| porteuse == *it);
        if let Some(organisateur) = organisateur.filter(|it| !carries(it)) {
            return Err(Refusal::OrganisateurNotPorteuse { organisateur });
        }
        let place = Place { territoire: Some(territoire.clone()), dossier: None };
        let dla_id = dla.id;
        let convened =
            Event::SeanceComiteAppuiConvened { dla: dla_id, rencontre, organisateur, territoire };
        Ok(asked.records(place, [convened]).expecting(dla))
    }

    /// Has it meet at another moment or place. The reason is mandatory (INV-36).
    pub fn reschedule_seance_comite_appui(
        &self,
        asked: &Asked,
        rencontre: Rencontre,
        motif: Prose,
    ) -> Decision<Self> {
        let dla = self.going_on(asked, &RESCHEDULE)?;
        rencontre.stands()?;
        if self.rencontre.as_ref() == Some(&rencontre) {
            return Ok(Decided::nothing());
        }
        let motif = Sealed::new(Subject::dla(dla), motif);
        let moved = Event::SeanceComiteAppuiRescheduled { dla, rencontre, motif };
        Ok(self.records(asked, [moved]))
    }

    /// Calls the séance off. The reason is mandatory (INV-36).
    pub fn cancel_seance_comite_appui(&self, asked: &Asked, motif: Prose) -> Decision<Self> {
        let dla = self.known_to(asked, &CANCEL)?;
        if self.cancelled {
            return Ok(Decided::nothing());
        }
        self.not_closed()?;
        if self.dossiers.values().any(|it| it.avis.is_some()) {
            return Err(Refusal::AvisAlreadyGiven {});
        }
        let motif = Sealed::new(Subject::dla(dla), motif);
        Ok(self.records(asked, [Event::SeanceComiteAppuiCancelled { dla, motif }]))
    }

    /// The DLA that the comité advises.
    pub fn dla(&self) -> Option<DlaId> {
        self.dla
    }

    /// Who may know that it exists: those of its DLA, and its comité.
    pub fn perimeter(&self) -> Perimeter {
        Perimeter::of_dlas(self.dla).advised_by(self.dla)
    }

    fn known_to(&self, asked: &Asked, right: &Right) -> Result<DlaId, Refusal> {
        asked.may(right, &self.perimeter())?;
        Ok(self.dla.ok_or(Common::NotFound {})?)
    }

    /// Lets pass who holds the right, on a séance that was neither cancelled nor closed.
    fn going_on(&self, asked: &Asked, right: &Right) -> Result<DlaId, Refusal> {
        let dla = self.known_to(asked, right)?;
        self.not_closed()?;
        if self.cancelled { Err(Refusal::SeanceAnnulee {}) } else { Ok(dla) }
    }

    fn not_closed(&self) -> Result<(), Refusal> {
        if self.closed { Err(Refusal::SeanceClose {}) } else { Ok(()) }
    }

    fn records(&self, asked: &Asked, events: impl IntoIterator<Item = Event>) -> Decided<Event> {
        asked.records(Place { territoire: self.territoire.clone(), dossier: None }, events)
    }

    /// The same, of one dossier: its history shows them.
    fn records_of(
        &self,
        asked: &Asked,
        ingenierie: IngenierieId,
        events: impl IntoIterator<Item = Event>,
    ) -> Decided<Event> {
        let place = Place { territoire: self.territoire.clone(), dossier: Some(ingenierie) };
        asked.records(place, events)
    }
}

impl Rencontre {
    fn stands(&self) -> Result<(), Refusal> {
        if self.lieu.is_none() && !self.visio {
            return Err(Refusal::LieuMissing {});
        }
        match (self.debut, self.fin) {
            (Some(debut), Some(fin)) if fin <= debut => Err(Refusal::HeuresReversed { debut, fin }),
            _ => Ok(()),
        }
    }
}

impl Decider for SeanceComiteAppui {
    const CATEGORY: &'static str = "seance_comite_appui";

    type Id = SeanceComiteId;
    type Event = Event;
    type Refusal = Refusal;

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::SeanceComiteAppuiConvened { dla, rencontre, territoire, .. } => {
                self.dla = Some(*dla);
                self.rencontre = Some(rencontre.clone());
                self.territoire = Some(territoire.clone());
            }
            Event::SeanceComiteAppuiRescheduled { rencontre, .. } => {
                self.rencontre = Some(rencontre.clone());
            }
            Event::SeanceComiteAppuiCancelled { .. } => self.cancelled = true,
            Event::DossierInscribed { ingenierie, rang, duree } => {
                let avis = self.dossiers.get(ingenierie).and_then(|it| it.avis);
                self.dossiers
                    .insert(*ingenierie, Inscrit { rang: *rang, duree: *duree, avis });
                self.sent = false;
            }
            Event::DossierWithdrawn { ingenierie, .. } => {
                self.dossiers.remove(ingenierie);
                self.sent = false;
            }
            Event::OrdreDuJourSent { edition, .. } => {
                self.editions = *edition;
                self.sent = true;
            }
            Event::MembrePresenceRecorded { personne, organisation, presence, .. } => {
                self.presences.insert(*personne, (*organisation, *presence));
            }
            Event::AvisGiven { ingenierie, sens, .. } => {
                if let Some(it) = self.dossiers.get_mut(ingenierie) {
                    it.avis = Some(*sens);
                }
            }
            Event::RuleWaived { .. } => (),
            Event::SeanceComiteAppuiClosed { .. } => self.closed = true,
            Event::AvisTransmitted { ingenierie } => {
                self.settled.insert(*ingenierie);
            }
            Event::AvisNotTransmitted { ingenierie, .. } => {
                self.refused.insert(*ingenierie);
            }
        }
    }
}
