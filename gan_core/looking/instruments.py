"""What the instruments say of one look at a run: puts the metrics and the best possible D together into a reading.

Exact numbers where the target says in which part of the data a point is; NaN where there is no such number. Everything
is computed in short parts, so that a sharp look, whose maps take seconds, can be interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence

import numpy as np
import torch
from torch import Tensor

from gan_core.looking.looks import Seen
from gan_core.looking.measures import neighbours, transport
from gan_core.looking.measures.best_d import map_error, split
from gan_core.looking.measures.chase import follow, follow_by_chance
from gan_core.looking.measures.density import box_density, generator_density_in_parts, target_density
from gan_core.looking.measures.memorisation import memory_of
from gan_core.looking.measures.quality import Slices, measure, place, slices
from gan_core.records.arrays import Float32Array
from gan_core.records.frames import Reading, TrailPoint
from gan_core.records.readings import PLACE, READINGS
from gan_core.targets.target import OPPONENTS, Target

_FINEST = 100  # cells a side up to which densities are counted for a reading; finer maps are read on cells like these


class Instruments:
    """The instruments of one run."""

    def __init__(self, target: Target, task: str, reals: Tensor, *, game: bool = False) -> None:
        """`reals` (M, 2) are what fakes are compared with.

        The first N of them for N fakes; by neighbours the last ones, because in some tasks the first are where the
        fakes are meant to be, one by one, and so no other sample of the same data. `game`: G is a point and D a slope,
        whose numbers are read.
        """
        self._target, self._reals, self._game = target, reals.cpu(), game
        self._opponent = OPPONENTS.get(task)
        self._paired = task == "fit"
        self._sorted: dict[int, Slices] = {}  # of so many of the reals
        self._last = neighbours.neighbourhoods(self._reals[-neighbours.OF_A_LOOK :])
        self._memory = memory_of(target) if self._opponent is None else None

    def prepare(self, points: int, resolution: int) -> None:
        """Do what has to be done once, so that the first look takes no longer than the others."""
        self._slices_of(points)
        target_density(self._target, resolution)

    def read(
        self,
        step: int,
        seen: Seen,
        trail_point: TrailPoint,
        *,
        judge: Callable[[Tensor], Tensor] | None = None,
        at_rest: bool = False,
    ) -> Generator[None, None, Reading]:
        """Take a reading, in parts: yields after each.

        `judge` is D where it judges points one by one, (N, 2) -> (N, 1); `at_rest`: with what takes too long while a
        run moves.
        """
        values = dict.fromkeys(READINGS, math.nan)
        fakes = seen.fakes.cpu()
        n = len(fakes)
        placed = place(fakes, self._target) if self._target.strata else None
        values |= measure(fakes, self._slices_of(n), self._target, placed)
        values |= neighbours.measure(fakes[: neighbours.OF_A_LOOK], self._last)
        if self._paired:
            values["fit_error"] = float((fakes - self._reals[:n]).square().sum(1).mean().sqrt())
        if self._memory is not None:
            values |= self._memory.measure(fakes)
            if judge is not None and seen.logits is not None:
                values["d_gap"] = self._memory.gap(judge, 0.0 if seen.score is None else seen.score[0])
            yield None
        if self._game and judge is not None:
            on_axis = judge(torch.tensor([[1.0, 0.0], [0.0, 0.0]])).detach()[:, 0]
            values |= {"theta": float(fakes[0, 0]), "psi": float(on_axis[0] - on_axis[1])}
        if at_rest and self._opponent is None:
            values |= yield from self._by_transport(fakes)
        if seen.score is not None and seen.logits is not None:
            values["called_real"] = float((seen.logits > seen.score[0]).double().mean())
        elif seen.logits is not None:
            values |= yield from self._of_d(seen, seen.logits.cpu())
        if seen.logits is not None and self._opponent is None:
            values["chase"] = math.dist(trail_point.centre, trail_point.bluest)
        counts = placed.along.numpy().astype(np.int16) if placed else np.zeros(0, np.int16)
        counts.flags.writeable = False
        return Reading(step, _frozen([values[name] for name in READINGS]), counts)

    def densities(self, seen: Seen, resolution: int) -> Generator[None, None, tuple[Tensor, Tensor]]:
        """Densities (R, R) of real data and of what D is to tell from them, in parts: yields after each."""
        if self._opponent is None:
            q = yield from generator_density_in_parts(seen.image.cpu(), resolution)
        else:
            q = box_density((self._opponent.centre, self._opponent.centre), self._opponent.side, resolution)
        return target_density(self._target, resolution), q

    def _slices_of(self, n: int) -> Slices:
        if n not in self._sorted:
            self._sorted[n] = slices(self._reals[:n])
        return self._sorted[n]

    def _by_transport(self, fakes: Tensor) -> Generator[None, None, dict[str, float]]:
        n = transport.OF_A_LOOK
        of_data = yield from transport.of_real_data(self._target, n)
        found = transport.wasserstein_2(fakes[:n], self._reals[-n:])
        yield None
        return {"w2": found, "w2_of_data": of_data}

    def _of_d(self, seen: Seen, logits: Tensor) -> Generator[None, None, dict[str, float]]:
        corners = logits[[0, 0, -1, -1], [0, -1, 0, -1]]
        p, q = yield from self.densities(seen, _cells(len(logits)))
        p, q = (_on_finer_cells(density, len(logits)) for density in (p, q))
        loss, best = split(p, q, logits)
        return {
            "called_real": float((logits > 0).double().mean()),
            "corners": float(torch.sigmoid(corners.double()).sort().values[1:3].mean()),
            "d_loss": loss,
            "best_d_loss": best,
            "map_error": map_error(p, q, logits, uniform=self._opponent is not None),
        }


def with_chase(reading: Reading, path: Sequence[TrailPoint]) -> Reading:
    """Add how well the fakes' centre follows the bluest spot along a path, the newest point last."""
    if math.isnan(reading.values[PLACE["chase"]]) or not math.isnan(reading.values[PLACE["follow"]]):
        return reading
    centres, bluest = (torch.tensor([getattr(point, name) for point in path]) for name in ("centre", "bluest"))
    values = reading.values.tolist()
    values[PLACE["follow"]] = follow(centres, bluest)
    values[PLACE["follow_by_chance"]] = follow_by_chance(len(path))
    return Reading(reading.step, _frozen(values), reading.along)


def _cells(resolution: int) -> int:
    """How many cells a side to count on: as many as the map has, or some in one."""
    fitting = [cells for cells in range(1, _FINEST + 1) if resolution % cells == 0]
    return fitting[-1] if fitting[-1] >= _FINEST // 2 else resolution


def _on_finer_cells(density: Tensor, cells: int) -> Tensor:
    times = cells // len(density)
    return density.repeat_interleave(times, 0).repeat_interleave(times, 1)


def _frozen(values: Sequence[float]) -> Float32Array:
    row = np.array(values, np.float32)
    row.flags.writeable = False
    return row
