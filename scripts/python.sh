#!/usr/bin/env bash
# Makes the virtual environment of the end-to-end tests, once per change of its requirements.
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=Tests/EndToEnd/requirements.txt
stamp=.venv/requirements.sha256
wanted=$(sha256sum "$requirements" | cut --delimiter=' ' --fields=1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi
echo "Preparing the Python environment of the end-to-end tests"
/usr/bin/python3 -m venv --clear .venv
.venv/bin/pip install --quiet --disable-pip-version-check --requirement "$requirements"
echo "$wanted" > "$stamp"
