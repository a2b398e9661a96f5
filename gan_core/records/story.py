"""What is told of a run: in which state it is, and what happened. By key and number: what they mean in words stands in
`gan_core/texts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What a run can be in; the rule that tells is `gan_core.run.diagnosis`.
STATES = ("covering", "collapsed", "hopping", "d-has-won", "diverged", "undecided", "learning", "learnt")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """In which state a run is, by the rule of `gan_core.run.diagnosis`."""

    state: str
    since: int  # the step of the look from which on it is so


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run and is worth going back to.

    A "diagnosis" is about the `state` that begins; a "change" about the `name` of a live value and its `old` and `new`
    number.
    """

    step: int
    kind: str
    about: Mapping[str, str | float]
