"""The shared buffer: what it keeps, what it drops, and that it never grows beyond its limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.records.frames import Moment, Reading, Snapshot, TrailPoint
from gan_core.records.steps import Change, StepMetrics
from gan_core.run.history import (
    DENSE_STEPS,
    LATER_FRAMES,
    MAX_CHANGES,
    MAX_ROWS,
    TRAIL_STEPS,
    History,
    MetricsLog,
)


def metrics(step: int) -> StepMetrics:
    """Four numbers that tell the step."""
    return StepMetrics(step, step + 0.25, step + 0.5, -step, 1 / step)


def frame(step: int, resolution: int = 2) -> Snapshot:
    return Snapshot(
        moment=Moment(1, step, 0.0),
        latent_map=np.zeros((resolution, resolution), np.uint8),
        sample_map=np.zeros((resolution, resolution), np.uint8),
        fakes=np.zeros((3, 2), np.int16),
        image=np.zeros((resolution, resolution, 2), np.int16),
        trail_point=TrailPoint(step, (step / 1e6, 0.0), (0.0, -step / 1e6)),
    )


def bytes_of(resolution: int = 2) -> int:
    return resolution**2 * 2 + 3 * 2 * 2 + resolution**2 * 2 * 2


def reading(step: int) -> Reading:
    return Reading(step, np.full(3, step, np.float32), np.zeros(50, np.int16))


def test_readings_are_those_of_the_kept_frames_and_the_newest() -> None:
    history = History(dense_steps=5, later_frames=4)
    for step in range(40):
        history.add_frame(replace(frame(step), reading=None if step == 3 else reading(step)))
    steps = [step for step in history.kept_steps() if step != 3]
    assert [read.step for read in history.readings(0, 100)] == steps
    assert [read.step for read in history.readings(2, 2)] == [2, 4]
    assert [read.step for read in history.readings(39, 100)] == [39]
    assert history.readings(40, 100) == ()


# -- metrics -----------------------------------------------------------------------------------------------------------


def filled(steps: int, max_rows: int = MAX_ROWS) -> MetricsLog:
    log = MetricsLog(max_rows)
    for step in range(1, steps + 1):
        log.append(metrics(step))
    return log


@given(st.integers(0, 700), st.integers(2, 60))
def test_rows_are_evenly_spaced_steps_of_the_whole_run(steps: int, max_rows: int) -> None:
    log = filled(steps, max_rows)
    rows = log.read(0, 10**9)
    assert rows.dtype == np.float32
    assert len(rows) == log.rows <= max_rows
    kept = range(1, steps + 1, log.stride)
    assert log.rows == len(kept)
    expected = [[m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy] for m in map(metrics, kept)]
    assert np.array_equal(rows, np.array(expected, np.float32).reshape(-1, 4))
    # No coarser than it has to be: a power of two, and twice as many rows would not have fitted.
    assert log.stride.bit_count() == 1
    assert log.stride == 1 or len(range(1, steps + 1, log.stride // 2)) > max_rows


@given(st.integers(0, 120), st.integers(0, 120))
def test_reading_a_part(start: int, limit: int) -> None:
    log = filled(100)
    assert log.read(start, limit)[:, 2].tolist() == [-float(i + 1) for i in range(100)][start : start + limit]


def test_what_was_read_does_not_change() -> None:
    log = filled(16, max_rows=16)
    before = log.read(0, 16)
    copy = before.copy()
    for step in range(17, 100):
        log.append(metrics(step))
    assert np.array_equal(before, copy)


def test_memory_follows_the_rows_up_to_the_limit() -> None:
    """16 bytes a row, 48 once rows are thinned; never more than double of what is needed, beyond a first block."""
    log = MetricsLog(50_000)
    for step in range(1, 130_000):
        log.append(metrics(step))
        assert log.nbytes <= (16 if log.stride == 1 else 48) * min(50_000, max(4096, 2 * log.rows))
    assert (log.rows, log.stride) == (32_500, 4)
    assert MAX_ROWS * 16 == 16_000_000


@given(st.lists(st.integers(-9, 9), max_size=300), st.integers(2, 40), st.integers(0, 300))
def test_extremes_are_those_of_all_steps_since_the_row_before(values: list[int], max_rows: int, loaded: int) -> None:
    """Of any run, appended throughout or begun from what was recorded; a network that is not trained has none."""
    every = np.array([[v, abs(v), np.nan, -v / 2] for v in values], np.float32).reshape(-1, 4)
    log = MetricsLog(max_rows)
    log.load(every[:loaded], 1)
    for step, row in enumerate(every[loaded:].tolist(), len(every[:loaded]) + 1):
        log.append(StepMetrics(step, *row))
    found = log.read_extremes(0, 10**9)
    if log.stride == 1:
        assert found is None
        return
    assert found is not None
    for i in range(log.rows):
        span = every[max(0, (i - 1) * log.stride + 1) : i * log.stride + 1]
        np.testing.assert_array_equal(found[i], [*span.min(axis=0), *span.max(axis=0)])


@pytest.mark.slow
def test_one_spike_in_a_million_steps_stays() -> None:
    """One step of 1.2 million, which is not one of those that have a row."""
    log = MetricsLog()
    for step in range(1, 1_200_001):
        numbers = (0.7, 0.5, 0.7, 0.5) if step != 700_000 else (9.5, 0.25, 0.001, 0.5)
        log.append(StepMetrics(step, *numbers))
    assert (log.stride, log.rows) == (2, 600_000)
    found = log.read_extremes(0, log.rows)
    assert found is not None
    (spiked,) = np.flatnonzero(found[:, 4] > 0.75)
    first, last = 1 + (spiked - 1) * log.stride, 1 + spiked * log.stride
    assert first < 700_000 <= last
    np.testing.assert_array_equal(found[spiked], np.float32([0.7, 0.25, 0.001, 0.5, 9.5, 0.5, 0.7, 0.5]))
    # The rows beside it are the steps' own numbers still, and means do not know of it.
    np.testing.assert_array_equal(log.read(spiked, 1), np.float32([[0.7, 0.5, 0.7, 0.5]]))
    np.testing.assert_allclose(log.mean_losses(699_000, 701_000), 0.7, rtol=1e-6)


# -- frames ------------------------------------------------------------------------------------------------------------


def run(steps: list[int], **limits: int) -> History:
    history = History(**limits)
    for step in steps:
        history.add_frame(frame(step))
    return history


rising = st.lists(st.integers(0, 40), min_size=1, max_size=300).map(lambda gaps: np.cumsum(gaps).tolist())


@given(rising, st.integers(0, 30), st.integers(1, 20))
def test_frames_stay_within_their_limits(steps: list[int], dense: int, later: int) -> None:
    """Of any sequence of rendered steps: every dense one, at most so many later ones, and always the newest."""
    history = run(steps, dense_steps=dense, later_frames=later)
    kept = history.kept_steps()
    assert kept == sorted(set(kept))
    assert set(kept) <= set(steps)
    assert [s for s in kept if s <= dense] == sorted({s for s in steps if s <= dense})
    assert kept[-1] == steps[-1]
    assert len([s for s in kept[:-1] if s > dense]) <= later


@given(st.integers(1, 3_000), st.integers(2, 30))
def test_later_frames_span_the_run_evenly(last: int, later: int) -> None:
    """With every step rendered: the first one stays, and no gap is twice as wide as the widest must be."""
    kept = run(list(range(last + 1)), dense_steps=0, later_frames=later).kept_steps()
    assert kept[:2] == [0, 1]
    gaps = np.diff(kept[1:])
    if len(gaps):
        assert gaps.max() <= max(1, 4 * last / later)
        assert len(kept) >= min(last, later // 2)


@given(rising, st.integers(-5, 13_000))
def test_at_gives_the_nearest_kept_frame(steps: list[int], asked: int) -> None:
    history = run(steps, dense_steps=10, later_frames=8)
    kept = history.kept_steps()
    expected = min(kept, key=lambda step: (abs(step - asked), step))  # of two, the earlier
    found = history.at(asked)
    assert found is not None
    assert found.step == expected


def test_of_two_equally_near_frames_the_earlier_is_taken() -> None:
    history = run([0, 2, 8])
    assert [history.at(step).step for step in (-3, 0, 1, 2, 4, 5, 6, 8, 9)] == [0, 0, 0, 2, 2, 2, 8, 8, 8]


@given(rising)
def test_bytes_are_those_of_the_frames_held(steps: list[int]) -> None:
    history = run(sorted(set(steps)), dense_steps=5, later_frames=6)
    held = {id(f): f for f in (history.at(step) for step in history.kept_steps())}
    assert history.nbytes == sum(f.nbytes for f in held.values()) + history.metrics.nbytes
    assert all(f.nbytes == bytes_of() for f in held.values())


@given(rising)
def test_a_frame_that_was_not_wanted_is_there_only_while_it_is_the_newest(steps: list[int]) -> None:
    *before, last = steps
    history = run(before, dense_steps=5, later_frames=4)
    wanted, had = history.wants(last), last in before
    history.add_frame(frame(last))
    assert last in history.kept_steps()
    history.add_frame(frame(last + 10**6))
    assert wanted or had or last not in history.kept_steps()


def test_unwatched_and_watched_runs_keep_the_same_kind_of_steps() -> None:
    """Rendering only what is wanted leaves the same frames as rendering everything."""
    everything = run(list(range(2_000)), dense_steps=50, later_frames=16)
    only = History(dense_steps=50, later_frames=16)
    for step in range(2_000):
        if only.wants(step):
            only.add_frame(frame(step))
    assert only.kept_steps() == [s for s in everything.kept_steps() if s != 1999 or only.wants(1999)]


def test_a_long_run_stays_bounded_with_the_real_limits() -> None:
    history = History()
    most = (1 + DENSE_STEPS + LATER_FRAMES + 1) * bytes_of()
    for step in range(60_000):
        history.add_frame(frame(step))
        if step % 97 == 0:
            assert history.nbytes - history.metrics.nbytes <= most
    kept = history.kept_steps()
    assert kept[: DENSE_STEPS + 1] == list(range(DENSE_STEPS + 1))
    assert len(kept) <= 1 + DENSE_STEPS + LATER_FRAMES + 1
    assert len(kept) >= 1 + DENSE_STEPS + LATER_FRAMES // 2
    assert kept[-1] == 59_999


def test_nothing_before_the_first_frame() -> None:
    history = History()
    assert history.at(0) is None
    assert history.newest is None
    assert history.kept_steps() == []
    assert history.trail(0) == []
    assert history.wants(0)


def test_sharpening_replaces_the_newest_until_the_run_goes_on() -> None:
    history = run([0, 1, 2])
    coarse, sharp = history.at(2), frame(2, resolution=40)
    history.sharpen(sharp)
    assert history.newest is sharp
    assert history.at(2) is sharp
    assert history.keeps(coarse)
    assert not history.keeps(sharp)
    assert history.kept_steps() == [0, 1, 2]
    assert history.nbytes - history.metrics.nbytes == 3 * bytes_of() + bytes_of(40)
    history.add_frame(frame(3))
    assert history.at(2) is coarse
    assert history.nbytes - history.metrics.nbytes == 4 * bytes_of()


# -- trail -------------------------------------------------------------------------------------------------------------


def test_trail_is_the_last_hundred_steps_in_order() -> None:
    history = run(list(range(1_000)), dense_steps=300, later_frames=10)
    assert [p.step for p in history.trail(999)] == list(range(900, 1_000))
    earlier = [p.step for p in history.trail(950)]
    assert earlier[-51:] == list(range(900, 951))
    assert earlier[:-51] == [s for s in history.kept_steps() if 850 < s < 900]  # the others are gone
    assert [p.step for p in history.trail(200)] == list(range(101, 201))
    assert history.trail(200)[0].centre == (101 / 1e6, 0.0)
    assert TRAIL_STEPS == 100


def test_trail_has_each_step_once_however_often_it_was_rendered() -> None:
    history = run([0, 1, 1, 2, 2, 2])
    assert [p.step for p in history.trail(2)] == [0, 1, 2]


@given(rising, st.integers(0, 6_000))
def test_trail_holds_no_step_outside_its_window(steps: list[int], at: int) -> None:
    history = run(steps, dense_steps=10, later_frames=8)
    trail = [p.step for p in history.trail(at)]
    assert trail == sorted(set(trail))
    assert set(trail) <= set(steps)
    assert all(at - TRAIL_STEPS < step <= at for step in trail)
    assert {s for s in history.kept_steps() if at - TRAIL_STEPS < s <= at} <= set(trail)


# -- changes -----------------------------------------------------------------------------------------------------------


def change(number: int) -> Change:
    return Change(1 + number // 3, "lr_g", float(number), float(number + 1))


@given(st.integers(0, 40), st.integers(0, 45))
def test_changes_are_read_from_any_number(logged: int, asked: int) -> None:
    history = History()
    for number in range(logged):
        history.add_change(change(number))
    assert history.changes_total == logged
    first, changes = history.changes_from(asked)
    assert first == asked or asked > logged
    assert list(changes) == [change(n) for n in range(asked, logged)]


def test_a_reader_that_comes_back_now_and_then_misses_no_change() -> None:
    """It asks from the number of changes it has, also while one value is dragged before the same step."""
    history, known = History(), []
    for number in range(100):
        history.add_change(change(number))
        if number % 7 == 0:
            first, new = history.changes_from(len(known))
            assert first == len(known)
            known += new
    assert known + list(history.changes_from(len(known))[1]) == [change(n) for n in range(100)]


def test_the_log_of_changes_is_bounded_and_keeps_its_numbers() -> None:
    history, more = History(), 500
    for number in range(MAX_CHANGES + more):
        history.add_change(change(number))
    assert history.changes_total == MAX_CHANGES + more
    first, held = history.changes_from(0)
    assert first == more  # those before are gone
    assert list(held) == [change(n) for n in range(more, MAX_CHANGES + more)]
    first, held = history.changes_from(MAX_CHANGES + more - 2)
    assert (first, held) == (MAX_CHANGES + more - 2, (change(MAX_CHANGES + more - 2), change(MAX_CHANGES + more - 1)))
