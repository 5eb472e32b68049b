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
    -- Those who help to write and to choose: they see the offres, once open.
    invites       uuid[]  not null,
    territoire    text    not null,
    edition       int     not null,
    sections      jsonb   not null,
    editions      jsonb   not null,
    invitations   jsonb   not null,
    contributions jsonb   not null,
    etat          text    not null,
    deadline      date,
    candidats     jsonb   not null,
    chosen        uuid,
    montant_cents bigint,
    choix         jsonb,
    preferences   jsonb   not null,
    infructueuse  jsonb,
    contrat       jsonb,
    waivers       jsonb   not null
);
create index on consultations (ingenierie);
