"""The plane through latent space that is shown where a latent has more than two numbers."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

from gan_core.setup.limits import check_whole_number

MAX_LATENT_DIM = 64
MAX_TURN = 180.0  # degrees, either way


@dataclass(frozen=True)
class Plane:
    """A plane through the origin, spanned by two directions at right angles.

    The one goes across: the axis of latent number `across`, turned by `degrees` towards that of number `towards`. The
    other goes up: the axis of number `up`. Numbers count from 1, as in z₁, z₂. As it is without a word, it is that of
    the first two.
    """

    across: int = 1
    up: int = 2
    towards: int = 3
    degrees: float = 0.0

    @property
    def usual(self) -> bool:
        """Whether it is the plane of the first two numbers, across and up."""
        return (self.across, self.up, self.degrees) == (1, 2, 0)

    def directions(self, dim: int) -> tuple[list[float], list[float]]:
        """Both directions as unit vectors of `dim` numbers, across first; the second is 0 in a space of one number."""
        turn = math.radians(self.degrees)
        across, up = [0.0] * dim, [0.0] * dim
        across[self.across - 1] = math.cos(turn)
        if self.degrees:
            across[self.towards - 1] = math.sin(turn)
        if self.up <= dim:
            up[self.up - 1] = 1.0
        return across, up

    def fits(self, dim: int) -> bool:
        """Whether latents of `dim` numbers have it: any have the usual one."""
        return self.usual or max(self.across, self.up, self.towards) <= dim


USUAL = Plane()


def read_plane(given: object) -> Plane:
    """Read [across, up, towards, degrees]. Raises ValueError with a sentence for anything else."""
    if not isinstance(given, list) or len(given) != len(astuple(Plane())):
        raise ValueError("plane must be [across, up, towards, degrees], as in [1, 2, 3, 30].")
    *numbers, degrees = given
    names = ("across", "up", "towards")
    axes = [check_whole_number(name, number, MAX_LATENT_DIM) for name, number in zip(names, numbers, strict=True)]
    if len(set(axes)) < len(axes):
        raise ValueError("across, up and towards must be three different numbers of the latent.")
    if isinstance(degrees, bool) or not isinstance(degrees, int | float) or not abs(degrees) <= MAX_TURN:
        raise ValueError(f"degrees must be from -{MAX_TURN:.0f} to {MAX_TURN:.0f}; {degrees!r} is not.")
    return Plane(axes[0], axes[1], axes[2], float(degrees))
