"""What stands in the query of a request."""

from __future__ import annotations

from fastapi import Request

from gan_core.records.arrays import LENS_ARRAYS
from gan_core.texts.catalogue import say

NO_STEP = 10**17  # beyond any


def progress_wanted(request: Request) -> tuple[int, int, int]:
    """From which row, change and step on somebody asks for progress; without a step, for no readings."""
    return whole_number(request, "from"), whole_number(request, "changes"), whole_number(request, "readings", NO_STEP)


def read_lenses(text: str) -> frozenset[str]:
    """Read names of lenses with commas between them. Raises ValueError with a sentence."""
    names = frozenset(text.split(",")) if text else frozenset[str]()
    for name in names - set(LENS_ARRAYS):
        raise ValueError(say("refusal.no-lens", name=repr(name[:40]), names=", ".join(LENS_ARRAYS)))
    return names


def whole_number(request: Request, name: str, default: int = 0) -> int:
    """Read a number of the query. Raises ValueError with a sentence."""
    return read_number(name, request.query_params.get(name, str(default)))


def read_number(name: str, text: str) -> int:
    """Read a number from 0 up. Raises ValueError with a sentence."""
    # isdecimal and the length keep out what int() would take but nobody means: signs, underscores, a million digits.
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError(say("refusal.whole-from-0", name=name, value=repr(text[:40])))
    return int(text)
