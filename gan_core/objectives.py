"""What the two networks minimise: each loss with its derivative, as functions of logits. A new one is one entry here.

Written with the `Kernels` handed in, so that one text serves torch and NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gan_core.kernels import Array, Kernels


@dataclass(frozen=True)
class Objective:
    """A pair of losses, each a mean over its batch, in nats where it is a cross-entropy.

    `discriminator` takes logits of real (N, 1) and of fake (M, 1) and returns the loss and its derivatives with respect
    to both; `generator` takes logits of fake (N, 1) and returns the loss and its derivative. All in float32.
    """

    name: str
    discriminator: Callable[[Kernels, Array, Array], tuple[Array, Array, Array]]
    generator: Callable[[Kernels, Array], tuple[Array, Array]]


def _cross_entropy(kernels: Kernels, real: Array, fake: Array) -> tuple[Array, Array, Array]:
    # -log sigmoid(x) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x), without overflow.
    n = len(real) + len(fake)
    loss = (kernels.softplus(-real).sum() + kernels.softplus(fake).sum()) / n
    return loss, kernels.sigmoid(-real) / -n, kernels.sigmoid(fake) / n


def _non_saturating(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = len(fake)
    return kernels.softplus(-fake).sum() / n, kernels.sigmoid(-fake) / -n


OBJECTIVES: dict[str, Objective] = {
    # Goodfellow et al. 2014: the generator minimises -log D(G(z)), that is, cross-entropy with its fakes labelled real.
    "non-saturating": Objective("non-saturating", _cross_entropy, _non_saturating),
}
