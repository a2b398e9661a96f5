"""The game of two numbers as a field and as a map, from what a run is made of: without networks, batches or chance.

All data are the point 0, all fakes the point theta, D(x) = psi x, as `gan_core.training.toys` has them. Losses and
penalties are the run's own; what moves by them is written out here once more, in float64, so that training can be held
against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.part import read_part
from gan_core.training.gan_step import cut
from gan_core.training.kernels import TorchKernels
from gan_core.training.objectives import OBJECTIVES, Objective
from gan_core.training.penalties import PENALTIES

_KERNELS = TorchKernels(torch.device("cpu"), torch.float32)
_NODES = 40  # of Gauss and Hermite's rule for the noise
_RULES = ("sgd", "sgd-at-once", "optimistic-sgd", "extragradient-sgd")

ACROSS = 15  # arrows of the field along each side
_SMALL = 1e-9  # places about the middle at which weights are not cut
MOST = 100.0  # times the learning rates, at which no threshold is looked for any more

Field = Callable[[Tensor], Tensor]  # a place (2,) to how it moves (2,)
State = Tensor  # (4,): theta, psi, and what the optimiser of each keeps: a velocity, or the gradient before


def is_game(config: GANConfig) -> bool:
    """Whether a run is a game of two numbers: G a point, D a slope, all data in the middle."""
    generator, discriminator = config.networks["generator"], config.networks["discriminator"]
    return (
        config.task == "gan"
        and (generator.norm, discriminator.norm, generator.output) == ("point", "slope", "linear")
        and read_part(config.target).name == "dirac"
        and config.packing == 1
    )


@dataclass(frozen=True, eq=False)
class Game:
    """One such game, as the live values have it. Learning rates are no part of the field."""

    config: GANConfig
    values: HyperParameters

    @property
    def objective(self) -> Objective:
        """The losses of both."""
        return OBJECTIVES.make(self.config.objective)

    def field(self, at: Tensor) -> Tensor:
        """Minus the gradients of what each pays, at (N, 2) places theta, psi, float64: (N, 2).

        D's loss counts as the run's objective has it, which may be half of what papers write (`Objective.scale`).
        Consensus is counted in, and so is a penalty; weights that are cut are not.
        """
        field = self._of_losses(at)
        if not self.config.consensus:
            return field
        scale = torch.tensor((1.0, self.objective.scale), dtype=at.dtype)
        with torch.enable_grad():
            place = at if at.requires_grad else at.detach().requires_grad_()
            r = (self._of_losses(place) / scale).square().sum() / 2
            (down,) = torch.autograd.grad(r, place, create_graph=at.requires_grad)
        return field - self.config.consensus * scale * down

    def jacobian(self, at: Tensor) -> Tensor:
        """The derivative of the field at one place (2,): (2, 2)."""
        place = at.detach().requires_grad_()
        v = self.field(place[None])[0]
        return torch.stack([torch.autograd.grad(each, place, retain_graph=True)[0] for each in v])

    def _of_losses(self, at: Tensor) -> Tensor:
        """The field by automatic differentiation of the objective's own losses, on one real point and one fake."""
        with torch.enable_grad():
            differentiable = at.requires_grad
            place = at if differentiable else at.detach().requires_grad_()
            theta, psi = place.unbind(1)
            on_real, on_fake, weights = self._scores(theta, psi)
            of_d = (self._d_loss(on_real, on_fake) * weights).sum()
            of_g = (self._g_loss(on_real, on_fake) * weights).sum()
            (down_d,) = torch.autograd.grad(of_d, place, create_graph=True, retain_graph=True)
            (down_g,) = torch.autograd.grad(of_g, place, create_graph=True, retain_graph=True)
            field = torch.stack((-down_g[:, 0], -down_d[:, 1] - self._penalty(psi)), dim=1)
        return field if differentiable else field.detach()

    def _scores(self, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What D says of a real point and of a fake, (N, K) each, of K pairs of noise, and the weight of each (K,)."""
        noise = self.values.instance_noise
        if not noise:
            return (psi * 0)[:, None], (psi * theta)[:, None], torch.ones(1, dtype=psi.dtype)
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        e, w = (torch.as_tensor(x, dtype=psi.dtype) for x in (nodes * noise, weights / weights.sum()))
        pairs = torch.cartesian_prod(e, e)
        both = torch.outer(w, w).reshape(-1)
        return psi[:, None] * pairs[:, 0], psi[:, None] * (theta[:, None] + pairs[:, 1]), both

    def _d_loss(self, on_real: Tensor, on_fake: Tensor) -> Tensor:
        objective = self.objective
        each: Tensor
        if objective.paired:
            each = objective.error(_KERNELS, on_fake - on_real)[0]
            return each
        middle = objective.middle
        each = objective.error(_KERNELS, middle - on_real)[0] + objective.error(_KERNELS, on_fake - middle)[0]
        return each * objective.scale

    def _g_loss(self, on_real: Tensor, on_fake: Tensor) -> Tensor:
        shown = on_fake - on_real if self.objective.paired else on_fake
        of_one = torch.func.vmap(lambda score: self.objective.generator(_KERNELS, score[None, None])[0])
        each: Tensor = of_one(shown.reshape(-1)).view_as(shown)
        return each

    def _penalty(self, psi: Tensor) -> Tensor:
        norm = PENALTIES.make(self.config.penalty).norm
        if norm is None:
            return psi * 0
        rows = norm.rows(1)
        each: Tensor = norm.slope(psi[:, None], 1)[:, 0] * (rows.stop - rows.start)
        return each * (self.values.penalty_weight * self.objective.scale)

    # -- steps ---------------------------------------------------------------------------------------------------------

    @property
    def steps(self) -> bool:
        """Whether a step is written out here: of plain descent, and of what is made of it."""
        names = {read_part(rule).name for rule in (self.config.optimiser_g, self.config.optimiser_d)}
        lazy = PENALTIES.make(self.config.penalty).every > 1  # steps differ: the field is what they are on average
        return len(names) == 1 and names <= set(_RULES) and not self.config.unrolled and not lazy

    def step(self, state: State) -> State:
        """Theta, psi and what both optimisers keep (4,) after a step. Raises ValueError where none is written out."""
        return self._stepped(state, lambda at: self.field(at[None])[0])

    def _stepped(self, state: State, field: Field, times: float = 1.0) -> State:
        """A step in any field, with learning rates so many times as large."""
        if not self.steps:
            raise ValueError("A step is written out of plain, optimistic and extragradient descent alone.")
        name, clip = read_part(self.config.optimiser_d).name, cut(self.config)
        rates, beta1, both = self._pair("lr") * times, self._pair("beta1"), torch.tensor((True, True))

        def moved(state: State, who: Tensor, start: Tensor | None = None) -> State:
            """By the field where `state` is, from there or from `start`."""
            at, kept = state[:2], state[2:]
            down = -field(at)
            optimistic = name == "optimistic-sgd"
            new = down if optimistic else beta1 * kept + down
            change = (2 * down - kept if optimistic else new) * rates
            start = at if start is None else start
            there = torch.where(who, start - change, start)
            if clip:
                there = torch.stack((there[0], there[1].clamp(-clip, clip)))
            return torch.cat((there, torch.where(who, new, kept)))

        if name == "extragradient-sgd":
            return moved(moved(state, both), both, state[:2])
        if name in ("optimistic-sgd", "sgd-at-once") or self.config.consensus:
            return moved(state, both)
        of_d, of_g = self.values.each
        for who in (torch.tensor((False, True)),) * of_d + (torch.tensor((True, False)),) * of_g:
            state = moved(state, who)
        return state

    def _pair(self, name: str) -> Tensor:
        return torch.tensor([getattr(self.values, f"{name}_{of}") for of in "gd"], dtype=torch.float64)

    def path(self, theta: float, psi: float, steps: int) -> Tensor:
        """Where it goes from there, with nothing kept: (steps + 1, 2); it ends early where it leaves all numbers."""
        state = torch.tensor((theta, psi, 0.0, 0.0), dtype=torch.float64)
        found = [state[:2]]
        for _ in range(steps):
            state = self.step(state)
            if not bool(torch.isfinite(state).all()):
                break
            found.append(state[:2])
        return torch.stack(found)

    def eigenvalues(self, times: float = 1.0) -> Tensor:
        """Of one step, linear about the middle, the largest first: (4,) complex. Not finite where that has no slope.

        With learning rates so many times as large.
        """
        slope = self._slope
        columns = [
            self._stepped(one, lambda at: slope @ at, times) for one in torch.eye(4, dtype=torch.float64) * _SMALL
        ]
        return largest_first(torch.stack(columns, dim=1) / _SMALL)

    def factor(self, times: float = 1.0) -> float:
        """By what a step multiplies the distance from the middle, in the long run and near it."""
        return float(self.eigenvalues(times)[0].abs())

    def threshold(self) -> float:
        """How many times as large both learning rates may be for a step to lead nearer to the middle, at most MOST.

        0 where none does.
        """
        at = np.geomspace(MOST / 4096, MOST, 97).tolist()
        beyond = next((i for i, times in enumerate(at) if not self._comes_nearer(times)), None)
        if not beyond:
            return MOST if beyond is None else 0.0
        low, high = at[beyond - 1], at[beyond]
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if self._comes_nearer(middle) else (low, middle)
        return float(low)

    def _comes_nearer(self, times: float) -> bool:
        return self.factor(times) < 1 - 1e-12

    @cached_property
    def _slope(self) -> Tensor:
        return self.jacobian(torch.zeros(2, dtype=torch.float64))


def largest_first(matrix: Tensor) -> Tensor:
    """The eigenvalues of a square matrix by falling absolute value, complex; not finite ones of one that is not."""
    if not bool(torch.isfinite(matrix).all()):
        return torch.full((len(matrix),), complex("nan"), dtype=torch.complex128)
    found: Tensor = torch.linalg.eigvals(matrix)
    return found[found.abs().argsort(descending=True)]


@dataclass(frozen=True)
class Foretold:
    """What theory says of a game; NaN where it says nothing."""

    factor: float  # by which a step multiplies the distance from the middle, near it
    turn: float  # the angle by which it turns, in radians
    threshold: float  # see Game.threshold
    flow: complex  # the eigenvalue of the flow with the largest real part, D's loss as papers write it


@lru_cache(maxsize=64)
def foretold(config: GANConfig, values: HyperParameters) -> Foretold:
    """All that is said of a game, which depends on nothing else."""
    game, nan = Game(config, values), float("nan")
    scale = torch.tensor([[1.0], [game.objective.scale]], dtype=torch.float64)
    flow = largest_first(game.jacobian(torch.zeros(2, dtype=torch.float64)) / scale)
    first = complex(flow[flow.real.argmax()])
    if not game.steps or not np.isfinite(first):
        return Foretold(nan, nan, nan, first if np.isfinite(first) else complex(nan, nan))
    step = game.eigenvalues()[0]
    return Foretold(float(step.abs()), float(step.angle().abs()), game.threshold(), first)


@lru_cache(maxsize=64)
def arrows(config: GANConfig, values: HyperParameters, reach: float) -> Tensor:
    """Places up to `reach` from the middle and the move from each, (ACROSS^2, 4): the longest is 1."""
    along = torch.linspace(-reach, reach, ACROSS, dtype=torch.float64)
    at = torch.cartesian_prod(along, along)
    rates = torch.tensor((values.lr_g, values.lr_d), dtype=torch.float64)
    moves = Game(config, values).field(at) * rates
    return torch.cat((at, moves / moves.norm(dim=1).amax().clamp(min=1e-300)), dim=1)
