"""What a hidden unit makes of its sum. A new activation is one `ACTIVATIONS.add` here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from gan_core.setup.registry import Number, Parts


@dataclass(frozen=True, eq=False)
class Activation:
    """One activation. Where it is x above zero and `slope` times x below, the step that is written out can train it.

    It makes one output of each `sums` that come in: a layer of k units before it has k times as many outputs.
    """

    module: Callable[[], nn.Module]
    slope: float | None = None
    sums: int = 1


class Maxout(nn.Module):
    """The largest of so many sums (Goodfellow et al. 2013): (N, pieces k) to (N, k), those of one unit side by side."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """Take the largest of each `pieces` in turn."""
        return x.view(len(x), -1, self.pieces).amax(2)


ACTIVATIONS: Parts[Activation] = Parts("activation")
ACTIVATIONS.add(
    "leaky-relu",
    lambda slope: Activation(lambda: nn.LeakyReLU(slope, inplace=True), slope),
    slope=Number(0.1, 0, 1),
)
ACTIVATIONS.add("relu", lambda: Activation(lambda: nn.ReLU(inplace=True), 0.0))
ACTIVATIONS.add("tanh", lambda: Activation(nn.Tanh))
ACTIVATIONS.add("silu", lambda: Activation(nn.SiLU))  # x sigmoid(x)
ACTIVATIONS.add(
    "maxout",
    lambda pieces: Activation(lambda: Maxout(pieces), sums=pieces),
    pieces=Number(5, 2, 10, whole=True),
)
