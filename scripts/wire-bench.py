#!/usr/bin/env python3
"""Speed and size of the wire, as ratios to a bare C server in the same run.

  scripts/wire-bench.py --tools DIR [--server PATH] [--rounds N] [--seconds S] [ROW ...]

DIR holds `limit.c`, a bare C epoll WebSocket server that does nothing else, and `wsload.c`, a load generator; both are
compiled into build/bench. The server under test and the C server take turns on one core, the generator has another; a figure
is messages (or deliveries) per CPU second of the server, and each round's ratio is made of two runs beside each other. The
median round is printed with its range, since a shared machine is noisy.

Rows: echo-1 echo-16 ping-16 fanout-1000 fanout-10000 paced-1000 conversations conversations-20 memory connects tls loops (all
of them when none is named).
"""
import argparse
import base64
import json
import os
import re
import select
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
PAYLOAD = 128
LIMIT_PORT, OPENSSL_PORT, SALA_PORT = 9301, 9302, 9310
SERVER_CORE, CLIENT_CORE = "0", "1"


def compile_tools(folder):
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in ("limit", "wsload"):
        source = Path(folder) / f"{name}.c"
        if not source.exists():
            sys.exit(f"wire-bench: {source} is missing; --tools names the folder of limit.c and wsload.c")
        target = BUILD / name
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["cc", "-O3", "-march=native", "-o", target, source], check=True, stderr=subprocess.DEVNULL)


def cpu_seconds(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
        except OSError:
            pass
    return total / 1e9


def wsload(mode, *arguments):
    done = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, BUILD / "wsload", mode, *map(str, arguments)], capture_output=True, text=True,
        timeout=300)
    if done.returncode != 0 or not done.stdout.strip():
        sys.exit(f"wire-bench: the load generator failed: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Server:
    """A server on the server's core, until the end of a `with`."""

    def __init__(self, port, *command):
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_for_port(port)

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Limit(Server):
    """The C server, corked (one send a subscriber for the messages of one read) or not."""

    def __init__(self, corked=False):
        super().__init__(LIMIT_PORT, BUILD / "limit", "epoll", str(LIMIT_PORT), *["--cork"] * corked)


class Sala:
    """`sala dev` with one loop (or more) on one core (or more)."""

    def __init__(self, executable, data, loops=1, cores=SERVER_CORE, tls=False):
        self.data = Path(data)
        self.process = subprocess.Popen(
            ["taskset", "-c", cores, executable, "dev", "--port", str(SALA_PORT), "--data", data] + ["--tls"] * tls,
            env={**os.environ, "SALA_LOOPS": str(loops), "SALA_LOG_LEVEL": "error"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                authority = ssl.create_default_context(cafile=self.data / "ca.pem") if tls else None
                with urllib.request.urlopen(
                        f"http{'s' * tls}://127.0.0.1:{SALA_PORT}/health/ready", timeout=2, context=authority):
                    break
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    sys.exit("wire-bench: the server did not become ready")
                time.sleep(0.1)
        self.tokens = json.loads((self.data / "dev.json").read_text())["tokens"]["jeco"]

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)

    def subject(self):
        claims = self.tokens["customer"].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"]

    def conversation(self, name):
        request = urllib.request.Request(
            f"http://127.0.0.1:{SALA_PORT}/v1/sessions/conversation/{name}", method="PUT",
            data=json.dumps({"owner": self.subject()}).encode(),
            headers={"Authorization": f"Bearer {self.tokens['service']}", "Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()

    def hello(self, session=None):
        subscribe = [{"id": 1, "session": session}] if session else []
        return json.dumps({"type": "hello", "token": self.tokens["customer"], "subscribe": subscribe},
                          separators=(",", ":"))

    def signal(self, session):
        """What the publisher sends; everyone else in the session gets it."""
        return '{"type":"signal","session":"' + session + '","name":"typing","data":{"x":"%p"}}'

    def socket(self, session=None):
        return ["-p", SALA_PORT, "-P", "/v1/socket", "-H", "Sec-WebSocket-Protocol: sala.v1.json", "-m",
                self.hello(session)]

    def publisher(self):
        return ["--pub-path", "/v1/socket", "--pub-hdr", "Sec-WebSocket-Protocol: sala.v1.json", "--pub-m", self.hello(),
                "--settle", 1]


def wait_for_port(port):
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                sys.exit(f"wire-bench: nothing listens on {port}")
            time.sleep(0.02)


def rate(result):
    return next(value for name, value in result.items() if name.endswith("_per_server_cpu_s"))


def report(row, pairs, target, note="", other="limit"):
    """`pairs`: (the other's figure, ours) of each round."""
    ratios = sorted(ours / limit for limit, ours in pairs)
    middle = statistics.median(ratios)
    limit = statistics.median(limit for limit, _ in pairs)
    ours = statistics.median(ours for _, ours in pairs)
    verdict = "" if target is None else ("  reached" if middle >= target else f"  NOT reached, target {target:.2f}")
    print(f"{row:16} {other:7} {limit:10,.0f}  sala {ours:10,.0f} /CPU s  ratio {middle:.3f} "
          f"({ratios[0]:.2f}..{ratios[-1]:.2f}){verdict}{note}", flush=True)


def echo(options, depth):
    pairs = []
    with Limit() as limit, Sala(options.server, options.data) as sala:
        common = ["-n", 100, "-d", depth, "-S", PAYLOAD, "-T", options.seconds, "-w", 0.5]
        for _ in range(options.rounds):
            pairs.append((
                rate(wsload("echo", "-p", LIMIT_PORT, "-P", "/echo", *common, "--pid", limit.pid)),
                rate(wsload("echo", "-p", SALA_PORT, "-P", "/v1/echo", *common, "--pid", sala.pid))))
    report(f"echo-{depth}", pairs, 0.95)


def masked(text):
    """A client's text frame of at most 125 bytes, with a mask of zeros."""
    data = text.encode()
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data


def ping(options):
    """Bursts of 16 pings on each of 100 sockets; the server's CPU time alone counts, so a slow client is no matter."""
    depth, pairs = 16, []
    request = masked('{"type":"ping","n":1}') * depth
    answer_bytes = depth * (2 + len('{"type":"pong","n":1}'))
    with Limit() as limit, Sala(options.server, options.data) as sala:
        os.sched_setaffinity(0, {int(CLIENT_CORE)})
        sockets = [open_socket(sala) for _ in range(100)]
        for _ in range(options.rounds):
            base = rate(wsload("echo", "-p", LIMIT_PORT, "-P", "/echo", "-n", 100, "-d", depth, "-S", PAYLOAD, "-T",
                               options.seconds, "-w", 0.5, "--pid", limit.pid))
            poller = select.epoll()
            missing = {}
            for each in sockets:
                poller.register(each, select.EPOLLIN)
                missing[each.fileno()] = (each, answer_bytes)
                each.send(request)
            count, cpu, end = 0, cpu_seconds(sala.pid), time.monotonic() + options.seconds
            while time.monotonic() < end:
                for descriptor, _ in poller.poll(1):
                    each, left = missing[descriptor]
                    left -= len(each.recv(65536))
                    if left == 0:
                        count += depth
                        left = answer_bytes
                        each.send(request)
                    missing[descriptor] = (each, left)
            cpu = cpu_seconds(sala.pid) - cpu
            # What is under way is read, so that the next round begins clean.
            for each, left in missing.values():
                while left > 0:
                    left -= len(each.recv(65536))
            pairs.append((base, count / cpu))
        os.sched_setaffinity(0, range(os.cpu_count()))
    report("ping-16", pairs, 0.5)


def open_socket(sala):
    each = socket.create_connection(("127.0.0.1", SALA_PORT))
    each.sendall(b"GET /v1/socket HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Protocol: sala.v1.json\r\n\r\n")
    data = sala.hello().encode()
    each.sendall(bytes([0x81, 0xFE]) + len(data).to_bytes(2, "big") + bytes(4) + data)
    received = b""
    while b'"welcome"' not in received or not received.endswith(b"}"):
        received += each.recv(65536)
    return each


def fanout(options, subscribers):
    pairs = []
    session = "conversation/c_bench"
    with Limit(corked=True) as limit, Sala(options.server, options.data) as sala:
        sala.conversation("c_bench")
        common = ["-n", subscribers, "--window", 64, "--batch", 16, "-T", options.seconds, "-w", 1]
        size = frame_size(sala, session)
        equal = []
        for _ in range(options.rounds):
            ours = rate(wsload("fanout", *sala.socket(session), *sala.publisher(), "--frame", sala.signal(session), *common,
                               "-S", PAYLOAD, "--pid", sala.pid))
            for bytes_, into in ((PAYLOAD, pairs), (size, equal)):
                into.append((rate(wsload("fanout", "-p", LIMIT_PORT, "-P", "/s/1", "--pub-path", "/p", "--frame", "1 %p",
                                         *common, "-S", bytes_, "--pid", limit.pid)), ours))
    report(f"fanout-{subscribers}", pairs, 0.9)
    report(f"fanout-{subscribers}=", equal, None, note=f"  (frames of equal size: {size} B)")


def frame_size(sala, session):
    """Bytes of the frame that carries the payload to a subscriber."""
    frame = {"type": "signal", "session": session, "name": "typing", "from": sala.subject(), "data": {"x": "x" * PAYLOAD}}
    return len(json.dumps(frame, separators=(",", ":")))


def paced(options, subscribers):
    """One frame at a time, at half of the rate that the C server reaches so."""
    pairs, tails = [], []
    session = "conversation/c_bench"
    with Limit() as limit, Sala(options.server, options.data) as sala:
        sala.conversation("c_bench")
        target = ["-p", LIMIT_PORT, "-P", "/s/1", "--pub-path", "/p", "--frame", "1 %p"]
        size = ["-n", subscribers, "-S", PAYLOAD, "-T", options.seconds, "-w", 1]
        most = wsload("fanout", *target, *size, "--window", 64, "--pid", limit.pid)
        pace = most["deliveries_per_s"] / subscribers / 2
        for _ in range(options.rounds):
            base = wsload("fanout", *target, *size, "--rate", f"{pace:.0f}", "--pid", limit.pid)
            ours = wsload("fanout", *sala.socket(session), *sala.publisher(), "--frame", sala.signal(session), *size, "--rate",
                          f"{pace:.0f}", "--pid", sala.pid)
            pairs.append((rate(base), rate(ours)))
            tails.append((base["p99_us"], ours["p99_us"]))
    tail = statistics.median(ours / base for base, ours in tails)
    report(f"paced-{subscribers}", pairs, 0.95, note=f"  at {pace:.0f} events/s, p99 {tail:.2f} x the limit's")


CONVERSATIONS = 5_000


class Conversations:
    """Many conversations with one reader each, and one publisher that speaks in all of them, round robin."""

    def __init__(self, options):
        self.common = ["-n", CONVERSATIONS, "--topics", CONVERSATIONS, "-S", PAYLOAD, "-T", options.seconds, "-w", 1]
        self.session = "conversation/c_bench%i"

    def prepare(self, sala):
        for index in range(CONVERSATIONS):
            sala.conversation(f"c_bench{index}")

    def limit(self, limit, *pace):
        return wsload("fanout", "-p", LIMIT_PORT, "-P", "/s/%i", "--pub-path", "/p", "--frame", "%i %p", *self.common, *pace,
                      "--pid", limit.pid)

    def sala(self, sala, *pace):
        return wsload("fanout", *sala.socket(self.session), *sala.publisher(), "--frame", sala.signal(self.session),
                      *self.common, *pace, "--pid", sala.pid)


def conversations(options):
    load, pairs = Conversations(options), []
    with Limit() as limit, Sala(options.server, options.data) as sala:
        load.prepare(sala)
        for _ in range(options.rounds):
            pairs.append(tuple(rate(each) for each in (
                load.limit(limit, "--window", 256), load.sala(sala, "--window", 256))))
    report("conversations", pairs, 0.9)


def paced_conversations(options):
    """The most frames a second in each conversation that arrive within 10 ms (p99): the aim is 20, which are 100,000 in all."""
    load = Conversations(options)
    with Limit() as limit, Sala(options.server, options.data) as sala:
        load.prepare(sala)
        for name, run in (("limit", lambda *pace: load.limit(limit, *pace)), ("sala", lambda *pace: load.sala(sala, *pace))):
            held = None
            for each in (20, 18, 16, 14, 12, 10, 8, 6, 4, 2):
                result = run("--rate", each * CONVERSATIONS)
                kept_up = result["deliveries_per_s"] >= 0.98 * each * CONVERSATIONS
                if kept_up and result["p99_us"] <= 10_000:
                    held = f"{each} frames/s each, p99 {result['p99_us'] / 1000:.2f} ms"
                    break
            print(f"{'conversations-20':16} {name} holds {held or 'fewer than 2 frames/s each'}", flush=True)


def private_bytes(pid):
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M))
    return (int(found["Private_Dirty"]) + int(found["Private_Clean"])) * 1024


def memory(options):
    """15 000 sockets, each subscribed to one session, silent."""
    count = 15_000
    session = "conversation/c_bench"
    with Sala(options.server, options.data) as sala:
        sala.conversation("c_bench")
        wsload("connect", *sala.socket(session), "-n", 200)
        before = private_bytes(sala.pid)
        load = subprocess.Popen(
            ["taskset", "-c", CLIENT_CORE, str(BUILD / "wsload"), "connect", *map(str, sala.socket(session)), "-n", str(count),
             "--hold", "8"], stdout=subprocess.PIPE, text=True)
        most = 0
        while load.poll() is None:
            most = max(most, private_bytes(sala.pid))
            time.sleep(0.2)
        connected = json.loads(load.stdout.read().strip().splitlines()[-1])["connected"]
    each = (most - before) / max(1, connected)
    print(f"{'memory':16} {each:,.0f} B for each of {connected:,} idle subscribed sockets"
          f"{'  reached' if each <= 1024 else '  NOT reached, target 1,024'}", flush=True)


def connects(options):
    pairs = []
    with Limit() as limit, Sala(options.server, options.data) as sala:
        for _ in range(options.rounds):
            figures = []
            for path, port, pid in (("/echo", LIMIT_PORT, limit.pid), ("/v1/echo", SALA_PORT, sala.pid)):
                cpu = cpu_seconds(pid)
                result = wsload("connect", "-p", port, "-P", path, "-n", 5_000, "--settle", 0)
                figures.append(result["connected"] / (cpu_seconds(pid) - cpu))
            pairs.append(tuple(figures))
    report("connects", pairs, 0.9)


class OpenSSLServer(Server):
    """`openssl s_server` with the certificate of a `sala dev --tls`."""

    def __init__(self, data):
        super().__init__(
            OPENSSL_PORT, "openssl", "s_server", "-accept", str(OPENSSL_PORT), "-quiet", "-www",
            "-cert", data / "certificate.pem", "-key", data / "certificate-key.pem")


def handshake(port, context, session=None, path=None):
    """One connection; with a path also one request, after which TLS 1.3 has sent its ticket. Returns the session."""
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as secure:
            if session and not secure.session_reused:
                sys.exit("wire-bench: the server did not resume the session")
            if path:
                secure.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
                while secure.recv(65536):
                    pass
            return secure.session


def tls(options):
    """TLS 1.3 handshakes per CPU second of the server, full and resumed, without a request."""
    for row in ("tls-full", "tls-resumed"):
        pairs = []
        with Sala(options.server, options.data, tls=True) as sala, OpenSSLServer(sala.data) as other:
            os.sched_setaffinity(0, {int(CLIENT_CORE)})
            context = ssl.create_default_context(cafile=sala.data / "ca.pem")
            for _ in range(options.rounds):
                figures = []
                for port, pid, path in ((OPENSSL_PORT, other.pid, "/"), (SALA_PORT, sala.pid, "/health")):
                    session = handshake(port, context, path=path) if row == "tls-resumed" else None
                    cpu, count, end = cpu_seconds(pid), 0, time.monotonic() + options.seconds
                    while time.monotonic() < end:
                        handshake(port, context, session)
                        count += 1
                    figures.append(count / (cpu_seconds(pid) - cpu))
                pairs.append(tuple(figures))
            os.sched_setaffinity(0, range(os.cpu_count()))
        report(row, pairs, None, note="  (beside openssl s_server)", other="openssl")


def loops(options):
    """CPU time for each message with two loops, beside one: with no third core for the generator, throughput cannot tell."""
    figures = {}
    for count, cores in ((1, SERVER_CORE), (2, f"{SERVER_CORE},{CLIENT_CORE}")):
        with Sala(options.server, options.data, loops=count, cores=cores) as sala:
            runs = [rate(wsload("echo", "-p", SALA_PORT, "-P", "/v1/echo", "-n", 100, "-d", 16, "-S", PAYLOAD, "-T",
                                options.seconds, "-w", 0.5, "--pid", sala.pid)) for _ in range(options.rounds)]
            figures[count] = statistics.median(runs)
    change = figures[1] / figures[2] - 1
    print(f"{'loops':16} CPU time a message with two loops {change:+.1%} of that with one"
          f"{'  reached' if abs(change) <= 0.1 else '  NOT reached, target within 10 %'}", flush=True)


ROWS = {
    "echo-1": lambda o: echo(o, 1), "echo-16": lambda o: echo(o, 16), "ping-16": ping,
    "fanout-1000": lambda o: fanout(o, 1_000), "fanout-10000": lambda o: fanout(o, 10_000),
    "paced-1000": lambda o: paced(o, 1_000), "conversations": conversations, "conversations-20": paced_conversations, "memory": memory,
    "connects": connects, "tls": tls, "loops": loops,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--server", default=ROOT / ".build/release/sala", type=Path)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--seconds", default=3.0, type=float)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    options = parser.parse_args()
    unknown = [row for row in options.rows if row not in ROWS]
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if not options.server.exists():
        parser.error(f"{options.server} is missing: swift build -c release")
    if os.cpu_count() < 2:
        parser.error("two cores are needed: one for the server, one for the generator")
    compile_tools(options.tools)
    options.data = tempfile.mkdtemp(prefix="sala-bench-")
    try:
        for row in options.rows or ROWS:
            ROWS[row](options)
    finally:
        shutil.rmtree(options.data, ignore_errors=True)


if __name__ == "__main__":
    main()
