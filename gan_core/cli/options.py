"""Options of the command lines, and the environment variables that stand for them: one reader and one check for both.

The command line wins over the environment, the environment over the defaults. Whatever is wrong is said in one line
that names the option or the variable, with exit status 2. Knows nothing of torch, so --help and mistakes are instant.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gan_core.cli.arguments import (
    Option,
    Parser,
    as_int,
    one_of,
    read_address,
    read_flag,
    read_folder,
    read_gigabytes,
    read_host_names,
    read_path,
    values_of,
    whole_number,
)
from gan_core.records.condition import Condition
from gan_core.setup.config import DEVICES, MAX_THREADS, PRECISIONS, HyperParameters, parted, read_field
from gan_core.setup.limits import check_seed
from gan_core.setup.presets import DEFAULT_PRESET, PRESETS, find_preset
from gan_core.system import laboratory
from gan_core.texts.catalogue import ENGLISH, languages

MAX_STEPS = 10**9
MANY_STEPS = 6_000  # of a scenario that is meant for more, so many are trained unless more are asked for
DEFAULT_RUNS = Path("runs")


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
    language: str = ENGLISH  # of the page: a file of gan_core/texts


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
    config: Mapping[str, str] = field(default_factory=dict)  # what is not as the preset has it, as text
    settings: tuple[Setting, ...] = ()
    record: bool = False  # also as the dashboard does, into `out`
    resume: bool = False  # go on with what is recorded there
    until: Condition | None = None  # stop at the first look at which it holds
    weights: Path | None = None  # a file of them to begin with


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


def load_laboratory(argv: Sequence[str], environ: Mapping[str, str], prog: str) -> None:
    """Run the modules of --with, before anything is read that may be the name of something they add.

    Exits with status 2 and one line when one of them cannot be run.
    """
    parser = Parser(prog=prog, add_help=False)
    WITH.add_to(parser, ())
    given, _ = parser.parse_known_args([*argv])
    paths = getattr(given, "with", None) or laboratory.named(dict(environ))
    try:
        laboratory.load(paths)
    except ValueError as error:
        parser.error(f"argument --with: {error}")


def parse_server_options(argv: Sequence[str], environ: Mapping[str, str]) -> ServerOptions:
    """Read the server's command line and environment. Exits with status 2 and one line when they are no good."""
    load_laboratory(argv, environ, "app.py")
    parser = Parser(prog="app.py", description="Watch a GAN train, live, in the browser.")
    WITH.add_to(parser, ())
    defaults = ServerOptions()
    for option in SERVER_OPTIONS:
        option.add_to(parser, getattr(defaults, option.dest))
    values = values_of(SERVER_OPTIONS, parser.parse_args(argv), environ, parser)
    return ServerOptions(**{**values, "allow_host": tuple(values.get("allow_host", ()))})


def read_preset(text: str) -> str:
    """Read the name of a preset."""
    return find_preset(text).name


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


def read_config_item(text: str) -> tuple[str, str]:
    """Read KEY=VALUE, as in target=spiral. What the value may be is said where the whole is put together."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not KEY=VALUE, as in batch=64.")
    fixed, values = parted({name.strip(): value.strip()})
    for key, text_ in fixed.items():
        read_field(key, text_)
    HyperParameters().changed(values)
    return name.strip(), value.strip()


def read_soak_length(text: str) -> SoakLength:
    """Read a length in seconds ("900s") or in training steps ("600000")."""
    if text.endswith("s"):
        return SoakLength(seconds=whole_number("seconds", 1, 10**7)(text.removesuffix("s")))
    return SoakLength(steps=whole_number("steps", 1, MAX_STEPS)(text))


def _read_seed(text: str) -> int:
    return check_seed(as_int(text))


WITH = Option(
    "with",
    str,
    "a Python file of your own that adds targets, objectives, scenarios and more; may be repeated",
    extra={"action": "append", "metavar": "FILE.py"},
)

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
    Option("host", read_address, "address to listen on; 0.0.0.0 lets other machines in"),
    Option("port", whole_number("port", 0, 65535), "port to listen on, 0 for any free one", more_variables=("PORT",)),
    Option("preset", read_preset, f"scenario to begin with: {', '.join(PRESETS)}"),
    *RUN_OPTIONS,
    Option("language", one_of("language", languages()), f"of the page: {', '.join(languages())}"),
    Option("runs", read_folder, "folder into which runs are recorded", extra={"metavar": "DIR"}),
    Option("run-limit", read_gigabytes, "gigabytes that each run may take on the disk", extra={"metavar": "GB"}),
    Option("paused", read_flag, "wait for Play", extra={"action": argparse.BooleanOptionalAction}),
    Option("no-wait", read_flag, "train at once, not only when somebody looks", extra={"action": "store_true"}),
    Option(
        "allow-host",
        read_host_names,
        "a further name that the server goes by, behind a proxy for example; may be repeated",
        extra={"action": "extend", "metavar": "NAME"},
    ),
)
