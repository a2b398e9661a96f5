"""One GAN, one step at a time: the article's recipe, with live hyper-parameters, and its whole state out and in.

Knows nothing of threads, clocks, files or the browser; a notebook can use it alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_core.compute import Compute, resolve
from gan_core.config import HyperParameters
from gan_core.networks import MLP, make_discriminator, make_generator
from gan_core.objectives import OBJECTIVES
from gan_core.presets import Preset
from gan_core.records import StepMetrics
from gan_core.targets import TARGETS, uniform_square

State = dict[str, Any]  # plain numbers, strings, tensors and dicts of them, so that it can be stored without pickle


class KerasAdam:
    """Adam as Keras computes it, on one flat parameter vector, with learning rate and beta1 given at each step.

    x -= lr sqrt(1 - beta2^t)/(1 - beta1^t) m/(sqrt(v) + epsilon), t = updates so far, this one included.
    PyTorch divides v by its bias correction before it adds epsilon; dividing epsilon by sqrt(1 - beta2^t) makes the two
    the same. The moments survive a change of learning rate or beta1.
    """

    def __init__(self, network: MLP, beta2: float, epsilon: float) -> None:
        flat = network.parameters_flat
        self._beta2, self._epsilon = beta2, epsilon
        self.updates = 0
        self.m, self.v = torch.zeros_like(flat), torch.zeros_like(flat)
        flat.grad = network.gradients_flat
        self._adam = torch.optim.Adam([flat], fused=True)
        self._adam.state[flat] = {"step": torch.zeros((), device=flat.device), "exp_avg": self.m, "exp_avg_sq": self.v}
        self._step_count = self._adam.state[flat]["step"]

    def step(self, lr: float, beta1: float) -> None:
        """Apply the gradient that lies in the network's `gradients_flat`."""
        self.updates += 1
        group = self._adam.param_groups[0]
        group["lr"], group["betas"] = lr, (beta1, self._beta2)
        group["eps"] = self._epsilon / math.sqrt(1 - self._beta2**self.updates)
        self._adam.step()

    def state(self) -> State:
        """Copy out both moments and the number of updates."""
        return {"m": self.m.clone(), "v": self.v.clone(), "updates": self.updates}

    def restore(self, state: State) -> None:
        """Put back what `state` gave."""
        self.m.copy_(state["m"])
        self.v.copy_(state["v"])
        self.updates = state["updates"]
        self._step_count.fill_(self.updates)


class GANEngine:
    """Trains one generator and one discriminator.

    `generator` maps (N, 2) latents to (N, 2) samples, `discriminator` (N, 2) samples to (N, 1) logits; both are
    `nn.Module`s that may be called at any time between steps.
    """

    def __init__(
        self,
        preset: Preset,
        seed: int = 0,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
    ) -> None:
        """Draw initial weights for `preset` from `seed`. Raises ValueError for an option this machine cannot meet."""
        self.config = preset.config
        self.seed = seed
        self.compute: Compute = resolve(device, precision, threads, width=self.config.width)
        self.target = TARGETS[self.config.target]
        self.values: HyperParameters = preset.values
        self.steps = 0
        self._objective = OBJECTIVES[self.config.objective]
        weights, self._real_stream, self._latent_stream = _streams(seed, self.compute.device)
        self.generator = make_generator(self.config, weights)
        self.discriminator = make_discriminator(self.config, weights)
        self._adam_g = KerasAdam(self.generator, self.config.beta2, self.config.epsilon)
        self._adam_d = KerasAdam(self.discriminator, self.config.beta2, self.config.epsilon)

    def set(self, **values: float) -> None:
        """Change hyper-parameters from the next step on; Adam's moments are kept.

        Raises ValueError for an unknown name or a value out of range, and then changes nothing.
        """
        self.values = self.values.changed(values)

    def step(self) -> StepMetrics:
        """Draw one batch of real points and latents, and train both networks once."""
        half = self.config.batch // 2
        real = self.target.sample(half, self._real_stream)
        z_d = uniform_square(half, self._latent_stream)
        z_g = uniform_square(self.config.batch, self._latent_stream)
        return self.update(real, z_d, z_g)

    def update(self, real: Tensor, z_d: Tensor, z_g: Tensor) -> StepMetrics:
        """Train once on the given (B/2, 2) real points, (B/2, 2) latents for D and (B, 2) latents for G."""
        self.compute.enter()
        d_loss, d_right = self._update_discriminator(real, z_d)
        g_loss, g_right = self._update_generator(z_g)
        self.steps += 1
        # One transfer for all four numbers: on a GPU each .item() would wait for the device.
        numbers = torch.stack((d_loss, d_right, g_loss, g_right)).tolist()
        return StepMetrics(self.steps, *numbers)

    def state(self) -> State:
        """Copy out everything that decides the future: weights, moments, random streams, values and step."""
        return {
            "steps": self.steps,
            "values": vars(self.values).copy(),
            "generator": self.generator.parameters_flat.clone(),
            "discriminator": self.discriminator.parameters_flat.clone(),
            "adam_g": self._adam_g.state(),
            "adam_d": self._adam_d.state(),
            "real_stream": self._real_stream.get_state(),
            "latent_stream": self._latent_stream.get_state(),
        }

    def restore(self, state: State) -> None:
        """Put back what `state` gave, bit for bit. The engine must have been made with the same preset.

        Raises ValueError for networks of another size, and then changes nothing.
        """
        for name, adam, network in (
            ("generator", "adam_g", self.generator),
            ("discriminator", "adam_d", self.discriminator),
        ):
            for kept in (state[name], state[adam]["m"], state[adam]["v"]):
                if kept.shape != network.parameters_flat.shape:
                    raise ValueError(
                        f"This state's {name} has {kept.numel()} parameters, "
                        f"the preset's has {network.parameters_flat.numel()}."
                    )
        self.steps = state["steps"]
        self.values = HyperParameters(**state["values"])
        self.generator.parameters_flat.copy_(state["generator"])
        self.discriminator.parameters_flat.copy_(state["discriminator"])
        self._adam_g.restore(state["adam_g"])
        self._adam_d.restore(state["adam_d"])
        self._real_stream.set_state(state["real_stream"])
        self._latent_stream.set_state(state["latent_stream"])

    def _update_discriminator(self, real: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        with self.compute.products():
            with torch.no_grad():
                fake = self.generator(z)
            logits = self.discriminator(torch.cat((real, fake.float()))).float()
        on_real, on_fake = logits[: len(real)], logits[len(real) :]
        loss = self._objective.discriminator(on_real, on_fake)
        _backward(loss, self.discriminator)
        self._adam_d.step(self.values.lr_d, self.values.beta1_d)
        # A probability of exactly 0.5 says neither real nor fake; like Keras, it counts as fake.
        right = ((on_real > 0).sum() + (on_fake <= 0).sum()) / len(logits)
        return loss.detach(), right

    def _update_generator(self, z: Tensor) -> tuple[Tensor, Tensor]:
        with self.compute.products():
            logits = self.discriminator(self.generator(z).float()).float()
        loss = self._objective.generator(logits)
        _backward(loss, self.generator)
        self._adam_g.step(self.values.lr_g, self.values.beta1_g)
        return loss.detach(), (logits > 0).float().mean()


def _backward(loss: Tensor, network: MLP) -> None:
    network.gradients_flat.zero_()
    # `inputs` spares the other network's weight gradients and adds into the views of gradients_flat.
    torch.autograd.backward(loss, inputs=list(network.parameters()))


def _streams(seed: int, device: torch.device) -> list[torch.Generator]:
    """Three independent random streams from one seed: initial weights, real data, latents."""
    numbers = np.random.SeedSequence(seed).generate_state(3, np.uint64)
    return [torch.Generator(device).manual_seed(int(number >> 1)) for number in numbers]
