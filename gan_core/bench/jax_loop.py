"""A yardstick: the article's recipe in JAX, each training step one compiled call.

Imports nothing of gan_core and runs in a process of its own, as naive.py does.

`python jax_loop.py WIDTH DEPTH BATCH DEVICE THREADS` answers each line on stdin, a number of seconds, with the steps a
second over that time.
"""

from __future__ import annotations

import math
import os
import sys
import time
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

LR, BETA1, BETA2, EPSILON = 0.001, 0.9, 0.999, 1e-7


class JaxGAN:
    """One jitted function from state to state and numbers; the old state's memory is given away to the new one."""

    def __init__(self, width: int, depth: int, batch: int) -> None:
        key, key_g, key_d = jax.random.split(jax.random.key(0), 3)
        hidden = [2, *[width] * depth]
        self.state = {"key": key, "G": _network(key_g, [*hidden, 2]), "D": _network(key_d, [*hidden, 1])}
        self._step = jax.jit(partial(step, batch), donate_argnums=0)

    def step(self) -> tuple[float, float, float, float]:
        """Train both networks once; returns loss and accuracy of D and of G."""
        self.state, numbers = self._step(self.state)
        d_loss, d_accuracy, g_loss, g_accuracy = jax.device_get(numbers).tolist()
        return d_loss, d_accuracy, g_loss, g_accuracy


def step(batch: int, state: Any) -> tuple[Any, Any]:
    """Draw a batch and train on it: state -> state, (4,) numbers."""
    key, *keys = jax.random.split(state["key"], 4)
    uv, z_d, z_g = (_square(key, n) for key, n in zip(keys, (batch // 2, batch // 2, batch), strict=True))
    state, numbers = update({"G": state["G"], "D": state["D"]}, spiral(uv), z_d, z_g)
    return {"key": key, **state}, numbers


def update(state: Any, real: Any, z_d: Any, z_g: Any) -> tuple[Any, Any]:
    """Train D on (B/2, 2) real points and the fakes of (B/2, 2) latents, then G on (B, 2) latents."""
    G, D = state["G"], state["D"]
    x = jnp.concatenate([real, generate(G["weights"], z_d)])
    y = jnp.concatenate([jnp.ones((len(real), 1)), jnp.zeros((len(z_d), 1))])

    def d_loss(weights: Any) -> tuple[Any, Any]:
        logits = forward(weights, x)
        return _cross_entropy(logits, y), jnp.mean((logits > 0) == (y > 0.5))

    def g_loss(weights: Any) -> tuple[Any, Any]:
        logits = forward(D["weights"], generate(weights, z_g))
        return _cross_entropy(logits, jnp.ones_like(logits)), jnp.mean(logits > 0)

    d_numbers, gradient = jax.value_and_grad(d_loss, has_aux=True)(D["weights"])
    D = adam(D, gradient)
    g_numbers, gradient = jax.value_and_grad(g_loss, has_aux=True)(G["weights"])
    G = adam(G, gradient)
    return {"G": G, "D": D}, jnp.stack([*d_numbers, *g_numbers])


def forward(weights: Any, x: Any) -> Any:
    """Map (N, 2) to what the last layer gives, before any squashing."""
    for kernel, bias in weights[:-1]:
        x = jax.nn.leaky_relu(x @ kernel + bias, 0.1)
    kernel, bias = weights[-1]
    return x @ kernel + bias


def generate(weights: Any, z: Any) -> Any:
    """Map (N, 2) latents to (N, 2) samples."""
    return jnp.tanh(forward(weights, z))


def adam(network: Any, gradient: Any) -> Any:
    """One update as Keras computes it; `network` holds the weights, both moments and the number of updates."""
    t = network["t"] + 1
    scale = LR * jnp.sqrt(1 - BETA2**t) / (1 - BETA1**t)
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, network["m"], gradient)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, network["v"], gradient)
    weights = jax.tree.map(lambda w, m, v: w - scale * m / (jnp.sqrt(v) + EPSILON), network["weights"], m, v)
    return {"weights": weights, "m": m, "v": v, "t": t}


def spiral(z: Any) -> Any:
    """Map (n, 2) latents to (n, 2) real points."""
    u, v = z[:, 0], z[:, 1]
    r = 0.05 + 0.45 * (u + 1) + 0.05 * v
    theta = 3 * math.pi * u
    return jnp.stack([r * jnp.cos(theta), r * jnp.sin(theta)], axis=1)


def _square(key: Any, n: int) -> Any:
    return jax.random.uniform(key, (n, 2), minval=-1.0, maxval=1.0)


def _cross_entropy(logits: Any, y: Any) -> Any:
    return jnp.mean(jax.nn.softplus(logits) - y * logits)


def _network(key: Any, sizes: list[int]) -> Any:
    draw = jax.nn.initializers.glorot_uniform()
    keys = jax.random.split(key, len(sizes) - 1)
    weights = [(draw(k, size), jnp.zeros(size[1])) for k, size in zip(keys, pairwise(sizes), strict=True)]
    m, v = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    return {"weights": weights, "m": m, "v": v, "t": jnp.zeros((), jnp.int32)}


def answer(gan: JaxGAN) -> None:
    """Train for as long as each line of stdin says, and print the steps a second."""
    for line in sys.stdin:
        start = now = time.perf_counter()
        steps = 0
        while steps == 0 or now - start < float(line):
            gan.step()
            steps += 1
            now = time.perf_counter()
        print(steps / (now - start), flush=True)


if __name__ == "__main__":
    # XLA has no setting for this, but counts by these variables (the second is newer) when it is first used.
    os.environ.update(NPROC=sys.argv[5], PJRT_NPROC=sys.argv[5])
    jax.config.update("jax_platforms", sys.argv[4])
    answer(JaxGAN(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
