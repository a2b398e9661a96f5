"""What stays as it is over all pictures of a film: the run's fixed points, its curves, its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from gan_core.looking.probe import Probe
from gan_core.panels.views import VIEWS, Plot
from gan_core.recording.file.run_file import RunFile
from gan_core.records.arrays import Float32Array
from gan_core.records.frames import FixedPoints
from gan_core.records.readings import PLACE
from gan_core.records.steps import Change
from gan_core.setup.presets import PRESETS
from gan_core.setup.recipe import preset_of
from gan_core.texts.catalogue import say
from gan_core.training.known import check_known
from gan_core.wire.frames import read_frame

FIRST_RANGE = 600  # steps that the axis shows at least, as on the page
_MARGIN = 1.02  # the axis goes on beyond the last step by this much of it


@dataclass(frozen=True, eq=False)
class Curve:
    """Numbers over the steps: where rows were thinned, the least and the greatest of each stretch, too."""

    steps: Float32Array  # (n,), ascending
    values: Float32Array  # (n,)


@dataclass(frozen=True, eq=False)
class Still:
    """Everything that is drawn and does not move."""

    title: str
    points: FixedPoints
    probability: bool  # whether D's scores are logits
    plot: Plot  # which curves, and their axis
    metrics: Mapping[int, Curve]  # by column, as `views.CURVES`
    rows: tuple[int, Float32Array]  # every how many steps, and the numbers (n, 4)
    readings: Mapping[str, Curve]  # of the looks that are kept
    changes: tuple[Change, ...]
    axis: tuple[float, float]  # the first and the last step that it shows

    def row(self, step: int) -> Float32Array:
        """The metrics (4,) of exactly this step; NaN where none are recorded: of a long run every second step's are."""
        (stride, rows), at = self.rows, step - 1
        there = 0 <= at < stride * len(rows) and at % stride == 0
        return rows[at // stride] if there else np.full(4, np.nan, np.float32)


def still_of(run: RunFile, first: int, last: int) -> Still:
    """What pictures of the steps `first` to `last` share. Raises ValueError with a sentence, as opening a run does."""
    recipe = run.recipe
    config = preset_of(recipe).config
    check_known(config)
    probe = Probe(config, torch.device("cpu"))
    points = probe.fixed_points(0)
    plots = VIEWS["losses"].plots
    plot = plots.get(points.task, plots["gan"])
    rows, extremes = run.metrics(), run.extremes()
    begin = 0 if last <= FIRST_RANGE else first
    scenario = PRESETS[recipe.preset].title if recipe.preset in PRESETS else recipe.preset
    return Still(
        title=say("export.titled", name=run.title or scenario, seed=str(recipe.seed)),
        points=points,
        probability="probability" in points.offers,
        plot=plot,
        metrics={column: _curve(rows, extremes, column, run.stride) for column in plot.metrics},
        rows=(run.stride, rows),
        readings=_readings(run, [line.reading for line in plot.lines]),
        changes=tuple(run.changes()),
        axis=(begin, max(begin + FIRST_RANGE, last if last <= FIRST_RANGE else begin + (last - begin) * _MARGIN)),
    )


def _curve(rows: Float32Array, extremes: Float32Array, column: int, stride: int) -> Curve:
    steps = 1 + stride * np.arange(len(rows), dtype=np.float32)
    values = rows[:, column]
    if stride > 1:
        steps = np.repeat(steps, 3)
        values = np.stack((extremes[:, column], extremes[:, 4 + column], values), axis=1).reshape(-1)
    return Curve(steps, values)


def _readings(run: RunFile, names: list[str]) -> dict[str, Curve]:
    """Read from all frames that are kept, which are some hundred at most; not at all where no curve needs it."""
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in names}
    for step in run.frame_steps() if names else ():
        payload = run.frame(step)
        reading = None if payload is None else read_frame(payload, 0).reading
        for name, numbers in found.items():
            if reading is not None:
                numbers.append((step, float(reading.values[PLACE[name]])))
    pairs = {name: np.array(numbers, np.float32).reshape(-1, 2) for name, numbers in found.items()}
    return {name: Curve(pair[:, 0], pair[:, 1]) for name, pair in pairs.items()}
