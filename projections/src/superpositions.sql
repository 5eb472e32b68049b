-- What plans declare that their crédits d'ingénierie pay for, as it stands now.
create table credits (
    plan           uuid     primary key,
    ingenierie     uuid     not null,
    action         uuid     not null,
    theme          text     not null,
    objet          text     not null,
    dlas           uuid[]   not null,
    du             date     not null,
    au             date     not null,
    territoire     text,
    secteurs       text[]   not null,
    branches       text[]   not null,
    declared_on    date     not null,
    -- The fact that declared them last.
    position       bigint   not null
);
create index on credits (action);
create index on credits (ingenierie);
-- The register of superpositions (RM-04): each overlap that was found, and what became of it.
create table superpositions (
    action         uuid     not null,
    numero         int      not null,
    theme          text     not null,
    objet          text     not null,
    etat           text     not null,
    bases          text[]   not null,
    -- The plan declared last comes first.
    plans          uuid[]   not null,
    ingenieries    uuid[]   not null,
    -- What the two declared when it was found.
    cotes          jsonb    not null,
    dlas           uuid[]   not null,
    detected_on    date     not null,
    cleared_on     date,
    because        jsonb,
    lapsed_on      date,
    first_position bigint   not null,
    positions      bigint[] not null,
    primary key (action, numero)
);
create index on superpositions (first_position);
create index on superpositions using gin (plans);
create index on superpositions using gin (dlas);
