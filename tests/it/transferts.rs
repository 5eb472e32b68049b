//! What an ingénierie leaves travels, over HTTP: those of the first wave of the accueils collectifs
//! de mineurs hand their tools over to the next, who say that they have them and what they reuse;
//! and what is taken back is nowhere to be read but in the log.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use api::cases;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Capitalisation, CapitalisationId, DlaId, OrganisationId, Role};
use house::{OpenHouse, Visitor};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

static COMMANDS: AtomicU64 = AtomicU64::new(0x7a_0000);

const ELEMENT: &str = "query($id: ID!) { node(id: $id) { ... on ElementCapitalise {
    titre consentement transfertsDus { code }
    transferts { element categories { code } forme { code } par { id }
        destinataires { dla { id } organisation { id } acknowledgedOn reference } } } } }";

const ESSAIMAGE: &str = "query($id: ID!) { node(id: $id) { ... on ElementCapitalise { essaimage {
    ingenieries directes
    parTerritoire { territoire { code } ingenieries } parDla { dla { id } ingenieries }
    reutilisations(first: 10) { generation ingenierie { id } element { id } } } } } }";

fn id(noun: &str, id: impl std::fmt::Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn uuid(global: &str) -> Uuid {
    let text = URL_SAFE_NO_PAD.decode(global).expect("a global id");
    let text = String::from_utf8(text).expect("a text");
    let (_, id) = text.split_once(':').expect("a noun and an id");
    id.parse().expect("a UUID")
}

fn input(mut more: Value) -> (Uuid, Value) {
    let command = Uuid::from_u128(COMMANDS.fetch_add(1, Ordering::Relaxed).into());
    more["commandId"] = json!(command);
    (command, more)
}

async fn does(by: &Visitor, mutation: &str, more: Value) -> anyhow::Result<Uuid> {
    let (command, input) = input(more);
    by.does(mutation, input, "{ position }")
        .await
        .with_context(|| mutation.to_owned())?;
    Ok(command)
}

/// The code of a refusal, and the field that it is about.
async fn refused(by: &Visitor, mutation: &str, more: Value) -> anyhow::Result<Value> {
    let no = by.is_refused(mutation, input(more).1).await?;
    let field = no["extensions"]["path"].as_array().and_then(|it| it.get(1));
    Ok(json!([no["extensions"]["code"], field.cloned().unwrap_or_default()]))
}

/// Those who are told of the first wave, and of the next.
struct Waves {
    house: OpenHouse,
    admin: Visitor,
    /// Of the DLA of the first wave, in Lot-et-Garonne.
    agen: Visitor,
    gers: Dla,
    landes: Dla,
    /// What the first wave left.
    acm: String,
    capitalisation: String,
}

/// A DLA, and an ingénierie of it.
struct Dla {
    charge: Visitor,
    id: String,
    ingenierie: String,
}

impl Waves {
    async fn open() -> anyhow::Result<Self> {
        let house = OpenHouse::open().await?;
        let dlas = cases::play(&house.house, &house.contents, "acm")
            .await?
            .dlas;
        let agen = house.visitor_named("agen", Role::ChargeDeMission { dlas })?;
        let admin = house.visitor(Role::Admin)?;
        let gers = Dla::open(&house, &admin, "32").await?;
        let landes = Dla::open(&house, &admin, "40").await?;
        house.caught_up().await?;
        let read = "{ ingenieries(first: 1) { nodes { id capitalisations { id } } } }";
        let found = agen.asks(read, json!({})).await?["ingenieries"]["nodes"][0].take();
        let text = |it: &Value| it.as_str().map(str::to_owned).context("an id");
        let acm = text(&found["id"])?;
        let capitalisation = text(&found["capitalisations"][0]["id"])?;
        Ok(Self { house, admin, agen, gers, landes, acm, capitalisation })
    }

    /// One more element of the first wave, transferable and not published.
    async fn keeps(&self, titre: &str) -> anyhow::Result<i64> {
        let element = json!({
            "capitalisation": self.capitalisation, "nature": "CONTENU", "genre": "LIVRET",
            "titre": titre, "description": "Ce qu'un accueil prépare, et dans quel ordre.",
        });
        does(&self.agen, "recordElement", element).await?;
        self.house.caught_up().await?;
        let read = "query($id: ID!) { capitalisation(id: $id) { elements { numero titre } } }";
        let found = self
            .agen
            .asks(read, json!({ "id": self.capitalisation }))
            .await?;
        let all = found["capitalisation"]["elements"]
            .as_array()
            .context("elements")?;
        let kept = all
            .iter()
            .find(|it| it["titre"] == titre)
            .context("the element")?;
        let numero = kept["numero"].as_i64().context("a number")?;
        let assessed = json!({
            "capitalisation": self.capitalisation, "element": numero, "transferable": true,
            "objectifs": "Essaimer d'une vague à la suivante.",
        });
        does(&self.agen, "assessTransferabilite", assessed).await?;
        Ok(numero)
    }

    fn element(&self, numero: i64) -> String {
        id("ElementCapitalise", format!("{}/{numero}", uuid(&self.capitalisation)))
    }

    /// An element of the first wave, with more to say.
    fn of(&self, element: i64, mut more: Value) -> Value {
        more["capitalisation"] = json!(self.capitalisation);
        more["element"] = json!(element);
        more
    }

    async fn organisation(&self, denomination: &str) -> anyhow::Result<OrganisationId> {
        let registered = json!({
            "denomination": denomination, "statut": "ASSOCIATION",
            "sansIdentifiant": "Organisation d'essai.",
        });
        does(&self.admin, "registerOrganisation", registered)
            .await
            .map(OrganisationId)
    }

    async fn node(&self, by: &Visitor, query: &str, element: &str) -> anyhow::Result<Value> {
        self.house.caught_up().await?;
        Ok(by.asks(query, json!({ "id": element })).await?["node"].take())
    }

    /// How many elements a filter of the catalogue finds.
    async fn found(&self, by: &Visitor, filter: Value) -> anyhow::Result<Value> {
        self.house.caught_up().await?;
        let read = "query($filter: ElementFilter) {
            catalogueCapitalisation(first: 50, filter: $filter) { totalCount nodes { titre } } }";
        let mut found = by.asks(read, json!({ "filter": filter })).await?;
        let nodes = found["catalogueCapitalisation"]["nodes"]
            .as_array()
            .map(Vec::len);
        assert_eq!(json!(nodes), found["catalogueCapitalisation"]["totalCount"]);
        Ok(found["catalogueCapitalisation"]["totalCount"].take())
    }
}

impl Dla {
    async fn open(house: &OpenHouse, admin: &Visitor, departement: &str) -> anyhow::Result<Self> {
        let place = json!({ "niveau": "DEPARTEMENT", "code": departement });
        let registered = json!({
            "intitule": format!("DLA {departement}"), "niveau": "DEPARTEMENTAL",
            "territoires": [place],
        });
        let dla = does(admin, "registerDla", registered).await?;
        let dlas = [DlaId(dla)].into();
        let charge = house.visitor_named(departement, Role::ChargeDeMission { dlas })?;
        let initiated = json!({
            "porteur": id("Dla", dla), "territoire": place, "secteurs": ["SOCIAL"],
            "intitule": format!("La vague de 2014 dans le {departement}"),
        });
        let ingenierie = does(&charge, "initiateIngenierie", initiated).await?;
        Ok(Self { charge, id: id("Dla", dla), ingenierie: id("Ingenierie", ingenierie) })
    }

    /// Keeps something of its ingénierie and publishes it; what holds it.
    async fn leaves(&self, titre: &str, structure: Option<&str>) -> anyhow::Result<String> {
        let natures = json!({ "ingenierie": self.ingenierie, "natures": ["CONTENU"] });
        let opened = does(&self.charge, "determineNatureCapitalisation", natures).await?;
        let capitalisation = id("Capitalisation", opened);
        let with = |mut more: Value| {
            more["capitalisation"] = json!(capitalisation);
            more
        };
        let kept = json!({
            "nature": "CONTENU", "genre": "OUTIL", "titre": titre, "structure": structure,
            "description": "Ce qu'un accueil en retient.",
        });
        does(&self.charge, "recordElement", with(kept)).await?;
        let assessed = json!({ "element": 1, "transferable": true, "objectifs": "Essaimer." });
        does(&self.charge, "assessTransferabilite", with(assessed)).await?;
        let responsable = json!({ "responsable": "PARTENAIRES_DISPOSITIF" });
        does(&self.charge, "designateResponsable", with(responsable)).await?;
        if let Some(structure) = structure {
            let paper = json!({ "structure": structure, "reference": "Classeur 3, pièce 12" });
            does(&self.charge, "giveConsentementPublication", with(paper)).await?;
        }
        does(&self.charge, "publishElement", with(json!({ "element": 1 }))).await?;
        Ok(capitalisation)
    }
}

#[tokio::test]
async fn the_first_wave_hands_its_tools_over_to_the_next_which_says_it_has_them()
-> anyhow::Result<()> {
    let waves = Waves::open().await?;
    let Waves { agen, gers, landes, .. } = &waves;
    let accueil = waves.organisation("Accueil de la vague de 2014").await?;
    let accueil_id = id("Organisation", accueil.0);
    let numero = waves.keeps("Livret de la vague de 2014").await?;
    let element = waves.element(numero);
    assert_eq!(waves.node(&gers.charge, ELEMENT, &element).await?, Value::Null);
    assert_eq!(
        waves
            .found(&gers.charge, json!({ "transfere": true }))
            .await?,
        0
    );
    let due = json!({ "published": false, "du": "STRUCTURES_BENEFICIAIRES" });
    assert_eq!(waves.found(agen, due.clone()).await?, 1);
    assert_eq!(
        waves
            .found(&gers.charge, json!({ "du": "PARTENAIRES_DISPOSITIF" }))
            .await?,
        0
    );

    let to = json!([{ "dla": gers.id }, { "organisation": accueil_id }]);
    let handed = waves.of(
        numero,
        json!({
            "categories": ["STRUCTURES_BENEFICIAIRES"], "destinataires": to, "forme": "REUNION",
            "on": "2014-09-15",
        }),
    );
    for by in [&gers.charge, &landes.charge] {
        let no = refused(by, "performTransfert", handed.clone()).await?;
        assert_eq!(no, json!(["NOT_FOUND", null]));
    }
    let to_none = waves.of(numero, json!({ "forme": "REUNION" }));
    let no = refused(agen, "performTransfert", to_none).await?;
    assert_eq!(no, json!(["TRANSFERT_DESTINATAIRES_MISSING", "destinataires"]));
    does(agen, "performTransfert", handed.clone()).await?;
    let head = waves.house.house.log.newest().await?.0;
    does(agen, "performTransfert", handed).await?;
    assert_eq!(waves.house.house.log.newest().await?.0, head, "the same transfer, twice");

    // They read it, unpublished as it is, and the others do not.
    assert_eq!(
        waves
            .found(&gers.charge, json!({ "transfere": true }))
            .await?,
        1
    );
    assert_eq!(waves.found(agen, due).await?, 0);
    assert_eq!(waves.node(&landes.charge, ELEMENT, &element).await?, Value::Null);
    let structure = waves
        .house
        .visitor_named("accueil", Role::StructureBeneficiaire { structure: accueil })?;
    let read = waves.node(&structure, ELEMENT, &element).await?;
    assert_eq!(read["titre"], "Livret de la vague de 2014");
    assert_eq!(
        (&read["transfertsDus"], &read["consentement"]),
        (&Value::Null, &json!("SANS_OBJET"))
    );
    // The number of this transfer in the capitalisation.
    let all = "query($id: ID!) { capitalisation(id: $id) { transferts { numero element } } }";
    let all = agen
        .asks(all, json!({ "id": waves.capitalisation }))
        .await?;
    let transferts = all["capitalisation"]["transferts"]
        .as_array()
        .context("transfers")?;
    let transfert = &transferts.last().context("one")?["numero"];
    acknowledges(&waves, &structure, transfert, &accueil_id).await?;

    let seen = |dla: &Value, acknowledged: &Value, reference: &Value| {
        json!({ "dla": dla, "organisation": null, "acknowledgedOn": acknowledged,
                "reference": reference })
    };
    let of_dla = seen(&json!({ "id": gers.id }), &json!("2014-09-16"), &Value::Null);
    let mut of_accueil = seen(&Value::Null, &json!("2014-09-17"), &json!("Courriel du 17"));
    of_accueil["organisation"] = json!({ "id": accueil_id });
    for (by, expected) in [
        (agen, json!([of_dla, of_accueil])),
        (&gers.charge, json!([of_dla])),
        (&structure, json!([of_accueil])),
    ] {
        let read = waves.node(by, ELEMENT, &element).await?;
        let transferts = read["transferts"].as_array().context("transfers")?;
        assert_eq!(transferts.len(), 1, "{read:#}");
        assert_eq!(transferts[0]["destinataires"], expected);
        assert_eq!(transferts[0]["categories"], json!([{ "code": "STRUCTURES_BENEFICIAIRES" }]));
        assert_eq!(
            (&transferts[0]["forme"]["code"], &transferts[0]["par"]),
            (&json!("REUNION"), &Value::Null)
        );
    }
    waves.house.close().await
}

/// Who may say that it was received, and where that is kept.
async fn acknowledges(
    waves: &Waves,
    structure: &Visitor,
    transfert: &Value,
    accueil: &str,
) -> anyhow::Result<()> {
    let received = |to: Value, on: &str, reference: Option<&str>| {
        json!({ "capitalisation": waves.capitalisation, "transfert": transfert,
                "destinataire": to, "on": on, "reference": reference })
    };
    let Waves { agen, gers, landes, .. } = waves;
    let (dla, organisation) = (json!({ "dla": gers.id }), json!({ "organisation": accueil }));
    let act = "acknowledgeTransfert";
    let not_found = json!(["NOT_FOUND", null]);
    for (by, to) in [(&landes.charge, &dla), (&gers.charge, &organisation), (structure, &dla)] {
        let no = refused(by, act, received(to.clone(), "2014-09-16", None)).await?;
        assert_eq!(no, not_found);
    }
    let no = refused(agen, act, received(dla.clone(), "2014-09-16", None)).await?;
    assert_eq!(no, json!(["ACCUSE_REFERENCE_MISSING", "reference"]));
    let other = json!({ "dla": landes.id });
    let no = refused(agen, act, received(other, "2014-09-16", Some("Courriel"))).await?;
    assert_eq!(no, json!(["TRANSFERT_DESTINATAIRE_UNKNOWN", "destinataire"]));
    does(&gers.charge, act, received(dla, "2014-09-16", None)).await?;
    let noted = received(organisation.clone(), "2014-09-17", Some("Courriel du 17"));
    does(agen, act, noted).await?;
    let head = waves.house.house.log.newest().await?.0;
    does(structure, act, received(organisation, "2014-09-18", None)).await?;
    assert_eq!(waves.house.house.log.newest().await?.0, head, "received already");
    Ok(())
}

#[tokio::test]
async fn an_element_shows_its_descendants_as_far_as_its_reader_may_follow() -> anyhow::Result<()> {
    let waves = Waves::open().await?;
    let Waves { agen, gers, landes, .. } = &waves;
    let numero = waves.keeps("Livret de la vague de 2014").await?;
    let element = waves.element(numero);
    let reuse = |ingenierie: &str| waves.of(numero, json!({ "ingenierie": ingenierie }));
    let act = "declareReutilisation";
    let not_found = json!(["NOT_FOUND", null]);
    assert_eq!(refused(&gers.charge, act, reuse(&gers.ingenierie)).await?, not_found);
    let handed = json!({ "destinataires": [{ "dla": gers.id }], "forme": "REUNION" });
    does(agen, "performTransfert", waves.of(numero, handed)).await?;
    does(&gers.charge, act, reuse(&gers.ingenierie)).await?;
    assert_eq!(refused(&landes.charge, act, reuse(&landes.ingenierie)).await?, not_found);
    // One answers for one's own ingénieries.
    assert_eq!(refused(&gers.charge, act, reuse(&landes.ingenierie)).await?, not_found);
    let no = refused(agen, act, reuse(&waves.acm)).await?;
    assert_eq!(no, json!(["REUTILISATION_OWN", "ingenierie"]));

    // What the Gers made of it, the Landes reuse; and the first wave itself, in a ring.
    let guide = gers.leaves("Guide gersois", None).await?;
    let of_guide = |ingenierie: &str| json!({ "capitalisation": guide, "element": 1, "ingenierie": ingenierie });
    does(&landes.charge, act, of_guide(&landes.ingenierie)).await?;
    does(agen, act, of_guide(&waves.acm)).await?;
    let guide_element = id("ElementCapitalise", format!("{}/1", uuid(&guide)));

    let seen = waves.node(agen, ESSAIMAGE, &element).await?["essaimage"].take();
    assert_eq!((&seen["ingenieries"], &seen["directes"]), (&json!(2), &json!(1)), "{seen:#}");
    let departement = |code: &str| json!({ "territoire": { "code": code }, "ingenieries": 1 });
    assert_eq!(seen["parTerritoire"], json!([departement("32"), departement("40")]));
    let mut of_dlas = vec![&seen["parDla"][0]["dla"]["id"], &seen["parDla"][1]["dla"]["id"]];
    of_dlas.sort_by_key(|it| **it == json!(landes.id));
    assert_eq!(json!(of_dlas), json!([gers.id, landes.id]));
    // The dossiers of others stay closed.
    let step = |generation: i32, element: &str| json!({ "generation": generation, "ingenierie": null, "element": { "id": element } });
    assert_eq!(seen["reutilisations"], json!([step(1, &element), step(2, &guide_element)]));
    let seen = waves
        .node(&landes.charge, ESSAIMAGE, &guide_element)
        .await?["essaimage"]
        .take();
    // The Gers reuses what the first wave left, and does not descend from its own guide.
    assert_eq!((&seen["ingenieries"], &seen["directes"]), (&json!(2), &json!(2)), "{seen:#}");
    assert_eq!(seen["reutilisations"][0]["ingenierie"], json!({ "id": landes.ingenierie }));

    let of = "query($id: ID!) { ingenierie(id: $id) { reutilisations {
        generation element { titre } } } }";
    for (by, ingenierie, titre) in [
        (gers, &gers.ingenierie, "Livret de la vague de 2014"),
        (landes, &landes.ingenierie, "Guide gersois"),
    ] {
        let found = by.charge.asks(of, json!({ "id": ingenierie })).await?;
        let expected = json!([{ "generation": 1, "element": { "titre": titre } }]);
        assert_eq!(found["ingenierie"]["reutilisations"], expected);
    }

    // Taken back, for a reason.
    let mut no_more = of_guide(&landes.ingenierie);
    no_more["motif"] = json!("Restée sans suite.");
    let no = refused(agen, "withdrawReutilisation", no_more.clone()).await?;
    assert_eq!(no, not_found);
    does(&landes.charge, "withdrawReutilisation", no_more).await?;
    let seen = waves.node(agen, ESSAIMAGE, &element).await?;
    assert_eq!(seen["essaimage"]["ingenieries"], 1);
    waves.house.close().await
}

/// Everything that a reader is told by the doors that show elements.
async fn told(waves: &Waves, by: &Visitor, ids: &Value) -> anyhow::Result<String> {
    const DOORS: &str = "query($element: ID!, $root: ID!, $capitalisation: ID!) {
        catalogueCapitalisation(first: 50) { nodes { titre } }
        searched: catalogueCapitalisation(first: 50, filter: { search: \"Gersoise\" }) {
            nodes { titre } }
        node(id: $element) { ... on ElementCapitalise { titre transferts { element } } }
        root: node(id: $root) { ... on ElementCapitalise {
            essaimage { reutilisations(first: 10) { element { titre } } } } }
        capitalisation(id: $capitalisation) { elements { titre } }
        historique(first: 100, filter: { categories: [CAPITALISATION] }) { nodes { data } } }";
    const REUSED: &str = "{ ingenieries(first: 10) { nodes { intitule
        reutilisations { element { titre } } capitalisations { elements { titre } } } } }";
    waves.house.caught_up().await?;
    let mut told = by.posts(DOORS, ids.clone()).await?.to_string();
    told += &by.asks(REUSED, json!({})).await?.to_string();
    let fiche = |it: &Dla| format!("/ingenieries/{}/fiche.json", it.ingenierie);
    for path in [
        "/historique.jsonl".to_owned(),
        "/historique.csv".to_owned(),
        fiche(&waves.gers),
        fiche(&waves.landes),
    ] {
        let answer = by.sends(Method::GET, &path, &[], "").await?;
        told += &String::from_utf8_lossy(&answer.body);
    }
    Ok(told)
}

#[tokio::test]
async fn what_a_structure_takes_back_is_read_nowhere_and_stays_in_the_log() -> anyhow::Result<()> {
    let waves = Waves::open().await?;
    let Waves { agen, gers, landes, .. } = &waves;
    let accueil = waves.organisation("Accueil du Gers").await?;
    let accueil_id = id("Organisation", accueil.0);
    let capitalisation = gers.leaves("Parole Gersoise", Some(&accueil_id)).await?;
    let of = |mut more: Value| {
        more["capitalisation"] = json!(capitalisation);
        more
    };
    // Handed over, reused by the Landes, and a descendant of what the first wave left.
    let handed = json!({ "element": 1, "destinataires": [{ "dla": landes.id }], "forme": "GUIDE" });
    does(&gers.charge, "performTransfert", of(handed.clone())).await?;
    let reuse = json!({ "element": 1, "ingenierie": landes.ingenierie });
    does(&landes.charge, "declareReutilisation", of(reuse)).await?;
    let root = json!({ "ingenierie": gers.ingenierie });
    does(&gers.charge, "declareReutilisation", waves.of(1, root)).await?;

    let ids = json!({
        "element": id("ElementCapitalise", format!("{}/1", uuid(&capitalisation))),
        "root": waves.element(1), "capitalisation": capitalisation,
    });
    let payer = waves
        .house
        .visitor(Role::Financeur { financeur: accueil })?;
    let admin = &waves.admin;
    let outsiders = [&landes.charge, agen, admin];
    for by in outsiders {
        assert!(told(&waves, by, &ids).await?.contains("Parole Gersoise"));
    }
    let seen = waves.node(agen, ESSAIMAGE, &waves.element(1)).await?;
    assert_eq!(seen["essaimage"]["ingenieries"], 2);

    // The structure itself takes it back.
    let structure = waves
        .house
        .visitor_named("gers", Role::StructureBeneficiaire { structure: accueil })?;
    let withdrawn = of(json!({ "structure": accueil_id }));
    does(&structure, "withdrawConsentementPublication", withdrawn).await?;
    for by in outsiders {
        let told = told(&waves, by, &ids).await?;
        assert!(!told.contains("Parole Gersoise"), "{told}");
    }
    let seen = waves.node(agen, ESSAIMAGE, &waves.element(1)).await?;
    assert_eq!(seen["essaimage"]["ingenieries"], 1, "what followed from it is not told either");
    assert_eq!(
        waves
            .found(&landes.charge, json!({ "transfere": true }))
            .await?,
        0
    );
    let received = json!({ "transfert": 1, "destinataire": { "dla": landes.id } });
    let no = refused(&landes.charge, "acknowledgeTransfert", of(received)).await?;
    assert_eq!(no, json!(["NOT_FOUND", null]));
    let again =
        of(json!({ "element": 1, "destinataires": [{ "dla": landes.id }], "forme": "REUNION" }));
    let no = refused(&gers.charge, "performTransfert", again.clone()).await?;
    assert_eq!(no, json!(["CONSENTEMENT_MISSING", "element"]));

    // Those of the ingénierie know what was taken back, and the log when.
    assert!(
        told(&waves, &gers.charge, &ids)
            .await?
            .contains("Parole Gersoise")
    );
    assert!(
        told(&waves, &payer, &ids)
            .await?
            .contains("Parole Gersoise")
    );
    let read = waves
        .node(&gers.charge, ELEMENT, ids["element"].as_str().context("an id")?)
        .await?;
    assert_eq!(read["consentement"], "RETIRE");
    let log = &waves.house.house.log;
    let facts = log
        .history::<Capitalisation>(CapitalisationId(uuid(&capitalisation)))
        .await?;
    let kinds: Vec<_> = facts.iter().map(|it| it.kind.as_str()).collect();
    let last = ["ReutilisationDeclared", "ConsentementPublicationWithdrawn", "ElementUnpublished"];
    assert!(kinds.ends_with(&last), "{kinds:?}");
    assert!(kinds.contains(&"ConsentementPublicationGiven"), "{kinds:?}");
    let proof = "query($dossier: ID!) { ingenierie(id: $dossier) { historique(first: 50, filter: {
        types: [\"ConsentementPublicationWithdrawn\"] }) { nodes { receipt } } } }";
    let proof = gers
        .charge
        .asks(proof, json!({ "dossier": gers.ingenierie }))
        .await?;
    assert!(proof["ingenierie"]["historique"]["nodes"][0]["receipt"].is_string(), "{proof:#}");

    // Given again, it comes back once it is published again.
    let signed = json!({ "structure": accueil_id, "reference": "Classeur 3, pièce 13" });
    does(&gers.charge, "giveConsentementPublication", of(signed)).await?;
    let no = refused(&gers.charge, "performTransfert", again).await?;
    assert_eq!(no, json!(["ELEMENT_WITHDRAWN", "element"]));
    assert!(
        !told(&waves, &landes.charge, &ids)
            .await?
            .contains("Parole Gersoise")
    );
    does(&gers.charge, "publishElement", of(json!({ "element": 1 }))).await?;
    assert!(
        told(&waves, &landes.charge, &ids)
            .await?
            .contains("Parole Gersoise")
    );
    waves.house.close().await
}
