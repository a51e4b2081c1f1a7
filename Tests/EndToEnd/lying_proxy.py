"""A proxy between clients and a server that is honest but for one lie, told to one WebSocket: as a server would be with a bug.

Bytes go through as they are, until a client's socket is answered with 101; from there on the server's frames (RFC 6455 §5.2, not
compressed, since nobody here offers that) are taken apart, and `lie` decides what becomes of each.
"""

import json
import socket
import threading


class LyingProxy:
    """`lie(frame)` gets each frame of JSON with a session, one call at a time, until it returns a list: what is sent instead of
    it. That was the lie; `told` is the frame then. A lie may keep a frame back by returning [] and send it later itself; None in
    the list breaks the connection."""

    def __init__(self, host, port, lie):
        self.server = (host, port)
        self.lie = lie
        self.told = None
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.sockets = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets += [client, server]
            threading.Thread(target=self.forward, args=(client, server), daemon=True).start()
            threading.Thread(target=self.answer, args=(server, client), daemon=True).start()

    def forward(self, source, sink):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def answer(self, server, client):
        """The server's side of one connection."""
        try:
            stream = server.makefile("rb")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = stream.readline()
                if not line:
                    return client.close()
                head += line
            client.sendall(head)
            if head.startswith(b"HTTP/1.1 101"):
                self.frames(stream, client)
            else:
                while piece := stream.read1(65536):
                    client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def sever(self, client):
        client.shutdown(socket.SHUT_RDWR)

    def frames(self, stream, client):
        kept = {}
        while head := stream.read(2):
            length = head[1] & 0x7F
            more = stream.read({126: 2, 127: 8}.get(length, 0))
            if more:
                length = int.from_bytes(more, "big")
            frame = head + more + stream.read(length)
            for piece in self.pass_on(head, frame, len(head + more), kept):
                if piece is None:
                    # Both ways, so that the server knows, too.
                    self.sever(client)
                    return
                client.sendall(piece)

    def pass_on(self, head, frame, start, kept):
        """What is sent for a frame. `kept`: what the lie leaves for itself, of this connection."""
        if head[0] & 0x0F != 1:
            return [frame]
        content = json.loads(frame[start:])
        with self.lock:
            if self.told is not None and not kept:
                return [frame]
            answer = self.lie(content, frame, kept)
            if answer is None:
                return [frame]
            self.told = self.told or content
            return answer

    def close(self):
        self.listener.close()
        for end in self.sockets:
            end.close()
