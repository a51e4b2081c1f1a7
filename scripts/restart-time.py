#!/usr/bin/env python3
"""Measures how long a server with many conversations in its store takes, after kill -9, until it answers with the first
snapshot: from the start of the process to the whole answer. With --kill-postgres the database is killed too, so that its
own recovery is part of the time.

Run it with the end-to-end tests' Python:  scripts/python.sh && .venv/bin/python scripts/restart-time.py
"""

import argparse
import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

try:
    from conftest import SalaDev, free_port, newest_build, request
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}; run scripts/python.sh, then .venv/bin/python {' '.join(sys.argv)}")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--conversations", type=int, default=10_000)
parser.add_argument("--restarts", type=int, default=5)
parser.add_argument("--kill-postgres", action="store_true")
arguments = parser.parse_args()

WRITERS = 16


def fill(server):
    """Every conversation gets one message, so that it has a log to read."""
    host = server.http.removeprefix("http://")
    headers = {"Authorization": "Bearer " + server.token(role="service"), "Content-Type": "application/json"}

    def ask(connection, method, path, body):
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {answer.status} {text}")

    def write(first):
        connection = http.client.HTTPConnection(host)
        for number in range(first, arguments.conversations, WRITERS):
            path = f"/v1/sessions/conversation/r_{number}"
            ask(connection, "PUT", path, {"owner": "u_1", "advisor": False})
            ask(connection, "POST", path + "/commands", {"name": "message.send", "data": {"text": f"message {number}"}})

    threads = [threading.Thread(target=write, args=(first,)) for first in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def postmaster(data):
    for path in Path(data).rglob("postmaster.pid"):
        return int(path.read_text().splitlines()[0])
    sys.exit("the database's process is not to be found")


def first_snapshot(server, number, token, url):
    """Seconds from the start of the process to the answer."""
    begin = time.monotonic()
    server.process = subprocess.Popen(server.command, cwd=ROOT, stdout=server.log, stderr=subprocess.STDOUT)
    path = f"{url}/v1/sessions/conversation/r_{number}"
    while time.monotonic() - begin < 120:
        try:
            status, _, text = request("GET", path, token=token, timeout=5)
            if status == 200 and json.loads(text)["offset"] == 1:
                return time.monotonic() - begin
        except OSError:
            pass
        time.sleep(0.002)
    sys.exit("no snapshot within 120 s")


with tempfile.TemporaryDirectory() as directory:
    command = shlex.split(os.environ.get("SALA_COMMAND") or newest_build() or sys.exit("no server: run 'make build'"))
    # The database runs as a user of its own, who must be able to come here.
    os.chmod(directory, 0o755)
    data = directory + "/data"
    with open(directory + "/sala.log", "wb") as log:
        server = SalaDev(data + "/dev.json", [*command, "dev", "--port", str(free_port()), "--data", data], log)
        server.start()
        try:
            begin = time.monotonic()
            fill(server)
            print(f"{arguments.conversations} conversations written in {time.monotonic() - begin:.1f} s", flush=True)
            token, url = server.token(), server.http
            times = []
            for restart in range(arguments.restarts):
                database = postmaster(data)
                server.kill()
                if arguments.kill_postgres:
                    children = subprocess.run(["pgrep", "--parent", str(database)], capture_output=True, text=True).stdout
                    for process in [database, *map(int, children.split())]:
                        try:
                            os.kill(process, signal.SIGKILL)
                        except ProcessLookupError:
                            pass  # It went with its parent.
                times.append(first_snapshot(server, restart * 997 % arguments.conversations, token, url))
                print(f"restart {restart + 1}: first snapshot after {times[-1]:.3f} s", flush=True)
            print(f"worst of {len(times)}: {max(times):.3f} s")
        finally:
            server.stop()
