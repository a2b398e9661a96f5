"""How cost grows: a training step with the networks' width and with the batch, a frame with its resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from gan_core.bench.frames import look
from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import ARTICLE
from gan_core.looking.probe import LIVE_POINTS, Probe
from gan_core.setup.config import GANConfig, sized
from gan_core.training.engine import GANEngine

Call = Callable[[], object]


@dataclass(frozen=True)
class Curve:
    """One quantity that is varied, the rest being the article's."""

    group: str  # its heading in the report
    axis: str  # what is varied
    points: tuple[int, ...]
    quick: tuple[int, ...]
    reference: int  # the point that the others are compared with
    prepare: Callable[[int, Plan], Call]  # value -> what is timed


def _width(value: int, plan: Plan) -> Call:
    return _step(plan, sized(value))


def _batch(value: int, plan: Plan) -> Call:
    return _step(plan, replace(ARTICLE.config, batch=value))


def _step(plan: Plan, config: GANConfig) -> Call:
    return GANEngine(replace(ARTICLE, config=config), device=plan.device, threads=plan.threads).step


def _resolution(value: int, plan: Plan) -> Call:
    engine = GANEngine(ARTICLE, device=plan.device, threads=plan.threads)
    probe = Probe(engine.config, engine.compute.device)
    return partial(look, engine, probe, value, LIVE_POINTS)


CURVES = (
    Curve("A training step by width", "width", (16, 32, 64, 128, 256, 512, 1024), (16, 128, 512, 1024), 512, _width),
    Curve("A training step by batch", "batch", (64, 128, 256, 512, 1024, 2048), (64, 512, 2048), 512, _batch),
    Curve("A frame by cells a side", "resolution", (25, 50, 100, 200, 400), (25, 100, 200), 100, _resolution),
)


def costs_as_they_grow(plan: Plan) -> Iterator[Row]:
    """Milliseconds at each point of each curve, and as multiples of the reference's."""
    for curve in CURVES:
        yield from along(curve, plan)


def along(curve: Curve, plan: Plan) -> list[Row]:
    """As `costs_as_they_grow`, of one curve: all its points take turns."""
    points = curve.quick if plan.quick else curve.points
    names = {point: f"{curve.axis} {point}" for point in points}
    found = interleave({names[p]: _milliseconds(curve.prepare(p, plan), plan.seconds) for p in points}, plan.rounds)
    reference = names[curve.reference]
    return [
        *[Row(curve.group, names[p], "ms", found[names[p]], at=p) for p in points],
        *[
            Row(curve.group, f"{name} : {reference}", "x", ratios(values, found[reference]))
            for name, values in found.items()
            if name != reference
        ],
    ]


def _milliseconds(call: Call, seconds: float) -> Callable[[], float]:
    return lambda: 1000 / rate(call, seconds)
