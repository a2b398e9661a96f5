"""What a network says at many points of the plane: the same as its dense forward pass, with less work.

Points are taken in small tiles. On a tile most units of a layer keep their sign, and LeakyReLU makes such a unit linear
there: call it straight. What straight units do can be multiplied out once a tile instead of once a point:

* those of the first layer add an affine function of the point to each unit of the second;
* those of the last hidden layer add a linear function of the layer before it to each output.

Only bent units, whose kink crosses the tile or might, go through the matrix products point by point. Whether one might
is bounded and not guessed, so that this is the same function, and the same number up to float32 rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu_, pad

from gan_core.training.networks import MLP

TILE = 128  # points: few, for few kinks between them; many, for efficient products and little to multiply out
_PART = 40  # tiles in one part: 27 ms of the article's network on two cores at worst, so that much can go on in between
_GROUP = 8  # tiles in one product
_EVEN = 32  # products are made for multiples of this many units, so that few shapes have to be prepared
_DENSE = 0.75  # share of bent units from which on picking them out gains nothing
_MANY = 2000  # points from which on tiles pay: fewer lie too far apart
_WORTH = 256  # units in a layer from which on the saved products are worth the search


class Bent(NamedTuple):
    """The bent among H units on each of T tiles, which come in the order of how many they have."""

    slope: Tensor  # (T, H) of each straight unit; 0 of a bent one
    units: Tensor  # (T, K) the bent ones, filled up with straight ones
    marked: Tensor  # (T, K) the same, but H in place of the straight ones
    groups: list[tuple[slice, int]]  # tiles done in one product, and the number of its rows


class Forward:
    """A network as it is now, ready to be asked about many points. Make a new one after a training step."""

    def __init__(self, network: MLP) -> None:
        """Read the network's weights; nothing is kept of a pass, and no gradient."""
        self._network, self._leak = network, 0.0 if network.leak is None else network.leak
        linear = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
        *hidden, self._last = [(layer.weight.detach(), layer.bias.detach()) for layer in linear]
        self.outputs = linear[-1].out_features
        on_cpu = network.parameters_flat.device.type == "cpu"
        of_plane = linear[0].in_features == 2  # tiles are of the plane: latents of more numbers have none
        linear_in_parts = network.leak is not None and of_plane
        self._tiled = linear_in_parts and len(linear) > 2 and linear[0].out_features >= _WORTH and on_cpu
        if self._tiled:
            self._first, *self._middle = hidden
            # Each with a row of zeros at its end, for units that are marked as straight
            self._second_t = pad(self._middle[0][0].t(), (0, 0, 0, 1))  # (H + 1, H): a row for each unit of the first
            self._last_t = pad(self._last[0].t(), (0, 0, 0, 1))  # (H + 1, outputs)

    def parts(self, x: Tensor) -> tuple[Tensor, ...]:
        """Part points (N, 2) into indices to be handed in one after the other, as `x[part]`; some may come twice."""
        if self._tiled and len(x) >= _MANY:
            return torch.split(tiles(x), _PART)
        return torch.split(torch.arange(len(x), device=x.device), _PART * TILE)

    @torch.inference_mode()
    def __call__(self, x: Tensor) -> Tensor:
        """Map the points of one part to (..., outputs): they are (T, n, 2) where tiles pay, else (n, 2)."""
        if x.dim() == 2:
            y: Tensor = self._network(x)
            return y
        local, plane = self._planes(x)
        crosses, sign = _crossing(plane)
        order = crosses.sum(1).argsort()
        local, plane = local[order], plane[order]
        h = self._second_layer(local, plane, _bent(crosses[order], sign[order], self._leak, more=3))
        for weight, bias in self._middle[1:-1]:
            h = self._dense(h, weight, bias)
        y = x.new_empty(*x.shape[:2], self.outputs)
        y[order] = self._output(local, h)
        return y.tanh_() if isinstance(self._network.layers[-1], nn.Tanh) else y

    def _planes(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Each point as [1, u, v], u and v from 0 to 1 across its tile: (T, n, 3).

        And the first layer's pre-activations as functions of that: (T, 3, H).
        """
        weight, bias = self._first
        low = x.amin(1, keepdim=True)
        size = (x.amax(1, keepdim=True) - low).clamp(min=1e-9)
        constant = torch.addmm(bias, low[:, 0], weight.t())
        plane = torch.cat((constant[:, None], size.transpose(1, 2) * weight.t()), dim=1)
        return pad((x - low) / size, (1, 0), value=1.0), plane

    def _second_layer(self, local: Tensor, plane: Tensor, bent: Bent) -> Tensor:
        """The second layer's output: (T, n, H).

        1, u and v go through the product as three more units: none is negative, so LeakyReLU leaves them as they are.
        """
        count, _, width = plane.shape
        straight = (plane * bent.slope[:, None]).flatten(0, 1) @ self._second_t[:-1]  # (3 T, H), functions of 1, u, v
        straight[::3] += self._middle[0][1]
        table = torch.cat((self._second_t, straight))
        rows = torch.cat((torch.arange(3 * count).view(count, 3) + width + 1, bent.marked), dim=1)
        planes = torch.cat((torch.eye(3).expand(count, 3, 3), _columns(plane, bent.units)), dim=2)
        h = local.new_empty(*local.shape[:2], width)
        for group, k in bent.groups:
            first = leaky_relu_(local[group] @ planes[group, :, :k], self._leak)
            torch.bmm(first, _rows(table, rows[group, :k]), out=h[group])
            leaky_relu_(h[group], self._leak)
        return h

    def _output(self, local: Tensor, h: Tensor) -> Tensor:
        """The outputs (T, n, outputs) from the last hidden layer but one, h; or from the last if there are but two."""
        weight, bias = self._last
        if len(self._middle) == 1:
            return h @ weight.t() + bias
        crosses, sign = self._last_crossing(local, h)
        order = crosses.sum(1).argsort()
        bent = _bent(crosses[order], sign[order], self._leak, more=self.outputs)
        y = h.new_empty(*h.shape[:2], self.outputs)
        for group, values in self._through_last(h, order, bent):
            y[order[group]] = values
        return y

    def _through_last(self, h: Tensor, order: Tensor, bent: Bent) -> Iterator[tuple[slice, Tensor]]:
        """The outputs of each group of tiles. What straight units add goes through the product as more units do."""
        (hidden, hidden_bias), (weight, bias), outputs = self._middle[-1], self._last, self.outputs
        straight = bent.slope[:, None] * weight  # (T, outputs, H)
        table = torch.cat((hidden, straight.flatten(0, 1) @ hidden))
        own = torch.arange(len(h) * outputs).view(len(h), outputs) + len(hidden)
        rows = torch.cat((own, bent.units), dim=1)
        biases = torch.cat((straight @ hidden_bias + bias, hidden_bias[bent.units]), dim=1)[:, None]
        weights = self._last_t[bent.marked]
        for group, k in bent.groups:
            some = h.index_select(0, order[group])
            if k > _DENSE * len(hidden):
                yield group, self._dense(some, hidden, hidden_bias) @ weight.t() + bias
                continue
            z = torch.baddbmm(biases[group, :, :k], some, _rows(table, rows[group, :k]).transpose(1, 2))
            last = leaky_relu_(z[..., outputs:], self._leak)
            yield group, torch.baddbmm(z[..., :outputs], last, weights[group, : k - outputs])

    def _last_crossing(self, local: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Which units of the last hidden layer might cross 0 on which tile, and the sign of the others: (T, H) both.

        On each tile the layer before, h (T, n, H), is a plane and a rest. A pre-activation is the plane's image, and
        more or less by at most the largest rests times the absolute weights.
        """
        weight, bias = self._middle[-1]
        squares = local.transpose(1, 2) @ local
        squares.diagonal(dim1=1, dim2=2).add_(1e-4 * local.shape[1])  # points on a line, or all the same, fix no plane
        fit = torch.linalg.inv(squares) @ local.transpose(1, 2)  # of least squares; any plane would be right
        plane = h.new_empty(len(h), 3, h.shape[2])
        low, high = h.new_empty(2, len(h), h.shape[2])
        space = torch.empty_like(h[:_GROUP])
        for i in range(0, len(h), _GROUP):
            group, rest = slice(i, i + _GROUP), space[: len(h) - i]
            torch.bmm(fit[group], h[group], out=plane[group])
            torch.bmm(local[group], plane[group], out=rest).sub_(h[group])
            torch.amin(rest, 1, out=low[group])
            torch.amax(rest, 1, out=high[group])
        plane[:, 0] -= (low + high) / 2
        image = (plane.flatten(0, 1) @ weight.t()).view(len(h), 3, -1)
        image[:, 0] += bias
        return _crossing(image, (high - low) / 2 @ weight.abs().t())

    def _dense(self, h: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        y = torch.addmm(bias, h.flatten(0, 1), weight.t())
        return leaky_relu_(y, self._leak).view(*h.shape[:2], -1)


def tiles(x: Tensor) -> Tensor:
    """Part points (N, 2) into compact tiles: (T, TILE) indices, the last tile filled up with its last point.

    Strips of equally many points from left to right, and tiles of equally many along each strip.
    """
    count = -(-len(x) // TILE)
    width, height = (x.amax(0) - x.amin(0)).clamp(min=1e-6).tolist()
    strips = min(count, max(1, round(math.sqrt(count * width / height))))
    by_x = torch.split(x[:, 0].argsort(), -(-count // strips) * TILE)
    index = torch.cat([strip[x[strip, 1].argsort()] for strip in by_x])
    return torch.cat((index, index[-1:].expand(count * TILE - len(x)))).view(count, TILE)


def _crossing(plane: Tensor, margin: Tensor | float = 0.0) -> tuple[Tensor, Tensor]:
    """Which planes (T, 3, H), functions of [1, u, v], come within the margin of 0 on the tile, and the others' sign.

    They take their extremes at the corners, u and v 0 or 1.
    """
    half = plane[:, 1:] / 2
    middle = plane[:, 0] + half.sum(1)
    return middle.abs() <= half.abs().sum(1) + margin, middle


def _bent(crosses: Tensor, sign: Tensor, leak: float, more: int) -> Bent:
    """Collect the bent units from (T, H); `more` rows of other things will go through the products with them."""
    width = crosses.shape[1]
    sizes = [min(width + more, -(-(count + more) // _EVEN) * _EVEN) for count in crosses.sum(1).tolist()]
    starts = range(0, len(sizes), _GROUP)
    groups = [(slice(i, i + _GROUP), sizes[i : i + _GROUP][-1]) for i in starts]
    found, units = crosses.to(torch.uint8).topk(min(sizes[-1], width), dim=1)
    slope = torch.where(sign > 0, 1.0, leak).masked_fill_(crosses, 0.0)
    return Bent(slope, units, units.where(found > 0, width), groups)


def _rows(table: Tensor, index: Tensor) -> Tensor:
    """Rows of a table by an index (T, k): (T, k, H)."""
    return table.index_select(0, index.flatten()).view(*index.shape, -1)


def _columns(plane: Tensor, index: Tensor) -> Tensor:
    """Columns of each (3, H) by an index (T, K): (T, 3, K)."""
    return plane.gather(2, index[:, None].expand(-1, 3, -1))
