//! Proofs, checked by an implementation that is not ours (the crates that serve Cloudflare's own
//! logs): over HTTP, in GraphQL, over a tree with several levels of tiles.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, ensure};
use api::cases;
use domain::Role;
use eventlog::{
    Error, EventLog, Position,
    proof::{
        Integrator, Refused, Signer,
        integrator::{STEP_MAX, Step},
        tree,
    },
};
use house::{Database, OpenHouse, Visitor, database::ORIGIN};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use signed_note::{Note, StandardVerifier, VerifierList};
use sqlx::{AssertSqlSafe, Executor};
use tlog_tiles::{
    Checkpoint, Hash, HashReader, Tile, TileHashReader, TileReader, check_record, check_tree,
    record_hash, tree_hash,
};

/// Another implementation's path has the height of tiles in it; ours is always 8.
fn path(tile: &Tile) -> String {
    tile.path().replacen("tile/8/", "/log/v0/tile/", 1)
}

async fn text(visitor: &Visitor, path: &str) -> anyhow::Result<String> {
    let answer = visitor.sends(Method::GET, path, &[], "").await?;
    ensure!(answer.status == StatusCode::OK, "{path}: {answer:?}");
    Ok(String::from_utf8(answer.body.to_vec())?)
}

/// The last checkpoint, once it holds everything, opened by another implementation.
async fn checkpoint(house: &OpenHouse) -> anyhow::Result<(String, Checkpoint)> {
    let (head, _) = house.house.log.newest().await?;
    for _ in 0..100 {
        let note = text(&house.stranger(), "/log/v0/checkpoint")
            .await
            .unwrap_or_default();
        if let Ok(theirs) = Note::from_bytes(note.as_bytes()) {
            let key = StandardVerifier::new(&house.verifier_key.to_string())?;
            theirs.verify(&VerifierList::new(vec![Box::new(key)]))?;
            let it = Checkpoint::from_bytes(theirs.text())
                .ok()
                .context("a checkpoint")?;
            if it.size() == head.0.unsigned_abs() {
                return Ok((note, it));
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{head:?} was not signed")
}

/// Every tile of a tree, by its path.
struct Tiles(HashMap<String, Vec<u8>>);

impl TileReader for Tiles {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |it: &Tile| self.0.get(&path(it)).cloned();
        tiles
            .iter()
            .map(|it| read(it).ok_or_else(|| tlog_tiles::Error::InvalidInput(path(it))))
            .collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

async fn refused(visitor: &Visitor, method: Method, path: &str, body: &str) -> (u16, String) {
    let answer = visitor
        .sends(method, path, &[], body.to_owned())
        .await
        .unwrap();
    let body = answer.json().unwrap_or_default();
    let code = body["errors"][0]["extensions"]["code"].as_str();
    (answer.status.as_u16(), code.unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_implementation_checks_what_the_house_proves() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    cases::play(&house.house, &house.contents, "fe1-1").await?;
    let (kept, older) = checkpoint(&house).await?;
    cases::play(&house.house, &house.contents, "acm").await?;
    let (_, newer) = checkpoint(&house).await?;
    assert!(newer.size() > older.size() && newer.origin() == ORIGIN);

    let stranger = house.stranger();
    assert_eq!(text(&stranger, "/log/v0/keys").await?.trim(), house.verifier_key.to_string());
    let mut tiles = Tiles(HashMap::new());
    for tile in Tile::new_tiles(8, 0, newer.size()) {
        let answer = stranger.sends(Method::GET, &path(&tile), &[], "").await?;
        assert_eq!(answer.status, StatusCode::OK, "{}", path(&tile));
        assert!(
            answer.headers["cache-control"]
                .to_str()?
                .contains("immutable")
        );
        tiles.0.insert(path(&tile), answer.body.to_vec());
    }
    let reader = TileHashReader::new(newer.size(), *newer.hash(), &tiles);
    assert_eq!(&tree_hash(newer.size(), &reader)?, newer.hash());

    let leaves = house.house.log.leaves_after(0, newer.size()).await?;
    for leaf in leaves.iter().step_by(23) {
        let proof = text(&stranger, &format!("/log/v0/proof/{}", leaf.position.0)).await?;
        let (proof, note) = proof.split_once("\n\n").context("a proof")?;
        let mut lines = proof.lines();
        assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
        let index = leaf.position.0.unsigned_abs() - 1;
        assert_eq!(lines.next(), Some(format!("index {index}").as_str()));
        let path: Vec<_> = lines.map(Hash::parse_hash).collect::<Result<_, _>>()?;
        assert!(note.starts_with(ORIGIN));
        check_record(&path, newer.size(), *newer.hash(), index, record_hash(leaf.leaf.as_bytes()))?;
    }

    let extension = stranger
        .sends(Method::POST, "/log/v0/consistency", &[], kept.clone())
        .await?;
    let extension = String::from_utf8(extension.body.to_vec())?;
    assert_eq!(extension, text(&stranger, &format!("/log/v0/consistency/{}", older.size())).await?);
    let mut lines = extension.split_once("\n\n").context("a proof")?.0.lines();
    assert_eq!(lines.next(), Some(format!("old {}", older.size()).as_str()));
    let path: Vec<_> = lines.map(Hash::parse_hash).collect::<Result<_, _>>()?;
    check_tree(&path, newer.size(), *newer.hash(), older.size(), *older.hash())?;

    let forged = kept.replacen(&older.size().to_string(), &(older.size() - 1).to_string(), 1);
    let other = kept.replacen(ORIGIN, "essaim.test/other", 1);
    let beyond = newer.size() + 1;
    for (method, path, body, expected) in [
        (Method::GET, format!("/log/v0/proof/{beyond}"), "", (404, "SIZE_BEYOND_TREE")),
        (Method::GET, "/log/v0/proof/0".to_owned(), "", (404, "SIZE_BEYOND_TREE")),
        (Method::GET, "/log/v0/proof/+1".to_owned(), "", (400, "BAD_USER_INPUT")),
        (Method::GET, "/log/v0/proof/01".to_owned(), "", (400, "BAD_USER_INPUT")),
        (Method::GET, format!("/log/v0/consistency/{beyond}"), "", (404, "SIZE_BEYOND_TREE")),
        (Method::GET, "/log/v0/consistency/x".to_owned(), "", (400, "BAD_USER_INPUT")),
        (Method::GET, "/log/v0/tile/0/x001/000".to_owned(), "", (404, "SIZE_BEYOND_TREE")),
        (Method::GET, "/log/v0/tile/0/000.p/256".to_owned(), "", (400, "BAD_USER_INPUT")),
        (Method::GET, "/log/v0/tile/0/0".to_owned(), "", (400, "BAD_USER_INPUT")),
        (Method::GET, "/log/v0/tile/64/000".to_owned(), "", (400, "BAD_USER_INPUT")),
        (Method::GET, "/log/v0/tile/entries/000".to_owned(), "", (403, "ENTRIES_WITHHELD")),
        (Method::POST, "/log/v0/consistency".to_owned(), "", (400, "CHECKPOINT_MALFORMED")),
        (Method::POST, "/log/v0/consistency".to_owned(), &other, (409, "ORIGIN_DIFFERS")),
        (Method::POST, "/log/v0/consistency".to_owned(), &forged, (409, "CHECKPOINT_FORKED")),
    ] {
        let (status, code) = refused(&stranger, method, &path, body).await;
        assert_eq!((status, code.as_str()), expected, "{path}");
    }
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_proved_as_soon_as_it_is_given() -> anyhow::Result<()> {
    const PROOF: &str = "query Proof($at: Position!, $receipt: String) {
        inclusionProof(position: $at, receipt: $receipt) { leafHash size path rootHash text }
        checkpoint { size rootHash note keys }
    }";
    let house = OpenHouse::open().await?;
    let admin = house.visitor(Role::Admin)?;
    let mut sizes = vec![];
    for n in 1..4 {
        let input = json!({
            "commandId": uuid::Uuid::from_u128(n),
            "denomination": format!("Association {n}"),
            "statut": "ASSOCIATION",
            "sansIdentifiant": "En création.",
        });
        let done = admin
            .does("registerOrganisation", input, "{ position receipt }")
            .await?;
        let variables = json!({ "at": done["position"], "receipt": done["receipt"] });
        let answer = admin.asks(PROOF, variables).await?;
        let proof: eventlog::proof::Inclusion = answer["inclusionProof"]["text"]
            .as_str()
            .context("text")?
            .parse()?;
        let leaf = &house.house.log.leaves_after(proof.index, 1).await?[0];
        let head = proof.verify(&leaf.hash, ORIGIN, std::slice::from_ref(&house.verifier_key))?;
        assert_eq!(answer["inclusionProof"]["leafHash"], done["receipt"]);
        assert_eq!(answer["inclusionProof"]["size"], head.size.to_string());
        sizes.push(head.size);
        let wrong = json!({ "at": done["position"], "receipt": "AAAA" });
        let error = admin.posts(PROOF, wrong).await?;
        assert_eq!(error["errors"][0]["extensions"]["code"], "RECEIPT_DIFFERS");
    }
    let query = "query ($from: Position!, $to: Position) {
        consistencyProof(from: $from, to: $to) { from to fromRootHash toRootHash path }
    }";
    let (from, to) = (sizes[0].to_string(), sizes[2].to_string());
    let proof = admin.asks(query, json!({ "from": from, "to": to })).await?;
    let proof = &proof["consistencyProof"];
    let hash = |it: &Value| {
        let encoded = it.as_str().unwrap().replace('-', "+").replace('_', "/") + "=";
        Hash::parse_hash(&encoded).unwrap()
    };
    let path: Vec<_> = proof["path"]
        .as_array()
        .context("path")?
        .iter()
        .map(hash)
        .collect();
    let (old, new) = (hash(&proof["fromRootHash"]), hash(&proof["toRootHash"]));
    check_tree(&path, sizes[2], new, sizes[0], old)?;
    for (from, to, code) in [
        ("2", "1", "BAD_USER_INPUT"),
        ("1", "999", "SIZE_BEYOND_TREE"),
        ("-1", "2", "BAD_USER_INPUT"),
    ] {
        let error = admin
            .posts(query, json!({ "from": from, "to": to }))
            .await?;
        assert_eq!(error["errors"][0]["extensions"]["code"], code, "{from} {to}");
    }
    house.close().await
}

/// Leaves of no aggregate, put in by the owner: a long log in a short time.
pub(crate) async fn fill(database: &Database, first: u64, last: u64) -> anyhow::Result<()> {
    let mut db = database.admin().await?;
    db.execute(AssertSqlSafe(format!(
        r#"insert into log.event (position, leaf, leaf_hash, category, stream, version, kind,
                                  schema, command, actor, occurred_on, recorded_at)
           select n, leaf::json, sha256('\x00'::bytea || convert_to(leaf, 'UTF8')), 'test',
                  gen_random_uuid(), 1, 'Filled', 1, gen_random_uuid(), gen_random_uuid(),
                  current_date, clock_timestamp()
           from (select n, '{{"n":' || n || '}}' as leaf from generate_series({first}, {last}) n) l;
           insert into log.commit (commit_no, node, first_position, last_position,
                                   recorded_at, chain)
           select {first}, 'test', {first}, {last}, clock_timestamp(),
                  sha256('');"#
    )))
    .await?;
    Ok(())
}

fn integrator(log: &EventLog) -> Integrator {
    let (signer, _) = Signer::draw(ORIGIN).unwrap();
    Integrator::new(log.clone(), [signer].into(), None)
}

/// The tree of the filled log, as another implementation stores it.
struct Filled(Vec<Hash>);

impl Filled {
    fn of(size: u64) -> anyhow::Result<Self> {
        let mut it = Self(vec![]);
        for n in 1..=size {
            let leaf = format!("{{\"n\":{n}}}");
            it.0.extend(tlog_tiles::stored_hashes(n - 1, leaf.as_bytes(), &it)?);
        }
        Ok(it)
    }
}

impl HashReader for Filled {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes
            .iter()
            .map(|it| self.0[usize::try_from(*it).unwrap()])
            .collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_caught_up_in_bounded_steps_by_whoever_comes() -> anyhow::Result<()> {
    const SIZE: u64 = 70_000;
    let database = Database::open().await?;
    fill(&database, 1, SIZE).await?;
    let log = database.log().await?;
    assert!(matches!(log.checkpoint().await, Err(Error::Proof(Refused::NothingSigned))));
    // One begins and dies; two others go on at the same time, and neither signs twice the same.
    assert_eq!(integrator(&log).step(1_000).await?, Step::Signed(1_000));
    let (mut one, mut two) = (integrator(&log), integrator(&database.log().await?));
    while log.checkpoint().await?.head.size < SIZE {
        let (one, two) = tokio::join!(one.step(20_000), two.step(STEP_MAX));
        assert!(matches!(one?, Step::Signed(_) | Step::Level | Step::Held));
        assert!(matches!(two?, Step::Signed(_) | Step::Level | Step::Held));
    }
    let theirs = Filled::of(SIZE)?;
    let signed = log.checkpoint().await?;
    assert_eq!(Hash(signed.head.root), tree_hash(SIZE, &theirs)?);
    for index in [0, 1, 255, 256, 999, 65_535, 65_536, SIZE - 1] {
        let position = Position(i64::try_from(index + 1)?);
        let (proof, leaf, _) = log.inclusion(position).await?;
        let path: Vec<_> = proof.path.iter().map(|it| Hash(*it)).collect();
        assert_eq!(path, tlog_tiles::prove_record(SIZE, index, &theirs)?, "{index}");
        check_record(&path, SIZE, Hash(signed.head.root), index, Hash(leaf))?;
    }
    for (from, to) in [(1, SIZE), (300, 65_536), (65_536, SIZE), (69_999, SIZE), (256, 257)] {
        let (path, roots) = log.consistency(from, to).await?;
        assert!(tree::is_consistent((from, &roots[0]), (to, &roots[1]), &path));
        let path: Vec<_> = path.into_iter().map(Hash).collect();
        assert_eq!(path, tlog_tiles::prove_tree(to, from, &theirs)?, "{from} {to}");
    }
    // As C2SP counts them: 273 full tiles and one of 112, one full tile of tiles and one of 17.
    for (level, n, width, there) in [
        (0, 272, 256, true),
        (0, 273, 112, true),
        (0, 273, 113, false),
        (1, 0, 256, true),
        (1, 1, 17, true),
        (1, 1, 18, false),
        (2, 0, 1, true),
        (3, 0, 1, false),
        (63, u64::MAX, 256, false),
    ] {
        let tile = log.tile(level, n, width).await?;
        let bytes = tile.map(|it| it.len() as u64);
        assert_eq!(bytes, there.then_some(32 * width), "{level} {n} {width}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_extend_the_last_is_never_signed() -> anyhow::Result<()> {
    let database = Database::open().await?;
    fill(&database, 1, 600).await?;
    let log = database.log().await?;
    let mut one = integrator(&log);
    assert_eq!(one.step(STEP_MAX).await?, Step::Signed(600));
    let signed = log.checkpoint().await?;
    log.refuse_fork(Some(&signed.note)).await?;

    let mut db = database.admin().await?;
    db.execute("set session_replication_role = replica").await?;
    // A leaf that no tile covers yet is rewritten: the last head does not come out any more.
    db.execute(
        r#"update log.event
           set leaf = '{"n":0}', leaf_hash = sha256('\x00'::bytea || convert_to('{"n":0}', 'UTF8'))
           where position = 590"#,
    )
    .await?;
    fill(&database, 601, 700).await?;
    for mut any in [integrator(&log), integrator(&database.log().await?)] {
        let refused = any.step(STEP_MAX).await;
        assert!(matches!(refused, Err(Error::Forked { signed: 600, .. })), "{refused:?}");
    }
    assert!(matches!(log.refuse_fork(None).await, Err(Error::Forked { signed: 600, head: 700 })));
    assert!(log.inclusion(Position(1)).await.is_err(), "a proof that does not hold is not given");
    assert_eq!(log.checkpoint().await?.note, signed.note);

    // The tail is cut, as by a restore.
    db.execute("delete from log.event where position > 500")
        .await?;
    db.execute("update log.commit set last_position = 500 where commit_no = 1; delete from log.commit where commit_no = 601").await?;
    assert!(matches!(one.step(STEP_MAX).await, Err(Error::Forked { signed: 600, head: 500 })));
    assert!(log.is_cut().await?);
    // The restore took the signed head back too: the copy outside tells all the same.
    db.execute("update keeping.tree set size = 0, root = sha256(''); delete from keeping.tile")
        .await?;
    // So does whoever signed it, while they live; and no other head is signed by those.
    fill(&database, 501, 650).await?;
    db.execute(
        r#"update log.event
           set leaf = '{"n":1}', leaf_hash = sha256('\x00'::bytea || convert_to('{"n":1}', 'UTF8'))
           where position = 550"#,
    )
    .await?;
    for _ in 0..2 {
        let refused = one.step(STEP_MAX).await;
        assert!(matches!(refused, Err(Error::Forked { signed: 600, head: 650 })), "{refused:?}");
        // Another process, which knows nothing of it, may have signed what is there now.
        integrator(&database.log().await?).step(STEP_MAX).await?;
    }
    db.execute(
        "delete from log.event where position > 500;
         delete from log.commit where first_position > 500;
         update keeping.tree set size = 0, root = sha256(''); delete from keeping.tile",
    )
    .await?;
    log.refuse_fork(None).await?;
    let refused = log.refuse_fork(Some(&signed.note)).await;
    assert!(matches!(refused, Err(Error::Forked { signed: 600, head: 500 })), "{refused:?}");
    Ok(())
}
