//! The territory, the role of the DLA and the coherence of the démarche, answer by answer.

use super::*;
use crate::{Territoire, ingenierie_collective::advice::Advice};

// RUL-30: structures come from elsewhere, and it is said.
#[test]
fn a_territory_is_qualified_and_said_anew_when_it_changes() {
    let given = IngenierieCollective::given(identified());
    given
        .when(|it| it.qualify_territoire(&amina(), aire(), Some(prose("Deux sont du Gard."))))
        .then([TerritoireQualified {
            aire: aire(),
            commentaire: Some(sealed("Deux sont du Gard.")),
        }]);
    let told = TerritoireQualified { aire: aire(), commentaire: None };
    let given = IngenierieCollective::given(with(identified(), [told]));
    given
        .when(|it| it.qualify_territoire(&amina(), aire(), None))
        .nothing();
    let twice = AireIntervention { actuelle: vec![vaucluse(); 2], ..aire() };
    given
        .when(|it| it.qualify_territoire(&amina(), twice, None))
        .nothing();
    let many = (1..=31).map(|n| Territoire::departement(&format!("{n:02}")));
    let many = many.filter_map(Result::ok).collect::<Vec<_>>();
    let many = [many.clone(), many].concat();
    given
        .when(|it| {
            it.qualify_territoire(&amina(), AireIntervention { potentielle: many, ..aire() }, None)
        })
        .refused(Refusal::ListTooLong { field: "airePotentielle", max: 30 });
}

#[test]
fn a_dla_concerned_says_what_entitles_it() {
    let given = IngenierieCollective::given(identified());
    let of = [Legitimite::TerritoireCouvert, Legitimite::Mission, Legitimite::Mission];
    given
        .when(|it| it.define_role_dla(&amina(), DLA, of.to_vec(), role_dla()))
        .then([RoleDlaDefined {
            dla: DLA,
            legitimites: vec![Legitimite::Mission, Legitimite::TerritoireCouvert],
            role: role_dla(),
        }]);
    given
        .when(|it| it.define_role_dla(&amina(), DLA, vec![], role_dla()))
        .refused(Refusal::LegitimitesMissing {});
    given
        .when(|it| it.define_role_dla(&amina(), OTHER_DLA, of.to_vec(), role_dla()))
        .refused(Refusal::DlaNotConcerned { dla: OTHER_DLA });
}

// ADVISE: what does not fit is pointed out until it does.
#[test]
fn coherence_is_checked_on_four_axes() {
    let adjusted = Coherences { besoins: Coherence::AAjuster, ..coherent() };
    let given = IngenierieCollective::given(identified());
    given
        .when(|it| it.check_coherence(&amina(), adjusted, None))
        .then([CoherenceChecked { axes: adjusted, commentaire: None }]);
    let pointed_out = |axes| {
        let checked = CoherenceChecked { axes, commentaire: None };
        let it: IngenierieCollective = folded(with(identified(), [checked]));
        it.advice().contains(&Advice::CoherenceToAdjust {})
    };
    assert!(pointed_out(adjusted));
    assert!(!pointed_out(coherent()));
}
