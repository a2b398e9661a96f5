"""One network's forward and backward pass, written out, into arrays that are kept from one step to the next.

At these sizes autograd's bookkeeping and fresh memory cost as much as the arithmetic. The formulas are the chain rule
for x -> W x + b -> LeakyReLU -> ... (Rumelhart, Hinton and Williams 1986); the tests hold them to autograd's.
"""

from __future__ import annotations

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
        self._room = [kernels.empty(rows, layer.weight.shape[0]) for layer in self._layers]
        self._first = first
        self._hidden: list[Array] = []  # outputs of the hidden layers, from row `first` on
        # What goes backward is used up by the next layer, so that two arrays in turn do for all layers of all networks:
        # the less memory a step touches, the more of it stays in the processor's cache. The last one is handed out.
        inputs = [layer.weight.shape[1] for layer in self._layers]
        self._d_inputs = [kernels.passing(i % 2, rows - first, width) for i, width in enumerate(inputs)]
        self._d_inputs[0] = kernels.empty(rows - first, inputs[0])

    def forward(self, x: Array) -> Array:
        """Map (rows, inputs) to the last pre-activation (rows, outputs), with the parameters as they are now."""
        kernels = self._kernels
        kernels.refresh(self._network)
        self._hidden = []
        for layer, room in zip(self._layers[:-1], self._room, strict=False):
            x = kernels.dense_leaky(x, layer, self._slope, room)
            self._hidden.append(x[self._first :])
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

    def _through(self, i: int, d: Array) -> Array:
        """Lead d back through layer i and the activation before it."""
        d = self._kernels.times_weight(d, self._layers[i], self._d_inputs[i])
        return self._kernels.leaky_gradient_(d, self._hidden[i - 1], self._slope)
