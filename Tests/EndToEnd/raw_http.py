"""HTTP/1.1 on a bare socket, or on one with TLS: sends any bytes, and reads the answers strictly."""

import socket
import ssl
import struct
import time
from dataclasses import dataclass

# Seconds until an answer counts as not coming.
PATIENCE = 15
# Seconds until a server that does not read what is sent counts as not reading any more.
STALL = 2


def half_close(connection):
    """The end of our bytes; the server's are still read. (SSLSocket.shutdown would stop to decrypt them.)"""
    socket.socket.shutdown(connection, socket.SHUT_WR)


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


class Raw:
    """One connection."""

    def __init__(self, server, timeout=PATIENCE, source="127.0.0.1"):
        self.socket = server.connect(timeout, source)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        # All that came, for looking whether it repeats what was sent.
        self.received = b""

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

    def try_send(self, data):
        """Sends while the server takes it: false once it has ended, or has taken nothing for some seconds."""
        self.socket.settimeout(STALL)
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            return False
        finally:
            self.socket.settimeout(PATIENCE)

    def reset(self):
        """Ends with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def finish(self):
        half_close(self.socket)

    def _more(self):
        data = self.socket.recv(65_536)
        self.buffer += data
        self.received += data
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
        if status < 200 and status != 101:
            return self.answer(method)
        if method == "HEAD" or status in (101, 204, 304):
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
