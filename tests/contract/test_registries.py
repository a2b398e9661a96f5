"""What every target and every objective must keep to, whoever adds it."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core.looking.measures.quality import place
from gan_core.setup.config import TASK_NAMES
from gan_core.setup.limits import MAX_STRATA
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import OPPONENTS, Target
from gan_core.texts.catalogue import fields_of, words
from gan_core.training.kernels import Array, Kernels, NumpyKernels, TorchKernels
from gan_core.training.objectives import OBJECTIVES, Objective, Sides, of_generator
from gan_core.training.tasks import TASKS
from losses import D_LOSSES, G_LOSSES, scale

EACH_TARGET = pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
POINT = "dirac"  # all data in one place: nothing is drawn, and there are no parts to be reached
EACH_SPREAD_OUT = pytest.mark.parametrize(
    "target", [TARGETS[name] for name in TARGETS if name != POINT], ids=[name for name in TARGETS if name != POINT]
)
EACH_OBJECTIVE = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=list(OBJECTIVES))
N = 4_000


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def square(n: int = N) -> torch.Tensor:
    return torch.rand((n, 2), generator=stream(1)) * 2 - 1


def test_entries_are_filed_under_their_names() -> None:
    assert list(TASKS) == list(TASK_NAMES)
    for registry in (OPPONENTS, TASKS):
        assert all(entry.name == name for name, entry in registry.items())


@EACH_TARGET
def test_samples_are_finite_points_of_the_square_that_the_stream_fixes(target: Target) -> None:
    x = target.sample(N, stream())
    assert (x.shape, x.dtype, x.device.type) == ((N, 2), torch.float32, "cpu")
    assert x.abs().max() <= 1  # tanh reaches no further
    assert torch.equal(x, target.sample(N, stream()))
    assert torch.equal(x, target.sample(N, stream(9))) == (not x.any())  # other points, where there are any others
    assert target.sample(0, stream()).shape == (0, 2)


def test_one_target_is_a_point_and_has_no_parts() -> None:
    target = TARGETS[POINT]
    assert not target.sample(N, stream()).any()
    assert (target.strata, target.density, target.modes, target.transform) == (None,) * 4


@EACH_TARGET
def test_the_transform_is_a_function_of_its_points_alone(target: Target) -> None:
    if target.transform is None:
        return
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
    assert target.transform is not None
    uv = square().double()
    torch.testing.assert_close(target.inverse(target.transform(uv)), uv, rtol=0, atol=1e-9)
    anywhere = target.inverse(square().double())
    assert torch.isfinite(anywhere).all()
    assert anywhere[:, 0].abs().max() <= 1


@EACH_TARGET
def test_a_density_is_one_of_the_samples(target: Target) -> None:
    """Not negative, positive at samples, of total mass 1, and samples fall into 40 x 40 cells as it says."""
    if target.density is None:
        return
    n, cells, draws = 400, 40, 40_000
    along = (torch.arange(n, dtype=torch.float64) + 0.5) * (2 / n) - 1
    p = torch.cat([target.density(part) for part in torch.cartesian_prod(along, along).split(100_000)])
    assert p.shape == (n * n,)
    assert torch.isfinite(p).all()
    assert (p >= 0).all()
    assert float(p.mean() * 4) == pytest.approx(1, abs=5e-3)
    x = target.sample(draws, stream()).double()
    inside = x if target.transform is None else target.transform(square().double() * 0.999)
    assert (target.density(inside) > 0).all()
    expected = p.view(cells, n // cells, cells, n // cells).mean((1, 3)).flatten() * (draws * 4 / cells**2)
    column, row = ((x + 1) * (cells / 2)).long().clamp(0, cells - 1).unbind(1)
    counted = torch.bincount(column * cells + row, minlength=cells**2)
    some = expected > 10
    chi = ((counted - expected).square() / expected)[some].sum()
    freedom = int(some.sum())
    assert (
        chi < freedom + 5 * math.sqrt(2 * freedom) + 0.03**2 * draws
    )  # edges cross cells, of which 100 places are seen
    assert int(counted[~some].sum()) == pytest.approx(float(expected[~some].sum()), abs=5 * math.sqrt(draws * 0.05))


@EACH_SPREAD_OUT
def test_parts_of_the_data_are_those_of_the_samples(target: Target) -> None:
    """Each sample in one part or off, in numbers as the shares have it; one point reaches one part, by far most do."""
    strata = target.strata
    assert strata is not None, "none of these is to be seen without"
    assert strata.count <= MAX_STRATA
    n = 20_000
    x = target.sample(n, stream()).double()
    index = strata.of(x)
    assert (index.shape, index.dtype) == ((n,), torch.int64)
    assert index.min() >= -1
    assert index.max() < strata.count
    # At most as often as noise about a point is more than three standard deviations away: exp(-9/2).
    assert float((index < 0).double().mean()) < math.exp(-4.5) + 5 * math.sqrt(math.exp(-4.5) / n)
    on = index[index >= 0]
    fair = strata.fair()
    assert float(fair.sum()) == pytest.approx(1)
    expected = fair * len(on)
    chi = ((torch.bincount(on, minlength=strata.count) - expected).square() / expected).sum()
    freedom = strata.count - 1
    assert chi < freedom + 5 * math.sqrt(2 * freedom)
    for point in x[index >= 0][:20]:  # complete collapse, float32 as a generator gives it
        placed = place(point.float().expand(100, 2), target)
        assert int((placed.along > 0).sum()) <= 1
    # Point by point, whatever the batch around it; anywhere on the square, its edges included.
    anywhere = torch.cat((square().double(), torch.cartesian_prod(*[torch.linspace(-1, 1, 9).double()] * 2)))
    index = strata.of(anywhere)
    assert bool(((index >= -1) & (index < strata.count)).all())
    assert torch.equal(torch.cat([strata.of(part) for part in anywhere.split(7)]), index)
    assert strata.of(anywhere[:0]).shape == (0,)
    assert (index < 0).any(), "the corners are off"


@EACH_SPREAD_OUT
def test_every_part_has_words(target: Target) -> None:
    assert target.strata is not None
    own = words(f"strata.{target.strata.words}")
    assert set(own) == {"label", "axis", "where", "part", "parts", "on"}
    assert fields_of(own["part"]) <= {"n", "group", "from", "to"}
    assert fields_of(own["where"]) <= {"count"}


def scores(size: float = 3.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What D says of n real points and n fakes, one after the other, and of n further fakes of G's."""
    real, fake, of_g = (torch.randn((16, 1), generator=stream(n)) * size for n in range(3))
    return torch.cat((real, fake)), real, of_g


def losses(objective: Objective, kernels: Kernels, both: Array, real: Array, fake: Array) -> tuple[Array, ...]:
    """D's loss and its derivative, then G's."""
    return (
        *Sides(objective, kernels, len(both) // 2).loss(both),
        *of_generator(objective, kernels, fake, real),
    )


KERNELS = TorchKernels(torch.device("cpu"), torch.float32)
EACH_SIZE = pytest.mark.parametrize("size", [0.0, 3.0, 100.0])


@EACH_SIZE
@EACH_OBJECTIVE
def test_losses_and_their_derivatives_are_finite(objective: Objective, size: float) -> None:
    both, real, fake = scores(size)
    d_loss, of_d, g_loss, of_g = losses(objective, KERNELS, both, real, fake)
    assert d_loss.shape == g_loss.shape == ()
    assert (of_d.shape, of_g.shape) == (both.shape, fake.shape)
    assert torch.isfinite(torch.cat((of_d, of_g, (d_loss + g_loss)[None, None]))).all()


@pytest.mark.parametrize("size", [3.0, 100.0])
@EACH_OBJECTIVE
def test_derivatives_are_those_of_the_losses(objective: Objective, size: float) -> None:
    """As autograd finds them, from the losses alone; in float64, because autograd's own rounding shows in float32."""
    both, real, fake = scores(size)
    both, fake = (x.double().requires_grad_() for x in (both, fake))
    d_loss, of_d, g_loss, of_g = losses(objective, KERNELS, both, real.double(), fake)
    expected = (*torch.autograd.grad(d_loss, both), *torch.autograd.grad(g_loss, fake))
    for got, wanted in zip((of_d, of_g), expected, strict=True):
        torch.testing.assert_close(got.detach().double(), wanted, rtol=1e-5, atol=1e-7)


@EACH_SIZE
@EACH_OBJECTIVE
def test_numpy_says_the_same(objective: Objective, size: float) -> None:
    arrays = scores(size)
    in_torch = losses(objective, KERNELS, *arrays)
    in_numpy = losses(objective, NumpyKernels(), *(x.numpy() for x in arrays))
    for got, wanted in zip(in_numpy, in_torch, strict=True):
        assert got.dtype == "float32"
        torch.testing.assert_close(torch.as_tensor(got), wanted, rtol=1e-5, atol=1e-7)


@EACH_OBJECTIVE
def test_losses_push_the_right_way(objective: Objective) -> None:
    """D gains by higher scores of real and lower ones of fake, G by higher ones of its fakes, near where D cannot tell.

    Further off, some leave alone who is right already, and least squares pull back who is too far on the right side.
    """
    both, real, fake = (x * 0.1 + objective.middle for x in scores())
    _, of_d, _, of_g = losses(objective, KERNELS, both, real, fake)
    assert (of_d[:16] < 0).all()
    assert (of_d[16:] > 0).all()
    assert (of_g < 0).all()


@EACH_OBJECTIVE
def test_losses_are_means(objective: Objective) -> None:
    """The same batch twice over has the same loss, and order does not matter, of pairs that stay together."""
    both, real, fake = scores()
    halves = torch.split(both, 16)
    twice = torch.cat([torch.cat((x, x.flip(0))) for x in halves])
    once = losses(objective, KERNELS, both, real, fake)[::2]
    again = losses(objective, KERNELS, twice, *(torch.cat((x, x.flip(0))) for x in (real, fake)))[::2]
    torch.testing.assert_close(once, again)


@pytest.mark.parametrize("name", D_LOSSES)
def test_losses_are_those_of_the_papers(name: str) -> None:
    if name.startswith("test-"):
        return
    objective, (both, real, fake) = OBJECTIVES.make(name), scores()
    d_loss, _, g_loss, _ = losses(objective, KERNELS, both, real, fake)
    assert objective.scale == scale(name)
    expected = scale(name) * D_LOSSES[name](*(x.double() for x in torch.split(both, 16)))
    assert float(d_loss) == pytest.approx(float(expected), rel=1e-5)
    assert float(g_loss) == pytest.approx(float(G_LOSSES[name](real.double(), fake.double())), rel=1e-5)


def test_every_objective_has_its_formula() -> None:
    assert set(OBJECTIVES) <= set(D_LOSSES)


@EACH_OBJECTIVE
def test_accuracy_is_the_share_on_the_right_side_of_the_level(objective: Objective) -> None:
    """1 of scores well apart, 0 the other way round; where only differences count, any constant may be added."""
    apart = torch.tensor([[3.0], [2.0], [-1.0], [-2.0]])
    sides = Sides(objective, KERNELS, 2)
    assert float(sides.accuracy(apart)) == 1
    assert float(sides.accuracy(-apart + 2 * objective.middle)) == 0
    if not objective.anchored:
        assert float(sides.accuracy(apart + 100)) == 1
        torch.testing.assert_close(sides.loss(apart + 100)[1], sides.loss(apart)[1])
