-- What opens dossiers to auditors, from when to when.
create table mandats_audit (
    id          uuid   primary key,
    version     bigint not null,
    position    bigint not null,
    granted_position bigint not null,
    auditeur    uuid   not null,
    -- The financeur that grants it; none for a control that a law provides for.
    mandant     uuid,
    dossiers    uuid[] not null,
    conventions uuid[] not null,
    -- All that it funds.
    financeur   uuid,
    du          date   not null,
    au          date   not null,
    reference   text   not null,
    -- By which law, sealed.
    fondement   jsonb  not null,
    granted_on  date   not null,
    revoked_on  date,
    motif       jsonb
);
create index on mandats_audit (auditeur, au);
create index on mandats_audit (granted_position);
