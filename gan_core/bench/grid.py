"""A cure against the literature: does a penalty on D's gradient reach all modes of the 25-grid, and plain training not?

`python -m gan_core.bench.grid [--out FILE] [--workers N]` trains what WAYS and SEEDS name and FILE (docs/grid.jsonl)
does not hold yet, one thread a run, and prints the table of the README. Every run goes to FILE as soon as it is done:
the command can be stopped and taken up again, and with all of it there it only prints.

The plan, written before its results:

* Protocol. That of the 25-grid in "Dive into Deep Learning" (d2l.ai, the chapter on gradient penalties), which says
  most about itself: G 64-256-256-2 with ReLU and a linear output, D 2-256-256-1 with LeakyReLU 0.2, normal latents of
  64 numbers, Adam 2e-4 with beta1 0 and beta2 0.99 and PyTorch's epsilon, D then G, 256 real points and 256 fakes for
  D, 20 000 steps, 10 000 samples at the end; gamma/2 (R1 + R2) with gamma 1 for modes 2 apart. Here the grid is scaled
  into the square, by 1/5, and gamma with the square of that: 0.04.
* What is otherwise here. Weights are Glorot uniform, biases 0; an update of G takes 512 latents, not 256.
* Ways. `gan`: non-saturating, no penalty. `gan+r1+r2`, `relativistic+r1+r2`. Seeds 0, 1 and 2 of each.
* Quantities. Modes found and share of high quality, as VEEGAN and PacGAN count them, and the reverse KL of the modes'
  shares, all samples counted.
* What the book says, and this would refute: `gan` finds 25 modes with no seed; both others with every seed, with a
  reverse KL below `gan`'s; at most a tenth of the samples is of high quality, of any way.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import torch

from gan_core.cli.arguments import Parser
from gan_core.looking.measures.modes import mode_quality
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.training.engine import GANEngine

STEPS, SAMPLES = 20_000, 10_000
SEEDS = (0, 1, 2)
_ADAM = "torch-adam(beta2=0.99)"
_PROTOCOL = {
    "target": "grid",
    "latent": "normal",
    "latent_dim": 64,
    "generator": "256,256:relu:linear",
    "discriminator": "256,256:leaky-relu(slope=0.2)",
    "optimiser_g": _ADAM,
    "optimiser_d": _ADAM,
    "batch": 512,
}
_VALUES = HyperParameters(lr_g=2e-4, lr_d=2e-4, beta1_g=0.0, beta1_d=0.0, penalty_weight=0.04)
WAYS = {
    "gan": {},
    "gan+r1+r2": {"penalty": "r1+r2"},
    "relativistic+r1+r2": {"objective": "relativistic", "penalty": "r1+r2"},
}


@dataclass(frozen=True)
class Found:
    """What one run came to."""

    way: str
    seed: int
    modes: int
    high_quality: float
    reverse_kl: float


def experiment(way: str) -> Experiment:
    """What is trained."""
    return Experiment(GANConfig(**{**_PROTOCOL, **WAYS[way]}), _VALUES)  # type: ignore[arg-type]  # one table for all


def train(way: str, seed: int, steps: int = STEPS) -> Found:
    """Train once, and count the modes of fresh samples."""
    engine = GANEngine(experiment(way), seed, device="cpu", precision="float32", threads=1)
    engine.advance(steps)
    z = torch.randn((SAMPLES, engine.config.latent_dim), generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        fakes = engine.generator(z)
    assert engine.target.modes is not None, "a grid has modes"
    counted = mode_quality(fakes, engine.target.modes)
    return Found(way, seed, int(counted["modes"]), counted["high_quality"], counted["reverse_kl"])


def table(runs: Sequence[Found]) -> str:
    """What has been trained, in Markdown."""
    lines = ["| 25-grid, 20 000 steps | seed | modes of 25 | high quality | reverse KL |", "|---|---|---|---|---|"]
    in_order = sorted(runs, key=lambda run: (list(WAYS).index(run.way), run.seed))
    lines += [f"| {r.way} | {r.seed} | {r.modes} | {r.high_quality:.3f} | {r.reverse_kl:.3f} |" for r in in_order]
    return "\n".join(lines)


def _work(tasks: Sequence[tuple[str, int]], workers: int) -> Iterator[Found]:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(train, *task) for task in tasks]):
            yield done.result()


def main(argv: Sequence[str]) -> None:
    """Train what is missing, and print the table."""
    parser = Parser(prog="python -m gan_core.bench.grid", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/grid.jsonl"), metavar="FILE")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="runs at a time, one core each")
    given: argparse.Namespace = parser.parse_args(argv)
    lines = given.out.read_text().splitlines() if given.out.exists() else []
    runs = [Found(**json.loads(line)) for line in lines]
    there = {(run.way, run.seed) for run in runs}
    for run in _work([(way, seed) for way in WAYS for seed in SEEDS if (way, seed) not in there], given.workers):
        runs.append(run)
        with given.out.open("a") as file:
            file.write(json.dumps(asdict(run)) + "\n")
        print(run, file=sys.stderr, flush=True)
    print(table(runs))


if __name__ == "__main__":
    main(sys.argv[1:])
