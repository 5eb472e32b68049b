//! What is stored for ever and what others read: the golden files, the codes, the rights.
//!
//! A golden file is written once (`UPDATE_EXPECT=1` writes the missing ones) and never
//! edited: it is how a fact of that time is read by every later program. A kind that takes an
//! optional member later gets one more file of the same schema, `….v1.2.json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::PathBuf,
};

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::{
    Accompagnement, ActionFinancee, Capitalisation, CasPasse, Consultation, ConventionFinancement,
    Decider, Dla, Document, Evaluation, Event, IngenierieCollective, IngenierieIndividuelle,
    Intervention, JetonService, MandatAudit, Organisation, Personne, PlanFinancement, Referentiel,
    ReponseEvaluation, RoleName, SeanceComiteAppui, accompagnement, action_financee,
    capitalisation, cas_passe,
    codec::{Stored, Tagged, encode},
    consultation, convention_financement, dla, document, evaluation, event_kinds,
    ingenierie_collective, ingenierie_individuelle, intervention, jeton_service, mandat_audit,
    organisation, personne, plan_financement, referentiel, refusal_codes, reponse_evaluation,
    retention, rights, seance_comite_appui,
    testing::raw,
};

/// One sample of every kind, by aggregate: one line each.
fn samples() -> Vec<Sample> {
    [
        of::<Accompagnement>(accompagnement::tests::samples()),
        of::<ActionFinancee>(action_financee::tests::samples()),
        of::<Capitalisation>(capitalisation::tests::samples()),
        of::<CasPasse>(cas_passe::tests::samples()),
        of::<Consultation>(consultation::tests::samples()),
        of::<ConventionFinancement>(convention_financement::tests::samples()),
        of::<Dla>(dla::tests::samples()),
        of::<Document>(document::tests::samples()),
        of::<Evaluation>(evaluation::tests::samples()),
        of::<IngenierieCollective>(ingenierie_collective::tests::samples()),
        of::<IngenierieIndividuelle>(ingenierie_individuelle::tests::samples()),
        of::<Intervention>(intervention::tests::samples()),
        of::<JetonService>(jeton_service::tests::samples()),
        of::<MandatAudit>(mandat_audit::tests::samples()),
        of::<Organisation>(organisation::tests::samples()),
        of::<Personne>(personne::tests::samples()),
        of::<PlanFinancement>(plan_financement::tests::samples()),
        of::<Referentiel>(referentiel::tests::samples()),
        of::<ReponseEvaluation>(reponse_evaluation::tests::samples()),
        of::<SeanceComiteAppui>(seance_comite_appui::tests::samples()),
    ]
    .concat()
}

/// A fact as it is stored, and as a log or a mistake could show it.
#[derive(Clone)]
struct Sample {
    category: &'static str,
    stored: Stored,
    shown: [String; 2],
}

fn of<D: Decider>(events: Vec<D::Event>) -> Vec<Sample> {
    let sample = |event: D::Event| Sample {
        category: D::CATEGORY,
        stored: encode::<D>(&event).unwrap(),
        shown: [format!("{event:?}"), format!("{:?}", event.write().unwrap())],
    };
    events.into_iter().map(sample).collect()
}

/// Which file: category, kind, schema, and which shape of that schema, from 1.
type Golden = (String, String, i16, usize);

fn file_of((category, kind, schema, shape): &Golden) -> String {
    let shape = if *shape == 1 { String::new() } else { format!(".{shape}") };
    format!("{category}.{kind}.v{schema}{shape}.json")
}

fn golden_of(name: &str) -> Option<Golden> {
    let parts: Vec<_> = name.strip_suffix(".json")?.split('.').collect();
    let (category, kind, schema, shape) = match parts[..] {
        [category, kind, schema] => (category, kind, schema, 1),
        [category, kind, schema, shape] => (category, kind, schema, shape.parse().ok()?),
        _ => return None,
    };
    let schema = schema.strip_prefix('v')?.parse().ok()?;
    Some((category.to_owned(), kind.to_owned(), schema, shape))
}

impl Sample {
    /// The file of a shape of its schema.
    fn golden(&self, shape: usize) -> Golden {
        (self.category.to_owned(), self.stored.kind.clone(), self.stored.schema, shape)
    }

    fn content(&self) -> Value {
        let pointers = self.stored.sealed.iter().map(|it| it.pointer.as_str());
        // In the order of the text, which does not depend on that of the members.
        let sealed: BTreeSet<_> = pointers.collect();
        json!({ "data": self.stored.data, "sealed": sealed })
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn updating() -> bool {
    env::var_os("UPDATE_EXPECT").is_some_and(|it| it == "1")
}

/// Every golden file, oldest shape first.
fn golden_files() -> BTreeMap<Golden, Value> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name != INDEX {
            let golden = golden_of(name).unwrap_or_else(|| panic!("golden/{name}: what is it?"));
            let text = fs::read_to_string(&path).unwrap();
            files.insert(golden, serde_json::from_str(&text).unwrap());
        }
    }
    files
}

#[test]
fn every_fact_is_written_as_its_newest_golden_file() {
    let files = golden_files();
    for sample in samples() {
        let known = |shape| files.contains_key(&sample.golden(shape));
        let shapes = (1..=files.len()).take_while(|it| known(*it)).count();
        if files.get(&sample.golden(shapes)) == Some(&sample.content()) {
            continue;
        }
        let next = file_of(&sample.golden(shapes + 1));
        assert!(
            updating(),
            "golden/{next} is missing, and no golden file is ever edited: UPDATE_EXPECT=1 writes \
             it, if an optional member is new; otherwise write a new fact, or an upcaster",
        );
        let text = serde_json::to_string_pretty(&sample.content()).unwrap();
        fs::write(folder().join(next), text + "\n").unwrap();
    }
}

/// Read, whatever its age; and written back the same, when it has the schema of today: no
/// member was renamed, and none that is missing in an older shape is invented.
#[test]
fn every_golden_file_is_read_by_this_program_and_loses_nothing() {
    for (golden, file) in golden_files() {
        let name = file_of(&golden);
        let (category, kind, schema, _) = golden;
        let sealed = file["sealed"].as_array().unwrap();
        let sealed = sealed.iter().map(|it| it.as_str().unwrap());
        let read = Event::decode(&category, &kind, schema, &raw(&file["data"]), sealed);
        let read = read.unwrap_or_else(|error| panic!("golden/{name}: {error:?}"));
        let written = written(&read);
        if written.schema == schema {
            assert_eq!(written.data, file["data"], "golden/{name}");
        }
    }
}

fn written(event: &Event) -> Stored {
    match event {
        Event::Accompagnement(it) => encode::<Accompagnement>(it),
        Event::ActionFinancee(it) => encode::<ActionFinancee>(it),
        Event::Capitalisation(it) => encode::<Capitalisation>(it),
        Event::CasPasse(it) => encode::<CasPasse>(it),
        Event::Consultation(it) => encode::<Consultation>(it),
        Event::ConventionFinancement(it) => encode::<ConventionFinancement>(it),
        Event::Dla(it) => encode::<Dla>(it),
        Event::Document(it) => encode::<Document>(it),
        Event::Evaluation(it) => encode::<Evaluation>(it),
        Event::IngenierieCollective(it) => encode::<IngenierieCollective>(it),
        Event::IngenierieIndividuelle(it) => encode::<IngenierieIndividuelle>(it),
        Event::Intervention(it) => encode::<Intervention>(it),
        Event::JetonService(it) => encode::<JetonService>(it),
        Event::MandatAudit(it) => encode::<MandatAudit>(it),
        Event::Organisation(it) => encode::<Organisation>(it),
        Event::Personne(it) => encode::<Personne>(it),
        Event::PlanFinancement(it) => encode::<PlanFinancement>(it),
        Event::Referentiel(it) => encode::<Referentiel>(it),
        Event::ReponseEvaluation(it) => encode::<ReponseEvaluation>(it),
        Event::SeanceComiteAppui(it) => encode::<SeanceComiteAppui>(it),
    }
    .unwrap()
}

/// The list of the golden files: it grows with them, and no line of it is ever removed.
const INDEX: &str = "INDEX";

#[test]
fn no_golden_file_goes_missing() {
    let path = folder().join(INDEX);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let listed: BTreeSet<_> = text.lines().map(str::to_owned).collect();
    let found: BTreeSet<_> = golden_files().keys().map(file_of).collect();
    let missing: Vec<_> = listed.difference(&found).collect();
    assert!(missing.is_empty(), "stored facts need these to be read: {missing:?}");
    if updating() {
        fs::write(&path, found.iter().fold(String::new(), |all, it| all + it + "\n")).unwrap();
    } else {
        assert_eq!(listed, found, "UPDATE_EXPECT=1 lists what is new");
    }
}

#[test]
fn every_kind_has_a_sample_hence_a_golden_file() {
    let sampled: BTreeSet<_> = samples()
        .into_iter()
        .map(|it| (it.category, it.stored.kind))
        .collect();
    let expected: BTreeSet<_> = event_kinds()
        .into_iter()
        .map(|(category, kind)| (category, kind.to_owned()))
        .collect();
    assert_eq!(sampled, expected);
}

#[test]
fn a_sealed_value_shows_nowhere_in_clear() {
    let mut sealed = 0;
    for Sample { stored, shown, .. } in samples() {
        let stored_shown = [stored.data.to_string(), format!("{stored:?}")];
        for secret in stored.sealed.iter().flat_map(|it| texts(&it.value)) {
            sealed += 1;
            for shown in shown.iter().chain(&stored_shown) {
                assert!(!shown.contains(&secret), "{}: {shown}", stored.kind);
            }
        }
    }
    assert!(sealed > 0, "some sample seals something");
}

/// Every text and every number inside, the short ones apart: they occur by chance.
fn texts(value: &Value) -> Vec<String> {
    let texts = match value {
        Value::Null | Value::Bool(_) => vec![],
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
    };
    texts.into_iter().filter(|it| it.len() > 4).collect()
}

#[test]
fn a_code_has_one_meaning_and_two_sentences() {
    let mut codes = BTreeSet::new();
    for entry in refusal_codes().iter().flat_map(|(_, all)| *all) {
        assert!(codes.insert(entry.code), "{} is used twice", entry.code);
        let screaming = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_';
        assert!(entry.code.chars().all(screaming), "{}", entry.code);
        assert!(entry.path.chars().all(|it| it.is_ascii_alphanumeric()), "{}", entry.path);
        for sentence in [entry.fr, entry.en] {
            let ends = sentence.ends_with(['.', ':']);
            assert!(ends && sentence.len() > 10, "{}: {sentence}", entry.code);
        }
    }
}

#[test]
fn who_may_do_what_is_the_table_that_auditors_read() {
    let mut acts = BTreeSet::new();
    let mut table = format!("{:34}", "");
    for role in RoleName::ALL {
        write!(table, "  {}", role.as_str()).unwrap();
    }
    for (category, rights) in rights() {
        if rights.is_empty() {
            continue;
        }
        write!(table, "\n\n{category}").unwrap();
        for right in rights {
            assert!(acts.insert(right.act), "two commands are named {}", right.act);
            let mut row = format!("  {:32}", right.act);
            for role in RoleName::ALL {
                let mark = if right.roles.contains(role) { "yes" } else { "-" };
                write!(row, "  {mark:0$}", role.as_str().len()).unwrap();
            }
            write!(table, "\n{}", row.trim_end()).unwrap();
        }
    }
    expect_file!["rights.txt"].assert_eq(&(table + "\n"));
}

#[test]
fn how_long_each_sealed_field_is_kept_is_the_table_that_people_read() {
    let mut table = String::new();
    for class in retention::CLASSES {
        let retention::Retention { subject, holds, basis, months } = class;
        writeln!(table, "{subject:12}  {months:2} months  {holds}\n{:12}  {basis}", "").unwrap();
    }
    let fields: BTreeSet<_> = samples()
        .into_iter()
        .flat_map(|Sample { category, stored, .. }| {
            let kind = format!("{category}.{}", stored.kind);
            let sealed = stored.sealed.into_iter();
            sealed.map(move |it| (kind.clone(), it.pointer, it.subject))
        })
        .collect();
    for (kind, pointer, subject) in fields {
        let subject = subject.split('/').next().unwrap();
        let class = retention::CLASSES.iter().find(|it| it.subject == subject);
        assert!(class.is_some(), "{kind}{pointer}: nothing says how long `{subject}` is kept");
        write!(table, "\n{kind:55}  {pointer:17}  {subject}").unwrap();
    }
    expect_file!["retention.txt"].assert_eq(&(table + "\n"));
}
