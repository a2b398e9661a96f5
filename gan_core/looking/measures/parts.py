"""Work that is done in short parts, so that whoever does it can stop in between: generators that return a result."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def finished(parts: Generator[None, None, T]) -> T:
    """Do all parts in one go; returns the result."""
    while True:
        try:
            next(parts)
        except StopIteration as end:
            result: T = end.value
            return result
