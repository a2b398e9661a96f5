"""Where a run starts from: new from a preset, or where a recorded one stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from gan_core.recording.file.branch import copy_until
from gan_core.recording.file.checkpoint import unpack_state
from gan_core.recording.file.run_file import RunFile, RunFolder
from gan_core.records.records import Change, InForce
from gan_core.run.history import History
from gan_core.setup.presets import Preset
from gan_core.setup.recipe import Recipe, preset_of
from gan_core.system.machine import machine
from gan_core.training.engine import GANEngine
from gan_core.training.tasks import check_known
from gan_core.wire.frames import read_frame

MakeEngine = Callable[..., GANEngine]


@dataclass(frozen=True, eq=False)
class Start:
    """A run that is ready to be trained."""

    recipe: Recipe
    engine: GANEngine
    history: History
    known: int = 0  # the last step that is recorded: up to it the engine only repeats what the history has
    due: tuple[Change, ...] = ()  # changes between the engine's step and the last known one

    def values(self) -> Mapping[str, InForce]:
        """The hyper-parameters at the last known step."""
        values = {name: InForce(value, 1) for name, value in self.recipe.values.items()}
        for change in self.history.changes_from(0)[1]:
            values[change.name] = InForce(change.new, change.step)
        return values


def begin(
    preset: Preset, seed: int, run_id: str, created: float, make_engine: MakeEngine, options: Mapping[str, Any]
) -> Start:
    """Start a preset at step 0. Raises ValueError for an option that this machine cannot meet."""
    engine = make_engine(preset, seed, **options)
    compute = engine.compute
    recipe = Recipe(
        id=run_id,
        preset=preset.name,
        config=asdict(preset.config),
        values=asdict(preset.values),
        seed=seed,
        device=compute.device.type,
        precision=compute.precision,
        threads=compute.threads,
        torch=torch.__version__,
        machine=machine(),
        created=created,
    )
    return Start(recipe, engine, History())


def resume(file: RunFile, number: int, make_engine: MakeEngine) -> Start:
    """Start from a recorded run's newest checkpoint, as run `number` of the session.

    Raises ValueError with a sentence when this machine cannot compute as the one that recorded it, or when something
    in the file is damaged.
    """
    recipe = file.recipe
    preset = preset_of(recipe)
    check_known(preset.config)
    known = max(file.last_step(), recipe.parent_step or 0)
    engine = make_engine(preset, recipe.seed, device=recipe.device, precision=recipe.precision, threads=recipe.threads)
    step = 0
    if known or file.checkpoint_steps():  # otherwise its process was killed before anything was written
        step, packed = file.checkpoint_before(known)
        engine.restore(unpack_state(packed, preset.config))
    return Start(recipe, engine, history_of(file, number), known, tuple(file.changes(after_step=step)))


def branch_off(runs: RunFolder, parent: str, step: int, run_id: str, created: float) -> None:
    """Write a new file that begins with what run `parent` was up to `step`. Raises ValueError or OSError."""
    with closing(RunFile.open(runs.path(parent))) as source:
        recipe = replace(source.recipe, id=run_id, created=created, parent=parent, parent_step=step)
        copy_until(source, runs.path(run_id), recipe, step).close()


def history_of(file: RunFile, number: int) -> History:
    """What is recorded of a run, as one of number `number`."""
    history = History()
    history.metrics.load(file.metrics(), file.stride, file.extremes(), file.since())
    for change in file.changes():
        history.add_change(change)
    for step in file.frame_steps():
        payload = file.frame(step)
        if payload is not None:
            history.add_frame(read_frame(payload, number))
    return history
