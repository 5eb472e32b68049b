-- Who did what, when, and in which role (RM-17). What it says is read from the log.
create table historique (
    position    bigint      primary key,
    -- Facts of the registries belong to no dossier.
    dossier     uuid,
    stream      uuid        not null,
    category    text        not null,
    version     bigint      not null,
    kind        text        not null,
    occurred_on date        not null,
    recorded_at timestamptz not null,
    actor       uuid        not null,
    actor_org   uuid,
    role        text        not null,
    command     uuid        not null,
    -- Its stream, and the ids that its content names, persons apart.
    about       uuid[]      not null,
    -- Of those, the structures it says something of.
    structures  uuid[]      not null,
    -- The activity of the method that it proves.
    activite    text
);
create index on historique (dossier, position);
create index on historique (recorded_at, position);
create index on historique (actor_org, position) where actor_org is not null;
create index on historique using gin (about);
create index on historique (dossier, activite, position) where activite is not null;
