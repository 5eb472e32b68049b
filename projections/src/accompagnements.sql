-- What DLAs did for structures, request by request, and what came of it (RM-06, RM-16).
create table accompagnements (
    id                uuid   primary key,
    version           bigint not null,
    position          bigint not null,
    received_position bigint not null,
    received_on       date   not null,
    dla               uuid   not null,
    structure         uuid   not null,
    relais            uuid,
    canal             text,
    moments           text[] not null,
    -- Of the request, of the diagnostic and of what was needed later.
    domaines          text[] not null,
    demande           jsonb,
    etat              text   not null,
    pre_diagnostic    jsonb  not null,
    rendez_vous       jsonb  not null,
    accueil           jsonb,
    orientations      jsonb  not null,
    diagnostic        jsonb,
    -- The day of the last diagnostic that no suivi followed, while one is expected.
    sans_suivi_depuis date,
    preconisations    jsonb  not null,
    plan              jsonb,
    actions           jsonb  not null,
    -- Those that carry out its actions.
    ingenieries       uuid[] not null,
    restitutions      jsonb  not null,
    suivis            jsonb  not null,
    mesures           jsonb  not null,
    besoins           jsonb  not null,
    issues            text[] not null,
    fin               jsonb
);
create unique index on accompagnements (received_position);
create index on accompagnements (dla, received_position);
create index on accompagnements (structure, received_position);
create index on accompagnements using gin (ingenieries);
create index on accompagnements (sans_suivi_depuis) where sans_suivi_depuis is not null;
