"""What a table is, before anything of it is trained: its ways, what was published of them, and what that claims."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gan_core.papers.claims import Claim
from gan_core.setup.presets import find_preset
from gan_core.sweep.plan import Plan

# A published number, perhaps with the standard error that was published with it; or words, where there was no number.
Cell = float | tuple[float, float] | str

PER_CENT = 100
BLANK = "blank"  # the scenario of which nothing is left where a table's protocol says all that counts


@dataclass(frozen=True)
class Published:
    """One line of a published table, by reading, in the units in which it is printed."""

    source: str
    cells: Mapping[str, Cell]
    confirmed: bool = True  # False: from memory of the paper


@dataclass(frozen=True)
class Way:
    """One way of training: what it has in the place of the protocol's, as text; None: it is not trained here."""

    name: str  # of its folder
    words: str
    config: Mapping[str, str] | None
    published: tuple[Published, ...] = ()


@dataclass(frozen=True)
class Column:
    """A reading as it is printed: times `scale`, with so many `digits` behind the point. It is never below `least`."""

    reading: str
    title: str
    digits: int
    scale: float = 1.0
    least: float = 0.0

    @property
    def most(self) -> float:
        """What it cannot exceed: what is printed in per cent is a share."""
        return 1.0 if self.scale == PER_CENT else math.inf


@dataclass(frozen=True)
class Table:
    """One table. `steps` and `samples` (at the end, of which all is counted) are those of the protocol."""

    name: str
    title: str
    protocol: Mapping[str, str]
    steps: int
    samples: int
    ways: tuple[Way, ...]
    columns: tuple[Column, ...]
    claims: tuple[Claim, ...]
    differences: tuple[str, ...]  # between a paper's text and its code, or from one paper to the next
    otherwise: tuple[str, ...]  # what is not here as the protocol has it
    preset: str = BLANK  # what the protocol is put in the place of

    @property
    def trained(self) -> tuple[Way, ...]:
        """The ways that are trained here."""
        return tuple(way for way in self.ways if way.config is not None)

    def target(self, way: Way) -> str:
        """The data of a way."""
        other = {**self.protocol, **(way.config or {})}
        return other.get("target", find_preset(self.preset).config.target)

    def described(self) -> dict[str, Any]:
        """What it is, before anything of it is trained, for a page."""
        return {
            "name": self.name,
            "title": self.title,
            "steps": self.steps,
            "samples": self.samples,
            "ways": [{"name": way.name, "words": way.words} for way in self.trained],
        }

    def plan(self, way: Way, seeds: tuple[int, ...], steps: int) -> Plan:
        """The runs of a way that is trained here."""
        return Plan(self.preset, steps, seeds, config=tuple({**self.protocol, **(way.config or {})}.items()))


MODES = (
    Column("modes", "modes", 1),
    Column("high_quality", "high quality, ball, %", 1, PER_CENT),
    Column("high_quality_box", "high quality, box, %", 1, PER_CENT),
    Column("smallest_share", "smallest share, %", 2, PER_CENT),
    Column("reverse_kl", "reverse KL, all", 4),
    Column("reverse_kl_high_quality", "reverse KL, high quality", 4),
    Column("reverse_kl_with_off", "reverse KL, with a bin for off", 3),
)
# Of what every run tells along its way, of 2 000 fakes.
ALONG = ("modes", "high_quality", "reverse_kl", "coverage", "on_band")
