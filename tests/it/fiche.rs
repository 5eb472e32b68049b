//! The pages of an ingénierie over HTTP: every step of the method by its mutations, and what
//! each reader then sees of the fiche and of the history.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{DlaId, OrganisationId, Role};
use house::{OpenHouse, Visitor};
use serde_json::{Value, json};
use uuid::Uuid;

/// The DLA of the Vaucluse, its commands and what they open.
pub(crate) const DLA: u128 = 84;
pub(crate) const FINANCEUR: u128 = 41;
pub(crate) const STRUCTURE: u128 = 51;
pub(crate) const OTHER: u128 = 52;

static COMMANDS: AtomicU64 = AtomicU64::new(1_000);

pub(crate) fn uuid(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

/// An id as callers hold it.
pub(crate) fn id(noun: &str, n: u128) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{}", uuid(n)))
}

pub(crate) fn org(n: u128) -> String {
    id("Organisation", n)
}

/// An open house with one ingénierie in it.
pub(crate) struct Dossier {
    pub(crate) house: OpenHouse,
    pub(crate) amina: Visitor,
    pub(crate) ingenierie: String,
}

impl Dossier {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let house = OpenHouse::open().await?;
        let admin = house.visitor(Role::Admin)?;
        let vaucluse = json!({ "niveau": "DEPARTEMENT", "code": "84" });
        let dla = json!({
            "commandId": uuid(DLA), "intitule": "DLA 84", "niveau": "DEPARTEMENTAL",
            "territoires": [vaucluse],
        });
        admin.does("registerDla", dla, "{ position }").await?;
        for n in [FINANCEUR, STRUCTURE, OTHER] {
            let organisation = json!({
                "commandId": uuid(n), "denomination": format!("Association {n}"),
                "statut": "ASSOCIATION", "sansIdentifiant": "En cours de création.",
            });
            admin
                .does("registerOrganisation", organisation, "{ position }")
                .await?;
        }
        let amina = house.visitor(Role::ChargeDeMission { dlas: dlas() })?;
        let initiated = json!({
            "commandId": uuid(5), "porteur": id("Dla", DLA),
            "intitule": "Les relations avec les banques", "territoire": vaucluse,
            "secteurs": ["CULTURE"],
        });
        amina
            .does("initiateIngenierie", initiated, "{ ingenierie { id } }")
            .await?;
        Ok(Self { house, amina, ingenierie: id("Ingenierie", 5) })
    }

    pub(crate) fn input(&self, mut input: Value) -> Value {
        let n = COMMANDS.fetch_add(1, Ordering::Relaxed);
        input["commandId"] = json!(uuid(n.into()));
        input["ingenierie"] = json!(self.ingenierie);
        input
    }

    /// Gives a command; where the ingénierie stands then.
    pub(crate) async fn does(
        &self,
        by: &Visitor,
        mutation: &str,
        input: Value,
    ) -> anyhow::Result<Value> {
        let selection = "{ ingenierie { etat version } position version receipt }";
        let payload = by.does(mutation, self.input(input), selection).await?;
        assert_eq!(payload["version"], payload["ingenierie"]["version"], "{mutation}");
        Ok(payload["ingenierie"]["etat"].clone())
    }

    pub(crate) async fn is_refused(&self, mutation: &str, input: Value) -> anyhow::Result<Value> {
        let error = self.amina.is_refused(mutation, self.input(input)).await?;
        Ok(error["extensions"].clone())
    }

    /// Step 1: the need and who shares it.
    pub(crate) async fn identified(&self) -> anyhow::Result<()> {
        let by = &self.amina;
        for (mutation, input) in [
            ("recordSource", json!({ "source": "RESEAU", "precision": "La fédération l'entend." })),
            ("stateProblematique", json!({ "enonce": "Les banques prêtent peu." })),
            (
                "reformulateProblematique",
                json!({ "enonce": "Les banques connaissent mal.", "motif": "Plus juste." }),
            ),
            (
                "confirmProblematique",
                json!({ "structures": [org(STRUCTURE), org(OTHER)], "methode": "Réunion" }),
            ),
            ("determineSecteurs", json!({ "secteurs": ["CULTURE"] })),
            ("targetStructure", json!({ "structure": org(STRUCTURE) })),
            ("targetStructure", json!({ "structure": org(OTHER) })),
            ("targetStructure", json!({ "structure": org(FINANCEUR) })),
            ("untargetStructure", json!({ "structure": org(FINANCEUR), "motif": "Elle finance." })),
            (
                "checkSubsidiarite",
                json!({ "contenu": true, "financement": false, "commentaire": "Vu la région." }),
            ),
            ("checkComplementarite", json!({ "commentaire": "Rien de tel." })),
        ] {
            assert_eq!(self.does(by, mutation, input).await?, "EN_IDENTIFICATION", "{mutation}");
        }
        Ok(())
    }

    /// Step 2: the partners, and the démarche validated.
    pub(crate) async fn engaged(&self) -> anyhow::Result<()> {
        self.identified().await?;
        let by = &self.amina;
        let partner = json!({
            "organisation": org(FINANCEUR), "categorie": "FINANCEUR_PERMANENT", "role": "Finance",
        });
        self.does(by, "associatePartenaire", partner).await?;
        let attente = json!({
            "partenaire": org(FINANCEUR), "compatibilite": "CONTRADICTOIRE",
            "attente": "Des résultats avant l'été.",
        });
        self.does(by, "recordAttente", attente).await?;
        for (mutation, objectif) in
            [("setObjectifStrategique", "COMPETENCES"), ("setObjectifOperationnel", "COMPETENCES")]
        {
            self.does(by, mutation, json!({ "objectif": objectif }))
                .await?;
        }
        let withdrawn =
            json!({ "portee": "STRATEGIQUE", "objectif": "COMPETENCES", "motif": "Trop large." });
        self.does(by, "withdrawObjectif", withdrawn).await?;
        let early = self.is_refused("engageIngenierie", json!({})).await?;
        assert_eq!(early["code"], "DEMARCHE_NOT_VALIDATED");
        let paul = self
            .house
            .visitor(Role::ResponsablePorteuse { dlas: dlas() })?;
        self.does(&paul, "validateDemarche", json!({ "dla": id("Dla", DLA) }))
            .await?;
        assert_eq!(self.does(by, "engageIngenierie", json!({})).await?, "ENGAGEE");
        Ok(())
    }

    /// Step 3: the structures and the projet, up to the confirmation.
    pub(crate) async fn confirmed(&self) -> anyhow::Result<()> {
        self.engaged().await?;
        let by = &self.amina;
        let own = self.structure()?;
        for (n, who) in [(STRUCTURE, &own), (OTHER, by)] {
            let structure = json!({ "structure": org(n) });
            self.does(by, "contactStructure", structure.clone()).await?;
            let reponses = json!({
                "concernee": "OUI", "attentes": "NON", "reponsePertinente": "OUI",
                "methode": "SANS_REPONSE",
            });
            let answer = json!({
                "structure": org(n), "reponses": reponses, "commentaire": format!("Mots de {n}"),
            });
            self.does(who, "recordStructureResponse", answer).await?;
            self.does(by, "mobiliseStructure", structure).await?;
        }
        self.does(by, "constituteGroupe", json!({ "intitule": "Avignon" }))
            .await?;
        let seat = json!({ "structure": org(OTHER), "groupe": 1 });
        self.does(by, "assignStructureToGroupe", seat.clone())
            .await?;
        for (mutation, input) in [
            ("chooseType", json!({ "typeIngenierie": "T2_COLLECTIVE" })),
            (
                "chooseTypesPrestation",
                json!({ "types": ["GESTION_FINANCIERE"], "sujets": ["Dialogue"] }),
            ),
            ("chooseAccroche", json!({ "accroche": "Parler à son banquier" })),
            ("positionTempsPorteur", json!({ "temps": "1.25" })),
            (
                "fixResultatsAttendus",
                json!({ "resultats": [{ "nature": "QUALITATIF", "enonce": "Se connaître" }] }),
            ),
            (
                "designSysteme",
                json!({ "intervenants": [
                    { "qualite": "Banquier", "nombre": 1, "organisation": org(FINANCEUR) },
                    { "qualite": "Comptable", "nombre": 2 },
                ] }),
            ),
            (
                "formaliseProjet",
                json!({ "modules": [
                    { "intitule": "Rencontres", "nature": "ACCOMPAGNEMENT", "jours": "2.5" },
                ] }),
            ),
            (
                "amendResultatsAttendus",
                json!({
                    "resultats": [{ "nature": "QUANTITATIF", "enonce": "Dix rendez-vous" }],
                    "motif": "À compter.",
                }),
            ),
            (
                "recordAvis",
                json!({ "dla": id("Dla", DLA), "sens": "DEFAVORABLE", "commentaire": "Trop tôt." }),
            ),
        ] {
            assert_eq!(self.does(by, mutation, input).await?, "ENGAGEE", "{mutation}");
        }
        let no = self.is_refused("confirmIngenierie", json!({})).await?;
        assert_eq!(no["code"], "JUSTIFICATION_NEEDED");
        let because = json!({ "because": "Les structures attendent." });
        assert_eq!(self.does(by, "confirmIngenierie", because).await?, "CONFIRMEE");
        Ok(())
    }

    pub(crate) fn structure(&self) -> anyhow::Result<Visitor> {
        let structure = OrganisationId(Uuid::from_u128(STRUCTURE));
        self.house
            .visitor(Role::StructureBeneficiaire { structure })
    }

    pub(crate) fn financeur(&self) -> anyhow::Result<Visitor> {
        let financeur = OrganisationId(Uuid::from_u128(FINANCEUR));
        self.house.visitor(Role::Financeur { financeur })
    }

    pub(crate) async fn fiche(&self, by: &Visitor, selection: &str) -> anyhow::Result<Value> {
        // Its activities, and its history, are other questions than the fiche.
        self.house.caught_up().await?;
        let query = format!("query($id: ID!) {{ ingenierie(id: $id) {{ {selection} }} }}");
        let mut data = by.asks(&query, json!({ "id": self.ingenierie })).await?;
        Ok(data["ingenierie"].take())
    }
}

fn dlas() -> BTreeSet<DlaId> {
    BTreeSet::from([DlaId(Uuid::from_u128(DLA))])
}

#[tokio::test]
async fn every_step_of_the_method_shows_in_the_fiche() -> anyhow::Result<()> {
    let it = Dossier::open().await?;
    it.confirmed().await?;
    let fiche = it
        .fiche(
            &it.amina,
            "id etat accroche jours tempsPorteur typeIngenierie structuresMobilisees sujets
             porteur { intitule } dlas { id }
             jalons { initiatedOn engagedOn confirmedOn startedOn }
             problematique { enonce sources { source { code } precision }
               confirmations { methode structures { id } } reformulations { former motif } }
             subsidiarites { contenu financement commentaire }
             complementarites { texte }
             objectifs { portee objectif { code libelle } }
             partenaires { organisation { id } categorie { code } role
               attente { compatibilite attente } }
             validations { dla { intitule } }
             avis { sens commentaire }
             groupes { groupe structures { id } }
             resultatsAttendus { nature enonce } amendementsResultats { texte }
             systemeIntervenant { qualite nombre organisation { id } }
             modules { intitule nature jours territoires { niveau code } }
             reglesEcartees { code because }
             advice { code path organisations { id } }",
        )
        .await?;
    assert_eq!(fiche["etat"], "CONFIRMEE");
    assert_eq!(fiche["jours"], "2.5");
    assert_eq!(fiche["tempsPorteur"], "1.25");
    assert_eq!(fiche["typeIngenierie"], "T2_COLLECTIVE");
    assert_eq!(fiche["structuresMobilisees"], 2);
    assert_eq!(fiche["porteur"]["intitule"], "DLA 84");
    assert_eq!(fiche["dlas"], json!([{ "id": id("Dla", DLA) }]));
    assert!(fiche["jalons"]["confirmedOn"].is_string());
    assert!(fiche["jalons"]["startedOn"].is_null());
    let problematique = &fiche["problematique"];
    assert_eq!(problematique["enonce"], "Les banques connaissent mal.");
    assert_eq!(problematique["sources"][0]["precision"], "La fédération l'entend.");
    assert_eq!(
        problematique["confirmations"][0]["structures"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(
        problematique["reformulations"],
        json!([{ "former": "Les banques prêtent peu.", "motif": "Plus juste." }])
    );
    assert_eq!(fiche["subsidiarites"][0]["commentaire"], "Vu la région.");
    assert_eq!(fiche["complementarites"][0]["texte"], "Rien de tel.");
    assert_eq!(fiche["objectifs"].as_array().map(Vec::len), Some(1));
    assert_eq!(fiche["objectifs"][0]["portee"], "OPERATIONNEL");
    let partenaire = &fiche["partenaires"][0];
    assert_eq!(partenaire["attente"]["attente"], "Des résultats avant l'été.");
    assert_eq!(fiche["avis"], json!([{ "sens": "DEFAVORABLE", "commentaire": "Trop tôt." }]));
    assert_eq!(fiche["groupes"][0]["structures"], json!([{ "id": org(OTHER) }]));
    assert_eq!(fiche["resultatsAttendus"][0]["enonce"], "Dix rendez-vous");
    assert_eq!(fiche["amendementsResultats"][0]["texte"], "À compter.");
    assert_eq!(fiche["systemeIntervenant"][1]["organisation"], Value::Null);
    assert_eq!(fiche["modules"][0]["territoires"][0]["code"], "84");
    let rules: Vec<_> = fiche["reglesEcartees"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| (it["code"].as_str(), it["because"].as_str()))
        .collect();
    let because = Some("Les structures attendent.");
    assert_eq!(rules, [(Some("AVIS_DEFAVORABLE"), because), (Some("FINANCEURS_CONFIRM"), because)]);
    let advice: Vec<_> = fiche["advice"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it["code"].as_str())
        .collect();
    for code in
        ["NOT_SUBSIDIAIRE", "ATTENTES_IN_CONFLICT", "RELUCTANT_STRUCTURES", "WITHOUT_GROUPE"]
    {
        assert!(advice.contains(&code), "{code}: {advice:?}");
    }
    it.house.close().await
}

#[tokio::test]
async fn an_ingenierie_starts_on_its_confirmed_plan_and_goes_on_after_its_end() -> anyhow::Result<()>
{
    let it = Dossier::open().await?;
    it.confirmed().await?;
    let by = &it.amina;
    let no = it.is_refused("startIngenierie", json!({})).await?;
    assert_eq!(no["code"], "PLAN_ELSEWHERE");
    assert_eq!(no["path"], json!(["input", "ingenierie"]));
    let opened = it.input(json!({}));
    let made = by
        .does("openPlanFinancement", opened, "{ planFinancement { id } }")
        .await?;
    let plan = &made["planFinancement"]["id"];
    let no = it.is_refused("startIngenierie", json!({})).await?;
    assert_eq!(no["code"], "PLAN_STILL_OPEN");
    let line = |mut input: Value| {
        let n = COMMANDS.fetch_add(1, Ordering::Relaxed);
        input["commandId"] = json!(uuid(n.into()));
        input["plan"] = json!(plan);
        input
    };
    let poste = "PRESTATIONS_EXTERIEURES";
    let cost = json!({ "poste": poste, "intitule": "Mission", "montant": "100000" });
    by.does("addDepense", line(cost), "{ position }").await?;
    let contributeur = json!({ "organisation": org(FINANCEUR) });
    let paid = json!({ "source": "ETAT", "contributeur": contributeur, "montant": "100000" });
    by.does("addRessource", line(paid), "{ position }").await?;
    let because = json!({ "because": "La porteuse se porte garante." });
    by.does("confirmPlanFinancement", line(because), "{ position }")
        .await?;

    assert_eq!(it.does(by, "startIngenierie", json!({})).await?, "EN_INTERVENTION");
    let late = json!({ "structure": org(OTHER), "motif": "Elle ferme." });
    let no = it.is_refused("withdrawStructure", late.clone()).await?;
    assert_eq!(no["code"], "JUSTIFICATION_NEEDED");
    for (mutation, input, etat) in [
        (
            "removeStructureFromGroupe",
            json!({ "structure": org(OTHER), "groupe": 1, "motif": "Trop loin." }),
            "EN_INTERVENTION",
        ),
        (
            "withdrawStructure",
            json!({ "structure": org(OTHER), "motif": "Elle ferme.", "because": "Elle ferme." }),
            "EN_INTERVENTION",
        ),
        (
            "skipActivite",
            json!({ "activite": "S2-STEP4-B2", "motif": "Sans objet." }),
            "EN_INTERVENTION",
        ),
        ("unskipActivite", json!({ "activite": "S2-STEP4-B2" }), "EN_INTERVENTION"),
        ("finaliseIngenierie", json!({}), "FINALISEE"),
        ("reopenIngenierie", json!({ "motif": "Une séance de plus." }), "EN_INTERVENTION"),
        ("abandonIngenierie", json!({ "motif": "Plus personne." }), "ABANDONNEE"),
    ] {
        assert_eq!(it.does(by, mutation, input).await?, etat, "{mutation}");
    }
    let selection = "abandon { etat motif } reouvertures { texte } structuresMobilisees
         activitesSkipped { activite } jalons { finalisedOn abandonedOn }
         structures { structure { id } etat motif } ciblage { structures }
         historique(first: 100, filter: { categories: [PLAN_FINANCEMENT] }) { totalCount }";
    let fiche = it.fiche(by, selection).await?;
    let abandon = json!({ "etat": "EN_INTERVENTION", "motif": "Plus personne." });
    assert_eq!(fiche["abandon"], abandon);
    assert_eq!(fiche["reouvertures"], json!([{ "texte": "Une séance de plus." }]));
    assert_eq!(fiche["structuresMobilisees"], 1);
    assert_eq!(fiche["activitesSkipped"], json!([]));
    assert!(fiche["jalons"]["finalisedOn"].is_null());
    assert_eq!(fiche["structures"][1]["etat"], "RETIREE");
    assert_eq!(fiche["structures"][1]["motif"], "Elle ferme.");
    assert_eq!(fiche["ciblage"]["structures"], 1, "without the one that left");
    // Opened, one cost, one resource, one rule set aside, confirmed.
    assert_eq!(fiche["historique"]["totalCount"], 5);
    let structure = it.fiche(&it.structure()?, selection).await?;
    assert_eq!(structure["historique"]["totalCount"], 0);
    it.house.close().await
}

#[tokio::test]
async fn each_reader_sees_what_is_theirs() -> anyhow::Result<()> {
    let it = Dossier::open().await?;
    it.confirmed().await?;
    let selection = "structures { structure { id } reponses { attentes } commentaire }
         groupes { groupe } reglesEcartees { because } advice { code }
         problematique { confirmations { structures { id } } reformulations { motif } }
         partenaires { attente { attente } }";
    let amina = it.fiche(&it.amina, selection).await?;
    let financeur = it.fiche(&it.financeur()?, selection).await?;
    let structure = it.fiche(&it.structure()?, selection).await?;
    let count = |seen: &Value, list: &str| seen[list].as_array().map(Vec::len);
    assert_eq!(
        [&amina, &financeur, &structure].map(|it| count(it, "structures")),
        [Some(2), Some(2), Some(1)]
    );
    assert_eq!(structure["structures"][0]["commentaire"], "Mots de 51");
    assert_eq!(amina["structures"][1]["commentaire"], "Mots de 52");
    assert!(financeur["structures"][0]["commentaire"].is_null());
    assert_eq!((count(&amina, "groupes"), count(&structure, "groupes")), (Some(1), Some(0)));
    let confirming = &structure["problematique"]["confirmations"];
    assert_eq!(confirming, &json!([{ "structures": [{ "id": org(STRUCTURE) }] }]));
    for outsider in [&financeur, &structure] {
        assert!(outsider["advice"].is_null());
        assert!(outsider["problematique"]["reformulations"][0]["motif"].is_null());
        assert!(outsider["partenaires"][0]["attente"]["attente"].is_null());
        assert_eq!(outsider["reglesEcartees"][0]["because"], "Les structures attendent.");
    }

    it.house.close().await
}

#[tokio::test]
async fn a_history_says_who_did_what_to_those_who_may_know() -> anyhow::Result<()> {
    let it = Dossier::open().await?;
    it.confirmed().await?;
    it.house.caught_up().await?;
    let selection = "historique(first: 60, filter: { categories: [INGENIERIE_COLLECTIVE] }) {
         totalCount
         nodes { type objet acteur { id role } data sealed { pointer value } receipt } }";
    let amina = it.fiche(&it.amina, selection).await?;
    let financeur = it.fiche(&it.financeur()?, selection).await?;
    let structure = it.fiche(&it.structure()?, selection).await?;
    let facts = |seen: &Value| seen["historique"]["nodes"].as_array().cloned().unwrap();
    for seen in [&amina, &financeur, &structure] {
        let all = facts(seen);
        assert_eq!(seen["historique"]["totalCount"], all.len());
        assert!(
            all.iter()
                .all(|it| it["receipt"].as_str().is_some_and(|it| it.len() == 43))
        );
        let waived = all.iter().find(|it| it["type"] == "RuleWaived").unwrap();
        let because = json!([{ "pointer": "/because", "value": "Les structures attendent." }]);
        assert_eq!(waived["sealed"], because);
        assert_eq!(waived["acteur"]["role"], "CHARGE_DE_MISSION");
        assert_eq!(waived["objet"], it.ingenierie);
    }
    assert!(
        facts(&amina)
            .iter()
            .all(|it| it["acteur"]["id"].is_string())
    );
    assert!(
        facts(&financeur)
            .iter()
            .all(|it| it["acteur"]["id"].is_null())
    );
    let said = |seen: &Value, n: u128| {
        let all = facts(seen);
        let about = |it: &&Value| it["data"]["structure"] == uuid(n);
        let answered = |it: &&Value| it["type"] == "StructureResponseRecorded" && about(it);
        all.iter()
            .find(answered)
            .map(|it| it["sealed"][0]["value"].clone())
    };
    assert_eq!(said(&amina, OTHER), Some(json!("Mots de 52")));
    assert_eq!(said(&financeur, OTHER), Some(Value::Null));
    assert_eq!(said(&structure, STRUCTURE), Some(json!("Mots de 51")));
    assert_eq!(said(&structure, OTHER), None);
    it.house.close().await
}

#[tokio::test]
async fn ingenieries_are_listed_and_filtered() -> anyhow::Result<()> {
    let it = Dossier::open().await?;
    let find = "query($filter: IngenierieFilter) {
        ingenieries(first: 10, filter: $filter) { totalCount nodes { id } } }";
    let territoire = json!({ "niveau": "DEPARTEMENT", "code": "84" });
    for (filter, found) in [
        (json!({}), 1),
        (json!({ "search": "BANQUES", "etat": "EN_IDENTIFICATION" }), 1),
        (json!({ "territoire": territoire, "secteur": "CULTURE", "dla": id("Dla", DLA) }), 1),
        (json!({ "etat": "FINALISEE" }), 0),
        (json!({ "initiatedTo": "2020-01-01" }), 0),
    ] {
        let data = it.amina.asks(find, json!({ "filter": filter })).await?;
        assert_eq!(data["ingenieries"]["totalCount"], found, "{filter}");
    }
    for (filter, field) in [
        (json!({ "secteur": "CHASSE_AUX_PAPILLONS" }), "secteur"),
        (json!({ "dla": org(STRUCTURE) }), "dla"),
    ] {
        let answer = it.amina.posts(find, json!({ "filter": filter })).await?;
        let error = &answer["errors"][0]["extensions"];
        assert_eq!(error["path"], json!(["filter", field]), "{answer}");
    }
    let history = "query($id: ID!) { ingenierie(id: $id) {
        historique(first: 1, filter: { types: [\"Rien\"] }) { totalCount } } }";
    let answer = it
        .amina
        .posts(history, json!({ "id": it.ingenierie }))
        .await?;
    let error = &answer["errors"][0]["extensions"];
    assert_eq!(error["path"], json!(["filter", "types", "0"]), "{answer}");
    let stranger = it
        .house
        .visitor(Role::Prestataire { prestataire: OrganisationId(Uuid::from_u128(99)) })?;
    assert_eq!(it.fiche(&stranger, "id").await?, Value::Null);
    let node = "query($id: ID!) { node(id: $id) { __typename id } }";
    let data = it.amina.asks(node, json!({ "id": it.ingenierie })).await?;
    assert_eq!(data["node"]["__typename"], "IngenierieCollective");
    it.house.close().await
}
