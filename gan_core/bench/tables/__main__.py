"""`python -m gan_core.bench.tables NAME --out DIR`: a published table, trained here, way by way; see `registry.py`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tqdm import tqdm

from gan_core.cli.arguments import Parser, argument, one_of, read_path, whole_number
from gan_core.cli.options import MAX_STEPS, WITH, load_laboratory
from gan_core.cli.outputs import CtrlC
from gan_core.cli.reader import heard_out
from gan_core.cli.sweep_options import read_seeds
from gan_core.papers.asked import Asked, names
from gan_core.papers.printed import markdown
from gan_core.papers.registry import TABLES
from gan_core.papers.train import MARKDOWN, train
from gan_core.setup.config import MAX_THREADS
from gan_core.sweep.conduct import Report
from gan_core.sweep.crew import MakeCrew, NoCrew, crew, lasting
from gan_core.system.child import ENDING, give_way, is_gone

_PROG = "python -m gan_core.bench.tables"
SEEDS = (0, 1, 2, 3, 4)  # fewer decide nothing


def parser() -> Parser:
    """What the command takes."""
    found = Parser(prog=_PROG, description=main.__doc__)
    add = found.add_argument
    name = argument(one_of("table", tuple(TABLES)))
    add("table", type=name, metavar="NAME", help=f"one of {', '.join(TABLES)}")
    add("--out", type=argument(read_path), required=True, metavar="DIR", help="folder for what comes of it")
    add(
        "--seeds",
        type=argument(read_seeds),
        default=SEEDS,
        metavar="N",
        help="how many, or which: 8 is 0 to 7; 3,5,7 (default: 5)",
    )
    add(
        "--steps",
        type=argument(whole_number("steps", 1, MAX_STEPS)),
        metavar="N",
        help="training steps of each run (default: the protocol's)",
    )
    add("--only", nargs="+", default=[], metavar="WAY", help="train these ways alone")
    add("--scheduler", metavar="ADDRESS", help="a Dask scheduler, as tcp://10.0.0.5:8786; without it, this machine")
    workers = argument(whole_number("workers", 1, MAX_THREADS))
    add("--workers", type=workers, metavar="N", help="processes on this machine, one core each (default: all)")
    add("--child-of", type=argument(whole_number("child-of", 1, 2**31)), help=argparse.SUPPRESS)  # of a server
    WITH.add_to(found, ())
    return found


def asked_for(given: argparse.Namespace) -> Asked:
    """What was asked for. Raises ValueError with a sentence for a way that there is not."""
    table = TABLES[given.table]
    asked = Asked(table, given.seeds, given.steps or table.steps, given.out, tuple(given.only))
    unknown = [name for name in given.only if name not in {way.name for way in table.trained}]
    if unknown:
        raise ValueError(f"{table.name} has no way {unknown[0]!r} to train; there are {names(table.trained)}.")
    return asked


def main(argv: Sequence[str]) -> int:
    """Train what a table asks for and its folder does not hold yet, and print the table with what was published.

    Returns the exit status: 0; 1 for trouble on the way; 130 after Ctrl-C, after which the same command goes on.
    """
    load_laboratory(argv, os.environ, _PROG)
    commands = parser()
    given = commands.parse_args(argv)
    try:
        asked = asked_for(given)
        done = asked.begin()
        if given.child_of is not None:
            give_way()
        return _train(asked, done, given)
    except ValueError as error:
        commands.error(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"{commands.prog}: {error.filename}: {error.strerror or error}", file=sys.stderr)
        return 1


@contextmanager
def _crew(scheduler: str | None, workers: int | None) -> Iterator[MakeCrew]:
    """For all ways: the same processes of this machine, or a cluster, which may be gone and come back in between."""
    if scheduler is not None:
        yield lambda: crew(scheduler, workers)
    else:
        with lasting(lambda: crew(None, workers)) as make_crew:
            yield make_crew


def _train(asked: Asked, done: int, given: argparse.Namespace) -> int:
    total = len(asked.seeds) * len(asked.ways)
    with (
        CtrlC(also=ENDING) as ctrl_c,
        tqdm(total=total, initial=done, unit="run", disable=None, smoothing=0.05) as bar,
        _crew(given.scheduler, given.workers) as make_crew,
    ):

        def stop() -> bool:
            return ctrl_c.pressed or is_gone(given.child_of)

        report = Report(bar.update, lambda said: bar.write(said, file=sys.stderr), None, stop)
        try:
            ended = train(asked, make_crew, report)
        except NoCrew as error:
            report.say(str(error))
            return 1
    print(markdown(ended.results), end="")
    if ended.stopped:
        print(f"Interrupted; the same command goes on. So far: {asked.out / MARKDOWN}", file=sys.stderr)
        return 130
    if ended.left_out:
        print(f"{ended.left_out} runs could not be trained.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(heard_out(lambda: main(sys.argv[1:])))
