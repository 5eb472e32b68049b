//! The words that answer at a door.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    time::Duration,
};

use api::{
    auth::Verifier,
    config::Settings,
    demo::{Ground, Guests, QUERIES},
    documents::Contents,
    house::{Doors, House, Signing},
    http::{Drained, Options, Stopping},
    telemetry::Telemetry,
};
use serde_json::{Map, Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{
    Failure, open,
    output::{Format, say, tell},
    runtime,
};

/// How long a runtime waits for tasks that do not end.
const LEAVE: Duration = Duration::from_secs(2);

/// How long `health` waits for an answer.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);

/// Answers on the database of the settings.
pub(super) fn serve(settings: &Settings) -> Result<(), Failure> {
    let runtime = runtime()?;
    let served = runtime.block_on(async {
        let telemetry = Telemetry::init(settings)?;
        let stop = stop_on_signal()?;
        let verifier = Verifier::from_settings(settings)?;
        let signing = Signing {
            signers: settings
                .signers()?
                .ok_or(Failure::Needed("ESSAIM_SIGNING_KEY or ESSAIM_SIGNING_KEY_FILE"))?,
            copy: settings.checkpoint_file.clone(),
        };
        let contents = Contents::of(settings)?;
        let house = open(settings).await?;
        house.refuse_fork(&signing).await?;
        let listener = TcpListener::bind(settings.listen).await?;
        tracing::info!(address = %listener.local_addr()?, "listening");
        let doors = doors((verifier, signing, contents), settings, &telemetry);
        answer(&house, listener, doors, stop).await?;
        telemetry.shutdown().await;
        Ok(())
    });
    runtime.shutdown_timeout(LEAVE);
    served
}

/// Answers on a private server, with the cases and their tokens.
pub(super) fn demo(
    mut settings: Settings,
    listen: SocketAddr,
    data_dir: Option<PathBuf>,
    fresh: bool,
    format: Format,
) -> Result<(), Failure> {
    settings.graphiql = true;
    // Nobody balances a demo: it stops at once.
    settings.drain_ms = 0;
    let ground = Ground::prepare(&settings, listen, data_dir, fresh)?;
    let runtime = runtime()?;
    let served = runtime.block_on(async {
        let telemetry = Telemetry::init(&settings)?;
        let stop = stop_on_signal()?;
        let house = ground.open(&settings).await?;
        let signing = ground.signing(&settings)?;
        let contents = ground.contents()?;
        house.refuse_fork(&signing).await?;
        let guests = Guests::invite(&house, &contents).await?;
        let listener = TcpListener::bind(listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        welcome(&url, &guests.tokens()?, format);
        let doors = doors((guests.verifier(), signing, contents), &settings, &telemetry);
        answer(&house, listener, doors, stop).await?;
        telemetry.shutdown().await;
        Ok(())
    });
    runtime.shutdown_timeout(LEAVE);
    ground.stop()?;
    served
}

fn doors(
    (verifier, signing, contents): (Verifier, Signing, Contents),
    settings: &Settings,
    telemetry: &Telemetry,
) -> Doors {
    Doors {
        verifier,
        figures: telemetry.figures(),
        options: Options::from(settings),
        stopping: Stopping { drain: settings.drain(), grace: settings.grace() },
        signing,
        contents,
    }
}

async fn answer(
    house: &House,
    listener: TcpListener,
    doors: Doors,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let served = house.serve(listener, doors, stop).await;
    house.close().await;
    if served? == Drained::Cut {
        tracing::warn!("some requests were still under way");
    }
    Ok(())
}

/// Cancelled by SIGTERM or Ctrl-C; a second signal ends the process at once.
fn stop_on_signal() -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => (),
            _ = int.recv() => (),
        }
        told.cancel();
        tokio::select! {
            _ = term.recv() => (),
            _ = int.recv() => (),
        }
        std::process::exit(130);
    });
    Ok(stop)
}

/// Says where to go, as whom, and what to try.
fn welcome(url: &str, tokens: &Map<String, Value>, format: Format) {
    if format == Format::Json {
        say(&json!({ "url": url, "tokens": tokens }).to_string());
        return;
    }
    let text = |role: &str| tokens.get(role).and_then(Value::as_str).unwrap_or_default();
    say(&format!("Essaim answers at {url}\n"));
    say(&format!(
        "GraphiQL, as a chargée de mission:\n  {url}/graphiql#token={}\n",
        text("chargeDeMission")
    ));
    say("A token for each role, good for twelve hours:");
    for role in tokens.keys() {
        say(&format!("  {role}\n    {}", text(role)));
    }
    say("\nThree queries to try:");
    for (what, query) in QUERIES {
        say(&format!("  # {what}\n  {query}"));
    }
    say(&format!(
        "\nWith curl:\n  curl -s {url}/graphql -H 'content-type: application/json' \\\n    \
         -H \"authorization: Bearer $TOKEN\" -d '{{\"query\":\"{{ viewer {{ role }} }}\"}}'\n"
    ));
    tell("Ctrl-C stops the server; the data stays, `--fresh` starts over.");
}

/// Asks a running server whether it is ready: for images that hold no other client.
pub(super) fn health(address: SocketAddr) -> Result<(), Failure> {
    let mut stream = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT)?;
    stream.set_read_timeout(Some(HEALTH_TIMEOUT))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(Failure::NotReady(address)) }
}
