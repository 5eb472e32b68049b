//! Who is let in: issuers that rotate, fail and return; claims in the words of each; and bad tokens,
//! which all get one and the same answer.

mod authority;
mod issuer;
mod jetons;

use std::{
    collections::BTreeSet,
    net::TcpListener,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use api::{
    auth::{Pace, Verifier},
    config::IssuerSettings,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use domain::{Dla, Organisation, OrganisationId, Siret, organisation::OrganisationRole};
use house::{
    Answer, Database, OpenHouse, Visitor,
    dossier::{DLA, FINANCEUR, OTHER_DLA, line},
    questions::{admin, command},
};
use http::{Method, StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use self::{
    authority::Authority,
    issuer::{Issuer, Mood, Pair, claims, declared, settings},
};

const VIEWER: &str = "{ viewer { role } }";

/// How long a test waits for what happens in the background.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keys are read again as soon as a test looks.
const QUICK: Pace = Pace {
    every: Duration::from_millis(50),
    again: Duration::from_millis(50),
    unknown: Duration::from_millis(50),
};

/// A house that trusts these issuers.
async fn trusting(issuers: Vec<IssuerSettings>, pace: Pace) -> anyhow::Result<OpenHouse> {
    let verifier = Verifier::at_pace(&settings(issuers), pace)?;
    OpenHouse::admitting(Database::open().await?, verifier).await
}

/// Someone who comes with a token.
fn with(house: &OpenHouse, token: impl Into<String>) -> Visitor {
    let mut visitor = house.stranger();
    visitor.token = Some(token.into());
    visitor
}

/// What the doors say to these `Authorization` headers.
async fn asks(house: &OpenHouse, authorization: &[&str]) -> anyhow::Result<Answer> {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(authorization.iter().map(|it| ("authorization", *it)));
    let body = json!({ "query": VIEWER }).to_string();
    house
        .stranger()
        .sends(Method::POST, "/graphql", &headers, body)
        .await
}

async fn is_let_in(house: &OpenHouse, token: &str) -> anyhow::Result<bool> {
    let answer = asks(house, &[&format!("Bearer {token}")]).await?;
    ensure!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&answer.status), "{answer:?}");
    Ok(answer.status == StatusCode::OK)
}

/// Waits until the token is let in.
async fn is_let_in_at_last(house: &OpenHouse, token: &str) -> anyhow::Result<()> {
    let until = Instant::now() + PATIENCE;
    while !is_let_in(house, token).await? {
        ensure!(Instant::now() < until, "it is still refused");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// All that tells one answer from another: status, headers, body.
type Seen = (StatusCode, Vec<(String, String)>, String);

fn seen(answer: &Answer) -> Seen {
    let own = ["date", "x-request-id"];
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()));
    let headers = headers.map(|(name, it)| (name.to_string(), it.to_str().unwrap().to_owned()));
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    (answer.status, headers.collect(), body)
}

/// A token whose header is written by hand.
fn by_hand(header: &Value, claims: &Value, pair: &Pair) -> String {
    let signed =
        format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let signature =
        jsonwebtoken::crypto::sign(signed.as_bytes(), &pair.private, pair.algorithm).unwrap();
    format!("{signed}.{signature}")
}

/// Tokens of an issuer that are bad in their claims.
fn badly_claimed(issuer: &str, other: &str) -> Vec<(&'static str, Value)> {
    let now = api::clock::now().as_second();
    let of = |changes| claims(issuer, changes);
    vec![
        ("a stranger's iss", of(json!({ "iss": "https://id.example.fr" }))),
        ("another issuer's iss", of(json!({ "iss": other }))),
        ("an iss with a slash more", of(json!({ "iss": format!("{issuer}/") }))),
        ("iss as a list", of(json!({ "iss": [issuer] }))),
        ("no iss", of(json!({ "iss": null }))),
        ("another aud", of(json!({ "aud": "portail" }))),
        ("aud in other letters", of(json!({ "aud": "ESSAIM" }))),
        ("no aud", of(json!({ "aud": null }))),
        ("no exp", of(json!({ "exp": null }))),
        ("no sub", of(json!({ "sub": null }))),
        ("a blank sub", of(json!({ "sub": " " }))),
        ("a long sub", of(json!({ "sub": "a".repeat(300) }))),
        ("sub as a number", of(json!({ "sub": 7 }))),
        ("exp past", of(json!({ "exp": now - 60 }))),
        ("exp as a text", of(json!({ "exp": "demain" }))),
        ("exp beyond all calendars", of(json!({ "exp": 1e300 }))),
        ("exp below zero", of(json!({ "exp": -1.5 }))),
        ("nbf to come", of(json!({ "nbf": now + 120 }))),
        ("nbf as a text", of(json!({ "nbf": "hier" }))),
        ("iat to come", of(json!({ "iat": now + 120 }))),
        ("iat beyond all calendars", of(json!({ "iat": 1e300 }))),
        ("iat as a list", of(json!({ "iat": [now] }))),
    ]
}

/// Tokens of an issuer that are bad in their form, their header or their signature.
fn badly_made(issuer: &str, pairs: [&Pair; 2], theirs: &Pair) -> Vec<(&'static str, String)> {
    let [ours, second] = pairs;
    let good = claims(issuer, json!({}));
    let token = ours.signs(&good);
    let parts: Vec<_> = token.split('.').collect();
    let attacker = Pair::ed("a");
    let written = |header: Value| by_hand(&header, &good, ours);
    let by_attacker = |header: Value| by_hand(&header, &good, &attacker);
    let public = BASE64.decode(ours.jwk["x"].as_str().unwrap()).unwrap();
    let mut shared = Header::new(Algorithm::HS256);
    shared.kid = Some("a".to_owned());
    let nested = BASE64.encode(json!(token).to_string());
    let unsigned = BASE64.encode(json!({ "alg": "none", "kid": "a" }).to_string());
    vec![
        ("alg none", format!("{unsigned}.{}.", parts[1])),
        ("alg none, signed", format!("{unsigned}.{}.{}", parts[1], parts[2])),
        (
            "the public key as a secret",
            encode(&shared, &good, &EncodingKey::from_secret(&public)).unwrap(),
        ),
        ("ES384", written(json!({ "alg": "ES384", "kid": "a" }))),
        ("another key's algorithm", written(json!({ "alg": "ES256", "kid": "a" }))),
        ("an unknown kid", written(json!({ "alg": "EdDSA", "kid": "z" }))),
        ("another key's kid", written(json!({ "alg": "EdDSA", "kid": "b" }))),
        ("no kid with two keys", written(json!({ "alg": "EdDSA" }))),
        ("kid as a number", written(json!({ "alg": "EdDSA", "kid": 1 }))),
        ("crit", written(json!({ "alg": "EdDSA", "kid": "a", "crit": ["exp"] }))),
        ("another typ", written(json!({ "alg": "EdDSA", "kid": "a", "typ": "dpop+jwt" }))),
        (
            "a token that announces another",
            written(json!({ "alg": "EdDSA", "kid": "a", "cty": "JWT" })),
        ),
        (
            "a key in the header",
            by_attacker(json!({ "alg": "EdDSA", "kid": "a", "jwk": attacker.jwk })),
        ),
        (
            "an address of keys",
            by_attacker(json!({ "alg": "EdDSA", "kid": "a", "jku": "http://127.0.0.1:1/keys" })),
        ),
        (
            "an address of certificates",
            by_attacker(json!({ "alg": "EdDSA", "kid": "a", "x5u": "http://127.0.0.1:1/" })),
        ),
        ("a key of another issuer", theirs.signs(&good)),
        ("a key of nobody", attacker.signs(&good)),
        ("the header of another token", {
            let header = second.signs(&good);
            format!("{}.{}.{}", header.split('.').next().unwrap(), parts[1], parts[2])
        }),
        ("the claims of another token", {
            let other = BASE64.encode(claims(issuer, json!({ "role": "ADMIN" })).to_string());
            format!("{}.{other}.{}", parts[0], parts[2])
        }),
        ("a signature cut short", token[..token.len() - 4].to_owned()),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("no signature at all", format!("{}.{}", parts[0], parts[1])),
        ("a fourth part", format!("{token}.a")),
        ("a JWE", [parts[0], "a", "b", "c", "d"].join(".")),
        ("a token for claims", format!("{}.{nested}.{}", parts[0], parts[2])),
        ("small letters", token.to_lowercase()),
        ("a space inside", token.replacen('.', " .", 1)),
        ("padding", format!("{token}=")),
        ("9 KB", ours.signs(&claims(issuer, json!({ "more": "a".repeat(9 * 1024) })))),
        ("nothing", String::new()),
        ("a word", "essaim".to_owned()),
        ("another service's token", "ghp_0123456789abcdefghijklmnopqrstuvwxyz".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_token_gets_one_and_the_same_answer() -> anyhow::Result<()> {
    let (ours, second, theirs) = (Pair::ed("a"), Pair::ec("b"), Pair::ed("a"));
    let issuer = Issuer::open(&[&ours, &second]).await?;
    let other = Issuer::open(&[&theirs]).await?;
    let house =
        trusting(vec![declared(issuer.url()), declared(other.url())], Pace::default()).await?;
    let good = ours.signs(&claims(issuer.url(), json!({})));
    is_let_in_at_last(&house, &good).await?;
    let mut all: Vec<(&str, Vec<String>)> = vec![];
    for (what, claims) in badly_claimed(issuer.url(), other.url()) {
        all.push((what, vec![format!("Bearer {}", ours.signs(&claims))]));
    }
    for (what, token) in badly_made(issuer.url(), [&ours, &second], &theirs) {
        all.push((what, vec![format!("Bearer {token}")]));
    }
    for (what, token) in jetons::bad(&house).await? {
        all.push((what, vec![format!("Bearer {token}")]));
    }
    let bearer = format!("Bearer {good}");
    all.push(("two headers", vec![bearer.clone(), bearer.clone()]));
    all.push(("a good one and a bad one", vec![bearer.clone(), "Bearer a".to_owned()]));
    all.push(("another scheme", vec!["Basic YW1pbmE6c2VjcmV0".to_owned()]));
    all.push(("another scheme for it", vec![format!("Token {good}")]));
    all.push(("no scheme", vec![good.clone()]));
    ensure!(all.len() >= 60, "{} bad tokens", all.len());

    let mut first: Option<Seen> = None;
    for (what, headers) in &all {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let answer = asks(&house, &headers).await?;
        let seen = seen(&answer);
        ensure!(seen.0 == StatusCode::UNAUTHORIZED, "{what}: {answer:?}");
        let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str()?;
        assert_eq!(challenge, "Bearer realm=\"essaim\", error=\"invalid_token\"", "{what}");
        assert_eq!(answer.json()?["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{what}");
        assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen, "{what}");
    }
    // The other doors ask the same question, and say the same.
    let (_, _, body) = first.context("an answer")?;
    for path in ["/historique.csv", "/documents/a"] {
        let answer = with(&house, "a").sends(Method::GET, path, &[], "").await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(String::from_utf8_lossy(&answer.body), body, "{path}");
    }
    assert!(is_let_in(&house, &good).await?, "the good one is still good");
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_under_traffic_and_no_good_token_is_refused() -> anyhow::Result<()> {
    let (old, new) = (Pair::ed("old"), Pair::ec("new"));
    let issuer = Issuer::open(&[&old]).await?;
    let house = Arc::new(trusting(vec![declared(issuer.url())], Pace::default()).await?);
    let token = |pair: &Pair| pair.signs(&claims(issuer.url(), json!({})));
    is_let_in_at_last(&house, &token(&old)).await?;
    let current = Arc::new(RwLock::new(token(&old)));
    let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let traffic: Vec<_> = (0..12)
        .map(|_| {
            let (house, current) = (house.clone(), current.clone());
            let (stop, served) = (stop.clone(), served.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let token = current.read().unwrap().clone();
                    ensure!(is_let_in(&house, &token).await?, "a good token was refused");
                    served.fetch_add(1, Ordering::SeqCst);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    let some_more = async |n: usize| {
        let goal = served.load(Ordering::SeqCst) + n;
        while served.load(Ordering::SeqCst) < goal
            && !traffic.iter().any(tokio::task::JoinHandle::is_finished)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    some_more(50).await;
    // The new key is published, and signs from that moment on; the old one leaves with its tokens.
    issuer.publishes(&[&old, &new]);
    *current.write().unwrap() = token(&new);
    some_more(200).await;
    issuer.publishes(&[&new]);
    some_more(50).await;
    stop.store(true, Ordering::SeqCst);
    for it in traffic {
        it.await??;
    }
    // Once at start, once for all those who came with the new key.
    assert_eq!(issuer.asked(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_keys_asks_the_issuer_once() -> anyhow::Result<()> {
    let pair = Pair::ed("a");
    let issuer = Issuer::open(&[&pair]).await?;
    let house = Arc::new(trusting(vec![declared(issuer.url())], Pace::default()).await?);
    let good = pair.signs(&claims(issuer.url(), json!({})));
    is_let_in_at_last(&house, &good).await?;
    assert_eq!(issuer.asked(), 1, "at start");
    let flood: Vec<_> = (0..20)
        .map(|task| {
            let (house, url) = (house.clone(), issuer.url().to_owned());
            tokio::spawn(async move {
                for n in 0..25 {
                    let stranger = Pair::ed(&format!("{task}/{n}"));
                    let token = stranger.signs(&claims(&url, json!({})));
                    ensure!(!is_let_in(&house, &token).await?, "a stranger came in");
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for it in flood {
        it.await??;
    }
    assert_eq!(issuer.asked(), 2, "five hundred tokens had them read once more");
    assert!(is_let_in(&house, &good).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_down_locks_out_nobody_else() -> anyhow::Result<()> {
    let (key, second, other_key) = (Pair::ed("a"), Pair::ed("b"), Pair::ed("c"));
    let other = Issuer::open(&[&other_key]).await?;
    // A port where nobody answers, for now.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = issuer::url(address);
    let house = trusting(vec![declared(&url), declared(other.url())], QUICK).await?;
    let others = other_key.signs(&claims(other.url(), json!({})));
    is_let_in_at_last(&house, &others).await?;
    let live = house
        .stranger()
        .sends(Method::GET, "/health/live", &[], "")
        .await?;
    assert_eq!(live.status, StatusCode::OK);
    let token = key.signs(&claims(&url, json!({})));
    let refused = seen(&asks(&house, &[&format!("Bearer {token}")]).await?);
    assert_eq!(refused, seen(&asks(&house, &["Bearer a"]).await?), "as any bad token");

    // It comes, and its people come in.
    let issuer = Issuer::at(address, &[&key]).await?;
    is_let_in_at_last(&house, &token).await?;
    // It goes, while its keys are asked for again and again: they are known.
    drop(issuer);
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(is_let_in(&house, &token).await?);
        assert!(is_let_in(&house, &others).await?);
    }
    // It returns with another key: the old one is not believed any more.
    let _issuer = Issuer::at(address, &[&second]).await?;
    is_let_in_at_last(&house, &second.signs(&claims(&url, json!({})))).await?;
    assert!(!is_let_in(&house, &token).await?);
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_keys_outlive_whatever_an_issuer_answers() -> anyhow::Result<()> {
    let (key, next) = (Pair::ed("a"), Pair::ed("b"));
    let issuer = Issuer::open(&[&key]).await?;
    let house = trusting(vec![declared(issuer.url())], QUICK).await?;
    let token = |pair: &Pair| pair.signs(&claims(issuer.url(), json!({})));
    is_let_in_at_last(&house, &token(&key)).await?;
    for mood in
        [Mood::Impostor, Mood::Redirects, Mood::Endless, Mood::Empty, Mood::Broken, Mood::Garbage]
    {
        issuer.is(mood);
        // What was under way then may still have been told the truth.
        issuer.is_asked_again(2).await;
        issuer.publishes(&[&next]);
        issuer.is_asked_again(2).await;
        assert!(is_let_in(&house, &token(&key)).await?, "{mood:?}");
        assert!(!is_let_in(&house, &token(&next)).await?, "{mood:?}");
        issuer.publishes(&[&key]);
        issuer.is(Mood::Good);
    }
    issuer.publishes(&[&next]);
    is_let_in_at_last(&house, &token(&next)).await?;
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_keys_that_changes_is_read_again() -> anyhow::Result<()> {
    let (old, new) = (Pair::ed("a"), Pair::ed("b"));
    let file = std::env::temp_dir().join(format!("essaim-keys-{}.json", std::process::id()));
    let holds = |pair: &Pair| std::fs::write(&file, json!({ "keys": [pair.jwk] }).to_string());
    holds(&old)?;
    let url = "https://id.example.fr";
    let declared = IssuerSettings { jwks_file: Some(file.clone()), ..declared(url) };
    let house = trusting(vec![declared], QUICK).await?;
    let token = |pair: &Pair| pair.signs(&claims(url, json!({})));
    assert!(is_let_in(&house, &token(&old)).await?, "it was read before the doors opened");
    holds(&new)?;
    is_let_in_at_last(&house, &token(&new)).await?;
    assert!(!is_let_in(&house, &token(&old)).await?);
    std::fs::remove_file(&file)?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(is_let_in(&house, &token(&new)).await?);
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_may_say_where_its_keys_are() -> anyhow::Result<()> {
    let key = Pair::ed("a");
    let issuer = Issuer::open(&[&key]).await?;
    let name = "https://id.example.fr";
    let keys = format!("{}/keys", issuer.url());
    let declared = IssuerSettings { jwks_url: Some(keys), ..declared(name) };
    let house = trusting(vec![declared], Pace::default()).await?;
    is_let_in_at_last(&house, &key.signs(&claims(name, json!({})))).await?;
    house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_may_have_an_authority_of_its_own() -> anyhow::Result<()> {
    let (ours, anothers) = (Authority::named("ours")?, Authority::named("anothers")?);
    let key = Pair::ed("a");
    let believing = async |issuer: &Issuer, authority: &Authority| {
        let ca_file = Some(authority.file.clone());
        trusting(vec![IssuerSettings { ca_file, ..declared(issuer.url()) }], QUICK).await
    };
    let token = |issuer: &Issuer| key.signs(&claims(issuer.url(), json!({})));

    let issuer = Issuer::secure(ours.door("127.0.0.1").await?, &[&key])?;
    let house = believing(&issuer, &ours).await?;
    is_let_in_at_last(&house, &token(&issuer)).await?;
    house.close().await?;

    // Whom another authority vouches for, and who is vouched for under another name, is not heard.
    let elsewhere = Issuer::secure(ours.door("id.example.fr").await?, &[&key])?;
    for (issuer, authority) in [(issuer, &anothers), (elsewhere, &ours)] {
        let house = believing(&issuer, authority).await?;
        issuer.is_hung_up_on(2).await;
        assert!(!is_let_in(&house, &token(&issuer)).await?);
        house.close().await?;
    }
    Ok(())
}

#[test]
fn a_file_of_authorities_that_says_nothing_is_told_at_once() -> anyhow::Result<()> {
    let file = std::env::temp_dir().join(format!("essaim-authorities-{}", std::process::id()));
    let told = || {
        let declared =
            IssuerSettings { ca_file: Some(file.clone()), ..declared("https://id.example.fr") };
        let problem = Verifier::at_pace(&settings(vec![declared]), QUICK).err();
        format!("{:#}", anyhow::Error::from(problem.unwrap()))
    };
    assert!(told().contains("`ca_file` cannot be used: it cannot be read"), "{}", told());
    for (held, why) in [
        ("", "it holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "it holds what is no certificate in PEM"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "it holds what is no certificate in PEM",
        ),
    ] {
        std::fs::write(&file, held)?;
        assert!(told().contains(why), "{held}: {}", told());
    }
    std::fs::remove_file(&file)?;
    Ok(())
}

/// Gives an organisation a SIRET, and has it carry a DLA.
async fn registers(house: &OpenHouse, id: OrganisationId, siret: &str) -> anyhow::Result<()> {
    let siret = Siret::parse(siret).unwrap();
    let log = &house.house.log;
    let by = admin();
    log.decide::<Organisation>(&command(&by), id, |it, asked| {
        let mut declared = house::dossier::declaration(id);
        declared.sans_identifiant = None;
        declared.identite.identifiants.siret = Some(siret.clone());
        it.register_organisation(asked, id, declared)
    })
    .await?;
    log.decide::<Organisation>(&command(&by), id, |it, asked| {
        it.assign_organisation_role(asked, OrganisationRole::StructurePorteuse)
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_may_be_named_by_its_siret() -> anyhow::Result<()> {
    const SIRET: &str = "73282932000074";
    const UNKNOWN: &str = "35600000049837";
    let key = Pair::ed("a");
    let issuer = Issuer::open(&[&key]).await?;
    let mut proconnect = declared(issuer.url());
    proconnect.organisation_claim = "siret".to_owned();
    proconnect.dlas_claim = "siret".to_owned();
    let house = trusting(vec![proconnect], Pace::default()).await?;
    let by = |changes: Value| with(&house, key.signs(&claims(issuer.url(), changes)));
    let financeur = |siret: &str| by(json!({ "role": "FINANCEUR", "siret": siret }));
    let refusal = async |visitor: Visitor| -> anyhow::Result<Value> {
        let headers = [("content-type", "application/json"), ("accept-language", "fr")];
        let body = json!({ "query": VIEWER }).to_string();
        let answer = visitor
            .sends(Method::POST, "/graphql", &headers, body)
            .await?;
        ensure!(answer.status == StatusCode::FORBIDDEN, "{answer:?}");
        Ok(answer.json()?["errors"][0].take())
    };
    is_let_in_at_last(&house, &key.signs(&claims(issuer.url(), json!({ "role": "ADMIN" }))))
        .await?;
    // Nobody knows it yet, and what is not known is not remembered.
    let no = refusal(financeur(SIRET)).await?;
    assert_eq!(no["extensions"]["code"], "FORBIDDEN");
    assert!(no["message"].as_str().unwrap().contains("registre"), "{no}");
    registers(&house, FINANCEUR, SIRET).await?;
    let seen = financeur(SIRET)
        .asks("{ viewer { role organisation } }", json!({}))
        .await?;
    let id = BASE64.encode(format!("Organisation:{}", FINANCEUR.0));
    assert_eq!(seen, json!({ "viewer": { "role": "FINANCEUR", "organisation": id } }));
    refusal(financeur(UNKNOWN)).await?;

    // A chargée de mission of an organisation that carries no DLA, and then carries two.
    let chargee = by(json!({ "siret": SIRET }));
    let no = refusal(chargee.clone()).await?;
    assert!(no["message"].as_str().unwrap().contains("« siret »"), "{no}");
    let log = &house.house.log;
    for (dla, departement) in [(DLA, "84"), (OTHER_DLA, "13")] {
        let territoires = BTreeSet::from([domain::Territoire::departement(departement).unwrap()]);
        let niveau = domain::dla::NiveauDla::Departemental;
        log.decide::<Dla>(&command(&admin()), dla, |it, asked| {
            it.register_dla(asked, line(departement), niveau, territoires.clone())
        })
        .await?;
        let porteuse = log.seen::<Organisation>(FINANCEUR).await?;
        log.decide::<Dla>(&command(&admin()), dla, |it, asked| {
            it.designate_structure_porteuse(asked, &porteuse)
        })
        .await?;
    }
    house.caught_up().await?;
    let seen = chargee.asks("{ viewer { role dlas } }", json!({})).await?;
    let dlas = seen["viewer"]["dlas"].as_array().context("a list")?.iter();
    let dlas: BTreeSet<_> = dlas.filter_map(Value::as_str).map(str::to_owned).collect();
    let ids = [DLA, OTHER_DLA].map(|it| BASE64.encode(format!("Dla:{}", it.0)));
    assert_eq!(dlas, ids.into());
    house.close().await
}
