"""One GAN, one step at a time: the article's recipe, with live hyper-parameters, and its whole state out and in.

Knows nothing of threads, clocks, files or the browser; a notebook can use it alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.records.steps import StepMetrics
from gan_core.setup.config import HyperParameters, InForce
from gan_core.setup.experiment import Experiment
from gan_core.setup.scenario import Preset
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import LATENTS
from gan_core.training.batches import Batches
from gan_core.training.compute import resolve
from gan_core.training.cuda_graph import CapturedSteps
from gan_core.training.draws import Draws, streams
from gan_core.training.gan_step import fits_cuda, serves
from gan_core.training.kernels import Array, make_kernels
from gan_core.training.known import check_values, completed
from gan_core.training.networks import (
    MLP,
    as_plain,
    flatten,
    make_discriminator,
    make_generator,
    with_parameters,
)
from gan_core.training.optimisers import OPTIMISERS, Optimiser
from gan_core.training.penalties import PENALTIES
from gan_core.training.plain import check
from gan_core.training.tasks import TASKS, Step, by_autograd

State = dict[str, Any]  # plain numbers, strings, tensors and dicts of them, so that it can be stored without pickle


class GANEngine:
    """Trains one generator and one discriminator, or what its configuration's task says of them.

    `generator` maps (N, 2) latents to (N, 2) samples, `discriminator` (N, 2) samples to (N, 1) logits; both are
    `nn.Module`s that may be called at any time between steps.
    """

    def __init__(
        self,
        experiment: Experiment | Preset,
        seed: int = 0,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        spare: int = 0,
        generator: nn.Module | None = None,
        discriminator: nn.Module | None = None,
    ) -> None:
        """Draw initial weights for `experiment` from `seed`.

        Raises ValueError for an option this machine cannot meet, and for what there is not, a target for example.

        `threads` None means as many as pay, `spare` cores left over. A `generator` (N, 2) -> (N, 2) and a
        `discriminator` (N, 2) -> (N, 1), logits, take the place of the experiment's; they are trained as they are, by
        autograd in float32 on the CPU, and their parameters come to share one vector each.
        """
        self.config = completed(experiment.config)
        self.seed = seed
        own = generator is not None or discriminator is not None
        self.by_hand = serves(self.config) and not own  # the step is the one that is written out; else autograd's
        if not self.by_hand:
            self._check_autograd(precision)
        if not self.by_hand or not fits_cuda(self.config):
            device = _on_cpu(device)
        self.compute = resolve(device, precision, threads, width=self.config.widest, spare=spare)
        if not self.by_hand:
            self.compute = replace(self.compute, library="torch")
        self.target, self._penalty = TARGETS.make(self.config.target), PENALTIES.make(self.config.penalty)
        self.values: HyperParameters = experiment.values
        self._last_values = self.values  # of the last step
        self.steps = 0
        weights, real, latents, in_steps = streams(seed, self.compute.device)
        self.generator: Any = make_generator(self.config, weights) if generator is None else generator
        self.discriminator: Any = make_discriminator(self.config, weights) if discriminator is None else discriminator
        networks: tuple[Any, Any] = (self.generator, self.discriminator)
        if own:
            check(self.config, *networks)
            for network in networks:
                if not isinstance(network, MLP):
                    flatten(network)
        task = TASKS[self.config.task]
        kernels = self._kernels = make_kernels(self.compute)
        self._adam_g, self._adam_d = self.optimisers = self._optimisers(networks)
        self.draws, self._step_start = Draws(in_steps, kernels), in_steps.get_state()
        make_step = task.make_step if self.by_hand else by_autograd(self.config)
        self._step: Step = make_step(self.config, networks, self.optimisers, kernels, self.draws)
        self._batches = Batches(
            self.target,
            LATENTS.make(self.config.latent),
            task.rows(self.config),
            (real, latents),
            kernels,
            dim=self.config.latent_dim,
            paired=task.paired,
        )
        # The running mean of G's weights (P,), which looking may show instead of them; None where there is none.
        self.ema: Tensor | None = _flat(self.generator).clone() if self.config.ema else None
        self._each = (1, 1)  # batches for D and G in a step that the present block of them has
        self._allowed = (1, 1)  # updates of D and G in a step that there is known to be a step for
        on_cuda = self.compute.device.type == "cuda"
        self._captured = CapturedSteps(self._step, self._batches, self.compute.device) if on_cuda else None

    @property
    def batches(self) -> Batches:
        """Where the points and latents of its steps come from."""
        return self._batches

    def set(self, **values: float) -> None:
        """Change hyper-parameters from the next step on; Adam's moments are kept.

        Raises ValueError for an unknown name or a value out of range, and for what there is no step for; then changes
        nothing.
        """
        self.values = self.checked(**values)

    def checked(self, **values: float) -> HyperParameters:
        """What the values would be after `set`. Raises as that does."""
        changed = self.values.changed(values)
        check_values(self.config, changed)
        return changed

    def step(self) -> StepMetrics:
        """Draw one batch of real points and latents, and train once on it."""
        return self.advance(1)[0]

    def advance(self, count: int) -> list[StepMetrics]:
        """As `count` times `step`; on a GPU the CPU then waits for the device once, not at every step.

        Ends early, after a step whose losses are not finite; on a GPU some further steps may have been trained by then.
        """
        done: list[StepMetrics] = []
        self.compute.enter()
        with np.errstate(all="ignore"):  # what is not finite shows in the losses
            while len(done) < count and all(m.is_finite() for m in done[-1:]):
                done += self._advance_some(count - len(done))
        return done

    def update(self, real: Tensor, z_d: Tensor, z_g: Tensor) -> StepMetrics:
        """Train once on the given (B/2, 2) real points, (B/2, 2) latents for D and (B, 2) latents for G.

        A task that trains one network alone takes no latents for the other; of "fit", the real points are (B, 2) goals.
        """
        self.compute.enter()
        real, z = (self._kernels.batch(x) for x in (real, torch.cat((z_d, z_g))))
        with np.errstate(all="ignore"):
            if self._captured is None:
                return self._measured(self._run(real, z))
            self._captured.set(self.values)
            return self._measured(self._step.run(real, z, self._captured.values))

    def generator_update(self) -> Tensor | None:
        """What the last step added to G's parameters, (P,), to rounding; None before the first, and for no G."""
        if not self.steps or "generator" not in TASKS[self.config.task].trains:
            return None
        if not self._last_values.updates_g:
            return torch.zeros_like(_flat(self.generator))
        return self._adam_g.last_update(self._last_values.lr_g, self._last_values.beta1_g)

    def beside_generator(self) -> dict[str, Tensor]:
        """What else there is of G's parameters to look at, each (P,): its last `update`, the running `mean`.

        Of G as it is at rest (`networks.as_plain`), as those who look have it. And the live `values` of the next step.
        """
        found = {"values": torch.tensor(list(vars(self.in_force()).values()), dtype=torch.float32)}
        update = self.generator_update()
        if update is not None:
            now = _flat(self.generator)
            found["update"] = update if self._is_plain() else self._at_rest(now) - self._at_rest(now - update)
        if self.ema is not None:
            found["mean"] = self.ema if self._is_plain() else self._at_rest(self.ema)
        return found

    def _is_plain(self) -> bool:
        return not isinstance(self.generator, MLP) or self.generator.made_of.norm == "none"

    def _at_rest(self, flat: Tensor) -> Tensor:
        return as_plain(with_parameters(self.generator, flat)).parameters_flat

    def state(self) -> State:
        """Copy out everything that decides the future: weights, moments, random streams, values and step."""
        return {
            "steps": self.steps,
            "values": vars(self.values).copy(),
            "generator": self.generator.parameters_flat.clone(),
            "discriminator": self.discriminator.parameters_flat.clone(),
            "adam_g": self._adam_g.state(),
            "adam_d": self._adam_d.state(),
            "batches": self._batches_state(),
            **({} if self.ema is None else {"ema": self.ema.clone()}),
            **self._drawn(),
            **self._buffers(),
        }

    def restore(self, state: State) -> None:
        """Put back what `state` gave, bit for bit. The engine must have been made with the same preset.

        Raises ValueError for networks of another size, and then changes nothing.
        """
        for name, adam, network in (
            ("generator", "adam_g", self.generator),
            ("discriminator", "adam_d", self.discriminator),
        ):
            moments = (moment for kind, moment in state[adam].items() if kind != "updates")
            for kept in (state[name], *moments):
                if kept.shape != network.parameters_flat.shape:
                    raise ValueError(
                        f"This state's {name} has {kept.numel()} parameters, "
                        f"the preset's has {network.parameters_flat.numel()}."
                    )
        self.steps = state["steps"]
        self.values = self._last_values = HyperParameters(**state["values"])
        self._make_room((state["batches"]["updates_d"], state["batches"]["updates_g"]))
        self.generator.parameters_flat.copy_(state["generator"])
        self.discriminator.parameters_flat.copy_(state["discriminator"])
        self._adam_g.restore(state["adam_g"])
        self._adam_d.restore(state["adam_d"])
        self._batches.restore(state["batches"])
        if self.ema is not None:
            self.ema.copy_(state["ema"])
        self.draws.stream.set_state(state.get("penalty_stream", self._step_start))
        for name, buffers in self._buffers().items():
            for kind in buffers:
                getattr(self, name.removesuffix("_buffers")).get_buffer(kind).copy_(state[name][kind])

    def _batches_state(self) -> State:
        """Where the batches stand, and how many of them a step the block was drawn for that they stand in."""
        state = self._batches.state()
        of_d, of_g = self._each if state["place"] else self.values.batches
        return {**state, "updates_d": of_d, "updates_g": of_g}

    def rows_of(self, state: State) -> tuple[int, int]:
        """How many real points and latents a step takes that goes on in the block of batches of this state."""
        of = state["batches"]
        return TASKS[self.config.task].rows(self.config, (of["updates_d"], of["updates_g"]))

    def _make_room(self, each: tuple[int, int]) -> None:
        """Have so many batches for D and G a step. What is left of others is passed over."""
        if each != self._each:
            self._batches.resize(TASKS[self.config.task].rows(self.config, each))
            self._each = each

    def _drawn(self) -> State:
        """Where the stream of what steps draw stands; nothing while no step has drawn, as most never do."""
        stream = self.draws.stream.get_state()
        return {} if torch.equal(stream, self._step_start) else {"penalty_stream": stream}

    def _buffers(self) -> State:
        """What networks hold beside their parameters, running means for example."""
        found = {}
        for name in ("generator", "discriminator"):
            buffers = {kind: buffer.clone() for kind, buffer in getattr(self, name).named_buffers()}
            if buffers:
                found[f"{name}_buffers"] = buffers
        return found

    def _advance_some(self, at_most: int) -> list[StepMetrics]:
        batches = self.upcoming()
        if self._captured is None:
            return [self._measured(self._run(*batches.next()))]
        if self.values.instance_noise:  # drawn by the processor's choice, not by the graph's
            self._captured.set(self.in_force())
            return [self._measured(self._step.run(*batches.next(), self._captured.values))]
        if not self._captured.captured(self.values.each):
            self._captured = self._capture()
        self._captured.set(self.values)
        rows = self._captured.run(min(at_most, batches.left()))
        return [self._measured(row) for row in rows]

    def _run(self, real: Array, z: Array) -> Iterable[Any]:
        """One step on the CPU. In inference mode torch keeps no books for autograd; that saves 3 % of it at 3 x 128."""
        values = self.in_force()
        if self.compute.library == "numpy" or not self.by_hand:
            return self._step.run(real, z, values)
        with torch.inference_mode():
            return self._step.run(real, z, values)

    def upcoming(self) -> Batches:
        """Its batches, of as many rows as the next step takes."""
        if self.values.each != self._allowed:
            check_values(self.config, self.values)
            self._allowed = self.values.each
        self._make_room(self.values.batches)
        return self._batches

    def in_force(self, ahead: int = 0) -> HyperParameters:
        """The live values as the next step has them, or one so many steps `ahead` of it.

        Noise that fades has faded, and a lazy penalty counts so many times as much, or nothing.
        """
        values, fading, done = self.values, self.config.noise_steps, self.steps + ahead
        if fading and values.instance_noise:
            values = replace(values, instance_noise=values.instance_noise * max(0.0, 1 - done / fading))
        if self._penalty.every > 1:
            weight = self._penalty.weight(values.penalty_weight, done)
            values = InForce(**{**vars(values), "penalty_weight": weight})
        return values

    def _measured(self, numbers: Iterable[Any]) -> StepMetrics:
        self.went()
        if self.ema is not None:
            self.ema.lerp_(self.generator.parameters_flat, 1 - self.config.ema)
        return StepMetrics(self.steps, *map(float, numbers))

    def went(self, steps: int = 1) -> None:
        """Count steps that were trained with the present values."""
        self.steps += steps
        self._last_values = self.values

    def _optimisers(self, networks: tuple[Any, Any]) -> tuple[Optimiser, Optimiser]:
        where = "cuda" if self.compute.device.type == "cuda" else self.compute.library
        rules = (OPTIMISERS.make(rule) for rule in (self.config.optimiser_g, self.config.optimiser_d))
        of_g, of_d = (rule.make(network, where) for rule, network in zip(rules, networks, strict=True))
        return of_g, of_d

    def _check_autograd(self, precision: str) -> None:
        """Raise ValueError, with a sentence, for what autograd is not to train."""
        if self.config.task != "gan":
            raise ValueError(
                f"Autograd trains a GAN, and not for the task {self.config.task!r}: that takes networks of GANscope's "
                "own, piecewise linear, with no penalty and one update of each in a step."
            )
        if precision == "bfloat16":
            raise ValueError(
                "What is not trained by the step that is written out, networks of your own for example, is trained by "
                "autograd, in float32 on the CPU: give device='cpu' and precision='float32'."
            )

    def _capture(self) -> CapturedSteps:
        captured = CapturedSteps(self._step, self._batches, self.compute.device)
        before = self.state()
        captured.set(self.values)
        captured.capture()
        self.restore(before)
        return captured


def _flat(network: Any) -> Tensor:
    flat: Tensor = network.parameters_flat
    return flat


def _on_cpu(device: str) -> str:
    """The device of what a CUDA graph cannot hold. Raises ValueError where that is asked for all the same."""
    if device == "cuda":
        raise ValueError(
            "This is trained in float32 on the CPU alone: give device='cpu'. A CUDA device trains piecewise linear "
            "networks by Adam, without penalties that draw points of their own and without a mean of G's weights."
        )
    return "cpu"
