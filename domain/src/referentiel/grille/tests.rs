//! The reference grid against the table of the method, cell by cell.

use std::collections::{BTreeMap, BTreeSet};

use super::{Colonne, GenreLigne, Grille, LigneId, NatureReponse};
use crate::referentiel::{Liste, Values};

/// The table of fiche 6, copied apart from the data: row, the ticks of structures, C2RA, CNAR,
/// prestataires and other partners, then how the DLA answers (`D`, `A`, `AP+`, or `-`).
const TABLE: &str = "
G1
G1-Q0    x . . . .  -
G1-Q1    x . . . .  -
G1-Q2    x . . . .  -
G1-Q3    x . . . .  -
G1-Q4    x . . . .  -
G1-Q5    x . . . .  -
G1-Q6    x . . . .  -
G1-Q7    x . . . .  -
G1-Q8    x . . . .  -
G1-Q9    x . . . .  -
G1-Q10   x . . . .  -
G2
G2-Q1    . x x x x  -
G2-Q2    x . . . .  -
G3
G3-Q1    x . . . .  AP+
G3-Q2    x . . . .  AP+
G3-Q3    x . . . .  -
G3-Q4    x . . . .  -
G4
G4-Q1    . . . x .  D
G4-Q2    . . . x .  D
G4-Q3    . . . x .  D
G5
G5-Q1    . x x x x  D
G5-Q2    . x x x x  D
G5-Q3    . x x x x  AP+
G5-Q4    x x x x x  AP+
G6
G6-Q1    x x x x x  D
G6-Q2    x x x x x  D
G6-Q3    x x x x x  AP+
G7
G7-Q1    . x . x .  D
G7-Q2    . x . x .  D
G8
G8-Q1    . x . x x  D
G8-Q2    . x x x x  A
";

#[test]
fn the_grid_is_that_of_the_method_cell_by_cell() {
    let grid = Grille::version(1).unwrap();
    let rows: Vec<_> = TABLE.trim().lines().collect();
    assert_eq!(rows.len(), 39);
    assert_eq!(grid.lignes.len(), rows.len());
    for (expected, row) in rows.iter().zip(&grid.lignes) {
        let mut cells = expected.split_whitespace();
        assert_eq!(cells.next(), Some(row.ligne.as_str()));
        let cells: Vec<_> = cells.collect();
        for (n, colonne) in Colonne::ALL.iter().enumerate() {
            let ticked = match cells.get(n).copied() {
                None | Some("." | "-") => None,
                Some("x") => Some(NatureReponse::Libre),
                Some("D") => Some(NatureReponse::Descriptif),
                Some("A") => Some(NatureReponse::Appreciation),
                Some("AP+") => Some(NatureReponse::AppreciationProspective),
                Some(odd) => panic!("{odd}"),
            };
            assert_eq!(row.colonnes.get(colonne).copied(), ticked, "{expected} {colonne:?}");
        }
    }
}

#[test]
fn its_ticks_add_up_to_those_of_the_method() {
    let grid = Grille::version(1).unwrap();
    let of = |genre| grid.lignes.iter().filter(|it| it.genre == genre).count();
    assert_eq!([GenreLigne::Theme, GenreLigne::Amorce, GenreLigne::Question].map(of), [8, 1, 30]);
    let mut ticks = BTreeMap::new();
    let mut natures = BTreeMap::new();
    for row in &grid.lignes {
        assert_eq!(row.colonnes.is_empty(), row.genre == GenreLigne::Theme, "{}", row.ligne);
        for (colonne, nature) in &row.colonnes {
            *ticks.entry(*colonne).or_insert(0) += 1;
            if *colonne == Colonne::AutoEvaluationDla {
                *natures.entry(*nature).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(Colonne::ALL.map(|it| ticks[&it]), [20, 12, 9, 15, 10, 16]);
    let natures: Vec<_> = natures.into_iter().collect();
    assert_eq!(
        natures,
        [
            (NatureReponse::Descriptif, 10),
            (NatureReponse::Appreciation, 1),
            (NatureReponse::AppreciationProspective, 5)
        ]
    );
}

#[test]
fn every_version_names_its_rows_once_and_says_them_in_both_languages() {
    let versions: Vec<_> = Grille::all().iter().map(|it| it.version).collect();
    assert_eq!(versions, (1..).take(versions.len()).collect::<Vec<_>>());
    for grid in Grille::all() {
        let names: BTreeSet<_> = grid.lignes.iter().map(|it| &it.ligne).collect();
        assert_eq!(names.len(), grid.lignes.len());
        let texts = grid.lignes.iter().flat_map(|it| [&it.fr, &it.en]);
        let levels = grid.echelle.iter().flat_map(|it| [&it.fr, &it.en]);
        assert!(texts.chain(levels).all(|it| !it.trim().is_empty()));
        let themes: BTreeSet<_> = grid
            .lignes
            .iter()
            .filter(|it| it.genre == GenreLigne::Theme)
            .map(|it| it.ligne.as_str())
            .collect();
        assert!(
            grid.lignes
                .iter()
                .all(|it| themes.contains(it.ligne.theme()))
        );
        assert!(grid.has_niveau(1) && grid.has_niveau(4));
        assert!(!grid.has_niveau(0) && !grid.has_niveau(5) && !grid.has_niveau(-1));
    }
    assert_eq!(Grille::version(0), None);
    assert_eq!(Grille::named(1), Grille::current());
}

#[test]
fn rows_are_named_by_codes() {
    assert_eq!(LigneId::parse(" G1-Q10 ").unwrap().theme(), "G1");
    assert_eq!(LigneId::parse("G8").unwrap().theme(), "G8");
    for odd in ["", "g1", "G1 Q1", "G1-Q1000000000", "Gé"] {
        assert!(LigneId::parse(odd).is_err(), "{odd}");
    }
}

#[test]
fn columns_and_kinds_are_those_of_the_lists() {
    let codes = |liste| {
        let entries = Values::compiled(liste).entries.iter();
        entries.map(|it| it.code.to_string()).collect::<Vec<_>>()
    };
    let name = |it: &Colonne| {
        serde_json::to_value(it)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    let columns: Vec<_> = Colonne::ALL.iter().map(name).collect();
    assert_eq!(codes(Liste::RepondantEvaluation), columns);
}
