-- Conventions: what is notified, set aside and paid (RM-03).
create table conventions (
    id               uuid    primary key,
    version          bigint  not null,
    position         bigint  not null,
    nature           text    not null,
    regime           text    not null,
    etat             text    not null,
    financeur        uuid    not null,
    -- The financeur, and the other institutions of a cadre: those who see it, with the DLAs.
    organisations    uuid[]  not null,
    dlas             uuid[]  not null,
    beneficiaire     uuid,
    reference        text    not null,
    objet            text    not null,
    signed_on        date    not null,
    du               date    not null,
    au               date    not null,
    perimetre        text[]  not null,
    -- Its territories, and those that the codes show around them.
    lieux            text[]  not null,
    -- The cadre that it puts into effect, and at which level.
    cadre            uuid,
    niveau           int,
    -- Signed, as avenants left it; then what was added above.
    montant_cents    bigint  not null,
    minimum_cents    bigint,
    complement_cents bigint  not null,
    supplement_cents bigint  not null,
    notified_cents   bigint  not null,
    allocated_cents  bigint  not null,
    paid_cents       bigint  not null,
    ingenieries      uuid[]  not null,
    niveaux          jsonb   not null,
    subvention       jsonb   not null,
    articulation     text,
    -- The facts that make what is notified.
    notified_by      bigint[] not null,
    -- And those that make the other figures.
    drawn_by         bigint[] not null,
    avenants         jsonb   not null,
    complements      jsonb   not null,
    supplements      jsonb   not null,
    engagements      jsonb   not null,
    allocations      jsonb   not null,
    versements       jsonb   not null,
    closed_on        date,
    motif            jsonb
);
create index on conventions (financeur);
create index on conventions (signed_on, id);
create index on conventions using gin (dlas);
create index on conventions using gin (organisations);
create index on conventions using gin (ingenieries);
