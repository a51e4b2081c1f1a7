#!/usr/bin/env python3
"""How long it takes from a rider's report to who watches the order, what that costs, and what an idle tracked order weighs.

Starts `sala dev` (release) on a fresh store and makes orders, each with a rider and customers on sockets of their own. Every rider reports
one point a second, as due by the clock: what is sent or comes late counts from when it was due. The latency ends when a customer's
socket has been read. Everything, PostgreSQL and this script included, runs on this machine's cores; the server's own processor time is
told apart (`cpu`: seconds of one core in a second), and so is PostgreSQL's.

`--idle N` instead: N orders with a rider and a full track, nobody connected; the growth of the server's memory, divided.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import os
import pathlib
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

ROOT = pathlib.Path(__file__).resolve().parent.parent
TENANT = "baanfoodie"
BRANCH = {"name": "สาขาสยาม", "lat": 13.7456, "lng": 100.5341}
DESTINATION = {"lat": 13.80, "lng": 100.5341}
# The ping has no text, and no text has a zero; its answer's key is zero.
PING, PONG = b"\x89\x00", b"\x8a\x80\0\0\0\0"
TICKS = os.sysconf("SC_CLK_TCK")


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Server:
    def __init__(self, command):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sala-bench-"))
        self.directory.chmod(0o755)
        self.data = self.directory / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(self.directory / "log", "wb")
        self.process = subprocess.Popen(
            [*command, "dev", "--port", str(self.port), "--data", str(self.data)], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 120
        while not (self.data / "dev.json").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not start: see {self.directory / 'log'}")
            time.sleep(0.05)
        self.facts = json.loads((self.data / "dev.json").read_text())
        self.tenant = json.loads((self.data / "keys.json").read_text())[TENANT]

    def token(self, subject, role):
        key = self.tenant["keys"][0]
        now = int(time.time())
        claims = {"iss": self.tenant["issuer"], "aud": self.tenant["audience"], "tenant": TENANT, "sub": subject, "role": role,
                  "iat": now, "exp": now + 7200, "jti": subject}
        text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT", "kid": key["kid"]}, claims))
        return text + "." + encoded(hmac.new(key["secret"].encode(), text.encode(), hashlib.sha256).digest())

    def memory(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    @staticmethod
    def _seconds(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def cpu(self):
        """Seconds of the server, and of all its PostgreSQL processes."""
        postgres = 0.0
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    if "postgres" in pathlib.Path(f"/proc/{entry}/comm").read_text():
                        postgres += self._seconds(entry)
                except OSError:
                    pass
        return self._seconds(self.process.pid), postgres

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


async def post_all(server, requests, size=32):
    """Sends `(method, path, body)` over keep-alive connections; every answer must be 200 or 201."""
    queue = asyncio.Queue()
    for entry in requests:
        queue.put_nowait(entry)
    token = server.facts["tokens"][TENANT]["service"]

    async def work():
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        while not queue.empty():
            method, path, body, own = queue.get_nowait()
            data = json.dumps(body).encode()
            writer.write((f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {own or token}\r\nContent-Type: application/json\r\n"
                          f"Content-Length: {len(data)}\r\n\r\n").encode() + data)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            content = await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
            if head.split(" ", 2)[1] not in ("200", "201"):
                sys.exit(f"{method} {path}: {head.splitlines()[0]} {content.decode()}")
        writer.close()

    await asyncio.gather(*(work() for _ in range(size)))


def make_orders(server, count, run):
    asyncio.run(post_all(server, [
        ("PUT", f"/v1/sessions/order/{run}-{n}",
         {"customer": f"u{n}", "lifecycle": "baanfoodie", "branch": BRANCH, "destination": DESTINATION}, None) for n in range(count)]))
    asyncio.run(post_all(server, [
        ("POST", f"/v1/sessions/order/{run}-{n}/commands",
         {"name": "rider.assign", "data": {"rider": {"id": f"r{n}", "name": "ไรเดอร์", "phone": "0812345678"}}}, None)
        for n in range(count)]))


def masked(text):
    """A client's frame; its key is zero, which leaves the text as it is."""
    data = text.encode()
    head = bytes([0x81, 0x80 | len(data)]) if len(data) < 126 else b"\x81\xfe" + len(data).to_bytes(2, "big")
    return head + b"\0\0\0\0" + data


def connect(server, token, subscribe):
    client = socket.create_connection(("127.0.0.1", server.port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    hello = {"type": "hello", "token": token, "client": "order-bench/1", "subscribe": subscribe}
    client.sendall(
        b"GET /v1/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sala.v1.json\r\n\r\n")
    got = b""
    while b"\r\n\r\n" not in got:
        got += client.recv(4096)
    client.sendall(masked(json.dumps(hello)))
    awaited = b'"type":"snapshot"' if subscribe else b'"type":"welcome"'
    while awaited not in got:
        more = client.recv(65536)
        if not more:
            sys.exit(f"the server closed a connection: {got[-300:]}")
        got += more
    client.setblocking(False)
    return client


def utc(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def measure(server, options):
    run = "m"
    make_orders(server, options.riders, run)
    print(f"{options.riders} orders made", file=sys.stderr)
    poll = select.epoll()
    riders, viewers = [], {}
    for n in range(options.riders):
        riders.append(connect(server, server.token(f"r{n}", "rider"), []))
        subscription = [{"session": f"order/{run}-{n}", "mode": "latest", "maxHz": 10}]
        for _ in range(options.viewers):
            viewer = connect(server, server.token(f"u{n}", "customer"), subscription)
            viewers[viewer.fileno()] = viewer
            poll.register(viewer.fileno(), select.EPOLLIN)
    print(f"{len(riders) + len(viewers)} sockets open", file=sys.stderr)
    latencies, late = [], 0.0
    interval = 1.0 / options.riders
    # Some seconds to get warm.
    start = time.time() + 0.5
    warm = start + 3
    end = warm + options.seconds
    sent, due = 0, start
    before = None
    while True:
        now = time.time()
        if before is None and now >= warm:
            before = (*server.cpu(), time.process_time(), now)
        while due <= now and due < end:
            rider = sent % options.riders
            lap = sent // options.riders
            text = (f'{{"type":"signal","session":"order/{run}-{rider}","name":"position.report","data":{{"points":[{{"lat":'
                    f'{13.7456 + lap * 0.00005:.6f},"lng":100.5341,"accuracy":5,"speed":5.5,"at":"{utc(due)}"}}]}}}}')
            riders[rider].send(masked(text))
            late = max(late, time.time() - due)
            sent += 1
            due = start + sent * interval
        if now >= end + 1:
            break
        for descriptor, _ in poll.poll(max(0.0, min(due, end + 1) - time.time()), 512):
            data = viewers[descriptor].recv(65536)
            seen = time.time()
            if not data:
                sys.exit("the server closed a watcher's connection")
            if PING in data:
                viewers[descriptor].send(PONG)
            at = data.find(b'"name":"position","asOf":"')
            while at >= 0:
                text = data[at + 26:data.index(b'"', at + 26)].decode()
                measured = datetime.fromisoformat(text).timestamp()
                if measured >= warm:
                    latencies.append(seen - measured)
                at = data.find(b'"name":"position","asOf":"', at + 26)
    after = (*server.cpu(), time.process_time(), time.time())
    latencies.sort()
    expected = int(options.seconds * options.riders) * options.viewers
    seconds = after[3] - before[3]

    def at(share):
        return f"{latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000:.1f}"

    print(f"{options.riders} riders, {len(viewers)} watchers, {options.seconds:g} s: {len(latencies)} of {expected} positions seen")
    print(f"report to watcher, ms: p50 {at(.5)}  p95 {at(.95)}  p99 {at(.99)}  max {at(1)}   (this script sent {late * 1000:.1f} ms late at worst)")
    print(f"cpu: server {(after[0] - before[0]) / seconds:.2f}  postgresql {(after[1] - before[1]) / seconds:.2f}  "
          f"this script {(after[2] - before[2]) / seconds:.2f}")


def weigh(server, options):
    def track(count, run):
        make_orders(server, count, run)
        now = time.time()
        points = [{"lat": 13.7456 + k * 0.0004, "lng": 100.5341 + (k % 2) * 0.0005, "accuracy": 5, "speed": 5,
                   "at": utc(now - 2000 + k * 20)} for k in range(90)]
        asyncio.run(post_all(server, [
            ("POST", f"/v1/sessions/order/{run}-{n}/commands", {"name": "position.report", "data": {"points": points}},
             server.token(f"r{n}", "rider")) for n in range(count)]))

    # What the server keeps for good, once it has done this.
    track(options.idle // 4, "warm")
    before = server.memory()
    track(options.idle, "i")
    time.sleep(5)
    grown = server.memory() - before
    print(f"{options.idle} idle tracked orders: {grown / options.idle:.0f} bytes of memory each ({grown / 2**20:.1f} MiB)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--riders", type=int, default=2_000)
    parser.add_argument("--viewers", type=int, default=2, help="watchers of each order")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--idle", type=int, help="weigh so many idle tracked orders instead")
    parser.add_argument("--command", nargs="+", default=[str(ROOT / ".build/release/sala")])
    options = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    server = Server(options.command)
    try:
        weigh(server, options) if options.idle else measure(server, options)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
