"""Small recorded runs for tests: a real engine of the tiniest network, and everything that it did in plain lists."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from gan_core.recording.file.checkpoint import pack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.records.frames import Moment, Snapshot, TrailPoint
from gan_core.records.steps import Change, StepMetrics
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.presets import Preset
from gan_core.setup.recipe import Recipe
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire

CONFIG = sized(width=4, depth=1, batch=2)


def recipe(run_id: str = "20260101-000000-abcdef", config: GANConfig = CONFIG, **other: object) -> Recipe:
    plain = {
        "id": run_id,
        "preset": "tiny",
        "config": asdict(config),
        "values": asdict(HyperParameters()),
        "seed": 3,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "torch": "2.0",
        "machine": "a machine",
        "created": 1_767_225_600.0,
    }
    return Recipe(**{**plain, **other})  # type: ignore[arg-type]


def engine(config: GANConfig = CONFIG, seed: int = 3) -> GANEngine:
    preset = Preset("tiny", config, HyperParameters())
    return GANEngine(preset, seed, device="cpu", precision="float32", threads=1)


def frame(step: int, cells: int = 3, points: int = 2) -> bytes:
    """An envelope with noise in its arrays."""
    random = np.random.default_rng(step)
    snapshot = Snapshot(
        moment=Moment(run=7, step=step, time=1234.5),
        latent_map=random.integers(0, 256, (cells, cells)).astype(np.uint8),
        sample_map=random.integers(0, 256, (cells, cells)).astype(np.uint8),
        fakes=random.integers(-32767, 32768, (points, 2)).astype(np.int16),
        image=random.integers(-32767, 32768, (cells, cells, 2)).astype(np.int16),
        trail_point=TrailPoint(step, (0.1, 0.2), (0.3, 0.4)),
    )
    trail = [TrailPoint(s, (0.1, 0.2), (0.3, 0.4)) for s in range(max(0, step - 2), step + 1)]
    return wire.encode_frame(snapshot, version=step, trail=trail, kept=True)


@dataclass
class Kept:
    """What was written, in the plainest form."""

    metrics: list[StepMetrics] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    frames: dict[int, bytes] = field(default_factory=dict)
    checkpoints: dict[int, bytes] = field(default_factory=dict)


def record(path: Path, steps: int = 40, config: GANConfig = CONFIG, **other: object) -> Kept:
    """Train and record: a frame at every fifth step, a checkpoint at every tenth, a change at every seventh."""
    kept, trained = Kept(), engine(config)
    file = RunFile.create(path, recipe(path.name.split(".")[0], config, **other))
    for step in range(steps + 1):
        with file.transaction():
            if step:
                kept.metrics.append(trained.step())
                file.add_metrics(kept.metrics[-1:])
            if step % 5 == 0:
                kept.frames[step] = frame(step)
                file.add_frame(step, kept.frames[step])
            if step % 10 == 0:
                kept.checkpoints[step] = pack_state(trained.state())
                file.add_checkpoint(step, kept.checkpoints[step])
            if step % 7 == 6:
                change = Change(step + 1, "lr_g", trained.values.lr_g, 1e-4 * (1 + step % 5))
                trained.set(lr_g=change.new)
                kept.changes.append(change)
                file.add_change(change)
    file.close()
    return kept


def rows(metrics: list[StepMetrics]) -> np.ndarray:
    plain = [(m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy) for m in metrics]
    return np.array(plain, np.float32).reshape(-1, 4)
