"""Whether bfloat16 products change what is learned: the same scenarios in both precisions, over many seeds.

`python -m gan_core.bench.learning [SEEDS]` prints a table; it takes a quarter of an hour for 8 seeds on two cores.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean

import numpy as np

from gan_core.engine import GANEngine
from gan_core.metrics import coverage, on_band
from gan_core.presets import PRESETS
from gan_core.probes import Probe

PRECISIONS = ("float32", "bfloat16")
MEASURES = {"coverage": coverage, "on band": on_band}
LOOKS = {"mode-collapse": (200, 300, 400, 500, 600), "better": (1000, 1250, 1500, 1750, 2000)}  # steps


@dataclass(frozen=True)
class Comparison:
    """One measure of one scenario: its mean over the looks, for each seed, in both precisions."""

    preset: str
    measure: str
    float32: tuple[float, ...]
    bfloat16: tuple[float, ...]

    @property
    def p(self) -> float:
        """Chance of a difference of means as large as this one if precision made none."""
        return permutation_p(self.float32, self.bfloat16)


def permutation_p(a: Sequence[float], b: Sequence[float]) -> float:
    """Exact two-sided permutation test of the difference of means (Fisher 1935): all ways to part a and b anew."""
    both = np.array([*a, *b])
    chosen = np.array(list(combinations(range(len(both)), len(a))))
    means = both[chosen].mean(axis=1)
    others = (both.sum() - both[chosen].sum(axis=1)) / len(b)
    found = abs(mean(a) - mean(b))
    return float(np.mean(np.abs(means - others) >= found - 1e-12))


def run(preset: str, seed: int, precision: str, threads: int | None = None) -> dict[str, float]:
    """Train once; each measure of the fakes at the fixed latents, as its mean over the looks."""
    engine = GANEngine(PRESETS[preset], seed, device="cpu", precision=precision, threads=threads)
    probe = Probe(engine.config, engine.compute.device)
    found: dict[str, list[float]] = {name: [] for name in MEASURES}
    for step in LOOKS[preset]:
        engine.advance(step - engine.steps)
        fakes = probe.fakes(engine.generator, engine.steps)
        for name, measure in MEASURES.items():
            found[name].append(measure(fakes, engine.target))
    return {name: mean(values) for name, values in found.items()}


def compare(seeds: int, threads: int | None = None) -> list[Comparison]:
    """Run every scenario in both precisions from seeds 0, 1, ..., and say so on stderr."""
    rows = []
    for preset in LOOKS:
        runs: dict[str, list[dict[str, float]]] = {precision: [] for precision in PRECISIONS}
        for seed in range(seeds):
            for precision in PRECISIONS:
                runs[precision].append(run(preset, seed, precision, threads))
                print(preset, seed, precision, runs[precision][-1], file=sys.stderr, flush=True)
        for name in MEASURES:
            values = [tuple(found[name] for found in runs[precision]) for precision in PRECISIONS]
            rows.append(Comparison(preset, name, *values))
    return rows


def main() -> None:
    """Print the comparison as a table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    print(f"{'':26}{'float32':>22}{'bfloat16':>22}{'p':>8}")
    for row in compare(seeds, int(sys.argv[2]) if len(sys.argv) > 2 else None):
        cells = [f"{mean(v):.3f} ({min(v):.2f}-{max(v):.2f})" for v in (row.float32, row.bfloat16)]
        print(f"{row.preset + ', ' + row.measure:26}{cells[0]:>22}{cells[1]:>22}{row.p:8.2f}")


if __name__ == "__main__":
    main()
