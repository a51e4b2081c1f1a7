"""`sala-loadtest` with servers of its own, which are killed, drained, frozen and cut off under load, and over TLS.

`CHAOS_SECONDS` is how long the chaos goes on.
"""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, load_client, run_dev, wait_for

CHAOS_SECONDS = int(os.environ.get("CHAOS_SECONDS", "180"))
# Things that were looked at in a second of chaos; on an idle machine it is a hundred and more.
CHECKS_PER_SECOND = 30
# Beyond the measured part: the first start, the drain, the end.
PATIENCE = 300


def environment(**more):
    """Ours, without the authorities that this process trusts."""
    return {name: value for name, value in os.environ.items() if name != "SSL_CERT_FILE"} | more


def serving(executable, scenario, *options):
    return [load_client(), "run", scenario, "--serve", "--sala", executable[0], *options]


def run(command, out, seconds):
    """Runs it to its end; returns the results, which must be good."""
    done = subprocess.run(
        [*command, "--duration", str(seconds), "--out", str(out)], cwd=ROOT, capture_output=True, text=True,
        timeout=seconds + PATIENCE, env=environment())
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    results = json.loads((Path(out) / "results.json").read_text())
    oracle = results["oracle"]
    assert results["verdict"] == "passed" and results["failures"] == [], results["failures"]
    assert {name: oracle[name] for name in KINDS} == dict.fromkeys(KINDS, 0), oracle["findings"]
    return results


KINDS = ("lost", "duplicated", "reordered", "regressed", "stuck", "unbalanced")


def events(results, pattern):
    return [event["at"] for event in results["events"] if re.search(pattern, event["what"])]


def processes(folder):
    """Command lines of what still runs with something of the folder."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and "sala-loadtest-janitor" not in line:
            lines.append(line)
    return lines


def test_chaos_breaks_no_promise(executable, tmp_path):
    results = run(serving(executable, "chaos"), tmp_path / "out", CHAOS_SECONDS)
    assert results["oracle"]["checks"] > CHECKS_PER_SECOND * CHAOS_SECONDS
    killed, drained = events(results, "was killed"), events(results, "asked to drain")
    assert killed and drained and events(results, "was frozen") and events(results, "connections cut")
    assert events(results, "stop reading")
    # One that is killed while it drains, or while it starts, comes back once for both.
    ups = events(results, "is up after")
    assert ups and len(ups) <= len(killed) + len(drained) and ups[-1] > max(killed + drained)


def test_a_deploy_is_told_and_loses_nothing(executable, tmp_path):
    results = run(serving(executable, "deploy"), tmp_path / "out", 8)
    assert len(events(results, "asked to drain")) == 1 and len(events(results, "is up after")) == 1
    # Clients are told before they are closed (CONTRACT: 4001 after goaway); the connections are not just lost.
    connections = sum(group["connections"] for group in results["scenario"]["groups"])
    assert results["totals"]["goaway"] >= connections
    assert results["errors"].get("closed 4001", 0) > connections / 2
    assert results["stages"]["resume"]["count"] > connections / 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_target_over_tls_is_trusted_by_its_authority(own_tls_sala, host, tmp_path):
    target = ["--target", f"wss://{host}:{own_tls_sala.port}", "--dev-json", str(own_tls_sala.dev_json)]
    command = [load_client(), "run", "fanout", "--connections", "20", "--rate", "5", *target]
    authority = own_tls_sala.data / "ca.pem"
    results = run([*command, "--ca", str(authority)], tmp_path / "out", 2)
    assert results["totals"]["delivered"] > 0

    for ca in ([], ["--ca", str(other_authority(tmp_path))]):
        refused = subprocess.run(
            [*command, "--duration", "2", *ca], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
            env=environment())
        assert refused.returncode == 69, refused.stdout + refused.stderr
        assert "certificate" in refused.stderr


@pytest.fixture(scope="module")
def own_tls_sala(executable, tmp_path_factory):
    server = run_dev(executable, tmp_path_factory.mktemp("sala-tls"), "--tls")
    server.start()
    yield server
    server.stop()
    server.log.close()


def other_authority(folder):
    """PEM of an authority that has signed nothing of the server's."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=somebody else", "-keyout", folder / "other-key.pem", "-out", folder / "other.pem"],
        check=True, capture_output=True)
    return folder / "other.pem"


def test_a_server_of_its_own_speaks_tls(executable, tmp_path):
    run(serving(executable, "fanout", "--tls", "--connections", "20", "--rate", "5"), tmp_path / "out", 2)


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_nothing_is_left_when_it_is_ended(executable, tmp_path, number, status):
    process = subprocess.Popen(
        serving(executable, "idle", "--connections", "5", "--duration", "600"), cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(TMPDIR=str(tmp_path)))
    try:
        # PostgreSQL's user cannot get into pytest's folders: its files lie elsewhere, and must go all the same.
        folder = wait_for("its folder", lambda: next(tmp_path.glob("sala-loadtest-*"), None), 30)
        wait_for("a server", lambda: (folder / "data" / "dev.json").exists(), 120)
        note = folder / "data" / "postgres.location"
        cluster = Path(note.read_text().strip()) if note.exists() else folder / "data" / "postgres"
        assert (cluster / "cluster" / "postmaster.pid").exists()
    finally:
        process.send_signal(number)
        assert process.wait(PATIENCE) == status
    wait_for("the folder's end", lambda: not folder.exists(), 60)
    assert not cluster.exists()
    wait_for("the programs' end", lambda: processes(folder) + processes(cluster) == [], 10)
