-- How service tokens are used: operated, not recorded. Losing it changes no answer.

create table keeping.service_token_use (
    token        uuid        primary key,
    -- Of all processes together; each writes once a minute at most.
    uses         bigint      not null check (uses > 0),
    last_used_at timestamptz not null
);

alter table keeping.service_token_use owner to essaim_owner;
grant select, insert, update on keeping.service_token_use to essaim_service;
