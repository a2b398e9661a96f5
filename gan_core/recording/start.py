"""Recorded runs taken up again: where they stopped, or as a branch."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from dataclasses import replace
from typing import Any

from gan_core.recording.file.branch import copy_until
from gan_core.recording.file.checkpoint import unpack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.run.history import History
from gan_core.run.run import MakeEngine, Run
from gan_core.setup.recipe import preset_of
from gan_core.training.engine import GANEngine
from gan_core.training.known import check_known
from gan_core.wire.frames import read_frame


def resume(
    file: RunFile,
    number: int = 0,
    lock: AbstractContextManager[Any] | None = None,
    make_engine: MakeEngine = GANEngine,
) -> Run:
    """A recorded run at its newest checkpoint, on the way to its last step, as run `number` of a session.

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
        engine.restore(unpack_state(packed, preset.config, file.values_at(step)))
    run = Run(recipe, engine, history_of(file, number), number=number, known=known, lock=lock)
    run.set_out(known, file.changes(after_step=step))
    return run


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
