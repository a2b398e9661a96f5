"""Steps that are said to cure: on games whose course is known exactly, and against derivatives taken by differences."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus as sp

from gan_core.recording.file.checkpoint import pack_state, state_bytes, unpack_state
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.training.both_at_once import ConsensusStep, ExtragradientStep
from gan_core.training.draws import Draws
from gan_core.training.engine import GANEngine
from gan_core.training.kernels import TorchKernels
from gan_core.training.networks import flatten, make_discriminator, make_generator
from gan_core.training.optimisers import OPTIMISERS, SimpleOptimiser
from gan_core.training.plain import PlainStep
from gan_core.training.unrolled import UnrolledStep

KERNELS = TorchKernels(torch.device("cpu"), torch.float32)
BASE = GANConfig(generator="8:relu", discriminator="8:relu", batch=8)


class Point(nn.Module):
    """Dirac-GAN's generator (Mescheder et al. 2018): all mass at theta, on the first coordinate."""

    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, z: Tensor) -> Tensor:
        return torch.stack((self.theta.expand(len(z)), torch.zeros(len(z), dtype=torch.float64)), dim=1)


class Slope(nn.Module):
    """Its discriminator. Here large means real, there fake: so psi has the other sign."""

    def __init__(self) -> None:
        super().__init__()
        self.psi = nn.Parameter(-torch.ones((), dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.psi * x[:, :1]


class Plain(SimpleOptimiser):
    """w <- w - lr g."""

    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        return gradient * -lr


class Bare(Plain):
    """The same, for D, whose loss is half the literature's."""

    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        return gradient * (-2 * lr)


def game(kind: type[PlainStep], config: GANConfig) -> tuple[Any, nn.Module, nn.Module]:
    g, d = Point(), Slope()
    for network in (g, d):
        flatten(network)
    draws = Draws(torch.Generator().manual_seed(0), KERNELS)
    return kind(config, (g, d), (Plain(g), Bare(d)), KERNELS, draws), g, d


def radius(step: Any, g: nn.Module, d: nn.Module, count: int, values: HyperParameters, rows: int = 1) -> float:
    zeros = torch.zeros(4 * rows, 2, dtype=torch.float64), torch.zeros(12 * rows, 2, dtype=torch.float64)
    for _ in range(count):
        step.run(*zeros, values)
    return math.hypot(float(g.theta.detach()), float(d.psi.detach()))


H = HyperParameters(lr_g=0.1, lr_d=0.1)  # the largest that there is


def dirac(penalty: str, config: GANConfig, h: float, count: int) -> float:
    """The map of one step in which D moves first, written out: theta descends, psi ascends, as in the literature."""
    theta, psi = 1.0, 1.0

    def f1(t: float) -> float:  # f' of f(t) = -log(1 + exp(-t))
        return 1 / (1 + math.exp(t))

    for _ in range(count):
        psi += h * (theta * f1(psi * theta) - (psi if penalty == "r1" else 0.0))
        theta -= h * psi * f1(psi * theta if config.objective == "minimax" else -psi * theta)
    return math.hypot(theta, psi)


@pytest.mark.parametrize("objective", ["minimax", "non-saturating"])
@pytest.mark.parametrize("penalty", ["none", "r1"])
def test_the_dirac_game_takes_its_course(objective: str, penalty: str) -> None:
    """D first, then G, 400 steps: the same as its map written out; R1 ends at the middle, minimax never does."""
    config = replace(BASE, objective=objective, penalty=penalty)
    step, g, d = game(PlainStep, config)
    found = radius(step, g, d, 400, H)
    assert found == pytest.approx(dirac(penalty, config, 0.1, 400), rel=1e-9)
    if penalty == "r1":
        assert found < 1e-4
    elif objective == "minimax":
        assert found > 1.3


def test_consensus_ends_the_circling() -> None:
    """Both at once, by v - gamma grad |v|^2/2 of the Dirac game's field v (Mescheder et al. 2017), written out."""
    config = replace(BASE, objective="minimax", consensus=1.0)
    step, g, d = game(ConsensusStep, config)
    found = radius(step, g, d, 300, H)
    theta, psi = 1.0, 1.0
    for _ in range(300):
        u, r2 = psi * theta, theta**2 + psi**2
        s = 1 / (1 + math.exp(u))
        bend = -s / (1 + math.exp(-u))
        theta, psi = (
            theta + 0.1 * (-psi * s - (theta * s**2 + psi * r2 * s * bend)),
            psi + 0.1 * (theta * s - (psi * s**2 + theta * r2 * s * bend)),
        )
    assert found == pytest.approx(math.hypot(theta, psi), rel=1e-6)
    assert found < 0.01


@pytest.mark.parametrize(
    ("kind", "factor"),
    [
        (ExtragradientStep, 1 - 0.1**2 + 0.1**4),
        (PlainStep, None),
    ],
)
def test_the_bilinear_game(kind: type[PlainStep], factor: float | None) -> None:
    """Extragradient multiplies the squared distance from the middle by 1 - h^2 + h^4 a step; moves in turn circle."""
    config = replace(BASE, objective="wasserstein(clip=0)")
    g, d = Point(), Slope()
    for network in (g, d):
        flatten(network)
    step = kind(config, (g, d), (Plain(g), Plain(d)), KERNELS, Draws(torch.Generator(), KERNELS))
    found = radius(step, g, d, 100, H, rows=2 if kind is ExtragradientStep else 1)
    if factor is None:
        assert 0.9 * math.sqrt(2) < found < 1.12 * math.sqrt(2)
    else:
        assert found == pytest.approx(math.sqrt(2) * factor**50, rel=1e-9)


def test_optimistic_adam_ends_the_circling_too() -> None:
    """Alternating Adam circles in the bilinear game; the optimistic one comes to rest."""
    found = {}
    for name in ("torch-adam", "optimistic-adam"):
        g, d = Point(), Slope()
        for network in (g, d):
            flatten(network)
        rules = tuple(OPTIMISERS.make(f"{name}(beta2=0.99)").make(network, "torch") for network in (g, d))
        config = replace(BASE, objective="wasserstein(clip=0)")
        step = PlainStep(config, (g, d), rules, KERNELS, Draws(torch.Generator(), KERNELS))
        found[name] = radius(step, g, d, 2000, HyperParameters(lr_g=0.01, lr_d=0.01, beta1_g=0.0, beta1_d=0.0))
    assert found["optimistic-adam"] < 0.2 * found["torch-adam"]


def test_optimistic_adam_follows_its_formula() -> None:
    network = make_generator(BASE, torch.Generator().manual_seed(0))
    rule = OPTIMISERS.make("optimistic-adam").make(network, "torch")
    x = network.parameters_flat.double().clone()
    m = v = before = torch.zeros_like(x)
    for t in range(1, 8):
        gradient = torch.randn(len(x), generator=torch.Generator().manual_seed(t))
        network.gradients_flat.copy_(gradient)
        rule.step(1e-3, 0.5)
        m, v = 0.5 * m + 0.5 * gradient, 0.999 * v + 0.001 * gradient.double() ** 2
        direction = m / (1 - 0.5**t) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
        x = x - 2e-3 * direction + 1e-3 * before
        before = direction
        torch.testing.assert_close(network.parameters_flat.double(), x, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("torch-adam", lambda p: torch.optim.Adam(p, lr=2e-3, betas=(0.5, 0.999), eps=1e-8)),
        ("sgd", lambda p: torch.optim.SGD(p, lr=2e-3, momentum=0.5)),
        ("rmsprop", lambda p: torch.optim.RMSprop(p, lr=2e-3, alpha=0.99, eps=1e-8)),
    ],
)
@pytest.mark.parametrize("where", ["torch", "numpy"])
def test_rules_are_those_of_torch(name: str, theirs: Any, where: str) -> None:
    ours, other = (make_generator(BASE, torch.Generator().manual_seed(0)) for _ in range(2))
    rule, reference = OPTIMISERS.make(name).make(ours, where), theirs(list(other.parameters()))
    for t in range(20):
        gradient = torch.randn(len(ours.parameters_flat), generator=torch.Generator().manual_seed(t)) * 10.0 ** -(t % 6)
        for network in (ours, other):
            network.gradients_flat.copy_(gradient)
        before = ours.parameters_flat.clone()
        rule.step(2e-3, 0.5)
        reference.step()
        torch.testing.assert_close(ours.parameters_flat, other.parameters_flat, rtol=0, atol=1e-6)
        torch.testing.assert_close(rule.last_update(2e-3, 0.5), ours.parameters_flat - before, rtol=0, atol=1e-6)


def test_unrolling_differentiates_through_the_updates_of_d() -> None:
    """G's gradient by central differences of the whole map: G's weights to its loss against D three Adam steps on."""
    config = replace(BASE, generator="3:tanh:linear", discriminator="4:tanh", unrolled=3)
    draw = torch.Generator().manual_seed(2)
    g, d = (make(config, draw).double() for make in (make_generator, make_discriminator))
    for network in (g, d):
        flatten(network)
    noted: list[Tensor] = []

    class Noted(SimpleOptimiser):
        def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
            noted.append(gradient.clone())
            return torch.zeros_like(gradient)

    adam = OPTIMISERS.make("torch-adam").make(d, "torch")
    values = HyperParameters(lr_d=0.05, beta1_d=0.6)
    step = UnrolledStep(config, (g, d), (Noted(g), adam), KERNELS, Draws(torch.Generator(), KERNELS))
    real, z = torch.rand(4, 2, generator=draw).double(), torch.rand(12, 2, generator=draw).double()
    start = d.parameters_flat.clone()
    step.run(real, z, values)
    after, state = d.parameters_flat.clone(), adam.state()  # after D's own move: there the look ahead begins
    (found,) = noted

    def loss() -> float:
        """By torch's own Adam, with the moments that D's has."""
        other = make_discriminator(config, torch.Generator()).double()
        with torch.no_grad():
            for p, value in zip(other.parameters(), d.named(after).values(), strict=True):
                p.copy_(value)
        theirs = torch.optim.Adam(other.parameters(), lr=values.lr_d, betas=(values.beta1_d, 0.999), eps=1e-8)
        for p, m, v in zip(other.parameters(), d.named(state["m"]).values(), d.named(state["v"]).values(), strict=True):
            theirs.state[p] = {"step": torch.tensor(1.0), "exp_avg": m.clone(), "exp_avg_sq": v.clone()}
        fakes = g(z[:4]).detach()
        for _ in range(3):
            theirs.zero_grad()
            (sp(-other(real)).mean() / 2 + sp(other(fakes)).mean() / 2).backward()
            theirs.step()
        return float(sp(-other(g(z[4:]))).mean().detach())

    expected = []
    flat = g.parameters_flat
    for i in range(len(flat)):
        around = []
        for move in (1e-5, -2e-5):
            flat[i] += move
            around.append(loss())
        flat[i] += 1e-5
        expected.append((around[0] - around[1]) / 2e-5)
    assert not torch.equal(start, after)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=2e-3, atol=2e-7)


def test_spectral_norm_against_singular_values_and_torch() -> None:
    """After some steps each layer's weights have norm 1 to a thousandth, and D is steeper than 1 nowhere."""
    config = replace(BASE, discriminator="32,32:leaky-relu(slope=0.2):spectral-norm", objective="hinge", batch=64)
    engine = GANEngine(Experiment(config, HyperParameters(lr_d=2e-4, beta1_d=0.0)), 1, device="cpu")
    engine.advance(300)
    layers = [layer for layer in engine.discriminator.layers if isinstance(layer, nn.Linear)]
    for layer in layers:
        assert float(torch.linalg.svdvals(layer.normalised().detach())[0]) == pytest.approx(1, abs=1e-3)
    torch.manual_seed(0)
    theirs = nn.utils.parametrizations.spectral_norm(nn.Linear(32, 32), n_power_iterations=30)
    theirs.parametrizations.weight.original.data.copy_(layers[1].weight)
    theirs(torch.zeros(1, 32))
    torch.testing.assert_close(theirs.weight.detach(), layers[1].normalised().detach(), rtol=0, atol=1e-3)
    x, y = (torch.rand(2000, 2, generator=torch.Generator().manual_seed(n)) * 4 - 2 for n in (1, 2))
    engine.discriminator.eval()
    apart = (engine.discriminator(x) - engine.discriminator(y)).detach()[:, 0].abs()
    assert bool((apart <= (x - y).norm(dim=1) * 1.003).all())


def test_the_mean_of_weights() -> None:
    """ema w + (1 - ema) w', a step at a time, in float64; from the weights that G began with."""
    engine = GANEngine(Experiment(replace(BASE, ema=0.9), HyperParameters()), 1, device="cpu")
    mean = engine.generator.parameters_flat.double().clone()
    for _ in range(30):
        engine.step()
        mean = 0.9 * mean + 0.1 * engine.generator.parameters_flat.double()
        torch.testing.assert_close(engine.ema.double(), mean, rtol=0, atol=1e-6)


def test_instance_noise_fades_as_it_is_told() -> None:
    """Half of it after half of the steps, none after all: the run is then the one without, from the same state."""
    config = replace(BASE, noise_steps=20)
    noisy = GANEngine(Experiment(config, HyperParameters(instance_noise=0.4)), 1, device="cpu")
    noisy.advance(10)
    assert noisy.in_force().instance_noise == pytest.approx(0.2)
    noisy.advance(10)
    clear = GANEngine(Experiment(config, HyperParameters()), 2, device="cpu")
    clear.restore({**noisy.state(), "values": vars(HyperParameters())})
    assert clear.advance(5) == noisy.advance(5)
    still = GANEngine(Experiment(BASE, HyperParameters(instance_noise=0.4)), 1, device="cpu")
    assert still.advance(5) != GANEngine(Experiment(BASE, HyperParameters()), 1, device="cpu").advance(5)


def test_noise_is_normal_and_new_each_time() -> None:
    draws = Draws(torch.Generator().manual_seed(3), KERNELS)
    one, other = (draws.noisy(torch.zeros(20_000, 2), 0.25) for _ in range(2))
    assert float(one.std()) == pytest.approx(0.25, rel=0.02)
    assert float((one**4).mean() / (one**2).mean() ** 2) == pytest.approx(3, abs=0.15)  # of a normal distribution
    assert abs(float((one * other).mean())) < 0.25**2 * 0.03
    assert draws.noisy(one, 0.0) is one


CURES = [
    {"optimiser_g": "extragradient", "optimiser_d": "extragradient"},
    {"consensus": 1.0},
    {"unrolled": 2},
    {"packing": 3},
    {"packing": 2, "objective": "relativistic", "penalty": "wgan-gp"},
    {"generator": "6:maxout(pieces=3):linear"},
    {"discriminator": "8,8:relu:spectral-norm", "objective": "hinge"},
    {"generator": "8,8:relu:batch-norm:linear"},
    {"ema": 0.99},
    {"latent": "normal", "latent_dim": 7},
    {"optimiser_g": "sgd", "optimiser_d": "rmsprop"},
    {"noise_steps": 30},
]


@pytest.mark.parametrize("changed", CURES, ids=str)
def test_each_goes_on_from_its_bytes(changed: dict[str, Any]) -> None:
    """What a checkpoint holds is all there is: moments, buffers of norms, the mean of weights, the stream of noise."""
    start = Experiment(replace(BASE, **changed), HyperParameters(instance_noise=0.1))
    straight, first = (GANEngine(start, 3, device="cpu") for _ in range(2))
    expected = straight.advance(12)
    assert len(expected) == 12
    first.advance(5)
    packed = pack_state(first.state())
    assert len(packed) < state_bytes(first.config) + 4000
    other = GANEngine(start, 99, device="cpu")
    other.restore(unpack_state(packed, other.config))
    assert other.advance(7) == expected[5:]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"optimiser_g": "extragradient"}, "choose it for both"),
        ({"consensus": 1.0, "unrolled": 2}, "one alone"),
        ({"unrolled": 2, "optimiser_d": "sgd"}, "choose adam or torch-adam for D"),
        ({"discriminator": "8:relu:batch-norm"}, "Batch normalisation is for G"),
        ({"task": "fit", "latent_dim": 3}, "uniform latents of two numbers"),
        ({"packing": 5}, "packing must lie between 1 and 4; 5 does not"),
        ({"ema": 1.0}, "ema must lie between 0 and 0.99999"),
        ({"latent_dim": 65}, "latent_dim must lie between 1 and 64"),
    ],
)
def test_what_does_not_go_together_is_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        GANEngine(Experiment(replace(BASE, **changed), HyperParameters()), 1, device="cpu")
