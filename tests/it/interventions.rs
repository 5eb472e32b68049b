//! Interventions over HTTP: séances are scheduled, certified, attended and closed, and each one
//! reads what is theirs.

use anyhow::Context;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{OrganisationId, Role};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        DLA, FINANCEUR, INGENIERIE, OTHER_DLA, OTHER_STRUCTURE, PLAN, PRESTATAIRE, STRUCTURE,
    },
};
use projections::interventions::MODEL;
use serde_json::{Value, json};
use uuid::Uuid;

const INTERVENTION: Uuid = Uuid::from_u128(0x11);
const NADIA: Uuid = Uuid::from_u128(0x71);
const PAUL: Uuid = Uuid::from_u128(0x72);
const DAY: &str = "2026-03-12";

const READ: &str = "query($id: ID!) { intervention(id: $id) {
    closedOn misesEnRelation { structure { id } } presencesDla { etape }
    avancements { texte destinataires { id } } rapports { resume } reglesEcartees { code because }
    seances { numero etat mode date debut lieu convoques presents motif
              participants { personne present } } } }";

const CALENDAR: &str = "query($filter: SeanceFilter, $after: String) {
    seances(first: 1, filter: $filter, after: $after) {
        totalCount nodes { numero etat } pageInfo { hasNextPage endCursor } } }";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn organisation(it: OrganisationId) -> String {
    id("Organisation", it.0)
}

/// The commands of one visitor to the intervention, numbered so that each is sent once.
struct Giving<'a> {
    visitor: &'a Visitor,
    next: u128,
}

impl Giving<'_> {
    fn input(&mut self, mut more: Value) -> Value {
        self.next += 1;
        more["commandId"] = json!(Uuid::from_u128(self.next));
        more["intervention"] = json!(id("Intervention", INTERVENTION));
        more["on"] = json!(DAY);
        more
    }

    async fn does(&mut self, mutation: &str, more: Value) -> anyhow::Result<Value> {
        let input = self.input(more);
        self.visitor
            .does(mutation, input, "{ intervention { version } position }")
            .await
    }

    async fn is_refused(&mut self, mutation: &str, more: Value) -> anyhow::Result<String> {
        let input = self.input(more);
        let error = self.visitor.is_refused(mutation, input).await?;
        Ok(error["extensions"]["code"]
            .as_str()
            .context("a code")?
            .to_owned())
    }
}

fn giving(visitor: &Visitor, from: u128) -> Giving<'_> {
    Giving { visitor, next: from * 1_000 }
}

async fn read(visitor: &Visitor) -> anyhow::Result<Value> {
    let variables = json!({ "id": id("Intervention", INTERVENTION) });
    Ok(visitor.asks(READ, variables).await?["intervention"].take())
}

/// A started ingénierie in a house: two structures take part.
async fn started() -> anyhow::Result<OpenHouse> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    let plan = questions.log.seen::<domain::PlanFinancement>(PLAN).await?;
    questions
        .dossier(|it, asked| it.start_ingenierie(asked, &plan))
        .await?;
    questions.catch_up().await?;
    OpenHouse::on(questions.database).await
}

#[tokio::test]
async fn an_intervention_goes_from_its_first_seance_to_its_report() -> anyhow::Result<()> {
    let house = started().await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let opens = json!({
        "commandId": INTERVENTION, "on": DAY,
        "ingenierie": id("Ingenierie", INGENIERIE.0),
    });
    amina
        .does("openIntervention", opens, "{ intervention { id version } }")
        .await?;
    let mut gives = giving(&amina, 1);
    let second = json!({
        "ingenierie": id("Ingenierie", INGENIERIE.0),
        "commandId": Uuid::from_u128(9), "on": DAY,
    });
    let no = amina.is_refused("openIntervention", second).await?;
    assert_eq!(no["extensions"]["code"], "ALREADY_CLAIMED");

    // Scheduled without a place, it cannot be certified; nor can anyone be convened.
    let seance = json!({
        "moment": { "date": DAY, "debut": "9:00", "fin": "12:30" },
        "module": "Comprendre", "groupe": 1, "intervenant": organisation(PRESTATAIRE),
    });
    gives.does("scheduleSeance", seance).await?;
    let one = json!({ "seance": 1 });
    assert_eq!(
        gives
            .is_refused("certifySeanceInformation", one.clone())
            .await?,
        "INFORMATION_INCOMPLETE"
    );
    let nadia = json!({
        "seance": 1, "structure": organisation(STRUCTURE), "personne": NADIA,
    });
    assert_eq!(
        gives
            .is_refused("registerParticipant", nadia.clone())
            .await?,
        "INFORMATION_NOT_CERTIFIED"
    );
    let wrong = json!({
        "moment": { "date": DAY, "debut": "25:00" }, "module": "Comprendre",
    });
    assert_eq!(gives.is_refused("scheduleSeance", wrong).await?, "BAD_USER_INPUT");
    let whole = json!({ "date": DAY, "debut": "09:00", "fin": "12:30", "lieu": "Avignon" });
    let moves = json!({ "seance": 1, "moment": whole, "motif": "Mme Roux a trouvé une salle." });
    gives.does("rescheduleSeance", moves).await?;
    gives.does("certifySeanceInformation", one.clone()).await?;
    let individual = json!({
        "moment": whole_later(), "structure": organisation(OTHER_STRUCTURE),
    });
    gives.does("scheduleSeance", individual).await?;

    // A structure convenes its own people, and nobody else's.
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let mut convenes = giving(&structure, 2);
    convenes.does("registerParticipant", nadia).await?;
    let paul = json!({
        "seance": 1, "structure": organisation(OTHER_STRUCTURE), "personne": PAUL,
    });
    assert_eq!(
        convenes
            .is_refused("registerParticipant", paul.clone())
            .await?,
        "NOT_FOUND"
    );
    gives.does("registerParticipant", paul).await?;

    // The intervenant holds its séance and notes who came.
    let prestataire = house.visitor(Role::Prestataire { prestataire: PRESTATAIRE })?;
    let mut leads = giving(&prestataire, 3);
    let came = json!({ "seance": 1, "personne": NADIA, "present": true });
    assert_eq!(leads.is_refused("recordPresence", came.clone()).await?, "SEANCE_NOT_HELD");
    leads.does("holdSeance", one).await?;
    leads.does("recordPresence", came).await?;
    let absent = json!({ "seance": 1, "personne": PAUL, "present": false });
    leads.does("recordPresence", absent).await?;
    let report = json!({
        "intervenant": organisation(PRESTATAIRE), "resume": "M. Blanc suit son budget.",
    });
    leads.does("deliverRapportMission", report).await?;

    let tells = json!({
        "avancement": "Deux structures ont commencé.",
        "destinataires": [organisation(FINANCEUR), organisation(OTHER_STRUCTURE)],
    });
    gives.does("reportProgress", tells).await?;
    let related = json!({
        "structure": organisation(STRUCTURE), "intervenant": organisation(PRESTATAIRE),
    });
    gives.does("makeMiseEnRelation", related).await?;
    let there = json!({ "dla": id("Dla", DLA.0), "etape": "DEMARRAGE" });
    gives.does("recordDlaPresence", there).await?;
    assert_eq!(gives.is_refused("closeIntervention", json!({})).await?, "SEANCES_WAITING");
    let cancels = json!({ "seance": 2, "motif": "Plus de besoin." });
    gives.does("cancelSeance", cancels).await?;
    assert_eq!(gives.is_refused("closeIntervention", json!({})).await?, "JUSTIFICATION_NEEDED");
    gives
        .does("closeIntervention", json!({ "because": "L'agente était malade." }))
        .await?;

    let seen = read(&amina).await?;
    assert_eq!(seen["closedOn"], DAY);
    let told = json!([{
        "texte": "Deux structures ont commencé.",
        "destinataires": [
            { "id": organisation(FINANCEUR) }, { "id": organisation(OTHER_STRUCTURE) },
        ],
    }]);
    assert_eq!(seen["avancements"], told);
    assert_eq!(seen["rapports"], json!([{ "resume": "M. Blanc suit son budget." }]));
    let waived = json!([{ "code": "DLA_PRESENT", "because": "L'agente était malade." }]);
    assert_eq!(seen["reglesEcartees"], waived);
    let held = json!({
        "numero": 1, "etat": "TENUE", "mode": "COLLECTIVE", "date": DAY, "debut": "09:00",
        "lieu": "Avignon", "convoques": 2, "presents": 1,
        "motif": "Mme Roux a trouvé une salle.",
        "participants": [
            { "personne": NADIA, "present": true }, { "personne": PAUL, "present": false },
        ],
    });
    assert_eq!(seen["seances"][0], held);
    assert_eq!(seen["seances"][1]["etat"], "ANNULEE");
    each_reads_what_is_theirs(&house).await?;
    calendar(&amina, &structure).await?;
    house.close().await
}

/// What the history tells of the reports of progress.
async fn progress(by: &Visitor) -> anyhow::Result<Value> {
    let query = "{ historique(first: 9, filter: { types: [\"ProgressReported\"] }) {
        nodes { data } } }";
    Ok(by.asks(query, json!({})).await?["historique"]["nodes"].take())
}

fn whole_later() -> Value {
    json!({ "date": "2026-03-14", "debut": "14:00", "fin": "16:00", "lieu": "Orange" })
}

async fn each_reads_what_is_theirs(house: &OpenHouse) -> anyhow::Result<()> {
    let people = |seen: &Value, n: usize| {
        let all = seen["seances"][n]["participants"].as_array().map(Vec::len);
        all.unwrap_or_default()
    };
    // A structure: its own people, and no individual séance of another one.
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let seen = read(&structure).await?;
    assert_eq!((people(&seen, 0), seen["seances"][1].is_null()), (1, true));
    assert_eq!(seen["seances"][0]["convoques"], 2);
    assert!(seen["seances"][0]["motif"].is_null() && seen["rapports"][0]["resume"].is_null());
    // Nor who else was told, in the page as in the history.
    assert_eq!(seen["avancements"], json!([{ "texte": null, "destinataires": [] }]));
    assert_eq!(progress(&structure).await?, json!([{ "data": null }]));
    let told = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    assert!(progress(&told).await?[0]["data"]["destinataires"].is_array());
    // Who leads: the list of its séance, and its own report.
    let prestataire = house.visitor(Role::Prestataire { prestataire: PRESTATAIRE })?;
    let seen = read(&prestataire).await?;
    assert_eq!(people(&seen, 0), 2);
    assert_eq!(seen["rapports"][0]["resume"], "M. Blanc suit son budget.");
    assert!(seen["avancements"][0]["texte"].is_null());
    // Who pays: the calendar and what it was told, and nobody's name.
    let financeur = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    let seen = read(&financeur).await?;
    assert_eq!((people(&seen, 0), people(&seen, 1)), (0, 0));
    assert_eq!(seen["avancements"][0]["texte"], "Deux structures ont commencé.");
    assert_eq!(seen["misesEnRelation"], json!([]));
    // Others know of nothing.
    let other = house.visitor_named("other", Role::ChargeDeMission { dlas: [OTHER_DLA].into() });
    let nobody =
        house.visitor_named("nobody", Role::Financeur { financeur: house::dossier::org(99) });
    // The other DLA pays a part of the plan: it reads the dossier.
    assert!(read(&other?).await?.is_object());
    assert_eq!(read(&nobody?).await?, Value::Null);
    Ok(())
}

async fn calendar(amina: &Visitor, structure: &Visitor) -> anyhow::Result<()> {
    let page = async |by: &Visitor, filter: Value, after: Value| {
        let asked = json!({ "filter": filter, "after": after });
        Ok::<_, anyhow::Error>(by.asks(CALENDAR, asked).await?["seances"].take())
    };
    let first = page(amina, Value::Null, Value::Null).await?;
    assert_eq!((&first["totalCount"], &first["nodes"][0]["numero"]), (&json!(2), &json!(1)));
    let next = page(amina, Value::Null, first["pageInfo"]["endCursor"].clone()).await?;
    assert_eq!(next["nodes"], json!([{ "numero": 2, "etat": "ANNULEE" }]));
    assert_eq!(next["pageInfo"]["hasNextPage"], false);
    for (filter, found) in [
        (json!({ "du": "2026-03-13" }), 1),
        (json!({ "au": DAY }), 1),
        (json!({ "du": "2026-03-13", "au": DAY }), 0),
        (json!({ "etat": "TENUE" }), 1),
        (json!({ "structure": organisation(OTHER_STRUCTURE) }), 2),
        (json!({ "structure": organisation(STRUCTURE) }), 1),
        (json!({ "intervenant": organisation(PRESTATAIRE) }), 1),
        (json!({ "dla": id("Dla", OTHER_DLA.0) }), 0),
        (json!({ "ingenierie": id("Ingenierie", INGENIERIE.0) }), 2),
        (json!({ "territoire": { "niveau": "DEPARTEMENT", "code": "84" } }), 2),
        (json!({ "territoire": { "niveau": "DEPARTEMENT", "code": "13" } }), 0),
    ] {
        let seen = page(amina, filter.clone(), Value::Null).await?;
        assert_eq!(seen["totalCount"], found, "{filter}");
    }
    let own = page(structure, Value::Null, Value::Null).await?;
    assert_eq!(own["totalCount"], 1);
    Ok(())
}

#[tokio::test]
async fn interventions_say_the_same_however_they_are_built() -> anyhow::Result<()> {
    use domain::{Heure, Intervention, InterventionId, PersonId, intervention::*};
    use house::dossier::{amina, line, prose};

    let questions = Questions::open().await?;
    questions.confirmed().await?;
    let ingenierie = questions.log.either::<domain::Dossier>(INGENIERIE).await?;
    let id = InterventionId(INTERVENTION);
    let tells = async |decision: &(
                            dyn Fn(&Intervention, &domain::Asked) -> domain::Decision<Intervention>
                                + Sync
                                + Send
                        )| {
        questions
            .decide::<Intervention>(&amina(), id, decision)
            .await
    };
    tells(&|it, asked| it.open_intervention(asked, &ingenierie)).await?;
    let prevue = SeancePrevue {
        nature: NatureSeance::Individuelle(STRUCTURE),
        module: None,
        groupe: None,
        intervenant: Some(PRESTATAIRE),
        territoire: None,
        moment: Moment {
            date: domain::date(2026, 3, 12),
            debut: Heure::parse("9:00").ok(),
            fin: Heure::parse("12:00").ok(),
            lieu: Some(line("Avignon")),
        },
    };
    tells(&|it, asked| it.schedule_seance(asked, &ingenierie, prevue.clone())).await?;
    tells(&|it, asked| it.certify_seance_information(asked, 1)).await?;
    let sent = (STRUCTURE, PersonId(NADIA));
    tells(&|it, asked| it.register_participant(asked, &ingenierie, 1, sent)).await?;
    tells(&|it, asked| it.unregister_participant(asked, 1, sent.1, prose("Mme Petit part.")))
        .await?;
    tells(&|it, asked| it.cancel_seance(asked, 1, prose("Plus de besoin."))).await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(dump.contains("ANNULEE"), "{dump}");
    Ok(())
}
