"""The rule that names the state of a run, from looks at it; and when the state has changed.

Nothing here knows what made the looks. Thresholds were set on the article's figures 2 and 7, several seeds each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

WINDOW = 200  # steps that count: the fakes of figure 2 change places several times in so many
LOOKS = 10  # that count at least, where they are farther apart
LEAST_LOOKS, LEAST_STEPS = 5, 40  # looks, and steps from first to last, below which nothing is said
COVERING = 0.6  # median coverage from here on; over any 200 steps figure 7 has 0.67 - 0.92
BUNCHED = 0.35  # median coverage below this; over any 200 steps figure 2 has 0.02 - 0.18
STILL = 0.1  # root mean square distance of the centre from its mean, in data units: below this, it stays where it is
AS_ONE = 1 / 3  # of the fakes' spread: a centre that moves less belongs to a cloud that sways, not to fakes that hop
NARROW = 0.3  # spread of the fakes below this; the spiral has 0.56
NARROW_SHARE = 0.55  # of the spread of real data, where that is less: on the spiral 0.31
WON_LOSS = 0.05  # D's loss below this: D is right with 95 % certainty, on average
CANNOT_TELL = math.log(2)  # cross-entropy of a D that cannot tell at all
LEARNT = 0.01  # of what there was to learn, still to learn
HOLD = 3  # looks for which a new state has to hold


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a run gave; NaN where it is not defined. Lengths are in data units, losses in nats."""

    step: int
    coverage: float
    on_band: float
    spread: float
    centre: tuple[float, float]
    saturated: float
    d_loss: float  # mean over the steps since the look before
    g_loss: float  # the same


def diagnose(
    looks: Sequence[Look],
    *,
    diverged: bool = False,
    parts: int = 0,
    chance: float | None = CANNOT_TELL,
    narrow: float = NARROW,
) -> str:
    """Name the state of a GAN's run from its looks, the newest last; `diverged` says that a loss was not finite.

    `parts` is how many the data have: of two, one is already half of them. `chance` is D's loss where it cannot tell;
    None where that says nothing: then it is not told that D has won. `narrow` is the spread below which fakes are in
    one place, as `narrow_for` has it.

    Those of the last WINDOW steps count, and at least the last LOOKS; "undecided" for fewer than LEAST_LOOKS, or within
    LEAST_STEPS. In this order, medians over the window:
    "diverged"; "d-has-won": D's loss below WON_LOSS, or as small a part of another `chance`;
    "covering": coverage at least COVERING;
    "hopping": coverage below BUNCHED, or of one part alone, the centre not STILL, and moving by AS_ONE of the spread at
    least; "collapsed": the same, the centre still and the spread below `narrow`; "undecided" otherwise. Of data without
    parts there is no coverage: narrow fakes then count as bunched, and covering is not told.
    """
    if diverged:
        return "diverged"
    if len(looks) < LEAST_LOOKS or looks[-1].step - looks[0].step < LEAST_STEPS:
        return "undecided"
    seen = _window(looks)
    if chance is not None and _median(look.d_loss for look in seen) < WON_LOSS * (chance / CANNOT_TELL):
        return "d-has-won"
    coverage, spread = _median(look.coverage for look in seen), _median(look.spread for look in seen)
    if coverage >= COVERING:
        return "covering"
    bunched = spread < narrow if math.isnan(coverage) else coverage < BUNCHED or coverage * parts == 1
    if not bunched:
        return "undecided"
    roaming = _roaming([look.centre for look in seen])
    if roaming >= STILL:
        return "hopping" if roaming >= AS_ONE * spread else "undecided"
    return "collapsed" if spread < narrow else "undecided"


def narrow_for(spread: float, one_mode: float) -> float:
    """The spread below which fakes are in one place, of data that have `spread` themselves.

    `one_mode` is that of fakes of which nearly all have one mode of the data; infinite for data without modes.
    """
    return min(NARROW, NARROW_SHARE * spread, one_mode)


def diagnose_supervised(loss: float, best: float, untrained: float) -> str:
    """Name the state of a network that learns alone: "learnt", "learning", or "diverged" for a loss not finite.

    `loss` is its mean over the last steps, `best` the least there can be, `untrained` that of the best constant answer.
    """
    if not math.isfinite(loss):
        return "diverged"
    return "learnt" if loss - best <= LEARNT * (untrained - best) else "learning"


@dataclass(frozen=True, slots=True)
class Change:
    """From `step` on, the first of the looks at which it held, the run's state is `state`."""

    step: int
    state: str


class Watch:
    """Takes the states of look after look and tells when one has changed for good: when it held for HOLD looks."""

    def __init__(self, state: str = "undecided", since: int = 0) -> None:
        """Begin in a state that has held since a step."""
        self.current = Change(since, state)
        self._next = self.current
        self._held = 0

    def add(self, step: int, state: str) -> Change | None:
        """Take the state at one look; return the change when this look makes it certain."""
        if state == self.current.state:
            self._held = 0
            return None
        if self._held == 0 or state != self._next.state:
            self._next, self._held = Change(step, state), 0
        self._held += 1
        if self._held < HOLD and state != "diverged":  # from which there is no way back
            return None
        self.current, self._held = self._next, 0
        return self.current


def changes(looks: Sequence[Look]) -> list[Change]:
    """All changes of state in a run's looks, the oldest first."""
    watch = Watch()
    found = (watch.add(look.step, diagnose(looks[: i + 1])) for i, look in enumerate(looks))
    return [change for change in found if change]


def _window(looks: Sequence[Look]) -> Sequence[Look]:
    """The looks of the last WINDOW steps, or the last LOOKS if these reach back farther."""
    count = LOOKS
    while count < len(looks) and looks[-count - 1].step > looks[-1].step - WINDOW:
        count += 1
    return looks[-count:]


def _median(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return median(known) if known else math.nan


def _roaming(centres: Sequence[tuple[float, float]]) -> float:
    """Root mean square distance of points from their mean."""
    x, y = fmean(c[0] for c in centres), fmean(c[1] for c in centres)
    return math.sqrt(fmean((c[0] - x) ** 2 + (c[1] - y) ** 2 for c in centres))
