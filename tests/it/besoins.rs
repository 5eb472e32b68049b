//! Needs that await an answer, over HTTP: which count, of whom, as of when; and those that several
//! DLAs could answer together.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{DlaId, IngenierieCollective, Role};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{DLA, INGENIERIE, OTHER_DLA, OTHER_STRUCTURE, STRUCTURE},
};
use serde_json::{Value, json};
use uuid::Uuid;

static COMMANDS: AtomicU64 = AtomicU64::new(0x7b_0000);

const FIGURES: &str = "query($filter: BesoinFilter, $asOf: AsOfInput) {
    besoins(filter: $filter, asOf: $asOf) {
        totals { besoins dlas structures } liste(first: 10) { totalCount nodes { position } } } }";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

async fn does(by: &Visitor, mutation: &str, mut more: Value) -> anyhow::Result<Uuid> {
    let command = Uuid::from_u128(COMMANDS.fetch_add(1, Ordering::Relaxed).into());
    more["commandId"] = json!(command);
    by.does(mutation, more, "{ position }")
        .await
        .with_context(|| mutation.to_owned())?;
    Ok(command)
}

/// A DLA of the Vaucluse and one of the Bouches-du-Rhône, in one région.
struct Region {
    house: OpenHouse,
    amina: Visitor,
    bruno: Visitor,
    /// Of both, as whoever pools their needs.
    both: Visitor,
    /// What each identifies: of the Vaucluse, of the Bouches-du-Rhône.
    collectives: [String; 2],
    /// Missions of one structure.
    missions: [String; 2],
    /// Just before the first ingénierie was engaged.
    before: i64,
}

impl Region {
    /// One ingénierie was engaged; each DLA identifies a need of several structures in sport, the
    /// one in culture too, and a need of one structure, of the same theme.
    async fn open() -> anyhow::Result<Self> {
        let questions = Questions::open().await?;
        questions.engaged().await?;
        let facts = questions
            .log
            .history::<IngenierieCollective>(INGENIERIE)
            .await?;
        let last = facts.last().context("facts")?;
        assert_eq!(last.kind, "IngenierieCollectiveEngaged");
        let before = last.position.0 - 1;
        questions.catch_up().await?;
        let Questions { log, reads, database } = questions;
        reads.close().await;
        log.close().await;
        let house = OpenHouse::on(database).await?;
        let charge = |name: &str, dlas: &[DlaId]| {
            let dlas = dlas.iter().copied().collect();
            house.visitor_named(name, Role::ChargeDeMission { dlas })
        };
        let amina = charge("amina", &[DLA])?;
        let bruno = charge("bruno", &[OTHER_DLA])?;
        let both = charge("both", &[DLA, OTHER_DLA])?;
        let vaucluse = (&amina, DLA, "84");
        let bouches = (&bruno, OTHER_DLA, "13");
        let collectives = [
            collective(vaucluse, json!(["SPORT"]), "DIAGNOSTIC").await?,
            collective(bouches, json!(["SPORT", "CULTURE"]), "ENQUETE").await?,
        ];
        let missions = [mission(vaucluse).await?, mission(bouches).await?];
        let its = |more: Value| json!({ "ingenierie": collectives[0], "structure": more });
        for it in [STRUCTURE, OTHER_STRUCTURE] {
            does(&amina, "targetStructure", its(json!(id("Organisation", it.0)))).await?;
        }
        let agreed = json!({
            "ingenierie": collectives[0], "structures": [id("Organisation", STRUCTURE.0)],
            "methode": "Entretiens",
        });
        does(
            &amina,
            "stateProblematique",
            json!({
                "ingenierie": collectives[0], "enonce": "Les bénévoles manquent.",
            }),
        )
        .await?;
        does(&amina, "confirmProblematique", agreed).await?;
        house.caught_up().await?;
        Ok(Self { house, amina, bruno, both, collectives, missions, before })
    }

    /// What a filter finds: how many needs, of how many DLAs and structures.
    async fn found(&self, by: &Visitor, filter: Value) -> anyhow::Result<Value> {
        self.asked(by, json!({ "filter": filter })).await
    }

    async fn asked(&self, by: &Visitor, variables: Value) -> anyhow::Result<Value> {
        self.house.caught_up().await?;
        let found = by.asks(FIGURES, variables).await?["besoins"].take();
        let (totals, liste) = (&found["totals"], &found["liste"]);
        let listed = liste["nodes"].as_array().map(Vec::len);
        assert_eq!(
            (&json!(listed), &liste["totalCount"]),
            (&totals["besoins"], &totals["besoins"])
        );
        Ok(json!([totals["besoins"], totals["dlas"], totals["structures"]]))
    }
}

async fn collective(
    (by, dla, departement): (&Visitor, DlaId, &str),
    secteurs: Value,
    source: &str,
) -> anyhow::Result<String> {
    let initiated = json!({
        "porteur": id("Dla", dla.0), "intitule": "Trouver des bénévoles", "secteurs": secteurs,
        "territoire": { "niveau": "DEPARTEMENT", "code": departement }, "on": "2026-02-02",
    });
    let ingenierie = id("Ingenierie", does(by, "initiateIngenierie", initiated).await?);
    let heard = json!({ "ingenierie": ingenierie, "source": source, "on": "2026-02-03" });
    does(by, "recordSource", heard).await?;
    Ok(ingenierie)
}

async fn mission((by, dla, departement): (&Visitor, DlaId, &str)) -> anyhow::Result<String> {
    let initiated = json!({
        "porteur": id("Dla", dla.0), "structure": id("Organisation", STRUCTURE.0),
        "intitule": "Un emploi partagé", "besoin": "Un emploi à deux.", "secteurs": ["INSERTION"],
        "territoire": { "niveau": "DEPARTEMENT", "code": departement }, "on": "2026-03-02",
        "types": ["MUTUALISATION"],
    });
    Ok(id("Ingenierie", does(by, "initiateIngenierieIndividuelle", initiated).await?))
}

#[tokio::test]
async fn needs_are_those_that_nobody_has_answered_yet() -> anyhow::Result<()> {
    let region = Region::open().await?;
    let Region { amina, bruno, both, .. } = &region;
    // Four needs; of structures, the two that are targeted, one of which has missions too.
    for (by, expected) in [
        (both, json!([4, 2, 2])),
        (amina, json!([2, 1, 2])),
        (bruno, json!([2, 1, 1])),
        (&region.house.visitor(Role::Admin)?, json!([0, 0, 0])),
    ] {
        assert_eq!(region.found(by, json!({})).await?, expected);
    }
    let place = |niveau: &str, code: &str| json!({ "niveau": niveau, "code": code });
    for (filter, expected) in [
        (json!({ "secteur": "sport" }), json!([2, 2, 2])),
        (json!({ "secteur": "CULTURE" }), json!([1, 1, 0])),
        (json!({ "theme": "MUTUALISATION" }), json!([2, 2, 1])),
        (json!({ "theme": "COMMERCIAL" }), json!([0, 0, 0])),
        (json!({ "source": "ENQUETE" }), json!([1, 1, 0])),
        (json!({ "dla": id("Dla", OTHER_DLA.0) }), json!([2, 1, 1])),
        (json!({ "territoire": place("DEPARTEMENT", "84") }), json!([2, 1, 2])),
        // With what lies inside.
        (json!({ "territoire": place("REGION", "93") }), json!([4, 2, 2])),
        (json!({ "territoire": place("REGION", "76") }), json!([0, 0, 0])),
        (json!({ "from": "2026-03-01" }), json!([2, 2, 1])),
        (json!({ "from": "2026-02-02", "to": "2026-02-28" }), json!([2, 2, 2])),
    ] {
        assert_eq!(region.found(both, filter.clone()).await?, expected, "{filter}");
    }
    // Before the first was engaged, it was the one need.
    let then = |at: i64| json!({ "asOf": { "position": at.to_string() } });
    assert_eq!(region.asked(both, then(region.before)).await?, json!([1, 1, 2]));
    assert_eq!(region.asked(both, then(region.before + 1)).await?, json!([0, 0, 0]));

    // Given up, it is not answered either.
    let head = region.house.house.log.newest().await?.0;
    let given_up = json!({ "ingenierie": region.collectives[1], "motif": "Faute de temps." });
    does(bruno, "abandonIngenierie", given_up).await?;
    assert_eq!(region.found(both, json!({})).await?, json!([3, 2, 2]));
    assert_eq!(region.found(both, json!({ "abandonnes": true })).await?, json!([4, 2, 2]));
    assert_eq!(region.asked(both, then(head.0)).await?, json!([4, 2, 2]));
    let no = both
        .posts(FIGURES, json!({ "filter": { "secteur": "ASTRES" } }))
        .await?;
    let no = &no["errors"][0]["extensions"];
    assert_eq!(
        (&no["code"], &no["path"]),
        (&json!("BAD_USER_INPUT"), &json!(["filter", "secteur"]))
    );
    region.house.close().await
}

#[tokio::test]
async fn each_need_says_where_it_comes_from_and_the_facts_that_say_so() -> anyhow::Result<()> {
    let region = Region::open().await?;
    let read = "query($filter: BesoinFilter, $after: String) { besoins(filter: $filter) {
        asOf { position } positions(first: 1000)
        liste(first: 1, after: $after) { pageInfo { hasNextPage endCursor } nodes {
            emergedOn sources { code } structures structuresConfirmees abandonne
            position ingenierie { id } } } } }";
    let (mut after, mut ids) = (Value::Null, vec![]);
    loop {
        let found = region.both.asks(read, json!({ "after": after })).await?;
        let liste = &found["besoins"]["liste"];
        ids.push(liste["nodes"][0]["ingenierie"]["id"].clone());
        after = liste["pageInfo"]["endCursor"].clone();
        if liste["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let [vaucluse, bouches] = &region.collectives;
    let [first, second] = &region.missions;
    assert_eq!(json!(ids), json!([second, first, bouches, vaucluse]), "the last first");

    let sport = json!({ "filter": { "secteur": "SPORT", "dla": id("Dla", DLA.0) } });
    let found = region.both.asks(read, sport).await?["besoins"].take();
    let mut need = found["liste"]["nodes"][0].clone();
    let opened = need["position"].take();
    assert_eq!(
        need,
        json!({
            "emergedOn": "2026-02-02", "sources": [{ "code": "DIAGNOSTIC" }], "structures": 2,
            "structuresConfirmees": 1, "abandonne": false, "position": null,
            "ingenierie": { "id": vaucluse },
        })
    );
    // Initiated, heard of, two structures targeted, stated, confirmed.
    let positions = found["positions"].as_array().context("positions")?;
    assert_eq!((positions.len(), &positions[0]), (6, &opened), "{positions:?}");
    region.house.close().await
}

#[tokio::test]
async fn needs_alike_of_several_dlas_are_candidates_for_an_inter_dla_ingenierie()
-> anyhow::Result<()> {
    let region = Region::open().await?;
    let read = "{ besoins { candidatsInterDla {
            region { code } secteur { code } theme { code } besoins structures
            dlas { id } ingenieries { id } }
        par(dimension: SOURCE) { code { code } figures { besoins } } } }";
    let alone = region.amina.asks(read, json!({})).await?["besoins"].take();
    assert_eq!(alone["candidatsInterDla"], json!([]), "what one may not see does not count");
    let found = region.both.asks(read, json!({})).await?["besoins"].take();
    let mut seen = vec![];
    for it in found["candidatsInterDla"]
        .as_array()
        .context("candidates")?
    {
        assert_eq!((&it["region"]["code"], &it["besoins"]), (&json!("93"), &json!(2)));
        let all = |list: &str| -> Vec<Value> {
            let mut ids = it[list].as_array().cloned().unwrap_or_default();
            ids.sort_by_key(ToString::to_string);
            ids
        };
        let mut dlas = [DLA, OTHER_DLA].map(|it| json!({ "id": id("Dla", it.0) }));
        dlas.sort_by_key(ToString::to_string);
        assert_eq!(all("dlas"), dlas);
        seen.push((it["secteur"]["code"].clone(), it["theme"]["code"].clone(), all("ingenieries")));
    }
    let both = |ids: &[String; 2]| {
        let mut ids: Vec<_> = ids.iter().map(|it| json!({ "id": it })).collect();
        ids.sort_by_key(ToString::to_string);
        ids
    };
    let expected = [
        (json!("INSERTION"), Value::Null, both(&region.missions)),
        (json!("SPORT"), Value::Null, both(&region.collectives)),
        (Value::Null, json!("MUTUALISATION"), both(&region.missions)),
    ];
    assert_eq!(seen, expected, "culture is of one alone");
    let heard = json!([
        { "code": null, "figures": { "besoins": 2 } },
        { "code": { "code": "DIAGNOSTIC" }, "figures": { "besoins": 1 } },
        { "code": { "code": "ENQUETE" }, "figures": { "besoins": 1 } },
    ]);
    assert_eq!(found["par"], heard);
    region.house.close().await
}
