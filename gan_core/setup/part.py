"""One choice among several, with its numbers, as text and as a value: `ring`, `leaky-relu(slope=0.1)`.

The text is what a configuration holds, and so what files, links and command lines say; it is the same for equal values.
Which names there are is known to the registries, not here: nothing of torch is loaded to read one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_TEXT = 200  # characters, and so of a link or of a stranger's file
_NAME = r"[a-z][a-z0-9+-]*"
_PART = re.compile(rf"({_NAME})(?:\((.*)\))?")
_NUMBER = re.compile(r"\s*([a-z][a-z0-9_]*)\s*=\s*([-+.0-9a-zA-Z]+)\s*")


@dataclass(frozen=True)
class Part:
    """An entry of a registry by its name, with numbers of its own; those not given are the entry's usual ones."""

    name: str
    numbers: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.numbers:
            return self.name
        return f"{self.name}({', '.join(f'{name}={number(value)}' for name, value in self.numbers.items())})"


def read_part(text: str) -> Part:
    """Read NAME or NAME(number=value, ...). Raises ValueError with a sentence for anything else."""
    found = _PART.fullmatch(text.strip()) if len(text) <= MAX_TEXT else None
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a name, perhaps with numbers, as in leaky-relu(slope=0.1).")
    name, inside = found.groups()
    numbers: dict[str, float] = {}
    for item in inside.split(",") if inside and inside.strip() else []:
        pair = _NUMBER.fullmatch(item)
        if pair is None:
            raise ValueError(f"{item.strip()[:40]!r} is not a number of {name}, as in slope=0.1.")
        if pair[1] in numbers:
            raise ValueError(f"{name} has {pair[1]} twice.")
        numbers[pair[1]] = _read_number(pair[1], pair[2])
    return Part(name, numbers)


def number(value: float) -> str:
    """Write a number so that it is read back as the same: 10 and not 10.0."""
    return repr(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


def _read_number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number; {text[:40]!r} is not.") from None
    if not -1e30 < value < 1e30:  # also not NaN
        raise ValueError(f"{name} must be a finite number; {text[:40]} is not.")
    return value
