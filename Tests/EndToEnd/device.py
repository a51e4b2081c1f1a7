"""One device: a client of the sub-protocol `sala.v1.json`, as an outsider would write it.

Frames are kept in the order in which they came. `wait` takes the first one that fits out of them, so that a test says what
it waits for and never how long it takes.
"""

import itertools
import json
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SUBPROTOCOL = "sala.v1.json"
# Seconds until something that must happen counts as not happening.
PATIENCE = 15
TERMINAL = ("reply.completed", "reply.cancelled", "reply.interrupted", "reply.failed")


def utf16_length(text):
    return len(text.encode("utf-16-le")) // 2


def fits(frame, members):
    return all(frame.get(name) == value for name, value in members.items())


class Device:
    """A connection; closed with the `with` statement that it stands in."""

    def __init__(self, server, token=None, subscribe=None, hello=True, **options):
        address = server.http.replace("http", "ws", 1) + options.pop("path", "/v1/socket")
        options.setdefault("subprotocols", [SUBPROTOCOL])
        # Compressed only where a test asks for it: most look at what is sent, not at how.
        options.setdefault("compression", None)
        # No pings of its own, no proxy, and nothing that the server did not promise.
        self.socket = connect(
            address, ping_interval=None, proxy=None, max_size=None, open_timeout=PATIENCE, close_timeout=5,
            **server.websocket_options, **options)
        self.numbers = itertools.count(1)
        self.frames = []
        self.code = None
        if hello:
            frame = {"type": "hello", "client": "sala-tests/1"}
            if token:
                frame["token"] = token
            if subscribe:
                frame["subscribe"] = subscribe
            self.send(frame)
            self.welcome = self.wait(type="welcome")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # Sending

    def send(self, frame):
        self.socket.send(json.dumps(frame, ensure_ascii=False))

    def send_text(self, text):
        self.socket.send(text)

    def ask(self, frame):
        """Sends a frame with a fresh id; returns the id."""
        number = next(self.numbers)
        self.send({**frame, "id": number})
        return number

    def command(self, session, name, data=None, key=None):
        frame = {"type": "command", "session": session, "name": name, "data": data or {}}
        if key:
            frame["key"] = key
        return self.ask(frame)

    def ok(self, session, name, data=None, key=None):
        """A command that must be accepted; returns its `ok`."""
        answer = self.answer(self.command(session, name, data, key))
        assert answer["type"] == "ok", answer
        return answer

    def say(self, session, text, key=None):
        return self.ok(session, "message.send", {"text": text}, key)

    def fault(self, session, name, data=None, key=None):
        """A command that must be refused; returns the fault."""
        answer = self.answer(self.command(session, name, data, key))
        assert answer["type"] == "fault", answer
        return answer

    def subscribe(self, session, **members):
        number = self.ask({"type": "subscribe", "session": session, **members})
        answer = self.wait(lambda frame: frame.get("id") == number and frame["type"] in ("subscribed", "fault"))
        assert answer["type"] == "subscribed", answer
        return answer

    def snapshot(self, session):
        """Subscribes; returns the snapshot."""
        assert self.subscribe(session)["outcome"] == "snapshot"
        return self.wait(type="snapshot", session=session)

    # Receiving

    def receive(self, timeout=PATIENCE):
        try:
            frame = self.socket.recv(timeout)
        except TimeoutError:
            raise AssertionError(f"nothing came in {timeout} s; before: {self.frames[-5:]}") from None
        except ConnectionClosed as closed:
            self.code = closed.rcvd.code if closed.rcvd else 1006
            raise
        assert isinstance(frame, str), "frames are text"
        return json.loads(frame)

    def wait(self, condition=None, timeout=PATIENCE, **members):
        """Takes the first frame that fits, among those that came and those to come."""
        def suits(frame):
            return fits(frame, members) and (condition is None or condition(frame))

        for index, frame in enumerate(self.frames):
            if suits(frame):
                return self.frames.pop(index)
        deadline = time.monotonic() + timeout
        while True:
            frame = self.receive(max(0.0, deadline - time.monotonic()))
            if suits(frame):
                return frame
            self.frames.append(frame)

    def answer(self, number):
        return self.wait(lambda frame: frame.get("id") == number and frame["type"] in ("ok", "fault"))

    def event(self, name, **members):
        return self.wait(type="event", name=name, **members)

    def until(self, condition):
        """Takes every frame up to and with the first that satisfies the condition."""
        taken = []
        deadline = time.monotonic() + PATIENCE
        while True:
            frame = self.frames.pop(0) if self.frames else self.receive(max(0.0, deadline - time.monotonic()))
            taken.append(frame)
            if condition(frame):
                return taken

    def terminal(self, reply=None):
        """Takes every frame up to and with the end of a reply."""
        return self.until(
            lambda frame: frame["type"] == "event" and frame["name"] in TERMINAL
            and reply in (None, frame["data"]["reply"]))

    def settle(self):
        """All that the server said before it answers a ping, which is more than what was asked before."""
        number = next(self.numbers)
        self.send({"type": "ping", "n": number})
        self.frames += self.until(lambda frame: fits(frame, {"type": "pong", "n": number}))[:-1]
        return self.frames

    def closed(self, timeout=PATIENCE):
        """Waits for the server to close; returns the close code. What came before it is in `frames`."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                self.frames.append(self.receive(max(0.0, deadline - time.monotonic())))
        except ConnectionClosed:
            return self.code


class Text:
    """A reply's text, built of its deltas as Protocol/README.md, Replies, says."""

    def __init__(self):
        self.text = ""
        self.count = 0

    def add(self, delta):
        assert delta["at"] in (0, utf16_length(self.text)), (delta, self.text)
        self.text = delta["text"] if delta["at"] == 0 else self.text + delta["text"]
        self.count += 1

    @classmethod
    def of(cls, frames, reply):
        built = cls()
        for frame in frames:
            if frame["type"] == "delta" and frame["reply"] == reply:
                built.add(frame)
        return built


def offsets(frames):
    return [frame["offset"] for frame in frames if frame["type"] == "event"]
