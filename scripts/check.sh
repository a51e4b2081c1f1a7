#!/usr/bin/env bash
# The gate. The end-to-end tests mostly wait (for timeouts, browsers, crashes), so two of them run at a time, and the unit tests are built
# and run beside them, in the processor time that they leave.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$1"; }

step "toolchain and packages"
scripts/swift.sh
scripts/install.sh test
scripts/python.sh

step "format"
make --silent lint

step "release build"
swift build --configuration release --product sala
swift build --configuration release --product sala-loadtest

step "unit tests, and end to end beside them"
log=$(mktemp)
trap 'rm --force "$log"' EXIT
# A shell's background jobs ignore Ctrl-C; this one must stop its servers.
env --default-signal=INT SALA_COMMAND="$PWD/.build/release/sala" \
    .venv/bin/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder Tests/EndToEnd >"$log" 2>&1 &
end_to_end=$!
if ! { nice --adjustment=19 swift build --build-tests --explicit-target-dependency-import-check error &&
    nice --adjustment=19 swift test --skip-build; }; then
    kill -INT "$end_to_end" $(pgrep --parent "$end_to_end") || true
    wait "$end_to_end" || true
    exit 1
fi

step "end to end"
tail --pid="$end_to_end" --lines=+1 --follow "$log"
wait "$end_to_end"
