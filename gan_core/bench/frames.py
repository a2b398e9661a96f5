"""What looking costs: rendering and encoding frames, in units of training steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import ARTICLE, describe
from gan_core.looking.probe import LIVE_POINTS, POINTS, SHARP_RESOLUTION, Probe
from gan_core.records.frames import Moment, Snapshot
from gan_core.run.history import TRAIL_STEPS
from gan_core.setup.presets import Preset
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire

RESOLUTIONS = {50: LIVE_POINTS, 100: LIVE_POINTS, SHARP_RESOLUTION: POINTS}  # cells a side -> points
STEP = "training step, float32"


def frame_costs(plan: Plan) -> list[Row]:
    """Milliseconds of a frame at each resolution and of encoding it, and the same in float32 training steps."""
    return costs(ARTICLE, plan)


def costs(preset: Preset, plan: Plan) -> list[Row]:
    """As `frame_costs`, for networks of any size."""
    engine = GANEngine(preset, device=plan.device, precision="float32", threads=plan.threads)
    probe = Probe(engine.config, engine.compute.device)

    frame = look(engine, probe, 100, LIVE_POINTS)
    trail = [frame.trail_point] * TRAIL_STEPS

    def encode() -> bytes:
        return wire.encode_frame(frame, version=1, trail=trail, kept=True)

    calls: dict[str, Callable[[], object]] = {STEP: engine.step}
    for resolution, points in RESOLUTIONS.items():
        name = f"{resolution} x {resolution}"
        calls[f"frame {name}"] = partial(look, engine, probe, resolution, points)
        calls[f"maps {name} alone"] = partial(look, engine, probe, resolution, 1)
    calls["encoding 100 x 100"] = encode
    found = interleave({name: _slice(call, plan.seconds) for name, call in calls.items()}, plan.rounds)
    group = f"Looking, {describe(preset)}"
    rows = [Row(group, name, "ms", tuple(1000 / value for value in values)) for name, values in found.items()]
    rows += [Row(group, name, "steps", ratios(found[STEP], values)) for name, values in found.items() if name != STEP]
    return [*rows, Row(group, "size of 100 x 100", "kB", (len(encode()) / 1000,))]


def look(engine: GANEngine, probe: Probe, resolution: int, points: int) -> Snapshot:
    """Take one frame: maps of R x R cells, and the first of the fixed points."""
    moment = Moment(run=1, step=engine.steps, time=0.0)
    return probe.look(engine.generator, engine.discriminator, moment, resolution=resolution, points=points)


def _slice(call: Callable[[], object], seconds: float) -> Callable[[], float]:
    return lambda: rate(call, seconds)
