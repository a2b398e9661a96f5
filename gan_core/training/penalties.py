"""What is added to D's loss beside its objective, by autograd. A new penalty is one `PENALTIES.add` here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_core.setup.registry import Parts

# D, real and fake points (B/2, 2) and the run's random stream for penalties, to a loss, 0-d, already weighted.
Of = Callable[[nn.Module, Tensor, Tensor, torch.Generator], Tensor]


@dataclass(frozen=True, eq=False)
class Penalty:
    """One penalty; None adds nothing."""

    of: Of | None


PENALTIES: Parts[Penalty] = Parts("penalty")
PENALTIES.add("none", lambda: Penalty(None))
