//! What the house points out and never refuses (ADVISE): the method warns, the DLA decides.

use std::collections::BTreeSet;

use super::{
    Ciblee, Etat, IngenierieCollective,
    confirmer::{
        mobilisation::Reponse,
        projet::{Module, NatureModule, TypeIngenierie},
    },
    engager::{Compatibilite, partage::AccordProblematique},
};
use crate::{DlaId, OrganisationId, refusal::Entry};

/// Forms of intervention that treat structures one by one (method, fiche 2).
pub const FORMES_INDIVIDUELLES: [&str; 2] = ["ALTERNANCE", "ENTRETIEN_INDIVIDUEL"];

/// Something to look at: what about is in the variant, what to do in its [`Entry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Type 1 allows little or no individual answer, and the projet plans some (INV-24).
    IndividualTimeInT1 { modules: Vec<String> },
    /// Nobody compared the démarche with what others do (RUL-03).
    ComplementariteUnchecked {},
    /// Someone already offers the content, or finances it (case FE1-3).
    NotSubsidiaire {},
    /// An axis of the démarche does not fit yet (step 1 C3).
    CoherenceToAdjust {},
    /// A partner does not see the problem as the DLA does (fiche 3, check 1).
    ProblematiqueNotShared { partenaires: Vec<OrganisationId> },
    /// What a partner expects goes against the porteur (RUL-16).
    AttentesInConflict { partenaires: Vec<OrganisationId> },
    /// A structure takes part that answered no to one of the four questions (fiche 4).
    ReluctantStructures { structures: Vec<OrganisationId> },
    /// Nobody knows how many people a structure sends (INV-23).
    ParticipantsUnknown { structures: Vec<OrganisationId> },
    /// Nobody knows when the people of a structure can come (INV-23).
    AvailabilityUnknown { structures: Vec<OrganisationId> },
    /// There are groupes, and a structure sits in none (step 3 A3).
    WithoutGroupe { structures: Vec<OrganisationId> },
    /// A DLA joined after the confirmation, without validation or avis (RUL-24).
    DlasNotConsulted { dlas: Vec<DlaId> },
}

impl Advice {
    /// Its code, which is part of the contract with callers, and its sentences.
    pub fn entry(&self) -> Entry {
        match self {
            Self::IndividualTimeInT1 { .. } => Entry {
                code: "INDIVIDUAL_TIME_IN_T1",
                path: "modules",
                fr: "Une ingénierie de type 1 n'individualise guère ses réponses : envisagez le type 2.",
                en: "A type 1 ingénierie hardly individualises its answers: consider type 2.",
            },
            Self::ComplementariteUnchecked {} => Entry {
                code: "COMPLEMENTARITE_UNCHECKED",
                path: "",
                fr: "Vérifiez que d'autres opérateurs ne mènent pas déjà cette démarche.",
                en: "Check that other operators do not already run this démarche.",
            },
            Self::NotSubsidiaire {} => Entry {
                code: "NOT_SUBSIDIAIRE",
                path: "",
                fr: "Le contenu ou son financement existe déjà ailleurs : dites ce qu'apporte le DLA.",
                en: "The content or its financing exists elsewhere: say what the DLA adds.",
            },
            Self::CoherenceToAdjust {} => Entry {
                code: "COHERENCE_TO_ADJUST",
                path: "coherences",
                fr: "Un axe de cohérence de la démarche reste à ajuster.",
                en: "An axis of coherence of the démarche is still to be adjusted.",
            },
            Self::ProblematiqueNotShared { .. } => Entry {
                code: "PROBLEMATIQUE_NOT_SHARED",
                path: "partenaires",
                fr: "Un partenaire ne partage pas la problématique : cherchez avec lui ce qui vous sépare.",
                en: "A partner does not share the problématique: find out with it where you differ.",
            },
            Self::AttentesInConflict { .. } => Entry {
                code: "ATTENTES_IN_CONFLICT",
                path: "partenaires",
                fr: "Des attentes de partenaires sont contradictoires ou incompatibles : traitez-les tôt.",
                en: "Expectations of partners are contradictory or incompatible: treat them early.",
            },
            Self::ReluctantStructures { .. } => Entry {
                code: "RELUCTANT_STRUCTURES",
                path: "structures",
                fr: "Une structure mobilisée a répondu non à une des quatre questions : reparlez-en avec elle.",
                en: "A mobilised structure answered no to one of the four questions: talk it over with it.",
            },
            Self::ParticipantsUnknown { .. } => Entry {
                code: "PARTICIPANTS_UNKNOWN",
                path: "structures",
                fr: "Demandez à chaque structure mobilisée combien de personnes elle envoie.",
                en: "Ask each mobilised structure how many people it sends.",
            },
            Self::AvailabilityUnknown { .. } => Entry {
                code: "AVAILABILITY_UNKNOWN",
                path: "structures",
                fr: "Demandez à chaque structure mobilisée quand ses participants sont disponibles.",
                en: "Ask each mobilised structure when its participants are available.",
            },
            Self::WithoutGroupe { .. } => Entry {
                code: "WITHOUT_GROUPE",
                path: "structures",
                fr: "Une structure mobilisée ne siège dans aucun groupe : affectez-la.",
                en: "A mobilised structure sits in no groupe: assign it.",
            },
            Self::DlasNotConsulted { .. } => Entry {
                code: "DLAS_NOT_CONSULTED",
                path: "dlas",
                fr: "Un DLA associé depuis la confirmation n'a ni validé la démarche, ni recueilli d'avis.",
                en: "A DLA that joined since the confirmation has not validated the démarche or collected an avis.",
            },
        }
    }
}

impl IngenierieCollective {
    /// What is to be looked at, from what this dossier alone knows.
    pub fn advice(&self) -> Vec<Advice> {
        if self.etat.is_none_or(Etat::is_over) {
            return vec![];
        }
        let mut all = vec![];
        if !self.complementarite_checked {
            all.push(Advice::ComplementariteUnchecked {});
        }
        if self.subsidiaire == Some(false) {
            all.push(Advice::NotSubsidiaire {});
        }
        if self.coherence.is_some_and(|it| it.said.to_adjust()) {
            all.push(Advice::CoherenceToAdjust {});
        }
        let apart = self.partenaires.iter();
        let apart = apart.filter(|(_, it)| it.accord == Some(AccordProblematique::NonPartagee));
        let apart = apart.map(|(id, _)| *id).collect();
        all.extend(about(apart, |partenaires| Advice::ProblematiqueNotShared { partenaires }));
        let against = self.partenaires.iter().filter(|(_, it)| {
            matches!(
                it.compatibilite,
                Some(Compatibilite::Contradictoire | Compatibilite::Incompatible)
            )
        });
        let against = against.map(|(id, _)| *id).collect();
        all.extend(about(against, |partenaires| Advice::AttentesInConflict { partenaires }));
        if self.type_ingenierie == Some(TypeIngenierie::T1) {
            let individual = self.modules.iter().filter(|it| it.is_individual());
            let individual = individual.map(|it| it.intitule.as_str().to_owned());
            all.extend(about(individual.collect(), |modules| Advice::IndividualTimeInT1 {
                modules,
            }));
        }
        all.extend(self.advice_on_structures());
        if self.etat >= Some(Etat::Confirmee) {
            let late = self
                .waiting_for(|dla| self.validated.contains(&dla) && self.avis.contains_key(&dla));
            all.extend(about(late, |dlas| Advice::DlasNotConsulted { dlas }));
        }
        all
    }

    fn advice_on_structures(&self) -> impl Iterator<Item = Advice> {
        let seated: BTreeSet<_> = self
            .groupes
            .values()
            .flat_map(|it| it.structures.iter().copied())
            .collect();
        let reluctant = self.mobilised_where(|_, it| it.answered_no());
        let unknown = self.mobilised_where(|_, it| it.participants.is_none());
        let known = |id| self.disponibilites.contains(&id);
        let busy = self.mobilised_where(|id, _| !known(None) && !known(Some(id)));
        let alone = self.mobilised_where(|id, _| !self.groupes.is_empty() && !seated.contains(&id));
        [
            about(reluctant, |structures| Advice::ReluctantStructures { structures }),
            about(unknown, |structures| Advice::ParticipantsUnknown { structures }),
            about(busy, |structures| Advice::AvailabilityUnknown { structures }),
            about(alone, |structures| Advice::WithoutGroupe { structures }),
        ]
        .into_iter()
        .flatten()
    }

    fn mobilised_where(&self, is: impl Fn(OrganisationId, &Ciblee) -> bool) -> Vec<OrganisationId> {
        self.structures
            .iter()
            .filter(|(id, it)| it.mobilised && is(**id, it))
            .map(|(id, _)| *id)
            .collect()
    }
}

impl Ciblee {
    fn answered_no(&self) -> bool {
        self.reponses.is_some_and(|it| {
            [it.concernee, it.attentes, it.reponse_pertinente, it.methode].contains(&Reponse::Non)
        })
    }
}

impl Module {
    fn is_individual(&self) -> bool {
        self.nature == NatureModule::Accompagnement
            && self
                .formes
                .iter()
                .any(|it| FORMES_INDIVIDUELLES.contains(&it.as_str()))
    }
}

/// Nothing to say about nobody.
fn about<T>(list: Vec<T>, advice: impl FnOnce(Vec<T>) -> Advice) -> Option<Advice> {
    (!list.is_empty()).then(|| advice(list))
}
