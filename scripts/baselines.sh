#!/usr/bin/env bash
# The baselines of docs/PERFORMANCE.md: each scenario of loadtest/baselines against a fresh server of its own; some six minutes.
# Usage: scripts/baselines.sh [NAME]...; results and reports go below results/baselines/.
set -euo pipefail
cd "$(dirname "$0")/.."

client=${LOADTEST_COMMAND:-.build/release/sala-loadtest}
server=${SALA_COMMAND:-.build/release/sala}
if [ -z "${LOADTEST_COMMAND:-}" ] || [ -z "${SALA_COMMAND:-}" ]; then
    scripts/swift.sh
    scripts/install.sh run
    swift build --configuration release --product sala
    swift build --configuration release --product sala-loadtest
fi
[ $# -gt 0 ] || set -- connections-5000 connections-15000 streams-5000 requests-1000 users-10000
failed=()
for name; do
    "$client" run "loadtest/baselines/$name.json" --serve --sala "$server" --out "results/baselines/$name" || failed+=("$name")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
