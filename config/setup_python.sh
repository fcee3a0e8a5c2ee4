# The Python environments: one for Odoo and its tests, one for the linters. Sourced by setup.sh.
# shellcheck shell=bash

find_python() {  # the first Python that runs and that the pinned packages are made for
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3.12 python3 /usr/bin/python3 python3.13; do
    "$candidate" -c 'import sys, ssl, zlib; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null || continue
    command -v "$candidate"
    return 0
  done
  return 1
}

make_venv() {  # with pip, also where Debian's ensurepip is not installed
  local dir=$1 python wheel
  python=$(find_python) || { echo "no Python 3.11 to 3.13 found" >&2; return 1; }
  [ ! -x "$dir/bin/python" ] || "$dir/bin/python" -c '' 2> /dev/null || rm -rf "$dir"
  [ ! -x "$dir/bin/pip" ] || return 0
  rm -rf "$dir"
  "$python" -m venv "$dir" 2> /dev/null && return 0
  rm -rf "$dir"
  "$python" -m venv --without-pip "$dir" || return 1
  apt_suite own && apt_fetch own python3-pip-whl || return 1
  mkdir -p "$RUNTIME/pip" && dpkg-deb -x "$APT"/own/debs/python3-pip-whl_*.deb "$RUNTIME/pip" || return 1
  wheel=$(ls "$RUNTIME"/pip/usr/share/python-wheels/pip-*.whl | tail -n 1)
  "$dir/bin/python" "$wheel/pip" install --no-index --find-links "$(dirname "$wheel")" pip
}

pip_install() {  # pip_install VENV REQUIREMENTS...: uv when it can be had (5 s instead of 60), else pip
  local dir=$1 files=() f
  shift
  for f in "$@"; do files+=(-r "$CONFIG/$f"); done
  if "$dir/bin/pip" install -q uv && "$dir/bin/uv" pip install -q --python "$dir/bin/python" "${files[@]}"; then return 0; fi
  "$dir/bin/pip" install -q "${files[@]}"
}

requirements_key() { (cd "$CONFIG" && cat "$@"; find_python; "$(find_python)" -V; echo "$1") | sha1sum | cut -c1-16; }
HELP_PIP=("Is the package index reachable? Behind a proxy or mirror: set PIP_INDEX_URL, PIP_CERT as pip documents them." "Then run the same command again.")

python_install() {
  once venv "$(requirements_key requirements.txt requirements-dev.txt)" logged pip python_build \
    || fail "the Python packages could not be installed" "Log: $RUNTIME/log/pip.log" "${HELP_PIP[@]}"
  echo "$ODOO_PATH" > "$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/odoo19.pth"
  # A real file, not "python -m odoo": with workers Odoo starts sys.argv[0] again for its websocket process.
  printf '#!%s/bin/python\nimport sys\nfrom odoo.cli import main\nsys.exit(main())\n' "$VENV" > "$VENV/bin/odoo"
  chmod +x "$VENV/bin/odoo"
  once odoo-starts "$(cat "$RUNTIME/state/venv") $ODOO_ID" logged odoo-starts "$VENV/bin/odoo" --version \
    || fail "Odoo does not start with these Python packages" "Log: $RUNTIME/log/odoo-starts.log" "make clean-odoo, then the same command again; or give another Python: PYTHON=python3.11"
}
python_build() { make_venv "$VENV" && pip_install "$VENV" requirements.txt requirements-dev.txt; }

python_lint() {
  once lint "$(requirements_key requirements-lint.txt)" logged pip-lint python_build_lint \
    || fail "the lint tools could not be installed" "Log: $RUNTIME/log/pip-lint.log" "${HELP_PIP[@]}"
}
python_build_lint() { make_venv "$RUNTIME/lint" && pip_install "$RUNTIME/lint" requirements-lint.txt; }
