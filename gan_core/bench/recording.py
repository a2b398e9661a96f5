"""What recording takes from the training: the same server with and without a folder for its runs."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from gan_core.bench.client import Client, running_server
from gan_core.bench.rounds import Plan, Row, interleave, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.history import DENSE_STEPS

OFF, ON = "recording off", "recording on"
_LEAST = 4.0  # seconds of a slice: some checkpoints, even where there are seconds between them
_POLL = 0.2  # seconds between two looks at the step


def cost_of_recording(plan: Plan) -> list[Row]:
    """Steps a second with and without recording, with nobody watching, at every size."""
    return [row for size in SIZES for row in compare(size, plan)]


def compare(size: str, plan: Plan) -> list[Row]:
    """Steps a second of two servers that take turns, and their ratio."""
    seconds = max(_LEAST, plan.seconds)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        clients = {}
        for name, runs in ((OFF, ""), (ON, folder)):
            server = stack.enter_context(running_server(size, plan.device, plan.threads, runs))
            clients[name] = stack.enter_context(closing(Client(server.port)))
            _train_past_the_dense_steps(clients[name])
            clients[name].rest()
        found = interleave({name: lambda c=c: _speed(c, seconds) for name, c in clients.items()}, plan.rounds)  # type: ignore[misc]
        step, recorded = clients[ON].step(), sum(file.stat().st_size for file in Path(folder).iterdir())
    group = f"Recording, {describe(SIZES[size])}"
    return [
        *[Row(group, name, "steps/s", values) for name, values in found.items()],
        Row(group, f"{ON} : off", "x", ratios(found[ON], found[OFF])),
        Row(group, f"on the disk after {step:,} steps", "MB", (recorded / 1e6,)),
    ]


def _speed(client: Client, seconds: float) -> float:
    client.play()
    step, start = client.step(), time.perf_counter()
    time.sleep(seconds)
    speed = (client.step() - step) / (time.perf_counter() - start)
    client.rest()
    return speed


def _train_past_the_dense_steps(client: Client) -> None:
    """Until then every step is worth a frame, and is recorded as one."""
    client.look(0.0)
    while client.step() <= DENSE_STEPS:
        time.sleep(_POLL)
