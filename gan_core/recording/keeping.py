"""From when to when a run is written down, and what is written at either end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from gan_core.recording.file.run_file import RunFile
from gan_core.recording.recorder import Recorder
from gan_core.run.run import Run


def write_down(run: Run, open_file: Callable[[], RunFile], limit: int, *, nbytes: int = 0) -> Recorder:
    """Have what becomes of a run written down, into a file of at most `limit` bytes that takes `nbytes` so far."""
    known = run.journey.known
    recorder = Recorder(open_file, limit, recorded=known, nbytes=nbytes)
    run.keeper = recorder
    if not known:
        run.keep()
    if nbytes:
        recorder.ended("")  # not yet
    return recorder


def leave(run: Run, recorder: Recorder, *, failed: bool) -> bool:
    """Write what is left of a run, the state in which it stops included, unless it failed or is only repeated.

    False if that is not done yet, as while another program has locked the file.
    """
    if not failed and not run.repeats():
        run.keep()
        with suppress(FloatingPointError):  # then there are no fakes to judge
            recorder.ended(run.outcome())
    return recorder.close()
