//! The checklist of the method over HTTP: what facts prove, what is left out, what is to do.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{IngenierieCollective, Role, ingenierie_collective::activites::ActiviteMethode};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{DLA, FINANCEUR, INGENIERIE, STRUCTURE, amina, prose},
};
use serde_json::{Value, json};

const QUERY: &str = "query($id: ID!) { ingenierie(id: $id) { activites {
    code etape libelle etat fait { position type receipt } ecartee { motif } } } }";

/// The checklist, by code.
async fn checklist(visitor: &Visitor) -> anyhow::Result<BTreeMap<String, Value>> {
    let id = URL_SAFE_NO_PAD.encode(format!("Ingenierie:{}", INGENIERIE.0));
    let data = visitor.asks(QUERY, json!({ "id": id })).await?;
    let all = data["ingenierie"]["activites"].as_array().unwrap().clone();
    let codes: Vec<_> = all.iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 45);
    assert!(codes.is_sorted(), "in the order of the method");
    let named = codes.iter().map(|it| (*it).to_owned());
    Ok(named.zip(all.clone()).collect())
}

#[tokio::test]
async fn the_checklist_says_what_is_done_left_out_and_to_do() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    questions.consulted().await?;
    for code in ["S2-STEP1-A4", "S2-STEP1-A1"] {
        let activite = ActiviteMethode::parse(code).unwrap();
        questions
            .decide::<IngenierieCollective>(&amina(), INGENIERIE, |it, asked| {
                it.skip_activite(asked, activite.clone(), prose("Sans objet ici."))
            })
            .await?;
    }
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let all = checklist(&amina).await?;
    for (code, etape, etat, kind) in [
        ("S2-STEP1-A1", "IDENTIFIER", "FAITE", Some("SourceProblematiqueRecorded")),
        ("S2-STEP1-A4", "IDENTIFIER", "ECARTEE", None),
        ("S2-STEP1-B1", "IDENTIFIER", "A_FAIRE", None),
        ("S2-STEP2-C1", "ENGAGER", "FAITE", Some("DemarcheValidated")),
        ("S2-STEP2-C3", "ENGAGER", "FAITE", Some("PlanFinancementConfirmed")),
        ("S2-STEP3-C2", "CONFIRMER", "FAITE", Some("CahierDesChargesFinalised")),
        ("S2-STEP3-C3", "CONFIRMER", "A_FAIRE", None),
        ("S2-STEP4-C5", "FINALISER", "A_FAIRE", None),
    ] {
        let it = &all[code];
        assert_eq!((&it["etape"], &it["etat"]), (&json!(etape), &json!(etat)), "{it}");
        assert_eq!(it["fait"]["type"].as_str(), kind, "{it}");
        assert_eq!(it["fait"]["receipt"].is_string(), kind.is_some(), "{it}");
    }
    assert_eq!(all["S2-STEP1-A4"]["ecartee"]["motif"], "Sans objet ici.");
    assert_eq!(all["S2-STEP2-C3"]["libelle"], "Construire le budget d'intervention");

    // Whoever sees the dossier sees what is done; the fact itself, who may read it.
    let financeur = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    let structure = house.visitor(Role::StructureBeneficiaire { structure: STRUCTURE })?;
    for (reader, reads) in [(financeur, true), (structure, false)] {
        let all = checklist(&reader).await?;
        for code in ["S2-STEP2-C3", "S2-STEP3-C2"] {
            assert_eq!(all[code]["etat"], "FAITE", "{code}");
            assert_eq!(all[code]["fait"].is_object(), reads, "{code}");
        }
        assert!(all["S2-STEP1-A4"]["ecartee"]["motif"].is_null());
    }
    house.close().await
}
