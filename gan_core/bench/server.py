"""`python -m gan_core.bench.server SIZE`: a session behind the real HTTP interface, in a process of its own.

Says its port on the first line of stdout and serves until it is killed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from fastapi import Request

from gan_core.bench.sizes import SIZES
from gan_core.dashboard.http.admission import Admission
from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.listen import Server
from gan_core.dashboard.http.present import Presenting, add_presenting
from gan_core.live.session import TrainingSession
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.frames import Snapshot
from gan_core.system.collector import spare
from gan_core.training.engine import GANEngine

HOST = "127.0.0.1"


class MeasuredSession(TrainingSession):
    """Notes when each frame was there, and can go on without recording its steps.

    The same process has to be measured with and without: two that are started alike differ by more than recording.
    """

    def __init__(self, **options: Any) -> None:
        """The run that it begins with is the one that is measured."""
        self.published: list[tuple[int, float]] = []  # version, seconds on the machine's monotonic clock
        super().__init__(**options)

        run, take = self.trainer.run, self.trainer.run.take

        def take_and_note(frame: Snapshot, *, sharper: bool = False) -> bool:
            self.published.append((self._board.coming, time.monotonic()))  # no browser can have it before
            return take(frame, sharper=sharper)

        run.take = take_and_note  # type: ignore[method-assign]
        self._recorder = run.keeper

    def record(self, on: bool) -> None:
        """Have the steps to come written down, or not: then the run's file misses them."""
        self.trainer.run.keeper = self._recorder if on else None


def serve(size: str, device: str, threads: int | None, runs: RunFolder | None, token: str = "") -> None:
    """Train networks of one of SIZES and answer requests, without end; with a token, of a presenter and watchers."""
    session = MeasuredSession(
        preset="quick",  # trains at full speed and pauses nowhere; the networks are those of `size`
        device=device,
        threads=threads,
        runs=runs,
        make_engine=lambda preset, seed, **options: GANEngine(SIZES[size], seed, **options),
    )
    server = Application()
    guard(server, Admission(HOST))
    add_routes(server, session)
    if token:
        add_presenting(server, Presenting(token))

    @server.get("/published")
    async def published() -> list[tuple[int, float]]:
        return session.published

    @server.post("/recording")
    async def recording(request: Request) -> dict[str, str]:
        session.record(bool((await request.json())["on"]))
        return {}

    listening = Server(server, HOST, 0)
    spare()
    session.start()
    print(listening.addresses[0][1], flush=True)
    listening.run()


if __name__ == "__main__":
    _, size, device, threads, runs, token = sys.argv
    serve(size, device, int(threads) if threads else None, RunFolder(Path(runs)) if runs else None, token)
