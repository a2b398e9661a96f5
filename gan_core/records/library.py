"""Lines of the library of runs."""

from __future__ import annotations

from dataclasses import dataclass

from gan_core.records.ending import Ending
from gan_core.setup.recipe import Recipe


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of the library of runs."""

    recipe: Recipe
    title: str
    outcome: Ending | str  # what came of it; of a file of an older form a sentence; may be empty
    steps: int  # the last one that is recorded
    changes: int
    frames: int
    checkpoints: int
    nbytes: int  # on the disk


@dataclass(frozen=True, slots=True)
class DamagedRun:
    """A line of the library that cannot be opened."""

    id: str
    nbytes: int
    error: str  # a sentence
