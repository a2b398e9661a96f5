"""The very next step, told: what there is to see and to read between its updates."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.looking.forward import Forward
from gan_core.looking.looks import cell_centres, seen_through
from gan_core.looking.measures.pull import asked_share
from gan_core.records.arrays import POINT_SCALE, Int16Array, Uint8Array
from gan_core.records.told import STAGES, Stage, ToldStep
from gan_core.setup.config import GANConfig
from gan_core.training.apart import Apart, Evaluator, Update, length, level_of, take_apart
from gan_core.training.engine import GANEngine
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.players import Paid

AnyArray = TypeVar("AnyArray", bound=npt.NDArray[Any])

RESOLUTION = 100  # cells a side of the maps
DRAWN = 256  # points of a batch of each kind that are shown; the numbers are of all
_LEAST = 1e-9  # of a difference that is 0 everywhere, and of a score that is the same everywhere


class _OfD(NamedTuple):
    """One update of D."""

    reals: Tensor  # (n, 2)
    fakes: Tensor  # (n, 2)
    before: Paid
    after: Paid
    scores: Tensor  # (B, 1), before: of the real points, then of the fakes
    lengths: tuple[float, float]  # of the gradient, and of the change of weights


class _OfG(NamedTuple):
    """One update of G."""

    fakes: Tensor  # (N, 2)
    moved: Tensor  # (N, 2), the way from there to where the same latents are afterwards
    asked: Tensor  # (N, 2)
    before: Paid
    after: Paid
    scores: Tensor  # (B, 1), before
    lengths: tuple[float, float]


def tell(engine: GANEngine, run: int) -> ToldStep:
    """Tell the next step of an engine, which stays as it is; `run` is the number of its run.

    The caller has asked whether it can be told (`gan_core.training.apart`).
    Raises FloatingPointError if anything in it is not a finite number.
    """
    apart = take_apart(engine)
    if not apart.metrics.is_finite():
        raise FloatingPointError("the losses of this step are not finite numbers")
    evaluator = Evaluator(engine, apart.values)
    evaluator.place(apart.stands[0])
    _, scores = evaluator.of_d(apart.given[0], evaluator.fakes(apart.given[0].z))  # a D at rest has its level by them
    of_d = [_of_d(apart, evaluator, k) for k, update in enumerate(apart.updates) if not update.of_g]
    of_g = [_of_g(apart, evaluator, k) for k, update in enumerate(apart.updates) if update.of_g]
    logits = [_logits(engine.config, evaluator, apart, k) for k in range(len(of_d) + 1)]
    probability = OBJECTIVES.make(engine.config.objective).probability
    said = [torch.sigmoid(x) for x in logits] if probability else logits
    changes = [after - before for before, after in pairwise(said)]
    reaches = tuple(max(float(change.abs().max()), _LEAST) for change in changes)
    score = None if probability else _score(engine.config, logits, scores)
    middle, reach = (0.5, 0.5) if score is None else score
    told = ToldStep(
        run,
        apart.metrics.step,
        (*_stages_of_d(of_d, changes, probability), *_stages_of_g(of_g, probability)),
        maps=_bytes(torch.stack(said), middle, reach),
        differences=_stacked(
            [_bytes(x, 0.0, r, top=254) for x, r in zip(changes, reaches, strict=True)], logits[0].shape
        ),
        reaches=reaches,
        d_reals=_points([x.reals for x in of_d]),
        d_fakes=_points([x.fakes for x in of_d]),
        moves=_frozen(_stacked([_arrows(x).numpy() for x in of_g], (0, 6))),
        noise=apart.values.instance_noise,
        score=score,
    )
    if not all(math.isfinite(x) for stage in told.stages for x in stage.numbers.values()):
        raise FloatingPointError("a number of this step is not finite")
    return told


def _of_d(apart: Apart, evaluator: Evaluator, k: int) -> _OfD:
    batch = apart.updates[k].batch
    evaluator.place(apart.stands[k])
    fakes = evaluator.fakes(batch.z)
    evaluator.place(apart.stands[k]._replace(parameters=apart.stands[k + 1].parameters))
    after, _ = evaluator.of_d(batch, fakes)
    evaluator.place(apart.stands[k])  # the last of both: the level that G is held to is the one before D moved
    before, scores = evaluator.of_d(batch, fakes)
    return _OfD(batch.real, fakes, before, after, scores, _lengths(apart, k))


def _of_g(apart: Apart, evaluator: Evaluator, k: int) -> _OfG:
    batch = apart.updates[k].batch
    evaluator.place(apart.stands[k])
    fakes = evaluator.fakes(batch.z_of_g)
    before, scores, slope = evaluator.of_g(batch, fakes)
    evaluator.place(apart.stands[k]._replace(parameters=apart.stands[k + 1].parameters))
    there = evaluator.fakes(batch.z_of_g)
    after, _, _ = evaluator.of_g(batch, there)
    return _OfG(fakes, there - fakes, -len(scores) * slope, before, after, scores, _lengths(apart, k))


def _lengths(apart: Apart, k: int) -> tuple[float, float]:
    update: Update = apart.updates[k]
    which = 0 if update.of_g else 1
    before, after = (apart.stands[i].parameters[which] for i in (k, k + 1))
    return length(update.gradient), length(after.double() - before.double())


def _stages_of_d(of_d: list[_OfD], changes: list[Tensor], probability: bool) -> list[Stage]:
    stages = []
    for k, (one, change) in enumerate(zip(of_d, changes, strict=True)):
        said = torch.sigmoid(one.scores) if probability else one.scores
        on_real, on_fakes = (float(half.mean()) for half in torch.chunk(said, 2))
        both = len(one.reals) + len(one.fakes)
        stages += [
            _stage("d-batch", k, of_d, both, one.before.loss, one.before.accuracy, on_real, on_fakes),
            _stage(
                "d-update",
                k,
                of_d,
                both,
                *(one.before.loss, one.after.loss, one.before.accuracy, one.after.accuracy),
                *one.lengths,
                *(change.abs().mean(), change.abs().max()),
            ),
        ]
    return stages


def _stages_of_g(of_g: list[_OfG], probability: bool) -> list[Stage]:
    stages = []
    for k, one in enumerate(of_g):
        said = torch.sigmoid(one.scores) if probability else one.scores
        asked, moved = (torch.linalg.vector_norm(x.double(), dim=1) for x in (one.asked, one.moved))
        n = len(one.fakes)
        stages += [
            _stage(
                "g-batch",
                k,
                of_g,
                n,
                *(one.before.loss, one.before.accuracy, said.mean()),
                *(asked.mean(), asked.max()),
            ),
            _stage(
                "g-move",
                k,
                of_g,
                n,
                *(one.before.loss, one.after.loss, one.before.accuracy, one.after.accuracy),
                *one.lengths,
                *(moved.mean(), moved.max(), asked_share(one.asked, one.moved)),
            ),
        ]
    return stages


def _stage(kind: str, k: int, all_of_it: list[Any], points: int, *numbers: Any) -> Stage:
    return Stage(kind, k + 1, len(all_of_it), points, dict(zip(STAGES[kind], map(float, numbers), strict=True)))


def _logits(config: GANConfig, evaluator: Evaluator, apart: Apart, k: int) -> Tensor:
    """What D says at the cells' centres at stand k, at rest: (R, R)."""
    evaluator.place(apart.stands[k])
    discriminator = seen_through(config, evaluator.generator, evaluator.discriminator).discriminator
    network, grid = Forward(discriminator), cell_centres(RESOLUTION, torch.device("cpu"))
    logits = torch.empty(len(grid), 1)
    for part in network.parts(grid):
        logits[part] = network(grid[part])
    if not torch.isfinite(logits).all():
        raise FloatingPointError("what D says is not a finite number")
    return logits.view(RESOLUTION, RESOLUTION)


def _score(config: GANConfig, logits: list[Tensor], scores: Tensor) -> tuple[float, float]:
    """The level of the first batch's scores, and how far from it any map reaches."""
    level = level_of(config, scores)
    return level, max(*(float((x - level).abs().max()) for x in logits), _LEAST)


def _arrows(of_g: _OfG) -> Tensor:
    """(P, 6), as `ToldStep.moves`."""
    fakes, asked, moved = (x[:DRAWN] for x in (of_g.fakes, of_g.asked, of_g.moved))
    longest = float(torch.linalg.vector_norm(asked, dim=1).max())
    return torch.cat((fakes, asked / max(longest, 1e-30), moved), dim=1)


def _stacked(arrays: list[Any], shape: tuple[int, ...]) -> Any:
    """Arrays of one shape in one, with an axis more; of none, as they would be."""
    return np.stack(arrays) if arrays else np.zeros((0, *shape), np.uint8 if shape[0] else np.float32)


def _bytes(values: Tensor, middle: float, reach: float, top: int = 255) -> Uint8Array:
    scaled = ((values - middle) / reach + 1) / 2
    array: Uint8Array = scaled.clamp(0, 1).mul(top).round().to(torch.uint8).numpy()
    return _frozen(array)


def _points(batches: list[Tensor]) -> Int16Array:
    drawn = torch.stack([points[:DRAWN] for points in batches]) if batches else torch.zeros(0, 0, 2)
    array: Int16Array = (drawn.clamp(-1, 1) * POINT_SCALE).round().to(torch.int16).numpy()
    return _frozen(array)


def _frozen(array: AnyArray) -> AnyArray:
    array.flags.writeable = False
    return array
