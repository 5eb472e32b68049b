use async_graphql::{
    EmptySubscription, InputObject, InputValueResult, Items, Object, Request, Response, Scalar,
    ScalarType, Schema, SimpleObject, Value,
};
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    Error,
    error::{At, invalid_scalar},
    guard,
    http::{Language, RequestId},
};

struct Cents(domain::Cents);

#[Scalar]
impl ScalarType for Cents {
    fn parse(value: Value) -> InputValueResult<Self> {
        let cents = match &value {
            Value::String(text) => text.parse().unwrap_or(-1),
            _ => -1,
        };
        match domain::Cents::amount(cents) {
            Ok(cents) => Ok(Self(cents)),
            Err(why) => Err(invalid_scalar(why)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.0.to_string())
    }
}

#[derive(InputObject)]
struct PayInput {
    montant: Cents,
    lines: Option<Vec<Line>>,
}

#[derive(InputObject)]
struct Line {
    kind: String,
}

#[derive(SimpleObject)]
#[graphql(complex)]
struct Deep {
    ok: i32,
}

#[async_graphql::ComplexObject]
impl Deep {
    async fn late(&self) -> i32 {
        tokio::task::yield_now().await;
        1
    }
    async fn nullable(&self) -> crate::Result<Option<i32>> {
        Err(Error::Late)
    }
    async fn needed(&self) -> crate::Result<i32> {
        Err(Error::Late)
    }
    async fn deep(&self) -> Option<Deep> {
        Some(Deep { ok: 2 })
    }
    async fn sure(&self) -> Deep {
        Deep { ok: 3 }
    }
    async fn holes(&self) -> Vec<Option<Deep>> {
        vec![Some(Deep { ok: 4 }), None]
    }
    async fn whole(&self) -> Option<Vec<Deep>> {
        Some(vec![Deep { ok: 5 }])
    }
}

struct Query;

#[Object]
impl Query {
    async fn deep(&self) -> Option<Deep> {
        Some(Deep { ok: 1 })
    }
    async fn sure(&self) -> Deep {
        Deep { ok: 1 }
    }
    async fn items(&self) -> Items<Deep> {
        Items(vec![Deep { ok: 1 }, Deep { ok: 2 }])
    }
    async fn leaks(&self) -> async_graphql::Result<Option<i32>> {
        Err(std::io::Error::other("password"))?
    }
    async fn internal(&self) -> crate::Result<Option<i32>> {
        Err(Error::internal(std::io::Error::other("password")))
    }
    async fn refused(&self) -> crate::Result<Option<i32>> {
        domain::Cents::amount(-1).at("input.montant")?;
        Ok(None)
    }
    #[graphql(complexity = "first * child_complexity")]
    async fn list(&self, first: usize) -> Vec<Deep> {
        (0..first).map(|_| Deep { ok: 1 }).collect()
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn pay(&self, input: PayInput) -> usize {
        let lines = input.lines.unwrap_or_default();
        lines.iter().map(|it| it.kind.len()).sum()
    }
}

async fn execute(document: &str, language: Language) -> Response {
    let schema = install(Schema::build(Query, Mutation, EmptySubscription))
        .limit_complexity(1_000)
        .finish();
    let mut request = Request::new(document)
        .data(language)
        .data(RequestId::new("r-1"));
    guard::admit(&mut request, language).unwrap();
    schema.execute(request).await
}

async fn answer(document: &str, language: Language) -> Json {
    let mut response = serde_json::to_value(execute(document, language).await).unwrap();
    if let Some(errors) = response.get_mut("errors").and_then(Json::as_array_mut) {
        for error in errors {
            error.as_object_mut().unwrap().remove("locations");
        }
    }
    response
}

/// As text: a JSON value would sort its members.
async fn data(document: &str) -> String {
    let response = execute(document, Language::Fr).await;
    serde_json::to_string(&response.data).unwrap()
}

#[tokio::test]
async fn an_error_nulls_its_field_or_the_nearest_parent_that_may_be_null() {
    assert_eq!(data("{deep{nullable ok}}").await, r#"{"deep":{"nullable":null,"ok":1}}"#);
    assert_eq!(data("{deep{needed ok}}").await, r#"{"deep":null}"#);
    assert_eq!(data("{deep{sure{needed}}}").await, r#"{"deep":null}"#);
    assert_eq!(data("{deep{ok deep{sure{needed}}}}").await, r#"{"deep":{"ok":1,"deep":null}}"#);
    assert_eq!(data("{deep{holes{needed}}}").await, r#"{"deep":{"holes":[null,null]}}"#);
    assert_eq!(data("{deep{whole{needed}}}").await, r#"{"deep":{"whole":null}}"#);
    assert_eq!(
        data("{items{nullable}}").await,
        r#"{"items":[{"nullable":null},{"nullable":null}]}"#
    );
    assert_eq!(data("{deep{ok} items{needed}}").await, "null");
    assert_eq!(data("{sure{needed}}").await, "null");
    assert_eq!(data("{sure{sure{needed}} deep{ok}}").await, "null");
}

#[tokio::test]
async fn an_error_is_said_once_with_its_path() {
    let answer = answer("{deep{sure{needed}}}", Language::En).await;
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["path"], json!(["deep", "sure", "needed"]));
    assert_eq!(errors[0]["extensions"], json!({ "code": "READ_MODEL_LATE", "retryable": true }));
}

#[tokio::test]
async fn fields_come_in_the_order_of_the_document() {
    let document = "{deep{late ok ...f} sure{...on Deep{late} ok}} fragment f on Deep{deep{late ok} ok deep{x: ok}}";
    assert_eq!(
        data(document).await,
        r#"{"deep":{"late":1,"ok":1,"deep":{"late":1,"ok":2,"x":2}},"sure":{"late":1,"ok":1}}"#
    );
}

#[tokio::test]
async fn items_come_in_their_order_whenever_they_are_ready() {
    assert_eq!(
        data("{items{late ok __typename}}").await,
        r#"{"items":[{"late":1,"ok":1,"__typename":"Deep"},{"late":1,"ok":2,"__typename":"Deep"}]}"#
    );
}

#[tokio::test]
async fn what_is_asked_twice_is_one_member() {
    assert_eq!(
        data("{deep{deep{ok} holes{ok} deep{late} ...f}} fragment f on Deep{holes{late}}").await,
        r#"{"deep":{"deep":{"ok":2,"late":1},"holes":[{"ok":4,"late":1},null]}}"#
    );
}

#[tokio::test]
async fn what_is_asked_twice_fails_once_and_is_null_once() {
    // Whichever of the two is settled last, and at the root as below it.
    for document in [
        "{deep{deep{ok} ...f}} fragment f on Deep{deep{needed}}",
        "{deep{deep{needed} ...f}} fragment f on Deep{deep{ok late}}",
    ] {
        assert_eq!(data(document).await, r#"{"deep":{"deep":null}}"#);
    }
    assert_eq!(data("{deep{ok} deep{needed late}}").await, r#"{"deep":null}"#);
    let merged = answer("{deep{late} deep{deep{needed} late}}", Language::En).await;
    assert_eq!(merged["data"], json!({ "deep": { "late": 1, "deep": null } }));
    let twice = answer("{deep{deep{needed} deep{needed late}}}", Language::En).await;
    assert_eq!(twice["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_item_that_fails_is_named_by_its_place() {
    let answer = answer("{items{ok needed}}", Language::En).await;
    let paths: Vec<_> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["path"])
        .collect();
    assert_eq!(paths, [&json!(["items", 0, "needed"]), &json!(["items", 1, "needed"])]);
}

#[tokio::test]
async fn what_is_internal_is_answered_by_a_request_id() {
    for document in ["{leaks}", "{internal}"] {
        let answer = answer(document, Language::En).await;
        assert!(!answer.to_string().contains("password"));
        assert_eq!(
            answer["errors"][0]["extensions"],
            json!({ "code": "INTERNAL_SERVER_ERROR", "retryable": true, "requestId": "r-1" })
        );
    }
}

#[tokio::test]
async fn our_errors_are_said_in_the_language_of_the_request() {
    let sentence = async |language| answer("{refused}", language).await["errors"][0].clone();
    assert!(
        sentence(Language::Fr).await["message"]
            .as_str()
            .unwrap()
            .starts_with("Indiquez")
    );
    let english = sentence(Language::En).await;
    assert!(
        english["message"]
            .as_str()
            .unwrap()
            .starts_with("Give an amount")
    );
    assert_eq!(
        english["extensions"],
        json!({ "code": "BAD_USER_INPUT", "path": ["input", "montant"], "retryable": false })
    );
}

#[tokio::test]
async fn an_argument_that_does_not_fit_names_its_field() {
    let cases = [
        (
            "input: {montant: 3}",
            "input montant",
            "`input.montant` has not the expected form: an amount in euro cents, in digits between \
             quotes, such as \"250000\" for €2,500.00.",
        ),
        ("input: {}", "input montant", "`input.montant` is required."),
        (
            "input: {montant: \"3\", other: 1}",
            "input other",
            "`other` is not a field of PayInput: remove it.",
        ),
        (
            "input: {montant: \"3\", lines: [{kind: \"a\"}, {kind: 1}]}",
            "input lines 1 kind",
            "`input.lines.1.kind` has not the expected form: String.",
        ),
    ];
    for (input, path, sentence) in cases {
        let answer = answer(&format!("mutation{{pay({input})}}"), Language::En).await;
        let error = &answer["errors"][0];
        assert_eq!(error["message"], sentence);
        let path: Vec<&str> = path.split(' ').collect();
        assert_eq!(
            error["extensions"],
            json!({ "code": "BAD_USER_INPUT", "path": path, "retryable": false })
        );
    }
}

#[tokio::test]
async fn a_scalar_explains_itself_in_the_language_of_the_request() {
    let document = "mutation{pay(input: {montant: \"-3\"})}";
    let french = answer(document, Language::Fr).await["errors"][0].clone();
    assert!(french["message"].as_str().unwrap().starts_with("Indiquez"), "{french}");
    assert_eq!(french["extensions"], json!({ "code": "BAD_USER_INPUT", "retryable": false }));
}

#[tokio::test]
async fn what_the_engine_refuses_has_a_code() {
    let code = async |document: &str| {
        answer(document, Language::Fr).await["errors"][0]["extensions"]["code"].clone()
    };
    assert_eq!(code("{nowhere}").await, "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(code("{list(first: 1000){ok late}}").await, "DOCUMENT_TOO_COMPLEX");
    assert_eq!(code("query($a: PayInput!){__typename}").await, "GRAPHQL_VALIDATION_FAILED");
}
