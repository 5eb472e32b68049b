//! How the questions follow the log: together, in turn, and past what they cannot apply.

use std::{collections::BTreeSet, time::Duration};

use api::{cases, documents::Contents, house::House};
use domain::{
    Cents, Decider, Decision, OrganisationId, Place, PlanFinancement, PlanFinancementId, Refusal,
    event_kinds, plan_financement::Event as PlanFact, refusal::Common,
};
use eventlog::{
    Position,
    checkpoint::{self, LEASE},
    parked::Because,
};
use house::{
    Database, OpenHouse, Questions,
    dossier::{DLA, FINANCEUR, FONDATION, PRESTATAIRE, STRUCTURE, code, line},
    questions::{admin, command},
};
use projections::{ALL, EVERY, Error, Reads, dlas, financements, historique, organisations};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Executor;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const REASON: Because<'_> = Because { who: "Inès", why: "Le programme est réparé." };

/// Facts that no question reads, and why.
const UNREAD: &[(&str, &str)] = &[
    // The lists are kept in memory by each process (`api/src/listes.rs`).
    ("referentiel.SynonymeReferenceAdded", LISTS),
    ("referentiel.ValeurReferenceAdded", LISTS),
    ("referentiel.ValeurReferenceEnded", LISTS),
    ("referentiel.ValeurReferenceRelabelled", LISTS),
];
const LISTS: &str = "an answer shows a list as it is when it is asked";

/// Someone who writes facts of organisations in any shape, and reads none.
#[derive(Debug, Clone, Default)]
struct Stranger;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Strange {
    r#type: String,
    data: Value,
}

#[derive(Debug, PartialEq)]
struct Never;

impl From<Common> for Never {
    fn from(_: Common) -> Self {
        Self
    }
}

impl From<Never> for Refusal {
    fn from(_: Never) -> Self {
        Common::NotFound {}.into()
    }
}

domain::tagged!(Strange);

impl Decider for Stranger {
    const CATEGORY: &'static str = "organisation";
    type Id = Uuid;
    type Event = Strange;
    type Refusal = Never;

    fn evolve(&mut self, _: &Strange) {}
}

/// Gives an organisation a role, whatever that says. The position of the fact.
async fn assign(questions: &Questions, to: OrganisationId, role: &str) -> anyhow::Result<Position> {
    let decision = |_: &Stranger, asked: &domain::Asked| -> Decision<Stranger> {
        let (r#type, data) = ("OrganisationRoleAssigned".to_owned(), json!({ "role": role }));
        Ok(asked.records(Place::default(), [Strange { r#type, data }]))
    };
    // Another process, whose memory of the stream is not ours.
    let log = questions.database.log().await?;
    let command = command(&admin());
    Ok(log
        .decide::<Stranger>(&command, to.0, decision)
        .await?
        .position)
}

async fn version_of(questions: &Questions, id: OrganisationId) -> anyhow::Result<i64> {
    let scope = projections::Scope::default();
    Ok(organisations::by_ids(&questions.reads, &scope, &[id]).await?[0].version)
}

async fn head(questions: &Questions) -> anyhow::Result<Position> {
    Ok(questions.log.newest().await?.0)
}

#[test]
fn every_kind_is_read_by_a_question_or_listed_with_a_reason() {
    // The history reads every kind: what is asked is whether somebody else does.
    let others = ALL.iter().filter(|it| it.reads != EVERY);
    let read: BTreeSet<_> = others.flat_map(|it| it.reads).copied().collect();
    let unread: BTreeSet<_> = UNREAD.iter().map(|(kind, _)| *kind).collect();
    let known: BTreeSet<_> = event_kinds()
        .into_iter()
        .map(|(category, kind)| format!("{category}.{kind}"))
        .collect();
    let known: BTreeSet<_> = known.iter().map(String::as_str).collect();
    let missing: Vec<_> = known
        .difference(&read)
        .filter(|it| !unread.contains(*it))
        .collect();
    assert!(missing.is_empty(), "nobody reads {missing:?}");
    assert!(unread.is_disjoint(&read), "they are read after all");
    let gone: Vec<_> = read
        .union(&unread)
        .filter(|it| !known.contains(*it))
        .collect();
    assert!(gone.is_empty(), "there is no {gone:?}");
}

#[tokio::test]
async fn the_cases_give_the_same_rows_however_they_are_read() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let house = House::of(questions.log.clone(), questions.reads.clone());
    let contents = Contents::in_folder(&questions.database.documents())?;
    cases::play_all(&house, &contents).await?;
    for model in ALL.iter().copied() {
        questions.reads.catch_up(model, 7).await?;
        let verified = questions.reads.verify(model, |_, _| ()).await?;
        assert!(verified.holds(), "{}: {verified:#?}", model.name);
        assert_eq!(verified.position, head(&questions).await?);
    }
    Ok(())
}

#[tokio::test]
async fn what_was_changed_by_hand_is_found() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    questions.catch_up().await?;
    let model = &organisations::MODEL;
    assert!(questions.reads.verify(model, |_, _| ()).await?.holds());
    let mut db = questions.database.admin().await?;
    let schema = model.key();
    let tampered = format!("update {schema}.organisations set denomination = 'X' where id = $1");
    sqlx::query(sqlx::AssertSqlSafe(tampered))
        .bind(FINANCEUR.0)
        .execute(&mut db)
        .await?;
    let verified = questions.reads.verify(model, |_, _| ()).await?;
    assert!(!verified.holds(), "{verified:?}");
    questions.reads.rebuild(model, |_, _| ()).await?;
    assert!(questions.reads.verify(model, |_, _| ()).await?.holds());
    let left: i64 = sqlx::query_scalar(
        "select count(*) from pg_namespace where nspname like '%rebuild' or nspname like '%verify'",
    )
    .fetch_one(&mut db)
    .await?;
    assert_eq!(left, 0);
    Ok(())
}

#[tokio::test]
async fn a_fact_that_cannot_be_read_parks_its_stream_alone() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    let at = assign(&questions, STRUCTURE, "SORCIER").await?;
    let behind = assign(&questions, STRUCTURE, "OPCO").await?;
    let beside = assign(&questions, FONDATION, "OPCO").await?;
    questions.catch_up().await?;

    let reads = &questions.reads;
    let status = reads.status().await?;
    let it = status
        .iter()
        .find(|it| it.question == "organisations")
        .unwrap();
    assert_eq!((it.position, it.built, &it.stopped), (head(&questions).await?, true, &None));
    let parked: Vec<_> = it
        .parked
        .iter()
        .map(|it| (it.position, it.code.as_deref()))
        .collect();
    assert_eq!(parked, [(at, Some("FACT_UNREADABLE")), (behind, None)]);
    assert_eq!(it.sequences(), 1);
    assert_eq!(reads.as_of(&organisations::MODEL).await?.parked, 1);
    assert!(version_of(&questions, FONDATION).await? > 1, "{beside:?}");
    let before = version_of(&questions, STRUCTURE).await?;

    // Later facts of the stream wait too, whatever the batch.
    let later = assign(&questions, STRUCTURE, "OPCO").await?;
    reads.catch_up(&organisations::MODEL, 1).await?;
    let still = reads.retry(&organisations::MODEL, &REASON).await?;
    let still: Vec<_> = still.iter().map(|it| it.position).collect();
    assert_eq!(still, [at, behind, later]);
    let refused = reads.discard(&organisations::MODEL, behind, &REASON).await;
    assert!(matches!(refused, Err(Error::NotWaiting { .. })), "{refused:?}");

    assert_eq!(reads.discard(&organisations::MODEL, at, &REASON).await?, []);
    assert_eq!(version_of(&questions, STRUCTURE).await?, before + 3);
    // It is left out for good, and its trace is kept.
    assert!(
        reads
            .verify(&organisations::MODEL, |_, _| ())
            .await?
            .holds()
    );
    reads.rebuild(&organisations::MODEL, |_, _| ()).await?;
    assert_eq!(reads.as_of(&organisations::MODEL).await?.parked, 0);
    let trace: Vec<(String, Option<i64>, String)> =
        sqlx::query_as("select word, position, who from keeping.intervention order by at")
            .fetch_all(&mut questions.database.admin().await?)
            .await?;
    let trace: Vec<_> = trace
        .iter()
        .map(|(word, position, who)| (word.as_str(), *position, who.as_str()))
        .collect();
    assert_eq!(trace, [("retry", None, "Inès"), ("discard", Some(at.0), "Inès")]);
    Ok(())
}

#[tokio::test]
async fn what_can_be_applied_again_is_retried() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    let model = &organisations::MODEL;
    questions.reads.catch_up(model, 1_000).await?;
    let mut db = questions.database.admin().await?;
    db.execute(
        "alter table organisations_v3.organisations add constraint no_opco
         check (not 'OPCO' = any(roles))",
    )
    .await?;
    let at = assign(&questions, STRUCTURE, "OPCO").await?;
    let beside = assign(&questions, PRESTATAIRE, "OPCO").await?;
    assert_eq!(questions.reads.catch_up(model, 1_000).await?, beside);
    let still = questions.reads.retry(model, &REASON).await?;
    let codes: Vec<_> = still
        .iter()
        .map(|it| (it.position, it.code.as_deref()))
        .collect();
    assert_eq!(codes, [(at, Some("ROW_UNFIT")), (beside, Some("ROW_UNFIT"))]);
    db.execute("alter table organisations_v3.organisations drop constraint no_opco")
        .await?;
    assert_eq!(questions.reads.retry(model, &REASON).await?, []);
    assert!(questions.reads.verify(model, |_, _| ()).await?.holds());
    Ok(())
}

/// As many of the largest amounts as cannot be added up. The position of the last.
async fn overflow(questions: &Questions) -> anyhow::Result<Position> {
    let (by, dossier) = (admin(), domain::IngenierieId(Uuid::from_u128(55)));
    let id = PlanFinancementId(Uuid::from_u128(66));
    let opened = PlanFact::PlanFinancementOpened {
        ingenierie: dossier,
        dlas: [DLA].into(),
        territoire: None,
    };
    let depense = |ligne| PlanFact::DepenseAdded {
        ligne,
        poste: code(domain::Liste::PosteCout, "PRESTATIONS_EXTERIEURES"),
        intitule: line("Une somme"),
        montant: Cents((1 << 53) - 1),
    };
    let facts: Vec<_> = [opened]
        .into_iter()
        .chain((1..=1_025).map(depense))
        .collect();
    let mut last = Position(0);
    for some in facts.chunks(400) {
        let told = questions.decide::<PlanFinancement>(&by, id, |_, asked| {
            let place = Place { territoire: None, dossier: Some(dossier) };
            Ok(asked.records(place, some.to_vec()))
        });
        last = told.await?.position;
    }
    Ok(last)
}

#[tokio::test]
async fn a_question_that_adds_up_pauses_and_says_where() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let at = overflow(&questions).await?;
    questions.registry().await?;
    let (reads, model) = (&questions.reads, &financements::MODEL);
    let paused = reads.catch_up(model, 1_000).await;
    assert!(matches!(&paused, Err(Error::Poisoned { at: it, .. }) if *it == at), "{paused:?}");
    // What stands before it is counted.
    assert_eq!(reads.as_of(model).await?.position, Position(at.0 - 1));

    let again = reads.retry(model, &REASON).await;
    assert!(again.is_err(), "{again:?}");
    let status = reads.status().await?;
    let it = status.iter().find(|it| it.question == model.name).unwrap();
    let stopped = it.stopped.clone().unwrap();
    assert_eq!((stopped.code.as_str(), stopped.at), ("APPLY_PANICKED", at));

    reads.discard(model, at, &REASON).await?;
    assert_eq!(reads.catch_up(model, 1_000).await?, head(&questions).await?);
    let status = reads.status().await?;
    assert_eq!(
        status
            .iter()
            .find(|it| it.question == model.name)
            .unwrap()
            .stopped,
        None
    );
    assert!(reads.verify(model, |_, _| ()).await?.holds());
    Ok(())
}

/// Follows on a runtime of its own, as another process would, until the test says stop.
/// `freeze` stops all that runs there for that long, in the middle of whatever it does.
struct Process {
    runtime: Option<tokio::runtime::Runtime>,
}

impl Process {
    fn start(database: &Database) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let options = database.as_service();
        let url = database.as_service();
        runtime.spawn(async move {
            let pool = sqlx::PgPool::connect_with(url).await.unwrap();
            let kek = eventlog::Kek::new([7; 32]);
            let origin = house::database::ORIGIN;
            let log = eventlog::EventLog::open(pool, options.clone(), origin, kek)
                .await
                .unwrap();
            let reads = Reads::open(options, 8, log).await.unwrap();
            reads.follow(CancellationToken::new()).await;
        });
        Ok(Self { runtime: Some(runtime) })
    }

    fn freeze(&self, time: Duration) {
        let runtime = self.runtime.as_ref().unwrap();
        runtime.spawn(async move { std::thread::sleep(time) });
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn tokens(questions: &Questions) -> anyhow::Result<Vec<(String, i64)>> {
    Ok(sqlx::query_as("select follower, token from keeping.checkpoint order by follower")
        .fetch_all(&mut questions.database.admin().await?)
        .await?)
}

/// Waits until every question has seen all there is. How long that took.
async fn all_seen(questions: &Questions) -> anyhow::Result<Duration> {
    let started = std::time::Instant::now();
    loop {
        let status = questions.reads.status().await?;
        let head = head(questions).await?;
        if status.iter().all(|it| it.built && it.position == head) {
            return Ok(started.elapsed());
        }
        anyhow::ensure!(started.elapsed() < Duration::from_secs(40), "{status:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_takes_over_and_a_frozen_one_writes_nothing() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    let first = Process::start(&questions.database)?;
    all_seen(&questions).await?;
    let held = tokens(&questions).await?;
    let second = Process::start(&questions.database)?;
    let initiated = questions.confirmed();
    first.freeze(LEASE * 3);
    initiated.await?;
    assert!(all_seen(&questions).await? < LEASE * 3, "nobody took over while one was frozen");
    let taken = tokens(&questions).await?;
    assert!(held.iter().zip(&taken).all(|(one, other)| one.1 < other.1), "{taken:?}");

    // The one that was frozen wakes up while there is more to apply.
    let more = async {
        for n in 0..40 {
            questions
                .initiate(domain::IngenierieId(Uuid::from_u128(900 + n)), "Une autre")
                .await?;
            tokio::time::sleep(LEASE / 10).await;
        }
        anyhow::Ok(())
    };
    more.await?;
    all_seen(&questions).await?;
    assert_eq!(tokens(&questions).await?, taken, "the one that took over goes on");
    for model in ALL.iter().copied() {
        assert!(questions.reads.verify(model, |_, _| ()).await?.holds(), "{}", model.name);
    }
    drop((first, second));
    Ok(())
}

#[tokio::test]
async fn a_lease_that_was_taken_opens_nothing() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.catch_up().await?;
    let key = dlas::MODEL.key();
    let pool = questions.database.pool().await?;
    let (mut one, mut other) = (pool.acquire().await?, pool.acquire().await?);
    let stale = checkpoint::acquire(&mut one, &key).await?.unwrap();
    assert!(checkpoint::hold(&mut one, &stale, &key).await?.is_some());
    assert!(checkpoint::acquire(&mut other, &key).await?.is_none());
    let lease = checkpoint::take(&mut other, &key).await?.unwrap();
    assert!(checkpoint::hold(&mut one, &stale, &key).await?.is_none());
    assert_eq!(checkpoint::renew(&mut one, &stale).await?, None);
    checkpoint::stop(&mut one, &key, Some(&stale), ("DATABASE", None)).await?;
    checkpoint::release(&mut one, &stale).await?;
    let held = checkpoint::hold(&mut other, &lease, &key).await?.unwrap();
    assert_eq!(held.stopped, None);
    checkpoint::release(&mut other, &lease).await?;
    assert!(checkpoint::acquire(&mut one, &key).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_kind_of_a_newer_program_stops_the_history_alone() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    let blessed = |_: &Stranger, asked: &domain::Asked| -> Decision<Stranger> {
        let r#type = "OrganisationBlessed".to_owned();
        Ok(asked.records(Place::default(), [Strange { r#type, data: json!({}) }]))
    };
    let log = questions.database.log().await?;
    let at = log
        .decide::<Stranger>(&command(&admin()), STRUCTURE.0, blessed)
        .await?
        .position;
    let stopped = questions.reads.catch_up(&historique::MODEL, 1_000).await;
    let stopped = stopped.expect_err("it knows no such kind");
    assert_eq!(stopped.code(), "FACT_NEWER", "{stopped:?}");
    // Nothing is parked: the program that knows the kind goes on from here.
    assert_eq!(questions.reads.as_of(&historique::MODEL).await?.parked, 0);
    let seen = questions
        .reads
        .catch_up(&organisations::MODEL, 1_000)
        .await?;
    assert_eq!(seen, at, "others do not need it");
    Ok(())
}

#[tokio::test]
async fn a_forked_log_stops_every_question() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    questions.catch_up().await?;
    let mut db = questions.database.admin().await?;
    db.execute("update keeping.checkpoint set chain = sha256('another past')")
        .await?;
    let stopped = questions.reads.catch_up(&historique::MODEL, 1_000).await;
    assert!(matches!(stopped, Err(Error::Forked { .. })), "{stopped:?}");

    let house = OpenHouse::open().await?;
    says(&house, "\"ready\"").await?;
    let mut db = house.database.admin().await?;
    db.execute("update keeping.checkpoint set chain = sha256('another past')")
        .await?;
    says(&house, "LOG_FORKED").await
}

#[tokio::test]
async fn a_question_that_was_never_complete_is_not_ready() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.registry().await?;
    let status = questions.reads.status().await?;
    assert!(status.iter().all(|it| !it.built && it.late > 0.0), "{status:#?}");
    questions.catch_up().await?;
    let status = questions.reads.status().await?;
    assert!(status.iter().all(|it| it.built && it.late == 0.0), "{status:#?}");
    Ok(())
}

/// Waits until a house says that about itself.
async fn says(house: &OpenHouse, expected: &str) -> anyhow::Result<()> {
    let since = std::time::Instant::now();
    loop {
        let visitor = house.stranger();
        let answer = visitor.sends(http::Method::GET, "/health/ready", &[], "");
        let body = String::from_utf8_lossy(&answer.await?.body).into_owned();
        if body.contains(expected) {
            return Ok(());
        }
        anyhow::ensure!(since.elapsed() < Duration::from_secs(20), "{body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_house_whose_followers_cannot_start_says_that_it_is_not_ready() -> anyhow::Result<()> {
    let database = Database::open().await?;
    let mut db = database.admin().await?;
    rights(&mut db, "revoke create on database %I from").await?;
    let house = OpenHouse::on(database).await?;
    says(&house, "is stopped at 0: DATABASE").await?;
    rights(&mut db, "grant create on database %I to").await?;
    says(&house, "\"ready\"").await
}

/// Gives the service a right, or takes it away.
async fn rights(db: &mut sqlx::PgConnection, what: &str) -> anyhow::Result<()> {
    let statement =
        format!("do $$ begin execute format('{what} essaim_service', current_database()); end $$");
    db.execute(sqlx::AssertSqlSafe(statement)).await?;
    Ok(())
}

#[tokio::test]
async fn what_nobody_needs_is_dropped_and_what_someone_runs_is_not() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.catch_up().await?;
    let mut db = questions.database.pool().await?.acquire().await?;
    for key in ["dlas_v0", "organisations_v0", "former_v3", "dlas_v9", "dlas_v1_rebuild"] {
        db.execute(sqlx::AssertSqlSafe(format!("create schema {key}")))
            .await?;
        checkpoint::enrol(&mut db, key).await?;
    }
    checkpoint::enrol(&mut db, "proof").await?;
    let lease = checkpoint::acquire(&mut db, "organisations_v0")
        .await?
        .unwrap();
    let dropped = questions.reads.prune().await?;
    assert_eq!(dropped, ["dlas_v0", "dlas_v1_rebuild", "former_v3"]);
    checkpoint::release(&mut db, &lease).await?;
    assert_eq!(questions.reads.prune().await?, ["organisations_v0"]);
    let status = questions.reads.status().await?;
    assert!(status.iter().all(|it| it.built), "those in use stay");
    assert!(checkpoint::of(&mut db, "proof").await?.is_some());
    Ok(())
}
