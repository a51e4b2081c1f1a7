#!/usr/bin/env bash
# The unit tests under a sanitizer. Usage: scripts/sanitize.sh address|thread [filter]
#
# Both are built into places of their own and take minutes the first time. A report ends the tests with a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

sanitizer=${1:?usage: scripts/sanitize.sh address|thread [filter]}
filter=${2:-.}
case "$sanitizer" in
    # Leaks are not looked for: tests leave loops behind whose timers hold them.
    address) export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1 ;;
    thread) export TSAN_OPTIONS=suppressions=$PWD/scripts/thread-sanitizer.supp ;;
    *) echo "usage: $0 address|thread [filter]" >&2; exit 64 ;;
esac

# Swift would answer a crash with a debugger of its own, behind which the sanitizer's report is lost.
export SWIFT_BACKTRACE=enable=no
# GNU gold cannot link this much instrumentation.
options=(--scratch-path ".build/$sanitizer" --sanitize "$sanitizer" -Xswiftc -use-ld=lld)
swift build --build-tests --quiet "${options[@]}"
exec swift test --skip-build "${options[@]}" --filter "$filter"
