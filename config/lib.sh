# Paths and messages shared by the set-up scripts. Sourced, not run.
# shellcheck shell=bash disable=SC2034
PROJECT=$(cd "$CONFIG/.." && pwd)
RUNTIME=${RUNTIME:-$PROJECT/.runtime}
mkdir -p "$RUNTIME" 2> /dev/null || { echo "ERROR  cannot write to $RUNTIME: give another folder with RUNTIME=/some/folder" >&2; exit 1; }
RUNTIME=$(cd "$RUNTIME" && pwd)
[ -w "$RUNTIME" ] || { echo "ERROR  $RUNTIME belongs to somebody else: give another folder with RUNTIME=/some/folder" >&2; exit 1; }
VENV=$RUNTIME/venv
PREFIX=$RUNTIME/odoo                  # the extracted Debian package
SYSROOT=$RUNTIME/sys                  # system programs extracted for people who are not root
RUNTIME_ID=$(printf %s "$RUNTIME" | sha1sum | cut -c1-10)
export PATH="$RUNTIME/bin:$PATH"

is_root() { [ "$(id -u)" = 0 ]; }
now() { date +%s%N; }
seconds_since() { awk "BEGIN { printf \"%.1f\", ($(now) - $1) / 1e9 }"; }

# fail MESSAGE NEXT_STEP...: say what is wrong and what to do about it, then stop.
fail() {
  printf '\nERROR  %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}
note() { printf '       %s\n' "$*"; }

# step NAME COMMAND...: run a step and print its name and time. While it takes long, say so every ten seconds.
step() {
  local name=$1 start ticker
  shift
  start=$(now)
  step_ticker "$name" "$start" &
  ticker=$!
  # shellcheck disable=SC2064
  trap "kill $ticker 2> /dev/null" EXIT
  "$@" || fail "step '$name' failed" "Details: $RUNTIME/log/"
  kill "$ticker" 2> /dev/null || true
  wait "$ticker" 2> /dev/null || true
  trap - EXIT
  printf '  ok   %-40s %7ss\n' "$name" "$(seconds_since "$start")"
}
step_ticker() {
  exec 9>&-
  local last
  while sleep 10 &> /dev/null; do   # a killed ticker must not leave a reader of our output waiting
    last=$(ls -t "$RUNTIME"/log/*.log 2> /dev/null | head -n 1)
    printf '  …    %-40s %6.0fs  %s\n' "$1" "$(seconds_since "$2")" "$([ -z "$last" ] || tail -n 1 "$last" | tr -cd '[:print:]' | cut -c1-60)"
  done
}

# once NAME KEY COMMAND...: run the command unless it was completed before with the same key.
once() {
  local stamp=$RUNTIME/state/$1 key=$2
  shift 2
  [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$key" ] || return 0
  rm -f "$stamp"
  "$@" || return 1
  printf %s "$key" > "$stamp"
}

# logged NAME COMMAND...: run quietly into a log file; show its end when the command fails.
logged() {
  local log=$RUNTIME/log/$1.log
  shift
  "$@" > "$log" 2>&1 || { echo "--- end of $log" >&2; tail -n 15 "$log" >&2; return 1; }
}
