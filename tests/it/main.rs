//! The house seen from outside: one binary, one module a subject.

mod capitalisations;
mod cases;
mod demo;
mod dlas;
mod evaluations;
mod fiche;
mod financements;
mod historique;
mod ingenieries;
mod log;
mod refusals;
mod tidy;
