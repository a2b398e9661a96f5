"""Read-only looks at a run, through fixed inputs: what a browser is shown of it.

Looking never changes training: the fixed inputs come from a stream of their own, and no gradient is kept.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.looking.fineness import Level
from gan_core.looking.guides import guides
from gan_core.looking.instruments import Instruments
from gan_core.looking.lenses import LENSES, Arrays, Subject, available
from gan_core.looking.looks import LOOKS, Seen, seen_through
from gan_core.looking.measures.modes import nearly_one
from gan_core.looking.measures.parts import finished
from gan_core.looking.offers import offers, offers_of
from gan_core.looking.references import collapsed, floors
from gan_core.records.arrays import POINT_SCALE, Int16Array
from gan_core.records.frames import FixedPoints, Moment, Snapshot, StrataInfo, TrailPoint
from gan_core.setup.config import GANConfig
from gan_core.setup.plane import USUAL, Plane
from gan_core.targets.registry import TARGETS
from gan_core.targets.strata import Strata
from gan_core.targets.target import LATENTS, Latent
from gan_core.training.networks import MLP
from gan_core.training.tasks import TASKS

AnyArray = TypeVar("AnyArray", bound=npt.NDArray[Any])

POINTS = 5000  # fixed latents and fixed real points
LIVE_POINTS = 2000  # of them in a live frame, at most
MOVING = (Level(24, 500), Level(28, 750), Level(32, 1000), Level(40, 1500), Level(50, LIVE_POINTS))  # coarse to fine
AT_REST = MOVING[-1]  # at least: that is what references are made for, and how steps of the past are seen at first
LIVE_LEVELS = (*MOVING, *(Level(cells, LIVE_POINTS) for cells in range(52, 101, 2)))
SHARP_RESOLUTION = 400  # cells a side of the maps of a paused run, as in the article
_SEED = 20200607  # of the fixed inputs: the same in every run, so that runs can be compared
_IN_PAIRS = ("fit", "none")  # tasks that show where each latent belongs, and not any real points


class Probe:
    """The fixed inputs of a run, and the looks taken through them."""

    def __init__(self, config: GANConfig, device: torch.device) -> None:
        target, random = TARGETS.make(config.target), torch.Generator().manual_seed(_SEED)
        self._config, latent = config, LATENTS.make(config.latent)
        self._latent = latent
        self.latents = latent.sample(POINTS, config.latent_dim, random).to(device)  # (POINTS, latent_dim)
        paired = config.task in _IN_PAIRS
        reals = target.goal()(self.latents) if paired else target.sample(POINTS, random).to(device)
        self.reals = reals  # (POINTS, 2)
        self._offers, self._strata, self._modes = offers(config), target.strata, target.modes
        self.lenses = available(self._offers)  # names of those that show something
        self._task, self._look = config.task, LOOKS[config.task](config, target)
        self._instruments = Instruments(target, config.task, self.reals, game="game" in self._offers)
        for level in (AT_REST, *MOVING):
            self._instruments.prepare(level.points, level.resolution)
        self._compared = (target, config.task, AT_REST.points, AT_REST.resolution)

    def fixed_points(self, run: int) -> FixedPoints:
        """The fixed inputs as they are shown."""
        return FixedPoints(
            run,
            latents=_on_plane(self.latents, self._latent, USUAL),
            reach=self._latent.reach,
            reals=_as_points(self.reals),
            task=self._task,
            offers=self._offers,
            best=self._look.best,
            floors=floors(*self._compared),
            collapsed=collapsed(*self._compared),
            guides=guides(self._config),
            strata=_told(self._strata),
            one_mode=math.inf if self._modes is None else nearly_one(self._modes),
        )

    def fakes(self, generator: MLP, step: int, points: int = POINTS) -> Tensor:
        """The fakes of the first fixed latents at `step`, that of the generator: (points, 2)."""
        return self._look.fakes(generator, step, self.latents[:points])

    def look(self, generator: MLP, discriminator: MLP, moment: Moment, **how: Any) -> Snapshot:
        """Take one snapshot in one go."""
        *_, last = self.look_in_parts(generator, discriminator, moment, **how)
        if last is None:
            raise RuntimeError("the last part of a look is its snapshot")
        return last

    def look_in_parts(
        self,
        generator: MLP,
        discriminator: MLP,
        moment: Moment,
        *,
        resolution: int,
        points: int,
        lenses: Collection[str] = (),
        of_g: Mapping[str, Tensor] = MappingProxyType({}),
        plane: Plane = USUAL,
    ) -> Iterator[Snapshot | None]:
        """Take one snapshot in short parts: yields None after each, and the snapshot last.

        `of_g` is what `GANEngine.beside_generator` gives, for the lenses of NEED_BESIDE. Lenses that show nothing of
        this run are passed over. `plane` is the one through latent space that the latent map shows.
        Between two parts the caller may stop; the networks must not change in between.
        Raises FloatingPointError when a network's output is not finite: there is nothing true to show then.
        """
        networks, latents = seen_through(self._config, generator, discriminator, plane), self.latents[:points]
        seen = yield from self._look.parts(networks, moment.step, resolution, latents)
        frame = snapshot(seen, moment)
        judge = networks.discriminator if self._config.packing == 1 else None
        reading = yield from self._instruments.read(
            moment.step, seen, frame.trail_point, judge=judge, at_rest=points >= POINTS
        )
        trains, reach = TASKS[self._task].trains, self._latent.reach
        subject = Subject(networks, seen, latents, of_g, self._instruments, trains, self._config, self.reals, reach)
        through: Arrays = {}
        for name in self.lenses.intersection(lenses):
            through |= yield from LENSES[name].look(subject)
        there = None if plane.usual else _on_plane(latents, self._latent, plane)
        shown = {name: _frozen(array) for name, array in through.items()}
        yield replace(frame, reading=reading, lenses=shown, plane=plane, latents=there)

    def completed(self, frame: Snapshot, generator: MLP, discriminator: MLP, lenses: Collection[str]) -> Snapshot:
        """A frame of these very networks with what those of the lenses show that need no other look."""
        networks = seen_through(self._config, generator, discriminator, frame.plane)
        through = dict(frame.lenses)
        for name in self.lenses.intersection(lenses):
            alone = LENSES[name].alone
            if alone is not None:
                arrays = finished(alone(networks, TASKS[self._task].trains))
                through |= {name: _frozen(array) for name, array in arrays.items()}
        return replace(frame, lenses=through)


def without_data(config: GANConfig, run: int) -> FixedPoints:
    """What is shown of the fixed inputs of a run whose data are not here: no real points, nothing told of them."""
    latent, random = LATENTS.make(config.latent), torch.Generator().manual_seed(_SEED)
    latents = latent.sample(POINTS, config.latent_dim, random)
    return FixedPoints(
        run,
        latents=_on_plane(latents, latent, USUAL),
        reach=latent.reach,
        reals=_as_points(torch.zeros((0, 2))),
        task=config.task,
        offers=offers_of(config, None),
    )


def _on_plane(latents: Tensor, latent: Latent, plane: Plane) -> Int16Array:
    """Where latents (N, dim) are shown: the nearest places (N, 2) of the plane, those beyond its edge on the edge."""
    return _as_points(latents @ latent.plane(latents.shape[1], plane).to(latents) / latent.reach**2)


def snapshot(seen: Seen, moment: Moment) -> Snapshot:
    """What was seen, as it is shown."""
    resolution = len(seen.sample_map)
    centre = _pair(seen.fakes.mean(dim=0))
    return Snapshot(
        moment=moment,
        latent_map=_frozen(seen.latent_map.cpu().numpy()),
        sample_map=_frozen(seen.sample_map.cpu().numpy()),
        fakes=_as_points(seen.fakes),
        image=_as_points(seen.image[_every(resolution)]),
        trail_point=TrailPoint(moment.step, centre, centre if seen.logits is None else _bluest(seen.logits)),
        score=seen.score,
    )


def _told(strata: Strata | None) -> StrataInfo | None:
    if strata is None:
        return None
    return StrataInfo(tuple(strata.fair().tolist()), strata.words, strata.groups, strata.ends)


def image_stride(resolution: int) -> int:
    """Every how many latent cells the image G(z) is kept: about 50 a side live, 100 when sharp."""
    return resolution // 100 if resolution >= SHARP_RESOLUTION else max(1, round(resolution / 50))


def _every(resolution: int) -> tuple[slice, slice]:
    stride = image_stride(resolution)
    one = slice(stride // 2, None, stride)
    return one, one


def _bluest(logits: Tensor) -> tuple[float, float]:
    """The centre of the cell where D (R, R) is largest."""
    resolution = len(logits)
    row, column = divmod(int(logits.argmax()), resolution)
    return -1 + (column + 0.5) * 2 / resolution, -1 + (row + 0.5) * 2 / resolution


def _as_points(x: Tensor) -> Int16Array:
    return _frozen((x.clamp(-1, 1) * POINT_SCALE).round().to(torch.int16).cpu().numpy())


def _pair(x: Tensor) -> tuple[float, float]:
    a, b = x.tolist()
    return a, b


def _frozen(array: AnyArray) -> AnyArray:
    array.flags.writeable = False
    return array
