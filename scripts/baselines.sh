#!/usr/bin/env bash
# The baselines of docs/PERFORMANCE.md: each scenario of loadtest/baselines against a fresh server of its own; some eight minutes.
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
[ $# -gt 0 ] || set -- connections-5000 connections-15000 streams-5000 requests-1000 users-10000 payments-500
failed=()
for name; do
    # Another run's results are none of this one's.
    rm --force --recursive "results/baselines/$name"
    "$client" run "loadtest/baselines/$name.json" --serve --sala "$server" --out "results/baselines/$name" || failed+=("$name")
done
# The rows of docs/PERFORMANCE.md.
python3 - "$@" <<'TABLE'
import json, os, sys
print("| Baseline | What | p50 | p95 | p99 ms | Server's CPU | Server's memory | Client's CPU |\n|---|---|---|---|---|---|---|---|")
for name in sys.argv[1:]:
    if not os.path.exists(f"results/baselines/{name}/results.json"):
        print(f"| {name} | it ended without results | | | | | | |")
        continue
    with open(f"results/baselines/{name}/results.json") as file:
        run = json.load(file)
    when = {event["what"]: event["at"] for event in run["events"]}
    inside = [index for index, second in enumerate(run["series"]["seconds"])
              if when["measuring begins"] + 1 <= second <= when["measuring ends"]]
    mean = lambda column: sum(values := [run["series"]["columns"][column][i] or 0 for i in inside]) / max(len(values), 1)
    memory = max(value for value in run["series"]["columns"]["serverMemory"] if value is not None)
    for stage, times in run["stages"].items():
        print(f"| {name} | {stage}, {times['count']:,} times | {times['p50']:.1f} | {times['p95']:.1f} | {times['p99']:.1f} | "
              f"{mean('serverCPU'):.2f} | {memory:,.0f} MiB | {mean('generatorCPU'):.2f} |")
TABLE
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
