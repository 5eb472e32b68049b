//! Scalars: what JSON numbers and strings would let pass wrong.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use domain::values::Invalid;

use crate::error::invalid_scalar;

/// An amount of money in euro cents, as a string of digits: `"250000"` is 2 500,00 €.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cents(pub(crate) domain::Cents);

/// An amount of money in euro cents, as a string of digits: `"250000"` is 2 500,00 €.
#[Scalar]
impl ScalarType for Cents {
    fn parse(value: Value) -> InputValueResult<Self> {
        domain::Cents::amount(integer(&value)?)
            .map(Self)
            .map_err(invalid_scalar)
    }

    fn is_valid(value: &Value) -> bool {
        integer::<Self>(value).is_ok_and(|it| domain::Cents::amount(it).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.0.to_string())
    }
}

impl From<i64> for Cents {
    fn from(cents: i64) -> Self {
        Self(domain::Cents(cents))
    }
}

/// A place in the whole log, as a string of digits. Positions rise without holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position(pub(crate) i64);

/// A place in the whole log, as a string of digits. Positions rise without holes.
#[Scalar]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        integer(&value).map(Self)
    }

    fn is_valid(value: &Value) -> bool {
        integer::<Self>(value).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// The version of an object, as a string of digits: how many facts made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(pub(crate) i64);

/// The version of an object, as a string of digits: how many facts made it.
#[Scalar]
impl ScalarType for Version {
    fn parse(value: Value) -> InputValueResult<Self> {
        integer(&value).map(Self)
    }

    fn is_valid(value: &Value) -> bool {
        integer::<Self>(value).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A date without time, in Paris: `2026-03-16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date(pub(crate) domain::Date);

/// A date without time, in Paris: `2026-03-16`.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        date(&value).map(Self).ok_or_else(|| {
            invalid_scalar(Invalid {
                fr: "Indiquez une date comme 2026-03-16.".to_owned(),
                en: "Give a date such as 2026-03-16.".to_owned(),
            })
        })
    }

    fn is_valid(value: &Value) -> bool {
        date(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A moment in UTC (RFC 3339): `2026-03-16T08:15:30.5Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) jiff::Timestamp);

/// A moment in UTC (RFC 3339): `2026-03-16T08:15:30.5Z`.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(it) => it
                .parse()
                .map(Self)
                .map_err(|_| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(it) if it.parse::<jiff::Timestamp>().is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A number of days, to the quarter, as a string with a dot: `"3"`, `"0.5"`, `"1.25"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jours(pub(crate) domain::QuarterDays);

/// A number of days, to the quarter, as a string with a dot: `"3"`, `"0.5"`, `"1.25"`.
#[Scalar]
impl ScalarType for Jours {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(it) => domain::QuarterDays::parse(it)
                .map(Self)
                .map_err(invalid_scalar),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(it) if domain::QuarterDays::parse(it).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<i32> for Jours {
    fn from(quarters: i32) -> Self {
        Self(domain::QuarterDays(quarters))
    }
}

/// What an indicator shows: a number of any sign with up to four decimals, as a string with a
/// dot: `"12"`, `"-0.5"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mesure(pub(crate) domain::Mesure);

/// What an indicator shows: a number of any sign with up to four decimals, as a string with a
/// dot: `"12"`, `"-0.5"`.
#[Scalar]
impl ScalarType for Mesure {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(it) => domain::Mesure::parse(it).map(Self).map_err(invalid_scalar),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(it) if domain::Mesure::parse(it).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// How many, in an `Int`: a count that would not fit is the largest that does.
pub(crate) fn count(it: i64) -> i32 {
    i32::try_from(it).unwrap_or(i32::MAX)
}

fn date(value: &Value) -> Option<domain::Date> {
    match value {
        Value::String(it) if it.len() == 10 => it.parse().ok(),
        _ => None,
    }
}

/// How a scalar is written, in French and in English.
pub(crate) fn form(scalar: &str) -> Option<[&'static str; 2]> {
    Some(match scalar {
        "Cents" => [
            "un montant en centimes d'euro, en chiffres entre guillemets, comme \"250000\" pour 2 500,00 €",
            "an amount in euro cents, in digits between quotes, such as \"250000\" for €2,500.00",
        ],
        "Date" => ["une date, comme \"2026-03-16\"", "a date, such as \"2026-03-16\""],
        "DateTime" => [
            "un instant, comme \"2026-03-16T08:15:30Z\"",
            "a moment, such as \"2026-03-16T08:15:30Z\"",
        ],
        "Jours" => ["des jours par quarts, comme \"2.5\"", "days by quarters, such as \"2.5\""],
        "Mesure" => ["un nombre, comme \"4.5\"", "a number, such as \"4.5\""],
        "Position" | "Version" => [
            "un nombre entier, en chiffres entre guillemets, comme \"42\"",
            "a whole number, in digits between quotes, such as \"42\"",
        ],
        _ => return None,
    })
}

/// Digits in a string: a JSON number would lose some beyond 2^53.
fn integer<T: async_graphql::InputType>(value: &Value) -> Result<i64, InputValueError<T>> {
    let parsed = match value {
        Value::String(it) if it.len() <= 19 && it.bytes().all(|c| c.is_ascii_digit()) => {
            it.parse().ok()
        }
        _ => None,
    };
    parsed.ok_or_else(|| {
        invalid_scalar(Invalid {
            fr: "Indiquez un nombre entier, en chiffres, entre guillemets.".to_owned(),
            en: "Give a whole number, in digits, between quotes.".to_owned(),
        })
    })
}
