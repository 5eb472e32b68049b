//! Every command: who may give it, and what holds whatever is asked.

use proptest::{collection::vec, prelude::*};

use super::*;

#[test]
fn facts_carry_the_place_and_the_dossier() {
    let place = Place { territoire: Some(vaucluse()), dossier: Some(INGENIERIE) };
    for (_, command) in COMMANDS {
        for history in [vec![], ready(), published()] {
            let Ok(decided) = command.ask(&folded(history), &amina()) else { continue };
            assert!(decided.facts.iter().all(|it| it.place == place), "{command:?}");
        }
    }
}

/// Every command, in the order of the table of rights.
const COMMANDS: [(&str, Command); 16] = [
    ("determineNatureCapitalisation", Command::Determine(2)),
    ("recordElement", Command::Record(0)),
    ("assessTransferabilite", Command::Assess(1, true)),
    ("targetDestinataires", Command::Target),
    ("designateResponsable", Command::Designate),
    ("adaptModalites", Command::Adapt),
    ("giveConsentementPublication", Command::Consent),
    ("withdrawConsentementPublication", Command::Withdraw),
    ("publishElement", Command::Publish(1)),
    ("unpublishElement", Command::Unpublish(1)),
    ("performTransfert", Command::Perform(1)),
    ("acknowledgeTransfert", Command::Acknowledge(1)),
    ("declareReutilisation", Command::Reuse(1)),
    ("withdrawReutilisation", Command::Forgo(1)),
    ("publishCas", Command::PublishCas),
    ("unpublishCas", Command::UnpublishCas),
];

#[test]
fn every_command_has_its_right() {
    let acts: Vec<_> = crate::capitalisation::RIGHTS
        .iter()
        .map(|right| right.act)
        .collect();
    assert_eq!(acts, COMMANDS.map(|(act, _)| act));
}

#[test]
fn what_an_actor_may_not_see_does_not_exist() {
    for (_, command) in COMMANDS {
        Capitalisation::given(published())
            .when(|it| command.ask(it, &stranger()))
            .refused(Common::NotFound {});
        if !matches!(command, Command::Determine(_)) {
            Capitalisation::given([])
                .when(|it| command.ask(it, &amina()))
                .refused(Common::NotFound {});
        }
    }
}

#[test]
fn whoever_supports_the_dla_sees_and_does_nothing() {
    for (act, command) in COMMANDS {
        Capitalisation::given(published())
            .when(|it| command.ask(it, &regional()))
            .refused(Common::Forbidden { act: act.to_owned() });
    }
}

#[test]
fn nothing_is_dated_tomorrow() {
    let tomorrow = date(2026, 3, 17);
    for (_, command) in COMMANDS {
        Capitalisation::given(published())
            .when(|it| command.ask(it, &amina().on(tomorrow)))
            .refused(Common::DateInFuture { on: tomorrow, today: TODAY });
    }
}

#[derive(Debug, Clone, Copy)]
enum Command {
    /// So many natures.
    Determine(usize),
    Record(usize),
    Assess(i32, bool),
    Target,
    Designate,
    Adapt,
    Consent,
    Withdraw,
    Publish(i32),
    Unpublish(i32),
    Perform(i32),
    Acknowledge(i32),
    Reuse(i32),
    Forgo(i32),
    PublishCas,
    UnpublishCas,
}

impl Command {
    fn ask(self, it: &Capitalisation, asked: &Asked) -> Decision<Capitalisation> {
        match self {
            Self::Determine(count) => {
                let all = ["METHODE", "CONTENU", "INFORMATION"];
                let natures = all.map(|it| code(Liste::NatureCapitalisation, it));
                let natures = natures.into_iter().take(count).collect();
                determine(it, asked, &ingenierie(), natures)
            }
            Self::Record(n) => {
                let element = if n.is_multiple_of(2) { temoignage() } else { livret() };
                let titre = line(&format!("Fiche {n}"));
                it.record_element(asked, Element { titre, ..element })
            }
            Self::Assess(element, transferable) => {
                it.assess_transferabilite(asked, element, transferable, prose("Essaimer."))
            }
            Self::Target => it.target_destinataires(asked, destinataires()),
            Self::Designate => it.designate_responsable(asked, porteuse(), None),
            Self::Adapt => it.adapt_modalites(asked, formes(), tons()),
            Self::Consent => {
                it.give_consentement_publication(asked, STRUCTURE, Some(line("Classeur 3")))
            }
            Self::Withdraw => it.withdraw_consentement_publication(asked, STRUCTURE),
            Self::Publish(element) => it.publish_element(asked, element),
            Self::Unpublish(element) => it.unpublish_element(asked, element, prose("Daté.")),
            Self::Perform(element) => it.perform_transfert(asked, transfert(element)),
            Self::Acknowledge(transfert) => it.acknowledge_transfert(
                asked,
                transfert,
                Destinataire::Dla(OTHER_DLA),
                Some(line("Courriel du 12 mars")),
            ),
            Self::Reuse(element) => it.declare_reutilisation(asked, element, &later([DLA])),
            Self::Forgo(element) => {
                it.withdraw_reutilisation(asked, element, &later([DLA]), prose("Sans suite."))
            }
            Self::PublishCas => publish_cas(it, asked, &told(), [NAMED]),
            Self::UnpublishCas => it.unpublish_cas(asked, prose("Daté.")),
        }
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let element = 1..5_i32;
    prop_oneof![
        2 => (1..4_usize).prop_map(Command::Determine),
        3 => (0..4_usize).prop_map(Command::Record),
        3 => (element.clone(), prop::bool::weighted(0.8)).prop_map(|(n, so)| Command::Assess(n, so)),
        1 => Just(Command::Target),
        1 => Just(Command::Designate),
        1 => Just(Command::Adapt),
        2 => Just(Command::Consent),
        1 => Just(Command::Withdraw),
        5 => element.clone().prop_map(Command::Publish),
        1 => element.clone().prop_map(Command::Unpublish),
        4 => element.clone().prop_map(Command::Perform),
        2 => element.clone().prop_map(Command::Acknowledge),
        3 => element.clone().prop_map(Command::Reuse),
        1 => element.prop_map(Command::Forgo),
        2 => Just(Command::PublishCas),
        1 => Just(Command::UnpublishCas),
    ]
}

proptest! {
    /// Whatever is asked, in whatever order, asking again changes nothing; and all that is
    /// published meets INV-33 at any time.
    #[test]
    fn asking_again_changes_nothing(steps in vec(any_command(), 0..60)) {
        let mut it = Capitalisation::default();
        for command in steps {
            let Ok(decided) = command.ask(&it, &amina()) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            prop_assert_eq!(command.ask(&it, &amina()), Ok(Decided::nothing()), "{:?}", command);
            for kept in it.elements.values().filter(|it| it.published) {
                prop_assert!(it.natures.contains(&kept.contenu.nature));
                prop_assert!(matches!(kept.transferabilite, Some((true, _))));
                prop_assert!(it.responsable.is_some());
                let source = kept.contenu.structure;
                prop_assert!(source.is_none_or(|structure| it.consents.contains(&structure)));
            }
            // What is taken back is read by those of the ingénierie alone.
            for (&element, _) in it.elements.iter().filter(|(_, it)| it.withdrawn) {
                prop_assert_eq!(it.element_perimeter(element), it.perimeter());
            }
            let named = it.cas.iter().flat_map(|it| &it.1);
            prop_assert!(named.clone().all(|structure| it.consents.contains(structure)));
            prop_assert!(it.cas.is_none() || it.responsable.is_some());
        }
    }
}
