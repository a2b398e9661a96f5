"""What a sweep brings, and what it costs: `python -m gan_core.bench.sweeps [--workers N] [--quick]`.

Runs an hour, with all looks and the table, against the same runs trained one after another by the command `train`, and
against what a person would first write: a loop of PyTorch runs in joblib, which looks at nothing. All have the same
cores; workers are there before the clock is started, but `train`, which starts anew for each run, pays for its start.
Then what the scheduler takes for a task, and the memory of this process over many.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import joblib
import psutil
import torch

from gan_core.bench.naive import NaiveGAN
from gan_core.bench.report import print_rows
from gan_core.bench.rounds import Row
from gan_core.bench.sizes import SIZES, depth_of, describe
from gan_core.cli.arguments import Parser
from gan_core.cli.reader import heard_out
from gan_core.setup.scenario import Preset
from gan_core.sweep.conduct import Conductor, Report
from gan_core.sweep.crew import MakeCrew, crew, lasting
from gan_core.sweep.folder import SweepFolder
from gan_core.sweep.plan import Plan
from gan_core.sweep.work import Handed, Share

_STEPS = {"tiny": 2_000, "small": 1_000, "article": 600}
_RUNS = {"tiny": 32, "small": 8, "article": 4}  # of a sweep; of the others a few
_FEW = 2
_TASKS = 10_000


def runs_an_hour(name: str, make_crew: MakeCrew, workers: int) -> list[Row]:
    """Of one size, each way."""
    size, steps = SIZES[name], _STEPS[name]
    group = f"{describe(size)}, runs of {steps:,} steps"
    ways: dict[str, Callable[[], float]] = {
        "sweep": lambda: _by_sweep(size, steps, _RUNS[name], make_crew, None),
        "sweep, each run alone": lambda: _by_sweep(size, steps, _RUNS[name], make_crew, 1),
        "train, one after another": lambda: _by_train(size, steps),
        "a joblib loop of PyTorch": lambda: _by_joblib(size, steps, workers),
    }
    if name != "tiny":
        del ways["sweep, each run alone"]  # wider networks are never trained together
    found = {way: 3600 * measure() for way, measure in ways.items()}
    rows = [Row(group, way, "runs/h", (rate,)) for way, rate in found.items()]
    return [*rows, *(Row(group, f"sweep : {way}", "x", (found["sweep"] / found[way],)) for way in list(found)[1:])]


def _config(size: Preset) -> dict[str, str]:
    config = size.config
    return {"generator": config.generator, "discriminator": config.discriminator, "batch": str(config.batch)}


def _by_sweep(size: Preset, steps: int, runs: int, make_crew: MakeCrew, together: int | None) -> float:
    plan = Plan("mode-collapse", steps, tuple(range(runs)), config=tuple(_config(size).items()))
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        Conductor(plan, SweepFolder(Path(place)), Report(), together=together).run(make_crew)
        return runs / (time.perf_counter() - start)


def _by_train(size: Preset, steps: int) -> float:
    config = [part for name, text in _config(size).items() for part in ("--config", f"{name}={text}")]
    start = time.perf_counter()
    for seed in range(_FEW):
        with tempfile.TemporaryDirectory() as place:
            how = ["--steps", str(steps), "--seed", str(seed), "--out", place]
            command = [sys.executable, "-m", "gan_core", "train", "mode-collapse", *config, *how]
            subprocess.run(command, check=True, capture_output=True)
    return _FEW / (time.perf_counter() - start)


def _by_joblib(size: Preset, steps: int, workers: int) -> float:
    width, depth, batch = size.config.widest, depth_of(size.config), size.config.batch
    with joblib.Parallel(n_jobs=workers) as parallel:
        parallel(joblib.delayed(_naive)(width, depth, batch, 1) for _ in range(workers))  # they are there now
        start = time.perf_counter()
        parallel(joblib.delayed(_naive)(width, depth, batch, steps) for _ in range(2 * workers))
        return 2 * workers / (time.perf_counter() - start)


def _naive(width: int, depth: int, batch: int, steps: int) -> None:
    torch.set_num_threads(1)
    gan = NaiveGAN(width, depth, batch, "cpu")
    for _ in range(steps):
        gan.step()


def nothing(share: Share, modules: tuple[str, ...], telling: bool) -> Handed:
    """A share that is done at once."""
    return Handed(tuple({"key": task.key} for task in share.tasks))


class _Idle(Conductor):
    def write_table(self) -> None:
        """None: the rows have nothing in them."""


def overhead(make_crew: MakeCrew, tasks: int) -> list[Row]:
    """What a task takes of the clock beside its training, and memory after each tenth of them."""
    plan, us = Plan("mode-collapse", 1, tuple(range(tasks))), psutil.Process()
    memory: list[float] = []
    done = [0]

    def count(runs: int) -> None:
        before, done[0] = done[0], done[0] + runs
        if done[0] * 10 // tasks > before * 10 // tasks:
            memory.append(us.memory_info().rss / 1e6)

    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        _Idle(plan, SweepFolder(Path(place)), Report(done=count), together=1, does=nothing).run(make_crew)
        each = 1000 * (time.perf_counter() - start) / tasks
    group = f"{tasks:,} tasks that do nothing"
    return [
        Row(group, "a task", "ms", (each,)),
        Row(group, "memory after the first tenth", "MB", (memory[0],)),
        Row(group, "memory at the end", "MB", (memory[-1],)),
    ]


def main(argv: Sequence[str]) -> None:
    """Measure and print."""
    parser = Parser(prog="python -m gan_core.bench.sweeps", description=main.__doc__)
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes, one core each")
    parser.add_argument("--quick", action="store_true", help="without the article's size, and fewer tasks")
    given: argparse.Namespace = parser.parse_args(argv)
    with lasting(lambda: crew(None, given.workers)) as same:
        with same():  # its workers are there before a clock is started
            pass
        for name in ("tiny", "small") if given.quick else _STEPS:
            print_rows(runs_an_hour(name, same, given.workers))
        print_rows(overhead(same, _TASKS // 10 if given.quick else _TASKS))


if __name__ == "__main__":
    sys.exit(heard_out(lambda: main(sys.argv[1:])))
