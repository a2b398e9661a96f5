"""Read-only looks at the networks: D over a grid, D(G(z)) over the latent grid, G at fixed latents.

Looking never changes training: the fixed inputs come from a stream of their own, and no gradient is kept.
Always in float32, whatever the training step uses, so that what is shown is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import torch
from torch import Tensor

from gan_core.forward import Forward
from gan_core.networks import MLP
from gan_core.records import POINT_SCALE, FixedPoints, Int16Array, Moment, Snapshot, TrailPoint, Uint8Array
from gan_core.targets import Target, uniform_square

AnyArray = TypeVar("AnyArray", Uint8Array, Int16Array)

POINTS = 5000  # fixed latents and fixed real points
LIVE_POINTS = 2000  # of them in a live frame
LIVE_RESOLUTIONS = tuple(range(50, 101, 2))  # cells a side of a live map, coarse to fine
SHARP_RESOLUTION = 400  # cells a side of the maps of a paused run, as in the article
_SEED = 20200607  # of the fixed inputs: the same in every run, so that runs can be compared


class Probe:
    """The fixed inputs of a target, and the looks taken through them."""

    def __init__(self, target: Target, device: torch.device) -> None:
        random = torch.Generator().manual_seed(_SEED)
        self.latents = uniform_square(POINTS, random).to(device)  # (POINTS, 2)
        self.reals = target.sample(POINTS, random).to(device)  # (POINTS, 2)

    def fixed_points(self, run: int) -> FixedPoints:
        """The fixed inputs as they are shown."""
        return FixedPoints(run, _as_points(self.latents), _as_points(self.reals))

    def fakes(self, generator: MLP) -> Tensor:
        """G at all fixed latents: (POINTS, 2)."""
        fakes = torch.empty_like(self.latents)
        for _ in _fill(fakes, Forward(generator), self.latents):
            pass
        return fakes

    def look(self, generator: MLP, discriminator: MLP, moment: Moment, *, resolution: int, points: int) -> Snapshot:
        """Take one snapshot in one go."""
        parts = self.look_in_parts(generator, discriminator, moment, resolution=resolution, points=points)
        *_, last = parts
        if last is None:
            raise RuntimeError("the last part of a look is its snapshot")
        return last

    def look_in_parts(
        self, generator: MLP, discriminator: MLP, moment: Moment, *, resolution: int, points: int
    ) -> Iterator[Snapshot | None]:
        """Take one snapshot in short parts: yields None after each, and the snapshot last.

        Between two parts the caller may stop; the networks must not change in between.
        Raises FloatingPointError when a network's output is not finite: there is nothing true to show then.
        """
        grid = cell_centres(resolution, self.latents.device)
        # All points of one network together: the more of them there are in a place, the less work is each.
        inputs = torch.cat((grid, self.latents[:points]))
        samples = torch.empty_like(inputs)
        yield from _fill(samples, Forward(generator), inputs)
        image, fakes = samples[: len(grid)], samples[len(grid) :]
        inputs = torch.cat((image, grid))
        logits = torch.empty_like(inputs[:, :1])
        yield from _fill(logits, Forward(discriminator), inputs)
        latent_logits, sample_logits = logits.view(2, resolution, resolution)
        bluest = grid[int(sample_logits.argmax())]
        yield Snapshot(
            moment=moment,
            latent_map=_as_map(latent_logits),
            sample_map=_as_map(sample_logits),
            fakes=_as_points(fakes),
            image=_as_points(image.view(resolution, resolution, 2)[_every(resolution)]),
            trail_point=TrailPoint(moment.step, _pair(fakes.mean(dim=0)), _pair(bluest)),
        )


def cell_centres(resolution: int, device: torch.device) -> Tensor:
    """Centres of R x R cells that tile [-1, 1]^2: (R * R, 2), abscissa fastest, from the lowest row."""
    along = (torch.arange(resolution, device=device, dtype=torch.float32) + 0.5) * (2 / resolution) - 1
    y, x = torch.meshgrid(along, along, indexing="ij")
    return torch.stack((x.reshape(-1), y.reshape(-1)), dim=1)


def image_stride(resolution: int) -> int:
    """Every how many latent cells the image G(z) is kept: about 50 a side live, 100 when sharp."""
    return resolution // 100 if resolution >= SHARP_RESOLUTION else max(1, round(resolution / 50))


def _every(resolution: int) -> tuple[slice, slice]:
    stride = image_stride(resolution)
    one = slice(stride // 2, None, stride)
    return one, one


def _fill(y: Tensor, network: Forward, x: Tensor) -> Iterator[None]:
    """Put the network at all points x (N, 2) into y (N, outputs), in parts: yields after each of them.

    Raises FloatingPointError if any of it is not finite.
    """
    parts = network.parts(x)
    yield None
    for part in parts:
        y[part] = network(x[part])
        yield None
    if not torch.isfinite(y).all():
        raise FloatingPointError("a network's output is not a finite number")


def _as_map(logits: Tensor) -> Uint8Array:
    return _frozen(torch.sigmoid(logits).mul(255).round().to(torch.uint8).cpu().numpy())


def _as_points(x: Tensor) -> Int16Array:
    return _frozen((x.clamp(-1, 1) * POINT_SCALE).round().to(torch.int16).cpu().numpy())


def _pair(x: Tensor) -> tuple[float, float]:
    a, b = x.tolist()
    return a, b


def _frozen(array: AnyArray) -> AnyArray:
    array.flags.writeable = False
    return array
