-- Who did what of a dossier, when, and in which role (RM-17). What it was about is read from
-- the log.
create table historique (
    position    bigint      primary key,
    dossier     uuid        not null,
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
    -- The activity of the method that it proves.
    activite    text
);
create index on historique (dossier, position);
create index on historique (dossier, activite, position) where activite is not null;
