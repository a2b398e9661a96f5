"""The training session: the one background thread that steps the GAN, and what every browser tab sees of it.

Commands take effect between steps, never inside one; readers get immutable records and bytes. A failure becomes data
(phase FAILED and a sentence), never a dead server.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import takewhile
from typing import Any

from gan_core.live.beside import Beside
from gan_core.live.board import Board
from gan_core.live.budget import LookingBudget, Speed, Stride
from gan_core.live.receipt import Receipt, Refusal, refusing
from gan_core.live.tempo import Pace, Tempo
from gan_core.looking.fineness import Fineness
from gan_core.looking.measures.quality import quality
from gan_core.looking.probe import AT_REST, LIVE_LEVELS, POINTS, SHARP_RESOLUTION, Probe
from gan_core.recording.file.run_file import RunFile, RunFolder, new_id
from gan_core.recording.recorder import Recorder
from gan_core.recording.start import Start, begin, branch_off, resume
from gan_core.records.commands import (
    Branch,
    Command,
    Open,
    Pause,
    Play,
    Repeat,
    Restart,
    SetLooking,
    SetPace,
    SetValues,
    StepOnce,
    coalesce,
)
from gan_core.records.records import (
    LENS_ARRAYS,
    Change,
    InForce,
    Moment,
    Phase,
    Progress,
    Snapshot,
    Status,
    StepMetrics,
    run_info,
)
from gan_core.run.chronicle import Chronicle, begin_chronicle
from gan_core.run.journey import Journey
from gan_core.setup.config import DEFAULT_LOOKING_SHARE
from gan_core.setup.presets import DEFAULT_PRESET, PRESETS, Preset, find_preset
from gan_core.setup.recipe import preset_of
from gan_core.training.compute import leaves_a_core, spare_cores
from gan_core.training.engine import GANEngine
from gan_core.training.tasks import TASKS
from gan_core.wire import frames as wire

log = logging.getLogger("ganscope")

MAX_ROWS_PER_READ = 50_000  # rows of metrics in one answer: 800 kB
MAX_READINGS = 2000  # in one answer: 300 kB
MAX_STEPS_AT_ONCE = 256  # trained in one go, between two looks at the commands
_RUNNING = (Phase.TRAINING, Phase.RERUNNING)


class TrainingSession:
    """Owns the engine, the history and the thread. Any thread may call the public methods."""

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
        self._options = {"device": device, "precision": precision, "threads": threads, "spare": spare_cores()}
        self._wall_clock, self._make_engine, self._most_at_once = wall_clock, make_engine, steps_at_once
        self._clock, self._waits = clock, wait
        self._runs = runs
        self._changed = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)
        # Under the lock:
        self._commands: list[tuple[Command, Receipt]] = []
        self._closing = False
        # Versions and runs count from the time of start, so that a page left open over a restart sees newer ones.
        self._run_number = int(wall_clock() * 1000)
        self._board = Board(self._changed, self._run_number)
        # Written by the training thread alone:
        self._phase = Phase.PAUSED if paused else Phase.STARTING if wait else Phase.TRAINING
        self._steps_to_go = 0
        self._error: str | None = None
        self._note: str | None = None
        self._journey = Journey()
        self._chronicle = Chronicle()
        self._sharpening: Iterator[Snapshot | None] | None = None
        self._fineness, self._tempo = Fineness(LIVE_LEVELS), Tempo()
        self._budget = LookingBudget(DEFAULT_LOOKING_SHARE, self._fineness)
        self._leaves_a_core = leaves_a_core
        self._beside: Beside | None = None
        self._recorder: Recorder | None = None
        self._late: list[Recorder] = []  # of runs before, whose files another program has locked
        self._speed, self._stride = Speed(), Stride()
        found = find_preset(preset)
        # Not on this thread: OpenMP keeps workers for every thread that ever computed, and with more of them than cores
        # it puts all to sleep between products, which costs the training a fifth of its speed.
        with ThreadPoolExecutor(1) as builder:
            builder.submit(self._begin, found, _first(seed, found.seed, 0)).result()

    # -- called from any thread --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the training thread."""
        self._thread.start()

    def close(self, timeout: float = 9.0) -> None:
        """End the training thread after the step in progress, and wait for it and for what is still to be written."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def send(self, command: Command) -> Receipt:
        """Queue a command. Never blocks for longer than a list append."""
        receipt = Receipt(self._changed)
        with self._changed:
            self._commands.append((command, receipt))
            self._changed.notify_all()
        return receipt

    def latest(self) -> Snapshot | None:
        """The newest snapshot."""
        with self._changed:
            return self._history.newest

    def at(self, step: int) -> Snapshot | None:
        """The kept snapshot nearest to `step`."""
        with self._changed:
            return self._history.at(step)

    def status(self) -> Status:
        """What is going on, at this moment."""
        with self._changed:
            return self._status()

    def frame_after(self, version: int, timeout: float, lenses: Collection[str] = ()) -> bytes | None:
        """The newest frame, encoded, once it is newer than `version`; None after `timeout` seconds without one.

        Frames to come have the arrays of `lenses` for as long as somebody asks for them.
        """
        return self._board.frame_after(version, timeout, lenses, lambda: self._closing)

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
            points = self._points
        return wire.encode_points(points)

    def progress(self, start: int, changes_from: int, readings_from: int = 0) -> bytes:
        """Status, metrics from row `start`, changes from number `changes_from`, readings from a step on; encoded."""
        with self._changed:
            history = self._history
            rows = history.metrics.rows
            start = min(max(start, 0), rows)
            first_change, changes = history.changes_from(min(max(changes_from, 0), history.changes_total))
            progress = Progress(
                status=self._status(),
                start=start,
                rows=rows,
                stride=history.metrics.stride,
                metrics=history.metrics.read(start, MAX_ROWS_PER_READ),
                extremes=history.metrics.read_extremes(start, MAX_ROWS_PER_READ),
                changes_from=first_change,
                changes=changes,
                kept=tuple(history.kept_steps()),
                readings=history.readings(readings_from, MAX_READINGS),
                events=self._chronicle.events(history.changes_from(0)[1]),
            )
        return wire.encode_progress(progress)

    # -- the training thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._engine.compute.enter()
        self._guarded(self._look)
        while True:
            with self._changed:
                if not self._commands:
                    self._changed.wait_for(lambda: self._commands or self._closing or not self._idle())
                if self._closing:
                    break
                queued, self._commands = self._commands, []
                if self._phase is Phase.STARTING and self._board.watched():
                    self._phase = Phase.TRAINING
            self._apply(queued)
            if self._phase in _RUNNING or self._steps_to_go:
                self._guarded(self._train)
            elif not self._idle():
                self._guarded(self._sharpen)
        self._stop_recording()
        if self._beside is not None:
            self._beside.close()
        for recorder in self._late:
            recorder.give_up_after()
        with self._changed:
            self._phase = Phase.CLOSED

    def _apply(self, queued: Sequence[tuple[Command, Receipt]]) -> None:
        refusals: dict[int, str] = {}
        for command in coalesce(command for command, _ in queued):
            try:
                self._guarded(lambda command=command: _APPLY[type(command)](self, command))  # type: ignore[misc]
            except Refusal as refusal:
                refusals[id(command)] = str(refusal)
        if queued:
            with self._changed:
                for command, receipt in queued:
                    receipt.refusal = refusals.get(id(command))
                    receipt.step = self._step + 1
                self._changed.notify_all()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Refusal:
            raise
        except Exception as error:  # whatever it is, the server must go on answering
            log.debug("training thread", exc_info=True)
            self._fail(f"{type(error).__name__}: {error}".rstrip(": "))

    def _train(self) -> None:
        """Train some steps, and look where it is time to; or wait for the time, where every frame is to be seen."""
        if self._holds_back():
            return
        if self._at_the_end() or (self._at_figure_end() and self._pauses_there()):
            self._phase, self._steps_to_go = Phase.PAUSED, 0
            self._show_present_step()
            return
        if TASKS[self._engine.config.task].ends and not self._steps_to_go:  # it is there to be seen, from its beginning
            with self._changed:
                self._changed.wait_for(lambda: self._commands or self._closing or self._board.watched())
                if not self._board.watched():
                    return
        self._make_due_changes()
        start = self._clock()
        done = self._engine.advance(self._stride.count(self._steps_wanted()))
        now = self._clock()
        good = list(takewhile(StepMetrics.is_finite, done))
        self._stride.trained(len(done), now - start)
        self._budget.trained(now - start)
        self._speed.count(now, len(good))
        last_of_some = 0 < self._steps_to_go <= len(done)
        self._steps_to_go = max(0, self._steps_to_go - len(done))
        with self._changed:
            for metrics in good:
                self._step = metrics.step
                if metrics.step > self._journey.known:
                    self._history.metrics.append(metrics)
            wanted = self._history.wants(self._step) or self._board.watched()
            self._note = self._note or self._journey.difference(good, self._history.metrics)
        self._record(good, now - start)
        if len(good) < len(done):
            self._fail(f"{done[len(good)].trouble()}, usually because a learning rate is too high")
        elif self._journey.arrived(self._step):
            self._arrive()
        elif last_of_some:
            self._look()
        elif wanted and not self._paced():
            self._look_at_full_speed(now)

    def _steps_wanted(self) -> int:
        """Steps until something is due, at least 1."""
        wanted = self._steps_to_go or self._most_at_once
        wanted = self._journey.steps_until_something(self._step, wanted)
        if self._paced():
            wanted = self._tempo.until_shown(self._step, wanted)
        for end in (TASKS[self._engine.config.task].ends, self._figure_end):
            if end is not None and self._step < end:
                wanted = min(wanted, end - self._step)
        return max(1, min(wanted, self._most_at_once))

    def _paced(self) -> bool:
        """Whether the visitor sees every n-th step now. Nobody is waited for who does not look."""
        seen = self._phase is Phase.TRAINING and self._tempo.at(self._step).steps is not None
        return seen and self._board.watched()

    def _holds_back(self) -> bool:
        """Show a step that is to be seen before any other is trained, or wait for its time. False: nothing is due."""
        if self._steps_to_go or not self._paced():
            return False
        start, newest = self._clock(), self._history.newest
        unseen = self._tempo.shows(self._step) and (newest is None or newest.step < self._step)
        with self._changed:
            taken = self._board.taken()
            wait = self._tempo.until_trained(self._step, start)
            if unseen:
                wait = self._tempo.until_put_up(self._step, start, taken)
            self._changed.wait_for(lambda: self._commands or self._closing or self._board.taken() > taken, wait)
        if wait:
            self._budget.trained(self._clock() - start)
        elif unseen:
            self._look()
        return unseen or wait > 0

    def _look_at_full_speed(self, now: float) -> None:
        """Show what was rendered beside the training; where nothing can be, render where looking's time affords it."""
        beside = self._beside_the_training()
        if beside is None or not beside.usable():
            if self._budget.affords_frame(now):
                self._look()
            return
        self._show_what_came()
        if beside.due(now) and self._budget.share and not self._journey.repeats(self._step):
            engine, networks = self._engine, (self._engine.generator, self._engine.discriminator)
            beside.hand_over(engine.config, engine.compute, networks, self._moment(), now, **self._through_lenses())
            end = self._clock()
            self._budget.looked(end - now, end)

    def _beside_the_training(self) -> Beside | None:
        """What renders frames beside the training, where it leaves a core for that."""
        compute = self._engine.compute
        if compute.device.type != "cpu" or not self._leaves_a_core(compute.threads):
            return None
        self._beside = self._beside or Beside()
        return self._beside

    def _show_what_came(self, *, wait: bool = False) -> None:
        """Publish the frame that was rendered beside the training, if there is one of this run."""
        frame = self._beside.take(wait=wait) if self._beside is not None else None
        if frame is not None and frame.moment.run == self._run_number:
            self._publish(frame, self._history.add_frame)

    def _look(self) -> None:
        """Render a live frame of the present step and publish it; not of one that is in the history already."""
        self._show_what_came(wait=True)  # frames come in the order of their steps
        if self._journey.repeats(self._step):
            return
        start, paced = self._clock(), self._paced()
        level = self._fineness.level if self._phase in _RUNNING else max(self._fineness.level, AT_REST)
        frame = self._probe.look(
            self._engine.generator,
            self._engine.discriminator,
            self._moment(),
            **level._asdict(),
            **self._through_lenses(),
        )
        self._publish(frame, self._history.add_frame)
        end = self._clock()
        self._fineness.looked(end - start, level)
        self._budget.looked(end - start, end)
        self._tempo.put_up(self._step, end)
        if paced and self._stride.step is not None:
            self._fineness.fit(*self._tempo.room(self._step, self._stride.step), finest=AT_REST)
        elif not paced:
            self._budget.choose_level()

    def _sharpen(self) -> None:
        """Work on the paused run's sharp frame for one short part, and publish it when it is complete."""
        if self._sharpening is None:
            self._sharpening = self._probe.look_in_parts(
                self._engine.generator,
                self._engine.discriminator,
                self._moment(),
                resolution=SHARP_RESOLUTION,
                points=POINTS,
                **self._through_lenses(),
            )
        frame = next(self._sharpening)
        if frame is not None:
            self._sharpening = None
            self._publish(frame, self._history.sharpen)

    def _moment(self) -> Moment:
        return Moment(self._run_number, self._step, self._wall_clock())

    def _publish(self, frame: Snapshot, store: Callable[[Snapshot], None]) -> None:
        kept = self._board.publish(frame, self._history, self._chronicle, store)
        if self._recorder is not None and kept is not None:
            self._recorder.shown(frame.step, kept)
        self._board.wake()

    def _begin(self, preset: Preset, seed: int) -> None:
        """Make a new run at step 0. The old one is replaced only once the new one stands."""
        created = self._wall_clock()
        start = begin(preset, seed, new_id(created), created, self._make_engine, self._options)
        self._enter(start)
        if self._runs is not None:
            path = self._runs.path(start.recipe.id)
            self._start_recording(lambda: RunFile.create(path, start.recipe))

    def _enter(self, start: Start) -> None:
        """Put a run in the place of the present one, whose recording ends."""
        self._stop_recording()
        recipe, engine = start.recipe, start.engine
        probe = Probe(engine.config, engine.compute.device)
        number = self._run_number + 1
        points = probe.fixed_points(number)
        with self._changed:
            self._engine, self._probe, self._history = engine, probe, start.history
            self._board.turn_to(start.history)
            self._run_number, self._points = number, points
            self._chronicle = begin_chronicle(points, start.history)
            self._recipe, self._info = recipe, run_info(recipe, number)
            scenario = PRESETS.get(recipe.preset, Preset)  # of one that is not known here, the usual
            self._tempo.open(recipe.preset, scenario.paces)
            self._figure_end = scenario.length if scenario.pauses and not start.known else None
            self._step, self._journey = engine.steps, Journey(start.known)
            self._error, self._note, self._sharpening = None, None, None
            self._steps_to_go, self._values = 0, start.values()
            self._speed, self._stride = Speed(), Stride()

    def _fail(self, what: str) -> None:
        message = (
            f"Training stopped at step {self._step + 1:,}: {what}. The steps before it stay on the timeline. "
            "Press Reset to start again from the preset's values."
        )
        log.error("%s", message)
        with self._changed:
            self._phase, self._error = Phase.FAILED, message
            self._steps_to_go, self._sharpening = 0, None
            if self._engine.steps > self._step:  # it was a step that failed
                self._chronicle.diverged(self._step + 1)
            self._changed.notify_all()
        if self._recorder is not None:
            self._recorder.ended(f"failed at step {self._step + 1:,}: {what}")

    # -- going to what is known --------------------------------------------------------------------------------------

    def _set_out(self, goal: int, changes: Iterable[Change]) -> None:
        """Train up to step `goal` with the given changes at their steps, and pause there."""
        self._journey = Journey(self._journey.known, goal, changes)
        self._phase = Phase.RERUNNING
        if self._journey.arrived(self._step):
            self._arrive()

    def _make_due_changes(self) -> None:
        for change in self._journey.take_due(self._step):
            if change.step <= self._journey.known:
                self._engine.set(**{change.name: change.new})  # it is in the history already
            else:
                self._change({change.name: change.new})

    def _arrive(self) -> None:
        self._make_due_changes()
        self._journey, self._phase = Journey(self._journey.known), Phase.PAUSED
        self._show_present_step()

    # -- recording ---------------------------------------------------------------------------------------------------

    def _start_recording(self, open_file: Callable[[], RunFile], nbytes: int = 0) -> None:
        if self._runs is not None:
            recorder = Recorder(open_file, self._runs.limit, recorded=self._journey.known, nbytes=nbytes)
            if not self._journey.known:
                recorder.checkpoint(self._step, self._engine.state())
            with self._changed:
                self._recorder = recorder

    def _stop_recording(self) -> None:
        """Write what is left of the present run, the state in which it stops included."""
        if self._recorder is not None:
            if self._phase is not Phase.FAILED and not self._journey.repeats(self._step):
                self._recorder.checkpoint(self._step, self._engine.state())
                with suppress(FloatingPointError):  # then there are no fakes to judge
                    self._recorder.ended(self._outcome())
            if not self._recorder.close():
                self._late.append(self._recorder)
            with self._changed:
                self._recorder = None

    def _outcome(self) -> str:
        """What has come of the run so far, in words."""
        state = self._chronicle.diagnosis.state
        words = [] if state == "undecided" else [state.replace("-", " ")]
        if "generator" in TASKS[self._engine.config.task].trains:
            words.append(quality(self._probe.fakes(self._engine.generator, self._step), self._engine.target))
        return ", ".join(words)

    def _record(self, metrics: Sequence[StepMetrics], seconds: float) -> None:
        if self._recorder is not None and metrics and metrics[-1].step > self._journey.known:
            self._recorder.trained(metrics, seconds)
            if self._step == self._engine.steps and self._recorder.wants_checkpoint():
                self._recorder.checkpoint(self._step, self._engine.state())

    # -- commands, applied between two steps -------------------------------------------------------------------------

    def _set_values(self, command: SetValues) -> None:
        if self._journey.repeats(self._step):
            raise Refusal(
                f"This run is on its way to step {self._journey.known:,}, where it stopped; "
                "values can be changed once it is there."
            )
        self._change(command.values)

    def _change(self, values: Mapping[str, float]) -> None:
        old = {name: self._values[name].value for name in values}
        changes = [Change(self._step + 1, name, old[name], new) for name, new in values.items() if new != old[name]]
        if changes and self._recorder is not None and self._recorder.begins_gesture(time.monotonic()):
            self._recorder.checkpoint(self._step, self._engine.state())  # as it was before it was touched
        self._engine.set(**values)
        with self._changed:
            for change in changes:
                self._history.add_change(change)
                self._values = {**self._values, change.name: InForce(change.new, change.step)}
        for change in changes:
            if self._recorder is not None:
                self._recorder.changed(change)

    def _set_looking(self, command: SetLooking) -> None:
        self._budget.share = command.share

    def _set_pace(self, command: SetPace) -> None:
        self._tempo.chosen = Pace(command.steps, command.per_second)

    def _at_the_end(self) -> bool:
        """Whether this run has come to where its task ends."""
        end = TASKS[self._engine.config.task].ends
        return end is not None and self._step >= end

    def _at_figure_end(self) -> bool:
        """Whether this run stands where the article's figure ends and has not gone on from there."""
        return self._step == self._figure_end

    def _pauses_there(self) -> bool:
        """Whether a figure's end is a pause: for those who look, and for those who came to look."""
        return self._phase is Phase.TRAINING and not self._steps_to_go and (self._waits or self._board.watched())

    def _refuse_at_the_end(self) -> None:
        if self._at_the_end():
            raise Refusal("Every point has arrived; press Reset to see them move again.")

    def _play(self, command: Play) -> None:
        self._refuse_at_the_end()
        if self._at_figure_end():
            self._figure_end = None
        if self._phase is not Phase.FAILED:
            self._phase = Phase.TRAINING if self._journey.goal is None else Phase.RERUNNING
            self._sharpening, self._speed = None, Speed()

    def _pause(self, command: Pause) -> None:
        if self._phase is not Phase.FAILED:
            self._phase, self._steps_to_go = Phase.PAUSED, 0
            self._show_present_step()

    def _step_once(self, command: StepOnce) -> None:
        self._refuse_at_the_end()
        if self._phase is not Phase.FAILED:
            self._phase, self._sharpening = Phase.PAUSED, None
            self._steps_to_go += command.count

    def _restart(self, command: Restart) -> None:
        if command.preset is None and self._info.preset not in PRESETS:
            preset = preset_of(self._recipe)  # a run from elsewhere, of a scenario that is not known here: its own
        else:
            with refusing():
                preset = find_preset(command.preset or self._info.preset)
        stopped_by_itself = self._phase is Phase.FAILED or self._at_figure_end()
        self._begin(preset, _first(command.seed, preset.seed if command.preset else None, self._info.seed))
        if stopped_by_itself:
            self._phase = Phase.TRAINING
        self._look()

    def _open(self, command: Open) -> None:
        self._go_on_with(command.run)

    def _branch(self, command: Branch) -> None:
        """Everything that can go wrong does so before the present run is left."""
        if self._recorder is not None and command.run == self._info.id:
            self._recorder.flush()
        created = self._wall_clock()
        name = new_id(created)
        with refusing():
            branch_off(self._recorded_runs(), command.run, command.step, name, created)
        self._go_on_with(name)

    def _repeat(self, command: Repeat) -> None:
        self._begin(find_preset(command.preset), command.seed)
        self._figure_end = None
        self._look()
        self._set_out(command.step, command.changes)

    def _go_on_with(self, name: str) -> None:
        """Take up a recorded run: from its newest checkpoint to its last step, and pause there."""
        with refusing():
            runs = self._recorded_runs()
            if self._recorder is not None and name == self._info.id:
                raise ValueError("This run is the one that is open.")
            file = RunFile.open(runs.path(name), write=True, alone=True)
            try:
                start = resume(file, self._run_number + 1, self._make_engine)
            except BaseException:
                file.close()
                raise
        self._enter(start)
        self._start_recording(lambda: file, file.nbytes())
        if self._recorder is not None:
            self._recorder.ended("")  # not yet
        if self._history.newest is not None:
            self._publish(self._history.newest, lambda frame: None)
        self._set_out(start.known, start.due)

    def _recorded_runs(self) -> RunFolder:
        if self._runs is None:
            raise ValueError("Nothing is recorded here: the server was started without a folder for runs.")
        return self._runs

    def _show_present_step(self) -> None:
        self._show_what_came(wait=True)
        newest = self._history.newest
        if newest is None or newest.step != self._step:
            self._look()

    # -- small readers; those that touch shared fields are called with the lock held ----------------------------------

    def _idle(self) -> bool:
        """Nothing to do until a command comes: not training, and nobody waits for a sharper picture."""
        if self._phase in _RUNNING or self._steps_to_go:
            return False
        if self._phase is Phase.STARTING:
            return not self._board.watched()
        sharp = self._shows_all() or self._journey.repeats(self._step)
        return self._phase is not Phase.PAUSED or sharp or not self._board.watched()

    def _shows_all(self) -> bool:
        """Whether the newest frame is as sharp as can be and has what every lens shows."""
        newest = self._history.newest
        if newest is None:
            return True
        arrays = {name for lens in self._lenses() for name in LENS_ARRAYS[lens]}
        return newest.resolution >= SHARP_RESOLUTION and arrays <= set(newest.lenses)

    def _lenses(self) -> frozenset[str]:
        """Those through which somebody looks and that show something of this run."""
        return self._board.lenses() & self._probe.lenses

    def _through_lenses(self) -> dict[str, Any]:
        with self._changed:
            lenses = self._lenses()
        return {"lenses": lenses, "update": self._engine.generator_update() if "pull" in lenses else None}

    def _status(self) -> Status:
        training, pace = self._phase in _RUNNING, self._tempo.at(self._step)
        return Status(
            phase=self._phase,
            info=self._info,
            step=self._step,
            steps_per_second=self._speed.per_second if training else 0.0,
            looking_share=self._budget.share,
            looking_measured=self._budget.measured if training else 0.0,
            pace=pace.steps,
            frames=len(self._history.kept_steps()),
            memory_bytes=self._history.nbytes,
            values=self._values,
            changes=self._history.changes_total,
            error=self._error,
            recording=self._recorder.state() if self._recorder is not None else None,
            goal=self._journey.goal if self._phase is not Phase.FAILED else None,
            note=self._note,
            diagnosis=self._chronicle.diagnosis,
            length=PRESETS[self._info.preset].length if self._info.preset in PRESETS else None,
            pace_limit=pace.per_second,
            pace_chosen=self._tempo.chosen is not None,
            figure_end=self._phase is Phase.PAUSED and self._at_figure_end(),
        )


_APPLY: dict[type[Command], Callable[..., None]] = {
    SetValues: TrainingSession._set_values,
    SetLooking: TrainingSession._set_looking,
    SetPace: TrainingSession._set_pace,
    Play: TrainingSession._play,
    Pause: TrainingSession._pause,
    StepOnce: TrainingSession._step_once,
    Restart: TrainingSession._restart,
    Open: TrainingSession._open,
    Branch: TrainingSession._branch,
    Repeat: TrainingSession._repeat,
}


def _first(*choices: int | None) -> int:
    return next(choice for choice in choices if choice is not None)
