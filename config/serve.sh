#!/usr/bin/env bash
# `make run`: set up what is missing, create or update the demo company, serve it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
CONFIG=$PWD/config
# shellcheck source=config/lib.sh
. "$CONFIG/lib.sh"
# shellcheck source=config/setup_python.sh
. "$CONFIG/setup_python.sh"
export RUNTIME
# A port that is taken is better known now than in five minutes; without any Python yet, it is seen later.
! python=$(find_python) || "$python" config/run.py check-port
config/setup.sh run
exec "$VENV/bin/python" config/run.py
