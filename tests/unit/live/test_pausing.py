"""Training that pauses by itself: at which step, at every pace, and what becomes of the condition."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from gan_core.live.session import TrainingSession
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import (
    Command,
    Open,
    Pause,
    Play,
    Restart,
    SetLooking,
    SetPace,
    SetPauseWhen,
    SetValues,
    StepOnce,
)
from gan_core.records.condition import read_condition
from gan_core.records.status import PauseWhen, Phase, Status
from gan_core.records.steps import StepMetrics
from gan_core.setup.presets import PRESETS, Preset
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire
from sessions import LONG, send

SMALL = {"generator": "8:relu", "discriminator": "8:relu", "batch": "16"}
ALWAYS = "spread >= 0"


class Exploding(GANEngine):
    """The discriminator's loss is not a number at step 5."""

    def advance(self, count: int) -> list[StepMetrics]:
        (metrics,) = super().advance(1)
        return [replace(metrics, d_loss=math.nan) if metrics.step == 5 else metrics]


@pytest.fixture
def runs(tmp_path: object) -> RunFolder:
    return RunFolder(tmp_path)  # type: ignore[arg-type]


@pytest.fixture
def session(runs: RunFolder) -> Iterator[TrainingSession]:
    """A paused run of small networks, by a clock on which each frame hangs for longer than anybody is waited for."""
    clock = count(step=10)
    session = TrainingSession(
        "quick",
        0,
        device="cpu",
        precision="float32",
        threads=1,
        paused=True,
        runs=runs,
        clock=lambda: float(next(clock)),
    )
    session.start()
    assert send(session, Restart(config=SMALL)) is None
    assert send(session, SetLooking(0.0)) is None
    yield session
    session.close(LONG)


@pytest.fixture
def watched(session: TrainingSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.live.audience.WATCHED_FOR", float("inf"))
    assert session.frame_after(0, LONG) is not None


def pause_when(session: TrainingSession, text: str | None) -> str | None:
    return send(session, SetPauseWhen(None if text is None else read_condition(text)))


def at_rest(session: TrainingSession, command: Command | None = None) -> Status:
    """The status once nothing trains any more; perhaps after a command."""
    if command is not None:
        assert send(session, command) is None
    while session.status().phase in (Phase.TRAINING, Phase.RERUNNING) or session.trainer.steps_to_go:
        send(session, SetValues({}))
    send(session, SetValues({}))  # obeyed once the look at the last step is over, and it was asked what holds there
    return session.status()


def test_at_full_speed_nobody_needs_to_look(session: TrainingSession) -> None:
    assert pause_when(session, ALWAYS) is None
    assert session.status().pause_when == PauseWhen(waits=ALWAYS)
    assert session.status().step == 0  # the look that there is already does not count
    status = at_rest(session, Play())
    assert (status.phase, status.step) == (Phase.PAUSED, 20)
    assert status.pause_when == PauseWhen(held=ALWAYS, step=20)
    newest = session.latest()
    assert newest is not None
    assert newest.step == 20
    assert at_rest(session, StepOnce(25)).step == 45  # it is off
    assert session.status().pause_when == PauseWhen()
    assert pause_when(session, ALWAYS) is None
    assert at_rest(session, Play()).step == 60


def test_waiting_changes_no_bit(session: TrainingSession) -> None:
    assert pause_when(session, "spread >= 0 and step >= 130") is None
    assert at_rest(session, Play()).step == 130
    _, arrays = wire.decode(session.progress(0, 0))
    engine = GANEngine(PRESETS["quick"].altered(SMALL, {}), 0, device="cpu", precision="float32", threads=1)
    bare = [(m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy) for m in (engine.step() for _ in range(130))]
    np.testing.assert_array_equal(arrays["metrics"], np.array(bare, np.float32))


@pytest.mark.parametrize("pace", [None, 1, 7, 50])
@pytest.mark.parametrize("text", ["step >= 33", "step > 32.5", "step = 33", "step >= 33 and spread >= 0"])
def test_a_step_is_met_exactly(session: TrainingSession, watched: None, pace: int | None, text: str) -> None:
    assert send(session, SetPace(pace)) is None
    assert pause_when(session, text) is None
    status = at_rest(session, Play())
    assert (status.step, status.pause_when.step) == (33, 33)
    newest = session.latest()
    assert newest is not None
    assert newest.step == 33


def test_where_every_step_is_seen_it_pauses_at_the_one_at_which_it_holds(
    session: TrainingSession, watched: None
) -> None:
    """A direction is told from five looks on: at steps 0 to 4. It is not left for the next step meanwhile."""
    assert send(session, SetPace(1)) is None
    assert pause_when(session, "follow_by_chance > 0") is None
    status = at_rest(session, Play())
    assert (status.step, status.pause_when.step) == (4, 4)


def test_steps_that_were_asked_for_end_there_too(session: TrainingSession) -> None:
    assert pause_when(session, ALWAYS) is None
    assert at_rest(session, StepOnce(50)).step == 20
    assert at_rest(session, StepOnce(3)).step == 23


def test_a_pause_is_a_look(session: TrainingSession) -> None:
    """Where a visitor pauses there is a look, which counts: it is said at once that it holds there."""
    assert at_rest(session, StepOnce(3)).step == 3
    assert pause_when(session, ALWAYS) is None
    status = at_rest(session, StepOnce(1))  # one alone: on a slow machine there may be a look after any
    assert status.pause_when == PauseWhen(held=ALWAYS, step=4)
    assert send(session, Pause()) is None
    assert session.status().pause_when == PauseWhen(held=ALWAYS, step=4)  # still so


def test_it_is_taken_off(session: TrainingSession) -> None:
    assert pause_when(session, ALWAYS) is None
    assert pause_when(session, "collapsed") is None
    assert session.status().pause_when == PauseWhen(waits="collapsed")
    assert pause_when(session, None) is None
    assert session.status().pause_when == PauseWhen()
    assert at_rest(session, StepOnce(45)).step == 45


def test_what_this_run_never_meets_is_refused_and_the_one_before_stays(session: TrainingSession) -> None:
    assert at_rest(session, StepOnce(10)).step == 10
    assert pause_when(session, "collapsed") is None
    assert pause_when(session, "modes >= 8") == (
        "modes is not told of this run. These data have no modes that could be counted."
    )
    for text in ("step >= 10", "step = 4"):
        assert "no longer to come: this run is at step 10." in (pause_when(session, text) or "")
    assert session.status().pause_when == PauseWhen(waits="collapsed")


def test_a_new_run_is_waited_for_too_if_it_can_meet_it(session: TrainingSession) -> None:
    ring = Restart(config={"target": "ring"})
    assert send(session, ring) is None
    assert pause_when(session, "modes >= 9") is None
    assert send(session, Restart()) is None
    assert session.status().pause_when == PauseWhen(waits="modes >= 9")
    assert send(session, Restart(config={"target": "spiral"})) is None
    told = session.status().pause_when
    assert told.waits is None
    assert told.gone is not None
    assert "modes >= 9" in told.gone
    assert "These data have no modes" in told.gone
    assert send(session, ring) is None
    assert session.status().pause_when == PauseWhen()  # nothing is waited for any more


def test_a_reset_begins_to_wait_again(session: TrainingSession) -> None:
    assert pause_when(session, "step >= 30") is None
    assert at_rest(session, StepOnce(20)).step == 20
    assert send(session, Restart()) is None
    assert at_rest(session, Play()).step == 30


def test_the_way_to_what_is_recorded_does_not_count(session: TrainingSession) -> None:
    assert at_rest(session, StepOnce(30)).step == 30
    first = session.status().info.id
    assert send(session, Restart()) is None
    assert pause_when(session, ALWAYS) is None
    status = at_rest(session, Open(first))
    assert (status.step, status.pause_when) == (30, PauseWhen(waits=ALWAYS))
    assert at_rest(session, Play()).step == 40


def test_a_state_is_met(session: TrainingSession) -> None:
    """The failure zoo's collapse."""
    assert send(session, Restart(preset="zoo-collapse")) is None
    assert send(session, SetPace(None)) is None
    assert pause_when(session, "Collapsed") is None
    status = at_rest(session, Play())
    assert (status.phase, status.pause_when) == (Phase.PAUSED, PauseWhen(held="collapsed", step=status.step))
    assert status.diagnosis is not None
    assert (status.diagnosis.state, status.step % 20) == ("collapsed", 0)


@pytest.mark.parametrize(
    ("text", "left"),
    [("diverged", PauseWhen()), ("collapsed", PauseWhen(waits="collapsed"))],
    ids=str,
)
def test_a_loss_that_is_no_number_takes_off_what_waited_for_that(tiny: Preset, text: str, left: PauseWhen) -> None:
    def make(preset: Preset, seed: int, **options: object) -> GANEngine:
        return Exploding(tiny, seed, **options)  # type: ignore[arg-type]

    session = TrainingSession("quick", 0, device="cpu", threads=1, paused=True, make_engine=make)
    session.start()
    with closing(session):
        assert pause_when(session, text) is None
        assert at_rest(session, Play()).phase is Phase.FAILED
        assert session.status().pause_when == left
