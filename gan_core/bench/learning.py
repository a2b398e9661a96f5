"""Whether an arithmetic, or another library, changes what a GAN learns, over the whole length that a visitor sees.

`python -m gan_core.bench.learning [--out FILE] [--workers N] [--only SCENARIO:WAY ...]` trains what PLAN names and
FILE (docs/learning.jsonl) does not hold yet, one thread a run, and prints the tables of the README. Every run goes to
FILE as soon as it is done: the command can be stopped and taken up again, and with all of it there it only prints.

The plan, written before its results:

* Ways. `float32`: the default. `bfloat16`: what `auto` took until now where the processor has it. `keras`: the
  article's own loop in Keras 3 on TensorFlow, in float32 (`keras_loop.py`).
* Scenarios. `mode-collapse` to step 3 000 and `better` to step 6 000; seeds and numbers of runs in PLAN.
* Quantities. The step since which a run is *stuck*: D's loss stays below STUCK to the end, for at least LEAST steps; a
  run that is not stuck is censored at the last step at which it could have become so. And coverage and on-band share
  of 5 000 fakes at the steps of LOOKS.
* Tests, each way against `float32`: the log-rank test of the time until stuck (Mantel 1966), and the two-sided
  permutation test of the difference of means for each measure at each look (Fisher 1935; exact where there are at most
  RESAMPLES ways to part the runs, else so many of them).
* Limit. A way may be the default if it has at least 24 runs of each scenario and none of a scenario's tests finds a p
  below LIMIT divided by the number of its tests. Otherwise `auto` is float32 on every processor.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from gan_core.bench.sizes import depth_of
from gan_core.cli.arguments import Parser
from gan_core.cli.reader import heard_out
from gan_core.looking.measures.quality import coverage, on_band
from gan_core.looking.probe import Probe
from gan_core.setup.presets import PRESETS
from gan_core.sweep.statistics import permutation
from gan_core.targets.registry import TARGETS
from gan_core.training.engine import GANEngine

STUCK = 0.02  # of D's loss, in nats
LEAST = 100  # steps
LIMIT = 0.05
RESAMPLES = 100_000
MEASURES: dict[str, Callable[..., float]] = {"coverage": coverage, "on band": on_band}
LOOKS = {"mode-collapse": (600, 1000, 2000, 3000), "better": (600, 1000, 2000, 6000)}  # steps; the last one ends a run
PLAN = {  # number of runs, from seeds 0, 1, ...
    ("mode-collapse", "float32"): 24,
    ("mode-collapse", "keras"): 6,
    ("better", "float32"): 24,
    ("better", "keras"): 6,
    ("mode-collapse", "bfloat16"): 24,
    ("better", "bfloat16"): 24,
}

Trained = tuple[Iterator[float], Callable[[Tensor], Tensor]]  # D's loss, step by step; latents (N, 2) -> fakes (N, 2)


@dataclass(frozen=True)
class Run:
    """What came of one run."""

    scenario: str
    way: str
    seed: int
    stuck: int | None  # the step since which D's loss stayed below STUCK
    looks: Mapping[str, Mapping[str, float]]  # step (as JSON has its keys) -> measure -> value
    processor: float  # seconds of one core


def stuck_since(losses: Sequence[float]) -> int | None:
    """The step since which D's loss, given for steps 1, 2, ..., stays below STUCK to the end; None if it does not."""
    above = np.flatnonzero(~(np.asarray(losses) < STUCK))
    since = int(above[-1]) + 2 if len(above) else 1
    return since if since <= len(losses) - LEAST + 1 else None


def train(scenario: str, way: str, seed: int) -> Run:
    """Train one run to its end, on one thread."""
    start = time.process_time()
    config = PRESETS[scenario].config
    latents, target = Probe(config, torch.device("cpu")).latents, TARGETS.make(config.target)
    losses, fakes = _in_keras(scenario, seed) if way == "keras" else _in_torch(scenario, way, seed)
    seen: list[float] = []
    looks: dict[str, dict[str, float]] = {}
    for step in LOOKS[scenario]:
        seen += islice(losses, step - len(seen))
        found = fakes(latents)
        looks[str(step)] = {name: measure(found, target) for name, measure in MEASURES.items()}
    return Run(scenario, way, seed, stuck_since(seen), looks, round(time.process_time() - start, 1))


def _in_torch(scenario: str, precision: str, seed: int) -> Trained:
    engine = GANEngine(PRESETS[scenario], seed, device="cpu", precision=precision, threads=1)

    def fakes(latents: Tensor) -> Tensor:
        with torch.no_grad():
            made: Tensor = engine.generator(latents)
        return made

    return (engine.step().d_loss for _ in count()), fakes


def _in_keras(scenario: str, seed: int) -> Trained:
    # Only now, in this process alone: TensorFlow takes seconds to load.
    import tensorflow as tf

    from gan_core.bench.keras_loop import KerasGAN

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    preset = PRESETS[scenario]
    config, values = preset.config, preset.values
    rates = {"lr_g": values.lr_g, "lr_d": values.lr_d, "beta1_g": values.beta1_g, "beta1_d": values.beta1_d}
    gan = KerasGAN(config.widest, depth_of(config), config.batch, seed, **rates)

    def fakes(latents: Tensor) -> Tensor:
        return torch.tensor(np.asarray(gan.G(latents.numpy())))

    return (gan.step()[0] for _ in count()), fakes


def work(wanted: Iterable[tuple[str, str, int]], workers: int) -> Iterator[Run]:
    """Train runs (scenario, way, seed) in processes of their own; yields each when it is done."""
    # A process a run: TensorFlow keeps what it was given for good.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for done in as_completed([pool.submit(train, *run) for run in wanted]):
            yield done.result()


def missing(runs: Iterable[Run], only: Sequence[str] = ()) -> Iterator[tuple[str, str, int]]:
    """What PLAN names and is not there yet, those of `only` (SCENARIO:WAY) alone if it has any."""
    there = {(run.scenario, run.way, run.seed) for run in runs}
    for (scenario, way), seeds in PLAN.items():
        if not only or f"{scenario}:{way}" in only:
            yield from ((scenario, way, seed) for seed in range(seeds) if (scenario, way, seed) not in there)


# -- the tables ------------------------------------------------------------------------------------------------------


def log_rank(a: Sequence[Run], b: Sequence[Run]) -> float:
    """Two-sided p of the log-rank test between the times until stuck of two ways; 1 where no run got stuck."""
    if all(run.stuck is None for run in (*a, *b)):
        return 1.0
    return float(stats.logrank(*(_times(runs) for runs in (a, b))).pvalue)


def _times(runs: Sequence[Run]) -> Any:
    ends = [LOOKS[run.scenario][-1] - LEAST + 1 if run.stuck is None else run.stuck for run in runs]
    return stats.CensoredData.right_censored(ends, [run.stuck is None for run in runs])


def tables(runs: Sequence[Run]) -> str:
    """What has been trained, in Markdown: the time until stuck, and each measure at each look."""
    of_each = {scenario: [run for run in runs if run.scenario == scenario] for scenario in LOOKS}
    return "\n\n".join(_tables_of(scenario, found) for scenario, found in of_each.items() if found)


def _tables_of(scenario: str, runs: Sequence[Run]) -> str:
    ways = {way: sorted((run for run in runs if run.way == way), key=lambda run: run.seed) for _, way in PLAN}
    there = {way: found for way, found in ways.items() if found}
    default = there.get("float32", [])
    lines = [
        f"| `{scenario}`, up to {_grouped(LOOKS[scenario][-1])} steps | stuck | since step | log-rank p |",
        "|---|---|---|---|",
    ]
    for way, found in there.items():
        stuck = sorted(run.stuck for run in found if run.stuck is not None)
        p = f"{log_rank(default, found):.3f}" if default and way != "float32" else ""
        steps = ", ".join(map(_grouped, stuck)) or "none"
        lines.append(f"| {way}, seeds 0 to {found[-1].seed} | {len(stuck)} of {len(found)} | {steps} | {p} |")
    lines += ["", f"| `{scenario}` | step | {' | '.join(there)} |", f"|---|---|{'---|' * len(there)}"]
    for measure in MEASURES:
        for step in LOOKS[scenario]:
            cells = []
            for way, found in there.items():
                values = [run.looks[str(step)][measure] for run in found]
                p = ""
                if default and way != "float32":
                    usual = [run.looks[str(step)][measure] for run in default]
                    p = f", p {permutation(usual, values, RESAMPLES):.3f}"
                cells.append(f"{mean(values):.2f} ({min(values):.2f}-{max(values):.2f}){p}")
            lines.append(f"| {measure} | {_grouped(step)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def read(path: Path) -> list[Run]:
    """The runs in a file; none where there is no file."""
    return [Run(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def main(argv: Sequence[str]) -> None:
    """Train what is missing, and print the tables."""
    parser = Parser(prog="python -m gan_core.bench.learning", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/learning.jsonl"), metavar="FILE")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="runs at a time, one core each")
    parser.add_argument("--only", nargs="+", default=[], metavar="SCENARIO:WAY", help="a part of the plan")
    given: argparse.Namespace = parser.parse_args(argv)
    runs = read(given.out)
    for run in work(list(missing(runs, given.only)), given.workers):
        runs.append(run)
        with given.out.open("a") as file:
            file.write(json.dumps(asdict(run)) + "\n")
        print(run.scenario, run.way, run.seed, run.stuck, run.processor, file=sys.stderr, flush=True)
    print(tables(runs))


if __name__ == "__main__":
    sys.exit(heard_out(lambda: main(sys.argv[1:])))
