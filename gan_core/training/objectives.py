"""What the two networks minimise: each loss with its derivative, as functions of logits.

A new objective is one `OBJECTIVES.add` here.

Written with the `Kernels` handed in, so that one text serves torch and NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gan_core.setup.registry import Parts
from gan_core.training.kernels import Array, Kernels


@dataclass(frozen=True)
class Objective:
    """A pair of losses, each a mean over its batch, in nats where it is a cross-entropy. All in float32.

    `error` is what the discriminator pays: it takes how far logits lie on the wrong side (N, 1), which is a fake's
    logit and minus a real point's, and returns the loss of each and its derivative, both (N, 1).
    `generator` takes logits of fake (N, 1) and returns the loss and its derivative.
    `probability`: whether sigmoid of what D says is the probability of being real; a critic's score has none.
    """

    error: Callable[[Kernels, Array], tuple[Array, Array]]
    generator: Callable[[Kernels, Array], tuple[Array, Array]]
    probability: bool = True


def _cross_entropy(kernels: Kernels, wrong: Array) -> tuple[Array, Array]:
    # -log sigmoid(x) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x), without overflow.
    return kernels.softplus(wrong), kernels.sigmoid(wrong)


def _non_saturating(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = len(fake)
    each, slope = _cross_entropy(kernels, -fake)
    return each.sum() / n, slope / -n


def _squared_error(kernels: Kernels, wrong: Array) -> tuple[Array, Array]:
    # With s = sigmoid(x): 1 - s is sigmoid(-x), and s' = s sigmoid(-x).
    squares = kernels.sigmoid(wrong) ** 2
    return squares, squares * kernels.sigmoid(-wrong) * 2


def _squared_distance_from_real(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = len(fake)
    each, slope = _squared_error(kernels, -fake)
    return each.sum() / n, slope / -n


def _minimax(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = len(fake)
    each, slope = _cross_entropy(kernels, fake)
    return -each.sum() / n, slope / -n


OBJECTIVES: Parts[Objective] = Parts("objective")
# Goodfellow et al. 2014: the generator minimises -log D(G(z)), that is, cross-entropy with its fakes labelled real.
OBJECTIVES.add("non-saturating", lambda: Objective(_cross_entropy, _non_saturating))
# The article's supervised discriminators: (sigmoid(logit) - label)^2, label 1 for real and 0 for fake. Its best D is
# that of cross-entropy. The generator's side labels its fakes real.
OBJECTIVES.add("squared-error", lambda: Objective(_squared_error, _squared_distance_from_real))
# The same paper's game of one value for both: the generator minimises log(1 - D(G(z))), whose derivative vanishes with
# D(G(z)), that is, just when D is sure.
OBJECTIVES.add("minimax", lambda: Objective(_cross_entropy, _minimax))
