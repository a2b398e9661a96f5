"""What of the machine each visitor may have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gan_core.system.machine import cores

LEAST = 700_000_000  # bytes that a server needs, networks of 3 x 512 and a thousand kept frames included
_FOR_OTHERS = 0.15  # of the memory: the system, and the process that passes requests on


@dataclass(frozen=True)
class Share:
    """A visitor's share."""

    cores: tuple[int, ...]  # their numbers
    memory: int  # bytes, of all of the visitor's processes together


def here() -> tuple[Sequence[int], int]:
    """The cores and the bytes of memory that this process may use."""
    import psutil  # takes a moment to load

    numbers = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.is_file() else "max"
    memory = int(psutil.virtual_memory().total)
    return list(numbers)[: cores()], min(memory, int(text)) if text.isdecimal() else memory


def shares(count: int, cores: Sequence[int], memory: int) -> tuple[Share, ...]:
    """Part the machine among `count` visitors: whole cores; where they are too few, several have the same one.

    Raises ValueError with a sentence when memory is too small for so many.
    """
    each = int(memory * (1 - _FOR_OTHERS)) // count
    if each < LEAST:
        most = int(memory * (1 - _FOR_OTHERS)) // LEAST
        raise ValueError(
            f"--sandbox {count} takes {count * LEAST / 1e9:.1f} GB of memory, {LEAST / 1e9:.1f} GB for each session; "
            f"here is room for {most or 'none'}."
        )
    per_visitor = max(1, len(cores) // count)
    starts = [number * per_visitor % len(cores) for number in range(count)]
    return tuple(Share(tuple(cores[start : start + per_visitor]), each) for start in starts)
