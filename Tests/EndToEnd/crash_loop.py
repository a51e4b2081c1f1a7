"""The crash loop: clients send, the server or its PostgreSQL is killed with -9 at a random moment, and in the end the sums
must hold. `scripts/crash-loop.py` runs it for long, `test_crash.py` for a few rounds.

What must hold after every round, once things are quiet (contract: Protocol/README.md, Promises):

- lost: every acknowledged command is in the log at the offset that its `ok` named;
- duplicates: no command took effect twice; no client saw an offset twice;
- gaps: offsets are 1..n; every client saw every event, the same as the log has;
- open: every reply has exactly one terminal event.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from conftest import SalaDev, free_port, request
from crash_client import TERMINAL, Client, essence
from store import kill_postgres, postmaster_pid

# Seconds of traffic before the kill, and of traffic after the restart before the quiet.
TRAFFIC = (0.2, 2.0)
AFTERMATH = (0.0, 0.5)
# Seconds within which everything must be answered, ended and delivered after a restart.
QUIET_TIMEOUT = 60
LOG_PAGE = 500
MAX_EXAMPLES = 20
# The share of the kills that come right behind a volley, in which every client sends at once; and how far behind it:
# somewhere between the sockets' buffers and the last answer.
VOLLEYS = 0.7
AFTER_VOLLEY = (0.0, 0.03)


@dataclass
class Options:
    """`kill`: `server`, `postgres` or `both`; or `none`, the server is told to stop (SIGTERM), as at a deploy."""

    rounds: int = 20
    seed: int = 1
    clients: int = 20
    kill: str = "server"


@dataclass
class Sums:
    """What must be zero, with examples; and what must not be, or the loop has shown nothing."""

    lost: int = 0
    duplicates: int = 0
    gaps: int = 0
    open: int = 0
    wrong: int = 0
    examples: list = field(default_factory=list)
    rounds: int = 0
    acknowledged: int = 0
    resent: int = 0
    resumed: int = 0
    replies: int = 0
    interrupted: int = 0

    def add(self, kind, what):
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{kind}: {what}")

    @property
    def hold(self):
        return not (self.lost or self.duplicates or self.gaps or self.open or self.wrong)

    def __str__(self):
        text = f"lost={self.lost} duplicates={self.duplicates} gaps={self.gaps} open={self.open}"
        return text + (f" wrong={self.wrong}" if self.wrong else "")


class Loop:
    """One server with its data, and the clients that live through its deaths."""

    def __init__(self, command, options, report=print):
        self.options = options
        self.report = report
        self.random = random.Random(options.seed)
        self.sums = Sums()
        self.clients = []
        self.reported = {}
        # PostgreSQL's user must be able to get there, so that its files lie inside and go with it.
        self.directory = Path(tempfile.mkdtemp(prefix="sala-crash-"))
        self.directory.chmod(0o755)
        self.data = self.directory / "data"
        self.command = command
        arguments = [*command, "dev", "--port", str(free_port()), "--data", str(self.data)]
        self.log = open(self.directory / "sala.log", "ab")
        self.server = SalaDev(self.data / "dev.json", arguments, self.log)

    def run(self):
        """All rounds; returns the sums. Leaves nothing behind unless they do not hold (then the server's log)."""
        try:
            self._start()
            asyncio.run(self._rounds())
        finally:
            self._clean_up()
        return self.sums

    # The server

    def _start(self):
        self.server.start()
        self._pace()

    def _pace(self):
        # About a second and a half a reply: most kills meet some that are open.
        self.server.pace(tokens=40, per_second=30, first_ms=100)

    def _clean_up(self):
        try:
            self.server.stop()
        finally:
            if postmaster := postmaster_pid(self.data):
                os.kill(postmaster, signal.SIGQUIT)
            self.log.close()
            if self.sums.hold and self.sums.rounds == self.options.rounds:
                shutil.rmtree(self.directory, ignore_errors=True)
            else:
                self.report(f"kept for a look: {self.directory}")

    async def _kill(self):
        """Kills what the options say; a server that was killed is started again. Returns the seconds until it is back."""
        victims = ["server", "postgres"] if self.options.kill == "both" else [self.options.kill]
        self.random.shuffle(victims)
        if self.server.process.poll() is not None:
            raise RuntimeError(f"the server ended by itself with {self.server.process.returncode}")
        for victim in victims:
            if victim == "postgres":
                kill_postgres(self.data)
            elif victim == "server":
                self.server.kill()
            else:
                await asyncio.to_thread(self.server.stop)
                if self.server.process.returncode != 0:
                    self.sums.add("wrong", f"SIGTERM ended the server with {self.server.process.returncode}")
        start = time.monotonic()
        if victims != ["postgres"]:
            await asyncio.to_thread(self._start)
        return time.monotonic() - start

    # Rounds

    async def _rounds(self):
        await asyncio.to_thread(self._make_clients)
        address = self.server.http.replace("http", "ws", 1) + "/v1/socket"
        tasks = [asyncio.create_task(client.run(address)) for client in self.clients]
        try:
            await self._quiet("the start")
            for number in range(1, self.options.rounds + 1):
                await self._round(number)
        finally:
            for client in self.clients:
                client.is_over = True
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            for end in ends:
                if isinstance(end, Exception):
                    raise end

    async def _round(self, number):
        for client in self.clients:
            client.sends = True
        moment = self.random.uniform(*TRAFFIC)
        await asyncio.sleep(moment)
        if self.random.random() < VOLLEYS:
            await asyncio.gather(*[client.fire() for client in self.clients])
            await asyncio.sleep(self.random.uniform(*AFTER_VOLLEY))
        unanswered = sum(len(client.pending) for client in self.clients)
        back = await self._kill()
        await asyncio.sleep(self.random.uniform(*AFTERMATH))
        for client in self.clients:
            client.sends = False
        start = time.monotonic()
        await self._quiet(f"round {number}")
        self.sums.rounds = number
        self.report(
            f"round {number:3}  kill {self.options.kill} after {moment:.2f} s with {unanswered:2} unanswered  "
            f"back in {back:.2f} s, quiet in {time.monotonic() - start:.2f} s  acknowledged {self.sums.acknowledged}, "
            f"sent again {self.sums.resent}, replies {self.sums.replies}, interrupted {self.sums.interrupted}  {self.sums}")

    def _make_clients(self):
        """Two shared conversations with two fifths of the clients, one of them with the advisor; the others own one each,
        every second one with the advisor."""
        seed, count = self.options.seed, self.options.clients
        shared = count * 2 // 5
        for index in range(count):
            is_shared = index < shared
            room = index % 2 if is_shared else index
            # Two devices each in the shared ones.
            person = index // 4 * 2 + index % 2 if is_shared else index
            advisor = room % 2 == 1
            subject = f"crash_{person}"
            conversation = f"crash.{seed}.{'shared' if is_shared else 'own'}.{room}"
            pause = 0.6 if advisor else 0.15
            self.clients.append(
                Client(f"c{index}", subject, self._token(subject), conversation, pause, seed, advisor))
        for conversation in sorted({client.conversation for client in self.clients}):
            members = sorted({client.subject for client in self.clients if client.conversation == conversation})
            advisor = next(client.advisor for client in self.clients if client.conversation == conversation)
            status, _, text = self._request(
                "PUT", conversation, {"owner": members[0], "participants": members[1:], "advisor": advisor})
            assert status == 201, text

    def _token(self, subject):
        arguments = ["--tenant", "jeco", "--subject", subject, "--role", "customer", "--ttl", "86400"]
        command = [*self.command, "token", *arguments, "--data", str(self.data)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def _request(self, method, conversation, body=None, rest=""):
        url = f"{self.server.http}/v1/sessions/conversation/{conversation}{rest}"
        return request(method, url, body, token=self.server.token(role="service"))

    # Checks

    async def _quiet(self, when):
        """Waits until everything is answered, ended and delivered, then checks all sums."""
        deadline = time.monotonic() + QUIET_TIMEOUT
        while True:
            logs = None
            if not any(client.pending or client.offset is None for client in self.clients):
                logs = await asyncio.to_thread(self._logs)
            if logs is not None and self._is_quiet(logs):
                break
            if time.monotonic() > deadline:
                self._blame(when, logs)
                break
            await asyncio.sleep(0.1)
        if logs is not None:
            self._check(when, logs)

    def _logs(self):
        """Every conversation's log, read page by page; None while the server cannot say."""
        logs = {}
        for conversation in sorted({client.conversation for client in self.clients}):
            events, after = [], 0
            while after is not None:
                try:
                    status, _, text = self._request("GET", conversation, rest=f"/log?after={after}&limit={LOG_PAGE}")
                except OSError:
                    return None
                if status in (500, 503):
                    return None
                assert status == 200, text
                page = json.loads(text)
                events += page["events"]
                after = page["next"]
            logs[conversation] = events
        return logs

    def _is_quiet(self, logs):
        if any(client.pending for client in self.clients):
            return False
        return all(
            client.offset == len(logs[client.conversation]) and not open_replies(logs[client.conversation])
            for client in self.clients)

    def _blame(self, when, logs):
        """It did not become quiet: who waits for what."""
        for client in self.clients:
            for key, command in client.pending.items():
                self.sums.add("wrong", f"{when}: {client.name} has no answer to {command.name} {key}")
            if logs is not None and client.offset != len(logs[client.conversation]):
                self.sums.add(
                    "gaps", f"{when}: {client.name} is at {client.offset} of {len(logs[client.conversation])}")
        if logs is None:
            self.sums.add("wrong", f"{when}: the logs cannot be read, or a client has no subscription")

    def _check(self, when, logs):
        sums = self.sums
        for conversation, events in logs.items():
            members = [client for client in self.clients if client.conversation == conversation]
            offsets = [event["offset"] for event in events]
            if offsets != list(range(1, len(events) + 1)):
                sums.add("gaps", f"{when}: the offsets of {conversation} are not 1..{len(events)}")
            texts = [e["data"]["message"]["text"] for e in events if e["name"] == "message.created"]
            if len(texts) != len(set(texts)):
                sums.add("duplicates", f"{when}: a message stands twice in {conversation}")
            self._check_replies(when, conversation, events)
            by_offset = {event["offset"]: event for event in events}
            for client in members:
                self._check_client(when, client, by_offset)
        self._collect(when)
        sums.acknowledged = sum(len(client.acknowledged) for client in self.clients)
        sums.resent = sum(client.tally.resent for client in self.clients)
        sums.resumed = sum(client.tally.resumed for client in self.clients)
        names = [event["name"] for events in logs.values() for event in events]
        sums.replies = names.count("reply.started")
        sums.interrupted = names.count("reply.interrupted")

    def _check_replies(self, when, conversation, events):
        for reply in open_replies(events):
            self.sums.add("open", f"{when}: {reply} of {conversation}")
        started = [event["data"]["reply"] for event in events if event["name"] == "reply.started"]
        ended = [event["data"]["reply"] for event in events if event["name"] in TERMINAL]
        if len(started) != len(set(started)) or len(ended) != len(set(ended)):
            self.sums.add("duplicates", f"{when}: a reply of {conversation} starts or ends twice")
        if set(ended) - set(started):
            self.sums.add("wrong", f"{when}: a reply of {conversation} ends without a start")

    def _check_client(self, when, client, by_offset):
        for key, (offset, command) in client.acknowledged.items():
            if not took_effect(command, by_offset.get(offset)):
                self.sums.add("lost", f"{when}: {client.name} {command.name} {key}, acknowledged at {offset}")
        texts = {e["data"]["message"]["text"] for e in by_offset.values() if e["name"] == "message.created"}
        for key, command in client.rejected.items():
            if command.name == "message.send" and command.data["text"] in texts:
                self.sums.add("wrong", f"{when}: {client.name} {key} was refused and stands in the log")
        for offset, seen in client.seen.items():
            if offset not in by_offset:
                self.sums.add("lost", f"{when}: {client.name} saw {offset}, which is not in the log: {seen}")
            elif seen != essence(by_offset[offset]):
                self.sums.add("wrong", f"{when}: {client.name} saw another {offset} than the log has: {seen}")
        missed = [offset for offset in range(min(client.seen, default=1), (client.offset or 0) + 1) if offset not in client.seen]
        if missed and client.seen:
            self.sums.add("gaps", f"{when}: {client.name} never saw {missed[:5]}")

    def _collect(self, when):
        """What the clients noticed by themselves since the last time."""
        for client in self.clients:
            for kind in ("gaps", "duplicates", "wrong"):
                noticed = getattr(client.tally, kind)
                for what in noticed[self.reported.get((client.name, kind), 0):]:
                    self.sums.add(kind, f"{when}: {what}")
                self.reported[client.name, kind] = len(noticed)


def took_effect(command, event):
    """Whether `event` is what `command` was acknowledged for."""
    if event is None:
        return False
    if command.name == "message.send":
        return event["name"] == "message.created" and event["data"]["message"]["text"] == command.data["text"]
    return event["name"] == "reply.cancelled" and event["data"]["reply"] == command.data["reply"]


def open_replies(events):
    """Replies that were started and did not end."""
    replies = {event["data"]["reply"] for event in events if event["name"] == "reply.started"}
    return replies - {event["data"]["reply"] for event in events if event["name"] in TERMINAL}


def main(arguments, command):
    """The command line of scripts/crash-loop.py; returns its exit code."""
    loop = Loop(command, arguments, report=lambda line: print(line, flush=True))
    sums = loop.run()
    for example in sums.examples:
        print(f"  {example}", file=sys.stderr)
    print(f"{sums.rounds} rounds, seed {arguments.seed}, kill {arguments.kill}: {sums}")
    return 0 if sums.hold and sums.rounds == arguments.rounds else 1
