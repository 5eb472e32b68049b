//! How facts fill the fiche of an ingénierie individuelle.

use domain::{
    Genre,
    ingenierie_collective::{Etat, engager::PorteeObjectif},
    ingenierie_individuelle::Event as Fact,
};
use eventlog::Recorded;

use super::fiche::{
    Avis, EtatStructure, Ingenierie, Mission, Note, Objectif, Structure, Validation,
};
use crate::{SealedPlace, Waiver};

/// The fiche that a fact opens, if it opens one.
pub(super) fn initiated(fact: &Fact, recorded: &Recorded) -> Option<Ingenierie> {
    let Fact::IngenierieIndividuelleInitiated {
        ingenierie,
        porteur,
        structure,
        intitule,
        besoin: _,
        territoire,
        secteurs,
        types,
        formation,
        origine,
        document,
    } = fact
    else {
        return None;
    };
    let secteurs: Vec<_> = secteurs.iter().cloned().collect();
    let place = (intitule, territoire, secteurs.as_slice());
    let mut row = Ingenierie::opened(recorded, Genre::Individuelle, (*ingenierie, *porteur), place);
    row.types_prestation.clone_from(types);
    row.mission = Some(Mission {
        structure: structure.0,
        besoin: SealedPlace::of(recorded, "/besoin"),
        formation: *formation,
        origine: origine.map(|it| it.0),
        document: document.map(|it| it.0),
    });
    // It takes part from the first day: what counts the structures of dossiers counts it.
    let mut own = Structure::targeted(*structure, recorded.on);
    own.etat = EtatStructure::Mobilisee;
    row.structures = vec![own];
    Some(row)
}

pub(super) fn apply(row: &mut Ingenierie, fact: &Fact, recorded: &Recorded) {
    let on = recorded.on;
    let note = |pointer| Note { on, text: SealedPlace::of(recorded, pointer) };
    match fact {
        // The row was opened by it.
        Fact::IngenierieIndividuelleInitiated { .. } => (),
        Fact::IngenierieIndividuelleDescribed {
            structure: _,
            intitule,
            besoin: _,
            secteurs,
            types,
            formation,
        } => {
            if let Some(intitule) = intitule {
                row.intitule = intitule.clone();
            }
            if let Some(secteurs) = secteurs {
                row.secteurs = secteurs.iter().cloned().collect();
            }
            if let Some(types) = types {
                row.types_prestation.clone_from(types);
            }
            if let Some(mission) = &mut row.mission {
                let besoin = SealedPlace::if_given(recorded, "/besoin");
                mission.besoin = besoin.unwrap_or_else(|| mission.besoin.clone());
                mission.formation = formation.unwrap_or(mission.formation);
            }
        }
        Fact::ObjectifsSet { objectifs } => {
            row.objectifs = objectifs
                .iter()
                .map(|it| Objectif {
                    portee: PorteeObjectif::Operationnel,
                    objectif: it.objectif.clone(),
                    precision: it.precision.clone(),
                    on,
                })
                .collect();
        }
        Fact::ResultatsAttendusFixed { resultats } => row.resultats.clone_from(resultats),
        Fact::ResultatsAttendusAmended { resultats, .. } => {
            row.resultats.clone_from(resultats);
            row.amendements.push(note("/motif"));
        }
        Fact::ComplementariteChecked { .. } => row.complementarites.push(note("/commentaire")),
        Fact::AvisComiteAppuiRecorded { dla, sens, seance, .. } => {
            row.avis = vec![Avis {
                dla: dla.0,
                sens: *sens,
                on,
                commentaire: SealedPlace::if_given(recorded, "/commentaire"),
                reserves: SealedPlace::if_given(recorded, "/reserves"),
                seance: Some(seance.0),
            }];
        }
        Fact::DemarcheValidated { dla } => {
            row.etat = Etat::Engagee;
            row.engaged_on = Some(on);
            row.validations.push(Validation { dla: dla.0, on });
        }
        Fact::RuleWaived { rule, .. } => row.waivers.push(Waiver::of(*rule, recorded)),
        Fact::IngenierieIndividuelleStarted { .. } => {
            row.etat = Etat::EnIntervention;
            row.started_on = Some(on);
        }
        Fact::IngenierieIndividuelleFinalised {} => row.finalised(on),
        Fact::IngenierieIndividuelleAbandoned { etat, .. } => {
            row.abandoned(*etat, note("/motif"));
        }
        Fact::IngenierieIndividuelleReopened { etat, .. } => row.reopened(*etat, note("/motif")),
    }
}
