"""Many small GANs of one configuration, trained together: one step of all costs hardly more calls than a step of one.

With networks as narrow as NumPy is for, most of a step's time goes into calls, not into arithmetic. Where it pays is
measured (`best_batch.py`); wider networks are bound by their products, and are trained one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.training.compute import narrow
from gan_core.training.draws import ManyDraws
from gan_core.training.engine import GANEngine
from gan_core.training.gan_step import GANStep, serves
from gan_core.training.kernels import Array, NumpyKernels
from gan_core.training.many_kernels import ManyKernels, Stack
from gan_core.training.many_optimisers import Each, ManyOptimisers, make_optimisers
from gan_core.training.objectives import OBJECTIVES, Objective
from gan_core.training.penalties import PENALTIES

METRICS = ("d_loss", "d_accuracy", "g_loss", "g_accuracy")  # the last axis of what `advance` returns


def serves_many(config: GANConfig) -> bool:
    """Whether runs of this configuration can be trained together, on a CPU in float32; else each is trained alone."""
    return (
        config.task == "gan"
        and serves(config)
        and narrow(config.widest)
        and PENALTIES.make(config.penalty).every == 1
        and _keeps_members_apart(OBJECTIVES.make(config.objective))
    )


class ManyEngines:
    """Trains several engines of one configuration at once; each as it would be trained alone, bit for bit.

    `engines` are ordinary ones, in the order of the metrics. Between two calls of `advance` they may be looked at, set,
    restored, trained alone or left out; none has to stand at the step of another. What one call costs beside its steps
    is copying all networks and moments in and out: have it train several steps.
    """

    def __init__(self, engines: Iterable[GANEngine]) -> None:
        """Take engines of one configuration. Raises ValueError where they are not, or cannot be trained so."""
        self.engines: list[GANEngine] = []
        self._lay_out(list(engines))

    @classmethod
    def begin(cls, config: GANConfig, members: Iterable[tuple[HyperParameters, int]]) -> ManyEngines:
        """New engines on this machine's CPU, one for each pair of values and seed. Raises as the constructor."""
        return cls(
            GANEngine(Experiment(config, values), seed, device="cpu", precision="float32", threads=1)
            for values, seed in members
        )

    def keep(self, indices: Iterable[int]) -> None:
        """Go on with these engines alone, in this order; the others stay as they are."""
        self._lay_out([self.engines[i] for i in indices])

    def advance(self, count: int) -> Array:
        """Train `count` steps of each; returns METRICS of each step and engine, (steps, M, 4) in float64.

        Ends early, after a step in which a loss of one of them was not finite. Raises ValueError where they do not have
        as many updates in a step, and then trains nothing.
        """
        if len({engine.values.each for engine in self.engines}) > 1:
            raise ValueError("Runs that are trained together must have the same updates_d and the same updates_g.")
        found, done = np.empty((count, len(self.engines), len(METRICS))), 0
        self.engines[0].compute.enter()
        self._take()
        with np.errstate(all="ignore"):  # what is not finite shows in the losses
            while done < count and np.isfinite(found[max(done - 1, 0) : done]).all():
                done += self._train(found[done:])
        self._give()
        return found[:done]

    def _lay_out(self, engines: list[GANEngine]) -> None:
        if not engines:
            raise ValueError("There must be at least one run to train.")
        config = engines[0].config
        if any(engine.config != config for engine in engines):
            raise ValueError("Runs that are trained together must be made of the same.")
        if not serves_many(config) or not all(e.by_hand and e.compute.library == "numpy" for e in engines):
            raise ValueError("Such runs cannot be trained together: see serves_many.")
        self.engines = engines
        networks = [e.generator for e in engines], [e.discriminator for e in engines]
        stacks = Stack(networks[0]), Stack(networks[1])
        optimisers = [
            make_optimisers(stack, of_stack, [e.optimisers[i] for e in engines])
            for i, (stack, of_stack) in enumerate(zip(stacks, networks, strict=True))
        ]
        self._copied: list[Stack | ManyOptimisers] = [*stacks, *optimisers]
        self._generators, self._ema = stacks[0].parameters_flat, torch.zeros_like(stacks[0].parameters_flat)
        # The step's arguments are those of one engine, with an axis more.
        step: Any = GANStep
        kernels, draws = ManyKernels(len(engines)), ManyDraws([e.draws for e in engines])
        self._step: GANStep = step(config, stacks, optimisers, kernels, draws)

    def _take(self) -> None:
        for each in self._copied:
            each.take()
        for engine, row in zip(self.engines, self._ema, strict=True):
            if engine.ema is not None:
                row.copy_(engine.ema)

    def _give(self) -> None:
        for each in self._copied:
            each.give()
        for engine, row in zip(self.engines, self._ema, strict=True):
            if engine.ema is not None:
                engine.ema.copy_(row)

    def _train(self, room: Array) -> int:
        """Train as many steps as fit into `room` and as all have batches drawn for; returns how many it trained."""
        config, batches = self.engines[0].config, [engine.upcoming() for engine in self.engines]
        count = min(len(room), *(each.left() for each in batches))
        real = np.stack([each.real[each.place : each.place + count] for each in batches], axis=1)
        z = np.stack([each.latents[each.place : each.place + count] for each in batches], axis=1)
        values, done = self._values(0), 0
        while done < count and np.isfinite(room[max(done - 1, 0) : done]).all():
            if config.noise_steps and done:
                values = self._values(done)
            for k, number in enumerate(self._step.run(real[done], z[done], values)):
                room[done, :, k] = number[:, 0, 0]
            if config.ema:
                self._ema.lerp_(self._generators, 1 - config.ema)
            done += 1
        for engine, each in zip(self.engines, batches, strict=True):
            each.place += done
            engine.went(done)
        return done

    def _values(self, ahead: int) -> _Values:
        values = [engine.in_force(ahead) for engine in self.engines]
        noise = tuple(each.instance_noise for each in values)
        return _Values(
            each=values[0].each,
            lr_g=tuple(each.lr_g for each in values),
            lr_d=tuple(each.lr_d for each in values),
            beta1_g=tuple(each.beta1_g for each in values),
            beta1_d=tuple(each.beta1_d for each in values),
            penalty_weight=np.array([each.penalty_weight for each in values])[:, None, None],
            instance_noise=noise if any(noise) else (),
        )


@dataclass(frozen=True)
class _Values:
    """HyperParameters of all members, as a step reads them."""

    each: tuple[int, int]
    lr_g: Each
    lr_d: Each
    beta1_g: Each
    beta1_d: Each
    penalty_weight: Array  # (M, 1, 1), float64
    instance_noise: Each  # empty where nobody has any


def _keeps_members_apart(objective: Objective) -> bool:
    """Whether its functions take scores (M, n, 1); one of your own may add up all that it is given.

    Asked by trying, on two members: each must come to what it comes to alone.
    """
    scores = np.linspace(-2, 3, 8, dtype=np.float32).reshape(2, 4, 1)
    for function in (objective.error, objective.generator):
        alone = [function(NumpyKernels(), of_one) for of_one in scores]
        try:
            together = function(ManyKernels(2), scores)
        except Exception:  # whatever a stranger's function raises
            return False
        if not all(_same(found, [each[k] for each in alone]) for k, found in enumerate(together)):
            return False
    return True


def _same(found: Array, alone: Sequence[Array]) -> bool:
    return np.array_equal(np.ravel(found), np.ravel(np.stack(alone)))
