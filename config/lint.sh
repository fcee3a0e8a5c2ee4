#!/usr/bin/env bash
# `make lint`: every check runs, then it fails if one of them found something. Needs no network once its tools are there.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export RUNTIME=${RUNTIME:-$PWD/.runtime}
config/setup.sh lint || exit 1
export PATH="$RUNTIME/lint/bin:$PATH"
failed=()

# The project's own files only: what git knows or would take, not what lies around.
files() { git ls-files --cached --others --exclude-standard -- "$@" 2> /dev/null | while read -r f; do [ ! -e "$f" ] || echo "$f"; done; }
layout() {  # the names of the files, not what would change in them
  local found
  found=$(ruff format --no-cache --check --output-format concise "$@" 2>&1) || { grep -oE '^[^ :]+\.py' <<< "$found" | sort -u; return 1; }
}
check() {
  local name=$1 output start
  shift
  start=$(date +%s%N)
  if output=$("$@" 2>&1); then
    printf '  ok   %-28s %6ss\n' "$name" "$(awk "BEGIN { printf \"%.1f\", ($(date +%s%N) - $start) / 1e9 }")"
  else
    printf '  FAIL %s\n%s\n' "$name" "$output"
    failed+=("$name")
  fi
}

mapfile -t python < <(files '*.py')
mapfile -t addons < <(files 'addons/*/__manifest__.py' | xargs -rn1 dirname)
mapfile -t po < <(files '*.po' '*.pot')
mapfile -t shell < <(files '*.sh' .ci/run)

check "ruff check" ruff check --quiet --no-cache --output-format concise "${python[@]}"
check "ruff format" layout "${python[@]}"
if [ ${#addons[@]} -gt 0 ]; then
  check "pylint-odoo" pylint --rcfile=.pylintrc "${addons[@]}"
  check "oca-checks-odoo-module" oca-checks-odoo-module --config .oca_hooks.cfg "${addons[@]}"
fi
[ ${#po[@]} = 0 ] || check "oca-checks-po" oca-checks-po --config .oca_hooks.cfg "${po[@]}"
check "house rules" python config/house_rules.py
check "hadolint" hadolint docker/Dockerfile
for script in "${shell[@]}"; do bash -n "$script" || failed+=("$script"); done
! command -v shellcheck > /dev/null || check "shellcheck" shellcheck -x -P SCRIPTDIR -S warning "${shell[@]}"

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nlint found something: %s\n' "${failed[*]}"
  printf 'Layout and import order mend themselves with: make format\n'
  exit 1
fi
echo "lint found nothing"
