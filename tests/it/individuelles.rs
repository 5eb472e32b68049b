//! Ingénieries individuelles over HTTP: the mission of one structure from its need to its accounts,
//! with the plan, the consultation, the intervention and the evaluation that any ingénierie has;
//! what is refused, and what each one reads.

use std::time::Duration;

use anyhow::Context;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Dla, Dossier, IngenierieId, IngenierieIndividuelle, Liste, Organisation, Prose, Role,
    ingenierie_individuelle::mission::{Around, Description, Initiation},
    organisation::OrganisationRole,
};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_PRESTATAIRE, OTHER_STRUCTURE, PLAN,
        PRESTATAIRE, STRUCTURE, amina, code, codes, line, prose, vaucluse,
    },
    questions::{admin, responsable},
};
use projections::ingenieries::MODEL;
use serde_json::{Value, json};
use uuid::Uuid;

const MISSION: Uuid = Uuid::from_u128(0x700);
const ITS_PLAN: Uuid = Uuid::from_u128(0x701);
const CONSULTATION: Uuid = Uuid::from_u128(0x702);
const INTERVENTION: Uuid = Uuid::from_u128(0x703);
const EVALUATION: Uuid = Uuid::from_u128(0x704);
const CONVENTION: Uuid = Uuid::from_u128(0x705);
const SEANCE: Uuid = Uuid::from_u128(0x706);
const NADIA: Uuid = Uuid::from_u128(0x71);
const NEED: &str = "Mme Petit cherche un local.";

const FICHE: &str = "query($id: ID!) { ingenierieIndividuelle(id: $id) {
    id version etat intitule besoin formation structure { id } territoire { code }
    secteurs { code } typesPrestation { code } porteur { id } dlas { id } structuresMobilisees
    jalons { engagedOn confirmedOn startedOn finalisedOn }
    origine { __typename id intitule }
    objectifs { objectif { code } precision } resultatsAttendus { enonce }
    amendementsResultats { texte } validations { on } avis { sens commentaire }
    reglesEcartees { code because } abandon { etat motif } reouvertures { texte }
    planFinancement { id } consultations { etat } intervention { closedOn }
    evaluations { id } capitalisations { id } } }";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn organisation(it: domain::OrganisationId) -> String {
    id("Organisation", it.0)
}

fn mission() -> String {
    id("Ingenierie", MISSION)
}

/// Commands, numbered so that each is sent once.
struct Told(u128);

impl Told {
    fn input(&mut self, mut more: Value) -> Value {
        self.0 += 1;
        if more.get("commandId").is_none() {
            more["commandId"] = json!(Uuid::from_u128(0x70_0000 + self.0));
        }
        for (name, noun, it) in [
            ("ingenierie", "Ingenierie", MISSION),
            ("plan", "PlanFinancement", ITS_PLAN),
            ("consultation", "Consultation", CONSULTATION),
            ("intervention", "Intervention", INTERVENTION),
            ("evaluation", "Evaluation", EVALUATION),
            ("seance", "SeanceComiteAppui", SEANCE),
        ] {
            if more[name] == json!(true) {
                more[name] = json!(id(noun, it));
            }
        }
        more
    }

    async fn does(&mut self, by: &Visitor, act: &str, more: Value) -> anyhow::Result<Value> {
        let input = self.input(more);
        by.does(act, input, "{ position }")
            .await
            .context(act.to_owned())
    }

    /// The code of the refusal, and the field that it is about.
    async fn refused(&mut self, by: &Visitor, act: &str, more: Value) -> anyhow::Result<Value> {
        let input = self.input(more);
        let no = by.is_refused(act, input).await.context(act.to_owned())?;
        let path = no["extensions"]["path"].as_array();
        let field = path.and_then(|it| it.get(1)).cloned().unwrap_or_default();
        Ok(json!([no["extensions"]["code"], field]))
    }
}

struct People {
    amina: Visitor,
    responsable: Visitor,
    structure: Visitor,
    financeur: Visitor,
    bidder: Visitor,
    elsewhere: Visitor,
}

/// A registry with an ingénierie collective whose plan pays with crédits d'ingénierie for the
/// action that the mission will pay for too.
async fn opened() -> anyhow::Result<(OpenHouse, People)> {
    let questions = Questions::open().await?;
    questions.initiated().await?;
    let dossier = questions.log.either::<Dossier>(INGENIERIE).await?;
    questions
        .plan(|it, asked| it.open_plan_financement(asked, &dossier))
        .await?;
    questions.declare_credits(PLAN).await?;
    for (it, role) in [
        (FINANCEUR, OrganisationRole::Financeur),
        (OTHER_STRUCTURE, OrganisationRole::StructurePorteuse),
    ] {
        questions
            .decide::<Organisation>(&admin(), it, |it, asked| {
                it.assign_organisation_role(asked, role)
            })
            .await?;
    }
    let porteuse = questions.organisation(OTHER_STRUCTURE).await?;
    questions
        .decide::<Dla>(&admin(), DLA, |it, asked| it.designate_structure_porteuse(asked, &porteuse))
        .await?;
    let Questions { log, reads, database } = questions;
    reads.close().await;
    log.close().await;
    let house = OpenHouse::on(database).await?;
    let named = |name: &str, role| house.visitor_named(name, role);
    let people = People {
        amina: named("amina", Role::ChargeDeMission { dlas: [DLA].into() })?,
        responsable: named("responsable", Role::ResponsablePorteuse { dlas: [DLA].into() })?,
        structure: named("structure", Role::StructureBeneficiaire { structure: STRUCTURE })?,
        financeur: named("financeur", Role::Financeur { financeur: FINANCEUR })?,
        bidder: named("bidder", Role::Prestataire { prestataire: PRESTATAIRE })?,
        elsewhere: named("elsewhere", Role::ChargeDeMission { dlas: [OTHER_DLA].into() })?,
    };
    Ok((house, people))
}

fn initiation() -> Value {
    json!({
        "commandId": MISSION, "porteur": id("Dla", DLA.0), "structure": organisation(STRUCTURE),
        "intitule": "Créer une recyclerie", "besoin": NEED,
        "territoire": { "niveau": "DEPARTEMENT", "code": "84" }, "secteurs": ["ENVIRONNEMENT"],
        "types": ["GESTION_FINANCIERE"], "origine": id("Ingenierie", INGENIERIE.0),
    })
}

async fn fiche(by: &Visitor) -> anyhow::Result<Value> {
    let mut data = by.asks(FICHE, json!({ "id": mission() })).await?;
    Ok(data["ingenierieIndividuelle"].take())
}

#[tokio::test]
async fn a_mission_goes_from_its_need_to_its_accounts() -> anyhow::Result<()> {
    let (house, people) = opened().await?;
    let People { amina, responsable, .. } = &people;
    let mut told = Told(0);
    let selection = "{ position version ingenierie { id etat besoin } }";
    let began = amina
        .does("initiateIngenierieIndividuelle", initiation(), selection)
        .await?;
    let its = json!({ "id": mission(), "etat": "EN_IDENTIFICATION", "besoin": NEED });
    assert_eq!(began["ingenierie"], its);
    for (act, more) in [
        (
            "describeIngenierieIndividuelle",
            json!({ "intitule": "Ouvrir une recyclerie", "formation": true }),
        ),
        (
            "setObjectifsIndividuels",
            json!({ "objectifs": [
                { "objectif": "INNOVATION", "precision": "Un lieu." }, { "objectif": "BESOINS" },
            ] }),
        ),
        (
            "fixResultatsIndividuels",
            json!({ "resultats": [{ "nature": "QUANTITATIF", "enonce": "Un budget" }] }),
        ),
    ] {
        let mut more = more;
        more["ingenierie"] = json!(true);
        told.does(amina, act, more).await?;
    }
    paid_for(&mut told, &people).await?;
    let own = json!({ "ingenierie": true });
    told.does(responsable, "validateDemarcheIndividuelle", own.clone())
        .await?;
    let amended = json!({
        "ingenierie": true,
        "resultats": [{ "nature": "QUANTITATIF", "enonce": "Deux emplois" }],
    });
    let no = told
        .refused(amina, "fixResultatsIndividuels", amended.clone())
        .await?;
    assert_eq!(no, json!(["MISSION_MOTIF_MISSING", "motif"]));
    let mut why = amended;
    why["motif"] = json!("La mairie prête un local.");
    told.does(amina, "fixResultatsIndividuels", why).await?;
    consulted(&mut told, &people).await?;
    let no = told
        .refused(amina, "startIngenierieIndividuelle", own.clone())
        .await?;
    assert_eq!(no, json!(["MISSION_PLAN_OPEN", "ingenierie"]));
    let cleared = json!({
        "action": the_action(amina).await?, "superposition": 1,
        "justification": "L'autre forme des bénévoles.",
    });
    told.does(responsable, "clearSuperposition", cleared)
        .await?;
    let sure = json!({ "plan": true, "because": "La porteuse se porte garante." });
    told.does(amina, "confirmPlanFinancement", sure).await?;
    carried_out(&mut told, &people, &own).await?;
    told.does(amina, "finaliseIngenierieIndividuelle", own.clone())
        .await?;
    let no = told
        .refused(amina, "describeIngenierieIndividuelle", own)
        .await?;
    assert_eq!(no, json!(["MISSION_OVER", "ingenierie"]));
    judged_and_settled(&mut told, amina).await?;

    house.caught_up().await?;
    let seen = fiche(amina).await?;
    let today = api::clock::today_in_paris().to_string();
    assert_eq!(seen["etat"], "FINALISEE");
    assert_eq!(seen["intitule"], "Ouvrir une recyclerie");
    assert_eq!(seen["besoin"], NEED);
    assert_eq!(seen["structure"]["id"], organisation(STRUCTURE));
    assert_eq!(seen["structuresMobilisees"], 1);
    assert_eq!(seen["typesPrestation"], json!([{ "code": "GESTION_FINANCIERE" }]));
    let jalons = json!({
        "engagedOn": today, "confirmedOn": null, "startedOn": today, "finalisedOn": today,
    });
    assert_eq!(seen["jalons"], jalons);
    let origine = json!({
        "__typename": "IngenierieCollective", "id": id("Ingenierie", INGENIERIE.0),
        "intitule": "Les relations avec les banques",
    });
    assert_eq!(seen["origine"], origine);
    assert_eq!(seen["resultatsAttendus"], json!([{ "enonce": "Deux emplois" }]));
    let why = json!([{ "texte": "La mairie prête un local." }]);
    assert_eq!(seen["amendementsResultats"], why);
    assert_eq!(seen["planFinancement"]["id"], id("PlanFinancement", ITS_PLAN));
    assert_eq!(seen["consultations"], json!([{ "etat": "CLOSE" }]));
    assert_eq!(seen["intervention"]["closedOn"], today);
    assert_eq!(seen["evaluations"][0]["id"], id("Evaluation", EVALUATION));
    each_reads_what_is_theirs(&house, &people).await?;
    lists_and_history(&people).await?;
    house.close().await
}

/// A plan that the DLA and two financeurs pay, which stacks on that of an ingénierie collective;
/// and a convention that sets money aside for it.
async fn paid_for(told: &mut Told, people: &People) -> anyhow::Result<()> {
    let People { amina, responsable, .. } = people;
    let opens = |n: Uuid| json!({ "commandId": n, "ingenierie": true });
    told.does(amina, "openPlanFinancement", opens(ITS_PLAN))
        .await?;
    let again = told
        .refused(amina, "openPlanFinancement", opens(Uuid::from_u128(1)))
        .await?;
    assert_eq!(again[0], "ALREADY_CLAIMED");
    let cost = json!({
        "plan": true, "poste": "PRESTATIONS_EXTERIEURES", "intitule": "Étude",
        "montant": "400000",
    });
    told.does(amina, "addDepense", cost).await?;
    // An OPCO pays for the training that the mission holds (INV-16).
    for (source, who, montant) in [
        ("DLA", json!({ "dla": id("Dla", DLA.0) }), "150000"),
        ("ETAT", json!({ "organisation": organisation(FINANCEUR) }), "150000"),
        ("OPCO", json!({ "organisation": organisation(FONDATION) }), "100000"),
    ] {
        let line =
            json!({ "plan": true, "source": source, "contributeur": who, "montant": montant });
        told.does(amina, "addRessource", line).await?;
    }
    let says = told.input(json!({
        "plan": true, "theme": "GESTION_FINANCIERE", "objet": "OUTILS",
        "du": "2026-01-01", "au": "2026-12-31",
    }));
    let selection = "{ superpositions { numero etat bases cotes { planId ingenierieId
        ingenierie { __typename intitule } } } }";
    let found = amina
        .does("declareCreditsIngenierie", says, selection)
        .await?;
    let found = &found["superpositions"][0];
    assert_eq!(found["bases"], json!(["TERRITOIRE"]));
    let sides = json!([
        {
            "planId": id("PlanFinancement", ITS_PLAN), "ingenierieId": mission(),
            "ingenierie": {
                "__typename": "IngenierieIndividuelle", "intitule": "Ouvrir une recyclerie",
            },
        },
        {
            "planId": id("PlanFinancement", PLAN.0),
            "ingenierieId": id("Ingenierie", INGENIERIE.0),
            "ingenierie": {
                "__typename": "IngenierieCollective",
                "intitule": "Les relations avec les banques",
            },
        },
    ]);
    assert_eq!(found["cotes"], sides);
    let no = told
        .refused(amina, "confirmPlanFinancement", json!({ "plan": true }))
        .await?;
    assert_eq!(no, json!(["SUPERPOSITIONS_UNCLEARED", "plan"]));

    let signed = json!({
        "commandId": CONVENTION, "nature": "FINANCEMENT",
        "financeur": organisation(FINANCEUR), "beneficiaire": organisation(OTHER_STRUCTURE),
        "dlas": [id("Dla", DLA.0)], "reference": "2026-70", "objet": "Missions du DLA",
        "on": "2026-01-15", "du": "2026-01-01", "au": "2026-12-31", "montant": "1000000",
        "regime": "PONCTUEL", "perimetre": [{ "niveau": "REGION", "code": "93" }],
        "conditionsVersement": "UNIQUE",
    });
    told.does(responsable, "signConvention", signed).await?;
    let aside = told.input(json!({
        "convention": id("ConventionFinancement", CONVENTION), "ingenierie": true,
        "dla": id("Dla", DLA.0), "montant": "150000", "on": "2026-03-02",
        "du": "2026-03-01", "au": "2026-06-30",
    }));
    let selection = "{ convention { allocations { ingenierieId ingenierie { intitule } } } }";
    let aside = amina.does("allocateEnveloppe", aside, selection).await?;
    let of = json!([{
        "ingenierieId": mission(), "ingenierie": { "intitule": "Ouvrir une recyclerie" },
    }]);
    assert_eq!(aside["convention"]["allocations"], of);
    Ok(())
}

async fn the_action(by: &Visitor) -> anyhow::Result<Value> {
    let query = "query($id: ID!) { planFinancement(id: $id) { superpositions { actionId } } }";
    let plan = json!({ "id": id("PlanFinancement", ITS_PLAN) });
    let seen = by.asks(query, plan).await?;
    Ok(seen["planFinancement"]["superpositions"][0]["actionId"].clone())
}

/// Two prestataires are asked, one answers and is chosen, with the structure.
async fn consulted(told: &mut Told, people: &People) -> anyhow::Result<()> {
    let People { amina, bidder, structure, .. } = people;
    let sections = json!({
        "demarche": "Individuelle.", "objectifs": "Ouvrir.", "resultats": "Un budget.",
        "conditions": "Sur place.",
    });
    let drafted = json!({ "commandId": CONSULTATION, "ingenierie": true, "sections": sections });
    told.does(amina, "draftCahierDesCharges", drafted).await?;
    let it = |more: Value| {
        let mut more = more;
        more["consultation"] = json!(true);
        more
    };
    let stranger = it(json!({ "organisation": organisation(OTHER_STRUCTURE) }));
    let no = told.refused(amina, "invitePartenaire", stranger).await?;
    assert_eq!(no, json!(["NOT_INVITABLE", "organisation"]));
    let today = api::clock::today_in_paris().to_string();
    for (act, more) in [
        ("invitePartenaire", json!({ "organisation": organisation(STRUCTURE) })),
        ("finaliseCahierDesCharges", json!({})),
        ("launchAppelOffres", json!({ "deadline": today })),
        ("consultPrestataire", json!({ "prestataire": organisation(PRESTATAIRE) })),
        ("consultPrestataire", json!({ "prestataire": organisation(OTHER_PRESTATAIRE) })),
        ("declineConsultation", json!({ "prestataire": organisation(OTHER_PRESTATAIRE) })),
    ] {
        told.does(amina, act, it(more)).await?;
    }
    let offre = json!({
        "prestataire": organisation(PRESTATAIRE), "montant": "380000", "jours": "4",
        "proposition": "Quatre visites de M. Roux.",
    });
    told.does(bidder, "submitOffre", it(offre)).await?;
    told.does(amina, "openOffres", it(json!({}))).await?;
    let prefers = json!({
        "structure": organisation(STRUCTURE), "prestataire": organisation(PRESTATAIRE),
    });
    told.does(structure, "expressPreferenceStructure", it(prefers))
        .await?;
    let chosen = json!({
        "prestataire": organisation(PRESTATAIRE), "motif": "M. Roux connaît le métier.",
        "notation": { "contenus": 4, "engagement": 4, "animation": 4, "enquete": 4 },
        "because": "Deux seulement existent.",
    });
    told.does(amina, "choosePrestataire", it(chosen)).await?;
    let informs = json!({ "prestataire": organisation(PRESTATAIRE) });
    told.does(amina, "informPrestataire", it(informs)).await?;
    told.does(amina, "closeConsultation", it(json!({}))).await?;
    Ok(())
}

/// The séances, once the démarche is validated; held once the mission started.
async fn carried_out(told: &mut Told, people: &People, own: &Value) -> anyhow::Result<()> {
    let People { amina, structure, bidder, .. } = people;
    let opens = json!({ "commandId": INTERVENTION, "ingenierie": true });
    told.does(amina, "openIntervention", opens).await?;
    let today = api::clock::today_in_paris().to_string();
    let moment = json!({ "date": today, "debut": "09:00", "fin": "12:30", "lieu": "Apt" });
    let it = |more: Value| {
        let mut more = more;
        more["intervention"] = json!(true);
        more
    };
    // What only an ingénierie collective has.
    let in_groupe = it(json!({ "moment": moment, "groupe": 1 }));
    let no = told.refused(amina, "scheduleSeance", in_groupe).await?;
    assert_eq!(no[1], "groupe");
    let visit = json!({
        "moment": moment, "structure": organisation(STRUCTURE),
        "intervenant": organisation(PRESTATAIRE),
    });
    told.does(amina, "scheduleSeance", it(visit)).await?;
    let one = it(json!({ "seance": 1 }));
    told.does(amina, "certifySeanceInformation", one.clone())
        .await?;
    let nadia = json!({ "seance": 1, "structure": organisation(STRUCTURE), "personne": NADIA });
    told.does(structure, "registerParticipant", it(nadia))
        .await?;
    let no = told.refused(bidder, "holdSeance", one.clone()).await?;
    assert_eq!(no[0], "INGENIERIE_NOT_STARTED");
    told.does(amina, "startIngenierieIndividuelle", own.clone())
        .await?;
    told.does(bidder, "holdSeance", one).await?;
    let came = json!({ "seance": 1, "personne": NADIA, "present": true });
    told.does(bidder, "recordPresence", it(came)).await?;
    let report = json!({ "intervenant": organisation(PRESTATAIRE), "resume": "Le local est là." });
    told.does(bidder, "deliverRapportMission", it(report))
        .await?;
    let tells = json!({
        "avancement": "Le budget est prêt.", "destinataires": [organisation(STRUCTURE)],
    });
    told.does(amina, "reportProgress", it(tells)).await?;
    for etape in ["DEMARRAGE", "CLOTURE"] {
        let there = json!({ "dla": id("Dla", DLA.0), "etape": etape });
        told.does(amina, "recordDlaPresence", it(there)).await?;
    }
    told.does(amina, "closeIntervention", it(json!({}))).await?;
    Ok(())
}

/// INV-38: after the end, its evaluation, what it leaves, and its accounts.
async fn judged_and_settled(told: &mut Told, amina: &Visitor) -> anyhow::Result<()> {
    let planned = json!({
        "commandId": EVALUATION, "ingenierie": true, "objet": "La mission entière.",
    });
    told.does(amina, "planEvaluation", planned).await?;
    let obtained = |n: i32| {
        json!({
            "evaluation": true, "resultat": n, "obtenu": "Un emploi",
            "appreciation": "PARTIELLEMENT_ATTEINT",
        })
    };
    let no = told
        .refused(amina, "recordResultatObtenu", obtained(2))
        .await?;
    assert_eq!(no[1], "resultat");
    told.does(amina, "recordResultatObtenu", obtained(1))
        .await?;
    let kept = json!({ "ingenierie": true, "natures": ["METHODE"] });
    told.does(amina, "determineNatureCapitalisation", kept)
        .await?;
    let came_to = json!({ "plan": true, "ligne": 1, "montant": "380000" });
    told.does(amina, "recordRealise", came_to).await?;
    let closes = json!({ "plan": true, "because": "Les versements suivent." });
    told.does(amina, "settlePlanFinancement", closes).await?;
    Ok(())
}

/// RM-02, and who reads what.
async fn each_reads_what_is_theirs(house: &OpenHouse, people: &People) -> anyhow::Result<()> {
    let query = "query($id: ID!, $filter: FinancementFilter) {
        financementPartenaire(financeur: $id, filter: $filter) {
            ingenieries(first: 5) { nodes { ingenierieId confirmed totalCost { montant }
                ingenierie { __typename intitule etat structuresMobilisees
                    ... on IngenierieIndividuelle { besoin structure { id } } } } } } }";
    let asks = async |filter: Value| {
        let variables = json!({ "id": organisation(FINANCEUR), "filter": filter });
        let mut data = people.financeur.asks(query, variables).await?;
        Ok::<_, anyhow::Error>(data["financementPartenaire"].take())
    };
    let found = json!([{
        "ingenierieId": mission(), "confirmed": true, "totalCost": { "montant": "400000" },
        "ingenierie": {
            "__typename": "IngenierieIndividuelle", "intitule": "Ouvrir une recyclerie",
            "etat": "FINALISEE", "structuresMobilisees": 1,
            // Whom it pays for, and not what they confided.
            "besoin": null, "structure": { "id": organisation(STRUCTURE) },
        },
    }]);
    for filter in [
        json!({}),
        json!({ "secteur": "ENVIRONNEMENT" }),
        json!({ "theme": "GESTION_FINANCIERE", "territoire": { "niveau": "REGION", "code": "93" } }),
    ] {
        assert_eq!(asks(filter.clone()).await?["ingenieries"]["nodes"], found, "{filter}");
    }
    let nothing = asks(json!({ "secteur": "CULTURE" })).await?;
    assert_eq!(nothing["ingenieries"]["nodes"], json!([]));

    assert_eq!(fiche(&people.structure).await?["besoin"], NEED);
    let seen = fiche(&people.financeur).await?;
    assert_eq!(
        (&seen["besoin"], &seen["amendementsResultats"][0]["texte"]),
        (&json!(null), &json!(null))
    );
    assert!(seen["planFinancement"]["id"].is_string());
    let others = [
        ("s", Role::StructureBeneficiaire { structure: OTHER_STRUCTURE }),
        ("f", Role::Financeur { financeur: OTHER_STRUCTURE }),
        ("p", Role::Prestataire { prestataire: OTHER_PRESTATAIRE }),
        ("d", Role::ChargeDeMission { dlas: [OTHER_DLA].into() }),
        ("a", Role::Admin),
    ];
    let query = "query($id: ID!) { node(id: $id) { id } ingenieriesIndividuelles(first: 9) {
        totalCount } historique(first: 9, filter: { ingenieries: [$id] }) { totalCount } }";
    for (name, role) in others {
        let other = house.visitor_named(name, role)?;
        let seen = other.asks(query, json!({ "id": mission() })).await?;
        assert_eq!(seen["node"], Value::Null, "{name}");
        assert_eq!(seen["ingenieriesIndividuelles"]["totalCount"], 0, "{name}");
        assert_eq!(seen["historique"]["totalCount"], 0, "{name}");
        assert_eq!(fiche(&other).await?, Value::Null, "{name}");
    }
    Ok(())
}

async fn lists_and_history(people: &People) -> anyhow::Result<()> {
    let People { amina, structure, .. } = people;
    let query = "query($filter: IngenierieIndividuelleFilter, $id: ID!) {
        ingenieriesIndividuelles(first: 5, filter: $filter) { totalCount nodes { id } }
        ingenieries(first: 5) { nodes { id } }
        ingenierie(id: $id) { id }
        node(id: $id) { __typename id } }";
    let found = async |by: &Visitor, filter: Value| {
        by.asks(query, json!({ "filter": filter, "id": mission() }))
            .await
    };
    for filter in [
        json!({}),
        json!({ "structure": organisation(STRUCTURE), "etat": "FINALISEE" }),
        json!({ "dla": id("Dla", DLA.0), "typePrestation": "GESTION_FINANCIERE" }),
        json!({ "search": "recyclerie", "secteur": "ENVIRONNEMENT" }),
    ] {
        let seen = found(amina, filter.clone()).await?;
        let own = json!({ "totalCount": 1, "nodes": [{ "id": mission() }] });
        assert_eq!(seen["ingenieriesIndividuelles"], own, "{filter}");
        // Each kind has its list, and its type wherever it is asked by id.
        let collective = json!([{ "id": id("Ingenierie", INGENIERIE.0) }]);
        assert_eq!(seen["ingenieries"]["nodes"], collective);
        assert_eq!(seen["ingenierie"], Value::Null);
        assert_eq!(seen["node"]["__typename"], "IngenierieIndividuelle");
    }
    for filter in [
        json!({ "structure": organisation(OTHER_STRUCTURE) }),
        json!({ "etat": "ENGAGEE" }),
        json!({ "dla": id("Dla", OTHER_DLA.0) }),
    ] {
        let seen = found(amina, filter.clone()).await?;
        assert_eq!(seen["ingenieriesIndividuelles"]["totalCount"], 0, "{filter}");
    }
    let query = "query($id: ID!, $types: [String!]) { ingenierieIndividuelle(id: $id) {
        historique(first: 9, filter: { types: $types }) {
            nodes { type category ingenierieId sealed { pointer value }
                    changes { pointer before after } } } } }";
    let read = async |by: &Visitor, kind: &str| {
        let variables = json!({ "id": mission(), "types": [kind] });
        let mut data = by.asks(query, variables).await?;
        Ok::<_, anyhow::Error>(data["ingenierieIndividuelle"]["historique"]["nodes"].take())
    };
    let described = read(amina, "IngenierieIndividuelleDescribed").await?;
    assert_eq!(described[0]["category"], "INGENIERIE_INDIVIDUELLE");
    assert_eq!(described[0]["ingenierieId"], mission());
    let changes = described[0]["changes"].as_array().context("changes")?;
    assert!(changes.iter().any(|it| it["pointer"] == "/intitule"), "{described}");
    // The facts of what is attached to it stand in its dossier.
    for kind in [
        "PlanFinancementSettled",
        "PrestataireChosen",
        "InterventionClosed",
        "EvaluationPlanned",
        "EnveloppeAllocated",
        "SuperpositionDetected",
    ] {
        assert_eq!(read(amina, kind).await?[0]["ingenierieId"], mission(), "{kind}");
    }
    for by in [amina, structure] {
        let began = read(by, "IngenierieIndividuelleInitiated").await?;
        assert_eq!(began[0]["sealed"][0]["value"], NEED);
    }
    let began = read(&people.financeur, "IngenierieIndividuelleInitiated").await?;
    assert!(began[0]["sealed"][0]["value"].is_null(), "{began}");
    Ok(())
}

#[tokio::test]
async fn what_is_not_a_mission_is_refused_at_its_field() -> anyhow::Result<()> {
    let (house, people) = opened().await?;
    let People { amina, responsable, elsewhere, .. } = &people;
    let mut told = Told(0);
    let begin = "initiateIngenierieIndividuelle";
    for (field, odd, code) in [
        ("types", json!([]), "MISSION_THEMES_MISSING"),
        ("types", json!(["ASTROLOGIE"]), "BAD_USER_INPUT"),
        ("secteurs", json!(["ASTRES"]), "BAD_USER_INPUT"),
        ("structure", json!(id("Dla", DLA.0)), "BAD_USER_INPUT"),
        ("origine", json!(id("Ingenierie", Uuid::from_u128(9))), "MISSION_ORIGINE_UNKNOWN"),
        ("origine", json!(id("IngenierieCollective", INGENIERIE.0)), "BAD_USER_INPUT"),
        ("document", json!(id("Document", Uuid::from_u128(9))), "MISSION_ORIGINE_UNKNOWN"),
        ("intitule", json!("  "), "BAD_USER_INPUT"),
        ("besoin", json!("nul\u{0}"), "BAD_USER_INPUT"),
    ] {
        let mut input = initiation();
        input[field] = odd;
        let no = told.refused(amina, begin, input).await?;
        assert_eq!(no, json!([code, field]));
    }
    for by in [responsable, elsewhere] {
        let no = told.refused(by, begin, initiation()).await?;
        let forbidden = std::ptr::eq(by, responsable);
        assert_eq!(no[0], if forbidden { "FORBIDDEN" } else { "NOT_FOUND" });
    }
    told.does(amina, begin, initiation()).await?;

    // A command of the other kind says so, to those who see the dossier.
    let on = |it: Uuid| json!({ "ingenierie": id("Ingenierie", it) });
    let no = told.refused(amina, "engageIngenierie", on(MISSION)).await?;
    assert_eq!(no, json!(["INGENIERIE_NOT_COLLECTIVE", "ingenierie"]));
    let group = json!({ "ingenierie": true, "intitule": "Nord" });
    let no = told.refused(amina, "constituteGroupe", group).await?;
    assert_eq!(no, json!(["INGENIERIE_NOT_COLLECTIVE", "ingenierie"]));
    let act = "finaliseIngenierieIndividuelle";
    let no = told.refused(amina, act, on(INGENIERIE.0)).await?;
    assert_eq!(no, json!(["INGENIERIE_NOT_INDIVIDUELLE", "ingenierie"]));
    for (by, act, it) in [
        (elsewhere, "engageIngenierie", MISSION),
        (elsewhere, act, INGENIERIE.0),
        (amina, act, Uuid::from_u128(9)),
        (amina, "startIngenierieIndividuelle", Uuid::from_u128(9)),
    ] {
        assert_eq!(told.refused(by, act, on(it)).await?[0], "NOT_FOUND", "{act}");
    }

    let same = json!([{ "objectif": "BESOINS" }, { "objectif": "BESOINS" }]);
    for (act, more, no) in [
        (
            "setObjectifsIndividuels",
            json!({ "objectifs": same }),
            json!(["MISSION_OBJECTIF_TWICE", "objectifs"]),
        ),
        (
            "fixResultatsIndividuels",
            json!({ "resultats": [] }),
            json!(["MISSION_RESULTATS_MISSING", "resultats"]),
        ),
        ("startIngenierieIndividuelle", json!({}), json!(["MISSION_NOT_VALIDATED", "ingenierie"])),
        ("finaliseIngenierieIndividuelle", json!({}), json!(["MISSION_NOT_STARTED", "ingenierie"])),
        ("openIntervention", json!({}), json!(["INGENIERIE_NOT_CONFIRMED", "ingenierie"])),
    ] {
        let mut more = more;
        more["ingenierie"] = json!(true);
        assert_eq!(told.refused(amina, act, more).await?, no, "{act}");
    }
    let gives_up = json!({ "ingenierie": true, "motif": "M. Blanc renonce." });
    told.does(amina, "abandonIngenierieIndividuelle", gives_up.clone())
        .await?;
    let drafted = json!({
        "ingenierie": true, "sections": { "demarche": "Individuelle." },
    });
    let no = told
        .refused(amina, "draftCahierDesCharges", drafted)
        .await?;
    assert_eq!(no, json!(["INGENIERIE_ENDED", "ingenierie"]));
    told.does(amina, "reopenIngenierieIndividuelle", gives_up)
        .await?;
    house.caught_up().await?;
    let seen = fiche(amina).await?;
    assert_eq!((&seen["etat"], &seen["abandon"]), (&json!("EN_IDENTIFICATION"), &Value::Null));
    assert_eq!(seen["reouvertures"], json!([{ "texte": "M. Blanc renonce." }]));
    house.close().await
}

#[tokio::test]
async fn the_comite_may_examine_a_mission() -> anyhow::Result<()> {
    let (house, people) = opened().await?;
    let People { amina, responsable, .. } = &people;
    let membre = house.visitor(Role::MembreComiteAppui { dlas: [DLA].into() })?;
    let mut told = Told(0);
    told.does(amina, "initiateIngenierieIndividuelle", initiation())
        .await?;
    let own = json!({ "ingenierie": true });
    told.does(responsable, "validateDemarcheIndividuelle", own.clone())
        .await?;
    let convened = json!({
        "commandId": SEANCE, "dla": id("Dla", DLA.0), "date": "2026-03-12", "debut": "09:00",
        "fin": "12:30", "lieu": "Avignon", "on": "2026-03-02",
    });
    told.does(amina, "conveneSeanceComiteAppui", convened)
        .await?;
    let inscribed = json!({ "seance": true, "ingenierie": true });
    let no = told
        .refused(amina, "inscribeDossier", inscribed.clone())
        .await?;
    assert_eq!(no[0], "JUSTIFICATION_NEEDED");
    let compared = json!({ "ingenierie": true, "commentaire": "Vu la chambre des métiers." });
    told.does(amina, "checkComplementariteIndividuelle", compared)
        .await?;
    told.does(amina, "inscribeDossier", inscribed).await?;
    let against = json!({
        "seance": true, "ingenierie": true, "sens": "DEFAVORABLE",
        "commentaire": "M. Roux la trouve fragile.", "on": "2026-03-12",
    });
    told.does(&membre, "giveAvis", against).await?;
    let closes = json!({ "seance": true, "on": "2026-03-12" });
    told.does(amina, "closeSeanceComiteAppui", closes).await?;

    // The house brings it; whoever goes on says why (INV-07).
    let avis = json!([{ "sens": "DEFAVORABLE", "commentaire": "M. Roux la trouve fragile." }]);
    for tries in 0.. {
        anyhow::ensure!(tries < 200, "the avis did not come");
        house.caught_up().await?;
        if fiche(amina).await?["avis"] == avis {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let no = told
        .refused(amina, "startIngenierieIndividuelle", own.clone())
        .await?;
    assert_eq!(no[0], "JUSTIFICATION_NEEDED");
    let mut anyway = own;
    anyway["because"] = json!("Le local se libère.");
    told.does(amina, "startIngenierieIndividuelle", anyway)
        .await?;
    house.caught_up().await?;
    let seen = fiche(amina).await?;
    let waived = json!([{ "code": "AVIS_DEFAVORABLE", "because": "Le local se libère." }]);
    assert_eq!((&seen["etat"], &seen["reglesEcartees"]), (&json!("EN_INTERVENTION"), &waived));
    let agenda = "query($id: ID!) { seanceComiteAppui(id: $id) { dossiers {
        avis { suite } ingenierie { __typename } } } }";
    let seen = amina
        .asks(agenda, json!({ "id": id("SeanceComiteAppui", SEANCE) }))
        .await?;
    let settled = json!([{
        "avis": { "suite": "RETENU" }, "ingenierie": { "__typename": "IngenierieIndividuelle" },
    }]);
    assert_eq!(seen["seanceComiteAppui"]["dossiers"], settled);
    house.close().await
}

#[tokio::test]
async fn missions_say_the_same_however_they_are_built() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.initiated().await?;
    let id = IngenierieId(MISSION);
    let around = Around {
        porteur: questions.log.seen(DLA).await?,
        structure: questions.organisation(STRUCTURE).await?,
        origine: Some(questions.log.either(INGENIERIE).await?),
        document: None,
    };
    let initiation = Initiation {
        intitule: line("Créer une recyclerie"),
        besoin: prose(NEED),
        territoire: vaucluse(),
        secteurs: codes(Liste::Secteur, ["ENVIRONNEMENT"]),
        types: vec![code(Liste::TypePrestation, "GESTION_FINANCIERE")],
        formation: false,
    };
    let description = Description { formation: Some(true), ..Description::default() };
    let motif = || Prose::parse("Un autre la mène.").unwrap();
    questions
        .decide::<IngenierieIndividuelle>(&amina(), id, |it, asked| {
            it.initiate_ingenierie_individuelle(asked, id, &around, initiation.clone())
        })
        .await?;
    questions
        .decide::<IngenierieIndividuelle>(&amina(), id, |it, asked| {
            it.describe_ingenierie_individuelle(asked, description.clone())
        })
        .await?;
    questions
        .decide::<IngenierieIndividuelle>(&responsable(DLA), id, |it, asked| {
            it.validate_demarche_individuelle(asked)
        })
        .await?;
    questions
        .decide::<IngenierieIndividuelle>(&amina(), id, |it, asked| {
            it.abandon_ingenierie_individuelle(asked, motif())
        })
        .await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(dump.contains("INDIVIDUELLE") && dump.contains("ABANDONNEE"), "{dump}");
    assert!(!dump.contains(NEED));
    Ok(())
}
