-- The positions of the log at which answers are kept as they stood, for those who ask for them.

create table keeping.past (
    position bigint      primary key check (position >= 0),
    -- What nobody has asked for lately makes room for others.
    asked_at timestamptz not null default clock_timestamp()
);

alter table keeping.past owner to essaim_owner;
grant select, insert, update, delete on keeping.past to essaim_service;
