//! The house seen from outside: one binary, one module a subject.

mod capitalisations;
mod dlas;
mod evaluations;
mod financements;
mod historique;
mod ingenieries;
mod log;
