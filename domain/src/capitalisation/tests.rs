//! Every answer of a capitalisation, and what holds whatever is asked.

use std::collections::BTreeSet;

mod commands;
mod essaimage;
mod transferts;

use self::{
    essaimage::{abandoned_reuse, later, reused},
    transferts::{acknowledged, handed_over, transfert},
};
use super::{
    Capitalisation, CauseRetrait, ELEMENTS_MAX, Element, Event,
    Event::*,
    Genre, Refusal,
    cas::tests::{NAMED, publish as publish_cas, told},
    transfert::Destinataire,
};
use crate::{
    Asked, Decided, Decider, Decision, OrganisationId, Place, Sealed, Subject, date,
    referentiel::{Code, Liste},
    refusal::Common,
    testing::{
        DLA, INGENIERIE, OTHER_DLA, Scenario, TODAY, abandoned_ingenierie, absent_ingenierie,
        amina, code, codes, financeur, folded, ingenierie, line, org, prose, regional, stranger,
        structure, vaucluse,
    },
};

/// The structure whose testimony is kept.
const STRUCTURE: OrganisationId = org(61);

/// One sample of every fact, with every optional member filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![
        NatureCapitalisationDetermined {
            ingenierie: INGENIERIE,
            dlas: vec![DLA, OTHER_DLA],
            organisations: vec![org(41), org(51)],
            territoire: vaucluse(),
            natures: natures(["METHODE", "CONTENU"]),
        },
        recorded(1, temoignage()),
        transferable(1, true),
        DestinatairesTargeted { destinataires: destinataires() },
        designated(),
        ModalitesTransfertAdapted { formes: formes(), tons: tons() },
        consented(Some("Classeur 3, pièce 12")),
        ConsentementPublicationWithdrawn { structure: STRUCTURE },
        ElementPublished { element: 1 },
        decided_against(1),
        handed_over(1, transfert(1)),
        acknowledged(1, Destinataire::Organisation(org(91)), Some("Courriel du 12 mars")),
        reused(1),
        abandoned_reuse(1),
        CasPublished { cas: crate::cas_passe::tests::cas(), structures: [STRUCTURE].into() },
        told_no_more(),
    ]
}

/// The DLA decided that the case is published no more.
pub(crate) fn told_no_more() -> Event {
    let motif =
        Sealed::new(Subject::dossier(INGENIERIE), prose("Une structure y est reconnaissable."));
    CasUnpublished { cause: CauseRetrait::Decision, motif: Some(motif) }
}

fn natures<const N: usize>(natures: [&str; N]) -> BTreeSet<Code> {
    codes(Liste::NatureCapitalisation, natures)
}

fn destinataires() -> BTreeSet<Code> {
    codes(Liste::DestinataireTransfert, ["INTERVENANTS", "STRUCTURES_BENEFICIAIRES"])
}

fn formes() -> BTreeSet<Code> {
    codes(Liste::FormeTransfert, ["GUIDE", "SUPPORT_WEB"])
}

fn tons() -> BTreeSet<Code> {
    codes(Liste::TonTransfert, ["CONVIVIAL"])
}

fn porteuse() -> Code {
    code(Liste::ResponsableTransfert, "STRUCTURE_PORTEUSE")
}

/// As the decision determines it: with whom the ingénierie knows.
fn determined<const N: usize>(codes: [&str; N]) -> Event {
    let around = ingenierie().perimeter;
    NatureCapitalisationDetermined {
        ingenierie: INGENIERIE,
        dlas: around.dlas.into_iter().collect(),
        organisations: around.organisations.into_iter().collect(),
        territoire: vaucluse(),
        natures: natures(codes),
    }
}

/// Drawn from a structure: its consent is needed.
fn temoignage() -> Element {
    Element {
        nature: code(Liste::NatureCapitalisation, "CONTENU"),
        genre: Genre::Temoignage,
        titre: line("Un an après"),
        description: prose("Ce que l'intervention a changé."),
        secteurs: codes(Liste::Secteur, ["SPORT", "CULTURE"]),
        themes: codes(Liste::TypePrestation, ["MUTUALISATION"]),
        lien: Some(line("https://essaim.example/temoignage")),
        structure: Some(STRUCTURE),
    }
}

/// Made by the DLA.
fn livret() -> Element {
    Element {
        nature: code(Liste::NatureCapitalisation, "METHODE"),
        genre: Genre::Livret,
        titre: line("Construire un budget"),
        description: prose("En cinq étapes."),
        secteurs: BTreeSet::new(),
        themes: BTreeSet::new(),
        lien: None,
        structure: None,
    }
}

fn recorded(element: i32, contenu: Element) -> Event {
    ElementCapitaliseRecorded { element, contenu }
}

fn transferable(element: i32, transferable: bool) -> Event {
    TransferabiliteAssessed { element, transferable, objectifs: prose("Essaimer en région.") }
}

pub(crate) fn designated() -> Event {
    ResponsableTransfertDesignated { responsable: porteuse(), organisation: Some(org(71)) }
}

fn consented(reference: Option<&str>) -> Event {
    ConsentementPublicationGiven { structure: STRUCTURE, reference: reference.map(line) }
}

fn decided_against(element: i32) -> Event {
    let motif = Sealed::new(Subject::dossier(INGENIERIE), prose("M. Roux y est reconnaissable."));
    ElementUnpublished { element, cause: CauseRetrait::Decision, motif: Some(motif) }
}

pub(crate) fn open() -> Vec<Event> {
    vec![determined(["METHODE", "CONTENU"])]
}

/// A testimony, then a booklet.
fn kept() -> Vec<Event> {
    [open(), vec![recorded(1, temoignage()), recorded(2, livret())]].concat()
}

/// Nothing is missing but to publish.
fn ready() -> Vec<Event> {
    let ready = [transferable(1, true), transferable(2, true), designated(), consented(None)];
    [kept(), ready.to_vec()].concat()
}

fn published() -> Vec<Event> {
    let published = [1, 2].map(|element| ElementPublished { element });
    [ready(), published.to_vec()].concat()
}

// INV-38
#[test]
fn an_ingenierie_is_capitalised_even_after_its_end() {
    for ingenierie in [ingenierie(), abandoned_ingenierie()] {
        Capitalisation::given([])
            .when(|it| determine(it, &amina(), &ingenierie, natures(["METHODE", "CONTENU"])))
            .claiming("capitalisation", &INGENIERIE.0.to_string())
            .then(open());
    }
}

#[test]
fn natures_are_determined_again_while_elements_keep_theirs() {
    let asks = |history: Vec<Event>, natures| {
        Capitalisation::given(history).when(|it| determine(it, &amina(), &ingenierie(), natures))
    };
    asks(open(), natures(["METHODE", "CONTENU"])).nothing();
    asks(open(), natures(["METHODE"])).then([determined(["METHODE"])]);
    let it: Capitalisation = folded(open());
    let again = determine(&it, &amina(), &ingenierie(), natures(["METHODE"])).unwrap();
    assert_eq!(again.claims, [], "the stream holds its ingénierie already");
    asks(kept(), natures(["METHODE"]))
        .refused(Refusal::NatureStillUsed { nature: "CONTENU".to_owned() });
    asks(open(), BTreeSet::new()).refused(Refusal::NaturesMissing {});
    asks(vec![], BTreeSet::new()).refused(Refusal::NaturesMissing {});
}

#[test]
fn a_capitalisation_draws_on_one_ingenierie() {
    let mut other = ingenierie();
    other.id = crate::IngenierieId(uuid::Uuid::from_u128(55));
    Capitalisation::given(open())
        .when(|it| determine(it, &amina(), &other, natures(["METHODE"])))
        .refused(Common::AlreadyExists {});
}

#[test]
fn an_ingenierie_that_is_absent_or_unseen_is_not_capitalised() {
    Capitalisation::given([])
        .when(|it| determine(it, &amina(), &absent_ingenierie(), natures(["METHODE"])))
        .refused(Common::NotFound {});
    Capitalisation::given([])
        .when(|it| determine(it, &stranger(), &ingenierie(), natures(["METHODE"])))
        .refused(Common::NotFound {});
}

#[test]
fn elements_are_kept_and_numbered() {
    let asks = |history: Vec<Event>, element| {
        Capitalisation::given(history).when(|it| it.record_element(&amina(), element))
    };
    asks(open(), temoignage()).then([recorded(1, temoignage())]);
    let other = Element { genre: Genre::Outil, ..livret() };
    asks(kept(), other.clone()).then([recorded(3, other)]);
    asks(kept(), livret()).nothing();
    let information = code(Liste::NatureCapitalisation, "INFORMATION");
    asks(open(), Element { nature: information, ..livret() })
        .refused(Refusal::NatureNotDetermined { nature: "INFORMATION".to_owned() });
}

#[test]
fn a_link_leads_to_a_page_of_the_web() {
    let asks = |lien: &str| {
        let element = Element { lien: Some(line(lien)), ..livret() };
        let expected = recorded(1, element.clone());
        let asked = Capitalisation::given(open()).when(|it| it.record_element(&amina(), element));
        (asked, expected)
    };
    for lien in ["https://essaim.example/a", "http://essaim.example"] {
        let (asked, expected) = asks(lien);
        asked.then([expected]);
    }
    for lien in ["javascript:alert(1)", "essaim.example", "file:///etc/passwd"] {
        asks(lien).0.refused(Refusal::LienNotWeb {});
    }
}

#[test]
fn an_ingenierie_leaves_so_many_elements_and_no_more() {
    let mut history = open();
    history.extend(
        (1..)
            .take(ELEMENTS_MAX)
            .map(|n| recorded(n, Element { titre: line(&format!("Fiche {n}")), ..livret() })),
    );
    Capitalisation::given(history)
        .when(|it| it.record_element(&amina(), livret()))
        .refused(Refusal::ElementsTooMany { max: ELEMENTS_MAX });
}

#[test]
fn transferability_is_assessed_and_assessed_again() {
    let asks = |history: Vec<Event>, element, transferable| {
        let objectifs = prose("Essaimer en région.");
        Capitalisation::given(history)
            .when(|it| it.assess_transferabilite(&amina(), element, transferable, objectifs))
    };
    asks(kept(), 1, true).then([transferable(1, true)]);
    asks(ready(), 1, true).nothing();
    asks(ready(), 1, false).then([transferable(1, false)]);
    asks(kept(), 3, true).refused(Refusal::ElementUnknown { element: 3 });
    // INV-33
    asks(published(), 1, false).refused(Refusal::ElementStillPublished { element: 1 });
    Capitalisation::given(published())
        .when(|it| it.assess_transferabilite(&amina(), 1, true, prose("Partout.")))
        .then([TransferabiliteAssessed {
            element: 1,
            transferable: true,
            objectifs: prose("Partout."),
        }]);
}

#[test]
fn recipients_are_targeted() {
    let asks = |history: Vec<Event>, to| {
        Capitalisation::given(history).when(|it| it.target_destinataires(&amina(), to))
    };
    let targeted = DestinatairesTargeted { destinataires: destinataires() };
    asks(open(), destinataires()).then([targeted.clone()]);
    let history = [open(), vec![targeted]].concat();
    asks(history.clone(), destinataires()).nothing();
    let fewer = codes(Liste::DestinataireTransfert, ["INTERVENANTS"]);
    asks(history, fewer.clone()).then([DestinatairesTargeted { destinataires: fewer }]);
    asks(open(), BTreeSet::new()).refused(Refusal::TransfertDestinatairesMissing {});
}

#[test]
fn somebody_answers_for_the_transfer() {
    let asks = |history: Vec<Event>, organisation| {
        Capitalisation::given(history)
            .when(|it| it.designate_responsable(&amina(), porteuse(), organisation))
    };
    asks(open(), Some(org(71))).then([designated()]);
    asks(ready(), Some(org(71))).nothing();
    let unnamed = ResponsableTransfertDesignated { responsable: porteuse(), organisation: None };
    asks(ready(), None).then([unnamed]);
}

#[test]
fn forms_and_tones_suit_the_recipients() {
    let asks = |history: Vec<Event>, formes, tons| {
        Capitalisation::given(history).when(|it| it.adapt_modalites(&amina(), formes, tons))
    };
    let adapted = ModalitesTransfertAdapted { formes: formes(), tons: tons() };
    asks(open(), formes(), tons()).then([adapted.clone()]);
    let history = [open(), vec![adapted]].concat();
    asks(history.clone(), formes(), tons()).nothing();
    let toneless = ModalitesTransfertAdapted { formes: formes(), tons: BTreeSet::new() };
    asks(history, formes(), BTreeSet::new()).then([toneless]);
    asks(open(), BTreeSet::new(), tons()).refused(Refusal::FormesMissing {});
}

#[test]
fn a_structure_consents_itself_or_by_a_paper_that_can_be_shown() {
    let asks = |history: Vec<Event>, asked: Asked, reference: Option<&str>| {
        let reference = reference.map(line);
        Capitalisation::given(history)
            .when(|it| it.give_consentement_publication(&asked, STRUCTURE, reference))
    };
    let paper = Some("Classeur 3, pièce 12");
    asks(kept(), structure(61), None).then([consented(None)]);
    asks(kept(), structure(61), paper).then([consented(paper)]);
    asks(kept(), amina(), paper).then([consented(paper)]);
    asks(kept(), amina(), None).refused(Refusal::ConsentementReferenceMissing {});
    asks(ready(), amina(), paper).nothing();
    asks(ready(), structure(61), None).nothing();
    asks(open(), amina(), paper).refused(Refusal::StructureNotConcerned { structure: STRUCTURE });
    asks(open(), structure(61), None).refused(Common::NotFound {});
}

#[test]
fn a_structure_consents_for_nobody_else() {
    let other = recorded(3, Element { structure: Some(org(62)), ..temoignage() });
    let history = [ready(), vec![other]].concat();
    Capitalisation::given(history.clone())
        .when(|it| it.give_consentement_publication(&structure(62), STRUCTURE, None))
        .refused(Common::NotFound {});
    Capitalisation::given(history)
        .when(|it| it.withdraw_consentement_publication(&structure(62), STRUCTURE))
        .refused(Common::NotFound {});
}

#[test]
fn withdrawing_consent_unpublishes_what_comes_from_the_structure_and_nothing_else() {
    let second = Element { titre: line("Deux ans après"), ..temoignage() };
    let more = [recorded(3, second), transferable(3, true), ElementPublished { element: 3 }];
    let history = [published(), more.to_vec()].concat();
    let unpublished = |element| ElementUnpublished {
        element,
        cause: CauseRetrait::ConsentementRetire,
        motif: None,
    };
    let withdrawn = ConsentementPublicationWithdrawn { structure: STRUCTURE };
    for asked in [structure(61), amina()] {
        Capitalisation::given(history.clone())
            .when(|it| it.withdraw_consentement_publication(&asked, STRUCTURE))
            .then([withdrawn.clone(), unpublished(1), unpublished(3)]);
    }
    Capitalisation::given(ready())
        .when(|it| it.withdraw_consentement_publication(&structure(61), STRUCTURE))
        .then([withdrawn]);
    Capitalisation::given(kept())
        .when(|it| it.withdraw_consentement_publication(&structure(61), STRUCTURE))
        .nothing();
}

// INV-33
#[test]
fn what_is_published_is_transferable_answered_for_and_consented_to() {
    let asks = |history: Vec<Event>, element| {
        Capitalisation::given(history).when(|it| it.publish_element(&amina(), element))
    };
    for element in [1, 2] {
        asks(ready(), element).then([ElementPublished { element }]);
        asks(published(), element).nothing();
        asks(kept(), element).refused(Refusal::TransferabiliteNotAssessed { element });
        let judged = [kept(), vec![transferable(element, false)]].concat();
        asks(judged, element).refused(Refusal::ElementNotTransferable { element });
        let judged = [kept(), vec![transferable(element, true)]].concat();
        asks(judged, element).refused(Refusal::ResponsableMissing {});
    }
    let [first, second] = [1, 2].map(|element| transferable(element, true));
    let answered = [kept(), vec![first, second, designated()]].concat();
    asks(answered.clone(), 1).refused(Refusal::ConsentementMissing { structure: STRUCTURE });
    asks(answered.clone(), 2).then([ElementPublished { element: 2 }]);
    // Without a structure, nobody could agree.
    let nameless = recorded(3, Element { structure: None, ..temoignage() });
    let nameless = [answered, vec![nameless, transferable(3, true)]].concat();
    asks(nameless, 3).refused(Refusal::TemoignageAnonymous { element: 3 });
    asks(ready(), 3).refused(Refusal::ElementUnknown { element: 3 });
}

#[test]
fn an_element_is_unpublished_for_a_reason() {
    let asks = |history: Vec<Event>, element| {
        let motif = prose("M. Roux y est reconnaissable.");
        Capitalisation::given(history).when(|it| it.unpublish_element(&amina(), element, motif))
    };
    asks(published(), 2).then([decided_against(2)]);
    asks(ready(), 2).nothing();
    asks(published(), 3).refused(Refusal::ElementUnknown { element: 3 });
    let history = [published(), vec![decided_against(2)]].concat();
    Capitalisation::given(history)
        .when(|it| it.publish_element(&amina(), 2))
        .then([ElementPublished { element: 2 }]);
}

#[test]
fn published_elements_are_for_everyone_and_the_others_for_those_of_the_ingenierie() {
    let [before, after]: [Capitalisation; 2] = [folded(ready()), folded(published())];
    for by in [stranger().by, financeur(99).by] {
        assert!(!by.sees(&before.element_perimeter(1)));
        assert!(by.sees(&after.element_perimeter(1)));
        assert!(!by.sees(&after.element_perimeter(3)));
        assert!(!by.sees(&after.perimeter()));
    }
    assert!(structure(61).by.sees(&before.element_perimeter(2)));
    assert!(amina().by.sees(&before.element_perimeter(1)));
    assert_eq!(before.ingenierie(), Some(INGENIERIE));
}

fn determine(
    it: &Capitalisation,
    asked: &Asked,
    ingenierie: &crate::Dossier,
    natures: BTreeSet<Code>,
) -> Decision<Capitalisation> {
    it.determine_nature_capitalisation(asked, ingenierie, natures)
}
