//! The real cases, as a chargée de mission reads them: the figures of the source.

use anyhow::Context as _;
use api::cases;
use domain::{DlaId, Role};
use house::{OpenHouse, Visitor, visitors::Answer};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const FICHE: &str = "query Fiche($at: Position) {
    ingenieries(first: 1, atLeastPosition: $at) {
        totalCount
        nodes {
            id etat typeIngenierie sujets jours structuresMobilisees
            territoire { niveau code }
            secteurs { code }
            dlas { intitule }
            typesPrestation { code }
            problematique { enonce sources { source { code } } reformulations { former } }
            subsidiarites { contenu financement }
            validations { on }
            avis { sens }
            structures { etat }
            groupes { territoire { code } structures { id } }
            modules { nature jours duree territoires { code } }
            systemeIntervenant { qualite nombre }
            consultations { etat montant candidats { reponse } }
            intervention { closedOn seances { etat convoques presents } }
            planFinancement {
                confirmed
                totals { depenses granted paid valorisation balanced }
                ressources {
                    source { code }
                    granted
                    contributeur {
                        ... on Dla { intitule }
                        ... on Organisation { denomination }
                    }
                }
            }
            evaluations { appreciations { registre } synthese { on } }
            capitalisations {
                elements { genre published }
                consentements { structure { denomination } }
            }
        }
    }
}";

/// Rules that were set aside in a dossier, with their justifications.
const WAIVED: &str = "query Waived($id: ID!) {
    ingenierie(id: $id) {
        historique(first: 10, filter: { types: [\"RuleWaived\"] }) {
            nodes { data sealed { pointer value } }
        }
    }
}";

/// One case, alone in a house.
struct Case {
    house: OpenHouse,
    chargee: Visitor,
    fiche: Value,
}

/// What a case costs, and what follows, as the source counts it.
#[derive(Debug, PartialEq)]
struct Cost {
    total: &'static str,
    structures: i64,
    per_structure: &'static str,
    days: i64,
    per_day: &'static str,
}

impl Case {
    /// Plays a case, then again, which changes nothing, and asks for its dossier.
    async fn played(name: &str) -> anyhow::Result<Self> {
        let house = OpenHouse::open().await?;
        let dlas = cases::play(&house.house, &house.contents, name).await?.dlas;
        let head = house.house.log.newest().await?.0;
        cases::play(&house.house, &house.contents, name).await?;
        assert_eq!(house.house.log.newest().await?.0, head, "{name}, played twice");

        let chargee = house.visitor(Role::ChargeDeMission { dlas })?;
        let at = json!({ "at": head.0.to_string() });
        let mut found = chargee.asks(FICHE, at).await?["ingenieries"].take();
        assert_eq!(found["totalCount"], 1, "{found:#}");
        let case = Self { house, chargee, fiche: found["nodes"][0].take() };
        case.was_carried_through();
        Ok(case)
    }

    /// What every case came to: its plan paid, its structures in one groupe each, its
    /// evaluation done, something of it published.
    fn was_carried_through(&self) {
        let Self { fiche, .. } = self;
        assert_eq!(fiche["etat"], "FINALISEE");
        let plan = &fiche["planFinancement"];
        assert_eq!((&plan["confirmed"], &plan["totals"]["balanced"]), (&json!(true), &json!(true)));
        assert_eq!(plan["totals"]["granted"], plan["totals"]["depenses"]);
        assert_eq!(plan["totals"]["paid"], plan["totals"]["depenses"]);
        assert_eq!(fiche["consultations"][0]["etat"], "CLOSE");
        assert_eq!(fiche["consultations"][0]["montant"], plan["totals"]["depenses"]);

        let dlas = all(fiche, "dlas").len();
        assert_eq!(all(fiche, "validations").len(), dlas, "each DLA validates");
        assert_eq!(all(fiche, "avis").len(), dlas, "each comité d'appui is heard");
        assert!(
            all(fiche, "avis")
                .iter()
                .all(|it| it["sens"] == "FAVORABLE")
        );

        let structures = all(fiche, "structures");
        assert!(structures.iter().all(|it| it["etat"] == "MOBILISEE"), "{structures:#?}");
        assert_eq!(json!(structures.len()), fiche["structuresMobilisees"]);
        let seats: usize = self.groupes().into_iter().map(|(_, seats)| seats).sum();
        assert_eq!(seats, structures.len());

        assert!(fiche["intervention"]["closedOn"].is_string());
        for seance in all(&fiche["intervention"], "seances") {
            assert_eq!(
                (&seance["etat"], &seance["presents"]),
                (&json!("TENUE"), &seance["convoques"])
            );
        }

        let evaluation = &fiche["evaluations"][0];
        assert_eq!(all(evaluation, "appreciations").len(), 4);
        assert!(evaluation["synthese"]["on"].is_string());
        let elements = all(&fiche["capitalisations"][0], "elements");
        assert!(elements.iter().all(|it| it["published"] == true), "{elements:#?}");
    }

    fn costs(&self, expected: &Cost) {
        let Cost { total, structures, per_structure, days, per_day } = *expected;
        let cents: i64 = text(&self.fiche["planFinancement"]["totals"]["depenses"])
            .parse()
            .expect("cents");
        let euros = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        assert_eq!(euros(cents), total);
        assert_eq!(self.fiche["structuresMobilisees"], structures);
        assert_eq!(euros(cents / structures), per_structure);
        assert_eq!(self.fiche["jours"], days.to_string());
        assert_eq!(euros(cents / days), per_day);
    }

    /// Who pays, from where, and how many cents.
    fn payers(&self) -> Vec<[&str; 3]> {
        all(&self.fiche["planFinancement"], "ressources")
            .iter()
            .map(|it| {
                let who = &it["contributeur"];
                let name = who["intitule"].as_str().or(who["denomination"].as_str());
                [text(&it["source"]["code"]), name.unwrap_or_default(), text(&it["granted"])]
            })
            .collect()
    }

    fn codes(&self, of: &str) -> Vec<&str> {
        let codes = all(&self.fiche, of).iter();
        codes.map(|it| text(&it["code"])).collect()
    }

    fn sujets(&self) -> Vec<&str> {
        all(&self.fiche, "sujets").iter().map(text).collect()
    }

    /// Where the need was heard of.
    fn sources(&self) -> Vec<&str> {
        let sources = all(&self.fiche["problematique"], "sources").iter();
        sources.map(|it| text(&it["source"]["code"])).collect()
    }

    /// What each module is, its days and where it is given.
    fn modules(&self) -> Vec<(&str, &str, Vec<&str>)> {
        all(&self.fiche, "modules")
            .iter()
            .map(|it| {
                let places = all(it, "territoires").iter();
                let places = places.map(|it| text(&it["code"])).collect();
                (text(&it["nature"]), text(&it["jours"]), places)
            })
            .collect()
    }

    /// How many came to each séance.
    fn presents(&self) -> Vec<i64> {
        all(&self.fiche["intervention"], "seances")
            .iter()
            .map(|it| it["presents"].as_i64().unwrap_or_default())
            .collect()
    }

    /// Where each groupe meets, if it is said, and how many structures sit there.
    fn groupes(&self) -> Vec<(Option<&str>, usize)> {
        all(&self.fiche, "groupes")
            .iter()
            .map(|it| (it["territoire"]["code"].as_str(), all(it, "structures").len()))
            .collect()
    }

    /// How many people of each quality intervene.
    fn intervenants(&self) -> Vec<(&str, i64)> {
        all(&self.fiche, "systemeIntervenant")
            .iter()
            .map(|it| (text(&it["qualite"]), it["nombre"].as_i64().unwrap_or_default()))
            .collect()
    }

    /// The rules that were set aside, with their justifications.
    async fn waived(&self) -> anyhow::Result<Vec<(String, String)>> {
        let asked = json!({ "id": self.fiche["id"] });
        let answer = self.chargee.asks(WAIVED, asked).await?;
        let waived = all(&answer["ingenierie"]["historique"], "nodes").iter();
        Ok(waived
            .map(|it| {
                let because = text(&it["sealed"][0]["value"]);
                (text(&it["data"]["rule"]).to_owned(), because.to_owned())
            })
            .collect())
    }
}

fn all<'a>(of: &'a Value, field: &str) -> &'a [Value] {
    of[field].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[tokio::test]
async fn fe1_1_thirty_associations_are_told_about_banks() -> anyhow::Result<()> {
    let case = Case::played("fe1-1").await?;
    case.costs(&Cost {
        total: "2500.00",
        structures: 30,
        per_structure: "83.33",
        days: 3,
        per_day: "833.33",
    });
    assert_eq!(case.payers(), [["DLA", "DLA de Vaucluse", "250000"]]);
    assert_eq!(case.fiche["typeIngenierie"], "T1");
    assert_eq!(case.codes("secteurs"), ["TOUS_SECTEURS"]);
    assert_eq!(case.codes("typesPrestation"), ["GESTION_FINANCIERE"]);
    assert_eq!(
        case.sujets(),
        [
            "Les organismes bancaires",
            "Le rôle d'une banque dans un projet",
            "Les services et les produits",
            "Les attentes et les besoins des banques",
        ]
    );
    assert_eq!(case.sources(), ["DIAGNOSTIC", "DIAGNOSTIC", "RESEAU"]);
    // Three identical days, on three territories.
    let places = vec!["84007", "84031", "84003"];
    assert_eq!(case.modules(), [("INFORMATION", "1", places.clone())]);
    let groupes: Vec<_> = places.into_iter().map(|it| (Some(it), 10)).collect();
    assert_eq!(case.groupes(), groupes);
    // A bank and a guarantee fund intervene beside the prestataire.
    let nombres: Vec<_> = case.intervenants().into_iter().map(|(_, it)| it).collect();
    assert_eq!(nombres, [1, 1, 1]);
    assert_eq!(case.intervenants()[1].0, "Banque");
    // Two prestataires were consulted in place of three, and it is said why.
    assert_eq!(all(&case.fiche["consultations"][0], "candidats").len(), 2);
    let waived = case.waived().await?;
    assert_eq!(waived[0].0, "CONSULTED_MIN", "{waived:?}");
    assert!(waived[0].1.starts_with("Deux cabinets seulement"), "{waived:?}");
    // Each association came to the day of its own territory.
    assert_eq!(case.presents(), [10, 10, 10]);
    case.house.close().await
}

#[tokio::test]
async fn fe1_3_two_dlas_train_the_employers_of_sport() -> anyhow::Result<()> {
    let case = Case::played("fe1-3").await?;
    case.costs(&Cost {
        total: "9000.00",
        structures: 22,
        per_structure: "409.09",
        days: 10,
        per_day: "900.00",
    });
    assert_eq!(
        case.payers(),
        [["DLA", "DLA de Corse-du-Sud", "450000"], ["AUTRE_DLA", "DLA de Haute-Corse", "450000"]]
    );
    assert_eq!(all(&case.fiche, "dlas").len(), 2);
    assert_eq!(case.fiche["typeIngenierie"], "T1");
    assert_eq!(case.codes("secteurs"), ["SPORT"]);
    assert_eq!(case.codes("typesPrestation"), ["MANAGEMENT_GRH"]);
    let sujets = case.sujets();
    assert_eq!(sujets.len(), 8);
    assert_eq!((sujets[0], sujets[3]), ("Les métiers du sport", "Les conflits"));
    assert_eq!(case.sources(), ["ENQUETE", "DIAGNOSTIC"]);
    assert_eq!(case.fiche["subsidiarites"], json!([{ "contenu": true, "financement": true }]));
    // Two identical modules of five days over five months.
    assert_eq!(case.modules(), [("FORMATION", "5", vec!["2A", "2B"])]);
    assert_eq!(case.fiche["modules"][0]["duree"], "Cinq mois");
    assert_eq!(case.groupes(), [(Some("2A"), 11), (Some("2B"), 11)]);
    let temoins = case.intervenants()[1];
    assert_eq!(temoins, ("Directeur des ressources humaines, témoin", 3));
    assert_eq!(case.waived().await?, []);
    // Five days in each of the two departments.
    assert_eq!(case.presents(), [11; 10]);
    case.house.close().await
}

#[tokio::test]
async fn fe2_1_a_region_accompanies_sixty_tourist_offices() -> anyhow::Result<()> {
    let case = Case::played("fe2-1").await?;
    case.costs(&Cost {
        total: "15000.00",
        structures: 60,
        per_structure: "250.00",
        days: 16,
        per_day: "937.50",
    });
    let mut payers = vec![["C2RA", "C2RA des Pays de la Loire", "250000"]];
    payers.extend(
        ["DLA 44", "DLA 49", "DLA 53", "DLA 72", "DLA 85"].map(|it| ["AUTRE_DLA", it, "250000"]),
    );
    assert_eq!(case.payers(), payers);
    assert_eq!(case.fiche["typeIngenierie"], "T2_LES_DEUX");
    assert_eq!(case.codes("secteurs"), ["TOURISME"]);
    assert_eq!(case.codes("typesPrestation"), ["MANAGEMENT_GRH", "PROJET_STRUCTURE"]);
    assert_eq!(case.sujets(), [""; 0]);
    assert_eq!(case.sources(), ["EXPRESSION_COLLECTIVE", "RESEAU"]);
    // A regional day opens the registration to five modules, one a département.
    let departements = vec!["44", "49", "53", "72", "85"];
    assert_eq!(
        case.modules(),
        [("INFORMATION", "1", vec!["52"]), ("ACCOMPAGNEMENT", "3", departements.clone())]
    );
    let groupes: Vec<_> = departements.into_iter().map(|it| (Some(it), 12)).collect();
    assert_eq!(case.groupes(), groupes);
    // The prestataire, then a union and a comité for each département.
    assert_eq!(case.intervenants().len(), 11);
    assert_eq!(case.waived().await?, []);
    // The regional day, then three days in each of five departments.
    let mut presents = vec![60];
    presents.extend([12; 15]);
    assert_eq!(case.presents(), presents);
    case.house.close().await
}

#[tokio::test]
async fn fe2_3_three_associations_reword_their_problem() -> anyhow::Result<()> {
    let case = Case::played("fe2-3").await?;
    case.costs(&Cost {
        total: "5400.00",
        structures: 3,
        per_structure: "1800.00",
        days: 4,
        per_day: "1350.00",
    });
    assert_eq!(case.payers(), [["DLA", "DLA du Jura", "540000"]]);
    assert_eq!(case.fiche["typeIngenierie"], "T2_COLLECTIVE");
    assert_eq!(case.codes("secteurs"), ["SOCIAL"]);
    assert_eq!(case.codes("typesPrestation"), ["MUTUALISATION"]);
    assert_eq!(
        case.sujets(),
        [
            "Identification : caractéristiques des structures, besoins communs",
            "Projet : moyens, représentation, communication, mise en commun d'outils",
        ]
    );
    assert_eq!(
        case.sources(),
        ["DIAGNOSTIC", "EXPRESSION_COLLECTIVE", "SOLLICITATION_POUVOIRS_PUBLICS"]
    );
    let problematique = &case.fiche["problematique"];
    assert!(text(&problematique["enonce"]).contains("mutualiser"), "{problematique:#}");
    let former = text(&problematique["reformulations"][0]["former"]);
    assert!(former.contains("ressources humaines"), "{problematique:#}");
    assert_eq!(case.modules(), [("ACCOMPAGNEMENT", "4", vec!["39"])]);
    assert_eq!(case.groupes(), [(None, 3)]);
    // Awarded without competition, and it is said why.
    let waived = case.waived().await?;
    assert_eq!(waived[0].0, "COMPETITION", "{waived:?}");
    assert!(waived[0].1.starts_with("Ce cabinet vient d'accompagner"), "{waived:?}");
    assert_eq!(case.presents(), [3; 4]);
    case.house.close().await
}

#[tokio::test]
async fn acm_seven_holiday_centres_hand_on_what_they_learnt() -> anyhow::Result<()> {
    let case = Case::played("acm").await?;
    assert_eq!(case.fiche["structuresMobilisees"], 7);
    assert_eq!(case.fiche["territoire"], json!({ "niveau": "DEPARTEMENT", "code": "47" }));
    assert_eq!(case.sources(), ["EVOLUTION_JURIDIQUE", "ENQUETE"]);
    assert_eq!(case.sujets().len(), 5);
    assert_eq!(case.sujets()[0], "L'échange de pratiques");
    // Half each, to the cent; time is valued apart.
    let caf = "Caisse d'allocations familiales (démonstration)";
    assert_eq!(case.payers(), [["DLA", "DLA de Lot-et-Garonne", "280000"], ["CAF", caf, "280000"]]);
    assert_eq!(case.fiche["planFinancement"]["totals"]["valorisation"], "90000");
    // Booklets, dashboards, a testimony with consent, and how to hand on.
    let capitalisation = &case.fiche["capitalisations"][0];
    let mut genres: Vec<_> = all(capitalisation, "elements")
        .iter()
        .map(|it| text(&it["genre"]))
        .collect();
    genres.sort_unstable();
    assert_eq!(genres, ["LIVRET", "METHODE", "OUTIL", "TEMOIGNAGE"]);
    assert_eq!(
        capitalisation["consentements"][0]["structure"]["denomination"],
        "Accueil collectif de mineurs n° 1 (démonstration)"
    );
    assert_eq!(case.waived().await?, []);
    // Four together, then half a day in each.
    assert_eq!(case.presents(), [7, 7, 7, 7, 1, 1, 1, 1, 1, 1, 1]);
    case.house.close().await
}

/// What a DLA hands over at the end: everything on one page, under the rights of its reader.
#[tokio::test]
async fn the_fiche_of_a_case_is_read_whole_and_printed() -> anyhow::Result<()> {
    let case = Case::played("fe1-1").await?;
    let address = |format: &str| format!("/ingenieries/{}/fiche.{format}", text(&case.fiche["id"]));

    let fiche = reads(&case.chargee, &address("json")).await?;
    assert_eq!(fiche.status, StatusCode::OK, "{fiche:?}");
    let fiche = fiche.json()?;
    for same in ["etat", "jours", "structuresMobilisees", "sujets", "typeIngenierie"] {
        assert_eq!(fiche[same], case.fiche[same], "{same}");
    }
    assert_eq!(all(&fiche, "structures").len(), 30);
    assert_eq!(all(&fiche["intervention"], "seances").len(), 3);

    let page = reads(&case.chargee, &address("html")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let page = String::from_utf8(page.body.to_vec())?;
    for written in [
        "<html lang=\"fr\">",
        "Le secteur bancaire : ses produits et la négociation",
        "30 structures ciblées, 30 mobilisées.",
        "Dépenses 2\u{202f}500,00\u{a0}€",
        "3\u{a0}jours d'intervention.",
        "7 avril 2005",
        "Les attentes et les besoins des banques",
        "Deux cabinets seulement",
    ] {
        assert!(page.contains(written), "{written}: {page}");
    }
    let (_, body) = page.split_once("</style>").context("a head")?;
    assert!(!body.contains("undefined") && !body.contains("none"), "{body}");

    let elsewhere = Role::ChargeDeMission { dlas: [DlaId(Uuid::from_u128(999))].into() };
    for (visitor, status) in [(case.house.visitor(elsewhere)?, 404), (case.house.stranger(), 401)] {
        for format in ["json", "html"] {
            let refused = reads(&visitor, &address(format)).await?;
            assert_eq!(refused.status.as_u16(), status, "{refused:?}");
        }
    }
    let misspelt = reads(&case.chargee, "/ingenieries/nobody/fiche.json").await?;
    assert_eq!(misspelt.status, StatusCode::NOT_FOUND, "{misspelt:?}");
    case.house.close().await
}

async fn reads(visitor: &Visitor, path: &str) -> anyhow::Result<Answer> {
    visitor.sends(Method::GET, path, &[], "").await
}

const LANDES: &str = "query Landes($at: Position) {
    ingenieriesIndividuelles(first: 2, atLeastPosition: $at) { nodes {
        id etat intitule structure { denomination } avis { sens reserves }
        planFinancement { totals { depenses granted paid } settledOn }
        intervention { closedOn seances { etat convoques presents } }
        evaluations { resultats { appreciation } }
        documents(first: 9) { nodes { adresse nature { code } courante { taille empreinte } } }
    } }
    ingenieries(first: 2) { nodes { etat intitule structures { etat } avis { sens } } }
    seancesComiteAppui(first: 2) { nodes {
        etat duree dossiers { rang ingenierie { intitule } avis { sens suite } } membres { presence }
    } }
}";

#[tokio::test]
async fn landes_one_structure_opens_a_recyclerie_and_the_comite_examines_it() -> anyhow::Result<()>
{
    let house = OpenHouse::open().await?;
    let play = || cases::play(&house.house, &house.contents, "landes");
    let dlas = play().await?.dlas;
    let head = house.house.log.newest().await?.0;
    play().await?;
    assert_eq!(house.house.log.newest().await?.0, head, "played twice");
    let chargee = house.visitor(Role::ChargeDeMission { dlas })?;
    let seen = chargee
        .asks(LANDES, json!({ "at": head.0.to_string() }))
        .await?;

    let mission = &seen["ingenieriesIndividuelles"]["nodes"][0];
    assert_eq!(
        (&mission["etat"], &mission["intitule"]),
        (&json!("FINALISEE"), &json!("Créer une recyclerie"))
    );
    let reserves = "Rencontrer les recycleries voisines avant de choisir un local.";
    assert_eq!(
        mission["avis"],
        json!([{ "sens": "FAVORABLE_AVEC_RESERVES", "reserves": reserves }])
    );
    let paid = json!({ "depenses": "360000", "granted": "360000", "paid": "360000" });
    assert_eq!(mission["planFinancement"], json!({ "totals": paid, "settledOn": "2015-07-09" }));
    let seance = json!({ "etat": "TENUE", "convoques": 2, "presents": 2 });
    assert_eq!(mission["intervention"]["seances"], json!([seance, seance, seance, seance]));
    let results =
        json!([{ "appreciation": "ATTEINT" }, { "appreciation": "PARTIELLEMENT_ATTEINT" }]);
    assert_eq!(mission["evaluations"][0]["resultats"], results);

    // The same comité examined both dossiers, and each has its avis.
    let under_way = &seen["ingenieries"]["nodes"][0];
    assert_eq!(under_way["etat"], "EN_IDENTIFICATION");
    assert_eq!(all(under_way, "structures").len(), 4);
    assert_eq!(under_way["avis"], json!([{ "sens": "FAVORABLE" }]));
    let comite = &seen["seancesComiteAppui"]["nodes"][0];
    assert_eq!((&comite["etat"], &comite["duree"]), (&json!("CLOSE"), &json!(70)));
    let suites = all(comite, "dossiers")
        .iter()
        .map(|it| it["avis"]["suite"].clone());
    assert_eq!(suites.collect::<Vec<_>>(), ["RETENU", "RETENU"]);

    // Its documents are there to be read, exactly as they were declared.
    let documents = all(&mission["documents"], "nodes");
    assert_eq!(documents.len(), 3, "{documents:#?}");
    for it in documents {
        let answer = chargee
            .sends(Method::GET, text(&it["adresse"]), &[], "")
            .await?;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(json!(answer.body.len()), it["courante"]["taille"]);
    }

    // And all of it stands on a page to print.
    let page = format!("/ingenieries/{}/fiche.html", text(&mission["id"]));
    let Answer { status, body, .. } = chargee.sends(Method::GET, &page, &[], "").await?;
    let page = String::from_utf8(body.to_vec())?;
    assert_eq!(status, StatusCode::OK, "{page}");
    for told in [
        "Fiche d'ingénierie individuelle · Finalisée",
        "Créer une recyclerie",
        "Association Voisinage (démonstration)",
        "Avis favorable avec réserves du comité d'appui",
        "3\u{202f}600,00\u{a0}€",
        "Rapport de mission (",
        "partiellement atteint",
        "À la fin de la mission (close le 3 juillet 2015)",
        "Structures : 1 sollicité, 1 a répondu (100\u{a0}%)",
        "… de mieux maîtriser la gestion de projet ? (Structures) : 1 réponse ; « Plutôt oui » : 1",
        "Aucun autre prestataire référencé",
    ] {
        assert!(page.contains(told), "no {told} in {page}");
    }
    house.close().await
}
