"""What a look at a run sees, by its task: where the fakes are, and what both maps show.

As Snapshot and the panels' words have it: a map of D is of probabilities, one of the best possible D leaves out cells
where there are neither data nor fakes, and the others have a scale of their own. Always in float32, whatever the
training step uses, so that what is shown is true.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from gan_core.looking.forward import Forward
from gan_core.looking.measures.best_d import LEAST, best_d
from gan_core.looking.measures.density import box_density, generator_density_in_parts, target_density
from gan_core.looking.measures.parts import finished
from gan_core.setup.config import GANConfig
from gan_core.targets.target import OPPONENTS, Opponent, Target
from gan_core.training.networks import MLP
from gan_core.training.tasks import ARRIVAL

NOBODY = 255  # of a map with 254 as its highest value: there is nothing to show in this cell
_BEST_RESOLUTION = 400  # cells a side on which the least possible loss is found
_NEAREST = 1e-4  # data units: the error of a sample that is shown as none; 1 or more is the other end of the scale

Networks = tuple[MLP, MLP]  # generator, discriminator


@dataclass(frozen=True, eq=False)
class Seen:
    """What one look saw. R is its resolution; maps are uint8, in the order of `cell_centres`."""

    fakes: Tensor  # (P, 2), of the first P fixed latents
    image: Tensor  # (R, R, 2), where the centre of each cell of the latent map goes
    latent_map: Tensor  # (R, R)
    sample_map: Tensor  # (R, R)
    logits: Tensor | None = None  # (R, R), D's at the cells of the sample map, where the task has a D


Parts = Generator[None, None, Seen]


class Look(Protocol):
    """A task's way of looking. `step` is the one that the networks stand at."""

    best: float | None  # least loss that the one network could have

    def parts(self, networks: Networks, step: int, resolution: int, latents: Tensor) -> Parts:
        """Look in short parts: yields after each, and returns what was seen.

        Raises FloatingPointError when a network's output is not finite.
        """

    def fakes(self, generator: MLP, step: int, latents: Tensor) -> Tensor:
        """The fakes of latents (N, 2) alone: (N, 2)."""


class GANLook:
    """G and D: D(G(z)) over latent space, D(x) over sample space."""

    best: float | None = None

    def __init__(self, config: GANConfig, target: Target) -> None:
        self._target = target

    def parts(self, networks: Networks, step: int, resolution: int, latents: Tensor) -> Parts:
        """As Look."""
        grid = cell_centres(resolution, latents.device)
        image, fakes = yield from _generated(networks[0], grid, latents)
        logits = yield from _filled(Forward(networks[1]), torch.cat((image, grid)))
        of_latent, of_sample = logits.view(2, resolution, resolution)
        return Seen(fakes, _square(image), _probability(of_latent), _probability(of_sample), of_sample)

    def fakes(self, generator: MLP, step: int, latents: Tensor) -> Tensor:
        """As Look."""
        return finished(_filled(Forward(generator), latents))


class FitLook(GANLook):
    """G and where it should send each z: the error over latent space, and over sample space the best D against it."""

    def parts(self, networks: Networks, step: int, resolution: int, latents: Tensor) -> Parts:
        """As Look."""
        grid = cell_centres(resolution, latents.device)
        image, fakes = yield from _generated(networks[0], grid, latents)
        error = torch.linalg.vector_norm(image - self._target.goal()(grid), dim=1)
        of_error = (error.clamp(_NEAREST, 1).log() / math.log(_NEAREST)).view(resolution, resolution)
        q = yield from generator_density_in_parts(_square(image), resolution)
        of_best = best_d(target_density(self._target, resolution).to(q.device), q)
        return Seen(fakes, _square(image), _map(of_error, 255), _map(of_best, 254))


class OpponentLook:
    """D and what it has to tell from the data: the best D there is and this one, both over sample space.

    So that a point of the one map is the same point of the other, the image is the square itself.
    """

    def __init__(self, opponent: Opponent, config: GANConfig, target: Target) -> None:
        self._opponent, self._target = opponent, target
        self._maps: dict[int, Tensor] = {}  # of the best D, by resolution: a quarter of a megabyte in all
        p, q = _exactly(target, _BEST_RESOLUTION), self._density(_BEST_RESOLUTION)
        self.best: float | None = LEAST[config.objective](p, q) if config.objective in LEAST else None

    def parts(self, networks: Networks, step: int, resolution: int, latents: Tensor) -> Parts:
        """As Look."""
        grid = cell_centres(resolution, latents.device)
        logits = (yield from _filled(Forward(networks[1]), grid)).view(resolution, resolution)
        if resolution not in self._maps:
            p = target_density(self._target, resolution)
            self._maps[resolution] = _map(best_d(p, self._density(resolution)), 254)
        fakes = self._opponent.place(latents)
        return Seen(fakes, _square(grid), self._maps[resolution], _probability(logits), logits)

    def fakes(self, generator: MLP, step: int, latents: Tensor) -> Tensor:
        """As Look."""
        placed: Tensor = self._opponent.place(latents)
        return placed

    def _density(self, resolution: int) -> Tensor:
        centre = self._opponent.centre
        return box_density((centre, centre), self._opponent.side, resolution)


class WayLook:
    """Latents on their way to where the target puts them; both maps show u, before and after."""

    best: float | None = None

    def __init__(self, config: GANConfig, target: Target) -> None:
        self._target = target

    def parts(self, networks: Networks, step: int, resolution: int, latents: Tensor) -> Parts:
        """As Look."""
        grid = cell_centres(resolution, latents.device)
        yield None
        image = self.fakes(networks[0], step, grid)
        return Seen(
            self.fakes(networks[0], step, latents),
            _square(image),
            _map(_square((grid[:, 0] + 1) / 2), 255),
            _map(_square(self._along(grid)), 254),
        )

    def fakes(self, generator: MLP, step: int, latents: Tensor) -> Tensor:
        """As Look."""
        s = smoothstep(step / ARRIVAL)
        return (1 - s) * latents + s * self._target.goal()(latents)

    def _along(self, x: Tensor) -> Tensor:
        """How far along, 0 to 1, the target has points (N, 2): (N,), NaN outside its support."""
        if self._target.inverse is None:
            return torch.full_like(x[:, 0], torch.nan)
        u, v = self._target.inverse(x).unbind(dim=1)
        return torch.where(v.abs() <= 1, (u + 1) / 2, torch.nan)


def _opponent_look(opponent: Opponent) -> Callable[[GANConfig, Target], Look]:
    return lambda config, target: OpponentLook(opponent, config, target)


LOOKS: dict[str, Callable[[GANConfig, Target], Look]] = {
    "gan": GANLook,
    "fit": FitLook,
    **{name: _opponent_look(opponent) for name, opponent in OPPONENTS.items()},
    "none": WayLook,
}


def smoothstep(t: float) -> float:
    """From 0 at t <= 0 to 1 at t >= 1, slow at both ends."""
    t = min(max(t, 0.0), 1.0)
    return t * t * (3 - 2 * t)


def cell_centres(resolution: int, device: torch.device) -> Tensor:
    """Centres of R x R cells that tile [-1, 1]^2: (R * R, 2), abscissa fastest, from the lowest row."""
    along = (torch.arange(resolution, device=device, dtype=torch.float32) + 0.5) * (2 / resolution) - 1
    y, x = torch.meshgrid(along, along, indexing="ij")
    return torch.stack((x.reshape(-1), y.reshape(-1)), dim=1)


def _generated(generator: MLP, grid: Tensor, latents: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """G at the cells and at the latents, all together: the more points there are in a place, the less work is each."""
    samples = yield from _filled(Forward(generator), torch.cat((grid, latents)))
    return samples[: len(grid)], samples[len(grid) :]


def _filled(network: Forward, x: Tensor) -> Generator[None, None, Tensor]:
    """What the network says at all points x (N, 2): (N, outputs), in parts: yields after each of them.

    Raises FloatingPointError if any of it is not finite.
    """
    y = x.new_empty(len(x), network.outputs)
    parts = network.parts(x)
    yield None
    for part in parts:
        y[part] = network(x[part])
        yield None
    if not torch.isfinite(y).all():
        raise FloatingPointError("a network's output is not a finite number")
    return y


def _exactly(target: Target, resolution: int) -> Tensor:
    """Density of real data at the cells' centres: unlike its mean over a cell, it knows the sharp edges of the data.

    That mean, where there is no formula. (R, R).
    """
    if target.density is None:
        return target_density(target, resolution)
    return _square(target.density(cell_centres(resolution, torch.device("cpu"))))


def _square(x: Tensor) -> Tensor:
    """One row a cell, (R * R, ...), as (R, R, ...)."""
    side = math.isqrt(len(x))
    return x.view(side, side, *x.shape[1:])


def _probability(logits: Tensor) -> Tensor:
    return _map(torch.sigmoid(logits), 255)


def _map(values: Tensor, highest: int) -> Tensor:
    """Values from 0 to 1 as 0 to `highest`; where there is none (NaN), NOBODY."""
    return values.mul(highest).nan_to_num(NOBODY).round().to(torch.uint8)
