//! How facts fill the fiche of an ingénierie collective, and what both kinds share. It says of rows what `domain` says of states.

use std::collections::BTreeSet;

use domain::{
    Code, Date, DlaId, Event, Genre, IngenierieId, Line, OrganisationId, Prose, Territoire,
    ingenierie_collective::{
        Etat, Event as Fact,
        confirmer::{mobilisation::Reponses, projet::Module},
        engager::PorteeObjectif,
    },
    plan_financement::{Contributeur, Event as PlanFact},
};
use eventlog::Recorded;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    fiche::{
        Abandon, AireQualifiee, Attente, Avis, ChoixScenario, Coherence, Confirmation,
        Contribution, Engagement, EtatStructure, Groupe, Implication, Information, Ingenierie,
        Note, Objectif, ObjectifsEvaluation, Partage, Partenaire, PriseEnCompte, Problematique,
        Reformulation, RoleDla, Skipped, Source, Structure, Subsidiarite, Validation,
    },
    individuelle,
};
use crate::{
    Error, SealedPlace, Waiver,
    rows::{Rows, lieux},
};

pub(super) async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let owners = facts.iter().filter_map(|it| it.dossier);
    let mut rows = Rows::<Ingenierie>::load(db, owners).await?;
    for recorded in facts {
        let not_applied = || Error::not_applied(recorded);
        let dossier = recorded.dossier.ok_or_else(not_applied)?;
        let opened = match &recorded.event {
            Event::IngenierieCollective(fact) => Ingenierie::initiated(fact, recorded),
            Event::IngenierieIndividuelle(fact) => individuelle::initiated(fact, recorded),
            _ => None,
        };
        if let Some(opened) = opened {
            rows.put(opened);
        }
        let row = rows.get_mut(&dossier).ok_or_else(not_applied)?;
        match &recorded.event {
            Event::IngenierieCollective(fact) => {
                row.version = recorded.version.0;
                row.apply(fact, recorded);
            }
            Event::IngenierieIndividuelle(fact) => {
                row.version = recorded.version.0;
                individuelle::apply(row, fact, recorded);
            }
            Event::PlanFinancement(PlanFact::RessourceSought { contributeur, .. }) => {
                row.counts_on(*contributeur);
            }
            _ => return Err(not_applied()),
        }
        row.position = recorded.position.0;
    }
    rows.values_mut().for_each(Ingenierie::settle);
    rows.save(db).await
}

impl Ingenierie {
    /// The fiche that a fact opens, if it opens one.
    fn initiated(fact: &Fact, recorded: &Recorded) -> Option<Self> {
        let Fact::IngenierieCollectiveInitiated {
            ingenierie,
            porteur,
            intitule,
            territoire,
            secteurs,
        } = fact
        else {
            return None;
        };
        let place = (intitule, territoire, secteurs.as_slice());
        Some(Self::opened(recorded, Genre::Collective, (*ingenierie, *porteur), place))
    }

    /// In its first days.
    pub(super) fn opened(
        recorded: &Recorded,
        genre: Genre,
        (ingenierie, porteur): (IngenierieId, DlaId),
        (intitule, territoire, secteurs): (&Line, &Territoire, &[Code]),
    ) -> Self {
        Self {
            id: ingenierie.0,
            genre,
            version: recorded.version.0,
            position: recorded.position.0,
            initiated_position: recorded.position.0,
            porteur: porteur.0,
            dlas: vec![porteur.0],
            organisations: vec![],
            contributeurs: vec![],
            dlas_contributeurs: vec![],
            mission: None,
            intitule: intitule.clone(),
            accroche: None,
            territoire: territoire.clone(),
            lieux: lieux([territoire.to_string().as_str()]),
            secteurs: secteurs.to_vec(),
            etat: Etat::EnIdentification,
            initiated_on: recorded.on,
            engaged_on: None,
            formalised_on: None,
            confirmed_on: None,
            started_on: None,
            finalised_on: None,
            abandoned_on: None,
            abandon: None,
            reouvertures: vec![],
            problematique: Problematique::default(),
            objectifs: vec![],
            partenaires: vec![],
            validations: vec![],
            avis: vec![],
            structures: vec![],
            structures_mobilisees: 0,
            participantes: vec![],
            groupes: vec![],
            resultats: vec![],
            amendements: vec![],
            type_ingenierie: None,
            types_prestation: vec![],
            sujets: vec![],
            temps_porteur: None,
            intervenants: vec![],
            modules: vec![],
            jours: 0,
            subsidiarites: vec![],
            complementarites: vec![],
            aire: None,
            roles_dla: vec![],
            coherences: vec![],
            objectifs_evaluation: None,
            implications: vec![],
            prises_en_compte: vec![],
            scenarios: vec![],
            choix_scenario: None,
            informations: vec![],
            waivers: vec![],
            activites_skipped: vec![],
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm a fact, and no wildcard, keep it honest")]
    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        let on = recorded.on;
        let sealed = |pointer| SealedPlace::of(recorded, pointer);
        let sealed_if_given = |pointer| SealedPlace::if_given(recorded, pointer);
        match fact {
            // The row was opened by it.
            Fact::IngenierieCollectiveInitiated { .. } => (),
            Fact::SourceProblematiqueRecorded { source, precision } => {
                let (source, precision) = (source.clone(), precision.clone());
                self.problematique
                    .sources
                    .push(Source { source, precision, on });
            }
            Fact::ProblematiqueStated { enonce } => {
                self.problematique.say(enonce, on);
            }
            Fact::ProblematiqueReformulated { enonce, .. } => {
                let former = self.problematique.say(enonce, on);
                let reformulation = Reformulation { former, on, motif: sealed("/motif") };
                self.problematique.reformulations.push(reformulation);
            }
            Fact::ProblematiqueConfirmed { structures, methode } => {
                self.problematique.confirm(structures, methode, on);
            }
            Fact::SecteursDetermined { secteurs } => self.secteurs.clone_from(secteurs),
            Fact::StructureTargeted { structure } => {
                self.structures.push(Structure::targeted(*structure, on));
            }
            Fact::StructureUntargeted { structure, .. } => {
                self.structures.retain(|it| it.structure != structure.0);
            }
            Fact::SubsidiariteChecked { contenu, financement, .. } => {
                self.subsidiarites.push(Subsidiarite {
                    contenu: *contenu,
                    financement: *financement,
                    on,
                    commentaire: sealed("/commentaire"),
                });
            }
            Fact::ComplementariteChecked { .. } => {
                self.complementarites
                    .push(Note { on, text: sealed("/commentaire") });
            }
            Fact::TerritoireQualified { aire, .. } => {
                let commentaire = sealed_if_given("/commentaire");
                self.aire = Some(AireQualifiee { aire: aire.clone(), on, commentaire });
            }
            Fact::RoleDlaDefined { dla, legitimites, role } => {
                let (legitimites, role) = (legitimites.clone(), role.clone());
                self.roles_dla.retain(|it| it.dla != dla.0);
                self.roles_dla
                    .push(RoleDla { dla: dla.0, legitimites, role, on });
            }
            Fact::CoherenceChecked { axes, .. } => {
                let commentaire = sealed_if_given("/commentaire");
                self.coherences
                    .push(Coherence { axes: *axes, on, commentaire });
            }
            Fact::PartenaireAssociated { organisation, categorie, role } => {
                self.associate(*organisation, categorie, role.as_ref(), on);
            }
            Fact::PartenaireWithdrawn { organisation, .. } => {
                self.partenaires
                    .retain(|it| it.organisation != organisation.0);
            }
            Fact::DlaAssociated { dla } => self.dlas.push(dla.0),
            Fact::AttenteRecorded { partenaire, compatibilite, .. } => {
                let attente = sealed("/attente");
                let attente = Attente { compatibilite: *compatibilite, on, attente };
                self.partenaire(*partenaire, |it| it.attente = Some(attente));
            }
            Fact::ProblematiqueShared { partenaire, accord, .. } => {
                let anteriorite = sealed_if_given("/anteriorite");
                let interet = sealed_if_given("/interet");
                let partage = Partage { accord: *accord, on, anteriorite, interet };
                self.partenaire(*partenaire, |it| it.partage = Some(partage));
            }
            Fact::ContributionIntervenantOffered {
                partenaire,
                contribution,
                competences,
                temps,
            } => {
                let (contribution, competences) = (contribution.clone(), competences.clone());
                let offered = Contribution { contribution, competences, temps: *temps, on };
                self.partenaire(*partenaire, |it| it.contribution = Some(offered));
            }
            Fact::ObjectifsEvaluationSet { objets, raison } => {
                let (objets, raison) = (objets.clone(), raison.clone());
                self.objectifs_evaluation = Some(ObjectifsEvaluation { objets, raison, on });
            }
            Fact::ObjectifStrategiqueSet { objectif, precision } => {
                self.pursue(PorteeObjectif::Strategique, objectif, precision.as_ref(), on);
            }
            Fact::ObjectifOperationnelSet { objectif, precision } => {
                self.pursue(PorteeObjectif::Operationnel, objectif, precision.as_ref(), on);
            }
            Fact::ObjectifWithdrawn { portee, objectif, .. } => {
                self.objectifs
                    .retain(|it| (it.portee, &it.objectif) != (*portee, objectif));
            }
            Fact::DemarcheValidated { dla } => self.validations.push(Validation { dla: dla.0, on }),
            Fact::DemarcheConfirmedByFinanceur { financeur } => {
                self.partenaire(*financeur, |it| it.confirmed_on = Some(on));
            }
            Fact::AvisComiteAppuiRecorded { dla, sens, seance, .. } => {
                self.avis.retain(|it| it.dla != dla.0);
                self.avis.push(Avis {
                    dla: dla.0,
                    sens: *sens,
                    on,
                    commentaire: sealed_if_given("/commentaire"),
                    reserves: sealed_if_given("/reserves"),
                    seance: seance.map(|it| it.0),
                });
            }
            Fact::RuleWaived { rule, .. } => {
                self.waivers.push(Waiver::of(*rule, recorded));
            }
            Fact::IngenierieCollectiveEngaged {} => {
                self.etat = Etat::Engagee;
                self.engaged_on = Some(on);
            }
            Fact::StructureContacted { structure } => {
                self.structure(*structure, |it| it.moves_to(EtatStructure::Contactee, on));
            }
            Fact::StructureResponseRecorded { structure, reponses, .. } => {
                let commentaire = sealed_if_given("/commentaire");
                self.structure(*structure, |it| it.answers(*reponses, commentaire, on));
            }
            Fact::StructureMobilised { structure, participants } => {
                self.structure(*structure, |it| {
                    it.moves_to(EtatStructure::Mobilisee, on);
                    it.participants = *participants;
                });
            }
            Fact::StructureDeclined { structure, .. } => {
                let motif = sealed("/motif");
                self.structure(*structure, |it| it.declines(motif, on));
            }
            Fact::StructureWithdrawn { structure, .. } => {
                let motif = sealed("/motif");
                self.structure(*structure, |it| {
                    it.moves_to(EtatStructure::Retiree, on);
                    it.motif = Some(motif);
                });
                for groupe in &mut self.groupes {
                    groupe.structures.retain(|it| *it != structure.0);
                }
            }
            Fact::ConditionsImplicationAssessed { structure, .. } => {
                self.implications.push(Implication {
                    structure: structure.map(|it| it.0),
                    on,
                    fonctions: sealed_if_given("/fonctions"),
                    projets: sealed_if_given("/projets"),
                    disponibilite: sealed_if_given("/disponibilite"),
                });
            }
            Fact::CommentairesStructuresConsidered { partenaires, adaptee, .. } => {
                let partenaires = partenaires.iter().map(|it| it.0).collect();
                let suites = sealed("/suites");
                self.prises_en_compte.push(PriseEnCompte {
                    partenaires,
                    adaptee: *adaptee,
                    on,
                    suites,
                });
            }
            Fact::GroupeConstituted { groupe, intitule, module, territoire } => {
                self.groupes.push(Groupe {
                    groupe: *groupe,
                    intitule: intitule.clone(),
                    module: module.clone(),
                    territoire: territoire.clone(),
                    structures: vec![],
                });
            }
            Fact::StructureAssignedToGroupe { structure, groupe } => {
                self.groupe(*groupe, |it| it.structures.push(structure.0));
            }
            Fact::StructureRemovedFromGroupe { structure, groupe, .. } => {
                self.groupe(*groupe, |it| it.structures.retain(|it| *it != structure.0));
            }
            Fact::ResultatsAttendusFixed { resultats } => self.resultats.clone_from(resultats),
            Fact::ResultatsAttendusAmended { resultats, .. } => {
                self.resultats.clone_from(resultats);
                self.amendements.push(Note { on, text: sealed("/motif") });
            }
            Fact::TypeIngenierieChosen { type_ingenierie } => {
                self.type_ingenierie = Some(*type_ingenierie);
            }
            Fact::TypesPrestationChosen { types, sujets } => {
                self.types_prestation.clone_from(types);
                self.sujets.clone_from(sujets);
            }
            Fact::AccrocheChosen { accroche } => self.accroche = Some(accroche.clone()),
            Fact::TempsPorteurPositioned { temps } => self.temps_porteur = Some(temps.0),
            Fact::SystemeIntervenantDesigned { intervenants } => {
                self.intervenants.clone_from(intervenants);
            }
            Fact::PartenaireIntervenantEngaged { partenaire, mission, temps } => {
                let engagement = Engagement { mission: mission.clone(), temps: *temps, on };
                self.partenaire(*partenaire, |it| it.engagement = Some(engagement));
            }
            Fact::ConditionsTechniquesAssessed { scenarios } => {
                self.scenarios.clone_from(scenarios);
                self.choix_scenario = None;
            }
            Fact::ScenarioChosen { scenario, .. } => {
                let motif = sealed_if_given("/motif");
                self.choix_scenario = Some(ChoixScenario { scenario: *scenario, on, motif });
            }
            Fact::ProjetInterventionFormalised { modules } => {
                self.modules.clone_from(modules);
                self.jours = modules.iter().map(jours).fold(0, i32::saturating_add);
                self.formalised_on = Some(on);
            }
            Fact::IngenierieCollectiveConfirmed {} => {
                self.etat = Etat::Confirmee;
                self.confirmed_on = Some(on);
            }
            Fact::IngenierieCollectiveStarted { .. } => {
                self.etat = Etat::EnIntervention;
                self.started_on = Some(on);
            }
            Fact::PartenairesInformed { destinataires, objet, .. } => {
                for told in destinataires {
                    self.partenaire(*told, |it| it.informed_on = Some(on));
                }
                self.informations.push(Information {
                    destinataires: destinataires.iter().map(|it| it.0).collect(),
                    objet: objet.clone(),
                    on,
                    message: sealed_if_given("/message"),
                });
            }
            Fact::IngenierieCollectiveFinalised {} => self.finalised(on),
            Fact::IngenierieCollectiveAbandoned { etat, .. } => {
                self.abandoned(*etat, Note { on, text: sealed("/motif") });
            }
            Fact::IngenierieCollectiveReopened { etat, .. } => {
                self.reopened(*etat, Note { on, text: sealed("/motif") });
            }
            Fact::ActiviteSkipped { activite, .. } => {
                let (activite, motif) = (activite.clone(), sealed("/motif"));
                self.activites_skipped.push(Skipped { activite, on, motif });
            }
            Fact::ActiviteUnskipped { activite } => {
                self.activites_skipped.retain(|it| it.activite != *activite);
            }
        }
    }

    pub(super) fn finalised(&mut self, on: Date) {
        self.etat = Etat::Finalisee;
        self.finalised_on = Some(on);
    }

    /// It was given up in a state, for a reason.
    pub(super) fn abandoned(&mut self, etat: Etat, motif: Note) {
        self.etat = Etat::Abandonnee;
        self.abandoned_on = Some(motif.on);
        self.abandon = Some(Abandon { etat, motif: motif.text });
    }

    /// It goes on in the state that it had, for a reason.
    pub(super) fn reopened(&mut self, etat: Etat, motif: Note) {
        self.etat = etat;
        (self.finalised_on, self.abandoned_on, self.abandon) = (None, None, None);
        self.reouvertures.push(motif);
    }

    /// What follows from the rest.
    fn settle(&mut self) {
        let partenaires = self.partenaires.iter().map(|it| it.organisation);
        let structures = self.structures.iter().map(|it| it.structure);
        let contributeurs = self.contributeurs.iter().copied();
        let all: BTreeSet<_> = partenaires.chain(structures).chain(contributeurs).collect();
        self.organisations = all.into_iter().collect();
        let mobilisees = self
            .structures
            .iter()
            .filter(|it| it.etat == EtatStructure::Mobilisee);
        self.participantes = mobilisees.map(|it| it.structure).collect();
        self.structures_mobilisees = i32::try_from(self.participantes.len()).unwrap_or(i32::MAX);
    }

    fn counts_on(&mut self, contributeur: Contributeur) {
        let (known, id) = match contributeur {
            Contributeur::Dla(dla) => (&mut self.dlas_contributeurs, dla.0),
            Contributeur::Organisation(it) => (&mut self.contributeurs, it.0),
        };
        if !known.contains(&id) {
            known.push(id);
        }
    }

    fn associate(
        &mut self,
        organisation: OrganisationId,
        categorie: &Code,
        role: Option<&Line>,
        on: Date,
    ) {
        let (categorie, role) = (categorie.clone(), role.cloned());
        let known = self
            .partenaires
            .iter_mut()
            .find(|it| it.organisation == organisation.0);
        match known {
            Some(known) => (known.categorie, known.role) = (categorie, role),
            None => self.partenaires.push(Partenaire {
                organisation: organisation.0,
                categorie,
                role,
                since: on,
                attente: None,
                confirmed_on: None,
                partage: None,
                contribution: None,
                engagement: None,
                informed_on: None,
            }),
        }
    }

    fn pursue(
        &mut self,
        portee: PorteeObjectif,
        objectif: &Code,
        precision: Option<&Prose>,
        on: Date,
    ) {
        let precision = precision.cloned();
        let known = self
            .objectifs
            .iter_mut()
            .find(|it| (it.portee, &it.objectif) == (portee, objectif));
        if let Some(known) = known {
            (known.precision, known.on) = (precision, on);
        } else {
            let objectif = objectif.clone();
            self.objectifs
                .push(Objectif { portee, objectif, precision, on });
        }
    }

    fn partenaire(&mut self, id: OrganisationId, change: impl FnOnce(&mut Partenaire)) {
        let mut all = self.partenaires.iter_mut();
        if let Some(it) = all.find(|it| it.organisation == id.0) {
            change(it);
        }
    }

    fn structure(&mut self, id: OrganisationId, change: impl FnOnce(&mut Structure)) {
        let mut all = self.structures.iter_mut();
        if let Some(it) = all.find(|it| it.structure == id.0) {
            change(it);
        }
    }

    fn groupe(&mut self, numero: i32, change: impl FnOnce(&mut Groupe)) {
        if let Some(it) = self.groupes.iter_mut().find(|it| it.groupe == numero) {
            change(it);
        }
    }
}

impl Problematique {
    /// New words: nobody has confirmed them yet. Says the former ones.
    fn say(&mut self, enonce: &Prose, on: Date) -> Option<Prose> {
        self.confirmations.clear();
        self.stated_on = Some(on);
        self.enonce.replace(enonce.clone())
    }

    fn confirm(&mut self, structures: &[OrganisationId], methode: &Line, on: Date) {
        let structures: Vec<Uuid> = structures.iter().map(|it| it.0).collect();
        for earlier in &mut self.confirmations {
            earlier.structures.retain(|it| !structures.contains(it));
        }
        self.confirmations.retain(|it| !it.structures.is_empty());
        let methode = methode.clone();
        self.confirmations
            .push(Confirmation { structures, methode, on });
    }
}

impl Structure {
    pub(super) fn targeted(structure: OrganisationId, on: Date) -> Self {
        Self {
            structure: structure.0,
            etat: EtatStructure::Ciblee,
            since: on,
            reponses: None,
            repondu_on: None,
            commentaire: None,
            participants: None,
            motif: None,
        }
    }

    fn moves_to(&mut self, etat: EtatStructure, on: Date) {
        self.etat = etat;
        self.since = on;
        self.participants = None;
        self.motif = None;
    }

    /// Those who take part already do so whatever they answer.
    fn answers(&mut self, reponses: Reponses, commentaire: Option<SealedPlace>, on: Date) {
        if self.etat != EtatStructure::Mobilisee {
            self.moves_to(EtatStructure::Repondu, on);
        }
        self.reponses = Some(reponses);
        self.repondu_on = Some(on);
        self.commentaire = commentaire;
    }

    /// It will be asked anew if it changes its mind.
    fn declines(&mut self, motif: SealedPlace, on: Date) {
        self.moves_to(EtatStructure::Declinee, on);
        self.reponses = None;
        self.repondu_on = None;
        self.commentaire = None;
        self.motif = Some(motif);
    }
}

/// Of one module, on all its territories.
fn jours(module: &Module) -> i32 {
    let territoires = i32::try_from(module.territoires.len()).unwrap_or(i32::MAX);
    module.jours.0.saturating_mul(territoires)
}
