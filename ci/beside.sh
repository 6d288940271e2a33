# shellcheck shell=bash
# Commands that run beside each other, since they mostly wait; sourced by the scripts here.

STARTED=()
LOGS=()

# start COMMAND...: runs it beside what comes next, and keeps what it prints for `finish`.
start() {
  local log
  log="$(mktemp)"
  "$@" >"$log" 2>&1 &
  STARTED+=("$!")
  LOGS+=("$log")
}

# finish: waits for all that were started, shows what each printed, and fails if one of them did.
finish() {
  local process result=0
  for process in "${STARTED[@]}"; do wait "$process" || result=1; done
  cat "${LOGS[@]}"
  rm "${LOGS[@]}"
  STARTED=()
  LOGS=()
  return "$result"
}
