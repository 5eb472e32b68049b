//! What the next milestone wants, told before anyone asks for it.

use super::*;
use crate::ingenierie_collective::jalons::ProchainJalon;

fn next(events: Vec<Event>) -> Option<ProchainJalon> {
    folded::<IngenierieCollective>(events).prochain_jalon(&seen(PLAN, []))
}

#[test]
fn each_state_has_its_next_milestone_and_what_it_wants() {
    let first = next(vec![initiated()]).unwrap();
    assert_eq!(first.etat, Etat::Engagee);
    let blocked =
        [Refusal::ProblematiqueNotStated {}, Refusal::DemarcheNotValidated { dlas: vec![DLA] }];
    assert_eq!(
        (first.blocages, first.to_justify),
        (blocked.to_vec(), vec![Rule::ProblematiqueConfirmed],)
    );
    let second = next(with(engaged(), [DlaAssociated { dla: OTHER_DLA }])).unwrap();
    assert_eq!(second.etat, Etat::Confirmee);
    let other = || vec![OTHER_DLA];
    let blocked = [
        Refusal::DemarcheNotValidated { dlas: other() },
        Refusal::AvisMissing { dlas: other() },
        Refusal::ProjetNotFormalised {},
        Refusal::NobodyMobilised {},
    ];
    assert_eq!((second.blocages, second.to_justify), (blocked.to_vec(), vec![]));
    let third = next(with(formalised(), [IngenierieCollectiveConfirmed {}])).unwrap();
    assert_eq!(
        (third.etat, third.blocages),
        (Etat::EnIntervention, vec![Refusal::PlanElsewhere {}],)
    );
    let last = next(under_way()).unwrap();
    assert_eq!((last.etat, last.blocages), (Etat::Finalisee, vec![]));
    assert_eq!(next(finalised()), None);
    assert_eq!(next(vec![]), None);
}

// What is told is what is answered: the first of the list, or the milestone is passed.
#[test]
fn what_is_told_is_what_the_milestone_answers() {
    let histories = [vec![initiated()], identified(), engaged(), mobilised(), formalised()];
    for events in histories {
        let it: IngenierieCollective = folded(events);
        let told = it.prochain_jalon(&seen(PLAN, [])).unwrap();
        let by = amina().because("Urgence.");
        let answer = if told.etat == Etat::Engagee {
            it.engage_ingenierie(&by)
        } else {
            it.confirm_ingenierie(&by)
        };
        match told.blocages.first() {
            Some(no) => assert_eq!(answer, Err(no.clone())),
            None => assert_eq!(answer.unwrap().facts.len(), told.to_justify.len() + 1),
        }
    }
}
