//! The library of cases over HTTP: found by the words that people type, filtered, counted, paged;
//! what enters it, what leaves it at once, what is refused; precedents; cases told from a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use anyhow::Context as _;
use api::{
    bibliotheque::{Import, LIGNE_BYTES_MAX, LIGNES_MAX, Ligne, OURS, Sort},
    cases,
    http::Language,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{DlaId, OrganisationId, Role};
use house::{OpenHouse, Questions, Visitor, database::ORIGIN, essaim};
use projections::bibliotheque::MODEL;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use uuid::Uuid;

/// Those of the sources that became cases.
const PLAYED: [&str; 5] = ["fe1-1", "fe1-3", "fe2-1", "fe2-3", "acm"];

const SEARCH: &str = "query Search($texte: String, $filter: BibliothequeFilter, $first: Int!,
                                   $after: String) {
    bibliotheque(texte: $texte, filter: $filter, first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        facettes { dimension valeur libelle nombre }
        nodes {
            titre { texte trouve }
            extrait { texte trouve }
            fiche {
                id genre titre resume annee transferable nombreStructures jours cout trancheCout
                typeIngenierie source publishedOn
                territoire { niveau code } natures { code } secteurs { code } themes { code }
                dlas { id } structures { id } element { titre } ingenierie { id }
            }
        }
    }
}";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

/// A house where the sources were played and told.
struct Library {
    house: OpenHouse,
    dlas: BTreeMap<&'static str, DlaId>,
    /// Reads what everyone reads.
    reader: Visitor,
}

impl Library {
    async fn open(names: &[&'static str]) -> anyhow::Result<Self> {
        let house = OpenHouse::open().await?;
        let mut dlas = BTreeMap::new();
        for name in names {
            let played = cases::play(&house.house, &house.contents, name).await?;
            dlas.extend(played.dlas.first().map(|dla| (*name, *dla)));
        }
        let told = network(false).run(&house.house, OURS).await?;
        assert!(told.iter().all(|it| it.sort == Sort::Accepted), "{told:#?}");
        house.caught_up().await?;
        let prestataire = OrganisationId(Uuid::from_u128(0xb1b));
        let reader = house.visitor(Role::Prestataire { prestataire })?;
        Ok(Self { house, dlas, reader })
    }

    /// Everything that a text and a filter find.
    async fn found(&self, texte: &str, filter: Value) -> anyhow::Result<Value> {
        self.paged(texte, filter, 12).await
    }

    /// The same, by pages of that size.
    async fn paged(&self, texte: &str, filter: Value, first: i32) -> anyhow::Result<Value> {
        let (mut after, mut all) = (Value::Null, vec![]);
        loop {
            let asked = json!({ "texte": texte, "filter": filter, "first": first, "after": after });
            let mut page = self.reader.asks(SEARCH, asked).await?["bibliotheque"].take();
            all.extend(nodes(&page).to_vec());
            after = page["pageInfo"]["endCursor"].take();
            if page["pageInfo"]["hasNextPage"] == false {
                page["nodes"] = json!(all);
                return Ok(page);
            }
        }
    }

    /// The titles that a text finds, the best first.
    async fn titles(&self, texte: &str) -> anyhow::Result<Vec<String>> {
        Ok(titles(&self.found(texte, json!({})).await?))
    }
}

fn network(essai: bool) -> Import {
    Import { dla: None, essai, language: Language::Fr }
}

fn nodes(found: &Value) -> &[Value] {
    found["nodes"].as_array().map_or(&[], Vec::as_slice)
}

fn titles(found: &Value) -> Vec<String> {
    let titles = nodes(found).iter().map(|it| &it["fiche"]["titre"]);
    titles.map(|it| it.as_str().unwrap().to_owned()).collect()
}

const MUTUALISATION: &str = "Construire un projet de mutualisation";
const BANQUE: &str = "Le secteur bancaire, ses produits et la négociation";
const SPORT: &str = "Les ressources humaines dans le sport associatif";
const SLOT: &str = "Les schémas locaux d'organisation touristique (SLOT)";
const ACCUEILS: &str = "Partager les pratiques des accueils collectifs de mineurs face à la réforme des rythmes \
     scolaires";
const CRECHES: &str = "Des crèches en difficulté après une nouvelle convention collective";
const EMPLOYEURS: &str = "Un comité départemental crée un groupement d'employeurs";
const SIX: &str = "Six associations sportives d'un même territoire";
const TERRITOIRE: &str = "Une association de territoire";
const ACI: &str = "Les ateliers et chantiers d'insertion et leur nouvelle convention collective";
const MEDICO: &str = "Ressources humaines et formation dans le social et le médico-social";
const RECYCLERIE: &str = "Créer une recyclerie";
const EPICERIES: &str = "Quatre épiceries sociales optimisent leurs achats";

#[tokio::test]
async fn the_library_finds_the_sources_by_the_words_people_type() -> anyhow::Result<()> {
    let library = Library::open(&PLAYED).await?;
    // What is typed, and what is found among others; the first of them is the best.
    let expected: &[(&[&str], &[&str])] = &[
        (
            &["mutualiser emploi", "mutualisation des emplois", "emplois mutualisés"],
            &[MUTUALISATION, TERRITOIRE],
        ),
        (&["crèche", "creche", "CRÈCHES", "creches difficulte"], &[CRECHES]),
        (&["épicerie sociale", "epiceries sociales", "épiceries solidaires"], &[EPICERIES]),
        (&["négocier avec les banques", "negociation banque", "Négociation bancaire"], &[BANQUE]),
        (&["tourisme", "offices de tourisme", "office tourisme", "OTSI"], &[SLOT]),
        (&["groupement d'employeurs", "GE", "groupements employeurs"], &[EMPLOYEURS]),
        (&["accueils de loisirs périscolaire", "ALSH", "accueil collectif mineur"], &[ACCUEILS]),
        // Old and new names of actors.
        (&["DLA régional", "C2RA", "dlar"], &[SPORT, SLOT]),
        (&["OPCO Uniformation", "OPCA", "opco", "opérateur de compétences"], &[ACI]),
        (&["OPCO Santé", "unifaf"], &[MEDICO]),
        (
            &["conseil départemental recyclerie", "conseil général ressourcerie", "DREETS"],
            &[RECYCLERIE],
        ),
        (&["Jeunesse et Sports", "DDJS", "SDJES"], &[SPORT]),
        (&["centre de loisirs"], &[ACCUEILS]),
        // A sector and a theme by their names, whatever the text says.
        (&["sport mutualisation"], &[SIX]),
        (&["GRH médico-social", "ressources humaines social"], &[MEDICO]),
    ];
    for (texts, titles) in expected {
        for texte in *texts {
            let found = library.titles(texte).await?;
            for title in *titles {
                assert!(found.iter().any(|it| it == title), "{texte}: {found:#?}");
            }
        }
    }
    // A word that nobody had thought of, once a list takes it.
    assert_eq!(library.titles("mise en commun").await?, [""; 0]);
    let keeper = library.house.visitor(Role::Admin)?;
    let synonyme = json!({
        "commandId": Uuid::from_u128(0xb1b_4000), "liste": "TYPE_PRESTATION",
        "code": "MUTUALISATION", "synonyme": "mise en commun",
    });
    keeper
        .does("addSynonymeReference", synonyme, "{ position }")
        .await?;
    let found = library.titles("mises en commun").await?;
    assert!(found.iter().any(|it| it == MUTUALISATION), "{found:#?}");
    // Each word counts, and so does the title before the rest.
    assert_eq!(library.titles("recyclerie").await?[0], RECYCLERIE);
    assert_eq!(library.titles("mutualisation").await?[0], MUTUALISATION);
    assert_eq!(library.titles("crèche banque").await?, [""; 0]);
    // The figures of the source.
    let of = |found: &Value, title: &str| -> Value {
        let fiches = nodes(found).iter().map(|it| &it["fiche"]);
        fiches
            .clone()
            .find(|it| it["titre"] == title)
            .unwrap()
            .clone()
    };
    let cases = library.found("", json!({ "genre": "CAS" })).await?;
    for (title, cost, band, structures, days) in [
        (BANQUE, "250000", "MOINS_DE_3000", 30, "3"),
        (SPORT, "900000", "DE_6000_A_12000", 22, "10"),
        (SLOT, "1500000", "DE_12000_A_25000", 60, "16"),
        (MUTUALISATION, "540000", "DE_3000_A_6000", 3, "4"),
    ] {
        let fiche = of(&cases, title);
        assert_eq!(fiche["cout"], cost, "{title}");
        assert_eq!(fiche["trancheCout"], band, "{title}");
        assert_eq!(fiche["nombreStructures"], structures, "{title}");
        assert_eq!(fiche["jours"], days, "{title}");
        // Whoever reads the case sees no dossier.
        assert_eq!(fiche["ingenierie"], json!(null));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_found_is_shown_where_it_stands_and_without_markup() -> anyhow::Result<()> {
    let library = Library::open(&["fe2-3"]).await?;
    let found = library.found("emplois", json!({ "genre": "CAS" })).await?;
    let node = nodes(&found)
        .iter()
        .find(|it| it["fiche"]["titre"] == MUTUALISATION)
        .expect("it is found");
    let marked = |pieces: &Value| -> Vec<String> {
        let pieces = pieces.as_array().unwrap().iter();
        let pieces = pieces.filter(|it| it["trouve"] == true);
        pieces
            .map(|it| it["texte"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(marked(&node["extrait"]), ["emplois"]);
    assert_eq!(marked(&node["titre"]), [""; 0]);
    let whole = |pieces: &Value| -> String {
        let pieces = pieces.as_array().unwrap().iter();
        pieces.map(|it| it["texte"].as_str().unwrap()).collect()
    };
    assert_eq!(whole(&node["titre"]), MUTUALISATION);
    let resume = node["fiche"]["resume"].as_str().unwrap();
    let extract = whole(&node["extrait"]);
    assert!(resume.contains(extract.trim_matches('…')), "{extract}");
    // What people wrote is a text, and comes back as one.
    let keeper = library.house.visitor(Role::Admin)?;
    let written = "<script>alert('crue')</script> & [crochets] <b>crue</b>";
    keeper
        .does("recordCasPasse", past(1, json!({ "resume": written })), "{ position }")
        .await?;
    library.house.caught_up().await?;
    let found = library.found("crue", json!({})).await?;
    let [node] = nodes(&found) else { panic!("{found:#}") };
    assert_eq!(whole(&node["extrait"]), written);
    assert_eq!(marked(&node["extrait"]), ["crue", "crue"]);
    Ok(())
}

/// A case of before, with what a test changes in it.
fn past(n: u128, more: Value) -> Value {
    let mut input = json!({
        "commandId": Uuid::from_u128(0xb1b_0000 + n),
        "titre": "Une digue entretenue par ses riverains",
        "resume": "Des associations de riverains s'entendent.",
        "annee": 2012, "transferable": true, "source": "Rapport de mission, 2013",
        "territoire": { "niveau": "COMMUNE", "code": "84007" },
        "secteurs": ["ENVIRONNEMENT"], "themes": ["Mutualisation"],
        "nombreStructures": 3, "jours": "4.5", "cout": "720000",
        "typeIngenierie": "T2_COLLECTIVE",
    });
    let more: serde_json::Map<_, _> = serde_json::from_value(more).unwrap();
    input.as_object_mut().unwrap().extend(more);
    input
}

#[tokio::test]
async fn facets_count_what_is_found_and_filters_keep_as_many() -> anyhow::Result<()> {
    let library = Library::open(&["fe2-3", "acm"]).await?;
    for texte in ["", "associations"] {
        let found = library.found(texte, json!({})).await?;
        let fiches: Vec<_> = nodes(&found).iter().map(|it| &it["fiche"]).collect();
        assert_eq!(found["totalCount"], json!(fiches.len()));
        assert!(fiches.len() > 3, "{texte}: {}", fiches.len());
        // Counted one by one.
        let mut counted: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut count = |dimension: &str, value: &Value| {
            let value = match value {
                Value::Null => return,
                Value::String(it) => it.clone(),
                other => other.to_string(),
            };
            *counted.entry((dimension.to_owned(), value)).or_default() += 1;
        };
        for fiche in &fiches {
            count("GENRE", &fiche["genre"]);
            count("ANNEE", &fiche["annee"]);
            count("TRANCHE", &fiche["trancheCout"]);
            count("TYPE", &fiche["typeIngenierie"]);
            count("TRANSFERABLE", &fiche["transferable"]);
            for (dimension, list) in
                [("NATURE", "natures"), ("SECTEUR", "secteurs"), ("THEME", "themes")]
            {
                let codes = fiche[list].as_array().unwrap().iter();
                codes.for_each(|it| count(dimension, &it["code"]));
            }
            let dlas = fiche["dlas"].as_array().unwrap().iter();
            dlas.for_each(|it| count("DLA", &it["id"]));
            if fiche["territoire"]["niveau"] == "DEPARTEMENT" {
                count("DEPARTEMENT", &fiche["territoire"]["code"]);
            }
        }
        let facettes = found["facettes"].as_array().unwrap();
        let shown: BTreeMap<_, _> = facettes
            .iter()
            .filter(|it| it["dimension"] != "REGION")
            .map(|it| {
                let text = |name: &str| it[name].as_str().unwrap().to_owned();
                ((text("dimension"), text("valeur")), it["nombre"].as_i64().unwrap())
            })
            .collect();
        assert_eq!(shown, counted);
        // A filter keeps as many as its facet says.
        for facette in facettes {
            let valeur = facette["valeur"].as_str().unwrap();
            let filter = match facette["dimension"].as_str().unwrap() {
                "GENRE" => json!({ "genre": valeur }),
                "NATURE" => json!({ "nature": valeur }),
                "SECTEUR" => json!({ "secteur": valeur }),
                "THEME" => json!({ "theme": valeur }),
                "DEPARTEMENT" => {
                    json!({ "territoire": { "niveau": "DEPARTEMENT", "code": valeur } })
                }
                "REGION" => json!({ "territoire": { "niveau": "REGION", "code": valeur } }),
                "TYPE" => json!({ "typeIngenierie": valeur }),
                "TRANCHE" => json!({ "trancheCout": valeur }),
                "TRANSFERABLE" => json!({ "transferable": valeur == "true" }),
                "ANNEE" => {
                    let year: i32 = valeur.parse()?;
                    json!({ "from": year, "to": year })
                }
                "DLA" => json!({ "dla": valeur }),
                other => panic!("{other}"),
            };
            let kept = library.found(texte, filter).await?;
            assert_eq!(kept["totalCount"], facette["nombre"], "{texte}: {facette}");
        }
    }
    // What lies inside a région.
    let south = json!({ "territoire": { "niveau": "REGION", "code": "75" } });
    let south = titles(&library.found("", south).await?);
    for title in [CRECHES, RECYCLERIE, EMPLOYEURS, ACI, ACCUEILS] {
        assert!(south.iter().any(|it| it == title), "{title}: {south:#?}");
    }
    assert!(
        !south
            .iter()
            .any(|it| it == MUTUALISATION || it == TERRITOIRE),
        "{south:#?}"
    );
    Ok(())
}

#[tokio::test]
async fn the_library_is_paged_and_each_card_comes_once() -> anyhow::Result<()> {
    let library = Library::open(&["fe2-3"]).await?;
    for texte in ["", "associations mutualisation"] {
        let whole = library.found(texte, json!({})).await?;
        let all = library.paged(texte, json!({}), 2).await?;
        assert_eq!(nodes(&all), nodes(&whole), "{texte}");
        let ids = nodes(&all).iter().map(|it| it["fiche"]["id"].to_string());
        let ids: BTreeSet<_> = ids.collect();
        assert_eq!(json!(ids.len()), all["totalCount"]);
        assert!(ids.len() > 2, "{texte}");
    }
    // A card is found again by its id.
    let whole = library.found("", json!({})).await?;
    for node in nodes(&whole) {
        let by_id = "query($id: ID!) { node(id: $id) { ... on FicheBibliotheque { titre } } }";
        let again = library
            .reader
            .asks(by_id, json!({ "id": node["fiche"]["id"] }))
            .await?;
        assert_eq!(again["node"]["titre"], node["fiche"]["titre"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_text_is_bounded_and_its_operators_are_words() -> anyhow::Result<()> {
    let library = Library::open(&[]).await?;
    let long = "mutualisation ".repeat(7_500);
    let asked = json!({ "texte": long, "first": 10 });
    let answer = library.reader.posts(SEARCH, asked).await?;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{answer:#}");
    assert_eq!(error["extensions"]["path"], json!(["texte"]));
    assert_eq!(error["message"], "Cherchez avec 200 caractères au plus : quelques mots suffisent.");
    for texte in ["& | !", ":*", "()", "<->", "'", "\\", "le de la", "zzyzx", "🦀"] {
        let found = library.found(texte, json!({})).await?;
        assert_eq!(found["totalCount"], 0, "{texte}: {found:#}");
    }
    let plain = library.titles("mutualisation").await?;
    for texte in ["!mutualisation", "mutualisation:*", "mutualisation |", "'mutualisation'"] {
        assert_eq!(library.titles(texte).await?, plain, "{texte}");
    }
    Ok(())
}

#[tokio::test]
async fn a_case_enters_the_library_and_leaves_it_at_once() -> anyhow::Result<()> {
    let library = Library::open(&["acm"]).await?;
    let (house, dla) = (&library.house, library.dlas["acm"]);
    let amina = house.visitor(Role::ChargeDeMission { dlas: [dla].into() })?;
    let opened = "{ ingenieries(first: 1) { nodes {
        capitalisations { id version } structures { structure { id } }
    } } }";
    let mut opened = amina.asks(opened, json!({})).await?["ingenieries"]["nodes"][0].take();
    let capitalisation = opened["capitalisations"][0]["id"].take();
    let structures: Vec<_> = opened["structures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["structure"]["id"].clone())
        .collect();
    let commands = std::sync::atomic::AtomicU64::new(1);
    let input = |more: Value| {
        let n = commands.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut input = json!({
            "commandId": Uuid::from_u128(0xb1b_1000 + u128::from(n)),
            "capitalisation": capitalisation,
        });
        let more: serde_json::Map<_, _> = serde_json::from_value(more).unwrap();
        input.as_object_mut().unwrap().extend(more);
        input
    };
    let recit = |named: &[Value]| {
        input(json!({
            "titre": "Un titre tout neuf", "resume": "Ce que sept accueils ont fait.",
            "annee": 2014, "transferable": false, "structures": named,
        }))
    };
    let neuf = async || anyhow::Ok(library.found("titre neuf", json!({})).await?);
    // It was told by the source, and names a structure that agrees.
    assert_eq!(library.titles("rythmes scolaires").await?[0], ACCUEILS);
    let elements = library.found("", json!({ "genre": "ELEMENT" })).await?;
    let of_acm = |found: &Value| -> Vec<Value> {
        let tableaux = nodes(found).iter().map(|it| it["fiche"].clone());
        tableaux
            .filter(|it| {
                it["titre"] == "Tableaux de bord adaptables de pilotage des ressources humaines"
            })
            .collect()
    };
    // An element shows the figures of its ingénierie while its case is published.
    assert_eq!(of_acm(&elements)[0]["nombreStructures"], 7);

    let unpublish = input(json!({ "motif": "Mme Petit y est reconnaissable." }));
    let told = amina
        .does("unpublishCas", unpublish, "{ fiche { id } }")
        .await?;
    assert_eq!(told["fiche"], json!(null));
    assert!(
        !library
            .titles("rythmes scolaires")
            .await?
            .iter()
            .any(|it| it == ACCUEILS)
    );
    let elements = library.found("", json!({ "genre": "ELEMENT" })).await?;
    assert_eq!(of_acm(&elements)[0]["nombreStructures"], json!(null));

    // Told anew with another title, and found by it.
    let told = amina
        .does("publishCas", recit(&structures[..1]), "{ fiche { id titre structures { id } } }")
        .await?;
    assert_eq!(told["fiche"]["structures"], json!([{ "id": structures[0] }]));
    let of_capitalisation = "query($id: ID!) { capitalisation(id: $id) { cas { titre } } }";
    let shown = amina
        .asks(of_capitalisation, json!({ "id": capitalisation }))
        .await?;
    assert_eq!(shown["capitalisation"]["cas"]["titre"], "Un titre tout neuf");
    assert_eq!(titles(&neuf().await?), ["Un titre tout neuf"]);

    // Whom it names takes it out by itself.
    let structure = structures[0].as_str().unwrap();
    let structure = String::from_utf8(URL_SAFE_NO_PAD.decode(structure)?)?;
    let structure = OrganisationId(structure.rsplit(':').next().unwrap().parse()?);
    let named = house.visitor(Role::StructureBeneficiaire { structure })?;
    let withdraw = input(json!({ "structure": structures[0] }));
    let position = "{ position }";
    let mut told = named
        .does("withdrawConsentementPublication", withdraw, position)
        .await?;
    let asked = "query($at: Position) { bibliotheque(texte: \"titre neuf\", first: 1, \
                 atLeastPosition: $at) { totalCount } }";
    let left = library
        .reader
        .asks(asked, json!({ "at": told["position"].take() }))
        .await?;
    assert_eq!(left["bibliotheque"]["totalCount"], 0);

    // And what is refused, with its field.
    let no = |error: Value| {
        let known = &error["extensions"];
        json!([known["code"], known["path"][1]])
    };
    let refused = amina
        .is_refused("publishCas", recit(&structures[..1]))
        .await?;
    assert_eq!(no(refused), json!(["CAS_CONSENTEMENT_MISSING", "structures"]));
    let stranger = json!(id("Organisation", Uuid::from_u128(0xb1b)));
    let refused = amina.is_refused("publishCas", recit(&[stranger])).await?;
    assert_eq!(no(refused), json!(["CAS_STRUCTURE_NOT_CONCERNED", "structures"]));
    let mut later = recit(&[]);
    later["annee"] = json!(2099);
    let refused = amina.is_refused("publishCas", later).await?;
    assert_eq!(no(refused), json!(["CAS_IN_FUTURE", "annee"]));
    let mut odd = recit(&[]);
    odd["annee"] = json!(14);
    let refused = amina.is_refused("publishCas", odd).await?;
    assert_eq!(no(refused), json!(["BAD_USER_INPUT", "annee"]));
    let refused = library.reader.is_refused("publishCas", recit(&[])).await?;
    assert_eq!(no(refused)[0], "NOT_FOUND");
    // Naming nobody wants nobody's consent.
    amina.does("publishCas", recit(&[]), position).await?;
    house.caught_up().await?;
    assert_eq!(titles(&neuf().await?), ["Un titre tout neuf"]);
    Ok(())
}

#[tokio::test]
async fn cases_of_before_are_told_by_their_dla_and_taken_out() -> anyhow::Result<()> {
    let library = Library::open(&["fe2-3"]).await?;
    let dla = library.dlas["fe2-3"];
    let house = &library.house;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [dla].into() })?;
    let of_dla = json!({ "dla": id("Dla", dla.0) });
    let told = amina
        .does("recordCasPasse", past(1, of_dla.clone()), "{ fiche { id cout trancheCout jours } }")
        .await?;
    assert_eq!(told["fiche"]["cout"], "720000");
    assert_eq!(told["fiche"]["trancheCout"], "DE_6000_A_12000");
    assert_eq!(told["fiche"]["jours"], "4.5");
    let found = library
        .found("digue riverain", json!({ "genre": "CAS_PASSE" }))
        .await?;
    let [node] = nodes(&found) else { panic!("{found:#}") };
    assert_eq!(node["fiche"]["themes"], json!([{ "code": "MUTUALISATION" }]));
    assert_eq!(node["fiche"]["source"], "Rapport de mission, 2013");

    let no = |error: Value| {
        let known = &error["extensions"];
        json!([known["code"], known["path"][1]])
    };
    for (by, more, expected) in [
        (&amina, json!({ "annee": 2099 }), json!(["CAS_PASSE_IN_FUTURE", "annee"])),
        (&amina, json!({ "themes": [] }), json!(["CAS_PASSE_THEMES_MISSING", "themes"])),
        (&amina, json!({ "themes": ["Plomberie"] }), json!(["BAD_USER_INPUT", "themes"])),
        (&amina, json!({ "nombreStructures": 0 }), json!(["BAD_USER_INPUT", "nombreStructures"])),
        (&library.reader, json!({}), json!(["NOT_FOUND", null])),
    ] {
        let mut input = past(2, of_dla.clone());
        let more: serde_json::Map<_, _> = serde_json::from_value(more)?;
        input.as_object_mut().unwrap().extend(more);
        let refused = by.is_refused("recordCasPasse", input).await?;
        assert_eq!(no(refused), expected);
    }
    let refused = amina
        .is_refused("recordCasPasse", past(3, json!({})))
        .await?;
    assert_eq!(no(refused)[0], "FORBIDDEN");

    // The facts are for the people of the DLA.
    let facts = "{ historique(first: 10, filter: { categories: [CAS_PASSE] }) { nodes { type } } }";
    let seen = amina.asks(facts, json!({})).await?;
    assert_eq!(seen["historique"]["nodes"], json!([{ "type": "CasPasseRecorded" }]));
    let seen = library.reader.asks(facts, json!({})).await?;
    assert_eq!(seen["historique"]["nodes"], json!([]));

    let out = json!({
        "commandId": Uuid::from_u128(0xb1b_2000), "cas": told["fiche"]["id"], "cause": "DEMANDE",
    });
    let elsewhere = house.visitor(Role::Admin)?;
    let refused = elsewhere
        .is_refused("withdrawCasPasse", out.clone())
        .await?;
    assert_eq!(no(refused)[0], "FORBIDDEN");
    let gone = amina
        .does("withdrawCasPasse", out, "{ fiche { id } }")
        .await?;
    assert_eq!(gone["fiche"], json!(null));
    assert_eq!(library.titles("digue riverain").await?, [""; 0]);
    let case = library.found("", json!({ "genre": "CAS" })).await?;
    let out = json!({
        "commandId": Uuid::from_u128(0xb1b_2001),
        "cas": nodes(&case)[0]["fiche"]["id"], "cause": "ERREUR",
    });
    let refused = amina.is_refused("withdrawCasPasse", out).await?;
    assert_eq!(no(refused), json!(["BAD_USER_INPUT", "cas"]));
    Ok(())
}

#[tokio::test]
async fn a_draft_finds_who_already_did_this() -> anyhow::Result<()> {
    let library = Library::open(&["acm"]).await?;
    let dla = library.dlas["acm"];
    let amina = library
        .house
        .visitor(Role::ChargeDeMission { dlas: [dla].into() })?;
    let draft = Uuid::from_u128(0xb1b_3000);
    let input = json!({
        "commandId": draft, "porteur": id("Dla", dla.0),
        "intitule": "Partager des emplois entre clubs",
        "territoire": { "niveau": "DEPARTEMENT", "code": "47" }, "secteurs": ["SPORT"],
    });
    amina
        .does("initiateIngenierie", input, "{ position }")
        .await?;
    let input = json!({
        "commandId": Uuid::from_u128(0xb1b_3002), "ingenierie": id("Ingenierie", draft),
        "source": "DIAGNOSTIC",
    });
    amina.does("recordSource", input, "{ position }").await?;
    let input = json!({
        "commandId": Uuid::from_u128(0xb1b_3001), "ingenierie": id("Ingenierie", draft),
        "enonce": "Six associations sportives voudraient mutualiser leurs emplois.",
    });
    let told = amina
        .does("stateProblematique", input, "{ position }")
        .await?;
    let query = "query($id: ID!, $at: Position) {
        precedents(ingenierie: $id, first: 5, atLeastPosition: $at) {
            asOf { position }
            nodes { fiche { titre } themes { code } secteurs { code } territoires { code } mots }
        }
    }";
    let asked = json!({ "id": id("Ingenierie", draft), "at": told["position"] });
    let found = amina.asks(query, asked.clone()).await?;
    let first = &found["precedents"]["nodes"][0];
    // The same sector, the same département, the same words.
    assert_eq!(first["fiche"]["titre"], SIX);
    assert_eq!(first["secteurs"], json!([{ "code": "SPORT" }]));
    assert_eq!(first["territoires"], json!([{ "code": "47" }, { "code": "75" }]));
    assert_eq!(first["mots"], true);
    assert_eq!(first["themes"], json!([]));
    // Those who do not see the draft learn nothing by it.
    let found = library
        .reader
        .asks(query, json!({ "id": asked["id"] }))
        .await?;
    assert_eq!(found["precedents"], json!(null));
    // A finished one finds others by its themes, and not itself.
    let mine = "{ ingenieries(first: 10) { nodes { id intitule } } }";
    let mine = amina.asks(mine, json!({})).await?;
    let mine = mine["ingenieries"]["nodes"].as_array().unwrap();
    let done = mine.iter().find(|it| it["intitule"] == ACCUEILS).unwrap();
    let found = amina.asks(query, json!({ "id": done["id"] })).await?;
    let nodes = found["precedents"]["nodes"].as_array().unwrap();
    assert!(nodes.iter().any(|it| it["themes"] != json!([])), "{nodes:#?}");
    assert!(nodes.iter().all(|it| it["fiche"]["titre"] != ACCUEILS), "{nodes:#?}");
    Ok(())
}

#[tokio::test]
async fn a_file_is_told_line_by_line_and_once() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let head = async || anyhow::Ok(house.house.log.newest().await?.0);
    let line = |more: Value| {
        let mut line = past(0, more);
        line.as_object_mut().unwrap().remove("commandId");
        line.to_string()
    };
    let good = line(json!({}));
    let file = [
        good.clone(),
        String::new(),
        good.clone(),
        line(json!({ "titre": "Une autre", "themes": ["plomberie"] })),
        line(json!({ "titre": "" })),
        line(json!({ "annee": 2099 })),
        line(json!({ "couleur": "bleu" })),
        good.replacen('{', "{\"commandId\": \"1\", ", 1),
        "{ \"titre\": ".to_owned(),
        "[]".to_owned(),
        line(json!({ "resume": "x".repeat(LIGNE_BYTES_MAX) })),
        line(json!({ "titre": "Une dernière" })),
    ]
    .join("\n");
    let told = |all: &[Ligne]| -> Vec<(usize, String, String)> {
        let told = all.iter().map(|it| {
            let (code, champ) = match &it.sort {
                Sort::Refused { code, champ, message } => {
                    assert!(message.ends_with('.'), "{message}");
                    (code.clone(), champ.clone())
                }
                other => (other.as_str().to_owned(), String::new()),
            };
            (it.numero, code, champ)
        });
        told.collect()
    };
    let expected = |accepted: &str| -> Vec<(usize, String, String)> {
        [
            (1, accepted, ""),
            (3, "UNCHANGED", ""),
            (4, "BAD_USER_INPUT", "themes.0"),
            (5, "BAD_USER_INPUT", "titre"),
            (6, "CAS_PASSE_IN_FUTURE", "annee"),
            (7, "BAD_USER_INPUT", "couleur"),
            (8, "BAD_USER_INPUT", "commandId"),
            (9, "BAD_USER_INPUT", ""),
            (10, "BAD_USER_INPUT", ""),
            (11, "BAD_USER_INPUT", ""),
            (12, accepted, ""),
        ]
        .map(|(n, code, champ)| (n, code.to_owned(), champ.to_owned()))
        .into()
    };
    // A dry run says the same, and records nothing.
    let before = head().await?;
    let all = network(true).run(&house.house, &file).await?;
    assert_eq!(told(&all), expected("ACCEPTED"));
    assert_eq!(head().await?, before);
    let all = network(false).run(&house.house, &file).await?;
    assert_eq!(told(&all), expected("ACCEPTED"));
    let after = head().await?;
    assert_eq!(after.0, before.0 + 2);
    // The same file again changes nothing.
    for essai in [true, false] {
        let all = network(essai).run(&house.house, &file).await?;
        assert_eq!(told(&all), expected("UNCHANGED"));
        assert_eq!(head().await?, after);
    }
    // A DLA that is not there tells nothing.
    let absent = Import { dla: Some(DlaId(Uuid::from_u128(404))), ..network(false) };
    let all = absent.run(&house.house, &good).await?;
    assert_eq!(told(&all), [(1, "NOT_FOUND".to_owned(), String::new())]);
    let long = "\n{}".repeat(LIGNES_MAX + 1);
    assert!(network(true).run(&house.house, &long).await.is_err());
    Ok(())
}

#[tokio::test]
async fn the_library_is_the_same_however_it_is_built() -> anyhow::Result<()> {
    let library = Library::open(&["fe2-3"]).await?;
    let database = library.house.into_database().await?;
    let questions = Questions::on(database).await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(dump.contains(MUTUALISATION) && dump.contains(RECYCLERIE), "{dump}");
    Ok(())
}

/// The program, as the operator runs it: what it prints, and its exit code.
fn imports(house: &OpenHouse, arguments: &[&str]) -> anyhow::Result<(Value, Option<i32>)> {
    let output = Command::new(essaim()?)
        .env_remove("ESSAIM_TEST_DATABASE_URL")
        .env("ESSAIM_DATABASE_URL", house.database.as_service().to_url_lossy().as_str())
        .env("ESSAIM_KEK", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
        .env("ESSAIM_LOG_ORIGIN", ORIGIN)
        .args(["cases", "import", "--format", "json"])
        .args(arguments)
        .output()?;
    let report = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok((report, output.status.code()))
}

#[tokio::test]
async fn the_program_reports_a_file_line_by_line() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    let path = std::env::temp_dir().join(format!("essaim-cases-{}.jsonl", std::process::id()));
    let file = path.to_str().context("a path")?;
    std::fs::write(&path, format!("{OURS}{{\"titre\": \"Rien de plus\"}}\n"))?;
    let lines = OURS.lines().count();
    let count = |report: &Value, outcome: &str| {
        let all = report.as_array().map_or(&[][..], Vec::as_slice);
        all.iter().filter(|it| it["outcome"] == outcome).count()
    };
    for (more, outcome) in [
        (&["--dry-run"][..], "ACCEPTED"),
        (&[], "ACCEPTED"),
        (&[], "UNCHANGED"),
        (&["--dry-run"], "UNCHANGED"),
    ] {
        let arguments = [&[file, "--lang", "fr"], more].concat();
        let (report, code) = imports(&house, &arguments)?;
        assert_eq!(code, Some(5), "{report:#}");
        assert_eq!(count(&report, outcome), lines, "{report:#}");
        let last = &report[lines];
        assert_eq!((&last["line"], &last["code"]), (&json!(lines + 1), &json!("BAD_USER_INPUT")));
    }
    std::fs::write(&path, OURS)?;
    assert_eq!(imports(&house, &[file])?.1, Some(0));
    std::fs::remove_file(&path)?;
    Ok(())
}
