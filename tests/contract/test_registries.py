"""What every target and every objective must keep to, whoever adds it."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core.objectives import OBJECTIVES, Objective
from gan_core.targets import TARGETS, Target

EACH_TARGET = pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
EACH_OBJECTIVE = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=list(OBJECTIVES))
N = 4_000

# D's and G's loss where D says 0.5 everywhere. A new objective states its own here.
AT_ZERO = {"non-saturating": (math.log(2), math.log(2))}


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def square(n: int = N) -> torch.Tensor:
    return torch.rand((n, 2), generator=stream(1)) * 2 - 1


def test_entries_are_filed_under_their_names() -> None:
    for registry in (TARGETS, OBJECTIVES):
        assert {entry.name for entry in registry.values()} == set(registry)
        assert all(entry.name == name for name, entry in registry.items())


@EACH_TARGET
def test_samples_are_finite_points_of_the_square_that_the_stream_fixes(target: Target) -> None:
    x = target.sample(N, stream())
    assert (x.shape, x.dtype, x.device.type) == ((N, 2), torch.float32, "cpu")
    assert x.abs().max() <= 1  # tanh reaches no further
    assert torch.equal(x, target.sample(N, stream()))
    assert not torch.equal(x, target.sample(N, stream(9)))
    assert target.sample(0, stream()).shape == (0, 2)


@EACH_TARGET
def test_the_transform_is_a_function_of_its_points_alone(target: Target) -> None:
    uv = square()
    x = target.transform(uv)
    assert x.shape == (N, 2)
    assert torch.isfinite(x).all()
    # Point by point, whatever the batch around it.
    torch.testing.assert_close(torch.cat([target.transform(part) for part in uv.split(7)]), x, rtol=0, atol=1e-6)


@EACH_TARGET
def test_an_inverse_leads_back(target: Target) -> None:
    if target.inverse is None:
        return
    uv = square().double()
    torch.testing.assert_close(target.inverse(target.transform(uv)), uv, rtol=0, atol=1e-9)
    anywhere = target.inverse(square().double())
    assert torch.isfinite(anywhere).all()
    assert anywhere[:, 0].abs().max() <= 1


@EACH_TARGET
def test_a_density_is_one_of_the_samples(target: Target) -> None:
    """Not negative, positive at samples, and of total mass 1: the mean of 4 p over an even grid of the square."""
    if target.density is None:
        return
    n = 1_000
    along = (torch.arange(n, dtype=torch.float64) + 0.5) * (2 / n) - 1
    p = torch.cat([target.density(part) for part in torch.cartesian_prod(along, along).split(100_000)])
    assert p.shape == (n * n,)
    assert torch.isfinite(p).all()
    assert (p >= 0).all()
    assert float(p.mean() * 4) == pytest.approx(1, abs=5e-3)
    inside = target.transform(square().double() * 0.999)
    assert (target.density(inside) > 0).all()


def logits(requires_grad: bool = False, size: float = 3.0) -> tuple[torch.Tensor, torch.Tensor]:
    real, fake = (torch.randn((n, 1), generator=stream(n)) * size for n in (16, 24))
    return real.requires_grad_(requires_grad), fake.requires_grad_(requires_grad)


@EACH_OBJECTIVE
def test_losses_are_finite_scalars_with_finite_gradients(objective: Objective) -> None:
    for size in (0.0, 3.0, 100.0):
        real, fake = logits(requires_grad=True, size=size)
        for loss in (objective.discriminator(real, fake), objective.generator(fake)):
            assert loss.shape == ()
            assert torch.isfinite(loss)
        (objective.discriminator(real, fake) + objective.generator(fake)).backward()
        assert torch.isfinite(real.grad).all()
        assert torch.isfinite(fake.grad).all()


@EACH_OBJECTIVE
def test_losses_push_the_right_way(objective: Objective) -> None:
    """D gains by higher logits on real and lower ones on fake; G by higher ones on its fakes."""
    real, fake = logits(requires_grad=True)
    on_real, on_fake = torch.autograd.grad(objective.discriminator(real, fake), (real, fake))
    assert (on_real < 0).all()
    assert (on_fake > 0).all()
    assert (torch.autograd.grad(objective.generator(fake), fake)[0] < 0).all()


@EACH_OBJECTIVE
def test_losses_are_means(objective: Objective) -> None:
    """The same batch twice over has the same loss, and order does not matter."""
    real, fake = logits()
    twice = [torch.cat((x, x.flip(0))) for x in (real, fake)]
    torch.testing.assert_close(objective.discriminator(*twice), objective.discriminator(real, fake))
    torch.testing.assert_close(objective.generator(twice[1]), objective.generator(fake))


@EACH_OBJECTIVE
def test_losses_of_a_discriminator_that_cannot_tell(objective: Objective) -> None:
    assert objective.name in AT_ZERO
    zeros = torch.zeros((8, 1))
    got = float(objective.discriminator(zeros, zeros)), float(objective.generator(zeros))
    assert got == pytest.approx(AT_ZERO[objective.name], abs=1e-7)
