//! Every answer of a document.

use std::collections::BTreeSet;

use super::{
    Annonce, Around, Conservation, Declaration, Document, Empreinte, Event, Event::*, Langue,
    Lecteurs, NATURES, Nature, Refusal, TAILLE_MAX, TypeMedia, VERSIONS_MAX, Visibilite, taille,
};
use crate::{
    Asked, Consultation, ConsultationId, Date, Dla, DocumentId, Liste, Organisation,
    OrganisationId, Sealed, Seen, Subject, consultation, date, dla,
    referentiel::Values,
    refusal::Common,
    testing::{
        DLA, INGENIERIE, OTHER_DLA, Scenario, amina, code, financeur, ingenierie, line, org,
        prestataire, prose, referenced, responsable, seen, stranger, structure, vaucluse,
    },
};

const ID: DocumentId = DocumentId(uuid::Uuid::from_u128(9));
/// Partners of the dossier, see `testing::ingenierie`.
const LIGUE: OrganisationId = org(41);
const ELSEWHERE: OrganisationId = org(77);
const DAY: Date = date(2026, 3, 2);

/// One sample of every fact, with every optional member filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![
        DocumentRegistered {
            ingenierie: Some(INGENIERIE),
            dlas: vec![DLA, OTHER_DLA],
            territoire: Some(vaucluse()),
            structure: Some(LIGUE),
            nature: code(Liste::NatureDocument, "CONVENTION"),
            titre: sealed_line("Convention avec Mme Roux"),
            date: DAY,
            langue: Some(Langue::parse("fr").expect("a language")),
            conservation: Conservation::Comptable,
            personnelles: true,
            visibilite: shown_to([Lecteurs::Financeurs, Lecteurs::Structures]),
        },
        DocumentVersionAdded {
            version: 1,
            empreinte: empreinte('a'),
            taille: 12_345,
            media: pdf(),
            commentaire: Some(Sealed::new(subject(), prose("Signée par M. Petit."))),
        },
        DocumentContentReceived { version: 1 },
        DocumentVisibilityChanged { visibilite: shown_to([Lecteurs::Financeurs]) },
        DocumentWithdrawn { motif: Sealed::new(subject(), prose("Mauvais fichier de Mme Roux.")) },
        DocumentErased {},
    ]
}

fn subject() -> Subject {
    Subject::document(ID, Conservation::Comptable)
}

fn sealed_line(text: &str) -> Sealed<crate::Line> {
    Sealed::new(subject(), line(text))
}

fn shown_to<const N: usize>(lecteurs: [Lecteurs; N]) -> Visibilite {
    Visibilite {
        lecteurs: BTreeSet::from(lecteurs),
        consentement: Some(line("Classeur 3, pièce 12")),
    }
}

fn only<const N: usize>(lecteurs: [Lecteurs; N]) -> Visibilite {
    Visibilite { lecteurs: BTreeSet::from(lecteurs), consentement: None }
}

fn empreinte(digit: char) -> Empreinte {
    Empreinte::parse(&digit.to_string().repeat(64)).expect("a hash")
}

fn pdf() -> TypeMedia {
    TypeMedia::parse("application/pdf").expect("a media type")
}

fn declared(nature: &str) -> Declaration {
    Declaration {
        structure: None,
        nature: code(Liste::NatureDocument, nature),
        titre: line("Convention"),
        date: DAY,
        langue: None,
        personnelles: false,
        visibilite: Visibilite::default(),
    }
}

fn dossier() -> Around {
    Around { ingenierie: Some(ingenierie()), ..Around::default() }
}

fn consultation(opened: bool) -> Seen<Consultation> {
    use consultation::Event::{CahierDesChargesDrafted, OffresOpened, PrestataireConsulted};
    let drafted = CahierDesChargesDrafted {
        ingenierie: INGENIERIE,
        dlas: vec![DLA],
        territoire: vaucluse(),
        edition: 1,
        sections: consultation::Sections::default(),
    };
    let mut events = vec![drafted, PrestataireConsulted { prestataire: ELSEWHERE }];
    events.extend(opened.then_some(OffresOpened { offres: vec![] }));
    seen(ConsultationId(uuid::Uuid::from_u128(6)), events)
}

fn registered(structure: Option<OrganisationId>, nature: &str) -> Event {
    let nature = code(Liste::NatureDocument, nature);
    let conservation = Nature::of(&nature).conservation;
    DocumentRegistered {
        ingenierie: Some(INGENIERIE),
        dlas: vec![DLA],
        territoire: Some(vaucluse()),
        structure,
        nature,
        titre: Sealed::new(Subject::document(ID, conservation), line("Convention")),
        conservation,
        date: DAY,
        langue: None,
        personnelles: false,
        visibilite: Visibilite::default(),
    }
}

fn version(version: i32, digit: char) -> Event {
    DocumentVersionAdded {
        version,
        empreinte: empreinte(digit),
        taille: 10,
        media: pdf(),
        commentaire: None,
    }
}

fn withdrawn() -> Event {
    DocumentWithdrawn { motif: Sealed::new(subject(), prose("Mauvais fichier.")) }
}

fn annonce(digit: char) -> Annonce {
    Annonce { empreinte: empreinte(digit), taille: 10, media: pdf(), commentaire: None }
}

fn register(
    around: Around,
    declared: Declaration,
    asked: Asked,
) -> impl FnOnce(&Document) -> crate::Decision<Document> {
    move |it| it.register_document(&asked, ID, &around, declared)
}

#[test]
fn a_document_belongs_to_a_dossier_and_is_closed_by_default() {
    Document::given([])
        .when(register(dossier(), declared("CONVENTION"), amina()))
        .then([registered(None, "CONVENTION")]);
}

#[test]
fn an_organisation_registers_its_own_and_no_other() {
    Document::given([])
        .when(register(dossier(), declared("CONVENTION"), financeur(41)))
        .then([registered(Some(LIGUE), "CONVENTION")]);
    let of_another = Declaration { structure: Some(org(51)), ..declared("CONVENTION") };
    Document::given([])
        .when(register(dossier(), of_another, financeur(41)))
        .refused(Refusal::DocumentNotOwn {});
}

#[test]
fn a_stranger_learns_nothing() {
    Document::given([])
        .when(register(dossier(), declared("CONVENTION"), stranger()))
        .refused(Common::NotFound {});
    Document::given([registered(None, "CONVENTION")])
        .when(|it| it.add_document_version(&financeur(41), ID, annonce('a')))
        .refused(Common::NotFound {});
}

#[test]
fn what_a_document_says_it_is_must_hold() {
    let refused = |around: Around, declared: Declaration, no: Refusal| {
        Document::given([])
            .when(register(around, declared, amina()))
            .refused(no);
    };
    refused(Around::default(), declared("CONVENTION"), Refusal::DocumentOfNothing {});
    let of_elsewhere = Declaration { structure: Some(ELSEWHERE), ..declared("CONVENTION") };
    let no = Refusal::DocumentOrganisationElsewhere { structure: ELSEWHERE };
    refused(dossier(), of_elsewhere, no);
    let to_come = date(2026, 3, 17);
    let tomorrow = Declaration { date: to_come, ..declared("CONVENTION") };
    refused(dossier(), tomorrow, Refusal::DocumentDateInFuture { date: to_come });
    let alone = Around { consultation: Some(consultation(true)), ..Around::default() };
    refused(alone, declared("OFFRE"), Refusal::DocumentPartElsewhere {});
    Document::given([registered(None, "CONVENTION")])
        .when(register(dossier(), declared("ETUDE"), amina()))
        .refused(Common::AlreadyExists {});
}

#[test]
fn an_offre_waits_for_the_opening_and_competitors_never_read_it() {
    let around = |opened| Around { consultation: Some(consultation(opened)), ..dossier() };
    Document::given([])
        .when(register(around(false), declared("OFFRE"), prestataire(77)))
        .refused(Refusal::OffreDocumentSealed {});
    Document::given([])
        .when(register(dossier(), declared("OFFRE"), amina()))
        .refused(Refusal::OffreDocumentSealed {});
    Document::given([])
        .when(register(around(true), declared("OFFRE"), prestataire(77)))
        .then([registered(Some(ELSEWHERE), "OFFRE")]);
    let own = prestataire(77);
    for lecteurs in [Lecteurs::Prestataires, Lecteurs::Tous] {
        Document::given([registered(Some(ELSEWHERE), "OFFRE")])
            .when(|it| it.change_document_visibility(&own, only([lecteurs])))
            .refused(Refusal::OffreDocumentNotShown {});
    }
    let visibilite = only([Lecteurs::Financeurs]);
    Document::given([registered(Some(ELSEWHERE), "OFFRE")])
        .when(|it| it.change_document_visibility(&own, visibilite.clone()))
        .then([DocumentVisibilityChanged { visibilite: visibilite.clone() }]);
}

#[test]
fn a_document_of_a_structure_alone_is_kept_by_a_dla() {
    let dla: Seen<Dla> = seen(DLA, [dla_registered()]);
    let structure_seen: Seen<Organisation> = Seen { id: org(12), ..referenced(12) };
    let around = || Around {
        dla: Some(dla.clone()),
        organisation: Some(structure_seen.clone()),
        ..Around::default()
    };
    let agrement = || Declaration { structure: Some(org(12)), ..declared("AGREMENT") };
    let expected = DocumentRegistered {
        ingenierie: None,
        dlas: vec![DLA],
        territoire: None,
        structure: Some(org(12)),
        nature: code(Liste::NatureDocument, "AGREMENT"),
        titre: Sealed::new(Subject::document(ID, Conservation::Dossier), line("Convention")),
        date: DAY,
        langue: None,
        conservation: Conservation::Dossier,
        personnelles: false,
        visibilite: Visibilite::default(),
    };
    for asked in [amina(), structure(12)] {
        Document::given([])
            .when(register(around(), agrement(), asked))
            .then([expected.clone()]);
    }
    Document::given([])
        .when(register(around(), agrement(), structure(13)))
        .refused(Common::NotFound {});
}

fn dla_registered() -> dla::Event {
    dla::Event::DlaRegistered {
        intitule: line("DLA 84"),
        niveau: dla::NiveauDla::Departemental,
        territoires: BTreeSet::from([vaucluse()]),
    }
}

#[test]
fn a_document_of_an_organisation_is_shared_with_its_consent() {
    let given = || Document::given([registered(Some(LIGUE), "CONVENTION")]);
    let financeurs = only([Lecteurs::Financeurs]);
    given()
        .when(|it| it.change_document_visibility(&amina(), financeurs.clone()))
        .refused(Refusal::DocumentConsentMissing { structure: LIGUE });
    let consented = shown_to([Lecteurs::Financeurs]);
    given()
        .when(|it| it.change_document_visibility(&amina(), consented.clone()))
        .then([DocumentVisibilityChanged { visibilite: consented.clone() }]);
    // It speaks for itself.
    given()
        .when(|it| it.change_document_visibility(&financeur(41), financeurs.clone()))
        .then([DocumentVisibilityChanged { visibilite: financeurs.clone() }]);
    given()
        .when(|it| it.change_document_visibility(&amina(), Visibilite::default()))
        .nothing();
}

#[test]
fn what_says_something_of_people_is_not_for_all() {
    let personal = Declaration {
        personnelles: true,
        visibilite: only([Lecteurs::Tous]),
        ..declared("TEMOIGNAGE")
    };
    Document::given([])
        .when(register(dossier(), personal, amina()))
        .refused(Refusal::PersonalDocumentNotPublic {});
}

#[test]
fn a_version_is_declared_then_received_once() {
    let known = [registered(None, "CONVENTION")];
    Document::given(known.clone())
        .when(|it| it.add_document_version(&amina(), ID, annonce('a')))
        .then([version(1, 'a')]);
    let with = || Document::given([registered(None, "CONVENTION"), version(1, 'a')]);
    with()
        .when(|it| it.add_document_version(&amina(), ID, annonce('a')))
        .nothing();
    with()
        .when(|it| it.add_document_version(&amina(), ID, annonce('b')))
        .then([version(2, 'b')]);
    with()
        .when(|it| it.receive_document_content(&amina(), 2))
        .refused(Refusal::VersionUnknown { version: 2 });
    with()
        .when(|it| it.receive_document_content(&amina(), 1))
        .then([DocumentContentReceived { version: 1 }]);
    let received =
        [registered(None, "CONVENTION"), version(1, 'a'), DocumentContentReceived { version: 1 }];
    Document::given(received)
        .when(|it| it.receive_document_content(&amina(), 1))
        .nothing();
}

#[test]
fn versions_are_bounded() {
    let max = i32::try_from(VERSIONS_MAX).expect("a small number");
    let versions = (1..=max).map(|n| version(n, 'a'));
    Document::given([registered(None, "CONVENTION")].into_iter().chain(versions))
        .when(|it| it.add_document_version(&amina(), ID, annonce('b')))
        .refused(Refusal::TooManyVersions { max: VERSIONS_MAX });
}

#[test]
fn a_document_is_withdrawn_by_one_and_erased_by_another() {
    let known = || [registered(None, "CONVENTION"), version(1, 'a')];
    Document::given(known())
        .when(|it| it.erase_document(&responsable()))
        .refused(Refusal::DocumentNotWithdrawn {});
    Document::given(known())
        .when(|it| it.withdraw_document(&amina(), ID, prose("Mauvais fichier.")))
        .then([withdrawn()]);
    let gone = || Document::given(known().into_iter().chain([withdrawn()]));
    gone()
        .when(|it| it.withdraw_document(&amina(), ID, prose("Encore.")))
        .nothing();
    gone()
        .when(|it| it.add_document_version(&amina(), ID, annonce('b')))
        .refused(Refusal::DocumentIsWithdrawn {});
    gone()
        .when(|it| it.receive_document_content(&amina(), 1))
        .refused(Refusal::DocumentIsWithdrawn {});
    gone()
        .when(|it| it.change_document_visibility(&amina(), only([Lecteurs::Tous])))
        .refused(Refusal::DocumentIsWithdrawn {});
    gone()
        .when(|it| it.erase_document(&amina()))
        .refused_with("FORBIDDEN");
    gone()
        .when(|it| it.erase_document(&responsable()))
        .then([DocumentErased {}]);
    Document::given(known().into_iter().chain([withdrawn(), DocumentErased {}]))
        .when(|it| it.erase_document(&responsable()))
        .nothing();
}

#[test]
fn each_kind_of_the_inventory_stands_once_with_its_retention() {
    let entries = &Values::compiled(Liste::NatureDocument).entries;
    assert_eq!(entries.len(), NATURES.len());
    for (n, (entry, nature)) in entries.iter().zip(NATURES).enumerate() {
        assert_eq!(entry.code.as_str(), nature.code);
        assert_eq!(usize::from(nature.doc), n + 1);
        assert_eq!(entry.synonyms, [format!("DOC-{:02}", nature.doc)]);
        assert_eq!(Nature::of(&entry.code), *nature);
        assert!(nature.etape.is_none_or(|it| (1..=4).contains(&it)), "{}", nature.code);
        let class = crate::retention::CLASSES
            .iter()
            .find(|it| it.subject == nature.conservation.subject());
        assert!(class.is_some(), "{}", nature.code);
    }
}

#[test]
fn values_are_parsed_once() {
    assert!(Empreinte::parse(&"A".repeat(64)).is_ok_and(|it| it == empreinte('a')));
    assert!(Empreinte::parse(&"g".repeat(64)).is_err());
    assert!(Empreinte::parse("ab").is_err());
    assert_eq!(taille(TAILLE_MAX), Ok(TAILLE_MAX));
    assert!(taille(0).is_err() && taille(TAILLE_MAX + 1).is_err());
    let text = TypeMedia::parse("Text/Plain; charset=utf-8").expect("a media type");
    assert_eq!(
        (text.as_str(), text.extension(), text.beginning()),
        ("text/plain", "txt", &b""[..])
    );
    for odd in ["text/html", "image/svg+xml", "application/zip", ""] {
        assert!(TypeMedia::parse(odd).is_err(), "{odd}");
    }
    assert_eq!(Langue::parse(" FR ").expect("a language").as_str(), "fr");
    assert!(Langue::parse("français").is_err());
}
