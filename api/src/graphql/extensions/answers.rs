//! Every error leaves with a code, in the language of the request; what has none and comes
//! from somewhere else is internal: logged once, and answered by a request id alone.

use std::{
    any::{Any, TypeId},
    sync::{Arc, OnceLock},
    time::Instant,
};

use async_graphql::{
    Data, Request, Response, ServerError, ServerResult, ValidationResult, Value,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest,
        NextRequest, NextResolve, NextSubscribe, NextValidation, ResolveInfo,
    },
    parser::types::OperationType,
};
use futures_util::{StreamExt as _, stream::BoxStream};

use super::Executed;
use crate::{
    clock::RequestClock,
    error::{
        Answer, BAD_USER_INPUT, BOTH, DOCUMENT_TOO_COMPLEX, DOCUMENT_TOO_DEEP, Entry, Error,
        GRAPHQL_VALIDATION_FAILED, INTERNAL_SERVER_ERROR,
    },
    graphql::scalars::form,
    http::{Language, RequestId},
    telemetry,
};

/// Codes, translates and masks errors; counts and times operations.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers;

impl ExtensionFactory for Answers {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Asked::default())
    }
}

/// For whom one request is answered.
#[derive(Default)]
struct Asked(Arc<OnceLock<Reader>>);

#[derive(Debug, Clone, Default)]
struct Reader {
    language: Language,
    request: Option<RequestId>,
    operation: Option<OperationType>,
}

#[async_trait::async_trait]
impl Extension for Asked {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let begun = Instant::now();
        let mut response = next.run(ctx).await;
        let reader = self.0.get().cloned().unwrap_or_default();
        for error in &mut response.errors {
            reader.settle(error);
        }
        let outcome = if response.is_ok() { "ok" } else { "error" };
        metrics::histogram!(
            "graphql_request_seconds", "operation" => reader.operation(), "outcome" => outcome
        )
        .record(begun.elapsed().as_secs_f64());
        response
    }

    /// Every event leaves as an answer does.
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let reader = self.0.clone();
        let settled = next.run(ctx, stream).map(move |mut response| {
            for error in &mut response.errors {
                reader.get().cloned().unwrap_or_default().settle(error);
            }
            response
        });
        settled.boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let _ = self.0.set(Reader {
            language: member(&request.data).copied().unwrap_or_default(),
            request: member(&request.data).cloned(),
            operation: member(&request.data).copied(),
        });
        next.run(ctx, request).await
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await?;
        #[expect(clippy::cast_precision_loss, reason = "a complexity is at most 1,000")]
        metrics::histogram!("graphql_complexity").record(result.complexity as f64);
        Ok(result)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if let Some(executed) = ctx.data_opt::<Executed>() {
            executed.begin();
        }
        // Each event is answered at its own time, not when somebody subscribed.
        let mut data = Data::default();
        if self.operation() == Some(OperationType::Subscription) {
            data.insert(RequestClock::read());
        }
        next.run_with_data(ctx, operation_name, data).await
    }

    /// The fields at the root are the operations that people know: each is counted and timed.
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.path_node.parent.is_some() || info.is_for_introspection {
            return next.run(ctx, info).await;
        }
        let (begun, on, field) =
            (Instant::now(), info.parent_type.to_owned(), info.name.to_owned());
        let result = next.run(ctx, info).await;
        let outcome = if result.is_ok() { "ok" } else { "error" };
        metrics::histogram!(
            "graphql_field_seconds", "on" => on, "field" => field, "outcome" => outcome
        )
        .record(begun.elapsed().as_secs_f64());
        result
    }
}

impl Asked {
    fn operation(&self) -> Option<OperationType> {
        self.0.get().and_then(|it| it.operation)
    }
}

/// What the transport put into a request.
pub(crate) fn member<T: Any + Send + Sync>(data: &Data) -> Option<&T> {
    data.get(&TypeId::of::<T>())
        .and_then(|it| it.downcast_ref())
}

impl Reader {
    /// Makes an error fit to leave.
    fn settle(&self, error: &mut ServerError) {
        if let Some(ours) = error.source::<Error>() {
            let answer = ours.answer(self.language);
            if let Error::Internal(why) = ours {
                let why = &**why as &(dyn std::error::Error + 'static);
                tracing::error!(request.id = self.id(), error = why, "request failed");
            }
            self.say(error, answer);
        } else if coded(error) {
            self.choose(error);
        } else if error.source.is_some() {
            tracing::error!(request.id = self.id(), error = error.message, "request failed");
            self.say(error, Answer::of(&INTERNAL_SERVER_ERROR, self.language));
        } else {
            let answer = engine_answer(error, self.language);
            self.say(error, answer);
        }
    }

    /// The kind of operation, as figures are labelled.
    fn operation(&self) -> &'static str {
        self.operation.map_or("unknown", telemetry::kind)
    }

    fn id(&self) -> &str {
        self.request.as_ref().map_or("", RequestId::as_str)
    }

    fn say(&self, error: &mut ServerError, answer: Answer) {
        let mut extensions = answer.extensions();
        if answer.code == INTERNAL_SERVER_ERROR.code
            && let Some(request) = &self.request
        {
            extensions.set("requestId", request.as_str());
        }
        error.message = answer.message;
        error.extensions = Some(extensions);
        error.source = None;
    }

    /// A scalar leaves both its sentences: one goes on.
    fn choose(&self, error: &mut ServerError) {
        let Some(extensions) = &mut error.extensions else { return };
        let chosen = extensions.get(self.language.tag()).cloned();
        if let Some(Value::String(sentence)) = chosen {
            error.message = sentence;
            for language in BOTH {
                extensions.unset(language);
            }
            extensions.set("retryable", false);
        }
    }
}

fn coded(error: &ServerError) -> bool {
    error
        .extensions
        .as_ref()
        .is_some_and(|it| it.get("code").is_some())
}

/// What the engine itself found wrong. A path means that a resolver's argument did not parse.
fn engine_answer(error: &ServerError, language: Language) -> Answer {
    let as_is = |entry: &Entry| Answer::of(entry, language).saying(error.message.as_str());
    if let Some(reason) = error.message.strip_prefix("Invalid value for argument \"") {
        return invalid_argument(reason, language).unwrap_or_else(|| as_is(&BAD_USER_INPUT));
    }
    if error.message == "Query is too complex." {
        return Answer::of(&DOCUMENT_TOO_COMPLEX, language);
    }
    if error.message == "Query is nested too deep."
        || error
            .message
            .starts_with("The recursion depth of the query")
    {
        return Answer::of(&DOCUMENT_TOO_DEEP, language);
    }
    as_is(if error.path.is_empty() { &GRAPHQL_VALIDATION_FAILED } else { &BAD_USER_INPUT })
}

/// From `input.montant", expected type "Cents"` to a sentence about the field.
fn invalid_argument(reason: &str, language: Language) -> Option<Answer> {
    let (path, why) = reason.split_once("\", ")?;
    let quoted: Vec<&str> = why.split('"').skip(1).step_by(2).collect();
    let words: Vec<&str> = why.split('"').step_by(2).map(str::trim).collect();
    let mut at = path.to_owned();
    let (fr, en) = match (words.first().copied()?, quoted.as_slice()) {
        ("expected type", [kind, ..]) => {
            let [fr, en] = form(kind).unwrap_or([kind, kind]);
            (
                format!("« {path} » n'a pas la forme attendue : {fr}."),
                format!("`{path}` has not the expected form: {en}."),
            )
        }
        ("enumeration type", [kind, value, ..]) => (
            format!("« {path} » : « {value} » n'est pas une valeur de {kind}."),
            format!("`{path}`: `{value}` is not a value of {kind}."),
        ),
        ("field", [field, ..]) => {
            at = format!("{path}.{field}");
            (format!("« {at} » est obligatoire."), format!("`{at}` is required."))
        }
        ("unknown field", [field, kind, ..]) => {
            at = format!("{path}.{field}");
            (
                format!("« {field} » n'est pas un champ de {kind} : retirez-le."),
                format!("`{field}` is not a field of {kind}: remove it."),
            )
        }
        _ => (
            format!("« {path} » : donnez exactement un des champs possibles."),
            format!("`{path}`: give exactly one of the possible fields."),
        ),
    };
    let sentence = language.choose(&fr, &en).as_str();
    Some(
        Answer::of(&BAD_USER_INPUT, language)
            .saying(sentence)
            .at(&at),
    )
}
