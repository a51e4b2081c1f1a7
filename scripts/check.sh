#!/usr/bin/env bash
# The gate, in order of speed.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$1"; }

step "toolchain and packages"
scripts/swift.sh
scripts/install.sh test
scripts/python.sh

step "format"
make --silent lint

step "unit tests"
swift build --build-tests --explicit-target-dependency-import-check error
swift test --skip-build

step "release build"
swift build --configuration release --product sala
swift build --configuration release --product sala-loadtest

step "end to end"
exec .venv/bin/python -m pytest Tests/EndToEnd
