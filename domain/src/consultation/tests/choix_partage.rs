//! Those who help to write and to choose, what is out of the competition, and the contract.

use super::*;
use crate::{
    Dossier, Liste, PlanFinancement, PlanFinancementId, Seen,
    consultation::{ContratVoulu, MARK_MAX, classement, moyenne},
    ingenierie_collective as ingenierie_facts, plan_financement as plan,
    testing::{code, financeur, ingenierie_with, seen, structure},
};

/// The ingénierie, with a region that pays and a structure that takes part.
pub(super) fn mobilised() -> Dossier {
    use ingenierie_facts::Event as Fact;
    ingenierie_with([
        Fact::PartenaireAssociated {
            organisation: REGION,
            categorie: code(Liste::CategoriePartenaire, "FINANCEUR_PERMANENT"),
            role: None,
        },
        Fact::StructureTargeted { structure: RESTO },
        Fact::StructureMobilised { structure: RESTO, participants: None },
    ])
}

/// A contract that no plan pays for.
pub(super) fn unplanned(contrat: Contrat) -> ContratVoulu<'static> {
    ContratVoulu { contrat, plan: None }
}

fn invited(organisation: OrganisationId, qualite: QualiteInvite) -> Event {
    PartenaireInvited { organisation, qualite }
}

/// Offres are open, the region and a structure are invited.
fn shared() -> Vec<Event> {
    let those =
        [invited(REGION, QualiteInvite::Financeur), invited(RESTO, QualiteInvite::Structure)];
    [vec![drafted(sections())], those.to_vec(), opened()[1..].to_vec()].concat()
}

fn scored(prestataire: OrganisationId, par: Notateur, notation: Notation) -> Event {
    OffreScored { prestataire, par, notation, commentaire: None }
}

fn flat(mark: i32) -> Notation {
    Notation { contenus: mark, engagement: mark, animation: mark, enquete: mark }
}

#[test]
fn who_pays_or_takes_part_is_invited_and_does_not_bid() {
    let given = Consultation::given([drafted(sections())]);
    given
        .when(|it| it.invite_partenaire(&amina(), &mobilised(), REGION))
        .expecting(&mobilised())
        .then([invited(REGION, QualiteInvite::Financeur)]);
    given
        .when(|it| it.invite_partenaire(&amina(), &mobilised(), RESTO))
        .then([invited(RESTO, QualiteInvite::Structure)]);
    given
        .when(|it| it.invite_partenaire(&amina(), &mobilised(), ATELIER))
        .refused(Refusal::NotInvitable { organisation: ATELIER });
    given
        .when(|it| it.invite_partenaire(&regional(), &mobilised(), REGION))
        .refused(forbidden("invitePartenaire"));
    let mut other = mobilised();
    other.id = crate::IngenierieId(uuid::Uuid::from_u128(55));
    given
        .when(|it| it.invite_partenaire(&amina(), &other, REGION))
        .refused(Common::NotFound {});
    Consultation::given(consulted())
        .when(|it| it.invite_partenaire(&amina(), &mobilised(), ATELIER))
        .refused(Refusal::InvitedBids { organisation: ATELIER });
    let both =
        Consultation::given([launched(), vec![invited(org(4), QualiteInvite::Structure)]].concat());
    both.when(|it| it.consult_prestataire(&amina(), &ingenierie(), &referenced(4)))
        .refused(Refusal::PrestataireInvited { prestataire: org(4) });
    both.when(|it| {
        it.award_directly(&amina().because("Seule."), &ingenierie(), &referenced(4), PRICE)
    })
    .refused(Refusal::PrestataireInvited { prestataire: org(4) });
    Consultation::given(shared())
        .when(|it| it.invite_partenaire(&amina(), &mobilised(), REGION))
        .nothing();
}

#[test]
fn an_invited_one_helps_to_write_until_the_call_is_out() {
    let drafted_with = |more: &[Event]| {
        let invites = [invited(REGION, QualiteInvite::Financeur)];
        [vec![drafted(sections())], invites.to_vec(), more.to_vec()].concat()
    };
    let given = Consultation::given(drafted_with(&[]));
    let contribute = |by: Asked, organisation| {
        given.when(move |it| {
            let text = prose("Mme Petit demande des séances le soir.");
            let section = Some(SectionCahier::Conditions);
            it.record_cahier_des_charges_contribution(&by, organisation, section, text)
        })
    };
    contribute(financeur(41), REGION).then([contribution()]);
    contribute(amina(), REGION).then([contribution()]);
    // Nobody speaks for another, nor without being invited.
    contribute(financeur(41), RESTO).refused(Common::NotFound {});
    contribute(financeur(42), REGION).refused(Common::NotFound {});
    contribute(amina(), RESTO)
        .refused(Refusal::NotInvited { field: "organisation", organisation: RESTO });
    let out =
        [CahierDesChargesFinalised { edition: 1 }, AppelOffresLaunched { deadline: DEADLINE }];
    Consultation::given(drafted_with(&out))
        .when(|it| {
            it.record_cahier_des_charges_contribution(&amina(), REGION, None, prose("Le soir."))
        })
        .refused(Refusal::CahierDesChargesFinal {});
}

// INV-02, INV-36
#[test]
fn a_late_or_inadmissible_offre_is_out_and_its_bidder_is_told() {
    let why = || prose("M. Roux n'a pas signé.");
    let reject = |history: Vec<Event>, by: Asked, prestataire, cause| {
        Consultation::given(history).when(move |it| it.reject_offre(&by, prestataire, cause, why()))
    };
    let late = CauseRejet::Tardive;
    reject(half_answered(), at(DAY_AFTER), LIGUE, late).then([rejected(LIGUE, late)]);
    reject(half_answered(), at(DEADLINE), LIGUE, late)
        .refused(Refusal::OffreNotLate { deadline: DEADLINE });
    reject(half_answered(), at(DAY_AFTER), ATELIER, late)
        .refused(Refusal::OffreNotLate { deadline: DEADLINE });
    reject(half_answered(), at(DAY_AFTER), org(4), late)
        .refused(Refusal::NotConsulted { prestataire: org(4) });
    let odd = CauseRejet::Irrecevable;
    reject(half_answered(), amina(), ATELIER, odd).refused(Refusal::OffresNotOpen {});
    reject(opened(), amina(), LIGUE, odd).refused(Refusal::NoOffre { prestataire: LIGUE });
    reject(opened(), amina(), COOP, odd).then([rejected(COOP, odd)]);
    reject(opened(), prestataire(2), COOP, odd).refused(forbidden("rejectOffre"));
    reject(decided(), amina(), COOP, odd).refused(Refusal::ResultAlreadyDecided {});
    let out = [opened(), vec![rejected(COOP, odd)]].concat();
    reject(out.clone(), amina(), COOP, odd).nothing();
    let out = Consultation::given(out);
    out.when(|it| it.choose_prestataire(&amina(), &ingenierie(), choice(COOP)))
        .refused(Refusal::NoOffre { prestataire: COOP });
    // INV-05: whoever came late is told as well.
    let late_one =
        [half_answered(), vec![rejected(LIGUE, late)], opened()[half_answered().len()..].to_vec()];
    let told =
        [ATELIER, COOP].map(|it| PrestataireInformed { prestataire: it, retenu: it == ATELIER });
    let chosen_one = [late_one.concat(), vec![chosen(ATELIER)], told.to_vec()].concat();
    let given = Consultation::given(chosen_one);
    given
        .when(|it| it.close_consultation(&amina()))
        .refused(Refusal::BiddersNotInformed { waiting: vec![LIGUE] });
    given
        .when(|it| it.inform_prestataire(&amina(), LIGUE))
        .then([PrestataireInformed { prestataire: LIGUE, retenu: false }]);
}

#[test]
fn the_dla_and_those_invited_mark_each_for_itself() {
    let given = Consultation::given(shared());
    let score = |by: Asked, par, mark| {
        given.when(move |it| it.score_offre(&by, (ATELIER, par), flat(mark), None))
    };
    let (of_dla, of_region) = (Notateur::Dla(DLA), Notateur::Organisation(REGION));
    let of_resto = Notateur::Organisation(RESTO);
    score(amina(), of_dla, 4).then([scored(ATELIER, of_dla, flat(4))]);
    score(financeur(41), of_region, 3).then([scored(ATELIER, of_region, flat(3))]);
    score(structure(51), of_resto, 5).then([scored(ATELIER, of_resto, flat(5))]);
    score(amina(), of_resto, 5).then([scored(ATELIER, of_resto, flat(5))]);
    score(structure(51), of_dla, 5).refused(forbidden("scoreOffre"));
    score(structure(51), of_region, 5).refused(Common::NotFound {});
    score(amina(), Notateur::Dla(OTHER_DLA), 5)
        .refused(Refusal::NotateurElsewhere { dla: OTHER_DLA });
    score(amina(), Notateur::Organisation(org(42)), 5)
        .refused(Refusal::NotInvited { field: "par", organisation: org(42) });
    score(amina(), of_dla, MARK_MAX + 1).refused_with("MARK_OUT_OF_RANGE");
    for bidder in [1, 2] {
        score(prestataire(bidder), Notateur::Organisation(org(bidder)), 5)
            .refused(forbidden("scoreOffre"));
    }
    let closed_envelopes = half_answered();
    Consultation::given(closed_envelopes)
        .when(|it| it.score_offre(&amina(), (ATELIER, of_dla), flat(4), None))
        .refused(Refusal::OffresNotOpen {});
    let known = Consultation::given([shared(), vec![scored(ATELIER, of_dla, flat(4))]].concat());
    known
        .when(|it| it.score_offre(&amina(), (ATELIER, of_dla), flat(4), None))
        .nothing();
    known
        .when(|it| it.score_offre(&amina(), (ATELIER, of_dla), flat(2), None))
        .then([scored(ATELIER, of_dla, flat(2))]);
}

#[test]
fn a_structure_says_whom_it_would_rather_work_with() {
    let given = Consultation::given(shared());
    let expressed =
        |motif| PreferenceStructureExpressed { structure: RESTO, prestataire: COOP, motif };
    for by in [structure(51), amina()] {
        given
            .when(|it| it.express_preference_structure(&by, RESTO, COOP, None))
            .then([expressed(None)]);
    }
    given
        .when(|it| {
            let why = Some(prose("Mme Ferrand nous connaît."));
            it.express_preference_structure(&amina(), RESTO, COOP, why)
        })
        .then([expressed(Some(sealed("Mme Ferrand nous connaît.")))]);
    given
        .when(|it| it.express_preference_structure(&amina(), REGION, COOP, None))
        .refused(Refusal::NotInvited { field: "structure", organisation: REGION });
    given
        .when(|it| it.express_preference_structure(&structure(51), RESTO, LIGUE, None))
        .refused(Refusal::NoOffre { prestataire: LIGUE });
    Consultation::given([shared(), vec![expressed(None)]].concat())
        .when(|it| it.express_preference_structure(&amina(), RESTO, COOP, None))
        .nothing();
}

#[test]
fn marks_are_added_up_by_criterion_then_in_all() {
    assert_eq!(moyenne(&[]), None);
    let one = Notation { contenus: 5, engagement: 4, animation: 3, enquete: 0 };
    let other = Notation { contenus: 4, engagement: 4, animation: 2, enquete: 1 };
    let third = Notation { contenus: 4, engagement: 3, animation: 3, enquete: 1 };
    let mean = moyenne(&[one, other, third]).unwrap();
    // 13 / 3, 11 / 3, 8 / 3, 2 / 3, and 34 / 12.
    assert_eq!(
        (mean.contenus, mean.engagement, mean.animation, mean.enquete, mean.totale),
        (433, 367, 267, 67, 283)
    );
    assert_eq!(mean.notateurs, 3);
    // The same total shares a rank, and the next comes after both; who has no mark has no rank.
    let ranks = classement([
        ("a", vec![flat(4)]),
        ("b", vec![flat(3), flat(5)]),
        ("c", vec![flat(3), flat(4)]),
        ("d", vec![]),
        ("e", vec![flat(5)]),
    ]);
    assert_eq!(Vec::from_iter(ranks), [("a", 2), ("b", 2), ("c", 4), ("e", 1)]);
}

// INV-05
#[test]
fn a_choice_records_the_mean_when_it_gives_no_mark() {
    let silent = |it| Choice { notation: None, ..choice(it) };
    Consultation::given(shared())
        .when(|it| it.choose_prestataire(&amina(), &ingenierie(), silent(ATELIER)))
        .refused(Refusal::NotationMissing {});
    let marks = [
        scored(ATELIER, Notateur::Dla(DLA), Notation { enquete: 1, ..flat(4) }),
        scored(ATELIER, Notateur::Organisation(RESTO), Notation { enquete: 2, ..flat(3) }),
    ];
    let minutes = Choice { proces_verbal: Some(prose("Présents : M. Roux.")), ..silent(ATELIER) };
    Consultation::given([shared(), marks.to_vec()].concat())
        .when(|it| it.choose_prestataire(&amina(), &ingenierie(), minutes))
        .then([PrestataireChosen {
            prestataire: ATELIER,
            montant: PRICE,
            // 3.5 and 1.5, half up.
            notation: Notation { enquete: 2, ..flat(4) },
            motif: sealed("M. Roux connaît le terrain."),
            proces_verbal: Some(sealed("Présents : M. Roux.")),
        }]);
}

/// A plan that sets so much aside for prestataires, and as much for something else.
fn planned(montant: Cents) -> Seen<PlanFinancement> {
    let cost = |ligne, poste| plan::Event::DepenseAdded {
        ligne,
        poste: code(Liste::PosteCout, poste),
        intitule: line("Animation"),
        montant,
    };
    let opened = plan::Event::PlanFinancementOpened {
        ingenierie: INGENIERIE,
        dlas: [DLA].into(),
        territoire: Some(vaucluse()),
    };
    let id = PlanFinancementId(uuid::Uuid::from_u128(6));
    seen(id, [opened, cost(1, plan::POSTE_PRESTATIONS), cost(2, "LOGISTIQUE")])
}

// INV-34
#[test]
fn a_contract_above_the_line_of_the_plan_is_justified() {
    let given = Consultation::given(decided());
    let (enough, less) = (planned(PRICE), planned(Cents(PRICE.0 - 1)));
    let voulu = |plan| ContratVoulu { contrat: contrat(), plan };
    let signed = ContratSigned { contrat: contrat() };
    given
        .when(|it| it.sign_contrat(&responsable(), &ingenierie(), voulu(Some(&enough))))
        .expecting_all([(&enough).into(), (&ingenierie()).into()])
        .then([signed.clone()]);
    for plan in [Some(&less), None] {
        given
            .when(|it| it.sign_contrat(&responsable(), &ingenierie(), voulu(plan)))
            .refused(Common::JustificationNeeded { rule: Rule::ContratWithinPlan });
        let justified = responsable().because("Seul sur ce sujet.");
        given
            .when(|it| it.sign_contrat(&justified, &ingenierie(), voulu(plan)))
            .then([waived(Rule::ContratWithinPlan), signed.clone()]);
    }
}

#[test]
fn a_contract_is_signed_once_changed_by_avenants_and_ended() {
    let by = || responsable().because("Seul sur ce sujet.");
    let longer = || Contrat { fin: None, ..contrat() };
    let why = || prose("Mme Ferrand vient une fois de plus.");
    Consultation::given(opened())
        .when(|it| it.sign_contrat(&by(), &ingenierie(), unplanned(contrat())))
        .refused(Refusal::NobodyChosen {});
    let chosen_one = Consultation::given(decided());
    chosen_one
        .when(|it| it.sign_contrat(&amina(), &ingenierie(), unplanned(contrat())))
        .refused(forbidden("signContrat"));
    let backwards = Contrat { fin: Some(date(2026, 4, 14)), ..contrat() };
    chosen_one
        .when(|it| it.sign_contrat(&by(), &ingenierie(), unplanned(backwards)))
        .refused_with("CONTRAT_DATES_REVERSED");
    chosen_one
        .when(|it| it.amend_contrat(&by(), unplanned(longer()), why()))
        .refused(Refusal::ContratNotSigned {});
    chosen_one
        .when(|it| it.terminate_contrat(&by(), why()))
        .refused(Refusal::ContratNotSigned {});
    // It goes on after the consultation is closed.
    let signed = [closed(), vec![ContratSigned { contrat: contrat() }]].concat();
    let given = Consultation::given(signed.clone());
    given
        .when(|it| it.sign_contrat(&by(), &ingenierie(), unplanned(contrat())))
        .nothing();
    given
        .when(|it| it.sign_contrat(&by(), &ingenierie(), unplanned(longer())))
        .refused(Refusal::ContratAlreadySigned {});
    given
        .when(|it| it.amend_contrat(&by(), unplanned(contrat()), why()))
        .nothing();
    let motif = sealed("Mme Ferrand vient une fois de plus.");
    given
        .when(|it| it.amend_contrat(&by(), unplanned(longer()), why()))
        .then([
            waived(Rule::ContratWithinPlan),
            ContratAmended { contrat: longer(), motif: motif.clone() },
        ]);
    let terminated = ContratTerminated { motif };
    given
        .when(|it| it.terminate_contrat(&by(), why()))
        .then([terminated.clone()]);
    let over = Consultation::given([signed, vec![terminated]].concat());
    over.when(|it| it.terminate_contrat(&by(), why())).nothing();
    over.when(|it| it.amend_contrat(&by(), unplanned(longer()), why()))
        .refused(Refusal::ContratOver {});
}
