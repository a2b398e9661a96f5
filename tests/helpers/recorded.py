"""Runs in files for tests: trained straight, recorded without a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from gan_core.recording.file.checkpoint import pack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.records.steps import Change
from gan_core.setup.presets import Preset
from gan_core.setup.recipe import Recipe
from gan_core.system.machine import machine
from gan_core.training.engine import GANEngine

SEED = 3


def engine_of(preset: Preset) -> GANEngine:
    return GANEngine(preset, SEED, device="cpu", precision="float32", threads=1)


def recipe_of(preset: Preset, **other: object) -> Recipe:
    fields = {
        "id": "20260101-000000-abcdef",
        "preset": preset.name,
        "config": asdict(preset.config),
        "values": asdict(preset.values),
        "seed": SEED,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "torch": str(torch.__version__),
        "machine": machine(),
        "created": 1.5,
    }
    return Recipe(**{**fields, **other})


def record(
    path: Path,
    preset: Preset,
    steps: int,
    changes: Sequence[Change] = (),
    checkpoints: Sequence[int] = (),
    **other: object,
) -> Path:
    """Train step by step and record it: the changes in force from their steps on, checkpoints before them."""
    engine = engine_of(preset)
    file = RunFile.create(path, recipe_of(preset, **other))
    with file.transaction():
        for step in range(1, steps + 2):
            if step - 1 in (0, steps, *checkpoints):
                file.add_checkpoint(step - 1, pack_state(engine.state()))
            for change in changes:
                if change.step == step:
                    engine.set(**{change.name: change.new})
                    file.add_change(change)
            if step <= steps:
                file.add_metrics([engine.step()])
    file.close()
    return path
