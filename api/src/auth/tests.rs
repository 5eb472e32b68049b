use std::collections::BTreeSet;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair as RsaPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RsaPublicKeyComponents,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64},
};
use domain::{DlaId, OrganisationId, Role, RoleName};
use http::{Extensions, StatusCode};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::http::Language;

const ISSUER: &str = "https://id.example.fr";
const ID: Uuid = Uuid::from_u128(7);

/// A private key, and its public half as an issuer publishes it.
struct Pair {
    algorithm: Algorithm,
    private: EncodingKey,
    jwk: Value,
}

impl Pair {
    fn of(algorithm: Algorithm, private: EncodingKey, kid: &str, mut jwk: Value) -> Self {
        jwk["kid"] = json!(kid);
        Self { algorithm, private, jwk }
    }

    fn ed(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let private = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
        let x = BASE64.encode(pair.public_key());
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        Self::of(Algorithm::EdDSA, private, kid, jwk)
    }

    fn ec(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let private = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        // After the byte that says that it is not compressed.
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (BASE64.encode(x), BASE64.encode(y));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        Self::of(Algorithm::ES256, private, kid, jwk)
    }

    fn rsa(algorithm: Algorithm, kid: &str) -> Self {
        let pair = RsaPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pem = STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let (n, e) = (BASE64.encode(public.n), BASE64.encode(public.e));
        let alg = format!("{algorithm:?}");
        let jwk = json!({ "kty": "RSA", "alg": alg, "use": "sig", "n": n, "e": e });
        Self::of(algorithm, private, kid, jwk)
    }

    fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.jwk["kid"].as_str().unwrap().to_owned());
        header
    }

    fn token(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.private).unwrap()
    }
}

fn verifier(pairs: &[&Pair]) -> Verifier {
    let keys: Vec<_> = pairs.iter().map(|it| &it.jwk).collect();
    Verifier::new().with(Issuer {
        name: ISSUER.to_owned(),
        audience: "essaim".to_owned(),
        claims: ClaimNames::default(),
        keys: Keyring::fixed(keys_of(json!({ "keys": keys }).to_string()).unwrap()),
    })
}

/// Good claims, and then some changed: null takes one away.
fn claims(changes: Value) -> Value {
    let now = clock::now().as_second();
    let mut all = json!({
        "iss": ISSUER, "aud": "essaim", "sub": "amina", "exp": now + 600, "iat": now,
        "role": "CHARGE_DE_MISSION", "dlas": [ID],
    });
    let members = all.as_object_mut().unwrap();
    let Value::Object(changes) = changes else { panic!("changes are members") };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    all
}

/// Why good claims with some changed are refused.
fn refusal(changes: Value) -> Denied {
    let pair = Pair::ed("a");
    verifier(&[&pair])
        .verify(&pair.token(&claims(changes)))
        .unwrap_err()
}

#[test]
fn each_accepted_algorithm_lets_its_caller_in() {
    let pairs = [
        Pair::ed("a"),
        Pair::ec("b"),
        Pair::rsa(Algorithm::RS256, "c"),
        Pair::rsa(Algorithm::PS256, "d"),
    ];
    let verifier = verifier(&pairs.iter().collect::<Vec<_>>());
    for pair in &pairs {
        let caller = verifier.verify(&pair.token(&claims(json!({})))).unwrap();
        assert_eq!(caller.subject, "amina");
        assert_eq!(caller.role, Role::ChargeDeMission { dlas: BTreeSet::from([DlaId(ID)]) });
    }
}

#[test]
fn no_algorithm_and_shared_secrets_are_refused() {
    let pair = Pair::ed("a");
    let verifier = verifier(&[&pair]);
    let body = BASE64.encode(claims(json!({})).to_string());
    for none in ["none", "None", "NONE"] {
        let header = BASE64.encode(json!({ "alg": none, "kid": "a" }).to_string());
        assert_eq!(verifier.verify(&format!("{header}.{body}.")), Err(Denied::Malformed));
    }
    // The public key as the secret of an HMAC: the oldest confusion.
    let public = BASE64.decode(pair.jwk["x"].as_str().unwrap()).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("a".to_owned());
    let token = encode(&header, &claims(json!({})), &EncodingKey::from_secret(&public)).unwrap();
    assert_eq!(verifier.verify(&token), Err(Denied::Algorithm));
}

#[test]
fn the_key_decides_the_algorithm() {
    let pair = Pair::rsa(Algorithm::RS256, "a");
    let mut header = pair.header();
    header.alg = Algorithm::PS256;
    let token = encode(&header, &claims(json!({})), &pair.private).unwrap();
    assert_eq!(verifier(&[&pair]).verify(&token), Err(Denied::Algorithm));
}

#[test]
fn a_key_must_be_known_and_told_apart() {
    let (ours, theirs, other) = (Pair::ed("a"), Pair::ed("a"), Pair::ed("b"));
    let good = claims(json!({}));
    assert_eq!(verifier(&[&ours]).verify(&theirs.token(&good)), Err(Denied::Signature));
    assert_eq!(verifier(&[&ours]).verify(&other.token(&good)), Err(Denied::Key));
    let nameless = encode(&Header::new(Algorithm::EdDSA), &good, &ours.private).unwrap();
    assert_eq!(verifier(&[&ours, &other]).verify(&nameless), Err(Denied::KeyUnnamed));
    assert!(verifier(&[&ours]).verify(&nameless).is_ok());
}

#[test]
fn claims_that_are_wrong_or_absent_are_refused() {
    let now = clock::now().as_second();
    assert_eq!(refusal(json!({ "aud": "other" })), Denied::Audience);
    assert_eq!(refusal(json!({ "aud": null })), Denied::Claim("aud"));
    assert_eq!(refusal(json!({ "iss": "https://other" })), Denied::Issuer);
    assert_eq!(refusal(json!({ "iss": null })), Denied::Issuer);
    assert_eq!(refusal(json!({ "iss": [ISSUER] })), Denied::Issuer);
    assert_eq!(refusal(json!({ "exp": now - 31 })), Denied::Expired);
    assert_eq!(refusal(json!({ "exp": null })), Denied::Claim("exp"));
    assert_eq!(refusal(json!({ "exp": "soon" })), Denied::Claim("exp"));
    assert_eq!(refusal(json!({ "nbf": now + 60 })), Denied::TooEarly);
    assert_eq!(refusal(json!({ "iat": now + 60 })), Denied::TooEarly);
    assert_eq!(refusal(json!({ "iat": "now" })), Denied::Claim("iat"));
    assert_eq!(refusal(json!({ "sub": null })), Denied::Claim("sub"));
    assert_eq!(refusal(json!({ "sub": " " })), Denied::Claim("sub"));
    assert_eq!(refusal(json!({ "sub": 3 })), Denied::Claim("sub"));
}

#[test]
fn clocks_may_differ_by_half_a_minute() {
    let pair = Pair::ed("a");
    let now = clock::now().as_second();
    let claims = claims(json!({ "exp": now - 20, "nbf": now + 20, "iat": now + 20 }));
    assert!(verifier(&[&pair]).verify(&pair.token(&claims)).is_ok());
}

#[test]
fn a_token_that_was_good_ends_all_the_same() {
    let pair = Pair::ed("a");
    let verifier = verifier(&[&pair]);
    let ends = clock::now().as_second() - LEEWAY_SECONDS.cast_signed() + 2;
    let token = pair.token(&claims(json!({ "exp": ends })));
    assert!(verifier.verify(&token).is_ok());
    while clock::now().as_second() <= ends + LEEWAY_SECONDS.cast_signed() {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(verifier.verify(&token).unwrap_err(), Denied::Expired);
}

#[test]
fn a_token_that_was_good_goes_with_its_key() {
    let (old, new) = (Pair::ed("a"), Pair::ed("b"));
    let verifier = verifier(&[&old]);
    let keys = |pair: &Pair| keys_of(json!({ "keys": [pair.jwk] }).to_string()).unwrap();
    let token = old.token(&claims(json!({})));
    assert!(verifier.verify(&token).is_ok());
    verifier.issuers[ISSUER].keys.take(keys(&new));
    assert_eq!(verifier.verify(&token).unwrap_err(), Denied::Key);
    verifier.issuers[ISSUER].keys.take(keys(&old));
    assert!(verifier.verify(&token).is_ok());
}

#[test]
fn a_header_that_asks_for_more_is_refused() {
    let pair = Pair::ed("a");
    let verifier = verifier(&[&pair]);
    let verify = |header: &Header| {
        let token = encode(header, &claims(json!({})), &pair.private).unwrap();
        verifier.verify(&token)
    };
    let mut header = pair.header();
    header.crit = Some(vec!["exp".to_owned()]);
    assert_eq!(verify(&header), Err(Denied::Header));
    header.crit = None;
    header.typ = Some("dpop+jwt".to_owned());
    assert_eq!(verify(&header), Err(Denied::Header));
    header.typ = None;
    header.cty = Some("JWT".to_owned());
    assert_eq!(verify(&header), Err(Denied::Header));
    header.cty = None;
    for typ in [None, Some("JWT"), Some("at+jwt"), Some("application/at+jwt")] {
        header.typ = typ.map(str::to_owned);
        assert!(verify(&header).is_ok(), "{typ:?}");
    }
}

#[test]
fn a_role_needs_its_perimeter() {
    let role = |name: &str| Denied::Role(name.to_owned());
    let perimeter = |name: &str| Denied::Perimeter(name.to_owned());
    assert_eq!(refusal(json!({ "role": null })), role("role"));
    assert_eq!(refusal(json!({ "role": "KING" })), role("role"));
    assert_eq!(refusal(json!({ "role": "HOUSE" })), role("role"));
    assert_eq!(refusal(json!({ "dlas": null })), perimeter("dlas"));
    assert_eq!(refusal(json!({ "dlas": [] })), perimeter("dlas"));
    assert_eq!(refusal(json!({ "dlas": [ID, "x"] })), perimeter("dlas"));
    assert_eq!(refusal(json!({ "role": "FINANCEUR" })), perimeter("org"));
    assert_eq!(refusal(json!({ "org": "x" })), perimeter("org"));
    let said = perimeter("dlas").answer(Language::En);
    assert_eq!((said.code, said.message.contains("`dlas`")), ("FORBIDDEN", true));
    assert_eq!(perimeter("dlas").status(), StatusCode::FORBIDDEN);
    assert_eq!(perimeter("dlas").challenge(), None);
}

#[test]
fn global_ids_are_read_as_ids() {
    let pair = Pair::ed("a");
    let global = |noun: &str| BASE64.encode(format!("{noun}:{ID}"));
    let verify = |changes| verifier(&[&pair]).verify(&pair.token(&claims(changes)));
    let caller = verify(json!({ "dlas": [global("Dla")], "org": global("Organisation") })).unwrap();
    assert_eq!(caller.role, Role::ChargeDeMission { dlas: BTreeSet::from([DlaId(ID)]) });
    assert_eq!(caller.org, Some(OrganisationId(ID)));
    assert!(verify(json!({ "dlas": [global("Organisation")] })).is_err());
}

#[tokio::test]
async fn anonymous_is_not_the_same_as_mistaken() {
    let pair = Pair::ed("a");
    let verifier = verifier(&[&pair]);
    let good = pair.token(&claims(json!({})));
    let caller = async |values: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        verifier.caller(&headers, &Extensions::new()).await
    };
    assert_eq!(caller(&[]).await, Ok(None));
    assert!(
        caller(&[&format!("bearer {good}")])
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(caller(&[&good]).await, Err(Denied::Malformed));
    assert_eq!(caller(&["Basic YTpi"]).await, Err(Denied::Malformed));
    assert_eq!(caller(&["Bearer x.y.z"]).await, Err(Denied::Malformed));
    assert_eq!(caller(&[&format!("Bearer {good}"), "Bearer x"]).await, Err(Denied::Malformed));
    let long = format!("Bearer {}", "a".repeat(TOKEN_BYTES_MAX + 1));
    assert_eq!(caller(&[&long]).await, Err(Denied::Malformed));
}

#[test]
fn strangers_learn_nothing_from_a_refusal() {
    let all = [
        Denied::Malformed,
        Denied::Algorithm,
        Denied::Header,
        Denied::Issuer,
        Denied::Key,
        Denied::KeyUnnamed,
        Denied::Signature,
        Denied::Audience,
        Denied::Expired,
        Denied::TooEarly,
        Denied::Claim("exp"),
        Denied::ServiceUnknown,
        Denied::ServiceRevoked,
        Denied::ServiceExpired,
        Denied::ServiceAddress,
    ];
    for denied in all {
        let said = (denied.status(), denied.challenge(), denied.answer(Language::Fr));
        let expired = Denied::Expired;
        let one = (expired.status(), expired.challenge(), expired.answer(Language::Fr));
        assert_eq!(said, one, "{denied:?}");
        assert_eq!(denied.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(said.2.code, "UNAUTHENTICATED");
        assert!(denied.challenge().unwrap().contains("invalid_token"));
    }
    assert!(!Denied::Anonymous.challenge().unwrap().contains("error"));
}

#[test]
fn a_service_that_does_not_answer_says_to_come_back() {
    assert_eq!(Denied::Unanswered.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(Denied::Unanswered.answer(Language::En).retryable);
    assert_eq!(Denied::Unanswered.challenge(), None);
}

/// An issuer that names things its own way.
fn keycloak() -> ClaimNames {
    let roles = [("dla-charge", "CHARGE_DE_MISSION"), ("dla-financeur", "FINANCEUR")];
    let role = |name: &str| {
        RoleName::ALL
            .iter()
            .copied()
            .find(|it| it.as_str() == name)
            .unwrap()
    };
    ClaimNames {
        role: "/realm_access/roles".to_owned(),
        dlas: "/a~1b/dlas".to_owned(),
        organisation: "https://example.fr/org.id".to_owned(),
        roles: roles
            .map(|(theirs, ours)| (theirs.to_owned(), role(ours)))
            .into(),
        default_role: None,
    }
}

fn mapped(names: ClaimNames, changes: Value) -> Result<Caller, Denied> {
    let pair = Pair::ed("a");
    let mut issuer = verifier(&[&pair]).issuers.remove(ISSUER).unwrap();
    issuer.claims = names;
    Verifier::new()
        .with(issuer)
        .verify(&pair.token(&claims(changes)))
}

#[test]
fn claims_are_found_where_the_issuer_puts_them() {
    let roles = |roles: Value| json!({ "realm_access": { "roles": roles }, "a/b": { "dlas": ID } });
    let caller = mapped(keycloak(), roles(json!(["offline_access", "dla-charge"]))).unwrap();
    assert_eq!(caller.role, Role::ChargeDeMission { dlas: BTreeSet::from([DlaId(ID)]) });
    // The claim may be a text as well as a list, and the same role twice is one role.
    assert!(mapped(keycloak(), roles(json!("dla-charge"))).is_ok());
    assert!(mapped(keycloak(), roles(json!(["dla-charge", "dla-charge"]))).is_ok());
    let org =
        json!({ "realm_access": { "roles": "dla-financeur" }, "https://example.fr/org.id": ID });
    let caller = mapped(keycloak(), org).unwrap();
    assert_eq!(caller.role, Role::Financeur { financeur: OrganisationId(ID) });
}

#[test]
fn exactly_one_known_role_comes_out() {
    let roles =
        |roles: Value| json!({ "realm_access": { "roles": roles }, "a/b": { "dlas": [ID] } });
    let unknown = Denied::Role("/realm_access/roles".to_owned());
    let both = roles(json!(["dla-charge", "dla-financeur"]));
    let several = mapped(keycloak(), both).unwrap_err();
    assert_eq!(several, Denied::Roles("/realm_access/roles".to_owned()));
    assert_eq!(several.status(), StatusCode::FORBIDDEN);
    // Where the issuer's names are listed, ours are not known: nobody gives themselves one.
    for none in [json!([]), json!(["ADMIN"]), json!(["CHARGE_DE_MISSION"]), json!(3), json!([3])] {
        assert_eq!(mapped(keycloak(), roles(none)).unwrap_err(), unknown);
    }
    assert_eq!(mapped(keycloak(), json!({})).unwrap_err(), unknown);
    let default = ClaimNames { default_role: Some(RoleName::ChargeDeMission), ..keycloak() };
    assert!(mapped(default.clone(), roles(json!(["offline_access"]))).is_ok());
    assert_eq!(mapped(default, roles(json!([3]))).unwrap_err(), unknown);
}

#[test]
fn a_siret_must_be_looked_up() {
    let named = json!({ "role": "FINANCEUR", "org": "732 829 320 00074" });
    let denied = mapped(ClaimNames::default(), named).unwrap_err();
    assert_eq!(denied, Denied::Unregistered("org".to_owned()));
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    let carrier = json!({ "dlas": "73282932000074" });
    let denied = mapped(ClaimNames::default(), carrier).unwrap_err();
    assert_eq!(denied, Denied::Unregistered("dlas".to_owned()));
    let said = denied.answer(Language::Fr).message;
    assert!(said.contains("« dlas »") && !said.contains("73282932000074"), "{said}");
}

#[test]
fn dates_are_those_of_a_calendar() {
    for odd in [json!(1e300), json!(-1), json!("1"), json!(true), json!([1])] {
        for name in ["exp", "nbf", "iat"] {
            let denied = refusal(json!({ (name): odd }));
            let known = [Denied::Claim(name), Denied::Expired, Denied::Malformed];
            assert!(known.contains(&denied), "{name} {odd}: {denied:?}");
        }
    }
    let pair = Pair::ed("a");
    let now = clock::now().as_second();
    let half = |seconds: i64| {
        format!("{seconds}.5")
            .parse::<serde_json::Number>()
            .unwrap()
    };
    let halves = claims(json!({ "exp": half(now + 600), "iat": half(now - 1) }));
    assert!(verifier(&[&pair]).verify(&pair.token(&halves)).is_ok());
}

#[test]
fn sets_of_keys_are_read_with_care() {
    let (a, b) = (Pair::ed("a"), Pair::ec("a"));
    let set = |keys: Value| keys_of(json!({ "keys": keys }).to_string());
    assert!(matches!(set(json!([a.jwk, b.jwk])), Err(KeyProblem::Ambiguous)));
    let secret = json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256" });
    assert!(matches!(set(json!([secret])), Err(KeyProblem::None)));
    assert_eq!(set(json!([secret, a.jwk])).unwrap().len(), 1);
    let mut encrypts = a.jwk.clone();
    encrypts["use"] = json!("enc");
    assert!(matches!(set(json!([encrypts])), Err(KeyProblem::None)));
    assert!(matches!(keys_of("{}"), Err(KeyProblem::Form(_))));
}
