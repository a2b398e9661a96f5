"""What the two networks minimise: each loss with its derivative, as functions of what D says.

A new objective is one `OBJECTIVES.add` here.

Written with the `Kernels` handed in, so that one text serves torch and NumPy, and autograd as well. D says large
numbers of what it takes for real: logits, or scores that are no logarithms of odds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gan_core.setup.registry import Number, Parts
from gan_core.training.kernels import Array, Kernels


@dataclass(frozen=True)
class Objective:
    """A pair of losses, each a mean over its batch, in nats where it is a cross-entropy. All in float32.

    `error` is what the discriminator pays: it takes how far scores lie on the wrong side of `middle` (N, 1), which is a
    fake's score and minus a real point's, and returns the loss of each and its derivative, both (N, 1).
    `generator` takes scores of fake (N, 1) and returns the loss and its derivative.
    `probability`: whether sigmoid of what D says is the probability of being real; a critic's score has none.

    `paired`: both take differences instead, each the score of a fake less that of a real point of its own, and G is
    given as many fresh real points as it makes fakes.
    `anchored`: whether one score means something by itself; else only differences do, and what D takes for real is what
    scores above the mean of its last batch, half of which is real.
    `scale`: D's loss is so many times what papers write, the mean over real points plus the mean over fakes; what a
    paper adds to that, a penalty, is added times as much.
    `clip`: after each update D's parameters are cut to this absolute value; 0 leaves them as they are.
    """

    error: Callable[[Kernels, Array], tuple[Array, Array]]
    generator: Callable[[Kernels, Array], tuple[Array, Array]]
    probability: bool = True
    middle: float = 0.0
    paired: bool = False
    anchored: bool = True
    scale: float = 0.5
    clip: float = 0.0
    # What the best D pays where the fakes are a share s of the data's equal, separate modes; None: not known.
    best: Callable[[float], float] | None = None

    def level(self, kernels: Kernels, scores: Array) -> Array:
        """The score above which D takes a point for real, by its scores (2 n, 1) of n real points and n fakes."""
        return self.middle if self.anchored else kernels.total(scores) / scores.shape[-2]


class Sides:
    """Of 2 n scores, the first n of real points, the others of fakes: which is which, for a loss over both."""

    def __init__(self, objective: Objective, kernels: Kernels, n: int) -> None:
        self._objective, self._kernels, self._n = objective, kernels, n
        wrong = kernels.float32(kernels.empty(2 * n, 1)) + 1  # the sign of a score on the wrong side
        self._real, self._fake = kernels.rows(slice(n)), kernels.rows(slice(n, None))
        wrong[self._real] = -1
        self._total = n if objective.paired else n / objective.scale
        self._wrong, self._signed_total, self._is_real = wrong, wrong * self._total, wrong < 0

    def loss(self, scores: Array) -> tuple[Array, Array]:
        """D's loss and its derivative, (2 n, 1)."""
        objective, kernels, real, fake = self._objective, self._kernels, self._real, self._fake
        if objective.paired:
            each, slope = objective.error(kernels, scores[fake] - scores[real])
            return kernels.total(each) / self._total, self._both(slope) / self._signed_total
        off = scores - objective.middle if objective.middle else scores
        each, slope = objective.error(kernels, off * self._wrong)
        return (kernels.total(each[real]) + kernels.total(each[fake])) / self._total, slope / self._signed_total

    def accuracy(self, scores: Array, level: Array | None = None) -> Array:
        """Share of the scores on the right side. One that says neither counts as a fake's, as in Keras."""
        above = scores > (self._objective.level(self._kernels, scores) if level is None else level)
        return self._kernels.total(above == self._is_real) / (2 * self._n)

    def _both(self, slope: Array) -> Array:
        """The derivative of n differences, for the real point and for the fake of each."""
        both = self._wrong + 0
        both[self._real] = slope
        both[self._fake] = slope
        return both


def of_generator(objective: Objective, kernels: Kernels, fake: Array, real: Array) -> tuple[Array, Array]:
    """G's loss on scores of its fakes (N, 1), and of as many real points if they come in pairs; and its derivative."""
    return objective.generator(kernels, fake - real if objective.paired else fake)


def _cross_entropy(kernels: Kernels, wrong: Array) -> tuple[Array, Array]:
    # -log sigmoid(x) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x), without overflow.
    return kernels.softplus(wrong), kernels.sigmoid(wrong)


def _non_saturating(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = fake.shape[-2]
    each, slope = _cross_entropy(kernels, -fake)
    return kernels.total(each) / n, slope / -n


def _squared_error(kernels: Kernels, wrong: Array) -> tuple[Array, Array]:
    # With s = sigmoid(x): 1 - s is sigmoid(-x), and s' = s sigmoid(-x).
    squares = kernels.sigmoid(wrong) ** 2
    return squares, squares * kernels.sigmoid(-wrong) * 2


def _squared_distance_from_real(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = fake.shape[-2]
    each, slope = _squared_error(kernels, -fake)
    return kernels.total(each) / n, slope / -n


def _minimax(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = fake.shape[-2]
    each, slope = _cross_entropy(kernels, fake)
    return -kernels.total(each) / n, slope / -n


def _best_cross_entropy(s: float) -> float:
    # ln 2 - JS(p, q), p the data's density and q that of the fakes.
    return (s * math.log(1 + 1 / s) + math.log(1 + s)) / 2


def _hinge(kernels: Kernels, wrong: Array) -> tuple[Array, Array]:
    off = wrong + 1
    pays = off > 0
    return off * pays, pays * kernels.float32(wrong * 0 + 1)


def _score(kernels: Kernels, wrong: Array) -> tuple[Array, Array]:
    return wrong, wrong * 0 + 1


def _raise_score(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    n = fake.shape[-2]
    return -kernels.total(fake) / n, fake * 0 - 1 / n


def least_squares(a: float, b: float, c: float) -> Objective:
    """1/2 mean (D(x) - b)^2 + 1/2 mean (D(y) - a)^2 for D, 1/2 mean (D(y) - c)^2 for G (Mao et al. 2017)."""
    half = (b - a) / 2  # of the way from one label to the other

    def error(kernels: Kernels, wrong: Array) -> tuple[Array, Array]:
        off = wrong + half
        return off * off / 2, off

    def generator(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
        n, off = fake.shape[-2], fake - c
        return kernels.total(off * off) / (2 * n), off / n

    def best(s: float) -> float:
        return (b - a) ** 2 * s / (1 + s) / 2  # half of (b - a)^2 times the integral of p q / (p + q)

    return Objective(error, generator, probability=False, middle=(a + b) / 2, scale=1.0, best=best)


OBJECTIVES: Parts[Objective] = Parts("objective")
# Goodfellow et al. 2014: the generator minimises -log D(G(z)), that is, cross-entropy with its fakes labelled real.
OBJECTIVES.add("non-saturating", lambda: Objective(_cross_entropy, _non_saturating, best=_best_cross_entropy))
# The article's supervised discriminators: (sigmoid(logit) - label)^2, label 1 for real and 0 for fake. Its best D is
# that of cross-entropy. The generator's side labels its fakes real.
OBJECTIVES.add(
    "squared-error",
    lambda: Objective(_squared_error, _squared_distance_from_real, best=lambda s: s / (1 + s) / 2),
)
# The same paper's game of one value for both: the generator minimises log(1 - D(G(z))), whose derivative vanishes with
# D(G(z)), that is, just when D is sure.
OBJECTIVES.add("minimax", lambda: Objective(_cross_entropy, _minimax, best=_best_cross_entropy))
# LSGAN: labels a of fakes and b of real points, c what G wants its fakes to be given; on the score itself, with no
# sigmoid before it. (-1, 1, 0) is the choice that makes it Pearson's chi squared.
OBJECTIVES.add("least-squares", least_squares, a=Number(0, -10, 10), b=Number(1, -10, 10), c=Number(1, -10, 10))
# Mean max(0, 1 - D(x)) + mean max(0, 1 + D(y)) for D; -mean D(y) for G, without a hinge (Lim and Ye 2017; Miyato et al.
# 2018).
OBJECTIVES.add(
    "hinge",
    lambda: Objective(_hinge, _raise_score, probability=False, scale=1.0, best=lambda s: 2 * s),
)
# Arjovsky et al. 2017: mean D(y) - mean D(x) for D, -mean D(y) for G; D's parameters are cut to +-clip after each
# update. A penalty takes the place of that.
OBJECTIVES.add(
    "wasserstein",
    lambda clip: Objective(_score, _raise_score, probability=False, anchored=False, scale=1.0, clip=clip),
    clip=Number(0.01, 0, 100),
)
# Relativistic pairing (Jolicoeur-Martineau 2018, as R3GAN has it: Huang et al. 2024): mean softplus(D(y_i) - D(x_i))
# for D, mean softplus(D(x_i) - D(y_i)) for G with real points of its own.
OBJECTIVES.add(
    "relativistic",
    lambda: Objective(
        _cross_entropy,
        _non_saturating,
        probability=False,
        paired=True,
        anchored=False,
        scale=1.0,
        best=lambda s: s * math.log(2),
    ),
)
