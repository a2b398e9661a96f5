"""The benchmark: how fast the engine trains, what looking at it costs, and how either grows.

Everything is measured side by side, in rounds that take turns, so that a machine that is slow for a while is slow for
all; trust the ratios more than the rates. A new measurement is one function from a Plan to rows and one entry of
MEASUREMENTS.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import Any

from gan_core.bench.beside import frames_beside
from gan_core.bench.frames import frame_costs
from gan_core.bench.growth import costs_as_they_grow
from gan_core.bench.peak import share_of_peak
from gan_core.bench.penalties import cost_of_penalties
from gan_core.bench.plot import draw
from gan_core.bench.presented import watchers_of_a_presenter
from gan_core.bench.recording import cost_of_recording
from gan_core.bench.report import machine, print_rows, write_json
from gan_core.bench.rounds import Plan, Row
from gan_core.bench.served import cost_of_a_client
from gan_core.bench.soak import memory_over_time
from gan_core.bench.startup import memory, start_up
from gan_core.bench.training import training_speed
from gan_core.bench.watched import cost_of_many_clients
from gan_core.cli.options import BenchOptions

_QUIET = 0.5  # load of a machine on which nothing else runs

Measurement = Callable[[Plan], Iterable[Row]]

MEASUREMENTS: tuple[Measurement, ...] = (
    training_speed,
    cost_of_penalties,
    share_of_peak,
    frame_costs,
    frames_beside,
    costs_as_they_grow,
    cost_of_a_client,
    cost_of_many_clients,
    watchers_of_a_presenter,
    cost_of_recording,
    start_up,
    memory,
)


def run(options: BenchOptions) -> int:
    """Measure, print each table as it is ready, and write all of it to `options.out`.

    Returns the exit status: 1 when a measurement failed; the others' figures are written all the same.
    """
    start = time.monotonic()
    rounds, seconds = (3, 0.3) if options.quick else (7, 1.0)
    plan = Plan(rounds, seconds, options.device, options.threads, options.quick)
    about = machine(plan)
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    if about["load"] > _QUIET:
        print("Other programs were busy in the minute before: rates suffer, and so do ratios wherever threads wait.")
    for path in filter(None, (options.out, options.plot)):
        path.parent.mkdir(parents=True, exist_ok=True)  # trouble with it shows before the minutes of measuring
    measurements = MEASUREMENTS if options.soak is None else (partial(memory_over_time, length=options.soak),)
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for group in _groups(measurements, plan, failed):
        print_rows(group)
        rows += group
        write_json(options.out, about, rows, failed)  # after each, so that Ctrl-C loses only the one in progress
    write_json(options.out, about, rows, failed)
    print(f"\nWritten to {options.out} after {time.monotonic() - start:.0f} s")
    if options.plot is not None:
        draw(options.plot, about, rows)
        print(f"Drawn into {options.plot}")
    return 1 if failed else 0


def _groups(measurements: Iterable[Any], plan: Plan, failed: dict[str, str]) -> Iterator[list[Row]]:
    """Yield the rows of every measurement, one group at a time; notes in `failed` what went wrong, by measurement."""
    for measure in measurements:
        try:
            for _, rows in groupby(measure(plan), key=lambda row: row.group):
                yield list(rows)
        except Exception as error:  # whatever it is, it must not cost the other figures
            name = getattr(measure, "func", measure).__name__
            failed[name] = f"{type(error).__name__}: {error}"
            print(f"\n{name} failed: {failed[name]}", file=sys.stderr, flush=True)
