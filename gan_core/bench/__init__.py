"""The benchmark: how fast the engine trains, and what looking at it costs.

Everything is measured side by side, in rounds that take turns, so that a machine that is slow for a while is slow for
all; trust the ratios more than the rates. A new measurement is one function from a Plan to rows and one entry of
MEASUREMENTS.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gan_core.bench.frames import frame_costs
from gan_core.bench.report import machine, print_rows, write_json
from gan_core.bench.rounds import Plan, Row
from gan_core.bench.served import cost_of_a_client
from gan_core.bench.soak import memory_over_time
from gan_core.bench.training import training_speed
from gan_core.bench.watched import cost_of_many_clients
from gan_core.options import BenchOptions

MEASUREMENTS: tuple[Callable[[Plan], list[Row]], ...] = (
    training_speed,
    frame_costs,
    cost_of_a_client,
    cost_of_many_clients,
)


def run(options: BenchOptions) -> int:
    """Measure, print each table as it is ready, and write all of it to `options.out`. Returns the exit status."""
    rounds, seconds = (3, 0.3) if options.quick else (7, 1.0)
    plan = Plan(rounds, seconds, options.device, options.threads)
    about = machine(plan)
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    options.out.parent.mkdir(parents=True, exist_ok=True)  # trouble with it shows before the minutes of measuring
    measurements = MEASUREMENTS if options.soak is None else (partial(memory_over_time, length=options.soak),)
    rows: list[Row] = []
    for measure in measurements:
        new = measure(plan)
        print_rows(new)
        rows += new
        write_json(options.out, about, rows)  # after each, so that Ctrl-C loses only the one in progress
    print(f"\nWritten to {options.out}")
    return 0
