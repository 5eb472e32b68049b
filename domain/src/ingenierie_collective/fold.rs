//! How the facts of an ingénierie collective add up.

use super::{
    Associe, Ciblee, Etat, Event, Groupe, IngenierieCollective, Refusal, Uncommented, engager,
};
use crate::{Decider, IngenierieId, OrganisationId, referentiel::Code};

impl Decider for IngenierieCollective {
    const CATEGORY: &'static str = "ingenierie_collective";

    type Id = IngenierieId;
    type Event = Event;
    type Refusal = Refusal;

    #[expect(clippy::too_many_lines, reason = "one arm a fact, and no wildcard, keep it honest")]
    fn evolve(&mut self, event: &Event) {
        match event {
            Event::IngenierieCollectiveInitiated {
                ingenierie,
                porteur,
                territoire,
                secteurs,
                intitule: _,
            } => {
                self.id = Some(*ingenierie);
                self.etat = Some(Etat::EnIdentification);
                self.dlas = vec![*porteur];
                self.territoire = Some(territoire.clone());
                self.secteurs = secteurs.iter().cloned().collect();
            }
            Event::SourceProblematiqueRecorded { source, precision } => {
                self.sources.insert((source.clone(), precision.clone()));
            }
            Event::ProblematiqueStated { enonce }
            | Event::ProblematiqueReformulated { enonce, .. } => {
                self.problematique = Some(enonce.clone());
                self.confirmed_by.clear();
            }
            Event::ProblematiqueConfirmed { structures, methode } => {
                let confirmed = structures.iter().map(|it| (*it, methode.clone()));
                self.confirmed_by.extend(confirmed);
            }
            Event::SecteursDetermined { secteurs } => {
                self.secteurs = secteurs.iter().cloned().collect();
            }
            Event::StructureTargeted { structure } => {
                self.structures.insert(*structure, Ciblee::default());
            }
            Event::StructureUntargeted { structure, .. } => {
                self.structures.remove(structure);
            }
            Event::SubsidiariteChecked { contenu, financement, .. } => {
                self.subsidiaire = Some(*contenu && *financement);
            }
            Event::ComplementariteChecked { .. } => self.complementarite_checked = true,
            Event::TerritoireQualified { aire, commentaire } => {
                self.aire = Some(Uncommented::of(aire.clone(), commentaire.as_ref()));
            }
            Event::RoleDlaDefined { dla, legitimites, role } => {
                self.roles.insert(*dla, (legitimites.clone(), role.clone()));
            }
            Event::CoherenceChecked { axes, commentaire } => {
                self.coherence = Some(Uncommented::of(*axes, commentaire.as_ref()));
            }
            Event::PartenaireAssociated { organisation, categorie, role } => {
                let known = self.partenaires.remove(organisation);
                let mut associe = known.unwrap_or_else(|| Associe::new(categorie));
                (associe.categorie, associe.role) = (categorie.clone(), role.clone());
                self.partenaires.insert(*organisation, associe);
            }
            Event::PartenaireWithdrawn { organisation, .. } => {
                self.partenaires.remove(organisation);
            }
            Event::DlaAssociated { dla } => self.dlas.push(*dla),
            Event::AttenteRecorded { partenaire, compatibilite, .. } => {
                self.partenaire(*partenaire, |it| it.compatibilite = Some(*compatibilite));
            }
            Event::ProblematiqueShared { partenaire, accord, .. } => {
                self.partenaire(*partenaire, |it| it.accord = Some(*accord));
            }
            Event::ContributionIntervenantOffered {
                partenaire,
                contribution,
                competences,
                temps,
            } => {
                let offered = (contribution.clone(), competences.clone(), *temps);
                self.partenaire(*partenaire, |it| it.contribution = Some(offered));
            }
            Event::ObjectifsEvaluationSet { objets, raison } => {
                self.evaluation = Some((objets.clone(), raison.clone()));
            }
            Event::ObjectifStrategiqueSet { objectif, precision } => {
                self.strategiques
                    .insert(objectif.clone(), precision.clone());
            }
            Event::ObjectifOperationnelSet { objectif, precision } => {
                self.operationnels
                    .insert(objectif.clone(), precision.clone());
            }
            Event::ObjectifWithdrawn { portee, objectif, .. } => {
                match portee {
                    engager::PorteeObjectif::Strategique => self.strategiques.remove(objectif),
                    engager::PorteeObjectif::Operationnel => self.operationnels.remove(objectif),
                };
            }
            Event::DemarcheValidated { dla } => {
                self.validated.insert(*dla);
            }
            Event::DemarcheConfirmedByFinanceur { financeur } => {
                self.partenaire(*financeur, |it| it.confirms = true);
            }
            Event::AvisComiteAppuiRecorded { dla, sens, .. } => {
                self.avis.insert(*dla, *sens);
            }
            // Sealed texts, and what no rule looks at.
            Event::RuleWaived { .. }
            | Event::CommentairesStructuresConsidered { .. }
            | Event::PartenairesInformed { .. } => (),
            Event::IngenierieCollectiveEngaged {} => self.etat = Some(Etat::Engagee),
            Event::StructureContacted { structure } => self.ciblee(*structure).contacted = true,
            Event::StructureResponseRecorded { structure, reponses, .. } => {
                let ciblee = self.ciblee(*structure);
                ciblee.reponses = Some(*reponses);
                ciblee.declined = false;
            }
            Event::StructureMobilised { structure, participants } => {
                let ciblee = self.ciblee(*structure);
                ciblee.mobilised = true;
                ciblee.participants = *participants;
            }
            Event::StructureDeclined { structure, .. } => {
                let ciblee = self.ciblee(*structure);
                ciblee.declined = true;
                ciblee.reponses = None;
            }
            Event::StructureWithdrawn { structure, .. } => {
                self.ciblee(*structure).mobilised = false;
                for groupe in self.groupes.values_mut() {
                    groupe.structures.remove(structure);
                }
            }
            Event::ConditionsImplicationAssessed { structure, disponibilite, .. } => {
                self.disponibilites
                    .extend(disponibilite.is_some().then_some(*structure));
            }
            Event::GroupeConstituted { groupe, intitule, module, territoire } => {
                let constituted = Groupe {
                    intitule: intitule.clone(),
                    module: module.clone(),
                    territoire: territoire.clone(),
                    structures: [].into(),
                };
                self.groupes.insert(*groupe, constituted);
            }
            Event::StructureAssignedToGroupe { structure, groupe } => {
                if let Some(groupe) = self.groupes.get_mut(groupe) {
                    groupe.structures.insert(*structure);
                }
            }
            Event::StructureRemovedFromGroupe { structure, groupe, .. } => {
                if let Some(groupe) = self.groupes.get_mut(groupe) {
                    groupe.structures.remove(structure);
                }
            }
            Event::ResultatsAttendusFixed { resultats }
            | Event::ResultatsAttendusAmended { resultats, .. } => {
                self.resultats.clone_from(resultats);
            }
            Event::TypeIngenierieChosen { type_ingenierie } => {
                self.type_ingenierie = Some(*type_ingenierie);
            }
            Event::TypesPrestationChosen { types, sujets } => {
                self.types.clone_from(types);
                self.sujets.clone_from(sujets);
            }
            Event::AccrocheChosen { accroche } => self.accroche = Some(accroche.clone()),
            Event::TempsPorteurPositioned { temps } => self.temps_porteur = Some(*temps),
            Event::SystemeIntervenantDesigned { intervenants } => {
                self.intervenants.clone_from(intervenants);
            }
            Event::PartenaireIntervenantEngaged { partenaire, mission, temps } => {
                let engagement = (mission.clone(), *temps);
                self.partenaire(*partenaire, |it| it.engagement = Some(engagement));
            }
            Event::ConditionsTechniquesAssessed { scenarios } => {
                self.scenarios.clone_from(scenarios);
                self.scenario = None;
            }
            Event::ScenarioChosen { scenario, motif } => {
                self.scenario = Some(Uncommented::of(*scenario, motif.as_ref()));
            }
            Event::ProjetInterventionFormalised { modules } => self.modules.clone_from(modules),
            Event::IngenierieCollectiveConfirmed {} => self.etat = Some(Etat::Confirmee),
            Event::IngenierieCollectiveStarted { .. } => self.etat = Some(Etat::EnIntervention),
            Event::IngenierieCollectiveFinalised {} => self.etat = Some(Etat::Finalisee),
            Event::IngenierieCollectiveAbandoned { etat, .. } => {
                self.abandoned_in = Some(*etat);
                self.etat = Some(Etat::Abandonnee);
            }
            Event::IngenierieCollectiveReopened { etat, .. } => self.etat = Some(*etat),
            Event::ActiviteSkipped { activite, .. } => {
                self.skipped.insert(activite.clone());
            }
            Event::ActiviteUnskipped { activite } => {
                self.skipped.remove(activite);
            }
        }
    }
}

impl IngenierieCollective {
    fn partenaire(&mut self, id: OrganisationId, change: impl FnOnce(&mut Associe)) {
        if let Some(it) = self.partenaires.get_mut(&id) {
            change(it);
        }
    }

    fn ciblee(&mut self, structure: OrganisationId) -> &mut Ciblee {
        self.structures.entry(structure).or_default()
    }
}

impl Associe {
    /// A partner who has said nothing yet.
    fn new(categorie: &Code) -> Self {
        Self {
            categorie: categorie.clone(),
            role: None,
            compatibilite: None,
            confirms: false,
            accord: None,
            contribution: None,
            engagement: None,
        }
    }
}
