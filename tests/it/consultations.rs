//! Consultations over HTTP: what those who follow them, and those who are asked, see of them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Cents, Consultation, Organisation, Role, organisation::OrganisationRole};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        CONSULTATION, DLA, FINANCEUR, FONDATION, OTHER_PRESTATAIRE, PRESTATAIRE, amina, org,
    },
    questions::{admin, because, command},
};
use projections::consultations::MODEL;
use serde_json::{Value, json};

const QUERY: &str = "query($id: ID!) { consultation(id: $id) {
    etat candidats { reponse montant } chosen { denomination } montant
    reglesEcartees { code because } } }";

/// A consultation of two, one of whom sent an offre; then somebody else was awarded directly.
async fn awarded() -> anyhow::Result<Questions> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    questions.consulted().await?;
    questions
        .decide::<Organisation>(&admin(), FONDATION, |it, asked| {
            it.assign_organisation_role(asked, OrganisationRole::Prestataire)
        })
        .await?;
    let other = questions.organisation(FONDATION).await?;
    let command = because("Elle seule connaît le sujet.", command(&amina()));
    questions
        .tell::<Consultation>(&command, CONSULTATION, |it, asked| {
            it.award_directly(asked, &other, Cents(300_000))
        })
        .await?;
    Ok(questions)
}

async fn sees(visitor: &Visitor) -> anyhow::Result<Value> {
    let id = URL_SAFE_NO_PAD.encode(format!("Consultation:{}", CONSULTATION.0));
    let mut data = visitor.asks(QUERY, json!({ "id": id })).await?;
    Ok(data["consultation"].take())
}

fn reponses(consultation: &Value) -> Vec<&str> {
    let candidats = consultation["candidats"].as_array().into_iter().flatten();
    candidats.filter_map(|it| it["reponse"].as_str()).collect()
}

#[tokio::test]
async fn those_who_follow_a_consultation_read_it_and_why_a_rule_was_set_aside() -> anyhow::Result<()>
{
    let questions = awarded().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let amina = house.visitor(Role::ChargeDeMission { dlas: [DLA].into() })?;
    let seen = sees(&amina).await?;
    assert_eq!(seen["etat"], "ATTRIBUEE");
    assert_eq!(reponses(&seen), ["OFFRE", "ATTENDUE", "HORS_CONCURRENCE"]);
    let waived = json!([{ "code": "COMPETITION", "because": "Elle seule connaît le sujet." }]);
    assert_eq!(seen["reglesEcartees"], waived);

    // A financeur of the dossier reads it alike: no envelope was opened.
    let financeur = house.visitor(Role::Financeur { financeur: FINANCEUR })?;
    assert_eq!(sees(&financeur).await?, seen);
    assert!(reponses(&seen).len() == 3 && seen["candidats"][0]["montant"].is_null());
    // Another financeur knows of nothing; nor does one who bids under that role.
    for other in [org(99), PRESTATAIRE] {
        let other = house.visitor_named("other", Role::Financeur { financeur: other })?;
        assert_eq!(sees(&other).await?, Value::Null);
    }

    // Those asked see themselves, even a partner of the dossier.
    for (prestataire, reponse) in
        [(PRESTATAIRE, "OFFRE"), (OTHER_PRESTATAIRE, "ATTENDUE"), (FONDATION, "HORS_CONCURRENCE")]
    {
        let bidder = house.visitor_named(reponse, Role::Prestataire { prestataire })?;
        let seen = sees(&bidder).await?;
        assert_eq!(reponses(&seen), [reponse]);
        assert_eq!(seen["reglesEcartees"], json!([]));
        assert_eq!(seen["montant"].is_null(), prestataire != FONDATION);
    }
    house.close().await
}

#[tokio::test]
async fn consultations_say_the_same_however_they_are_built() -> anyhow::Result<()> {
    let questions = awarded().await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(dump.contains("HORS_CONCURRENCE"), "{dump}");
    Ok(())
}
