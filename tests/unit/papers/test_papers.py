"""Papers' tables: what is published stands as it does there; what is trained is the protocol, and counted rightly."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from gan_core.papers.counts import Count, floors, of_modes
from gan_core.papers.critics import SCALE
from gan_core.papers.paper import Cell, Table, Way
from gan_core.papers.registry import TABLES
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
