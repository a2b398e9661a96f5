"""A run in words: in which state it is, and what happened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """In which state a run is, by the rule of `gan_core.run.diagnosis`."""

    state: str
    sentence: str
    since: int  # the step of the look from which on it is so


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run and is worth going back to."""

    step: int
    kind: str  # "diagnosis" or "change"
    words: str
