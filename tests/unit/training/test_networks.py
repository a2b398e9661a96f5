"""Shapes, initial weights and the shared flat vector, against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gan_core.setup.config import GANConfig, sized
from gan_core.training.networks import MLP, make_discriminator, make_generator
from oracle import forward, network_from

ARTICLE = GANConfig()
SMALL = sized(width=16, depth=2, batch=32, leak=0.3)
BOTH = pytest.mark.parametrize("make", [make_generator, make_discriminator])


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weights_and_biases(network: MLP) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    parameters = list(network.parameters())
    return parameters[0::2], parameters[1::2]


@pytest.mark.parametrize(
    ("make", "config", "count"),
    [
        # 2 -> 512 -> 512 -> 512 -> 2: (2 + 1) 512 + 2 (512 + 1) 512 + (512 + 1) 2
        (make_generator, ARTICLE, 527_874),
        (make_discriminator, ARTICLE, 527_361),
        # 2 -> 16 -> 16 -> 2
        (make_generator, SMALL, 354),
        (make_discriminator, SMALL, 337),
    ],
)
def test_number_of_parameters(make: object, config: GANConfig, count: int) -> None:
    network = make(config, stream())
    assert sum(p.numel() for p in network.parameters()) == count
    assert network.parameters_flat.shape == (count,)
    assert all(p.requires_grad for p in network.parameters())


@BOTH
def test_initial_weights_are_glorot_uniform(make: object) -> None:
    """Uniform on [-L, L], L = sqrt(6 / (fan_in + fan_out)): variance L^2/3, all inside, close to both ends."""
    weights, biases = weights_and_biases(make(ARTICLE, stream(1)))
    for weight in weights:
        fan_out, fan_in = weight.shape
        limit = math.sqrt(6 / (fan_in + fan_out))
        n = weight.numel()
        assert weight.abs().max() <= limit * (1 + 1e-6)
        assert weight.abs().max() > limit * (1 - 12 / n)  # P(all below) = (1 - 12/n)^n = 6e-6
        # Five standard errors of the mean of a uniform variable and of its square.
        assert abs(weight.mean()) < 5 * limit / math.sqrt(3 * n)
        assert abs((weight**2).mean() - limit**2 / 3) < 5 * limit**2 * math.sqrt(4 / 45 / n)
    assert all((bias == 0).all() for bias in biases)


def test_stream_fixes_the_weights() -> None:
    one, again, other = (make_generator(SMALL, stream(seed)).parameters_flat for seed in (3, 3, 4))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@BOTH
def test_forward_is_the_network_of_the_recipe(make: object) -> None:
    network = make(SMALL, stream())
    for bias in weights_and_biases(network)[1]:  # zero biases would hide a missing one
        bias.data.uniform_(-1, 1, generator=stream(5))
    x = torch.rand((100, 2), generator=stream(6)) * 2 - 1
    expected, _ = forward(network_from(p.detach().numpy() for p in network.parameters()), x.double().numpy(), leak=0.3)
    if make is make_generator:
        expected = np.tanh(expected)
    with torch.no_grad():
        np.testing.assert_allclose(network(x), expected, atol=2e-6)


def test_generator_stays_inside_the_square() -> None:
    network = make_generator(SMALL, stream())
    network.parameters_flat.mul_(100)
    with torch.no_grad():
        assert network(torch.rand((500, 2)) * 2 - 1).abs().max() <= 1


@BOTH
def test_flat_vectors_are_the_storage_of_parameters_and_gradients(make: object) -> None:
    network = make(SMALL, stream())
    network.parameters_flat.copy_(torch.arange(len(network.parameters_flat)))
    network.gradients_flat.copy_(-torch.arange(len(network.gradients_flat)))
    count = 0
    for p in network.parameters():
        expected = torch.arange(count, count + p.numel(), dtype=torch.float32).view_as(p)
        assert torch.equal(p, expected)
        assert torch.equal(p.grad, -expected)
        count += p.numel()
    network.parameters_flat.zero_()
    assert all((p == 0).all() for p in network.parameters())
