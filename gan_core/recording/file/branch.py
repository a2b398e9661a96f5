"""A branch of a recorded run: a file of its own, complete in itself."""

from __future__ import annotations

from pathlib import Path

from gan_core.recording.file.database import remove
from gan_core.recording.file.room import FEWEST_CHECKPOINTS
from gan_core.recording.file.run_file import RunFile
from gan_core.records.notes import as_json
from gan_core.setup.recipe import Recipe

_OF_POINTS = ("task", "target", "latent")  # fields of a configuration that say what all frames of a run show


def copy_until(source: RunFile, path: Path, recipe: Recipe, step: int, state: bytes | None = None) -> RunFile:
    """Begin a new file with what happened up to `step`; it is open for writing.

    Of the checkpoints it takes the newest one and a few before it. Where the recipe is of something else, those would
    not fit: it then begins with the packed `state` at this step, and takes frames if they are of the same points.
    Raises OSError or ValueError with a sentence.
    """
    if not source.first_step() <= step <= source.last_step():
        raise ValueError(
            f"This run is recorded from step {source.first_step():,} to {source.last_step():,}: "
            f"there is nothing to branch off at {step:,}."
        )
    branch = RunFile.create(path, recipe)
    try:
        with source.as_it_is_now(), branch.transaction():
            _copy_course(source, branch, step)
            noted = [note for note in source.notes if note.step is not None and note.step <= step]
            if noted:  # of its steps; what is noted of the run is its own
                branch.set_about("notes", as_json(noted))
            if source.weights:
                branch.set_about("weights", source.weights)
            if state is None:
                _copy_frames(source, branch, step)
                _copy_checkpoints(source, branch, step)
            else:
                if all(source.recipe.config[name] == recipe.config[name] for name in _OF_POINTS):
                    _copy_frames(source, branch, step - 1)  # the networks of this very step are others now
                branch.add_checkpoint(step, state)
    except BaseException:
        branch.close()
        remove(path)
        raise
    return branch


def _copy_course(source: RunFile, branch: RunFile, step: int) -> None:
    branch.set_stride(source.stride)
    rows = -(-step // source.stride)
    branch.add_rows(source.metrics(0, rows), source.extremes(0, rows))
    for change in source.changes():
        if change.step <= step:
            branch.add_change(change)


def _copy_frames(source: RunFile, branch: RunFile, step: int) -> None:
    for kept in source.frame_steps():
        if kept <= step:
            branch.add_frame(kept, source.frame(kept) or b"")


def _copy_checkpoints(source: RunFile, branch: RunFile, step: int) -> None:
    steps = [kept for kept in source.checkpoint_steps() if kept <= step]
    for kept in {*steps[:: -(-len(steps) // FEWEST_CHECKPOINTS) or 1], *steps[-1:]}:
        branch.add_checkpoint(*source.checkpoint_before(kept))
