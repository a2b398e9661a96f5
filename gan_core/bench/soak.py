"""Memory over a long run: a server that trains tiny networks as fast as it can, watched all the time."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from gan_core.bench.client import Client, running_server
from gan_core.bench.rounds import Plan, Row
from gan_core.bench.sizes import SIZES, describe
from gan_core.cli.options import SoakLength

WARM = 120.0  # seconds: by then everything has been loaded and used once
_EVERY = 5.0  # seconds between two readings


def memory_over_time(plan: Plan, length: SoakLength) -> list[Row]:
    """Resident memory of the server after WARM seconds (or halfway, if that is sooner) and at the end.

    Raises OSError where there is no /proc.
    """
    readings: list[tuple[float, int, float]] = []  # seconds, step, MB
    with running_server("tiny", plan.device, plan.threads) as server, closing(Client(server.port)) as client:
        start = time.perf_counter()
        while not readings or not _over(length, *readings[-1][:2]):
            client.watch_for(min(_EVERY, _left(length, readings)))
            elapsed = time.perf_counter() - start
            readings.append((elapsed, client.step(), resident_megabytes(server.pid)))
        buffer = client.health()["memory_bytes"] / 1e6
    seconds, steps, at_end = readings[-1]
    warm_seconds, warm_steps, warm = min(readings, key=lambda r: abs(r[0] - min(WARM, seconds / 2)))
    group = f"Soak, {describe(SIZES['tiny'])}"
    return [
        Row(group, f"resident after {warm_seconds:.0f} s, {warm_steps:,} steps", "MB", (warm,)),
        Row(group, f"resident after {seconds:.0f} s, {steps:,} steps", "MB", (at_end,)),
        Row(group, "growth", "MB", (at_end - warm,)),
        Row(group, "of it in the buffer at the end", "MB", (buffer,)),
    ]


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process, from /proc."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"process {pid} has no resident memory: it has ended")


def _over(length: SoakLength, seconds: float, steps: int) -> bool:
    if length.seconds is not None:
        return seconds >= length.seconds
    return length.steps is not None and steps >= length.steps


def _left(length: SoakLength, readings: list[tuple[float, int, float]]) -> float:
    if length.seconds is None:
        return _EVERY
    return max(0.0, length.seconds - (readings[-1][0] if readings else 0.0))
