"""The records that travel between layers: frozen, with shapes and units under each field.

Arrays in a record are read-only and never change after it was made, so that any thread may hold them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from gan_core.setup.recipe import Recipe

# Points travel as int16: the square [-1, 1] maps to [-POINT_SCALE, POINT_SCALE], a resolution of 3e-5.
POINT_SCALE = 32767

# What a lens adds to a snapshot: names of arrays of R x R cells or of P arrows, in the order in which they travel.
# best-d   best_d uint8 (R, R): round(254 * D*), the best possible D over sample space; 255 where nobody has any mass
# tears    stretch int16 (R, R): round(1000 * log10 |det J|) of G over latent space; folded uint8 (R, R): 1 if it is < 0
# pull     pull float32 (P, 6): x, y of a fake before its last step, the direction D's gradient asked for (the longest
#          is 1), and the move it made, in data units; asked_share float32 (1,): share of the shown fakes that obeyed
LENS_ARRAYS: dict[str, tuple[str, ...]] = {
    "best-d": ("best_d",),
    "tears": ("stretch", "folded"),
    "pull": ("pull", "asked_share"),
}

Uint8Array = npt.NDArray[np.uint8]
Int16Array = npt.NDArray[np.int16]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """What one training step measured. `step` is 1 for the first step.

    The numbers of a network that the run does not train are NaN, both of them. A trained one's accuracy is always a
    number, even where its loss is not.
    """

    step: int
    d_loss: float  # D's objective (cross-entropy in nats), mean over the D batch, before the D update
    d_accuracy: float  # share of the D batch on the right side of 0.5, before the D update
    g_loss: float  # G's objective (in nats; of task "fit" squared error), mean over the G batch, before the G update
    g_accuracy: float  # share of the G batch with D(G(z)) > 0.5, before the G update; 1 = D is fooled. "fit": near f(z)

    def is_finite(self) -> bool:
        """Whether the losses of the networks that are trained are numbers that training can go on from."""
        return not self._broken()

    def trouble(self) -> str:
        """Which losses are not finite, in words."""
        return " and ".join(f"the {name} loss is {loss}" for name, loss in self._broken())

    def _broken(self) -> list[tuple[str, float]]:
        networks = (("discriminator", self.d_loss, self.d_accuracy), ("generator", self.g_loss, self.g_accuracy))
        return [(name, loss) for name, loss, accuracy in networks if not (math.isfinite(loss) or math.isnan(accuracy))]


@dataclass(frozen=True, eq=False, slots=True)
class TrailPoint:
    """Where the fakes and the discriminator's optimum were at one step, in data units."""

    step: int
    centre: tuple[float, float]  # mean of the displayed fakes
    bluest: tuple[float, float]  # cell centre where D(x) is largest


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """What the instruments said of one look: the numbers behind it, as `gan_core.records.readings` names them."""

    step: int
    values: Float32Array  # (len(readings.READINGS),), NaN where one is not defined for this task or target
    along: Int16Array  # (readings.STRETCHES,), fakes on the band in each of these equal stretches of u


@dataclass(frozen=True, slots=True)
class Moment:
    """When a snapshot was taken."""

    run: int  # counts up with every reset, new seed or preset
    step: int  # steps done; 0 = untrained
    time: float  # seconds since the epoch


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """One look at both networks, quantised as it is shown.

    Cell (i, j) of a map is the exact value at the centre of cell column j and row i, row 0 at the lowest ordinate:
    abscissa -1 + (j + 0.5) * 2 / R, ordinate -1 + (i + 0.5) * 2 / R.
    """

    moment: Moment
    latent_map: Uint8Array  # (R, R), round(255 * D(G(z))), abscissa u, ordinate v
    sample_map: Uint8Array  # (R, R), round(255 * D(x))
    fakes: Int16Array  # (N, 2), G(z) of the first N fixed z, times POINT_SCALE
    image: Int16Array  # (M, M, 2), G(z) at every (R // M)th latent cell along both axes, times POINT_SCALE
    trail_point: TrailPoint
    reading: Reading | None = None
    lenses: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)  # arrays of those asked for; see LENS_ARRAYS

    @property
    def step(self) -> int:
        """Steps done when this was taken."""
        return self.moment.step

    @property
    def resolution(self) -> int:
        """R: cells along each side of both maps."""
        return int(self.latent_map.shape[0])

    @property
    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        lenses = sum(array.nbytes for array in self.lenses.values())
        return self.latent_map.nbytes + self.sample_map.nbytes + self.fakes.nbytes + self.image.nbytes + lenses


@dataclass(frozen=True, eq=False, slots=True)
class FixedPoints:
    """The inputs that stay the same in every frame of a run, so that frames can be compared."""

    run: int
    latents: Int16Array  # (N, 2), uniform on [-1, 1]^2, times POINT_SCALE
    reals: Int16Array  # (N, 2), samples of the target, times POINT_SCALE; of task "fit": f(latents)
    task: str = "gan"
    best: float | None = None  # least possible loss, where the task has one
    # What an instrument reads, of the same number of points, of real data against real, and of a single point of them.
    floors: Mapping[str, float] = field(default_factory=dict)
    collapsed: Mapping[str, float] = field(default_factory=dict)


class Phase(StrEnum):
    """What the training thread is doing."""

    STARTING = "starting"  # begins as soon as somebody looks
    TRAINING = "training"
    RERUNNING = "rerunning"  # training again what is known, up to a step that was asked for
    PAUSED = "paused"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one live hyper-parameter."""

    step: int  # the first step that is trained with the new value
    name: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class InForce:
    """A hyper-parameter's value and the step from which it holds."""

    value: float
    since: int  # the first step trained with it


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """In which state a run is, by the rule of `gan_core.run.diagnosis`."""

    state: str
    sentence: str
    since: int  # the step of the look from which on it is so


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run and is worth going back to."""

    step: int
    kind: str  # "diagnosis" or "change"
    words: str


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What identifies a run: with the log of changes, this repeats it bit for bit."""

    run: int  # its number in this server's session
    id: str  # its name in the folder of runs and in addresses
    preset: str
    seed: int
    device: str  # "cpu" or "cuda"
    precision: str  # the arithmetic of the training step's matrix products
    threads: int
    parent: str | None = None  # id of the run it branched off
    parent_step: int | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """How the recording of a run stands."""

    nbytes: int  # on the disk so far
    limit: int  # bytes it may take
    error: str | None  # set when it stopped: why, and what to do
    waiting: str | None = None  # set while it waits to be able to write: for what


def run_info(recipe: Recipe, run: int) -> RunInfo:
    """What identifies a run of this recipe, as number `run`."""
    return RunInfo(
        run=run,
        id=recipe.id,
        preset=recipe.preset,
        seed=recipe.seed,
        device=recipe.device,
        precision=recipe.precision,
        threads=recipe.threads,
        parent=recipe.parent,
        parent_step=recipe.parent_step,
    )


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of the library of runs."""

    recipe: Recipe
    title: str
    outcome: str  # how it ended, in a sentence; may be empty
    steps: int  # the last one that is recorded
    changes: int
    frames: int
    checkpoints: int
    nbytes: int  # on the disk


@dataclass(frozen=True, slots=True)
class DamagedRun:
    """A line of the library that cannot be opened."""

    id: str
    nbytes: int
    error: str  # a sentence


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the session at one moment."""

    phase: Phase
    info: RunInfo
    step: int
    steps_per_second: float
    looking_share: float  # what was asked for, 0..0.9
    looking_measured: float  # share of the last seconds that went into frames, 0..1
    pace: int | None  # steps a frame while somebody watches; None: full speed
    frames: int  # kept in the buffer
    memory_bytes: int  # held by the buffer
    values: Mapping[str, InForce]
    changes: int  # changes logged so far
    error: str | None  # set when FAILED: what happened, and what to do
    recording: Recording | None = None  # None: nothing is recorded
    goal: int | None = None  # while RERUNNING: the step it goes to
    note: str | None = None  # something about this run that the visitor should know
    diagnosis: Diagnosis | None = None
    length: int | None = None  # steps that the scenario is meant for; training can go on after them
    pace_limit: float | None = None  # frames a second at most: slow motion
    pace_chosen: bool = False  # whether a visitor chose the pace; else it is the scenario's
    figure_end: bool = False  # whether the run has paused where the article's figure ends


@dataclass(frozen=True, eq=False, slots=True)
class Progress:
    """What happened in a run since a browser last asked."""

    status: Status
    start: int  # number of the first row in `metrics`
    rows: int  # rows of metrics there are
    stride: int  # row i is step 1 + i * stride
    metrics: Float32Array  # (n, 4): d_loss, d_accuracy, g_loss, g_accuracy
    changes_from: int  # number of the first change in `changes`
    changes: tuple[Change, ...]
    kept: tuple[int, ...]  # steps with a frame, ascending
    readings: tuple[Reading, ...] = ()  # of frames from the step on that was asked for, ascending
    events: tuple[Event, ...] = ()  # all of them, ascending
    extremes: Float32Array | None = None  # (n, 8) of the same rows: gan_core/run/extremes.py; None where stride is 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of training a recorded run again from its first checkpoint on."""

    steps: int  # trained again
    checkpoints: int  # whole states that were the same, bit for bit
    rows: int  # of metrics that were the same, bit for bit
    mismatch: str  # the first difference and what it means; empty when there is none
    note: str  # what is not as it was when the run was recorded; may be empty

    @property
    def proved(self) -> bool:
        """Whether everything that was recorded came out again, bit for bit."""
        return not self.mismatch


@dataclass(frozen=True, slots=True)
class Working:
    """How far something is that takes its time."""

    done: int  # steps
    total: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something could not be done."""

    sentence: str


class Cancelled(Exception):
    """Nobody wants it any more: raised where the work goes on, and handed out where somebody still asks for it."""
