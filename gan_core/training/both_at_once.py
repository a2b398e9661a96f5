"""Steps that see both players at once, and so calm the circling of one round the other. By autograd."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_core.training.gan_step import LiveValues
from gan_core.training.plain import PlainStep
from gan_core.training.players import Batch, Paid, batches, gradients


class AtOnceStep(PlainStep):
    """Both move at once, each by its gradient where both are before the step."""

    def _move(self, given: list[Batch], values: LiveValues) -> tuple[Paid, Paid]:
        players, batch = self._players, given[0]
        of_d, of_g = players.of_d(batch, values), players.of_g(batch, values)
        moves = gradients(of_d.whole, players.discriminator), gradients(of_g.whole, players.generator)
        players.move_d(moves[0], values)
        players.move_g(moves[1], values)
        return of_d, of_g


class ExtragradientStep(AtOnceStep):
    """Both move at once, by the gradients that they would have a step ahead (Korpelevich 1976; Gidel et al. 2019).

    w' = w - lr d(g(w)); w <- w - lr d(g(w')), the second half on a batch of its own. d is the optimiser's direction:
    what that keeps, Adam's moments and count for example, takes both halves, as in the authors' ExtraAdam.
    """

    def run(self, real: Tensor, z: Tensor, values: LiveValues) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """As PlainStep, of twice as much: real points and latents of the first half, then those of the second."""
        paired = self._players.objective.paired
        first, second = (
            batches(self._config, values.each, some, latents, paired=paired)[0]
            for some, latents in zip(torch.chunk(real, 2), torch.chunk(z, 2), strict=True)
        )
        players = self._players
        networks = players.generator, players.discriminator
        before = [network.parameters_flat.clone() for network in networks]
        paid = self._move([first], values)
        of_d, of_g = players.of_d(second, values), players.of_g(second, values)
        moves = gradients(of_d.whole, players.discriminator), gradients(of_g.whole, players.generator)
        for network, start in zip(networks, before, strict=True):
            network.parameters_flat.copy_(start)
        players.move_d(moves[0], values)
        players.move_g(moves[1], values)
        return paid[0].loss, paid[0].accuracy, paid[1].loss, paid[1].accuracy


class ConsensusStep(PlainStep):
    """Both move at once, each on its loss plus gamma R, R = (|dL_D/dD|^2 + |dL_G/dG|^2)/2 (Mescheder et al. 2017).

    D's loss counts there as papers write it, whatever the objective's `scale`. R on a batch is larger than R itself:
    the squared noise of the gradients is in it.
    """

    def _move(self, given: list[Batch], values: LiveValues) -> tuple[Paid, Paid]:
        players, gamma, scale = self._players, self._config.consensus, self._players.objective.scale
        g, d = players.generator, players.discriminator
        of_d, of_g = players.of_d(given[0], values, d=d), players.of_g(given[0], values)
        g_d = gradients(of_d.whole, d, differentiable=True) / scale
        g_g = gradients(of_g.whole, g, differentiable=True)
        r = (g_d.square().sum() + g_g.square().sum()) / 2
        moves = (g_d.detach() + gamma * gradients(r, d)) * scale, g_g.detach() + gamma * gradients(r, g)
        players.move_d(moves[0], values)
        players.move_g(moves[1], values)
        return of_d, of_g
