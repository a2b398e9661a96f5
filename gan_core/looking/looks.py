"""What a look at a run sees, by its task: where the fakes are, and what both maps show.

As Snapshot and the panels' words have it: a map of D is of probabilities, one of the best possible D leaves out cells
where there are neither data nor fakes, and the others have a scale of their own. Always in float32, whatever the
training step uses, so that what is shown is true.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from gan_core.looking.forward import Forward
from gan_core.looking.measures.best_d import LEAST, best_d
from gan_core.looking.measures.density import box_density, generator_density_in_parts, target_density
from gan_core.looking.measures.parts import finished
from gan_core.setup.config import GANConfig
from gan_core.setup.plane import USUAL, Plane
from gan_core.targets.target import LATENTS, OPPONENTS, Opponent, Target
from gan_core.training.networks import MLP, as_plain
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.tasks import ARRIVAL

NOBODY = 255  # of a map with 254 as its highest value: there is nothing to show in this cell
_BEST_RESOLUTION = 400  # cells a side on which the least possible loss is found
_OF_EACH = 400  # real points and fakes by which the level of a critic is found
_LEAST_REACH = 1e-9  # of a score that is the same everywhere
_NEAREST = 1e-4  # data units: the error of a sample that is shown as none; 1 or more is the other end of the scale


class Networks(NamedTuple):
    """What is looked at, all at rest: see `seen_through`."""

    generator: MLP  # of points (N, 2) of the plane of latents that is shown
    discriminator: MLP  # of one point (N, 2)
    whole: MLP  # the generator, of latents (N, latent_dim)


def seen_through(config: GANConfig, generator: MLP, discriminator: MLP, plane: Plane = USUAL) -> Networks:
    """Both networks as functions of points on the panels.

    The generator is that on a plane through latent space; of a
    discriminator with packing, what it says of a pack of one point so many times is shown.
    """
    latent, dim, packing = LATENTS.make(config.latent), config.latent_dim, config.packing
    whole = as_plain(generator)
    usual = dim == 2 and latent.reach == 1 and plane.usual
    return Networks(
        whole if usual else as_plain(whole, latent.plane(dim, plane)),
        as_plain(discriminator, torch.eye(2).repeat(packing, 1) if packing > 1 else None),
        whole,
    )


@dataclass(frozen=True, eq=False)
class Seen:
    """What one look saw. R is its resolution; maps are uint8, in the order of `cell_centres`."""

    fakes: Tensor  # (P, 2), of the first P fixed latents
    image: Tensor  # (R, R, 2), where the centre of each cell of the latent map goes
    latent_map: Tensor  # (R, R)
    sample_map: Tensor  # (R, R)
    logits: Tensor | None = None  # (R, R), D's at the cells of the sample map, where the task has a D
    # Of a D whose scores are no logits: the score above which it takes a point for real, byte 127.5 of both maps, and
    # how far from it bytes 0 and 255 are.
    score: tuple[float, float] | None = None


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
        self._target, self._objective = target, OBJECTIVES.make(config.objective)
        self._some_real = target.even(cell_centres(math.isqrt(_OF_EACH), torch.device("cpu")))

    def parts(self, networks: Networks, step: int, resolution: int, latents: Tensor) -> Parts:
        """As Look."""
        grid = cell_centres(resolution, latents.device)
        image, fakes = yield from _generated(networks, grid, latents)
        d = Forward(networks.discriminator)
        logits = yield from _filled(d, torch.cat((image, grid)))
        of_latent, of_sample = maps = logits.view(2, resolution, resolution)
        if self._objective.probability:
            return Seen(fakes, _square(image), _probability(of_latent), _probability(of_sample), of_sample)
        level = self._objective.middle
        if not self._objective.anchored:
            both = torch.cat((self._some_real.to(fakes), fakes[:_OF_EACH]))
            scores = yield from _filled(d, both)
            level = float(scores[: len(self._some_real)].mean() + scores[len(self._some_real) :].mean()) / 2
        reach = max(float((maps - level).abs().max()), _LEAST_REACH)
        latent_map, sample_map = (_map(((scores - level) / reach + 1) / 2, 255) for scores in maps)
        return Seen(fakes, _square(image), latent_map, sample_map, of_sample, (level, reach))

    def fakes(self, generator: MLP, step: int, latents: Tensor) -> Tensor:
        """As Look."""
        return finished(_filled(Forward(as_plain(generator)), latents))


class FitLook(GANLook):
    """G and where it should send each z: the error over latent space, and over sample space the best D against it."""

    def parts(self, networks: Networks, step: int, resolution: int, latents: Tensor) -> Parts:
        """As Look."""
        grid = cell_centres(resolution, latents.device)
        image, fakes = yield from _generated(networks, grid, latents)
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


def _generated(networks: Networks, grid: Tensor, latents: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """G at the cells and at the latents.

    All together where they are in one plane: the more points there are in a place, the less work is each.
    """
    if networks.generator is not networks.whole:
        image = yield from _filled(Forward(networks.generator), grid)
        fakes = yield from _filled(Forward(networks.whole), latents)
        return image, fakes
    samples = yield from _filled(Forward(networks.generator), torch.cat((grid, latents)))
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
