#!/usr/bin/env python3
"""Sends slips to the LINE accounts of a tenant while slip services fail and the server and PostgreSQL are killed with -9, and
checks that every slip is final, every transfer credited once, the sum the back end's, and nobody told twice.

Run it with the end-to-end tests' Python:  scripts/python.sh && .venv/bin/python scripts/slip-storm.py
"""

import argparse
import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

try:
    from conftest import newest_build
    from slip_storm import Options, main
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}; run scripts/python.sh, then .venv/bin/python {' '.join(sys.argv)}")

usual = Options()
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--slips", type=int, default=usual.slips)
parser.add_argument("--users", type=int, default=usual.users)
parser.add_argument("--duplicates", type=float, default=usual.duplicates, help="share of slips that show a transfer again")
parser.add_argument("--failures", type=float, default=usual.failures, help="share of the slip services' calls that fail")
parser.add_argument("--kills", type=int, default=usual.kills, help="of the server, and as many of PostgreSQL")
parser.add_argument("--seconds", type=float, default=usual.seconds, help="over which the slips are sent")
parser.add_argument("--seed", type=int, default=usual.seed, help="of everybody's choices, not of the timing")
parser.add_argument("--command", help="the server (default: $SALA_COMMAND or this checkout's newest build)")
arguments = parser.parse_args()

command = arguments.command or os.environ.get("SALA_COMMAND") or newest_build()
if not command:
    sys.exit("no server: run 'make build'")
sys.exit(main(arguments, shlex.split(command)))
