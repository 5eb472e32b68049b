//! The client of a WebSocket that says what it is told to, and hears everything: close codes too.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// How long anything may take to be heard: a busy machine proves nothing wrong.
const PATIENCE: Duration = Duration::from_secs(40);

/// One connection, as its client sees it.
pub struct Socket(WebSocketStream<TcpStream>);

/// What is heard.
#[derive(Debug)]
pub enum Heard {
    Said(Value),
    Closed(u16, String),
}

impl Socket {
    /// Opens a connection as a client of that protocol.
    pub async fn open(url: &str, protocol: &str) -> anyhow::Result<Self> {
        Self::open_with(url, &[("sec-websocket-protocol", protocol)], None).await
    }

    /// The same with other headers, and a window that holds no more than so many bytes.
    pub async fn open_with(
        url: &str,
        headers: &[(&'static str, &str)],
        window: Option<u32>,
    ) -> anyhow::Result<Self> {
        let address = url.trim_start_matches("http://");
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = window {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(address.parse()?).await?;
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse()?);
        }
        Ok(Self(client_async(request, stream).await?.0))
    }

    /// Opens one and says who it is.
    pub async fn of(url: &str, token: &str) -> anyhow::Result<Self> {
        Self::open(url, "graphql-transport-ws")
            .await?
            .welcomed(token)
            .await
    }

    pub async fn welcomed(mut self, token: &str) -> anyhow::Result<Self> {
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        self.says(json!({ "type": "connection_init", "payload": payload }))
            .await?;
        let ack = self.hears().await?;
        ensure!(ack == json!({ "type": "connection_ack" }), "{ack}");
        Ok(self)
    }

    pub async fn says(&mut self, message: Value) -> anyhow::Result<()> {
        self.says_text(message.to_string()).await
    }

    pub async fn says_text(&mut self, text: String) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    pub async fn says_bytes(&mut self) -> anyhow::Result<()> {
        Ok(self.0.send(Message::binary(vec![0, 1])).await?)
    }

    pub async fn subscribes(
        &mut self,
        id: &str,
        query: &str,
        variables: Value,
    ) -> anyhow::Result<()> {
        let payload = json!({ "query": query, "variables": variables });
        self.says(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await
    }

    pub async fn next(&mut self) -> anyhow::Result<Heard> {
        loop {
            let heard = timeout(PATIENCE, self.0.next())
                .await
                .context("nothing is heard")?;
            match heard.context("the connection ended without a word")?? {
                Message::Text(text) => {
                    let said: Value = serde_json::from_str(&text)?;
                    if said["type"] == "ping" {
                        self.says(json!({ "type": "pong" })).await?;
                        continue;
                    }
                    return Ok(Heard::Said(said));
                }
                Message::Close(frame) => {
                    let frame = frame.context("no code")?;
                    return Ok(Heard::Closed(frame.code.into(), frame.reason.to_string()));
                }
                _ => (),
            }
        }
    }

    /// The next message; a goodbye is a failure.
    pub async fn hears(&mut self) -> anyhow::Result<Value> {
        match self.next().await? {
            Heard::Said(said) => Ok(said),
            Heard::Closed(code, reason) => bail!("closed: {code} {reason}"),
        }
    }

    /// The next message about that operation.
    pub async fn hears_of(&mut self, id: &str) -> anyhow::Result<Value> {
        loop {
            let said = self.hears().await?;
            if said["id"] == id {
                return Ok(said);
            }
        }
    }

    /// Hears until the goodbye, and what it says.
    pub async fn hears_goodbye(&mut self) -> anyhow::Result<(u16, String)> {
        loop {
            if let Heard::Closed(code, reason) = self.next().await? {
                return Ok((code, reason));
            }
        }
    }

    /// The events of a subscription until so many facts are heard.
    pub async fn facts(&mut self, field: &str, many: usize) -> anyhow::Result<Vec<Value>> {
        let mut facts = vec![];
        while facts.len() < many {
            let mut said = self.hears().await?;
            ensure!(said["type"] == "next", "{said}");
            ensure!(said["payload"].get("errors").is_none(), "{said}");
            let event = said["payload"]["data"][field].take();
            if !event["fait"].is_null() {
                facts.push(event);
            }
        }
        Ok(facts)
    }
}
