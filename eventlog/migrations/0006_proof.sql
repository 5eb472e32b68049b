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

alter table keeping.tile owner to essaim_owner;
alter table keeping.tree owner to essaim_owner;
grant select, insert on keeping.tile to essaim_service;
grant select, update on keeping.tree to essaim_service;
