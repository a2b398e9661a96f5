"""Whether the article's scenarios come to what they claim, over several seeds: the table in the README.

`python -m gan_core.bench.scenarios [SEEDS] [FILE]` prints it as Markdown; SEEDS is how many, or which ("0,2,4"). The
quick ones are trained first, and every look goes to FILE (scenarios.jsonl) at once: the command can be stopped and
taken up again, two can share the seeds, and with all of it there it only prints.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch

from gan_core.cli.reader import heard_out
from gan_core.looking.looks import cell_centres
from gan_core.looking.probe import POINTS
from gan_core.run.observer import Observer
from gan_core.run.run import Run, begin
from gan_core.setup.presets import PRESETS
from gan_core.training.tasks import TASKS

RECENT = 100  # steps over which a loss is averaged
GRID = 100  # latent cells a side on which tears are looked for
TORN = 0.01  # share of the cells that counts as the most stretched

Numbers = dict[str, float]
Seen = dict[int, Numbers]  # of one run: what was measured, by step

# What is trained, and at which steps it is looked at, in the order of the work. Scenarios that train the same share it.
STAGES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("target", (120,)),
    ("generator-capacity", (600,)),
    ("what-d-learns", (600,)),
    ("mode-collapse", (100, 200, 300, 400, 500, 600)),
    ("discriminator-capacity", (600,)),
    ("better", (600, 2000)),
    ("discriminator-capacity", (3000,)),
    ("mode-collapse", tuple(range(1000, 6001, 500))),
    ("better", (6000,)),
)


@dataclass(frozen=True)
class Claim:
    """How one scenario's claim is held against its runs."""

    preset: str
    trained_as: str  # the scenario whose run it is
    until: int  # the step from which on everything is known
    measured: tuple[tuple[str, Callable[[Seen], float]], ...]  # name and format of each number, and how it is found
    holds: Callable[[Seen], bool]
    rule: str  # the same in words


def at(name: str, step: int) -> Callable[[Seen], float]:
    """A number at a step."""
    return lambda seen: seen[step][name]


def typical(name: str, steps: Sequence[int]) -> Callable[[Seen], float]:
    """The median of a number at some steps."""
    return lambda seen: median(seen[step][name] for step in steps)


def most(name: str, steps: Sequence[int]) -> Callable[[Seen], float]:
    """The highest of a number at some steps."""
    return lambda seen: max(seen[step][name] for step in steps)


_EARLY, _LATE = (100, 200, 300, 400, 500, 600), tuple(range(1000, 6001, 500))
CLAIMS = (
    Claim(
        "target",
        "target",
        120,
        (("coverage {:.2f}", at("coverage", 120)), ("on the band {:.3f}", at("on_band", 120))),
        lambda seen: seen[120]["coverage"] == 1 and seen[120]["on_band"] > 0.999,
        "every point where it belongs",
    ),
    Claim(
        "mode-collapse",
        "mode-collapse",
        600,
        (
            ("coverage at steps 100 to 600: median {:.2f}", typical("coverage", _EARLY)),
            ("highest {:.2f}", most("coverage", _EARLY)),
        ),
        lambda seen: typical("coverage", _EARLY)(seen) < 0.35 and seen[600]["bunched"] == 1,
        "median under 0.35; at 600 hopping or collapsed, or D has won",
    ),
    Claim(
        "generator-capacity",
        "generator-capacity",
        600,
        (
            ("squared error {:.1e}", at("loss", 600)),
            ("coverage {:.2f}", at("coverage", 600)),
            ("on the band {:.3f}", at("on_band", 600)),
        ),
        lambda seen: seen[600]["loss"] < 5e-4 and seen[600]["coverage"] > 0.95 and seen[600]["on_band"] > 0.95,
        "squared error under 5e-4, coverage and on-band share over 0.95",
    ),
    Claim(
        "discriminator-capacity",
        "discriminator-capacity",
        3000,
        (
            ("loss at 600 {:.3f}", at("loss", 600)),
            ("at 3 000 {:.3f}", at("loss", 3000)),
            ("best possible {:.4f}", at("best", 600)),
            ("error of the map at 600 {:.2f}", at("map_error", 600)),
            ("at 3 000 {:.2f}", at("map_error", 3000)),
        ),
        lambda seen: (
            seen[3000]["map_error"] < seen[600]["map_error"] / 1.3
            and seen[3000]["loss"] < seen[600]["loss"] < 0.2
            and seen[600]["map_error"] > 0.08
        ),
        "loss under 0.2 at 600 and less at 3 000; the map's error above 0.08 at 600, and less by a quarter at 3 000",
    ),
    Claim(
        "longer",
        "mode-collapse",
        6000,
        (
            ("coverage at steps 1 000 to 6 000: median {:.2f}", typical("coverage", _LATE)),
            ("highest {:.2f}", most("coverage", _LATE)),
            ("D's loss at 6 000 {:.1e}", at("loss", 6000)),
        ),
        lambda seen: typical("coverage", _LATE)(seen) < 0.35 and seen[6000]["bunched"] == 1,
        "median under 0.35; at 6 000 hopping or collapsed, or D has won",
    ),
    Claim(
        "what-d-learns",
        "what-d-learns",
        600,
        (
            ("loss {:.4f}", at("loss", 600)),
            ("called real {:.3f}", at("called_real", 600)),
            ("corners {:.3f}", at("corners", 600)),
        ),
        lambda seen: seen[600]["called_real"] > 0.9 and seen[600]["corners"] > 0.9 and seen[600]["loss"] < 0.02,
        "loss under 0.02; over 0.9 of the square called real, corners over 0.9",
    ),
    Claim(
        "better",
        "better",
        6000,
        (
            ("coverage at 600 {:.2f}", at("coverage", 600)),
            ("at 2 000 {:.2f}", at("coverage", 2000)),
            ("at 6 000 {:.2f}", at("coverage", 6000)),
            ("on the band at 2 000 {:.2f}", at("on_band", 2000)),
            ("at 6 000 {:.2f}", at("on_band", 6000)),
        ),
        lambda seen: min(seen[step]["coverage"] for step in (600, 2000, 6000)) > 0.65 and seen[6000]["covering"] == 1,
        "coverage over 0.65 at 600, 2 000 and 6 000; covering at 6 000",
    ),
    Claim(
        "tears",
        "better",
        6000,
        (
            ("most stretched hundredth of latent space, times the median {:.0f}", at("stretch", 6000)),
            ("of it off the band {:.2f}", at("off_where_torn", 6000)),
            ("of all {:.2f}", at("off", 6000)),
        ),
        lambda seen: seen[6000]["stretch"] > 10 and seen[6000]["off_where_torn"] > seen[6000]["off"],
        "stretched over 10 times the median there (the spiral itself: 2), and more often off the band than elsewhere",
    ),
)


class Trained:
    """One seed of one scenario, trained further and further."""

    def __init__(self, name: str, seed: int) -> None:
        self.name, self.seed = name, seed
        self.run = begin(PRESETS[name], seed, device="cpu", threads=1)  # two commands can share two cores
        self.observer = Observer(self.run, max(step for stage, steps in STAGES if stage == name for step in steps))
        self.seconds = self.processor = 0.0

    def look(self, step: int) -> Numbers:
        """Train up to a step, and measure there."""
        clock, processor = time.perf_counter(), time.process_time()
        while self.run.engine.steps < step:
            self.observer.step()
        self.seconds += time.perf_counter() - clock
        self.processor += time.process_time() - processor
        known = {name: value for name, value in self.observer.read().items() if value is not None}
        d_loss, g_loss = self.run.history.metrics.mean_losses(step - RECENT, step)
        state = self.run.chronicle.diagnosis.state
        numbers = {
            **known,
            "loss": g_loss if "discriminator" not in TASKS[self.run.engine.config.task].trains else d_loss,
            "best": self.run.points.best or 0.0,
            "covering": float(state == "covering"),
            "bunched": float(state in ("hopping", "collapsed", "d-has-won")),
            **(tears(self.run) if self.name == "better" else {}),
        }
        return {name: value for name, value in numbers.items() if math.isfinite(value)}


@torch.inference_mode()
def tears(run: Run) -> Numbers:
    """How much more G stretches the TORN of latent space than the median, and how much of that is off the band."""
    engine = run.engine
    frame = run.look(0.0, resolution=GRID, points=POINTS, lenses=("tears",))
    stretch = torch.from_numpy(frame.lenses["stretch"].astype("float64")).reshape(-1) / 1000  # log10 |det J|
    torn = stretch.argsort(descending=True)[: round(TORN * len(stretch))]
    if engine.target.strata is None:
        raise ValueError("tears are told by what is off the data, which needs a target whose data have parts")
    image = engine.generator(cell_centres(GRID, torch.device("cpu")))
    off = (engine.target.strata.of(image.double()) < 0).double()
    return {
        "stretch": 10 ** float(stretch[torn].median() - stretch.median()),
        "off_where_torn": float(off[torn].mean()),
        "off": float(off.mean()),
    }


def work(seeds: Sequence[int], kept: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Train what is not in `kept` yet; yields a row for every look."""
    there = {(row["run"], row["seed"], row["step"]) for row in kept}
    runs: dict[tuple[str, int], Trained] = {}
    for name, steps in STAGES:
        for seed in seeds:
            if all((name, seed, step) in there for step in steps):
                continue
            if (name, seed) not in runs:
                runs[name, seed] = Trained(name, seed)
            trained = runs[name, seed]
            for step in steps:
                numbers = trained.look(step)
                if (name, seed, step) not in there:
                    yield {
                        "run": name,
                        "seed": seed,
                        "step": step,
                        "precision": trained.run.engine.compute.precision,
                        "seconds": round(trained.seconds, 1),
                        "processor": round(trained.processor, 1),
                        "numbers": numbers,
                    }


def table(rows: Sequence[dict[str, object]]) -> str:
    """The scenarios' claims and what came of them, in Markdown; those of which no run is complete are left out."""
    lines = [
        "| scenario | claim | measured, least to greatest | holds | processor seconds a run |",
        "|---|---|---|---|---|",
    ]
    for claim in CLAIMS:
        runs = _complete(claim, rows)
        if runs:
            seen = [numbers for numbers, _ in runs]
            holds = sum(map(claim.holds, seen))
            measured = ", ".join(_span(form, [find(run) for run in seen]) for form, find in claim.measured)
            cells = (
                f"`{claim.preset}`, {_thousands(claim.until)} steps",
                PRESETS[claim.preset].claim,
                measured,
                f"{holds} of {len(runs)}: {claim.rule}",
                f"{median(seconds for _, seconds in runs):.0f}",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _complete(claim: Claim, rows: Sequence[dict[str, object]]) -> list[tuple[Seen, float]]:
    """What was seen in every run that got as far as the claim asks, and the seconds of one core that it took."""
    found: dict[object, list[dict[str, object]]] = {}
    for row in rows:
        if row["run"] == claim.trained_as:
            found.setdefault(row["seed"], []).append(row)
    runs = []
    for seed in sorted(found, key=str):
        seen = {row["step"]: row["numbers"] for row in found[seed]}
        last = [row["processor"] for row in found[seed] if row["step"] == claim.until]
        if last:
            runs.append((seen, last[0]))
    return runs  # type: ignore[return-value]  # JSON has no types


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _span(form: str, values: Sequence[float]) -> str:
    low, high = form.format(min(values)), form.format(max(values))
    number = form[form.index("{") :].format(max(values))
    return low if low == high or math.isclose(min(values), max(values)) else f"{low} to {number}"


def _seeds(text: str) -> list[int]:
    return [int(part) for part in text.split(",")] if "," in text else list(range(int(text)))


def main() -> None:
    """Train what is missing, and print the table."""
    seeds = _seeds(sys.argv[1] if len(sys.argv) > 1 else "5")
    path = Path(sys.argv[2] if len(sys.argv) > 2 else "scenarios.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    try:
        for row in work(seeds, rows):
            rows.append(row)
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row["run"], row["seed"], row["step"], row["seconds"], file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("Stopped; what is there:", file=sys.stderr)
    print(table(rows))


if __name__ == "__main__":
    sys.exit(heard_out(main))
