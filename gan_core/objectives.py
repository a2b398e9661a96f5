"""What the two networks minimise, as pure functions of logits. A new loss is one entry of OBJECTIVES."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import softplus


@dataclass(frozen=True)
class Objective:
    """A pair of losses, each a mean over its batch, in nats where it is a cross-entropy."""

    name: str
    discriminator: Callable[[Tensor, Tensor], Tensor]  # logits of real (N, 1) and of fake (M, 1) -> scalar
    generator: Callable[[Tensor], Tensor]  # logits of fake (N, 1) -> scalar


def _cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    # -log sigmoid(x) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x), without overflow.
    return (softplus(-real).sum() + softplus(fake).sum()) / (real.numel() + fake.numel())


def _non_saturating(fake: Tensor) -> Tensor:
    return softplus(-fake).mean()


OBJECTIVES: dict[str, Objective] = {
    # Goodfellow et al. 2014: the generator minimises -log D(G(z)), that is, cross-entropy with its fakes labelled real.
    "non-saturating": Objective("non-saturating", _cross_entropy, _non_saturating),
}
