"""The article's recipe in NumPy and float64, written from its text: no autograd, no torch, no code of gan_core.

Networks are lists of (W, b) with W (fan_out, fan_in), as torch's state_dict gives them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Network = list[tuple[Array, Array]]
Trace = list[tuple[Array, Array]]
Sides = list[npt.NDArray[np.bool_]]

NEAR_TIE = 1e-4  # |logit| below which rounding may decide on which side of 0.5 a point counts
NEAR_KINK = 1e-5  # |pre-activation| below which rounding may decide on the slope of LeakyReLU


def network_from(parameters: Iterable[object]) -> Network:
    """Read weight, bias, weight, bias, ... (array-likes) into float64 copies."""
    arrays = [np.array(p, dtype=np.float64) for p in parameters]
    return list(zip(arrays[0::2], arrays[1::2], strict=True))


def forward(network: Network, x: Array, leak: float = 0.1, sides: Sides | None = None) -> tuple[Array, Trace]:
    """Return the last layer's pre-activation, and for each layer its input and the slope of its activation.

    Within NEAR_KINK of LeakyReLU's kink, rounding decides which slope a float32 implementation takes, and Adam makes a
    visible difference of it where gradients are small. `sides`, one boolean array a hidden layer, says what it took;
    it counts there only. Either slope is a right subgradient at the kink.
    """
    trace: Trace = []
    for i, (weight, bias) in enumerate(network):
        a = x @ weight.T + bias
        right = a > 0
        if sides is not None and i < len(sides):
            near = np.abs(a) < NEAR_KINK
            right[near] = sides[i][near]
        trace.append((x, np.where(right, 1.0, leak)))
        if i < len(network) - 1:
            x = a * trace[-1][1]
    return a, trace


def backward(network: Network, trace: Trace, up: Array) -> tuple[Network, Array]:
    """Pull dL/d(last pre-activation) back: gradients of every (W, b), and dL/dx."""
    gradients: Network = []
    for i in reversed(range(len(network))):
        x, _ = trace[i]
        gradients.append((up.T @ x, up.sum(axis=0)))
        up = up @ network[i][0]
        if i:
            up = up * trace[i - 1][1]
    return gradients[::-1], up


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


class KerasAdam:
    """x -= lr sqrt(1 - beta2^t)/(1 - beta1^t) m/(sqrt(v) + epsilon)."""

    def __init__(self, network: Network, beta2: float = 0.999, epsilon: float = 1e-7) -> None:
        self.network, self.beta2, self.epsilon, self.t = network, beta2, epsilon, 0
        self.m = [[np.zeros_like(p) for p in layer] for layer in network]
        self.v = [[np.zeros_like(p) for p in layer] for layer in network]

    def step(self, gradients: Network, lr: float, beta1: float) -> None:
        self.t += 1
        for layer, gradient, m, v in zip(self.network, gradients, self.m, self.v, strict=True):
            for i in range(2):
                m[i] = beta1 * m[i] + (1 - beta1) * gradient[i]
                v[i] = self.beta2 * v[i] + (1 - self.beta2) * gradient[i] ** 2
                layer[i][...] -= self.change(lr, beta1, m[i], v[i])

    def change(self, lr: float, beta1: float, m: Array, v: Array) -> Array:
        scale = lr * np.sqrt(1 - self.beta2**self.t) / (1 - beta1**self.t)
        return scale * m / (np.sqrt(v) + self.epsilon)


class TorchAdam(KerasAdam):
    """The other placement of epsilon: after the bias correction of v."""

    def change(self, lr: float, beta1: float, m: Array, v: Array) -> Array:
        return lr * m / (1 - beta1**self.t) / (np.sqrt(v / (1 - self.beta2**self.t)) + self.epsilon)


@dataclass
class Measured:
    """What one step measured, and the share of each batch that lies too near 0.5 to be held to a side."""

    d_loss: float
    d_accuracy: float
    g_loss: float
    g_accuracy: float
    d_slack: float
    g_slack: float


class Oracle:
    """The GAN of the article, one step at a time, on batches that are handed in."""

    def __init__(self, generator: Network, discriminator: Network, adam: type[KerasAdam] = KerasAdam) -> None:
        self.g, self.d = copy.deepcopy(generator), copy.deepcopy(discriminator)
        self.adam_g, self.adam_d = adam(self.g), adam(self.d)

    def update(
        self,
        real: Array,
        z_d: Array,
        z_g: Array,
        *,
        lr_g: float,
        lr_d: float,
        beta1_g: float,
        beta1_d: float,
        penalty_weight: float = 1.0,  # of no penalty
        instance_noise: float = 0.0,  # none
        updates_d: float = 1.0,  # one of each
        updates_g: float = 1.0,
        sides: list[Sides] | None = None,
    ) -> Measured:
        """Train once. `sides` (see `forward`) of G(z_d), D(real and fake), G(z_g), D(G(z_g)), in this order."""
        of_fake, of_d, of_g, of_d_on_g = sides or [None] * 4
        # D on real (label 1) and fake (label 0), mean over both together.
        x = np.concatenate((real, np.tanh(forward(self.g, z_d, sides=of_fake)[0])))
        label = np.concatenate((np.ones((len(real), 1)), np.zeros((len(z_d), 1))))
        d_logits, trace = forward(self.d, x, sides=of_d)
        d_loss = np.mean(label * np.logaddexp(0, -d_logits) + (1 - label) * np.logaddexp(0, d_logits))
        d_gradients, _ = backward(self.d, trace, (sigmoid(d_logits) - label) / len(x))
        self.adam_d.step(d_gradients, lr_d, beta1_d)

        # G through the D just updated, its fakes labelled 1.
        a, g_trace = forward(self.g, z_g, sides=of_g)
        fake = np.tanh(a)
        g_logits, trace = forward(self.d, fake, sides=of_d_on_g)
        _, up = backward(self.d, trace, (sigmoid(g_logits) - 1) / len(z_g))
        g_gradients, _ = backward(self.g, g_trace, up * (1 - fake**2))
        self.adam_g.step(g_gradients, lr_g, beta1_g)

        return Measured(
            d_loss=float(d_loss),
            d_accuracy=float(np.mean((d_logits > 0) == (label == 1))),
            g_loss=float(np.mean(np.logaddexp(0, -g_logits))),
            g_accuracy=float(np.mean(g_logits > 0)),
            d_slack=float(np.mean(np.abs(d_logits) < NEAR_TIE)),
            g_slack=float(np.mean(np.abs(g_logits) < NEAR_TIE)),
        )
