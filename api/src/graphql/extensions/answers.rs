//! Every error leaves with a code, in the language of the request; what has none and comes
//! from somewhere else is internal: logged once, and answered by a request id alone.

use std::any::{Any, TypeId};

use async_graphql::{Data, Request, ServerError, Value, parser::types::OperationType};

use crate::{
    error::{
        Answer, BAD_USER_INPUT, BOTH, DOCUMENT_TOO_COMPLEX, DOCUMENT_TOO_DEEP, Entry, Error,
        GRAPHQL_VALIDATION_FAILED, INTERNAL_SERVER_ERROR,
    },
    graphql::scalars::form,
    http::{Language, RequestId},
    telemetry,
};

/// For whom one request is answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Reader {
    pub(super) language: Language,
    request: Option<RequestId>,
    pub(super) operation: Option<OperationType>,
}

/// What the transport put into a request.
pub(crate) fn member<T: Any + Send + Sync>(data: &Data) -> Option<&T> {
    data.get(&TypeId::of::<T>())
        .and_then(|it| it.downcast_ref())
}

impl Reader {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            language: member(&request.data).copied().unwrap_or_default(),
            request: member(&request.data).cloned(),
            operation: member(&request.data).copied(),
        }
    }

    /// Makes an error fit to leave.
    pub(super) fn settle(&self, error: &mut ServerError) {
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
    pub(super) fn kind(&self) -> &'static str {
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
