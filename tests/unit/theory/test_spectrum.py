"""The spectrum of a game's Jacobian: against differences of training's own gradients, and against closed forms."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gan_core.looking.measures.parts import finished
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.theory import closed_forms as known
from gan_core.theory.spectrum import MOST, is_tiny, jacobian, parameters, spectrum
from gan_core.training.networks import flatten, make_discriminator, make_generator
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.players import Batch, Players, gradients
from two_numbers import KERNELS, TOY, EvenNoise

N = 16


def made(config: GANConfig) -> tuple[Any, Any]:
    draw = torch.Generator().manual_seed(4)
    both = [make(config, draw).double() for make in (make_generator, make_discriminator)]
    for network in both:
        flatten(network)
    return both[0], both[1]


def points(seed: int) -> torch.Tensor:
    return torch.rand((N, 2), generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2 - 1


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"objective": "minimax", "penalty": "r1"},
        {"objective": "least-squares", "penalty": "r2"},
        {"objective": "hinge"},
        {"objective": "wasserstein", "penalty": "r1+r2"},
        {"generator": "4:leaky-relu", "discriminator": "5:relu", "penalty": "r1+r2"},
    ],
    ids=str,
)
def test_it_is_the_derivative_of_what_training_descends_on(changed: dict[str, Any]) -> None:
    """By central differences of the gradients that move both players in a step, parameter by parameter."""
    config = GANConfig(**{"generator": "4:tanh:linear", "discriminator": "5:tanh", "batch": 2 * N, **changed})
    g, d = made(config)
    values = HyperParameters(penalty_weight=0.5)
    real, z = points(1), points(2)
    found = finished(jacobian(config, values, (g, d), real, z))
    players = Players(config, (g, d), (None, None), KERNELS, EvenNoise(N))  # type: ignore[arg-type]  # nobody moves
    scale = OBJECTIVES.make(config.objective).scale
    live = SimpleNamespace(penalty_weight=0.5, instance_noise=0.0)

    def v() -> torch.Tensor:
        of_d = players.of_d(Batch(real, z, real, torch.cat((z, z))), live)
        of_g = players.of_g(Batch(real, z, real, torch.cat((z, z))), live)
        return -torch.cat((gradients(of_g.whole, g), gradients(of_d.whole, d) / scale))

    columns = []
    for network in (g, d):
        flat = network.parameters_flat
        for i in range(len(flat)):
            around = []
            for move in (1e-6, -2e-6):
                flat[i] += move
                around.append(v())
            flat[i] += 1e-6
            columns.append((around[0] - around[1]) / 2e-6)
    torch.testing.assert_close(found, torch.stack(columns, dim=1), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("config", "weight", "c"),
    [({}, 1.0, 0.0), ({"penalty": "r1"}, 0.3, 0.3), ({"penalty": "r1+r2"}, 0.7, 1.4)],
)
@pytest.mark.parametrize("objective", ["minimax", "non-saturating", "relativistic"])
def test_of_the_dirac_gan_it_is_the_closed_form(
    objective: str, config: dict[str, Any], weight: float, c: float
) -> None:
    """In its middle: both coordinates of the plane are one such game, so that each eigenvalue comes twice."""
    made_of = GANConfig(**TOY, objective=objective, **config)
    g, d = made(made_of)
    for network in (g, d):
        network.parameters_flat.zero_()
    zeros = torch.zeros(4, 2)
    found = finished(spectrum(made_of, HyperParameters(penalty_weight=weight), (g, d), zeros, zeros))
    assert len(found) == 4
    for value in found.tolist():
        assert min(abs(value - one) for one in known.flow(0.5, c)) < 1e-7
    assert float(found.sum().real) == pytest.approx(-2 * c, abs=1e-9)


def test_the_networks_stay_as_they_are() -> None:
    config = GANConfig(generator="4:relu:batch-norm:linear", discriminator="5:relu:spectral-norm", batch=2 * N)
    g, d = made(config)
    before = [{name: value.clone() for name, value in net.state_dict().items()} for net in (g, d)]
    finished(spectrum(config, HyperParameters(instance_noise=0.1), (g, d), points(1), points(2)))
    for net, held in zip((g, d), before, strict=True):
        assert all(torch.equal(value, held[name]) for name, value in net.state_dict().items())


def test_which_runs_are_tiny() -> None:
    small = GANConfig(generator="16:relu", discriminator="16:relu")
    g, d = made(small)
    assert parameters(small) == len(g.parameters_flat) + len(d.parameters_flat) <= MOST
    assert is_tiny(small)
    assert not is_tiny(GANConfig())
    assert not is_tiny(GANConfig(generator="16:relu", discriminator="16:relu", packing=2))
