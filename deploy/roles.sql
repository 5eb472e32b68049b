-- The two roles and the database. Once, as a superuser, before the first `essaim migrate`:
--   ESSAIM_OWNER_PASSWORD=… ESSAIM_SERVICE_PASSWORD=… psql -X -v ON_ERROR_STOP=1 -d postgres -f roles.sql
-- The passwords go into URLs, so keep to letters and digits (`openssl rand -hex 24`).

\set ON_ERROR_STOP on
\getenv owner_password ESSAIM_OWNER_PASSWORD
\getenv service_password ESSAIM_SERVICE_PASSWORD

-- Owns the schemas log, keeping and vault; used by `essaim migrate` only.
create role essaim_owner login password :'owner_password';
-- Serves: appends through a function, never updates or deletes an event, owns the read models.
create role essaim_service login password :'service_password';

create database essaim owner essaim_owner template template0 encoding 'UTF8' locale 'C.UTF-8';
revoke all on database essaim from public;
grant connect, temporary, create on database essaim to essaim_service;
