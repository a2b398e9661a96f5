"""The training session: the one background thread that steps the GAN, and what every browser tab sees of it.

Commands take effect between steps, never inside one; readers get immutable records and bytes. A failure becomes data
(phase FAILED and a sentence), never a dead server. What each command does stands in `gan_core.live.orders`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from gan_core.live.board import Board
from gan_core.live.budget import Speed, Stride
from gan_core.live.looker import Looker
from gan_core.live.opening import Opening
from gan_core.live.orders import APPLY
from gan_core.live.queue import CommandQueue, Queued
from gan_core.live.receipt import Receipt, Refusal
from gan_core.recording.file.run_file import RunFolder
from gan_core.recording.keeping import Opened
from gan_core.records.commands import Command, coalesce
from gan_core.records.ending import Ending, of_error, trouble_words
from gan_core.records.frames import Snapshot
from gan_core.records.status import Phase, Status
from gan_core.run.run import Run
from gan_core.setup.presets import DEFAULT_PRESET, PRESETS, Preset, find_preset
from gan_core.texts.catalogue import say
from gan_core.training.compute import leaves_a_core, spare_cores
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire

log = logging.getLogger("ganscope")

MAX_STEPS_AT_ONCE = 256  # trained in one go, between two looks at the commands
RUNNING = (Phase.TRAINING, Phase.RERUNNING)


class TrainingSession:
    """Owns the open run and the thread that trains it. Any thread may call the public methods."""

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
        self._clock, self._waits, self._most_at_once = clock, wait, steps_at_once
        self._changed = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._work, name="training", daemon=True)
        self._queue = CommandQueue(self._changed)
        # Versions and runs count from the time of start, so that a page left open over a restart sees newer ones.
        number = int(wall_clock() * 1000)
        self._board = Board(self._changed, number)
        # Used by the training thread alone:
        options = {"device": device, "precision": precision, "threads": threads, "spare": spare_cores()}
        self.opening = Opening(runs, self._changed, make_engine, options, wall_clock)
        self.looker = Looker(
            self._changed, self._board, self._shown, clock=clock, wall_clock=wall_clock, leaves_a_core=leaves_a_core
        )
        # Written by the training thread alone, under the lock:
        self.phase = Phase.PAUSED if paused else Phase.STARTING if wait else Phase.TRAINING
        self.steps_to_go = 0
        self.figure_end: int | None = None  # where training pauses, as the article's figure ends there
        self.run: Run
        self._error: str | None = None
        self._speed, self._stride = Speed(), Stride()
        # Not on this thread: OpenMP keeps workers for every thread that ever computed, and with more of them than cores
        # it puts all to sleep between products, which costs the training a fifth of its speed.
        with ThreadPoolExecutor(1) as builder:
            seed = find_preset(preset).seed if seed is None else seed
            builder.submit(lambda: self.enter(self.opening.begin(find_preset(preset), seed or 0, number + 1))).result()

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

    def latest(self) -> Snapshot | None:
        """The newest snapshot."""
        with self._changed:
            return self.run.history.newest

    def at(self, step: int) -> Snapshot | None:
        """The kept snapshot nearest to `step`."""
        with self._changed:
            return self.run.history.at(step)

    def status(self) -> Status:
        """What is going on, at this moment."""
        with self._changed:
            return self._status()

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
            points = self.run.points
        return wire.encode_points(points)

    def progress(self, start: int, changes_from: int, readings_from: int = 0) -> bytes:
        """Status, metrics from row `start`, changes from number `changes_from`, readings from a step on; encoded."""
        with self._changed:
            progress = self.run.progress(self._status(), start, changes_from, readings_from)
        return wire.encode_progress(progress)

    # -- the training thread -----------------------------------------------------------------------------------------

    def _work(self) -> None:
        self.run.engine.compute.enter()
        self._guarded(self.look)
        while True:
            with self._changed:
                queued = self._queue.take(self._idle)
                if self._queue.closed:
                    break
                if self.phase is Phase.STARTING and self._board.watched():
                    self.phase = Phase.TRAINING
            self._apply(queued)
            if self.phase in RUNNING or self.steps_to_go:
                self._guarded(self._train)
            elif not self._idle():
                self._guarded(self.looker.sharpen)
        self.opening.leave(self.run, failed=self.phase is Phase.FAILED)
        self.looker.close()
        self.opening.close()
        with self._changed:
            self.phase = Phase.CLOSED

    def _apply(self, queued: Queued) -> None:
        refusals: dict[int, str] = {}
        for command in coalesce(command for command, _ in queued):
            try:
                self._guarded(lambda command=command: APPLY[type(command)](self, command))  # type: ignore[misc]
            except Refusal as refusal:
                refusals[id(command)] = str(refusal)
        if queued:
            self._queue.answer(queued, refusals, self.run.step + 1)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Refusal:
            raise
        except Exception as error:  # whatever it is, the server must go on answering
            log.debug("training thread", exc_info=True)
            self._fail(of_error(error))

    def _train(self) -> None:
        """Train some steps, and look where it is time to; or wait for the time, where every frame is to be seen."""
        run, looker = self.run, self.looker
        if self._paced() and not self.steps_to_go and looker.holds_back(self._queue.interrupts, self._stride.step):
            return
        if run.at_the_end() or (self.at_figure_end() and self._pauses_there()):
            self.phase, self.steps_to_go = Phase.PAUSED, 0
            looker.show_present_step()
            return
        if run.ends and not self.steps_to_go:  # it is there to be seen, from its beginning
            with self._changed:
                self._changed.wait_for(lambda: self._queue.interrupts() or self._board.watched())
                if not self._board.watched():
                    return
        run.make_due_changes()
        start = self._clock()
        done = run.engine.advance(self._stride.count(self._steps_wanted()))
        now = self._clock()
        before = run.step
        trouble = run.trained(done, now - start)
        self._stride.trained(len(done), now - start)
        looker.budget.trained(now - start)
        self._speed.count(now, run.step - before)
        last_of_some = 0 < self.steps_to_go <= len(done)
        self.steps_to_go = max(0, self.steps_to_go - len(done))
        with self._changed:
            wanted = run.history.wants(run.step) or self._board.watched()
        if trouble is not None:
            self._fail(trouble.trouble())
        elif run.arrived():
            self.arrive()
        elif last_of_some:
            self.look()
        elif wanted and not self._paced():
            looker.look_at_full_speed(now)

    def _steps_wanted(self) -> int:
        """Steps until something is due, at least 1."""
        step = self.run.step
        wanted = self.run.steps_until_something(self.steps_to_go or self._most_at_once)
        if self._paced():
            wanted = self.looker.tempo.until_shown(step, wanted)
        if self.figure_end is not None and step < self.figure_end:
            wanted = min(wanted, self.figure_end - step)
        return max(1, min(wanted, self._most_at_once))

    def _paced(self) -> bool:
        """Whether the visitor sees every n-th step now."""
        return self.phase is Phase.TRAINING and self.looker.paced()

    def _pauses_there(self) -> bool:
        """Whether a figure's end is a pause: for those who look, and for those who came to look."""
        return self.phase is Phase.TRAINING and not self.steps_to_go and (self._waits or self._board.watched())

    def _shown(self, frame: Snapshot, kept: bytes) -> None:
        if self.opening.recorder is not None:
            self.opening.recorder.shown(frame.step, kept)

    def _fail(self, why: Ending) -> None:
        step = self.run.step + 1
        message = say("failure.stopped", step=step, what=trouble_words(why))
        log.error("%s", message)
        with self._changed:
            self.phase, self._error, self.steps_to_go = Phase.FAILED, message, 0
            self.looker.stop_sharpening()
            self.run.failed()
            self._changed.notify_all()
        if self.opening.recorder is not None:
            self.opening.recorder.ended({"failed": step, **why})

    # -- what orders are made of, on the training thread -------------------------------------------------------------

    def enter(self, opened: Opened) -> None:
        """Put a run in the place of the present one, whose recording ends."""
        run = opened.run
        if hasattr(self, "run"):
            self.opening.leave(self.run, failed=self.phase is Phase.FAILED)
        scenario = PRESETS.get(run.recipe.preset, Preset)  # of one that is not known here, the usual
        with self._changed:
            self.run, self._error, self.steps_to_go = run, None, 0
            self.looker.turn_to(run, scenario.paces)
            self.figure_end = scenario.length if scenario.pauses and not run.journey.known else None
            self._speed, self._stride = Speed(), Stride()
        self.opening.record(opened)

    def look(self) -> None:
        """Show the present step."""
        self.looker.look(moving=self.phase in RUNNING)

    def go(self) -> None:
        """Train on."""
        if self.phase is not Phase.FAILED:
            self.phase = Phase.TRAINING if self.run.journey.goal is None else Phase.RERUNNING
            self.looker.stop_sharpening()
            self._speed = Speed()

    def set_out(self) -> None:
        """Go where the run is to go, and pause there."""
        self.phase = Phase.RERUNNING
        if self.run.arrived():
            self.arrive()

    def arrive(self) -> None:
        """Pause where the run was to go."""
        self.run.make_due_changes()
        with self._changed:
            self.run.settle()
            self.phase = Phase.PAUSED
        self.looker.show_present_step()

    def at_figure_end(self) -> bool:
        """Whether this run stands where the article's figure ends and has not gone on from there."""
        return self.run.step == self.figure_end

    # -- small readers, called with the lock held --------------------------------------------------------------------

    def _idle(self) -> bool:
        """Nothing to do until a command comes: not training, and nobody waits for a sharper picture."""
        if self.phase in RUNNING or self.steps_to_go:
            return False
        if self.phase is Phase.STARTING:
            return not self._board.watched()
        sharp = self.looker.shows_all() or self.run.repeats()
        return self.phase is not Phase.PAUSED or sharp or not self._board.watched()

    def _status(self) -> Status:
        run, training, pace = self.run, self.phase in RUNNING, self.looker.tempo.at(self.run.step)
        return Status(
            phase=self.phase,
            info=run.info,
            step=run.step,
            steps_per_second=self._speed.per_second if training else 0.0,
            looking_share=self.looker.budget.share,
            looking_measured=self.looker.budget.measured if training else 0.0,
            pace=pace.steps,
            frames=len(run.history.kept_steps()),
            memory_bytes=run.history.nbytes,
            values=run.values,
            changes=run.history.changes_total,
            error=self._error,
            recording=self.opening.state(),
            goal=run.journey.goal if self.phase is not Phase.FAILED else None,
            note=run.note,
            diagnosis=run.chronicle.diagnosis,
            length=PRESETS[run.info.preset].length if run.info.preset in PRESETS else None,
            pace_limit=pace.per_second,
            pace_chosen=self.looker.tempo.chosen is not None,
            plane=self.looker.plane,
            figure_end=self.phase is Phase.PAUSED and self.at_figure_end(),
        )
