-- The registry: who is who, and in which roles.
create table organisations (
    id           uuid    primary key,
    version      bigint  not null,
    denomination text    not null,
    statut       text    not null,
    siret        text,
    siren        text,
    rna          text,
    ridet        text,
    tahiti       text,
    ape          text,
    commune      text,
    -- The year that the code of the commune is of.
    millesime    smallint,
    secteurs     text[]  not null,
    roles        text[]  not null,
    closed       boolean not null,
    successor    uuid,
    -- The one that stands for it since they were merged.
    merged_into  uuid,
    -- What it offers as a prestataire, while it is referenced.
    referencement jsonb,
    profils      jsonb   not null
);
create index on organisations (denomination, id);
