//! The messages of `graphql-transport-ws`, read strictly and written plainly.

use async_graphql::{Response, ServerError};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What a client says.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    Init(Map<String, Value>),
    Ping(Option<Value>),
    Pong,
    Subscribe(Subscribe),
    Complete(String),
}

#[derive(Debug, PartialEq)]
pub(super) struct Subscribe {
    pub(super) id: String,
    /// The request, as the body of a POST would hold it.
    pub(super) payload: Value,
}

impl Heard {
    /// From a text; or what is wrong with it.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err("The message is no JSON object".to_owned());
        };
        let kind = message.remove("type");
        let payload = message.remove("payload").filter(|it| !it.is_null());
        let mut id = || match message.remove("id") {
            Some(Value::String(id)) if !id.is_empty() => Ok(id),
            _ => Err("The message has no id".to_owned()),
        };
        match kind.as_ref().and_then(Value::as_str) {
            Some("connection_init") => Ok(Self::Init(members(payload)?.unwrap_or_default())),
            Some("ping") => Ok(Self::Ping(members(payload)?.map(Value::Object))),
            Some("pong") => members(payload).map(|_| Self::Pong),
            Some("complete") => id().map(Self::Complete),
            Some("subscribe") => {
                let (id, payload) = (id()?, payload.unwrap_or_default());
                Ok(Self::Subscribe(Subscribe { id, payload }))
            }
            _ => Err("The type of the message is not known".to_owned()),
        }
    }
}

fn members(payload: Option<Value>) -> Result<Option<Map<String, Value>>, String> {
    match payload {
        None => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err("The payload is no JSON object".to_owned()),
    }
}

pub(super) fn ack() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

pub(super) fn ping() -> String {
    json!({ "type": "ping" }).to_string()
}

/// With what came with the ping.
pub(super) fn pong(payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
        None => json!({ "type": "pong" }).to_string(),
    }
}

#[derive(Serialize)]
struct Message<'a, T> {
    id: &'a str,
    r#type: &'static str,
    payload: T,
}

impl<T: Serialize> Message<'_, T> {
    fn written(&self) -> String {
        // Values of the engine are JSON already: nothing in them can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(super) fn next(id: &str, payload: &Response) -> String {
    Message { id, r#type: "next", payload }.written()
}

pub(super) fn error(id: &str, payload: &[ServerError]) -> String {
    Message { id, r#type: "error", payload }.written()
}

pub(super) fn complete(id: &str) -> String {
    json!({ "id": id, "type": "complete" }).to_string()
}
