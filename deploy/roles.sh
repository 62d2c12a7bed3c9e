#!/bin/sh
# Runs once, when the database is made: the service's own account, which owns nothing.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$APP_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE chot_app LOGIN PASSWORD :'password';
REVOKE ALL ON DATABASE chot FROM PUBLIC;
GRANT CONNECT ON DATABASE chot TO chot_app;
SQL
