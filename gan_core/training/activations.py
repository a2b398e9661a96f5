"""What a hidden unit makes of its sum. A new activation is one `ACTIVATIONS.add` here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from gan_core.setup.registry import Number, Parts


@dataclass(frozen=True, eq=False)
class Activation:
    """One activation. Where it is x above zero and `slope` times x below, the step that is written out can train it."""

    module: Callable[[], nn.Module]
    slope: float | None = None


ACTIVATIONS: Parts[Activation] = Parts("activation")
ACTIVATIONS.add(
    "leaky-relu",
    lambda slope: Activation(lambda: nn.LeakyReLU(slope, inplace=True), slope),
    slope=Number(0.1, 0, 1),
)
ACTIVATIONS.add("relu", lambda: Activation(lambda: nn.ReLU(inplace=True), 0.0))
