#!/usr/bin/env bash
# The gate. The end-to-end tests mostly wait (for timeouts, browsers, crashes), so two of them run at a time, and the unit tests are built
# and run beside them, in the processor time that they leave.
#
# CONFORMANCE=quick holds the server against Autobahn's WebSocket suite as well; where its Python is missing (exit 69), it says so and goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$1"; }

step "toolchain and packages"
scripts/swift.sh
scripts/install.sh test

step "format"
make --silent lint

logs=$(mktemp --directory)
trap 'rm --recursive --force "$logs"' EXIT
# The compiler has long steps that do not share the cores; what mostly waits goes beside them.
step "release build, and the tests' packages beside it"
scripts/python.sh >"$logs/python" 2>&1 &
python=$!
swift build --configuration release --product sala
wait "$python" || { cat "$logs/python"; exit 1; }
# A shell's background jobs ignore Ctrl-C; those that start servers must not.
conformance=
if [ -n "${CONFORMANCE:-}" ]; then
    env --default-signal=INT SALA_COMMAND="$PWD/.build/release/sala" \
        scripts/conformance.sh "$CONFORMANCE" >"$logs/conformance" 2>&1 &
    conformance=$!
fi
swift build --configuration release --product sala-loadtest
if [ -n "$conformance" ]; then
    step "conformance"
    status=0
    wait "$conformance" || status=$?
    cat "$logs/conformance"
    [ "$status" -eq 0 ] || [ "$status" -eq 69 ] || exit "$status"
fi

step "unit tests, and end to end beside them"
log=$logs/end-to-end
env --default-signal=INT SALA_COMMAND="$PWD/.build/release/sala" \
    .venv/bin/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder --durations 20 Tests/EndToEnd >"$log" 2>&1 &
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
