#!/usr/bin/env python3
"""Kills the server with -9 at random moments, again and again, while clients send, and checks that nothing is lost.

Run it with the end-to-end tests' Python:  scripts/python.sh && .venv/bin/python scripts/crash-loop.py --rounds 200
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
    from crash_loop import main
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}; run scripts/python.sh, then .venv/bin/python {' '.join(sys.argv)}")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rounds", type=int, default=200)
parser.add_argument("--seed", type=int, default=1, help="of the clients' and the killer's choices, not of the timing")
parser.add_argument("--clients", type=int, default=20)
parser.add_argument(
    "--kill", choices=["server", "postgres", "both", "none"], default="server",
    help="none: the server is told to stop and started again, as at a deploy")
parser.add_argument("--command", help="the server (default: $SALA_COMMAND or this checkout's newest build)")
arguments = parser.parse_args()

command = arguments.command or os.environ.get("SALA_COMMAND") or newest_build()
if not command:
    sys.exit("no server: run 'make build'")
sys.exit(main(arguments, shlex.split(command)))
