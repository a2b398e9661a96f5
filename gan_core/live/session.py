"""The training session: the background thread that steps the GAN, its queue, and what every browser tab sees of it.

Commands take effect between steps, never inside one; readers get immutable records and bytes. A failure becomes data
(phase FAILED and a sentence), never a dead server. What the thread does between two commands stands in
`gan_core.live.trainer`, what each command does in `gan_core.live.orders`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from gan_core.live.board import Board
from gan_core.live.opening import Opening
from gan_core.live.orders import APPLY
from gan_core.live.queue import CommandQueue, Queued
from gan_core.live.receipt import Receipt, Refusal
from gan_core.live.trainer import Trainer
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import Command, Tell, coalesce
from gan_core.records.ending import of_error
from gan_core.records.frames import Snapshot
from gan_core.records.outcomes import Refused
from gan_core.records.status import Phase, Status
from gan_core.setup.presets import DEFAULT_PRESET, find_preset
from gan_core.training.compute import leaves_a_core, spare_cores
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire

log = logging.getLogger("ganscope")

MAX_STEPS_AT_ONCE = 256  # trained in one go, between two looks at the commands


class TrainingSession:
    """Owns the thread that trains, and the lock under which readers see it. Any thread may call the methods."""

    def __init__(
        self,
        preset: str = DEFAULT_PRESET,
        seed: int | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        paused: bool = False,
        wait: bool = False,
        steps_at_once: int = MAX_STEPS_AT_ONCE,
        runs: RunFolder | None = None,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.perf_counter,
        leaves_a_core: Callable[[int], bool] = leaves_a_core,
        make_engine: Callable[..., GANEngine] = GANEngine,
    ) -> None:
        """Prepare a session; `start` begins it. Raises ValueError for an option that cannot be met.

        `seed` None means the one the preset is shown with, or 0. With `wait` it begins once somebody looks, and pauses
        where a figure ends even if nobody does any more. `clock` is a steady one, in seconds. Where so many threads
        leave a core, frames at full speed are rendered beside the training.
        """
        self._changed = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._work, name="training", daemon=True)
        self._queue = CommandQueue(self._changed)
        # Versions and runs count from the time of start, so that a page left open over a restart sees newer ones.
        number = int(wall_clock() * 1000)
        self._board = Board(self._changed, number)
        options = {"device": device, "precision": precision, "threads": threads, "spare": spare_cores()}
        opening = Opening(runs, self._changed, make_engine, options, wall_clock)
        self.trainer = Trainer(
            self._changed,
            self._board,
            opening,
            phase=Phase.PAUSED if paused else Phase.STARTING if wait else Phase.TRAINING,
            waits=wait,
            steps_at_once=steps_at_once,
            clock=clock,
            wall_clock=wall_clock,
            leaves_a_core=leaves_a_core,
            interrupted=self._queue.interrupts,
        )
        # Not on this thread: OpenMP keeps workers for every thread that ever computed, and with more of them than cores
        # it puts all to sleep between products, which costs the training a fifth of its speed.
        with ThreadPoolExecutor(1) as builder:
            begun, seed = find_preset(preset), find_preset(preset).seed if seed is None else seed
            builder.submit(lambda: self.trainer.enter(opening.begin(begun, seed or 0, number + 1))).result()

    # -- called from any thread --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the training thread."""
        self._thread.start()

    def close(self, timeout: float = 9.0) -> None:
        """End the training thread after the step in progress, and wait for it and for what is still to be written."""
        self._queue.close()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def send(self, command: Command) -> Receipt:
        """Queue a command. Never blocks for longer than a list append."""
        return self._queue.put(command)

    def told(self, timeout: float) -> bytes | Refused | None:
        """The next step, told, encoded (`gan_core.wire.told`); None if that takes longer than `timeout` seconds."""
        receipt = self._queue.put(Tell())
        receipt.wait(timeout)
        return receipt.answer if receipt.refusal is None else Refused(receipt.refusal)

    def latest(self) -> Snapshot | None:
        """The newest snapshot."""
        with self._changed:
            return self.trainer.run.history.newest

    def at(self, step: int) -> Snapshot | None:
        """The kept snapshot nearest to `step`."""
        with self._changed:
            return self.trainer.run.history.at(step)

    def status(self) -> Status:
        """What is going on, at this moment."""
        with self._changed:
            return self.trainer.status()

    def frame_after(self, version: int, timeout: float, lenses: Collection[str] = ()) -> bytes | None:
        """The newest frame, encoded, once it is newer than `version`; None after `timeout` seconds without one.

        Frames to come have the arrays of `lenses` for as long as somebody asks for them.
        """
        return self._board.frame_after(version, timeout, lenses, lambda: self._queue.closed)

    def frame_at(self, step: int) -> bytes | None:
        """The kept frame nearest to `step`, encoded once however often it is asked for; None before the first one."""
        return self._board.frame_at(step)

    def on_frame(self, wake: Callable[[], None]) -> None:
        """Have `wake` called after every new frame, on the training thread: it must be quick and never fail.

        To be asked for before `start`.
        """
        self._board.on_frame(wake)

    def points(self) -> bytes:
        """The run's fixed inputs, encoded."""
        with self._changed:
            points = self.trainer.run.points
        return wire.encode_points(points)

    def progress(self, start: int, changes_from: int, readings_from: int = 0) -> bytes:
        """Status, metrics from row `start`, changes from number `changes_from`, readings from a step on; encoded."""
        with self._changed:
            progress = self.trainer.run.progress(self.trainer.status(), start, changes_from, readings_from)
        return wire.encode_progress(progress)

    # -- the training thread -----------------------------------------------------------------------------------------

    def _work(self) -> None:
        self.trainer.run.engine.compute.enter()
        self._guarded(self.trainer.look)
        while True:
            with self._changed:
                queued = self._queue.take(self.trainer.idle)
                if self._queue.closed:
                    break
                self.trainer.begin_if_watched()
            self._apply(queued)
            self._guarded(self.trainer.go_on)
        self.trainer.close()

    def _apply(self, queued: Queued) -> None:
        refusals: dict[int, str] = {}
        answers: dict[int, bytes] = {}
        for command in coalesce(command for command, _ in queued):
            try:
                self._guarded(lambda command=command: self._obey(command, answers))  # type: ignore[misc]
            except Refusal as refusal:
                refusals[id(command)] = str(refusal)
        if queued:
            self._queue.answer(queued, refusals, self.trainer.run.step + 1, answers)

    def _obey(self, command: Command, answers: dict[int, bytes]) -> None:
        answer = APPLY[type(command)](self.trainer, command)
        if answer is not None:
            answers[id(command)] = answer

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Refusal:
            raise
        except Exception as error:  # whatever it is, the server must go on answering
            log.debug("training thread", exc_info=True)
            self.trainer.fail(of_error(error))
