//! The doors: who may come in, what they may ask, and how they are answered.
//!
//! Read `http` for the road of a request, `graphql` for what can be asked, `error` for what
//! a caller may know of a failure, `house` for how the parts are put together.

// The merged schema nests deeper than the compiler allows by itself.
#![recursion_limit = "256"]

pub mod config;
pub mod telemetry;
pub mod clock;
pub mod house;
pub mod documents;
pub mod erasures;
pub mod listes;
mod follower;
mod work;
pub mod processes;
mod register;
pub mod demo;
pub mod cases;
pub mod bibliotheque;
pub mod http;
pub mod guard;
pub mod trusted;
pub mod quotas;
pub mod auth;
pub mod tokens;
pub mod jetons;
pub mod error;
mod faits;
pub mod live;
mod audits;
mod csv;
pub mod exports;
pub mod graphql;
mod graphiql;
pub mod embedded;
pub mod throwaway;

pub use crate::error::{Error, Result};
