#!/usr/bin/env bash
# Set up what the tests need, then run one of the scripts of this folder with the project's Python.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export RUNTIME=${RUNTIME:-$PWD/.runtime} PYTHONPATH=$PWD/config${PYTHONPATH:+:$PYTHONPATH}
if ! config/setup.sh test; then
  [ "$1" != run_tests.py ] || printf '\n0 passed, 1 failed\n'
  exit 1
fi
case $1 in
  */bench/*) . "$RUNTIME/env.test" ;; # run outside the test runner
esac
exec "$RUNTIME/venv/bin/python" "config/$1" "${@:2}"
