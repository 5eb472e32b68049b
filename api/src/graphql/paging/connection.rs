//! The shape of a page, as Relay describes it.

use std::borrow::Cow;

use async_graphql::{
    Items, Object, ObjectType, OutputType, TypeName,
    connection::{CursorType, PageInfo},
};

/// A page of a list, with what is known of the list.
pub(crate) struct Connection<C, T, F> {
    pub(crate) edges: Vec<Edge<C, T>>,
    /// Whether it was asked for after a cursor.
    pub(crate) goes_on: bool,
    pub(crate) has_next: bool,
    /// What the list says of itself.
    pub(crate) more: F,
}

/// A row of a list, with its place in it.
pub(crate) struct Edge<C, T> {
    pub(crate) cursor: C,
    pub(crate) node: T,
}

/// A page of a list, with what is known of the list.
#[Object(name_type)]
impl<C, T, F> Connection<C, T, F>
where
    C: CursorType + Send + Sync,
    T: OutputType,
    F: ObjectType,
{
    /// Where the page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.goes_on,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|it| it.cursor.encode_cursor()),
            end_cursor: self.edges.last().map(|it| it.cursor.encode_cursor()),
        }
    }

    /// The rows of the page, each with its place in the list.
    async fn edges(&self) -> Items<&Edge<C, T>> {
        Items(self.edges.iter().collect())
    }

    /// The rows of the page alone.
    async fn nodes(&self) -> Items<&T> {
        Items(self.edges.iter().map(|it| &it.node).collect())
    }

    #[graphql(flatten)]
    #[expect(clippy::unused_async, reason = "the engine wants resolvers to be async")]
    async fn more(&self) -> &F {
        &self.more
    }
}

/// A row of a list, with its place in it.
#[Object(name_type)]
impl<C, T> Edge<C, T>
where
    C: CursorType + Send + Sync,
    T: OutputType,
{
    /// The row.
    async fn node(&self) -> &T {
        &self.node
    }

    /// Its place: give it as `after` to start just after it.
    async fn cursor(&self) -> String {
        self.cursor.encode_cursor()
    }
}

impl<C, T, F> TypeName for Connection<C, T, F>
where
    C: CursorType + Send + Sync,
    T: OutputType,
    F: ObjectType,
{
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

impl<C, T> TypeName for Edge<C, T>
where
    C: CursorType + Send + Sync,
    T: OutputType,
{
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}
