-- The library (RM-14): ingénieries told as cases, elements that were kept, cases of before. What
-- is not published is there too, for its facts come before: nobody reads it here.
create table fiches_bibliotheque (
    -- A capitalisation, or a case of before.
    origine            uuid     not null,
    -- Of an element in its capitalisation; 0 for a case.
    numero             int      not null,
    genre              text     not null,
    position           bigint   not null,
    published          boolean  not null,
    published_on       date,
    -- 0 when it is not published.
    published_position bigint   not null,
    ingenierie         uuid,
    dlas               uuid[]   not null,
    -- Those that it names, with their consent.
    structures         uuid[]   not null,
    titre              text     not null,
    resume             text     not null,
    enseignements      text,
    source             text,
    annee              int,
    territoire         text,
    -- It, and the territories that the codes show around it.
    lieux              text[]   not null,
    natures            text[]   not null,
    secteurs           text[]   not null,
    themes             text[]   not null,
    type_ingenierie    text,
    nombre_structures  int,
    -- In quarters.
    jours              int,
    cout_cents         bigint,
    tranche            text,
    transferable       boolean,
    -- The words, folded: without case, accents or plural.
    mots_titre         text     not null,
    mots_codes         text     not null,
    mots_resume        text     not null,
    mots_enseignements text     not null,
    recherche          tsvector not null generated always as (
        setweight(to_tsvector('pg_catalog.french', mots_titre), 'A')
        || setweight(to_tsvector('pg_catalog.french', mots_codes), 'B')
        || setweight(to_tsvector('pg_catalog.french', mots_resume), 'C')
        || setweight(to_tsvector('pg_catalog.french', mots_enseignements), 'D')
    ) stored,
    primary key (origine, numero)
);
create index on fiches_bibliotheque using gin (recherche);
create index on fiches_bibliotheque using gin (lieux);
create index on fiches_bibliotheque ((-published_position), origine, numero) where published;
