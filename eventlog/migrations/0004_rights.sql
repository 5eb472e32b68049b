-- Who may do what in the database. The service appends and reads; it changes no fact.

alter schema log owner to essaim_owner;
alter table log.origin owner to essaim_owner;
alter table log.event owner to essaim_owner;
alter table log.commit owner to essaim_owner;
alter table log.command owner to essaim_owner;
alter table log.claim owner to essaim_owner;
alter table log.fork owner to essaim_owner;
alter function log.refuse owner to essaim_owner;
alter function log.append owner to essaim_owner;
alter function log.judge owner to essaim_owner;
alter schema vault owner to essaim_owner;
alter table vault.subject_key owner to essaim_owner;
alter table vault.sealed owner to essaim_owner;
alter table vault.actor owner to essaim_owner;
alter table vault.access owner to essaim_owner;
alter table vault.replayed owner to essaim_owner;
alter function vault.refuse owner to essaim_owner;
alter schema keeping owner to essaim_owner;
alter table keeping.checkpoint owner to essaim_owner;

revoke all on function log.append from public;
grant usage on schema log, vault, keeping to essaim_service;
grant select on all tables in schema log to essaim_service;
grant execute on function log.append to essaim_service;
grant select, insert on vault.subject_key to essaim_service;
grant update (wrapped, kek, erased_at, erased_by) on vault.subject_key to essaim_service;
grant select, insert, delete on vault.actor to essaim_service;
grant select, update on vault.replayed to essaim_service;
grant select, delete on vault.sealed to essaim_service;
grant select, insert on vault.access to essaim_service;
grant select, insert, update, delete on keeping.checkpoint to essaim_service;

-- Read models are the service's own: it makes and drops their schemas.
do $$
begin
    execute format('grant create on database %I to essaim_service', current_database());
end $$;
