"""Guide lines: published values of the best D's loss where G has some of eight modes, and integrals on cells."""

from __future__ import annotations

import math

import pytest

from gan_core.looking.guides import guides
from gan_core.setup.config import GANConfig
from gan_core.training.objectives import OBJECTIVES


@pytest.mark.parametrize(
    ("objective", "at"),
    [
        ("non-saturating", (0.1962, 0.4774, 0.6931)),
        ("minimax", (0.1962, 0.4774, 0.6931)),
        ("relativistic", (0.0866, 0.3466, 0.6931)),
        ("hinge", (0.25, 1.0, 2.0)),
        ("least-squares", (1 / 18, 4 / 24, 0.25)),
        ("squared-error", (1 / 18, 4 / 24, 0.25)),
    ],
)
def test_eight_modes(objective: str, at: tuple[float, ...]) -> None:
    found = guides(GANConfig(target="ring", objective=objective))
    assert [(guide.modes, guide.of) for guide in found] == [(1, 8), (4, 8), (8, 8)]
    assert [guide.loss for guide in found] == pytest.approx(at, abs=5e-5)


@pytest.mark.parametrize("objective", [name for name in OBJECTIVES if OBJECTIVES[name].best is not None])
@pytest.mark.parametrize("share", [1, 3, 5])
def test_no_d_pays_less_on_cells(objective: str, share: int) -> None:
    """Five cells of equal mass, of which the fakes have some: the best score in each is searched for."""
    of = OBJECTIVES[objective]
    p, q = [1 / 5] * 5, [1 / share] * share + [0.0] * (5 - share)
    least = 0.0
    if objective == "relativistic":  # only differences count, and the best are those of ln(p / q)
        ratio = [math.log(a / b) if b else 60.0 for a, b in zip(p, q, strict=True)]
        real, fake = list(zip(p, ratio, strict=True)), list(zip(q, ratio, strict=True))
        least = sum(a * b * math.log1p(math.exp(y - x)) for a, x in real for b, y in fake)
    else:
        scores = [-40 + k / 100 for k in range(8001)]
        for a, b in zip(p, q, strict=True):
            least += min(a * pays(objective, s, real=True) + b * pays(objective, s, real=False) for s in scores)
        least *= of.scale
    assert of.best(share / 5) == pytest.approx(least, abs=1e-4)


def pays(objective: str, score: float, *, real: bool) -> float:
    """What D pays for one point, as papers write it."""
    if objective == "hinge":
        return max(0.0, 1 - score if real else 1 + score)
    if objective == "least-squares":
        return ((score - 1) if real else score) ** 2 / 2
    chance = 1 / (1 + math.exp(-score))
    if objective == "squared-error":
        return ((1 - chance) if real else chance) ** 2
    return math.log1p(math.exp(-score if real else score))


def test_where_none_are_known() -> None:
    """No modes, unequal ones, packing: only that D cannot tell; a critic's scores: nothing."""
    for config in (GANConfig(), GANConfig(target="closed-ring"), GANConfig(target="ring", packing=2)):
        (found,) = guides(config)
        assert (found.modes, found.of, found.loss) == (1, 1, pytest.approx(math.log(2)))
    assert guides(GANConfig(target="ring", objective="wasserstein")) == ()
    assert guides(GANConfig(task="fit")) == ()
