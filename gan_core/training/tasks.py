"""What a run trains, and on what: the GAN, or one network alone as the article's supervised experiments do.

A new task is one entry here; how it is looked at stands in `gan_core.looking.looks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from gan_core.setup.config import GANConfig
from gan_core.targets.target import OPPONENTS, TARGETS
from gan_core.training.gan_step import GANStep, LiveValues, Numbers
from gan_core.training.kernels import Array, Kernels
from gan_core.training.networks import MLP
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import KerasAdam
from gan_core.training.supervised_step import FitStep, NoStep, OpponentStep

ARRIVAL = 120  # the step at which the points of task "none" are where they belong


class Step(Protocol):
    """One training step, on arrays that are handed in."""

    def run(self, real: Array, z: Array, values: LiveValues) -> Numbers:
        """Train once; returns D loss, D accuracy, G loss, G accuracy, NaN for a network that is not trained."""


MakeStep = Callable[[GANConfig, tuple[MLP, MLP], tuple[KerasAdam, KerasAdam], Kernels], Step]


@dataclass(frozen=True)
class Task:
    """One kind of training. Networks come generator first."""

    name: str
    trains: frozenset[str]  # of "generator" and "discriminator"
    make_step: MakeStep
    real: int  # real points that a step takes, in halves of the batch B,
    latents: int  # and latents, likewise
    ends: int | None = None  # the step after which nothing more happens
    paired: bool = False  # whether the real points are where the target puts these very latents

    def rows(self, batch: int) -> tuple[int, int]:
        """How many real points and latents a step takes."""
        return self.real * (batch // 2), self.latents * (batch // 2)


_G, _D = "generator", "discriminator"
_ALL = (
    Task("gan", frozenset((_G, _D)), GANStep, real=1, latents=3),  # B/2 for D's fakes, then B for G
    Task("fit", frozenset((_G,)), FitStep, real=2, latents=2, paired=True),
    Task("noise", frozenset((_D,)), partial(OpponentStep, OPPONENTS["noise"]), real=1, latents=1),
    Task("blob", frozenset((_D,)), partial(OpponentStep, OPPONENTS["blob"]), real=1, latents=1),
    Task("none", frozenset(), NoStep, real=0, latents=0, ends=ARRIVAL),
)
TASKS: dict[str, Task] = {task.name: task for task in _ALL}


def check_known(config: GANConfig) -> None:
    """Raise ValueError with a sentence unless there are the target and the objective that a recorded run names."""
    for kind, name, known in (("target", config.target, TARGETS), ("objective", config.objective, OBJECTIVES)):
        if name not in known:
            raise ValueError(
                f"This run was recorded with the {kind} {name[:40]!r}, which this version of GANscope does not know."
            )
