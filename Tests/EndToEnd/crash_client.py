"""A client that survives crashes: it sends, remembers what was acknowledged, reconnects, resumes and sends again.

It is written against Protocol/README.md alone, and holds the server to it while it runs: offsets rise by one, deltas fit,
an answer stays the same however often its command is sent.
"""

import asyncio
import json
import random
import uuid
from dataclasses import dataclass, field

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

SUBPROTOCOL = "sala.v1.json"
# Seconds from the connection to `welcome`.
WELCOME_TIMEOUT = 10
# Commands of one client that wait for their answer; beyond it nothing new is sent.
MAX_PENDING = 4
TERMINAL = ("reply.completed", "reply.cancelled", "reply.interrupted", "reply.failed")


@dataclass
class Pending:
    """A command without an answer."""

    name: str
    data: dict
    sends: int = 0


@dataclass
class Tally:
    """What one client saw that must not be, and what makes sure that it saw anything."""

    gaps: list = field(default_factory=list)
    duplicates: list = field(default_factory=list)
    wrong: list = field(default_factory=list)
    connections: int = 0
    resumed: int = 0
    replayed: int = 0
    resent: int = 0
    deltas: int = 0


class Client:
    """One device of a subject, in one conversation."""

    def __init__(self, name, subject, token, conversation, pause, seed, advisor):
        self.name = name
        self.subject = subject
        self.token = token
        self.session = f"conversation/{conversation}"
        self.conversation = conversation
        self.pause = pause
        self.advisor = advisor
        self.random = random.Random(f"{seed}/{name}")
        self.sends = False
        self.is_over = False
        self.pending = {}
        self.acknowledged = {}
        self.rejected = {}
        # Every event seen, by its offset: what the log must say, too.
        self.seen = {}
        self.epoch = None
        self.offset = None
        self.replies = {}
        self.open_reply = None
        self.tally = Tally()
        self.count = 0
        self.last_id = 0
        self.waiting = {}
        self.later = set()
        self.socket = None

    async def fire(self):
        """A new command, now, whatever becomes of it."""
        await self._until_closed(self.send_new())

    async def run(self, address):
        """Until `is_over`: connect, talk, lose the connection, come back."""
        while not self.is_over:
            try:
                async with connect(
                    address, subprotocols=[SUBPROTOCOL], max_size=None, compression=None, proxy=None,
                    open_timeout=WELCOME_TIMEOUT, close_timeout=1, ping_interval=None,
                ) as socket:
                    await self._talk(socket)
            except ConnectionClosed as end:
                if end.rcvd is not None and 4500 <= end.rcvd.code < 4600:
                    self.tally.wrong.append(f"{self.name}: closed with {end.rcvd.code} {end.rcvd.reason}")
            except (OSError, InvalidHandshake, InvalidMessage, TimeoutError, EOFError):
                pass  # The server is away.
            finally:
                self.socket = None
                for task in self.later:
                    task.cancel()
                self.later.clear()
            await asyncio.sleep(self.random.uniform(0.01, 0.15))

    async def _talk(self, socket):
        self.waiting = {}
        await socket.send(json.dumps(
            {"type": "hello", "token": self.token, "client": "crash-loop", "subscribe": [self._subscription()]}))
        while True:
            frame = json.loads(await asyncio.wait_for(socket.recv(), WELCOME_TIMEOUT))
            if frame["type"] == "welcome":
                break
            await self._receive(socket, frame)
        self.tally.connections += 1
        self.socket = socket
        for key in list(self.pending):
            await self._send(socket, key)
        self._start(self._send_often())
        while not self.is_over:
            await self._receive(socket, json.loads(await socket.recv()))

    def _start(self, work):
        task = asyncio.create_task(self._until_closed(work))
        self.later.add(task)
        task.add_done_callback(self.later.discard)

    @staticmethod
    async def _until_closed(work):
        try:
            await work
        except ConnectionClosed:
            pass  # The reader sees it, too.

    # Sending

    async def _send_often(self):
        while True:
            await asyncio.sleep(self.random.expovariate(1 / self.pause))
            if not self.sends or len(self.pending) >= MAX_PENDING:
                continue
            if not self.open_reply or self.random.random() < 0.5:
                await self.send_new()

    async def send_new(self):
        """Sends a command that was not sent before, if there is a connection."""
        if self.socket is None:
            return
        if self.open_reply and self.random.random() < 0.3:
            name, data = "reply.cancel", {"reply": self.open_reply}
        else:
            self.count += 1
            name, data = "message.send", {"text": f"{self.name} #{self.count} ครับ"}
        key = uuid.UUID(int=self.random.getrandbits(128)).hex
        self.pending[key] = Pending(name, data)
        await self._send(self.socket, key)

    async def _send(self, socket, key):
        command = self.pending.get(key)
        if command is None:
            return
        self.last_id += 1
        self.waiting[self.last_id] = key
        if command.sends:
            self.tally.resent += 1
        command.sends += 1
        await socket.send(json.dumps(
            {"type": "command", "id": self.last_id, "session": self.session, "name": command.name, "key": key,
             "data": command.data}))

    async def _send_later(self, socket, key, seconds):
        await asyncio.sleep(seconds)
        await self._send(socket, key)

    def _subscription(self):
        self.last_id += 1
        self.waiting[self.last_id] = None
        subscription = {"id": self.last_id, "session": self.session}
        if self.offset is not None:
            subscription["from"] = {"epoch": self.epoch, "offset": self.offset}
        return subscription

    async def _subscribe_later(self, socket, seconds):
        await asyncio.sleep(seconds)
        await socket.send(json.dumps({"type": "subscribe", **self._subscription()}))

    # Receiving

    async def _receive(self, socket, frame):
        match frame["type"]:
            case "ok":
                self._acknowledge(frame)
            case "fault":
                self._refuse(socket, frame)
            case "subscribed":
                self._subscribed(frame)
            case "snapshot":
                self.epoch, self.offset = frame["epoch"], frame["offset"]
                opened = frame["state"].get("openReply")
                self.open_reply = opened["reply"] if opened else None
            case "event":
                self._event(frame)
            case "delta":
                self._delta(frame)
            case "unsubscribed" if frame["why"] in ("moved", "unavailable"):
                self._start(self._subscribe_later(socket, 0.1))
            case "unsubscribed":
                self.tally.wrong.append(f"{self.name}: unsubscribed, {frame['why']}")

    def _acknowledge(self, frame):
        key = self.waiting.pop(frame["id"], None)
        command = self.pending.pop(key, None)
        known = self.acknowledged.get(key)
        if known and known[0] != frame["offset"]:
            self.tally.wrong.append(f"{self.name}: {key} was answered with {known[0]}, then {frame['offset']}")
        if command:
            self.acknowledged[key] = (frame["offset"], command)

    def _refuse(self, socket, frame):
        if frame.get("id") not in self.waiting:
            self.tally.wrong.append(f"{self.name}: fault without a request: {frame}")
            return
        key = self.waiting.pop(frame["id"])
        wait = frame.get("retryAfterMs", 100) / 1000
        if frame["retryable"]:
            self._start(self._send_later(socket, key, wait) if key else self._subscribe_later(socket, wait))
        elif key is None:
            self.tally.wrong.append(f"{self.name}: no subscription: {frame}")
        elif command := self.pending.pop(key, None):
            self.rejected[key] = command
            # A reply may have ended before it could be cancelled.
            if (command.name, frame["code"]) != ("reply.cancel", 2403):
                self.tally.wrong.append(f"{self.name}: {command.name} was refused: {frame}")

    def _subscribed(self, frame):
        self.waiting.pop(frame.get("id"), None)
        if frame["outcome"] == "resumed":
            self.tally.resumed += 1
        elif self.offset is not None:
            self.tally.gaps.append(f"{self.name}: resuming from {self.offset} came to {frame}")

    def _event(self, frame):
        if self.offset is None or frame["offset"] > self.offset + 1:
            self.tally.gaps.append(f"{self.name}: after {self.offset} came {frame['offset']}")
        elif frame["offset"] <= self.offset:
            self.tally.duplicates.append(f"{self.name}: after {self.offset} came {frame['offset']} again")
            return
        self.offset = frame["offset"]
        self.seen[self.offset] = essence(frame)
        self.tally.replayed += frame.get("replay", False)
        reply = frame["data"].get("reply")
        if frame["name"] == "reply.started":
            self.open_reply = reply
        elif frame["name"] in TERMINAL:
            self.open_reply = None
            self._compare(frame, self.replies.pop(reply, None))

    def _delta(self, frame):
        """Builds a reply up as README.md, Replies, says; None marks one that this client may not be able to follow."""
        self.tally.deltas += 1
        text = self.replies.get(frame["reply"], "")
        if frame["at"] == 0:
            self.replies[frame["reply"]] = frame["text"]
        elif frame["at"] == utf16_length(text):
            self.replies[frame["reply"]] = text + frame["text"]
        else:
            self.tally.wrong.append(
                f"{self.name}: a delta at {frame['at']} behind {utf16_length(text)} units of {frame['reply']}")

    def _compare(self, event, deltas):
        """A whole reply that was followed live must be what its deltas said."""
        if event["name"] == "reply.completed" and deltas is not None and not event.get("replay"):
            if event["data"]["message"]["text"] != deltas:
                self.tally.wrong.append(f"{self.name}: the text of {event['data']['reply']} is not that of its deltas")


def essence(event):
    """What of an event must be the same for everybody, for ever."""
    return json.dumps([event["offset"], event["name"], event["at"], event["data"]], sort_keys=True)


def utf16_length(text):
    return len(text.encode("utf-16-le")) // 2
