//! Every answer of a mandate.

use uuid::Uuid;

use super::{Event, Event::*, JOURS_MAX, MandatAudit, Nommes, PORTEE_MAX, Portee, Refusal, Termes};
use crate::{
    Asked, Cents, ConventionId, Date, Decision, Dossier, IngenierieId, Liste, MandatAuditId,
    OrganisationId, PlanFinancement, PlanFinancementId, Prose, Sealed, Seen, Subject, date,
    plan_financement::{Contributeur, Event as Plan},
    refusal::Common,
    testing::{
        DLA, INGENIERIE, Scenario, TODAY, absent_ingenierie, admin, amina, code, financeur,
        ingenierie, line, org, prose, referenced, seen, unreferenced, vaucluse,
    },
};

const ID: MandatAuditId = MandatAuditId(Uuid::from_u128(31));
const AU: Date = date(2026, 6, 30);
/// Who funds the dossier, and who does not.
const FUNDER: u128 = 1;
const OTHER: u128 = 2;
const AUDITOR: u128 = 71;

/// One of each, every field filled.
pub(crate) fn samples() -> Vec<Event> {
    let portee = Portee {
        dossiers: [INGENIERIE].into(),
        conventions: [ConventionId(Uuid::from_u128(6))].into(),
        financeur: Some(org(FUNDER)),
    };
    vec![
        granted_of(portee, Some(org(FUNDER))),
        MandatAuditExtended { au: date(2026, 9, 30) },
        revoked(),
    ]
}

fn fondement() -> Prose {
    prose("Contrôle de service fait, convention 2026-14.")
}

fn granted_of(portee: Portee, mandant: Option<OrganisationId>) -> Event {
    MandatAuditGranted {
        auditeur: org(AUDITOR),
        mandant,
        portee,
        du: TODAY,
        au: AU,
        reference: line("CSF 2026-3"),
        fondement: Sealed::new(Subject::mandat_audit(ID), fondement()),
    }
}

fn granted() -> Event {
    let portee = Portee { dossiers: [INGENIERIE].into(), ..Portee::default() };
    granted_of(portee, Some(org(FUNDER)))
}

fn motif() -> Prose {
    prose("Le contrôle est clos.")
}

fn revoked() -> Event {
    MandatAuditRevoked { motif: Sealed::new(Subject::mandat_audit(ID), motif()) }
}

/// A plan that counts on `FUNDER`.
fn plan() -> Seen<PlanFinancement> {
    let opened = Plan::PlanFinancementOpened {
        ingenierie: INGENIERIE,
        dlas: [DLA].into(),
        territoire: Some(vaucluse()),
    };
    let id = PlanFinancementId(Uuid::from_u128(9));
    let sought = Plan::RessourceSought {
        ligne: 1,
        source: code(Liste::SourceFinancement, "COLLECTIVITE"),
        contributeur: Contributeur::Organisation(org(FUNDER)),
        montant: Cents(500_000),
    };
    seen(id, [opened, sought])
}

fn of(dossier: Dossier) -> Nommes {
    Nommes {
        auditeur: referenced(AUDITOR),
        dossiers: vec![(dossier, plan())],
        conventions: vec![],
        financeur: None,
    }
}

fn termes(du: Date, au: Date) -> Termes {
    Termes { du, au, reference: line("CSF 2026-3"), fondement: fondement() }
}

fn grants(it: &MandatAudit, asked: &Asked, nommes: &Nommes) -> Decision<MandatAudit> {
    it.grant_mandat_audit(asked, ID, nommes, termes(TODAY, AU))
}

#[test]
fn a_financeur_opens_what_it_funds() {
    MandatAudit::given([])
        .when(|it| grants(it, &financeur(FUNDER), &of(ingenierie())))
        .expecting(&plan())
        .then([granted()]);
    MandatAudit::given([])
        .when(|it| grants(it, &financeur(OTHER), &of(ingenierie())))
        .refused(Common::NotFound {});
    MandatAudit::given([granted()])
        .when(|it| grants(it, &financeur(FUNDER), &of(ingenierie())))
        .refused(Common::AlreadyExists {});
}

#[test]
fn an_administrator_opens_any_dossier_that_is_there() {
    let portee = Portee { dossiers: [INGENIERIE].into(), ..Portee::default() };
    MandatAudit::given([])
        .when(|it| grants(it, &admin(), &of(ingenierie())))
        .then([granted_of(portee, None)]);
    MandatAudit::given([])
        .when(|it| grants(it, &admin(), &of(absent_ingenierie())))
        .refused(Common::NotFound {});
}

#[test]
fn a_financeur_opens_all_that_it_funds_and_nothing_of_another() {
    let all = |n| Nommes { dossiers: vec![], financeur: Some(referenced(n)), ..of(ingenierie()) };
    let portee = Portee { financeur: Some(org(FUNDER)), ..Portee::default() };
    MandatAudit::given([])
        .when(|it| grants(it, &financeur(FUNDER), &all(FUNDER)))
        .then([granted_of(portee, Some(org(FUNDER)))]);
    MandatAudit::given([])
        .when(|it| grants(it, &financeur(FUNDER), &all(OTHER)))
        .refused(Common::NotFound {});
}

#[test]
fn a_mandate_is_of_something_for_someone() {
    let nothing = Nommes { dossiers: vec![], ..of(ingenierie()) };
    MandatAudit::given([])
        .when(|it| grants(it, &admin(), &nothing))
        .refused(Refusal::PorteeEmpty {});
    let nobody = Nommes { auditeur: unreferenced(AUDITOR), ..of(ingenierie()) };
    MandatAudit::given([])
        .when(|it| grants(it, &admin(), &nobody))
        .refused(Common::NotFound {});
    let one = |n: usize| {
        let n = u128::try_from(n).expect("a small number");
        let id = IngenierieId(Uuid::from_u128(1_000 + n));
        (Dossier { id, ..ingenierie() }, plan())
    };
    let many = |n| Nommes { dossiers: (0..n).map(one).collect(), ..of(ingenierie()) };
    MandatAudit::given([])
        .when(|it| grants(it, &admin(), &many(PORTEE_MAX + 1)))
        .refused(Refusal::PorteeTooLarge { max: PORTEE_MAX });
    let state = MandatAudit::default();
    assert!(grants(&state, &admin(), &many(PORTEE_MAX)).is_ok());
}

#[test]
fn a_mandate_is_bounded_in_time() {
    let state = MandatAudit::default();
    let asks = |du, au| {
        let decided = state.grant_mandat_audit(&admin(), ID, &of(ingenierie()), termes(du, au));
        decided.map(|_| ())
    };
    let yesterday = date(2026, 3, 15);
    let reversed = Refusal::DatesReversed { du: TODAY, au: yesterday };
    assert_eq!(asks(TODAY, yesterday), Err(reversed));
    assert_eq!(asks(yesterday, yesterday), Err(Refusal::MandatOver {}));
    assert_eq!(asks(TODAY, date(2027, 3, 17)), Ok(()));
    let jours = JOURS_MAX;
    assert_eq!(asks(TODAY, date(2027, 3, 18)), Err(Refusal::TooLong { jours }));
}

#[test]
fn a_mandate_is_extended_while_it_runs() {
    let extends = |by: Asked, au: Date| move |it: &MandatAudit| it.extend_mandat_audit(&by, au);
    let later = date(2026, 9, 30);
    let extended = || MandatAuditExtended { au: later };
    MandatAudit::given([granted()])
        .when(extends(financeur(FUNDER), later))
        .then([extended()]);
    MandatAudit::given([granted(), extended()])
        .when(extends(admin(), later))
        .nothing();
    MandatAudit::given([granted(), extended()])
        .when(extends(admin(), AU))
        .refused(Refusal::NotExtended { au: later });
    MandatAudit::given([granted()])
        .when(extends(admin(), date(2027, 3, 18)))
        .refused(Refusal::TooLong { jours: JOURS_MAX });
    MandatAudit::given([granted(), revoked()])
        .when(extends(admin(), later))
        .refused(Refusal::MandatOver {});
    let after = Asked { today: date(2026, 7, 1), ..admin() };
    MandatAudit::given([granted()])
        .when(extends(after, later))
        .refused(Refusal::MandatOver {});
}

#[test]
fn a_mandate_is_revoked_once() {
    let revokes = |by: Asked| move |it: &MandatAudit| it.revoke_mandat_audit(&by, ID, motif());
    MandatAudit::given([granted()])
        .when(revokes(financeur(FUNDER)))
        .then([revoked()]);
    MandatAudit::given([granted(), revoked()])
        .when(revokes(admin()))
        .nothing();
}

#[test]
fn a_mandate_is_known_to_who_granted_it() {
    for by in [financeur(OTHER), amina(), financeur(AUDITOR)] {
        MandatAudit::given([granted()])
            .when(|it| it.revoke_mandat_audit(&by, ID, motif()))
            .refused(Common::NotFound {});
        MandatAudit::given([granted()])
            .when(|it| it.extend_mandat_audit(&by, AU))
            .refused(Common::NotFound {});
    }
    MandatAudit::given([])
        .when(|it| grants(it, &amina(), &of(ingenierie())))
        .refused(Common::Forbidden { act: "grantMandatAudit".to_owned() });
}
