#!/usr/bin/env bash
# Says what is wrong when the Swift toolchain is missing or too old, else nothing.
set -euo pipefail
if ! command -v swift >/dev/null; then
    echo "Swift is missing. Sala needs the Swift 6.2 toolchain or newer (https://www.swift.org/install/linux/)." >&2
    exit 69
fi
version=$(swift --version 2>/dev/null | grep --only-matching --extended-regexp 'Swift version [0-9]+\.[0-9]+' | grep --only-matching --extended-regexp '[0-9]+\.[0-9]+')
major=${version%%.*}
minor=${version##*.}
if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
    echo "Swift $version is too old. Sala needs 6.2 or newer." >&2
    exit 69
fi
