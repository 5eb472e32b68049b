-- What each ingénierie costs, and who pays (RM-02).
create table plans (
    id                 uuid    primary key,
    version            bigint  not null,
    position           bigint  not null,
    ingenierie         uuid    not null,
    -- Those concerned, and those that pay with their crédits d'ingénierie.
    dlas               uuid[]  not null,
    -- Those concerned: the plan is theirs.
    concerned          uuid[]  not null,
    -- Those thought of to pay.
    organisations      uuid[]  not null,
    territoire         text,
    confirmed          boolean not null,
    confirmed_on       date,
    regime_taxe        text    not null,
    settled_on         date,
    total_cents        bigint  not null,
    realise_cents      bigint  not null,
    retained_cents     bigint  not null,
    granted_cents      bigint  not null,
    paid_cents         bigint  not null,
    valorisation_cents bigint  not null,
    depenses           jsonb   not null,
    ressources         jsonb   not null,
    valorisations      jsonb   not null,
    waivers            jsonb   not null
);
create index on plans (ingenierie);

create table lignes (
    plan           uuid     not null,
    ligne          int      not null,
    ingenierie     uuid     not null,
    dlas           uuid[]   not null,
    organisations  uuid[]   not null,
    territoire     text,
    -- It, and the territories that the codes show around it.
    lieux          text[]   not null,
    source         text     not null,
    -- One of the two.
    financeur      uuid,
    dla            uuid,
    state          text     not null,
    sought_cents   bigint   not null,
    granted_cents  bigint,
    paid_cents     bigint   not null,
    versements     jsonb    not null,
    sought_on      date     not null,
    requested_on   date,
    answered_on    date,
    notified_on    date,
    reference      text,
    motif          jsonb,
    first_position bigint   not null,
    last_position  bigint   not null,
    positions      bigint[] not null,
    primary key (plan, ligne)
);
create index on lignes (ingenierie);
create index on lignes (financeur);
create index on lignes (dla);
