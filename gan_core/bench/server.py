"""`python -m gan_core.bench.server SIZE`: a session behind the real HTTP interface, in a process of its own.

Says its port on the first line of stdout and serves until it is killed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify

from gan_core.bench.sizes import SIZES
from gan_core.dashboard.api import add_routes
from gan_core.dashboard.guard import guard
from gan_core.dashboard.listen import Server
from gan_core.engine import GANEngine
from gan_core.records import Snapshot
from gan_core.run_file import RunFolder
from gan_core.session import TrainingSession

HOST = "127.0.0.1"


class TimedSession(TrainingSession):
    """Notes when each frame was there."""

    def __init__(self, **options: Any) -> None:
        self.published: list[tuple[int, float]] = []  # version, seconds on the machine's monotonic clock
        super().__init__(**options)

    def _publish(self, frame: Snapshot, store: Callable[[Snapshot], None]) -> None:
        def store_and_note(frame: Snapshot) -> None:  # called under the lock: before it, no browser can have the frame
            store(frame)
            self.published.append((self._board.coming, time.monotonic()))

        super()._publish(frame, store_and_note)


def serve(size: str, device: str, threads: int | None, runs: RunFolder | None) -> None:
    """Train networks of one of SIZES and answer requests, without end."""
    session = TimedSession(
        device=device,
        threads=threads,
        runs=runs,
        make_engine=lambda preset, seed, **options: GANEngine(SIZES[size], seed, **options),
    )
    server = Flask(__name__)
    guard(server, HOST)
    add_routes(server, session)

    @server.get("/published")
    def published() -> Response:
        return jsonify(session.published)

    listening = Server(server, session, HOST, 0)
    session.start()
    print(listening.addresses[0][1], flush=True)
    listening.run()


if __name__ == "__main__":
    _, size, device, threads, runs = sys.argv
    serve(size, device, int(threads) if threads else None, RunFolder(Path(runs)) if runs else None)
