-- Interventions, and their séances: the calendar of the dossiers (RM-09).
create table interventions (
    id            uuid    primary key,
    version       bigint  not null,
    position      bigint  not null,
    ingenierie    uuid    not null,
    dlas          uuid[]  not null,
    -- Those who intervene, and the structures that are convened or visited.
    organisations uuid[]  not null,
    territoire    text    not null,
    closed_on     date,
    relations     jsonb   not null,
    presences     jsonb   not null,
    avancements   jsonb   not null,
    rapports      jsonb   not null,
    waivers       jsonb   not null
);
create index on interventions (ingenierie);

create table seances (
    intervention uuid    not null,
    seance       int     not null,
    position     bigint  not null,
    ingenierie   uuid    not null,
    dlas         uuid[]  not null,
    etat         text    not null,
    -- For an individual séance.
    structure    uuid,
    intervenant  uuid,
    module       text,
    groupe       int,
    territoire   text    not null,
    jour         date    not null,
    debut        text,
    fin          text,
    lieu         text,
    held_on      date,
    -- Those convened, by structure, and whether they came.
    participants jsonb   not null,
    structures   uuid[]  not null,
    -- Why it moved, or will not take place.
    motif        jsonb,
    primary key (intervention, seance)
);
create index on seances (jour, (coalesce(debut, '99:99')), intervention, seance);
create index on seances using gin (dlas);
