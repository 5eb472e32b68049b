//! What the method has people note between its milestones, over HTTP: the territory and the role
//! of the DLA, what partners think and bring, on which conditions structures take part, how it
//! will be carried out, and who is told.

use domain::{OrganisationId, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fiche::{DLA, Dossier, FINANCEUR, OTHER, STRUCTURE, id, org};

fn vaucluse() -> Value {
    json!({ "niveau": "DEPARTEMENT", "code": "84" })
}

/// The states of some activities of the checklist.
async fn activites(it: &Dossier, codes: &[&str]) -> anyhow::Result<Vec<String>> {
    let fiche = it.fiche(&it.amina, "activites { code etat }").await?;
    let all = fiche["activites"].as_array().unwrap().clone();
    let etat = |code: &&str| {
        let found = all.iter().find(|it| it["code"] == **code);
        found.unwrap()["etat"].as_str().unwrap().to_owned()
    };
    Ok(codes.iter().map(etat).collect())
}

#[tokio::test]
async fn the_place_of_the_dla_is_defined_and_checked() -> anyhow::Result<()> {
    let it = Dossier::open().await?;
    it.identified().await?;
    let by = &it.amina;
    let codes = ["S2-STEP1-B1", "S2-STEP1-C1", "S2-STEP1-C3"];
    assert_eq!(activites(&it, &codes).await?, ["A_FAIRE"; 3]);
    let axes = json!({
        "cadre": "COHERENTE", "besoins": "A_AJUSTER", "planAccompagnement": "SANS_OBJET",
        "territoireSecteur": "COHERENTE", "commentaire": "Deux structures n'ont pas ce besoin.",
    });
    for (mutation, input) in [
        (
            "qualifyTerritoire",
            json!({
                "exclusive": false, "aireActuelle": [vaucluse()],
                "airePotentielle": [vaucluse(), { "niveau": "REGION", "code": "93" }],
                "commentaire": "Une structure est du Gard.",
            }),
        ),
        (
            "defineRoleDla",
            json!({
                "dla": id("Dla", DLA), "legitimites": ["TERRITOIRE_COUVERT", "MISSION"],
                "idee": "Parler à son banquier.", "modalites": "Gratuit.",
            }),
        ),
        ("checkCoherence", axes),
    ] {
        assert_eq!(it.does(by, mutation, input).await?, "EN_IDENTIFICATION", "{mutation}");
    }
    assert_eq!(activites(&it, &codes).await?, ["FAITE"; 3]);
    let selection =
        "aireIntervention { exclusive actuelle { code } potentielle { code } commentaire }
         rolesDla { dla { id } legitimites idee contenu modalites }
         coherences { cadre besoins planAccompagnement territoireSecteur commentaire }
         advice { code }";
    let fiche = it.fiche(by, selection).await?;
    assert_eq!(
        fiche["aireIntervention"],
        json!({
            "exclusive": false, "actuelle": [{ "code": "84" }],
            "potentielle": [{ "code": "84" }, { "code": "93" }],
            "commentaire": "Une structure est du Gard.",
        })
    );
    assert_eq!(
        fiche["rolesDla"],
        json!([{
            "dla": { "id": id("Dla", DLA) }, "legitimites": ["MISSION", "TERRITOIRE_COUVERT"],
            "idee": "Parler à son banquier.", "contenu": null, "modalites": "Gratuit.",
        }])
    );
    assert_eq!(fiche["coherences"][0]["besoins"], "A_AJUSTER");
    assert_eq!(fiche["coherences"][0]["commentaire"], "Deux structures n'ont pas ce besoin.");
    let advice = fiche["advice"].as_array().unwrap();
    assert!(advice.iter().any(|it| it["code"] == "COHERENCE_TO_ADJUST"));

    // A comment is for the DLAs; what it is about is for whoever sees the dossier.
    let structure = it.fiche(&it.structure()?, selection).await?;
    assert!(structure["coherences"][0]["commentaire"].is_null());
    assert_eq!(structure["rolesDla"], fiche["rolesDla"]);

    let nobody = json!({ "dla": id("Dla", DLA), "legitimites": [] });
    let no = it.is_refused("defineRoleDla", nobody).await?;
    assert_eq!(
        (&no["code"], &no["path"][1]),
        (&json!("LEGITIMITES_MISSING"), &json!("legitimites"))
    );
    let elsewhere = json!({ "dla": id("Dla", 13), "legitimites": ["MANDAT"] });
    assert_eq!(it.is_refused("defineRoleDla", elsewhere).await?["code"], "DLA_NOT_CONCERNED");
    it.house.close().await
}

#[tokio::test]
async fn partners_share_the_problem_and_offer_to_intervene() -> anyhow::Result<()> {
    let it = Dossier::open().await?;
    it.engaged().await?;
    let by = &it.amina;
    for (mutation, input) in [
        (
            "shareProblematique",
            json!({
                "partenaire": org(FINANCEUR), "accord": "NON_PARTAGEE",
                "anteriorite": "Un essai en 2019.", "interet": "Si c'est court.",
            }),
        ),
        (
            "offerContributionIntervenant",
            json!({
                "partenaire": org(FINANCEUR), "contribution": "Un analyste",
                "competences": "Crédit", "temps": "1.5",
            }),
        ),
        (
            "setObjectifsEvaluation",
            json!({ "objets": ["EFFETS", "DEMARCHE"], "raison": "Rendre compte." }),
        ),
        (
            "engagePartenaireIntervenant",
            json!({ "partenaire": org(FINANCEUR), "mission": "Tenir un atelier", "temps": "1" }),
        ),
    ] {
        assert_eq!(it.does(by, mutation, input).await?, "ENGAGEE", "{mutation}");
    }
    let codes = ["S2-STEP2-A2", "S2-STEP2-A4", "S2-STEP2-B3"];
    assert_eq!(activites(&it, &codes).await?, ["FAITE"; 3]);
    let selection = "partenaires { partage { accord anteriorite interet }
           contribution { contribution competences temps } engagement { mission temps } }
         objectifsEvaluation { objets raison } advice { code organisations { id } }";
    let fiche = it.fiche(by, selection).await?;
    let partner = &fiche["partenaires"][0];
    assert_eq!(
        partner["partage"],
        json!({
            "accord": "NON_PARTAGEE", "anteriorite": "Un essai en 2019.",
            "interet": "Si c'est court.",
        })
    );
    assert_eq!(
        partner["contribution"],
        json!({ "contribution": "Un analyste", "competences": "Crédit", "temps": "1.5" })
    );
    assert_eq!(partner["engagement"], json!({ "mission": "Tenir un atelier", "temps": "1" }));
    assert_eq!(
        fiche["objectifsEvaluation"],
        json!({ "objets": ["DEMARCHE", "EFFETS"], "raison": "Rendre compte." })
    );
    let advice = fiche["advice"].as_array().unwrap();
    let apart = advice
        .iter()
        .find(|it| it["code"] == "PROBLEMATIQUE_NOT_SHARED")
        .unwrap();
    assert_eq!(apart["organisations"], json!([{ "id": org(FINANCEUR) }]));
    let financeur = it.fiche(&it.financeur()?, selection).await?;
    assert!(financeur["partenaires"][0]["partage"]["anteriorite"].is_null());

    let stranger = json!({ "partenaire": org(OTHER), "accord": "PARTAGEE" });
    let no = it.is_refused("shareProblematique", stranger).await?;
    assert_eq!((&no["code"], &no["path"][1]), (&json!("NOT_PARTENAIRE"), &json!("partenaire")));
    let nothing = json!({ "objets": [], "raison": "Rien." });
    let no = it.is_refused("setObjectifsEvaluation", nothing).await?;
    assert_eq!(no["code"], "OBJETS_EVALUATION_MISSING");
    it.house.close().await
}

#[tokio::test]
async fn structures_say_when_they_can_and_a_scenario_is_chosen() -> anyhow::Result<()> {
    let it = Dossier::open().await?;
    it.engaged().await?;
    let by = &it.amina;
    let early = json!({ "destinataires": [org(FINANCEUR)], "objet": "Calendrier" });
    assert_eq!(it.is_refused("informPartenaires", early.clone()).await?["code"], "STEP_TOO_EARLY");
    let conditions = |of: u128, text: &str| json!({ "structure": org(of), "conditions": { "disponibilite": text } });
    let scenario = |intitule: &str| {
        json!({ "intitule": intitule, "rythme": "Un jour par mois", "lieu": "Carpentras",
                "logistique": "Repas sur place." })
    };
    for (mutation, input) in [
        ("assessConditionsImplication", conditions(STRUCTURE, "Le lundi.")),
        ("assessConditionsImplication", conditions(OTHER, "Le mardi.")),
        (
            "assessConditionsImplication",
            json!({ "conditions": { "fonctions": "Des dirigeants.", "projets": "Un prêt." } }),
        ),
        (
            "considerCommentairesStructures",
            json!({ "partenaires": [org(FINANCEUR)], "adaptee": true, "suites": "Plus court." }),
        ),
        (
            "assessConditionsTechniques",
            json!({ "scenarios": [scenario("Au printemps"), scenario("À l'automne")] }),
        ),
        ("chooseScenario", json!({ "scenario": 2, "motif": "Après la saison." })),
    ] {
        assert_eq!(it.does(by, mutation, input).await?, "ENGAGEE", "{mutation}");
    }
    let codes = ["S2-STEP3-A2", "S2-STEP3-B1", "S2-STEP3-C1"];
    assert_eq!(activites(&it, &codes).await?, ["FAITE"; 3]);
    let selection = "conditionsImplication { structure { id } fonctions projets disponibilite }
         prisesEnCompte { partenaires { id } adaptee suites }
         scenarios { numero intitule rythme duree lieu logistique }
         scenarioChoisi { numero motif }";
    let fiche = it.fiche(by, selection).await?;
    assert_eq!(fiche["conditionsImplication"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        fiche["prisesEnCompte"],
        json!([{ "partenaires": [{ "id": org(FINANCEUR) }], "adaptee": true,
                 "suites": "Plus court." }])
    );
    assert_eq!(
        fiche["scenarios"][1],
        json!({ "numero": 2, "intitule": "À l'automne", "rythme": "Un jour par mois",
                "duree": null, "lieu": "Carpentras", "logistique": "Repas sur place." })
    );
    assert_eq!(fiche["scenarioChoisi"], json!({ "numero": 2, "motif": "Après la saison." }));

    // A structure reads what is said of itself, and nothing of another one.
    let own = it.fiche(&it.structure()?, selection).await?;
    let own = own["conditionsImplication"].as_array().unwrap().clone();
    assert_eq!(own.len(), 2);
    assert_eq!(own[0]["disponibilite"], "Le lundi.");
    assert!(own[1]["fonctions"].is_null());

    let none = json!({ "scenario": 3 });
    let no = it.is_refused("chooseScenario", none).await?;
    assert_eq!((&no["code"], &no["path"][1]), (&json!("SCENARIO_UNKNOWN"), &json!("scenario")));
    let empty = json!({ "conditions": {} });
    let no = it.is_refused("assessConditionsImplication", empty).await?;
    assert_eq!(no["code"], "CONDITIONS_MISSING");
    it.house.close().await
}

// RUL-31
#[tokio::test]
async fn partners_are_told_how_it_goes() -> anyhow::Result<()> {
    let it = Dossier::open().await?;
    it.confirmed().await?;
    let told = json!({
        "destinataires": [org(FINANCEUR)], "objet": "Calendrier", "message": "Le 4 mai.",
    });
    assert_eq!(it.does(&it.amina, "informPartenaires", told).await?, "CONFIRMEE");
    let selection = "informationsPartenaires { destinataires { id } objet message }
         partenaires { informedOn }
         historique(first: 1, filter: { types: [\"PartenairesInformed\"] }) {
           nodes { sealed { value } } }";
    let expected = |message: Value| {
        json!([{ "destinataires": [{ "id": org(FINANCEUR) }], "objet": "Calendrier",
                 "message": message }])
    };
    // Those who were told read it, wherever it stands.
    let message = json!("Le 4 mai.");
    for (reader, read) in [
        (it.amina.clone(), message.clone()),
        (it.financeur()?, message),
        (it.structure()?, Value::Null),
    ] {
        let fiche = it.fiche(&reader, selection).await?;
        assert_eq!(fiche["informationsPartenaires"], expected(read.clone()));
        assert_eq!(fiche["historique"]["nodes"][0]["sealed"][0]["value"], read);
        assert!(fiche["partenaires"][0]["informedOn"].is_string());
    }
    let nobody = json!({ "destinataires": [], "objet": "Calendrier" });
    assert_eq!(it.is_refused("informPartenaires", nobody).await?["code"], "INFORMED_MISSING");
    let stranger = Role::StructureBeneficiaire { structure: OrganisationId(Uuid::nil()) };
    assert_eq!(it.fiche(&it.house.visitor(stranger)?, "id").await?, Value::Null);
    it.house.close().await
}
