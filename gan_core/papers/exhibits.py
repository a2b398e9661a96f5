"""Which way of which table each scenario of the shelf is, and what came of it in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gan_core.papers.claims import HOLDS, Claim, Verdict, numbers
from gan_core.papers.found import Results
from gan_core.papers.paper import PER_CENT, Column, Table, Way
from gan_core.papers.registry import TABLES


@dataclass(frozen=True)
class Exhibit:
    """A scenario's run over seeds. `beside` is the way that its numbers are held against; it tells of `also`, too."""

    table: str
    way: str
    readings: tuple[str, ...] = ("modes", "high_quality")
    beside: str = ""
    also: tuple[str, ...] = ()

    @property
    def defined(self) -> Table:
        """Its table."""
        return TABLES[self.table]

    @property
    def ways(self) -> tuple[Way, ...]:
        """Those that it takes: its own, and the others that it tells of."""
        needed = {self.way, self.beside, *self.also}
        return tuple(way for way in self.defined.trained if way.name in needed)

    def claims(self, results: Results) -> list[tuple[Claim, Verdict]]:
        """Those of its ways, each with what came out."""
        return [(claim, verdict) for claim, verdict in results.verdicts() if claim.of in (self.way, *self.also)]

    def least_to_greatest(self, results: Results) -> str:
        """What was counted at the end; empty where no run is done."""
        rows = results.rows.get(self.way, ())
        if not rows:
            return ""
        steps = max(int(row["steps"]) for row in rows)
        there = [self._told(results, reading) for reading in self.readings]
        return f"{len(rows)} seeds, {steps:,} steps: {', '.join(there)}"

    def found(self, results: Results) -> str:
        """That, and how its claims fare, in words; empty where no run is done."""
        counted = self.least_to_greatest(results)
        claims = [(claim.words, verdict.verdict) for claim, verdict in self.claims(results)]
        return f"{counted}. {in_words(claims)}." if counted else ""

    def _told(self, results: Results, reading: str) -> str:
        column = next(column for column in self.defined.columns if column.reading == reading)
        own = span(numbers(results.counted, self.way, reading), column)
        words = _WORDS.get(reading, column.title)
        if not self.beside:
            return f"{words} {own}"
        other = next(way for way in self.defined.ways if way.name == self.beside)
        return f"{words} {own} ({other.words}: {span(numbers(results.counted, self.beside, reading), column)})"


_WORDS = {"high_quality": "high quality"}


def span(values: list[float], column: Column) -> str:
    """Least to greatest, as they are printed."""
    if not values:
        return "unknown"
    digits = 0 if column.reading in ("modes", "high_quality") else column.digits
    low, high = (f"{value * column.scale:.{digits}f}" for value in (min(values), max(values)))
    unit = " %" if column.scale == PER_CENT else ""
    return (low if low == high else f"{low} to {high}") + unit


def in_words(claims: Sequence[tuple[str, str]]) -> str:
    """Of one claim, with its verdict, what came out; of several how many hold, and which others there are."""
    if len(claims) == 1:
        return claims[0][1].capitalize()
    held = sum(verdict == HOLDS for _, verdict in claims)
    others = [f"; {verdict}: {words.removesuffix('.')}" for words, verdict in claims if verdict != HOLDS]
    return f"Claims that hold: {held} of {len(claims)}{''.join(others)}"


_RING, _GRID, _LATENTS = "shelf-ring", "d2l-grid", "shelf-latents"
EXHIBITS: Mapping[str, Exhibit] = {
    "ring-collapse": Exhibit(_RING, "gan"),
    "grid-collapse": Exhibit(_GRID, "gan"),
    "packing": Exhibit(_RING, "packing-2", beside="gan"),
    "unrolling": Exhibit(_RING, "unrolled-5", beside="gan"),
    "two-time-scales": Exhibit(_RING, "slower-g", beside="gan"),
    "instance-noise": Exhibit(_RING, "slower-g-noise", beside="slower-g-noise-stays", also=("noise",)),
    "wgan-gp": Exhibit("shelf-wgan-gp", "wgan-gp"),
    "r1-r2": Exhibit(_GRID, "gan-r1-r2", beside="gan"),
    "relativistic": Exhibit(_GRID, "relativistic-r1-r2", beside="gan-r1-r2"),
    "lazy-r1-r2": Exhibit(_GRID, "gan-lazy-r1-r2", beside="gan-r1-r2"),
    "bridges": Exhibit(_LATENTS, "normal-2"),
    "uniform-latent": Exhibit(_LATENTS, "uniform-2", beside="normal-2"),
    "one-latent": Exhibit(_LATENTS, "normal-1", beside="normal-2"),
    "sixteen-latents": Exhibit(_LATENTS, "normal-16", beside="normal-2"),
    "dirac": Exhibit("shelf-games", "minimax", ("distance",), also=("r1", "relativistic", "relativistic-r1-r2")),
    "zoo-d-wins": Exhibit("shelf-starving", "minimax", ("d_loss",), also=("non-saturating",)),
}
