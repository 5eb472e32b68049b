-- The log: one totally ordered, gapless, append-only list of facts.
-- Rows are only ever added, by log.append and by nothing else.

do $$
begin
    -- Owns the log: `essaim migrate` runs as it, and nothing else does.
    if not exists (select from pg_roles where rolname = 'essaim_owner') then
        create role essaim_owner nologin;
    end if;
    -- The API. It reads the log and appends through log.append; it owns read models only.
    if not exists (select from pg_roles where rolname = 'essaim_service') then
        create role essaim_service login;
    end if;
exception when duplicate_object or unique_violation then
    null; -- Another database of this server is being migrated at the same moment.
end $$;

create schema log;

-- Who speaks in this log: part of every leaf, so that two logs cannot be mixed.
create table log.origin (
    name text not null,
    single boolean primary key default true check (single)
);

create table log.event (
    position    bigint      primary key,
    -- The exact canonical text of the fact: `json` keeps it byte for byte.
    leaf        json        not null,
    -- SHA-256(0x00 || leaf), as RFC 9162 hashes a leaf.
    leaf_hash   bytea       not null check (leaf_hash = sha256('\x00'::bytea || convert_to(leaf::text, 'UTF8'))),
    -- Members of the leaf, repeated for keys and queries.
    category    text        not null,
    stream      uuid        not null,
    version     bigint      not null,
    kind        text        not null,
    schema      smallint    not null,
    command     uuid        not null,
    actor       uuid        not null,
    territory   text,
    occurred_on date        not null,
    -- Given under the lock: rises with position.
    recorded_at timestamptz not null,
    unique (stream, version)
);

-- One row a batch. The chain makes any rewriting of the past visible.
create table log.commit (
    commit_no      bigint      primary key,
    node           text        not null,
    first_position bigint      not null,
    last_position  bigint      not null unique,
    recorded_at    timestamptz not null,
    -- SHA-256(previous chain || leaf hashes in order); 32 zero bytes before the first.
    chain          bytea       not null check (length(chain) = 32),
    -- Rises when the log goes on from a restored copy.
    epoch          int         not null default 1
);

-- What each command led to: the same one sent again gets the same answer, for ever.
create table log.command (
    command     uuid   primary key,
    fingerprint bytea  not null,
    -- Where its stream stood then.
    stream      uuid   not null,
    version     bigint not null,
    position    bigint not null
);

-- Values that one stream at a time may hold: one SIRET, one organisation.
create table log.claim (
    scope  text not null,
    value  text not null,
    stream uuid not null,
    primary key (scope, value)
);

-- Each time that facts were lost for good, and the log went on under another name.
create table log.fork (
    -- Of the commits since.
    epoch      int         primary key check (epoch > 1),
    -- The name that was left, and the last checkpoint signed under it.
    origin     text        not null unique,
    checkpoint text        not null,
    -- The last position under that name.
    last       bigint      not null,
    opened_at  timestamptz not null default clock_timestamp()
);

create function log.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the log is append-only' using errcode = 'restrict_violation';
end $$;

create trigger append_only before update or delete or truncate on log.event
    for each statement execute function log.refuse();
create trigger append_only before update or delete or truncate on log.commit
    for each statement execute function log.refuse();
create trigger append_only before update or delete or truncate on log.fork
    for each statement execute function log.refuse();
