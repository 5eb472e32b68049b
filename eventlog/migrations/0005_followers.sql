-- Followers: who runs each, what stopped it, what it could not apply, and what people did
-- about that.

alter table keeping.checkpoint
    -- Of who holds the lease. Whoever shows an older one writes nothing more.
    add column token      bigint      not null default 0,
    -- From then on anyone may take the lease.
    add column held_until timestamptz not null default '-infinity',
    -- When it first reached the end of the log. What is asked before is incomplete.
    add column built_at   timestamptz,
    -- Why it goes no further: a code, and the position it stopped at. Null while it runs.
    add column stopped    text,
    add column stopped_at bigint;

-- Tokens of leases: none is ever given twice, not even to a follower that was forgotten.
create sequence keeping.token;

-- What followed before this migration was complete, or is made so within seconds.
update keeping.checkpoint set built_at = moved_at where position > 0;

-- Facts that wait: one that cannot be applied, and those after it in its sequence.
create table keeping.parked (
    follower  text        not null,
    position  bigint      not null,
    sequence  uuid        not null,
    -- Why it cannot be applied; null when it waits for one before it.
    code      text,
    parked_at timestamptz not null default clock_timestamp(),
    primary key (follower, position)
);

-- What people did about facts that could not be applied. Never deleted.
create table keeping.intervention (
    follower text        not null,
    word     text        not null check (word in ('retry', 'discard')),
    -- The fact that is left out for good.
    position bigint      check ((position is not null) = (word = 'discard')),
    who      text        not null,
    because  text        not null,
    at       timestamptz not null default clock_timestamp()
);
create unique index on keeping.intervention (follower, position);

alter sequence keeping.token owner to essaim_owner;
alter table keeping.parked owner to essaim_owner;
alter table keeping.intervention owner to essaim_owner;
grant select, insert, delete on keeping.parked to essaim_service;
grant select, insert on keeping.intervention to essaim_service;
grant usage on sequence keeping.token to essaim_service;
