"""The report as a picture: speeds as bars, and the curves along which cost grows.

matplotlib is loaded only when it draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from gan_core.bench.rounds import Row
from gan_core.bench.yardsticks import NAIVE
from gan_core.setup.config import PRECISIONS

OURS, THEIRS, INK, FAINT = "#2166ac", "#b8bec6", "#24292f", "#d8dee4"  # ColorBrewer's RdBu, and greys
_AGAINST = f" : {NAIVE.name}"
_STYLE = {"font.size": 11, "axes.axisbelow": True, "axes.edgecolor": FAINT} | dict.fromkeys(
    ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), INK
)
_AXES = {"width": "units in each hidden layer", "batch": "batch", "resolution": "cells a side of both maps"}


def draw(path: Path, about: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Draw what there is among `rows` into a .png or .svg file; raises OSError when it cannot be written."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    bars = _by_group([row for row in rows if row.unit == "x" and row.name.endswith(_AGAINST)])
    curves = _by_group([row for row in rows if row.at is not None])
    with rc_context(_STYLE):
        # An opaque white ground of its own: the page around it may be dark.
        figure = Figure(figsize=(12, 8), facecolor="white", layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
        above, below, foot = figure.subfigures(3, 1, height_ratios=(10, 10, 1.4))
        above.suptitle("Training speed: steps a second as a multiple of a naive PyTorch loop's", fontsize=14)
        below.suptitle("How cost grows (all else as in the article)", fontsize=14)
        _draw_bars(above, bars)
        _draw_curves(below, curves)
        foot.text(0.5, 0.5, caption(about), ha="center", va="center", fontsize=9.5)
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def caption(about: Mapping[str, Any]) -> str:
    """The machine in words, and what is drawn."""
    names = {"torch": "PyTorch", "jax": "JAX", "keras": "Keras", "tensorflow": "TensorFlow"}
    versions = [f"{name} {about[key]}" for key, name in names.items() if about.get(key) not in (None, "not installed")]
    device = "" if about.get("device") == "cpu" else f", {about.get('device')}"
    machine = f"{about.get('processor')}, {about.get('cores')} cores{device}; {', '.join(versions)}"
    bars = f"bars: up to {about.get('threads')} threads each; load before: {about.get('load')}"
    return f"{machine}\nMedians of rounds that take turns, whiskers and bands from least to greatest; {bars}"


def _by_group(rows: Sequence[Row]) -> dict[str, list[Row]]:
    return {group: list(some) for group, some in groupby(rows, key=lambda row: row.group)}


def _draw_bars(figure: Any, groups: Mapping[str, Sequence[Row]]) -> None:
    """One panel a size. Bars start at 1, the naive loop's speed, so that faster and slower point apart."""
    for ax, (group, rows) in zip(_panels(figure, len(groups), sharex=True, sharey=True), groups.items(), strict=False):
        for row in sorted(rows, key=lambda row: not _is_ours(row)):
            _draw_bar(ax, row)
        ax.axvline(1, color=INK, linewidth=1.2, zorder=4)
        ax.set_title(group.removeprefix("Training, "), fontsize=11)
        ax.set_xscale("log")
        ax.margins(x=0.3, y=0.04)
        ax.set_xlabel("slower  ←  naive PyTorch = 1  →  faster")
        _style(ax, ax.xaxis)
    if groups:
        ax.invert_yaxis()  # once: it is shared


def _draw_bar(ax: Any, row: Row) -> None:
    name = row.name.removesuffix(_AGAINST)
    name = f"GANscope {name}" if _is_ours(row) else name
    least, middle, greatest = row.spread
    ax.barh(name, middle - 1, left=1, height=0.66, color=OURS if _is_ours(row) else THEIRS, zorder=2)
    ax.plot([least, greatest], [name, name], "|-", color=INK, markersize=8, linewidth=1.2, zorder=3)
    words = f"{middle:.2g} ×"
    x, away, side = (greatest, 7, "left") if middle >= 1 else (least, -7, "right")
    ax.annotate(words, (x, name), (away, 0), textcoords="offset points", va="center", ha=side, fontweight="bold")


def _is_ours(row: Row) -> bool:
    return row.name.split()[0] in PRECISIONS


def _draw_curves(figure: Any, groups: Mapping[str, Sequence[Row]]) -> None:
    """One panel a curve, both axes logarithmic: a straight line is a power of what is varied."""
    for ax, (group, rows) in zip(_panels(figure, len(groups)), groups.items(), strict=False):
        at = [row.at for row in rows]
        least, middle, greatest = zip(*(row.spread for row in rows), strict=True)
        ax.fill_between(at, least, greatest, color=OURS, alpha=0.25, linewidth=0)
        ax.plot(at, middle, "o-", color=OURS, linewidth=2)
        for x, y in zip(at, middle, strict=True):
            words = f"{y:.2g}" if y < 100 else f"{y:,.0f}"
            ax.annotate(words, (x, y), (-6, 5), textcoords="offset points", ha="right", fontweight="bold")
        ax.set_title(group, fontsize=11)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.margins(x=0.18, y=0.15)
        ax.set_xticks(at, [str(x) for x in at])
        ax.set_xlabel(_AXES[rows[0].name.split()[0]])
        ax.set_ylabel(f"{rows[0].unit} (logarithmic)")
        _style(ax, ax.yaxis)
        ax.xaxis.set_minor_locator(_nowhere())


def _panels(figure: Any, count: int, **shared: bool) -> list[Any]:
    return list(figure.subplots(1, count, squeeze=False, **shared)[0]) if count else []


def _style(ax: Any, axis: Any) -> None:
    """Plain round numbers on a logarithmic axis and a faint grid across it; no box."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 50 * low else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_locator(_nowhere())
    ax.grid(axis=axis.axis_name, color=FAINT, zorder=0)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(length=0)


def _nowhere() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()
