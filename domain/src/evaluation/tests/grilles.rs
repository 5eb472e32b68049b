//! The grid that is adapted, the schedule, the sources.

use super::*;
use crate::{
    Document, DocumentId, Seen,
    document::{self, Around, Declaration, Visibilite},
    evaluation::{
        Etape, LIGNES_MAX, LigneAjoutee, LigneColonnes,
        grille::{Adaptation, Ajout},
        preparation::{ETAPES_MAX, SOURCES_MAX},
    },
    referentiel::{Colonnes, Grille, LigneId, NatureReponse},
    testing::seen,
};
use uuid::Uuid;

pub(super) const DOCUMENT: DocumentId = DocumentId(Uuid::from_u128(0xd0c));

pub(super) fn ligne(text: &str) -> LigneId {
    LigneId::parse(text).unwrap()
}

fn asked_of<const N: usize>(colonnes: [Colonne; N]) -> Colonnes {
    colonnes.map(|it| (it, NatureReponse::Libre)).into()
}

fn ajout(theme: &str, question: &str) -> Ajout {
    let colonnes = asked_of([Colonne::Structures, Colonne::Cnar]);
    Ajout { theme: ligne(theme), question: line(question), colonnes }
}

fn adding(ajouts: Vec<Ajout>) -> Adaptation {
    Adaptation { ajouts, ..Adaptation::default() }
}

pub(super) fn removing(id: &str) -> Adaptation {
    let motif = Some(prose("Sans objet ici."));
    Adaptation { retraits: BTreeSet::from([ligne(id)]), motif, ..Adaptation::default() }
}

fn changing(id: &str, colonnes: Colonnes) -> Adaptation {
    let colonnes = vec![LigneColonnes { ligne: ligne(id), colonnes }];
    Adaptation { colonnes, ..Adaptation::default() }
}

fn adapted(edition: i32) -> (Vec<LigneAjoutee>, impl Fn(Vec<LigneAjoutee>) -> Event) {
    let added = vec![LigneAjoutee {
        ligne: ligne("G3-A1"),
        theme: ligne("G3"),
        question: line("Les communes ont-elles suivi ?"),
        colonnes: asked_of([Colonne::Structures, Colonne::Cnar]),
    }];
    (added, move |ajouts| GrilleAdapted {
        edition,
        reference: 1,
        ajouts,
        retraits: vec![],
        colonnes: vec![],
        motif: None,
    })
}

/// With every member filled.
pub(super) fn sample() -> Event {
    let dossier = Subject::dossier(INGENIERIE);
    GrilleAdapted {
        edition: 2,
        reference: 1,
        ajouts: adapted(2).0,
        retraits: vec![ligne("G1-Q8")],
        colonnes: vec![LigneColonnes {
            ligne: ligne("G3-Q3"),
            colonnes: Colonnes::from([(Colonne::AutoEvaluationDla, NatureReponse::Descriptif)]),
        }],
        motif: Some(Sealed::new(dossier, prose("Monsieur Roux n'emploie personne."))),
    }
}

pub(super) fn etapes() -> Vec<Etape> {
    vec![
        Etape { intitule: line("Enquête"), echeance: date(2026, 5, 4) },
        Etape { intitule: line("Synthèse"), echeance: date(2026, 6, 30) },
    ]
}

/// A document of a dossier, or of none.
pub(super) fn document(of: Option<Dossier>) -> Seen<Document> {
    let around = Around { ingenierie: of, ..Around::default() };
    let declared = Declaration {
        structure: None,
        nature: code(Liste::NatureDocument, "ETUDE"),
        titre: line("Compte rendu"),
        date: TODAY,
        langue: None,
        personnelles: false,
        visibilite: Visibilite::default(),
    };
    let decided = Document::default().register_document(&amina(), DOCUMENT, &around, declared);
    seen(DOCUMENT, decided.unwrap().events().cloned())
}

#[test]
fn questions_are_added_under_a_theme() {
    let (rows, fact) = adapted(2);
    let asks = |history: Vec<Event>, what: Vec<Ajout>| {
        Evaluation::given(history).when(|it| it.adapt_grille(&amina(), &adding(what)))
    };
    let question = "Les communes ont-elles suivi ?";
    asks(vec![planned()], vec![ajout("G3", question)]).then([fact(rows.clone())]);
    let once = vec![planned(), fact(rows)];
    asks(once.clone(), vec![ajout("G3", question)]).nothing();
    let it: Evaluation = folded(once.clone());
    let rows: Vec<_> = it
        .grille()
        .lignes
        .iter()
        .map(|it| it.ligne.to_string())
        .collect();
    let at = rows.iter().position(|it| it == "G3-A1").unwrap();
    assert_eq!((rows[at - 1].as_str(), rows[at + 1].as_str()), ("G3-Q4", "G4"));
    assert_eq!(it.edition(), 2);
    let other = Ajout { colonnes: asked_of([Colonne::C2ra]), ..ajout("G3", question) };
    asks(once, vec![other]).refused(Refusal::LigneDuplicated { ligne: ligne("G3-A1") });
    let twice = vec![ajout("G3", question), ajout("G3", question)];
    asks(vec![planned()], twice).refused(Refusal::LigneDuplicated { ligne: ligne("G3-A1") });
    for odd in ["G9", "G3-Q1"] {
        let no = Refusal::LigneUnknown { ligne: ligne(odd), field: "ajouts" };
        asks(vec![planned()], vec![ajout(odd, question)]).refused(no);
    }
    let nobody = Ajout { colonnes: Colonnes::new(), ..ajout("G3", question) };
    asks(vec![planned()], vec![nobody]).refused(Refusal::LigneColonnesMissing { field: "ajouts" });
    let many = |n| {
        (0..n)
            .map(|n| ajout("G8", &format!("Question {n} ?")))
            .collect()
    };
    asks(vec![planned()], many(LIGNES_MAX - 30))
        .refused(Refusal::LignesTooMany { max: LIGNES_MAX });
    asks(done(), vec![ajout("G3", question)]).refused(Refusal::EvaluationAlreadySynthesised {});
}

#[test]
fn questions_are_removed_with_a_reason_and_asked_to_others() {
    let asks = |history: Vec<Event>, what: &Adaptation| {
        Evaluation::given(history).when(|it| it.adapt_grille(&amina(), what))
    };
    let it = folded::<Evaluation>([planned(), sample()]);
    let row = |id: &str| {
        it.grille()
            .lignes
            .iter()
            .find(|it| it.ligne.as_str() == id)
            .cloned()
    };
    assert_eq!(row("G1-Q8"), None);
    assert_eq!(
        row("G3-Q3").unwrap().colonnes,
        Colonnes::from([(Colonne::AutoEvaluationDla, NatureReponse::Descriptif)])
    );
    // The reference does not move.
    assert!(
        Grille::named(1)
            .lignes
            .iter()
            .any(|it| it.ligne.as_str() == "G1-Q8")
    );
    let gone = vec![planned(), sample()];
    asks(gone.clone(), &removing("G1-Q8")).nothing();
    asks(gone, &changing("G1-Q8", asked_of([Colonne::C2ra])))
        .refused(Refusal::LigneUnknown { ligne: ligne("G1-Q8"), field: "colonnes" });
    asks(vec![planned()], &changing("G3-Q3", asked_of([Colonne::Structures]))).nothing();
    asks(vec![planned()], &changing("G3-Q3", Colonnes::new()))
        .refused(Refusal::LigneColonnesMissing { field: "colonnes" });
    let silent = Adaptation { motif: None, ..removing("G3-Q1") };
    asks(vec![planned()], &silent).refused(Refusal::GrilleMotifMissing {});
    for odd in ["G3", "G9-Q1", "G3-A1"] {
        let no = Refusal::LigneUnknown { ligne: ligne(odd), field: "retraits" };
        asks(vec![planned()], &removing(odd)).refused(no);
    }
    let every = Grille::named(1)
        .lignes
        .iter()
        .filter(|it| !it.colonnes.is_empty());
    let every = every.map(|it| it.ligne.clone()).collect();
    asks(vec![planned()], &Adaptation { retraits: every, ..removing("G3-Q1") })
        .refused(Refusal::GrilleEmpty {});
}

// INV-27
#[test]
fn the_grid_is_frozen_while_it_is_asked() {
    let open = [framed(), vec![campagnes::opened(1)]].concat();
    let asks = |history: Vec<Event>, id: &str| {
        let what = changing(id, asked_of([Colonne::C2ra]));
        Evaluation::given(history).when(|it| it.adapt_grille(&amina(), &what))
    };
    asks(open.clone(), "G3-Q3").refused(Refusal::GrilleFrozen {});
    let closed = [open, vec![CampagneEvaluationClosed { campagne: 1 }]].concat();
    let after: Evaluation = folded(closed.clone());
    assert_eq!(after.edition(), 1);
    asks(closed, "G3-Q3").then([GrilleAdapted {
        edition: 2,
        reference: 1,
        ajouts: vec![],
        retraits: vec![],
        colonnes: vec![LigneColonnes {
            ligne: ligne("G3-Q3"),
            colonnes: asked_of([Colonne::C2ra]),
        }],
        motif: None,
    }]);
}

#[test]
fn a_schedule_is_prepared_and_prepared_again() {
    let asks = |history: Vec<Event>, etapes| {
        Evaluation::given(history).when(|it| it.prepare_echeancier(&amina(), etapes))
    };
    let reversed = etapes().into_iter().rev().collect();
    let prepared = EcheancierPrepared { etapes: etapes() };
    asks(vec![planned()], reversed).then([prepared.clone()]);
    asks(vec![planned(), prepared], etapes()).nothing();
    asks(vec![planned()], vec![]).refused(Refusal::EtapesOutOfRange { max: ETAPES_MAX });
    asks(vec![planned()], vec![etapes()[0].clone(); ETAPES_MAX + 1])
        .refused(Refusal::EtapesOutOfRange { max: ETAPES_MAX });
    asks(done(), etapes()).refused(Refusal::EvaluationAlreadySynthesised {});
}

#[test]
fn sources_are_documents_of_the_dossier() {
    let asks = |history: Vec<Event>, document: &Seen<Document>| {
        Evaluation::given(history).when(|it| it.attach_source(&amina(), document))
    };
    let own = document(Some(ingenierie()));
    let attached = SourceEvaluationAttached { document: DOCUMENT };
    asks(vec![planned()], &own)
        .expecting(&own)
        .then([attached.clone()]);
    asks(vec![planned(), attached], &own).nothing();
    asks(vec![planned()], &seen(DOCUMENT, [])).refused(Common::NotFound {});
    let mut withdrawn = own.clone();
    let motif = Sealed::new(withdrawn.state.subject(DOCUMENT), prose("Périmé."));
    withdrawn
        .state
        .evolve(&document::Event::DocumentWithdrawn { motif });
    asks(vec![planned()], &withdrawn).refused(Refusal::SourceWithdrawn {});
    let other = Dossier { id: crate::IngenierieId(Uuid::from_u128(6)), ..ingenierie() };
    asks(vec![planned()], &document(Some(other))).refused(Refusal::SourceElsewhere {});
    let many = (0..SOURCES_MAX).map(|n| SourceEvaluationAttached {
        document: DocumentId(Uuid::from_u128(0xf000 + n as u128)),
    });
    asks([planned()].into_iter().chain(many).collect(), &own)
        .refused(Refusal::SourcesTooMany { max: SOURCES_MAX });
    asks(done(), &own).refused(Refusal::EvaluationAlreadySynthesised {});
}
