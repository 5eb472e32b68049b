//! The house seen from outside: one binary, one module a subject.

mod log;
mod refusals;
mod tidy;
