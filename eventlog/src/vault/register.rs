//! What the vault holds for a subject, who opened it, and how long it has been there: for those
//! who answer for the protection of data. Nothing is opened here.

use domain::{Date, Subject, retention};
use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::Vault;
use crate::{Error, Position};

/// A value that is held, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub position: Position,
    pub pointer: String,
    pub category: String,
    pub stream: Uuid,
    pub kind: String,
    pub on: Date,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub at: Timestamp,
    pub actor: Uuid,
    pub role: String,
    pub purpose: String,
    pub position: Position,
    pub pointer: String,
    pub because: Option<String>,
    pub who: Option<String>,
}

/// What has been held for longer than it should be, unless there is a reason to keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub subject: String,
    /// The last fact that seals something for the subject.
    pub last: Date,
    /// The day from which it should no longer be held.
    pub since: Date,
    pub values: i64,
}

#[derive(FromRow)]
struct HeldRow {
    position: Position,
    pointer: String,
    category: String,
    stream: Uuid,
    kind: String,
    occurred_on: jiff_sqlx::Date,
}

#[derive(FromRow)]
struct AccessRow {
    at: jiff_sqlx::Timestamp,
    actor: Uuid,
    role: String,
    purpose: String,
    position: Position,
    pointer: String,
    because: Option<String>,
    who: Option<String>,
}

#[derive(FromRow)]
struct DueRow {
    subject: String,
    last: jiff_sqlx::Date,
    since: jiff_sqlx::Date,
    values: i64,
}

/// Subjects, the last day something was sealed for them, and the first day it is due.
const DUE: &str = "
    select s.subject, max(e.occurred_on) as last, count(*) as values,
           (max(e.occurred_on) + make_interval(months => max(c.months)))::date as since
    from vault.sealed s
    join log.event e on e.position = s.position
    join unnest($1::text[], $2::int[]) c (subject, months)
         on c.subject = split_part(s.subject, '/', 1)
    where $3::text is null or s.subject = $3
    group by s.subject
    having $4::date is null
           or (max(e.occurred_on) + make_interval(months => max(c.months)))::date <= $4
    order by since, s.subject";

impl Vault {
    /// The values that are held for a subject, oldest first.
    pub async fn held(&self, subject: &Subject) -> Result<Vec<Held>, Error> {
        let rows: Vec<HeldRow> = sqlx::query_as(
            "select s.position, s.pointer, e.category, e.stream, e.kind, e.occurred_on
             from vault.sealed s
             join log.event e on e.position = s.position
             where s.subject = $1
             order by s.position, s.pointer",
        )
        .bind(subject.as_str())
        .fetch_all(&self.pool)
        .await?;
        let held = |it: HeldRow| Held {
            position: it.position,
            pointer: it.pointer,
            category: it.category,
            stream: it.stream,
            kind: it.kind,
            on: it.occurred_on.to_jiff(),
        };
        Ok(rows.into_iter().map(held).collect())
    }

    /// Who opened what is or was held for a subject, latest first, at most `limit` lines.
    pub async fn accesses(&self, subject: &Subject, limit: i64) -> Result<Vec<Access>, Error> {
        let rows: Vec<AccessRow> = sqlx::query_as(
            "select at, actor, role, purpose, position, pointer, because, who
             from vault.access
             where subject = $1
             order by at desc, position, pointer
             limit $2",
        )
        .bind(subject.as_str())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let access = |it: AccessRow| Access {
            at: it.at.to_jiff(),
            actor: it.actor,
            role: it.role,
            purpose: it.purpose,
            position: it.position,
            pointer: it.pointer,
            because: it.because,
            who: it.who,
        };
        Ok(rows.into_iter().map(access).collect())
    }

    /// What has passed its retention on a day, longest first.
    pub async fn due(&self, on: Date) -> Result<Vec<Due>, Error> {
        self.retained(None, Some(on)).await
    }

    /// Until when what is held for one subject may be held. Nothing when nothing is held.
    pub async fn due_of(&self, subject: &Subject) -> Result<Option<Due>, Error> {
        Ok(self.retained(Some(subject), None).await?.pop())
    }

    async fn retained(&self, of: Option<&Subject>, on: Option<Date>) -> Result<Vec<Due>, Error> {
        let classes = retention::CLASSES.iter();
        let (subjects, months): (Vec<_>, Vec<_>) =
            classes.map(|it| (it.subject, it.months)).unzip();
        let rows: Vec<DueRow> = sqlx::query_as(DUE)
            .bind(subjects)
            .bind(months)
            .bind(of.map(Subject::as_str))
            .bind(on.map(jiff_sqlx::Date::from))
            .fetch_all(&self.pool)
            .await?;
        let due = |it: DueRow| Due {
            subject: it.subject,
            last: it.last.to_jiff(),
            since: it.since.to_jiff(),
            values: it.values,
        };
        Ok(rows.into_iter().map(due).collect())
    }

    /// The accounts that stand behind some actors: issuer, subject of their tokens, id.
    pub async fn accounts(&self, actors: &[Uuid]) -> Result<Vec<(String, String, Uuid)>, Error> {
        Ok(sqlx::query_as(
            "select issuer, subject, actor from vault.actor where actor = any($1) order by 1, 2",
        )
        .bind(actors)
        .fetch_all(&self.pool)
        .await?)
    }
}
