#!/usr/bin/env python3
"""Sala beside other servers that bring one message to many WebSockets: nginx with Nchan, nats-server, and Node's ws.

  loadtest/peers.py --wsload PATH [--server PATH] [--subscribers N] [--seconds S] [--rounds N] [--port P] [--out FILE] [PEER ...]

PATH is `wsload`, a load generator in C, or its source, which is compiled into a temporary folder. Each server gets one core (the
generator has another, where there are two) and one process or loop, and brings what one publisher sends to all subscribers:

- deliveries a CPU second: as many messages as come through, 64 under way;
- bytes a connection: resident memory of the server's processes, with all subscribers connected and idle;
- p99 at half load: at half the rate that was reached so.

Nothing is stored by anyone: signals of a session with us, a channel without a buffer with Nchan, a subject with NATS. Rounds take
turns, and the median is printed. What is not installed is left out, and said: Debian has libnginx-mod-nchan, nats-server, node-ws.
"""
import argparse
import base64
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAYLOAD = 128
START_SECONDS = 120
STOP_SECONDS = 60
SERVER_CORE, CLIENT_CORE = "0", "1"
CORES = len(os.sched_getaffinity(0))


def on_core(core, command):
    return ["taskset", "--cpu-list", core, *map(str, command)] if CORES > 1 else [str(part) for part in command]


class Missing(Exception):
    """Why a server cannot take part."""


class Peer:
    """A server in a folder and on a port of its own, until the end of a `with`."""

    name = title = ""
    environment = {}
    # The generator looks for the payload anywhere in what comes.
    scans = False

    def __init__(self, folder, port, options):
        self.folder, self.port, self.options = folder / self.name, port, options
        self.folder.mkdir()
        # PostgreSQL's user, and nginx's workers, must get there.
        self.folder.chmod(0o755)
        command = self.command()
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                on_core(SERVER_CORE, command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **self.environment})

    def command(self):
        raise NotImplementedError

    def targets(self):
        """The generator's options for subscribers and publisher."""
        raise NotImplementedError

    def __enter__(self):
        try:
            deadline = time.monotonic() + START_SECONDS
            while not self.is_ready():
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Missing(f"does not start: {(self.folder / 'log').read_text(errors='replace')[-300:].strip()}")
                time.sleep(0.05)
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def is_ready(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def prepare(self):
        pass

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def version(self):
        return ""

    @property
    def pids(self):
        """The process and its children, whose memory and processor time count."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return ",".join([str(self.process.pid), *children])


class Sala(Peer):
    name, title = "sala", "Sala"
    environment = {"SALA_LOOPS": "1", "SALA_LOG_LEVEL": "error"}

    def command(self):
        server = Path(self.options.server)
        if not server.exists():
            raise Missing(f"{server} is not built")
        return [server.resolve(), "dev", "--port", self.port, "--data", self.folder / "data"]

    def is_ready(self):
        return (self.folder / "data" / "dev.json").exists() and super().is_ready()

    @property
    def pids(self):
        # PostgreSQL has nothing to do here, and is a program of its own.
        return str(self.process.pid)

    def prepare(self):
        tokens = json.loads((self.folder / "data" / "dev.json").read_text())["tokens"]["jeco"]
        claims = json.loads(base64.urlsafe_b64decode(tokens["customer"].split(".")[1] + "=="))
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/sessions/conversation/c_peers", method="PUT",
            data=json.dumps({"owner": claims["sub"]}).encode(),
            headers={"Authorization": f"Bearer {tokens['service']}", "Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()
        self.token = tokens["customer"]

    def hello(self, *sessions):
        subscribe = [{"id": 1, "session": session} for session in sessions]
        return json.dumps({"type": "hello", "token": self.token, "subscribe": subscribe}, separators=(",", ":"))

    def targets(self):
        protocol = "Sec-WebSocket-Protocol: sala.v1.json"
        session = "conversation/c_peers"
        return ["-P", "/v1/socket", "-H", protocol, "-m", self.hello(session), "--settle", "1",
                "--pub-path", "/v1/socket", "--pub-hdr", protocol, "--pub-m", self.hello(),
                "--frame", '{"type":"signal","session":"' + session + '","name":"typing","data":{"x":"%p"}}']

    def __exit__(self, *_):
        super().__exit__()
        note = self.folder / "data" / "postgres.location"
        if note.exists():
            shutil.rmtree(note.read_text().strip(), ignore_errors=True)


class Nchan(Peer):
    name, title = "nchan", "nginx + Nchan"

    def command(self):
        nginx, module = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), None
        for folder in ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules"):
            module = module or next(Path(folder).glob("ngx_nchan_module.so"), None)
        if not nginx or not module:
            raise Missing("nginx or its module nchan is not installed (libnginx-mod-nchan)")
        (self.folder / "nginx.conf").write_text(f"""
            load_module {module};
            daemon off; worker_processes 1; pid {self.folder}/pid; error_log stderr error;
            worker_rlimit_nofile 65536;
            events {{ worker_connections 32768; }}
            http {{
                access_log off; client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
                fastcgi_temp_path {self.folder}/fastcgi; uwsgi_temp_path {self.folder}/uwsgi; scgi_temp_path {self.folder}/scgi;
                nchan_message_buffer_length 0; nchan_shared_memory_size 128M;
                server {{
                    listen 127.0.0.1:{self.port} backlog=4096;
                    location = /sub {{ nchan_subscriber websocket; nchan_channel_id peers; }}
                    location = /pub {{ nchan_publisher websocket; nchan_channel_id peers; }}
                }}
            }}""")
        return [nginx, "-p", self.folder, "-c", self.folder / "nginx.conf"]

    def targets(self):
        return ["-P", "/sub", "--pub-path", "/pub", "--frame", "%p", "--settle", "1"]


class NATS(Peer):
    name, title = "nats", "nats-server"
    environment = {"GOMAXPROCS": "1"}
    scans = True

    def command(self):
        server = shutil.which("nats-server")
        if not server:
            raise Missing("nats-server is not installed")
        (self.folder / "nats.conf").write_text(f"""
            listen: "127.0.0.1:-1"
            ping_interval: "1h"
            max_pending: 268435456
            websocket {{ listen: "127.0.0.1:{self.port}", no_tls: true }}
            """)
        return [server, "-c", self.folder / "nats.conf"]

    def targets(self):
        connect = r'CONNECT {"verbose":false,"pedantic":false}\r\n'
        return ["-P", "/", "--bin", "-M", connect + r"SUB peers 1\r\n", "--pub-path", "/", "--pub-M", connect,
                "--frame", r"PUB peers %z\r\n%p\r\n", "--settle", "1", "--scan"]


class Node(Peer):
    name, title = "ws", "Node ws"
    environment = {"NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs", "NODE_ENV": "production"}

    def command(self):
        node = shutil.which("node")
        if not node:
            raise Missing("node is not installed")
        found = subprocess.run([node, "-e", "require('ws')"], env={**os.environ, **self.environment}, capture_output=True)
        if found.returncode:
            raise Missing("node has no module ws (node-ws)")
        # As its documentation says it for speed: no compression, and the frame is made once for all.
        (self.folder / "server.js").write_text(f"""
            const {{ WebSocketServer }} = require('ws');
            const server = new WebSocketServer({{
                host: '127.0.0.1', port: {self.port}, perMessageDeflate: false, backlog: 4096, skipUTF8Validation: true }});
            const subscribers = new Set();
            server.on('connection', (socket, request) => {{
                if (request.url === '/pub') {{
                    socket.on('message', (data) => {{
                        for (const each of subscribers) each.send(data, {{ binary: false }});
                    }});
                }} else {{
                    subscribers.add(socket);
                    socket.on('close', () => subscribers.delete(socket));
                }}
                socket.on('error', () => {{}});
            }});""")
        return [node, self.folder / "server.js"]

    def targets(self):
        return ["-P", "/sub", "--pub-path", "/pub", "--frame", "%p", "--settle", "1"]


PEERS = [Sala, Nchan, NATS, Node]


def compiled(path, folder):
    """The generator, made of its source if that is what was named."""
    source = Path(path)
    if not source.exists():
        sys.exit(f"peers: {source} is missing; --wsload names wsload or wsload.c")
    if source.suffix != ".c":
        return source.resolve()
    program = folder / "wsload"
    made = subprocess.run(["cc", "-O3", "-march=native", "-o", program, source], capture_output=True, text=True)
    if made.returncode:
        sys.exit(f"peers: {source} does not compile: {made.stderr.strip()[-500:]}")
    return program


def measure(wsload, peer, options):
    """One round: what is printed of it."""
    def generate(mode, *more):
        command = [wsload, mode, "-p", peer.port, "--pid", peer.pids, "-S", PAYLOAD, "-n", options.subscribers, *more]
        done = subprocess.run(on_core(CLIENT_CORE, command), capture_output=True, text=True, timeout=options.seconds + 120)
        if done.returncode != 0 or not done.stdout.strip():
            raise Missing(f"the generator failed: {done.stderr.strip()[-300:]}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    targets = peer.targets()
    # Of the subscribers alone.
    subscribing = targets[:targets.index("--pub-path")]
    memory = generate("connect", *[part for part in subscribing if part != "--bin"], "--hold", 1)
    most = generate("fanout", *targets, "--window", 64, "--batch", 16, "-T", options.seconds, "-w", 1)
    pace = most["sent_per_s"] / 2
    half = generate("fanout", *targets, "--rate", f"{max(1, pace):.0f}", "-T", options.seconds, "-w", 1)
    if not most["deliveries"] or not half["deliveries"]:
        raise Missing("nothing was delivered")
    return {
        "deliveriesPerCPUSecond": most["deliveries"] / max(1e-9, most["server_cpu_s"]),
        "deliveriesPerSecond": most["deliveries_per_s"],
        "bytesPerConnection": memory["rss_bytes_per_conn"],
        "halfLoadP99Milliseconds": half["p99_us"] / 1000,
        "halfLoadPerSecond": half["deliveries_per_s"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wsload", required=True, help="the load generator, or its source wsload.c")
    parser.add_argument("--server", default=str(ROOT / ".build" / "release" / "sala"))
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=9400, help="the first of five, and of ours ten above")
    parser.add_argument("--out", help="writes the figures as JSON")
    parser.add_argument("peers", nargs="*", metavar="PEER", help=", ".join(peer.name for peer in PEERS) + " (default: all)")
    options = parser.parse_args()
    unknown = set(options.peers) - {peer.name for peer in PEERS}
    if unknown:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    chosen = [peer for peer in PEERS if not options.peers or peer.name in options.peers]

    rounds, left_out = {peer: [] for peer in chosen}, {}
    with tempfile.TemporaryDirectory(prefix="sala-peers-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        wsload = compiled(options.wsload, folder)
        for number in range(options.rounds):
            for index, peer in enumerate(chosen):
                if peer in left_out:
                    continue
                try:
                    place = folder / str(number)
                    place.mkdir(exist_ok=True)
                    place.chmod(0o755)
                    with peer(place, options.port + index, options) as server:
                        rounds[peer].append(measure(wsload, server, options))
                except Missing as why:
                    left_out[peer] = str(why)

    figures = {
        peer.name: {name: statistics.median(one[name] for one in made) for name in made[0]}
        for peer, made in rounds.items() if made and peer not in left_out}
    print(f"One message to {options.subscribers:,} subscribers, {PAYLOAD} bytes; median of {options.rounds}; {CORES} cores\n")
    print(f"{'':16}{'deliveries/CPU s':>18}{'bytes/connection':>18}{'p99 at half load':>18}{'deliveries/s':>16}")
    for peer in chosen:
        if peer.name not in figures:
            continue
        one = figures[peer.name]
        print(f"{peer.title:16}{one['deliveriesPerCPUSecond']:18,.0f}{one['bytesPerConnection']:18,.0f}"
              f"{one['halfLoadP99Milliseconds']:15,.2f} ms{one['deliveriesPerSecond']:16,.0f}")
    for peer, why in left_out.items():
        print(f"\nleft out: {peer.title}: {why}")
    if options.out:
        Path(options.out).write_text(json.dumps({
            "subscribers": options.subscribers, "payloadBytes": PAYLOAD, "seconds": options.seconds,
            "rounds": options.rounds, "cores": CORES, "peers": figures,
            "leftOut": {peer.name: why for peer, why in left_out.items()}}, indent=2) + "\n")
    return 0 if "sala" in figures or not any(peer is Sala for peer in chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
