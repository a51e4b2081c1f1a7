"""The private PostgreSQL of a `sala dev`, from outside: where it is, what it holds, and its end by kill -9."""

import os
import signal
import subprocess
import time
from pathlib import Path

# Seconds that a killed PostgreSQL's processes may take to be gone.
DEATH_TIMEOUT = 10


def postmaster_notes(data):
    """The lines of postmaster.pid: process id, data directory, start, port, directory of the socket, and so on."""
    return (cluster(data) / "postmaster.pid").read_text().splitlines()


def socket_directory(data):
    return postmaster_notes(data)[4]


def query(data, statement, database="sala", **variables):
    """What a statement gives: rows as lists of texts. `:'name'` in it is replaced by the quoted value of a variable."""
    settings = [f"--set={name}={value}" for name, value in variables.items()]
    done = subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t", "--set=ON_ERROR_STOP=1",
         f"--host={socket_directory(data)}", "--port=5432", "--username=sala", f"--dbname={database}", *settings],
        input=statement, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def cluster(data):
    """The directory of the private PostgreSQL's files, `data` being the server's."""
    note = data / "postgres.location"
    return (Path(note.read_text().strip()) if note.exists() else data / "postgres") / "cluster"


def postmaster_pid(data):
    """The process id of the private PostgreSQL below `data`; None when it does not run."""
    try:
        pid = int(postmaster_notes(data)[0])
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return None
    return pid if name == "postgres" else None


def kill_postgres(data):
    """kill -9 of the postmaster and of every process of its; returns once they are gone."""
    postmaster = postmaster_pid(data)
    if postmaster is None:
        return  # Still down from the last time.
    pids = [postmaster, *children(postmaster)]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + DEATH_TIMEOUT
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL survived kill -9")
        time.sleep(0.005)


def children(parent):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := process_fields(entry.name)) and int(fields[1]) == parent:
            found.append(int(entry.name))
    return found


def is_alive(pid):
    fields = process_fields(pid)
    return fields is not None and fields[0] not in ("Z", "X")


def process_fields(pid):
    """State, parent and so on of /proc/pid/stat; None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
