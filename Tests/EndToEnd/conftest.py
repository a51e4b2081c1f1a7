"""Fixtures: a running `sala dev`, and headless Chromium.

The server is one of two:

- With `SALA_DEV_JSON` (a path to dev.json) the tests attach to one that runs already. They cannot take it down then, so
  that the tests which need a crash are skipped.
- Else they start their own: `SALA_COMMAND` or the newest build of this checkout, in a directory that pytest cleans up.

The modules in `OVER_BOTH` run twice: over HTTP, and over TLS. With `--numprocesses` each worker has a server of its own.
"""

import base64
import hashlib
import hmac
import json
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest
from hostile import Bystander, check_health

ROOT = Path(__file__).resolve().parents[2]

# Seconds. The first start makes a PostgreSQL cluster.
START_TIMEOUT = 120
STOP_TIMEOUT = 20

# What a client sees of the contract is the same over both.
OVER_BOTH = ("test_contract", "test_http", "test_socket")


def pytest_generate_tests(metafunc):
    if "sala" in metafunc.fixturenames:
        wires = ["http", "https"] if metafunc.module.__name__ in OVER_BOTH else ["http"]
        metafunc.parametrize("sala", wires, indirect=True, scope="session")


def pytest_collection_modifyitems(items):
    """Where several workers share the tests, one has all of a module that speak to the same server."""
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}/{parameters.get('sala', 'own')}"))


class Trust:
    """The authorities of our servers, for every client of this process that looks where OpenSSL does."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sala-trust-")
        self.bundle = Path(self.folder.name) / "bundle.pem"
        self.known = set()

    def add(self, authority):
        text = Path(authority).read_text()
        if text not in self.known:
            self.known.add(text)
            self.bundle.write_text("".join(sorted(self.known)))
            os.environ["SSL_CERT_FILE"] = str(self.bundle)


TRUST = Trust()


def request(method, url, body=None, token=None, timeout=10, **more):
    """One HTTP request; returns `(status, headers, text)`, whatever the status. `more`: headers."""
    headers = {"Content-Type": "application/json", "Accept": "application/json", **more}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    encoded = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=encoded, headers=headers, method=method), timeout=timeout
        ) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()


class SalaDev:
    """A `sala dev`, ours or somebody else's."""

    def __init__(self, dev_json, command=None, log=None, environment=None):
        self.dev_json = Path(dev_json)
        self.command = command
        self.log = log
        self.environment = environment or {}
        self.process = None

    @property
    def facts(self):
        return json.loads(self.dev_json.read_text())

    @property
    def http(self):
        return self.facts["http"]

    def connect(self, timeout, source="127.0.0.1"):
        """A socket of bytes to the server, through TLS when it speaks that."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout, (source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.http.startswith("https:"):
            return ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
        return plain

    @property
    def standins(self):
        return self.facts["standins"]

    def token(self, tenant="jeco", role="customer"):
        return self.facts["tokens"][tenant][role]

    @property
    def data(self):
        return self.dev_json.parent

    @property
    def port(self):
        return int(self.http.rsplit(":", 1)[1])

    @property
    def websocket_options(self):
        """What `websockets.sync` needs for TLS. It reads and writes in two threads, which Python's SSLSocket does not bear while
        TLS 1.3's session tickets come in: one connection in thirty loses its first bytes. TLS 1.2 has them in its handshake."""
        if not self.http.startswith("https:"):
            return {}
        context = ssl.create_default_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return {"ssl": context}

    def mint(self, subject=None, role="customer", tenant="jeco", ttl=3600, **claims):
        """A signed token of a subject that nobody else has; `claims` replace what would stand there (None: leave out)."""
        tenants = json.loads((self.data / "keys.json").read_text())
        key = tenants[tenant]["keys"][0]
        now = int(time.time())
        content = {
            "iss": tenants[tenant]["issuer"], "aud": tenants[tenant]["audience"], "tenant": tenant,
            "sub": subject or unique("u"), "role": role, "iat": now, "exp": now + ttl, "jti": unique("j"), **claims,
        }
        content = {name: value for name, value in content.items() if value is not None}
        return sign({"alg": "HS256", "typ": "JWT", "kid": key["kid"]}, content, key["secret"])

    def open_chat(self, owner, participants=(), advisor=False, tenant="jeco"):
        """A new conversation; returns its session address."""
        session = f"conversation/{unique('c')}"
        facts = {"owner": owner, "advisor": advisor, "participants": list(participants)}
        status, _, text = request(
            "PUT", f"{self.http}/v1/sessions/{session}", facts, self.token(tenant, "service"))
        assert status == 201, text
        return session

    def control(self, name, **behaviour):
        """Sets how a stand-in behaves until the test ends."""
        status, _, text = request("POST", f"{self.standins}/_control/{name}", behaviour)
        assert status == 200, text

    def calls(self, name):
        """The calls that a stand-in received since the test began."""
        status, _, text = request("GET", f"{self.standins}/_control/{name}/calls")
        assert status == 200, text
        return json.loads(text)["calls"]

    def calm(self):
        """The stand-ins as at the start, without calls."""
        for name in (
            "openai", "anthropic", "gemini", "line", "easyslip", "slipok", "backend", "gold", "fcm", "2c2p", "omise", "paymongo",
        ):
            for path in (name, f"{name}/calls"):
                status, _, text = request("DELETE", f"{self.standins}/_control/{path}")
                assert status == 204, text

    @property
    def can_crash(self):
        return self.command is not None

    def start(self):
        self.dev_json.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, **self.environment})
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"sala dev ended with {self.process.returncode}; see {self.log.name}")
            if self.dev_json.exists():
                self.trust()
                if self.healthy():
                    return
            time.sleep(0.05)
        raise RuntimeError(f"sala dev was not ready within {START_TIMEOUT} s; see {self.log.name}")

    def trust(self):
        if "ca" in self.facts:
            TRUST.add(self.facts["ca"])

    def healthy(self):
        try:
            return request("GET", self.http + "/health", timeout=2)[0] == 200
        except (OSError, ValueError):
            return False

    def kill(self):
        """kill -9 of the server alone: its PostgreSQL is left behind, to be adopted by the next start."""
        self.process.kill()
        self.process.wait(STOP_TIMEOUT)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_TIMEOUT)
            raise

    def pace(self, tokens=40, per_second=20, first_ms=200, status=None):
        """How the language models behave from now on: all of them, since the server tries the next when one fails."""
        behaviour = {"tokens": tokens, "tokensPerSecond": per_second, "firstTokenMs": first_ms, "status": status}
        for name in ("openai", "anthropic", "gemini"):
            answer, _, text = request("POST", f"{self.standins}/_control/{name}", behaviour)
            assert 200 <= answer < 300, text

    def conversation(self, identifier):
        """The conversation's state as the server tells it over HTTP."""
        status, _, text = request("GET", f"{self.http}/v1/sessions/conversation/{identifier}", token=self.token())
        assert status == 200, text
        return json.loads(text)["state"]


def unique(prefix):
    return f"{prefix}_{uuid.uuid4().hex}"


def sign(header, claims, secret):
    """A JWT with HS256, whatever its header says."""
    def encoded(part):
        return base64.urlsafe_b64encode(part).rstrip(b"=")

    content = b".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return (content + b"." + encoded(hmac.digest(secret.encode(), content, hashlib.sha256))).decode()


def wait_for(what, condition, patience=15):
    """Waits until `condition` gives something that is true; returns it."""
    deadline = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


def free_port():
    """A port that is free together with the one ten above it, which serves the stand-ins."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 10))
            except OSError:
                continue
            return port
    raise RuntimeError("no two free ports, ten apart, in 100 tries")


def newest_build(program="sala"):
    builds = [ROOT / ".build" / kind / program for kind in ("release", "debug")]
    builds = [build for build in builds if build.exists()]
    return str(max(builds, key=lambda build: build.stat().st_mtime)) if builds else None


def load_client():
    """The path of `sala-loadtest`: `LOADTEST_COMMAND`, or the newest build."""
    program = os.environ.get("LOADTEST_COMMAND") or newest_build("sala-loadtest")
    if not program:
        pytest.fail("no load client: build sala-loadtest, or set LOADTEST_COMMAND")
    return program


@pytest.fixture(scope="session")
def executable():
    """The command that starts the server, as a list."""
    command = os.environ.get("SALA_COMMAND") or newest_build()
    if not command:
        pytest.fail("no server: build one, or set SALA_COMMAND")
    return shlex.split(command)


def run_dev(executable, directory, *options, **environment):
    """A `sala dev` in `directory`, not started yet."""
    arguments = ["dev", "--port", str(free_port()), "--data", str(directory / "data"), *options]
    log = open(directory / "sala.log", "ab")
    return SalaDev(directory / "data" / "dev.json", [*executable, *arguments], log, environment)


@pytest.fixture(scope="session", autouse=True)
def _no_cluster_is_left(tmp_path_factory):
    """Where PostgreSQL's user cannot reach our directories its files lie elsewhere, and nobody else takes them away."""
    yield
    for note in tmp_path_factory.getbasetemp().rglob("postgres.location"):
        shutil.rmtree(note.read_text().strip(), ignore_errors=True)


@pytest.fixture(scope="session")
def sala(request, tmp_path_factory):
    attached = os.environ.get("SALA_DEV_JSON")
    if attached:
        server = SalaDev(attached)
        server.trust()
        if not server.http.startswith(request.param + ":"):
            pytest.skip(f"attached to a server that does not speak {request.param}")
        yield server
        return
    options = ["--tls"] if request.param == "https" else []
    server = run_dev(request.getfixturevalue("executable"), tmp_path_factory.mktemp("sala"), *options)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_sala(executable, tmp_path):
    """Makes servers of the test's own, for what would disturb others: restarts, providers that fail."""
    servers = []

    def make(*options, **environment):
        directory = tmp_path / f"sala-{len(servers)}"
        directory.mkdir()
        server = run_dev(executable, directory, *options, **environment)
        servers.append(server)
        server.start()
        return server

    yield make
    for server in servers:
        server.stop()
        server.log.close()


@pytest.fixture(scope="module")
def bystander(sala):
    """A WebSocket that is open while a module's hostile cases run."""
    with Bystander(sala) as bystander:
        yield bystander


@pytest.fixture
def victim(sala, bystander):
    """The server that a hostile case is sent to. Behind the case it and the bystander must be as before."""
    yield sala
    check_health(sala)
    bystander.check()


@pytest.fixture(autouse=True)
def _at_rest(request):
    """Every test finds the stand-ins at their usual pace, whatever the one before it asked for."""
    if "sala" in request.fixturenames:
        server = request.getfixturevalue("sala")
        server.calm()
        server.pace()


@pytest.fixture
def conversation_id():
    return f"c_{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def chromium():
    """Starts browsers; ends them all."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    # Nothing may be fetched: the browser and its driver are Debian's.
    os.environ["SE_OFFLINE"] = "true"
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.fail("chromium and chromium-driver are needed (Debian packages)")

    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",  # CI runs as root
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        "--lang=en-US",
        "--window-size=1280,800",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    browser.set_script_timeout(30)
    yield browser
    browser.quit()
