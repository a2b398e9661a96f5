"""The operations of a step for many small networks at once: what is (n, k) for one is (M, n, k) for M members.

Each member's numbers are those of `NumpyKernels` for it alone, bit for bit: `matmul` comes to BLAS once a member, with
the very arguments, sums run along the same axis, and the rest goes number by number. A test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt
from typing import Any

import numpy as np
import torch

from gan_core.training.kernels import Array, Layer, NumpyKernels
from gan_core.training.networks import MLP


class Stack:
    """The parameters of M networks that are made alike, and their gradients: a row a network, (M, P) each.

    It takes the place of an `MLP` where a step is made of it. Memory of its own: `take` and `give` copy.
    """

    def __init__(self, networks: Sequence[MLP]) -> None:
        self.leak, self._rows = networks[0].leak, [network.parameters_flat.numpy() for network in networks]
        self.shapes = [tuple(p.shape) for p in networks[0].parameters()]
        self.parameters = np.zeros((len(networks), len(self._rows[0])), np.float32)
        self.gradients = np.zeros_like(self.parameters)
        self.parameters_flat = torch.from_numpy(self.parameters)  # the same memory

    def take(self) -> None:
        """Copy the networks' parameters in."""
        np.stack(self._rows, out=self.parameters)

    def give(self) -> None:
        """Copy them back."""
        for row, own in zip(self.parameters, self._rows, strict=True):
            own[...] = row

    def views(self, flat: Array) -> list[Array]:
        """Cut (M, P) into the parameters in their order, each (M, ...) of its shape; nothing is copied."""
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in self.shapes)])
        parts = (flat[:, start:end] for start, end in pairwise(ends))
        return [part.reshape(len(flat), *shape) for part, shape in zip(parts, self.shapes, strict=True)]


class ManyKernels(NumpyKernels):
    """NumpyKernels with a leading axis of members. A `total` is (M, 1, 1)."""

    def __init__(self, members: int) -> None:
        super().__init__()
        self._members = members
        self._tiles: dict[tuple[int, ...], Array] = {}
        self._pairs: dict[tuple[int, ...], Array] = {}

    def empty(self, *shape: int) -> Array:
        return np.zeros((self._members, *super().empty(*shape).shape), np.float32)

    def rows(self, some: slice) -> Any:
        return slice(None), some

    def total(self, x: Array) -> Array:
        return x.sum((-2, -1), keepdims=True)

    def factor(self, x: Array) -> Array:
        return x.astype(np.float32)  # as NumPy takes a float beside an array of float32

    def layers(self, network: Any) -> list[Layer]:
        held, found = network.views(network.parameters), network.views(network.gradients)
        return [
            Layer(weight, weight.swapaxes(1, 2), bias[:, None], d_weight, d_bias[:, None])
            for weight, bias, d_weight, d_bias in zip(held[::2], held[1::2], found[::2], found[1::2], strict=True)
        ]

    def dense(self, x: Array, layer: Layer, out: Array) -> Array:
        # The bias is added to several rows in one go: NumPy takes as long to come to a row as to add to it.
        members, n, k = out.shape
        tile = self._tiles.get((n, k))
        if tile is None:
            times = max(some for some in range(1, isqrt(n) + 1) if n % some == 0)
            tile = self._tiles[n, k] = np.empty((members, times, k), np.float32)
        self._product(x, layer.weight_t, out)
        tile[...] = layer.bias
        several = out.reshape(members, n // tile.shape[1], tile.shape[1] * k)
        several += tile.reshape(members, 1, -1)
        return out

    def leaky_gradient_(self, d: Array, y: Array, slope: float) -> Array:
        # By torch, on the same memory: in one pass, where NumPy takes three, and as long again to turn truths into
        # numbers. For the small arrays of one network, coming to torch would cost more than that.
        result = torch.from_numpy(d)
        torch.ops.aten.leaky_relu_backward.grad_input(result, torch.from_numpy(y), slope, True, grad_input=result)
        return d

    def parameter_gradient(self, d: Array, x: Array, layer: Layer) -> None:
        self._product(d.swapaxes(1, 2), x, layer.d_weight)
        np.matmul(self._ones[None, : d.shape[1]], d, out=layer.d_bias)

    def weighted_gradient(self, d: Array, u: Array, c: Array, layer: Layer) -> None:
        self._product(d.swapaxes(1, 2), u, layer.d_weight)
        np.matmul(c.swapaxes(1, 2), d, out=layer.d_bias)

    def _product(self, a: Array, b: Array, out: Array) -> Array:
        if a.shape[2] == 1:  # an outer product: `matmul` leaves it to BLAS where it has two columns, one of zeros
            a, b = self._with_zeros(a, 2), self._with_zeros(b, 1)
        return np.matmul(a, b, out=out)

    def _with_zeros(self, x: Array, axis: int) -> Array:
        """x with zeros beside it along one axis, of 1."""
        pair = self._pairs.get((axis, *x.shape))
        if pair is None:
            pair = self._pairs[axis, *x.shape] = np.concatenate((x, np.zeros_like(x)), axis)
        pair[:, : x.shape[1], : x.shape[2]] = x
        return pair
