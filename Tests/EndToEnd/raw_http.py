"""HTTP/1.1 on a bare socket, or on one with TLS: sends any bytes, and reads the answers strictly."""

import ssl
import time
from dataclasses import dataclass

from conftest import half_close

# Seconds until an answer counts as not coming.
PATIENCE = 15


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


class Raw:
    """One connection."""

    def __init__(self, server, timeout=PATIENCE):
        self.socket = server.connect(timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends; the server may close before it has read all of it."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            pass

    def finish(self):
        half_close(self.socket)

    def _more(self):
        data = self.socket.recv(65_536)
        self.buffer += data
        return bool(data)

    def answer(self, method="GET"):
        """The next answer, or None when the server closes instead."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                assert not self.buffer, f"cut off: {self.buffer[:200]}"
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("ascii").split("\r\n")
        version, status, _ = first.split(" ", 2)
        assert version == "HTTP/1.1", first
        headers = {}
        for line in lines:
            name, value = line.split(":", 1)
            name = name.lower()
            assert name not in headers or name in ("set-cookie", "vary"), f"{name} stands twice"
            headers[name] = value.strip()
        status = int(status)
        if status < 200:
            return self.answer(method)
        if method == "HEAD" or status in (204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, self._chunks())
        return Answer(status, headers, self._exactly(int(headers["content-length"])))

    def _exactly(self, count):
        while len(self.buffer) < count:
            assert self._more(), "cut off"
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _line(self):
        while b"\r\n" not in self.buffer:
            assert self._more(), "cut off"
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _chunks(self):
        body = b""
        while size := int(self._line(), 16):
            body += self._exactly(size)
            assert self._line() == b""
        assert self._line() == b""
        return body

    def answers(self, methods=()):
        """All answers until the server closes."""
        found = []
        while (answer := self.answer(methods[len(found)] if len(found) < len(methods) else "GET")) is not None:
            found.append(answer)
        return found

    def is_closed(self, patience=PATIENCE):
        """Waits for the server to close; false when it says something instead."""
        self.socket.settimeout(patience)
        since = time.monotonic()
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            raise AssertionError(f"still open after {time.monotonic() - since:.1f} s") from None
