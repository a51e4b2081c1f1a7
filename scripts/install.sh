#!/usr/bin/env bash
# Installs the Debian packages that are missing. Usage: scripts/install.sh run|conformance|test
# Quick, and silent, when there is nothing to do.
set -euo pipefail

run_packages=(libssl-dev libpq-dev libcurl4-openssl-dev zlib1g-dev libpng-dev libqrencode-dev
    libjpeg62-turbo-dev libzbar-dev libjs-leaflet postgresql pkg-config)
conformance_packages=("${run_packages[@]}" python3 python3-venv curl)
test_packages=("${conformance_packages[@]}" chromium chromium-driver fonts-thai-tlwg-ttf zbar-tools)

case "${1:-run}" in
    run) wanted=("${run_packages[@]}") ;;
    conformance) wanted=("${conformance_packages[@]}") ;;
    test) wanted=("${test_packages[@]}") ;;
    *) echo "usage: $0 run|conformance|test" >&2; exit 64 ;;
esac

missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id --user)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null; then
    as_root=(sudo)
else
    echo "These packages are missing and neither root nor sudo is at hand: ${missing[*]}" >&2
    exit 69
fi

echo "Installing: ${missing[*]}"
# Debian's own cluster is not wanted: sala keeps one of its own, so the package must not create or start one.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    "${as_root[@]}" mkdir --parents /etc/postgresql-common
    echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --quiet --no-install-recommends "${missing[@]}" >/dev/null
echo "Installed."
