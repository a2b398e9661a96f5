"""Penalties on D's gradient: against numbers worked out by hand, and the two ways of making them a step's gradient."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.training.backprop import Backprop
from gan_core.training.engine import GANEngine
from gan_core.training.kernels import NumpyKernels, TorchKernels
from gan_core.training.networks import make_discriminator
from gan_core.training.penalties import PENALTIES

KERNELS = TorchKernels(torch.device("cpu"), torch.float32)
REAL, FAKE = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[-1.0, 1.0], [3.0, -1.0]])


class Quadratic(nn.Module):
    """D(x) = a.x + x'Hx/2 with a = (1, -2), H = [[2, 1/2], [1/2, -1]]: its gradient at x is a + Hx."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor([1.0, -2.0]))
        self.h = nn.Parameter(torch.tensor([[2.0, 0.5], [0.5, -1.0]]))

    def forward(self, x: Tensor) -> Tensor:
        return (x @ self.a + ((x @ self.h) * x).sum(1) / 2)[:, None]


@pytest.mark.parametrize(("name", "expected"), [("r1", 15.625 / 2), ("r2", 27.5 / 2), ("r1+r2", (15.625 + 27.5) / 2)])
def test_mean_squared_gradients(name: str, expected: float) -> None:
    of = PENALTIES.make(name).of
    assert float(of(Quadratic(), REAL, FAKE, torch.Generator()).detach()) == pytest.approx(expected, rel=1e-6)


def test_between_real_and_fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """With alpha (0.25, 0.5) on the real end the norms are 3.023347 and 4.596194."""
    monkeypatch.setattr(torch, "rand", lambda *size, **_: torch.tensor([[0.25], [0.5]]))
    of = PENALTIES.make("wgan-gp").of
    assert 10 * float(of(Quadratic(), REAL, FAKE, torch.Generator()).detach()) == pytest.approx(85.132718, rel=1e-6)


def test_places_of_its_own() -> None:
    """Between: on the line, one share a pair. Around: each coordinate by up to half the batch's standard deviation."""
    random = torch.Generator().manual_seed(1)
    real, fake = torch.randn(500, 2, generator=random), torch.randn(500, 2, generator=random) + 3

    def uniform(rows: int, columns: int) -> Tensor:
        return torch.rand(rows, columns, generator=random)

    between = PENALTIES.make("wgan-gp").norm.points(real, fake, uniform)
    shares = (between - fake) / (real - fake)
    torch.testing.assert_close(shares[:, 0], shares[:, 1], rtol=0, atol=1e-4)
    assert float(shares.mean()) == pytest.approx(0.5, abs=5 * (1 / 12) ** 0.5 / 500**0.5)
    moved = (PENALTIES.make("dragan").norm.points(real, fake, uniform) - real) / (0.5 * real.std())
    assert -1e-5 < moved.min() < 0.02
    assert 0.98 < moved.max() < 1 + 1e-5
    assert abs(float(torch.corrcoef(moved.t())[0, 1])) < 0.2


@pytest.mark.parametrize("kernels", [KERNELS, NumpyKernels()], ids=["torch", "numpy"])
@pytest.mark.parametrize("name", [name for name in PENALTIES if name != "none"])
@pytest.mark.parametrize("network", ["2,3:relu", "16,16:leaky-relu(slope=0.2)", "64,64,64:leaky-relu", "8:relu"])
def test_no_second_pass_backward_is_needed(network: str, name: str, kernels: object) -> None:
    """A loss and a penalty together: gradients as autograd finds them by differentiating twice, in float64."""
    config = GANConfig(discriminator=network)
    random = torch.Generator().manual_seed(3)
    d = make_discriminator(config, random)
    for _, bias in d.views(d.parameters_flat):
        bias.copy_(torch.randn(bias.shape, generator=random) / 4)
    norm, n = PENALTIES.make(name).norm, 24
    real, fake = (torch.rand(n, 2, generator=random) * 2 - 1 for _ in range(2))
    own = (norm.points(real, fake, lambda *size: torch.rand(*size, generator=random)),) if norm.elsewhere else ()
    x = torch.cat((real, fake, *own))
    slopes = torch.zeros(len(x), 1)
    slopes[: 2 * n] = torch.randn(2 * n, 1, generator=random) / n
    passes = Backprop(d, kernels, len(x))
    rows = kernels.batch(x)
    passes.forward(rows)
    passes.penalised(rows, kernels.batch(slopes), norm.rows(n), lambda g: norm.slope(g, n) * 0.7)
    found = d.gradients_flat.clone()

    exact = make_discriminator(config, torch.Generator().manual_seed(3)).double()
    with torch.no_grad():
        for (weight, bias), (w, b) in zip(
            [(layer.weight, layer.bias) for layer in exact.layers if isinstance(layer, nn.Linear)],
            d.views(d.parameters_flat),
            strict=True,
        ):
            weight.copy_(w)
            bias.copy_(b)
    at = x.double().requires_grad_()
    scores = exact(at)
    (gradients,) = torch.autograd.grad(scores.sum(), at, create_graph=True)
    whole = (scores * slopes.double()).sum() + 0.7 * norm.value(gradients[norm.rows(n)], n)
    of_each = torch.autograd.grad(whole, list(exact.parameters()), allow_unused=True, materialize_grads=True)
    expected = torch.cat([gradient.reshape(-1) for gradient in of_each]).float()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("name", ["r1", "r1+r2"])
def test_a_lazy_one_is_the_whole_one_at_every_so_many_steps(name: str) -> None:
    """The same networks trained by turns: with so many times the weight at the first of every 4, and without it."""
    network = {"generator": "16:relu", "discriminator": "16,8:relu", "batch": 32, "noise_steps": 10}
    values = HyperParameters(penalty_weight=0.5, instance_noise=0.1)
    lazy = GANEngine(Experiment(GANConfig(**network, penalty=f"lazy-{name}(every=4)"), values), 2, device="cpu")
    with_it = GANEngine(Experiment(GANConfig(**network, penalty=name), replace(values, penalty_weight=2.0)), 2)
    without = GANEngine(Experiment(GANConfig(**network), values), 2, device="cpu")
    turn = with_it
    for step in range(11):
        goes, turn = turn, with_it if step % 4 == 0 else without
        state = goes.state()
        turn.restore(state)
        turn.values = values if turn is without else replace(values, penalty_weight=2.0)
        lazy.step()
        turn.step()
        for one, other in ((lazy.discriminator, turn.discriminator), (lazy.generator, turn.generator)):
            torch.testing.assert_close(one.parameters_flat, other.parameters_flat, rtol=1e-5, atol=1e-7)
    assert not torch.equal(with_it.discriminator.parameters_flat, without.discriminator.parameters_flat)


def test_a_lazy_one_goes_on_from_its_bytes_in_time() -> None:
    """Whether a step has it is told by the number of the step, not by how long the engine has been there."""
    config = GANConfig(generator="16:relu", discriminator="16:relu", batch=32, penalty="lazy-r1(every=5)")
    whole, half = (GANEngine(Experiment(config, HyperParameters()), 3, device="cpu") for _ in range(2))
    whole.advance(23)
    half.advance(12)
    other = GANEngine(Experiment(config, HyperParameters()), 4, device="cpu")
    other.restore(half.state())
    other.advance(11)
    assert torch.equal(whole.discriminator.parameters_flat, other.discriminator.parameters_flat)


def test_its_weight_is_a_live_value() -> None:
    """From the next step on; and with hardly any, the run is the one without."""
    config = GANConfig(generator="16:relu", discriminator="16:relu", penalty="r1+r2", batch=32)

    def engine(penalty: str, weight: float) -> GANEngine:
        values = HyperParameters(penalty_weight=weight)
        return GANEngine(Experiment(GANConfig(**{**vars(config), "penalty": penalty}), values), 2, device="cpu")

    none, little, much = engine("none", 1), engine("r1+r2", 1e-4), engine("r1+r2", 1e-4)
    for _ in range(20):
        for each in (none, little, much):
            each.step()
    of_none, of_little, of_much = (each.discriminator.parameters_flat for each in (none, little, much))
    torch.testing.assert_close(of_little, of_none, rtol=0, atol=0.01)
    assert torch.equal(of_little, of_much)
    much.set(penalty_weight=100)
    for each in (little, much):
        each.advance(200)

    def steepness(engine: GANEngine) -> float:
        x = torch.rand(500, 2, generator=torch.Generator().manual_seed(0)).requires_grad_()
        (gradients,) = torch.autograd.grad(engine.discriminator(x).sum(), x)
        return float(gradients.square().sum(1).mean())

    assert steepness(much) < 0.5 * steepness(little)
