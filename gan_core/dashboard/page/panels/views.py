"""What the metrics panel can show over the steps, by task: a new view is one entry here."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gan_core.setup.registry import Registry


@dataclass(frozen=True)
class References:
    """Words of the lines across that a curve is held against: its values for real data, and where all is lost."""

    floor: str = "real data"  # empty: no such line
    collapsed: str = "one point"
    floor_side: str = "right"  # of the panel, where the words stand; the other's are on the left


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
    metrics: tuple[int, ...] = ()  # columns of the metrics, as `metrics.CURVES`
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    gaps: tuple[Gap, ...] = ()
    canvas: str = ""  # what is painted instead: "spiral"
    words: str = ""  # said in the middle where there is nothing to draw


@dataclass(frozen=True)
class View:
    """One choice of the panel."""

    name: str
    label: str
    title: str  # of the panel meanwhile; empty: that of the task
    help: str
    plots: dict[str, Plot]  # by task; of another task that of "gan"
    needs: tuple[str, ...] = ()  # of records.offers.OFFERS: what a run must have to offer for it


_LN_2 = Mark("ln 2: D cannot tell", math.log(2))
_SHARES = (0, 0.25, 0.5, 0.75, 1)
_LOSS = Plot(-0.1, 2.1, (0, 0.5, 1, 1.5, 2))
_D_ALONE = Plot(
    -0.05,
    1.05,
    _SHARES,
    metrics=(0, 1),
    lines=(Line("map_error", "accent", "dash", References(floor="", collapsed="0.5 everywhere")),),
    marks=(Mark("best possible"),),
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
_SPIRAL = Plot(-1, 1, (-1, -0.5, 0, 0.5, 1), y_title="u along the spiral", canvas="spiral")
_ALL = (
    View(
        "losses",
        "Losses",
        "",
        "",  # what it shows is in the help of the task's panel
        {
            "gan": replace(_LOSS, metrics=(0, 1, 2, 3), marks=(_LN_2,)),
            "fit": Plot(-5, 1, (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10), log=True, metrics=(2,)),
            "noise": _D_ALONE,
            "blob": _D_ALONE,
            "none": replace(
                _LOSS, ticks=(), words="Nothing is trained here:<br>each step moves the points on, from z to f(z)"
            ),
        },
    ),
    View(
        "samples",
        "Samples",
        "Fakes against data",
        "How well the fakes match the data. Solid: coverage, the share of 50 equal stretches of the spiral that at "
        "least 10 fakes reach. Dashed: the share on the band, widened by half. Dotted: the distance between fakes "
        "and data (sliced Wasserstein), which also tells apart what the shares cannot. Thin lines across, in a "
        "curve's own colour: what it reads for real data against real data (no generator could do better with so few "
        "points), and for a single point of the spiral, complete collapse. "
        "Dots mark the steps that were looked at, while they are few.",
        {"gan": _SAMPLES, "fit": _FIT_SAMPLES},
        needs=("trains", "generator"),
    ),
    View(
        "spiral",
        "Spiral",
        "Along the spiral",
        "Steps across, the place u along the spiral up: from its inner end, -1, to its outer end, 1. The colour of a "
        "spot is the share of all fakes that were in that fiftieth of the spiral at that step. Even colour all the "
        "way up is a covered spiral; one strong line that jumps is a collapsed blob that hops. The line under the "
        "colour bar is what real data read, 19 times of 20; in complete collapse one line has all fakes."
        " Empty: no fakes there. Hatched: the run was not looked at.",
        {"gan": _SPIRAL, "fit": _SPIRAL},
        needs=("trains", "generator", "strata"),
    ),
    View(
        "blame",
        "Blame",
        "Who is to blame?",
        "Who is to blame for D's loss. Amber: the loss of the best possible D against this G, ln 2 minus the"
        " Jensen-Shannon divergence between data and fakes. The hatched gap up to ln 2 is how wrong G is: none if "
        "nobody could tell. Violet: D's own loss on the same cells of the map. The tinted gap between the two is how "
        "far D is from the best, under-trained. Thin lines across: the best loss when G makes real data, and when "
        "all fakes are one point.",
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
                    Gap("G is wrong", "g", "", "best_d_loss"),
                    Gap("D is under-trained", "d", "d_loss", "best_d_loss"),
                ),
                marks=(_LN_2,),
            ),
        },
        needs=("trains", "generator", "discriminator", "probability", "density"),
    ),
    View(
        "chase",
        "Chase",
        "The chase",
        "The fakes chase D's favourite spot. Solid: distance from the centre of the fakes to the bluest spot of the "
        "sample map. Dotted: whether the centre moves towards it, as the correlation of its moves with the way "
        "there, over the last 100 steps: 1 is straight towards it, 0 is anywhere, -1 away. Grey: what chance alone "
        "would hardly give. Thin lines across: how far apart the centres of two samples of real data are, and two "
        "single points of the spiral, as a blob and a bluest spot that have nothing to do with each other.",
        {
            "gan": Plot(
                -1.05,
                2.55,
                (-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5),
                lines=(
                    Line("chase", "accent", references=References("two real samples", "two real points")),
                    Line("follow", "g", "dot"),
                    Line("follow_by_chance", "quiet", "dash"),
                ),
            ),
        },
        needs=("trains", "generator", "discriminator"),
    ),
)
VIEWS: Registry[View] = Registry("view", {view.name: view for view in _ALL})
