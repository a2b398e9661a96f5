"""What the step that is written out and the one by autograd must keep to, whatever they are asked to train."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from digest import digest
from gan_core.recording.file.checkpoint import pack_state, state_bytes, unpack_state
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.setup.registry import Parts
from gan_core.targets.registry import TARGETS
from gan_core.training.activations import ACTIVATIONS
from gan_core.training.draws import Draws
from gan_core.training.engine import GANEngine
from gan_core.training.gan_step import serves
from gan_core.training.kernels import TorchKernels
from gan_core.training.networks import make_discriminator, make_generator
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import OPTIMISERS, SimpleOptimiser
from gan_core.training.penalties import PENALTIES
from gan_core.training.plain import PlainStep
from losses import D_LOSSES, G_LOSSES, scale
from losses import penalty as penalty_of
from throw_away import CONFIG, UPDATES, added

STEPS = 100
GRADIENT_PENALTIES = ("r1", "r2", "r1+r2", "wgan-gp", "dragan")
BEFORE, AFTER = HyperParameters(), HyperParameters(lr_g=2e-4, lr_d=5e-4, beta1_g=0.5, beta1_d=0.3)
KERNELS = TorchKernels(torch.device("cpu"), torch.float32)
# Uneven, narrow (in NumPy) and wide (in torch), each activation that both serve.
NETWORKS = ("24,16,9:relu", "72,80:leaky-relu(slope=0.3)", "7:leaky-relu(slope=0)")
COMMON = (
    [
        (GANConfig(generator=network, discriminator=network, objective=objective, batch=32), (1, 1))
        for network in NETWORKS
        for objective in (*(name for name in OBJECTIVES if name != "wasserstein"), "wasserstein(clip=0.3)")
    ]
    + [
        (
            GANConfig(generator=network, discriminator=network, objective=objective, penalty=penalty, batch=32),
            updates,
        )
        for network in NETWORKS[:2]
        for objective, penalty, updates in (
            ("relativistic", "r1+r2", (1, 1)),
            ("non-saturating", "r1", (2, 1)),
            ("hinge", "r2", (1, 3)),
            ("wasserstein", "wgan-gp", (5, 2)),
            ("minimax", "dragan", (1, 1)),
            ("relativistic", "none", (2, 3)),
            ("relativistic", "r1", (1, 0)),
            ("wasserstein", "wgan-gp", (0, 2)),
            ("non-saturating", "none", (0, 1)),
        )
    ]
    + [
        (GANConfig(generator="24,16:relu:linear", discriminator="24,16:relu", batch=32, penalty="wgan-gp"), (1, 1)),
        (
            GANConfig(
                latent="normal",
                latent_dim=5,
                generator="24,16:relu:linear",
                discriminator="24,16:relu",
                objective="relativistic",
                penalty="r1+r2",
                batch=16,
                packing=3,
            ),
            (1, 1),
        ),
    ]
)


@pytest.fixture(autouse=True)
def throw_away() -> Iterator[None]:
    with added():
        yield


class Wrapped(nn.Module):
    """A network of GANscope's own, as a module that it does not know: such are trained by autograd."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)


@pytest.mark.parametrize(
    ("config", "updates"),
    COMMON,
    ids=lambda of: f"{of[0]}:{of[1]}" if isinstance(of, tuple) else f"{of.generator} {of.objective} {of.penalty}",
)
def test_both_paths_agree_step_by_step(config: GANConfig, updates: tuple[int, int]) -> None:
    """Also where the numbers of updates change: half-way, to those of the other network and one more.

    Losses to 2e-6 and weights to three hundredths of what a step moves them, each step from the same state.

    A mean of scores is not squashed, as one of cross-entropies is: it shows that much of the weights' difference. And
    where as many scores are pushed up as down, gradients of D's biases can be 0, of which rounding leaves what
    Adam makes a step of.
    """
    assert serves(config)
    squashed = OBJECTIVES.make(config.objective).probability
    by_hand = GANEngine(Experiment(config, BEFORE), 1, device="cpu", precision="float32", threads=1)
    unused = torch.Generator().manual_seed(0)
    networks = {
        "generator": Wrapped(make_generator(config, unused)),
        "discriminator": Wrapped(make_discriminator(config, unused)),
    }
    plain = GANEngine(Experiment(config, BEFORE), 1, device="cpu", precision="float32", threads=1, **networks)
    assert by_hand.by_hand
    assert not plain.by_hand
    for step in range(STEPS):
        of_d, of_g = (updates[1] + 1, updates[0]) if step >= STEPS // 2 else updates
        values = replace(AFTER if step >= STEPS // 2 else BEFORE, updates_d=of_d, updates_g=of_g)
        for engine in (by_hand, plain):
            engine.set(**vars(values))
        plain.restore(by_hand.state())
        got, expected = by_hand.step(), plain.step()
        # The loss of D's last update: what rounds otherwise in each update before it is in there, too.
        assert got.d_loss == pytest.approx(expected.d_loss, abs=2e-6 * max(of_d, 1))
        assert got.g_loss == pytest.approx(expected.g_loss, abs=2e-6 if squashed else 2e-5)
        assert got.d_accuracy == pytest.approx(expected.d_accuracy, abs=0.04)  # one point on the edge of 32
        for name, rate in (("generator", values.lr_g), ("discriminator", values.lr_d)):
            moved = getattr(by_hand, name).parameters_flat - getattr(plain, name).parameters_flat
            if name == "discriminator" and not squashed:
                moved = moved[by_hand.discriminator.gradients_flat.abs() > 1e-6]
            # Adam's first updates go by signs alone: of several in a step, one may have had hardly any gradient.
            loose = len(moved) // 200 if name == "discriminator" and not squashed and of_d > 1 else 0
            assert int((moved.abs() >= 0.03 * rate).sum()) <= loose


@pytest.mark.parametrize(
    "changed",
    [
        {"generator": CONFIG.generator},
        {"discriminator": CONFIG.discriminator},
        {"generator": "none:relu"},
        {"penalty": CONFIG.penalty},
        {"optimiser_g": "extragradient", "optimiser_d": "extragradient"},
        {"discriminator": "8:relu:spectral-norm"},
        {"unrolled": 1},
        {"consensus": 0.5},
    ],
    ids=str,
)
def test_what_is_not_written_out_goes_by_autograd(changed: dict[str, str]) -> None:
    config = replace(GANConfig(generator="8:relu", discriminator="8:relu", batch=16), **changed)
    engine = GANEngine(Experiment(config, BEFORE), 1, device="cpu")
    assert not engine.by_hand
    assert engine.step().is_finite()
    with pytest.raises(ValueError, match="in float32 on the CPU"):
        GANEngine(Experiment(config, BEFORE), 1, precision="bfloat16")
    with pytest.raises(ValueError, match="not for the task 'fit'"):
        GANEngine(Experiment(replace(config, task="fit"), BEFORE), 1)


class Noted(SimpleOptimiser):
    """Moves nothing, and keeps each gradient that it is given."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network)
        self.gradients: list[Tensor] = []

    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        self.gradients.append(gradient.clone())
        return torch.zeros_like(gradient)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_penalty_has_a_formula_here(penalty: str) -> None:
    """Those of GANscope's own; what a test or a reader adds says its formula itself."""
    assert penalty.removeprefix("lazy-") in (*GRADIENT_PENALTIES, "none", "test-flat")


@pytest.mark.parametrize("penalty", ["none", "test-flat(weight=0.7)", "r1", "r2", "r1+r2", "wgan-gp", "dragan"])
@pytest.mark.parametrize("objective", D_LOSSES)
def test_gradients_of_the_plain_step_are_those_of_its_losses(objective: str, penalty: str) -> None:
    """Central differences in float64, of losses that are worked out here, through networks of every activation."""
    config = replace(CONFIG, objective=objective, penalty=penalty, batch=8)
    draw = torch.Generator().manual_seed(5)
    g, d = (make(config, draw).double() for make in (make_generator, make_discriminator))
    for network in (g, d):
        network.parameters_flat = torch.cat([p.detach().reshape(-1) for p in network.parameters()])
        network.gradients_flat = torch.zeros_like(network.parameters_flat)
    rules = Noted(g), Noted(d)
    paired = objective == "relativistic"
    real, z = torch.rand(12 if paired else 4, 2, generator=draw).double(), torch.rand(12, 2, generator=draw).double()
    values = replace(BEFORE, penalty_weight=1.7)
    PlainStep(config, (g, d), rules, KERNELS, Draws(torch.Generator().manual_seed(9), KERNELS)).run(real, z, values)

    def d_loss() -> float:
        fake, random = g(z[:4]).detach(), torch.Generator().manual_seed(9)
        if penalty.startswith("test"):
            more = float(PENALTIES.make(penalty).of(d, real[:4], fake, random).detach())
        else:
            more = penalty_of(penalty, d, real[:4], fake, random)
        return scale(objective) * (float(D_LOSSES[objective](d(real[:4]), d(fake)).detach()) + 1.7 * more)

    def g_loss() -> float:
        return float(G_LOSSES[objective](d(real[4:]) if paired else None, d(g(z[4:]))).detach())

    for network, rule, loss in ((d, rules[1], d_loss), (g, rules[0], g_loss)):
        (found,) = rule.gradients
        expected, small = [], 1e-5
        for parameter in network.parameters():
            flat = parameter.data.view(-1)
            for i in range(len(flat)):
                around = []
                for move in (small, -2 * small):
                    flat[i] += move
                    around.append(loss())
                flat[i] += small
                expected.append((around[0] - around[1]) / (2 * small))
        # Differences of differences, where there is a penalty: a few digits less.
        near = {"rtol": 2e-5, "atol": 2e-8} if penalty == "none" else {"rtol": 2e-4, "atol": 2e-6}
        torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), **near)


def test_updates_are_so_many_of_each() -> None:
    """D twice, then G three times, each on a batch of its own, as they come from the engine's."""
    engine = GANEngine(Experiment(CONFIG, replace(BEFORE, **UPDATES)), 3, device="cpu")
    engine.advance(4)
    state = engine.state()
    assert (state["adam_d"]["updates"], state["adam_g"]["updates"]) == (8, 12)
    assert engine._batches.real.shape[1:] == (2 * 8, 2)
    assert engine._batches.latents.shape[1:] == (2 * 8 + 3 * 16, 2)


def test_a_run_of_ones_own_parts_goes_on_from_its_bytes() -> None:
    """Vectors and random stream of a rule and a penalty that came from elsewhere included."""
    start = Experiment(CONFIG, HyperParameters(lr_g=1e-2, **UPDATES))
    straight, first = (GANEngine(start, 3, device="cpu") for _ in range(2))
    expected = straight.advance(25)
    first.advance(12)
    packed = pack_state(first.state())
    assert len(packed) < state_bytes(first.config) + 4000
    other = GANEngine(start, 99, device="cpu")
    other.restore(unpack_state(packed, other.config))
    assert other.advance(13) == expected[12:]
    assert digest(other.state()) == digest(straight.state())
    assert torch.equal(other.generator_update(), straight.generator_update())
    assert float(other.generator_update().abs().max()) > 0


@pytest.mark.parametrize("registry", [TARGETS, ACTIVATIONS, OBJECTIVES, PENALTIES, OPTIMISERS], ids=lambda r: r.kind)
def test_every_part_can_be_trained_with(registry: Parts[object]) -> None:
    """Whatever there is, added or GANscope's own, in the place of the usual one: three steps, all numbers finite."""
    field = {"optimiser": "optimiser_g"}.get(registry.kind, registry.kind)
    for name in registry:
        changed = {"generator": f"8:{name}"} if registry is ACTIVATIONS else {field: name}
        if registry is OPTIMISERS and OPTIMISERS[name].joint:
            changed["optimiser_d"] = name
        config = replace(GANConfig(generator="8:relu", discriminator="8:relu", batch=16), **changed)
        done = GANEngine(Experiment(config, BEFORE), 1, device="cpu").advance(3)
        assert len(done) == 3
        assert all(math.isfinite(x) for m in done for x in (m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy)), name
