-- Two roles: one owns the schema and migrates, the other serves and may only read and write rows.
-- Run once by a superuser, connected to the database `orders`. Choose other passwords than these.
create role orders_owner login password 'owner';
create role orders_app login password 'app';

alter database orders owner to orders_owner;
alter schema public owner to orders_owner;
revoke create on schema public from public;

alter default privileges for role orders_owner in schema public
  grant select, insert, update, delete on tables to orders_app;
alter default privileges for role orders_owner in schema public
  grant usage on sequences to orders_app;
