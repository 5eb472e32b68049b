//! Documents over HTTP: declared, sent, read by each as far as it is theirs, and refused when
//! they are not what was declared or no longer what was sent.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::Context;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{OrganisationId, Role};
use house::{
    Answer, OpenHouse, Questions, Visitor,
    dossier::{
        CONSULTATION, DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_PRESTATAIRE,
        PRESTATAIRE, STRUCTURE,
    },
};
use http::{Method, StatusCode};
use projections::documents::MODEL;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use uuid::Uuid;

const DOCUMENT: Uuid = Uuid::from_u128(0xd0c);
const PDF: &str = "application/pdf";

const READ: &str = "query($id: ID!) { document(id: $id) {
    titre etat lecteurs motif consentement conservation nature { code }
    courante { numero empreinte taille adresse }
    versions { numero receivedOn commentaire adresse } adresse } }";

fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn organisation(it: OrganisationId) -> String {
    id("Organisation", it.0)
}

fn digest(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}

/// A file that begins as a PDF does, of that many bytes.
fn pdf(bytes: usize) -> Vec<u8> {
    let noise = (0..bytes).map(|n| u8::try_from(n * 31 % 251).unwrap_or_default());
    let mut content = b"%PDF-1.7\n".to_vec();
    content.extend(noise);
    content.truncate(bytes.max(9));
    content
}

fn registration(nature: &str, more: &Value) -> Value {
    let mut input = json!({
        "commandId": DOCUMENT, "ingenierie": id("Ingenierie", INGENIERIE.0),
        "nature": nature, "titre": "Compte rendu – Mme Roux", "date": "2026-03-02",
        "langue": "fr", "donneesPersonnelles": false,
    });
    if let (Value::Object(input), Value::Object(more)) = (&mut input, more) {
        input.extend(more.clone());
    }
    input
}

fn of_document(command: u128, more: &Value) -> Value {
    let mut input =
        json!({ "commandId": Uuid::from_u128(command), "document": id("Document", DOCUMENT) });
    if let (Value::Object(input), Value::Object(more)) = (&mut input, more) {
        input.extend(more.clone());
    }
    input
}

fn annonce(command: u128, content: &[u8]) -> Value {
    let size = content.len();
    of_document(
        command,
        &json!({ "empreinte": digest(content), "taille": size, "media": PDF,
                 "commentaire": "Relu par M. Petit." }),
    )
}

fn address(version: i32) -> String {
    format!("/documents/{}/versions/{version}", id("Document", DOCUMENT))
}

async fn puts(visitor: &Visitor, version: i32, content: &[u8]) -> anyhow::Result<Answer> {
    let headers = [("content-type", PDF)];
    visitor
        .sends(Method::PUT, &address(version), &headers, content.to_vec())
        .await
}

async fn gets(visitor: &Visitor) -> anyhow::Result<Answer> {
    let address = format!("/documents/{}", id("Document", DOCUMENT));
    visitor.sends(Method::GET, &address, &[], vec![]).await
}

fn code(answer: &Answer) -> anyhow::Result<String> {
    let code = &answer.json()?["errors"][0]["extensions"]["code"];
    Ok(code.as_str().context("a code")?.to_owned())
}

async fn reads(visitor: &Visitor) -> anyhow::Result<Value> {
    let variables = json!({ "id": id("Document", DOCUMENT) });
    Ok(visitor.asks(READ, variables).await?["document"].take())
}

async fn opened() -> anyhow::Result<OpenHouse> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.catch_up().await?;
    OpenHouse::on(questions.database).await
}

fn amina(house: &OpenHouse) -> anyhow::Result<Visitor> {
    house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })
}

/// A document of the dossier, whose content was sent.
async fn sent(house: &OpenHouse, content: &[u8], more: &Value) -> anyhow::Result<Visitor> {
    let amina = amina(house)?;
    amina
        .does("registerDocument", registration("COMPTE_RENDU", more), "{ document { id etat } }")
        .await?;
    amina
        .does("addDocumentVersion", annonce(1, content), "{ document { etat } }")
        .await?;
    let answer = puts(&amina, 1, content).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    Ok(amina)
}

/// What the dossier says of its documents.
async fn told(visitor: &Visitor) -> anyhow::Result<Value> {
    let asked = "query($id: ID!) { ingenierie(id: $id) {
        documents(first: 5) { totalCount }
        historique(first: 20, filter: { categories: [DOCUMENT] }) { nodes { type data } } } }";
    let dossier = json!({ "id": id("Ingenierie", INGENIERIE.0) });
    Ok(visitor.asks(asked, dossier).await?["ingenierie"].take())
}

/// Sends a content up to there, and waits.
async fn begins(visitor: &Visitor, content: &[u8], to: usize) -> anyhow::Result<TcpStream> {
    let token = visitor.token.as_ref().context("a token")?;
    let mut stream = TcpStream::connect(visitor.address()).await?;
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: essaim\r\nauthorization: Bearer {token}\r\n\
         content-type: {PDF}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        address(1),
        content.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&content[..to]).await?;
    Ok(stream)
}

/// Waits until the store holds that many files.
async fn keeps(house: &OpenHouse, many: usize) -> anyhow::Result<()> {
    for _ in 0..200 {
        if kept(house)?.len() == many {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("{:?}, not {many}", kept(house)?)
}

/// Every file of the store.
fn kept(house: &OpenHouse) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = vec![];
    for folder in fs::read_dir(house.database.documents())? {
        for file in fs::read_dir(folder?.path())? {
            all.push(file?.path());
        }
    }
    Ok(all)
}

#[tokio::test]
async fn a_document_is_declared_sent_and_read() -> anyhow::Result<()> {
    let house = opened().await?;
    // Several chunks, and a last one that is not whole.
    let content = pdf(200_001);
    let amina = amina(&house)?;
    let waiting = amina
        .does(
            "registerDocument",
            registration("COMPTE_RENDU", &json!({})),
            "{ document { etat versions { numero } courante { numero } } }",
        )
        .await?;
    assert_eq!(
        waiting["document"],
        json!({ "etat": "EN_ATTENTE", "versions": [], "courante": null })
    );
    amina
        .does("addDocumentVersion", annonce(1, &content), "{ document { etat } }")
        .await?;
    assert_eq!(code(&gets(&amina).await?)?, "CONTENT_ABSENT");
    assert_eq!(puts(&amina, 1, &content).await?.status, StatusCode::OK);

    let document = reads(&amina).await?;
    assert_eq!(document["titre"], "Compte rendu – Mme Roux");
    assert_eq!(document["etat"], "DISPONIBLE");
    assert_eq!(document["conservation"], "DOSSIER");
    assert_eq!(document["courante"]["empreinte"], digest(&content));
    assert_eq!(document["courante"]["adresse"], address(1));
    assert_eq!(document["versions"][0]["commentaire"], "Relu par M. Petit.");

    let answer = gets(&amina).await?;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, content);
    let header = |name: &str| answer.headers[name].to_str().unwrap_or_default().to_owned();
    assert_eq!(header("content-type"), PDF);
    assert_eq!(header("content-length"), content.len().to_string());
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("etag"), format!("\"{}\"", digest(&content)));
    assert!(header("content-disposition").starts_with("attachment; "));
    assert!(header("content-disposition").ends_with("Compte%20rendu%20%E2%80%93%20Mme%20Roux.pdf"));
    let etag = header("etag");
    // What has its hash beside goes as it is, whatever the reader takes.
    let squeezed = [("accept-encoding", "gzip")];
    let same = amina
        .sends(Method::GET, &address(1), &squeezed, vec![])
        .await?;
    assert_eq!((same.body, same.headers.get("content-encoding")), (answer.body, None));
    let known = [("if-none-match", etag.as_str())];
    let again = amina
        .sends(Method::GET, &address(1), &known, vec![])
        .await?;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);

    // What is kept is sealed: neither the content nor its title is found on the disk.
    for file in kept(&house)? {
        let bytes = fs::read(file)?;
        assert!(!bytes.windows(5).any(|it| it == b"%PDF-"));
    }
    house.close().await
}

#[tokio::test]
async fn sending_twice_counts_once_and_a_new_version_takes_over() -> anyhow::Result<()> {
    let house = opened().await?;
    let (first, second) = (pdf(1_000), pdf(2_000));
    let amina = sent(&house, &first, &json!({})).await?;
    let once = reads(&amina).await?;
    assert_eq!(puts(&amina, 1, &first).await?.status, StatusCode::OK);
    assert_eq!(reads(&amina).await?, once);
    assert_eq!(kept(&house)?.len(), 1);

    amina
        .does("addDocumentVersion", annonce(2, &second), "{ document { etat } }")
        .await?;
    // Until it comes, the first one is read.
    assert_eq!(gets(&amina).await?.body, first);
    assert_eq!(puts(&amina, 2, &second).await?.status, StatusCode::OK);
    assert_eq!(gets(&amina).await?.body, second);
    let older = amina.sends(Method::GET, &address(1), &[], vec![]).await?;
    assert_eq!(older.body, first);

    // After a restart everything is there, and every question says the same.
    let database = house.into_database().await?;
    let questions = Questions::on(database).await?;
    questions.catch_up().await?;
    questions.dump_however_built(&MODEL).await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = self::amina(&house)?;
    assert_eq!(gets(&amina).await?.body, second);
    house.close().await
}

#[tokio::test]
async fn each_reads_what_is_theirs_and_nobody_else_knows() -> anyhow::Result<()> {
    let house = opened().await?;
    let content = pdf(500);
    let amina = sent(&house, &content, &json!({})).await?;
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let financeur = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    let stranger = house.visitor(Role::Financeur { financeur: FONDATION })?;
    let prestataire = house.visitor(Role::Prestataire { prestataire: OTHER_PRESTATAIRE })?;
    let elsewhere = house.visitor_named("x", Role::ChargeDeMission { dlas: [OTHER_DLA].into() })?;
    let responsable = house.visitor(Role::ResponsablePorteuse { dlas: [DLA].into() })?;
    let admin = house.visitor(Role::Admin)?;
    let all = [
        ("structure", &structure),
        ("financeur", &financeur),
        ("stranger", &stranger),
        ("prestataire", &prestataire),
        ("elsewhere", &elsewhere),
        ("responsable", &responsable),
        ("admin", &admin),
    ];
    let readers = async || {
        let mut readers = vec![];
        for (name, visitor) in all {
            let (page, answer) = (reads(visitor).await?, gets(visitor).await?);
            let listed = visitor
                .asks("{ documents(first: 5) { totalCount nodes { id } } }", json!({}))
                .await?;
            let listed = listed["documents"]["totalCount"].as_i64();
            match answer.status {
                StatusCode::OK => {
                    assert_eq!((answer.body.as_ref(), listed), (content.as_slice(), Some(1)));
                    assert_eq!(page["titre"], "Compte rendu – Mme Roux", "{name}");
                    readers.push(name);
                }
                status => {
                    assert_eq!((status, listed), (StatusCode::NOT_FOUND, Some(0)), "{name}");
                    assert_eq!((code(&answer)?.as_str(), page), ("NOT_FOUND", Value::Null));
                }
            }
        }
        anyhow::Ok(readers)
    };
    assert_eq!(readers().await?, ["responsable"]);
    let mut command = 10;
    for (lecteurs, expected) in [
        (json!(["FINANCEURS"]), vec!["financeur", "responsable"]),
        (json!(["STRUCTURES"]), vec!["structure", "responsable"]),
        (json!(["PRESTATAIRES"]), vec!["prestataire", "responsable"]),
        (json!([]), vec!["responsable"]),
    ] {
        command += 1;
        let shows = of_document(command, &json!({ "lecteurs": lecteurs }));
        amina
            .does("changeDocumentVisibility", shows, "{ document { lecteurs } }")
            .await?;
        assert_eq!(readers().await?, expected, "{lecteurs}");
    }
    let shows = of_document(20, &json!({ "lecteurs": ["TOUS"] }));
    amina
        .does("changeDocumentVisibility", shows, "{ document { lecteurs } }")
        .await?;
    assert_eq!(readers().await?.len(), all.len());

    // What is not theirs answers as what is not, whatever is asked of it.
    let shows = of_document(21, &json!({ "lecteurs": [] }));
    amina
        .does("changeDocumentVisibility", shows, "{ document { lecteurs } }")
        .await?;
    let absent = id("Document", Uuid::from_u128(0xd0d));
    let absent = [format!("/documents/{absent}"), format!("/documents/{absent}/versions/1")];
    let hidden = [format!("/documents/{}", id("Document", DOCUMENT)), address(1)];
    for (hidden, absent) in hidden.iter().zip(&absent) {
        for method in [Method::GET, Method::PUT] {
            let headers = [("content-type", PDF)];
            let one = stranger
                .sends(method.clone(), hidden, &headers, content.clone())
                .await?;
            let other = stranger
                .sends(method, absent, &headers, content.clone())
                .await?;
            assert_eq!((one.status, one.body), (other.status, other.body), "{hidden}");
        }
    }

    // Nobody without a token, and nobody sends who may not.
    assert_eq!(gets(&house.stranger()).await?.status, StatusCode::UNAUTHORIZED);
    assert_eq!(puts(&financeur, 1, &content).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(code(&puts(&responsable, 1, &content).await?)?, "FORBIDDEN");

    // The history tells its DLAs of it, and nobody else.
    house.caught_up().await?;
    let inside = told(&amina).await?;
    assert_eq!(inside["documents"]["totalCount"], 1);
    assert_eq!(inside["historique"]["nodes"][0]["type"], "DocumentRegistered");
    assert!(inside["historique"]["nodes"][0]["data"].is_object(), "{inside}");
    for visitor in [&structure, &financeur, &prestataire] {
        let outside = told(visitor).await?;
        assert_eq!(outside["documents"]["totalCount"], 0);
        assert_eq!(outside["historique"]["nodes"], json!([]));
    }
    house.close().await
}

#[tokio::test]
async fn what_is_not_what_was_declared_is_not_taken() -> anyhow::Result<()> {
    let house = opened().await?;
    let content = pdf(100_000);
    let amina = amina(&house)?;
    amina
        .does("registerDocument", registration("ETUDE", &json!({})), "{ position }")
        .await?;
    for (field, value) in [
        ("taille", json!(26_214_401)),
        ("taille", json!(0)),
        ("media", json!("text/html")),
        ("empreinte", json!("abc")),
    ] {
        let mut wrong = annonce(1, &content);
        wrong[field] = value;
        let no = amina.is_refused("addDocumentVersion", wrong).await?;
        assert_eq!(no["extensions"]["path"], json!(["input", field]));
    }
    amina
        .does("addDocumentVersion", annonce(1, &content), "{ position }")
        .await?;

    let mut other = content.clone();
    other[50_000] ^= 1;
    assert_eq!(code(&puts(&amina, 1, &other).await?)?, "CONTENT_DIGEST_DIFFERS");
    let shorter = &content[..content.len() - 1];
    assert_eq!(code(&puts(&amina, 1, shorter).await?)?, "CONTENT_SIZE_DIFFERS");
    let longer = [content.as_slice(), b"!"].concat();
    assert_eq!(code(&puts(&amina, 1, &longer).await?)?, "CONTENT_SIZE_DIFFERS");
    let html = [("content-type", "text/html")];
    let typed = amina
        .sends(Method::PUT, &address(1), &html, content.clone())
        .await?;
    assert_eq!(code(&typed)?, "CONTENT_TYPE_DIFFERS");
    assert_eq!(code(&puts(&amina, 2, &content).await?)?, "DOCUMENT_VERSION_UNKNOWN");
    let english = puts(&amina.clone().speaking("en"), 1, shorter)
        .await?
        .json()?;
    assert!(english["errors"][0]["message"].is_string());

    // Of the size and the hash that were declared, and not of that type.
    let text = b"Bonjour, ceci n'est pas un PDF.".as_slice();
    amina
        .does("addDocumentVersion", annonce(2, text), "{ position }")
        .await?;
    assert_eq!(code(&puts(&amina, 2, text).await?)?, "CONTENT_TYPE_DIFFERS");

    // Cut off in the middle: nothing is left, and the same is sent again.
    let mut stream = begins(&amina, &content, 70_000).await?;
    keeps(&house, 1).await?;
    stream.shutdown().await?;
    drop(stream);
    keeps(&house, 0).await?;
    assert_eq!(code(&gets(&amina).await?)?, "CONTENT_ABSENT");
    assert_eq!(puts(&amina, 1, &content).await?.status, StatusCode::OK);
    assert_eq!(gets(&amina).await?.body, content);
    house.close().await
}

#[tokio::test]
async fn what_was_tampered_with_is_never_given() -> anyhow::Result<()> {
    let house = opened().await?;
    let content = pdf(150_000);
    let amina = sent(&house, &content, &json!({})).await?;
    let file = kept(&house)?.pop().context("a file")?;
    let whole = fs::read(&file)?;

    let mut early = whole.clone();
    early[1_000] ^= 1;
    fs::write(&file, &early)?;
    let answer = gets(&amina).await?;
    assert_eq!(code(&answer)?, "CONTENT_ALTERED");
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    // Later on, it is cut: it never looks whole.
    let mut late = whole.clone();
    late[140_000] ^= 1;
    fs::write(&file, &late)?;
    assert!(gets(&amina).await.is_err());
    fs::write(&file, &whole[..whole.len() - 10])?;
    assert!(gets(&amina).await.is_err());
    fs::remove_file(&file)?;
    assert_eq!(code(&gets(&amina).await?)?, "CONTENT_ALTERED");
    // Sending it again repairs.
    assert_eq!(puts(&amina, 1, &content).await?.status, StatusCode::OK);
    assert_eq!(gets(&amina).await?.body, content);
    house.close().await
}

#[tokio::test]
async fn a_document_of_a_structure_is_shared_with_its_consent() -> anyhow::Result<()> {
    let house = opened().await?;
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    let input = registration("DIAGNOSTIC", &json!({}));
    structure
        .does("registerDocument", input, "{ document { id } }")
        .await?;
    let content = pdf(300);
    structure
        .does("addDocumentVersion", annonce(1, &content), "{ position }")
        .await?;
    assert_eq!(puts(&structure, 1, &content).await?.status, StatusCode::OK);
    assert_eq!(gets(&structure).await?.body, content);

    let amina = amina(&house)?;
    let shows = |command, consentement: Value| {
        let more = json!({ "lecteurs": ["FINANCEURS"], "consentement": consentement });
        of_document(command, &more)
    };
    let no = amina
        .is_refused("changeDocumentVisibility", shows(2, Value::Null))
        .await?;
    assert_eq!(no["extensions"]["code"], "DOCUMENT_CONSENT_MISSING");
    assert_eq!(no["extensions"]["params"]["structure"], organisation(STRUCTURE));
    let agreed = shows(3, json!("Classeur 3, pièce 12"));
    amina
        .does("changeDocumentVisibility", agreed, "{ document { version } }")
        .await?;
    let financeur = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    assert_eq!(gets(&financeur).await?.body, content);
    assert_eq!(reads(&financeur).await?["consentement"], Value::Null);
    assert_eq!(reads(&amina).await?["consentement"], "Classeur 3, pièce 12");
    house.close().await
}

#[tokio::test]
async fn what_is_withdrawn_is_given_to_nobody_and_what_is_erased_is_gone() -> anyhow::Result<()> {
    let house = opened().await?;
    let content = pdf(300);
    let amina = sent(&house, &content, &json!({ "lecteurs": ["FINANCEURS"] })).await?;
    let financeur = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    assert_eq!(gets(&financeur).await?.body, content);
    let responsable = house.visitor(Role::ResponsablePorteuse { dlas: [DLA].into() })?;
    let no = responsable
        .is_refused("eraseDocument", of_document(2, &json!({})))
        .await?;
    assert_eq!(no["extensions"]["code"], "DOCUMENT_NOT_WITHDRAWN");

    let motif = json!({ "motif": "Mauvais fichier de Mme Roux." });
    amina
        .does("withdrawDocument", of_document(3, &motif), "{ document { etat motif } }")
        .await?;
    let answer = gets(&amina).await?;
    assert_eq!((answer.status, code(&answer)?), (StatusCode::GONE, "DOCUMENT_WITHDRAWN".into()));
    assert_eq!(gets(&financeur).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(reads(&financeur).await?, Value::Null);
    assert_eq!(code(&puts(&amina, 1, &content).await?)?, "DOCUMENT_WITHDRAWN");
    let document = reads(&amina).await?;
    assert_eq!(document["etat"], "RETIRE");
    assert_eq!(document["courante"], Value::Null);
    assert_eq!(document["motif"], "Mauvais fichier de Mme Roux.");
    assert_eq!(kept(&house)?.len(), 1);

    responsable
        .does("eraseDocument", of_document(4, &json!({})), "{ document { etat } }")
        .await?;
    // Whoever reads the log destroys, a moment after.
    for _ in 0..200 {
        if reads(&amina).await?["titre"].is_null() && kept(&house)?.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let document = reads(&amina).await?;
    assert_eq!(document["etat"], "EFFACE");
    assert_eq!((&document["titre"], &document["motif"]), (&Value::Null, &Value::Null));
    assert_eq!(kept(&house)?, Vec::<PathBuf>::new());
    house.close().await
}

#[tokio::test]
async fn what_was_erased_while_it_was_sent_is_not_kept() -> anyhow::Result<()> {
    let house = opened().await?;
    let content = pdf(100_000);
    let amina = amina(&house)?;
    let responsable = house.visitor(Role::ResponsablePorteuse { dlas: [DLA].into() })?;
    amina
        .does("registerDocument", registration("ETUDE", &json!({})), "{ position }")
        .await?;
    amina
        .does("addDocumentVersion", annonce(1, &content), "{ position }")
        .await?;
    let mut stream = begins(&amina, &content, 70_000).await?;
    keeps(&house, 1).await?;
    let motif = json!({ "motif": "Mauvais fichier." });
    amina
        .does("withdrawDocument", of_document(2, &motif), "{ position }")
        .await?;
    responsable
        .does("eraseDocument", of_document(3, &json!({})), "{ position }")
        .await?;
    while !reads(&amina).await?["titre"].is_null() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stream.write_all(&content[70_000..]).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 410 "), "{answer}");
    assert_eq!(kept(&house)?, Vec::<PathBuf>::new());
    house.close().await
}

#[tokio::test]
async fn a_competitor_never_reads_an_offre() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    questions.consulted().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = amina(&house)?;
    let bidder = house.visitor(Role::Prestataire { prestataire: PRESTATAIRE })?;
    let rival = Role::Prestataire { prestataire: OTHER_PRESTATAIRE };
    let rival = house.visitor_named("rival", rival)?;
    let pays = house.visitor_named("rival", Role::Financeur { financeur: OTHER_PRESTATAIRE })?;
    let consultation = id("Consultation", CONSULTATION.0);
    let offre = registration("OFFRE", &json!({ "consultation": consultation }));
    let no = bidder.is_refused("registerDocument", offre.clone()).await?;
    assert_eq!(no["extensions"]["code"], "OFFRE_DOCUMENT_SEALED");
    let opens = json!({ "commandId": Uuid::from_u128(0xa), "consultation": consultation });
    amina.does("openOffres", opens, "{ position }").await?;
    bidder
        .does("registerDocument", offre, "{ position }")
        .await?;
    let content = pdf(300);
    bidder
        .does("addDocumentVersion", annonce(1, &content), "{ position }")
        .await?;
    assert_eq!(puts(&bidder, 1, &content).await?.status, StatusCode::OK);
    assert_eq!(gets(&bidder).await?.body, content);

    for (command, lecteurs) in [(2, "PRESTATAIRES"), (3, "TOUS")] {
        let shows = of_document(command, &json!({ "lecteurs": [lecteurs] }));
        let no = bidder.is_refused("changeDocumentVisibility", shows).await?;
        assert_eq!(no["extensions"]["code"], "OFFRE_DOCUMENT_NOT_SHOWN");
    }
    let shows = of_document(4, &json!({ "lecteurs": ["FINANCEURS", "STRUCTURES"] }));
    bidder
        .does("changeDocumentVisibility", shows, "{ position }")
        .await?;
    house.caught_up().await?;
    let financeur = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    for reader in [&amina, &financeur] {
        assert_eq!(gets(reader).await?.body, content);
    }
    // Under whatever role they come, and whatever they ask.
    for visitor in [&rival, &pays] {
        assert_eq!(code(&gets(visitor).await?)?, "NOT_FOUND");
        assert_eq!(code(&puts(visitor, 1, &content).await?)?, "NOT_FOUND");
        assert_eq!(reads(visitor).await?, Value::Null);
        let told = told(visitor).await?;
        assert_eq!(told["documents"]["totalCount"], 0);
        assert_eq!(told["historique"]["nodes"], json!([]));
        let shows = of_document(5, &json!({ "lecteurs": [] }));
        let no = visitor
            .is_refused("changeDocumentVisibility", shows)
            .await?;
        assert_eq!(no["extensions"]["code"], "NOT_FOUND");
    }
    house.close().await
}

#[tokio::test]
async fn what_is_read_leaves_a_trace_and_the_register_is_searched() -> anyhow::Result<()> {
    let house = opened().await?;
    let amina = sent(&house, &pdf(300), &json!({})).await?;
    gets(&amina).await?;
    let mut db = house.database.admin().await?;
    let traced: Vec<(String, String)> = sqlx::query_as(
        "select split_part(subject, '/', 1), pointer from vault.access
         where purpose = 'DOWNLOAD' order by pointer",
    )
    .fetch_all(&mut db)
    .await?;
    let document = |pointer: &str| ("document".to_owned(), pointer.to_owned());
    assert_eq!(traced, [document("/titre"), document("/versions/1")]);

    let counts = async |filter: Value| {
        let query = "query($filter: DocumentFilter) {
            documents(first: 1, filter: $filter) { totalCount asOf { position } } }";
        let found = amina.asks(query, json!({ "filter": filter })).await?;
        anyhow::Ok(found["documents"]["totalCount"].as_i64().unwrap_or(-1))
    };
    let dossier = id("Ingenierie", INGENIERIE.0);
    assert_eq!(counts(json!({ "ingenierie": dossier })).await?, 1);
    assert_eq!(counts(json!({ "natures": ["COMPTE_RENDU", "ETUDE"] })).await?, 1);
    assert_eq!(counts(json!({ "natures": ["ETUDE"] })).await?, 0);
    assert_eq!(counts(json!({ "etat": "DISPONIBLE", "du": "2026-03-01" })).await?, 1);
    assert_eq!(counts(json!({ "au": "2026-03-01" })).await?, 0);
    assert_eq!(counts(json!({ "structure": organisation(STRUCTURE) })).await?, 0);
    assert_eq!(counts(json!({ "dla": id("Dla", DLA.0) })).await?, 1);
    house.close().await
}
