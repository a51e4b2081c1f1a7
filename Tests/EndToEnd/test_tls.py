"""TLS from outside: the certificates of `sala dev --tls`, and `sala serve` with its redirect, its reload and its header."""

import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from conftest import SalaDev, free_port, request, run_dev, wait_for
from device import Device
from store import socket_directory

PATIENCE = 15
FILES = ("ca.pem", "ca-key.pem", "certificate.pem", "certificate-key.pem")


def shown(port, protocols=("http/1.1",)):
    """Connects; returns the connection and a digest of the certificate that the server shows."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(protocols)
    connection = context.wrap_socket(
        socket.create_connection(("127.0.0.1", port), PATIENCE), server_hostname="localhost")
    return connection, hashlib.sha256(connection.getpeercert(binary_form=True)).hexdigest()


def get(connection, path="/health"):
    """One request on a connection that stays; returns the status."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


class Serve(SalaDev):
    """A `sala serve` with TLS, on the store of a `sala dev`."""

    def __init__(self, dev, folder):
        self.folder = folder
        self.certificate, self.key = folder / "tls.pem", folder / "tls-key.pem"
        self.redirect = free_port()
        self.serving = free_port()
        # The fifth line of postmaster.pid is the directory of its socket.
        self.store = socket_directory(dev.data)
        self.dev = dev
        super().__init__(dev.dev_json, [dev.command[0], "serve"], open(folder / "serve.log", "ab"), {
            "SALA_DATABASE_URL": f"host='{self.store}' port=5432 user=sala dbname=sala",
            "SALA_TENANTS_FILE": str(dev.data / "keys.json"),
            "SALA_SEALING_KEYS": (dev.data / "sealing-key").read_text(), "SALA_HOST": "127.0.0.1",
            "SALA_PORT": str(self.serving), "SALA_HTTP_REDIRECT_PORT": str(self.redirect),
            "SALA_TLS_CERTIFICATE": str(self.certificate), "SALA_TLS_KEY": str(self.key),
            "SALA_RATE_LIMITS": "off", "SALA_OPENAI_API_KEY": "x", "SALA_OPENAI_BASE_URL": dev.standins + "/openai/v1",
        })

    @property
    def http(self):
        return f"https://127.0.0.1:{self.serving}"

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, **self.environment})
        wait_for("sala serve", self.healthy, 60)

    def use(self, certificates):
        for source, target in zip(certificates, (self.certificate, self.key)):
            shutil.copy(source, str(target) + ".new")
            os.replace(str(target) + ".new", target)

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def logged(self, message):
        lines = (self.folder / "serve.log").read_text().splitlines()
        return [json.loads(line) for line in lines if f'"{message}"' in line]

    def metric(self, name):
        text = request("GET", self.http + "/metrics")[2]
        return float(next(line for line in text.splitlines() if line.startswith(name + " ")).split()[-1])


@pytest.fixture(scope="module")
def made(executable, tmp_path_factory):
    """A `sala dev --tls`, and the two certificates that it made one after the other."""
    folder = tmp_path_factory.mktemp("tls")
    dev = run_dev(executable, folder, "--tls")
    pairs = []
    for name in ("first", "second"):
        (dev.data / "certificate.pem").unlink(missing_ok=True)
        dev.start()
        pair = [folder / f"{name}.pem", folder / f"{name}-key.pem"]
        for source, target in zip(("certificate.pem", "certificate-key.pem"), pair):
            shutil.copy(dev.data / source, target)
        pairs.append(pair)
        if name == "first":
            dev.stop()
    yield dev, pairs
    dev.stop()


@pytest.fixture(scope="module")
def serve(made, tmp_path_factory):
    dev, pairs = made
    server = Serve(dev, tmp_path_factory.mktemp("serve"))
    server.use(pairs[0])
    server.start()
    yield server
    server.stop()


# sala dev --tls


def test_keys_are_for_their_owner_only(made):
    dev, _ = made
    modes = [oct((dev.data / name).stat().st_mode & 0o777) for name in FILES]
    assert modes == ["0o644", "0o600", "0o644", "0o600"]
    assert dev.facts["http"].startswith("https://127.0.0.1:")
    assert dev.facts["ca"] == str((dev.data / "ca.pem").resolve())
    assert f"curl --cacert {dev.facts['ca']}" in (dev.data.parent / "sala.log").read_text()


def test_files_are_used_again_and_mended(own_sala):
    dev = own_sala("--tls")
    first = {name: (dev.data / name).read_bytes() for name in FILES}
    dev.stop()
    dev.start()
    assert {name: (dev.data / name).read_bytes() for name in FILES} == first, "good files are used again"
    dev.stop()
    (dev.data / "certificate.pem").write_bytes(first["certificate.pem"][:300])
    dev.start()
    mended = {name: (dev.data / name).read_bytes() for name in FILES}
    assert mended["ca.pem"] == first["ca.pem"] and mended["ca-key.pem"] == first["ca-key.pem"]
    assert mended["certificate.pem"] != first["certificate.pem"]
    assert mended["certificate-key.pem"] != first["certificate-key.pem"]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_the_names_of_this_machine_are_good(made, name):
    dev, _ = made
    assert request("GET", f"https://{name}:{dev.port}/health")[0] == 200


def test_who_does_not_trust_the_authority_refuses(made):
    dev, _ = made
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(socket.create_connection(("127.0.0.1", dev.port), PATIENCE), server_hostname="127.0.0.1")


# sala serve


def test_answers_tell_browsers_to_stay(serve):
    for path in ("/health", "/nothing"):
        _, headers, _ = request("GET", serve.http + path)
        assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_sala_dev_does_not_tell_browsers_to_stay(made):
    assert "Strict-Transport-Security" not in request("GET", made[0].http + "/health")[1]


def test_the_newest_version_and_our_protocol_are_chosen(serve):
    connection, _ = shown(serve.port, ("h2", "http/1.1"))
    with connection:
        assert connection.version() == "TLSv1.3" and connection.selected_alpn_protocol() == "http/1.1"
    with pytest.raises(ssl.SSLError):
        shown(serve.port, ("h2",))


@pytest.mark.parametrize("method, target", [("GET", "/demo/chat/?a=b"), ("HEAD", "/"), ("GET", "//evil.example/")])
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "[::1]:80"])
def test_the_other_port_leads_here(serve, method, target, host):
    name = host.removesuffix(":80")
    with socket.create_connection(("127.0.0.1", serve.redirect), PATIENCE) as connection:
        connection.sendall(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection, method=method)
        answer.begin()
        assert answer.status == 308
        assert answer.getheader("Location") == f"https://{name}:{serve.port}{target}"


def test_nothing_is_answered_on_the_other_port(serve):
    for method, path, body in (("POST", "/v1/tickets", {}), ("PUT", "/", {"a": 1}), ("DELETE", "/", None)):
        status, headers, _ = request(method, f"http://127.0.0.1:{serve.redirect}{path}", body, serve.token())
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
    with socket.create_connection(("127.0.0.1", serve.redirect), PATIENCE) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_plain_http_is_closed_without_a_word_and_counted(serve):
    before = serve.metric("sala_violation")
    with socket.create_connection(("127.0.0.1", serve.port), PATIENCE) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"x" * 100_000)
        assert connection.recv(1) == b""
    assert serve.metric("sala_violation") == before + 1


def test_a_new_certificate_drops_nobody_and_a_broken_one_changes_nothing(serve, made):
    first, second = made[1]
    old, old_digest = shown(serve.port)
    with old, Device(serve, serve.token()) as device:
        serve.use(second)
        serve.hang_up()
        wait_for("the new certificate", lambda: serve.logged("certificate reloaded"))
        new, new_digest = shown(serve.port)
        with new:
            assert new_digest != old_digest and get(new) == 200
        # Who was there before stays, over the same connection.
        assert get(old) == 200
        device.send({"type": "ping", "n": 1})
        assert device.wait(type="pong", n=1)

        # A key that is another certificate's.
        serve.use([second[0], first[1]])
        serve.hang_up()
        refusal = wait_for("the refusal", lambda: serve.logged("certificate not reloaded, the old one stays"))[0]
        assert refusal["level"] == "error" and str(serve.key) in refusal["error.message"]
        assert "PRIVATE" not in json.dumps(refusal)
        still, still_digest = shown(serve.port)
        with still:
            assert still_digest == new_digest and get(still) == 200
        assert get(old) == 200
    serve.use(second)


def test_bytes_in_the_middle_of_a_handshake_hold_nobody_up(serve):
    stuck = [socket.create_connection(("127.0.0.1", serve.port), PATIENCE) for _ in range(50)]
    for connection in stuck:
        connection.sendall(b"\x16\x03\x01")
    since = time.monotonic()
    assert request("GET", serve.http + "/health")[0] == 200
    assert time.monotonic() - since < 2
    for connection in stuck:
        connection.close()


def test_an_idle_connection_holds_no_record_buffers(serve):
    """A TLS connection's two record buffers are 34 KiB: more than all else that it has."""
    def memory():
        with open(f"/proc/{serve.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def connect(count):
        connections = []
        for _ in range(count):
            connection, _ = shown(serve.port)
            assert get(connection) == 200
            connections.append(connection)
        return connections

    warm = connect(50)
    before = memory()
    idle = connect(500)
    grown = (memory() - before) / len(idle)
    for connection in warm + idle:
        connection.close()
    print(f"{grown:.1f} KiB a connection")
    assert grown < 30


# What is wrong


def run(serve, *arguments, **environment):
    environment = {**serve.environment, "PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(
        [serve.command[0], *arguments], capture_output=True, text=True, timeout=PATIENCE,
        env={name: value for name, value in environment.items() if value})


def test_serve_says_what_is_wrong_with_the_files(serve, made, tmp_path):
    first, second = made[1]
    missing = str(tmp_path / "none.pem")
    for wrong, words in (
        ({"SALA_TLS_KEY": ""}, "SALA_TLS_KEY: missing"),
        ({"SALA_TLS_CERTIFICATE": ""}, "SALA_TLS_CERTIFICATE: missing"),
        ({"SALA_TLS_CERTIFICATE": missing}, f"{missing}: No such file"),
        ({"SALA_TLS_CERTIFICATE": str(first[0]), "SALA_TLS_KEY": str(second[1])},
         f"{second[1]}: the private key does not belong to the first certificate of {first[0]}"),
        ({"SALA_TLS_CERTIFICATE": str(first[1])}, f"{first[1]}: no certificate in PEM form"),
        ({"SALA_TLS_CERTIFICATE": "", "SALA_TLS_KEY": ""}, "SALA_HTTP_REDIRECT_PORT: only with"),
        ({"SALA_TRUSTED_PROXIES": "127.0.0.1", "SALA_PROXY_PROTOCOL": "on"}, "SALA_PROXY_PROTOCOL: not together with TLS"),
        ({"SALA_HTTP_REDIRECT_PORT": str(serve.port)}, "SALA_HTTP_REDIRECT_PORT: another port"),
    ):
        answer = run(serve, "serve", **wrong)
        assert answer.returncode == 78 and words in answer.stderr, (wrong, answer.stderr)


def test_the_doctor_looks_at_the_certificate(serve):
    answer = run(serve, "doctor")
    assert "ok    certificate: valid until 20" in answer.stdout, answer.stdout
    keys = json.loads((serve.data / "keys.json").read_text())
    keys["jeco"]["hosts"] = ["api.jeco.example"]
    answer = run(serve, "doctor", SALA_TENANTS=json.dumps(keys))
    assert "warn  certificate: it does not name the tenants' host api.jeco.example" in answer.stdout, answer.stdout
