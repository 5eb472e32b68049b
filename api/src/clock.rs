//! The clock, read once a request, and the ids that nobody sends. Rules take dates as parameters.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use uuid::Uuid;

/// Where the network works: a date without a zone is a date there.
const PARIS: &str = "Europe/Paris";

/// When a request arrived, and the date it is in Paris.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestClock {
    pub today: Date,
    pub at: Timestamp,
}

impl RequestClock {
    /// Reads the clock, once: the date and the time are of one instant.
    pub fn read() -> Self {
        let at = now();
        Self { today: date_in_paris(at), at }
    }
}

/// The time it is.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The date it is in Paris.
pub fn today_in_paris() -> Date {
    date_in_paris(now())
}

fn date_in_paris(at: Timestamp) -> Date {
    Zoned::new(at, paris()).date()
}

/// When a day begins in Paris; none at the end of time.
pub(crate) fn start_in_paris(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(paris()).ok()?.timestamp())
}

fn paris() -> TimeZone {
    TimeZone::get(PARIS).expect("the time zones are built in")
}

/// A new id for a request that came without one.
#[expect(clippy::disallowed_methods, reason = "a request has no id before it arrives")]
pub(crate) fn draw_request_id() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_begins_at_midnight_in_paris() {
        let at = |text: &str| date_in_paris(text.parse().unwrap()).to_string();
        assert_eq!(at("2026-07-01T21:59:59Z"), "2026-07-01");
        assert_eq!(at("2026-07-01T22:00:00Z"), "2026-07-02");
        assert_eq!(at("2026-12-31T22:59:59Z"), "2026-12-31");
        assert_eq!(at("2026-12-31T23:00:00Z"), "2027-01-01");
        let start = start_in_paris("2026-07-02".parse().unwrap()).unwrap();
        assert_eq!(start.to_string(), "2026-07-01T22:00:00Z");
    }
}
