"""Whether fakes are copies: against SciPy's Mann-Whitney test of distances by brute force, and cases that are known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu
from torch import Tensor

from gan_core.datasets import folder as data
from gan_core.looking.measures.memorisation import OF_EACH, Memory, memory_of
from gan_core.looking.offers import offers
from gan_core.looking.probe import Probe
from gan_core.records.frames import Moment
from gan_core.records.readings import PLACE
from gan_core.setup.config import GANConfig
from gan_core.setup.experiment import Experiment
from gan_core.setup.presets import PRESETS
from gan_core.targets.registry import TARGETS
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine


def normal(n: int, seed: int, sd: float = 1.0) -> Tensor:
    return sd * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


def nearest(x: Tensor, trained: Tensor) -> np.ndarray:
    return torch.cdist(x.double(), trained.double(), compute_mode="donot_use_mm_for_euclid_dist").amin(1).numpy()


TRAINED, HELD_OUT = normal(300, 1), normal(40, 2)


@pytest.mark.parametrize(
    "fakes",
    [
        normal(200, 3),
        normal(200, 3, 3.0),
        TRAINED[:150] + 0.01 * normal(150, 4),
        torch.cat((TRAINED[:50], HELD_OUT, HELD_OUT)),  # with ties, at nothing and elsewhere
    ],
    ids=["new", "far", "near-copies", "ties"],
)
def test_it_is_the_mann_whitney_statistic_of_the_distances(fakes: Tensor) -> None:
    of_fakes, of_held_out = nearest(fakes, TRAINED), nearest(HELD_OUT, TRAINED)
    of_pairs = float(mannwhitneyu(of_held_out, of_fakes).statistic) / (len(fakes) * len(HELD_OUT))
    assert Memory(TRAINED, HELD_OUT).measure(fakes)["memorised"] == pytest.approx(of_pairs, abs=1e-9)


def test_copies_are_told_from_new_data_and_from_what_lies_far_away() -> None:
    memory = Memory(TRAINED, HELD_OUT)
    assert memory.measure(TRAINED[:100])["memorised"] == 1
    assert memory.measure(HELD_OUT)["memorised"] == 0.5
    assert memory.measure(HELD_OUT.repeat(3, 1))["memorised"] == 0.5
    assert memory.measure(HELD_OUT + 50)["memorised"] == 0
    # Of points held out that are trained ones, too, which no data set has: both as near as can be.
    assert Memory(TRAINED, TRAINED[:20]).measure(TRAINED[50:90])["memorised"] == 0.5


def test_new_data_come_out_by_chance_as_far_from_one_half_as_it_says() -> None:
    """Of 400 draws of everything: on either side, 1 of 20 lie farther off."""
    found = []
    for seed in range(400):
        trained, held_out, fakes = normal(60, 3 * seed), normal(30, 3 * seed + 1), normal(50, 3 * seed + 2)
        found.append(Memory(trained, held_out).measure(fakes))
    off = np.array([abs(row["memorised"] - 0.5) - (row["memorised_by_chance"] - 0.5) for row in found])
    assert (off > 0).sum() == pytest.approx(0.05 * 400, abs=4 * math.sqrt(400 * 0.05 * 0.95))
    assert np.mean([row["memorised"] for row in found]) == pytest.approx(0.5, abs=0.02)


def test_the_gap_of_d_is_how_many_more_of_the_trained_points_it_takes_for_real() -> None:
    memory = Memory(TRAINED, HELD_OUT)
    known = {tuple(point) for point in TRAINED.tolist()}

    def by_heart(x: Tensor) -> Tensor:
        return torch.tensor([[2.0 if tuple(point) in known else -2.0] for point in x.tolist()])

    assert memory.gap(by_heart, 0.0) == 1
    assert memory.gap(by_heart, 3.0) == 0, "nothing is above this level"
    assert memory.gap(lambda x: -by_heart(x), 0.0) == -1
    # By a line through the points: of all held-out ones, and of as many trained ones, whichever.
    right = float((HELD_OUT[:, 0] > 0.2).double().mean())
    asked: list[Tensor] = []

    def by_side(x: Tensor) -> Tensor:
        asked.append(x)
        return x[:, :1] - 0.2

    gap = memory.gap(by_side, 0.0)
    trained, held_out = asked[0].view(2, 40, 2)
    assert {*map(tuple, held_out.tolist())} == {*map(tuple, HELD_OUT.tolist())}
    assert {*map(tuple, trained.tolist())} < known
    assert gap == pytest.approx(float((trained[:, 0] > 0.2).double().mean()) - right)


CONFIG = {"generator": "16:relu", "discriminator": "16:relu", "batch": "16"}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a data set of 700 points, some of them the same."""
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "data"))
    path = tmp_path / "points.csv"
    rows = [*normal(650, 5).tolist(), *normal(50, 5).tolist()]
    path.write_text("\n".join(f"{x!r},{y!r}" for x, y in rows))
    return f"csv-{data.keep(path).fingerprint}"


@pytest.mark.parametrize("packing", [1, 2])
def test_each_look_at_a_run_of_own_data_has_it(own: str, packing: int) -> None:
    quick = PRESETS["quick"]
    engine = GANEngine(
        Experiment(quick.config.changed(CONFIG | {"target": own, "packing": str(packing)}), quick.values),
        3,
        device="cpu",
        threads=1,
    )
    engine.advance(5)
    target, probe = engine.target, Probe(engine.config, engine.compute.device)
    assert target.trained is not None
    assert target.held_out is not None
    reading = probe.look(engine.generator, engine.discriminator, Moment(0, 5, 0.0), resolution=24, points=500).reading
    assert reading is not None
    values = dict(zip(PLACE, reading.values.tolist(), strict=True))
    fakes = probe.fakes(engine.generator, 5)[:500]
    of_fakes, of_held_out = nearest(fakes, target.trained), nearest(target.held_out, target.trained)
    pairs = float(mannwhitneyu(of_held_out, of_fakes).statistic) / (500 * len(target.held_out))
    assert values["memorised"] == pytest.approx(pairs, abs=1e-6)
    if packing > 1:
        assert math.isnan(values["d_gap"]), "a D of packs says nothing of single points"
        return
    with torch.no_grad():
        share = float((engine.discriminator(target.held_out) > 0).double().mean())
        trained = float((engine.discriminator(target.trained) > 0).double().mean())
    assert values["d_gap"] == pytest.approx(trained - share, abs=4 * math.sqrt(0.25 / len(target.held_out)))


def test_only_data_of_which_points_are_held_out_can_be_memorised(own: str) -> None:
    assert memory_of(TARGETS["spiral"]) is None
    assert "held_out" not in offers(GANConfig())
    assert "held_out" in offers(GANConfig(target=own))
    engine = GANEngine(Experiment(PRESETS["quick"].config.changed(CONFIG), PRESETS["quick"].values), 3, device="cpu")
    probe = Probe(engine.config, engine.compute.device)
    reading = probe.look(engine.generator, engine.discriminator, Moment(0, 0, 0.0), resolution=24, points=500).reading
    assert reading is not None
    assert np.isnan([reading.values[PLACE[name]] for name in ("memorised", "memorised_by_chance", "d_gap")]).all()


def test_the_words_say_how_many_points_d_is_asked_about() -> None:
    assert f"{OF_EACH} of each at most" in say("reading.d_gap.help")
