"""Recording while another program has locked the run's database: it waits, says so, catches up, and loses nothing."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from test_recording import LONG, Opener, do, open_session, runs, send, settle, state, steps, straight

import gan_core.recording.file.database
import gan_core.recording.recorder
import run_files
from digest import digest
from gan_core.live.session import TrainingSession
from gan_core.recording.file.checkpoint import held_bytes, pack_state
from gan_core.recording.file.database import Locked
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.recorder import Recorder
from gan_core.recording.stored import StoredRuns
from gan_core.records.commands import Branch, Open, Restart, SetValues
from gan_core.records.library import RunSummary
from gan_core.records.status import Recording
from gan_core.records.steps import Change, StepMetrics
from gan_core.rerun.retrace import Replay
from gan_core.setup.presets import Preset
from gan_core.wire import frames as wire

__all__ = ["open_session", "runs"]  # fixtures
LIMIT = 1 << 30


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan_core.recording.recorder, "PATIENCE", 0.01)
    monkeypatch.setattr(gan_core.recording.recorder, "EVERY", 0.01)
    monkeypatch.setitem(gan_core.recording.file.database._OPENING, "timeout", 0.01)


@contextmanager
def locked(path: Path, how: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Another program has begun to write, and does not come to an end."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=LONG)) as other:
        other.execute(how)
        yield
        other.execute("ROLLBACK")


def metrics(first: int, count: int) -> list[StepMetrics]:
    return [StepMetrics(step, step / 7, 0.5, 1 / step, 0.25) for step in range(first, first + count)]


def write_all(recorder: Recorder) -> None:
    """Until it has: right after the lock is gone, the last attempt may still have failed."""
    while not recorder.flush(LONG):
        assert recorder.state().error is None


def recording_of(session: TrainingSession) -> Recording:
    recording = session.status().recording
    assert recording is not None
    return recording


def flush(session: TrainingSession) -> bool:
    assert session.trainer.opening.recorder is not None
    return session.trainer.opening.recorder.flush(LONG)


def test_it_waits_says_so_and_catches_up(tmp_path: Path) -> None:
    path = tmp_path / "20260101-000000-abcdef.sqlite"
    recorder = Recorder(lambda: RunFile.create(path, run_files.recipe()), LIMIT)
    engine = run_files.engine()
    recorder.checkpoint(0, engine.state())
    recorder.trained(metrics(1, 3), 0.1)
    write_all(recorder)
    assert recorder.state().waiting is None
    frames = {step: run_files.frame(step) for step in (3, 40, 90)}
    with locked(path):
        for first in (4, 34, 64):  # again and again while it waits: the order stays
            recorder.trained(metrics(first, 30), 0.1)
            recorder.changed(Change(first, "lr_g", 0.1, first / 1000))
            assert recorder.flush(LONG) is False
            waiting = recorder.state().waiting
            assert waiting is not None
            assert waiting.startswith("Another program has locked the file of this run.")
            assert recorder.state().error is None
        for step, frame in frames.items():
            recorder.shown(step, frame)
        engine.advance(3)
        recorder.checkpoint(93, engine.state())
        recorder.ended({"state": "covering"})
        assert recorder.flush(LONG) is False
        with closing(RunFile.open(path)) as file:  # readers are not held up
            assert (file.last_step(), file.changes(), file.outcome) == (3, [], {})
    write_all(recorder)
    assert recorder.state().waiting is None
    recorder.trained(metrics(94, 7), 0.1)
    assert recorder.close(LONG) is True
    with closing(RunFile.open(path)) as file:
        np.testing.assert_array_equal(file.metrics(), run_files.rows(metrics(1, 100)))
        assert file.changes() == [Change(first, "lr_g", 0.1, first / 1000) for first in (4, 34, 64)]
        assert {step: file.frame(step) for step in file.frame_steps()} == frames
        assert file.checkpoint_steps() == [0, 93]
        assert file.checkpoint_before(100) == (93, pack_state(engine.state()))
        assert file.outcome == {"state": "covering"}


def test_it_gives_up_only_when_the_memory_for_what_waits_is_full(tmp_path: Path) -> None:
    path = tmp_path / "20260101-000000-abcdef.sqlite"
    state, frame = run_files.engine().state(), run_files.frame(5)
    sizes = [np.asarray(part).nbytes for name in ("generator", "discriminator") for part in (state[name],) * 3]
    streams = [state["batches"][name].numpy().nbytes for name in ("real_stream", "latent_stream")]
    assert held_bytes(state) == sum(sizes) + sum(streams)
    backlog = 4 * held_bytes(state) + 10 * len(frame)
    recorder = Recorder(lambda: RunFile.create(path, run_files.recipe()), LIMIT, backlog=backlog)
    recorder.checkpoint(0, state)
    recorder.trained(metrics(1, 3), 0.1)
    write_all(recorder)
    with locked(path):
        recorder.trained(metrics(4, 1), 0.1)
        assert recorder.flush(LONG) is False
        for step in range(5, 50):  # a checkpoint is no reason to give up: later ones are passed over
            recorder.checkpoint(step, state)
        assert recorder.state().error is None
        given = 0
        while recorder.state().error is None:
            given += 1
            recorder.shown(given, frame)
        # The metrics of a step, and room for two or three checkpoints of four; the rest is there for the frames.
        most, least = (backlog - 16 - count * held_bytes(state) for count in (0, 2))
        assert least // len(frame) <= given <= most // len(frame) + 1
        error = recorder.state().error
        assert error is not None
        assert error.startswith(
            "Recording stopped: another program has locked the file of this run, and the memory for"
        )
        assert "end that program, and the next run is recorded again" in error
        assert recorder.state().waiting is None
        recorder.trained(metrics(5, 100), 0.1)
        assert recorder.flush(LONG)
    assert recorder.close(LONG) is True
    with closing(RunFile.open(path)) as file:
        np.testing.assert_array_equal(file.metrics()[:3], run_files.rows(metrics(1, 3)))
        assert file.last_step() <= 49


def test_training_goes_on_and_the_run_is_whole(open_session: Opener, runs: RunFolder, tiny: Preset) -> None:
    session = open_session()
    steps(session, 20)
    assert flush(session)
    name = session.status().info.id
    with locked(runs.path(name)):
        steps(session, 50)
        do(session, SetValues({"lr_g": 0.01}))
        assert not flush(session)
        steps(session, 50)
        assert session.status().step == 120
        assert recording_of(session).waiting is not None
        assert wire.status_json(session.status())["recording"]["waiting"] == recording_of(session).waiting
        refused = send(session, Branch(name, 100)).refusal  # of what is only in memory yet
        assert refused is not None
        assert "recorded from step 0 to 20" in refused
        # What is on the disk can be listed, looked at and trained again.
        (listed,) = Library(runs.folder).runs()
        assert isinstance(listed, RunSummary)
        assert listed.steps == 20
        assert StoredRuns(runs).status(name).step == 20
        assert StoredRuns(runs).frame(name, 20) is not None
        with closing(RunFile.open(runs.path(name))) as file:
            replay = Replay(file.recipe)
            replay.go_to(file, 15)
            assert digest(replay.engine.state()) == digest(straight(tiny, 15, []).state())
    while not flush(session):
        assert recording_of(session).error is None
    assert recording_of(session).waiting is None
    steps(session, 30)
    session.close(LONG)
    expected = straight(tiny, 0, [])
    rows = []
    for step in range(1, 151):
        if step == 71:
            expected.set(lr_g=0.01)
        m = expected.step()
        rows.append((m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy))
    with closing(RunFile.open(runs.path(name))) as file:
        np.testing.assert_array_equal(file.metrics(), np.array(rows, np.float32))
        assert file.changes() == [Change(71, "lr_g", tiny.values.lr_g, 0.01)]
        assert file.checkpoint_before(150) == (150, pack_state(expected.state()))


def test_a_run_that_is_locked_can_be_taken_up(open_session: Opener, runs: RunFolder, tiny: Preset) -> None:
    session = open_session()
    steps(session, 40)
    name = session.status().info.id
    session.close(LONG)
    again = open_session()
    with locked(runs.path(name)):
        do(again, Open(name))
        settle(again, 40)
        steps(again, 30)
        assert not flush(again)
    while not flush(again):
        assert recording_of(again).error is None
    assert state(again) == digest(straight(tiny, 70, []).state())
    again.close(LONG)
    with closing(RunFile.open(runs.path(name))) as file:
        assert file.last_step() == 70


def test_a_run_that_was_left_while_it_was_locked_is_written_later(
    open_session: Opener, runs: RunFolder, tiny: Preset
) -> None:
    session = open_session()
    steps(session, 20)
    assert flush(session)
    name = session.status().info.id
    with locked(runs.path(name)):
        steps(session, 20)
        assert not flush(session)
        do(session, Restart())  # the training does not wait for it
        steps(session, 5)
        assert flush(session)
        assert recording_of(session).waiting is None
        refused = send(session, Open(name)).refusal
        assert refused is not None
        assert refused.startswith("Steps of this run are still being written")
        with pytest.raises(ValueError, match="still being written"):
            Library(runs.folder).delete(name)
    while (refusal := send(session, Open(name)).refusal) is not None:
        assert refusal.startswith("Steps of this run are still being written")
    settle(session, 40)
    assert session.status().note is None
    assert state(session) == digest(straight(tiny, 40, []).state())


def test_the_end_of_the_server_does_not_wait_for_ever(
    open_session: Opener, runs: RunFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Recorder.give_up_after, "__defaults__", (0.05,))
    session = open_session()
    steps(session, 20)
    assert flush(session)
    name = session.status().info.id
    recorder = session.trainer.opening.recorder
    assert recorder is not None
    with locked(runs.path(name)), caplog.at_level(logging.ERROR):
        steps(session, 20)
        session.close(LONG)
        (record,) = caplog.records
        assert "another program has locked" in record.getMessage()
        with closing(RunFile.open(runs.path(name))) as file:
            assert file.last_step() == 20
    recorder.give_up_after(LONG)  # here the process goes on, and with it the recorder
    with closing(RunFile.open(runs.path(name))) as file:
        assert file.last_step() == 40


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_what_cannot_be_written_now_says_why(tmp_path: Path, how: str) -> None:
    name = "20260101-000000-abcdef"
    path = tmp_path / f"{name}.sqlite"
    run_files.record(path)
    with locked(path, how):
        with pytest.raises(Locked) as trouble:
            Library(tmp_path).rename(name, "Mine")
        assert trouble.value.strerror == "another program has locked the file of this run; try again once it is free"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:  # one that lets nobody read, either
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ValueError, match=r"cannot be opened as a run: another program has locked the file"):
            RunFile.open(path)
        other.execute("ROLLBACK")
    Library(tmp_path).rename(name, "Mine")
