"""What the training thread does between two commands: it trains the open run, shows it, and pauses where it is to.

On that thread alone, but for `idle` and `status`, which readers call with the lock held. Orders
(`gan_core.live.orders`) are made of its public methods.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from gan_core.live.board import Board
from gan_core.live.budget import Speed, Stride
from gan_core.live.looker import Looker
from gan_core.live.opening import Opening
from gan_core.live.pausing import Pausing
from gan_core.recording.keeping import Opened
from gan_core.records.ending import Ending, trouble_words
from gan_core.records.frames import Snapshot
from gan_core.records.status import Phase, Status
from gan_core.run.run import Run
from gan_core.setup.presets import PRESETS, Preset
from gan_core.texts.catalogue import say

log = logging.getLogger("ganscope")

RUNNING = (Phase.TRAINING, Phase.RERUNNING)


class Trainer:
    """Trains one run after another. Written to by the training thread alone, and what readers see under the lock."""

    run: Run  # the one that is open

    def __init__(
        self,
        changed: threading.Condition,
        board: Board,
        opening: Opening,
        *,
        phase: Phase,
        waits: bool,
        steps_at_once: int,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        leaves_a_core: Callable[[int], bool],
        interrupted: Callable[[], bool],
    ) -> None:
        """`waits`: training pauses where a figure ends even if nobody looks any more. `interrupted` ends what waits:
        a command has come. `clock` is a steady one, in seconds.
        """
        self._changed, self._board, self.opening = changed, board, opening
        self._waits, self._most_at_once = waits, steps_at_once
        self._clock, self._interrupted = clock, interrupted
        self.looker = Looker(
            changed, board, self._shown, clock=clock, wall_clock=wall_clock, leaves_a_core=leaves_a_core
        )
        self.phase, self.steps_to_go, self.pausing = phase, 0, Pausing()
        self.figure_end: int | None = None  # where training pauses, as the article's figure ends there
        self._alone: tuple[dict[str, float], dict[str, float]] | None = None  # updates while one player moves; before
        self._error: str | None = None
        self._speed, self._stride = Speed(), Stride()

    # -- what the thread calls ---------------------------------------------------------------------------------------

    def begin_if_watched(self) -> None:
        """Begin once somebody looks, where that is waited for. With the lock held."""
        if self.phase is Phase.STARTING and self._board.watched():
            self.phase = Phase.TRAINING

    def go_on(self) -> None:
        """Train some steps, or work on the sharp picture of a run at rest, if it is wanted."""
        if self.phase in RUNNING or self.steps_to_go:
            self._train()
        elif not self.idle():
            self.looker.sharpen()
        if self.phase in (*RUNNING, Phase.PAUSED) and self.pausing.holds(self.run):
            with self._changed:
                self.phase, self.steps_to_go = Phase.PAUSED, 0
        if not self.steps_to_go and self.phase is not Phase.FAILED:
            self._train_both()

    def close(self) -> None:
        """Leave the run, and wait for what is still to be written."""
        self.looker.put_up_what_is_ready()
        self.opening.leave(self.run, failed=self.phase is Phase.FAILED)
        self.looker.close()
        self.opening.close()
        with self._changed:
            self.phase = Phase.CLOSED

    def fail(self, why: Ending) -> None:
        """End the training, and say why."""
        step = self.run.step + 1
        message = say("failure.stopped", step=step, what=trouble_words(why))
        log.error("%s", message)
        self.looker.put_up_what_is_ready()
        with self._changed:
            self.phase, self._error, self.steps_to_go = Phase.FAILED, message, 0
            self.looker.stop_sharpening()
            self.run.failed()
            self.pausing.failed(self.run)
            self._changed.notify_all()
        if self.opening.recorder is not None:
            self.opening.recorder.ended({"failed": step, **why})

    def _train(self) -> None:
        """Train some steps, and look where it is time to; or wait for the time, where every frame is to be seen."""
        run, looker = self.run, self.looker
        if self._paced() and not self.steps_to_go:
            hurry = self.pausing.waits  # a step that is to be asked is not to be left before
            if looker.holds_back(self._interrupted, self._stride.step, at_once=hurry):
                return
        if run.at_the_end() or (self.at_figure_end() and self._pauses_there()):
            self.phase, self.steps_to_go = Phase.PAUSED, 0
            looker.show_present_step()
            return
        if run.ends and not self.steps_to_go:  # it is there to be seen, from its beginning
            with self._changed:
                self._changed.wait_for(lambda: self._interrupted() or self._board.watched())
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
            self.fail(trouble.trouble())
        elif run.arrived():
            self.arrive()
        elif last_of_some or (self.pausing.wants_look(run) and not (self._paced() and looker.tempo.shows(run.step))):
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
        return max(1, min(self.pausing.steps_until_look(self.run, wanted), self._most_at_once))

    def _paced(self) -> bool:
        """Whether the visitor sees every n-th step now."""
        return self.phase is Phase.TRAINING and self.looker.paced()

    def _pauses_there(self) -> bool:
        """Whether a figure's end is a pause: for those who look, and for those who came to look."""
        return self.phase is Phase.TRAINING and not self.steps_to_go and (self._waits or self._board.watched())

    def _shown(self, frame: Snapshot, kept: bytes) -> None:
        if self.opening.recorder is not None:
            self.opening.recorder.shown(frame.step, kept)

    # -- what orders are made of ------------------------------------------------------------------------------------

    def enter(self, opened: Opened) -> None:
        """Put a run in the place of the present one, whose recording ends."""
        run = opened.run
        if hasattr(self, "run"):
            self.looker.put_up_what_is_ready()
            self.opening.leave(self.run, failed=self.phase is Phase.FAILED)
        self.pausing.turn_to(run)
        scenario = PRESETS.get(run.recipe.preset, Preset)  # of one that is not known here, the usual
        with self._changed:
            self.run, self._error, self.steps_to_go, self._alone = run, None, 0, None
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
            self.pausing.went_on()
            self._speed = Speed()

    def train_only(self, player: str) -> None:
        """Have one player alone move, "d" or "g", in the steps to go.

        Raises ValueError, with a sentence, where both move at once; then nothing is changed.
        """
        self._train_both()
        before = {name: self.run.values[name].value for name in ("updates_d", "updates_g")}
        alone = {name: max(value, 1.0) if name.endswith(player) else 0.0 for name, value in before.items()}
        self.run.change(alone)
        self._alone = alone, before

    def _train_both(self) -> None:
        """Put back what was before one player moved alone, unless somebody has changed it since."""
        if self._alone is None:
            return
        (alone, before), self._alone = self._alone, None
        if all(self.run.values[name].value == value for name, value in alone.items()):
            self.run.change(before)

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
        self.pausing.passed(self.run.step)
        self.looker.show_present_step()

    def at_figure_end(self) -> bool:
        """Whether this run stands where the article's figure ends and has not gone on from there."""
        return self.run.step == self.figure_end

    # -- small readers, called with the lock held --------------------------------------------------------------------

    def idle(self) -> bool:
        """Nothing to do until a command comes: not training, and nobody waits for a sharper picture."""
        if self.phase in RUNNING or self.steps_to_go:
            return False
        if self.phase is Phase.STARTING:
            return not self._board.watched()
        sharp = self.looker.shows_all() or self.run.repeats()
        return self.phase is not Phase.PAUSED or sharp or not self._board.watched()

    def status(self) -> Status:
        """What is going on."""
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
            pause_when=self.pausing.told,
        )
