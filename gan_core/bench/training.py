"""Training speed: the engine, in each precision, against the yardsticks, to which as many threads are open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.bench.yardsticks import NAIVE, Yardstick, running, usable
from gan_core.setup.config import PRECISIONS
from gan_core.setup.presets import Preset
from gan_core.training.compute import resolve
from gan_core.training.engine import GANEngine


def training_speed(plan: Plan) -> Iterator[Row]:
    """Steps a second at every size, and as multiples of the yardsticks'."""
    yardsticks = usable(resolve(plan.device).device.type)
    for preset in SIZES.values():
        yield from compare(preset, plan, yardsticks)


def compare(preset: Preset, plan: Plan, yardsticks: Sequence[Yardstick]) -> list[Row]:
    """Steps a second of the engine and of the yardsticks at one size, and the ratios of the two.

    Everybody may take as many threads as were asked for, else one for each core. Unasked, the engine takes but one for
    narrow layers, as it does wherever it trains.
    """
    compute = resolve(plan.device, threads=plan.threads)
    ours = {
        precision: GANEngine(preset, device=plan.device, precision=precision, threads=plan.threads)
        for precision in PRECISIONS
        if precision != "auto"  # which is float32
    }
    with running(yardsticks, preset.config, compute.device.type, compute.threads) as speeds:
        slices: dict[str, Callable[[], float]] = {name: partial(speed, plan.seconds) for name, speed in speeds.items()}
        slices |= {name: partial(rate, engine.step, plan.seconds) for name, engine in ours.items()}
        found = interleave(slices, plan.rounds)
    group = f"Training, {describe(preset)}"
    pairs = [(name, theirs) for theirs in speeds for name in found if name in ours or theirs == NAIVE.name != name]
    return [
        *[Row(group, name, "steps/s", values) for name, values in found.items()],
        *[Row(group, f"{a} : {b}", "x", ratios(found[a], found[b])) for a, b in pairs],
    ]
