"""Losses against their closed forms, in float64 from the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gan_core.training.kernels import TorchKernels
from gan_core.training.objectives import OBJECTIVES, Sides, of_generator

NON_SATURATING = OBJECTIVES["non-saturating"]
MINIMAX = OBJECTIVES["minimax"]
TORCH = TorchKernels(torch.device("cpu"), torch.float32)
logits = st.lists(st.floats(-15, 15, width=32), min_size=1, max_size=20)


def d_loss(real: torch.Tensor, fake: torch.Tensor) -> float:
    each, _ = NON_SATURATING.error(TORCH, torch.cat((-real, fake)))
    return float(each.mean())


def test_known_values() -> None:
    """Worked out apart from this project: real scores (2, -1), fake (0.5, -3), and their derivatives."""
    real, fake = column([2, -1]), column([0.5, -3])
    expected = {
        "non-saturating": (0.615714, 1.761332),
        "minimax": (0.615714, -0.511332),
        "squared-error": (0.234590, 0.524967),
        "least-squares": (3.5625, 4.0625),
        "least-squares(a=-1, b=1, c=0)": (2.8125, 2.3125),
        "hinge": (1.75, 1.25),
        "wasserstein": (-1.75, 1.25),
        "relativistic": (0.164171, 1.914171),
    }
    for name, (of_d, of_g) in expected.items():
        objective = OBJECTIVES.make(name)
        d_loss, d_slope = Sides(objective, TORCH, 2).loss(torch.cat((real, fake)))
        g_loss, g_slope = of_generator(objective, TORCH, fake, real)
        assert (float(d_loss), float(g_loss)) == pytest.approx((of_d, of_g), abs=1e-6), name
        if name == "non-saturating":
            assert (d_slope[:, 0] * 2).tolist() == pytest.approx([-0.059601, -0.365529, 0.311230, 0.023713], abs=1e-6)
            assert g_slope[:, 0].tolist() == pytest.approx([-0.188770, -0.476287], abs=1e-6)
        if name == "minimax":
            assert g_slope[:, 0].tolist() == pytest.approx([-0.311230, -0.023713], abs=1e-6)
        if name == "relativistic":
            assert d_slope[:, 0].tolist() == pytest.approx([-0.091213, -0.059601, 0.091213, 0.059601], abs=1e-6)
            assert g_slope[:, 0].tolist() == pytest.approx([-0.408787, -0.440399], abs=1e-6)
    assert {OBJECTIVES.completed(name).split("(")[0] for name in expected} == set(OBJECTIVES)


def g_loss(fake: torch.Tensor) -> float:
    return float(NON_SATURATING.generator(TORCH, fake)[0])


def column(values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


@given(logits, logits)
def test_discriminator_loss_is_binary_cross_entropy(real: list[float], fake: list[float]) -> None:
    """-log D on real, -log(1 - D) on fake, one mean over both together."""
    d_real, d_fake = (1 / (1 + np.exp(-np.array(x, np.float64))) for x in (real, fake))
    expected = -(np.log(d_real).sum() + np.log1p(-d_fake).sum()) / (len(real) + len(fake))
    assert d_loss(column(real), column(fake)) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(logits)
def test_generator_loss_is_non_saturating(fake: list[float]) -> None:
    expected = -np.log(1 / (1 + np.exp(-np.array(fake, np.float64)))).mean()
    assert g_loss(column(fake)) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_gradient_of_the_generator_does_not_vanish_where_the_discriminator_is_sure() -> None:
    """d/dlogit of -log sigmoid(logit) is sigmoid(logit) - 1: -1 at -inf, where the saturating loss has 0."""
    _, derivative = NON_SATURATING.generator(TORCH, torch.tensor([[-50.0]]))
    assert float(derivative) == pytest.approx(-1)


@given(logits)
def test_minimax_generator_loss(fake: list[float]) -> None:
    expected = np.log1p(-1 / (1 + np.exp(-np.array(fake, np.float64)))).mean()
    assert float(MINIMAX.generator(TORCH, column(fake))[0]) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("logit", [-5.0, -20.0, -80.0])
def test_gradient_of_the_minimax_generator_vanishes_with_what_the_discriminator_gives_fakes(logit: float) -> None:
    """d/dlogit of log(1 - sigmoid(logit)) is -sigmoid(logit): -D(G(z))."""
    _, derivative = MINIMAX.generator(TORCH, torch.tensor([[logit]]))
    assert float(derivative) == pytest.approx(-1 / (1 + math.exp(-logit)), rel=1e-5)


@pytest.mark.parametrize("size", [1e3, 1e30])
def test_no_overflow(size: float) -> None:
    """A sure and wrong discriminator pays its logit, not infinity; a sure and right one pays nothing."""
    sure = torch.full((4, 1), size)
    assert d_loss(-sure, sure) == pytest.approx(size)
    assert d_loss(sure, -sure) == 0
    assert g_loss(-sure) == pytest.approx(size)
