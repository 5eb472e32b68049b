//! Shapes of all ages, and values that leave the fact before it is written.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CodecError, Tagged, Upcaster, decode, encode, schema_of};
use crate::{
    Decider, Event, IngenierieId, Line, Refusal, Sealed, Subject,
    testing::{line, raw},
};

#[derive(Debug, Clone, Default, PartialEq)]
struct Trial;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
enum TrialEvent {
    /// Written in euros under another name, then in cents, then as it is now.
    AmountStated { amount_cents: i64 },
    /// Never changed.
    NotesTaken {
        #[serde(rename = "about/~")]
        about: Option<Sealed<Line>>,
        motif: Option<Sealed<Line>>,
        page: Option<i32>,
        notes: Vec<Note>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    title: Line,
    text: Option<Sealed<Line>>,
}

tagged!(TrialEvent);

impl Decider for Trial {
    const CATEGORY: &'static str = "trial";
    const UPCASTERS: &'static [Upcaster] = &[
        Upcaster {
            kind: "AmountStated",
            lift: |data| *data = json!({ "cents": data["euros"].as_i64().map(|it| it * 100) }),
        },
        Upcaster {
            kind: "AmountStated",
            lift: |data| *data = json!({ "amountCents": data["cents"] }),
        },
    ];

    type Id = Uuid;
    type Event = TrialEvent;
    type Refusal = Refusal;

    fn evolve(&mut self, _: &TrialEvent) {}
}

fn sealed(text: &str) -> Sealed<Line> {
    Sealed::new(Subject::dossier(IngenierieId(Uuid::from_u128(5))), line(text))
}

fn read(kind: &str, schema: i16, data: &Value, sealed: &[&str]) -> Result<TrialEvent, CodecError> {
    decode::<Trial>(kind, schema, &raw(data), sealed.iter().copied())
}

#[test]
fn old_shapes_are_lifted_one_after_the_other() {
    let today = TrialEvent::AmountStated { amount_cents: 4_500 };
    for (schema, data) in [
        (1, json!({ "euros": 45 })),
        (2, json!({ "cents": 4_500 })),
        (3, json!({ "amountCents": 4_500 })),
    ] {
        assert_eq!(read("AmountStated", schema, &data, &[]).unwrap(), today, "schema {schema}");
    }
}

#[test]
fn a_fact_is_written_in_the_last_shape_of_its_kind() {
    assert_eq!((schema_of::<Trial>("AmountStated"), schema_of::<Trial>("NotesTaken")), (3, 1));
    let stored = encode::<Trial>(&TrialEvent::AmountStated { amount_cents: 4_500 }).unwrap();
    assert_eq!((stored.kind.as_str(), stored.schema), ("AmountStated", 3));
    assert_eq!(stored.data, json!({ "amountCents": 4_500 }));
}

#[test]
fn a_shape_of_a_newer_program_is_not_guessed() {
    for (kind, schema) in [("AmountStated", 5), ("NotesTaken", 3), ("AmountStated", 0)] {
        let no = read(kind, schema, &json!({}), &[]).unwrap_err();
        assert!(matches!(no, CodecError::Newer { .. }), "{no}");
    }
    // The very next one too.
    for (kind, schema) in [("AmountStated", 4), ("NotesTaken", 2)] {
        let no = read(kind, schema, &json!({ "amountCents": 1, "notes": [] }), &[]).unwrap_err();
        assert!(matches!(no, CodecError::Newer { .. }), "{no}");
    }
}

#[test]
fn what_has_another_shape_is_not_read() {
    let no = read("AmountStated", 3, &json!({ "amountCents": "4500" }), &[]).unwrap_err();
    assert!(matches!(no, CodecError::Shape { .. }), "{no}");
    let no = read("NeverHeardOf", 1, &json!({}), &[]).unwrap_err();
    assert!(matches!(no, CodecError::Shape { .. }), "{no}");
    let no =
        Event::decode("trial", "AmountStated", 3, &raw(&json!({})), [].into_iter()).unwrap_err();
    assert!(matches!(no, CodecError::Category(_)), "{no}");
}

#[test]
fn sealed_values_leave_the_fact_wherever_they_stand() {
    let taken = TrialEvent::NotesTaken {
        about: Some(sealed("Mme Ferrand")),
        motif: None,
        page: None,
        notes: vec![
            Note { title: line("Accueil"), text: Some(sealed("Retard")) },
            Note { title: line("Suite"), text: None },
            Note { title: line("Fin"), text: Some(sealed("Départ")) },
        ],
    };
    let stored = encode::<Trial>(&taken).unwrap();
    // Nulls are left out, sealed or not.
    let titles = json!([{ "title": "Accueil" }, { "title": "Suite" }, { "title": "Fin" }]);
    assert_eq!(stored.data, json!({ "notes": titles }));
    let mut taken_out: Vec<_> = stored
        .sealed
        .iter()
        .map(|it| (it.pointer.as_str(), it.subject.as_str(), it.value.clone()))
        .collect();
    taken_out.sort_by_key(|it| it.0);
    let dossier = "dossier/00000000-0000-0000-0000-000000000005";
    assert_eq!(
        taken_out,
        [
            ("/about~1~0", dossier, json!("Mme Ferrand")),
            ("/notes/0/text", dossier, json!("Retard")),
            ("/notes/2/text", dossier, json!("Départ")),
        ],
    );

    let pointers: Vec<_> = taken_out.iter().map(|it| it.0).collect();
    let closed = || Some(Sealed::closed());
    let note = |title, text| Note { title: line(title), text };
    let expected = TrialEvent::NotesTaken {
        about: closed(),
        motif: None,
        page: None,
        notes: vec![note("Accueil", closed()), note("Suite", None), note("Fin", closed())],
    };
    assert_eq!(read("NotesTaken", 1, &stored.data, &pointers).unwrap(), expected);
}

#[test]
fn a_fact_that_was_read_is_written_again_without_what_it_seals() {
    let pointers = ["/motif", "/notes/0/text"];
    let data = json!({ "page": 3, "notes": [{ "title": "Accueil" }] });
    let closed = read("NotesTaken", 1, &data, &pointers).unwrap();
    let stored = encode::<Trial>(&closed).unwrap();
    assert_eq!((stored.data, stored.sealed), (data, vec![]));
}

#[test]
fn a_sealed_value_in_clear_is_not_read() {
    let data = json!({ "motif": "Mme Ferrand", "notes": [] });
    let no = read("NotesTaken", 1, &data, &[]).unwrap_err();
    assert!(matches!(no, CodecError::Shape { .. }), "{no}");
}

#[test]
fn what_is_to_be_sealed_prints_its_place_alone() {
    let taken = TrialEvent::NotesTaken {
        about: None,
        motif: Some(sealed("Retard")),
        page: None,
        notes: vec![],
    };
    let stored = encode::<Trial>(&taken).unwrap();
    assert_eq!(format!("{:?}", stored.sealed), "[ToSeal(/motif)]");
    assert!(!format!("{taken:?}").contains("Retard"));
    assert!(!serde_json::to_string(&taken).unwrap().contains("Retard"));
}

#[test]
fn the_kinds_of_a_category_are_those_of_its_enum() {
    assert_eq!(TrialEvent::kinds(), ["AmountStated", "NotesTaken"]);
}
