"""What a browser costs the training: steps a second on its own, and in a server that somebody watches."""

from __future__ import annotations

import time
from contextlib import closing

from gan_core.bench.client import FRAMES_PER_SECOND, Client, running_server
from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.training.engine import GANEngine

HEADLESS = "headless"
WATCHED = f"one client, up to {FRAMES_PER_SECOND} frames/s"
_LEAD = 0.3  # seconds for the server to notice that it is watched
_LEAST = 1.0  # seconds of a slice: a step more or less must not matter


def cost_of_a_client(plan: Plan) -> list[Row]:
    """Steps a second with and without a client, at two sizes."""
    return [row for size in ("article", "small") for row in compare(size, plan)]


def compare(size: str, plan: Plan) -> list[Row]:
    """Steps a second headless and watched, one of them always at rest."""
    preset, seconds = SIZES[size], max(_LEAST, plan.seconds)
    engine = GANEngine(preset, device=plan.device, threads=plan.threads)
    frames: list[float] = []
    with running_server(size, plan.device, plan.threads) as server, closing(Client(server.port)) as client:
        client.rest()
        slices = {
            HEADLESS: lambda: rate(engine.step, seconds),
            WATCHED: lambda: _watched(client, seconds, frames),
        }
        found = interleave(slices, plan.rounds)
    group = f"Served, {describe(preset)}"
    return [
        *[Row(group, name, "steps/s", values) for name, values in found.items()],
        Row(group, "watched : headless", "x", ratios(found[WATCHED], found[HEADLESS])),
        Row(group, "frames received", "frames/s", tuple(frames[1:])),  # the first round is not counted
    ]


def _watched(client: Client, seconds: float, frames: list[float]) -> float:
    client.play()
    client.watch_for(_LEAD)
    step, received, start = client.step(), client.frames, time.perf_counter()
    client.watch_for(seconds)
    steps, elapsed = client.step() - step, time.perf_counter() - start
    client.rest()
    frames.append((client.frames - received) / elapsed)
    return steps / elapsed
