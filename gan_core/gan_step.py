"""One training step of a GAN, written out: the discriminator's update, then the generator's.

Knows no random streams, no steps and no values but those it is handed: arrays in, four numbers out.
"""

from __future__ import annotations

from typing import Any

from gan_core.adam import KerasAdam
from gan_core.backprop import Backprop
from gan_core.config import GANConfig
from gan_core.kernels import Array, Kernels
from gan_core.networks import MLP
from gan_core.objectives import OBJECTIVES

Numbers = tuple[Array, Array, Array, Array]  # D loss, D accuracy, G loss, G accuracy: 0-d arrays
# With the fields of HyperParameters: floats, or 0-d tensors where the optimisers take those.
LiveValues = Any


class GANStep:
    """Both networks' passes and the arrays in between. `batch` is B in the shapes below."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[MLP, MLP],
        optimisers: tuple[KerasAdam, KerasAdam],
        kernels: Kernels,
    ) -> None:
        """Prepare to train `networks`, generator first, by `optimisers` in the same order."""
        generator, discriminator = networks
        self._adam_g, self._adam_d = optimisers
        self._kernels, self._objective = kernels, OBJECTIVES[config.objective]
        self._batch, self._half = config.batch, config.batch // 2
        # Between D's fakes and G's own batch G does not change, so that both go through it in one pass.
        self._g = Backprop(generator, kernels, self._half + self._batch, first=self._half)
        self._d = Backprop(discriminator, kernels, self._batch)
        self._x = kernels.empty(self._batch, 2)  # D's batch: real, then fake
        self._d_logits = kernels.empty(self._batch, 1)

    def run(self, real: Array, z: Array, values: LiveValues) -> Numbers:
        """Train once on real (B/2, 2) and latents z (B/2 + B, 2), the first B/2 of them for D's fakes."""
        kernels, half = self._kernels, self._half
        fakes = kernels.tanh_(self._g.forward(z))
        kernels.copy(real, self._x[:half])
        kernels.copy(fakes[:half], self._x[half:])
        of_d = self._train_discriminator(values)
        return *of_d, *self._train_generator(z[half:], fakes[half:], values)

    def _train_discriminator(self, values: LiveValues) -> tuple[Array, Array]:
        kernels, half = self._kernels, self._half
        logits = kernels.float32(self._d.forward(self._x))
        real, fake = logits[:half], logits[half:]
        loss, d_real, d_fake = self._objective.discriminator(kernels, real, fake)
        # A probability of exactly 0.5 says neither real nor fake; like Keras, it counts as fake.
        accuracy = ((real > 0).sum() + (fake <= 0).sum()) / self._batch
        kernels.copy(d_real, self._d_logits[:half])
        kernels.copy(d_fake, self._d_logits[half:])
        self._d.backward(self._x, self._d_logits)
        self._adam_d.step(values.lr_d, values.beta1_d)
        return loss, accuracy

    def _train_generator(self, z: Array, fakes: Array, values: LiveValues) -> tuple[Array, Array]:
        kernels = self._kernels
        logits = kernels.float32(self._d.forward(fakes))
        loss, d_fake = self._objective.generator(kernels, logits)
        accuracy = (logits > 0).sum() / self._batch
        kernels.copy(d_fake, self._d_logits)
        d_fakes = self._d.input_gradient(self._d_logits)
        self._g.backward(z, kernels.tanh_gradient_(d_fakes, fakes))
        self._adam_g.step(values.lr_g, values.beta1_g)
        return loss, accuracy
