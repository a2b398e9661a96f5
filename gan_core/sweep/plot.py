"""The map of a sweep over two values, as a picture: what came of each cell, and lines of equal coverage.

A cell has the colour of the median coverage of its seeds at the end of their runs, and the letter of the verdict that
most of them reached, with how many did. Of two recipes there are two maps, side by side. Needs matplotlib.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gan_core.run.diagnosis import BUNCHED, COVERING
from gan_core.setup.config import BOTH, BOUNDS
from gan_core.setup.presets import PRESETS
from gan_core.sweep.plan import RECIPE, RECIPES, Plan

LETTERS = {
    "covering": "C",
    "hopping": "H",
    "collapsed": "K",
    "d-has-won": "W",
    "diverged": "!",
    "undecided": "U",
    "learning": "L",
    "learnt": "R",
}
_LINES = (BUNCHED, COVERING)  # coverage of those that are bunched, and of those that cover
_ARTICLE = ("mode-collapse", "better")  # the scenarios of figures 2 and 7, which are marked where they lie on the map


def check_plan(plan: Plan) -> None:
    """Raise ValueError with a sentence for a plan that is no map."""
    if len(plan.axes) != 2:
        raise ValueError("A map is of a sweep that varies two things; draw it of one that does.")


def draw(plan: Plan, rows: Iterable[Mapping[str, Any]], out: Path) -> None:
    """Draw the map of what is done into a .png or .svg file. Raises OSError."""
    from matplotlib.figure import Figure

    found, recipes = list(rows), RECIPES if plan.against else ("",)
    figure = Figure(figsize=(9 if len(recipes) == 1 else 14, 5), facecolor="white", layout="constrained")
    maps = figure.subplots(1, len(recipes), sharey=True, squeeze=False)[0]
    there: set[str] = set()
    for axes, recipe in zip(maps, recipes, strict=True):
        coverage, words = _cells(plan, found, recipe)
        mesh = _draw_map(axes, plan, coverage, words)
        axes.set_title(_title(plan, recipe), fontsize=10)
        there |= {word[0] for word in words.values()}
    maps[0].set_ylabel(_called(plan.axes[1].name))
    figure.colorbar(mesh, ax=list(maps), label=f"coverage at the end, median of {len(plan.seeds)} seeds")
    legend = "   ".join(f"{letter} {state}" for state, letter in LETTERS.items() if letter in there)
    figure.supxlabel(f"most frequent verdict, and of how many seeds: {legend}", fontsize=8)
    handles, labels = maps[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside upper left", fontsize=8, markerscale=0.4, ncols=2)
    figure.savefig(out, dpi=130, metadata={"Date": None} if out.suffix == ".svg" else None)


def _draw_map(axes: Any, plan: Plan, coverage: npt.NDArray[np.float64], words: Mapping[tuple[int, int], str]) -> Any:
    """One map into a chart; returns what a bar of its colours is drawn of."""
    across, up = plan.axes
    x, y = (_places(axis.values) for axis in plan.axes)
    mesh = axes.pcolormesh(_edges(x), _edges(y), coverage.T, cmap="cividis", vmin=0, vmax=1)
    if min(coverage.shape) > 1 and np.isfinite(coverage).sum() > 3:
        lines = axes.contour(x, y, np.nan_to_num(coverage.T), levels=_LINES, colors="white", linewidths=1.5)
        axes.clabel(lines, fmt="%.2f", fontsize=8)
    for (i, j), word in words.items():
        dark = not coverage[i, j] > 0.5
        axes.text(x[i], y[j], word, ha="center", va="center", fontsize=8, color="white" if dark else "black")
    for name, mark in zip(_ARTICLE, ("o", "s"), strict=True):
        place = _of_the_article(name, across.name, x, across.values), _of_the_article(name, up.name, y, up.values)
        if None not in place:
            label = f"figure {PRESETS[name].figure}"
            axes.plot(*place, mark, ms=24, mew=2.5, mec="#e8590c", mfc="none", label=label, clip_on=False)
    axes.set_xticks(x, _short(across.values), rotation=45 if len(x) > 6 else 0)
    axes.set_yticks(y, _short(up.values))
    axes.set_xlabel(_called(across.name))
    return mesh


def _cells(
    plan: Plan, rows: Iterable[Mapping[str, Any]], recipe: str = ""
) -> tuple[npt.NDArray[np.float64], dict[tuple[int, int], str]]:
    """Median coverage of each cell of one recipe, NaN where nothing is done, and its verdict in short."""
    across, up = plan.axes
    of_key = {row["key"]: row for row in rows}
    found: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for cell, task in plan.tasks():
        if task.key in of_key and cell.get(RECIPE, "") == recipe:
            place = across.values.index(cell[across.name]), up.values.index(cell[up.name])
            found.setdefault(place, []).append(of_key[task.key])
    coverage = np.full((len(across.values), len(up.values)), np.nan)
    words = {}
    for place, done in found.items():
        ends = [row["readings"]["coverage"][-1] for row in done if row["readings"]["coverage"]]
        known = [end for end in ends if end is not None]
        coverage[place] = float(np.median(known)) if known else np.nan
        verdict, count = Counter(row["verdict"] for row in done).most_common(1)[0]
        words[place] = f"{LETTERS.get(verdict, '?')}{count}"
    return coverage, words


def _places(values: Sequence[str]) -> npt.NDArray[np.float64]:
    """Where values stand: numbers that have one ratio evenly apart, others where they are; words in their order."""
    try:
        numbers = np.array([float(value) for value in values])
    except ValueError:
        return np.arange(len(values), dtype=np.float64)
    return np.arange(len(values), dtype=np.float64) if _has_one_ratio(numbers) else numbers


def _short(values: Sequence[str]) -> list[str]:
    try:
        return [f"{float(value):.3g}" for value in values]
    except ValueError:
        return list(values)


def _has_one_ratio(numbers: npt.NDArray[np.float64]) -> bool:
    if len(numbers) < 3 or (numbers <= 0).any():
        return False
    steps = np.diff(np.log(numbers))
    return bool(np.allclose(steps, steps[0], rtol=1e-2))


def _edges(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middle = (places[1:] + places[:-1]) / 2
    ends = 2 * places[0] - middle[0], 2 * places[-1] - middle[-1]
    edges: npt.NDArray[np.float64] = np.array([ends[0], *middle, ends[1]])
    return edges


def _of_the_article(name: str, axis: str, places: npt.NDArray[np.float64], values: Sequence[str]) -> float | None:
    """Where a scenario's own value lies along an axis; None if it does not."""
    values_of = vars(PRESETS[name].values)
    names = BOTH.get(axis, (axis,))
    if names[0] not in values_of or len({values_of[of_one] for of_one in names}) > 1:
        return None
    at, numbers = values_of[names[0]], np.array([float(value) for value in values])
    if not numbers.min() <= at <= numbers.max():
        return None
    order = np.argsort(numbers)
    if _has_one_ratio(numbers):
        return float(np.interp(math.log(at), np.log(numbers[order]), places[order]))
    return float(np.interp(at, numbers[order], places[order]))


def _called(axis: str) -> str:
    if axis in BOTH:
        return f"{axis} of both"
    return BOUNDS[axis].label if axis in BOUNDS else axis


def _title(plan: Plan, recipe: str) -> str:
    altered = {**dict(plan.config), **(dict(plan.against) if recipe == RECIPES[1] else {})}
    rest = ", ".join(f"{name}={text}" for name, text in altered.items())
    until = f", until {plan.until}" if plan.until else ""
    return f"{plan.preset}{', ' + rest if rest else ''}: {plan.steps:,} steps, {len(plan.seeds)} seeds a cell{until}"
