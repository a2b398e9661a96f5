"""Who looks: whether anybody watches the live frames, through which lenses, and which frame the fastest of them has.

Pure: the caller brings the time.
"""

from __future__ import annotations

import math
from collections.abc import Collection

WATCHED_FOR = 1.5  # seconds after the last request for a live frame during which somebody counts as watching


class Audience:
    """When live frames and lenses were last asked for, in seconds on any steady clock."""

    def __init__(self) -> None:
        self._last = -math.inf
        self._last_of: dict[str, float] = {}  # lens -> when
        self.taken = 0  # version of the newest frame that somebody has

    def note(self, now: float, lenses: Collection[str]) -> bool:
        """Note a request. True if it is news: nobody watched, or not through one of these lenses."""
        news = not self.any(now) or any(not self._looks_through(name, now) for name in lenses)
        self._last = now
        self._last_of.update(dict.fromkeys(lenses, now))
        return news

    def take(self, version: int) -> bool:
        """Note that somebody has this frame. True if nobody had it before."""
        news = version > self.taken
        self.taken = max(self.taken, version)
        return news

    def any(self, now: float) -> bool:
        """Whether anybody watches."""
        return now - self._last < WATCHED_FOR

    def lenses(self, now: float) -> frozenset[str]:
        """The lenses through which somebody watches."""
        return frozenset(name for name in self._last_of if self._looks_through(name, now))

    def _looks_through(self, lens: str, now: float) -> bool:
        return now - self._last_of.get(lens, -math.inf) < WATCHED_FOR
