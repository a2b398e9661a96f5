"""What a run trains, and on what: the GAN, or one network alone as the article's supervised experiments do.

A new task is one entry here; how it is looked at stands in `gan_core.looking.looks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from gan_core.setup.config import GANConfig
from gan_core.targets.target import OPPONENTS
from gan_core.training.both_at_once import AtOnceStep, ConsensusStep, ExtragradientStep
from gan_core.training.draws import Draws
from gan_core.training.gan_step import GANStep, LiveValues, Numbers
from gan_core.training.kernels import Array, Kernels
from gan_core.training.networks import MLP
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import OPTIMISERS, Optimiser
from gan_core.training.plain import PlainStep
from gan_core.training.supervised_step import FitStep, NoStep, OpponentStep
from gan_core.training.unrolled import UnrolledStep

ARRIVAL = 120  # the step at which the points of task "none" are where they belong


class Step(Protocol):
    """One training step, on arrays that are handed in."""

    def run(self, real: Array, z: Array, values: LiveValues) -> Numbers:
        """Train once; returns D loss, D accuracy, G loss, G accuracy, NaN for a network that is not trained."""


MakeStep = Callable[[GANConfig, tuple[MLP, MLP], tuple[Optimiser, Optimiser], Kernels, Draws], Step]


@dataclass(frozen=True)
class Task:
    """One kind of training. Networks come generator first."""

    name: str
    trains: frozenset[str]  # of "generator" and "discriminator"
    make_step: MakeStep
    of_d: tuple[int, int]  # real points and latents that an update of D takes, in halves of the batch B,
    of_g: tuple[int, int]  # and one of G, likewise
    ends: int | None = None  # the step after which nothing more happens
    paired: bool = False  # whether the real points are where the target puts these very latents

    def rows(self, config: GANConfig, each: tuple[int, int] = (1, 1)) -> tuple[int, int]:
        """How many real points and latents a step takes that has `each` as many updates of D and of G."""
        d, g = each
        real, latents = (
            (d * of_d + g * of_g) * (config.batch // 2) for of_d, of_g in zip(self.of_d, self.of_g, strict=True)
        )
        pairs = self.name == "gan" and OBJECTIVES.make(config.objective).paired
        times = config.packing * (2 if OPTIMISERS.make(config.optimiser_g).twice else 1)
        return (real + g * config.batch * pairs) * times, latents * times


def by_autograd(config: GANConfig) -> MakeStep:
    """The step of a GAN that is not written out."""
    if OPTIMISERS.make(config.optimiser_d).twice:
        return ExtragradientStep
    if config.consensus:
        return ConsensusStep
    if OPTIMISERS.make(config.optimiser_d).at_once:
        return AtOnceStep
    return UnrolledStep if config.unrolled else PlainStep


_G, _D = "generator", "discriminator"
_NOTHING = (0, 0)
_ALL = (
    Task("gan", frozenset((_G, _D)), GANStep, of_d=(1, 1), of_g=(0, 2)),
    Task("fit", frozenset((_G,)), FitStep, of_d=_NOTHING, of_g=(2, 2), paired=True),
    Task("noise", frozenset((_D,)), partial(OpponentStep, OPPONENTS["noise"]), of_d=(1, 1), of_g=_NOTHING),
    Task("blob", frozenset((_D,)), partial(OpponentStep, OPPONENTS["blob"]), of_d=(1, 1), of_g=_NOTHING),
    Task("none", frozenset(), NoStep, of_d=_NOTHING, of_g=_NOTHING, ends=ARRIVAL),
)
TASKS: dict[str, Task] = {task.name: task for task in _ALL}
