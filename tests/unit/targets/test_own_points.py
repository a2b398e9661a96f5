"""A visitor's own points as a target: what is drawn, what never is, and what their parts are."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.datasets import folder as data
from gan_core.datasets.dataset import scaled
from gan_core.datasets.folder import Missing
from gan_core.looking.measures.quality import collapsed, floors, place
from gan_core.setup.config import GANConfig
from gan_core.targets.own import cells
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import Target
from gan_core.training.known import check_known, completed


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "data"))


def kept(points: np.ndarray, folder: Path) -> str:
    """The name of these points as a target."""
    path = folder / "points.csv"
    path.write_text("\n".join(f"{x!r},{y!r}" for x, y in points.tolist()), encoding="utf-8")
    return f"csv-{data.keep(path).fingerprint}"


def blobs(n: int, seed: int = 0) -> np.ndarray:
    """Points about (0, 0), (10, 0) and (0, 10), half of them about the first."""
    random = np.random.default_rng(seed)
    centres = np.array([(0, 0), (10, 0), (0, 10)])[random.choice(3, n, p=(0.5, 0.25, 0.25))]
    return np.asarray(centres + random.normal(0, 0.3, (n, 2)))


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rows(x: torch.Tensor) -> set[tuple[float, ...]]:
    return set(map(tuple, x.tolist()))


def test_all_that_is_drawn_are_points_that_are_not_held_out_each_as_often(tmp_path: Path) -> None:
    points = blobs(300)
    target, inside = TARGETS.make(kept(points, tmp_path)), scaled(points, "", ("", ""))
    assert target.held_out is not None
    assert rows(target.held_out) == rows(torch.from_numpy(inside.points[inside.held_out]))
    n = 270 * 100
    x = target.sample(n, stream())
    assert (x.shape, x.dtype) == ((n, 2), torch.float32)
    assert rows(x) == rows(torch.from_numpy(inside.points)) - rows(target.held_out)
    assert len(target.held_out) == 30
    _, counts = x.unique(dim=0, return_counts=True)
    chi = float(((counts - 100.0).square() / 100).sum())
    assert chi < 269 + 5 * math.sqrt(2 * 269)
    assert torch.equal(x, target.sample(n, stream()))
    assert not torch.equal(x, target.sample(n, stream(1)))


def test_a_name_is_a_target_wherever_targets_are_named(tmp_path: Path) -> None:
    name = kept(blobs(300), tmp_path)
    config = completed(GANConfig(target=name))
    assert config.target == name
    check_known(config)
    assert name not in TARGETS, "a list of all targets has none of somebody's own"
    with pytest.raises(ValueError, match=r"There is no target 'csv-12'; there are spiral"):
        TARGETS.make("csv-12")
    with pytest.raises(ValueError, match=f"The target {name} has no number 'sd'; it has none"):
        TARGETS.make(f"{name}(sd=1)")


def test_a_run_that_names_data_that_are_not_here_is_known_but_cannot_be_made() -> None:
    config = GANConfig(target="csv-0123456789abcdef")
    check_known(config)
    for _ in range(2):
        with pytest.raises(Missing, match="not on this machine"):
            TARGETS.make(config.target)


def test_parts_hold_the_points_as_their_shares_say(tmp_path: Path) -> None:
    """A blob's points are in parts of that blob, what is between the blobs is off, and so is hardly any of the data."""
    points = blobs(20_000)
    target, inside = TARGETS.make(kept(points, tmp_path)), scaled(points, "", ("", ""))
    strata = target.strata
    assert strata is not None
    assert strata.count == 50
    x = target.sample(50_000, stream()).double()
    index = strata.of(x)
    assert float((index < 0).double().mean()) == pytest.approx(0.01, abs=0.005)
    assert target.held_out is not None
    assert float((strata.of(target.held_out.double()) < 0).double().mean()) == pytest.approx(0.01, abs=0.01)
    counts = torch.bincount(index[index >= 0], minlength=50).double()
    expected = strata.fair() * counts.sum()
    assert ((counts - expected).square() / expected).sum() < 49 + 5 * math.sqrt(2 * 49)
    centres = (torch.tensor([(0, 0), (10, 0), (0, 10)]) - torch.tensor(inside.scale.middle)) / inside.scale.unit
    blob = torch.cdist(x, centres.double()).argmin(1)
    for part in range(50):
        assert len(blob[index == part].unique()) == 1, "no part reaches over to another blob"
    between = torch.stack([(centres[0] + centres[1]) / 2, (centres[1] + centres[2]) / 2])
    outside = torch.tensor([(0.95, 0.95), (-1.0, -1.0), (1.0, 1.0), (5.0, 0.0), (math.nan, 0.0), (math.inf, 0.0)])
    assert (strata.of(torch.cat((between, outside)).double()) == -1).all()
    left = torch.tensor([x[index == part, 0].mean() for part in range(50)])
    assert (left.diff() > -0.01).all(), "numbered from left to right, by their centres"


def test_coverage_is_that_of_real_data_and_of_a_collapse(tmp_path: Path) -> None:
    target = TARGETS.make(kept(blobs(20_000), tmp_path))
    best, worst = floors(target, 5_000), collapsed(target, 5_000)
    assert best["coverage"] == 1
    assert best["on_band"] == pytest.approx(0.99, abs=0.005)
    assert worst["coverage"] <= 1 / 50
    one_blob = target.sample(20_000, stream())
    one_blob = one_blob[(one_blob < 0).all(1)][:5_000]  # half of the data
    placed = place(one_blob, target)
    assert placed.on_band == pytest.approx(0.99, abs=0.01)
    assert 0.2 < placed.coverage < 0.7


def of_other_shapes() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        "ten points": random.normal(size=(10, 2)),
        "two places": np.repeat([(0.0, 0.0), (1.0, 1.0)], 500, axis=0),
        "eight places, a million times": np.tile([(i % 3, i // 3) for i in range(8)], (20_000, 1)).astype(float),
        "a line": np.stack((np.arange(500.0), np.zeros(500)), 1),
        "an outlier": np.concatenate((random.normal(size=(5000, 2)) * 1e-3, [(1000.0, 0.0)])),
        "a grid of whole numbers": np.stack(np.divmod(np.arange(3000), 60), 1).astype(float),
    }


@pytest.mark.parametrize("points", of_other_shapes().values(), ids=of_other_shapes())
def test_points_of_any_shape_have_parts_or_none(points: np.ndarray, tmp_path: Path) -> None:
    target: Target = TARGETS.make(kept(points, tmp_path))
    x = target.sample(2_000, stream())
    assert x.abs().max() <= 0.9
    if target.strata is None:
        return
    index = target.strata.of(x.double())
    assert float((index < 0).double().mean()) < 0.15
    assert index.max() < target.strata.count
    fair = target.strata.fair()
    assert float(fair.min()) > 0
    assert float(fair.sum()) == pytest.approx(1)


def test_places_that_come_again_and_again_are_the_parts() -> None:
    strata = cells(np.repeat([(-0.9, 0.0), (0.0, 0.5), (0.9, -0.5)], (100, 200, 700), axis=0))
    assert strata is not None
    assert strata.fair().tolist() == pytest.approx([0.1, 0.2, 0.7])
    assert strata.of(torch.tensor([(-0.9, 0.0), (0.0, 0.5), (0.9, -0.5), (0.9, 0.5)]).double()).tolist() == [
        0,
        1,
        2,
        -1,
    ]
    assert cells(np.zeros((50, 2))) is None
