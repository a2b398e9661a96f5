"""One file that was asked for of a recorded run, as those who wait for it see it."""

from __future__ import annotations

from dataclasses import dataclass

MAX_WEIGHTS = 1 << 29  # bytes of a file of weights: two of the largest networks take half of it
STATES = ("waiting", "working", "done", "failed")


class NoExport(ValueError):
    """There is no export of that id; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class ExportJob:
    """How an export stands."""

    id: str
    run: str  # its id
    what: str  # the export's name
    file: str  # what the file is called for whoever keeps it
    created: float  # seconds since the epoch
    state: str = "waiting"  # one of STATES
    done: int = 0  # of `total`; in what, the export knows
    total: int = 0
    nbytes: int = 0  # of the file
    error: str = ""  # why there is none, in a sentence
