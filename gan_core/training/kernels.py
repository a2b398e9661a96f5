"""The few array operations that a training step consists of, in torch and in NumPy, writing into arrays that are kept.

Torch is the faster one for wide layers and runs everywhere; NumPy spends a tenth of a microsecond where torch spends
microseconds, so it is the faster one for narrow layers on a CPU. An `Array` is a torch.Tensor or a numpy.ndarray.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import leaky_relu_, softplus

from gan_core.training.compute import Compute, mkl_is_faster
from gan_core.training.networks import MLP

Array = Any


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """One layer's parameters and their gradients, as views."""

    weight: Array  # (fan_out, fan_in)
    weight_t: Array  # the same memory, (fan_in, fan_out)
    bias: Array  # (fan_out,)
    d_weight: Array  # as weight
    d_bias: Array  # as bias


class Kernels(Protocol):
    """What a step is made of. Where a result goes is the last argument or, with a trailing _, the first one."""

    def empty(self, *shape: int) -> Array:
        """An array for products to be written into."""

    def rows(self, some: slice) -> Any:
        """The index of some rows of an array (n, k)."""

    def total(self, x: Array) -> Array:
        """The sum of all numbers, 0-d."""

    def factor(self, x: Any) -> Any:
        """A number that arrays are to be multiplied by."""

    def passing(self, place: int, rows: int, width: int) -> Array:
        """As `empty`, but one and the same array for all who name this place and shape, for what is soon used up."""

    def batch(self, x: Tensor) -> Array:
        """A tensor of inputs as this kind of array, without a copy where possible."""

    def layers(self, network: MLP) -> Sequence[Layer]:
        """The parameters that products read, and the gradients that they write."""

    def refresh(self, network: MLP) -> None:
        """Make `layers` hold what the network's parameters hold now."""

    def collect(self, network: MLP) -> None:
        """Make the network's `gradients_flat` hold the gradients in `layers`."""

    def dense(self, x: Array, layer: Layer, out: Array) -> Array:
        """x (n, fan_in) times the weights, plus the bias: (n, fan_out)."""

    def dense_leaky(self, x: Array, layer: Layer, slope: float, out: Array) -> Array:
        """LeakyReLU of `dense`; perhaps not in `out` but in an array of its own."""

    def leaky_gradient_(self, d: Array, y: Array, slope: float) -> Array:
        """`d` times LeakyReLU's derivative where its output is `y`."""

    def tanh_(self, x: Array) -> Array:
        """Hyperbolic tangent."""

    def tanh_gradient_(self, d: Array, y: Array) -> Array:
        """`d` times tanh's derivative where its output is `y`."""

    def times_weight(self, d: Array, layer: Layer, out: Array) -> Array:
        """d (n, fan_out) times the weights: (n, fan_in)."""

    def parameter_gradient(self, d: Array, x: Array, layer: Layer) -> None:
        """Write the gradients of a layer whose input is x (n, fan_in), from d (n, fan_out)."""

    def through_weight(self, t: Array, layer: Layer, out: Array) -> Array:
        """t (n, fan_in) times the transposed weights, without the bias: (n, fan_out)."""

    def weighted_rows(self, x: Array, c: Array, out: Array) -> Array:
        """Each row of x (n, k) times its number in c (n, 1)."""

    def weighted_gradient(self, d: Array, u: Array, c: Array, layer: Layer) -> None:
        """Write d (n, fan_out) transposed times u (n, fan_in) for the weights, times c (n, 1) for the bias."""

    def copy(self, x: Array, out: Array) -> None:
        """Fill `out`."""

    def float32(self, x: Array) -> Array:
        """`x` in float32, as losses and accuracies are computed; itself if it is that already."""

    def softplus(self, x: Array) -> Array:
        """log(1 + exp(x)), without overflow."""

    def sigmoid(self, x: Array) -> Array:
        """1 / (1 + exp(-x)), without overflow."""


# Up to this many rows oneDNN parts a product for AMX among the threads; from a few more on it is left to one of them.
_AMX_ROWS = 480
# NumPy's `dot` comes to its product sooner than `matmul`, and makes outer products by BLAS, which `matmul` does not;
# where the result has more numbers than this, `matmul` is the faster one.
_DOT_SIZE = 8192
_HALF = np.float32(0.5)


def _multiplies_bfloat16() -> bool:
    can = torch.cpu.get_capabilities()
    return any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _has_amx() -> bool:
    return bool(torch.cpu.get_capabilities().get("amx_bf16"))


class TorchKernels:
    """With torch, on any device. Products and what lies between them in `dtype`; the parameters stay in float32."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self._device, self._dtype = device, dtype
        onednn = device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        # A processor that does not multiply bfloat16 itself takes four to twenty times as long for it as for float32.
        # The products are then made in float32: of the same rounded numbers, and rounded again.
        self._by_float32 = device.type == "cpu" and dtype == torch.bfloat16 and not _multiplies_bfloat16()
        self._amx = onednn and _has_amx() and dtype == torch.bfloat16  # whether products go through it
        # oneDNN's product takes bias and activation along, which pays for wide layers, and for all with AMX; not in
        # float32 where MKL's product is the faster one.
        self._one_go = onednn and not self._by_float32 and (self._amx or not mkl_is_faster())
        self._working: dict[MLP, tuple[Tensor, Tensor]] = {}  # copies of parameters and gradients in dtype
        self._passing: dict[tuple[int, ...], Tensor] = {}

    def empty(self, *shape: int) -> Tensor:
        return torch.zeros(shape, dtype=self._dtype, device=self._device)

    def rows(self, some: slice) -> slice:
        return some

    def total(self, x: Tensor) -> Tensor:
        return x.sum()

    def factor(self, x: Any) -> Any:
        return x

    def passing(self, place: int, rows: int, width: int) -> Tensor:
        return self._passing.setdefault((place, rows, width), self.empty(rows, width))

    def batch(self, x: Tensor) -> Tensor:
        return x.to(self._device, self._dtype)

    def layers(self, network: MLP) -> list[Layer]:
        flat, gradient = network.parameters_flat, network.gradients_flat
        if self._dtype != flat.dtype:
            self._working[network] = flat, gradient = flat.to(self._dtype), gradient.to(self._dtype)
        return [
            Layer(weight, weight.t(), bias, d_weight, d_bias)
            for (weight, bias), (d_weight, d_bias) in zip(network.views(flat), network.views(gradient), strict=True)
        ]

    def refresh(self, network: MLP) -> None:
        if network in self._working:
            self._working[network][0].copy_(network.parameters_flat)

    def collect(self, network: MLP) -> None:
        if network in self._working:
            network.gradients_flat.copy_(self._working[network][1])

    def dense(self, x: Tensor, layer: Layer, out: Tensor) -> Tensor:
        if self._by_float32:
            return out.copy_(torch.addmm(layer.bias.float(), x.float(), layer.weight_t.float()))
        return torch.addmm(layer.bias, x, layer.weight_t, out=out)

    def dense_leaky(self, x: Tensor, layer: Layer, slope: float, out: Tensor) -> Tensor:
        if self._one_go and (x.shape[1] == out.shape[1] or self._amx):
            h: Tensor = torch.ops.mkldnn._linear_pointwise(x, layer.weight, layer.bias, "leaky_relu", [slope], "")
            return h
        return leaky_relu_(self.dense(x, layer, out), slope)

    def _product(self, a: Tensor, b: Tensor, out: Tensor) -> Tensor:
        if self._by_float32:
            return out.copy_(torch.mm(a.float(), b.float()))
        return torch.mm(a, b, out=out)

    def leaky_gradient_(self, d: Tensor, y: Tensor, slope: float) -> Tensor:
        # The derivative depends on the sign alone, which the output shares with the input.
        result: Tensor = torch.ops.aten.leaky_relu_backward.grad_input(d, y, slope, True, grad_input=d)
        return result

    def tanh_(self, x: Tensor) -> Tensor:
        return x.tanh_()

    def tanh_gradient_(self, d: Tensor, y: Tensor) -> Tensor:
        result: Tensor = torch.ops.aten.tanh_backward.grad_input(d, y, grad_input=d)
        return result

    def times_weight(self, d: Tensor, layer: Layer, out: Tensor) -> Tensor:
        if d.shape[1] == 1:  # an outer product
            return torch.mul(d, layer.weight, out=out)
        if self._amx and len(d) > _AMX_ROWS and d.shape[1] == out.shape[1]:
            half = len(d) // 2
            for rows in (slice(half), slice(half, None)):
                self._product(d[rows], layer.weight, out[rows])
            return out
        return self._product(d, layer.weight, out)

    def parameter_gradient(self, d: Tensor, x: Tensor, layer: Layer) -> None:
        torch.sum(d, 0, out=layer.d_bias)  # first: d was just written and is still in the cache
        if x.shape[1] < d.shape[1]:  # few columns: the other way round it takes half the time
            layer.d_weight.copy_(torch.mm(x.t(), d).t())
        else:
            self._product(d.t(), x, layer.d_weight)

    def through_weight(self, t: Tensor, layer: Layer, out: Tensor) -> Tensor:
        return self._product(t, layer.weight_t, out)

    def weighted_rows(self, x: Tensor, c: Tensor, out: Tensor) -> Tensor:
        return torch.mul(x, c, out=out)

    def weighted_gradient(self, d: Tensor, u: Tensor, c: Tensor, layer: Layer) -> None:
        self._product(d.t(), c, layer.d_bias[:, None])
        if u.shape[1] < d.shape[1]:
            layer.d_weight.copy_(torch.mm(u.t(), d).t())
        else:
            self._product(d.t(), u, layer.d_weight)

    def copy(self, x: Tensor, out: Tensor) -> None:
        out.copy_(x)

    def float32(self, x: Tensor) -> Tensor:
        return x.float()

    def softplus(self, x: Tensor) -> Tensor:
        return softplus(x)

    def sigmoid(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x)


class NumpyKernels:
    """With NumPy, in float32, on the memory of the network's own tensors."""

    def __init__(self) -> None:
        self._scratch: dict[tuple[int, ...], tuple[Array, Array]] = {}
        self._passing: dict[tuple[int, ...], Array] = {}
        self._ones = np.ones(0, np.float32)  # as many as the longest array has rows

    def empty(self, *shape: int) -> Array:
        self._ones = np.ones(max(len(self._ones), shape[0]), np.float32)
        return np.zeros(shape, np.float32)

    def rows(self, some: slice) -> Any:
        return some

    def total(self, x: Array) -> Array:
        return x.sum()

    def factor(self, x: Any) -> Any:
        return x

    def passing(self, place: int, rows: int, width: int) -> Array:
        return self._passing.setdefault((place, rows, width), self.empty(rows, width))

    def batch(self, x: Tensor) -> Array:
        return x.numpy()

    def layers(self, network: MLP) -> list[Layer]:
        views = network.views(network.parameters_flat), network.views(network.gradients_flat)
        return [
            Layer(weight.numpy(), weight.numpy().T, bias.numpy(), d_weight.numpy(), d_bias.numpy())
            for (weight, bias), (d_weight, d_bias) in zip(*views, strict=True)
        ]

    def refresh(self, network: MLP) -> None:
        pass  # the memory is the network's own

    def collect(self, network: MLP) -> None:
        pass  # the memory is the network's own

    def dense(self, x: Array, layer: Layer, out: Array) -> Array:
        self._product(x, layer.weight_t, out)
        out += layer.bias
        return out

    def dense_leaky(self, x: Array, layer: Layer, slope: float, out: Array) -> Array:
        scaled, _ = self._scratch_for(self.dense(x, layer, out))
        np.multiply(out, np.float32(slope), out=scaled)
        return np.maximum(out, scaled, out=out)

    def leaky_gradient_(self, d: Array, y: Array, slope: float) -> Array:
        factor, positive = self._scratch_for(y)
        np.greater(y, 0, out=positive)
        np.maximum(positive, np.float32(slope), out=factor)  # 1 or the slope, which is at most 1
        d *= factor
        return d

    def tanh_(self, x: Array) -> Array:
        return np.tanh(x, out=x)

    def tanh_gradient_(self, d: Array, y: Array) -> Array:
        d *= 1 - y * y
        return d

    def times_weight(self, d: Array, layer: Layer, out: Array) -> Array:
        return self._product(d, layer.weight, out)

    def parameter_gradient(self, d: Array, x: Array, layer: Layer) -> None:
        self._product(d.T, x, layer.d_weight)
        np.dot(self._ones[: len(d)], d, layer.d_bias)  # the sum, in half the time

    def through_weight(self, t: Array, layer: Layer, out: Array) -> Array:
        return self._product(t, layer.weight_t, out)

    def weighted_rows(self, x: Array, c: Array, out: Array) -> Array:
        return np.multiply(x, c, out=out)

    def weighted_gradient(self, d: Array, u: Array, c: Array, layer: Layer) -> None:
        self._product(d.T, u, layer.d_weight)
        np.dot(c[:, 0], d, layer.d_bias)

    def copy(self, x: Array, out: Array) -> None:
        out[...] = x

    def float32(self, x: Array) -> Array:
        return x

    def softplus(self, x: Array) -> Array:
        y = np.abs(x)
        np.negative(y, out=y)
        np.exp(y, out=y)
        np.log1p(y, out=y)
        y += np.maximum(x, 0)
        return y

    def sigmoid(self, x: Array) -> Array:
        y = x * _HALF
        np.tanh(y, out=y)
        y *= _HALF
        y += _HALF
        return y

    def _product(self, a: Array, b: Array, out: Array) -> Array:
        """`a` times `b`; the numbers are the same either way."""
        multiply = np.dot if out.size <= _DOT_SIZE or a.shape[1] == 1 else np.matmul
        return multiply(a, b, out)

    def _scratch_for(self, x: Array) -> tuple[Array, Array]:
        """Arrays of x's shape for what lies between two operations: float32 and bool."""
        found = self._scratch.get(x.shape)
        if found is None:
            found = self._scratch[x.shape] = np.empty(x.shape, np.float32), np.empty(x.shape, np.bool_)
        return found


def make_kernels(compute: Compute) -> Kernels:
    """The array operations for a choice."""
    if compute.library == "numpy":
        return NumpyKernels()
    return TorchKernels(compute.device, torch.bfloat16 if compute.precision == "bfloat16" else torch.float32)
