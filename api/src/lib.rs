//! The doors: who may come in, what they may ask, and how they are answered.
//!
//! Read `http` for the road of a request, `error` for what a caller may know of a failure.

pub mod config;
pub mod telemetry;
pub mod clock;
pub mod http;
pub mod guard;
pub mod auth;
pub mod tokens;
pub mod error;
pub mod graphql {
    //! The schema, seen from its extensions.

    pub mod extensions;
}

pub use crate::error::{Error, Result};
