"""Which of a growing number of steps to keep, so that they stay few and always span the whole run. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence


def nearest(steps: Sequence[int], step: int) -> int:
    """Return the one of some steps, ascending and at least one, that is nearest; the earlier of two equally near."""
    i = bisect_left(steps, step)
    return min(steps[max(0, i - 1) : i + 1], key=lambda s: abs(s - step))


class Thinning:
    """Keeps each of the first steps, and later ones in buckets that widen as the run gets longer."""

    def __init__(self, dense_steps: int, later: int, steps: Iterable[int] = ()) -> None:
        """Keep every step up to `dense_steps` and at most `later` after them; `steps` are there already, ascending."""
        self._dense_steps, self._later = dense_steps, later
        self._stride = 1  # after the dense steps, one is kept in each bucket of this many steps
        self.steps: list[int] = []  # kept, ascending
        for step in steps:
            if self.wants(step):
                self.add(step)

    def copy(self) -> Thinning:
        """One that goes on from here by itself."""
        other = Thinning(self._dense_steps, self._later)
        other._stride, other.steps = self._stride, self.steps.copy()
        return other

    def wants(self, step: int) -> bool:
        """Whether this step (not before the last one that was added) would be kept."""
        if step <= self._dense_steps:
            i = bisect_left(self.steps, step)
            return self.steps[i : i + 1] != [step]
        return not self.steps or self._bucket(self.steps[-1]) != self._bucket(step)

    def add(self, step: int) -> list[int]:
        """Keep a step that is wanted. Returns those that are dropped for it."""
        insort(self.steps, step)
        dropped: list[int] = []
        while True:
            later = self.steps[bisect_right(self.steps, self._dense_steps) :]
            if len(later) <= self._later:
                return dropped
            self._stride *= 2
            kept = {self._bucket(step): step for step in reversed(later)}
            dropped += sorted(set(later) - set(kept.values()))
            self.steps[len(self.steps) - len(later) :] = sorted(kept.values())

    def _bucket(self, step: int) -> int:
        # Dense steps have a bucket of their own each, so that thinning never touches them.
        return step if step <= self._dense_steps else self._dense_steps + (step - 1) // self._stride + 1
