"""`python -m gan_core.bench.server SIZE`: a session behind the real HTTP interface, in a process of its own.

Says its port on the first line of stdout and serves until it is killed.
"""

from __future__ import annotations

import sys

from flask import Flask

from gan_core.bench.sizes import SIZES
from gan_core.dashboard.api import add_routes
from gan_core.dashboard.guard import guard
from gan_core.dashboard.listen import Server
from gan_core.engine import GANEngine
from gan_core.session import TrainingSession

HOST = "127.0.0.1"


def serve(size: str, device: str, threads: int | None) -> None:
    """Train networks of one of SIZES and answer requests, without end."""
    session = TrainingSession(
        device=device,
        threads=threads,
        make_engine=lambda preset, seed, **options: GANEngine(SIZES[size], seed, **options),
    )
    server = Flask(__name__)
    guard(server, HOST)
    add_routes(server, session)
    listening = Server(server, session, HOST, 0)
    session.start()
    print(listening.addresses[0][1], flush=True)
    listening.run()


if __name__ == "__main__":
    _, size, device, threads = sys.argv
    serve(size, device, int(threads) if threads else None)
