//! What partners think and bring, and what will be evaluated, answer by answer.

use super::*;
use crate::ingenierie_collective::advice::Advice;

fn shared(accord: AccordProblematique) -> Partage {
    Partage { accord, anteriorite: None, interet: None }
}

#[test]
fn a_partner_says_whether_it_shares_the_problem() {
    let given = IngenierieCollective::given(engaged());
    let accord = AccordProblematique::NonPartagee;
    let partage = Partage { anteriorite: Some(prose("Un essai en 2019.")), ..shared(accord) };
    let told = ProblematiqueShared {
        partenaire: REGION,
        accord,
        anteriorite: Some(sealed("Un essai en 2019.")),
        interet: None,
    };
    given
        .when(|it| it.share_problematique(&amina(), REGION, partage))
        .then([told.clone()]);
    given
        .when(|it| it.share_problematique(&amina(), RESEAU, shared(accord)))
        .refused(Refusal::NotPartenaire { organisation: RESEAU });
    let events = [initiated(), associated(REGION, "FINANCEUR_PERMANENT")];
    IngenierieCollective::given(events)
        .when(|it| it.share_problematique(&amina(), REGION, shared(accord)))
        .refused(Refusal::ProblematiqueNotStated {});
    let it: IngenierieCollective = folded(with(engaged(), [told]));
    let advice = Advice::ProblematiqueNotShared { partenaires: vec![REGION] };
    assert!(it.advice().contains(&advice));
}

#[test]
fn a_partner_offers_to_intervene_and_is_engaged_later() {
    let offered = || Contribution {
        contribution: line("Un juriste"),
        competences: Some(line("Droit du travail")),
        temps: Some(QuarterDays(4)),
    };
    let given = IngenierieCollective::given(engaged());
    let told = ContributionIntervenantOffered {
        partenaire: REGION,
        contribution: line("Un juriste"),
        competences: Some(line("Droit du travail")),
        temps: Some(QuarterDays(4)),
    };
    given
        .when(|it| it.offer_contribution_intervenant(&amina(), REGION, offered()))
        .then([told.clone()]);
    given
        .when(|it| it.offer_contribution_intervenant(&amina(), VELO, offered()))
        .refused(Refusal::NotPartenaire { organisation: VELO });
    let given = IngenierieCollective::given(with(engaged(), [told]));
    given
        .when(|it| it.offer_contribution_intervenant(&amina(), REGION, offered()))
        .nothing();
    let mission = || line("Tenir un atelier");
    given
        .when(|it| it.engage_partenaire_intervenant(&amina(), REGION, mission(), None))
        .then([PartenaireIntervenantEngaged {
            partenaire: REGION,
            mission: mission(),
            temps: None,
        }]);
    given
        .when(|it| it.engage_partenaire_intervenant(&amina(), VELO, mission(), None))
        .refused(Refusal::NotPartenaire { organisation: VELO });
}

// RUL-08: objectives in step 2, the frame in step 3.
#[test]
fn what_will_be_evaluated_is_said_with_the_reason() {
    let given = IngenierieCollective::given(identified());
    let objets = vec![ObjetEvaluation::Effets, ObjetEvaluation::Demarche];
    given
        .when(|it| it.set_objectifs_evaluation(&amina(), objets, prose("Rendre compte.")))
        .then([ObjectifsEvaluationSet {
            objets: vec![ObjetEvaluation::Demarche, ObjetEvaluation::Effets],
            raison: prose("Rendre compte."),
        }]);
    given
        .when(|it| it.set_objectifs_evaluation(&amina(), vec![], prose("Rendre compte.")))
        .refused(Refusal::ObjetsEvaluationMissing {});
}
