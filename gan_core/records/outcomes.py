"""What came of a step that was trained again, or of a proof."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of training a recorded run again from its first checkpoint on."""

    steps: int  # trained again
    checkpoints: int  # whole states that were the same, bit for bit
    rows: int  # of metrics that were the same, bit for bit
    mismatch: str  # the first difference and what it means; empty when there is none
    note: str  # what is not as it was when the run was recorded; may be empty

    @property
    def proved(self) -> bool:
        """Whether everything that was recorded came out again, bit for bit."""
        return not self.mismatch


@dataclass(frozen=True, slots=True)
class Working:
    """How far something is that takes its time."""

    done: int  # steps
    total: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something could not be done."""

    sentence: str


class Cancelled(Exception):
    """Nobody wants it any more: raised where the work goes on, and handed out where somebody still asks for it."""
