"""A recorded run as a page sees it: the same envelopes as of the live session, read from its file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import torch

from gan_core.datasets.folder import Missing, check
from gan_core.looking.probe import Probe, without_data
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.start import history_of
from gan_core.records.frames import FixedPoints, Reading
from gan_core.records.status import Phase, Progress, Recording, Status, run_info
from gan_core.run.chronicle import Chronicle, begin_chronicle
from gan_core.run.run import MAX_READINGS, MAX_ROWS_PER_READ, values_in_force
from gan_core.run.thinning import nearest
from gan_core.setup.recipe import Recipe, preset_of
from gan_core.training.gan_step import serves
from gan_core.training.known import check_known
from gan_core.wire import frames as wire
from gan_core.wire.envelope import with_header


class StoredRuns:
    """Read-only looks into the files of a folder; each opens its file anew, so that nothing is held open."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def status(self, run_id: str) -> Status:
        """How the run stopped. Raises ValueError or FileNotFoundError with a sentence, as all of these do."""
        with self._open(run_id) as file:
            return self._status(file)

    def frame(self, run_id: str, step: int) -> bytes | None:
        """The kept frame nearest to `step`, the earlier of two equally near; None if there is none."""
        with self._open(run_id) as file:
            steps = file.frame_steps()
            payload = file.frame(nearest(steps, step)) if steps else None
            return None if payload is None else with_header(payload, run=number(file), kept=True)

    def points(self, run_id: str) -> bytes:
        """The run's fixed inputs."""
        with self._open(run_id) as file:
            return wire.encode_points(_fixed_points(file))

    def progress(self, run_id: str, start: int, changes_from: int, readings_from: int = 0) -> bytes:
        """Status, metrics from row `start`, changes from number `changes_from`, readings from a step on, kept steps."""
        with self._open(run_id) as file, file.as_it_is_now():
            rows, changes, kept = file.rows(), file.changes(), tuple(file.frame_steps())
            chronicle, readings = _told(self._folder.path(run_id), len(kept), file.last_step())
            start, first, stride = min(start, rows), min(changes_from, len(changes)), file.stride
            progress = Progress(
                status=replace(self._status(file), diagnosis=chronicle.diagnosis),
                start=start,
                rows=rows,
                stride=stride,
                metrics=file.metrics(start, MAX_ROWS_PER_READ),
                extremes=None if stride == 1 else file.extremes(start, MAX_ROWS_PER_READ),
                changes_from=first,
                changes=tuple(changes[first:]),
                kept=kept,
                readings=tuple(reading for reading in readings if reading.step >= readings_from),
                events=chronicle.events(changes),
            )
        return wire.encode_progress(progress)

    @contextmanager
    def _open(self, run_id: str) -> Iterator[RunFile]:
        with closing(RunFile.open(self._folder.path(run_id))) as file:
            yield file

    def _status(self, file: RunFile) -> Status:
        recipe, changes = file.recipe, file.changes()
        return Status(
            phase=Phase.PAUSED,
            info=run_info(recipe, number(file), by_hand=_by_hand(recipe)),
            step=file.last_step(),
            steps_per_second=0.0,
            looking_share=0.0,
            looking_measured=0.0,
            pace=None,
            frames=len(file.frame_steps()),
            memory_bytes=0,
            values=values_in_force(recipe, changes),
            changes=len(changes),
            error=None,
            recording=Recording(file.nbytes(), self._folder.limit, None),
            note=_lacks(recipe),
        )


@lru_cache(maxsize=4)
def _told(path: Path, frames: int, last_step: int) -> tuple[Chronicle, tuple[Reading, ...]]:
    """What can be told of a run with so many frames: it is read again only when something was added."""
    with closing(RunFile.open(path)) as file:
        history = history_of(file, number(file))
        chronicle = begin_chronicle(_fixed_points(file), history)
    return chronicle, history.readings(0, MAX_READINGS)


def _fixed_points(file: RunFile) -> FixedPoints:
    config = preset_of(file.recipe).config
    check_known(config)
    try:
        return Probe(config, torch.device("cpu")).fixed_points(number(file))
    except Missing:  # what was seen of the run can be seen all the same
        return without_data(config, number(file))


def _lacks(recipe: Recipe) -> str | None:
    """What is to be said of a run whose data are not on this machine."""
    try:
        check(str(recipe.config["target"]))
    except Missing as missing:
        return str(missing)
    return None


def _by_hand(recipe: Recipe) -> bool:
    """Whether its steps would be those that are written out; true as well where that cannot be told here."""
    try:
        return serves(preset_of(recipe).config)
    except ValueError:
        return True


def number(file: RunFile) -> int:
    """A number for the run in envelopes: when it was begun, in milliseconds."""
    return int(file.recipe.created * 1000)
