//! The open files of a financeur: the same by GraphQL, as a download and by the program; what they
//! do not tell and why; who may ask; and what the validators of their publishers say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context, ensure};
use api::cases;
use domain::{DlaId, OrganisationId, Role};
use house::{
    OpenHouse, Questions, Visitor,
    database::ORIGIN,
    dossier::{
        DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_DLA, OTHER_STRUCTURE, PRESTATAIRE, STRUCTURE,
    },
    essaim,
};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use uuid::Uuid;

use crate::{
    auditors::csv,
    conventions::{id, registry, signature},
};

const QUESTION: &str = "query($of: ID!, $from: Date, $to: Date, $at: Position) {
    exportSubventions(financeur: $of, from: $from, to: $to, atLeastPosition: $at) {
        financeur { denomination } asOf { position }
        scdl(first: 10) { totalCount asOf { position } nodes {
            nomAttribuant idAttribuant dateConvention referenceDecision nomBeneficiaire
            idBeneficiaire rnaBeneficiaire objet montant nature conditionsVersement
            datesPeriodeVersement idRAE notificationUE pourcentageSubvention dispositifAide } }
        giving(first: 10) { nodes { grant } }
        scdlRejets(first: 10) { totalCount nodes { code } }
        givingRejets(first: 10) { totalCount nodes { code } } } }";

/// What a financeur may export, by GraphQL, as of the end of the log.
async fn told(house: &OpenHouse, by: &Visitor, of: OrganisationId) -> anyhow::Result<Value> {
    let (head, _) = house.house.log.newest().await?;
    let asked = json!({ "of": id("Organisation", of.0), "at": head.0.to_string() });
    Ok(by.asks(QUESTION, asked).await?["exportSubventions"].take())
}

/// The codes of what the two files do not tell.
async fn codes(
    house: &OpenHouse,
    by: &Visitor,
    of: OrganisationId,
) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let told = told(house, by, of).await?;
    let of = |name: &str| -> Vec<String> {
        let all = told[name]["nodes"].as_array().into_iter().flatten();
        all.map(|it| it["code"].as_str().unwrap().to_owned())
            .collect()
    };
    Ok((of("scdlRejets"), of("givingRejets")))
}

/// The addresses of the exports of a financeur.
fn address(file: &str, of: OrganisationId) -> String {
    format!("/exports/{file}?financeur={}", id("Organisation", of.0))
}

/// The program, as the operator runs it.
fn export(house: &OpenHouse, arguments: &[&str]) -> anyhow::Result<Output> {
    Ok(Command::new(essaim()?)
        .env_remove("ESSAIM_TEST_DATABASE_URL")
        .env("ESSAIM_DATABASE_URL", house.database.as_service().to_url_lossy().as_str())
        .env("ESSAIM_KEK", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
        .env("ESSAIM_LOG_ORIGIN", ORIGIN)
        .arg("export")
        .args(arguments)
        .output()?)
}

/// The cases of the trade that have money of financeurs, and these.
async fn demo() -> anyhow::Result<(OpenHouse, Vec<OrganisationId>, BTreeSet<DlaId>)> {
    let house = OpenHouse::open().await?;
    let (mut financeurs, mut dlas) = (vec![], BTreeSet::new());
    for case in ["centres-sociaux", "acm"] {
        let played = cases::play(&house.house, &house.contents, case).await?;
        financeurs.push(played.financeur.context("a financeur")?);
        dlas.extend(played.dlas);
    }
    house.caught_up().await?;
    Ok((house, financeurs, dlas))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_the_same_by_three_doors() -> anyhow::Result<()> {
    let (house, financeurs, dlas) = demo().await?;
    let mut lines = vec![];
    for financeur in financeurs {
        let by = house.visitor_named(&financeur.0.to_string(), Role::Financeur { financeur })?;
        let told = told(&house, &by, financeur).await?;
        let chargee = house.visitor(Role::ChargeDeMission { dlas: dlas.clone() })?;
        assert_eq!(self::told(&house, &chargee, financeur).await?, told);

        // The download, line by line: what is absent is an empty cell.
        let answer = by
            .sends(Method::GET, &address("scdl-subventions.csv", financeur), &[], "")
            .await?;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/csv; charset=utf-8; header=present");
        assert_eq!(header("content-disposition"), "attachment; filename=\"scdl-subventions.csv\"");
        assert_eq!(header("essaim-as-of"), told["asOf"]["position"].as_str().unwrap());
        assert_eq!(header("essaim-rejets"), told["scdlRejets"]["totalCount"].to_string());
        let records: Vec<Value> = csv(std::str::from_utf8(&answer.body)?)
            .into_iter()
            .map(|it| {
                let cell = |it: String| if it.is_empty() { Value::Null } else { json!(it) };
                it.into_iter()
                    .map(|(name, it)| (name, cell(it)))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            })
            .collect();
        assert_eq!(json!(records), told["scdl"]["nodes"]);

        // The program.
        let of = financeur.0.to_string();
        let output = export(&house, &["scdl", "--financeur", &of])?;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(output.stdout, answer.body);

        // The same of grants.
        let answer = by
            .sends(Method::GET, &address("360giving.json", financeur), &[], "")
            .await?;
        assert_eq!(answer.headers["content-type"], "application/json");
        let grants: Vec<_> = told["giving"]["nodes"]
            .as_array()
            .context("grants")?
            .iter()
            .map(|it| it["grant"].clone())
            .collect();
        assert_eq!(answer.json()?, json!({ "version": "1.4", "grants": grants }));
        let output =
            export(&house, &["360giving", "--financeur", &id("Organisation", financeur.0)])?;
        assert_eq!(serde_json::from_slice::<Value>(&output.stdout)?, answer.json()?);
        lines.extend(records);
    }
    let (departement, caf) = (&lines[0], &lines[1]);
    assert_eq!(
        departement,
        &json!({
            "nomAttribuant": "Conseil départemental (démonstration)",
            "idAttribuant": "00000002600013",
            "dateConvention": "2019-02-11",
            "referenceDecision": "AGC-2019-D",
            "nomBeneficiaire": "Association porteuse du DLA des Bouches-du-Rhône (démonstration)",
            "idBeneficiaire": "00000001800010",
            "rnaBeneficiaire": null,
            "objet": "Appui du DLA aux centres sociaux",
            "montant": "53000.00",
            "nature": "aide en numéraire",
            "conditionsVersement": "échelonné",
            "datesPeriodeVersement": "2019-03-01/2020-01-31",
            "idRAE": null,
            "notificationUE": "non",
            "pourcentageSubvention": "1.00",
            "dispositifAide": "DLA",
        })
    );
    // A line of a plan: paid in two, to an association known by its RNA.
    assert_eq!(caf["rnaBeneficiaire"], "W479000101");
    assert_eq!(caf["montant"], "2800.00");
    assert_eq!(caf["conditionsVersement"], "échelonné");
    assert_eq!(caf["datesPeriodeVersement"], "2014-02-03/2014-07-07");
    assert_eq!(lines.len(), 2, "the cadre is no subvention");
    house.close().await
}

/// Who acts on the registry of conventions, over HTTP.
struct Stage {
    house: OpenHouse,
    amina: Visitor,
    admin: Visitor,
    commands: u128,
}

impl Stage {
    async fn set() -> anyhow::Result<Self> {
        let Questions { log, reads, database } = registry().await?;
        reads.close().await;
        log.close().await;
        let house = OpenHouse::on(database).await?;
        let amina = house.visitor(Role::ChargeDeMission { dlas: BTreeSet::from([DLA]) })?;
        let admin = house.visitor(Role::Admin)?;
        Ok(Self { house, amina, admin, commands: 0xE000 })
    }

    /// A command of the DLA, or of those who keep the registry; the id of what it opens.
    async fn does(&mut self, mutation: &str, mut input: Value) -> anyhow::Result<Uuid> {
        self.commands += 1;
        let command = Uuid::from_u128(self.commands);
        input["commandId"] = json!(command);
        let keeps =
            ["correctOrganisationIdentity", "assignOrganisationRole", "designateStructurePorteuse"];
        let by = if keeps.contains(&mutation) { &self.admin } else { &self.amina };
        by.does(mutation, input, "{ position }").await?;
        Ok(command)
    }

    async fn identify(
        &mut self,
        who: OrganisationId,
        siret: Value,
        rna: Value,
    ) -> anyhow::Result<()> {
        let input = json!({
            "organisation": id("Organisation", who.0), "denomination": format!("=Organisation {}", who.0.as_u128()),
            "statut": "ASSOCIATION", "siret": siret, "rna": rna, "motif": "Précisé.",
        });
        self.does("correctOrganisationIdentity", input).await?;
        Ok(())
    }

    async fn codes(&self) -> anyhow::Result<(Vec<String>, Vec<String>)> {
        codes(&self.house, &self.amina, FINANCEUR).await
    }

    /// The codes of what the file of subventions does not tell, and how many lines it has.
    async fn scdl(&self) -> anyhow::Result<(Vec<String>, Value)> {
        let told = told(&self.house, &self.amina, FINANCEUR).await?;
        Ok((self.codes().await?.0, told["scdl"]["totalCount"].clone()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_is_listed_with_its_reason_until_it_is_corrected() -> anyhow::Result<()>
{
    let mut it = Stage::set().await?;
    let convention = it
        .does("signConvention", signature(0, &json!({ "dlas": [id("Dla", DLA.0)] })))
        .await?;
    let convention = id("ConventionFinancement", convention);
    // 360Giving knows who has no SIREN by an id of ours.
    assert_eq!(it.codes().await?, (vec!["ATTRIBUANT_WITHOUT_SIRET".to_owned()], vec![]));
    let none = Value::Null;
    it.identify(FINANCEUR, json!("73282932000074"), none.clone())
        .await?;
    assert_eq!(it.scdl().await?, (vec!["BENEFICIAIRE_WITHOUT_ID".to_owned()], json!(0)));
    it.identify(STRUCTURE, none.clone(), json!("W2A1234567"))
        .await?;
    assert_eq!(it.scdl().await?, (vec!["RNA_UNFIT".to_owned()], json!(0)));

    // A line of a plan of the same financeur, which no convention pays for.
    let plan = it
        .does("openPlanFinancement", json!({ "ingenierie": id("Ingenierie", INGENIERIE.0) }))
        .await?;
    let plan = id("PlanFinancement", plan);
    let ligne = |more: Value| {
        let mut input = json!({ "plan": plan, "ligne": 1 });
        let members = more.as_object().cloned().unwrap_or_default();
        members.into_iter().for_each(|(name, it)| input[name] = it);
        input
    };
    let sought = json!({
        "plan": plan, "source": "ETAT", "montant": "300000",
        "contributeur": { "organisation": id("Organisation", FINANCEUR.0) },
    });
    it.does("addRessource", sought).await?;
    it.does("requestRessource", ligne(json!({}))).await?;
    it.does("grantRessource", ligne(json!({ "montant": "250000" })))
        .await?;
    assert_eq!(it.codes().await?.0.len(), 1, "what is promised is not notified");
    it.does("notifyRessource", ligne(json!({}))).await?;
    let rna = "RNA_UNFIT".to_owned();
    assert_eq!(it.scdl().await?.0, [rna.clone(), rna]);
    it.identify(STRUCTURE, json!("35600000049837"), json!("W2A1234567"))
        .await?;
    assert_eq!(it.scdl().await?, (vec!["VERSEMENT_UNKNOWN".to_owned()], json!(1)));

    // The program writes the rest, says what was refused, and ends with 5.
    let folder = std::env::temp_dir().join(format!("essaim-exports-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let of = FINANCEUR.0.to_string();
    let output = export(&it.house, &["scdl", "--financeur", &of, "--out", &file("csv")])?;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr)?.contains("VERSEMENT_UNKNOWN"));
    let written = fs::read_to_string(file("csv"))?;
    assert_eq!(csv(&written).len(), 1);
    assert!(written.contains(",'=Organisation 51,"), "no cell is computed: {written}");
    let arguments = ["scdl", "--financeur", &of, "--rejects", &file("rejects"), "--lang", "fr"];
    let output = export(&it.house, &arguments)?;
    assert_eq!(String::from_utf8(output.stdout)?, written);
    let rejects: Value = serde_json::from_str(&fs::read_to_string(file("rejects"))?)?;
    let answer = it
        .amina
        .sends(Method::GET, &address("scdl-subventions/rejets.json", FINANCEUR), &[], "")
        .await?;
    assert_eq!(answer.json()?, rejects);
    assert_eq!(answer.headers["essaim-rejets"], "1");
    let one = &rejects["rejets"][0];
    assert_eq!((&one["champ"], &one["ligne"]), (&json!("datesPeriodeVersement"), &json!(1)));
    assert_eq!((&one["planFinancement"], &one["montant"]), (&json!(plan), &json!("2500.00")));
    fs::remove_dir_all(&folder)?;
    let output = export(&it.house, &["scdl", "--financeur", &Uuid::from_u128(404).to_string()])?;
    assert_eq!(output.status.code(), Some(5), "nobody has this id: {output:?}");

    it.does("payRessource", ligne(json!({ "montant": "250000" })))
        .await?;
    assert_eq!(it.scdl().await?, (vec![], json!(2)));

    // Several may receive it, and nothing says how much each.
    let role = json!({ "organisation": id("Organisation", OTHER_STRUCTURE.0), "role": "STRUCTURE_PORTEUSE" });
    it.does("assignOrganisationRole", role).await?;
    let porteuse =
        json!({ "dla": id("Dla", OTHER_DLA.0), "porteuse": id("Organisation", OTHER_STRUCTURE.0) });
    it.does("designateStructurePorteuse", porteuse).await?;
    let parts = vec!["PARTS_UNKNOWN".to_owned()];
    assert_eq!(it.codes().await?, (parts.clone(), parts));

    // The convention sets money aside for the same ingénierie: some of the line is in it, or all.
    let set_aside = |montant: &str| {
        json!({
            "convention": convention, "ingenierie": id("Ingenierie", INGENIERIE.0),
            "dla": id("Dla", DLA.0), "montant": montant, "du": "2026-03-01", "au": "2026-06-30",
        })
    };
    it.does("allocateEnveloppe", set_aside("200000")).await?;
    assert_eq!(it.scdl().await?, (vec!["CONVENTION_UNCLEAR".to_owned()], json!(1)));
    it.does("notifyRessource", ligne(json!({ "reference": "2026-0" })))
        .await?;
    assert_eq!(it.scdl().await?, (vec!["IN_CONVENTION".to_owned()], json!(1)), "by its reference");
    it.does("notifyRessource", ligne(json!({ "reference": "Autre" })))
        .await?;
    it.does("allocateEnveloppe", set_aside("50000")).await?;
    assert_eq!(it.scdl().await?, (vec!["IN_CONVENTION".to_owned()], json!(1)), "by its amount");
    let output = export(&it.house, &["scdl", "--financeur", &of])?;
    assert_eq!(output.status.code(), Some(0), "nothing is to be corrected: {output:?}");

    // What is added to the convention is told with it, on the date of its signature.
    let supplement = json!({
        "convention": convention, "montant": "5050",
        "quartiers": [{ "niveau": "QPV", "code": "QN01301N" }],
    });
    it.does("grantSupplementTerritorial", supplement).await?;
    let told = told(&it.house, &it.amina, FINANCEUR).await?;
    assert_eq!(told["scdl"]["nodes"][0]["montant"], "10050.50");
    for (from, to, lines, rejects) in [
        ("2026-01-15", "2026-01-15", 1, 0),
        ("2026-01-16", "2026-12-31", 0, 1),
        ("2025-01-01", "2026-01-14", 0, 0),
    ] {
        let asked = json!({ "of": id("Organisation", FINANCEUR.0), "from": from, "to": to });
        let told = it.amina.asks(QUESTION, asked).await?["exportSubventions"].take();
        assert_eq!(told["scdl"]["totalCount"], lines, "{from}");
        assert_eq!(told["scdlRejets"]["totalCount"], rejects, "{from}");
    }

    // Who was merged is who stands for them: one structure porteuse is left, without a SIRET.
    let merged = json!({
        "organisation": id("Organisation", STRUCTURE.0), "motif": "La même association.",
        "survivor": id("Organisation", OTHER_STRUCTURE.0),
    });
    it.does("mergeOrganisations", merged).await?;
    let (refused, lines) = it.scdl().await?;
    assert_eq!(
        (refused.join(" "), lines),
        ("BENEFICIAIRE_WITHOUT_ID IN_CONVENTION".to_owned(), json!(0))
    );
    it.house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_as_of_a_position_never_changes() -> anyhow::Result<()> {
    let mut it = Stage::set().await?;
    let signed = signature(0, &json!({ "dlas": [id("Dla", DLA.0)] }));
    it.does("signConvention", signed).await?;
    it.identify(FINANCEUR, json!("73282932000074"), Value::Null)
        .await?;
    it.identify(STRUCTURE, json!("35600000049837"), Value::Null)
        .await?;
    let role = Role::Financeur { financeur: FINANCEUR };
    let by = it.house.visitor_named("own", role)?;
    let scdl = async |more: &str| {
        let path = address("scdl-subventions.csv", FINANCEUR) + more;
        by.sends(Method::GET, &path, &[], "").await
    };
    let (then, _) = it.house.house.log.newest().await?;
    let before = scdl(&format!("&atLeastPosition={}", then.0)).await?;
    assert_eq!(csv(std::str::from_utf8(&before.body)?).len(), 1);

    it.does("signConvention", signature(1, &json!({ "dlas": [id("Dla", DLA.0)] })))
        .await?;
    let (now, _) = it.house.house.log.newest().await?;
    let after = scdl(&format!("&atLeastPosition={}", now.0)).await?;
    assert_eq!(csv(std::str::from_utf8(&after.body)?).len(), 2);

    // The same by three doors.
    let again = scdl(&format!("&asOfPosition={}", then.0)).await?;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &before.body));
    assert_eq!(again.headers["essaim-as-of"], then.0.to_string());
    let (of, position) = (FINANCEUR.0.to_string(), then.0.to_string());
    let output = export(&it.house, &["scdl", "--financeur", &of, "--as-of-position", &position])?;
    assert_eq!(output.stdout, before.body, "{output:?}");
    let asked = json!({ "of": id("Organisation", FINANCEUR.0), "at": position });
    let told = by
        .asks(
            "query($of: ID!, $at: Position!) {
                exportSubventions(financeur: $of, asOf: { position: $at }) {
                    asOf { position } scdl(first: 2) { totalCount } } }",
            asked,
        )
        .await?;
    let told = &told["exportSubventions"];
    assert_eq!(told["asOf"]["position"], json!(position));
    assert_eq!(told["scdl"]["totalCount"], 1);

    for (more, path) in [
        ("&asOfPosition=1&asOfDate=2026-03-16", json!(["asOf"])),
        ("&asOfDate=2999-01-01", json!(["asOf", "date"])),
        ("&asOfDate=hier", json!(["asOf"])),
    ] {
        let answer = scdl(more).await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{more}");
        assert_eq!(answer.json()?["errors"][0]["extensions"]["path"], path, "{more}");
    }
    it.house.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_exports_what_is_theirs_and_nobody_else_knows() -> anyhow::Result<()> {
    let mut it = Stage::set().await?;
    it.does("signConvention", signature(0, &json!({ "dlas": [id("Dla", DLA.0)] })))
        .await?;
    it.identify(FINANCEUR, json!("73282932000074"), Value::Null)
        .await?;
    it.identify(STRUCTURE, json!("35600000049837"), Value::Null)
        .await?;
    let house = &it.house;
    let of = |financeur| Role::Financeur { financeur };
    let charge = |dla| Role::ChargeDeMission { dlas: BTreeSet::from([dla]) };
    for (who, role, lines) in [
        ("own", of(FINANCEUR), Some(1)),
        ("dla", charge(DLA), Some(1)),
        ("responsable", Role::ResponsablePorteuse { dlas: BTreeSet::from([DLA]) }, Some(1)),
        ("other dla", charge(OTHER_DLA), Some(0)),
        ("admin", Role::Admin, Some(1)),
        ("other financeur", of(FONDATION), None),
        ("porteuse", Role::StructureBeneficiaire { structure: STRUCTURE }, None),
        ("prestataire", Role::Prestataire { prestataire: PRESTATAIRE }, None),
    ] {
        let by = house.visitor_named(who, role)?;
        let told = told(house, &by, FINANCEUR).await?;
        assert_eq!(told["scdl"]["totalCount"], json!(lines), "{who}");
        for file in [
            "scdl-subventions.csv",
            "scdl-subventions/rejets.json",
            "360giving.json",
            "360giving/rejets.json",
        ] {
            let answer = by
                .sends(Method::GET, &address(file, FINANCEUR), &[], "")
                .await?;
            let status = if lines.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
            assert_eq!(answer.status, status, "{who}: {file}");
            if lines.is_none() {
                let nobody = address(file, OrganisationId(Uuid::from_u128(404)));
                let nobody = by.sends(Method::GET, &nobody, &[], "").await?;
                assert_eq!((nobody.status, nobody.body), (answer.status, answer.body), "{who}");
            }
        }
    }
    let path = address("scdl-subventions.csv", FINANCEUR);
    let answer = house.stranger().sends(Method::GET, &path, &[], "").await?;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let own = house.visitor_named("own", of(FINANCEUR))?;
    for more in ["&from=11/02/2019", "&until=2026-01-01", "&atLeastPosition=x"] {
        let answer = own
            .sends(Method::GET, &format!("{path}{more}"), &[], "")
            .await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{more}");
    }
    let answer = own
        .sends(Method::GET, "/exports/360giving.json", &[], "")
        .await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "of whom?");

    // Each download leaves a trace.
    let traced: BTreeMap<String, i64> = sqlx::query_as::<_, (String, i64)>(
        "select subject, count(*) from vault.access where purpose = 'DOWNLOAD' group by subject",
    )
    .fetch_all(&house.database.pool().await?)
    .await?
    .into_iter()
    .collect();
    assert_eq!(
        traced,
        [("360giving", 10), ("scdl-subventions", 10)]
            .map(|(it, n)| (it.to_owned(), n))
            .into()
    );
    it.house.close().await
}

/// The Python of `./dev setup`, and the schemas of the publishers, when both are here.
fn validators() -> anyhow::Result<(PathBuf, PathBuf)> {
    let of = |name: Option<&'static str>| name.map(PathBuf::from);
    let python = of(option_env!("SCHEMA_VALIDATORS")).context("no validators")?;
    let schemas = of(option_env!("PUBLIC_SCHEMAS")).context("no schemas")?;
    Ok((python, schemas))
}

/// What a validator says of some texts: for each, the list of its errors.
fn verdicts(kind: &str, texts: &[String]) -> anyhow::Result<Vec<Vec<String>>> {
    let (python, schemas) = validators()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("validators/validate.py");
    let folder = std::env::temp_dir().join(format!("essaim-{kind}-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let extension = if kind == "scdl" { "csv" } else { "json" };
    let mut files = vec![];
    for (n, text) in texts.iter().enumerate() {
        files.push(folder.join(format!("{n}.{extension}")));
        fs::write(&files[n], text)?;
    }
    let output = Command::new(python)
        .arg(script)
        .arg(kind)
        .arg(schemas)
        .args(files)
        .output()?;
    fs::remove_dir_all(&folder)?;
    ensure!(output.status.success(), "{output:?}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(validators),
    ignore = "the public schemas (PUBLIC_SCHEMAS) or their validators (./dev setup) are not here"
)]
async fn the_validators_of_the_publishers_take_the_exports_and_refuse_what_is_broken()
-> anyhow::Result<()> {
    let (house, financeurs, _) = demo().await?;
    let (mut csv, mut json) = (vec![], vec![]);
    for financeur in financeurs {
        let by = house.visitor_named(&financeur.0.to_string(), Role::Financeur { financeur })?;
        for (file, texts) in [("scdl-subventions.csv", &mut csv), ("360giving.json", &mut json)] {
            let answer = by
                .sends(Method::GET, &address(file, financeur), &[], "")
                .await?;
            texts.push(String::from_utf8(answer.body.to_vec())?);
        }
    }
    let right = csv[0].clone();
    csv.extend([
        with_a_wrong_key(&right),
        right.replacen(",non,", ",peut-être,", 1),
        right.replacen("aide en numéraire", "argent", 1),
        right.replacen(",00000001800010,", ",,", 1),
    ]);
    let wrong = ["idAttribuant", "notificationUE", "nature", "one-of-required"];
    let expected = [vec![], vec![]]
        .into_iter()
        .chain(wrong.map(|it| vec![it.to_owned()]));
    assert_eq!(verdicts("scdl", &csv)?, expected.collect::<Vec<_>>());

    let right: Value = serde_json::from_str(&json[0])?;
    for (member, wrong) in [
        ("awardDate", json!("11/02/2019")),
        ("amountAwarded", json!("53000")),
        ("fundingOrganization", json!([])),
        ("recipientOrganization", Value::Null),
    ] {
        let mut broken = right.clone();
        broken["grants"][0][member] = wrong;
        json.push(broken.to_string());
    }
    let verdicts = verdicts("360giving", &json)?;
    let fits: Vec<_> = verdicts.iter().map(Vec::is_empty).collect();
    assert_eq!(fits, [true, true, false, false, false, false], "{verdicts:?}");
    house.close().await
}

/// The same file, where the key of the SIRET of who grants is wrong.
fn with_a_wrong_key(csv: &str) -> String {
    csv.replacen("00000002600013", "00000002600019", 1)
}
