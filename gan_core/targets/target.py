"""What a target distribution is, how it is sampled; its parts, its exact inverse and density where those are known.

Which there are, says `gan_core.targets.registry`. Tensors in, tensors out, on the device of the input; nothing is
random but through the generator handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gan_core.setup.plane import USUAL, Plane
from gan_core.setup.registry import Parts
from gan_core.targets.strata import Strata

_EVEN_SEED = 20200607


@dataclass(frozen=True, eq=False)
class Modes:
    """The places where a mixture of equally wide Gaussians has its modes, in units of the square."""

    centres: Tensor  # (K, 2) float64
    weights: Tensor  # (K,) float64, that add up to 1
    sd: float


@dataclass(frozen=True, eq=False)
class Target:
    """A distribution on the square [-1, 1]^2, by how it is drawn; and what else is known of it exactly."""

    sample: Callable[[int, torch.Generator], Tensor]  # (n, 2) float32 points on the generator's device
    # Where it is the image of uniform coordinates (u, v) on [-1, 1]^2:
    transform: Callable[[Tensor], Tensor] | None = None  # (N, 2) coordinates -> (N, 2) points
    inverse: Callable[[Tensor], Tensor] | None = None  # (N, 2) points -> (N, 2) coordinates; |v| <= 1 on the support
    density: Callable[[Tensor], Tensor] | None = None  # (N, 2) points -> (N,), per unit area
    modes: Modes | None = None
    strata: Strata | None = None  # parts of the data, in which fakes are counted
    # Of data that are so many points, (N, 2) float32: those that are drawn, and those that never are.
    trained: Tensor | None = None
    held_out: Tensor | None = None

    def goal(self) -> Callable[[Tensor], Tensor]:
        """Where each (u, v) belongs. Raises ValueError for a target that is no image of the square."""
        if self.transform is None:
            raise ValueError("This target says of no latent where it belongs: it has no transform of the square.")
        return self.transform

    def even(self, uv: Tensor) -> Tensor:
        """Points that stand for it evenly, (N, 2): where it puts evenly spread (u, v), or else as many fixed draws."""
        if self.transform is not None:
            return self.transform(uv)
        return self.sample(len(uv), torch.Generator().manual_seed(_EVEN_SEED)).to(uv.device, uv.dtype)


def charted(
    transform: Callable[[Tensor], Tensor],
    inverse: Callable[[Tensor], Tensor] | None = None,
    density: Callable[[Tensor], Tensor] | None = None,
    strata: Strata | None = None,
) -> Target:
    """A target that is the image of uniform coordinates (u, v) on [-1, 1]^2; the fields are Target's."""
    return Target(
        lambda n, generator: transform(uniform_square(n, generator)), transform, inverse, density, strata=strata
    )


def uniform_square(n: int, generator: torch.Generator) -> Tensor:
    """Draw (n, 2) float32, uniform on [-1, 1)^2: the latents, and the coordinates of real points."""
    return torch.rand((n, 2), generator=generator, device=generator.device) * 2 - 1


@dataclass(frozen=True, eq=False)
class Latent:
    """What G is fed with: a distribution over latent space, of which [-reach, reach]^2 of a plane is shown."""

    sample: Callable[[int, int, torch.Generator], Tensor]  # n, dim: (n, dim) float32 on the generator's device
    even: bool = False  # whether it is uniform on the square, so that G's density follows from the square's image
    reach: float = 1.0

    def plane(self, dim: int, shown: Plane = USUAL) -> Tensor:
        """The map of points of the plane that is shown, on [-1, 1]^2, to latents: (dim, 2), to multiply them with."""
        return torch.tensor(shown.directions(dim)).t() * self.reach


def _uniform(n: int, dim: int, generator: torch.Generator) -> Tensor:
    return torch.rand((n, dim), generator=generator, device=generator.device) * 2 - 1


def _normal(n: int, dim: int, generator: torch.Generator) -> Tensor:
    return torch.randn((n, dim), generator=generator, device=generator.device)


LATENTS: Parts[Latent] = Parts("latent")
LATENTS.add("uniform", lambda: Latent(_uniform, even=True))
LATENTS.add("normal", lambda: Latent(_normal, reach=3.0))  # 99.5 % of two dimensions lie on what is shown


@dataclass(frozen=True)
class Opponent:
    """What a discriminator that is trained alone has to tell from the data: points uniform on a square."""

    name: str
    centre: float  # along both axes
    side: float

    def place(self, z: Any) -> Any:
        """Map (N, 2) latents, of whichever library, to (N, 2) points."""
        return z * (self.side / 2) + self.centre


OPPONENTS: dict[str, Opponent] = {
    "noise": Opponent("noise", 0.0, 2.0),  # the article's figure 4
    "blob": Opponent("blob", 0.5, 0.04),  # figure 6
}
