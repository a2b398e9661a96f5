"""One network's forward and backward pass, written out, into arrays that are kept from one step to the next.

At these sizes autograd's bookkeeping and fresh memory cost as much as the arithmetic. The formulas are the chain rule
for x -> W x + b -> LeakyReLU -> ... (Rumelhart, Hinton and Williams 1986); the tests hold them to autograd's.
"""

from __future__ import annotations

from collections.abc import Callable

from gan_core.training.kernels import Array, Kernels
from gan_core.training.networks import MLP


class Backprop:
    """The passes of one network over a fixed number of rows, up to its last pre-activation.

    Not safe to share: what `forward` returns and `backward` reads lies in this object's arrays until the next call.
    """

    def __init__(self, network: MLP, kernels: Kernels, rows: int, *, first: int = 0) -> None:
        """Prepare for `rows` rows forward, of which those from `first` on are led back."""
        self._kernels, self._network = kernels, network
        assert network.leak is not None, "the formulas here are those of LeakyReLU"
        self._slope = network.leak
        self._layers = kernels.layers(network)
        self._room = [kernels.empty(rows, layer.weight.shape[-2]) for layer in self._layers]
        self.first, self._led_back = first, kernels.rows(slice(first, None))
        self._room_for_penalty: list[list[Array]] = []  # made when it is first needed
        self._hidden: list[Array] = []  # outputs of the hidden layers, from row `first` on
        # What goes backward is used up by the next layer, so that two arrays in turn do for all layers of all networks:
        # the less memory a step touches, the more of it stays in the processor's cache. The last one is handed out.
        inputs = [layer.weight.shape[-1] for layer in self._layers]
        self._d_inputs = [kernels.passing(i % 2, rows - first, width) for i, width in enumerate(inputs)]
        self._d_inputs[0] = kernels.empty(rows - first, inputs[0])

    def forward(self, x: Array) -> Array:
        """Map (rows, inputs) to the last pre-activation (rows, outputs), with the parameters as they are now."""
        kernels = self._kernels
        kernels.refresh(self._network)
        self._hidden = []
        for layer, room in zip(self._layers[:-1], self._room, strict=False):
            x = kernels.dense_leaky(x, layer, self._slope, room)
            self._hidden.append(x[self._led_back])
        return kernels.dense(x, self._layers[-1], self._room[-1])

    def backward(self, x: Array, d: Array) -> None:
        """Put the gradient of every parameter into the network's `gradients_flat`.

        x (n, inputs) are the rows of the last `forward` from `first` on, d (n, outputs) the derivative of the loss with
        respect to their pre-activations.
        """
        for i in range(len(self._layers) - 1, 0, -1):
            self._kernels.parameter_gradient(d, self._hidden[i - 1], self._layers[i])
            d = self._through(i, d)
        self._kernels.parameter_gradient(d, x, self._layers[0])
        self._kernels.collect(self._network)

    def input_gradient(self, d: Array) -> Array:
        """As `backward`, for the derivative with respect to the inputs instead: (n, inputs)."""
        for i in range(len(self._layers) - 1, 0, -1):
            d = self._through(i, d)
        return self._kernels.times_weight(d, self._layers[0], self._d_inputs[0])

    def penalised(self, x: Array, d: Array, rows: slice, slope: Callable[[Array], Array]) -> None:
        """As `backward` after a `forward` of all rows of a network with one output, for a loss that has a penalty on
        the derivatives of the outputs with respect to their inputs, at `rows`.

        `slope` maps those derivatives (m, inputs) to that of the penalty with respect to them. Where the network is
        linear in pieces, no second pass backward is needed: with e = the outputs' derivative at each pre-activation,
        and t = the penalty's slope led forward through weights and activations' slopes, a layer's weights have the
        gradient sum of e (d h + t)^T over the rows, h being what came in, and its bias that of e d.
        """
        kernels, last, at = self._kernels, len(self._layers) - 1, self._kernels.rows(rows)
        if not self._room_for_penalty:
            n, inputs = x.shape[-2:]
            widths = [layer.weight.shape[-2] for layer in self._layers]
            self._room_for_penalty = [
                [kernels.empty(n, width) for width in (*widths[:-1], 1)],
                [kernels.empty(n, width) for width in (inputs, *widths[:-1])],
                [kernels.empty(rows.stop - rows.start, width) for width in (inputs, *widths[:-1])],
            ]
        e, u, t = self._room_for_penalty
        e[last][:] = 1
        for i in range(last, 0, -1):
            kernels.times_weight(e[i], self._layers[i], e[i - 1])
            kernels.leaky_gradient_(e[i - 1], self._hidden[i - 1], self._slope)
        gradients = kernels.times_weight(e[0][at], self._layers[0], t[0])
        kernels.copy(slope(kernels.float32(gradients)), t[0])
        for i, layer in enumerate(self._layers):
            kernels.weighted_rows(self._hidden[i - 1] if i else x, d, u[i])
            u[i][at] += t[i]
            kernels.weighted_gradient(e[i], u[i], d, layer)
            if i < last:
                kernels.through_weight(t[i], layer, t[i + 1])
                kernels.leaky_gradient_(t[i + 1], self._hidden[i][at], self._slope)
        kernels.collect(self._network)

    def _through(self, i: int, d: Array) -> Array:
        """Lead d back through layer i and the activation before it."""
        d = self._kernels.times_weight(d, self._layers[i], self._d_inputs[i])
        return self._kernels.leaky_gradient_(d, self._hidden[i - 1], self._slope)
