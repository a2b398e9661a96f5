"""What a step costs, in numbers that no machine has a part in: points seen, and gradients taken.

A gradient is the derivative of one player's loss by all of its parameters, on one batch. A penalty on D's gradient
counts as one more for each of D's (it is a second pass), each update that G looks ahead through as one of D's, and an
extragradient step as two. Consensus has, beside the gradient of each player, that of their squared length.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gan_core.records.steps import Change
from gan_core.setup.config import GANConfig, HyperParameters, drawn_for
from gan_core.training.optimisers import OPTIMISERS
from gan_core.training.penalties import PENALTIES
from gan_core.training.tasks import TASKS


@dataclass(frozen=True)
class Cost:
    """Of one step, or of many."""

    samples: int  # real points and latents
    gradients: int


def cost(config: GANConfig, each: tuple[int, int] = (1, 1), *, penalised: bool = True) -> Cost:
    """Of one step with so many updates of D and of G; not `penalised`, of one that a lazy penalty leaves out."""
    task = TASKS[config.task]
    of_d = 1 + (penalised and PENALTIES.make(config.penalty).of is not None)
    d, g = (count * (name in task.trains) for count, name in zip(each, ("discriminator", "generator"), strict=True))
    gradients = d * of_d + g * (1 + config.unrolled * of_d) + (2 if config.consensus else 0)
    if OPTIMISERS.make(config.optimiser_g).twice:
        gradients *= 2
    return Cost(sum(task.rows(config, drawn_for(each))), gradients)


def cost_of_run(config: GANConfig, values: HyperParameters, changes: Iterable[Change], steps: int) -> Cost:
    """Of all steps up to `steps`, each with the updates that are in force."""
    samples = gradients = done = 0
    every = PENALTIES.make(config.penalty).every
    for change in (*sorted(changes, key=lambda change: change.step), None):
        until = steps if change is None else min(change.step - 1, steps)
        penalised = -(-until // every) + -done // every  # of the steps after `done`, the first of every so many
        for count, of_each in (
            (penalised, cost(config, values.each)),
            (until - done - penalised, cost(config, values.each, penalised=False)),
        ):
            samples += of_each.samples * count
            gradients += of_each.gradients * count
        done = until
        if change is not None:
            values = values.changed({change.name: change.new})
    return Cost(samples, gradients)
