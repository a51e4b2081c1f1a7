#!/usr/bin/env bash
# Holds the server's WebSockets against Autobahn|Testsuite, the suite for RFC 6455 and RFC 7692.
# Usage: scripts/conformance.sh [quick|full]
#   quick  all but the largest and longest cases: some minutes
#   full   all 517 cases (the default): about half an hour
# SALA_COMMAND: a built server, else one is built. Reports: .conformance/reports/index.html. Fails unless every selected case is OK.
set -euo pipefail
cd "$(dirname "$0")/.."

cases=${1:-full}
case "$cases" in
    quick | full) ;;
    *) echo "usage: $0 quick|full" >&2; exit 64 ;;
esac

suite=.conformance
requirements=Tests/Conformance/requirements.txt

# The suite runs on Python 2.7 and nothing newer. Debian 12 has no package of it, so it must be there.
is_python27() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' >/dev/null 2>&1; }

find_python27() {
    local candidate
    for candidate in "${PYTHON27:-}" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7*/bin/python python2.7 python2; do
        if [ -n "$candidate" ] && candidate=$(command -v "$candidate") && is_python27 "$candidate"; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

prepare_suite() {
    local stamp=$suite/requirements.sha256 wanted python27
    wanted=$(sha256sum "$requirements" | cut --delimiter=' ' --fields=1)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return 0; fi
    if ! python27=$(find_python27); then
        cat >&2 <<'MISSING'
conformance: Python 2.7 is missing, and Autobahn|Testsuite runs on nothing newer.
Looked at: $PYTHON27; pyenv's versions/2.7*; python2.7 and python2 on PATH.
Debian 12 has no package. One way: `pyenv install 2.7.18`; or set PYTHON27 to an interpreter.
MISSING
        exit 69
    fi
    echo "Preparing Autobahn|Testsuite for $python27"
    rm --recursive --force "$suite"
    mkdir --parents "$suite"
    # 20.21.1 is the last virtualenv that makes environments of Python 2.7.
    /usr/bin/python3 -m venv "$suite/virtualenv"
    "$suite/virtualenv/bin/pip" install --quiet --disable-pip-version-check virtualenv==20.21.1
    "$suite/virtualenv/bin/virtualenv" --quiet --python "$python27" "$suite/python"
    # Its declared requirements are older than what it is tested with, so it comes without them and the file names all.
    grep --invert-match '^autobahntestsuite' "$requirements" >"$suite/requirements.txt"
    "$suite/python/bin/pip" install --quiet --disable-pip-version-check --no-python-version-warning --no-compile \
        --requirement "$suite/requirements.txt"
    "$suite/python/bin/pip" install --quiet --disable-pip-version-check --no-python-version-warning --no-compile \
        --no-deps "$(grep '^autobahntestsuite' "$requirements")"
    "$suite/python/bin/python" -W ignore -c 'import autobahntestsuite'
    echo "$wanted" >"$stamp"
}

scripts/install.sh conformance
prepare_suite
[ -n "${SALA_COMMAND:-}" ] || make --silent build

data=$(mktemp --directory)
server=
stop() {
    if [ -n "$server" ] && kill -TERM "$server" 2>/dev/null; then wait "$server" || true; fi
    rm --recursive --force "$data"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${SALA_COMMAND:-.build/release/sala}" dev --port "$port" --data "$data/sala" >"$data/log" 2>&1 &
server=$!
until curl --fail --silent --output /dev/null "http://127.0.0.1:$port/health"; do
    if ! kill -0 "$server" 2>/dev/null; then
        server=
        echo "conformance: the server did not start:" >&2
        tail --lines=20 "$data/log" >&2
        exit 69
    fi
    sleep 0.2
done

/usr/bin/python3 Tests/Conformance/run.py \
    --python "$suite/python/bin/python" --reports "$suite/reports" --cases "$cases" "ws://127.0.0.1:$port/v1/echo"
