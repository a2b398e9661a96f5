"""What recording takes from the training: one server, which hands its steps to the recorder by turns.

Not two servers, one with and one without: of two processes that are started alike one may train a quarter faster than
the other, for as long as they live.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from pathlib import Path

from gan_core.bench.client import Client, running_server
from gan_core.bench.rounds import Plan, Row, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.run.history import DENSE_STEPS

OFF, ON = "recording off", "recording on"
_LEAST = 4.0  # seconds a round: some checkpoints, even where there are seconds between them
_TURNS = 8  # a round
_POLL = 0.2  # seconds between two looks at the step


def cost_of_recording(plan: Plan) -> list[Row]:
    """Steps a second with and without recording, with nobody watching, at every size."""
    return [row for size in SIZES for row in compare(size, plan)]


def compare(size: str, plan: Plan) -> list[Row]:
    """Steps a second of one server with and without recording, in turns, and their ratio."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(size, plan.device, plan.threads, folder) as server,
        closing(Client(server.port)) as client,
    ):
        _train_past_the_dense_steps(client)
        rounds = [_speeds(client, max(_LEAST, plan.seconds)) for _ in range(plan.rounds + 1)][1:]  # the first warms up
        step, recorded = client.step(), sum(file.stat().st_size for file in Path(folder).iterdir())
    off, on = tuple(speeds[False] for speeds in rounds), tuple(speeds[True] for speeds in rounds)
    group = f"Recording, {describe(SIZES[size])}"
    return [
        Row(group, OFF, "steps/s", off),
        Row(group, ON, "steps/s", on),
        Row(group, f"{ON} : off", "x", ratios(on, off)),
        Row(group, f"on the disk, half of {step:,} steps", "MB", (recorded / 1e6,)),
    ]


def _speeds(client: Client, seconds: float) -> dict[bool, float]:
    """Steps a second with and without recording, over so many seconds of each: many short turns, as machines drift."""
    steps, spent = {False: 0, True: 0}, {False: 0.0, True: 0.0}
    for turn in range(2 * _TURNS):
        on = turn % 4 in (1, 2)  # off, on, on, off: neither always comes first
        client.record(on)
        step, start = client.step(), time.perf_counter()
        time.sleep(seconds / _TURNS)
        steps[on] += client.step() - step
        spent[on] += time.perf_counter() - start
    return {on: steps[on] / spent[on] for on in steps}


def _train_past_the_dense_steps(client: Client) -> None:
    """Until then every step is worth a frame, and is recorded as one."""
    client.look(0.0)
    while client.step() <= DENSE_STEPS:
        time.sleep(_POLL)
