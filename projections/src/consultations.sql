-- Consultations of prestataires, from the cahier des charges to the choice (RM-08).
create table consultations (
    id            uuid    primary key,
    version       bigint  not null,
    position      bigint  not null,
    ingenierie    uuid    not null,
    dlas          uuid[]  not null,
    -- Those asked, and whoever is chosen: they see the consultation, and of the offres only
    -- their own.
    organisations uuid[]  not null,
    territoire    text    not null,
    edition       int     not null,
    sections      jsonb   not null,
    etat          text    not null,
    deadline      date,
    candidats     jsonb   not null,
    chosen        uuid,
    montant_cents bigint,
    choix         jsonb,
    waivers       jsonb   not null
);
create index on consultations (ingenierie);
