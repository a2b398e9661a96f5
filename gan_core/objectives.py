"""What the two networks minimise: each loss with its derivative, as functions of logits. A new one is one entry here.

Written with the `Kernels` handed in, so that one text serves torch and NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from gan_core.best_d import best_squared_error, jensen_shannon
from gan_core.kernels import Array, Kernels


@dataclass(frozen=True)
class Objective:
    """A pair of losses, each a mean over its batch, in nats where it is a cross-entropy.

    `discriminator` takes logits of real (N, 1) and of fake (M, 1) and returns the loss and its derivatives with respect
    to both; `generator` takes logits of fake (N, 1) and returns the loss and its derivative. All in float32.
    `least` takes densities of real and fake on the cells of a grid (R, R) and returns the least loss that any D has.
    """

    name: str
    discriminator: Callable[[Kernels, Array, Array], tuple[Array, Array, Array]]
    generator: Callable[[Kernels, Array], tuple[Array, Array]]
    least: Callable[[Tensor, Tensor], float]


def _cross_entropy(kernels: Kernels, real: Array, fake: Array) -> tuple[Array, Array, Array]:
    # -log sigmoid(x) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x), without overflow.
    n = len(real) + len(fake)
    loss = (kernels.softplus(-real).sum() + kernels.softplus(fake).sum()) / n
    return loss, kernels.sigmoid(-real) / -n, kernels.sigmoid(fake) / n


def _least_cross_entropy(p: Tensor, q: Tensor) -> float:
    return math.log(2) - jensen_shannon(p, q)


def _non_saturating(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = len(fake)
    return kernels.softplus(-fake).sum() / n, kernels.sigmoid(-fake) / -n


def _squared_error(kernels: Kernels, real: Array, fake: Array) -> tuple[Array, Array, Array]:
    # With s = sigmoid(x): 1 - s is sigmoid(-x), and s' = s sigmoid(-x).
    n = len(real) + len(fake)
    of_real, of_fake = kernels.sigmoid(-real), kernels.sigmoid(fake)  # the errors
    d_real, d_fake = of_real**2 * kernels.sigmoid(real), of_fake**2 * kernels.sigmoid(-fake)
    return ((of_real**2).sum() + (of_fake**2).sum()) / n, d_real * (-2 / n), d_fake * (2 / n)


def _squared_distance_from_real(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    error, n = kernels.sigmoid(-fake), len(fake)
    return (error**2).sum() / n, error**2 * kernels.sigmoid(fake) * (-2 / n)


def _minimax(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = len(fake)
    return -kernels.softplus(fake).sum() / n, kernels.sigmoid(fake) / -n


OBJECTIVES: dict[str, Objective] = {
    # Goodfellow et al. 2014: the generator minimises -log D(G(z)), that is, cross-entropy with its fakes labelled real.
    "non-saturating": Objective("non-saturating", _cross_entropy, _non_saturating, _least_cross_entropy),
    # The article's supervised discriminators: (sigmoid(logit) - label)^2, label 1 for real and 0 for fake. Its best D
    # is that of cross-entropy. The generator's side labels its fakes real.
    "squared-error": Objective("squared-error", _squared_error, _squared_distance_from_real, best_squared_error),
    # The same paper's game of one value for both: the generator minimises log(1 - D(G(z))), whose derivative vanishes
    # with D(G(z)), that is, just when D is sure.
    "minimax": Objective("minimax", _cross_entropy, _minimax, _least_cross_entropy),
}
