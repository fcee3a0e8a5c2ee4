#!/usr/bin/env bash
# Everything Odoo 19 needs, below one folder: Odoo itself, a Python environment, PostgreSQL clusters, configuration files.
#
#   config/setup.sh [run|test|lint]     what to prepare (default: run)
#
# Finished steps are skipped, so calling it again costs well under a second. The system's package sources are not touched
# and no host name is written anywhere. Settings come from the environment:
#   RUNTIME         where everything lives (default <project>/.runtime)
#   ODOO_SRC        a checkout of Odoo 19 to use instead of the packaged one
#   ODOO_DEB_FILE   an odoo .deb (Debian's odoo-19, or Odoo's own nightly) that was downloaded by hand
#   PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE   an existing PostgreSQL server instead of a private cluster
set -euo pipefail
CONFIG=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=config/lib.sh
. "$CONFIG/lib.sh"
# shellcheck source=config/setup_system.sh
. "$CONFIG/setup_system.sh"
# shellcheck source=config/setup_odoo.sh
. "$CONFIG/setup_odoo.sh"
# shellcheck source=config/setup_python.sh
. "$CONFIG/setup_python.sh"
# shellcheck source=config/setup_postgres.sh
. "$CONFIG/setup_postgres.sh"
# shellcheck source=config/setup_conf.sh
. "$CONFIG/setup_conf.sh"

purpose=${1:-run}
case $purpose in run | test | lint) ;; *) fail "unknown purpose '$purpose'" "Use: config/setup.sh run, test or lint" ;; esac
mkdir -p "$RUNTIME/log" "$RUNTIME/bin" "$RUNTIME/state"
exec 9> "$RUNTIME/state/setup.lock"
flock -w 900 9 || fail "another set-up has held $RUNTIME for 15 minutes" "Let it end, or give this one a folder of its own: RUNTIME=/some/folder"

step "system programs" system_programs "$purpose"
if [ "$purpose" = lint ]; then
  step "lint tools" python_lint
  exit 0
fi
step "Odoo 19" odoo_install
step "Python packages" python_install
step "PostgreSQL" postgres_install "$purpose"
step "configuration" conf_write "$purpose"
