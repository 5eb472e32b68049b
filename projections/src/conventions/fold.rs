//! How facts fill the rows of conventions.

use std::collections::BTreeSet;

use domain::{
    Event, Line, Territoire,
    convention_financement::{Event as Fact, Periode, Termes},
};
use eventlog::Recorded;
use sqlx::PgConnection;

use super::{Ajout, Allocation, Avenant, Convention, Engagement, Etat, Niveau, Versement};
use crate::{
    Error, SealedPlace,
    rows::{Rows, lieux},
};

pub(super) async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Convention>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::ConventionFinancement(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Some(signed) = Convention::signed(fact, recorded) {
            rows.put(signed);
        }
        let row = rows
            .get_mut(&recorded.stream)
            .ok_or_else(|| Error::not_applied(recorded))?;
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        row.apply(fact, recorded);
        row.add_up();
    }
    rows.save(db).await
}

impl Convention {
    fn signed(fact: &Fact, recorded: &Recorded) -> Option<Self> {
        let Fact::ConventionSigned { signed_on, termes, montant, periode, minimum, .. } = fact
        else {
            return None;
        };
        let Termes { niveaux, subvention, .. } = &**termes;
        let partenaires = termes
            .partenaires
            .iter()
            .filter(|it| **it != termes.financeur);
        let organisations = [&termes.financeur].into_iter().chain(partenaires);
        let niveau = |it: &domain::convention_financement::Niveau| Niveau {
            intitule: it.intitule.as_str().to_owned(),
            minimum_cents: it.minimum.0,
        };
        let perimetre: Vec<_> = termes.perimetre.iter().map(Territoire::to_string).collect();
        Some(Self {
            id: recorded.stream,
            version: 0,
            position: 0,
            nature: termes.nature,
            regime: termes.regime,
            etat: Etat::Ouverte,
            financeur: termes.financeur.0,
            organisations: organisations.map(|it| it.0).collect(),
            dlas: termes.dlas.iter().map(|it| it.0).collect(),
            beneficiaire: termes.beneficiaire.map(|it| it.0),
            reference: termes.reference.as_str().to_owned(),
            objet: termes.objet.as_str().to_owned(),
            signed_on: *signed_on,
            du: periode.du,
            au: periode.au,
            lieux: lieux(perimetre.iter().map(String::as_str)),
            perimetre,
            cadre: termes.cadre.map(|it| it.convention.0),
            niveau: termes.cadre.map(|it| it.niveau),
            montant_cents: montant.0,
            minimum_cents: minimum.map(|it| it.0),
            complement_cents: 0,
            supplement_cents: 0,
            notified_cents: 0,
            allocated_cents: 0,
            paid_cents: 0,
            ingenieries: vec![],
            niveaux: niveaux.iter().map(niveau).collect(),
            subvention: subvention.clone(),
            articulation: termes
                .articulation
                .as_ref()
                .map(|it| it.as_str().to_owned()),
            notified_by: vec![recorded.position.0],
            drawn_by: vec![],
            avenants: vec![],
            complements: vec![],
            supplements: vec![],
            engagements: vec![],
            allocations: vec![],
            versements: vec![],
            closed_on: None,
            motif: None,
        })
    }

    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        let (on, position) = (recorded.on, recorded.position.0);
        match fact {
            Fact::ConventionSigned { .. } => (),
            Fact::ConventionAmended { montant, periode, reference, .. } => {
                if let Some(Periode { du, au }) = *periode {
                    (self.du, self.au) = (du, au);
                }
                if let Some(montant) = montant {
                    self.montant_cents = montant.0;
                    self.notified_by.push(position);
                }
                self.avenants.push(Avenant {
                    on,
                    montant_cents: montant.map(|it| it.0),
                    du: periode.map(|it| it.du),
                    au: periode.map(|it| it.au),
                    reference: text(reference.as_ref()),
                    motif: SealedPlace::of(recorded, "/motif"),
                    position,
                });
            }
            Fact::ComplementAdded { complement, montant, reference } => {
                self.notified_by.push(position);
                self.complements.push(Ajout {
                    numero: *complement,
                    on,
                    montant_cents: montant.0,
                    reference: text(reference.as_ref()),
                    quartiers: vec![],
                    position,
                });
            }
            Fact::SupplementTerritorialGranted { supplement, quartiers, montant, reference } => {
                self.notified_by.push(position);
                self.supplements.push(Ajout {
                    numero: *supplement,
                    on,
                    montant_cents: montant.0,
                    reference: text(reference.as_ref()),
                    quartiers: quartiers.iter().map(Territoire::to_string).collect(),
                    position,
                });
            }
            Fact::EngagementProgresRecorded { engagement, organisation, enonce, echeance } => {
                self.engagements.push(Engagement {
                    numero: *engagement,
                    on,
                    organisation: organisation.0,
                    enonce: enonce.as_str().to_owned(),
                    echeance: *echeance,
                    position,
                });
            }
            Fact::EnveloppeAllocated { .. }
            | Fact::AllocationReleased { .. }
            | Fact::VersementRecorded { .. }
            | Fact::VersementCancelled { .. } => self.draw(fact, recorded),
            Fact::ConventionClosed { .. } => {
                self.etat = Etat::Close;
                self.closed_on = Some(on);
                self.motif = SealedPlace::if_given(recorded, "/motif");
            }
        }
    }

    /// What is set aside and paid, and what goes back.
    fn draw(&mut self, fact: &Fact, recorded: &Recorded) {
        let (on, position) = (recorded.on, recorded.position.0);
        self.drawn_by.push(position);
        match fact {
            Fact::EnveloppeAllocated { allocation, ingenierie, dla, montant, periode } => {
                self.allocations.push(Allocation {
                    numero: *allocation,
                    on,
                    ingenierie: ingenierie.0,
                    dla: dla.0,
                    montant_cents: montant.0,
                    released_cents: 0,
                    du: periode.du,
                    au: periode.au,
                    motif: None,
                    positions: vec![position],
                });
            }
            Fact::AllocationReleased { allocation, montant, .. } => {
                let mut all = self.allocations.iter_mut();
                if let Some(it) = all.find(|it| it.numero == *allocation) {
                    it.montant_cents -= montant.0;
                    it.released_cents += montant.0;
                    it.motif = Some(SealedPlace::of(recorded, "/motif"));
                    it.positions.push(position);
                }
            }
            Fact::VersementRecorded { versement, montant, reference } => {
                self.versements.push(Versement {
                    numero: *versement,
                    on,
                    montant_cents: montant.0,
                    reference: text(reference.as_ref()),
                    cancelled: None,
                    positions: vec![position],
                });
            }
            Fact::VersementCancelled { versement, .. } => {
                let mut all = self.versements.iter_mut();
                if let Some(it) = all.find(|it| it.numero == *versement) {
                    it.cancelled = Some(SealedPlace::of(recorded, "/motif"));
                    it.positions.push(position);
                }
            }
            Fact::ConventionSigned { .. }
            | Fact::ConventionAmended { .. }
            | Fact::ComplementAdded { .. }
            | Fact::SupplementTerritorialGranted { .. }
            | Fact::EngagementProgresRecorded { .. }
            | Fact::ConventionClosed { .. } => (),
        }
    }

    fn add_up(&mut self) {
        let sum = |all: &[Ajout]| all.iter().map(|it| it.montant_cents).sum::<i64>();
        let (complements, supplements) = (sum(&self.complements), sum(&self.supplements));
        let above = self.minimum_cents.map_or(0, |it| self.montant_cents - it);
        self.complement_cents = above + complements;
        self.supplement_cents = supplements;
        self.notified_cents = self.montant_cents + complements + supplements;
        self.allocated_cents = self.allocations.iter().map(|it| it.montant_cents).sum();
        let stands = |it: &&Versement| it.cancelled.is_none();
        self.paid_cents = self
            .versements
            .iter()
            .filter(stands)
            .map(|it| it.montant_cents)
            .sum();
        let drawing = self.allocations.iter().filter(|it| it.montant_cents > 0);
        let drawing: BTreeSet<_> = drawing.map(|it| it.ingenierie).collect();
        self.ingenieries = drawing.into_iter().collect();
    }
}

fn text(line: Option<&Line>) -> Option<String> {
    line.map(|it| it.as_str().to_owned())
}
