"""The spiral of Lazarou's article: what it makes of coordinates (u, v), and its exact inverse and density."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gan_core.targets.strata import ALONG, Strata, stretches

# r = R0 + TURN (u + 1) + BAND v, theta = ANGLE u, for u, v uniform on [-1, 1].
_R0, _TURN, _BAND, _ANGLE = 0.05, 0.45, 0.05, 3 * math.pi
BAND = 1.5  # |v| up to here counts as on the band; real points have |v| <= 1


def spiral(uv: Tensor) -> Tensor:
    """Map (N, 2) coordinates (u, v) to (N, 2) points of the spiral."""
    u, v = uv[:, 0], uv[:, 1]
    r = _R0 + _TURN * (u + 1) + _BAND * v
    theta = _ANGLE * u
    return torch.stack((r * torch.cos(theta), r * torch.sin(theta)), dim=1)


def spiral_inverse(x: Tensor) -> Tensor:
    """Map (N, 2) points to (N, 2) coordinates (u, v) on the turn whose centre line is nearest along the radius.

    The angle fixes u up to multiples of 2/3; of those inside [-1, 1] the one with the least |v| is taken. The point is
    in the band exactly when |v| <= 1.
    """
    r = torch.linalg.vector_norm(x, dim=1)
    theta = torch.atan2(x[:, 1], x[:, 0])
    turns = torch.arange(-2, 3, dtype=x.dtype, device=x.device)
    u = theta[:, None] / _ANGLE + turns * (2 / 3)  # (N, 5)
    v = (r[:, None] - (_R0 + _TURN) - _TURN * u) / _BAND
    rounding = 1e-6  # u = 1 comes back as 1 + a few ulp
    distance = torch.where(u.abs() <= 1 + rounding, v.abs(), math.inf)
    best = distance.argmin(dim=1, keepdim=True)
    return torch.cat((u.gather(1, best).clamp(-1, 1), v.gather(1, best)), dim=1)


def spiral_density(x: Tensor) -> Tensor:
    """Return the density of real data at (N, 2) points, per unit area.

    |det J| of `spiral` is TURN-independent: BAND * ANGLE * r = 0.15 pi r, and (u, v) has density 1/4.
    """
    r = torch.linalg.vector_norm(x, dim=1)
    inside = spiral_inverse(x)[:, 1].abs() <= 1
    return torch.where(inside, 0.25 / (_BAND * _ANGLE * r), 0.0)


def spiral_strata() -> Strata:
    """Equal stretches of u, in which the data are uniform: equal shares, exactly. Off the data is |v| > BAND."""

    def of(x: Tensor) -> Tensor:
        u, v = spiral_inverse(x).unbind(1)
        return torch.where(v.abs() <= BAND, stretches((u + 1) / 2, ALONG), -1)

    return Strata(ALONG, of, "spiral", ends=(-1.0, 1.0))
