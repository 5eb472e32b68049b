//! Consultations over HTTP: what those who follow them, and those who are asked, see of them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Cents, Consultation, Dossier, Organisation, Role, organisation::OrganisationRole};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        CONSULTATION, DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_PRESTATAIRE, PRESTATAIRE,
        STRUCTURE, amina, org,
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
    let ingenierie = questions.log.either::<Dossier>(INGENIERIE).await?;
    let command = because("Elle seule connaît le sujet.", command(&amina()));
    questions
        .tell::<Consultation>(&command, CONSULTATION, |it, asked| {
            it.award_directly(asked, &ingenierie, &other, Cents(300_000))
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

const FILE: &str = "query($id: ID!) { consultation(id: $id) {
    etat ingenierieId deadline motif procesVerbal chosenOn chosen { id } montant
    editions { edition finalisedOn sections { conditions } }
    invitations { qualite organisation { id } }
    contributions { section texte organisation { id } }
    candidats { prestataire { id } reponse montant proposition rang informe
        rejet { cause motif } moyenne { notateurs totale }
        notes { notation { contenus } commentaire
                par { ... on Dla { id } ... on Organisation { id } } } }
    preferences { motif structure { id } prestataire { id } }
    contrat { montant fin reference avenants { montant motif } terminatedOn motifResiliation }
    reglesEcartees { code because } } }";

fn id(noun: &str, id: uuid::Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

fn organisation(it: domain::OrganisationId) -> String {
    id("Organisation", it.0)
}

async fn file(visitor: &Visitor) -> anyhow::Result<Value> {
    let variables = json!({ "id": id("Consultation", CONSULTATION.0) });
    Ok(visitor.asks(FILE, variables).await?["consultation"].take())
}

/// The commands to the consultation, numbered so that each is sent once.
struct Told(u128);

impl Told {
    fn input(&mut self, mut more: Value) -> Value {
        self.0 += 1;
        more["commandId"] = json!(uuid::Uuid::from_u128(0x9000 + self.0));
        more["consultation"] = json!(id("Consultation", CONSULTATION.0));
        more
    }

    async fn by(&mut self, visitor: &Visitor, mutation: &str, more: Value) -> anyhow::Result<()> {
        let input = self.input(more);
        // The page is asked for, so that what follows is read after it.
        let selection = "{ consultation { version } position }";
        visitor.does(mutation, input, selection).await?;
        Ok(())
    }

    async fn refused(
        &mut self,
        visitor: &Visitor,
        mutation: &str,
        more: Value,
    ) -> anyhow::Result<Value> {
        let input = self.input(more);
        let mut no = visitor.is_refused(mutation, input).await?;
        Ok(no["extensions"]["code"].take())
    }
}

/// Who comes to a consultation, each with their role.
struct People {
    amina: Visitor,
    responsable: Visitor,
    structure: Visitor,
    financeur: Visitor,
    bidder: Visitor,
    rival: Visitor,
}

fn people(house: &OpenHouse) -> anyhow::Result<People> {
    let named = |name: &str, role| house.visitor_named(name, role);
    Ok(People {
        amina: named("amina", Role::ChargeDeMission { dlas: [DLA].into() })?,
        responsable: named("responsable", Role::ResponsablePorteuse { dlas: [DLA].into() })?,
        structure: named("structure", Role::StructureBeneficiaire { structure: STRUCTURE })?,
        financeur: named("financeur", Role::Financeur { financeur: FINANCEUR })?,
        bidder: named("bidder", Role::Prestataire { prestataire: PRESTATAIRE })?,
        rival: named("rival", Role::Prestataire { prestataire: OTHER_PRESTATAIRE })?,
    })
}

/// A consultation of two, written with others, whose two offres wait for the opening.
async fn answered(told: &mut Told) -> anyhow::Result<(OpenHouse, People)> {
    let questions = Questions::open().await?;
    questions.confirmed().await?;
    questions.financed().await?;
    questions.catch_up().await?;
    let house = OpenHouse::on(questions.database).await?;
    let people = people(&house)?;
    let People { amina, structure, financeur, bidder, rival, .. } = &people;
    let sections = |conditions: &str| {
        json!({
            "demarche": "Collective.", "objectifs": "Parler aux banques.",
            "resultats": "Quatre prêts.", "conditions": conditions,
        })
    };
    let ingenierie = id("Ingenierie", house::dossier::INGENIERIE.0);
    let first = json!({
        "commandId": CONSULTATION.0, "ingenierie": ingenierie, "sections": sections("Sur place."),
    });
    amina
        .does("draftCahierDesCharges", first, "{ position }")
        .await?;
    // Nobody has a say without being invited, and nobody bids who is.
    let says = json!({
        "organisation": organisation(STRUCTURE), "section": "CONDITIONS",
        "contribution": "Mme Petit demande le soir.",
    });
    let act = "recordCahierDesChargesContribution";
    assert_eq!(told.refused(structure, act, says.clone()).await?, "NOT_FOUND");
    for it in [STRUCTURE, FINANCEUR] {
        told.by(amina, "invitePartenaire", json!({ "organisation": organisation(it) }))
            .await?;
    }
    told.by(structure, act, says).await?;
    let pays = json!({ "organisation": organisation(FINANCEUR), "contribution": "M. Blanc lira." });
    told.by(financeur, act, pays).await?;
    let next = json!({ "ingenierie": ingenierie, "sections": sections("Le soir.") });
    told.by(amina, "draftCahierDesCharges", next).await?;
    told.by(amina, "finaliseCahierDesCharges", json!({}))
        .await?;
    let today = api::clock::today_in_paris();
    told.by(amina, "launchAppelOffres", json!({ "deadline": today.to_string() }))
        .await?;
    let invited = json!({ "prestataire": organisation(STRUCTURE) });
    let no = told.refused(amina, "consultPrestataire", invited).await?;
    assert_eq!(no, "NOT_PRESTATAIRE");
    for it in [PRESTATAIRE, OTHER_PRESTATAIRE] {
        told.by(amina, "consultPrestataire", json!({ "prestataire": organisation(it) }))
            .await?;
    }
    for (visitor, who, montant, text) in [
        (bidder, PRESTATAIRE, "400000", "Deux ateliers avec Mme Ferrand."),
        (rival, OTHER_PRESTATAIRE, "380000", "Trois visites de M. Roux."),
    ] {
        let offre = json!({
            "prestataire": organisation(who), "montant": montant, "jours": "4",
            "proposition": text,
        });
        told.by(visitor, "submitOffre", offre).await?;
    }
    Ok((house, people))
}

#[tokio::test]
async fn a_choice_is_shared_and_each_reads_the_offres_when_they_may() -> anyhow::Result<()> {
    let mut told = Told(0);
    let (house, people) = answered(&mut told).await?;
    let People { amina, responsable, structure, financeur, bidder, rival } = &people;

    // Before the opening nobody reads an offre, not even the one who sent it.
    for visitor in [amina, responsable, structure, financeur, bidder, rival] {
        let seen = file(visitor).await?;
        for candidat in seen["candidats"].as_array().into_iter().flatten() {
            assert!(candidat["montant"].is_null() && candidat["proposition"].is_null());
        }
    }
    let score = |who, par: Value, mark: i32| {
        json!({
            "prestataire": organisation(who), "par": par, "commentaire": format!("Vaut {mark}."),
            "notation": {
                "contenus": mark, "engagement": mark, "animation": mark, "enquete": mark,
            },
        })
    };
    let of_dla = || json!({ "dla": id("Dla", DLA.0) });
    let of = |it| json!({ "organisation": organisation(it) });
    let early = score(PRESTATAIRE, of_dla(), 4);
    assert_eq!(told.refused(amina, "scoreOffre", early).await?, "OFFRES_NOT_OPEN");
    told.by(amina, "openOffres", json!({})).await?;

    // Then those who choose read both, and each bidder its own.
    let both = json!(["Deux ateliers avec Mme Ferrand.", "Trois visites de M. Roux."]);
    let read = |seen: &Value| -> Value {
        let all = seen["candidats"].as_array().into_iter().flatten();
        all.map(|it| it["proposition"].clone()).collect()
    };
    for visitor in [amina, responsable, structure, financeur] {
        assert_eq!(read(&file(visitor).await?), both);
    }
    assert_eq!(read(&file(bidder).await?), json!([both[0]]));
    assert_eq!(read(&file(rival).await?), json!([both[1]]));
    let other = house.visitor_named(
        "other",
        Role::StructureBeneficiaire { structure: house::dossier::OTHER_STRUCTURE },
    )?;
    assert_eq!(file(&other).await?, Value::Null);

    // Each marks for itself: 4 + 5 + 4 and 5 + 2 + 4, in thirds.
    let marks = [
        (amina, PRESTATAIRE, of_dla(), 4),
        (structure, PRESTATAIRE, of(STRUCTURE), 5),
        (financeur, PRESTATAIRE, of(FINANCEUR), 4),
        (amina, OTHER_PRESTATAIRE, of_dla(), 5),
        (structure, OTHER_PRESTATAIRE, of(STRUCTURE), 2),
        (amina, OTHER_PRESTATAIRE, of(FINANCEUR), 4),
    ];
    for (visitor, who, par, mark) in marks {
        told.by(visitor, "scoreOffre", score(who, par, mark))
            .await?;
    }
    let for_another = score(PRESTATAIRE, of(FINANCEUR), 5);
    assert_eq!(told.refused(structure, "scoreOffre", for_another).await?, "NOT_FOUND");
    let own = score(PRESTATAIRE, of(PRESTATAIRE), 5);
    assert_eq!(told.refused(bidder, "scoreOffre", own).await?, "FORBIDDEN");
    let prefers = json!({
        "structure": organisation(STRUCTURE), "prestataire": organisation(PRESTATAIRE),
        "motif": "Mme Ferrand nous connaît.",
    });
    told.by(structure, "expressPreferenceStructure", prefers)
        .await?;

    // The choice takes the mean, and its contract is signed within the plan, or says why not.
    let chosen = json!({
        "prestataire": organisation(PRESTATAIRE), "motif": "M. Roux y croit.",
        "procesVerbal": "Présents : M. Roux, Mme Petit.", "because": "Deux seulement existent.",
    });
    told.by(amina, "choosePrestataire", chosen).await?;
    for it in [PRESTATAIRE, OTHER_PRESTATAIRE] {
        told.by(amina, "informPrestataire", json!({ "prestataire": organisation(it) }))
            .await?;
    }
    told.by(amina, "closeConsultation", json!({})).await?;
    let contrat = json!({ "montant": "500000", "debut": "2026-04-15", "reference": "2026-017" });
    assert_eq!(told.refused(amina, "signContrat", contrat.clone()).await?, "FORBIDDEN");
    told.by(responsable, "signContrat", contrat).await?;
    let mut more = json!({
        "montant": "500001", "debut": "2026-04-15", "fin": "2026-12-31", "reference": "2026-017",
        "motif": "Mme Ferrand vient une fois de plus.",
    });
    let no = told
        .refused(responsable, "amendContrat", more.clone())
        .await?;
    assert_eq!(no, "JUSTIFICATION_NEEDED");
    more["because"] = json!("Un centime de plus.");
    told.by(responsable, "amendContrat", more).await?;
    told.by(responsable, "terminateContrat", json!({ "motif": "Elle cesse." }))
        .await?;
    the_file_is_whole_and_each_reads_their_part(&people).await?;
    house.close().await
}

/// RM-08: everything on one page, for those who share the choice; bidders learn their own fate.
async fn the_file_is_whole_and_each_reads_their_part(people: &People) -> anyhow::Result<()> {
    let People { amina, structure, financeur, bidder, rival, .. } = people;
    let seen = file(amina).await?;
    assert_eq!((&seen["etat"], &seen["motif"]), (&json!("CLOSE"), &json!("M. Roux y croit.")));
    assert_eq!(seen["procesVerbal"], "Présents : M. Roux, Mme Petit.");
    assert_eq!(seen["editions"].as_array().map(Vec::len), Some(2));
    assert_eq!(seen["editions"][1]["sections"]["conditions"], "Le soir.");
    assert!(seen["editions"][0]["finalisedOn"].is_null());
    assert!(seen["editions"][1]["finalisedOn"].is_string());
    let first = &seen["candidats"][0];
    assert_eq!(first["moyenne"], json!({ "notateurs": 3, "totale": 433 }));
    assert_eq!((&first["rang"], &seen["candidats"][1]["rang"]), (&json!(1), &json!(2)));
    assert_eq!(first["notes"][1]["commentaire"], "Vaut 5.");
    assert_eq!(first["notes"][0]["par"]["id"], id("Dla", DLA.0));
    assert_eq!(seen["preferences"][0]["motif"], "Mme Ferrand nous connaît.");
    let terms = json!({
        "montant": "500001", "fin": "2026-12-31", "reference": "2026-017",
        "avenants": [{ "montant": "500001", "motif": "Mme Ferrand vient une fois de plus." }],
        "terminatedOn": api::clock::today_in_paris().to_string(),
        "motifResiliation": "Elle cesse.",
    });
    assert_eq!(seen["contrat"], terms);
    let codes: Vec<_> = seen["reglesEcartees"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| it["code"].clone())
        .collect();
    assert_eq!(codes, ["CONSULTED_MIN", "CONTRAT_WITHIN_PLAN"]);
    // A structure reads its own words, and not those of the financeur; the other way round too.
    for (visitor, own, texts) in [
        (structure, "Vaut 5.", json!(["Mme Petit demande le soir.", null])),
        (financeur, "Vaut 4.", json!([null, "M. Blanc lira."])),
    ] {
        let seen = file(visitor).await?;
        let told: Value = seen["contributions"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| it["texte"].clone())
            .collect();
        assert_eq!(told, texts);
        let notes = seen["candidats"][0]["notes"]
            .as_array()
            .into_iter()
            .flatten();
        let said: Vec<_> = notes.filter_map(|it| it["commentaire"].as_str()).collect();
        assert_eq!(said, [own]);
        assert!(seen["motif"].is_null() && seen["procesVerbal"].is_null());
        assert_eq!(seen["contrat"]["montant"], "500001");
    }
    // A bidder learns its own result, and nothing of the others, of the marks nor of who chose.
    for (visitor, retenu) in [(bidder, true), (rival, false)] {
        let seen = file(visitor).await?;
        assert_eq!(seen["candidats"].as_array().map(Vec::len), Some(1));
        let own = &seen["candidats"][0];
        assert_eq!(own["informe"], retenu);
        assert!(own["rang"].is_null() && own["moyenne"].is_null());
        assert_eq!(own["notes"], json!([]));
        for name in ["editions", "invitations", "contributions", "preferences"] {
            assert_eq!(seen[name], json!([]), "{name}");
        }
        assert_eq!(seen["contrat"].is_null(), !retenu);
        assert_eq!(seen["chosen"].is_null(), !retenu);
    }
    Ok(())
}

#[tokio::test]
async fn an_inadmissible_offre_is_out_and_only_its_bidder_reads_why() -> anyhow::Result<()> {
    let mut told = Told(0);
    let (house, people) = answered(&mut told).await?;
    let People { amina, bidder, rival, .. } = &people;
    let late = json!({
        "prestataire": organisation(OTHER_PRESTATAIRE), "cause": "TARDIVE", "motif": "Trop tard.",
    });
    for (language, says) in [("fr", "n'est pas tardive"), ("en", "is not late")] {
        let visitor = amina.clone().speaking(language);
        let input = told.input(late.clone());
        let no = visitor.is_refused("rejectOffre", input).await?;
        assert_eq!(no["extensions"]["code"], "OFFRE_NOT_LATE");
        assert!(no["message"].as_str().is_some_and(|it| it.contains(says)), "{no}");
    }
    told.by(amina, "openOffres", json!({})).await?;
    let odd = json!({
        "prestataire": organisation(OTHER_PRESTATAIRE), "cause": "IRRECEVABLE",
        "motif": "M. Roux n'a pas signé.",
    });
    told.by(amina, "rejectOffre", odd).await?;
    let marks = json!({ "contenus": 4, "engagement": 4, "animation": 4, "enquete": 4 });
    let choice = |who, notation: Value| {
        json!({
            "prestataire": organisation(who), "notation": notation, "motif": "Elle répond.",
            "because": "Deux seulement existent.",
        })
    };
    let out = choice(OTHER_PRESTATAIRE, marks.clone());
    assert_eq!(told.refused(amina, "choosePrestataire", out).await?, "NO_OFFRE");
    let silent = choice(PRESTATAIRE, Value::Null);
    assert_eq!(told.refused(amina, "choosePrestataire", silent).await?, "NOTATION_MISSING");
    told.by(amina, "choosePrestataire", choice(PRESTATAIRE, marks))
        .await?;
    told.by(amina, "informPrestataire", json!({ "prestataire": organisation(PRESTATAIRE) }))
        .await?;
    assert_eq!(told.refused(amina, "closeConsultation", json!({})).await?, "BIDDERS_NOT_INFORMED");
    let rejet = json!({ "cause": "IRRECEVABLE", "motif": "M. Roux n'a pas signé." });
    assert_eq!(file(rival).await?["candidats"][0]["rejet"], rejet);
    assert!(file(bidder).await?["candidats"][0]["rejet"].is_null());
    house.close().await
}
