"""The generator and the discriminator: plain fully connected networks whose parameters share one flat vector.

One vector a network means that the optimiser is one call, and that a gradient is one tensor.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from gan_core.setup.config import GANConfig
from gan_core.setup.network import Network
from gan_core.training.activations import ACTIVATIONS


class MLP(nn.Module):
    """inputs -> each hidden layer with its activation -> outputs, through tanh if the network says so.

    Weights are Glorot uniform, biases 0 (Glorot and Bengio 2010, as Keras draws them).

    `leak` is the slope of its activation below zero, where that is x above zero; None for another activation.

    `parameters_flat` and `gradients_flat` (P,) are the storage of every parameter and of its `.grad`.
    """

    parameters_flat: Tensor
    gradients_flat: Tensor

    def __init__(self, inputs: int, outputs: int, network: Network, random: torch.Generator) -> None:
        super().__init__()
        activation = ACTIVATIONS.make(str(network.activation))
        self.leak = activation.slope
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise((inputs, *network.units, outputs)):
            layers += [nn.Linear(fan_in, fan_out, device=random.device), activation.module()]
        layers.pop()  # no activation after the last layer
        self.layers = nn.Sequential(*layers, *([nn.Tanh()] if network.output == "tanh" else []))
        self._draw(random)
        flatten(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs) to (N, outputs)."""
        y: Tensor = self.layers(x)
        return y

    def views(self, flat: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Cut a (P,) tensor into weight (fan_out, fan_in) and bias (fan_out,) of each layer; nothing is copied."""
        shapes = [p.shape for p in self.parameters()]
        parts = torch.split(flat, [shape.numel() for shape in shapes])
        views = [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
        return list(zip(views[0::2], views[1::2], strict=True))

    def named(self, flat: Tensor) -> dict[str, Tensor]:
        """Cut a (P,) tensor into the parameters by their names, as `torch.func.functional_call` takes them."""
        parts = [part for pair in self.views(flat) for part in pair]
        return {name: part for (name, _), part in zip(self.named_parameters(), parts, strict=True)}

    def _draw(self, random: torch.Generator) -> None:
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                limit = math.sqrt(6 / (layer.in_features + layer.out_features))
                with torch.no_grad():
                    layer.weight.uniform_(-limit, limit, generator=random)
                    layer.bias.zero_()


def flatten(network: nn.Module) -> None:
    """Lay all parameters of a network, and their `.grad`, into a vector each: `parameters_flat`, `gradients_flat` (P,).

    The parameters stay where they are in the module, and keep what they hold.
    """
    old = list(network.parameters())
    flat = torch.cat([p.detach().reshape(-1) for p in old])
    gradients = torch.zeros_like(flat)
    sizes = [p.numel() for p in old]
    for p, value, gradient in zip(old, torch.split(flat, sizes), torch.split(gradients, sizes), strict=True):
        p.data, p.grad = value.view(p.shape), gradient.view(p.shape)
    network.parameters_flat, network.gradients_flat = flat, gradients


def make_generator(config: GANConfig, random: torch.Generator) -> MLP:
    """Latent z (N, 2) to samples (N, 2), with the usual tanh inside (-1, 1)^2."""
    return MLP(2, 2, config.networks["generator"], random)


def make_discriminator(config: GANConfig, random: torch.Generator) -> MLP:
    """Samples (N, 2) to logits (N, 1); sigmoid of a logit is the probability of being real."""
    return MLP(2, 1, config.networks["discriminator"], random)
