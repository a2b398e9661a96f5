"""Decides when to look at the run that trains, how finely and through which lenses, and puts up what was seen.

On the training thread alone, but for what says otherwise. Frames come in the order of their steps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from gan_core.live.beside import Beside
from gan_core.live.board import Board
from gan_core.live.budget import LookingBudget
from gan_core.live.tempo import Paces, Tempo
from gan_core.looking.fineness import Fineness
from gan_core.looking.lenses import LENSES
from gan_core.looking.probe import AT_REST, LIVE_LEVELS, POINTS, SHARP_RESOLUTION
from gan_core.records.arrays import LENS_ARRAYS
from gan_core.records.frames import Snapshot
from gan_core.run.run import Run
from gan_core.setup.config import DEFAULT_LOOKING_SHARE
from gan_core.setup.plane import USUAL, Plane
from gan_core.training.networks import as_plain, at_rest


class Looker:
    """Looks at one run after another, and shows them on a board."""

    run: Run  # the one that is looked at

    def __init__(
        self,
        changed: threading.Condition,
        board: Board,
        shown: Callable[[Snapshot, bytes], None],
        *,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        leaves_a_core: Callable[[int], bool],
    ) -> None:
        """`shown` is told of each frame that is kept, with its bytes. Where so many threads leave a core
        (`leaves_a_core`), frames at full speed are rendered beside the training. `clock` is a steady one.
        """
        self._changed, self._board, self._shown = changed, board, shown
        self._clock, self._wall_clock, self._leaves_a_core = clock, wall_clock, leaves_a_core
        self.tempo, self._fineness = Tempo(), Fineness(LIVE_LEVELS)
        self.budget = LookingBudget(DEFAULT_LOOKING_SHARE, self._fineness)
        self._beside: Beside | None = None
        self._sharpening: Iterator[Snapshot | None] | None = None
        self._ready: Snapshot | None = None  # a frame of a run that is shown step by step, to be put up
        self.plane = USUAL  # through latent space, that frames to come show; written with the lock held
        self._rests_until: dict[str, float] = {}  # lens -> when a frame of a moving run has it again

    def turn_to(self, run: Run, paces: Paces) -> None:
        """Look at another run from now on, in a scenario's paces. To be called with the lock held."""
        self.run, self._sharpening, self._ready, self._rests_until = run, None, None, {}
        if not self.plane.fits(run.engine.config.latent_dim):
            self.plane = USUAL
        self._board.turn_to(run.history)
        self.tempo.open(run.recipe.preset, paces)

    def close(self) -> None:
        """End what renders beside the training."""
        if self._beside is not None:
            self._beside.close()

    # -- where every n-th step is seen -------------------------------------------------------------------------------

    def paced(self) -> bool:
        """Whether every n-th step is to be seen. Nobody is waited for who does not look."""
        return self.tempo.at(self.run.step).steps is not None and self._board.watched()

    def holds_back(self, interrupted: Callable[[], bool], step_seconds: float | None, *, at_once: bool = False) -> bool:
        """Show a step that is to be seen before any other is trained, or wait for its time. False: nothing is due.

        Where every step is to be seen its frame is made at once, on one thread, and put up when the next step has been
        trained: so a browser draws one frame while the next is made, and not while training needs every core.
        `at_once`: not then, but before that step. `interrupted` ends the waiting; a step takes `step_seconds`.
        """
        run, start, pace = self.run, self._clock(), self.tempo.at(self.run.step)
        ahead = pace.steps == 1 and pace.per_second is None and not at_once
        last = self._ready or run.history.newest
        unseen = self.tempo.shows(run.step) and (last is None or last.step < run.step) and not run.repeats()
        due = self._ready is not None and (self._ready.step < run.step or not ahead)
        with self._changed:
            taken = self._board.taken()
            wait = self.tempo.until_trained(run.step, start)
            if due or (unseen and not ahead):
                wait = self.tempo.until_put_up(run.step, start, taken)
            self._changed.wait_for(lambda: interrupted() or self._board.taken() > taken, wait)
        if wait:
            self.budget.trained(self._clock() - start)
        elif due:
            self.put_up_what_is_ready()
        elif unseen:
            if ahead:
                self._make_ready()
            else:
                self._look(moving=True)
            if step_seconds is not None:
                self._fineness.fit(*self.tempo.room(run.step, step_seconds), finest=AT_REST)
        return due or unseen or wait > 0

    def _make_ready(self) -> None:
        """Make a frame of the present step, where the training takes every core on one thread."""
        compute, start, level = self.run.engine.compute, self._clock(), self._fineness.level
        if not self._leaves_a_core(compute.threads):
            replace(compute, threads=1).enter()
        how = {**level._asdict(), **self._through_lenses(moving=True)}
        try:
            self._ready = self.run.look(self._wall_clock(), **how)
        finally:
            compute.enter()
        end = self._clock()
        self._fineness.looked(end - start, level)
        self.budget.looked(end - start, end)

    def put_up_what_is_ready(self) -> None:
        """Put up the frame that was made of a step, if that is still to come."""
        frame, self._ready = self._ready, None
        if frame is not None:
            self._publish(frame)
            self.tempo.put_up(frame.step, self._clock())

    # -- looks -------------------------------------------------------------------------------------------------------

    def look_at_full_speed(self, now: float) -> None:
        """Show what was rendered beside the training; where nothing can be, render where looking's time affords it."""
        beside, run = self._beside_the_training(), self.run
        if beside is None or not beside.usable():
            if self.budget.affords_frame(now):
                self.look(moving=True)
            return
        self._show_what_came()
        if beside.due(now) and self.budget.share and not run.repeats():
            engine, networks = run.engine, (as_plain(run.engine.generator), as_plain(run.engine.discriminator))
            moment = run.moment(self._wall_clock())
            beside.hand_over(
                at_rest(engine.config), engine.compute, networks, moment, now, **self._through_lenses(moving=True)
            )
            end = self._clock()
            self.budget.looked(end - now, end)

    def look(self, *, moving: bool) -> None:
        """Render a live frame of the present step and publish it; not of one that is in the history already."""
        self._look(moving=moving)
        self.budget.choose_level()

    def show_present_step(self) -> None:
        """Have a frame of the step at which the run stands, at rest."""
        self._show_what_came(wait=True)
        newest = self.run.history.newest
        if newest is None or newest.step != self.run.step:
            self.look(moving=False)

    def show_newest(self) -> None:
        """Publish what the history of a run that was opened has as its last frame."""
        if self.run.history.newest is not None:
            self._put_up(self.run.history.newest, lambda frame: False)

    def sharpen(self) -> None:
        """Work on the paused run's sharp frame for one short part, and publish it when it is complete."""
        if self._complete():
            return
        if self._sharpening is None:
            fine: dict[str, Any] = {"resolution": SHARP_RESOLUTION, "points": POINTS}
            self._sharpening = self.run.look_in_parts(self._wall_clock(), **fine, **self._through_lenses(moving=False))
        frame = next(self._sharpening)
        if frame is not None:
            self._sharpening = None
            self._publish(frame, sharper=True)

    def _complete(self) -> bool:
        """Give the newest frame at once what it lacks and needs no sharp look; returns whether it lacked any.

        That is the plane through latent space, and what lenses show by themselves.
        """
        newest = self.run.history.newest
        if newest is None or newest.step != self.run.step:
            return False
        if newest.plane != self.plane:
            level = max(self._fineness.level, AT_REST)
            how = {**level._asdict(), **self._through_lenses(moving=False)}
            self._publish(self.run.look(self._wall_clock(), **how), sharper=True)
            return True
        with self._changed:
            lenses = self._board.lenses() & self.run.probe.lenses
        lacking = {name for name in lenses if LENSES[name].alone and LENS_ARRAYS[name][0].name not in newest.lenses}
        if lacking:
            engine = self.run.engine
            frame = self.run.probe.completed(newest, engine.generator, engine.discriminator, lacking)
            self._publish(frame, sharper=True)
        return bool(lacking)

    def show_plane(self, plane: Plane) -> None:
        """Show another plane through latent space from now on."""
        with self._changed:
            self.plane = plane
        self.stop_sharpening()

    def stop_sharpening(self) -> None:
        """Give up the sharp frame: the networks are about to change."""
        self._sharpening = None

    def shows_all(self) -> bool:
        """Whether the newest frame is as sharp as can be and has what every lens shows. With the lock held."""
        newest = self.run.history.newest
        if newest is None:
            return True
        arrays = {array.name for lens in self._board.lenses() & self.run.probe.lenses for array in LENS_ARRAYS[lens]}
        return newest.resolution >= SHARP_RESOLUTION and newest.plane == self.plane and arrays <= set(newest.lenses)

    def _look(self, *, moving: bool) -> None:
        self._show_what_came(wait=True)
        if self.run.repeats():
            return
        start = self._clock()
        level = self._fineness.level if moving else max(self._fineness.level, AT_REST)
        self._publish(self.run.look(self._wall_clock(), **level._asdict(), **self._through_lenses(moving=moving)))
        end = self._clock()
        self._fineness.looked(end - start, level)
        self.budget.looked(end - start, end)
        self.tempo.put_up(self.run.step, end)

    def _beside_the_training(self) -> Beside | None:
        """What renders frames beside the training, where it leaves a core for that."""
        compute = self.run.engine.compute
        if compute.device.type != "cpu" or not self._leaves_a_core(compute.threads):
            return None
        self._beside = self._beside or Beside()
        return self._beside

    def _show_what_came(self, *, wait: bool = False) -> None:
        """Publish the frame that is ready, or was rendered beside the training, if there is one of this run."""
        self.put_up_what_is_ready()
        frame = self._beside.take(wait=wait) if self._beside is not None else None
        if frame is not None and frame.moment.run == self.run.number:
            self._publish(frame)

    def _through_lenses(self, *, moving: bool) -> dict[str, Any]:
        """Those through which somebody looks and that show something of this run, and the plane of latent space.

        Of a run that is moving, without those of which a frame has just been made.
        """
        with self._changed:
            lenses = self._board.lenses() & self.run.probe.lenses
        now = self._clock()
        if moving:
            lenses = frozenset(name for name in lenses if now >= self._rests_until.get(name, now))
        self._rests_until |= {name: now + LENSES[name].pause for name in lenses}
        return {**self.run.through(lenses), "plane": self.plane}

    def _publish(self, frame: Snapshot, *, sharper: bool = False) -> None:
        self._put_up(frame, lambda told: self.run.take(told, sharper=sharper))

    def _put_up(self, frame: Snapshot, take: Callable[[Snapshot], bool]) -> None:
        kept = self._board.publish(*self.run.with_path(frame), take)
        if kept is not None:
            self._shown(frame, kept)
        self._board.wake()
