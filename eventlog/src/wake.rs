//! Hints between processes that the log has grown. Readers poll all the same: a lost hint
//! costs a quarter of a second and nothing else.

use std::time::Duration;

use sqlx::{
    PgPool,
    pool::CloseEvent,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::sync::watch;

use crate::{Position, timeline::Timelines};

const CHANNEL: &str = "essaim_log";

/// Many commits share one notification.
const COALESCE: Duration = Duration::from_millis(20);

const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Tells other processes how far this one has written, from a connection of its own. A hint
/// need not survive a crash: it waits for no flush.
pub(crate) fn notifier(options: PgConnectOptions) -> watch::Sender<Position> {
    let options = options.options([("synchronous_commit", "off")]);
    let (written, mut progress) = watch::channel(Position(0));
    tokio::spawn(async move {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options);
        while progress.changed().await.is_ok() {
            tokio::time::sleep(COALESCE).await;
            let to = progress.borrow_and_update().0.to_string();
            let told = sqlx::query("select pg_notify($1, $2)")
                .bind(CHANNEL)
                .bind(to)
                .execute(&pool)
                .await;
            if let Err(error) = told {
                tracing::debug!(error = &error as &dyn std::error::Error, "nobody was notified");
            }
        }
    });
    written
}

/// What is done with what is heard.
pub(crate) struct Heard {
    /// Goes as far as others have written.
    pub(crate) head: watch::Sender<Position>,
    /// Another one begins with another connection: this one is always there, so that who neither
    /// reads nor writes finds out too that the database is no longer the same.
    pub(crate) timelines: Timelines,
}

/// Hears how far other processes have written, until `closed`.
pub(crate) fn start(options: PgConnectOptions, heard: Heard, mut closed: CloseEvent) {
    tokio::spawn(async move {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options);
        let listening = async {
            let mut was_cut = false;
            loop {
                if let Err(error) = listen(&pool, &heard, was_cut).await {
                    tracing::debug!(error = &error as &dyn std::error::Error, "listening stopped");
                }
                was_cut = true;
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        };
        let _: Result<(), _> = closed.do_until(listening).await;
    });
}

async fn listen(pool: &PgPool, heard: &Heard, was_cut: bool) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    if was_cut {
        heard.timelines.forget();
    }
    // None when the connection was lost.
    while let Some(notice) = listener.try_recv().await? {
        let Ok(position) = notice.payload().parse() else { continue };
        heard.head.send_if_modified(|head| {
            let moves = *head < Position(position);
            *head = (*head).max(Position(position));
            moves
        });
    }
    Ok(())
}
