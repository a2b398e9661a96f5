"""What each unit of a network computes over the plane, and which units before it weigh most: its picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_core.training.networks import MLP

SIDE = 24  # cells a side of a unit's map: enough to see its kinks, at a small part of what a frame costs
DRAWN = 16  # units of a layer, the first ones: they are drawn at random, so that no others would say more
STRONGEST = 3  # of a unit's inputs


@dataclass(frozen=True, eq=False)
class Drawn:
    """The first units of each layer, U in all: the inputs are the first layer, the outputs the last one."""

    values: Tensor  # (U, N), of each unit at each point
    places: Tensor  # (U, 3): number of the layer, number in it from 0, units of the layer in all
    inputs: Tensor  # (U, STRONGEST): the rows of those that weigh most in it, the first one most; -1 for none
    weights: Tensor  # (U, STRONGEST), of those; 0 for none


@torch.inference_mode()
def drawn_units(network: MLP, x: Tensor) -> Drawn:
    """What the first units of each layer of a network without a norm make of points x (N, inputs).

    Of a unit that takes the largest of several sums, an input's weight is the one farthest from 0.
    """
    linear = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
    layers, rows = [_values(x)], 0
    places, inputs, weights = [_places(0, x.shape[1], x.device)], [_none(layers[0], -1)], [_none(layers[0], 0.0)]
    y = x
    for number, layer in enumerate(linear, 1):
        y = layer(y)
        if number < len(linear):
            # Some work in place: what they are given is nobody else's.
            y = network.layers[2 * number - 1](y)
        elif isinstance(network.layers[-1], nn.Tanh):
            y = y.tanh()
        sums = layer.weight.shape[0] // y.shape[1]
        of_each = layer.weight.view(y.shape[1], sums, -1)[:DRAWN, :, :DRAWN]
        weight = of_each.gather(1, of_each.abs().argmax(1, keepdim=True))[:, 0]
        strongest = weight.abs().topk(min(STRONGEST, weight.shape[1]), dim=1).indices
        lacking = STRONGEST - strongest.shape[1]
        inputs.append(nn.functional.pad(strongest + rows, (0, lacking), value=-1))
        weights.append(nn.functional.pad(weight.gather(1, strongest), (0, lacking)))
        rows += len(layers[-1])
        layers.append(_values(y))
        places.append(_places(number, y.shape[1], x.device))
    return Drawn(torch.cat(layers), torch.cat(places), torch.cat(inputs), torch.cat(weights))


def ranges(values: Tensor) -> Tensor:
    """Least and greatest of each unit's values (U, N): (U, 2)."""
    return torch.stack(values.aminmax(dim=1), dim=1)


def as_bytes(values: Tensor, between: Tensor) -> Tensor:
    """Each unit's values (U, N), evenly from its least (0) to its greatest (255), `between` (U, 2); 0 where equal."""
    low, high = between[:, :1], between[:, 1:]
    return ((values - low) / (high - low) * 255).nan_to_num(0).round().clamp(0, 255).to(torch.uint8)


def _values(y: Tensor) -> Tensor:
    """Of the first units alone: (at most DRAWN, N), in memory of its own."""
    return y[:, :DRAWN].t().clone()


def _places(layer: int, units: int, device: torch.device) -> Tensor:
    numbers = torch.arange(min(units, DRAWN), device=device)
    return torch.stack((numbers.new_full((len(numbers),), layer), numbers, numbers.new_full((len(numbers),), units)), 1)


def _none(values: Tensor, value: float) -> Tensor:
    return torch.full((len(values), STRONGEST), value, device=values.device)
