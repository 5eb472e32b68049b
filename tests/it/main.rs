//! The house seen from outside: one binary, one module a subject.

mod ingenieries;
mod log;
