//! What the doors that stay open do, said by a client that says anything.

use std::{collections::BTreeSet, time::Duration};

use domain::{Cents, OrganisationId, PlanFinancement, Role};
use house::{
    OpenHouse, Questions,
    dossier::{FINANCEUR, FONDATION, OTHER_DLA, PLAN, PRESTATAIRE, STRUCTURE, org},
    questions::financeur,
    sockets::{Heard, Socket},
};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{FAIT, LOG, charge_de_mission, furnished, global, history, token_of};

fn positions(facts: &[Value]) -> Vec<i64> {
    let of = |it: &Value| it["position"].as_str().unwrap().parse().unwrap();
    facts.iter().map(of).collect()
}

async fn grant(questions: &Questions, ligne: i32, montant: i64) -> anyhow::Result<()> {
    let by = financeur(FONDATION);
    let grant = |it: &PlanFinancement, asked: &domain::Asked| {
        it.grant_ressource(asked, ligne, Cents(montant))
    };
    questions
        .decide::<PlanFinancement>(&by, PLAN, grant)
        .await?;
    Ok(())
}

async fn request(questions: &Questions, ligne: i32) -> anyhow::Result<()> {
    questions
        .plan(|it, asked| it.request_ressource(asked, ligne))
        .await?;
    Ok(())
}

/// Given a dossier of which each role sees another part, when each follows it from the start,
/// then they hear what its history shows them, masked alike, and later facts as they come.
#[tokio::test(flavor = "multi_thread")]
async fn each_hears_of_a_dossier_what_its_history_shows_them() -> anyhow::Result<()> {
    let (open, questions) = furnished().await?;
    let dossier = global("Ingenierie", house::dossier::INGENIERIE.0);
    let query = format!(
        "subscription($id: ID!) {{ dossier(id: $id, after: \"0\") {{ position fait {{ {FAIT} }} }} }}"
    );
    let mut heard_by = vec![];
    for role in [
        charge_de_mission(),
        Role::ChargeDeMission { dlas: BTreeSet::from([OTHER_DLA]) },
        Role::Financeur { financeur: FINANCEUR },
        Role::StructureBeneficiaire { structure: STRUCTURE },
    ] {
        let shown = history(&open, role.clone(), json!({ "ingenieries": [dossier] })).await?;
        let mut socket = Socket::of(&open.url, &token_of(&open, role.clone())?).await?;
        socket
            .subscribes("1", &query, json!({ "id": dossier }))
            .await?;
        let heard = socket.facts("dossier", shown.len()).await?;
        let heard: Vec<_> = heard.iter().map(|it| it["fait"].clone()).collect();
        assert_eq!(heard, shown, "{role:?}");
        heard_by.push((socket, heard));
    }
    let contents = |it: &[Value]| it.iter().filter(|it| !it["data"].is_null()).count();
    assert!(contents(&heard_by[3].1) < heard_by[3].1.len(), "a structure reads all: a poor test");

    request(&questions, 2).await?;
    for (n, (socket, _)) in heard_by.iter_mut().enumerate().take(3) {
        let fact = &socket.facts("dossier", 1).await?[0]["fait"];
        assert_eq!(fact["type"], "RessourceRequested", "{n}");
    }
    // Whoever sees nothing of it is told that it does not exist.
    let stranger = Role::Prestataire { prestataire: PRESTATAIRE };
    let mut socket = Socket::of(&open.url, &token_of(&open, stranger)?).await?;
    socket
        .subscribes("1", &query, json!({ "id": dossier }))
        .await?;
    let error = socket.hears().await?;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")), "{error}");
    assert_eq!(error["payload"][0]["extensions"]["code"], "NOT_FOUND");
    open.close().await
}

/// Given a plan that two organisations pay, when both are asked and one grants, then each
/// financeur hears of its own lines and of no other's.
#[tokio::test(flavor = "multi_thread")]
async fn a_financeur_hears_of_its_own_lines_only() -> anyhow::Result<()> {
    let (open, questions) = furnished().await?;
    let query = "subscription($financeur: ID) {
        lignesFinancement(financeur: $financeur, after: \"0\") {
            position
            fait { type }
            ligne { ligne etat granted }
            planFinancement { id }
            ingenierie { id }
        }
    }";
    let mut sockets = vec![];
    for financeur in [FINANCEUR, FONDATION] {
        let token = open.visitor_named(&financeur.0.to_string(), Role::Financeur { financeur })?;
        let mut socket = Socket::of(&open.url, &token.token.unwrap_or_default()).await?;
        socket.subscribes("lignes", query, json!({})).await?;
        sockets.push(socket);
    }
    // Line 1 is what is paid for.
    for ligne in [2, 3] {
        request(&questions, ligne).await?;
    }
    grant(&questions, 3, 150_000).await?;
    request(&questions, 4).await?;

    let moves = |heard: &[Value]| -> Vec<(String, i64)> {
        let of = |it: &Value| {
            assert_eq!(it["planFinancement"]["id"], global("PlanFinancement", PLAN.0));
            assert_eq!(it["ingenierie"]["id"], global("Ingenierie", house::dossier::INGENIERIE.0));
            let kind = it["fait"]["type"].as_str().unwrap_or_default().to_owned();
            (kind, it["ligne"]["ligne"].as_i64().unwrap_or_default())
        };
        heard.iter().map(of).collect()
    };
    let move_of = |kind: &str, ligne| (format!("Ressource{kind}"), ligne);
    let of_first = sockets[0].facts("lignesFinancement", 2).await?;
    assert_eq!(moves(&of_first), [move_of("Sought", 2), move_of("Requested", 2)]);
    let of_second = sockets[1].facts("lignesFinancement", 3).await?;
    let expected = [move_of("Sought", 3), move_of("Requested", 3), move_of("Granted", 3)];
    assert_eq!(moves(&of_second), expected);
    assert_eq!(
        of_second[2]["ligne"],
        json!({ "ligne": 3, "etat": "GRANTED", "granted": "150000" })
    );
    // The next thing that the first hears is how far the log was read: the others' facts are not
    // told to it.
    let next = sockets[0].hears().await?["payload"]["data"]["lignesFinancement"].take();
    assert_eq!(next["fait"], Value::Null, "{next}");
    assert!(positions(&[next]) >= positions(&of_second[2..]));
    // Nor may it ask for another's.
    let fondation = json!({ "financeur": global("Organisation", FONDATION.0) });
    sockets[0].subscribes("others", query, fondation).await?;
    let error = sockets[0].hears_of("others").await?;
    assert_eq!(error["payload"][0]["extensions"]["code"], "NOT_FOUND", "{error}");
    open.close().await
}

/// Given what the protocol forbids, each is told by the code that the protocol gives it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_protocol_forbids_is_told_by_its_code() -> anyhow::Result<()> {
    let open = OpenHouse::open().await?;
    let token = token_of(&open, charge_de_mission())?;
    let init = json!({ "type": "connection_init" });
    let known = json!({ "type": "connection_init", "payload": { "authorization": format!("bearer {token}") } });
    let bad = json!({ "type": "connection_init", "payload": { "authorization": "Bearer a.b.c" } });
    let subscribe =
        json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ viewer { role } }" } });
    let follow = json!({ "id": "1", "type": "subscribe", "payload": { "query": LOG } });
    let shapeless = json!({ "id": "1", "type": "subscribe", "payload": { "query": 1 } });
    let long = json!({ "type": "ping", "payload": { "a": "a".repeat(128 * 1024) } });
    for (said, code) in [
        (vec![], 4408),
        (vec![init.clone()], 4401),
        (vec![bad], 4403),
        (vec![subscribe], 4401),
        (vec![known.clone(), known.clone()], 4429),
        (vec![known.clone(), follow.clone(), follow], 4409),
        (vec![json!([])], 4400),
        (vec![json!({ "type": "start" })], 4400),
        (vec![known.clone(), json!({ "type": "subscribe", "payload": {} })], 4400),
        (vec![known.clone(), shapeless], 4400),
        (vec![known.clone(), long], 1009),
    ] {
        let mut socket = Socket::open(&open.url, "graphql-transport-ws").await?;
        for it in &said {
            socket.says(it.clone()).await?;
        }
        let (told, reason) = socket.hears_goodbye().await?;
        assert_eq!(told, code, "{reason}: {said:?}");
    }
    let mut socket = Socket::open(&open.url, "graphql-transport-ws").await?;
    socket.says_text("{".to_owned()).await?;
    assert_eq!(socket.hears_goodbye().await?.0, 4400);
    let mut socket = Socket::open(&open.url, "graphql-transport-ws").await?;
    socket.says_bytes().await?;
    assert_eq!(socket.hears_goodbye().await?.0, 4400);
    // The protocol of before is not spoken; with both, the new one is.
    let none = Socket::open_with(&open.url, &[], None)
        .await?
        .hears_goodbye()
        .await?;
    assert_eq!(none.0, 4406);
    let mut both = Socket::open(&open.url, "graphql-ws, graphql-transport-ws")
        .await?
        .welcomed(&token)
        .await?;
    both.says(json!({ "type": "ping", "payload": { "n": 1 } }))
        .await?;
    assert_eq!(both.hears().await?, json!({ "type": "pong", "payload": { "n": 1 } }));
    open.close().await
}

/// Given a client that does not answer when it is asked whether it is there, then it is let go.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_gives_no_sign_of_life_is_let_go() -> anyhow::Result<()> {
    let open = OpenHouse::open().await?;
    let mut socket = Socket::of(&open.url, &token_of(&open, charge_de_mission())?).await?;
    sleep(Duration::from_secs(43)).await;
    assert_eq!(socket.hears_goodbye().await?, (1001, "No sign of life".to_owned()));
    open.close().await
}

/// Given pages of other sites, only one that is listed opens a connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_opens_no_connection() -> anyhow::Result<()> {
    let open = OpenHouse::open().await?;
    let token = token_of(&open, charge_de_mission())?;
    let from = |origin: &'static str| {
        let open = &open;
        async move {
            let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
            Socket::open_with(&open.url, &[protocol, ("origin", origin)], None).await
        }
    };
    from("https://portail.example")
        .await?
        .welcomed(&token)
        .await?;
    let refused = from("https://ailleurs.example").await.err().unwrap();
    assert!(refused.to_string().contains("403"), "{refused}");
    open.close().await
}

/// Given documents that would hold a server, when they come over a WebSocket or as events, then
/// they are refused as over HTTP, word for word.
#[tokio::test(flavor = "multi_thread")]
async fn the_guard_says_the_same_at_every_door() -> anyhow::Result<()> {
    let open = OpenHouse::open().await?;
    let visitor = open.visitor(charge_de_mission())?;
    let mut socket = Socket::of(&open.url, visitor.token.as_deref().unwrap_or_default()).await?;
    let fragments: Vec<_> = (0..30)
        .map(|n| format!("fragment f{n} on Query {{ ...f{} ...f{} }}", n + 1, n + 1))
        .collect();
    let fragments = fragments.join(" ");
    let aliases: Vec<_> = (0..40).map(|n| format!("a{n}: __typename")).collect();
    let aliases = aliases.join(" ");
    for (n, document) in [
        "{".repeat(2_000),
        format!("{{ ...f0 }} {fragments} fragment f30 on Query {{ __typename }}"),
        "subscription { ".to_owned() + &"a ".repeat(3_000) + "}",
        format!("{{ {aliases} }}"),
        "{ nothing }".to_owned(),
        "subscription { log { position } dossier(id: \"a\") { position } }".to_owned(),
        "subscription { ...f } fragment f on Subscription { log { position } }".to_owned(),
        "subscription { __typename }".to_owned(),
        "subscription { log(after: \"x\") { position } }".to_owned(),
        " ".repeat(17 * 1024),
    ]
    .into_iter()
    .enumerate()
    {
        let over_http = visitor.posts(&document, json!({})).await?["errors"].take();
        let id = n.to_string();
        socket.subscribes(&id, &document, json!({})).await?;
        let said = socket.hears().await?;
        assert_eq!((&said["type"], &said["id"]), (&json!("error"), &json!(id)), "{said}");
        // What is sound is refused over HTTP because nobody could hear the answer.
        if over_http[0]["extensions"]["code"] != "SUBSCRIPTION_NEEDS_STREAM" {
            assert_eq!(said["payload"], over_http, "{document}");
        }
        let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
        let body = json!({ "query": document }).to_string();
        let events = visitor
            .sends(Method::POST, "/graphql", &headers, body)
            .await?;
        assert_eq!(events.status, StatusCode::OK);
        let (data, rest) = told(&events.body);
        assert_eq!((&data["errors"], rest), (&said["payload"], "event: complete\ndata: \n\n"));
    }
    open.close().await
}

/// Given a client that numbers its operations from 1 each time, when one has ended, then its id is
/// free.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_free_as_soon_as_its_operation_has_ended() -> anyhow::Result<()> {
    let open = OpenHouse::open().await?;
    let token = token_of(&open, charge_de_mission())?;
    let mut socket = Socket::of(&open.url, &token).await?;
    for _ in 0..200 {
        socket
            .subscribes("1", "{ viewer { role } }", json!({}))
            .await?;
        assert_eq!(socket.hears().await?["type"], "next");
        assert_eq!(socket.hears().await?["type"], "complete");
        socket.subscribes("1", "{ nothing }", json!({})).await?;
        assert_eq!(socket.hears().await?["type"], "error");
    }
    open.close().await
}

/// The first event told, and what follows it.
fn told(body: &[u8]) -> (Value, &str) {
    let text = std::str::from_utf8(body).unwrap();
    let (_, next) = text.split_once("event: next\n").unwrap();
    let (event, rest) = next.split_once("\n\n").unwrap();
    let data = event
        .lines()
        .find_map(|it| it.strip_prefix("data: "))
        .unwrap();
    (serde_json::from_str(data).unwrap(), rest)
}

/// Given a token that is about to expire, when it does, then both doors close and say why.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_closes_what_it_opened() -> anyhow::Result<()> {
    let open = OpenHouse::open().await?;
    // Half a minute late is let in: clocks differ.
    let leeway = SignedDuration::from_secs(30);
    let token =
        open.token_that_lasts(charge_de_mission(), SignedDuration::from_secs(4) - leeway)?;
    let mut socket = Socket::of(&open.url, &token).await?;
    socket.subscribes("1", LOG, json!({})).await?;
    let visitor = house::Visitor::at(&open.url, Some(&token));
    let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
    let body = json!({ "query": LOG }).to_string();
    let events = visitor.sends(Method::POST, "/graphql", &headers, body);
    let (events, goodbye) = tokio::join!(events, socket.hears_goodbye());
    let (code, reason) = goodbye?;
    assert_eq!(code, 4403, "{reason}");
    assert!(reason.contains("not accepted") && reason.contains("resume after 0"), "{reason}");
    let body = String::from_utf8(events?.body.to_vec())?;
    assert!(body.contains("\"UNAUTHENTICATED\"") && body.ends_with("event: complete\ndata: \n\n"));
    // Whoever comes back with it stays outside.
    let again = Socket::of(&open.url, &token).await.err().unwrap();
    assert!(again.to_string().contains("4403"), "{again}");
    open.close().await
}

/// Given a client that takes nothing, when what waits for it has no room any more, then it is told
/// that it is too slow and where to go on; and going on there, it hears exactly the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_told_where_to_go_on() -> anyhow::Result<()> {
    let (open, questions) = furnished().await?;
    for n in 0..150 {
        let id: OrganisationId = org(10_000 + n);
        questions.register(id).await?;
    }
    open.caught_up().await?;
    let head = open.house.log.head().0;
    let heavy: Vec<_> = (0..28).map(|n| format!("a{n}: data")).collect();
    let heavy = heavy.join(" ");
    let query = format!(
        "subscription($after: Position) {{ log(after: $after) {{ position fait {{ position {heavy} }} }} }}"
    );
    let token = token_of(&open, charge_de_mission())?;
    let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
    let socket = Socket::open_with(&open.url, &protocol, Some(4_096)).await?;
    let mut socket = socket.welcomed(&token).await?;
    // More than the buffers between the two hold.
    let ids: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    for id in &ids {
        socket
            .subscribes(id, &query, json!({ "after": "0" }))
            .await?;
    }
    sleep(Duration::from_secs(16)).await;

    let (told, (code, reason)) = until_goodbye(&mut socket).await?;
    assert_eq!(code, 4430, "{reason}");
    let (_, after) = reason.rsplit_once(' ').unwrap();
    let of = |id: &str| {
        told.iter()
            .filter(|(of, _)| of == id)
            .map(|(_, it)| *it)
            .collect()
    };
    let by_id: Vec<Vec<i64>> = ids.iter().map(|id| of(id)).collect();
    let lasts = by_id
        .iter()
        .map(|it| it.last().copied().unwrap_or_default());
    let first = lasts.clone().min().unwrap();
    assert_eq!(after.parse::<i64>()?, first, "{reason}");
    assert!(first < head, "everything fitted: a poor test");

    // Whoever goes on after what they heard last hears exactly the rest.
    let mut read = by_id[0].clone();
    let last = lasts.clone().next().unwrap();
    let mut again = Socket::of(&open.url, &token).await?;
    again
        .subscribes("1", &query, json!({ "after": last.to_string() }))
        .await?;
    let shown = open.visitor(charge_de_mission())?;
    let count = "{ historique(first: 1) { totalCount } }";
    let all = shown.asks(count, json!({})).await?["historique"]["totalCount"]
        .as_u64()
        .unwrap();
    let rest = usize::try_from(all)? - read.len();
    read.extend(positions(&again.facts("log", rest).await?));
    let each: BTreeSet<_> = read.iter().copied().collect();
    assert_eq!((each.len(), read.is_sorted()), (read.len(), true));
    open.close().await
}

/// The facts that are still told, by subscription and position, and the goodbye.
async fn until_goodbye(socket: &mut Socket) -> anyhow::Result<(Vec<(String, i64)>, (u16, String))> {
    let mut told = vec![];
    loop {
        match socket.next().await? {
            Heard::Said(said) => {
                let id = said["id"].as_str().unwrap_or_default().to_owned();
                let event = said["payload"]["data"]["log"].clone();
                told.extend(positions(&[event]).into_iter().map(|it| (id.clone(), it)));
            }
            Heard::Closed(code, reason) => return Ok((told, (code, reason))),
        }
    }
}

/// Given clients that follow, when the server stops, then they are told to come back, and after
/// which position.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_tells_its_clients_where_to_go_on() -> anyhow::Result<()> {
    let (open, _) = furnished().await?;
    let token = token_of(&open, charge_de_mission())?;
    let mut socket = Socket::of(&open.url, &token).await?;
    socket.subscribes("1", LOG, json!({ "after": "0" })).await?;
    let first = socket.facts("log", 5).await?;
    let mut waits = Socket::of(&open.url, &token).await?;
    let head = open.house.log.head().0;
    waits.subscribes("1", LOG, json!({})).await?;
    waits.hears().await?;
    let stopped = tokio::spawn(open.close());
    let (told, (code, reason)) = until_goodbye(&mut socket).await?;
    let last = told.last().map_or(positions(&first)[4], |(_, it)| *it);
    assert_eq!((code, reason), (1012, format!("Service restart; resume after {last}")));
    let (code, reason) = waits.hears_goodbye().await?;
    assert_eq!((code, reason), (1012, format!("Service restart; resume after {head}")));
    drop((socket, waits));
    stopped.await?
}

/// Given a reader of events that was cut off, when it comes back with the id of the last event it
/// read, as a browser does, then it goes on after it.
#[tokio::test(flavor = "multi_thread")]
async fn events_go_on_after_the_last_that_was_read() -> anyhow::Result<()> {
    let (open, _) = furnished().await?;
    let visitor = open.visitor(charge_de_mission())?;
    let to = open.house.log.head().0.to_string();
    let query = LOG
        .replace("$after: Position, ", "")
        .replace("after: $after", "after: \"0\"");
    let variables = json!({ "filter": { "to": to } });
    let body = json!({ "query": query, "variables": variables }).to_string();
    let read = |last: Option<i64>| {
        let (visitor, body) = (&visitor, body.clone());
        async move {
            let last = last.map(|it| it.to_string()).unwrap_or_default();
            let mut headers = vec![("content-type", "application/json")];
            if !last.is_empty() {
                headers.push(("last-event-id", last.as_str()));
            }
            let answer = visitor
                .sends(Method::POST, "/graphql/stream", &headers, body)
                .await?;
            assert_eq!(answer.status, StatusCode::OK);
            let media = answer.headers["content-type"].to_str()?.to_owned();
            assert_eq!(media, "text/event-stream; charset=utf-8");
            let text = String::from_utf8(answer.body.to_vec())?;
            assert!(
                text.starts_with("retry: 2000\n\n")
                    && text.ends_with("event: complete\ndata: \n\n")
            );
            let ids = text.lines().filter_map(|it| it.strip_prefix("id: "));
            Ok::<Vec<i64>, anyhow::Error>(ids.map(str::parse).collect::<Result<_, _>>()?)
        }
    };
    let all = read(None).await?;
    assert!(all.len() > 20 && all.is_sorted(), "{all:?}");
    assert_eq!(read(Some(all[9])).await?, all[10..]);
    // Without a token there is nothing to read, and the answer says so as over HTTP.
    let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
    let outside = open
        .stranger()
        .sends(Method::POST, "/graphql", &headers, body.clone())
        .await?;
    assert_eq!(outside.status, StatusCode::UNAUTHORIZED);
    open.close().await
}

/// Given one connection, when a command is given on it, then it answers as over HTTP; and it may do
/// so many things at once and no more, as one caller may open so many connections and no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_takes_commands_and_has_its_limits() -> anyhow::Result<()> {
    let open = OpenHouse::open().await?;
    let token = token_of(&open, charge_de_mission())?;
    let mut socket = Socket::of(&open.url, &token).await?;
    let command = house::document("registerOrganisation", "{ position }").await;
    let input = json!({
        "commandId": "0198f3a2-5b7c-4d1e-8a9f-3c2b1a0d9e8f",
        "denomination": "Repair Café",
        "statut": "ASSOCIATION",
        "sansIdentifiant": "En création.",
    });
    socket
        .subscribes("c", &command, json!({ "input": input }))
        .await?;
    let done = socket.hears().await?;
    assert_eq!(done["payload"]["data"]["registerOrganisation"]["position"], "1", "{done}");
    assert_eq!(socket.hears().await?, json!({ "id": "c", "type": "complete" }));

    for n in 0..20 {
        socket.subscribes(&n.to_string(), LOG, json!({})).await?;
    }
    socket.subscribes("20", LOG, json!({})).await?;
    let one_more = socket.hears_of("20").await?;
    assert_eq!(one_more["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS", "{one_more}");
    // One that is stopped leaves its place.
    socket
        .says(json!({ "id": "7", "type": "complete" }))
        .await?;
    socket.subscribes("again", LOG, json!({})).await?;
    assert_eq!(socket.hears_of("again").await?["type"], "next");

    let mut others = vec![];
    for _ in 1..30 {
        others.push(Socket::of(&open.url, &token).await?);
    }
    let too_many = Socket::of(&open.url, &token).await.err().unwrap();
    assert!(too_many.to_string().contains("4431"), "{too_many}");
    drop((socket, others));
    open.close().await
}
