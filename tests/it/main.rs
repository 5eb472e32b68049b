//! The house seen from outside: one binary, one module a subject.

mod historique;
mod ingenieries;
mod log;
