# Odoo's configuration files, from the templates beside this file. Sourced by setup.sh.
# shellcheck shell=bash

conf_write() {
  mkdir -p "$RUNTIME/data" "$RUNTIME/data-test" "$PROJECT/addons"
  conf_one run
  [ "$1" != test ] || conf_one test
  printf '%s' "$ODOO_ID" > "$RUNTIME/state/odoo-id"
}

conf_one() {
  local kind=$1 host=${PGHOST:-} port=${PGPORT:-} user=${PGUSER:-} data=$RUNTIME/data
  [ "$kind" = run ] || data=$RUNTIME/data-test
  if ! own_server; then host=$(pg_socket "$kind") port=$(pg_port) user=odoo; fi
  local database=${PGDATABASE:-carbon} password=${PGPASSWORD:-}
  ! [ "$kind" = test ] || database=
  sed -e "s|@ADDONS_PATH@|$ODOO_ADDONS,$PROJECT/addons|" -e "s|@DATA_DIR@|$data|" -e "s|@RUNTIME@|$RUNTIME|" \
    -e "s|@DB_HOST@|$host|" -e "s|@DB_PORT@|$port|" -e "s|@DB_USER@|$user|" \
    -e "s|@DB_PASSWORD@|$(printf %s "$password" | sed 's/[\\&|]/\\&/g')|" -e "s|@DB_NAME@|$database|" \
    -e "s|@ADMIN_PASSWORD@|$(conf_secret)|" "$CONFIG/odoo.$kind.conf.in" > "$RUNTIME/odoo.$kind.conf.new"
  chmod 600 "$RUNTIME/odoo.$kind.conf.new"
  mv "$RUNTIME/odoo.$kind.conf.new" "$RUNTIME/odoo.$kind.conf"
  cat > "$RUNTIME/env.$kind" << SH
# . this file: odoo, psql and the project's Python tools for the $kind databases
export PATH="$RUNTIME/bin:$VENV/bin:$(pg_bin):\$PATH" ODOO_RC="$RUNTIME/odoo.$kind.conf"
export PGHOST="$host" PGPORT="$port" PGUSER="$user"
SH
}

conf_secret() {  # the database manager is off; if someone switches it on, its password is not a known one
  local file=$RUNTIME/state/master-password
  [ -s "$file" ] || (umask 077 && head -c 24 /dev/urandom | base64 | tr -d '/+=\n' > "$file")
  cat "$file"
}
