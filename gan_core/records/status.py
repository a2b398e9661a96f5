"""How the run that is open stands, and what is new of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gan_core.records.arrays import Float32Array
from gan_core.records.frames import Reading
from gan_core.records.steps import Change, InForce
from gan_core.records.story import Diagnosis, Event
from gan_core.setup.plane import USUAL, Plane
from gan_core.setup.recipe import Recipe


class Phase(StrEnum):
    """What the training thread is doing."""

    STARTING = "starting"  # begins as soon as somebody looks
    TRAINING = "training"
    RERUNNING = "rerunning"  # training again what is known, up to a step that was asked for
    PAUSED = "paused"
    FAILED = "failed"
    CLOSED = "closed"


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
    config: Mapping[str, Any]  # what it is made of: the fields of GANConfig,
    values: Mapping[str, float]  # and the hyper-parameters that it began with
    by_hand: bool  # whether each step is the one that is written out; else it is autograd's
    parent: str | None = None  # id of the run it branched off
    parent_step: int | None = None
    changed_at: int | None = None  # the step up to which it was made of something else,
    config_before: Mapping[str, Any] | None = None  # and of what


def run_info(recipe: Recipe, run: int, *, by_hand: bool) -> RunInfo:
    """What identifies a run of this recipe, as number `run`."""
    return RunInfo(
        run=run,
        id=recipe.id,
        preset=recipe.preset,
        seed=recipe.seed,
        device=recipe.device,
        precision=recipe.precision,
        threads=recipe.threads,
        config=recipe.config,
        values=recipe.values,
        by_hand=by_hand,
        parent=recipe.parent,
        parent_step=recipe.parent_step,
        changed_at=recipe.changed_at,
        config_before=recipe.config_before,
    )


@dataclass(frozen=True, slots=True)
class Recording:
    """How the recording of a run stands."""

    nbytes: int  # on the disk so far
    limit: int  # bytes it may take
    error: str | None  # set when it stopped: why, and what to do
    waiting: str | None = None  # set while it waits to be able to write: for what


@dataclass(frozen=True, slots=True)
class PauseWhen:
    """On what training is to pause by itself, or has. Conditions are as `gan_core.records.condition` writes them."""

    waits: str | None = None  # the condition that is waited for
    held: str | None = None  # the one on which it has paused, as long as it has not gone on,
    step: int | None = None  # and the step at which that held
    gone: str | None = None  # a sentence: why one was taken off by itself


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
    plane: Plane = USUAL  # the one through latent space that frames show
    figure_end: bool = False  # whether the run has paused where the article's figure ends
    pause_when: PauseWhen = PauseWhen()


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
