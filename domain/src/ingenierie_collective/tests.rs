//! What holds for every command, and the histories that the tests of each step start from.

mod advice;
mod cadrage;
mod commands;
mod confirmer;
mod engager;
mod finaliser;
mod identifier;
mod jalons;
mod mobilisation;
mod partage;
mod projet;
mod technique;

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    Etat, Event,
    Event::*,
    IngenierieCollective, RIGHTS, Refusal,
    activites::{ACTIVITES, Activite, ActiviteMethode, proved_by},
    confirmer::{
        mobilisation::{GroupeVoulu, Reponse, Reponses},
        projet::{
            Intervenant, IntervenantVoulu, Module, NatureModule, NatureResultat, ResultatAttendu,
            TypeIngenierie,
        },
        technique::{Implication, Scenario as Way},
    },
    engager::{
        Compatibilite, PorteeObjectif, SensAvis,
        partage::{AccordProblematique, Contribution, ObjetEvaluation, Partage},
    },
    identifier::{
        Initiation, Subsidiarite,
        cadrage::{AireIntervention, Coherence, Coherences, Legitimite, RoleDla},
    },
};
use crate::{
    Asked, Cents, Decider, Decision, Dla, DlaId, IngenierieId, Line, Organisation, OrganisationId,
    PlanFinancement, PlanFinancementId, Prose, QuarterDays, Role, Rule, Sealed, Seen, Subject,
    Version,
    codec::{Tagged, decode, encode},
    organisation, plan_financement,
    referentiel::{Code, Liste},
    refusal::Common,
    testing::{
        DLA, OTHER_DLA, Scenario, amina, asked, code, financeur, folded, membre, org, prose, raw,
        responsable, seen, stranger, vaucluse,
    },
};

const ID: IngenierieId = IngenierieId(Uuid::from_u128(5));
const PLAN: PlanFinancementId = PlanFinancementId(Uuid::from_u128(6));

/// A structure.
const RESTO: OrganisationId = org(1);
/// Another one.
const VELO: OrganisationId = org(2);
/// A permanent financeur of the DLA.
const REGION: OrganisationId = org(8);
/// A partner that is not a financeur.
const RESEAU: OrganisationId = org(9);

fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

fn secteur(code: &str) -> Code {
    Liste::Secteur.code(code).unwrap()
}

fn source() -> Code {
    Liste::SourceProblematique.code("DIAGNOSTIC").unwrap()
}

fn categorie(code: &str) -> Code {
    Liste::CategoriePartenaire.code(code).unwrap()
}

fn competences() -> Code {
    Liste::ObjectifStrategique.code("COMPETENCES").unwrap()
}

fn innovation() -> Code {
    Liste::ObjectifOperationnel.code("INNOVATION").unwrap()
}

fn grh() -> Code {
    Liste::TypePrestation.code("MANAGEMENT_GRH").unwrap()
}

fn forme(code: &str) -> Code {
    Liste::FormeIntervention.code(code).unwrap()
}

/// The budget is built elsewhere.
fn activite() -> ActiviteMethode {
    ActiviteMethode::parse("S2-STEP2-C3").unwrap()
}

/// A reason, as the dossier keeps it.
fn sealed(text: &str) -> Sealed<Prose> {
    Sealed::new(Subject::dossier(ID), prose(text))
}

fn waived(rule: Rule) -> Event {
    RuleWaived { rule, because: sealed("Urgence.") }
}

fn dla(id: DlaId) -> Seen<Dla> {
    Seen { id, version: Version(1), state: Dla::default() }
}

fn organisation(id: OrganisationId) -> Seen<Organisation> {
    Seen { id, version: Version(1), state: Organisation::default() }
}

fn closed_organisation(id: OrganisationId) -> Seen<Organisation> {
    let motif = Sealed::closed();
    seen(id, [organisation::Event::OrganisationClosed { motif, successor: None }])
}

fn plan_of(ingenierie: IngenierieId) -> Seen<PlanFinancement> {
    seen(PLAN, [opened(ingenierie)])
}

fn confirmed_plan() -> Seen<PlanFinancement> {
    let (total, valorisation) = (Cents(900_000), Cents(0));
    let confirmed = plan_financement::Event::PlanFinancementConfirmed { total, valorisation };
    seen(PLAN, [opened(ID), confirmed])
}

fn opened(ingenierie: IngenierieId) -> plan_financement::Event {
    let (dlas, territoire) = ([DLA].into(), Some(vaucluse()));
    plan_financement::Event::PlanFinancementOpened { ingenierie, dlas, territoire }
}

fn structure(structure: OrganisationId) -> Asked {
    asked(Role::StructureBeneficiaire { structure })
}

fn all_yes() -> Reponses {
    Reponses {
        concernee: Reponse::Oui,
        attentes: Reponse::Oui,
        reponse_pertinente: Reponse::Oui,
        methode: Reponse::Oui,
    }
}

fn resultat() -> ResultatAttendu {
    ResultatAttendu {
        nature: NatureResultat::Quantitatif,
        enonce: line("Des dirigeants formés"),
        cible: Some(line("22 associations")),
    }
}

fn module(nature: NatureModule) -> Module {
    Module {
        intitule: line("Gérer ses ressources humaines"),
        nature,
        formes: vec![forme("ATELIER")],
        jours: QuarterDays(20),
        territoires: vec![vaucluse()],
        duree: Some(line("cinq mois")),
    }
}

fn aire() -> AireIntervention {
    AireIntervention { exclusive: false, actuelle: vec![vaucluse()], potentielle: vec![vaucluse()] }
}

fn role_dla() -> RoleDla {
    RoleDla {
        sensibilisation: Some(prose("Une réunion par bassin.")),
        idee: Some(prose("Parler d'emploi.")),
        contenu: Some(prose("Trois ateliers.")),
        modalites: Some(prose("Gratuit pour les structures.")),
    }
}

fn coherent() -> Coherences {
    Coherences {
        cadre: Coherence::Coherente,
        besoins: Coherence::Coherente,
        plan_accompagnement: Coherence::SansObjet,
        territoire_secteur: Coherence::Coherente,
    }
}

fn way(intitule: &str) -> Way {
    Way {
        intitule: line(intitule),
        rythme: Some(line("Un jour par mois")),
        duree: Some(line("Cinq mois")),
        periode: Some(line("De janvier à mai")),
        lieu: Some(line("Carpentras")),
        logistique: Some(prose("Repas sur place.")),
    }
}

fn initiated() -> Event {
    IngenierieCollectiveInitiated {
        ingenierie: ID,
        porteur: DLA,
        intitule: line("Ressources humaines du sport"),
        territoire: vaucluse(),
        secteurs: vec![secteur("SPORT")],
    }
}

fn associated(organisation: OrganisationId, as_what: &str) -> Event {
    PartenaireAssociated { organisation, categorie: categorie(as_what), role: None }
}

fn avis(dla: DlaId, sens: SensAvis) -> Event {
    AvisComiteAppuiRecorded { dla, sens, commentaire: None, reserves: None, seance: None }
}

/// A problématique that a structure confirmed, two structures targeted.
fn identified() -> Vec<Event> {
    vec![
        initiated(),
        SourceProblematiqueRecorded { source: source(), precision: None },
        ProblematiqueStated { enonce: prose("Recruter dans le sport.") },
        ProblematiqueConfirmed { structures: vec![RESTO], methode: line("Enquête") },
        StructureTargeted { structure: RESTO },
        StructureTargeted { structure: VELO },
    ]
}

/// The first milestone is passed, with a permanent financeur who confirmed.
fn engaged() -> Vec<Event> {
    let mut events = identified();
    events.extend([
        associated(REGION, "FINANCEUR_PERMANENT"),
        DemarcheConfirmedByFinanceur { financeur: REGION },
        DemarcheValidated { dla: DLA },
        avis(DLA, SensAvis::Favorable),
        IngenierieCollectiveEngaged {},
    ]);
    events
}

/// One structure takes part.
fn mobilised() -> Vec<Event> {
    let mut events = engaged();
    events.extend([
        StructureContacted { structure: RESTO },
        StructureResponseRecorded { structure: RESTO, reponses: all_yes(), commentaire: None },
        StructureMobilised { structure: RESTO, participants: Some(2) },
    ]);
    events
}

/// The projet is written.
fn formalised() -> Vec<Event> {
    let mut events = mobilised();
    events.extend([
        ConditionsImplicationAssessed {
            structure: None,
            fonctions: None,
            projets: None,
            disponibilite: Some(Sealed::closed()),
        },
        ResultatsAttendusFixed { resultats: vec![resultat()] },
        TypeIngenierieChosen { type_ingenierie: TypeIngenierie::T1 },
        TypesPrestationChosen { types: vec![grh()], sujets: vec![] },
        ProjetInterventionFormalised { modules: vec![module(NatureModule::Formation)] },
    ]);
    events
}

/// The intervention is under way.
fn under_way() -> Vec<Event> {
    let mut events = formalised();
    events.extend([IngenierieCollectiveConfirmed {}, IngenierieCollectiveStarted { plan: PLAN }]);
    events
}

fn finalised() -> Vec<Event> {
    [under_way(), vec![IngenierieCollectiveFinalised {}]].concat()
}

fn with(mut events: Vec<Event>, more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    events.extend(more);
    events
}

#[test]
fn those_concerned_know_the_dossier() {
    let events = with(engaged(), [DlaAssociated { dla: OTHER_DLA }]);
    let it: IngenierieCollective = folded(events);
    assert!(it.exists() && !it.etat().unwrap().is_over());
    assert_eq!(it.etat(), Some(Etat::Engagee));
    assert_eq!(it.porteur(), Some(DLA));
    assert_eq!(it.dlas().collect::<Vec<_>>(), [DLA, OTHER_DLA]);
    assert_eq!(it.territoire(), Some(vaucluse()));
    let permanent = categorie("FINANCEUR_PERMANENT");
    assert_eq!(it.partenaires().collect::<Vec<_>>(), [(REGION, &permanent)]);
    for role in [stranger(), financeur(8), structure(RESTO)] {
        assert!(role.by.sees(&it.perimeter()));
    }
    assert!(!financeur(77).by.sees(&it.perimeter()));
}

#[test]
fn facts_stand_at_the_place_of_the_dossier() {
    let it: IngenierieCollective = folded(identified());
    let decided = it
        .record_source(&amina(), source(), Some(prose("Huit diagnostics.")))
        .unwrap();
    assert_eq!(decided.facts[0].place.dossier, Some(ID));
    assert_eq!(decided.facts[0].place.territoire, Some(vaucluse()));
}

#[test]
fn there_are_forty_five_activities_in_the_order_of_the_cycle() {
    assert_eq!(ACTIVITES.len(), 45);
    assert!(ACTIVITES.is_sorted_by_key(|it| it.id));
    for Activite { id, .. } in ACTIVITES {
        assert_eq!(ActiviteMethode::parse(id).unwrap().as_str(), *id);
    }
    for id in ["", "S2-STEP1-A7", "S2-STEP5-A1", "step1"] {
        assert!(ActiviteMethode::parse(id).is_err(), "{id}");
    }
}

#[test]
fn facts_of_the_dossier_prove_activities() {
    let known: BTreeSet<_> = crate::event_kinds()
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
    let mut proofs = BTreeSet::new();
    for activite in ACTIVITES {
        for kind in activite.proofs {
            assert!(known.contains(kind), "{kind}");
            assert!(proofs.insert(kind), "{kind} proves two activities");
        }
    }
    let proved = |event, kind| proved_by(&crate::Event::IngenierieCollective(event), kind);
    let heard = |source: &str| {
        let source = code(Liste::SourceProblematique, source);
        let heard = SourceProblematiqueRecorded { source, precision: None };
        proved(heard, "SourceProblematiqueRecorded")
    };
    assert_eq!(heard("DIAGNOSTIC"), Some("S2-STEP1-A1"));
    assert_eq!(heard("ETUDE"), Some("S2-STEP1-A4"));
    // Heard, and not confirmed yet.
    assert_eq!(heard("ENQUETE"), None);
    assert_eq!(proved(initiated(), "IngenierieCollectiveInitiated"), Some("S2-STEP1-C2"));
    assert_eq!(proved(IngenierieCollectiveEngaged {}, "IngenierieCollectiveEngaged"), None);
}

#[test]
fn samples_hold_every_kind_and_read_back() {
    let mut written = vec![];
    for event in samples() {
        let stored = encode::<IngenierieCollective>(&event).unwrap();
        let pointers = stored.sealed.iter().map(|it| it.pointer.as_str());
        let read = decode::<IngenierieCollective>(
            &stored.kind,
            stored.schema,
            &raw(&stored.data),
            pointers,
        );
        assert!(read.is_ok(), "{}: {read:?}", stored.kind);
        written.push(stored.kind);
    }
    assert_eq!(written, Event::kinds());
}

/// One fact of every kind, every optional field filled.
pub(crate) fn samples() -> Vec<Event> {
    [samples_of_identifier(), samples_of_engager(), samples_of_confirmer(), samples_of_finaliser()]
        .concat()
}

fn motif() -> Sealed<Prose> {
    sealed("Pour une raison dite.")
}

fn precision() -> Prose {
    prose("Selon huit diagnostics.")
}

fn samples_of_identifier() -> Vec<Event> {
    vec![
        initiated(),
        SourceProblematiqueRecorded { source: source(), precision: Some(precision()) },
        ProblematiqueStated { enonce: prose("Recruter dans le sport.") },
        ProblematiqueReformulated { enonce: prose("Recruter et garder."), motif: motif() },
        ProblematiqueConfirmed { structures: vec![RESTO, VELO], methode: line("Enquête") },
        SecteursDetermined { secteurs: vec![secteur("CULTURE"), secteur("SPORT")] },
        StructureTargeted { structure: RESTO },
        StructureUntargeted { structure: VELO, motif: motif() },
        SubsidiariteChecked { contenu: true, financement: false, commentaire: motif() },
        ComplementariteChecked { commentaire: motif() },
        TerritoireQualified { aire: aire(), commentaire: Some(motif()) },
        RoleDlaDefined {
            dla: DLA,
            legitimites: vec![Legitimite::Mission, Legitimite::TerritoireCouvert],
            role: role_dla(),
        },
        CoherenceChecked { axes: coherent(), commentaire: Some(motif()) },
    ]
}

fn samples_of_engager() -> Vec<Event> {
    vec![
        PartenaireAssociated {
            organisation: REGION,
            categorie: categorie("FINANCEUR_PERMANENT"),
            role: Some(line("Cofinance")),
        },
        PartenaireWithdrawn { organisation: RESEAU, motif: motif() },
        DlaAssociated { dla: OTHER_DLA },
        AttenteRecorded {
            partenaire: REGION,
            compatibilite: Compatibilite::Contradictoire,
            attente: motif(),
        },
        ProblematiqueShared {
            partenaire: REGION,
            accord: AccordProblematique::PartageeAvecReserves,
            anteriorite: Some(motif()),
            interet: Some(motif()),
        },
        ContributionIntervenantOffered {
            partenaire: REGION,
            contribution: line("Un juriste"),
            competences: Some(line("Droit du travail")),
            temps: Some(QuarterDays(4)),
        },
        ObjectifsEvaluationSet {
            objets: vec![ObjetEvaluation::Demarche, ObjetEvaluation::Effets],
            raison: prose("Savoir si l'objectif est atteint."),
        },
        ObjectifStrategiqueSet { objectif: competences(), precision: Some(precision()) },
        ObjectifOperationnelSet { objectif: innovation(), precision: Some(precision()) },
        ObjectifWithdrawn {
            portee: PorteeObjectif::Strategique,
            objectif: competences(),
            motif: motif(),
        },
        DemarcheValidated { dla: DLA },
        DemarcheConfirmedByFinanceur { financeur: REGION },
        AvisComiteAppuiRecorded {
            dla: DLA,
            sens: SensAvis::FavorableAvecReserves,
            commentaire: Some(motif()),
            reserves: Some(motif()),
            seance: Some(crate::SeanceComiteId(uuid::Uuid::from_u128(21))),
        },
        waived(Rule::GroupStable),
        IngenierieCollectiveEngaged {},
    ]
}

fn samples_of_confirmer() -> Vec<Event> {
    vec![
        StructureContacted { structure: RESTO },
        StructureResponseRecorded {
            structure: RESTO,
            reponses: Reponses {
                attentes: Reponse::Non,
                methode: Reponse::SansReponse,
                ..all_yes()
            },
            commentaire: Some(Sealed::new(Subject::organisation(RESTO), prose("À voir."))),
        },
        StructureMobilised { structure: RESTO, participants: Some(2) },
        StructureDeclined { structure: VELO, motif: motif() },
        StructureWithdrawn { structure: RESTO, motif: motif() },
        ConditionsImplicationAssessed {
            structure: Some(RESTO),
            fonctions: Some(motif()),
            projets: Some(motif()),
            disponibilite: Some(motif()),
        },
        CommentairesStructuresConsidered {
            partenaires: vec![REGION],
            adaptee: true,
            suites: motif(),
        },
        GroupeConstituted {
            groupe: 1,
            intitule: line("Nord"),
            module: Some(line("Gérer")),
            territoire: Some(vaucluse()),
        },
        StructureAssignedToGroupe { structure: RESTO, groupe: 1 },
        StructureRemovedFromGroupe { structure: RESTO, groupe: 1, motif: motif() },
        ResultatsAttendusFixed { resultats: vec![resultat()] },
        ResultatsAttendusAmended { resultats: vec![resultat()], motif: motif() },
        TypeIngenierieChosen { type_ingenierie: TypeIngenierie::T2LesDeux },
        TypesPrestationChosen {
            types: vec![grh()],
            sujets: vec![line("Recruter"), line("Droit du travail")],
        },
        AccrocheChosen { accroche: line("Le sport embauche") },
        TempsPorteurPositioned { temps: QuarterDays(6) },
        SystemeIntervenantDesigned {
            intervenants: vec![Intervenant {
                organisation: Some(RESEAU),
                qualite: line("banque"),
                nombre: 1,
            }],
        },
        PartenaireIntervenantEngaged {
            partenaire: REGION,
            mission: line("Tenir un atelier"),
            temps: Some(QuarterDays(4)),
        },
        ConditionsTechniquesAssessed { scenarios: vec![way("Au printemps"), way("À l'automne")] },
        ScenarioChosen { scenario: 2, motif: Some(motif()) },
        ProjetInterventionFormalised { modules: vec![module(NatureModule::Accompagnement)] },
        IngenierieCollectiveConfirmed {},
    ]
}

fn samples_of_finaliser() -> Vec<Event> {
    vec![
        IngenierieCollectiveStarted { plan: PLAN },
        PartenairesInformed {
            destinataires: vec![REGION],
            objet: line("Première séance"),
            message: Some(motif()),
        },
        IngenierieCollectiveFinalised {},
        IngenierieCollectiveAbandoned { etat: Etat::EnIntervention, motif: motif() },
        IngenierieCollectiveReopened { etat: Etat::EnIntervention, motif: motif() },
        ActiviteSkipped { activite: activite(), motif: motif() },
        ActiviteUnskipped { activite: activite() },
    ]
}
