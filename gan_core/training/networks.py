"""The generator and the discriminator: plain fully connected networks whose parameters share one flat vector.

One vector a network means that the optimiser is one call, and that a gradient is one tensor.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from gan_core.setup.config import GANConfig
from gan_core.setup.network import Network
from gan_core.training.activations import ACTIVATIONS
from gan_core.training.toys import TOY_LAYERS, ToyLayer


class MLP(nn.Module):
    """inputs -> each hidden layer with its activation -> outputs, through tanh if the network says so.

    Weights are Glorot uniform, biases 0 (Glorot and Bengio 2010, as Keras draws them).

    `leak` is the slope of its activation below zero, where that is x above zero, and nothing else is between its
    layers; None for another network.

    `parameters_flat` and `gradients_flat` (P,) are the storage of every parameter and of its `.grad`.
    """

    parameters_flat: Tensor
    gradients_flat: Tensor

    def __init__(self, inputs: int, outputs: int, network: Network, random: torch.Generator | None) -> None:
        """Draw weights from `random`; None leaves them to be filled in."""
        super().__init__()
        activation = ACTIVATIONS.make(str(network.activation))
        self.made_of, self.leak = network, activation.slope if network.norm == "none" else None
        device = None if random is None else random.device
        kind = _LAYERS.get(network.norm, nn.Linear)
        layers: list[nn.Module] = []
        for fan_in, units in pairwise((inputs, *network.units)):
            layers.append(kind(fan_in, units * activation.sums, device=device))
            if network.norm == "batch-norm":
                norm = nn.BatchNorm1d(units * activation.sums, device=device)
                norm.num_batches_tracked = None  # counts for nothing: the running means keep nine tenths
                layers.append(norm)
            layers.append(activation.module())
        layers.append(kind((inputs, *network.units)[-1], outputs, device=device))
        self.layers = nn.Sequential(*layers, *([nn.Tanh()] if network.output == "tanh" else []))
        if random is not None:
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
            if isinstance(layer, SpectralLinear | ToyLayer):
                layer.begin(random)


class SpectralLinear(nn.Linear):
    """A layer with its weights divided by their largest singular value (Miyato et al. 2018, spectral normalisation).

    That is u'Wv, of vectors u and v that each pass in training turns by one power iteration; they are constants to the
    gradient. A pass at rest leaves them as they are.
    """

    u: Tensor  # (fan_out,)
    v: Tensor  # (fan_in,)

    def __init__(self, fan_in: int, fan_out: int, device: torch.device | None = None) -> None:
        super().__init__(fan_in, fan_out, device=device)
        self.register_buffer("u", torch.ones(fan_out, device=device) / fan_out**0.5)
        self.register_buffer("v", torch.ones(fan_in, device=device) / fan_in**0.5)

    def begin(self, random: torch.Generator) -> None:
        """Draw u and v, and iterate until they fit the weights well."""
        for vector in (self.u, self.v):
            vector.copy_(normalize(torch.randn(vector.shape, generator=random, device=random.device), dim=0))
        for _ in range(15):  # as torch does
            self._iterate()

    def in_use(self) -> tuple[Tensor, Tensor]:
        """Weights and bias as they are used, (fan_out, fan_in) and (fan_out,)."""
        return self.normalised(), self.bias

    def normalised(self) -> Tensor:
        """The weights as they are used, (fan_out, fan_in)."""
        # Copies: a later pass may turn the vectors before this one's gradient is asked for.
        return self.weight / torch.dot(self.u.clone(), torch.mv(self.weight, self.v.clone()))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, fan_in) to (N, fan_out)."""
        if self.training:
            self._iterate()
        return linear(x, self.normalised(), self.bias)

    @torch.no_grad()
    def _iterate(self) -> None:
        self.u.copy_(normalize(torch.mv(self.weight, self.v), dim=0, eps=1e-12))
        self.v.copy_(normalize(torch.mv(self.weight.t(), self.u), dim=0, eps=1e-12))


_LAYERS: dict[str, type[nn.Linear]] = {"spectral-norm": SpectralLinear, **TOY_LAYERS}  # by a network's norm


@torch.no_grad()
def as_plain(network: MLP, inputs: Tensor | None = None) -> MLP:
    """The same function at rest, as a network without a norm, perhaps of linear combinations of its inputs.

    `inputs` (its inputs, k) makes it a function of (N, k) points. Norms at rest are linear: they go into the weights.
    So all that looks at a network needs to know no others. Itself, where nothing is to be done.
    """
    if network.made_of.norm == "none" and inputs is None:
        return network
    found: list[tuple[Tensor, Tensor]] = []
    for layer in network.layers:
        if isinstance(layer, nn.Linear):
            found.append(layer.in_use() if isinstance(layer, SpectralLinear | ToyLayer) else (layer.weight, layer.bias))
        elif isinstance(layer, nn.BatchNorm1d):
            mean, variance = layer.get_buffer("running_mean"), layer.get_buffer("running_var")
            (weight, bias), scale = found.pop(), layer.weight / (variance + layer.eps).sqrt()
            found.append((weight * scale[:, None], (bias - mean) * scale + layer.bias))
    if inputs is not None:
        found[0] = (found[0][0] @ inputs.to(found[0][0]), found[0][1])
    made_of = replace(network.made_of, norm="none")
    plain = MLP(found[0][0].shape[1], len(found[-1][1]), made_of, None).to(found[0][0].device)
    for (weight, bias), (w, b) in zip(plain.views(plain.parameters_flat), found, strict=True):
        weight.copy_(w)
        bias.copy_(b)
    return plain


@torch.no_grad()
def with_parameters(network: MLP, flat: Tensor) -> MLP:
    """A network that is made as this one, buffers included, but has other parameters (P,)."""
    first = next(layer for layer in network.layers if isinstance(layer, nn.Linear))
    *_, last = (layer for layer in network.layers if isinstance(layer, nn.Linear))
    other = MLP(first.in_features, last.out_features, network.made_of, None).to(flat.device)
    other.parameters_flat.copy_(flat)
    for name, buffer in network.named_buffers():
        other.get_buffer(name).copy_(buffer)
    return other


@torch.no_grad()
def as_made(network: MLP, made_of: Network) -> MLP:
    """A network with the same parameters that uses them as `made_of` does: of a toy, not all. It must have as many."""
    layers = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
    other = MLP(layers[0].in_features, layers[-1].out_features, made_of, None).to(network.parameters_flat)
    other.parameters_flat.copy_(network.parameters_flat)
    return other


def at_rest(config: GANConfig) -> GANConfig:
    """The configuration of what `as_plain` makes of both networks."""
    return config.changed({name: str(replace(made_of, norm="none")) for name, made_of in config.networks.items()})


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
    """Latent z (N, latent_dim) to samples (N, 2), with the usual tanh inside (-1, 1)^2."""
    return MLP(config.latent_dim, 2, config.networks["generator"], random)


def make_discriminator(config: GANConfig, random: torch.Generator) -> MLP:
    """Samples (N, 2) to logits (N, 1); sigmoid of a logit is the probability of being real.

    With packing, m samples side by side (N, 2 m) have one logit.
    """
    return MLP(2 * config.packing, 1, config.networks["discriminator"], random)
