-- What must be forgettable: kept apart from the log, backed up apart, for 30 days only.

create schema vault;

-- One key a subject (a person, a dossier, an organisation, an offre), wrapped by a
-- key-encryption key from configuration. Erasing takes the key away and leaves the row: whoever
-- makes a key at the same moment meets it, so that an erased subject never has one again.
create table vault.subject_key (
    subject    text        primary key,
    wrapped    bytea,
    -- Which key-encryption key wraps it: a number drawn from that key, which does not tell it.
    kek        text,
    made_at    timestamptz not null default clock_timestamp(),
    erased_at  timestamptz,
    -- The fact that says so.
    erased_by  bigint,
    check ((wrapped is null) = (erased_at is not null)),
    check ((wrapped is null) = (kek is null)),
    check ((erased_by is null) = (erased_at is null))
);
create index on vault.subject_key (kek);
create index on vault.subject_key (erased_by) where erased_by is not null;

create function vault.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'what was erased stays erased' using errcode = 'restrict_violation';
end $$;

create trigger erased before update or delete on vault.subject_key
    for each row when (old.erased_at is not null) execute function vault.refuse();

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
    subject  text        not null,
    -- Why, for the purposes that must say it.
    because  text,
    -- Who ran the program, when no token says who asks.
    who      text
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

-- How far the log was read for erasures, and the chain there. It stands here, and not in
-- `keeping`, so that a vault which comes out of a backup says how far that one was.
create table vault.replayed (
    position bigint not null,
    chain    bytea  not null,
    single   boolean primary key default true check (single)
);
insert into vault.replayed (position, chain) values (0, decode(repeat('00', 32), 'hex'));

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
