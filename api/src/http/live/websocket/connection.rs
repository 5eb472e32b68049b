//! One connection, as the task that reads it knows it: what the client says, what it started, and
//! what depends on time.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_graphql::Executor;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{StreamExt as _, stream::SplitStream};
use http::{HeaderName, HeaderValue, header, request::Parts};
use serde_json::{Map, Value};
use tokio::{
    sync::mpsc,
    time::{Instant, Interval, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{
    Close, IDLE_MAX, INIT_TIMEOUT, MESSAGE_BYTES_MAX, PING_INTERVAL, TICK,
    messages::{self, Heard, Subscribe, error, ping, pong},
    voice::Voice,
    writing::Outgoing,
};
use crate::{
    auth::{Caller, Denied},
    clock,
    error::{Answer, TOO_MANY_OPERATIONS},
    http::{
        Doors, Language, RequestId,
        asked::{self, Media},
        graphql::{Asked, Following},
        live::{OPERATIONS_MAX, Room, SLOW_MAX, Seat, TOKEN_LOOK},
    },
    live::Listener,
};

/// One connection.
pub(super) struct Connection<E> {
    doors: Arc<Doors<E>>,
    /// The request that opened it, with what the client said of itself since.
    parts: Parts,
    session: Option<(Caller, Seat)>,
    outgoing: mpsc::Sender<Outgoing>,
    /// Said by an operation that finds no room for what it has to tell.
    slow: CancellationToken,
    heard: SplitStream<WebSocket>,
    operations: HashMap<String, Operation>,
    ended: mpsc::UnboundedSender<(String, u64)>,
    endings: mpsc::UnboundedReceiver<(String, u64)>,
    /// Of the operations so far: an id may be used again.
    count: u64,
    clock: Clock,
    _room: Room,
}

struct Operation {
    number: u64,
    listener: Arc<Listener>,
    /// Whether its last word is said, or about to be.
    over: Arc<AtomicBool>,
}

impl Operation {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Acquire)
    }
}

/// When what depends on time happened last.
struct Clock {
    ticks: Interval,
    opened: Instant,
    looked: Instant,
    /// When the client was asked whether it is there, until it says anything.
    asked: Option<Instant>,
    pinged: Instant,
    busy: Instant,
}

impl Clock {
    fn start() -> Self {
        let now = Instant::now();
        let ticks = interval(TICK);
        Self { ticks, opened: now, looked: now, asked: None, pinged: now, busy: now }
    }
}

/// What a connection waits for.
enum Event {
    Heard(Option<Result<Message, axum::Error>>),
    Ended(String, u64),
    Tick,
    Slow,
    Shutdown,
}

impl<E: Executor> Connection<E> {
    pub(super) fn new(
        (doors, parts, room): (Arc<Doors<E>>, Parts, Room),
        heard: SplitStream<WebSocket>,
        outgoing: mpsc::Sender<Outgoing>,
    ) -> Self {
        let (ended, endings) = mpsc::unbounded_channel();
        Self {
            doors,
            parts,
            session: None,
            outgoing,
            slow: CancellationToken::new(),
            heard,
            operations: HashMap::new(),
            ended,
            endings,
            count: 0,
            clock: Clock::start(),
            _room: room,
        }
    }

    /// Everyone on it leaves; what is still heard is given back.
    pub(super) fn end(self) -> SplitStream<WebSocket> {
        self.operations.values().for_each(|it| it.listener.leave());
        self.heard
    }

    /// Until the client leaves, or must.
    pub(super) async fn run(&mut self) -> Result<(), Close> {
        loop {
            let event = tokio::select! {
                biased;
                () = self.slow.cancelled() => Event::Slow,
                () = self.doors.running.closing() => Event::Shutdown,
                Some((id, number)) = self.endings.recv() => Event::Ended(id, number),
                _ = self.clock.ticks.tick() => Event::Tick,
                heard = self.heard.next() => Event::Heard(heard),
            };
            match event {
                Event::Heard(Some(Ok(message))) => {
                    self.clock.asked = None;
                    if self.hear(message).await?.is_none() {
                        return Ok(());
                    }
                }
                Event::Heard(_) => return Ok(()),
                Event::Ended(id, number) => {
                    if self
                        .operations
                        .get(&id)
                        .is_some_and(|it| it.number == number)
                    {
                        self.operations.remove(&id);
                    }
                }
                Event::Tick => self.look().await?,
                Event::Slow => return Err(Close::slow()),
                Event::Shutdown => return Err(Close::shutdown()),
            }
        }
    }

    /// Looks at what depends on time.
    async fn look(&mut self) -> Result<(), Close> {
        let Some((caller, _)) = &self.session else {
            let late = self.clock.opened.elapsed() > INIT_TIMEOUT;
            let close = Close::new(4408, "init_timeout", "Connection initialisation timeout");
            return if late { Err(close) } else { Ok(()) };
        };
        if self.clock.looked.elapsed() > TOKEN_LOOK {
            self.clock.looked = Instant::now();
            let still = self.doors.still(&self.parts, caller);
            still.await.map_err(|denied| match Close::denied(&denied) {
                close if close.code == 4401 => Close { code: 4403, reason: "token", ..close },
                close => close,
            })?;
        }
        if self
            .clock
            .asked
            .is_some_and(|it| it.elapsed() > PING_INTERVAL)
        {
            return Err(Close::new(1001, "silent", "No sign of life"));
        }
        if self.clock.pinged.elapsed() > PING_INTERVAL {
            self.clock.pinged = Instant::now();
            // Without room, what waits is proof enough that somebody is to read it.
            if self.outgoing.try_send(Outgoing::message(ping())).is_ok() {
                self.clock.asked.get_or_insert_with(Instant::now);
            }
        }
        if !self.operations.is_empty() {
            self.clock.busy = Instant::now();
        } else if self.clock.busy.elapsed() > IDLE_MAX {
            return Err(Close::new(1000, "idle", "Nothing was asked"));
        }
        Ok(())
    }

    /// Does what the client says; none when it leaves.
    async fn hear(&mut self, message: Message) -> Result<Option<()>, Close> {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(Some(())),
            Message::Binary(_) => return Err(Close::bad("Binary messages are not read")),
            Message::Close(_) => return Ok(None),
        };
        if text.len() > MESSAGE_BYTES_MAX {
            return Err(Close::new(1009, "too_big", "Message too big"));
        }
        let heard = Heard::of(text.as_str()).map_err(|says| Close::bad(&says))?;
        match heard {
            Heard::Init(payload) => self.init(&payload).await?,
            Heard::Ping(payload) => self.say(pong(payload)).await?,
            Heard::Pong => (),
            Heard::Complete(id) => {
                if let Some(operation) = self.operations.remove(&id) {
                    operation.listener.leave();
                }
            }
            Heard::Subscribe(it) => self.begin(it).await?,
        }
        Ok(Some(()))
    }

    /// The client says who it is, unless the request that opened the connection did.
    async fn init(&mut self, payload: &Map<String, Value>) -> Result<(), Close> {
        if self.session.is_some() {
            return Err(Close::new(4429, "too_many_inits", "Too many initialisation requests"));
        }
        for name in [header::AUTHORIZATION, header::ACCEPT_LANGUAGE] {
            if let Some(value) = said(payload, &name) {
                let value = HeaderValue::from_str(value);
                let value = value.map_err(|_| Close::bad("A member of the payload is no text"))?;
                self.parts.headers.insert(name, value);
            }
        }
        let denied = |no: Denied| Close::denied(&no);
        let caller = self.doors.who(&self.parts).await.map_err(denied)?;
        let caller = caller.ok_or_else(|| denied(Denied::Anonymous))?;
        let Some(seat) = self.doors.rooms.of(&caller) else {
            return Err(Close::new(4431, "too_many", "Too many connections"));
        };
        self.session = Some((caller, seat));
        self.say(messages::ack()).await
    }

    async fn begin(&mut self, it: Subscribe) -> Result<(), Close> {
        if self.session.is_none() {
            return Err(Close::new(4401, "unauthorised", "Unauthorized"));
        }
        let known = self.operations.get(&it.id);
        if known.is_some_and(Operation::goes_on) {
            let says = format!("Subscriber for {} already exists", it.id);
            return Err(Close::new(4409, "duplicate", says));
        }
        let language = Language::of_headers(&self.parts.headers);
        let going_on = self.operations.values().filter(|it| it.goes_on());
        if going_on.count() >= OPERATIONS_MAX {
            let no = Answer::of(&TOO_MANY_OPERATIONS, language).into_server_error();
            return self.say(error(&it.id, &[no])).await;
        }
        let Some(request) = asked::of_value(it.payload) else {
            return Err(Close::bad("The payload of subscribe is no GraphQL request"));
        };
        self.count += 1;
        let (number, listener) = (self.count, Arc::new(Listener::new(None)));
        let mut parts = self.parts.clone();
        parts
            .extensions
            .insert(RequestId::new(clock::draw_request_id().to_string()));
        let asked = Asked { language, media: Media::GraphqlResponse };
        let operation = Operation { number, listener, over: Arc::default() };
        let (doors, voice) = (self.doors.clone(), self.voice(&it.id, &operation));
        let ended = self.ended.clone();
        let id = it.id.clone();
        let task = async move {
            match doors.follow(asked, &parts, request, &voice.listener).await {
                Ok(Following::Once(content)) => voice.answers(&content).await,
                Ok(Following::Stream { stream, executed }) => {
                    voice.tells(stream, || executed.has_begun()).await;
                }
                Err(no) => voice.fails(&no.into_errors()).await,
            }
            let _ = ended.send((it.id, number));
        };
        self.doors.running.spawn(task.in_current_span());
        self.operations.insert(id, operation);
        Ok(())
    }

    fn voice(&self, id: &str, operation: &Operation) -> Voice {
        Voice {
            id: id.to_owned(),
            listener: operation.listener.clone(),
            outgoing: self.outgoing.clone(),
            over: operation.over.clone(),
            slow: self.slow.clone(),
        }
    }

    /// Says something that is no event.
    async fn say(&self, text: String) -> Result<(), Close> {
        let sending = self.outgoing.send(Outgoing::message(text));
        match timeout(SLOW_MAX, sending).await {
            Err(_) => Err(Close::slow()),
            // The writer is gone: so is the client, as will be heard.
            Ok(_) => Ok(()),
        }
    }

    /// Those who follow something on it.
    pub(super) fn listeners(&self) -> Vec<Arc<Listener>> {
        let all = self.operations.values();
        all.map(|it| it.listener.clone()).collect()
    }
}

/// What a member of the payload says, by the name of a header.
pub(super) fn said<'a>(payload: &'a Map<String, Value>, name: &HeaderName) -> Option<&'a str> {
    let mut members = payload.iter();
    let (_, value) = members.find(|(key, _)| key.eq_ignore_ascii_case(name.as_str()))?;
    value.as_str()
}
