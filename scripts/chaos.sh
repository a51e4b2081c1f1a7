#!/usr/bin/env bash
# The server is killed, drained, frozen and cut off again and again under load, for an hour; the oracle looks for broken promises.
# Usage: [SECONDS=180] scripts/chaos.sh [options of sala-loadtest run]; results and the report go below results/.
set -euo pipefail
cd "$(dirname "$0")/.."

# bash's own SECONDS counts from the start of the script, and takes over what the environment said.
length=$(tr '\0' '\n' </proc/$$/environ | sed --quiet 's/^SECONDS=//p')
length=${length:-3600}
client=${LOADTEST_COMMAND:-.build/release/sala-loadtest}
server=${SALA_COMMAND:-.build/release/sala}
if [ -z "${LOADTEST_COMMAND:-}" ] || [ -z "${SALA_COMMAND:-}" ]; then
    scripts/swift.sh
    scripts/install.sh run
    swift build --configuration release --product sala
    swift build --configuration release --product sala-loadtest
fi
folder=results/chaos-$(date --utc +%Y%m%dT%H%M%SZ)
mkdir --parents "$folder"
echo "$length s of chaos; results in $folder" >&2
exec "$client" run chaos --serve --sala "$server" --duration "$length" --out "$folder" "$@"
