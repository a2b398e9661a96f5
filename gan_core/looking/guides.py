"""Lines to hold D's loss against: what the best D would pay, were the fakes all of the data, or some of their modes."""

from __future__ import annotations

from gan_core.records.frames import Guide
from gan_core.setup.config import GANConfig
from gan_core.targets.registry import TARGETS
from gan_core.training.objectives import OBJECTIVES


def guides(config: GANConfig) -> tuple[Guide, ...]:
    """The best D's loss where G has all of the data; of a target with equal modes also where it has one, or half.

    Exact where modes lie apart from each other. With packing D sees more than one point, and these are not its losses.
    """
    objective, modes = OBJECTIVES.make(config.objective), TARGETS.make(config.target).modes
    if objective.best is None or config.task != "gan":
        return ()
    if modes is None or config.packing > 1 or float(modes.weights.max() - modes.weights.min()) > 1e-9:
        return (Guide(1, 1, objective.best(1.0)),)
    count = len(modes.weights)
    return tuple(Guide(m, count, objective.best(m / count)) for m in sorted({1, (count + 1) // 2, count}))
