//! The registry of DLAs.

use domain::{Cents, Dla, DlaId, Liste, PersonId, Prose, Territoire, dla::Priorites};
use house::{
    dossier::{DLA, FONDATION, OTHER_DLA, amina, codes},
    questions::{Questions, actor, admin, responsable},
};
use projections::{
    Scope,
    dlas::{self, Filter, MODEL},
};
use uuid::Uuid;

const AMINA: PersonId = PersonId(Uuid::from_u128(0xa));
const BRUNO: PersonId = PersonId(Uuid::from_u128(0xb));

async fn live(questions: &Questions) -> anyhow::Result<()> {
    use domain::{Organisation, organisation::OrganisationRole};
    questions.registry().await?;
    let amina = amina();
    let role = OrganisationRole::StructurePorteuse;
    questions
        .decide::<Organisation>(&admin(), FONDATION, |it, asked| {
            it.assign_organisation_role(asked, role)
        })
        .await?;
    let porteuse = questions.log.seen::<Organisation>(FONDATION).await?;
    questions
        .decide::<Dla>(&admin(), DLA, |it, asked| it.designate_structure_porteuse(asked, &porteuse))
        .await?;
    for personne in [AMINA, BRUNO] {
        questions
            .decide::<Dla>(&admin(), DLA, |it, asked| it.appoint_charge_de_mission(asked, personne))
            .await?;
    }
    questions
        .decide::<Dla>(&admin(), DLA, |it, asked| it.depart_charge_de_mission(asked, AMINA, None))
        .await?;
    questions
        .decide::<Dla>(&amina, DLA, |it, asked| it.constitute_comite_appui(asked, DLA))
        .await?;
    for (annee, theme) in [(2027, "MUTUALISATION"), (2026, "MUTUALISATION"), (2026, "COMMERCIAL")] {
        questions
            .decide::<Dla>(&amina, DLA, |it, asked| {
                let themes = codes(Liste::TypePrestation, [theme]);
                let priorites = Priorites { secteurs: [].into(), themes };
                it.define_priorites_ciblage(asked, DLA, annee, priorites)
            })
            .await?;
    }
    for (annee, montant) in [(2027, 2), (2026, 5_000_000)] {
        questions
            .decide::<Dla>(&responsable(DLA), DLA, |it, asked| {
                it.open_fonds_ingenierie(asked, DLA, annee, Cents(montant))
            })
            .await?;
    }
    questions
        .decide::<Dla>(&responsable(DLA), DLA, |it, asked| {
            let motif = Prose::parse("Gel de crédits.").expect("a text");
            it.adjust_fonds_ingenierie(asked, DLA, (2026, Cents(4_000_000)), motif)
        })
        .await?;
    Ok(())
}

#[tokio::test]
async fn the_registry_says_the_same_however_it_is_built() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    live(&questions).await?;
    let dump = questions.dump_however_built(&MODEL).await?;
    assert!(dump.contains("DLA 84"), "{dump}");
    Ok(())
}

#[tokio::test]
async fn anyone_with_a_token_reads_the_registry() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    live(&questions).await?;
    questions.catch_up().await?;
    let scope = Scope::of(&actor(domain::Role::Prestataire { prestataire: FONDATION }));
    let rows = dlas::by_ids(&questions.reads, &scope, &[DLA, DlaId(Uuid::nil())]).await?;
    let [dla] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((dla.porteuses.as_slice(), dla.version), (&[FONDATION.0][..], 12));
    assert_eq!(dla.charges_de_mission, [BRUNO.0]);
    assert_eq!(dla.comite_constitue_on, Some(house::questions::TODAY));
    assert_eq!(dla.priorites.iter().map(|it| it.annee).collect::<Vec<_>>(), [2026, 2027]);
    assert_eq!(dla.priorites[0].themes, codes(Liste::TypePrestation, ["COMMERCIAL"]));
    assert_eq!(
        dla.fonds
            .iter()
            .map(|it| it.montant_cents)
            .collect::<Vec<_>>(),
        [4_000_000, 2]
    );
    assert_eq!(
        dla.fonds
            .iter()
            .map(|it| it.motif.is_some())
            .collect::<Vec<_>>(),
        [true, false]
    );
    Ok(())
}

#[tokio::test]
async fn the_registry_is_paged_by_name_and_filtered() -> anyhow::Result<()> {
    let questions = Questions::open().await?;
    live(&questions).await?;
    questions.catch_up().await?;
    let (reads, scope, all) = (&questions.reads, Scope::default(), Filter::default());
    let first = dlas::list(reads, &scope, &all, 1, None).await?;
    assert_eq!((first.rows[0].id, first.has_next), (OTHER_DLA.0, true));
    let after = (first.rows[0].intitule.clone(), first.rows[0].id);
    let second = dlas::list(reads, &scope, &all, 1, Some(after)).await?;
    assert_eq!((second.rows[0].id, second.has_next), (DLA.0, false));
    assert_eq!(dlas::count(reads, &scope, &all).await?, 2);
    let niveau = Some(domain::dla::NiveauDla::Departemental);
    let south =
        Filter { niveau, territoire: Some(Territoire::departement("13").expect("a département")) };
    assert_eq!(dlas::list(reads, &scope, &south, 10, None).await?.rows[0].id, OTHER_DLA.0);
    assert_eq!(dlas::count(reads, &scope, &south).await?, 1);
    let regional = Filter { niveau: Some(domain::dla::NiveauDla::Regional), ..all };
    assert_eq!(dlas::count(reads, &scope, &regional).await?, 0);
    Ok(())
}
