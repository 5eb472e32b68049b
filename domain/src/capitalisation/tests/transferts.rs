//! Elements that are handed over, and those who say that they have them.

use super::*;
use crate::{
    capitalisation::{DESTINATAIRES_MAX, TRANSFERTS_MAX, transfert::Transfert},
    testing::{admin, prestataire, responsable},
};

const NEIGHBOUR: Destinataire = Destinataire::Dla(OTHER_DLA);
const FEDERATION: Destinataire = Destinataire::Organisation(org(91));

/// To a DLA and an organisation that are not of the ingénierie.
pub(super) fn transfert(element: i32) -> Transfert {
    Transfert {
        element,
        categories: codes(Liste::DestinataireTransfert, ["PARTENAIRES_DISPOSITIF"]),
        destinataires: [NEIGHBOUR, FEDERATION].into(),
        forme: code(Liste::FormeTransfert, "REUNION"),
        par: Some(org(71)),
    }
}

pub(super) fn handed_over(transfert: i32, contenu: Transfert) -> Event {
    TransfertPerformed { transfert, contenu }
}

pub(super) fn acknowledged(
    transfert: i32,
    destinataire: Destinataire,
    reference: Option<&str>,
) -> Event {
    TransfertAcknowledged { transfert, destinataire, reference: reference.map(line) }
}

/// The testimony and the booklet were handed over, and nothing is published.
fn sent() -> Vec<Event> {
    let sent = [1, 2].map(|element| handed_over(element, transfert(element)));
    [ready(), sent.to_vec()].concat()
}

fn performs(history: Vec<Event>, contenu: Transfert) -> crate::testing::When<Capitalisation> {
    Capitalisation::given(history).when(|it| it.perform_transfert(&amina(), contenu))
}

#[test]
fn elements_are_handed_over_and_transfers_numbered() {
    performs(ready(), transfert(2)).then([handed_over(1, transfert(2))]);
    performs(sent(), transfert(2)).nothing();
    let again = Transfert { par: None, ..transfert(2) };
    performs(sent(), again.clone()).then([handed_over(3, again)]);
    // Nobody named: a kind is served all the same.
    let unnamed = Transfert { destinataires: BTreeSet::new(), ..transfert(2) };
    performs(ready(), unnamed.clone()).then([handed_over(1, unnamed)]);
    let to_none =
        Transfert { categories: BTreeSet::new(), destinataires: BTreeSet::new(), ..transfert(2) };
    performs(ready(), to_none).refused(Refusal::TransfertDestinatairesMissing {});
    performs(ready(), transfert(3)).refused(Refusal::ElementUnknown { element: 3 });
}

// INV-33
#[test]
fn what_is_handed_over_is_transferable_answered_for_and_consented_to() {
    for element in [1, 2] {
        performs(kept(), transfert(element))
            .refused(Refusal::TransferabiliteNotAssessed { element });
        let judged = [kept(), vec![transferable(element, false)]].concat();
        performs(judged, transfert(element)).refused(Refusal::ElementNotTransferable { element });
        let judged = [kept(), vec![transferable(element, true)]].concat();
        performs(judged, transfert(element)).refused(Refusal::ResponsableMissing {});
    }
    let answered = [kept(), vec![transferable(1, true), designated()]].concat();
    performs(answered, transfert(1)).refused(Refusal::ConsentementMissing { structure: STRUCTURE });
    let agrees_no_more = ConsentementPublicationWithdrawn { structure: STRUCTURE };
    let withdrawn = [ready(), vec![agrees_no_more]].concat();
    performs(withdrawn.clone(), transfert(1))
        .refused(Refusal::ConsentementMissing { structure: STRUCTURE });
    performs(withdrawn, transfert(2)).then([handed_over(1, transfert(2))]);
}

#[test]
fn what_was_taken_back_is_handed_over_to_nobody() {
    let taken_back = [published(), vec![decided_against(2)]].concat();
    performs(taken_back.clone(), transfert(2)).refused(Refusal::ElementWithdrawn { element: 2 });
    let again = [taken_back, vec![ElementPublished { element: 2 }]].concat();
    performs(again, transfert(2)).then([handed_over(1, transfert(2))]);
}

#[test]
fn so_many_transfers_to_so_many_recipients_and_no_more() {
    let named = (1..).map(|n| Destinataire::Organisation(org(n)));
    let with =
        |count| Transfert { destinataires: named.clone().take(count).collect(), ..transfert(2) };
    let most = with(DESTINATAIRES_MAX);
    performs(ready(), most.clone()).then([handed_over(1, most)]);
    performs(ready(), with(DESTINATAIRES_MAX + 1))
        .refused(Refusal::DestinatairesTooMany { max: DESTINATAIRES_MAX });
    let mut full = ready();
    full.extend(
        (1..)
            .take(TRANSFERTS_MAX)
            .zip(1..)
            .map(|(n, organisation)| {
                handed_over(n, Transfert { par: Some(org(organisation)), ..transfert(1) })
            }),
    );
    performs(full, transfert(2)).refused(Refusal::TransfertsTooMany { max: TRANSFERTS_MAX });
}

#[test]
fn recipients_say_that_they_have_it_or_the_dla_notes_where_they_say_so() {
    let asks = |asked: Asked, destinataire, reference: Option<&str>| {
        let reference = reference.map(line);
        Capitalisation::given(sent())
            .when(|it| it.acknowledge_transfert(&asked, 1, destinataire, reference))
    };
    let mail = Some("Courriel du 12 mars");
    asks(stranger(), NEIGHBOUR, None).then([acknowledged(1, NEIGHBOUR, None)]);
    asks(amina(), NEIGHBOUR, mail).then([acknowledged(1, NEIGHBOUR, mail)]);
    asks(amina(), NEIGHBOUR, None).refused(Refusal::AccuseReferenceMissing {});
    for recipient in [structure(91), financeur(91), prestataire(91)] {
        asks(recipient, FEDERATION, None).then([acknowledged(1, FEDERATION, None)]);
    }
    asks(amina(), Destinataire::Organisation(org(92)), mail)
        .refused(Refusal::DestinataireUnknown { transfert: 1 });
    // Nobody speaks for another.
    asks(stranger(), FEDERATION, mail).refused(Common::NotFound {});
    asks(structure(91), NEIGHBOUR, mail).refused(Common::NotFound {});
    asks(structure(92), FEDERATION, None).refused(Common::NotFound {});
    asks(responsable(), NEIGHBOUR, mail)
        .refused(Common::Forbidden { act: "acknowledgeTransfert".to_owned() });
}

#[test]
fn a_transfer_is_acknowledged_once_by_each() {
    let asks = |asked: Asked, transfert, destinataire| {
        let history = [sent(), vec![acknowledged(1, NEIGHBOUR, None)]].concat();
        Capitalisation::given(history)
            .when(|it| it.acknowledge_transfert(&asked, transfert, destinataire, None))
    };
    asks(stranger(), 1, NEIGHBOUR).nothing();
    asks(amina(), 1, NEIGHBOUR).nothing();
    asks(structure(91), 1, FEDERATION).then([acknowledged(1, FEDERATION, None)]);
    asks(stranger(), 2, NEIGHBOUR).then([acknowledged(2, NEIGHBOUR, None)]);
    asks(amina(), 3, NEIGHBOUR).refused(Refusal::TransfertUnknown { transfert: 3 });
    asks(stranger(), 3, NEIGHBOUR).refused(Common::NotFound {});
}

#[test]
fn a_recipient_reads_what_was_handed_over_until_it_is_taken_back() {
    let reads = |history: Vec<Event>, element| {
        let it: Capitalisation = folded(history);
        [stranger(), structure(91), structure(92), admin()]
            .map(|asked| asked.by.sees(&it.element_perimeter(element)))
    };
    assert_eq!(reads(ready(), 1), [false; 4]);
    assert_eq!(reads(sent(), 1), [true, true, false, false]);
    assert_eq!(reads(sent(), 3), [false; 4]);
    let it: Capitalisation = folded(sent());
    assert!(!stranger().by.sees(&it.perimeter()), "of the capitalisation, the element alone");
    // The consent of the structure it comes from: the other element stays.
    let refused = [sent(), vec![ConsentementPublicationWithdrawn { structure: STRUCTURE }]];
    let refused = refused.concat();
    assert_eq!(reads(refused.clone(), 1), [false; 4]);
    assert_eq!(reads(refused.clone(), 2), [true, true, false, false]);
    Capitalisation::given(refused)
        .when(|it| it.acknowledge_transfert(&stranger(), 1, NEIGHBOUR, None))
        .refused(Common::NotFound {});
    // A decision.
    let taken_back = [sent(), vec![ElementPublished { element: 2 }, decided_against(2)]].concat();
    assert_eq!(reads(taken_back.clone(), 2), [false; 4]);
    let again = [taken_back, vec![ElementPublished { element: 2 }]].concat();
    assert_eq!(reads(again, 2), [true; 4]);
}
