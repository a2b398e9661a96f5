"""The three ways of computing Adam's update against the formula in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gan_core.setup.config import sized
from gan_core.training.networks import MLP, make_generator
from gan_core.training.optimisers import DeviceAdam, KerasAdam, NumpyAdam

BETA2, EPSILON = 0.999, 1e-7
EACH = pytest.mark.parametrize("kind", [KerasAdam, NumpyAdam, DeviceAdam])


def network() -> MLP:
    return make_generator(sized(width=8, depth=1), torch.Generator().manual_seed(0))


def values(adam: KerasAdam, lr: float, beta1: float) -> tuple[object, object]:
    if isinstance(adam, DeviceAdam):
        return torch.tensor(lr, dtype=torch.float64), torch.tensor(beta1, dtype=torch.float64)
    return lr, beta1


@EACH
def test_updates_follow_the_formula(kind: type[KerasAdam]) -> None:
    """Gradients from 1e-9 to 1: the smallest ones show where epsilon is added. Values change on the way."""
    trained = network()
    adam = kind(trained, BETA2, EPSILON)
    random = np.random.default_rng(0)
    x = trained.parameters_flat.double().numpy().copy()
    m, v = np.zeros_like(x), np.zeros_like(x)
    sizes = 10.0 ** random.uniform(-9, 0, x.shape)
    for t in range(1, 41):
        lr, beta1 = (1e-3, 0.9) if t <= 20 else (2e-4, 0.5)
        gradient = (random.standard_normal(x.shape) * sizes).astype(np.float32)
        trained.gradients_flat.copy_(torch.from_numpy(gradient))
        adam.step(*values(adam, lr, beta1))
        m = beta1 * m + (1 - beta1) * gradient.astype(np.float64)
        v = BETA2 * v + (1 - BETA2) * gradient.astype(np.float64) ** 2
        x -= lr * np.sqrt(1 - BETA2**t) / (1 - beta1**t) * m / (np.sqrt(v) + EPSILON)
        assert adam.updates == t
        np.testing.assert_allclose(trained.parameters_flat.numpy(), x, rtol=0, atol=2e-6)


@EACH
def test_state_goes_out_and_comes_back(kind: type[KerasAdam]) -> None:
    one, other = network(), network()
    first, second = kind(one, BETA2, EPSILON), kind(other, BETA2, EPSILON)
    for seed in range(3):
        one.gradients_flat.normal_(generator=torch.Generator().manual_seed(seed))
        first.step(*values(first, 1e-3, 0.9))
    state = first.state()
    second.restore(state)
    other.parameters_flat.copy_(one.parameters_flat)
    for network_, adam in ((one, first), (other, second)):
        network_.gradients_flat.fill_(0.01)
        adam.step(*values(adam, 1e-3, 0.9))
    assert torch.equal(one.parameters_flat, other.parameters_flat)
    assert (state["updates"], first.updates, second.updates) == (3, 4, 4)


@EACH
@pytest.mark.parametrize("steps", [1, 2, 30])
def test_last_update_is_what_the_last_step_added(kind: type[KerasAdam], steps: int) -> None:
    trained = network()
    adam = kind(trained, BETA2, EPSILON)
    assert not adam.last_update(1e-3, 0.9).any()
    random = torch.Generator().manual_seed(1)
    sizes = 10 ** (torch.rand(trained.parameters_flat.shape, generator=random) * -9)
    for step in range(steps):
        lr, beta1 = (1e-3, 0.9) if step < 15 else (2e-4, 0.5)
        before = trained.parameters_flat.clone()
        trained.gradients_flat.normal_(generator=random).mul_(sizes)
        adam.step(*values(adam, lr, beta1))
    moments = adam.m.clone(), adam.v.clone()
    torch.testing.assert_close(adam.last_update(lr, beta1), trained.parameters_flat - before, rtol=1e-4, atol=1.2e-7)
    assert torch.equal(adam.m, moments[0])
    assert torch.equal(adam.v, moments[1])
