#!/usr/bin/env bash
# Looks for inputs that break a property of Tests/FuzzTargets. Usage: scripts/fuzz.sh list | all [seconds] | TARGET [seconds] [option…]
#
# Everything that sala-fuzz is made of is built with libFuzzer's edge counters and AddressSanitizer, into a place of its own.
# The search begins with the corpus and the vectors; afterwards the corpus (Tests/Corpus/TARGET.txt) holds the smallest inputs
# that reach the same edges. What breaks the property is left in .build/fuzz/found; `check` shows it again:
# .build/fuzz/release/sala-fuzz check TARGET FILE
set -euo pipefail
cd "$(dirname "$0")/.."

max_bytes=4096     # of one input; limits are tightened instead, see FuzzInput.flags
max_kept_bytes=768 # of an input that the corpus keeps

target=${1:?usage: scripts/fuzz.sh list | all [seconds] | TARGET [seconds] [option…]}
seconds=${2:-60}
binary=.build/fuzz/release/sala-fuzz

# --sanitize leaves the main function to libFuzzer. Of two options the compiler heeds the last, so the second says both. GNU
# gold cannot link this much instrumentation.
swift build --configuration release --scratch-path .build/fuzz --product sala-fuzz --quiet --sanitize fuzzer \
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -DFUZZING -Xswiftc -use-ld=lld

# Swift would answer a crash with a debugger of its own, which hangs under libFuzzer. Leaks are not looked for.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:handle_abort=1

if [ "$target" = list ]; then exec "$binary" list; fi
if [ "$target" = all ]; then
    for each in $("$binary" list); do "$0" "$each" "$seconds"; done
    exit 0
fi

work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT
mkdir --parents .build/fuzz/found "$work"/{seeds,corpus,merged}
"$binary" seeds "$target" "$work/seeds"
"$binary" words "$target" >"$work/words"
options=("${@:3}")
if [ -s "$work/words" ]; then options+=(-dict="$work/words"); fi
if [ -e "Tests/Corpus/$target.txt" ]; then "$binary" unpack "$target" "$work/corpus"; fi

nice "$binary" search "$target" -max_total_time="$seconds" -max_len=$max_bytes -timeout=10 -rss_limit_mb=2048 \
    -reload=0 -print_final_stats=1 -artifact_prefix=".build/fuzz/found/$target-" "${options[@]}" "$work/corpus" "$work/seeds"

nice "$binary" search "$target" -merge=1 -max_len=$max_kept_bytes "$work/merged" "$work/corpus" "$work/seeds" 2>&1 | tail -n 1
mkdir --parents Tests/Corpus
"$binary" pack "$target" "$work/merged" >"Tests/Corpus/$target.txt"
echo "$target: $(wc --lines <"Tests/Corpus/$target.txt") inputs, $(wc --bytes <"Tests/Corpus/$target.txt") bytes"
