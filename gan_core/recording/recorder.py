"""Records a run as it goes: takes what the training thread hands over and writes it on a thread of its own.

What comes together is written in one transaction, at most a quarter of a second after it happened. While another
program has locked the file, what happens is held in memory and written once the file is free. Any other trouble with
the disk ends the recording with a sentence, and none ever reaches the training.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gan_core.recording.file.checkpoint import held_bytes, pack_state
from gan_core.recording.file.database import Locked
from gan_core.recording.file.room import keep_within
from gan_core.recording.file.rows import rows_of
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.place import FORBIDDEN
from gan_core.records.arrays import Float32Array
from gan_core.records.ending import Ending
from gan_core.records.status import Recording
from gan_core.records.steps import Change, StepMetrics
from gan_core.texts.catalogue import say
from gan_core.training.engine import State

log = logging.getLogger("ganscope")

EVERY = 0.25  # seconds from one transaction to the next: what a crash can cost, with room to spare
_CORE_SHARE, _DISK_SHARE = 0.03, 0.1  # of a core's and of the disk's time that checkpoints may take
_YOUNG = 0.1  # seconds between the first checkpoints,
_GROWTH = 0.1  # and how much longer it is for each second that was trained,
_OLD = 1.0  # up to this: re-running that much is a matter of a second
GESTURE = 1.0  # seconds without a change after which the next one begins anew
PATIENCE = 1.0  # seconds that a transaction waits for another program's, before the recording says that it waits
LAST = 5.0  # seconds that it waits when the server ends
BACKLOG = 256 << 20  # bytes of memory for what waits


@dataclass
class _Batch:
    """What is to be written next."""

    metrics: list[tuple[int, Float32Array]] = field(default_factory=list)  # the first step, and rows from it on
    changes: list[Change] = field(default_factory=list)
    frames: list[tuple[int, bytes]] = field(default_factory=list)
    checkpoints: list[tuple[int, State]] = field(default_factory=list)
    ending: Ending | None = None
    nbytes: int = 0  # that it takes in memory, roughly

    def add(self, later: _Batch) -> None:
        """Put what happened after all this behind it."""
        self.metrics += later.metrics
        self.changes += later.changes
        self.frames += later.frames
        self.checkpoints += later.checkpoints
        self.ending = self.ending if later.ending is None else later.ending
        self.nbytes += later.nbytes

    def worth_a_file(self) -> bool:
        """Whether anything happened: a run that was never trained nor changed leaves no file."""
        return bool(self.metrics or self.changes)


class Recorder:
    """One run on its way to the disk. All methods may be called from the training thread; none waits for the disk but
    `flush` and `close`.
    """

    def __init__(
        self,
        open_file: Callable[[], RunFile],
        limit: int,
        *,
        recorded: int = 0,
        nbytes: int = 0,
        backlog: int = BACKLOG,
        trouble: str | None = None,
    ) -> None:
        """`open_file` makes or opens the file once there is something to write.

        It holds `recorded` steps already, and takes `nbytes` on the disk. Up to `backlog` bytes wait in memory while
        another program has locked it. `trouble` says in a sentence why nothing can be recorded at all.
        """
        self._open_file, self._limit, self._backlog = open_file, limit, backlog
        self._changed = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        # Used by the training thread alone:
        self._last_step = recorded
        self._checkpoint_step = -1
        self._trained = 0.0  # seconds, as far as they were reported
        self._since_checkpoint = 0.0
        self._last_change = float("-inf")
        # Under the lock:
        self._batch = _Batch()
        self._in_hand = 0  # bytes of what is being written
        self._failures = 0  # how often the file was locked
        self._writing = self._closing = self._hurry = self._locked = self._done = False
        self._has_file = nbytes > 0
        self._affordable = 0.0  # seconds of training between two checkpoints, by what the last one took
        self._size = 0  # bytes of the last checkpoint
        self._nbytes = nbytes
        self._error = trouble
        self._thread.start()

    # -- on the training thread --------------------------------------------------------------------------------------

    def trained(self, metrics: Sequence[StepMetrics], seconds: float) -> None:
        """Hand over new steps, trained within so many seconds. Steps that the file has already are passed over."""
        self._trained += seconds
        self._since_checkpoint += seconds
        new = [m for m in metrics if m.step > self._last_step]
        if new:
            self._last_step = new[-1].step
            # As one array: thousands of small objects that outlive their step would keep the garbage collector busy.
            rows = rows_of(new)
            self._add(lambda batch: batch.metrics.append((new[0].step, rows)), rows.nbytes)

    def changed(self, change: Change) -> None:
        """Hand over a change."""
        self._add(lambda batch: batch.changes.append(change))

    def shown(self, step: int, payload: bytes) -> None:
        """Hand over a frame that is to be kept."""
        self._add(lambda batch: batch.frames.append((step, payload)), len(payload))

    def wants_checkpoint(self) -> bool:
        """Whether the state as it is now should be handed over. The younger the run, the more often."""
        with self._changed:
            if self._batch.checkpoints or self._writing or self._error:
                return False
            # Of an old run with large networks only so many can stay: at most twice as many are written.
            lasting = self._trained * self._size / (2 * self._limit)
            gap = max(self._affordable, min(_OLD, _YOUNG + _GROWTH * self._trained), lasting)
        return self._checkpoint_step < 0 or self._since_checkpoint >= gap

    def begins_gesture(self) -> bool:
        """Whether a change now is the first after a pause: the state before it is worth a checkpoint."""
        now = time.monotonic()
        first = now - self._last_change >= GESTURE
        self._last_change = now
        return first

    def checkpoint(self, step: int, state: State) -> None:
        """Hand over the state after `step` and before any change of the next one."""
        if step == self._checkpoint_step:
            return
        self._checkpoint_step, self._since_checkpoint = step, 0.0
        self._add(lambda batch: batch.checkpoints.append((step, state)), held_bytes(state), needed=False)

    def ended(self, ending: Ending) -> None:
        """Note what came of the run."""
        self._add(lambda batch: setattr(batch, "ending", ending))

    def state(self) -> Recording:
        """How it stands."""
        with self._changed:
            waiting = say("recording.locked") if self._locked else None
            return Recording(nbytes=self._nbytes, limit=self._limit, error=self._error, waiting=waiting)

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until everything that was handed over is written. False if it is not, as while the file is locked."""
        with self._changed:
            if not (self._has_file or self._batch.worth_a_file()):
                return True
            failures, self._hurry = self._failures, True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._all_written() or self._failures > failures, timeout)
            return self._all_written()

    def close(self, timeout: float = 10.0) -> bool:
        """Write the rest and close the file.

        False if that is not done yet, as while the file is locked: it is done without further ado once it can be.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done or self._locked, timeout)
            return self._done

    def give_up_after(self, timeout: float = LAST) -> None:
        """After `close`: wait until the rest is written, and say so if it never will be."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._done, timeout):
                log.error("The newest steps are not in the file of their run, which another program has locked.")

    def _add(self, put: Callable[[_Batch], object], nbytes: int = 0, *, needed: bool = True) -> None:
        with self._changed:
            if self._error is not None or self._closing:
                return
            if self._locked:
                room = self._backlog - self._in_hand - self._batch.nbytes - nbytes
                if not needed and room < self._backlog / 2:
                    return  # steps after an earlier checkpoint are trained again instead
                if room < 0:
                    return self._stop(
                        say("recording.backlog-full", size=self._backlog >> 20), say("recording.end-that-program")
                    )
            before = self._due()
            put(self._batch)
            self._batch.nbytes += nbytes
            if self._due() and not before:  # the writer knows of it otherwise, and being woken costs the training
                self._changed.notify_all()

    def _all_written(self) -> bool:
        return self._nothing_to_write() and not self._writing

    def _stop(self, why: str, remedy: str) -> None:
        """Give up, for good. To be called with the lock held."""
        self._batch, self._locked = _Batch(), False
        self._error = say("recording.stopped", why=why.rstrip("."), remedy=remedy)

    def _nothing_to_write(self) -> bool:
        batch = self._batch
        return not (batch.metrics or batch.changes or batch.frames or batch.checkpoints or batch.ending is not None)

    # -- on the writing thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        file: RunFile | None = None
        while True:
            with self._changed:
                self._changed.wait_for(self._due)
                self._changed.wait_for(lambda: (self._closing or self._hurry) and not self._locked, EVERY)
                batch, self._batch = self._batch, _Batch()
                self._writing, self._hurry, last = True, False, self._closing
                self._in_hand = batch.nbytes
                self._has_file = self._has_file or batch.worth_a_file()
            trouble: Exception | None = None
            try:
                if file is None and self._has_file:
                    file = self._open_file()
                    file.wait_at_most(PATIENCE)
                if file is not None:
                    self._write(file, batch)
            except Exception as error:  # whatever it is, the training must go on
                log.debug("recorder", exc_info=True)
                trouble = error
            with self._changed:
                self._after(batch, trouble)
                self._nbytes = file.nbytes() if file else self._nbytes
                last = last and not self._locked
                self._changed.notify_all()
            if last:
                break
        if file is not None:
            file.close()
        with self._changed:
            self._done = True
            self._changed.notify_all()

    def _after(self, batch: _Batch, trouble: Exception | None) -> None:
        """Note how an attempt to write `batch` went."""
        self._writing, self._in_hand = False, 0
        self._locked = isinstance(trouble, Locked) and self._error is None
        if self._locked:
            self._failures += 1
            batch.add(self._batch)
            self._batch = batch
        elif trouble is not None and self._error is None:
            words = trouble.strerror if isinstance(trouble, OSError) else None
            forbidden = isinstance(trouble, OSError) and trouble.errno in FORBIDDEN
            self._stop(words or str(trouble), say("recording.let-write" if forbidden else "recording.make-room"))

    def _due(self) -> bool:
        written = self._has_file and not self._nothing_to_write()
        return self._closing or written or self._batch.worth_a_file()

    def _write(self, file: RunFile, batch: _Batch) -> None:
        with file.transaction():
            start, on_core = time.perf_counter(), time.thread_time()  # without the wait for another program
            if batch.metrics:
                file.add_steps(batch.metrics[0][0], np.concatenate([rows for _, rows in batch.metrics]))
            for change in batch.changes:
                file.add_change(change)
            for step, payload in batch.frames:
                file.add_frame(step, payload)
            packed = [(step, pack_state(state)) for step, state in batch.checkpoints]
            for step, state in packed:
                file.add_checkpoint(step, state)
            if batch.ending is not None:
                file.set_about("outcome", batch.ending)
            keep_within(file, self._limit)
        if packed:
            with self._changed:
                # Waiting for the disk costs the training nothing, but what happens meanwhile is not written yet.
                core, disk = time.thread_time() - on_core, time.perf_counter() - start
                self._affordable = max(core / _CORE_SHARE, disk / _DISK_SHARE) / len(packed)
                self._size = len(packed[-1][1])
