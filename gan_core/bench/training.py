"""Training speed: the engine, in each precision, against the naive loop with as many threads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gan_core.bench import naive
from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.compute import Compute
from gan_core.engine import GANEngine
from gan_core.presets import Preset

NAIVE = "naive loop"
PRECISIONS = ("float32", "bfloat16")


def training_speed(plan: Plan) -> list[Row]:
    """Steps a second at every size, and as multiples of the naive loop's."""
    return [row for preset in SIZES.values() for row in compare(preset, plan)]


def compare(preset: Preset, plan: Plan) -> list[Row]:
    """Steps a second of the naive loop and of the engine at one size."""
    engines = {
        precision: GANEngine(preset, device=plan.device, precision=precision, threads=plan.threads)
        for precision in PRECISIONS
    }
    with naive_loop(preset, engines["float32"].compute) as steps_per_second:
        slices = {NAIVE: lambda: steps_per_second(plan.seconds)}
        slices |= {precision: _slice(engine, plan.seconds) for precision, engine in engines.items()}
        found = interleave(slices, plan.rounds)
    group = f"Training, {describe(preset)}"
    rows = [Row(group, name, "steps/s", values) for name, values in found.items()]
    return rows + [Row(group, f"{p} : {NAIVE}", "x", ratios(found[p], found[NAIVE])) for p in PRECISIONS]


@contextmanager
def naive_loop(preset: Preset, compute: Compute) -> Iterator[Callable[[float], float]]:
    """Start the naive loop at a preset's size; what is handed out trains for so many seconds and returns its rate."""
    config = preset.config
    size = (config.width, config.depth, config.batch, compute.device.type, compute.threads)
    # -P keeps this folder off the module path. Without the variable, threads wait as torch lets them by default.
    command = [sys.executable, "-P", naive.__file__, *map(str, size)]
    environ = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=environ
    ) as process:

        def steps_per_second(seconds: float) -> float:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("both are pipes")
            process.stdin.write(f"{seconds}\n")
            return float(process.stdout.readline())

        try:
            yield steps_per_second
        finally:
            process.kill()


def _slice(engine: GANEngine, seconds: float) -> Callable[[], float]:
    return lambda: rate(engine.step, seconds)
