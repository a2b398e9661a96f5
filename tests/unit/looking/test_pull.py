"""What D asks of fakes, against finite differences and autograd, and G before its last step."""

from __future__ import annotations

import pytest
import torch

from gan_core.looking.measures.pull import asked_share, fakes_before, pull
from gan_core.setup.config import GANConfig, sized
from gan_core.training.networks import MLP, make_discriminator, make_generator
from gan_core.training.optimisers import KerasAdam

CONFIGS = [sized(width=16, depth=1), sized(width=24, depth=3)]


def random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def untidy(network: MLP) -> MLP:
    """The network with biases too, and larger weights, so that D is far from 0.5 in places."""
    network.parameters_flat.mul_(2).add_(0.1 * torch.randn(network.parameters_flat.shape, generator=random(9)))
    return network


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(3))
def test_pull_is_the_gradient_of_log_d(config: GANConfig, seed: int) -> None:
    d = untidy(make_discriminator(config, random(seed)))
    x = (torch.rand(200, 2, generator=random(seed)) * 2 - 1).requires_grad_()
    (expected,) = torch.autograd.grad(torch.nn.functional.logsigmoid(d(x)).sum(), x)
    torch.testing.assert_close(pull(d, x.detach()), expected, rtol=1e-4, atol=1e-6)
    assert float(expected.norm(dim=1).max()) > 0.1


def test_pull_against_finite_differences() -> None:
    """In float64, with the layers written out; points within a step of a kink are few and left out by the median."""
    d = untidy(make_discriminator(CONFIGS[1], random(4)))
    layers = d.views(d.parameters_flat.double())

    def log_d(x: torch.Tensor) -> torch.Tensor:
        for weight, bias in layers[:-1]:
            x = x @ weight.t() + bias
            x = torch.maximum(x, d.leak * x)
        return -torch.log1p(torch.exp(-(x @ layers[-1][0].t() + layers[-1][1])))[:, 0]

    x = torch.rand(300, 2, generator=random(5)).double() * 2 - 1
    step = 1e-6
    for axis in range(2):
        shift = step * torch.eye(2, dtype=torch.float64)[axis]
        expected = (log_d(x + shift) - log_d(x - shift)) / (2 * step)
        error = (pull(d, x)[:, axis] - expected).abs()
        assert float(error.quantile(0.98)) < 1e-7


def test_certain_d_still_pulls_when_it_says_fake() -> None:
    """At a logit of -200 D is 0 in float32 and log D has slope 1 in the logit; at +200 nothing is asked."""
    d = make_discriminator(CONFIGS[0], random(1))
    x = torch.rand(50, 2, generator=random(2))
    bias = d.views(d.parameters_flat)[-1][1]
    bias.fill_(-200.0)
    assert (pull(d, x).norm(dim=1) > 1e-3).all()
    bias.fill_(200.0)
    assert not pull(d, x).any()


def test_asked_share() -> None:
    asked = torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 0], [1, 1]])
    did = torch.tensor([[0.1, 5], [-0.1, 5], [0, 1], [1, 1], [0, 0]])
    assert asked_share(asked, did) == 0.2
    assert asked_share(asked, asked) == 0.8


@pytest.mark.parametrize("config", CONFIGS)
def test_fakes_before_the_last_step(config: GANConfig) -> None:
    g = make_generator(config, random(6))
    adam, z = KerasAdam(g, 0.999, 1e-7), torch.rand(300, 2, generator=random(7)) * 2 - 1
    for seed in range(5):
        before = g(z).detach()
        g.gradients_flat.normal_(generator=random(seed))
        adam.step(1e-2, 0.5)
    after, gradients = g.parameters_flat.clone(), g.gradients_flat.clone()
    torch.testing.assert_close(fakes_before(g, adam.last_update(1e-2, 0.5), z), before, rtol=0, atol=5e-6)
    assert float((g(z).detach() - before).abs().max()) > 1e-3
    assert torch.equal(g.parameters_flat, after)
    assert torch.equal(g.gradients_flat, gradients)


def test_no_update_is_the_network_as_it_is() -> None:
    for network in (make_generator(CONFIGS[1], random(1)), make_discriminator(CONFIGS[1], random(1))):
        z = torch.rand(30, 2, generator=random(2))
        torch.testing.assert_close(fakes_before(network, torch.zeros_like(network.parameters_flat), z), network(z).data)
