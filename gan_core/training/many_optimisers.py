"""The updates of many small networks, whose parameters and gradients lie in a `Stack`; each by its own numbers.

`step` takes as many learning rates and beta1 as there are members.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np

from gan_core.training.kernels import Array
from gan_core.training.many_kernels import Stack
from gan_core.training.networks import MLP
from gan_core.training.optimisers import NumpyAdam, Optimiser

Each = tuple[float, ...]  # a number a member


class ManyOptimisers(Protocol):
    """The optimisers of all members."""

    def step(self, lr: Each, beta1: Each) -> None:
        """Apply the gradients that lie in the stack."""

    def take(self) -> None:
        """Copy in what the members' own optimisers have gathered."""

    def give(self) -> None:
        """Copy it back."""


def make_optimisers(stack: Stack, networks: Sequence[MLP], optimisers: Sequence[Optimiser]) -> ManyOptimisers:
    """Those of a stack, for networks and optimisers that are made alike."""
    if all(type(optimiser) is NumpyAdam for optimiser in optimisers):
        return ManyAdam(stack, cast("Sequence[NumpyAdam]", optimisers))
    return Singly(stack, networks, optimisers)


class ManyAdam:
    """NumpyAdam, of all members at once: the same operations on each number."""

    def __init__(self, stack: Stack, adams: Sequence[NumpyAdam]) -> None:
        self._x, self._gradients, self._adams = stack.parameters, stack.gradients, adams
        self._m, self._v, self._work = (np.zeros_like(self._x) for _ in range(3))
        self._rows = [[adam.moments[name].numpy() for adam in adams] for name in ("m", "v")]
        self._updates: list[int] = []
        self._given: Each = ()  # the beta1 that the columns were made of

    def take(self) -> None:
        """As ManyOptimisers."""
        for rows, moment in zip(self._rows, (self._m, self._v), strict=True):
            np.stack(rows, out=moment)
        self._updates = [adam.updates for adam in self._adams]

    def give(self) -> None:
        """As ManyOptimisers."""
        for rows, moment in zip(self._rows, (self._m, self._v), strict=True):
            for own, row in zip(rows, moment, strict=True):
                own[...] = row
        for adam, updates in zip(self._adams, self._updates, strict=True):
            adam.count(updates)

    def step(self, lr: Each, beta1: Each) -> None:
        """As ManyOptimisers."""
        gradient, m, v, work, one, adam = self._gradients, self._m, self._v, self._work, np.float32, self._adams[0]
        if beta1 != self._given:
            self._given = beta1
            self._kept, self._new = _column(beta1), _column([1 - b for b in beta1])
        self._updates = counts = [t + 1 for t in self._updates]
        corrections = {t: math.sqrt(1 - adam.beta2**t) for t in set(counts)}
        m *= self._kept
        m += np.multiply(gradient, self._new, out=work)
        v *= one(adam.beta2)
        np.multiply(gradient, gradient, out=work)
        work *= one(1 - adam.beta2)
        v += work
        np.sqrt(v, out=work)
        work += _column([adam.added(corrections[t]) for t in counts])
        np.divide(m, work, out=work)
        work *= _column([a * corrections[t] / (1 - b**t) for a, b, t in zip(lr, beta1, counts, strict=True)])
        self._x -= work


class Singly:
    """Any other rule: each member's own optimiser in turn, on the member's own network."""

    def __init__(self, stack: Stack, networks: Sequence[MLP], optimisers: Sequence[Optimiser]) -> None:
        self._members = [
            (optimiser, network.parameters_flat.numpy(), network.gradients_flat.numpy(), x, gradient)
            for optimiser, network, x, gradient in zip(
                optimisers, networks, stack.parameters, stack.gradients, strict=True
            )
        ]

    def take(self) -> None:
        """They are used where they are."""

    def give(self) -> None:
        """They are used where they are."""

    def step(self, lr: Each, beta1: Each) -> None:
        """As ManyOptimisers."""
        for (optimiser, own_x, own_gradient, x, gradient), a, b in zip(self._members, lr, beta1, strict=True):
            own_x[...], own_gradient[...] = x, gradient
            optimiser.step(a, b)
            x[...] = own_x


def _column(numbers: Sequence[float]) -> Array:
    return np.array(numbers, np.float32)[:, None]
