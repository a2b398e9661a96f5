"""How options are read: once for the command line and for the environment, each refusal one line."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

MIN_RUN_LIMIT, MAX_RUN_LIMIT = 0.1, 1000.0  # gigabytes
PICTURES = (".png", ".svg")
Reader = Callable[[str], Any]  # text -> value; raises ValueError with a sentence


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that says what is wrong in one line, without the usage message."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Say `message` on stderr and exit with status 2."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


@dataclass(frozen=True)
class Option:
    """--NAME on the command line, GANSCOPE_NAME in the environment. Its default is a field of an options class."""

    name: str
    read: Reader
    help: str
    extra: Mapping[str, Any] = field(default_factory=dict)  # what add_argument needs beyond the ordinary
    more_variables: tuple[str, ...] = ()  # looked at after GANSCOPE_NAME
    not_meant: re.Pattern[str] | None = None  # what others set such a variable to: it is left alone, and a note says so

    @property
    def dest(self) -> str:
        """Name of its field in an options class."""
        return self.name.replace("-", "_")

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that stand for it; the first one that is set counts."""
        return (f"GANSCOPE_{self.dest.upper()}", *self.more_variables)

    def add_to(self, parser: argparse.ArgumentParser, default: object) -> None:
        """Add it to a parser, with its default and its variables in the help."""
        silent = default is None or default is False or default == ()
        notes = [] if silent else [f"default: {default}"]
        notes.append("environment: " + " or ".join(self.variables))
        # An option that is not given leaves no trace, so that the environment can be asked next.
        settings = {"help": f"{self.help} ({'; '.join(notes)})", "default": argparse.SUPPRESS, **self.extra}
        if settings.get("action") not in (argparse.BooleanOptionalAction, "store_true"):
            settings = {"metavar": self.name.upper(), "type": argument(self.read), **settings}
        parser.add_argument(f"--{self.name}", **settings)


def argument(read: Reader) -> Reader:
    """Make a reader fit for argparse, which would otherwise drop the sentence of a ValueError."""

    def read_argument(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read_argument


def values_of(
    options: Sequence[Option], given: argparse.Namespace, environ: Mapping[str, str], parser: argparse.ArgumentParser
) -> dict[str, Any]:
    """Values by field, of those options that the command line or the environment gives.

    A variable that is set to nothing counts as not set. Exits through `parser` when a variable's value is no good.
    """
    values: dict[str, Any] = {}
    for option in options:
        variable = next((name for name in option.variables if _is_meant(option, name, environ, parser)), None)
        if option.dest in given:
            values[option.dest] = getattr(given, option.dest)
        elif variable is not None:
            try:
                values[option.dest] = option.read(environ[variable].strip())
            except ValueError as error:
                parser.error(f"environment variable {variable}: {error}")
    return values


def _is_meant(option: Option, name: str, environ: Mapping[str, str], parser: argparse.ArgumentParser) -> bool:
    """Whether a variable is set to something, and for this program; when it is not for it, stderr says so."""
    text = environ.get(name, "").strip()
    if text and option.not_meant is not None and option.not_meant.fullmatch(text):
        print(
            f"{parser.prog}: {name}={text} is ignored: it is the address of a service, as Kubernetes sets it, "
            f"and no value of --{option.name}.",
            file=sys.stderr,
        )
        return False
    return bool(text)


def whole_number(name: str, low: int, high: int) -> Reader:
    """Make a reader of whole numbers from `low` to `high`, both included."""

    def read(text: str) -> int:
        value = as_int(text)
        if not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{name} must be a whole number from {low} to {high}; {text!r} is not.")
        return value

    return read


def one_of(name: str, choices: Sequence[str]) -> Reader:
    """Make a reader of one of a few words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"There is no {name} {text!r}; there are {', '.join(choices)}.")
        return text

    return read


def read_path(text: str) -> Path:
    """Read a path; an empty one is a mistake (an unset shell variable), not the current folder."""
    if not text.strip():
        raise ValueError("the path is empty.")
    return Path(text)


def read_name(text: str) -> str:
    """Read a name; an empty one is a mistake (an unset shell variable)."""
    if not text.strip():
        raise ValueError("the name is empty.")
    return text


def read_picture(text: str) -> Path:
    """Read the path of a picture, whose ending says its format."""
    path = read_path(text)
    if path.suffix not in PICTURES:
        raise ValueError(f"a picture ends in {' or '.join(PICTURES)}; {text!r} does not.")
    return path


def as_int(text: str) -> int | str:
    """A whole number, if it is one; else the text, which a check then refuses."""
    # isdecimal and the length keep out what int() would take but nobody means: signs, underscores, a million digits.
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else text


def read_gigabytes(text: str) -> float:
    """A size in gigabytes."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not MIN_RUN_LIMIT <= value <= MAX_RUN_LIMIT:
        raise ValueError(
            f"it must be a number of gigabytes from {MIN_RUN_LIMIT:g} to {MAX_RUN_LIMIT:g}; {text!r} is not."
        )
    return value


def read_flag(text: str) -> bool:
    """Yes or no, as the environment says it."""
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f"it must be one of {', '.join(words)}; {text!r} is not.")
    return words[text.lower()]
