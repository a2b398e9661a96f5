"""Papers' tables: what is published stands as it does there; what came out is counted, judged and printed rightly."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from gan_core.bench.tables.claims import FAILS, HOLDS, TOO_FEW, UNDECIDED, Claim, alike, every, median_of, more
from gan_core.bench.tables.counts import Count, floors, of_modes
from gan_core.bench.tables.critics import SCALE
from gan_core.bench.tables.found import Results
from gan_core.bench.tables.paper import Cell, Column, Published, Table, Way
from gan_core.bench.tables.printed import as_json, markdown
from gan_core.bench.tables.registry import TABLES
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import Modes
from gan_core.training.cost import cost
from gan_core.training.engine import GANEngine

EVERY_WAY = [(table, way) for table in TABLES.values() for way in table.trained]


@pytest.mark.parametrize(("table", "way"), EVERY_WAY, ids=[f"{table.name}:{way.name}" for table, way in EVERY_WAY])
def test_every_way_can_be_trained(table: Table, way: Way) -> None:
    plan = table.plan(way, (0, 1), table.steps)
    plan.check()
    assert plan.runs == 2


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_a_table_names_each_way_once_and_claims_nothing_of_others(table: Table) -> None:
    names = [way.name for way in table.ways]
    assert len(set(names)) == len(names)
    readings = {column.reading for column in table.columns}
    assert all(set(line.cells) <= readings for way in table.ways for line in way.published)
    trained = {way.name for way in table.trained}
    for claim in table.claims:
        reading, *ways = (part for part in claim.judge.args if isinstance(part, str))  # type: ignore[attr-defined]
        assert reading in readings
        assert set(ways) <= trained, claim.words


@pytest.mark.parametrize(
    ("table", "way", "source", "cells"),
    [
        ("pacgan-ring", "gan", "PacGAN, Table 1", ((6.3, 0.5), (98.2, 0.2), (0.45, 0.09))),
        ("pacgan-ring", "packing-3", "PacGAN, Table 1", ((7.8, 0.1), (97.7, 0.3), (0.10, 0.02))),
        ("pacgan-ring", "unrolled-5", "VEEGAN, Table 1", (7.6, 35.6)),
        ("pacgan-ring", "gan", "VEEGAN, Table 1", (1, 99.3)),
        ("pacgan-grid", "gan", "PacGAN, Table 1", ((17.3, 0.8), (94.8, 0.7), (0.70, 0.07))),
        ("pacgan-grid", "packing-4", "PacGAN, Table 1", ((24.8, 0.2), (93.6, 0.6), (0.04, 0.01))),
        ("pacgan-grid", "veegan", "VEEGAN, Table 1", (24.6, 40)),
    ],
)
def test_published_cells(table: str, way: str, source: str, cells: tuple[Cell, ...]) -> None:
    lines = next(one for one in TABLES[table].ways if one.name == way).published
    (line,) = [one for one in lines if one.source == source]
    names = ("modes", "high_quality", "reverse_kl")
    assert (line.cells, line.confirmed) == (dict(zip(names, cells, strict=False)), True)


def test_what_is_quoted_from_memory_is_marked() -> None:
    lines = [line for table in TABLES.values() for way in table.ways for line in way.published]
    of_memory = {line.source for line in lines if not line.confirmed}
    assert of_memory == {"GDPP", "self-conditioned GAN"}
    assert not of_memory & {line.source for line in lines if line.confirmed}
    assert all(claim.confirmed == (claim.source not in of_memory) for t in TABLES.values() for claim in t.claims)


def test_penalties_are_scaled_as_the_data_are() -> None:
    """By c for a penalty on the norm around 1, by its square for one around 0."""
    spacing = 0.4
    first, *_ = TABLES["d2l-grid"].trained
    assert apart("grid") == pytest.approx(spacing)
    assert float(TABLES["d2l-grid"].protocol["penalty_weight"]) == pytest.approx((spacing / 2) ** 2)
    ring = TARGETS.make("ring").modes
    assert ring is not None
    assert SCALE["8gaussians"] * 2 / 1.414 == pytest.approx(float(torch.linalg.vector_norm(ring.centres[0])))
    assert SCALE["8gaussians"] * 0.02 / 1.414 == pytest.approx(ring.sd)
    grid = TARGETS.make("grid").modes
    assert grid is not None
    assert SCALE["25gaussians"] * 0.05 / 2.828 == pytest.approx(grid.sd)
    roll = TARGETS.make("swiss-roll(sd=0.25)").sample(200_000, torch.Generator().manual_seed(0)).double()
    t = np.array([4.5, 1.5]) * math.pi  # of scikit-learn's roll: r is its parameter, and uniform
    mean_square = (t[0] ** 3 - t[1] ** 3) / (3 * (t[0] - t[1])) + 2 * 0.25**2
    assert float(roll.square().sum(1).mean()) == pytest.approx(mean_square * (SCALE["swissroll"] / 7.5) ** 2, rel=0.01)
    weights = {way.name: (way.config or {}).get("penalty_weight") for way in TABLES["wgan-gp-toys"].trained}
    for data, scale in SCALE.items():
        assert float(weights[f"{data}-gp"] or 0) == pytest.approx(0.1 * scale, rel=1e-5)
        assert weights[f"{data}-clip"] is None
    assert first.config == {}


def apart(target: str) -> float:
    modes = TARGETS.make(target).modes
    assert modes is not None
    return float(torch.pdist(modes.centres).min())


def test_what_a_step_costs_of_each_way() -> None:
    """A pack of m sees m times the samples; five updates ahead take five gradients more."""
    table = TABLES["pacgan-ring"]
    paid = {}
    for way in table.trained:
        (_, task), *_ = table.plan(way, (0,), 1).tasks()
        of = cost(task.config, task.values.each)
        paid[way.name] = (of.gradients, of.samples)
    assert paid == {
        "gan": (2, 400), "packing-2": (2, 800), "packing-3": (2, 1200), "packing-4": (2, 1600), "unrolled-5": (7, 400),
    }  # fmt: skip


MODES = Modes(
    torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64), torch.full((3,), 1 / 3).double(), 0.1
)


def test_ball_and_box_and_the_bin_for_what_is_off() -> None:
    """Six at the first mode; one in the box of the second, out of its ball; one nearest to the third, in neither."""
    fakes = torch.tensor([[0.0, 0.0]] * 6 + [[1.25, 0.25], [0.0, 1.5]])
    found = of_modes(fakes, MODES)
    ball = 1 - math.exp(-4.5)
    assert found == {
        "modes": 1,
        "high_quality": 6 / 8,
        "high_quality_box": 7 / 8,
        "smallest_share": 0,
        "reverse_kl": pytest.approx(stats.entropy([6, 1, 1], [1, 1, 1])),
        "reverse_kl_high_quality": pytest.approx(math.log(3)),
        "reverse_kl_with_off": pytest.approx(stats.entropy([6, 0, 0, 2], [ball / 3] * 3 + [1 - ball])),
    }


def test_the_data_themselves_come_to_the_floors() -> None:
    target = TARGETS.make("grid")
    assert target.modes is not None
    random, n, draws = torch.Generator().manual_seed(0), 2_500, 40
    found = [of_modes(target.sample(n, random), target.modes) for _ in range(draws)]
    for name, floor in floors(target.modes, n).items():
        values = [one[name] for one in found]
        assert abs(np.mean(values) - floor) <= 4 * stats.sem(values) + 0.02 * floor, name


def test_what_is_counted_is_of_the_run_s_own_generator() -> None:
    table = TABLES["d2l-grid"]
    (_, task), *_ = table.plan(table.trained[0], (3,), 1).tasks()
    engine = GANEngine(task.experiment, 3, device="cpu", precision="float32", threads=1)
    found = Count(500)(task, engine.generator)
    assert found == Count(500)(task, engine.generator)
    assert found != Count(500)(replace(task, seed=4), engine.generator)
    assert set(found) >= {column.reading for column in table.columns}
    engine.generator.parameters_flat.fill_(torch.nan)
    assert Count(500)(task, engine.generator) == {}


# -- verdicts --------------------------------------------------------------------------------------------------------


def runs(**of: list[float | None]) -> dict[str, list[dict[str, float | None]]]:
    return {way: [{} if value is None else {"modes": value} for value in values] for way, values in of.items()}


FIVE: list[float | None] = [6.0, 6.0, 5.0, 7.0, 6.0]


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ([8.0, 8.0, 8.0, 7.0, 8.0], FIVE, HOLDS),
        ([7.0, 6.0, 6.0, 6.0, 6.0], FIVE, UNDECIDED),
        (FIVE, FIVE, FAILS),
        ([5.0, 5.0, 5.0, 5.0, 5.0], FIVE, FAILS),
        ([8.0, 8.0, 8.0, 8.0], FIVE, TOO_FEW),
        ([8.0, 8.0, 8.0, 8.0, None], FIVE, TOO_FEW),
        ([], FIVE, TOO_FEW),
    ],
)
def test_an_order(a: list[float | None], b: list[float | None], verdict: str) -> None:
    assert more("modes", "a", "b")(runs(a=a, b=b)).verdict == verdict


def test_an_order_says_its_means_and_p() -> None:
    """All of a are above all of b: 2 of the 252 ways to part ten runs are as extreme."""
    found = more("modes", "a", "b")(runs(a=[8.0, 8.1, 8.2, 8.3, 8.4], b=[1.0, 2.0, 3.0, 4.0, 5.0]))
    assert (found.verdict, found.told) == (HOLDS, f"8.2 and 3, p {2 / 252:.3f}")


def test_two_that_are_alike() -> None:
    apart = [8.0, 8.0, 8.0, 7.0, 8.0]
    assert alike("modes", "a", "b")(runs(a=FIVE, b=FIVE)).verdict == HOLDS
    assert alike("modes", "a", "b")(runs(a=FIVE, b=[*apart])).verdict == FAILS
    assert alike("modes", "a", "b")(runs(a=FIVE[:4], b=FIVE)).verdict == TOO_FEW


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([25.0] * 5, HOLDS),
        ([25.0] * 4, TOO_FEW),
        ([25.0, 24.0], FAILS),  # one seed refutes what is said of every seed
        ([25.0] * 4 + [None], FAILS),
        ([], TOO_FEW),
    ],
)
def test_of_every_seed(values: list[float | None], verdict: str) -> None:
    assert every("modes", "a", least=25)(runs(a=values)).verdict == verdict


def test_a_median() -> None:
    rule = median_of("modes", "a", most=6)
    assert rule(runs(a=FIVE)).verdict == HOLDS
    assert rule(runs(a=[7.0] * 5)).verdict == FAILS
    assert rule(runs(a=FIVE[:4])).verdict == TOO_FEW
    assert rule({}).verdict == TOO_FEW


# -- print -----------------------------------------------------------------------------------------------------------

SMALL = Table(
    name="small",
    title="A small one",
    protocol={"target": "ring(modes=4)"},
    steps=1_000,
    samples=100,
    ways=(
        Way("gan", "GAN", {}, (Published("A, Table 1", {"modes": (3.1, 0.2), "high_quality": "few"}),)),
        Way("two", "two", {"packing": "2"}, (Published("B", {"modes": 4}, confirmed=False),)),
        Way("three", "three", {"packing": "3"}),
        Way("other", "other", None, (Published("B", {"modes": 2.5}, confirmed=False),)),
    ),
    columns=(Column("modes", "modes", 1), Column("high_quality", "good, %", 1, 100)),
    claims=(Claim("Two finds more.", "B", more("modes", "two", "gan"), confirmed=False),),
    differences=("A ring is no ring.",),
    otherwise=("All is smaller.",),
)


def row(modes: float | None, along: list[float], gradients: int, samples: int, steps: int = 1_000) -> dict[str, Any]:
    """One run, that tells of its steps 500 and 1 000."""
    names = ("modes", "high_quality", "reverse_kl", "coverage", "on_band")
    return {
        "ended": "diverged" if modes is None else "steps",
        "steps": steps,
        "seconds": 12.4,
        "gradients": gradients * steps,
        "samples": samples * steps,
        "told": [500, 1_000],
        "readings": {name: along if name == "modes" else [None, None] for name in names},
        "measured": {} if modes is None else {"modes": modes, "high_quality": 0.5},
    }


ROWS = {
    "gan": [row(2, [1, 2], 2, 200), row(4, [3, 4], 2, 200), row(None, [1, 1], 2, 200)],
    "two": [row(4, [3, 4], 4, 400)],
}


def test_the_table_in_markdown() -> None:
    said = markdown(Results(SMALL, ROWS))
    half = stats.t.ppf(0.975, 1) * 1.0  # of 2 and 4: the standard error is 1
    lines = said.splitlines()
    assert "| GAN | in print: A, Table 1 | 3.1 ± 0.2 | few |  |  |  |  |  |" in lines
    assert half > 3  # the interval would go below 0, which a mean of counts cannot
    here = f"| GAN | **here** | 3.0 (0.0 to {3 + half:.1f}) | 50.0 (50.0 to 50.0) |"
    assert f"{here} 3, 1 diverged | 1,000 | 2,000 | 200,000 | 12 |" in lines
    assert "| two | in print: B† | 4 |  |  |  |  |  |  |" in lines
    assert "| two | **here** | 4.0 | 50.0 | 1 | 1,000 | 4,000 | 400,000 | 12 |" in lines
    assert "| three | here | not trained yet |  |  |  |  |  |  |" in lines
    assert "| other | in print: B† | 2.5 |  |  |  |  |  |  |" in lines
    assert "| the data of `ring(modes=4)` | on average | 4.0 | 98.9 |  |  |  |  |  |" in lines
    assert "† From memory of the paper; not confirmed." in lines
    assert "| Two finds more. | B† | **too few seeds** | 4 and 3 |" in lines
    assert "* A ring is no ring." in lines
    assert "* All is smaller." in lines
    assert "Trained for 1,000 steps. The protocol has 1,000 steps." in said


def test_at_equal_gradients_and_samples_each_is_told_as_far_as_the_cheapest_goes() -> None:
    """A step of `two` takes twice of both: at the end of `gan`, it is at step 500."""
    results = Results(SMALL, ROWS)
    for what in ("gradients", "samples"):
        found = results.at_equal(what)
        assert {name: (at.step, at.gradients, at.samples) for name, at in found.items()} == {
            "gan": (1_000, 2_000, 200_000), "two": (500, 2_000, 200_000),
        }  # fmt: skip
        assert found["two"].readings["modes"].value == 3
        assert found["gan"].readings["modes"].value == pytest.approx((2 + 4 + 1) / 3)
    assert markdown(results).count("| two | 500 | 2,000 | 200,000 | 3.0 |") == 2
    assert Results(SMALL, {}).at_equal("gradients") == {}


def test_the_table_in_json_has_the_same_numbers_and_no_nan() -> None:
    found = json.loads(as_json(Results(SMALL, ROWS)))
    gan, two, three, other = found["ways"]
    assert gan["here"]["readings"]["modes"]["value"] == 3
    assert (gan["here"]["seeds"], gan["here"]["diverged"]) == (3, 1)
    assert gan["published"] == [
        {"source": "A, Table 1", "cells": {"modes": [3.1, 0.2], "high_quality": "few"}, "confirmed": True}
    ]
    assert two["here"]["readings"]["modes"] == {"value": 4, "low": None, "high": None, "of": 1}
    assert three["here"] is None
    assert (other["here"], other["config"]) == (None, None)
    assert found["claims"][0]["verdict"] == TOO_FEW
    assert found["equal_gradients"]["two"]["step"] == 500


def test_nothing_is_trained_yet() -> None:
    assert "No run is done." in markdown(Results(SMALL, {}))
    assert json.loads(as_json(Results(SMALL, {})))["equal_samples"] == {}
