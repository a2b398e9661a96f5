"""The training session: the one background thread that steps the GAN, and what every browser tab sees of it.

The only file with a thread, a lock or a condition. Commands take effect between steps, never inside one; readers get
immutable records and bytes. A failure becomes data (phase FAILED and a sentence), never a dead server.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gan_core import wire
from gan_core.commands import Command, Pause, Play, Restart, SetLooking, SetPace, SetValues, StepOnce, coalesce
from gan_core.config import BOUNDS, DEFAULT_LOOKING_SHARE
from gan_core.engine import GANEngine
from gan_core.history import History
from gan_core.pace import LookingBudget, Stride
from gan_core.presets import DEFAULT_PRESET, find_preset
from gan_core.probes import LIVE_POINTS, LIVE_RESOLUTIONS, POINTS, SHARP_RESOLUTION, Probe
from gan_core.records import Change, InForce, Moment, Phase, Progress, RunInfo, Snapshot, Status, StepMetrics

log = logging.getLogger("ganscope")

PAYLOADS = 256  # encoded frames of the past that are held ready: 7 MB at most
WATCHED_FOR = 1.5  # seconds after the last request for a live frame during which somebody counts as watching
MAX_ROWS_PER_READ = 50_000  # rows of metrics in one answer: 800 kB
MAX_STEPS_AT_ONCE = 256  # trained in one go, between two looks at the commands
_SPEED_WINDOW = 0.5  # seconds over which steps a second are counted


class Receipt:
    """Says when a command has taken effect."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self.step: int | None = None  # the first step under the command; None while it waits

    def wait(self, timeout: float) -> int | None:
        """Block until the command is in force, at most `timeout` seconds. Returns `step`."""
        with self._changed:
            self._changed.wait_for(lambda: self.step is not None, timeout)
        return self.step


@dataclass(frozen=True)
class _Published:
    version: int
    frame: Snapshot
    payload: bytes


class _Payloads:
    """The encoded frames of the past that were made or asked for last.

    They stay as they are: steps before a frame are never added any more, so that its trail is complete from the start.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[int, int], bytes] = OrderedDict()  # run, step; the one to drop next first

    def put(self, frame: Snapshot, payload: bytes) -> None:
        self._held[frame.moment.run, frame.step] = payload
        if len(self._held) > PAYLOADS:
            self._held.popitem(last=False)

    def get(self, frame: Snapshot) -> bytes | None:
        key = frame.moment.run, frame.step
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)


class TrainingSession:
    """Owns the engine, the history and the thread. Any thread may call the public methods."""

    def __init__(
        self,
        preset: str = DEFAULT_PRESET,
        seed: int = 0,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        paused: bool = False,
        steps_at_once: int = MAX_STEPS_AT_ONCE,
        wall_clock: Callable[[], float] = time.time,
        make_engine: Callable[..., GANEngine] = GANEngine,
    ) -> None:
        """Prepare a session; `start` begins it. Raises ValueError for an option that cannot be met."""
        self._options = {"device": device, "precision": precision, "threads": threads}
        self._wall_clock, self._make_engine, self._most_at_once = wall_clock, make_engine, steps_at_once
        self._changed = threading.Condition(threading.Lock())
        self._encoding = threading.Lock()  # held while a frame of the past is encoded; taken before the other
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)
        # Under the lock:
        self._commands: list[tuple[Command, Receipt]] = []
        self._closing = False
        self._published: _Published | None = None
        self._payloads = _Payloads()
        self._last_look = -math.inf
        # Versions and runs count from the time of start, so that a page left open over a restart sees newer ones.
        self._version = self._run_number = int(wall_clock() * 1000)
        # Complete before the training thread starts:
        self._wakes: list[Callable[[], None]] = []
        # Written by the training thread alone:
        self._phase = Phase.PAUSED if paused else Phase.TRAINING
        self._steps_to_go = 0
        self._error: str | None = None
        self._sharpening: Iterator[Snapshot | None] | None = None
        self._budget = LookingBudget(DEFAULT_LOOKING_SHARE, LIVE_RESOLUTIONS)
        self._pace: int | None = None
        self._speed, self._stride = _Speed(), Stride()
        # Not on this thread: OpenMP keeps workers for every thread that ever computed, and with more of them than cores
        # it puts all to sleep between products, which costs the training a fifth of its speed.
        with ThreadPoolExecutor(1) as builder:
            builder.submit(self._begin, preset, seed).result()

    # -- called from any thread --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the training thread."""
        self._thread.start()

    def close(self, timeout: float = 5.0) -> None:
        """End the training thread after the step in progress, and wait for it."""
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

    def frame_after(self, version: int, timeout: float) -> bytes | None:
        """The newest frame, encoded, once it is newer than `version`; None after `timeout` seconds without one."""
        with self._changed:
            unwatched = not self._watched()
            self._last_look = time.monotonic()
            if unwatched:
                self._changed.notify_all()  # a paused run sharpens when somebody comes
            self._changed.wait_for(lambda: self._newer(version) or self._closing, timeout)
            self._last_look = time.monotonic()
            return self._published.payload if self._published and self._newer(version) else None

    def frame_at(self, step: int) -> bytes | None:
        """The kept frame nearest to `step`, encoded once however often it is asked for; None before the first one."""
        with self._encoding:
            with self._changed:
                frame = self._history.at(step)
                if frame is None:
                    return None
                if self._published and frame is self._published.frame:
                    return self._published.payload
                payload = self._payloads.get(frame)
                if payload is not None:
                    return payload
                trail, version = self._history.trail(frame.step), self._version
            payload = wire.encode_frame(frame, version=version, trail=trail, kept=True)
            with self._changed:
                self._payloads.put(frame, payload)
        return payload

    def on_frame(self, wake: Callable[[], None]) -> None:
        """Have `wake` called after every new frame, on the training thread: it must be quick and never fail.

        To be asked for before `start`.
        """
        self._wakes.append(wake)

    def points(self) -> bytes:
        """The run's fixed inputs, encoded."""
        with self._changed:
            points = self._points
        return wire.encode_points(points)

    def progress(self, start: int, changes_from: int) -> bytes:
        """Status, metrics from row `start`, changes from number `changes_from`, kept steps; encoded."""
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
                changes_from=first_change,
                changes=changes,
                kept=tuple(history.kept_steps()),
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
                    self._phase = Phase.CLOSED
                    return
                queued, self._commands = self._commands, []
            self._apply(queued)
            if self._phase is Phase.TRAINING or self._steps_to_go:
                self._guarded(self._train)
            elif not self._idle():
                self._guarded(self._sharpen)

    def _apply(self, queued: Sequence[tuple[Command, Receipt]]) -> None:
        for command in coalesce(command for command, _ in queued):
            self._guarded(lambda command=command: _APPLY[type(command)](self, command))  # type: ignore[misc]
        if queued:
            with self._changed:
                for _, receipt in queued:
                    receipt.step = self._step + 1
                self._changed.notify_all()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # whatever it is, the server must go on answering
            log.debug("training thread", exc_info=True)
            self._fail(f"{type(error).__name__}: {error}".rstrip(": "))

    def _train(self) -> None:
        """Train some steps, and look where it is time to; or wait for the time, where every frame is to be seen."""
        if self._held_back() and not self._steps_to_go:
            self._wait_for_a_frame()
            return
        start = time.perf_counter()
        done = self._engine.advance(self._stride.count(self._steps_wanted()))
        now = time.perf_counter()
        good = [metrics for metrics in done if metrics.is_finite()]
        self._stride.trained(len(done), now - start)
        self._budget.trained(now - start)
        self._speed.count(now, len(good))
        last_of_some = 0 < self._steps_to_go <= len(done)
        self._steps_to_go = max(0, self._steps_to_go - len(done))
        with self._changed:
            for metrics in good:
                self._step = metrics.step
                self._history.metrics.append(metrics)
            wanted = self._history.wants(self._step) or self._watched()
        if len(good) < len(done):
            self._fail(_not_finite(done[len(good)]))
        elif last_of_some or (wanted and not self._paced() and self._budget.affords_frame(now)):
            self._look()

    def _steps_wanted(self) -> int:
        """Steps until something is due, at least 1."""
        wanted = self._steps_to_go or self._most_at_once
        if pace := self._paced():
            wanted = min(wanted, pace - self._steps_since_frame())
        return max(1, min(wanted, self._most_at_once))

    def _held_back(self) -> bool:
        """Whether the visitor is to see this step before any other is trained."""
        pace = self._paced()
        return pace > 0 and self._steps_since_frame() >= pace

    def _paced(self) -> int:
        """Steps a frame that are to be kept to now; 0 for none. Nobody is waited for who does not look."""
        return self._pace or 0 if self._budget.share > 0 and self._watched() else 0

    def _wait_for_a_frame(self) -> None:
        start = time.perf_counter()
        wait = self._budget.until_affordable(start)
        if not wait:
            self._look()
            return
        with self._changed:
            self._changed.wait_for(lambda: self._commands or self._closing, wait)
        self._budget.trained(time.perf_counter() - start)

    def _steps_since_frame(self) -> int:
        newest = self._history.newest
        return self._step - newest.step if newest else self._step

    def _look(self) -> None:
        """Render a live frame of the present step and publish it."""
        start = time.perf_counter()
        frame = self._probe.look(
            self._engine.generator,
            self._engine.discriminator,
            self._moment(),
            resolution=self._budget.resolution,
            points=LIVE_POINTS,
        )
        self._publish(frame, self._history.add_frame)
        end = time.perf_counter()
        self._budget.looked(end - start, end)

    def _sharpen(self) -> None:
        """Work on the paused run's sharp frame for one short part, and publish it when it is complete."""
        if self._sharpening is None:
            self._sharpening = self._probe.look_in_parts(
                self._engine.generator,
                self._engine.discriminator,
                self._moment(),
                resolution=SHARP_RESOLUTION,
                points=POINTS,
            )
        frame = next(self._sharpening)
        if frame is not None:
            self._sharpening = None
            self._publish(frame, self._history.sharpen)

    def _moment(self) -> Moment:
        return Moment(self._run_number, self._step, self._wall_clock())

    def _publish(self, frame: Snapshot, store: Callable[[Snapshot], None]) -> None:
        # Encoded here, once, however many browsers ask; outside the lock, because nobody else writes.
        earlier = [point for point in self._history.trail(frame.step) if point.step < frame.step]
        packed = wire.pack_frame(frame, [*earlier, frame.trail_point])
        version = self._version + 1
        payload = packed.envelope(version=version, kept=False)
        with self._changed:
            store(frame)
            if self._history.keeps(frame):  # it will be asked for as one of the past
                self._payloads.put(frame, packed.envelope(version=version, kept=True))
            self._version = version
            self._published = _Published(version, frame, payload)
            self._changed.notify_all()
        for wake in self._wakes:
            wake()

    def _begin(self, preset: str, seed: int) -> None:
        """Make a new run at step 0. The old one is replaced only once the new one stands."""
        engine = self._make_engine(find_preset(preset), seed, **self._options)
        probe = Probe(engine.target, engine.compute.device)
        number = self._run_number + 1
        points = probe.fixed_points(number)
        with self._changed:
            self._engine, self._probe = engine, probe
            self._history = History()
            self._run_number, self._points = number, points
            self._info = RunInfo(
                run=number,
                preset=preset,
                seed=seed,
                device=engine.compute.device.type,
                precision=engine.compute.precision,
                threads=engine.compute.threads,
            )
            self._step, self._error, self._sharpening, self._steps_to_go = 0, None, None, 0
            self._values = {name: InForce(getattr(engine.values, name), 1) for name in BOUNDS}
            self._speed, self._stride = _Speed(), Stride()

    def _fail(self, what: str) -> None:
        message = (
            f"Training stopped at step {self._step + 1:,}: {what}. The steps before it stay on the timeline. "
            "Press Reset to start again from the preset's values."
        )
        log.error("%s", message)
        with self._changed:
            self._phase, self._error = Phase.FAILED, message
            self._steps_to_go, self._sharpening = 0, None
            self._changed.notify_all()

    # -- commands, applied between two steps -------------------------------------------------------------------------

    def _set_values(self, command: SetValues) -> None:
        self._engine.set(**command.values)
        with self._changed:
            for name, new in command.values.items():
                old = self._values[name].value
                if new != old:
                    self._history.add_change(Change(self._step + 1, name, old, new))
                    self._values = {**self._values, name: InForce(new, self._step + 1)}

    def _set_looking(self, command: SetLooking) -> None:
        self._budget.share = command.share

    def _set_pace(self, command: SetPace) -> None:
        self._pace = command.steps

    def _play(self, command: Play) -> None:
        if self._phase is not Phase.FAILED:
            self._phase, self._sharpening = Phase.TRAINING, None
            self._speed = _Speed()

    def _pause(self, command: Pause) -> None:
        if self._phase is not Phase.FAILED:
            self._phase, self._steps_to_go = Phase.PAUSED, 0
            self._show_present_step()

    def _step_once(self, command: StepOnce) -> None:
        if self._phase is not Phase.FAILED:
            self._phase, self._sharpening = Phase.PAUSED, None
            self._steps_to_go += command.count

    def _restart(self, command: Restart) -> None:
        preset = self._info.preset if command.preset is None else command.preset
        seed = self._info.seed if command.seed is None else command.seed
        self._begin(preset, seed)
        if self._phase is Phase.FAILED:
            self._phase = Phase.TRAINING
        self._look()

    def _show_present_step(self) -> None:
        newest = self._history.newest
        if newest is None or newest.step != self._step:
            self._look()

    # -- small readers; those that touch shared fields are called with the lock held ----------------------------------

    def _idle(self) -> bool:
        """Nothing to do until a command comes: not training, and nobody waits for a sharper picture."""
        if self._phase is Phase.TRAINING or self._steps_to_go:
            return False
        newest = self._history.newest
        sharp = newest is None or newest.resolution >= SHARP_RESOLUTION
        return self._phase is not Phase.PAUSED or sharp or not self._watched()

    def _watched(self) -> bool:
        return time.monotonic() - self._last_look < WATCHED_FOR

    def _newer(self, version: int) -> bool:
        return self._published is not None and self._published.version > version

    def _status(self) -> Status:
        training = self._phase is Phase.TRAINING
        return Status(
            phase=self._phase,
            info=self._info,
            step=self._step,
            steps_per_second=self._speed.per_second if training else 0.0,
            looking_share=self._budget.share,
            looking_measured=self._budget.measured if training else 0.0,
            pace=self._pace,
            frames=len(self._history.kept_steps()),
            memory_bytes=self._history.nbytes,
            values=self._values,
            changes=self._history.changes_total,
            error=self._error,
        )


_APPLY: dict[type[Command], Callable[..., None]] = {
    SetValues: TrainingSession._set_values,
    SetLooking: TrainingSession._set_looking,
    SetPace: TrainingSession._set_pace,
    Play: TrainingSession._play,
    Pause: TrainingSession._pause,
    StepOnce: TrainingSession._step_once,
    Restart: TrainingSession._restart,
}


class _Speed:
    """Steps a second over the last window."""

    def __init__(self) -> None:
        self.per_second = 0.0
        self._steps = 0
        self._since: float | None = None

    def count(self, now: float, steps: int) -> None:
        if self._since is None:
            self._since = now
            return
        self._steps += steps
        if now - self._since >= _SPEED_WINDOW:
            self.per_second = self._steps / (now - self._since)
            self._steps, self._since = 0, now


def _not_finite(metrics: StepMetrics) -> str:
    names = [
        f"the {name} loss is {value}"
        for name, value in (("discriminator", metrics.d_loss), ("generator", metrics.g_loss))
        if not math.isfinite(value)
    ]
    return " and ".join(names) + ", usually because a learning rate is too high"
