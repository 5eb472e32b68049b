use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};

use super::*;
use crate::graphql::extensions;

struct Query;

#[Object]
impl Query {
    #[graphql(complexity = "first as usize * child_complexity")]
    async fn list(&self, first: i32) -> Vec<Item> {
        (0..first).map(|_| Item).collect()
    }
}

struct Item;

#[Object]
impl Item {
    async fn n(&self) -> async_graphql::Result<i32> {
        Err("a document that is checked is not executed".into())
    }
}

const LIST: &str = "query List($first: Int!) { list(first: $first) { n } }";

struct Folder(PathBuf);

impl Folder {
    fn with(name: &str, files: &[(&str, String)]) -> Self {
        let folder = std::env::temp_dir().join(format!("trusted-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        Self(folder)
    }

    async fn load(&self, mode: Mode) -> Result<Trusted, Problem> {
        let schema = extensions::install(Schema::build(Query, EmptyMutation, EmptySubscription));
        Trusted::load(mode, Some(&self.0), &schema.finish()).await
    }

    async fn problem(&self) -> String {
        self.load(Mode::Allow).await.unwrap_err().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn manifest(id: &str, text: &str) -> String {
    serde_json::json!({ id: text }).to_string()
}

#[tokio::test]
async fn each_compiler_has_its_manifest() {
    let hash = id_of(LIST);
    let apollo = serde_json::json!({
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{ "id": &hash[7..], "name": "List", "type": "query", "body": LIST }],
    });
    let other = LIST.replace("List", "Other");
    let folder = Folder::with(
        "manifests",
        &[
            ("codegen.json", manifest(&hash, LIST)),
            ("relay.json", manifest(&id_of(&other)[7..], &other)),
            ("apollo.json", apollo.to_string()),
            ("fiche.v1.graphql", "{ list(first: 2) { n } }".to_owned()),
            ("README.md", "not a document".to_owned()),
        ],
    );
    let trusted = folder.load(Mode::Allow).await.unwrap();
    assert_eq!(trusted.len(), 4);
    for (id, text) in [(&*hash, LIST), (&id_of(&other), &other)] {
        let mut request = Request::new("");
        trusted.fill(&mut request, id).unwrap();
        assert_eq!(request.query, text);
    }
    let mut request = Request::new("");
    trusted.fill(&mut request, "fiche.v1").unwrap();
    assert_eq!(request.query, "{ list(first: 2) { n } }");
}

#[tokio::test]
async fn a_document_that_is_not_fit_is_refused_at_start() {
    for (name, text, why) in [
        ("syntax", "{ list(first: 1) { n }", "not valid GraphQL"),
        ("schema", "{ liste { n } }", "liste"),
        ("two", "query A { list(first: 1) { n } } query B { list(first: 1) { n } }", "single"),
        ("deep", &"{a".repeat(41), "nested brackets"),
    ] {
        let folder = Folder::with(name, &[("portail.json", manifest(&id_of(text), text))]);
        let said = folder.problem().await;
        assert!(said.contains("portail.json") && said.contains(why), "{said}");
    }
    let other = Folder::with("hash", &[("portail.json", manifest(&id_of("{ n }"), LIST))]);
    assert!(
        other
            .problem()
            .await
            .contains("is not the SHA-256 of its text")
    );
    let none = Folder::with("none", &[("portail.json", "[]".to_owned())]);
    assert!(none.problem().await.contains("not a manifest"));
    assert!(matches!(
        Trusted::load(Mode::Allow, None, &Schema::new(Query, EmptyMutation, EmptySubscription))
            .await,
        Err(Problem::Nowhere)
    ));
}

#[tokio::test]
async fn a_server_answers_what_its_mode_says() {
    let folder = Folder::with("modes", &[("list.graphql", LIST.to_owned())]);
    let named = id_of(LIST);
    let unknown = id_of("{ __typename }");
    let verdict = |trusted: &Trusted, query: &str, id: &str| {
        let answer = trusted.fill(&mut Request::new(query), id);
        answer.map_or_else(|it| it.code, |()| "ANSWERED")
    };
    let table = [
        // The document, the id, then what each mode says.
        ("", &*named, ["PERSISTED_QUERY_NOT_SUPPORTED", "ANSWERED", "ANSWERED"]),
        (LIST, &named, ["PERSISTED_QUERY_NOT_SUPPORTED", "ANSWERED", "ANSWERED"]),
        (
            "",
            &unknown,
            [
                "PERSISTED_QUERY_NOT_SUPPORTED",
                "PERSISTED_QUERY_NOT_FOUND",
                "PERSISTED_QUERY_NOT_FOUND",
            ],
        ),
        (
            "{ __typename }",
            &unknown,
            ["PERSISTED_QUERY_NOT_SUPPORTED", "ANSWERED", "PERSISTED_QUERY_NOT_FOUND"],
        ),
        (
            "{ __typename }",
            &named,
            [
                "PERSISTED_QUERY_NOT_SUPPORTED",
                "PERSISTED_QUERY_HASH_DIFFERS",
                "PERSISTED_QUERY_HASH_DIFFERS",
            ],
        ),
    ];
    for (n, mode) in [Mode::Off, Mode::Allow, Mode::Require]
        .into_iter()
        .enumerate()
    {
        let trusted = folder.load(mode).await.unwrap();
        for (query, id, said) in table {
            assert_eq!(verdict(&trusted, query, id), said[n], "{mode}: {query} {id}");
        }
        let free = trusted.answers_free().err().map(|it| it.code);
        let refused = (mode == Mode::Require).then_some("PERSISTED_QUERY_ID_REQUIRED");
        assert_eq!(free, refused);
    }
}
