//! The house seen from outside: one binary, one module a subject.
#![expect(
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test tells its story whole, and its panic is its failure"
)]

mod accompagnements;
mod activites;
mod any_order;
mod annuaires;
mod attackers;
mod auditors;
mod besoins;
mod capitalisations;
mod bibliotheque;
mod campagnes;
mod cases;
mod clients;
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
mod figures;
mod financements;
mod following;
mod historique;
mod identite;
mod inter_dla;
mod individuelles;
mod ingenieries;
mod interventions;
mod leaks;
mod live;
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
mod trusted;
mod values;
mod vault;
mod verification;
