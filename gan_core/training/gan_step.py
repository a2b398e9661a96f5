"""One training step of a GAN, written out: the discriminator's update, then the generator's.

Knows no random streams, no steps and no values but those it is handed: arrays in, four numbers out.
"""

from __future__ import annotations

from typing import Any

from gan_core.setup.config import GANConfig
from gan_core.training.activations import ACTIVATIONS
from gan_core.training.backprop import Backprop
from gan_core.training.kernels import Array, Kernels
from gan_core.training.networks import MLP
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import OPTIMISERS, Optimiser
from gan_core.training.penalties import PENALTIES

Numbers = tuple[Array, Array, Array, Array]  # D loss, D accuracy, G loss, G accuracy: 0-d arrays
# With the fields of HyperParameters: floats, or 0-d tensors where the optimisers take those.
LiveValues = Any


def serves(config: GANConfig) -> bool:
    """Whether the steps that are written out can train this; else `gan_core.training.plain` does."""
    networks = config.networks
    return (
        all(ACTIVATIONS.make(str(network.activation)).slope is not None for network in networks.values())
        and all(network.units for network in networks.values())
        and (networks["generator"].output, networks["discriminator"].output) == ("tanh", "linear")
        and all(OPTIMISERS.make(rule).by_hand for rule in (config.optimiser_g, config.optimiser_d))
        and PENALTIES.make(config.penalty).of is None
        and config.each == (1, 1)
    )


class DiscriminatorUpdate:
    """The discriminator's half of a step: trains it on as many real points as fakes, B/2 each."""

    def __init__(self, config: GANConfig, network: MLP, adam: Optimiser, kernels: Kernels) -> None:
        self.passes = Backprop(network, kernels, config.batch)
        self.d_logits = kernels.empty(config.batch, 1)  # derivatives with respect to the logits of a batch
        self._adam, self._kernels, self._objective = adam, kernels, OBJECTIVES.make(config.objective)
        self._batch, self._half = config.batch, config.batch // 2
        self._x = kernels.empty(config.batch, 2)  # real, then fake
        wrong = kernels.float32(kernels.empty(config.batch, 1)) + 1  # the sign of a logit on the wrong side
        wrong[: self._half] = -1
        self._wrong, self._signed_batch, self._is_real = wrong, wrong * config.batch, wrong < 0

    def run(self, real: Array, fakes: Array, values: LiveValues) -> tuple[Array, Array]:
        """Train once on real and fakes (B/2, 2); returns loss and accuracy as they were before."""
        kernels, half = self._kernels, self._half
        kernels.copy(real, self._x[:half])
        kernels.copy(fakes, self._x[half:])
        logits = kernels.float32(self.passes.forward(self._x))
        each, slope = self._objective.error(kernels, logits * self._wrong)
        loss = (each[:half].sum() + each[half:].sum()) / self._batch
        # A probability of exactly 0.5 says neither real nor fake; like Keras, it counts as fake.
        accuracy = ((logits > 0) == self._is_real).sum() / self._batch
        kernels.copy(slope / self._signed_batch, self.d_logits)
        self.passes.backward(self._x, self.d_logits)
        self._adam.step(values.lr_d, values.beta1_d)
        return loss, accuracy


class GANStep:
    """Both networks' passes and the arrays in between. `batch` is B in the shapes below."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[MLP, MLP],
        optimisers: tuple[Optimiser, Optimiser],
        kernels: Kernels,
    ) -> None:
        """Prepare to train `networks`, generator first, by `optimisers` in the same order."""
        generator, discriminator = networks
        self._adam_g, adam_d = optimisers
        self._kernels, self._objective = kernels, OBJECTIVES.make(config.objective)
        self._batch, self._half = config.batch, config.batch // 2
        # Between D's fakes and G's own batch G does not change, so that both go through it in one pass.
        self._g = Backprop(generator, kernels, self._half + self._batch, first=self._half)
        self._d = DiscriminatorUpdate(config, discriminator, adam_d, kernels)

    def run(self, real: Array, z: Array, values: LiveValues) -> Numbers:
        """Train once on real (B/2, 2) and latents z (B/2 + B, 2), the first B/2 of them for D's fakes."""
        half = self._half
        fakes = self._kernels.tanh_(self._g.forward(z))
        of_d = self._d.run(real, fakes[:half], values)
        return *of_d, *self._train_generator(z[half:], fakes[half:], values)

    def _train_generator(self, z: Array, fakes: Array, values: LiveValues) -> tuple[Array, Array]:
        kernels, passes = self._kernels, self._d.passes
        logits = kernels.float32(passes.forward(fakes))
        loss, d_fake = self._objective.generator(kernels, logits)
        accuracy = (logits > 0).sum() / self._batch
        kernels.copy(d_fake, self._d.d_logits)
        d_fakes = passes.input_gradient(self._d.d_logits)
        self._g.backward(z, kernels.tanh_gradient_(d_fakes, fakes))
        self._adam_g.step(values.lr_g, values.beta1_g)
        return loss, accuracy
