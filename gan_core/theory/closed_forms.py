"""Eigenvalues and step-size thresholds of the game of two numbers, as formulas.

Near its middle, every game here is theta' = -a psi, psi' = a theta - c psi: theta is where G's point is, psi D's slope
(of whichever sign), `a` how strongly each pushes the other, `c` how D is damped. Steps are of one learning rate h for
both. Sources: Mescheder, Geiger and Nowozin 2018 (Dirac-GAN, its damping by R1 and by instance noise, steps at once and
in turn); Mescheder, Nowozin and Geiger 2017 (consensus); Daskalakis et al. 2018 and Gidel et al. 2019 (the bilinear
game, optimistic and extragradient steps). The thresholds follow from the eigenvalues of the 2 x 2 maps.
"""

from __future__ import annotations

import cmath
import math

LOGISTIC = 0.5  # a of minimax, non-saturating and relativistic: f'(0) of f(t) = -log(1 + exp(-t))
BILINEAR = 1.0  # a of the Wasserstein critic

Pair = tuple[complex, complex]


def damping(gamma: float = 0.0, noise: float = 0.0) -> float:
    """c of a penalty (gamma/2) psi^2 on D's slope, R1 or R2, and of instance noise of this standard deviation.

    Noise has f''(0) = -1/4 on psi from real points and from fakes: c = noise^2/2. Of logistic losses.
    """
    return gamma + noise * noise / 2


def flow(a: float, c: float) -> Pair:
    """Eigenvalues of the flow: -c/2 +- sqrt(c^2/4 - a^2). Without damping +- i a: it circles; critical at c = 2 a."""
    root = cmath.sqrt(c * c / 4 - a * a)
    return -c / 2 + root, -c / 2 - root


def at_once(h: float, a: float, c: float) -> Pair:
    """Eigenvalues of a step of both at once, 1 + h (those of the flow). |.|^2 = 1 - h c + h^2 a^2 below c = 2 a."""
    of_flow = flow(a, c)
    return 1 + h * of_flow[0], 1 + h * of_flow[1]


def in_turn(h: float, a: float, c: float) -> Pair:
    """Eigenvalues of a step of one after the other, whoever is first: determinant 1 - h c, trace 2 - h c - h^2 a^2."""
    return _roots(2 - h * c - h * h * a * a, 1 - h * c)


def extragradient(h: float, a: float) -> Pair:
    """Eigenvalues of an extragradient step without damping, 1 +- i h a - h^2 a^2; |.|^2 = 1 - (h a)^2 + (h a)^4."""
    factor = complex(1 - (h * a) ** 2, h * a)
    return factor, factor.conjugate()


def optimistic(h: float, a: float) -> Pair:
    """Both roots of w'' = (1 + 2 i h a) w' - i h a w, of optimistic steps; their conjugates are the others.

    Up to h a = 1/2 the larger has |.|^2 = (1 + sqrt(1 - 4 h^2 a^2))/2.
    """
    return _roots(1 + 2j * h * a, 1j * h * a)


def consensus(h: float, a: float, weight: float) -> Pair:
    """Eigenvalues of a consensus step without damping: 1 - h weight a^2 +- i h a."""
    factor = complex(1 - h * weight * a * a, h * a)
    return factor, factor.conjugate()


def radius(eigenvalues: Pair) -> float:
    """By what the distance from the middle is multiplied in a step, in the long run."""
    return max(map(abs, eigenvalues))


def threshold_at_once(a: float, c: float) -> float:
    """Steps at once come to rest for 0 < h < this: c/a^2 below c = 2 a, where they circle; 0 without damping."""
    if c < 2 * a:
        return c / (a * a)
    return 2 / (c / 2 + math.sqrt(c * c / 4 - a * a))


def threshold_in_turn(a: float, c: float) -> float:
    """Steps in turn come to rest for 0 < h < this, and h^2 a^2 + 2 h c < 4 says so; without damping they circle."""
    return (math.sqrt(c * c + 4 * a * a) - c) / (a * a)


def threshold_extragradient(a: float) -> float:
    """1/a, without damping."""
    return 1 / a


def threshold_optimistic(a: float) -> float:
    """1/(a sqrt 3), without damping."""
    return 1 / (a * math.sqrt(3))


def threshold_consensus(a: float, weight: float) -> float:
    """2 weight/(1 + weight^2 a^2), without damping."""
    return 2 * weight / (1 + weight * weight * a * a)


def _roots(trace: complex, determinant: complex) -> Pair:
    root = cmath.sqrt(trace * trace / 4 - determinant)
    return trace / 2 + root, trace / 2 - root
