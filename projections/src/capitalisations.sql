-- What ingénieries leave to others (RM-13): how it is transferred, the catalogue, and what became
-- of it.
create table capitalisations (
    id                        uuid   primary key,
    version                   bigint not null,
    position                  bigint not null,
    ingenierie                uuid   not null,
    dlas                      uuid[] not null,
    -- The partners and structures of the ingénierie, and those that elements come from.
    organisations             uuid[] not null,
    territoire                text   not null,
    natures                   text[] not null,
    destinataires             text[] not null,
    responsable               text,
    responsable_organisation  uuid,
    formes                    text[] not null,
    tons                      text[] not null,
    consentements             jsonb  not null
);
create index on capitalisations (ingenierie);

create table elements (
    capitalisation     uuid    not null,
    numero             int     not null,
    position           bigint  not null,
    ingenierie         uuid    not null,
    dlas               uuid[]  not null,
    organisations      uuid[]  not null,
    territoire         text    not null,
    nature             text    not null,
    genre              text    not null,
    titre              text    not null,
    description        text    not null,
    secteurs           text[]  not null,
    themes             text[]  not null,
    lien               text,
    structure          uuid,
    transferable       boolean,
    objectifs          text,
    published          boolean not null,
    published_on       date,
    -- 0 when it is not published.
    published_position bigint  not null,
    retrait            jsonb,
    consentement       text    not null,
    -- The DLAs and organisations it was handed over to, while they may read it for that.
    lecteurs           uuid[]  not null,
    transferts         int     not null,
    -- The kinds of recipients that were targeted and not served yet.
    dus                text[]  not null,
    primary key (capitalisation, numero)
);
create index on elements ((-published_position), capitalisation, numero);
create index on elements (ingenierie);

create table transferts (
    capitalisation     uuid   not null,
    numero             int    not null,
    position           bigint not null,
    element            int    not null,
    performed_on       date   not null,
    categories         text[] not null,
    destinataires      jsonb  not null,
    forme              text   not null,
    par                uuid,
    primary key (capitalisation, numero)
);

-- Which later ingénierie reuses which element.
create table reutilisations (
    capitalisation     uuid   not null,
    element            int    not null,
    ingenierie         uuid   not null,
    position           bigint not null,
    declared_on        date   not null,
    dlas               uuid[] not null,
    territoire         text   not null,
    primary key (capitalisation, element, ingenierie)
);
create index on reutilisations (ingenierie);
