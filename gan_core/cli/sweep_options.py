"""What the command `sweep` is told. Knows nothing of torch, so --help and mistakes are instant."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gan_core.cli.arguments import argument, as_int, read_path, read_picture, whole_number
from gan_core.cli.options import MANY_STEPS, MAX_STEPS, Setting, read_config_item, read_preset, read_setting
from gan_core.setup.config import MAX_THREADS
from gan_core.setup.limits import check_seed
from gan_core.setup.presets import PRESETS, find_preset

MAX_SEEDS = 10_000
MAX_TOGETHER = 256


@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """A sweep, as it was asked for; `preset` is None to go on with the one that is in `out`."""

    out: Path
    preset: str | None = None
    vary: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    steps: int = 600
    until: str = ""
    config: Mapping[str, str] | None = None
    against: Mapping[str, str] | None = None
    settings: tuple[Setting, ...] = ()
    scheduler: str | None = None
    workers: int | None = None  # None: one for each core
    together: int | None = None  # None: as measured
    looks: bool = False
    plot: Path | None = None
    child_of: int | None = None  # the process with which it ends; then it takes what that one leaves of the machine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add = parser.add_argument
    add(
        "preset",
        nargs="?",
        type=argument(read_preset),
        metavar="PRESET",
        help=f"scenario; without it, the sweep in DIR goes on: {', '.join(PRESETS)}",
    )
    add("--out", type=argument(read_path), required=True, metavar="DIR", help="folder for what comes of it")
    add(
        "--vary",
        action="append",
        default=[],
        metavar="NAME=VALUES",
        help="a live value or a key of --config, as A..B:N (N numbers from A to B), A..B:N:log, or VALUE,VALUE "
        "(VALUE;VALUE where they have commas); may be repeated: all combinations are trained",
    )
    add("--seeds", type=argument(read_seeds), default=(0,), metavar="N", help="how many, or which: 8 is 0 to 7; 3,5,7")
    add("--steps", type=argument(whole_number("steps", 1, MAX_STEPS)), metavar="N", help="training steps of each run")
    add("--until", default="", metavar="CONDITION", help='stop a run when this holds, as "modes>=25" or collapsed')
    add(
        "--config",
        type=argument(read_config_item),
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="as of train, for all runs; may be repeated",
    )
    add(
        "--against",
        type=argument(read_config_item),
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="train every run with this, too, and hold the two recipes together; may be repeated",
    )
    add(
        "--set",
        dest="settings",
        type=argument(read_setting),
        action="append",
        default=[],
        metavar="NAME=VALUE@STEP",
        help="change a hyper-parameter of all runs from that step on; may be repeated",
    )
    add("--scheduler", metavar="ADDRESS", help="a Dask scheduler, as tcp://10.0.0.5:8786; without it, this machine")
    workers = whole_number("workers", 1, MAX_THREADS)
    add(
        "--workers", type=argument(workers), metavar="N", help="processes on this machine, one core each (default: all)"
    )
    add(
        "--together",
        type=argument(whole_number("together", 1, MAX_TOGETHER)),
        metavar="N",
        help="small networks that are trained as one batch (default: as many as is fastest, by a trial)",
    )
    add(
        "--plot",
        type=argument(read_picture),
        metavar="FILE",
        help="also draw the map of two values into a .png or .svg file; needs matplotlib",
    )
    add("--child-of", type=argument(whole_number("child-of", 1, 2**31)), help=argparse.SUPPRESS)  # of a server
    add("--looks", action="store_true", help="also write what is seen of each run as it goes, to DIR/looks.jsonl")


def options_of(given: argparse.Namespace, config: Mapping[str, str]) -> SweepOptions:
    """What was given, its data sets already read: `config` is that of all runs."""
    preset = None if given.preset is None else find_preset(given.preset)
    return SweepOptions(
        out=given.out,
        preset=given.preset,
        vary=tuple(given.vary),
        seeds=given.seeds,
        steps=given.steps or (min(preset.length, MANY_STEPS) if preset else 0),
        until=given.until,
        config=config,
        against=dict(given.against),
        settings=tuple(given.settings),
        scheduler=given.scheduler,
        workers=given.workers,
        together=given.together,
        looks=given.looks,
        plot=given.plot,
        child_of=given.child_of,
    )


def read_seeds(text: str) -> tuple[int, ...]:
    """How many seeds, from 0 on, or which."""
    if "," not in text:
        return tuple(range(whole_number("seeds", 1, MAX_SEEDS)(text)))
    seeds = tuple(check_seed(as_int(part.strip())) for part in text.split(",") if part.strip())
    if not seeds or len(set(seeds)) < len(seeds) or len(seeds) > MAX_SEEDS:
        raise ValueError(f"seeds must be different whole numbers, {MAX_SEEDS:,} at most; {text[:60]!r} are not.")
    return seeds
