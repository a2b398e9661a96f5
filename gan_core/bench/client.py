"""A browser's place at the server: the server's process, and a client that takes frames at a steady pace."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import gan_core
from gan_core.live.audience import WATCHED_FOR
from gan_core.wire import frames as wire

FRAMES_PER_SECOND = 20


@dataclass(frozen=True)
class Server:
    """A running `gan_core.bench.server`."""

    pid: int
    port: int


@contextmanager
def running_server(size: str, device: str, threads: int | None, runs: str = "", token: str = "") -> Iterator[Server]:
    """Start a server that trains networks of one of sizes.SIZES, and end it afterwards.

    It records into `runs`. With a token, only whoever has it steers.
    """
    command = [sys.executable, "-m", "gan_core.bench.server", size, device, str(threads or ""), runs, token]
    root = Path(gan_core.__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise OSError(f"the server for the benchmark did not start: exit status {process.wait()}")
            yield Server(process.pid, int(line))
        finally:
            process.kill()


class Client:
    """Asks a server as a page does: the newest frame, again and again, over one connection."""

    def __init__(self, port: int, token: str = "") -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"token {token}"} if token else {}
        self._version = 0
        self.frames = 0  # received

    def health(self) -> dict[str, Any]:
        """What /healthz says. Raises RuntimeError when the training has failed."""
        health: dict[str, Any] = json.loads(self._ask("/healthz"))
        if health["status"] != "ok":
            raise RuntimeError(health["error"])
        return health

    def step(self) -> int:
        """Steps that the server has trained."""
        return int(self.health()["step"])

    def take_frame(self) -> None:
        """Fetch and read the newest frame, if there is a newer one."""
        payload = self._ask(f"/api/frame?after={self._version}")
        if payload:
            header, _ = wire.decode(payload)
            self._version = header["version"]
            self.frames += 1

    def watch(self, until: Callable[[], bool]) -> None:
        """Take frames at FRAMES_PER_SECOND, or as fast as they come, until told to end."""
        due = time.perf_counter()
        while not until():
            self.take_frame()
            due = max(due + 1 / FRAMES_PER_SECOND, time.perf_counter())
            time.sleep(max(0.0, due - time.perf_counter()))

    def watch_for(self, seconds: float) -> None:
        """Take frames for so long."""
        end = time.perf_counter() + seconds
        self.watch(lambda: time.perf_counter() >= end)

    def look(self, share: float) -> None:
        """Set the share of time for looking."""
        self._ask("/api/command", "POST", {"do": "looking", "share": share})

    def record(self, on: bool) -> None:
        """Have the steps from now on recorded, or not."""
        self._ask("/recording", "POST", {"on": on})

    def present(self, step: int) -> None:
        """Show the watchers a step, as a presenter."""
        self._ask("/api/presented", "POST", {"step": step})

    def published(self) -> list[tuple[int, float]]:
        """Version of every frame so far, and when it was there: seconds on the machine's monotonic clock."""
        return [(version, there) for version, there in json.loads(self._ask("/published"))]

    def play(self) -> None:
        """Let the training go on."""
        self._ask("/api/command", "POST", {"do": "play"})

    def rest(self) -> None:
        """Pause the training and wait until the server does nothing at all.

        For as long as it believes that somebody watches, it works on a sharper picture.
        """
        self._ask("/api/command", "POST", {"do": "pause"})
        time.sleep(WATCHED_FOR + 0.2)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, path: str, method: str = "GET", body: object = None) -> bytes:
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, {"Content-Type": "application/json", **self._headers})
        response = self._connection.getresponse()
        answer = response.read()
        if response.status not in (200, 204):
            raise OSError(f"{path} answered {response.status}: {answer[:200]!r}")
        return answer
