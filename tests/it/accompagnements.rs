//! Accompagnements over HTTP: the support of one structure from its request to the news it gives
//! years later; what is refused, who reads it, and what they add up to.

use anyhow::Context;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Role;
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{DLA, FINANCEUR, INGENIERIE, OTHER_DLA, OTHER_STRUCTURE, PRESTATAIRE, STRUCTURE},
};
use projections::accompagnements::MODEL;
use serde_json::{Value, json};
use uuid::Uuid;

const REQUEST: Uuid = Uuid::from_u128(0xacc0);
const OTHER: Uuid = Uuid::from_u128(0xacc1);
const MISSION: Uuid = Uuid::from_u128(0xacc2);
const REPORT: Uuid = Uuid::from_u128(0xacc3);
const ASKED: &str = "Garder nos deux emplois.";

const READ: &str = "query($id: ID!) { accompagnement(id: $id) {
    id etat dla { id } structure { id } relais { id } receivedOn canal demande
    momentsCles { code libelle } domaines { code }
    preDiagnostic { sentOn returnedOn document { id } } rendezVous { on commentaire }
    accueil { pertinent motif } orientations { dispositif organisation { id } }
    diagnostic { startedOn completedOn validatedOn situation forces capacite besoins
                 domaines { code } document { id } }
    preconisations { proposedOn answeredOn motif toutes { numero theme { code } enonce retenue } }
    plan { establishedOn echeance document { id } }
    actions { numero nature intitule preconisation suite endedOn commentaire echeance
              ingenierieId ingenierie { __typename } organisation { id } }
    restitutions { on commentaire ingenierie { id } }
    suivis { on commentaire } suiviDu suiviEnRetard
    mesures { on moment horizon emplois cdi etp budget financeurs beneficiaires }
    nouveauxBesoins { besoin domaines { code } } issues { code } fin { on commentaire } } }";

const LIST: &str = "query($filter: AccompagnementFilter, $after: String) {
    accompagnements(first: 1, filter: $filter, after: $after) {
        totalCount asOf { position } nodes { id etat } pageInfo { hasNextPage endCursor } } }";

const BILAN: &str = "query($filter: AccompagnementFilter) { bilanAccompagnements(filter: $filter) {
    sollicitations structures retenues nonRetenues orientees diagnostics diagnosticsValides plans
    actions actionsRealisees suivis clos abandonnes asOf { position }
    comparaisons { indicateur avec accompagnements avant suivi } } }";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn organisation(it: domain::OrganisationId) -> String {
    id("Organisation", it.0)
}

fn accompagnement(it: Uuid) -> String {
    id("Accompagnement", it)
}

/// Commands, numbered so that each is sent once.
struct Told(u128);

impl Told {
    fn input(&mut self, mut more: Value) -> Value {
        self.0 += 1;
        if more.get("commandId").is_none() {
            more["commandId"] = json!(Uuid::from_u128(0x00ac_0000 + self.0));
            more["accompagnement"] = json!(accompagnement(REQUEST));
        }
        more
    }

    async fn does(&mut self, by: &Visitor, act: &str, more: Value) -> anyhow::Result<Value> {
        let input = self.input(more);
        let selection = "{ position accompagnement { etat } }";
        let did = by.does(act, input, selection).await;
        Ok(did.context(act.to_owned())?["accompagnement"]["etat"].clone())
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
    structure: Visitor,
    partner: Visitor,
    /// The structure again, as a financeur.
    payer: Visitor,
    others: Vec<Visitor>,
}

async fn opened() -> anyhow::Result<(OpenHouse, People)> {
    let questions = Questions::open().await?;
    questions.initiated().await?;
    questions.register(OTHER_STRUCTURE).await.ok();
    let Questions { log, reads, database } = questions;
    reads.close().await;
    log.close().await;
    let house = OpenHouse::on(database).await?;
    let named = |name: &str, role| house.visitor_named(name, role);
    let others = [
        ("elsewhere", Role::ChargeDeMission { dlas: [OTHER_DLA].into() }),
        ("financeur", Role::Financeur { financeur: FINANCEUR }),
        ("membre", Role::MembreComiteAppui { dlas: [DLA].into() }),
        ("portail", Role::Integration { dlas: [DLA].into() }),
        ("other", Role::StructureBeneficiaire { structure: OTHER_STRUCTURE }),
        ("prestataire", Role::Prestataire { prestataire: PRESTATAIRE }),
        ("avise", Role::Avise),
        ("admin", Role::Admin),
    ];
    let others = others.map(|(name, role)| named(name, role));
    let people = People {
        amina: named("amina", Role::ChargeDeMission { dlas: [DLA].into() })?,
        structure: named("structure", Role::StructureBeneficiaire { structure: STRUCTURE })?,
        partner: named("partner", Role::Partenaire { partenaire: FINANCEUR })?,
        payer: named("payer", Role::Financeur { financeur: STRUCTURE })?,
        others: others.into_iter().collect::<anyhow::Result<_>>()?,
    };
    Ok((house, people))
}

fn sollicitation(command: Uuid) -> Value {
    json!({
        "commandId": command, "dla": id("Dla", DLA.0), "structure": organisation(STRUCTURE),
        "canal": "TELEPHONE", "momentsCles": ["NOUVEAU_DIRECTEUR"],
        "domaines": ["GESTION_FINANCIERE"], "demande": ASKED, "on": "2024-01-02",
    })
}

/// The steps from the request to the plan: who does what, and the state that follows.
fn until_the_plan(people: &People) -> Vec<(&Visitor, &'static str, Value, &'static str)> {
    let (amina, structure) = (&people.amina, &people.structure);
    vec![
        (structure, "recordSollicitation", sollicitation(REQUEST), "EN_ACCUEIL"),
        (amina, "sendPreDiagnostic", json!({ "on": "2024-01-03" }), "EN_ACCUEIL"),
        (structure, "returnPreDiagnostic", json!({ "on": "2024-01-04" }), "EN_ACCUEIL"),
        (
            amina,
            "holdRendezVousQualification",
            json!({ "on": "2024-01-05", "commentaire": "Deux heures sur place." }),
            "EN_ACCUEIL",
        ),
        (
            amina,
            "completeAccueil",
            json!({ "on": "2024-01-05", "pertinent": true }),
            "EN_DIAGNOSTIC",
        ),
        (amina, "startDiagnostic", json!({ "on": "2024-01-06" }), "EN_DIAGNOSTIC"),
        (
            amina,
            "completeDiagnostic",
            json!({
                "on": "2024-01-10", "situation": "Un déficit.", "forces": "Une équipe stable.",
                "capacite": "Six mois de réserves.", "besoins": "Un tableau de bord.",
                "domaines": ["PILOTAGE_GOUVERNANCE"],
            }),
            "EN_DIAGNOSTIC",
        ),
        (structure, "validateDiagnostic", json!({ "on": "2024-01-11" }), "EN_DIAGNOSTIC"),
        (
            amina,
            "proposePreconisations",
            json!({ "on": "2024-01-12", "preconisations": [
                { "enonce": "Suivre la trésorerie.", "theme": "GESTION_FINANCIERE" },
                { "enonce": "Former le bureau." },
            ] }),
            "EN_DIAGNOSTIC",
        ),
        (
            structure,
            "acceptPreconisations",
            json!({ "on": "2024-01-13", "retenues": [1] }),
            "EN_DIAGNOSTIC",
        ),
        (
            amina,
            "establishPlanAccompagnement",
            json!({ "on": "2024-01-14", "echeance": "2024-12-31", "actions": [
                { "nature": "INTERNE", "intitule": "Tenir un tableau de bord",
                  "preconisation": 1, "echeance": "2024-06-30" },
                { "nature": "INGENIERIE_INDIVIDUELLE", "intitule": "Revoir les prix" },
            ] }),
            "EN_PARCOURS",
        ),
    ]
}

async fn planned(told: &mut Told, people: &People) -> anyhow::Result<()> {
    for (by, act, more, etat) in until_the_plan(people) {
        assert_eq!(told.does(by, act, more).await?, etat, "{act}");
    }
    Ok(())
}

#[tokio::test]
async fn a_request_goes_to_a_plan_and_to_what_came_of_it() -> anyhow::Result<()> {
    let (house, people) = opened().await?;
    let People { amina, structure, .. } = &people;
    let mut told = Told(0);
    planned(&mut told, &people).await?;
    let its = json!({ "id": accompagnement(REQUEST) });
    let late = json!({ "filter": { "suiviEnRetard": true } });
    let listed = structure.asks(LIST, late.clone()).await?;
    assert_eq!(listed["accompagnements"]["totalCount"], 1);
    // A mission carries an action out, and the report of it closes the support.
    let mission = json!({
        "commandId": MISSION, "porteur": id("Dla", DLA.0), "structure": organisation(STRUCTURE),
        "intitule": "Revoir les prix", "besoin": "Des prix justes.",
        "territoire": { "niveau": "DEPARTEMENT", "code": "84" }, "types": ["GESTION_FINANCIERE"],
    });
    amina
        .does("initiateIngenierieIndividuelle", mission, "{ position }")
        .await?;
    let report = json!({
        "commandId": REPORT, "ingenierie": id("Ingenierie", MISSION), "nature": "RAPPORT_MISSION",
        "titre": "Le rapport", "date": "2024-09-01", "donneesPersonnelles": false,
    });
    amina
        .does("registerDocument", report, "{ position }")
        .await?;
    let (mission, report) = (id("Ingenierie", MISSION), id("Document", REPORT));
    for (by, act, more, etat) in [
        (amina, "attachActionAppui", json!({ "action": 2, "ingenierie": mission }), "EN_PARCOURS"),
        (
            amina,
            "addActionAppui",
            json!({ "nature": "ORIENTATION", "intitule": "Rejoindre un réseau",
                    "organisation": organisation(FINANCEUR) }),
            "EN_PARCOURS",
        ),
        (
            structure,
            "completeActionAppui",
            json!({ "action": 1, "on": "2024-06-01", "commentaire": "Il est en place." }),
            "EN_PARCOURS",
        ),
        (
            amina,
            "cancelActionAppui",
            json!({ "action": 3, "on": "2024-06-02", "motif": "Le réseau a fermé." }),
            "EN_PARCOURS",
        ),
        (
            amina,
            "holdRestitution",
            json!({ "on": "2024-09-02", "ingenierie": mission, "document": report,
                    "commentaire": "Devant le bureau." }),
            "EN_PARCOURS",
        ),
        (
            structure,
            "measureImpact",
            json!({ "on": "2024-01-10", "moment": "REFERENCE",
                    "indicateurs": { "emplois": 2, "etp": "1.50", "budget": "8000000" } }),
            "EN_PARCOURS",
        ),
        (
            amina,
            "measureImpact",
            json!({ "on": "2024-01-14", "moment": "PREVISION", "horizon": "2025-01-14",
                    "indicateurs": { "emplois": 4 } }),
            "EN_PARCOURS",
        ),
        (
            amina,
            "closeAccompagnement",
            json!({ "on": "2024-10-01", "issues": ["OUTILS_GESTION", "EMPLOIS_CREES"],
                    "bilan": "Les emplois sont gardés." }),
            "CLOS",
        ),
        // News are taken after the end.
        (
            amina,
            "recordSuivi",
            json!({ "on": "2025-02-01", "commentaire": "Un emploi de plus." }),
            "CLOS",
        ),
        (
            amina,
            "measureImpact",
            json!({ "on": "2025-02-01", "moment": "SUIVI",
                    "indicateurs": { "emplois": 3, "etp": "2.25", "cdi": 2 } }),
            "CLOS",
        ),
        (
            structure,
            "identifyNouveauBesoin",
            json!({ "besoin": "Un plus grand local.", "domaines": ["RESSOURCES_HUMAINES"] }),
            "CLOS",
        ),
    ] {
        assert_eq!(told.does(by, act, more).await?, etat, "{act}");
    }
    let read = amina.asks(READ, its.clone()).await?;
    assert_eq!(structure.asks(READ, its).await?["accompagnement"]["etat"], "CLOS");
    let it = &read["accompagnement"];
    assert_eq!(it["demande"], ASKED);
    assert_eq!(it["momentsCles"][0]["libelle"], "Nouveau directeur");
    let domaines = json!([
        { "code": "GESTION_FINANCIERE" }, { "code": "PILOTAGE_GOUVERNANCE" },
        { "code": "RESSOURCES_HUMAINES" },
    ]);
    assert_eq!(it["domaines"], domaines);
    assert_eq!(
        it["diagnostic"],
        json!({
            "startedOn": "2024-01-06", "completedOn": "2024-01-10", "validatedOn": "2024-01-11",
            "situation": "Un déficit.", "forces": "Une équipe stable.",
            "capacite": "Six mois de réserves.", "besoins": "Un tableau de bord.",
            "domaines": [{ "code": "PILOTAGE_GOUVERNANCE" }], "document": null,
        })
    );
    assert_eq!(
        it["preconisations"]["toutes"],
        json!([
            { "numero": 1, "theme": { "code": "GESTION_FINANCIERE" },
              "enonce": "Suivre la trésorerie.", "retenue": true },
            { "numero": 2, "theme": null, "enonce": "Former le bureau.", "retenue": false },
        ])
    );
    let actions: Vec<_> = it["actions"]
        .as_array()
        .context("actions")?
        .iter()
        .map(|it| json!([it["numero"], it["suite"], it["commentaire"], it["ingenierieId"]]))
        .collect();
    assert_eq!(
        json!(actions),
        json!([
            [1, "REALISEE", "Il est en place.", null],
            [2, "PREVUE", null, mission],
            [3, "ANNULEE", "Le réseau a fermé.", null],
        ])
    );
    assert_eq!(it["actions"][1]["ingenierie"]["__typename"], "IngenierieIndividuelle");
    assert_eq!(it["fin"], json!({ "on": "2024-10-01", "commentaire": "Les emplois sont gardés." }));
    assert_eq!(it["suivis"][0]["commentaire"], "Un emploi de plus.");
    assert_eq!(it["mesures"][2]["etp"], "2.25");
    assert_eq!(it["nouveauxBesoins"][0]["besoin"], "Un plus grand local.");
    assert_eq!((&it["suiviDu"], &it["suiviEnRetard"]), (&Value::Null, &json!(false)));
    assert_eq!(amina.asks(LIST, late).await?["accompagnements"]["totalCount"], 0);
    // Another request, that the DLA cannot answer.
    told.does(amina, "recordSollicitation", sollicitation(OTHER))
        .await?;
    let other = |n: u128, mut more: Value| {
        more["commandId"] = json!(Uuid::from_u128(0x00ac_1000 + n));
        more["accompagnement"] = json!(accompagnement(OTHER));
        more
    };
    let declined = json!({ "pertinent": false, "motif": "Une création." });
    let etat = told
        .does(amina, "completeAccueil", other(1, declined))
        .await?;
    assert_eq!(etat, "NON_RETENU");
    let towards = json!({ "dispositif": "Un incubateur" });
    told.does(amina, "orientStructure", other(2, towards))
        .await?;
    bilan(amina).await?;
    // The same however it is built.
    let questions = Questions::on(house.into_database().await?).await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    for secret in [ASKED, "déficit", "tableau de bord.", "réseau a fermé", "plus grand local"] {
        assert!(!dump.contains(secret), "{secret}: {dump}");
    }
    Ok(())
}

/// What the two requests add up to, and the lists that the figures count.
async fn bilan(amina: &Visitor) -> anyhow::Result<()> {
    let mut counted = amina.asks(BILAN, json!({})).await?["bilanAccompagnements"].take();
    counted.as_object_mut().context("figures")?.remove("asOf");
    assert_eq!(
        counted,
        json!({
            "sollicitations": 2, "structures": 1, "retenues": 1, "nonRetenues": 1, "orientees": 1,
            "diagnostics": 1, "diagnosticsValides": 1, "plans": 1, "actions": 3,
            "actionsRealisees": 1, "suivis": 1, "clos": 1, "abandonnes": 0,
            "comparaisons": [
                { "indicateur": "emplois", "avec": "REFERENCE", "accompagnements": 1,
                  "avant": "2", "suivi": "3" },
                { "indicateur": "emplois", "avec": "PREVISION", "accompagnements": 1,
                  "avant": "4", "suivi": "3" },
                { "indicateur": "etp", "avec": "REFERENCE", "accompagnements": 1,
                  "avant": "1.5", "suivi": "2.25" },
            ],
        })
    );
    let filters = [
        (json!({}), 2),
        (json!({ "etat": "CLOS" }), 1),
        (json!({ "structure": organisation(STRUCTURE), "dla": id("Dla", DLA.0) }), 2),
        (json!({ "structure": organisation(OTHER_STRUCTURE) }), 0),
        (json!({ "domaine": "RESSOURCES_HUMAINES" }), 1),
        (json!({ "du": "2024-01-02", "au": "2024-01-02" }), 2),
        (json!({ "du": "2024-01-03" }), 0),
        (json!({ "ingenierie": id("Ingenierie", MISSION) }), 1),
        (json!({ "ingenierie": id("Ingenierie", INGENIERIE.0) }), 0),
        (json!({ "nouveauBesoin": true }), 1),
    ];
    for (filter, count) in filters {
        let asked = json!({ "filter": filter });
        let listed = amina.asks(LIST, asked.clone()).await?;
        assert_eq!(listed["accompagnements"]["totalCount"], count, "{filter}");
        let counted = amina.asks(BILAN, asked).await?;
        assert_eq!(counted["bilanAccompagnements"]["sollicitations"], count, "{filter}");
    }
    let first = amina.asks(LIST, json!({})).await?;
    let page = &first["accompagnements"];
    assert_eq!(page["nodes"][0]["id"], json!(accompagnement(OTHER)));
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let after = json!({ "after": page["pageInfo"]["endCursor"] });
    let next = amina.asks(LIST, after).await?;
    assert_eq!(next["accompagnements"]["nodes"][0]["id"], json!(accompagnement(REQUEST)));
    assert_eq!(next["accompagnements"]["pageInfo"]["hasNextPage"], false);
    Ok(())
}

#[tokio::test]
async fn what_a_structure_confides_is_for_its_dla_and_itself() -> anyhow::Result<()> {
    const HISTORY: &str = "query { historique(first: 100,
        filter: { categories: [ACCOMPAGNEMENT] }) {
            totalCount nodes { type sealed { pointer value } acteur { id } } } }";
    const NODE: &str = "query($id: ID!) { node(id: $id) { id } }";
    let (house, people) = opened().await?;
    let mut told = Told(0);
    planned(&mut told, &people).await?;
    house.caught_up().await?;
    let its = json!({ "id": accompagnement(REQUEST) });
    for (by, knows_who) in [(&people.amina, true), (&people.structure, false)] {
        assert_eq!(by.asks(NODE, its.clone()).await?["node"]["id"], its["id"]);
        let history = by.asks(HISTORY, json!({})).await?;
        let facts = &history["historique"];
        assert_eq!(facts["totalCount"], 13);
        assert_eq!(facts["nodes"][0]["type"], "SollicitationReceived");
        assert_eq!(facts["nodes"][0]["sealed"][0]["value"], ASKED);
        assert_eq!(facts["nodes"][1]["acteur"]["id"].is_string(), knows_who);
    }
    for by in people.others.iter().chain([&people.partner, &people.payer]) {
        assert_eq!(by.asks(READ, its.clone()).await?["accompagnement"], Value::Null);
        assert_eq!(by.asks(NODE, its.clone()).await?["node"], Value::Null);
        let listed = by.asks(LIST, json!({})).await?;
        assert_eq!(listed["accompagnements"]["totalCount"], 0);
        let counted = by.asks(BILAN, json!({})).await?;
        assert_eq!(counted["bilanAccompagnements"]["sollicitations"], 0);
        let history = by.asks(HISTORY, json!({})).await?;
        assert_eq!(history["historique"]["totalCount"], 0);
        let no = told.refused(by, "recordSuivi", json!({})).await?;
        // The structure itself knows that it is accompanied, in whatever role it comes.
        let knows = by.token == people.payer.token;
        assert_eq!(no[0], if knows { "FORBIDDEN" } else { "NOT_FOUND" });
    }
    // A partner relays a request, and does not read what follows.
    let mut relayed = sollicitation(OTHER);
    relayed["relais"] = json!(organisation(FINANCEUR));
    let etat = told
        .does(&people.partner, "recordSollicitation", relayed)
        .await?;
    assert_eq!(etat, Value::Null);
    let read = json!({ "id": accompagnement(OTHER) });
    let read = people.structure.asks(READ, read).await?;
    assert_eq!(read["accompagnement"]["relais"]["id"], json!(organisation(FINANCEUR)));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_code_and_its_field() -> anyhow::Result<()> {
    let (_house, people) = opened().await?;
    let People { amina, structure, .. } = &people;
    let mut told = Told(0);
    told.does(structure, "recordSollicitation", sollicitation(REQUEST))
        .await?;
    for (by, act, more, no) in [
        (amina, "startDiagnostic", json!({}), ["ACCUEIL_NOT_PERTINENT", "accompagnement"]),
        (
            amina,
            "completeAccueil",
            json!({ "pertinent": false }),
            ["ACCUEIL_MOTIF_MISSING", "motif"],
        ),
        (amina, "orientStructure", json!({}), ["ORIENTATION_EMPTY", "dispositif"]),
        (
            amina,
            "orientStructure",
            json!({ "organisation": id("Organisation", Uuid::from_u128(9)) }),
            ["ACCOMPAGNEMENT_ORGANISATION_UNKNOWN", "organisation"],
        ),
        (structure, "recordSuivi", json!({}), ["FORBIDDEN", ""]),
        (
            amina,
            "returnPreDiagnostic",
            json!({ "document": id("Document", Uuid::from_u128(9)) }),
            ["ACCOMPAGNEMENT_DOCUMENT_UNKNOWN", "document"],
        ),
        (
            amina,
            "measureImpact",
            json!({ "moment": "SUIVI", "indicateurs": {} }),
            ["IMPACT_INDICATEURS_MISSING", "indicateurs"],
        ),
    ] {
        let answer = told.refused(by, act, more).await?;
        assert_eq!(answer[0], no[0], "{act}");
        assert_eq!(answer[1].as_str().unwrap_or_default(), no[1], "{act}");
    }
    let steps = until_the_plan(&people);
    for (by, act, more, _) in steps.into_iter().skip(1) {
        told.does(by, act, more).await?;
    }
    let dossier = id("Ingenierie", INGENIERIE.0);
    for (by, act, more, no) in [
        (
            amina,
            "attachActionAppui",
            json!({ "action": 2, "ingenierie": dossier }),
            ["ACTION_APPUI_INGENIERIE_UNFIT", "ingenierie"],
        ),
        (
            amina,
            "establishPlanAccompagnement",
            json!({ "actions": [
                { "nature": "INGENIERIE_INDIVIDUELLE", "intitule": "À part", "ingenierie": dossier },
            ] }),
            ["ACTION_APPUI_INGENIERIE_UNFIT", "actions"],
        ),
        (
            amina,
            "addActionAppui",
            json!({ "nature": "EXPERTISE", "intitule": "À part", "preconisation": 9 }),
            ["PRECONISATION_UNKNOWN", "preconisation"],
        ),
        (
            structure,
            "completeActionAppui",
            json!({ "action": 9 }),
            ["ACTION_APPUI_UNKNOWN", "action"],
        ),
        (
            amina,
            "measureImpact",
            json!({ "moment": "PREVISION", "indicateurs": { "emplois": 1 } }),
            ["IMPACT_HORIZON", "horizon"],
        ),
    ] {
        let answer = told.refused(by, act, more).await?;
        assert_eq!(answer, json!(no), "{act}");
    }
    told.does(amina, "abandonAccompagnement", json!({ "motif": "Plus de bureau." }))
        .await?;
    let over = told.refused(amina, "sendPreDiagnostic", json!({})).await?;
    assert_eq!(over, json!(["ACCOMPAGNEMENT_OVER", "accompagnement"]));
    let etat = told
        .does(amina, "reopenAccompagnement", json!({ "motif": "Un nouveau bureau." }))
        .await?;
    assert_eq!(etat, "EN_PARCOURS");
    Ok(())
}
