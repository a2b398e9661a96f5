"""A step in which G looks ahead: at what D will be after some further updates (Metz et al. 2017, unrolled GANs)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from gan_core.setup.config import drawn_for
from gan_core.training.gan_step import LiveValues
from gan_core.training.optimisers import KerasAdam
from gan_core.training.plain import PlainStep
from gan_core.training.players import Batch, Paid, gradients

_TINY = 1e-30  # under Adam's root: its derivative is not finite at 0


class UnrolledStep(PlainStep):
    """D moves as ever. G descends on its loss against D as Adam would make it in `unrolled` more updates.

    The derivative is the whole one: also through those updates, of which each depends on G's fakes. They are forgotten
    after the step. All of them take D's last batch.
    """

    def _move(self, given: list[Batch], values: LiveValues) -> tuple[Paid, Paid]:
        each_d, each_g = drawn_for(values.each)
        for batch in given[:each_d]:
            of_d = self._move_d(batch, values)
        players = self._players
        for k in range(each_g):
            ahead = self._ahead(given[each_d - 1], values)
            paid = players.of_g(given[k], values, d=ahead)
            if values.each[1]:
                players.move_g(gradients(paid.whole, players.generator), values)
        return of_d, paid

    def _ahead(self, batch: Batch, values: LiveValues) -> Callable[[Tensor], Tensor]:
        """D after some updates, as a function of points and, through them, of G."""
        network, adam = self._players.discriminator, self._players.optimisers[1]
        assert isinstance(adam, KerasAdam), "the configuration was checked"
        theta = network.parameters_flat.clone().requires_grad_()
        m, v, t, level = adam.m.clone(), adam.v.clone(), adam.updates, self._players.level
        for _ in range(self._config.unrolled):
            paid = self._players.of_d(batch, values, d=_with(network, theta))
            (gradient,) = torch.autograd.grad(paid.whole, theta, create_graph=True)
            t += 1
            m = values.beta1_d * m + (1 - values.beta1_d) * gradient
            v = adam.beta2 * v + (1 - adam.beta2) * gradient.square()
            correction = math.sqrt(1 - adam.beta2**t)
            scale = values.lr_d * correction / (1 - values.beta1_d**t)
            theta = theta - scale * m / ((v + _TINY).sqrt() + adam.added(correction))
        self._players.level = level  # which is D's own
        return _with(network, theta)


def _with(network: Any, flat: Tensor) -> Callable[[Tensor], Tensor]:
    """A network with other parameters (P,), as a function."""
    named = list(network.named_parameters())
    parts = torch.split(flat, [p.numel() for _, p in named])
    given = {name: part.view(p.shape) for (name, p), part in zip(named, parts, strict=True)}
    return lambda x: torch.func.functional_call(network, given, (x,))
