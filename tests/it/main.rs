//! The house seen from outside: one binary, one module a subject.

mod demo;
mod historique;
mod ingenieries;
mod log;
mod refusals;
mod tidy;
