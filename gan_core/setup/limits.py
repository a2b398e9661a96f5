"""How large what is asked for may be, from wherever it comes: a browser, a command line, a file."""

from __future__ import annotations

import re

MAX_SEED = 2**53 - 1  # the largest integer that JavaScript keeps exactly
MAX_STEPS_AT_ONCE = 1000
MAX_STEPS_PER_FRAME = 100_000
MAX_STEP = 10**9
MAX_ASKED_LAYERS, MAX_ASKED_UNITS, MAX_ASKED_BATCH = 8, 1024, 8192  # of what a page, and so a link, may begin
MAX_STRATA = 256  # parts of the data in which fakes are counted: rows of a picture, numbers of a stranger's file
MAX_REPEATED_CHANGES = 2000  # what a link's address can hold, with room to spare


def check_seed(value: object) -> int:
    """Return `value` as a seed. Raises ValueError when it is not a whole number in 0..MAX_SEED."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEED:
        raise ValueError(f"seed must be a whole number from 0 to {MAX_SEED}; {value!r} is not.")
    return value


def check_step(value: object) -> int:
    """Return `value` as a step. Raises ValueError when it is not a whole number in 0..MAX_STEP."""
    return 0 if value == 0 and value is not False else check_whole_number("step", value, MAX_STEP)


def check_whole_number(name: str, value: object, high: int) -> int:
    """Return `value` as a number from 1 to `high`. Raises ValueError, which says `name`, when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= high:
        raise ValueError(f"{name} must be a whole number from 1 to {high}; {value!r} is not.")
    return value


def check_run(value: object) -> str:
    """Return `value` as the id of a run. Raises ValueError when it cannot be one."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-z][0-9a-z-]{0,39}", value):
        raise ValueError("run must be the id of a recorded run: small letters, digits and hyphens.")
    return value
