"""What the metrics panel can show over the steps, by task: a new view is one entry here, its words `view.NAME`.

These are: `label`; `title`, of the panel meanwhile, and `help`, where they are not those of the task's panel. Other
words of an entry stand in it as keys of the catalogue.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from gan_core.setup.registry import Registry
from gan_core.texts.catalogue import said, words

# In the order of the columns of gan_core.wire.frames's metrics array: name, colour (a name of the theme), dash.
CURVES = (
    ("d-loss", "d", "solid"),
    ("d-accuracy", "d", "dot"),
    ("g-loss", "g", "solid"),
    ("g-accuracy", "g", "dot"),
)


@dataclass(frozen=True)
class References:
    """Words of the lines across that a curve is held against: its values for real data, and where all is lost."""

    floor: str = "curve.real-data"  # empty: no such line
    collapsed: str = "curve.one-point"  # empty: no such line
    floor_side: str = "right"  # of the panel, or "center", where the words stand; the other's are on the left
    collapsed_below: bool = False  # whether these stand below their line


@dataclass(frozen=True)
class Line:
    """One curve: a reading over the steps."""

    reading: str  # a key of `readings.READINGS`
    colour: str  # a name of the theme
    dash: str = "solid"
    references: References | None = None
    fill: str = ""  # "previous": tinted down to the line before; "ln 2": hatched up to ln 2


@dataclass(frozen=True)
class Mark:
    """A line across: at a value, or at the least possible loss of the task."""

    text: str
    value: float | None = None  # None: `best` of the run's points


@dataclass(frozen=True)
class Gap:
    """The room between two curves, as a number of its own."""

    label: str
    colour: str  # that of its filling
    upper: str  # a key of `readings.READINGS`; empty: ln 2
    lower: str


@dataclass(frozen=True)
class Plot:
    """One view in one task."""

    low: float
    high: float  # of the axis; powers of ten if `log`
    ticks: tuple[float, ...]
    log: bool = False
    y_title: str = ""
    metrics: tuple[int, ...] = ()  # columns of the metrics, of CURVES
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    gaps: tuple[Gap, ...] = ()
    guides: bool = False  # whether what the best D would pay is marked, as the run's points say
    canvas: str = ""  # what is painted instead: "strata", on an axis that the target's data give
    words: str = ""  # said in the middle where there is nothing to draw


@dataclass(frozen=True)
class View:
    """One choice of the panel."""

    name: str
    plots: dict[str, Plot]  # by task; of another task that of "gan"
    needs: tuple[str, ...] = ()  # of records.offers.OFFERS: what a run must have to offer for it
    rare: bool = False  # of few runs: of others the panel's help says why not, and no choice is there to be greyed out


_LN_2 = Mark("curve.cannot-tell", math.log(2))
_SHARES = (0, 0.25, 0.5, 0.75, 1)
_LOSS = Plot(-0.1, 2.1, (0, 0.5, 1, 1.5, 2))
_D_ALONE = Plot(
    -0.05,
    1.05,
    _SHARES,
    metrics=(0, 1),
    lines=(Line("map_error", "accent", "dash", References(floor="", collapsed="curve.half-everywhere")),),
    marks=(Mark("curve.best-possible"),),
)
_SAMPLES = Plot(
    -0.05,
    1.05,
    _SHARES,
    lines=(
        Line("coverage", "accent", references=References()),
        Line("on_band", "g", "dash"),
        Line("distance", "fake", "dot", references=References()),
    ),
)
_FIT_SAMPLES = Plot(
    -0.05,
    1.05,
    _SHARES,
    metrics=(3,),
    lines=(*_SAMPLES.lines, Line("fit_error", "d", "dashdot")),
)
_QUALITY = Plot(
    -0.05,
    1.05,
    _SHARES,
    lines=(
        Line("precision", "g", "dash", References(collapsed="")),  # one point has as much of it as the data
        Line("recall", "accent", references=References(floor_side="center")),
        Line("neighbour_coverage", "fake", "dot", References(collapsed="", floor_side="left")),
        Line("w2", "d", references=References(floor="", collapsed_below=True)),
        Line("w2_of_data", "quiet", "dash"),
    ),
)
_MEMORY = Plot(
    -0.3,
    1.05,
    (-0.25, *_SHARES),
    lines=(
        Line("memorised", "accent"),
        Line("memorised_by_chance", "quiet", "dash"),
        Line("d_gap", "d", "dot"),
    ),
    marks=(Mark("curve.new-data", 0.5),),
)
_STRATA = Plot(0, 1, (), canvas="strata")
_ALL = (
    View(
        "losses",
        {
            "gan": replace(_LOSS, metrics=(0, 1, 2, 3), guides=True),
            "fit": Plot(-5, 1, (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10), log=True, metrics=(2,)),
            "noise": _D_ALONE,
            "blob": _D_ALONE,
            "none": replace(_LOSS, ticks=(), words="curve.nothing-trained"),
        },
    ),
    View(
        "samples",
        {"gan": _SAMPLES, "fit": _FIT_SAMPLES},
        needs=("trains", "generator"),
    ),
    View(
        "quality",
        {"gan": _QUALITY},
        needs=("trains", "generator"),
    ),
    View(
        "memory",
        {"gan": _MEMORY},
        needs=("trains", "generator", "held_out"),
        rare=True,
    ),
    View(
        "strata",
        {"gan": _STRATA, "fit": _STRATA},
        needs=("trains", "generator", "strata"),
    ),
    View(
        "game",
        {"gan": Plot(-2.1, 2.1, (-2, -1, 0, 1, 2), lines=(Line("theta", "g"), Line("psi", "d", "dash")))},
        needs=("game",),
        rare=True,
    ),
    View(
        "blame",
        {
            "gan": replace(
                _LOSS,
                low=-0.05,
                high=1.45,
                lines=(
                    Line("best_d_loss", "g", references=References(floor_side="left"), fill="ln 2"),
                    Line("d_loss", "d", fill="previous"),
                ),
                gaps=(
                    Gap("curve.g-is-wrong", "g", "", "best_d_loss"),
                    Gap("curve.d-is-under-trained", "d", "d_loss", "best_d_loss"),
                ),
                marks=(_LN_2,),
            ),
        },
        needs=("trains", "generator", "discriminator", "probability", "density"),
    ),
    View(
        "chase",
        {
            "gan": Plot(
                -1.05,
                2.55,
                (-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5),
                lines=(
                    Line("chase", "accent", references=References("curve.two-samples", "curve.two-points")),
                    Line("follow", "g", "dot"),
                    Line("follow_by_chance", "quiet", "dash"),
                ),
            ),
        },
        needs=("trains", "generator", "discriminator"),
    ),
)
VIEWS: Registry[View] = Registry("view", {view.name: view for view in _ALL})


def view(name: str) -> dict[str, Any]:
    """One view, words included; those that it does without are empty."""
    return {**said(asdict(VIEWS[name])), "label": name, "title": "", "help": "", **words(f"view.{name}")}
