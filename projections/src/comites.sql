-- Séances of the comités d'appui, with their agendas and what was said of each dossier (RM-20).
create table seances_comite (
    id              uuid    primary key,
    version         bigint  not null,
    position        bigint  not null,
    dla             uuid    not null,
    etat            text    not null,
    jour            date    not null,
    debut           text,
    fin             text,
    lieu            text,
    visio           boolean not null,
    organisateur    uuid,
    territoire      text    not null,
    -- When the agenda was last sent, how many times, and whether it changed since.
    envoye_on       date,
    editions        int     not null,
    modifie         boolean not null,
    -- The dossiers on the agenda, and what is known of each.
    ingenieries     uuid[]  not null,
    dossiers        jsonb   not null,
    membres         jsonb   not null,
    closed_on       date,
    -- Why it moved, or will not take place.
    motif           jsonb
);
create index on seances_comite (dla, jour);
create index on seances_comite (jour, (coalesce(debut, '99:99')), id);
create index on seances_comite using gin (ingenieries);
