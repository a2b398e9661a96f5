"""Each operation of a step, in torch and in NumPy, against its definition in float64; whole passes against autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gan_core.setup.config import sized
from gan_core.training.backprop import Backprop
from gan_core.training.kernels import Kernels, NumpyKernels, TorchKernels
from gan_core.training.networks import MLP

CPU = torch.device("cpu")
KINDS = {"torch": lambda: TorchKernels(CPU, torch.float32), "numpy": NumpyKernels}
EACH_KIND = pytest.mark.parametrize("kind", list(KINDS))
CLOSE = {"rtol": 1e-5, "atol": 1e-6}
SIZES = [1e-3, 1.0, 30.0, 1e4]


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def given_to(kernels: Kernels, x: np.ndarray) -> object:
    return kernels.batch(torch.from_numpy(x.astype(np.float32)).clone())


@EACH_KIND
@pytest.mark.parametrize("size", SIZES)
def test_functions_of_one_number(kind: str, size: float) -> None:
    kernels, x = KINDS[kind](), draw(7, 3) * size
    with np.errstate(over="ignore"):
        sigmoid = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(kernels.softplus(given_to(kernels, x)), np.logaddexp(0, x), **CLOSE)
    np.testing.assert_allclose(kernels.sigmoid(given_to(kernels, x)), sigmoid, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(kernels.tanh_(given_to(kernels, x)), np.tanh(x), **CLOSE)


@EACH_KIND
def test_derivatives_from_the_output(kind: str) -> None:
    kernels, x, d = KINDS[kind](), draw(7, 3), draw(7, 3, seed=1)
    x[0, 0] = 0  # LeakyReLU has its lower slope here, as in torch
    leaky = np.where(x > 0, x, 0.1 * x)
    slope = np.where(x > 0, 1, 0.1)
    got = kernels.leaky_gradient_(given_to(kernels, d), given_to(kernels, leaky), 0.1)
    np.testing.assert_allclose(got, d * slope, **CLOSE)
    y = np.tanh(x)
    got = kernels.tanh_gradient_(given_to(kernels, d), given_to(kernels, y))
    np.testing.assert_allclose(got, d * (1 - y**2), **CLOSE)


@EACH_KIND
@given(st.integers(1, 3), st.integers(1, 9), st.integers(1, 12), st.integers(0, 5))
def test_passes_are_autograds(kind: str, depth: int, width: int, rows: int, first: int) -> None:
    """Output, gradients of all parameters, and of the input; the backward pass over the rows from `first` on."""
    first = min(first, rows - 1)
    network = MLP(2, 3, sized(width, depth).networks["discriminator"], torch.Generator().manual_seed(width))
    network.parameters_flat += 0.1  # biases that are not 0
    x = torch.from_numpy(draw(rows, 2)).float()
    d = torch.from_numpy(draw(rows - first, 3, seed=1)).float()
    led_back = x[first:].clone().requires_grad_()
    with torch.enable_grad():
        wanted = torch.autograd.grad(network(led_back), [*network.parameters(), led_back], d)
    kernels = KINDS[kind]()
    passes = Backprop(network, kernels, rows, first=first)
    out = torch.as_tensor(passes.forward(kernels.batch(x))).clone()
    passes.backward(kernels.batch(x[first:]), kernels.batch(d))
    of_input = torch.as_tensor(passes.input_gradient(kernels.batch(d)))
    torch.testing.assert_close(out, network(x).detach(), **CLOSE)
    flat = torch.cat([gradient.reshape(-1) for gradient in wanted[:-1]])
    torch.testing.assert_close(network.gradients_flat, flat, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(of_input, wanted[-1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["torch", "numpy", "bfloat16"])
def test_weights_that_somebody_else_changes_count_at_the_next_pass(kind: str) -> None:
    kernels = TorchKernels(CPU, torch.bfloat16) if kind == "bfloat16" else KINDS[kind]()
    network = MLP(2, 1, sized(4, 1).networks["discriminator"], torch.Generator().manual_seed(0))
    passes = Backprop(network, kernels, 5)
    network.load_state_dict({name: torch.ones_like(p) for name, p in network.state_dict().items()})
    # Hidden units 1 + 0 + 1 = 2 at x = (1, 0); output 4 * 2 + 1.
    x = kernels.batch(torch.tensor([[1.0, 0.0]] * 5))
    assert torch.as_tensor(passes.forward(x)).flatten().tolist() == [9.0] * 5
