"""The batches of a run: real data and latents, drawn from two seeded streams in blocks of steps.

A block costs hardly more than a single batch. Where in its block a run stands is part of its state.
"""

from __future__ import annotations

from typing import Any

import torch

from gan_core.targets.target import Latent, Target
from gan_core.training.kernels import Array, Kernels

BLOCK = 64  # steps drawn at once


class Batches:
    """One batch a step, of `rows`: so many real points, and so many latents.

    `real` (BLOCK, rows[0], 2) and `latents` (BLOCK, rows[1], dim) are the present block and stay the same arrays but
    for `resize`; `place` is the first row of it that is not used yet.
    """

    def __init__(
        self,
        target: Target,
        latent: Latent,
        rows: tuple[int, int],
        streams: tuple[torch.Generator, torch.Generator],
        kernels: Kernels,
        *,
        dim: int = 2,
        paired: bool = False,
    ) -> None:
        """Draw real data from the first of `streams`, latents from the second.

        `paired`: there are as many of both, and the real points are where `target` puts the latents of the same rows.
        """
        self.target, self.latent, self.place, self._paired = target, latent, BLOCK, paired
        self.real, self.latents = kernels.empty(BLOCK, rows[0], 2), kernels.empty(BLOCK, rows[1], dim)
        self._streams, self._kernels = streams, kernels
        self._starts = self._positions()  # of the streams, before the present block was drawn

    def resize(self, rows: tuple[int, int]) -> None:
        """Have the steps to come take so many rows of each.

        What is left of the present block is passed over. Of one that no step has taken from nothing was used: it is
        drawn again, so that a state says all even where the numbers change right after it.
        """
        if self.place == 0:
            for stream, start in zip(self._streams, self._starts, strict=True):
                stream.set_state(start)
        dim = self.latents.shape[2]
        self.real, self.latents = self._kernels.empty(BLOCK, rows[0], 2), self._kernels.empty(BLOCK, rows[1], dim)
        self.place = BLOCK

    def left(self) -> int:
        """How many steps the present block is good for, at least one: a used-up block is replaced."""
        if self.place == BLOCK:
            self._draw()
        return BLOCK - self.place

    def next(self) -> tuple[Array, Array]:
        """Real points (rows[0], 2) and latents (rows[1], dim) of the next step."""
        self.left()
        self.place += 1
        return self.real[self.place - 1], self.latents[self.place - 1]

    def state(self) -> dict[str, Any]:
        """What fixes all batches to come."""
        used_up = self.place == BLOCK
        real, latents = self._positions() if used_up else self._starts
        return {"real_stream": real.clone(), "latent_stream": latents.clone(), "place": 0 if used_up else self.place}

    def restore(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave."""
        for stream, name in zip(self._streams, ("real_stream", "latent_stream"), strict=True):
            stream.set_state(state[name])
        self._draw()
        self.place = state["place"]

    def behind(self) -> dict[str, Any]:
        """A state from which other batches go on: its streams stand behind the present block."""
        real, latents = self._positions()
        return {"real_stream": real.clone(), "latent_stream": latents.clone(), "place": 0}

    def _draw(self) -> None:
        self._starts = self._positions()
        of_real, of_latents = self._streams
        z = self.latent.sample(BLOCK * self.latents.shape[1], self.latents.shape[2], of_latents)
        real = self.target.goal()(z) if self._paired else self.target.sample(BLOCK * self.real.shape[1], of_real)
        for array, points in ((self.real, real), (self.latents, z)):
            self._kernels.copy(self._kernels.batch(points).reshape(array.shape), array)
        self.place = 0

    def _positions(self) -> tuple[torch.Tensor, torch.Tensor]:
        real, latents = self._streams
        return real.get_state(), latents.get_state()
