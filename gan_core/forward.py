"""What a network says at many points of the plane: the same as its dense forward pass, with less work.

The first hidden layer's pre-activations are affine in the input. Over a small tile of inputs most of its units keep one
sign, and LeakyReLU makes such a unit affine on the whole tile. What all of them add to the second hidden layer is one
affine function of the input then, three numbers a unit of that layer; only the units whose kink crosses the tile go
through the matrix product. This is the same function, and the same number up to float32 rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu_

from gan_core.networks import MLP

Item = TypeVar("Item")

_TILE = 25  # points along each side of a tile: small enough for few kinks, large enough for efficient products
_DENSE_TILE = 32  # the same where kinks do not matter
TOGETHER = 4  # tiles for one call: a few milliseconds, and enough rows for the deeper layers
_WORTH = 256  # units in a layer from which on the saved products are worth the search
_EVEN = 32  # products are made for multiples of this many units, so that few shapes have to be prepared
_ONE_GO = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]  # product, bias and activation
_SHIFTED = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # x + 1 and y + 1 as functions of [x, y, 1]


class Forward:
    """A network as it is now, ready to be asked about many tiles. Make a new one after a training step."""

    def __init__(self, network: MLP) -> None:
        """Read the network's weights; nothing is kept of a pass, and no gradient."""
        self._network = network
        linear = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
        self._parameters = [(layer.weight.detach(), layer.bias.detach()) for layer in linear]
        self._tiled = (
            len(linear) > 2 and linear[0].out_features >= _WORTH and network.parameters_flat.device.type == "cpu"
        )
        self.side = _TILE if self._tiled else _DENSE_TILE  # points along each side of a tile that suits it
        if self._tiled:
            first, bias = self._parameters[0]
            self._affine = torch.cat((first.t(), bias[None]))  # (3, H): of [x, y, 1]
            self._second_t = self._parameters[1][0].t().contiguous()  # (H, H2): a row for each unit of the first layer

    @torch.inference_mode()
    def __call__(self, *tiles: Tensor) -> Tensor:
        """Map the points (n, 2) of each tile to (n, outputs), one below the other.

        Fast where the points of a tile lie close to each other, and where several tiles come together.
        """
        if not self._tiled:
            y: Tensor = self._network(torch.cat(tiles))
            return y
        h = torch.cat([self._second_layer(x) for x in tiles])
        for weight, bias in self._parameters[2:-1]:
            h = self._dense(h, weight, bias)
        weight, bias = self._parameters[-1]
        out = torch.addmm(bias, h, weight.t())
        return out.tanh_() if isinstance(self._network.layers[-1], nn.Tanh) else out

    def _second_layer(self, x: Tensor) -> Tensor:
        """The second hidden layer's output, (n, H2).

        One product does both parts: x + 1 and y + 1 go through the first layer as two further units. Points lie in
        [-1, 1]^2, so that these are positive and LeakyReLU leaves them as they are.
        """
        crossing, slope = self._units(x)
        of_affine = (self._affine * slope) @ self._second_t  # (3, H2): of [x, y, 1]
        first = torch.cat((self._affine.index_select(1, crossing), _SHIFTED), dim=1).t()
        second = torch.cat((self._second_t.index_select(0, crossing), of_affine[:2]))
        h = self._dense(x, first[:, :2], first[:, 2])
        bias = self._parameters[1][1] + of_affine[2] - of_affine[0] - of_affine[1]
        return self._dense(h, second.t(), bias)

    def _units(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Units of the first layer that need the product, and the slope of each other one (0 for the former).

        An affine function takes its extremes over a rectangle at its corners, so that a unit of one sign at the corners
        of the points' bounding box has it at all of them. A unit that is 0 there may be called either: its slope there
        multiplies 0.
        """
        low, high = torch.aminmax(x, dim=0)
        (x0, y0), (x1, y1) = low.tolist(), high.tolist()
        corners = torch.tensor([[x0, y0, 1.0], [x0, y1, 1.0], [x1, y0, 1.0], [x1, y1, 1.0]])
        least, most = torch.aminmax(corners @ self._affine, dim=0)
        slope = torch.where(least >= 0, 1.0, self._network.leak)
        crosses = (least < 0) & (most > 0)
        count = min(-(-(int(crosses.sum()) + 2) // _EVEN) * _EVEN - 2, len(slope))
        crossing = crosses.to(torch.uint8).argsort(descending=True)[:count]
        slope[crossing] = 0
        return crossing, slope

    def _dense(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        if _ONE_GO:
            h: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "leaky_relu", [self._network.leak], "")
            return h
        return leaky_relu_(torch.addmm(bias, x, weight.t()), self._network.leak)


def tiles(resolution: int, side: int) -> list[tuple[slice, slice]]:
    """Part a grid of R x R into tiles of about side x side: rows and columns of each, from the lowest row."""
    count = max(1, round(resolution / side))
    parts = [slice(a, b) for a, b in pairwise(resolution * i // count for i in range(count + 1))]
    return [(rows, columns) for rows in parts for columns in parts]


def groups(points: Tensor, side: int) -> list[Tensor]:
    """Part scattered points (N, 2) of [-1, 1]^2 into tiles of about side^2 neighbours: their indices, tile by tile."""
    count = max(1, round(len(points) ** 0.5 / side))
    column, row = ((points + 1) / 2 * count).long().clamp(0, count - 1).unbind(1)
    tile = row * count + column
    order = tile.argsort(stable=True)
    return list(torch.split(order, torch.bincount(tile, minlength=count**2).tolist()))


def batched(items: Sequence[Item], count: int) -> list[tuple[Item, ...]]:
    """Part a list into tuples of `count`, the last one perhaps shorter; as itertools does from Python 3.12 on."""
    return [tuple(items[i : i + count]) for i in range(0, len(items), count)]
