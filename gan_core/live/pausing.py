"""On what training is to pause by itself: a condition that a visitor has set, asked at looks at the present step.

On the training thread alone; `told` is replaced as a whole, so that readers may have it.
"""

from __future__ import annotations

from gan_core.records.condition import Condition, only_step
from gan_core.records.status import PauseWhen
from gan_core.run.facts import check_condition, holds_at
from gan_core.run.observer import SELDOM
from gan_core.run.run import Run
from gan_core.texts.catalogue import say


class Pausing:
    """The condition that is waited for, and what became of the last one."""

    def __init__(self) -> None:
        self.told = PauseWhen()
        self._condition: Condition | None = None
        self._alone: int | None = None  # the step for which it waits and for nothing else
        self._steps: frozenset[int] = frozenset()  # at which it may turn by the step alone
        self._asked = 0  # looks up to this step do not count any more

    def wait_for(self, condition: Condition | None, run: Run) -> None:
        """Wait for a condition from the next look on; None: for nothing any more.

        Raises ValueError, with a sentence, for one that this run never meets; then the one before stays.
        """
        if condition is not None:
            self._check(condition, run)
        self._condition, self._asked, self.told = condition, run.step, PauseWhen()
        self._alone, self._steps = None, frozenset()
        if condition is not None:
            self._alone, self._steps = only_step(condition), condition.steps
            self.told = PauseWhen(waits=str(condition))

    @property
    def waits(self) -> bool:
        """Whether a condition is waited for."""
        return self._condition is not None

    def turn_to(self, run: Run) -> None:
        """Wait for it in another run, if that can meet it; else it is taken off, with a sentence."""
        before, condition = self.told.waits, self._condition
        try:
            self.wait_for(condition, run)
        except ValueError as error:
            self.wait_for(None, run)
            self.told = PauseWhen(gone=say("pause-when.gone", condition=before or "", why=str(error)))

    def passed(self, step: int) -> None:
        """Have looks up to this step not count: the run is there again."""
        self._asked = max(self._asked, step)

    def went_on(self) -> None:
        """Forget what became of the last condition: training goes on."""
        self.told = PauseWhen(waits=self.told.waits)

    def failed(self, run: Run) -> None:
        """Training has stopped by itself: take off a condition that holds by that, for what else is said then."""
        if self._condition is not None and self._condition.holds({}, run.chronicle.diagnosis.state):
            self.wait_for(None, run)

    def steps_until_look(self, run: Run, at_most: int) -> int:
        """How many steps may be trained before a look that the condition needs."""
        if self._condition is None or run.repeats():
            return at_most
        steps = [step - run.step for step in self._steps if step > run.step]
        steps += [] if self._alone is not None else [SELDOM - run.step % SELDOM]
        return min([at_most, *steps])

    def wants_look(self, run: Run) -> bool:
        """Whether the condition needs a look at the present step."""
        if self._condition is None or run.repeats():
            return False
        return run.step in self._steps or (self._alone is None and run.step % SELDOM == 0)

    def holds(self, run: Run) -> bool:
        """Whether it holds at the newest look, if that is at the present step and was not asked before.

        Then it is taken off, and told.
        """
        condition, newest = self._condition, run.history.newest
        if condition is None or newest is None or newest.step != run.step or newest.step <= self._asked:
            return False
        self._asked = newest.step
        if not holds_at(condition, run, newest):
            return False
        self.wait_for(None, run)
        self.told = PauseWhen(held=str(condition), step=newest.step)
        return True

    @staticmethod
    def _check(condition: Condition, run: Run) -> None:
        check_condition(condition, run.engine.config)
        step, now = only_step(condition), max(run.step, run.journey.known)
        if step is not None and step <= now:
            raise ValueError(say("pause-when.passed", step=step, now=now))
