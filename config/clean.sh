#!/usr/bin/env bash
# `make clean`: remove what can be made again. Everything is below $RUNTIME (and a socket folder in /tmp).
set -euo pipefail
CONFIG=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=config/lib.sh
. "$CONFIG/lib.sh"
# shellcheck source=config/setup_system.sh
. "$CONFIG/setup_system.sh"
# shellcheck source=config/setup_postgres.sh
. "$CONFIG/setup_postgres.sh"

remove_cluster() {
  unset PGHOST PGPORT PGUSER PGDATABASE
  pg_stop "$1"
  pg_variables "$1"
  rm -rf "$DATA" "$PGLOG" "$SOCK"
}
case ${1:-tests} in
  tests)
    remove_cluster test
    rm -rf "$RUNTIME"/{data-test,screenshots,test-odoo,lint,log,apt,pip} "$RUNTIME"/state/{lint,test-times.json}
    echo "Removed test databases, logs and lint tools. The demo company and Odoo are still there (make clean-all removes them)." ;;
  odoo)
    rm -rf "$RUNTIME"/{odoo,venv,apt} "$RUNTIME"/state/{odoo,venv}
    echo "Removed Odoo and its Python packages." ;;
  all)
    remove_cluster test
    remove_cluster run
    rm -rf "$RUNTIME" "/var/tmp/carbon-pg-$RUNTIME_ID"
    echo "Removed $RUNTIME." ;;
  *) fail "unknown: $1" "Use: config/clean.sh tests, odoo or all" ;;
esac
