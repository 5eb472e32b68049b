//! How large a document is once its fragments are expanded, each fragment measured once.

use std::collections::HashMap;

use async_graphql::{
    Name,
    parser::types::{ExecutableDocument, Field, Selection, SelectionSet},
};

use super::{
    ALIASES_MAX, DEPTH_MAX, DOCUMENT_TOO_COMPLEX, DOCUMENT_TOO_DEEP, GRAPHQL_VALIDATION_FAILED,
    INTROSPECTION_DEPTH_MAX, INTROSPECTION_LISTS_MAX, No, ROOT_FIELDS_MAX, SELECTIONS_MAX,
};

/// The lists of the introspection types that lead back to fields and types.
const INTROSPECTION_LISTS: &[&str] = &["fields", "inputFields", "interfaces", "possibleTypes"];

/// What a selection set comes to. Counts saturate: a bomb is merely very large.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    selections: u64,
    aliases: u64,
    /// Fields at its own level.
    width: u64,
    /// Its deepest path of fields, apart from what is under `__schema` and `__type`.
    depth: u64,
    /// The most introspection lists on a path.
    lists: u64,
    /// The deepest path from a `__schema` or `__type`.
    introspection_depth: u64,
    /// The most introspection lists on a path from there.
    introspection_lists: u64,
}

impl Measure {
    /// Beside one another.
    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            aliases: self.aliases.saturating_add(other.aliases),
            width: self.width.saturating_add(other.width),
            depth: self.depth.max(other.depth),
            lists: self.lists.max(other.lists),
            introspection_depth: self.introspection_depth.max(other.introspection_depth),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
        }
    }

    /// A field above its selections.
    fn under(self, field: &Field) -> Self {
        let name = field.name.node.as_str();
        let mut all = Self {
            selections: self.selections.saturating_add(1),
            aliases: self
                .aliases
                .saturating_add(u64::from(field.alias.is_some())),
            width: 1,
            depth: self.depth + 1,
            lists: self.lists + u64::from(INTROSPECTION_LISTS.contains(&name)),
            ..self
        };
        if matches!(name, "__schema" | "__type") {
            all.introspection_depth = all.introspection_depth.max(all.depth);
            all.introspection_lists = all.introspection_lists.max(all.lists);
            (all.depth, all.lists) = (1, 0);
        }
        all
    }

    /// A fragment in the place where it is spread.
    fn spread(self) -> Self {
        Self { selections: self.selections.saturating_add(1), ..self }
    }

    fn check(&self) -> Result<(), No> {
        let limits = [
            (self.selections, SELECTIONS_MAX, DOCUMENT_TOO_COMPLEX, ["champs", "fields"]),
            (self.aliases, ALIASES_MAX, DOCUMENT_TOO_COMPLEX, ["alias", "aliases"]),
            (self.depth, DEPTH_MAX, DOCUMENT_TOO_DEEP, ["niveaux", "levels"]),
            (
                self.introspection_depth,
                INTROSPECTION_DEPTH_MAX,
                DOCUMENT_TOO_DEEP,
                ["niveaux d'introspection", "levels of introspection"],
            ),
            (
                self.introspection_lists,
                INTROSPECTION_LISTS_MAX,
                DOCUMENT_TOO_DEEP,
                ["listes d'introspection imbriquées", "nested lists of introspection"],
            ),
        ];
        match limits.into_iter().find(|(is, max, ..)| is > max) {
            Some((_, max, entry, of)) => Err(No::exceeds(entry, max, of)),
            None => Ok(()),
        }
    }
}

/// The measures of a document's fragments: none while one is being taken, so that meeting
/// it again is a cycle.
pub(super) struct Measures<'a> {
    document: &'a ExecutableDocument,
    known: HashMap<&'a Name, Option<Measure>>,
}

impl<'a> Measures<'a> {
    pub(super) fn of(document: &'a ExecutableDocument) -> Self {
        Self { document, known: HashMap::new() }
    }

    /// Every fragment is bounded, used or not: the engine validates them all.
    pub(super) fn check_fragments(&mut self) -> Result<(), No> {
        for name in self.document.fragments.keys() {
            // A fragment's fields may stand under `__schema`, where more depth is allowed.
            let mut measure = self.fragment(name)?;
            measure.depth = 0;
            measure.check()?;
        }
        Ok(())
    }

    pub(super) fn check_operation(&mut self, root: &'a SelectionSet) -> Result<(), No> {
        let measure = self.set(root)?;
        measure.check()?;
        if measure.width > ROOT_FIELDS_MAX {
            let of = ["champs à la racine", "fields at the root"];
            return Err(No::exceeds(DOCUMENT_TOO_COMPLEX, ROOT_FIELDS_MAX, of));
        }
        Ok(())
    }

    fn set(&mut self, set: &'a SelectionSet) -> Result<Measure, No> {
        set.items
            .iter()
            .try_fold(Measure::default(), |sum, selection| {
                let one = match &selection.node {
                    Selection::Field(field) => {
                        self.set(&field.node.selection_set.node)?.under(&field.node)
                    }
                    Selection::InlineFragment(inline) => {
                        self.set(&inline.node.selection_set.node)?.spread()
                    }
                    Selection::FragmentSpread(spread) => {
                        self.fragment(&spread.node.fragment_name.node)?.spread()
                    }
                };
                Ok(sum.beside(one))
            })
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Measure, No> {
        match self.known.get(name) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => {
                return Err(No::new(
                    GRAPHQL_VALIDATION_FAILED,
                    format!("Le fragment « {name} » se contient lui-même."),
                    format!("The fragment `{name}` contains itself."),
                ));
            }
            None => {}
        }
        // The engine's validation names a fragment that does not exist.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Measure::default());
        };
        self.known.insert(name, None);
        let measure = self.set(&fragment.node.selection_set.node)?;
        self.known.insert(name, Some(measure));
        Ok(measure)
    }
}
