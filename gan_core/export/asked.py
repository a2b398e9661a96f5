"""What is asked of an export: which steps, which panels, and how it is to look. Plain data, checked once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gan_core.texts.catalogue import say

PANELS = ("metrics", "samples", "latent", "discriminator")  # in reading order: the article's four
SCHEMES = ("light", "dark")
MAX_STEP = 10**9

# Of each number: the least and the greatest that may be asked for.
RANGES: dict[str, tuple[int, int]] = {
    "step": (0, MAX_STEP),
    "stride": (1, 10_000),  # steps from one frame of a film to the next
    "rate": (1, 60),  # frames a second
    "width": (320, 3840),  # pixels
    "millimetres": (40, 420),  # of paper, across
    "dpi": (72, 1200),
    "frames": (1, 600),  # the most that a page holds
}
_STEPS = re.compile(r"(\d{1,10})\.\.(\d{1,10})")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one export is asked for; an export reads those fields that its line in the registry names."""

    suffix: str  # of the file, which says its format: ".csv"
    steps: tuple[int, int] | None = None  # the first and the last; None: all
    step: int | None = None  # None: the last
    panels: tuple[str, ...] = PANELS
    scheme: str = "light"
    trail: bool = True  # the path of the fakes' centre and of the bluest spot
    stride: int = 1
    rate: int = 25
    width: int = 1280
    millimetres: int = 180
    dpi: int = 300
    frames: int = 300


NAMES = tuple(name for name in vars(Asked(suffix="")) if name != "suffix")


def read_asked(suffix: str, given: Mapping[str, Any]) -> Asked:
    """Read what is asked for from text, numbers and lists, as a command line or JSON has them.

    Raises ValueError with a sentence for a name that there is not, or a value that is none of its kind.
    """
    unknown = sorted(set(given) - set(NAMES))
    if unknown:
        raise ValueError(say("export.no-choice", name=unknown[0][:40], names=", ".join(NAMES)))
    fields: dict[str, Any] = {name: _read(name, value) for name, value in given.items()}
    return Asked(suffix=suffix, **fields)


def _read(name: str, value: Any) -> Any:
    return _READ[name](value) if name in _READ else _whole(name, value)


def _whole(name: str, value: Any) -> int:
    low, high = RANGES[name]
    if not re.fullmatch(r"[0-9]{1,10}", str(value)) or not low <= int(value) <= high:
        raise ValueError(say("export.no-number", name=name, low=low, high=high, given=repr(value)[:40]))
    return int(value)


def _steps(value: Any) -> tuple[int, int]:
    found = _STEPS.fullmatch(str(value))
    first, last = map(int, found.groups()) if found else (1, 0)
    if not first <= last <= MAX_STEP:
        raise ValueError(say("export.no-steps", given=repr(value)[:40]))
    return first, last


def _panels(value: Any) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names or not set(map(str, names)) <= set(PANELS):
        raise ValueError(say("export.no-panels", names=", ".join(PANELS), given=repr(value)[:40]))
    return tuple(panel for panel in PANELS if panel in names)


def _scheme(value: Any) -> str:
    if value not in SCHEMES:
        raise ValueError(say("export.no-scheme", names=" or ".join(SCHEMES), given=repr(value)[:40]))
    return str(value)


def _flag(value: Any) -> bool:
    words = {"yes": True, "no": False, "true": True, "false": False}
    if str(value).lower() not in words:
        raise ValueError(say("export.no-flag", given=repr(value)[:40]))
    return words[str(value).lower()]


_READ: dict[str, Callable[[Any], Any]] = {
    "steps": _steps,
    "panels": _panels,
    "scheme": _scheme,
    "trail": _flag,
}
