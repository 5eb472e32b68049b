-- The register of documents (C23): what each is, its versions, who reads it. No content.
create table documents (
    id                  uuid    primary key,
    version             bigint  not null,
    position            bigint  not null,
    registered_position bigint  not null,
    -- Of a document of an organisation alone, there is none.
    ingenierie          uuid,
    dlas                uuid[]  not null,
    -- Whose document it is, when it is not the DLA's own.
    structure           uuid,
    nature              text    not null,
    titre               jsonb   not null,
    jour                date    not null,
    langue              text,
    conservation        text    not null,
    personnelles        boolean not null,
    lecteurs            text[]  not null,
    consentement        text,
    etat                text    not null,
    registered_on       date    not null,
    -- Oldest first.
    versions            jsonb   not null,
    motif               jsonb
);
create unique index on documents (registered_position);
create index on documents (ingenierie);
create index on documents using gin (dlas);
