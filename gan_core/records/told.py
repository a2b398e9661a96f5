"""One step, told in stages: what is shown and said of each. Arrays are read-only and never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gan_core.records.arrays import Float32Array, Int16Array, Uint8Array

# The kinds of stages, and the numbers of each in the order in which they are read. All are of the whole batch. Ways are
# in data units; what D says is a probability, or a score where that is none; `gradient` and `change`, of all weights,
# are Euclidean lengths, and the gradient is of all that is descended on, a penalty included. Losses are the objective
# alone.
#
# d-batch   what D pays for its batch, the share of it that D has right, and what it says of either half on average
# d-update  the same after D has moved; over the cells of its map, by how much D says something else: mean, and most
# g-batch   what G pays for its fakes, the share that D takes for real, what D says on average; and how strongly D asks
#           them to move, on average and at most: B times the derivative of G's loss at a fake, of B fakes (or packs)
# g-move    the same latents after G has moved, against the same D: how far their fakes moved, on average and at most,
#           and the share that moved the way they were asked to
STAGES: Mapping[str, tuple[str, ...]] = {
    "d-batch": ("d_loss", "d_accuracy", "said_of_real", "said_of_fakes"),
    "d-update": (
        "d_loss_before",
        "d_loss_after",
        "d_accuracy_before",
        "d_accuracy_after",
        "gradient",
        "change",
        "map_mean",
        "map_most",
    ),
    "g-batch": ("g_loss", "g_accuracy", "said_of_fakes", "asked_mean", "asked_most"),
    "g-move": (
        "g_loss_before",
        "g_loss_after",
        "g_accuracy_before",
        "g_accuracy_after",
        "gradient",
        "change",
        "moved_mean",
        "moved_most",
        "obeyed",
    ),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage."""

    kind: str  # of STAGES
    update: int  # of its network in this step, from 1
    of: int  # so many
    points: int  # real points and fakes of the batch, or fakes of G's
    numbers: Mapping[str, float]  # by the names that STAGES lists


@dataclass(frozen=True, eq=False, slots=True)
class ToldStep:
    """A step that is still to come. It has K updates of D and M of G; maps have R x R cells, as those of a Snapshot."""

    run: int
    step: int  # that it will be
    stages: tuple[Stage, ...]
    maps: Uint8Array  # (K + 1, R, R), D before its first update and after each
    differences: Uint8Array  # (K, R, R): each less the one before, from 0 for -reach to 254 for reach
    reaches: tuple[float, ...]  # K of them, above 0
    d_reals: Int16Array  # (K, P, 2), the first points of each batch, times POINT_SCALE
    d_fakes: Int16Array  # (K, P, 2)
    # (M, P, 6): of the first fakes of each batch, x and y before G's move, what D asks of it (the longest is 1), and
    # how it moves, in data units.
    moves: Float32Array
    noise: float  # standard deviation of what D sees all points through; they are told without it
    score: tuple[float, float] | None = None  # as of a Snapshot, the same for all maps
