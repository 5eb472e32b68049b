-- What must be forgettable: kept apart from the log, backed up apart, for 30 days only.

create schema vault;

-- One key a subject (a person, a dossier, an organisation, an offre), wrapped by a
-- key-encryption key from configuration. Deleting the row erases what it protects.
create table vault.subject_key (
    subject    text        primary key,
    wrapped    bytea       not null,
    made_at    timestamptz not null default clock_timestamp()
);

-- The disclosures of sealed values: salt, pointer and value, encrypted for their subject.
create table vault.sealed (
    position bigint not null,
    pointer  text   not null,
    subject  text   not null,
    box      bytea  not null,
    primary key (position, pointer)
);
create index on vault.sealed (subject);

-- Who opened what, when and what for: written before the value is opened.
create table vault.access (
    at       timestamptz not null default clock_timestamp(),
    actor    uuid        not null,
    role     text        not null,
    purpose  text        not null,
    position bigint      not null,
    pointer  text        not null,
    subject  text        not null
);
create index on vault.access (subject, at);
create index on vault.access using brin (at);

-- Who stands behind an actor's random id.
create table vault.actor (
    issuer   text not null,
    subject  text not null,
    actor    uuid not null unique,
    primary key (issuer, subject)
);

create schema keeping;

-- How far each follower has read, and the chain there: a chain that differs means that the
-- log was forked.
create table keeping.checkpoint (
    follower text        primary key,
    position bigint      not null,
    chain    bytea       not null,
    epoch    int         not null,
    moved_at timestamptz not null default clock_timestamp()
);
