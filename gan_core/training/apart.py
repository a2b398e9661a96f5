"""The very next step of a GAN, taken apart: both networks before it and after each update, and what moved them.

A copy of the engine takes it, as the engine would; its optimisers are watched, and nothing is computed in another way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core.records.steps import StepMetrics
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.training.draws import Draws
from gan_core.training.engine import GANEngine
from gan_core.training.kernels import Array, TorchKernels
from gan_core.training.known import in_turn
from gan_core.training.networks import MLP, with_parameters
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import Optimiser
from gan_core.training.players import Batch, Paid, Players, batches

MOST_NUMBERS = 1 << 27  # of weights and gradients that are held at once, half a gigabyte

Buffers = Mapping[str, Tensor]


class Stand(NamedTuple):
    """Both networks between two updates, generator first."""

    parameters: tuple[Tensor, Tensor]  # (P,) each
    buffers: tuple[Buffers, Buffers]
    stream: Tensor  # where the stream of what steps draw stands


class Update(NamedTuple):
    """One update of one network."""

    of_g: bool
    gradient: Tensor  # (P,), of all that it descends on: a penalty counts
    batch: Batch  # in float32; the half that is for the other network has no part in it


@dataclass(frozen=True, eq=False)
class Apart:
    """A step in its parts: update k leads from stand k to stand k + 1."""

    values: HyperParameters  # as they were in force
    stands: tuple[Stand, ...]
    updates: tuple[Update, ...]  # those of D, then those of G; of one alone, where the other is not updated
    given: tuple[Batch, ...]  # batches of the step; the first is D's first, whether D is updated or not
    metrics: StepMetrics  # what the step itself measured
    engine: GANEngine  # the copy, after the step


def can_be_told(config: GANConfig) -> bool:
    """Whether a step has updates one after the other, each by a gradient at the networks as they are then."""
    return in_turn(config) and not config.unrolled


def fits(engine: GANEngine) -> bool:
    """Whether there is memory to hold the next step's parts."""
    sizes = engine.generator.parameters_flat.numel() + engine.discriminator.parameters_flat.numel()
    return bool(2 * sizes * (sum(engine.values.each) + 1) <= MOST_NUMBERS)


def take_apart(engine: GANEngine) -> Apart:
    """Take the next step with a copy of an engine of networks of GANscope's own, on the CPU, which stays as it is.

    The caller has asked whether it `can_be_told` and `fits`.
    """
    copy = _copied(engine)
    given, values, initial = _given(copy), copy.in_force(), _stand(copy)
    with _watched(copy) as seen:
        metrics = copy.step()
    # An optimiser is called after the passes of its update: buffers and stream are those behind them, parameters not.
    moments = [*(stand for _, _, stand in seen), _stand(copy)]
    stands = [
        Stand(now.parameters, behind.buffers, behind.stream)
        for now, behind in zip(moments, [initial, *moments[:-1]], strict=True)
    ]
    each = values.each
    batch_of = [given[k] for k in (*range(each[0]), *range(each[1]))]
    updates = [Update(of_g, gradient, batch) for (of_g, gradient, _), batch in zip(seen, batch_of, strict=True)]
    return Apart(values, tuple(stands), tuple(updates), tuple(given), metrics, copy)


class Evaluator:
    """What either player pays on a batch with the networks as they stood, in float32 by autograd; moves nothing."""

    def __init__(self, engine: GANEngine, values: HyperParameters) -> None:
        """`engine` says of what kind the networks are; it is not asked again."""
        self._values, self._stream = values, torch.Generator()
        kernels = TorchKernels(torch.device("cpu"), torch.float32)
        networks = (engine.generator, engine.discriminator)
        self.generator, self.discriminator = (with_parameters(x, x.parameters_flat) for x in networks)
        draws = Draws(self._stream, kernels)
        self._players = Players(engine.config, (_as_given, self.discriminator), engine.optimisers, kernels, draws)
        self._scores: list[Tensor] = []

    def place(self, stand: Stand) -> None:
        """Have both networks, and what is drawn, as they stood."""
        self._stream.set_state(stand.stream)
        for network, flat, buffers in zip((self.generator, self.discriminator), *stand[:2], strict=True):
            with torch.no_grad():
                network.parameters_flat.copy_(flat)
            for name, buffer in buffers.items():
                network.get_buffer(name).copy_(buffer)

    def fakes(self, z: Tensor) -> Tensor:
        """What G makes of latents (N, dim) in training: (N, 2)."""
        with torch.no_grad():
            made: Tensor = self.generator(z)
        return made

    def of_d(self, batch: Batch, fakes: Tensor) -> tuple[Paid, Tensor]:
        """What D pays, with its scores of the real points and then of `fakes`, (B, 1); with packing, of packs.

        The level above which it takes a point for real stays that of this call, for G.
        """
        self._scores.clear()
        paid = self._players.of_d(batch._replace(z=fakes), self._values, d=self._noting)
        return _detached(paid), self._scores[0].detach()

    def of_g(self, batch: Batch, fakes: Tensor) -> tuple[Paid, Tensor, Tensor]:
        """What G pays for `fakes` (N, 2), D's scores of them, and the derivative of its loss at each (N, 2)."""
        self._scores.clear()
        leaf = fakes.detach().clone().requires_grad_()
        paid = self._players.of_g(batch._replace(z_of_g=leaf), self._values, d=self._noting)
        (slope,) = torch.autograd.grad(paid.whole, leaf)
        return _detached(paid), self._scores[-1].detach(), slope

    def _noting(self, x: Tensor) -> Tensor:
        scores: Tensor = self.discriminator(x)
        self._scores.append(scores)
        return scores


def level_of(config: GANConfig, scores: Tensor) -> float:
    """The score above which D takes a point for real, by its scores of a batch (B, 1)."""
    kernels = TorchKernels(torch.device("cpu"), torch.float32)
    return float(OBJECTIVES.make(config.objective).level(kernels, scores))


def length(change: Tensor) -> float:
    """The Euclidean length of a vector, summed in float64."""
    return math.sqrt(float(change.double().square().sum()))


def _stand(engine: GANEngine) -> Stand:
    networks = (engine.generator, engine.discriminator)
    of_g, of_d = (network.parameters_flat.detach().clone() for network in networks)
    for_g, for_d = ({name: buffer.clone() for name, buffer in network.named_buffers()} for network in networks)
    return Stand((of_g, of_d), (for_g, for_d), engine.draws.stream.get_state())


@contextmanager
def _watched(engine: GANEngine) -> Iterator[list[tuple[bool, Tensor, Stand]]]:
    """Notes, whenever one of its optimisers is about to move: whether that is G's, its gradient, and how all stands."""
    seen: list[tuple[bool, Tensor, Stand]] = []

    def watch(of_g: bool, network: MLP, optimiser: Optimiser) -> None:
        move = optimiser.step

        def step(lr: Any, beta1: Any) -> None:
            seen.append((of_g, network.gradients_flat.detach().clone(), _stand(engine)))
            move(lr, beta1)

        vars(optimiser)["step"] = step

    watch(True, engine.generator, engine.optimisers[0])
    watch(False, engine.discriminator, engine.optimisers[1])
    try:
        yield seen
    finally:
        for optimiser in engine.optimisers:
            del vars(optimiser)["step"]


def _copied(engine: GANEngine) -> GANEngine:
    compute = engine.compute
    copy = GANEngine(
        Experiment(engine.config, engine.values),
        engine.seed,
        device=compute.device.type,
        precision=compute.precision,
        threads=compute.threads,
    )
    copy.restore(engine.state())
    return copy


def _given(engine: GANEngine) -> list[Batch]:
    """What the next step is given, in float32; it is still to come."""
    upcoming = engine.upcoming()
    upcoming.left()
    real, z = (_float32(block[upcoming.place]) for block in (upcoming.real, upcoming.latents))
    paired = OBJECTIVES.make(engine.config.objective).paired
    return batches(engine.config, engine.values.batches, real, z, paired=paired)


def _float32(array: Array) -> Tensor:
    tensor = torch.from_numpy(array) if isinstance(array, np.ndarray) else array
    return tensor.detach().float().clone()


def _as_given(points: Tensor) -> Tensor:
    """In the place of a generator: the fakes are at hand."""
    return points


def _detached(paid: Paid) -> Paid:
    return Paid(*(x.detach() for x in paid))
