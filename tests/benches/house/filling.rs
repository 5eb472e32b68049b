//! What there is before anything is measured: a registry, and dossiers.

use domain::{
    Cents, ConventionFinancement, ConventionId, IngenierieCollective, IngenierieId, Liste, Objet,
    Organisation, OrganisationId, Periode, Place, Rna,
    convention_financement::{
        ConditionsVersement, Event as Signing, NatureConvention, NatureSubvention, Regime,
        Subvention, Termes,
    },
    ingenierie_collective::Event as Fact,
    organisation::{Declaration, Identifiants, Identite},
};
use eventlog::EventLog;
use house::{
    dossier::{DLA, OTHER_DLA, OTHER_STRUCTURE, STRUCTURE, code, line, prose, vaucluse},
    questions::{admin, charge_de_mission, command},
};
use jiff::civil::date;
use uuid::Uuid;

use crate::ORGANISATIONS;

/// Who signs conventions.
const FINANCEURS: usize = 200;
/// So many commands are under way at once.
const AT_ONCE: usize = 64;

/// Does numbered things, many at a time.
pub(crate) async fn each<F>(
    count: usize,
    does: impl Fn(usize) -> F + Clone + Send + 'static,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let lanes = (0..AT_ONCE).map(|lane| {
        let does = does.clone();
        tokio::spawn(async move {
            for n in (lane..count).step_by(AT_ONCE) {
                does(n).await?;
            }
            anyhow::Ok(())
        })
    });
    for lane in lanes.collect::<Vec<_>>() {
        lane.await??;
    }
    Ok(())
}

/// Prose of so many bytes.
pub(crate) fn text(bytes: usize) -> String {
    const PROSE: &str = "Les structures disent la meme difficulte: presenter leurs comptes. ";
    PROSE.chars().cycle().take(bytes).collect()
}

/// The id of a number: in no order, as ids that others draw.
pub(crate) fn scattered(n: usize) -> Uuid {
    // Odd, so that two numbers never share an id.
    const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    Uuid::from_u128(STEP.wrapping_mul(n as u128 + 1))
}

/// Registers organisations through the rules, from a number.
pub(crate) async fn organisations(log: &EventLog, from: usize, count: usize) -> anyhow::Result<()> {
    let log = log.clone();
    each(count, move |n| {
        let log = log.clone();
        async move {
            let n = from + n;
            let id = OrganisationId(scattered(n));
            let declaration = declaration(n);
            log.decide::<Organisation>(&command(&admin()), id, |it, asked| {
                it.register_organisation(asked, id, declaration.clone())
            })
            .await?;
            Ok(())
        }
    })
    .await
}

fn declaration(n: usize) -> Declaration {
    let rna = Rna::parse(&rna(n)).expect("a number of the register");
    let identite = Identite {
        denomination: line(&format!("Association de la rue {n}")),
        statut: code(Liste::StatutJuridique, "ASSOCIATION"),
        identifiants: Identifiants { rna: Some(rna), ..Identifiants::default() },
        ape: None,
        commune: None,
        secteurs: [].into(),
    };
    Declaration { identite, sans_identifiant: None }
}

/// The number of an organisation in the national register.
pub(crate) fn rna(n: usize) -> String {
    format!("W{n:09}")
}

/// Records dossiers of ten facts each, two at a time, so that batches find them begun.
pub(crate) async fn dossiers(log: &EventLog, count: usize) -> anyhow::Result<()> {
    for step in 0..5 {
        let log = log.clone();
        each(count, move |n| {
            let log = log.clone();
            async move {
                let (id, by) = (IngenierieId(scattered(n)), charge_de_mission(DLA));
                let place = Place { territoire: Some(vaucluse()), dossier: Some(id) };
                log.decide::<IngenierieCollective>(&command(&by), id, |_, asked| {
                    Ok(asked.records(place.clone(), facts(step, id)))
                })
                .await?;
                Ok(())
            }
        })
        .await?;
    }
    Ok(())
}

fn facts(step: usize, ingenierie: IngenierieId) -> [Fact; 2] {
    match step {
        0 => [
            Fact::IngenierieCollectiveInitiated {
                ingenierie,
                porteur: DLA,
                intitule: line("Coopérer pour parler aux banques"),
                territoire: vaucluse(),
                secteurs: vec![],
            },
            Fact::ProblematiqueStated {
                enonce: prose("Elles ne savent pas présenter leurs comptes à leur banque."),
            },
        ],
        1 => [STRUCTURE, OTHER_STRUCTURE].map(|structure| Fact::StructureTargeted { structure }),
        2 => [
            Fact::DlaAssociated { dla: OTHER_DLA },
            Fact::ProblematiqueConfirmed {
                structures: vec![STRUCTURE, OTHER_STRUCTURE],
                methode: line("Entretiens avec chacune"),
            },
        ],
        3 => [Fact::DemarcheValidated { dla: DLA }, Fact::IngenierieCollectiveEngaged {}],
        _ => [STRUCTURE, OTHER_STRUCTURE].map(|structure| Fact::StructureContacted { structure }),
    }
}

/// Signs conventions of a year, of two hundred financeurs.
pub(crate) async fn conventions(log: &EventLog, count: usize) -> anyhow::Result<()> {
    let log = log.clone();
    each(count, move |n| {
        let log = log.clone();
        async move {
            // Organisations have the ids before.
            let id = ConventionId(scattered(ORGANISATIONS + n));
            let by = charge_de_mission(DLA);
            log.decide::<ConventionFinancement>(&command(&by), id, |_, asked| {
                Ok(asked.records(Place::default(), [signed(n, id)]))
            })
            .await?;
            Ok(())
        }
    })
    .await
}

fn signed(n: usize, convention: ConventionId) -> Signing {
    let (du, au) = (date(2026, 1, 1), date(2026, 12, 31));
    let termes = Termes {
        nature: NatureConvention::Financement,
        financeur: OrganisationId(scattered(n % FINANCEURS)),
        partenaires: [].into(),
        dlas: [DLA].into(),
        beneficiaire: Some(STRUCTURE),
        reference: line(&format!("2026-{n}")),
        objet: Objet::parse("Fonctionnement du DLA").expect("an object"),
        perimetre: [vaucluse()].into(),
        regime: Regime::Permanent,
        niveaux: vec![],
        cadre: None,
        subvention: Subvention {
            nature: NatureSubvention::Numeraire,
            conditions: ConditionsVersement::Echelonne,
            precision: None,
            versement_du: None,
            versement_au: None,
            rae: None,
            notification_ue: false,
            dispositif: None,
        },
        articulation: None,
    };
    Signing::ConventionSigned {
        convention,
        signed_on: du,
        termes: Box::new(termes),
        montant: Cents(1_000_000),
        periode: Periode { du, au },
        minimum: None,
    }
}
