"""Optimisers, on one flat parameter vector, with learning rate and beta1 given at each step. A new one is one
`OPTIMISERS.add` here.

Adam as Keras computes it:

x -= lr sqrt(1 - beta2^t)/(1 - beta1^t) m/(sqrt(v) + epsilon), t = updates so far, this one included (Kingma and Ba
2014, the order of computation at the end of their section 2). PyTorch divides v by its bias correction before it adds
epsilon; epsilon divided by sqrt(1 - beta2^t) makes the two the same. The moments survive a change of either value.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_core.setup.registry import Number, Parts
from gan_core.training.networks import MLP


class Optimiser(ABC):
    """What every rule shares: the network's vectors, the number of updates, and vectors of its own, `moments`."""

    def __init__(self, network: MLP) -> None:
        self._parameters, self._gradients = network.parameters_flat, network.gradients_flat
        self.moments = {name: torch.zeros_like(self._parameters) for name in self.kept()}
        self._count = torch.zeros((), device=self._parameters.device)  # updates so far, where torch looks for it

    @classmethod
    @abstractmethod
    def kept(cls) -> tuple[str, ...]:
        """Names of `moments`: a checkpoint holds them all."""

    @property
    def updates(self) -> int:
        """Updates so far."""
        return int(self._count)

    @abstractmethod
    def step(self, lr: Any, beta1: Any) -> None:
        """Apply the gradient that lies in the network's `gradients_flat`. Both values are floats."""

    @abstractmethod
    def last_update(self, lr: float, beta1: float) -> Tensor:
        """What the last step, made with these values, added to the parameters (P,); zeros before the first."""

    def count(self, updates: int) -> None:
        """Have so many updates behind it."""
        self._count.fill_(updates)

    def state(self) -> dict[str, Any]:
        """Copy out the moments and the number of updates."""
        return {**{name: moment.clone() for name, moment in self.moments.items()}, "updates": self.updates}

    def restore(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave."""
        for name, moment in self.moments.items():
            moment.copy_(state[name])
        self.count(state["updates"])


class SimpleOptimiser(Optimiser):
    """A rule that says what to add to the parameters: one of your own overrides `change` alone.

    It names in OWN the vectors (P,) that it keeps from one update to the next.
    """

    OWN: tuple[str, ...] = ()

    @classmethod
    def kept(cls) -> tuple[str, ...]:
        """As Optimiser: its own vectors, and the last update."""
        return (*cls.OWN, "last")

    @abstractmethod
    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        """What to add to the parameters (P,) for this gradient (P,). `updates` counts this one already."""

    def step(self, lr: float, beta1: float) -> None:
        """As Optimiser."""
        self._count += 1
        change = self.change(self._gradients, lr, beta1)
        self.moments["last"].copy_(change)
        self._parameters.add_(change)

    def last_update(self, lr: float, beta1: float) -> Tensor:
        """As Optimiser."""
        return self.moments["last"].clone()


class KerasAdam(Optimiser):
    """Adam's moments and the number of updates, and the update as one call of torch for all parameters."""

    def __init__(self, network: MLP, beta2: float, epsilon: float, *, corrected: bool = False) -> None:
        """`corrected`: epsilon is added to the corrected root, as PyTorch does; else before the correction."""
        super().__init__(network)
        self.beta2, self._epsilon, self._corrected = beta2, epsilon, corrected
        self.m, self.v = self.moments["m"], self.moments["v"]

    @classmethod
    def kept(cls) -> tuple[str, ...]:
        """As Optimiser; the last update is computed from these two."""
        return ("m", "v")

    def step(self, lr: Any, beta1: Any) -> None:
        """Apply the gradient that lies in the network's `gradients_flat`. Both values are floats."""
        epsilon = self._epsilon if self._corrected else self._epsilon / math.sqrt(1 - self.beta2 ** (self.updates + 1))
        self._count += 1
        torch._fused_adam_(
            [self._parameters], [self._gradients], [self.m], [self.v], [], [self._count],
            lr=lr, beta1=beta1, beta2=self.beta2, eps=epsilon,
            weight_decay=0.0, amsgrad=False, maximize=False,
        )  # fmt: skip

    def last_update(self, lr: float, beta1: float) -> Tensor:
        """What the last step added to the parameters (P,), to rounding; zeros before the first.

        Recomputed from the moments, so that a network before its last step can be had without keeping a copy. `lr` and
        `beta1` are those that the step was made with.
        """
        t = self.updates
        if t == 0:
            return torch.zeros_like(self._parameters)
        scale = lr * math.sqrt(1 - self.beta2**t) / (1 - beta1**t)
        root: Tensor = self.v.sqrt() + self.added(math.sqrt(1 - self.beta2**t))
        return self.m / root * -scale

    def added(self, correction: Any) -> Any:
        """What is added to the root of v, before it is divided by its `correction`."""
        return self._epsilon * correction if self._corrected else self._epsilon


class NumpyAdam(KerasAdam):
    """The update in NumPy, on the same memory: for few parameters it takes a third of torch's time."""

    def __init__(self, network: MLP, beta2: float, epsilon: float, *, corrected: bool = False) -> None:
        super().__init__(network, beta2, epsilon, corrected=corrected)
        self._arrays = [x.numpy() for x in (self._parameters, self._gradients, self.m, self.v)]
        self._work = np.empty_like(self._arrays[0])
        self._updates = self._count.numpy()  # the same number, as NumPy sees it

    def step(self, lr: float, beta1: float) -> None:
        """Apply the gradient that lies in the network's `gradients_flat`."""
        x, gradient, m, v = self._arrays
        work, one = self._work, np.float32
        self._updates += 1
        t = int(self._updates)
        m *= one(beta1)
        m += np.multiply(gradient, one(1 - beta1), out=work)
        v *= one(self.beta2)
        np.multiply(gradient, gradient, out=work)
        work *= one(1 - self.beta2)
        v += work
        np.sqrt(v, out=work)
        correction = math.sqrt(1 - self.beta2**t)
        work += one(self.added(correction))
        np.divide(m, work, out=work)
        work *= one(lr * correction / (1 - beta1**t))
        x -= work


class DeviceAdam(KerasAdam):
    """The update with everything on the device, learning rate and beta1 included, so that a CUDA graph can hold it.

    `step` takes 0-d tensors: what they hold when the graph is replayed counts.
    """

    def __init__(self, network: MLP, beta2: float, epsilon: float, *, corrected: bool = False) -> None:
        super().__init__(network, beta2, epsilon, corrected=corrected)
        self._work = torch.empty_like(self._parameters)

    def step(self, lr: Tensor, beta1: Tensor) -> None:
        """Apply the gradient that lies in the network's `gradients_flat`."""
        self._count += 1
        t = self._count.double()
        correction = torch.sqrt(1 - self.beta2**t)
        scale = lr * correction / (1 - beta1**t)
        self.m.lerp_(self._gradients, (1 - beta1).float())
        self.v.mul_(self.beta2).addcmul_(self._gradients, self._gradients, value=1 - self.beta2)
        torch.sqrt(self.v, out=self._work).add_(self.added(correction))
        torch.div(self.m, self._work, out=self._work).mul_(scale.float())
        self._parameters.sub_(self._work)


class Descent(SimpleOptimiser):
    """Gradient descent with momentum, as PyTorch's SGD: velocity <- beta1 velocity + gradient; x -= lr velocity."""

    OWN = ("velocity",)

    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        """As SimpleOptimiser."""
        return self.moments["velocity"].mul_(beta1).add_(gradient) * -lr


class OptimisticDescent(SimpleOptimiser):
    """Twice the gradient of now, less that of before (Daskalakis et al. 2018): x -= lr (2 g_t - g_(t-1)), g_0 = 0."""

    OWN = ("before",)

    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        """As SimpleOptimiser; beta1 has no part in it."""
        change = (self.moments["before"] - 2 * gradient) * lr
        self.moments["before"].copy_(gradient)
        return change


class RMSProp(SimpleOptimiser):
    """v <- alpha v + (1 - alpha) gradient^2; x -= lr gradient/(sqrt(v) + epsilon), as PyTorch has Hinton's rule."""

    OWN = ("v",)

    def __init__(self, network: MLP, alpha: float, epsilon: float) -> None:
        super().__init__(network)
        self._alpha, self._epsilon = alpha, epsilon

    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        """As SimpleOptimiser; beta1 has no part in it."""
        v = self.moments["v"].mul_(self._alpha).addcmul_(gradient, gradient, value=1 - self._alpha)
        return gradient / (v.sqrt() + self._epsilon) * -lr


class OptimisticAdam(SimpleOptimiser):
    """Adam's direction twice, less the last one (Daskalakis et al. 2018): x -= lr (2 d_t - d_(t-1)).

    d_t = m_t/(1 - beta1^t) / (sqrt(v_t/(1 - beta2^t)) + epsilon). The first step has nothing to take back: it is
    x -= 2 lr d_1, as in the authors' code.
    """

    OWN = ("m", "v", "direction")

    def __init__(self, network: MLP, beta2: float, epsilon: float) -> None:
        super().__init__(network)
        self._beta2, self._epsilon = beta2, epsilon

    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        """As SimpleOptimiser."""
        t, m, v, before = self.updates, *(self.moments[name] for name in self.OWN)
        m.lerp_(gradient, 1 - beta1)
        v.mul_(self._beta2).addcmul_(gradient, gradient, value=1 - self._beta2)
        direction = m / (1 - beta1**t) / ((v / (1 - self._beta2**t)).sqrt() + self._epsilon)
        change = (before - 2 * direction) * lr
        before.copy_(direction)
        return change


@dataclass(frozen=True, eq=False)
class Rule:
    """One optimiser with its numbers: how it is made for a network, and which vectors it keeps."""

    make: Callable[[MLP, str], Optimiser]  # the network, and where it is trained: "torch", "numpy" or "cuda"
    kept: tuple[str, ...]
    on_cuda: bool = False  # whether a CUDA graph can hold its step; else it is on the CPU
    beta1: bool = True  # whether that live value has a part in it
    twice: bool = False  # whether a step goes a step ahead, and back: `gan_core.training.both_at_once`
    at_once: bool = False  # whether both players move at once, from where both are; else one after the other

    @property
    def joint(self) -> bool:
        """Whether a step moves both players together, so that both must have such a rule."""
        return self.twice or self.at_once


def rule(kind: type[Optimiser], *, beta1: bool = True, **numbers: float) -> Rule:
    """The rule that makes `kind` of these numbers; torch's on the CPU."""
    return Rule(lambda network, where: kind(network, **numbers), kind.kept(), beta1=beta1)


def _joint(kind: type[Optimiser], *, beta1: bool = True, twice: bool = False) -> Rule:
    return replace(rule(kind, beta1=beta1), twice=twice, at_once=not twice)


def _adam(beta2: float, epsilon: float, *, corrected: bool = False) -> Rule:
    kinds = {"torch": KerasAdam, "numpy": NumpyAdam, "cuda": DeviceAdam}

    def make(network: MLP, where: str) -> Optimiser:
        return kinds[where](network, beta2, epsilon, corrected=corrected)

    return Rule(make, KerasAdam.kept(), on_cuda=True)


def _extra_adam(beta2: float, epsilon: float) -> Rule:
    return Rule(lambda network, where: KerasAdam(network, beta2, epsilon), KerasAdam.kept(), twice=True)


OPTIMISERS: Parts[Rule] = Parts("optimiser")
_BETA2, _EPSILON = Number(0.999, 0, 0.999999), Number(1e-7, 1e-30, 1)
# Numbers as Keras has them: beta2, the second decay rate; epsilon, added to sqrt(v) before any bias correction.
OPTIMISERS.add("adam", _adam, beta2=_BETA2, epsilon=_EPSILON)
# As PyTorch has it: epsilon is added after the correction.
OPTIMISERS.add("torch-adam", partial(_adam, corrected=True), beta2=_BETA2, epsilon=Number(1e-8, 1e-30, 1))
OPTIMISERS.add("sgd", lambda: rule(Descent))
OPTIMISERS.add(
    "rmsprop",
    lambda alpha, epsilon: rule(RMSProp, beta1=False, alpha=alpha, epsilon=epsilon),
    alpha=Number(0.99, 0, 0.999999),
    epsilon=Number(1e-8, 1e-30, 1),
)
OPTIMISERS.add(
    "optimistic-adam",
    lambda beta2, epsilon: rule(OptimisticAdam, beta2=beta2, epsilon=epsilon),
    beta2=_BETA2,
    epsilon=Number(1e-8, 1e-30, 1),
)
# Adam in both halves of an extragradient step (Gidel et al. 2019, ExtraAdam).
OPTIMISERS.add("extragradient", _extra_adam, beta2=_BETA2, epsilon=_EPSILON)
# The textbook's rules for a game of two, which are said of both players at once (Daskalakis et al. 2018; Gidel et al.
# 2019): each takes the other where it was before the step.
OPTIMISERS.add("sgd-at-once", lambda: _joint(Descent))
OPTIMISERS.add("optimistic-sgd", lambda: _joint(OptimisticDescent, beta1=False))
OPTIMISERS.add("extragradient-sgd", lambda: _joint(Descent, twice=True))
