//! Organisations over HTTP: two records that become one, prestataires that are referenced, the
//! directories (RM-18, RM-19), the members of a comité d'appui; and what a dossier says of its
//! targeted structures (RM-07) and of its next milestone (RM-05).

use std::sync::atomic::{AtomicU64, Ordering};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Role;
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_PRESTATAIRE, OTHER_STRUCTURE,
        PRESTATAIRE, STRUCTURE,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

static COMMANDS: AtomicU64 = AtomicU64::new(800_000);

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn org(it: domain::OrganisationId) -> String {
    id("Organisation", it.0)
}

fn dossier() -> String {
    id("Ingenierie", INGENIERIE.0)
}

/// An input with an id of its own.
fn input(mut more: Value) -> Value {
    let n = COMMANDS.fetch_add(1, Ordering::Relaxed);
    more["commandId"] = json!(Uuid::from_u128(n.into()));
    more
}

/// The same, about an organisation.
fn about(organisation: &str, mut more: Value) -> Value {
    more["organisation"] = json!(organisation);
    input(more)
}

async fn does(by: &Visitor, mutation: &str, more: Value) -> anyhow::Result<Value> {
    by.does(mutation, more, "{ position }").await
}

async fn no(by: &Visitor, mutation: &str, more: Value) -> anyhow::Result<Value> {
    by.is_refused(mutation, more).await
}

/// An organisation with a SIRET; its global id.
async fn registered(by: &Visitor, name: &str, siret: Option<&str>) -> anyhow::Result<String> {
    let more = json!({
        "denomination": name, "statut": "ASSOCIATION", "siret": siret,
        "sansIdentifiant": siret.is_none().then_some("En création."),
    });
    let made = by
        .does("registerOrganisation", input(more), "{ organisation { id } }")
        .await?;
    Ok(made["organisation"]["id"].as_str().unwrap().to_owned())
}

// INV-39: one SIRET, one organisation.
#[tokio::test]
async fn an_organisation_entered_twice_becomes_one() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.initiated().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let (siret, own) = ("73282932000074", "35600000000048");
    let twice = registered(&amina, "Les Jardins (saisie deux fois)", Some(siret)).await?;
    let survivor = registered(&amina, "Les Jardins du Rhône", None).await?;
    let merge = |into: &str| about(&twice, json!({ "survivor": into, "motif": "Doublon." }));
    let error = no(&amina, "mergeOrganisations", merge(&twice)).await?;
    assert_eq!(error["extensions"]["code"], "SURVIVOR_UNFIT");
    assert_eq!(error["extensions"]["path"], json!(["input", "survivor"]));
    let merged = amina
        .does(
            "mergeOrganisations",
            merge(&survivor),
            "{ organisation { siret closed fusionneeDans { id denomination } } }",
        )
        .await?;
    assert_eq!(
        merged["organisation"]["fusionneeDans"],
        json!({ "id": survivor, "denomination": "Les Jardins du Rhône" })
    );

    // What comes later is told who stands for it, in both languages.
    let role = || about(&twice, json!({ "role": "FINANCEUR" }));
    for (language, sentence) in [("fr", "fusionnée"), ("en", "merged")] {
        let by = amina.clone().speaking(language);
        let error = no(&by, "assignOrganisationRole", role()).await?;
        assert_eq!(error["extensions"]["code"], "ORGANISATION_MERGED");
        assert_eq!(error["extensions"]["params"]["survivor"], json!(survivor));
        assert!(error["message"].as_str().unwrap().contains(sentence), "{error}");
    }
    let target = |it: &str| input(json!({ "ingenierie": dossier(), "structure": it }));
    let error = no(&amina, "targetStructure", target(&twice)).await?;
    assert_eq!(error["extensions"]["code"], "MERGED_ORGANISATION");
    assert_eq!(error["extensions"]["params"]["survivor"], json!(survivor));
    does(&amina, "targetStructure", target(&survivor)).await?;

    // The survivor had no SIRET: it takes this one up, and nobody else can any more.
    let identity = |siret: &str| json!({ "denomination": "Les Jardins", "statut": "ASSOCIATION", "siret": siret });
    let mut taken_up = identity(siret);
    taken_up["motif"] = json!("Fusion.");
    does(&amina, "correctOrganisationIdentity", about(&survivor, taken_up)).await?;
    let error = no(&amina, "registerOrganisation", input(identity(siret))).await?;
    assert_eq!(error["extensions"]["code"], "ALREADY_CLAIMED");
    // One that has a SIRET of its own leaves that of the other where it was.
    let third = registered(&amina, "Un autre établissement", Some(own)).await?;
    let merge = about(&third, json!({ "survivor": survivor, "motif": "Doublon." }));
    does(&amina, "mergeOrganisations", merge).await?;
    let error = no(&amina, "registerOrganisation", input(identity(own))).await?;
    assert_eq!(error["extensions"]["code"], "ALREADY_CLAIMED");
    house.close().await
}

// RM-19
#[tokio::test]
async fn prestataires_are_found_by_what_they_offer() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.consulted().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let vaucluse = json!({ "niveau": "DEPARTEMENT", "code": "84" });
    let first = json!({
        "themes": ["GESTION_FINANCIERE"], "secteurs": ["CULTURE"], "territoires": [vaucluse],
        "competences": ["Comptabilité associative", "Fiscalité"],
    });
    does(&amina, "referencePrestataire", about(&org(PRESTATAIRE), first)).await?;
    let everywhere = json!({ "themes": ["MANAGEMENT_GRH"] });
    let more = about(&org(OTHER_PRESTATAIRE), everywhere);
    let position = does(&amina, "referencePrestataire", more).await?["position"].take();
    let error =
        no(&amina, "referencePrestataire", about(&org(FONDATION), json!({ "themes": [] }))).await?;
    assert_eq!(error["extensions"]["code"], "REFERENCING_NO_PRESTATAIRE");
    let error = no(&amina, "referencePrestataire", about(&org(PRESTATAIRE), json!({}))).await?;
    assert_eq!(error["extensions"]["code"], "REFERENCEMENT_EMPTY");

    let read = "query($filter: PrestataireFilter, $at: Position) {
        prestataires(first: 10, filter: $filter, atLeastPosition: $at) {
            totalCount asOf { position } nodes { id
                referencement { themes { code } secteurs { code } territoires { code }
                                competences }
                experience { consultations choix seances lastSeanceOn ingenieries { id } } } } }";
    for (filter, found) in [
        (json!({}), vec![PRESTATAIRE, OTHER_PRESTATAIRE]),
        (json!({ "theme": "GESTION_FINANCIERE" }), vec![PRESTATAIRE]),
        (json!({ "secteur": "CULTURE" }), vec![PRESTATAIRE, OTHER_PRESTATAIRE]),
        (json!({ "secteur": "SPORT" }), vec![OTHER_PRESTATAIRE]),
        (json!({ "territoire": vaucluse }), vec![PRESTATAIRE, OTHER_PRESTATAIRE]),
        (
            json!({ "territoire": { "niveau": "DEPARTEMENT", "code": "13" } }),
            vec![OTHER_PRESTATAIRE],
        ),
        (json!({ "competence": "FISCAL" }), vec![PRESTATAIRE]),
        (json!({ "competence": "%" }), vec![]),
        (json!({ "search": "61" }), vec![PRESTATAIRE]),
    ] {
        let variables = json!({ "filter": filter, "at": position });
        let list = amina.asks(read, variables).await?["prestataires"].take();
        let ids: Vec<_> = list["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["id"])
            .collect();
        let expected: Vec<_> = found.iter().map(|it| json!(org(*it))).collect();
        assert_eq!(ids, expected.iter().collect::<Vec<_>>(), "{filter}");
        assert_eq!(list["totalCount"], found.len(), "{filter}");
    }
    let list = amina.asks(read, json!({})).await?["prestataires"].take();
    let offers = &list["nodes"][0]["referencement"];
    assert_eq!(offers["competences"], json!(["Comptabilité associative", "Fiscalité"]));
    assert_eq!(offers["territoires"], json!([{ "code": "84" }]));
    let experience = &list["nodes"][0]["experience"];
    assert_eq!((&experience["consultations"], &experience["choix"]), (&json!(1), &json!(0)));
    // What it did is for the DLAs and for itself.
    let competitor = Role::Prestataire { prestataire: OTHER_PRESTATAIRE };
    let seen = house.visitor(competitor)?.asks(read, json!({})).await?;
    let nodes = &seen["prestataires"]["nodes"];
    assert!(nodes[0]["experience"].is_null() && nodes[1]["experience"].is_object());

    let end = about(&org(PRESTATAIRE), json!({ "motif": "Retraite." }));
    let ended = does(&amina, "endReferencementPrestataire", end).await?;
    let after = json!({ "at": ended["position"] });
    assert_eq!(amina.asks(read, after).await?["prestataires"]["totalCount"], 1);
    house.close().await
}

// RM-18
#[tokio::test]
async fn partners_are_found_across_the_dossiers_that_one_reads() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let told = input(json!({
        "ingenierie": dossier(), "destinataires": [org(FINANCEUR)], "objet": "Calendrier",
    }));
    does(&amina, "informPartenaires", told).await?;
    let offered = input(json!({
        "ingenierie": dossier(), "partenaire": org(FINANCEUR), "contribution": "Un analyste",
    }));
    let position = does(&amina, "offerContributionIntervenant", offered).await?["position"].take();
    let read = "query($filter: PartenaireFilter, $at: Position) {
        partenaires(first: 10, filter: $filter, atLeastPosition: $at) {
            totalCount nodes { organisation { id } categories { code } ingenieries { id } since
                attentesComplementaires attentesEnConflit contributions informedOn } } }";
    for (filter, found) in [
        (json!({}), 2),
        (json!({ "categorie": "FINANCEUR_PERMANENT" }), 1),
        (json!({ "categorie": "RESSOURCE" }), 0),
        (json!({ "compatibilite": "COMPLEMENTAIRE", "secteur": "SPORT" }), 1),
        (json!({ "compatibilite": "INCOMPATIBLE" }), 0),
        (json!({ "dla": id("Dla", DLA.0), "search": "41" }), 1),
        (json!({ "dla": id("Dla", OTHER_DLA.0) }), 0),
        (json!({ "territoire": { "niveau": "DEPARTEMENT", "code": "84" } }), 2),
    ] {
        let variables = json!({ "filter": filter, "at": position });
        let list = amina.asks(read, variables).await?["partenaires"].take();
        assert_eq!(list["totalCount"], found, "{filter}");
        assert_eq!(list["nodes"].as_array().map(Vec::len), Some(found), "{filter}");
    }
    let list = amina.asks(read, json!({})).await?;
    let first = &list["partenaires"]["nodes"][0];
    assert_eq!(first["organisation"]["id"], org(FINANCEUR));
    assert_eq!(first["categories"], json!([{ "code": "FINANCEUR_PERMANENT" }]));
    assert_eq!(first["ingenieries"], json!([{ "id": dossier() }]));
    assert_eq!(first["attentesComplementaires"], 1);
    assert_eq!(first["contributions"], json!(["Un analyste"]));
    assert!(first["informedOn"].is_string());
    let stranger = house.visitor(Role::ChargeDeMission { dlas: [OTHER_DLA].into() })?;
    assert_eq!(stranger.asks(read, json!({})).await?["partenaires"]["totalCount"], 0);
    house.close().await
}

// RM-07
#[tokio::test]
async fn targeted_structures_are_compared_by_the_five_criteria() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.identified().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let profil =
        |on: &str, it, profil: Value| about(&org(it), json!({ "on": on, "profil": profil }));
    let vaucluse = json!({ "niveau": "DEPARTEMENT", "code": "84" });
    for more in [
        profil(
            "2026-01-10",
            STRUCTURE,
            json!({ "territoire": vaucluse, "secteur": "CULTURE", "budget": "8000000",
                    "etp": "2.50", "projet": "Un second lieu." }),
        ),
        profil(
            "2026-01-10",
            OTHER_STRUCTURE,
            json!({ "territoire": vaucluse, "secteur": "SPORT", "budget": "9000000",
                    "adherents": 1200 }),
        ),
        profil(
            "2026-02-10",
            OTHER_STRUCTURE,
            json!({ "territoire": vaucluse, "secteur": "CULTURE" }),
        ),
    ] {
        let shown = "{ organisation { id } }";
        amina.does("recordProfilStructure", more, shown).await?;
    }
    let read = "query($id: ID!, $on: Date) { ingenierie(id: $id) { ciblage(on: $on) {
        on structures sansProfil { id } asOf { position }
        criteres { critere renseignes homogene
                   valeurs { valeur nombre code { libelle } territoire { code }
                             structures { id } } } } } }";
    let on = |day: &str| json!({ "id": dossier(), "on": day });
    let criterion = |seen: &Value, name: &str| {
        let all = seen["ingenierie"]["ciblage"]["criteres"]
            .as_array()
            .unwrap()
            .clone();
        all.into_iter().find(|it| it["critere"] == name).unwrap()
    };
    let january = amina.asks(read, on("2026-01-31")).await?;
    let table = &january["ingenierie"]["ciblage"];
    assert_eq!((&table["structures"], &table["sansProfil"]), (&json!(2), &json!([])));
    let territoire = criterion(&january, "TERRITOIRE");
    assert_eq!((&territoire["renseignes"], &territoire["homogene"]), (&json!(2), &json!(true)));
    assert_eq!(territoire["valeurs"][0]["territoire"]["code"], "84");
    let secteur = criterion(&january, "SECTEUR");
    assert_eq!(
        (secteur["valeurs"].as_array().map(Vec::len), &secteur["homogene"]),
        (Some(2), &json!(false))
    );
    assert_eq!(criterion(&january, "BUDGET")["valeurs"][0]["valeur"], "50000-150000");
    assert_eq!(criterion(&january, "ETP")["valeurs"][0]["valeur"], "1-3");
    assert_eq!(criterion(&january, "ADHERENTS")["valeurs"][0]["valeur"], "1000+");
    assert_eq!(
        criterion(&january, "PROJET")["valeurs"][0]["structures"],
        json!([{ "id": org(STRUCTURE) }])
    );
    // As of a later day the other one is of culture too, and its budget is not known any more.
    let march = amina.asks(read, on("2026-03-01")).await?;
    let secteur = criterion(&march, "SECTEUR");
    assert_eq!((&secteur["homogene"], &secteur["valeurs"][0]["nombre"]), (&json!(true), &json!(2)));
    assert_eq!(secteur["valeurs"][0]["code"]["libelle"], "Culture");
    assert_eq!(criterion(&march, "BUDGET")["renseignes"], 1);
    // Before any profile there is nothing to compare.
    let before = amina.asks(read, on("2025-12-31")).await?;
    let without = before["ingenierie"]["ciblage"]["sansProfil"]
        .as_array()
        .map(Vec::len);
    assert_eq!(without, Some(2));
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let own = structure.asks(read, on("2026-03-01")).await?;
    assert!(own["ingenierie"].is_object() && own["ingenierie"]["ciblage"].is_null());
    house.close().await
}

// RM-05
#[tokio::test]
async fn the_next_milestone_says_what_it_waits_for() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.identified().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let read = "query($id: ID!) { ingenierie(id: $id) { avancement {
        faites ecartees aFaire asOf { position }
        prochainJalon { etat blocages { code message dlas { id } }
                        aJustifier { code invariant libelle } } } } }";
    let asks = async |by: &Visitor| {
        let mut seen = by.asks(read, json!({ "id": dossier() })).await?;
        anyhow::Ok(seen["ingenierie"]["avancement"].take())
    };
    let seen = asks(&amina).await?;
    let sum: i64 = ["faites", "ecartees", "aFaire"]
        .iter()
        .map(|it| seen[it].as_i64().unwrap())
        .sum();
    assert_eq!(sum, 45);
    assert!(seen["faites"].as_i64() > Some(2));
    let jalon = &seen["prochainJalon"];
    assert_eq!(jalon["etat"], "ENGAGEE");
    assert_eq!(jalon["blocages"].as_array().map(Vec::len), Some(1));
    assert_eq!(jalon["blocages"][0]["code"], "DEMARCHE_NOT_VALIDATED");
    assert_eq!(jalon["blocages"][0]["dlas"], json!([{ "id": id("Dla", DLA.0) }]));
    assert_eq!(jalon["aJustifier"], json!([]));
    let english = asks(&amina.clone().speaking("en")).await?;
    let message = english["prochainJalon"]["blocages"][0]["message"]
        .as_str()
        .unwrap();
    assert!(message.starts_with("Each porteuse"), "{message}");

    // The words change: nobody has confirmed them, and the milestone would want a reason.
    let words = input(json!({
        "ingenierie": dossier(), "enonce": "Autrement dit.", "motif": "Plus juste.",
    }));
    does(&amina, "reformulateProblematique", words).await?;
    let seen = asks(&amina).await?;
    assert_eq!(seen["prochainJalon"]["aJustifier"][0]["code"], "PROBLEMATIQUE_CONFIRMED");
    assert_eq!(seen["prochainJalon"]["aJustifier"][0]["invariant"], "INV-19");
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let seen = asks(&structure).await?;
    assert!(seen["faites"].is_i64() && seen["prochainJalon"].is_null());
    house.close().await
}

#[tokio::test]
async fn a_comite_has_its_members() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let bruno = house.visitor(Role::ChargeDeMission { dlas: [OTHER_DLA].into() })?;
    let dla = id("Dla", DLA.0);
    let person = Uuid::from_u128(0x51);
    let member = |more: Value| {
        let mut more = more;
        more["dla"] = json!(dla);
        more["personne"] = json!(person);
        input(more)
    };
    let sits_for = json!({ "organisation": org(FINANCEUR) });
    let error = no(&bruno, "addComiteAppuiMember", member(sits_for.clone())).await?;
    assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    let shown = "{ dla { membresComite { personne organisation { id } since } } }";
    let added = amina
        .does("addComiteAppuiMember", member(sits_for), shown)
        .await?;
    let all = &added["dla"]["membresComite"];
    assert_eq!(
        (&all[0]["personne"], &all[0]["organisation"]["id"]),
        (&json!(person), &json!(org(FINANCEUR)))
    );
    let read = "query($id: ID!) { dla(id: $id) { membresComite { personne } } }";
    let seen = bruno.asks(read, json!({ "id": dla })).await?;
    assert!(seen["dla"]["membresComite"].is_null());
    let left = member(json!({ "motif": "Retraite." }));
    let left = amina.does("removeComiteAppuiMember", left, shown).await?;
    assert_eq!(left["dla"]["membresComite"], json!([]));
    house.close().await
}
