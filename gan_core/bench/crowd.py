"""Many browsers' places at a server, in a process of their own and cheap: the processor is for what is measured.

Imports nothing of gan_core and reads no more of a frame than its version.

`python crowd.py PORT CLIENTS ASKS_A_SECOND PATH` answers each line on stdin, a number of seconds, by letting them ask
for so long for the newest frame, or for whatever else has versions at that path. What came is printed as one line of
JSON: for every answer the version that the client had, when it had sent its request and when the last byte of the
answer was there (seconds on the machine's monotonic clock), and the version that it got, or null.
"""

from __future__ import annotations

import heapq
import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterator

Answer = tuple[int, float, float, int | None]
FRAME = "/api/frame"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_VERSION = re.compile(rb'"version": ?(\d+)')
_BUFFER = bytearray(1 << 20)
_PATIENCE = 30.0  # seconds without any answer after which something is wrong


class Browser:
    """One client: asks for a frame newer than the one it has, and reads the answer piece by piece."""

    def __init__(self, port: int, path: str = FRAME) -> None:
        self._port, self._path = port, path
        self._received = b""
        self._sent = 0.0
        self.version = 0
        self.due = 0.0  # when to ask next
        self.socket: socket.socket | None = None

    def ask(self) -> None:
        """Send a request, over a new connection if there is none."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self._port), _PATIENCE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = f"GET {self._path}?after={self.version} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n"
        self.socket.sendall(request.encode())
        self._sent = time.monotonic()

    def read(self) -> Answer | None:
        """Take in what has come; the answer once it is complete. Raises OSError when it is none of those expected."""
        if self.socket is None:
            raise OSError("nothing was asked")
        count = self.socket.recv_into(_BUFFER)
        now = time.monotonic()
        self._received += memoryview(_BUFFER)[:count]
        end = self._received.find(b"\r\n\r\n") + 4
        length = _LENGTH.search(self._received, 0, end)
        if count and (end < 4 or len(self._received) < end + (int(length[1]) if length else 0)):
            return None
        status = self._received[9:12]
        found = _VERSION.search(self._received, end) if status == b"200" else None
        if not found and status != b"204":
            raise OSError(f"the server answered {self._received[:200]!r}")
        answer = (self.version, self._sent, now, int(found[1]) if found else None)
        self.version = answer[3] or self.version
        if b"\r\nConnection: close" in self._received[:end]:
            self.close()
        self._received = b""
        return answer

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def watch(browsers: list[Browser], asks_a_second: float, seconds: float) -> Iterator[Answer]:
    """Let every client ask at a steady pace, or as fast as it is answered, and yield the answers as they come."""
    start = time.monotonic()
    for number, browser in enumerate(browsers):
        browser.due = start + number / len(browsers) / asks_a_second
    idle = [(browser.due, number) for number, browser in enumerate(browsers)]
    asking = 0
    with selectors.DefaultSelector() as selector:
        while True:
            now = time.monotonic()
            if now >= start + seconds:
                idle.clear()
                if not asking:
                    return
            while idle and idle[0][0] <= now:
                number = heapq.heappop(idle)[1]
                browsers[number].ask()
                selector.register(browsers[number].socket, selectors.EVENT_READ, number)  # type: ignore[arg-type]
                asking += 1
            for key, _ in selector.select(max(0.0, idle[0][0] - time.monotonic()) if idle else _PATIENCE):
                browser = browsers[key.data]
                answer = browser.read()
                if answer is not None:
                    selector.unregister(key.fileobj)
                    asking -= 1
                    browser.due = max(browser.due + 1 / asks_a_second, answer[2])
                    heapq.heappush(idle, (browser.due, key.data))
                    yield answer


def main(port: int, clients: int, asks_a_second: float, path: str) -> None:
    """Serve stdin."""
    for line in sys.stdin:
        browsers = [Browser(port, path) for _ in range(clients)]
        answers = list(watch(browsers, asks_a_second, float(line)))
        for browser in browsers:
            browser.close()
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
