-- The tree over the leaf hashes, and its signed head. All of it can be made anew from the log,
-- except that a head once signed binds: the next one must extend it.

-- One row for every 256 hashes of the level below; level 0 is log.event.leaf_hash.
create table keeping.tile (
    level smallint not null check (level > 0),
    n     bigint   not null check (n >= 0),
    root  bytea    not null check (length(root) = 32),
    primary key (level, n)
);

-- The last head, and the checkpoint that says it. Whoever holds the row makes the tree grow.
create table keeping.tree (
    size      bigint      not null check (size >= 0),
    root      bytea       not null check (length(root) = 32),
    -- The signed checkpoint: absent until the first signature under the log's name.
    note      text,
    -- The keys that open it, one a line.
    keys      text,
    signed_at timestamptz,
    single    boolean     primary key default true check (single)
);
insert into keeping.tree (size, root) values (0, sha256(''));

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
create trigger append_only before update or delete or truncate on log.fork
    for each statement execute function log.refuse();

create function log.stamp_epoch() returns trigger language plpgsql as $$
begin
    new.epoch := coalesce((select max(epoch) from log.fork), 1);
    return new;
end $$;
create trigger stamp_epoch before insert on log.commit
    for each row execute function log.stamp_epoch();

alter table keeping.tile owner to essaim_owner;
alter table keeping.tree owner to essaim_owner;
alter table log.fork owner to essaim_owner;
alter function log.stamp_epoch owner to essaim_owner;
grant select, insert on keeping.tile to essaim_service;
grant select, update on keeping.tree to essaim_service;
grant select on log.fork to essaim_service;
