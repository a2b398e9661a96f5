"""A branch of a recorded run: a file of its own, complete in itself."""

from __future__ import annotations

from pathlib import Path

from gan_core.recording.file.database import remove
from gan_core.recording.file.room import FEWEST_CHECKPOINTS
from gan_core.recording.file.run_file import RunFile
from gan_core.setup.recipe import Recipe


def copy_until(source: RunFile, path: Path, recipe: Recipe, step: int) -> RunFile:
    """Begin a new file with what happened up to `step`; it is open for writing.

    Of the checkpoints it takes the newest one and a few before it. Raises OSError or ValueError with a sentence.
    """
    if not source.first_step() <= step <= source.last_step():
        raise ValueError(
            f"This run is recorded from step {source.first_step():,} to {source.last_step():,}: "
            f"there is nothing to branch off at {step:,}."
        )
    branch = RunFile.create(path, recipe)
    try:
        with source.as_it_is_now(), branch.transaction():
            _copy(source, branch, step)
    except BaseException:
        branch.close()
        remove(path)
        raise
    return branch


def _copy(source: RunFile, branch: RunFile, step: int) -> None:
    steps = [kept for kept in source.checkpoint_steps() if kept <= step]
    branch.set_stride(source.stride)
    rows = -(-step // source.stride)
    branch.add_rows(source.metrics(0, rows), source.extremes(0, rows))
    for change in source.changes():
        if change.step <= step:
            branch.add_change(change)
    for kept in source.frame_steps():
        if kept <= step:
            branch.add_frame(kept, source.frame(kept) or b"")
    for kept in {*steps[:: -(-len(steps) // FEWEST_CHECKPOINTS) or 1], *steps[-1:]}:
        branch.add_checkpoint(*source.checkpoint_before(kept))
