//! A campaign of an evaluation over HTTP: sixty structures, a C2RA, a CNAR, two prestataires, three
//! other partners and the DLA answer at once; every figure is counted again from what they sent.

use std::collections::{BTreeMap, BTreeSet};

use api::cases;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Liste, OrganisationId, Role,
    ingenierie_collective::confirmer::mobilisation::{Reponse, Reponses},
};
use futures_util::future::{join_all, try_join_all};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_PRESTATAIRE, PRESTATAIRE, code,
        line, org,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

const EVALUATION: Uuid = Uuid::from_u128(0xe0);
const C2RA: OrganisationId = org(901);
const CNAR: OrganisationId = org(902);
const RESEAU: OrganisationId = org(903);
/// The column, who is in it, with which role.
type Column = (&'static str, Vec<(OrganisationId, Role)>);

const INVITATION: &str = "{ invitationsEvaluation {
    evaluationId campagne colonne intitule closesOn closedOn organisation { id } dla { id }
    grille { edition echelle { niveau } }
    questions { ligne colonnes { colonne nature } }
    reponses { ligne niveau texte prospective transcrite } } }";

const RESULTATS: &str = "query($id: ID!, $asOf: AsOfInput, $at: Position) {
    resultatsEvaluation(evaluation: $id, asOf: $asOf, atLeastPosition: $at) {
        asOf { position }
        colonnes { colonne invited answered taux positions }
        lignes { ligne { ligne genre } cellules {
            colonne nature invited reponses taux niveaux { niveau nombre } textes positions } }
        registres { registre appreciation }
        resultats { resultat attendu obtenu appreciation position } } }";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn evaluation() -> String {
    id("Evaluation", EVALUATION)
}

fn structures() -> Vec<OrganisationId> {
    (1_000..1_060).map(org).collect()
}

fn columns() -> Vec<Column> {
    let partner = |it| (it, Role::Partenaire { partenaire: it });
    let structure = |it| (it, Role::StructureBeneficiaire { structure: it });
    let cabinet = |it| (it, Role::Prestataire { prestataire: it });
    vec![
        ("STRUCTURES", structures().into_iter().map(structure).collect()),
        ("C2RA", vec![partner(C2RA)]),
        ("CNAR", vec![partner(CNAR)]),
        ("PRESTATAIRES", [PRESTATAIRE, OTHER_PRESTATAIRE].map(cabinet).to_vec()),
        (
            "AUTRES_PARTENAIRES",
            vec![
                partner(RESEAU),
                partner(FONDATION),
                (FINANCEUR, Role::Financeur { financeur: FINANCEUR }),
            ],
        ),
    ]
}

/// Commands, numbered so that each is sent once.
struct Told(u128);

impl Told {
    fn input(&mut self, mut more: Value) -> Value {
        self.0 += 1;
        if more.get("commandId").is_none() {
            more["commandId"] = json!(Uuid::from_u128(0xca_0000 + self.0));
        }
        more["evaluation"] = json!(evaluation());
        more
    }

    async fn does(&mut self, by: &Visitor, act: &str, more: Value) -> anyhow::Result<i64> {
        let done = by.does(act, self.input(more), "{ position }").await?;
        Ok(done["position"].as_str().unwrap().parse()?)
    }

    /// The code of the refusal, and the field that it is about.
    async fn refused(&mut self, by: &Visitor, act: &str, more: Value) -> anyhow::Result<Value> {
        let no = by.is_refused(act, self.input(more)).await?;
        Ok(json!([no["extensions"]["code"], no["extensions"]["path"][1]]))
    }
}

/// The dossier with sixty structures that take part, and partners of the network.
async fn opened() -> anyhow::Result<(OpenHouse, Visitor)> {
    let questions = Questions::open().await?;
    questions.engaged().await?;
    let reponses = Reponses {
        concernee: Reponse::Oui,
        attentes: Reponse::Oui,
        reponse_pertinente: Reponse::Oui,
        methode: Reponse::Oui,
    };
    for it in [C2RA, CNAR, RESEAU] {
        questions.register(it).await?;
    }
    for it in structures() {
        questions.register(it).await?;
        let known = questions.organisation(it).await?;
        questions
            .dossier(|dossier, asked| dossier.target_structure(asked, &known))
            .await?;
        questions
            .dossier(|dossier, asked| dossier.contact_structure(asked, it))
            .await?;
        questions
            .dossier(|dossier, asked| dossier.record_structure_response(asked, it, reponses, None))
            .await?;
        questions
            .dossier(|dossier, asked| dossier.mobilise_structure(asked, it, None))
            .await?;
    }
    let themes = vec![code(Liste::TypePrestation, "GESTION_FINANCIERE")];
    questions
        .dossier(|it, asked| it.choose_types_prestation(asked, themes.clone(), vec![line("Prêt")]))
        .await?;
    let Questions { log, reads, database } = questions;
    reads.close().await;
    log.close().await;
    let house = OpenHouse::on(database).await?;
    let amina = house.visitor_named("amina", Role::ChargeDeMission { dlas: [DLA].into() })?;
    Ok((house, amina))
}

/// The evaluation, its frame, its grid and a campaign; everyone is invited.
async fn asked(told: &mut Told, amina: &Visitor) -> anyhow::Result<()> {
    let ingenierie = id("Ingenierie", INGENIERIE.0);
    let planned = json!({ "commandId": EVALUATION, "ingenierie": ingenierie, "objet": "Tout." });
    let mut planned = told.input(planned);
    planned.as_object_mut().unwrap().remove("evaluation");
    amina
        .does("planEvaluation", planned, "{ position }")
        .await?;
    let opening = json!({ "titre": "Enquête", "closesOn": "2999-12-31" });
    let no = told.refused(amina, "openCampagne", opening.clone()).await?;
    assert_eq!(no, json!(["CADRE_NOT_FINALISED", "evaluation"]));
    let cadre = json!({ "registres": ["PERTINENCE"], "outils": [], "indicateurs": [],
                        "participations": [] });
    told.does(amina, "finaliseCadre", cadre).await?;
    let adapted = json!({
        "ajouts": [{ "theme": "G3", "question": "Les communes ont-elles suivi ?",
                     "colonnes": [{ "colonne": "STRUCTURES", "nature": "APPRECIATION" },
                                  { "colonne": "CNAR" }] }],
        "retraits": ["G1-Q8"], "motif": "Mme Roux en a décidé." });
    told.does(amina, "adaptGrille", adapted).await?;
    told.does(amina, "openCampagne", opening).await?;
    for (colonne, who) in columns() {
        let who: Vec<_> = who.iter().map(|(it, _)| id("Organisation", it.0)).collect();
        let invited = json!({ "campagne": 1, "colonne": colonne, "repondants": who });
        told.does(amina, "inviteRespondents", invited).await?;
    }
    let dla = json!({ "campagne": 1, "colonne": "AUTO_EVALUATION_DLA",
                      "repondants": [id("Dla", DLA.0)] });
    told.does(amina, "inviteRespondents", dla).await?;
    Ok(())
}

/// Numbers that look drawn, and are the same at each run.
fn drawn(of: &str) -> u64 {
    of.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }) >> 16
}

/// What a respondent answers to the questions of their column; a few are left out.
fn answers(who: &str, colonne: &str, questions: &Value) -> Vec<Value> {
    let mut all = vec![];
    for question in questions.as_array().unwrap() {
        let ligne = question["ligne"].as_str().unwrap();
        let dice = drawn(&format!("{who}/{ligne}"));
        // Few answer that one: it is not shown to outsiders.
        let rare = ligne == "G1-Q10" && who.as_bytes().last().is_some_and(|it| it % 16 != 0);
        if rare || dice.is_multiple_of(7) {
            continue;
        }
        let cells = question["colonnes"].as_array().unwrap();
        let cell = cells.iter().find(|it| it["colonne"] == colonne).unwrap();
        let niveau = 1 + dice / 7 % 4;
        let texte = format!("{who} dit {dice}.");
        all.push(match cell["nature"].as_str().unwrap() {
            "DESCRIPTIF" => json!({ "ligne": ligne, "texte": texte }),
            "APPRECIATION" => json!({ "ligne": ligne, "niveau": niveau }),
            "APPRECIATION_PROSPECTIVE" => {
                json!({ "ligne": ligne, "niveau": niveau, "prospective": texte })
            }
            _ if dice.is_multiple_of(5) => json!({ "ligne": ligne, "texte": texte }),
            _ if dice.is_multiple_of(3) => {
                json!({ "ligne": ligne, "niveau": niveau, "texte": texte })
            }
            _ => json!({ "ligne": ligne, "niveau": niveau }),
        });
    }
    all
}

/// What was sent in the end, by column and respondent.
type Sent = Vec<(String, Vec<Value>)>;

/// One respondent reads what they are asked, answers it whole, then changes their mind on the
/// first answer.
async fn responds(n: usize, by: Visitor) -> anyhow::Result<(String, Vec<Value>)> {
    let asked = by.asks(INVITATION, json!({})).await?;
    let invited = asked["invitationsEvaluation"].as_array().unwrap();
    let [invited] = invited.as_slice() else { panic!("{asked:#}") };
    assert_eq!(invited["evaluationId"], evaluation());
    let colonne = invited["colonne"].as_str().unwrap().to_owned();
    let who = format!("{colonne}-{n}");
    let mut all = answers(&who, &colonne, &invited["questions"]);
    let send = |step: u128, reponses: Vec<Value>| {
        json!({ "commandId": Uuid::from_u128(0xab_0000 + (n as u128) * 16 + step),
                "evaluation": evaluation(), "campagne": invited["campagne"],
                "edition": invited["grille"]["edition"], "reponses": reponses })
    };
    let told = by
        .does("answerQuestions", send(1, all.clone()), "{ reponses { ligne niveau texte } }")
        .await?;
    assert_eq!(told["reponses"].as_array().map(Vec::len), Some(all.len()), "{who}");
    let revised = all.iter_mut().find(|it| it["niveau"].is_number());
    if let Some(it) = revised {
        it["niveau"] = json!(1 + it["niveau"].as_u64().unwrap() % 4);
        by.does("answerQuestions", send(2, vec![it.clone()]), "{ position }")
            .await?;
    }
    Ok((colonne, all))
}

async fn everyone(house: &OpenHouse, amina: &Visitor) -> anyhow::Result<Sent> {
    let mut respondents = vec![];
    for (colonne, who) in columns() {
        for (it, role) in who {
            let name = format!("{colonne}/{}", it.0);
            respondents.push(house.visitor_named(&name, role)?);
        }
    }
    respondents.push(amina.clone());
    house.caught_up().await?;
    let all = respondents.into_iter().enumerate();
    try_join_all(all.map(|(n, by)| responds(n, by))).await
}

/// The cells of an answer, by row and column.
fn cells(results: &Value) -> BTreeMap<(String, String), Value> {
    let rows = results["resultatsEvaluation"]["lignes"].as_array().unwrap();
    rows.iter()
        .flat_map(|row| {
            let ligne = row["ligne"]["ligne"].as_str().unwrap().to_owned();
            let cells = row["cellules"].as_array().unwrap().iter();
            cells.map(move |it| {
                let colonne = it["colonne"].as_str().unwrap().to_owned();
                ((ligne.clone(), colonne), it.clone())
            })
        })
        .collect()
}

/// So many hundredths, to the nearest.
fn rate(part: usize, whole: usize) -> usize {
    (part * 100 + whole / 2) / whole
}

#[tokio::test]
async fn every_figure_is_what_the_answers_add_up_to() -> anyhow::Result<()> {
    let (house, amina) = opened().await?;
    let mut told = Told(0);
    asked(&mut told, &amina).await?;
    let sent = everyone(&house, &amina).await?;
    let closed = told
        .does(&amina, "closeCampagne", json!({ "campagne": 1 }))
        .await?;
    house.caught_up().await?;
    let variables = json!({ "id": evaluation(), "at": closed.to_string() });
    let results = amina.asks(RESULTATS, variables.clone()).await?;
    let shown = cells(&results);
    let size = |colonne: &str| sent.iter().filter(|it| it.0 == colonne).count();
    assert_eq!(
        ["STRUCTURES", "C2RA", "CNAR", "PRESTATAIRES", "AUTRES_PARTENAIRES", "AUTO_EVALUATION_DLA"]
            .map(size),
        [60, 1, 1, 2, 3, 1]
    );
    // The grid: 39 rows of which one is removed, and one added.
    let rows = results["resultatsEvaluation"]["lignes"].as_array().unwrap();
    assert_eq!(rows.len(), 39);
    assert!(shown.contains_key(&("G3-A1".to_owned(), "CNAR".to_owned())));
    assert!(!shown.keys().any(|it| it.0 == "G1-Q8"));
    let mut positions = BTreeSet::new();
    for ((ligne, colonne), cell) in &shown {
        let given: Vec<_> = sent
            .iter()
            .filter(|it| it.0 == *colonne)
            .flat_map(|it| it.1.iter().filter(|it| it["ligne"] == **ligne))
            .collect();
        let levels: Vec<_> = (1..=4)
            .map(|level| {
                let nombre = given.iter().filter(|it| it["niveau"] == level).count();
                json!({ "niveau": level, "nombre": nombre })
            })
            .collect();
        let wrote = |it: &&&Value| it["texte"].is_string() || it["prospective"].is_string();
        let at = cell["positions"].as_array().unwrap();
        let expected = json!({
            "colonne": colonne, "nature": cell["nature"], "invited": size(colonne),
            "reponses": given.len(), "taux": rate(given.len(), size(colonne)),
            "niveaux": levels, "textes": given.iter().filter(wrote).count(),
            "positions": cell["positions"] });
        assert_eq!(*cell, expected, "{ligne} {colonne}");
        assert_eq!(at.len(), given.len(), "{ligne} {colonne}");
        positions.extend(
            at.iter()
                .map(|it| it.as_str().unwrap().parse::<i64>().unwrap()),
        );
    }
    assert_eq!(positions.len(), sent.iter().map(|it| it.1.len()).sum::<usize>());
    for column in results["resultatsEvaluation"]["colonnes"]
        .as_array()
        .unwrap()
    {
        let colonne = column["colonne"].as_str().unwrap();
        let answered = sent
            .iter()
            .filter(|it| it.0 == colonne && !it.1.is_empty())
            .count();
        assert_eq!(column["invited"], size(colonne), "{colonne}");
        assert_eq!(column["answered"], answered, "{colonne}");
        assert_eq!(column["taux"], rate(answered, size(colonne)), "{colonne}");
    }
    compared(&amina, &sent).await?;
    as_known_before(&amina, &results).await?;
    outsiders_read_no_small_figure(&house, &shown).await?;
    needs_that_emerged(&house, &amina, &sent).await?;
    forgotten(&house, &amina, &mut told).await?;
    between_ingenieries(&house, &sent).await?;
    rebuilt(house).await
}

/// RM-11: one ingénierie, hence one part, over all columns.
async fn compared(amina: &Visitor, sent: &Sent) -> anyhow::Result<()> {
    const QUERY: &str = "query($d: DimensionComparaison!, $f: ComparaisonFilter) {
        comparaisonEvaluations(ligne: \"G6-Q3\", dimension: $d, filter: $f) {
            question { ligne } parts {
                cle code { code } ingenieries reponses moyenne niveaux { niveau nombre } positions } } }";
    let given: Vec<_> = sent
        .iter()
        .flat_map(|it| it.1.iter().filter(|it| it["ligne"] == "G6-Q3"))
        .collect();
    let levels: Vec<_> = given
        .iter()
        .filter_map(|it| it["niveau"].as_u64())
        .collect();
    let sum = usize::try_from(levels.iter().sum::<u64>())?;
    for (dimension, cle) in [
        ("THEME", Some("GESTION_FINANCIERE".to_owned())),
        ("INGENIERIE", Some(id("Ingenierie", INGENIERIE.0))),
        ("DEPARTEMENT", Some("departement:84".to_owned())),
        ("COUT_PAR_STRUCTURE", None),
    ] {
        let found = amina.asks(QUERY, json!({ "d": dimension })).await?;
        let parts = &found["comparaisonEvaluations"]["parts"];
        assert_eq!(parts.as_array().map(Vec::len), Some(1), "{dimension}: {found:#}");
        assert_eq!(parts[0]["cle"], json!(cle), "{dimension}");
        assert_eq!(parts[0]["ingenieries"], 1);
        assert_eq!(parts[0]["reponses"], given.len());
        assert_eq!(parts[0]["moyenne"], rate(sum, levels.len()));
        assert_eq!(parts[0]["positions"].as_array().map(Vec::len), Some(given.len()));
        for it in parts[0]["niveaux"].as_array().unwrap() {
            let many = levels
                .iter()
                .filter(|level| it["niveau"] == **level)
                .count();
            assert_eq!(it["nombre"], many);
        }
    }
    let elsewhere = json!({ "d": "THEME", "f": { "secteur": "TOURISME" } });
    let none = amina.asks(QUERY, elsewhere).await?;
    assert_eq!(none["comparaisonEvaluations"]["parts"], json!([]));
    Ok(())
}

/// RM-11: beside the mission of one structure, of another région, at another cost.
async fn between_ingenieries(house: &OpenHouse, sent: &Sent) -> anyhow::Result<()> {
    const QUERY: &str = "query($d: DimensionComparaison!) {
        comparaisonEvaluations(ligne: \"G6-Q3\", dimension: $d) { parts { cle ingenieries reponses } } }";
    let played = cases::play(&house.house, &house.contents, "landes").await?;
    let dlas = played.dlas.into_iter().chain([DLA]).collect();
    let both = house.visitor_named("both", Role::ChargeDeMission { dlas })?;
    let answers = sent.iter().flat_map(|it| &it.1);
    let many = answers.filter(|it| it["ligne"] == "G6-Q3").count();
    for (dimension, here, there) in [
        ("COUT_PAR_STRUCTURE", json!(null), json!("200000")),
        ("REGION", json!("region:93"), json!("region:75")),
        ("THEME", json!("GESTION_FINANCIERE"), json!("PROJET_STRUCTURE")),
    ] {
        let found = both.asks(QUERY, json!({ "d": dimension })).await?;
        let parts = json!([
            { "cle": here, "ingenieries": 1, "reponses": many },
            { "cle": there, "ingenieries": 1, "reponses": 1 },
        ]);
        assert_eq!(found["comparaisonEvaluations"]["parts"], parts, "{dimension}");
    }
    Ok(())
}

/// RM-12: what respondents wrote of needs, for the DLAs of the ingénierie and nobody else.
async fn needs_that_emerged(house: &OpenHouse, amina: &Visitor, sent: &Sent) -> anyhow::Result<()> {
    const QUERY: &str = "query($f: BesoinFilter) { besoins(filter: $f) { exprimes(first: 100) {
        totalCount nodes { ingenierie { id } reponse { ligne texte } } } } }";
    let answers = sent.iter().flat_map(|it| &it.1);
    let of_needs = ["G6-Q1", "G6-Q2", "G7-Q1", "G7-Q2"].map(|it| json!(it));
    let answers = answers.filter(|it| of_needs.contains(&it["ligne"]) && it["texte"].is_string());
    let written: BTreeSet<_> = answers
        .map(|it| (it["ligne"].to_string(), it["texte"].to_string()))
        .collect();
    assert!(written.len() > 10, "{written:?}");
    let asks = async |by: &Visitor, filter: Value| {
        let mut data = by.asks(QUERY, json!({ "f": filter })).await?;
        Ok::<_, anyhow::Error>(data["besoins"]["exprimes"].take())
    };
    for filter in [json!({}), json!({ "territoire": { "niveau": "REGION", "code": "93" } })] {
        let found = asks(amina, filter).await?;
        assert_eq!(found["totalCount"], written.len());
        for it in found["nodes"].as_array().unwrap() {
            assert_eq!(it["ingenierie"]["id"], id("Ingenierie", INGENIERIE.0));
            let told = &it["reponse"];
            assert!(written.contains(&(told["ligne"].to_string(), told["texte"].to_string())));
        }
    }
    let nothing = json!({ "totalCount": 0, "nodes": [] });
    assert_eq!(asks(amina, json!({ "secteur": "TOURISME" })).await?, nothing);
    let financeur = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    assert_eq!(asks(&financeur, json!({})).await?, nothing);
    Ok(())
}

/// As of the first answer, there is one answer.
async fn as_known_before(amina: &Visitor, results: &Value) -> anyhow::Result<()> {
    let first = cells(results)
        .values()
        .flat_map(|it| it["positions"].as_array().unwrap().clone())
        .map(|it| it.as_str().unwrap().parse::<i64>().unwrap())
        .min()
        .unwrap();
    let variables = json!({ "id": evaluation(), "asOf": { "position": first.to_string() } });
    let then = amina.asks(RESULTATS, variables).await?;
    let counted: u64 = cells(&then)
        .values()
        .filter_map(|it| it["reponses"].as_u64())
        .sum();
    assert!(counted >= 1, "{counted}");
    let now: u64 = cells(results)
        .values()
        .filter_map(|it| it["reponses"].as_u64())
        .sum();
    assert!(counted < now, "{counted} then, {now} now");
    Ok(())
}

/// One who sees the dossier, and to whom nobody confides.
async fn reads_large_figures_alone(
    outsider: &Visitor,
    shown: &BTreeMap<(String, String), Value>,
) -> anyhow::Result<()> {
    let results = outsider
        .asks(RESULTATS, json!({ "id": evaluation() }))
        .await?;
    let (mut hidden, mut read) = (0, 0);
    for (key, cell) in cells(&results) {
        let whole = &shown[&key];
        if whole["reponses"].as_u64() >= Some(5) {
            read += 1;
            assert_eq!(cell["reponses"], whole["reponses"], "{key:?}");
            let levels = whole["niveaux"].as_array().unwrap();
            let given: u64 = levels.iter().filter_map(|it| it["nombre"].as_u64()).sum();
            let expected =
                if given == 0 || given >= 5 { whole["niveaux"].clone() } else { Value::Null };
            assert_eq!(cell["niveaux"], expected, "{key:?}");
        } else {
            hidden += 1;
            for figure in ["reponses", "taux", "niveaux", "textes"] {
                assert_eq!(cell[figure], Value::Null, "{key:?} {figure}");
            }
            assert_eq!(cell["positions"], json!([]), "{key:?}");
        }
    }
    assert!(read >= 15 && hidden >= 45, "{read} read, {hidden} hidden");
    for column in results["resultatsEvaluation"]["colonnes"]
        .as_array()
        .unwrap()
    {
        let large = column["colonne"] == "STRUCTURES";
        assert_eq!(column["answered"].is_null(), !large, "{column}");
    }
    let one_by_one = "query($id: ID!) { resultatsEvaluation(evaluation: $id) {
        reponses(first: 100) { nodes { ligne texte } }
        campagne { invitations { colonne } } } }";
    let none = outsider
        .asks(one_by_one, json!({ "id": evaluation() }))
        .await?;
    let none = &none["resultatsEvaluation"];
    assert_eq!(none["reponses"]["nodes"], json!([]));
    assert_eq!(none["campagne"]["invitations"], json!([]));
    Ok(())
}

/// Others learn that there is an evaluation, and not whom the DLA asked.
#[tokio::test]
async fn who_was_asked_is_told_to_the_dlas_of_the_dossier() -> anyhow::Result<()> {
    let (house, amina) = opened().await?;
    asked(&mut Told(0), &amina).await?;
    let drawn = |n: u128| Uuid::from_u128(0x9a_0000 + n);
    let plan = json!({ "commandId": drawn(1), "ingenierie": id("Ingenierie", INGENIERIE.0) });
    amina
        .does("openPlanFinancement", plan, "{ position }")
        .await?;
    for (n, source, contributeur) in [
        (2, "DLA", json!({ "dla": id("Dla", OTHER_DLA.0) })),
        (3, "ETAT", json!({ "organisation": id("Organisation", FINANCEUR.0) })),
    ] {
        let sought = json!({ "commandId": drawn(n), "plan": id("PlanFinancement", drawn(1)),
            "source": source, "contributeur": contributeur, "montant": "100000" });
        amina.does("addRessource", sought, "{ position }").await?;
    }
    house.caught_up().await?;
    let facts = "{ asked: historique(first: 1, filter: { types: [\"RespondentInvited\"] }) {
            totalCount }
        planned: historique(first: 1, filter: { types: [\"EvaluationPlanned\"] }) {
            totalCount } }";
    let structure = Role::StructureBeneficiaire { structure: structures()[0] };
    for (role, told) in [
        (Role::ChargeDeMission { dlas: [DLA].into() }, true),
        // It pays for a part, and no more.
        (Role::ChargeDeMission { dlas: [OTHER_DLA].into() }, false),
        (Role::Financeur { financeur: FINANCEUR }, false),
        (structure, false),
        (Role::Integration { dlas: [DLA].into() }, false),
    ] {
        let by = house.visitor_named(role.name().as_str(), role.clone())?;
        let found = by.asks(facts, json!({})).await?;
        assert_eq!(found["planned"]["totalCount"], 1, "{role:?}: {found}");
        assert_eq!(found["asked"]["totalCount"] != 0, told, "{role:?}: {found}");
    }
    Ok(())
}

/// Those who see the dossier read what five respondents make, and nothing that tells one.
async fn outsiders_read_no_small_figure(
    house: &OpenHouse,
    shown: &BTreeMap<(String, String), Value>,
) -> anyhow::Result<()> {
    let structure = Role::StructureBeneficiaire { structure: structures()[0] };
    let outsider = house.visitor_named("outsider", structure)?;
    let portal = house.visitor_named("portal", Role::Integration { dlas: [DLA].into() })?;
    for outsider in [&outsider, &portal] {
        reads_large_figures_alone(outsider, shown).await?;
    }
    // The history tells them no more.
    let facts = "{ historique(first: 100, filter: { categories: [REPONSE_EVALUATION] }) {
        nodes { type data } } }";
    let facts = outsider.asks(facts, json!({})).await?;
    let nodes = facts["historique"]["nodes"].as_array().unwrap();
    assert!(!nodes.is_empty());
    for it in nodes {
        let said = it["data"].to_string();
        assert!(said.contains(&structures()[0].0.to_string()), "{said}");
    }
    // A partner knows what it is asked, and nothing of the dossier.
    let partner = house.visitor_named("cnar", Role::Partenaire { partenaire: CNAR })?;
    let known = partner
        .asks(
            "query($e: ID!, $i: ID!) { resultatsEvaluation(evaluation: $e) { asOf { position } }
                evaluation(id: $e) { objet } ingenierie(id: $i) { intitule }
                evaluations(first: 5) { totalCount } historique(first: 5, filter: {
                    categories: [EVALUATION, REPONSE_EVALUATION, INGENIERIE_COLLECTIVE] }) {
                    totalCount } }",
            json!({ "e": evaluation(), "i": id("Ingenierie", INGENIERIE.0) }),
        )
        .await?;
    assert_eq!(
        known,
        json!({ "resultatsEvaluation": null, "evaluation": null, "ingenierie": null,
                "evaluations": { "totalCount": 0 }, "historique": { "totalCount": 0 } })
    );
    Ok(())
}

/// What a respondent wrote is destroyed, and their levels stay.
async fn forgotten(house: &OpenHouse, amina: &Visitor, told: &mut Told) -> anyhow::Result<()> {
    const QUERY: &str = "query($id: ID!) { resultatsEvaluation(evaluation: $id) {
        reponses(first: 100, colonne: CNAR) { nodes { ligne niveau texte prospective } } } }";
    let read = async || -> anyhow::Result<Vec<Value>> {
        let found = amina.asks(QUERY, json!({ "id": evaluation() })).await?;
        let nodes = &found["resultatsEvaluation"]["reponses"]["nodes"];
        Ok(nodes.as_array().unwrap().clone())
    };
    let before = read().await?;
    assert!(
        before
            .iter()
            .any(|it| it["texte"].as_str().is_some_and(|it| it.contains("CNAR")))
    );
    let erase = json!({ "campagne": 1, "repondant": id("Organisation", CNAR.0) });
    let no = told.refused(amina, "eraseReponses", erase.clone()).await?;
    assert_eq!(no[0], "FORBIDDEN");
    let role = Role::ResponsablePorteuse { dlas: [DLA].into() };
    let responsable = house.visitor_named("responsable", role)?;
    told.does(&responsable, "eraseReponses", erase).await?;
    house.caught_up().await?;
    let after = read().await?;
    assert!(
        after
            .iter()
            .all(|it| it["texte"].is_null() && it["prospective"].is_null())
    );
    let levels = |all: &[Value]| {
        all.iter()
            .map(|it| it["niveau"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(levels(&before), levels(&after));
    Ok(())
}

/// The rows are the same built anew.
async fn rebuilt(house: OpenHouse) -> anyhow::Result<()> {
    let questions = Questions::on(house.into_database().await?).await?;
    for model in [&projections::reponses::MODEL, &projections::evaluations::MODEL] {
        let dump = questions.dump_however_built(model).await?;
        assert!(!dump.contains("Roux") && !dump.contains("dit "), "{}", model.name);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_asked_is_not_answered() -> anyhow::Result<()> {
    let (house, amina) = opened().await?;
    let mut told = Told(0);
    asked(&mut told, &amina).await?;
    let own = structures()[0];
    let by = house.visitor_named("own", Role::StructureBeneficiaire { structure: own })?;
    let with = |reponse: Value| json!({ "campagne": 1, "edition": 2, "reponses": [reponse] });
    let fine = json!({ "ligne": "G1-Q1", "niveau": 3 });
    for (reponse, code) in [
        (json!({ "ligne": "G2-Q1", "niveau": 3 }), "COLONNE_NOT_TICKED"),
        (json!({ "ligne": "G1-Q1", "prospective": "Demain." }), "REPONSE_NATURE_WRONG"),
        (json!({ "ligne": "G3-A1", "texte": "Oui." }), "REPONSE_NATURE_WRONG"),
        (json!({ "ligne": "G1-Q1", "niveau": 5 }), "NIVEAU_OUT_OF_RANGE"),
        (json!({ "ligne": "G1-Q8", "niveau": 1 }), "QUESTION_UNKNOWN"),
    ] {
        let no = told.refused(&by, "answerQuestions", with(reponse)).await?;
        assert_eq!(no, json!([code, "reponses"]));
    }
    let old = json!({ "campagne": 1, "edition": 1, "reponses": [fine] });
    let no = told.refused(&by, "answerQuestions", old).await?;
    assert_eq!(no, json!(["GRILLE_OTHER", "edition"]));
    let mut other = with(fine.clone());
    other["repondant"] = json!(id("Organisation", CNAR.0));
    let no = told.refused(&by, "answerQuestions", other).await?;
    assert_eq!(no, json!(["REPONDANT_OTHER", "repondant"]));
    let uninvited = Role::StructureBeneficiaire { structure: org(51) };
    let uninvited = house.visitor_named("uninvited", uninvited)?;
    let no = told
        .refused(&uninvited, "answerQuestions", with(fine.clone()))
        .await?;
    assert_eq!(no, json!(["REPONDANT_NOT_INVITED", "repondant"]));
    let stranger = house.visitor_named("s", Role::Partenaire { partenaire: org(777) })?;
    let no = told
        .refused(&stranger, "answerQuestions", with(fine.clone()))
        .await?;
    assert_eq!(no[0], "NOT_FOUND");
    let frozen = json!({ "colonnes": [{ "ligne": "G3-Q3", "colonnes": [{ "colonne": "C2RA" }] }] });
    let no = told.refused(&amina, "adaptGrille", frozen).await?;
    assert_eq!(no, json!(["GRILLE_FROZEN", "evaluation"]));
    // Nothing of all that was written.
    let nothing = by.asks(INVITATION, json!({})).await?;
    assert_eq!(nothing["invitationsEvaluation"][0]["reponses"], json!([]));
    told.does(&amina, "closeCampagne", json!({ "campagne": 1 }))
        .await?;
    let no = told.refused(&by, "answerQuestions", with(fine)).await?;
    assert_eq!(no, json!(["REPONSE_AFTER_CLOSING", "campagne"]));
    house.close().await
}

#[tokio::test]
async fn an_answer_that_crosses_the_closing_does_not_slip_in() -> anyhow::Result<()> {
    let (house, amina) = opened().await?;
    let mut told = Told(0);
    asked(&mut told, &amina).await?;
    let answering = structures()
        .into_iter()
        .take(30)
        .enumerate()
        .map(|(n, it)| {
            let by = house
                .visitor_named(&format!("s{n}"), Role::StructureBeneficiaire { structure: it });
            async move {
                let input = json!({ "commandId": Uuid::from_u128(0xcc_0000 + n as u128),
                "evaluation": evaluation(), "campagne": 1, "edition": 2,
                "reponses": [{ "ligne": "G1-Q1", "niveau": 2 }] });
                let mutation = "mutation($input: AnswerQuestionsInput!) {
                answerQuestions(input: $input) { position } }";
                by?.posts(mutation, json!({ "input": input })).await
            }
        });
    let closing = told.does(&amina, "closeCampagne", json!({ "campagne": 1 }));
    let (answered, closed) = tokio::join!(join_all(answering), closing);
    let closed = closed?;
    let mut taken = 0;
    for answer in answered {
        let answer = answer?;
        match answer["data"]["answerQuestions"]["position"].as_str() {
            Some(at) => {
                assert!(at.parse::<i64>()? < closed, "{answer}");
                taken += 1;
            }
            None => assert_eq!(answer["errors"][0]["extensions"]["code"], "REPONSE_AFTER_CLOSING"),
        }
    }
    house.caught_up().await?;
    let variables = json!({ "id": evaluation(), "at": closed.to_string() });
    let results = amina.asks(RESULTATS, variables).await?;
    let cell = &cells(&results)[&("G1-Q1".to_owned(), "STRUCTURES".to_owned())];
    assert_eq!(cell["reponses"], taken);
    house.close().await
}
