-- The database and its two roles, made once by a superuser. The passwords are psql's variables:
--   psql -v owner_password=… -v service_password=… -f deploy/postgres/roles.sql
-- banyan_owner owns all tables and runs `banyan migrate`. banyan is what the service connects as: it owns nothing,
-- so it can switch off no rule that the database keeps.
CREATE ROLE banyan_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE banyan LOGIN PASSWORD :'service_password';
CREATE DATABASE banyan OWNER banyan_owner;
REVOKE ALL ON DATABASE banyan FROM PUBLIC;
GRANT CONNECT ON DATABASE banyan TO banyan;
