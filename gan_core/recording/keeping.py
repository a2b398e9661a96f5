"""A run with the file that it is written to: taken up, written down from then on, and left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_core.recording.file.run_file import RunFile
from gan_core.recording.recorder import Recorder
from gan_core.recording.start import resume
from gan_core.run.run import MakeEngine, Run
from gan_core.training.engine import GANEngine


@dataclass(frozen=True)
class Opened:
    """A run that is ready to be trained, and the file it is written to, if it is."""

    run: Run
    open_file: Callable[[], RunFile] | None = None
    nbytes: int = 0  # of the file so far
    trouble: str | None = None  # why there can be no file, in a sentence


def take_up(
    path: Path,
    number: int | None = None,
    lock: AbstractContextManager[Any] | None = None,
    make_engine: MakeEngine = GANEngine,
) -> Opened:
    """Open a recorded run to go on with it, its file for us alone; None: with the number that it has as a recorded one.

    Raises as `RunFile.open` and `resume` do.
    """
    file = RunFile.open(path, write=True, alone=True)
    try:
        number = int(file.recipe.created * 1000) if number is None else number
        run = resume(file, number, lock, make_engine)
    except BaseException:
        file.close()
        raise
    return Opened(run, lambda: file, file.nbytes())


def write_down(opened: Opened, limit: int) -> Recorder | None:
    """Have what becomes of a run written down, into a file of at most `limit` bytes; None if it has none."""
    if opened.open_file is None:
        return None
    run, nbytes = opened.run, opened.nbytes
    known = run.journey.known
    recorder = Recorder(opened.open_file, limit, recorded=known, nbytes=nbytes, trouble=opened.trouble)
    run.keeper = recorder
    if not known:
        run.keep()
    if nbytes:
        recorder.ended({})  # not yet
    return recorder


def leave(run: Run, recorder: Recorder, *, failed: bool) -> bool:
    """Write what is left of a run, the state in which it stops included, unless it failed or is only repeated.

    False if that is not done yet, as while another program has locked the file.
    """
    if not failed and not run.repeats():
        run.keep()
        with suppress(FloatingPointError):  # then there are no fakes to judge
            recorder.ended(run.ending())
    return recorder.close()
