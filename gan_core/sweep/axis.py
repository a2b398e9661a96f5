"""What a sweep varies, as it is written on a command line: NAME=A..B:N, NAME=A..B:N:log, or NAME=v,v,v."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gan_core.setup.config import BOUNDS, RANGES

MAX_VALUES = 1000  # of one axis
_RANGE = re.compile(r"(?P<low>[^:;,()]+?)\.\.(?P<high>[^:;,()]+):(?P<count>\d{1,6})(?P<log>:log)?", re.IGNORECASE)


@dataclass(frozen=True)
class Axis:
    """One thing that is varied: a key of a configuration or a live value, and what it is to be, as text."""

    name: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values or not all(self.values):
            raise ValueError(f"{self.name} has an empty value.")
        if len(self.values) > MAX_VALUES:
            raise ValueError(f"{self.name} has {len(self.values):,} values; {MAX_VALUES:,} are the most.")
        twice = next((value for value in self.values if self.values.count(value) > 1), None)
        if twice is not None:
            raise ValueError(f"{self.name} has the value {twice[:40]} twice.")

    def __str__(self) -> str:
        mark = ";" if any("," in value for value in self.values) else ","
        return f"{self.name}={mark.join(self.values)}"


def read_axis(text: str) -> Axis:
    """Read what is varied. Raises ValueError with a sentence.

    N numbers from A to B, both included, are evenly apart, or have the same ratio with `:log`; of something that is
    counted they are whole numbers. Values that have commas in them, networks for example, are parted by semicolons.
    """
    name, equals, rest = (part.strip() for part in text.partition("="))
    if not equals or not name or not rest:
        raise ValueError(f"{text[:80]!r} is not NAME=A..B:N, NAME=A..B:N:log or NAME=VALUE,VALUE.")
    found = _RANGE.fullmatch(rest)
    if ".." in rest and not found:
        raise ValueError(f"{rest[:60]!r} is not A..B:N, as in 0..0.9:10, or A..B:N:log.")
    return Axis(name, _spaced(name, found) if found else tuple(value.strip() for value in _parts(rest)))


def _parts(text: str) -> list[str]:
    """Parted by semicolons if there are any, else by commas that stand in no parentheses."""
    if ";" in text:
        return text.split(";")
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _spaced(name: str, found: re.Match[str]) -> tuple[str, ...]:
    low, high, count = _number(name, found["low"]), _number(name, found["high"]), int(found["count"])
    if count < 2:
        raise ValueError(f"{name} must have at least 2 values from {low:g} to {high:g}; {count} is not.")
    if count > MAX_VALUES:
        raise ValueError(f"{name} has {count:,} values; {MAX_VALUES:,} are the most.")
    share = [i / (count - 1) for i in range(count)]
    if found["log"]:
        if low <= 0 or high <= 0:
            raise ValueError(f"{name} from {low:g} to {high:g} cannot have one ratio: for :log both must be above 0.")
        numbers = [low * (high / low) ** s for s in share]
    else:
        numbers = [low + (high - low) * s for s in share]
    numbers[-1] = high
    if _is_whole(name):
        wholes = [round(number) for number in numbers]
        if len(set(wholes)) < count:
            raise ValueError(f"{name} is counted in whole numbers; there are no {count} from {low:g} to {high:g}.")
        return tuple(map(str, wholes))
    return tuple(f"{number:.6g}" for number in numbers)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} must go from one number to another; {text[:40]!r} is none.") from None


def _is_whole(name: str) -> bool:
    if name in BOUNDS:
        return BOUNDS[name].whole
    return (name in RANGES and name not in ("ema", "consensus")) or name == "batch"
