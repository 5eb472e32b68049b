//! The house seen from outside: one binary, one module a subject.
#![expect(
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test tells its story whole, and its panic is its failure"
)]

mod activites;
mod any_order;
mod annuaires;
mod audits;
mod auditors;
mod besoins;
mod capitalisations;
mod bibliotheque;
mod campagnes;
mod cases;
mod comites;
mod consultations;
mod conventions;
mod demo;
mod dlas;
mod documents;
mod erasure;
mod evaluations;
mod exports;
mod fiche;
mod financements;
mod following;
mod historique;
mod inter_dla;
mod individuelles;
mod ingenieries;
mod interventions;
mod leaks;
mod log;
mod mandats;
mod methode;
mod past;
mod proofs;
mod referentiels;
mod refusals;
mod statistiques;
mod superpositions;
mod telemetry;
mod tidy;
mod transferts;
mod values;
mod vault;
