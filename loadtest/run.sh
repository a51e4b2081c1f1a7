#!/usr/bin/env bash
# Starts a server of its own, runs the load client against it and stops it, whatever happens.
# Usage: loadtest/run.sh [options of sala-loadtest]; without any: chat and advisor, briefly.
set -euo pipefail
cd "$(dirname "$0")/.."

server=${SALA_COMMAND:-.build/release/sala}
client=${LOADTEST_COMMAND:-.build/release/sala-loadtest}
start_seconds=120
stop_seconds=30
for program in "$server" "$client"; do
    [ -x "$program" ] || { echo "$program is missing: run 'make loadtest'" >&2; exit 69; }
done

directory=$(mktemp --directory)
# PostgreSQL's user must be able to get there, so that its files lie inside and go with it.
chmod 755 "$directory"
postmaster=$directory/data/postgres/cluster/postmaster.pid
pid=

stopped() { ! kill -0 "$pid" 2>/dev/null; }

clean_up() {
    status=$?
    trap - EXIT INT TERM
    if [ -n "$pid" ] && ! stopped; then
        kill -INT "$pid"
        for _ in $(seq $((stop_seconds * 10))); do stopped && break; sleep 0.1; done
        stopped || { echo "the server did not stop within $stop_seconds s" >&2; kill -KILL "$pid"; status=1; }
    fi
    # A server that was killed leaves its PostgreSQL behind.
    if [ -f "$postmaster" ]; then kill -QUIT "$(head --lines=1 "$postmaster")" 2>/dev/null || true; fi
    # What it logged, without the tokens that it printed at its start.
    [ $status -eq 0 ] || grep '^{\|^sala:' "$directory/sala.log" | tail --lines=20 >&2 || true
    rm --recursive --force "$directory"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Two free ports, ten apart: the second serves the stand-ins.
is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=
for _ in $(seq 100); do
    candidate=$((20000 + RANDOM % 10000))
    if is_free "$candidate" && is_free $((candidate + 10)); then port=$candidate; break; fi
done
[ -n "$port" ] || { echo "no free port" >&2; exit 69; }

# A job of its own group, so that Ctrl-C in a terminal reaches this script and not the server before it.
set -m
"$server" dev --port "$port" --data "$directory/data" >"$directory/sala.log" 2>&1 &
pid=$!
set +m
for _ in $(seq $((start_seconds * 10))); do
    [ -f "$directory/data/dev.json" ] && break
    stopped && { echo "the server ended at its start" >&2; exit 69; }
    sleep 0.1
done
[ -f "$directory/data/dev.json" ] || { echo "the server was not ready within $start_seconds s" >&2; exit 69; }

[ $# -gt 0 ] || set -- --scenario chat --scenario advisor --seconds 10
mkdir --parents results
"$client" --dev-json "$directory/data/dev.json" --pid "$pid" --out results/loadtest.json "$@"
