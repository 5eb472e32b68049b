//! One dossier that tests share: an ingénierie of the DLA of the Vaucluse, step by step.

use std::collections::BTreeSet;

use anyhow::Context;
use domain::{
    ActionFinancee, ActionFinanceeId, Actor, Asked, Cents, Code, Consultation, ConsultationId,
    Decision, Dla, DlaId, Dossier, IngenierieCollective, IngenierieId, Line, Liste, Organisation,
    OrganisationId, Periode, PlanFinancement, PlanFinancementId, Prose, QuarterDays, Seen,
    Territoire,
    action_financee::{Action, CLAIM},
    consultation::{Offre, Sections},
    date,
    dla::NiveauDla,
    ingenierie_collective::{
        confirmer::{
            mobilisation::{GroupeVoulu, Reponse, Reponses},
            projet::{
                IntervenantVoulu, Module, NatureModule, NatureResultat, ResultatAttendu,
                TypeIngenierie,
            },
        },
        engager::{Compatibilite, SensAvis},
        identifier::{Initiation, Subsidiarite},
    },
    organisation::{Declaration, Identifiants, Identite, OrganisationRole},
    plan_financement::Contributeur,
    seance_comite_appui::Avis,
};
use eventlog::{Command, Outcome};
use uuid::Uuid;

use crate::questions::{Questions, admin, because, charge_de_mission, command, responsable};

/// The lead.
pub const DLA: DlaId = DlaId(Uuid::from_u128(84));
/// Takes no part, unless a test has it.
pub const OTHER_DLA: DlaId = DlaId(Uuid::from_u128(13));
pub const INGENIERIE: IngenierieId = IngenierieId(Uuid::from_u128(5));
pub const PLAN: PlanFinancementId = PlanFinancementId(Uuid::from_u128(6));
pub const CONSULTATION: ConsultationId = ConsultationId(Uuid::from_u128(8));
/// A permanent funder, partner of the dossier.
pub const FINANCEUR: OrganisationId = org(41);
/// Thought of to pay, without being a partner.
pub const FONDATION: OrganisationId = org(42);
pub const STRUCTURE: OrganisationId = org(51);
pub const OTHER_STRUCTURE: OrganisationId = org(52);
/// Consulted.
pub const PRESTATAIRE: OrganisationId = org(61);
/// Consulted, and a partner of the dossier.
pub const OTHER_PRESTATAIRE: OrganisationId = org(62);

/// An organisation, by number.
pub const fn org(n: u128) -> OrganisationId {
    OrganisationId(Uuid::from_u128(n))
}

pub fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

pub fn prose(text: &str) -> Prose {
    Prose::parse(text).expect("a text")
}

pub fn code(liste: Liste, code: &str) -> Code {
    liste.code(code).expect("a code of the list")
}

pub fn codes<const N: usize>(liste: Liste, codes: [&str; N]) -> BTreeSet<Code> {
    codes.into_iter().map(|it| code(liste, it)).collect()
}

pub fn vaucluse() -> Territoire {
    Territoire::departement("84").expect("a département")
}

/// Works for the lead.
pub fn amina() -> Actor {
    charge_de_mission(DLA)
}

/// What is said of an organisation that has no identifier yet.
pub fn declaration(id: OrganisationId) -> Declaration {
    let identite = Identite {
        denomination: line(&format!("Organisation {}", id.0.as_u128())),
        statut: code(Liste::StatutJuridique, "ASSOCIATION"),
        identifiants: Identifiants::default(),
        ape: None,
        commune: None,
        secteurs: BTreeSet::new(),
    };
    Declaration { identite, sans_identifiant: Some(prose("En création.")) }
}

impl Questions {
    /// What the chargée de mission of the lead has the dossier record.
    pub async fn dossier(
        &self,
        decision: impl Fn(&IngenierieCollective, &Asked) -> Decision<IngenierieCollective> + Send + Sync,
    ) -> anyhow::Result<Outcome> {
        self.decide(&amina(), INGENIERIE, decision).await
    }

    /// The same, of its plan.
    pub async fn plan(
        &self,
        decision: impl Fn(&PlanFinancement, &Asked) -> Decision<PlanFinancement> + Send + Sync,
    ) -> anyhow::Result<Outcome> {
        self.decide(&amina(), PLAN, decision).await
    }

    /// The same, of its consultation.
    pub async fn consultation(
        &self,
        decision: impl Fn(&Consultation, &Asked) -> Decision<Consultation> + Send + Sync,
    ) -> anyhow::Result<Outcome> {
        self.decide(&amina(), CONSULTATION, decision).await
    }

    /// An organisation as it stands.
    pub async fn organisation(&self, id: OrganisationId) -> anyhow::Result<Seen<Organisation>> {
        Ok(self.log.seen(id).await?)
    }

    /// Both DLAs and every organisation.
    pub async fn registry(&self) -> anyhow::Result<()> {
        for (dla, departement) in [(DLA, "84"), (OTHER_DLA, "13")] {
            let territoires = BTreeSet::from([Territoire::departement(departement).expect("one")]);
            let intitule = line(&format!("DLA {departement}"));
            self.decide::<Dla>(&admin(), dla, |it, asked| {
                it.register_dla(
                    asked,
                    intitule.clone(),
                    NiveauDla::Departemental,
                    territoires.clone(),
                )
            })
            .await?;
        }
        for id in [FINANCEUR, FONDATION, STRUCTURE, OTHER_STRUCTURE, PRESTATAIRE, OTHER_PRESTATAIRE]
        {
            self.register(id).await?;
        }
        for id in [PRESTATAIRE, OTHER_PRESTATAIRE] {
            self.decide::<Organisation>(&admin(), id, |it, asked| {
                it.assign_organisation_role(asked, OrganisationRole::Prestataire)
            })
            .await?;
        }
        Ok(())
    }

    /// One organisation more.
    pub async fn register(&self, id: OrganisationId) -> anyhow::Result<()> {
        let declaration = declaration(id);
        self.decide::<Organisation>(&admin(), id, |it, asked| {
            it.register_organisation(asked, id, declaration.clone())
        })
        .await?;
        Ok(())
    }

    /// The registry, and the first fact of the dossier.
    pub async fn initiated(&self) -> anyhow::Result<()> {
        self.registry().await?;
        self.initiate(INGENIERIE, "Les relations avec les banques")
            .await?;
        Ok(())
    }

    /// The first fact of some ingénierie of the lead.
    pub async fn initiate(&self, id: IngenierieId, intitule: &str) -> anyhow::Result<Outcome> {
        let porteur = self.log.seen::<Dla>(DLA).await?;
        let initiation = Initiation {
            intitule: line(intitule),
            territoire: vaucluse(),
            secteurs: vec![code(Liste::Secteur, "SPORT")],
        };
        self.decide::<IngenierieCollective>(&amina(), id, |it, asked| {
            it.initiate_ingenierie(asked, id, &porteur, initiation.clone())
        })
        .await
    }

    /// Step 1 of the method.
    pub async fn identified(&self) -> anyhow::Result<()> {
        self.initiated().await?;
        let source = code(Liste::SourceProblematique, "DIAGNOSTIC");
        self.dossier(|it, asked| {
            it.record_source(asked, source.clone(), Some(prose("Douze diagnostics.")))
        })
        .await?;
        self.dossier(|it, asked| it.state_problematique(asked, prose("Les banques prêtent peu.")))
            .await?;
        let structures =
            [self.organisation(STRUCTURE).await?, self.organisation(OTHER_STRUCTURE).await?];
        self.dossier(|it, asked| it.confirm_problematique(asked, &structures, line("Enquête")))
            .await?;
        for structure in &structures {
            self.dossier(|it, asked| it.target_structure(asked, structure))
                .await?;
        }
        self.dossier(|it, asked| {
            let commentaire = prose("Rien d'équivalent.");
            it.check_subsidiarite(
                asked,
                Subsidiarite { contenu: true, financement: false, commentaire },
            )
        })
        .await?;
        self.dossier(|it, asked| it.check_complementarite(asked, prose("Vu la ligue.")))
            .await?;
        Ok(())
    }

    /// Step 2: the démarche is validated.
    pub async fn engaged(&self) -> anyhow::Result<()> {
        self.identified().await?;
        for (id, categorie) in
            [(FINANCEUR, "FINANCEUR_PERMANENT"), (OTHER_PRESTATAIRE, "RESEAU_BENEFICIAIRES")]
        {
            let organisation = self.organisation(id).await?;
            let categorie = code(Liste::CategoriePartenaire, categorie);
            self.dossier(|it, asked| {
                it.associate_partenaire(
                    asked,
                    &organisation,
                    categorie.clone(),
                    Some(line("Appui")),
                )
            })
            .await?;
        }
        self.dossier(|it, asked| {
            it.record_attente(asked, FINANCEUR, Compatibilite::Complementaire, prose("Être vue."))
        })
        .await?;
        let objectif = code(Liste::ObjectifStrategique, "COMPETENCES");
        self.dossier(|it, asked| it.set_objectif_strategique(asked, objectif.clone(), None))
            .await?;
        let objectif = code(Liste::ObjectifOperationnel, "INNOVATION");
        self.dossier(|it, asked| it.set_objectif_operationnel(asked, objectif.clone(), None))
            .await?;
        self.decide::<IngenierieCollective>(&responsable(DLA), INGENIERIE, |it, asked| {
            it.validate_demarche(asked, DLA)
        })
        .await?;
        self.dossier(|it, asked| it.confirm_demarche_by_financeur(asked, FINANCEUR))
            .await?;
        let favorable = Avis {
            sens: SensAvis::Favorable,
            commentaire: Some(prose("Attendu de tous.")),
            reserves: None,
        };
        self.dossier(|it, asked| it.record_avis(asked, DLA, favorable.clone()))
            .await?;
        self.dossier(IngenierieCollective::engage_ingenierie)
            .await?;
        Ok(())
    }

    /// Step 3: structures take part, the projet is written and confirmed.
    pub async fn confirmed(&self) -> anyhow::Result<()> {
        self.engaged().await?;
        let oui = Reponse::Oui;
        let reponses = Reponses {
            concernee: oui,
            attentes: oui,
            reponse_pertinente: oui,
            methode: Reponse::Non,
        };
        for structure in [STRUCTURE, OTHER_STRUCTURE] {
            self.dossier(|it, asked| it.contact_structure(asked, structure))
                .await?;
            self.dossier(|it, asked| {
                it.record_structure_response(asked, structure, reponses, Some(prose("Volontiers.")))
            })
            .await?;
            self.dossier(|it, asked| it.mobilise_structure(asked, structure, Some(2)))
                .await?;
        }
        self.dossier(|it, asked| {
            let voulu = GroupeVoulu { intitule: line("Nord"), module: None, territoire: None };
            it.constitute_groupe(asked, voulu)
        })
        .await?;
        self.dossier(|it, asked| it.assign_structure_to_groupe(asked, STRUCTURE, 1))
            .await?;
        self.projet().await?;
        self.dossier(IngenierieCollective::confirm_ingenierie)
            .await?;
        Ok(())
    }

    async fn projet(&self) -> anyhow::Result<()> {
        self.dossier(|it, asked| it.choose_type(asked, TypeIngenierie::T2Collective))
            .await?;
        let types = [code(Liste::TypePrestation, "GESTION_FINANCIERE")];
        self.dossier(|it, asked| {
            it.choose_types_prestation(asked, types.to_vec(), vec![line("Le prêt")])
        })
        .await?;
        self.dossier(|it, asked| {
            let resultat = ResultatAttendu {
                nature: NatureResultat::Quantitatif,
                enonce: line("Des dossiers de prêt"),
                cible: Some(line("Quatre")),
            };
            it.fix_resultats_attendus(asked, vec![resultat])
        })
        .await?;
        self.dossier(|it, asked| it.choose_accroche(asked, line("Parler à son banquier")))
            .await?;
        self.dossier(|it, asked| it.position_temps_porteur(asked, QuarterDays(6)))
            .await?;
        let intervenant = self.organisation(OTHER_PRESTATAIRE).await?;
        self.dossier(|it, asked| {
            let voulu = IntervenantVoulu {
                organisation: Some(&intervenant),
                qualite: line("Animation"),
                nombre: 1,
            };
            it.design_systeme(asked, &[voulu])
        })
        .await?;
        let module = |intitule: &str, jours, territoires: &[&str]| Module {
            intitule: line(intitule),
            nature: NatureModule::Accompagnement,
            formes: vec![],
            jours: QuarterDays(jours),
            territoires: territoires
                .iter()
                .map(|it| Territoire::departement(it).expect("one"))
                .collect(),
            duree: None,
        };
        self.dossier(|it, asked| {
            it.formalise_projet(
                asked,
                vec![module("Comprendre", 8, &["84", "13"]), module("Agir", 2, &[])],
            )
        })
        .await?;
        Ok(())
    }

    /// A plan that two organisations and the other DLA pay, confirmed.
    pub async fn financed(&self) -> anyhow::Result<()> {
        let ingenierie = self.log.either::<Dossier>(INGENIERIE).await?;
        self.plan(|it, asked| it.open_plan_financement(asked, &ingenierie))
            .await?;
        let poste = code(Liste::PosteCout, "PRESTATIONS_EXTERIEURES");
        self.plan(|it, asked| {
            it.add_depense(asked, poste.clone(), line("Animation"), Cents(500_000))
        })
        .await?;
        for (source, contributeur, montant) in [
            ("ETAT", Contributeur::Organisation(FINANCEUR), 200_000),
            ("CAF", Contributeur::Organisation(FONDATION), 200_000),
            ("DLA", Contributeur::Dla(OTHER_DLA), 100_000),
        ] {
            let source = code(Liste::SourceFinancement, source);
            self.plan(|it, asked| {
                it.add_ressource(asked, source.clone(), contributeur, Cents(montant))
            })
            .await?;
        }
        self.declare_credits(PLAN).await?;
        let command = because("La porteuse se porte garante.", command(&amina()));
        self.confirm_plan(&command, PLAN).await?;
        Ok(())
    }

    /// Says what the crédits d'ingénierie of a plan pay for: the same whatever the plan.
    pub async fn declare_credits(&self, plan: PlanFinancementId) -> anyhow::Result<Outcome> {
        let (plan, dossier) = self.plan_and_dossier(plan).await?;
        let action = || Action {
            theme: code(Liste::TypePrestation, "GESTION_FINANCIERE"),
            objet: code(Liste::ObjetPrestation, "OUTILS"),
        };
        let periode = Periode { du: date(2026, 1, 1), au: date(2026, 12, 31) };
        self.decide::<ActionFinancee>(&amina(), action().id(), |it, asked| {
            let said = (periode, BTreeSet::new());
            it.declare_credits_ingenierie(asked, (&plan, &dossier), action(), said)
        })
        .await
    }

    /// Confirms a plan, which looks at its dossier and at the action that it pays for.
    pub async fn confirm_plan(
        &self,
        command: &Command,
        id: PlanFinancementId,
    ) -> anyhow::Result<Outcome> {
        let (_, dossier) = self.plan_and_dossier(id).await?;
        let action = self.log.claimed(CLAIM, &id.0.to_string()).await?;
        let action = match action {
            Some(action) => Some(self.log.seen(ActionFinanceeId(action)).await?),
            None => None,
        };
        self.tell::<PlanFinancement>(command, id, |it, asked| {
            it.confirm_plan_financement(asked, id, (&dossier, action.as_ref()))
        })
        .await
    }

    async fn plan_and_dossier(
        &self,
        plan: PlanFinancementId,
    ) -> anyhow::Result<(Seen<PlanFinancement>, Dossier)> {
        let plan = self.log.seen::<PlanFinancement>(plan).await?;
        let dossier = plan.state.ingenierie().unwrap_or(INGENIERIE);
        let dossier = self.log.either::<Dossier>(dossier).await?;
        Ok((plan, dossier))
    }

    /// A consultation of two prestataires, one of whom sent an offre.
    pub async fn consulted(&self) -> anyhow::Result<()> {
        let ingenierie = self.log.either::<Dossier>(INGENIERIE).await?;
        let sections = Sections {
            demarche: Some(prose("Collective.")),
            objectifs: Some(prose("Parler aux banques.")),
            resultats: Some(prose("Quatre prêts.")),
            conditions: Some(prose("Sur place.")),
            ..Sections::default()
        };
        self.consultation(|it, asked| {
            it.draft_cahier_des_charges(asked, &ingenierie, sections.clone())
        })
        .await?;
        self.consultation(Consultation::finalise_cahier_des_charges)
            .await?;
        let deadline = crate::questions::TODAY.tomorrow().context("a day after")?;
        self.consultation(|it, asked| it.launch_appel_offres(asked, &ingenierie, deadline))
            .await?;
        for id in [PRESTATAIRE, OTHER_PRESTATAIRE] {
            let prestataire = self.organisation(id).await?;
            self.consultation(|it, asked| it.consult_prestataire(asked, &ingenierie, &prestataire))
                .await?;
        }
        let ingenierie = self.log.either::<Dossier>(INGENIERIE).await?;
        self.consultation(|it, asked| {
            let offre = Offre {
                montant: Cents(400_000),
                jours: Some(QuarterDays(18)),
                proposition: Some(prose("Deux ateliers.")),
            };
            it.submit_offre(asked, (CONSULTATION, &ingenierie), PRESTATAIRE, offre)
        })
        .await?;
        Ok(())
    }
}
