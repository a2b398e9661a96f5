"""Options of the command lines, and the environment variables that stand for them: one reader and one check for both.

The command line wins over the environment, the environment over the defaults. Whatever is wrong is said in one line
that names the option or the variable, with exit status 2. Knows nothing of torch, so --help and mistakes are instant.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from gan_core.setup.config import DEVICES, MAX_THREADS, PRECISIONS, HyperParameters
from gan_core.setup.limits import check_seed
from gan_core.setup.presets import DEFAULT_PRESET, PRESETS, find_preset

MAX_STEPS = 10**9
MANY_STEPS = 6_000  # of a scenario that is meant for more, so many are trained unless more are asked for
DEFAULT_RUNS = Path("runs")
MIN_RUN_LIMIT, MAX_RUN_LIMIT = 0.1, 1000.0  # gigabytes
PICTURES = (".png", ".svg")

Reader = Callable[[str], Any]  # text -> value; raises ValueError with a sentence


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How to compute: what every command takes."""

    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None  # None: one for each core


@dataclass(frozen=True, kw_only=True)
class ServerOptions(RunOptions):
    """What the dashboard's server is started with."""

    host: str = "127.0.0.1"
    port: int = 8050  # 0: any free one
    preset: str = DEFAULT_PRESET
    no_wait: bool = False  # train before anybody looks
    paused: bool = False
    runs: Path = DEFAULT_RUNS  # the folder into which runs are recorded
    run_limit: float = 2.0  # gigabytes that a run may take on the disk
    allow_host: tuple[str, ...] = ()  # further names that the server goes by


@dataclass(frozen=True)
class Setting:
    """A change of one hyper-parameter."""

    step: int  # the first step trained with the new value
    name: str
    value: float


@dataclass(frozen=True, kw_only=True)
class TrainOptions(RunOptions):
    """What a training run without a browser is started with."""

    preset: str
    out: Path  # a folder
    steps: int = 600
    settings: tuple[Setting, ...] = ()
    record: bool = False  # also as the dashboard does, into `out`
    resume: bool = False  # go on with what is recorded there


@dataclass(frozen=True)
class SoakLength:
    """How long a soak lasts: one of the two is set."""

    seconds: float | None = None
    steps: int | None = None


@dataclass(frozen=True, kw_only=True)
class BenchOptions(RunOptions):
    """What the benchmark is started with."""

    quick: bool = False
    out: Path = Path("bench.json")
    plot: Path | None = None
    soak: SoakLength | None = None


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """What the proof of a recorded run is started with."""

    run: str  # a path, or an id in the folder `runs`
    runs: Path = DEFAULT_RUNS
    threads: int | None = None  # None: as many as recorded


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
        variable = next((name for name in option.variables if environ.get(name, "").strip()), None)
        if option.dest in given:
            values[option.dest] = getattr(given, option.dest)
        elif variable is not None:
            try:
                values[option.dest] = option.read(environ[variable].strip())
            except ValueError as error:
                parser.error(f"environment variable {variable}: {error}")
    return values


def parse_server_options(argv: Sequence[str], environ: Mapping[str, str]) -> ServerOptions:
    """Read the server's command line and environment. Exits with status 2 and one line when they are no good."""
    parser = Parser(prog="app.py", description="Watch a GAN train, live, in the browser.")
    defaults = ServerOptions()
    for option in SERVER_OPTIONS:
        option.add_to(parser, getattr(defaults, option.dest))
    values = values_of(SERVER_OPTIONS, parser.parse_args(argv), environ, parser)
    return ServerOptions(**{**values, "allow_host": tuple(values.get("allow_host", ()))})


# -- readers ---------------------------------------------------------------------------------------------------------


def whole_number(name: str, low: int, high: int) -> Reader:
    """Make a reader of whole numbers from `low` to `high`, both included."""

    def read(text: str) -> int:
        value = _as_int(text)
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


def read_preset(text: str) -> str:
    """Read the name of a preset."""
    return find_preset(text).name


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


def read_setting(text: str) -> Setting:
    """Read NAME=VALUE@STEP, as in lr_g=0.0002@300."""
    parts = re.fullmatch(r"([^=@]+)=([^=@]+)@([^=@]+)", text)
    if parts is None:
        raise ValueError(f"{text!r} is not NAME=VALUE@STEP, as in lr_g=0.0002@300.")
    name, value, step = (part.strip() for part in parts.groups())
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{name} must be a number; {value!r} is not.") from None
    HyperParameters().changed({name: number})  # its checks of name and range
    return Setting(whole_number("STEP", 1, MAX_STEPS)(step), name, number)


def read_soak_length(text: str) -> SoakLength:
    """Read a length in seconds ("900s") or in training steps ("600000")."""
    if text.endswith("s"):
        return SoakLength(seconds=whole_number("seconds", 1, 10**7)(text.removesuffix("s")))
    return SoakLength(steps=whole_number("steps", 1, MAX_STEPS)(text))


def _as_int(text: str) -> int | str:
    # isdecimal and the length keep out what int() would take but nobody means: signs, underscores, a million digits.
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else text


def _read_seed(text: str) -> int:
    return check_seed(_as_int(text))


def _read_folder(text: str) -> Path:
    path = read_path(text)
    if path.exists() and not path.is_dir():
        raise ValueError(f"it must be a folder; {text!r} is a file.")
    return path


def _read_gigabytes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not MIN_RUN_LIMIT <= value <= MAX_RUN_LIMIT:
        raise ValueError(
            f"it must be a number of gigabytes from {MIN_RUN_LIMIT:g} to {MAX_RUN_LIMIT:g}; {text!r} is not."
        )
    return value


def _read_flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f"it must be one of {', '.join(words)}; {text!r} is not.")
    return words[text.lower()]


def _read_address(text: str) -> str:
    if not text or text != text.strip() or "/" in text:
        raise ValueError(f"it must be an address or a name to listen on, such as 127.0.0.1; {text!r} is not.")
    return text


def _read_host_names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        # One colon would be a port; an IPv6 address has at least two.
        if not re.fullmatch(r"[^\s/@?#]+", name) or name.count(":") == 1:
            raise ValueError(f"it must be a name without http:// and without a port; {name!r} is not.")
    return names


RUN_OPTIONS = (
    Option("seed", _read_seed, "what initial weights and batches are drawn from; with the preset it fixes the run"),
    Option("device", one_of("device", DEVICES), f"where to train: {', '.join(DEVICES)}"),
    Option("precision", one_of("precision", PRECISIONS), f"of the step's matrix products: {', '.join(PRECISIONS)}"),
    Option(
        "threads",
        whole_number("threads", 1, MAX_THREADS),
        "threads to train with; as many as cores if not given, but a server with four or more leaves one to looking",
    ),
)

VERIFY_OPTIONS = (
    Option("runs", read_path, "folder into which runs are recorded", extra={"metavar": "DIR"}),
    Option("threads", whole_number("threads", 1, MAX_THREADS), "threads; as many as recorded if not given"),
)

SERVER_OPTIONS = (
    Option("host", _read_address, "address to listen on; 0.0.0.0 lets other machines in"),
    Option("port", whole_number("port", 0, 65535), "port to listen on, 0 for any free one", more_variables=("PORT",)),
    Option("preset", read_preset, f"scenario to begin with: {', '.join(PRESETS)}"),
    *RUN_OPTIONS,
    Option("runs", _read_folder, "folder into which runs are recorded", extra={"metavar": "DIR"}),
    Option("run-limit", _read_gigabytes, "gigabytes that each run may take on the disk", extra={"metavar": "GB"}),
    Option("paused", _read_flag, "wait for Play", extra={"action": argparse.BooleanOptionalAction}),
    Option("no-wait", _read_flag, "train at once, not only when somebody looks", extra={"action": "store_true"}),
    Option(
        "allow-host",
        _read_host_names,
        "a further name that the server goes by, behind a proxy for example; may be repeated",
        extra={"action": "extend", "metavar": "NAME"},
    ),
)
