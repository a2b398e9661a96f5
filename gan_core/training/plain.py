"""A GAN's training step as one would first write it: autograd through whatever networks there are.

Slower than `gan_step.py`, which is written out for what it serves; a test holds the two together. This one takes any
objective, penalty, optimisers and numbers of updates, and any two modules, a reader's own among them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gan_core.setup.config import GANConfig, drawn_for
from gan_core.training.draws import Draws
from gan_core.training.gan_step import LiveValues, Numbers
from gan_core.training.kernels import Kernels
from gan_core.training.optimisers import Optimiser
from gan_core.training.players import Batch, Paid, Players, batches, gradients


class PlainStep:
    """The discriminator's updates, then the generator's. Another order of moves is another `_move`."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[Any, Any],
        optimisers: tuple[Optimiser, Optimiser],
        kernels: Kernels,
        draws: Draws,
    ) -> None:
        """Prepare to train `networks`, as Players."""
        self._config, self._players = config, Players(config, networks, optimisers, kernels, draws)

    def run(self, real: Tensor, z: Tensor, values: LiveValues) -> Numbers:
        """Train once on real (.., 2) and latents z (.., dim), with n = B/2.

        Of real, n are for each batch of D's, then B for each of G's where they come in pairs; of z, n for each of D's,
        then B for each of G's: one for each update, and one to measure a network by that has none. Returns D loss, D
        accuracy, G loss and G accuracy, 0-d, each as it was before the last update of its network; a penalty is no part
        of D's loss there.
        """
        given = batches(self._config, drawn_for(values.each), real, z, paired=self._players.objective.paired)
        of_d, of_g = self._move(given, values)
        return of_d.loss, of_d.accuracy, of_g.loss, of_g.accuracy

    def _move(self, given: list[Batch], values: LiveValues) -> tuple[Paid, Paid]:
        """Move the players that are to move; returns what each paid before its last update."""
        of_each = drawn_for(values.each)
        for batch in given[: of_each[0]]:
            of_d = self._move_d(batch, values)
        for batch in given[: of_each[1]]:
            of_g = self._move_g(batch, values)
        return of_d, of_g

    def _move_d(self, batch: Batch, values: LiveValues) -> Paid:
        players = self._players
        paid = players.of_d(batch, values)
        if values.each[0]:
            players.move_d(gradients(paid.whole, players.discriminator), values)
        return paid

    def _move_g(self, batch: Batch, values: LiveValues) -> Paid:
        players = self._players
        paid = players.of_g(batch, values)
        if values.each[1]:
            players.move_g(gradients(paid.whole, players.generator), values)
        return paid


def check(config: GANConfig, generator: nn.Module, discriminator: nn.Module) -> None:
    """Raise ValueError, with a sentence, for modules that cannot be trained as a generator and a discriminator."""
    for name, network, inputs, outputs in (
        ("generator", generator, config.latent_dim, 2),
        ("discriminator", discriminator, 2 * config.packing, 1),
    ):
        z = torch.zeros(4, inputs)
        if any(p.dtype != torch.float32 or p.device.type != "cpu" for p in network.parameters()):
            raise ValueError(f"The {name}'s parameters must be float32, on the CPU.")
        if not any(p.numel() for p in network.parameters()):
            raise ValueError(f"The {name} has no parameters to train.")
        try:
            with torch.no_grad():
                y = network(z)
        except Exception as error:  # whatever a stranger's module raises
            raise ValueError(f"The {name} cannot take points (4, {inputs}): {error}") from error
        if tuple(y.shape) != (4, outputs):
            made = f"of (4, {inputs}) it makes {tuple(y.shape)}"
            raise ValueError(f"The {name} must map (N, {inputs}) to (N, {outputs}); {made}.")
