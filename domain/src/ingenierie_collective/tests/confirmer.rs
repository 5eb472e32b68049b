//! The second milestone.

use super::*;

fn confirm(it: &IngenierieCollective) -> Decision<IngenierieCollective> {
    it.confirm_ingenierie(&amina())
}

#[test]
fn a_projet_with_its_structures_is_confirmed() {
    IngenierieCollective::given(formalised())
        .when(confirm)
        .then([IngenierieCollectiveConfirmed {}]);
    for later in [with(formalised(), [IngenierieCollectiveConfirmed {}]), under_way()] {
        IngenierieCollective::given(later).when(confirm).nothing();
    }
}

#[test]
fn nothing_is_confirmed_without_projet_or_structure() {
    IngenierieCollective::given(mobilised())
        .when(confirm)
        .refused(Refusal::ProjetNotFormalised {});
    let left = StructureWithdrawn { structure: RESTO, motif: Sealed::closed() };
    IngenierieCollective::given(with(formalised(), [left]))
        .when(confirm)
        .refused(Refusal::NobodyMobilised {});
}

// INV-06, RUL-24
#[test]
fn each_dla_has_the_avis_of_its_comite() {
    let joined = [DlaAssociated { dla: OTHER_DLA }, DemarcheValidated { dla: OTHER_DLA }];
    IngenierieCollective::given(with(formalised(), joined))
        .when(confirm)
        .refused(Refusal::AvisMissing { dlas: vec![OTHER_DLA] });
    IngenierieCollective::given(with(formalised(), [avis(DLA, SensAvis::Ajourne)]))
        .when(confirm)
        .refused(Refusal::AvisMissing { dlas: vec![DLA] });
}

// INV-08: also of a DLA that joined after the first milestone.
#[test]
fn a_dla_that_joined_late_validates_too() {
    let joined = [DlaAssociated { dla: OTHER_DLA }, avis(OTHER_DLA, SensAvis::Favorable)];
    IngenierieCollective::given(with(formalised(), joined))
        .when(confirm)
        .refused(Refusal::DemarcheNotValidated { dlas: vec![OTHER_DLA] });
}

// INV-07
#[test]
fn going_on_against_an_avis_is_justified() {
    let given = with(formalised(), [avis(DLA, SensAvis::Defavorable)]);
    let given = IngenierieCollective::given(given);
    given
        .when(confirm)
        .refused(Common::JustificationNeeded { rule: Rule::AvisDefavorable });
    given
        .when(|it| it.confirm_ingenierie(&amina().because("Urgence.")))
        .then([waived(Rule::AvisDefavorable), IngenierieCollectiveConfirmed {}]);
}

// INV-09
#[test]
fn the_permanent_funders_confirm_or_one_says_why_not() {
    let nobody = PartenaireWithdrawn { organisation: REGION, motif: Sealed::closed() };
    let not_all = associated(org(7), "FINANCEUR_PERMANENT");
    for event in [nobody, not_all] {
        let given = IngenierieCollective::given(with(formalised(), [event]));
        given
            .when(confirm)
            .refused(Common::JustificationNeeded { rule: Rule::FinanceursConfirm });
        given
            .when(|it| it.confirm_ingenierie(&amina().because("Urgence.")))
            .then([waived(Rule::FinanceursConfirm), IngenierieCollectiveConfirmed {}]);
    }
    // A ponctuel funder is the ingénierie's, not the porteur's.
    IngenierieCollective::given(with(formalised(), [associated(org(7), "FINANCEUR_PONCTUEL")]))
        .when(confirm)
        .then([IngenierieCollectiveConfirmed {}]);
}

// INV-07 and INV-09: one reason excuses both, each on the record.
#[test]
fn one_reason_excuses_every_rule_it_sets_aside() {
    let events = [
        avis(DLA, SensAvis::Defavorable),
        PartenaireWithdrawn { organisation: REGION, motif: Sealed::closed() },
    ];
    IngenierieCollective::given(with(formalised(), events))
        .when(|it| it.confirm_ingenierie(&amina().because("Urgence.")))
        .then([
            waived(Rule::AvisDefavorable),
            waived(Rule::FinanceursConfirm),
            IngenierieCollectiveConfirmed {},
        ]);
}
