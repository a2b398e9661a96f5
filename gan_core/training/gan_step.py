"""One training step of a GAN, written out: the discriminator's update, then the generator's.

Knows no random streams, no steps and no values but those it is handed: arrays in, four numbers out.
"""

from __future__ import annotations

from typing import Any

import torch

from gan_core.setup.config import GANConfig, drawn_for
from gan_core.training.activations import ACTIVATIONS
from gan_core.training.backprop import Backprop
from gan_core.training.draws import Draws
from gan_core.training.kernels import Array, Kernels
from gan_core.training.networks import MLP
from gan_core.training.objectives import OBJECTIVES, Sides, of_generator
from gan_core.training.optimisers import OPTIMISERS, Optimiser
from gan_core.training.penalties import PENALTIES

Numbers = tuple[Array, Array, Array, Array]  # D loss, D accuracy, G loss, G accuracy: 0-d arrays
# With the fields of HyperParameters, and `each`: floats, or 0-d tensors where the optimisers take those.
LiveValues = Any


def serves(config: GANConfig) -> bool:
    """Whether the steps that are written out can train this; else `gan_core.training.plain` does."""
    networks, penalty = config.networks, PENALTIES.make(config.penalty)
    return (
        all(ACTIVATIONS.make(str(network.activation)).slope is not None for network in networks.values())
        and all(network.units for network in networks.values())
        and networks["discriminator"].output == "linear"
        and all(network.norm == "none" for network in networks.values())
        and not any(OPTIMISERS.make(rule).joint for rule in (config.optimiser_g, config.optimiser_d))
        and not config.unrolled
        and not config.consensus
        and (penalty.of is None or penalty.norm is not None)
        and (config.task == "gan" or _as_the_article(config))
    )


def fits_cuda(config: GANConfig) -> bool:
    """Whether a CUDA graph can hold the step: it draws nothing, and all that it changes is on the device."""
    penalty = PENALTIES.make(config.penalty)
    rules = (OPTIMISERS.make(rule) for rule in (config.optimiser_g, config.optimiser_d))
    always_alike = penalty.every == 1 and not (penalty.norm is not None and penalty.norm.elsewhere)
    return all(rule.on_cuda for rule in rules) and not config.ema and always_alike


def _as_the_article(config: GANConfig) -> bool:
    """Whether one network alone can be trained so: as the article's are, with any hidden layers and objective."""
    return (config.networks["generator"].output, config.penalty) == ("tanh", "none")


class DiscriminatorUpdate:
    """The discriminator's half of a step: trains it on as many real points as fakes, n = B/2 each."""

    def __init__(
        self, config: GANConfig, network: MLP, optimiser: Optimiser, kernels: Kernels, draws: Draws | None = None
    ) -> None:
        self.objective = OBJECTIVES.make(config.objective)
        penalty = PENALTIES.make(config.penalty)
        self._norm, self._lazy = penalty.norm, penalty.every > 1
        self._clip = cut(config)
        self._optimiser, self._kernels, self._draws = optimiser, kernels, draws
        self._parameters = network.parameters_flat
        half = self._half = config.batch // 2
        rows = config.batch + (half if self._norm is not None and self._norm.elsewhere else 0)
        self._passes = Backprop(network, kernels, rows)
        # Real, then fake, then points of the penalty's own; with packing, so many side by side.
        self._x = kernels.empty(rows, 2 * config.packing)
        self._d = kernels.empty(rows, 1)  # derivatives with respect to what D says; of the last ones 0
        # Parts of both, cut once: for small networks each cut counts.
        self._both = kernels.rows(slice(2 * half))
        of_each = (slice(half), slice(half, 2 * half), slice(2 * half, None))
        self._real, self._fake, self._own = (self._x[kernels.rows(some)] for some in of_each)
        self._shown, self._d_shown = self._x[self._both], self._d[self._both]
        self._packed = config.packing > 1
        self._sides = Sides(self.objective, kernels, half)
        # What a batch of G's goes through: the same arrays, if they have as many rows.
        self.passes = self._passes if rows == config.batch else Backprop(network, kernels, config.batch)
        self.level: Array = self.objective.middle  # the score above which D takes a point for real, by its last update

    def run(self, real: Array, fakes: Array, values: LiveValues, *, moves: bool = True) -> tuple[Array, Array]:
        """Train once on real and fakes, n packs of m (n m, 2); returns loss and accuracy as they were before.

        Without `moves` it only measures them, and draws as if it moved.
        """
        kernels, half, norm = self._kernels, self._half, self._norm
        if self._packed:
            real, fakes = (points.reshape(self._real.shape) for points in (real, fakes))
        kernels.copy(real, self._real)
        kernels.copy(fakes, self._fake)
        if values.instance_noise and self._draws is not None:
            kernels.copy(self._draws.noisy(self._shown, values.instance_noise), self._shown)
        if norm is not None and norm.elsewhere and self._draws is not None:
            kernels.copy(self._draws.places(norm, self._real, self._fake), self._own)
            logits = kernels.float32(self._passes.forward(self._x))[self._both]
        else:
            logits = kernels.float32(self._passes.forward(self._x))
        if not self.objective.anchored:
            self.level = self.objective.level(kernels, logits)
        loss, slope = self._sides.loss(logits)
        accuracy = self._sides.accuracy(logits, self.level)
        if not moves:
            return loss, accuracy
        kernels.copy(slope, self._d_shown)
        if norm is None or (self._lazy and not values.penalty_weight):
            self._passes.backward(self._x, self._d)
        else:
            weight = kernels.factor(values.penalty_weight * self.objective.scale)
            self._passes.penalised(self._x, self._d, norm.rows(half), lambda g: norm.slope(g, half) * weight)
        self._optimiser.step(values.lr_d, values.beta1_d)
        if self._clip:
            self._parameters.clamp_(-self._clip, self._clip)
        return loss, accuracy


def cut(config: GANConfig) -> float:
    """The absolute value to which D's parameters are cut after each of its updates; 0 leaves them as they are."""
    clip: float = OBJECTIVES.make(config.objective).clip
    return clip if PENALTIES.make(config.penalty).of is None else 0.0


class GANStep:
    """Both networks' passes and the arrays in between. In the shapes below B is `batch` x `packing`, n half of it."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[MLP, MLP],
        optimisers: tuple[Optimiser, Optimiser],
        kernels: Kernels,
        draws: Draws | None = None,
    ) -> None:
        """Prepare to train `networks`, generator first, by `optimisers` in the same order.

        `draws` is where noise and places of a penalty come from, if there are any.
        """
        generator, discriminator = networks
        self._of_g, of_d = optimisers
        self._kernels, self._draws = kernels, draws
        self._objective = OBJECTIVES.make(config.objective)
        self._packs, self._inputs = config.batch, 2 * config.packing
        self._batch, self._half = config.batch * config.packing, config.batch // 2 * config.packing
        self._tanh = config.networks["generator"].output == "tanh"
        self._generator = generator
        self._first = self._through_g(self._half)
        self._later: Backprop | None = None  # for batches of G's after the first
        self._d = DiscriminatorUpdate(config, discriminator, of_d, kernels, draws)
        self._d_fake = kernels.empty(self._packs, 1)
        self._packed = (*self._d_fake.shape[:-1], self._inputs)

    def run(self, real: Array, z: Array, values: LiveValues) -> Numbers:
        """Train once: D as often as `values.each` says, then G; who is not to move is measured on one batch.

        real (.., 2) are n for each batch of D's, then B for each of G's if they come in pairs; latents z (.., dim) are
        n for each of D's, then B for each of G's.
        """
        half, batch, rows = self._half, self._batch, self._kernels.rows
        (of_d, of_g), (moves_d, moves_g) = drawn_for(values.each), map(bool, values.each)
        for_d = of_d * half
        if self._first.first != for_d:
            self._first = self._through_g(for_d)
        fakes = self._fakes(self._first, z[rows(slice(for_d + batch))])
        for k in range(of_d):
            part = rows(slice(k * half, (k + 1) * half))
            found_d = self._d.run(real[part], fakes[part], values, moves=moves_d)
        passes = self._first
        for k in range(of_g):
            part = rows(slice(for_d + k * batch, for_d + (k + 1) * batch))
            latents = z[part]
            if k:
                self._later = passes = self._later or self._through_g(0)
            found = self._fakes(passes, latents) if k else fakes[part]
            found_g = self._train_generator(passes, latents, found, real[part], values, moves=moves_g)
        return *found_d, *found_g

    def _through_g(self, for_d: int) -> Backprop:
        """Arrays for so many fakes for D, and a batch of G's behind them.

        Between D's fakes and G's own first batch G does not change, so that all go through it in one pass.
        """
        with torch.inference_mode(False):  # they outlive the step in which they are made
            return Backprop(self._generator, self._kernels, for_d + self._batch, first=for_d)

    def _fakes(self, passes: Backprop, z: Array) -> Array:
        y = passes.forward(z)
        return self._kernels.tanh_(y) if self._tanh else y

    def _train_generator(
        self, of_g: Backprop, z: Array, fakes: Array, real: Array, values: LiveValues, *, moves: bool
    ) -> tuple[Array, Array]:
        kernels, passes = self._kernels, self._d.passes
        on_real = kernels.float32(passes.forward(self._shown(real, values))) + 0 if self._objective.paired else None
        scores = kernels.float32(passes.forward(self._shown(fakes, values)))
        loss, d_fake = of_generator(self._objective, kernels, scores, on_real)
        accuracy = kernels.total(scores > self._d.level) / self._packs
        if not moves:
            return loss, accuracy
        kernels.copy(d_fake, self._d_fake)
        d_fakes = passes.input_gradient(self._d_fake)
        if self._inputs != 2:
            d_fakes = d_fakes.reshape(fakes.shape)
        of_g.backward(z, kernels.tanh_gradient_(d_fakes, fakes) if self._tanh else d_fakes)
        self._of_g.step(values.lr_g, values.beta1_g)
        return loss, accuracy

    def _shown(self, points: Array, values: LiveValues) -> Array:
        """What D sees of points (B, 2)."""
        packs = points if self._inputs == 2 else points.reshape(self._packed)
        if not values.instance_noise or self._draws is None:
            return packs
        return self._draws.noisy(packs, values.instance_noise)
