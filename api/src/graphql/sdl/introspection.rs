//! The schema as the engine tells it to any tool.

use std::fmt;

use async_graphql::Request;
use futures_util::FutureExt as _;
use serde::Deserialize;

/// What introspection knows of a schema, less what every schema has.
const QUERY: &str = "
{
  __schema {
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types {
      kind name description specifiedByURL isOneOf
      fields(includeDeprecated: true) {
        name description deprecationReason
        args(includeDeprecated: true) { ...Input }
        type { ...Ref }
      }
      inputFields(includeDeprecated: true) { ...Input }
      interfaces { name }
      enumValues(includeDeprecated: true) { name description deprecationReason }
      possibleTypes { name }
    }
  }
}
fragment Input on __InputValue {
  name description defaultValue deprecationReason
  type { ...Ref }
}
fragment Ref on __Type {
  kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }
}";

/// Scalars that every schema has.
const BUILT_IN: &[&str] = &["Boolean", "Float", "ID", "Int", "String"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schema {
    query_type: Name,
    mutation_type: Option<Name>,
    subscription_type: Option<Name>,
    types: Vec<Type>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Type {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) description: Option<String>,
    #[serde(rename = "specifiedByURL")]
    pub(super) specified_by_url: Option<String>,
    pub(super) is_one_of: Option<bool>,
    fields: Option<Vec<Field>>,
    pub(super) input_fields: Option<Vec<InputValue>>,
    pub(super) interfaces: Option<Vec<Name>>,
    pub(super) enum_values: Option<Vec<EnumValue>>,
    pub(super) possible_types: Option<Vec<Name>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    InputObject,
    List,
    NonNull,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) deprecation_reason: Option<String>,
    pub(super) args: Vec<InputValue>,
    #[serde(rename = "type")]
    pub(super) ty: TypeRef,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InputValue {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) default_value: Option<String>,
    pub(super) deprecation_reason: Option<String>,
    #[serde(rename = "type")]
    pub(super) ty: TypeRef,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnumValue {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) deprecation_reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Name {
    name: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A type where it is used: `[Code!]!`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypeRef {
    kind: Kind,
    name: Option<String>,
    of_type: Option<Box<TypeRef>>,
}

impl fmt::Display for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, &self.of_type) {
            (Kind::List, Some(of)) => write!(f, "[{of}]"),
            (Kind::NonNull, Some(of)) => write!(f, "{of}!"),
            _ => f.write_str(self.name.as_deref().unwrap_or_default()),
        }
    }
}

/// The coordinate of the reason why something is deprecated.
pub(super) fn deprecated(at: &str) -> String {
    format!("{at}@deprecated")
}

/// Something that can be described: its schema coordinate, and its own description.
pub(super) type Element = (String, Option<String>);

impl Schema {
    /// Asks a schema that has nothing to answer from: it waits for nobody.
    pub(super) fn read() -> Self {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(rename = "__schema")]
            schema: Schema,
        }
        let schema = crate::graphql::builder().finish();
        let response = schema
            .execute(Request::new(QUERY))
            .now_or_never()
            .expect("introspection touches neither the network nor a clock");
        let answer: Answer = response
            .data
            .into_json()
            .and_then(serde_json::from_value)
            .expect("a test reads the same schema by the same query");
        let mut schema = answer.schema;
        schema
            .types
            .retain(|it| !it.name.starts_with("__") && !BUILT_IN.contains(&it.name.as_str()));
        schema.types.sort_by(|a, b| a.name.cmp(&b.name));
        schema
    }

    /// By name.
    pub(super) fn types(&self) -> impl Iterator<Item = &Type> {
        self.types.iter()
    }

    /// The fields of an object: in the order of the code; by name at the roots, which many
    /// pages make up.
    pub(super) fn fields<'a>(&'a self, of: &'a Type) -> Vec<&'a Field> {
        let mut fields: Vec<_> = of.fields.iter().flatten().collect();
        let roots = [&self.mutation_type, &self.subscription_type];
        let mut roots = roots.into_iter().flatten().chain([&self.query_type]);
        if roots.any(|it| it.name == of.name) {
            fields.sort_by(|a, b| a.name.cmp(&b.name));
        }
        fields
    }

    /// Everything that can be described.
    pub(super) fn elements(&self) -> impl Iterator<Item = Element> {
        self.types.iter().flat_map(|it| {
            let mut all = vec![(it.name.clone(), it.description.clone())];
            let mut add = |at: String, own: &Option<String>, deprecation: &Option<String>| {
                all.push((at.clone(), own.clone()));
                all.extend(deprecation.clone().map(|it| (deprecated(&at), Some(it))));
            };
            for field in it.fields.iter().flatten() {
                let at = format!("{}.{}", it.name, field.name);
                add(at.clone(), &field.description, &field.deprecation_reason);
                for arg in &field.args {
                    let at = format!("{at}({}:)", arg.name);
                    add(at, &arg.description, &arg.deprecation_reason);
                }
            }
            for input in it.input_fields.iter().flatten() {
                let at = format!("{}.{}", it.name, input.name);
                add(at, &input.description, &input.deprecation_reason);
            }
            for value in it.enum_values.iter().flatten() {
                let at = format!("{}.{}", it.name, value.name);
                add(at, &value.description, &value.deprecation_reason);
            }
            all
        })
    }
}
