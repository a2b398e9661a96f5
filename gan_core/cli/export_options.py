"""Make one file of a recorded run: its curves, its weights at a step, and so on; the file's ending says the format."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from gan_core.cli.arguments import argument, read_name, read_path, values_of
from gan_core.cli.options import DEFAULT_RUNS, VERIFY_OPTIONS, VerifyOptions
from gan_core.export.asked import NAMES, PANELS, RANGES, SCHEMES, read_asked
from gan_core.export.registry import EXPORTS, check, find_export

_HELP = {
    "steps": ("A..B", "the first and the last step"),
    "step": ("N", "the step; the last one if not given"),
    "panels": ("NAME,NAME", f"which panels: {', '.join(PANELS)}"),
    "scheme": ("NAME", " or ".join(SCHEMES)),
    "trail": ("yes|no", "the path of the blob's centre and of the bluest spot"),
    "stride": ("N", "steps from one frame to the next"),
    "rate": ("N", "frames a second"),
    "width": ("N", "pixels across"),
    "millimetres": ("N", "of paper, across"),
    "dpi": ("N", "pixels an inch of paper"),
    "frames": ("N", "the most frames that the page holds"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("recorded", type=argument(read_name), metavar="RUN", help="its file, or its id in the folder")
    kinds = "; ".join(f"{export.name} ({', '.join(export.suffixes)})" for export in EXPORTS.values())
    add("--what", required=True, metavar="NAME", help=kinds)
    add("--out", type=argument(read_path), required=True, metavar="FILE", help="what to write")
    for name in NAMES:
        metavar, words = _HELP[name]
        takers = ", ".join(export.name for export in EXPORTS.values() if name in export.takes)
        low, high = RANGES.get(name, (None, None))
        bounds = "" if low is None or name == "step" else f", {low} to {high}"
        if takers:
            add(f"--{name}", metavar=metavar, default=argparse.SUPPRESS, help=f"{words}{bounds} (of {takers})")
    for option in VERIFY_OPTIONS:
        if option.name == "runs":
            option.add_to(parser, VerifyOptions(run="").runs)


def run(given: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Make the file. Returns the exit status, or exits with status 2 and one line when something cannot be."""
    asked = {name: getattr(given, name) for name in NAMES if name in given}
    runs = values_of([option for option in VERIFY_OPTIONS if option.name == "runs"], given, environ, given.parser)
    try:
        check(find_export(given.what), read_asked(given.out.suffix, asked))
        from gan_core.cli import export  # only now: torch takes seconds to load

        return export.run(given.recorded, runs.get("runs", DEFAULT_RUNS), given.what, given.out, asked)
    except ValueError as error:  # what is no run, or has not what is asked for
        parser: argparse.ArgumentParser = given.parser
        parser.error(str(error))
