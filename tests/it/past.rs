//! Answers as of an earlier time: they count the facts up to there, whatever came after, and the
//! same question gets the same answer for ever.

use std::collections::BTreeMap;

use api::cases;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Event, OrganisationId, PlanFinancementId, Role,
    plan_financement::{Contributeur, Event as Fact},
};
use eventlog::Position;
use house::{OpenHouse, Visitor};
use projections::past::PASTS_MAX;
use serde_json::{Value, json};

/// A funder's figures and their facts, and those of its conventions, as of one time.
const FIGURES: &str = "query Figures($financeur: ID!, $asOf: AsOfInput) {
    financementPartenaire(financeur: $financeur, asOf: $asOf) {
        asOf { position }
        totals {
            ingenieries sought requested granted paid othersGranted leverage
            positions(first: 1000)
        }
        ingenieries(first: 5) {
            asOf { position }
            totalCount
            nodes {
                share
                paid { montant positions }
                ingenierie { etat structuresMobilisees }
                planFinancement {
                    version confirmed
                    totals { depenses retained granted paid }
                    creditsIngenierie { theme { code } }
                    superpositions { bases }
                }
            }
        }
        awaiting(first: 5) { totalCount nodes { sought } }
    }
    conventions(first: 5, asOf: $asOf, filter: { financeur: $financeur }) {
        totalCount
        nodes { version etat allocated { montant positions } paid { montant positions } }
        totals { ensemble { notified allocated paid } }
    }
}";

const CAF: &str = "acm";

/// A house where one case was played, and the funder whom it names.
async fn played(case: &str) -> anyhow::Result<(OpenHouse, OrganisationId, Visitor)> {
    let house = OpenHouse::open().await?;
    let financeur = cases::play(&house.house, &house.contents, case)
        .await?
        .financeur
        .unwrap();
    house.caught_up().await?;
    let visitor = house.visitor(Role::Financeur { financeur })?;
    Ok((house, financeur, visitor))
}

async fn figures(visitor: &Visitor, of: OrganisationId, as_of: Value) -> anyhow::Result<Value> {
    let variables = json!({ "financeur": global(of), "asOf": as_of });
    visitor.asks(FIGURES, variables).await
}

fn global(id: OrganisationId) -> String {
    URL_SAFE_NO_PAD.encode(format!("Organisation:{}", id.0))
}

fn at(position: i64) -> Value {
    json!({ "position": position.to_string() })
}

/// What the facts up to a position say a funder is thought of for, granted, and paid, in cents.
async fn added_up(house: &OpenHouse, of: OrganisationId, upto: i64) -> anyhow::Result<[i64; 3]> {
    let kinds = &[
        "plan_financement.RessourceSought",
        "plan_financement.RessourceGranted",
        "plan_financement.RessourcePaid",
    ];
    let facts = house
        .house
        .log
        .read_after(Position(0), upto.max(1), Some(kinds))
        .await?;
    let mut lignes: BTreeMap<(PlanFinancementId, i32), [i64; 3]> = BTreeMap::new();
    for it in facts.recorded.iter().filter(|it| it.position.0 <= upto) {
        let plan = PlanFinancementId(it.stream);
        let Event::PlanFinancement(fact) = &it.event else { unreachable!() };
        let (column, ligne, who, cents) = match fact {
            Fact::RessourceSought { ligne, contributeur, montant, .. } => {
                (0, ligne, contributeur, montant)
            }
            Fact::RessourceGranted { ligne, contributeur, montant } => {
                (1, ligne, contributeur, montant)
            }
            Fact::RessourcePaid { ligne, contributeur, montant } => {
                (2, ligne, contributeur, montant)
            }
            _ => unreachable!(),
        };
        if *who == Contributeur::Organisation(of) {
            let sums = lignes.entry((plan, *ligne)).or_default();
            sums[column] = if column == 2 { sums[column] + cents.0 } else { cents.0 };
        }
    }
    Ok(lignes
        .into_values()
        .fold([0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]))
}

#[tokio::test]
async fn a_figure_as_of_a_position_is_what_the_facts_up_to_there_add_up_to() -> anyhow::Result<()> {
    let (house, caf, visitor) = played(CAF).await?;
    let head = house.house.log.newest().await?.0.0;
    let mut seen = vec![];
    for tenth in 0..=10 {
        let position = head * tenth / 10;
        let found = figures(&visitor, caf, at(position)).await?;
        let then = &found["financementPartenaire"];
        assert_eq!(then["asOf"]["position"], position.to_string());
        let [sought, granted, paid] = added_up(&house, caf, position).await?;
        let totals = &then["totals"];
        assert_eq!(
            [&totals["sought"], &totals["granted"], &totals["paid"]],
            [&json!(sought.to_string()), &json!(granted.to_string()), &json!(paid.to_string())],
            "as of {position}"
        );
        let last = totals["positions"].as_array().unwrap().last();
        let last: i64 = last.map_or(0, |it| it.as_str().unwrap().parse().unwrap());
        assert!(last <= position, "a fact after {position} counts: {last}");
        seen.push(paid);
    }
    assert_eq!(seen[0], 0);
    assert!(seen[10] > 0, "the case pays nothing");
    assert_eq!(
        figures(&visitor, caf, at(head)).await?,
        figures(&visitor, caf, Value::Null).await?,
        "the newest position and now"
    );
    Ok(())
}

#[tokio::test]
async fn the_same_question_at_the_same_position_gets_the_same_answer_for_ever() -> anyhow::Result<()>
{
    let (house, departement, visitor) = played("centres-sociaux").await?;
    let then = house.house.log.newest().await?.0.0;
    let before = figures(&visitor, departement, Value::Null).await?;

    let convention = "{ conventions(first: 1, filter: { nature: FINANCEMENT }) { nodes { id } } }";
    let convention = visitor.asks(convention, json!({})).await?;
    let convention = &convention["conventions"]["nodes"][0]["id"];
    let paid = json!({
        "commandId": "0190b0b0-0000-7000-8000-0000000000aa",
        "convention": convention,
        "montant": "100",
    });
    visitor
        .does("recordVersement", paid, "{ position }")
        .await?;
    house.caught_up().await?;
    assert_ne!(figures(&visitor, departement, Value::Null).await?, before);

    assert_eq!(figures(&visitor, departement, at(then)).await?, before);
    let both = visitor
        .asks(
            "query Both($asOf: AsOfInput) {
                then: conventions(first: 9, asOf: $asOf) { asOf { position } totals { ensemble { paid } } }
                now: conventions(first: 9) { asOf { position } totals { ensemble { paid } } }
            }",
            json!({ "asOf": at(then) }),
        )
        .await?;
    assert_eq!(both["then"]["asOf"]["position"], then.to_string());
    assert_eq!(
        both["then"]["totals"]["ensemble"]["paid"],
        before["conventions"]["totals"]["ensemble"]["paid"]
    );
    assert_ne!(both["now"]["totals"], both["then"]["totals"]);

    // Those that nobody reads make room, and are built anew.
    let mut db = house.database.admin().await?;
    sqlx::query("update keeping.past set asked_at = asked_at - interval '1 hour'")
        .execute(&mut db)
        .await?;
    for position in 0..PASTS_MAX {
        figures(&visitor, departement, at(position)).await?;
    }
    let kept: bool =
        sqlx::query_scalar("select exists (select from keeping.past where position = $1)")
            .bind(then)
            .fetch_one(&mut db)
            .await?;
    assert!(!kept, "it did not make room");
    let refused = visitor
        .posts(FIGURES, json!({ "financeur": global(departement), "asOf": at(then) }))
        .await?;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "OVERLOADED", "{refused:#}");
    sqlx::query("update keeping.past set asked_at = asked_at - interval '1 hour'")
        .execute(&mut db)
        .await?;
    assert_eq!(figures(&visitor, departement, at(then)).await?, before, "built anew");
    let left = house.house.reads.prune().await?;
    assert_eq!(left, Vec::<String>::new(), "a past that is kept is pruned");
    Ok(())
}

#[tokio::test]
async fn a_day_counts_what_was_recorded_by_its_end_and_must_be_over() -> anyhow::Result<()> {
    let (house, caf, visitor) = played(CAF).await?;
    let ask = async |date: &str| {
        let variables = json!({ "financeur": global(caf), "asOf": { "date": date } });
        visitor.posts(FIGURES, variables).await
    };
    let today = api::clock::today_in_paris();
    let yesterday = today.yesterday()?.to_string();
    let found = ask(&yesterday).await?;
    let then = &found["data"]["financementPartenaire"];
    assert_eq!((&then["asOf"]["position"], &then["totals"]["sought"]), (&json!("0"), &json!("0")));

    let refused = ask(&today.to_string()).await?;
    let error = &refused["errors"][0]["extensions"];
    assert_eq!(
        (&error["code"], &error["path"]),
        (&json!("BAD_USER_INPUT"), &json!(["asOf", "date"]))
    );

    // Whatever the moment, what was recorded at it or later is left out, and nothing else.
    let head = house.house.log.newest().await?.0.0;
    let at = async |position: i64| house.house.log.recorded_at(Position(position)).await;
    for tenth in 1..=10 {
        let moment = at(head * tenth / 10).await?.unwrap();
        let last = house.house.log.before(moment).await?.0;
        assert!(at(last).await? < Some(moment), "{last} was not recorded before {moment}");
        assert_eq!(at(last + 1).await?, Some(moment), "{last} is not the last before {moment}");
    }
    let later = api::clock::now().checked_add(jiff::SignedDuration::from_hours(1))?;
    assert_eq!(house.house.log.before(later).await?.0, head);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_its_reason() -> anyhow::Result<()> {
    let (house, caf, visitor) = played(CAF).await?;
    let head = house.house.log.newest().await?.0.0;
    let refused = async |as_of: Value| -> anyhow::Result<Value> {
        let variables = json!({ "financeur": global(caf), "asOf": as_of });
        let mut answer = visitor.posts(FIGURES, variables).await?;
        Ok(answer["errors"][0]["extensions"]["code"].take())
    };
    assert_eq!(refused(at(head + 1)).await?, "POSITION_NOT_REACHED");
    let both = json!({ "position": "1", "date": "2026-01-01" });
    assert_eq!(refused(both).await?, "BAD_USER_INPUT");
    Ok(())
}

#[tokio::test]
async fn the_past_shows_nobody_what_they_may_not_see_now() -> anyhow::Result<()> {
    let (house, caf, visitor) = played(CAF).await?;
    let head = house.house.log.newest().await?.0.0;
    let dossier = "query Dossier($id: ID!, $asOf: AsOfInput) {
        ingenierie(id: $id, asOf: $asOf) { etat planFinancement { version } }
    }";
    let ids = "query Ids($financeur: ID!) { financementPartenaire(financeur: $financeur) {
        ingenieries(first: 1) { nodes { ingenierieId } } } }";
    let found = visitor
        .asks(ids, json!({ "financeur": global(caf) }))
        .await?;
    let id = &found["financementPartenaire"]["ingenieries"]["nodes"][0]["ingenierieId"];
    let asked = |at_position: i64| json!({ "id": id, "asOf": at(at_position) });
    let then = visitor.asks(dossier, asked(head)).await?;
    assert_eq!(then["ingenierie"]["etat"], "FINALISEE");

    let other = OrganisationId(uuid::Uuid::from_u128(0xaaaa));
    let stranger = house.visitor(Role::Financeur { financeur: other })?;
    assert_eq!(stranger.asks(dossier, asked(head)).await?["ingenierie"], Value::Null);
    let theirs = figures(&stranger, other, at(head)).await?;
    assert_eq!(theirs["financementPartenaire"]["totals"]["sought"], "0");
    assert_eq!(theirs["conventions"]["totalCount"], 0);
    let nothing = figures(&stranger, caf, at(head)).await?;
    assert_eq!(nothing["financementPartenaire"], Value::Null);
    Ok(())
}
