"""Keeps a run's file within its limit, by thinning: never the beginning, the end or a change of the run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from gan_core.recording.file.database import LOG_BYTES
from gan_core.recording.file.rows import BLOCK_ROWS
from gan_core.recording.file.run_file import RunFile

MIN_LIMIT = 100 << 20  # bytes; less would not hold a handful of the article's checkpoints
FEWEST_CHECKPOINTS, _FEWEST_FRAMES = 8, 64  # that stay, if there are so many
_CHANGE = 4  # how much more a checkpoint before a change is worth


def keep_within(file: RunFile, limit: int) -> None:
    """Thin until the file takes at most `limit` bytes: checkpoints first, then frames, then metrics.

    The first and the last of each stay, changes always, and checkpoints at changes as long as others are there. To be
    called inside a transaction.
    """
    room = max(limit, MIN_LIMIT) - LOG_BYTES
    for thin in (_thin_checkpoints, _thin_frames, _thin_metrics):
        while file.bytes_in_use() > room:
            if not thin(file):
                break


def _thin_checkpoints(file: RunFile) -> bool:
    """Drop a part of the checkpoints. False if none can go."""
    steps = file.checkpoint_steps()
    if len(steps) <= FEWEST_CHECKPOINTS:
        return False
    file.drop_checkpoints(_superfluous(steps, {change.step - 1 for change in file.changes()}))
    return True


def _superfluous(steps: Sequence[int], before_changes: set[int]) -> set[int]:
    """A sixteenth of these checkpoints, those whose neighbours are nearest for their age."""
    # The square root keeps a young run's checkpoints denser than an old one's. Two that are neighbours never go in
    # one round, as each was judged by the other.
    gaps = {
        step: (after - before) / math.sqrt(before + 100) * (_CHANGE if step in before_changes else 1)
        for before, step, after in _with_neighbours(steps)
    }
    neighbours = {step: {before, after} for before, step, after in _with_neighbours(steps)}
    dropped: set[int] = set()
    for step in sorted(gaps, key=lambda step: gaps[step]):
        if len(dropped) > len(steps) // 16:
            break
        if not dropped & neighbours[step]:
            dropped.add(step)
    return dropped


def _with_neighbours(steps: Sequence[int]) -> Iterable[tuple[int, int, int]]:
    return zip(steps, steps[1:], steps[2:], strict=False)


def _thin_frames(file: RunFile) -> bool:
    """Drop every second frame but the first and the last."""
    steps = file.frame_steps()
    if len(steps) <= _FEWEST_FRAMES:
        return False
    file.drop_frames(set(steps[1:-1:2]))
    return True


def _thin_metrics(file: RunFile) -> bool:
    """Drop every second row."""
    if file.rows() <= BLOCK_ROWS:
        return False
    file.halve_metrics()
    return True
