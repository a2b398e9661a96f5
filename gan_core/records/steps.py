"""What one training step measured, and what was changed between two."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """What one training step measured. `step` is 1 for the first step.

    The numbers of a network that the run does not train are NaN, both of them. A trained one's accuracy is always a
    number, even where its loss is not.
    """

    step: int
    d_loss: float  # D's objective (cross-entropy in nats), mean over the D batch, before the D update
    d_accuracy: float  # share of the D batch on the right side of 0.5, before the D update
    g_loss: float  # G's objective (in nats; of task "fit" squared error), mean over the G batch, before the G update
    g_accuracy: float  # share of the G batch with D(G(z)) > 0.5, before the G update; 1 = D is fooled. "fit": near f(z)

    def is_finite(self) -> bool:
        """Whether the losses of the networks that are trained are numbers that training can go on from."""
        return not self._broken()

    def trouble(self) -> dict[str, str]:
        """Which losses are not finite, by the network's name, and what they are instead."""
        return {name: str(loss) for name, loss in self._broken()}

    def _broken(self) -> list[tuple[str, float]]:
        networks = (("discriminator", self.d_loss, self.d_accuracy), ("generator", self.g_loss, self.g_accuracy))
        return [(name, loss) for name, loss, accuracy in networks if not (math.isfinite(loss) or math.isnan(accuracy))]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one live hyper-parameter."""

    step: int  # the first step that is trained with the new value
    name: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class InForce:
    """A hyper-parameter's value and the step from which it holds."""

    value: float
    since: int  # the first step trained with it
