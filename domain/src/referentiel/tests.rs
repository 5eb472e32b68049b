use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use super::{
    Code, Colonne, Event, Event::*, Liste, Lists, NatureReponse, Referentiel, Refusal,
    SYNONYMES_MAX, VALEURS_MAX, Valeur, Values,
};
use crate::{
    Asked, Date, Decision, ReferentielId,
    action_financee::TOUS_SECTEURS,
    date,
    evaluation::Registre,
    ingenierie_collective::{
        confirmer::projet::{NatureModule, TypeIngenierie},
        engager::{FINANCEUR_PERMANENT, FINANCEUR_PONCTUEL},
        identifier::cadrage::Legitimite,
    },
    plan_financement::{POSTE_PRESTATIONS, POSTE_VALORISATION, SOURCE_COLLECTIVITE},
    refusal::Common,
    testing::{Scenario, admin, amina, folded, line, stored},
};

const LISTE: Liste = Liste::TypePrestation;

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

fn circulaire() -> Valeur {
    Valeur {
        code: code("ECONOMIE_CIRCULAIRE"),
        libelle_fr: line("Économie circulaire"),
        libelle_en: line("Circular economy"),
        synonymes: vec![line("réemploi")],
        valid_from: Some(date(2026, 1, 1)),
        valid_to: Some(date(2030, 12, 31)),
    }
}

fn added() -> Event {
    ValeurReferenceAdded { liste: LISTE, valeur: circulaire() }
}

fn relabelled(fr: &str, en: &str) -> Event {
    let code = code("ECONOMIE_CIRCULAIRE");
    let (libelle_fr, libelle_en) = (line(fr), line(en));
    ValeurReferenceRelabelled { liste: LISTE, code, libelle_fr, libelle_en }
}

fn ended(valid_to: Date) -> Event {
    ValeurReferenceEnded { liste: LISTE, code: code("ECONOMIE_CIRCULAIRE"), valid_to }
}

fn synonyme(text: &str) -> Event {
    let code = code("ECONOMIE_CIRCULAIRE");
    SynonymeReferenceAdded { liste: LISTE, code, synonyme: line(text) }
}

/// One of each, every field filled.
pub(crate) fn samples() -> Vec<Event> {
    vec![
        added(),
        relabelled("Économie du réemploi", "Reuse economy"),
        ended(date(2026, 6, 30)),
        synonyme("ressourcerie"),
    ]
}

fn adds(valeur: Valeur) -> impl FnOnce(&Referentiel) -> Decision<Referentiel> {
    move |it| it.add_valeur_reference(&admin(), LISTE, valeur)
}

/// The lists after some amendments of one.
fn lists(events: impl IntoIterator<Item = Event>) -> Lists {
    let amended: Referentiel = folded(events);
    Lists::default().with(amended.values(LISTE).clone())
}

#[test]
fn every_list_stands_once_with_its_version_and_its_names() {
    let found: Vec<Values> = serde_json::from_str(include_str!("lists.json")).unwrap();
    let listes: Vec<_> = found.iter().map(|it| it.liste).collect();
    assert_eq!(listes, Liste::ALL);
    for it in &found {
        assert!(it.version >= 1, "{:?}", it.liste);
        assert!(!it.entries.is_empty() && it.entries.len() < VALEURS_MAX, "{:?}", it.liste);
        assert!(!it.fr.is_empty() && !it.en.is_empty(), "{:?}", it.liste);
    }
}

#[test]
fn a_code_and_its_words_name_one_value_of_their_list() {
    for liste in Liste::ALL {
        let entries = &Values::compiled(*liste).entries;
        for entry in entries {
            assert_eq!(Code::parse(entry.code.as_str()).as_ref(), Ok(&entry.code));
            assert!(entry.synonyms.len() <= SYNONYMES_MAX);
            for name in entry.names() {
                assert_eq!(name.trim(), name);
                assert!(!name.is_empty(), "{}", entry.code);
                let named = entries.iter().filter(|it| it.is_named(name)).count();
                assert_eq!(named, 1, "{liste:?} {name}");
            }
            let said: BTreeSet<_> = entry.synonyms.iter().collect();
            assert_eq!(said.len(), entry.synonyms.len(), "{}", entry.code);
        }
    }
}

// What the rules know one by one is a closed list, and the list holds all of it.
#[test]
fn a_closed_list_holds_the_values_of_the_rules() {
    fn known<T: DeserializeOwned>() -> BTreeSet<String> {
        let error = serde_json::from_value::<T>(json!("?"))
            .err()
            .unwrap()
            .to_string();
        let names = error.split("expected one of").nth(1).unwrap();
        names
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }
    for (liste, known) in [
        (Liste::LegitimiteDla, known::<Legitimite>()),
        (Liste::TypeIngenierie, known::<TypeIngenierie>()),
        (Liste::TypeIntervention, known::<NatureModule>()),
        (Liste::RegistreEvaluation, known::<Registre>()),
        (Liste::RepondantEvaluation, known::<Colonne>()),
        (Liste::NatureReponse, known::<NatureReponse>()),
    ] {
        let values = Values::compiled(liste);
        assert!(values.closed, "{liste:?}");
        let codes: BTreeSet<_> = values
            .entries
            .iter()
            .map(|it| it.code.to_string())
            .collect();
        assert_eq!(codes, known, "{liste:?}");
    }
    let closed = Liste::ALL.iter().filter(|it| Values::compiled(**it).closed);
    assert_eq!(closed.count(), 8);
}

#[test]
fn a_list_is_known_by_an_id_of_its_name() {
    let ids: BTreeSet<_> = Liste::ALL.iter().map(|it| it.id()).collect();
    assert_eq!(ids.len(), Liste::ALL.len());
    for liste in Liste::ALL {
        assert_eq!(Liste::by_id(liste.id()), Some(*liste));
    }
    assert_eq!(Liste::by_id(ReferentielId(Uuid::nil())), None);
    // Stored: the stream of a list never changes.
    let id = Uuid::from(Liste::Secteur.id());
    assert_eq!(id.to_string(), "2e6a667d-2a4f-878d-ae47-48fee9c7acee");
}

#[test]
fn a_code_is_checked_against_its_list() {
    let lists = Lists::default();
    let chosen = |liste, text| lists.chosen(liste, text).map(|it| it.code.to_string());
    assert_eq!(chosen(Liste::Secteur, " SPORT "), Ok("SPORT".to_owned()));
    let no = chosen(Liste::Secteur, "SPORTS").unwrap_err();
    assert!(no.fr.contains("SPORT, CULTURE"), "{}", no.fr);
    assert!(no.en.contains("SPORT, CULTURE"), "{}", no.en);
    assert!(chosen(Liste::Branche, "SPORT").is_err());
    assert_eq!(lists.entry(Liste::Branche, "SPORT"), None);
}

// The cases of the method list skills under operational objectives, the fiche under strategic
// ones: a value of either list is taken in both.
#[test]
fn objectives_are_taken_across_both_lists() {
    assert!(Liste::ObjectifOperationnel.code("COMPETENCES").is_ok());
    assert!(Liste::ObjectifStrategique.code("BESOINS").is_ok());
    assert_eq!(Values::compiled(Liste::ObjectifStrategique).entries.len(), 4);
    assert_eq!(Values::compiled(Liste::ObjectifOperationnel).entries.len(), 6);
}

#[test]
fn people_find_a_value_by_its_words() {
    for (liste, words, code) in [
        (Liste::SourceFinancement, "opca", "OPCA"),
        (Liste::SourceFinancement, " DLA régional ", "C2RA"),
        (Liste::SourceFinancement, "dla REGIONAL", "C2RA"),
        (Liste::RepondantEvaluation, "crdla", "CNAR"),
        (Liste::TypePrestation, "MANAGEMENT / GRH", "MANAGEMENT_GRH"),
        (Liste::NatureCapitalisation, "methode / procedes", "METHODE"),
    ] {
        assert_eq!(liste.code(words).unwrap().as_str(), code, "{words}");
    }
    for odd in ["astrologie", "", " ", "-"] {
        assert!(Liste::TypePrestation.code(odd).is_err(), "{odd}");
    }
}

#[test]
fn the_seven_themes_of_enee_are_there() {
    assert_eq!(Values::compiled(Liste::TypePrestation).entries.len(), 7);
}

#[test]
fn a_value_is_valid_between_its_dates_included() {
    let mut entry = Values::compiled(Liste::Secteur).entries[0].clone();
    assert!(entry.valid_on(date(2026, 1, 1)));
    entry.valid_from = Some(date(2026, 1, 2));
    entry.valid_to = Some(date(2026, 1, 3));
    let valid: Vec<_> = (1..5)
        .map(|day| entry.valid_on(date(2026, 1, day)))
        .collect();
    assert_eq!(valid, [false, true, true, false]);
}

// A fact is read whatever the lists say.
#[test]
fn a_code_is_written_as_a_string_and_read_back_without_its_list() {
    let code = Liste::Secteur.code("SPORT").unwrap();
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"SPORT\"");
    let gone = serde_json::from_str::<Code>("\"NOBODY_KNOWS\"").unwrap();
    assert_eq!(gone.to_string(), "NOBODY_KNOWS");
}

#[test]
fn a_new_code_is_plain() {
    assert_eq!(code(" NUMERIQUE_2 ").as_str(), "NUMERIQUE_2");
    let long = "A".repeat(Code::MAX + 1);
    for odd in ["", "numerique", "2_ROUES", "ÉCO", "A B", "A-B", "_A", &long] {
        assert!(Code::parse(odd).is_err(), "{odd}");
    }
}

#[test]
fn a_value_is_added_once() {
    Referentiel::given([])
        .when(adds(circulaire()))
        .then([added()]);
    Referentiel::given([added()])
        .when(adds(circulaire()))
        .nothing();
    let other = Valeur { libelle_fr: line("Autre chose"), ..circulaire() };
    let exists = Refusal::ValeurExists { valeur: code("ECONOMIE_CIRCULAIRE") };
    Referentiel::given([added()])
        .when(adds(other))
        .refused(exists);
    let commercial = Valeur { code: code("COMMERCIAL"), ..circulaire() };
    Referentiel::given([])
        .when(adds(commercial))
        .refused(Refusal::ValeurExists { valeur: code("COMMERCIAL") });
}

#[test]
fn a_version_is_that_of_the_program_and_one_for_each_amendment() {
    let before = Values::compiled(LISTE).version;
    let after: Referentiel = folded(samples());
    assert_eq!(after.values(LISTE).version, before + 4);
    let entry = after.values(LISTE).entries.last().unwrap();
    assert_eq!((entry.fr.as_str(), entry.en.as_str()), ("Économie du réemploi", "Reuse economy"));
    assert_eq!(entry.valid_to, Some(date(2026, 6, 30)));
    let read_back: Referentiel = folded(stored::<Referentiel>(samples()));
    assert_eq!(read_back, after);
}

#[test]
fn what_was_added_is_chosen_and_read_from_then_on() {
    let lists = lists([added()]);
    for words in ["ECONOMIE_CIRCULAIRE", "economie circulaire", "Réemploi", "circular economy"] {
        let chosen = lists.chosen(LISTE, words).unwrap();
        assert_eq!(chosen.code.as_str(), "ECONOMIE_CIRCULAIRE");
    }
    assert!(
        Lists::default()
            .chosen(LISTE, "ECONOMIE_CIRCULAIRE")
            .is_err()
    );
}

#[test]
fn a_name_names_one_value() {
    let taken = |nom: &str, field| Refusal::NomTaken {
        nom: nom.to_owned(),
        valeur: code("MUTUALISATION"),
        field,
    };
    let name = "mutualisation";
    for (valeur, field) in [
        (Valeur { libelle_fr: line(name), ..circulaire() }, "libelleFr"),
        (Valeur { libelle_en: line(name), ..circulaire() }, "libelleEn"),
        (Valeur { synonymes: vec![line(name)], ..circulaire() }, "synonymes"),
    ] {
        Referentiel::given([])
            .when(adds(valeur))
            .refused(taken(name, field));
    }
    let which = (LISTE, "ECONOMIE_CIRCULAIRE");
    Referentiel::given([added()])
        .when(|it| it.relabel_valeur_reference(&admin(), which, line(name), line("Reuse")))
        .refused(taken(name, "libelleFr"));
    Referentiel::given([added()])
        .when(|it| it.add_synonyme_reference(&admin(), which, line("MUTUALISATION")))
        .refused(taken("MUTUALISATION", "synonyme"));
}

#[test]
fn a_value_is_relabelled_and_found_by_its_old_names() {
    let which = (LISTE, "ECONOMIE_CIRCULAIRE");
    let relabels = |it: &Referentiel| {
        let (fr, en) = (line("Économie du réemploi"), line("Reuse economy"));
        it.relabel_valeur_reference(&admin(), which, fr, en)
    };
    let relabelled = || relabelled("Économie du réemploi", "Reuse economy");
    Referentiel::given([added()])
        .when(relabels)
        .then([relabelled()]);
    Referentiel::given([added(), relabelled()])
        .when(relabels)
        .nothing();
    let lists = lists([added(), relabelled()]);
    let found = lists.chosen(LISTE, "economie circulaire").unwrap();
    assert_eq!(found.fr, "Économie du réemploi");
    Referentiel::given([])
        .when(relabels)
        .refused(Refusal::ValeurUnknown { valeur: "ECONOMIE_CIRCULAIRE".to_owned() });
}

#[test]
fn a_value_ends_and_its_end_may_be_corrected() {
    let ends = |to: Date| {
        move |it: &Referentiel| {
            it.end_valeur_reference(&admin(), (LISTE, "ECONOMIE_CIRCULAIRE"), to)
        }
    };
    let june = date(2026, 6, 30);
    Referentiel::given([added()])
        .when(ends(june))
        .then([ended(june)]);
    Referentiel::given([added(), ended(june)])
        .when(ends(june))
        .nothing();
    let july = date(2026, 7, 31);
    Referentiel::given([added(), ended(june)])
        .when(ends(july))
        .then([ended(july)]);
    let (from, to) = (date(2026, 1, 1), date(2025, 12, 31));
    Referentiel::given([added()])
        .when(ends(to))
        .refused(Refusal::ValiditeReversed { from, to });
    let reversed = Valeur { valid_to: Some(to), ..circulaire() };
    Referentiel::given([])
        .when(adds(reversed))
        .refused(Refusal::ValiditeReversed { from, to });
}

#[test]
fn other_words_for_a_value_are_added_once() {
    let says = |it: &Referentiel| {
        it.add_synonyme_reference(&admin(), (LISTE, "ECONOMIE_CIRCULAIRE"), line("ressourcerie"))
    };
    Referentiel::given([added()])
        .when(says)
        .then([synonyme("ressourcerie")]);
    Referentiel::given([added(), synonyme("Ressourcerie")])
        .when(says)
        .nothing();
    let many = (0..SYNONYMES_MAX).map(|n| synonyme(&format!("mot {n}")));
    Referentiel::given([added()].into_iter().chain(many))
        .when(says)
        .refused(Refusal::TooManySynonymes { max: SYNONYMES_MAX });
    let many = (0..=SYNONYMES_MAX).map(|n| line(&format!("mot {n}")));
    Referentiel::given([])
        .when(adds(Valeur { synonymes: many.collect(), ..circulaire() }))
        .refused(Refusal::TooManySynonymes { max: SYNONYMES_MAX });
}

#[test]
fn a_list_has_an_end() {
    let many = (Values::compiled(LISTE).entries.len()..VALEURS_MAX).map(|n| {
        let valeur = Valeur {
            code: code(&format!("V{n}")),
            libelle_fr: line(&format!("Valeur {n}")),
            libelle_en: line(&format!("Value {n}")),
            synonymes: vec![],
            ..circulaire()
        };
        ValeurReferenceAdded { liste: LISTE, valeur }
    });
    Referentiel::given(many)
        .when(adds(circulaire()))
        .refused(Refusal::TooManyValeurs { max: VALEURS_MAX });
}

#[test]
fn the_values_of_the_rules_are_relabelled_and_no_more() {
    let liste = Liste::RegistreEvaluation;
    Referentiel::given([])
        .when(|it| it.add_valeur_reference(&admin(), liste, circulaire()))
        .refused(Refusal::ListeClosed {});
    Referentiel::given([])
        .when(|it| it.end_valeur_reference(&admin(), (liste, "EFFICIENCE"), date(2026, 1, 1)))
        .refused(Refusal::ListeClosed {});
    let (fr, en) = (line("Rendement"), line("Yield"));
    let relabelled = ValeurReferenceRelabelled {
        liste,
        code: code("EFFICIENCE"),
        libelle_fr: fr.clone(),
        libelle_en: en.clone(),
    };
    Referentiel::given([])
        .when(|it| it.relabel_valeur_reference(&admin(), (liste, " EFFICIENCE "), fr, en))
        .then([relabelled]);
}

// What a rule names in a list that others may extend.
#[test]
fn a_value_that_a_rule_names_does_not_end() {
    let named: Vec<_> = Liste::ALL
        .iter()
        .flat_map(|it| &Values::compiled(*it).entries)
        .filter(|it| it.of_rules)
        .map(|it| it.code.as_str())
        .collect();
    let rules = [
        TOUS_SECTEURS,
        FINANCEUR_PERMANENT,
        FINANCEUR_PONCTUEL,
        SOURCE_COLLECTIVITE,
        POSTE_PRESTATIONS,
        POSTE_VALORISATION,
    ];
    assert_eq!(named, rules);
    let which = (Liste::PosteCout, POSTE_PRESTATIONS);
    Referentiel::given([])
        .when(|it| it.end_valeur_reference(&admin(), which, date(2026, 1, 1)))
        .refused(Refusal::ValeurOfRules { valeur: code(POSTE_PRESTATIONS) });
}

// Two streams, one meaning: what is added to one of the lists is claimed against the other.
#[test]
fn a_code_means_one_thing_in_lists_that_take_each_other() {
    let liste = Liste::ObjectifStrategique;
    let add =
        |valeur: Valeur| move |it: &Referentiel| it.add_valeur_reference(&admin(), liste, valeur);
    Referentiel::given([])
        .when(add(circulaire()))
        .claiming("valeur_reference", "ECONOMIE_CIRCULAIRE")
        .then([ValeurReferenceAdded { liste, valeur: circulaire() }]);
    Referentiel::given([])
        .when(add(Valeur { code: code("BESOINS"), ..circulaire() }))
        .refused(Refusal::ValeurExists { valeur: code("BESOINS") });
}

#[test]
fn others_than_an_administrator_amend_nothing() {
    let given: Referentiel = folded([added()]);
    let by: Asked = amina();
    let which = (LISTE, "ECONOMIE_CIRCULAIRE");
    let other = || line("Autre");
    for (refused, act) in [
        (given.add_valeur_reference(&by, LISTE, circulaire()), "addValeurReference"),
        (given.relabel_valeur_reference(&by, which, other(), other()), "relabelValeurReference"),
        (given.end_valeur_reference(&by, which, date(2026, 1, 1)), "endValeurReference"),
        (given.add_synonyme_reference(&by, which, other()), "addSynonymeReference"),
    ] {
        let forbidden = Common::Forbidden { act: act.to_owned() };
        assert_eq!(refused, Err(Refusal::Common(forbidden)));
    }
}

// A later program may bring a value that was added by a command before.
#[test]
fn what_a_command_added_stays_as_it_said_when_a_program_brings_it_too() {
    let mut valeur = circulaire();
    valeur.code = code("COMMERCIAL");
    let amended: Referentiel = folded([ValeurReferenceAdded { liste: LISTE, valeur }]);
    let values = amended.values(LISTE);
    assert_eq!(values.entries.len(), Values::compiled(LISTE).entries.len());
    assert_eq!(values.entry("COMMERCIAL").unwrap().fr, "Économie circulaire");
}
