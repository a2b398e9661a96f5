"""Runs on the disk through the session: recorded, taken up again, branched and repeated, bit for bit."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import gan_core.recording.file.database
from digest import digest
from gan_core.live.session import Receipt, TrainingSession
from gan_core.looking.measures.quality import coverage, on_band
from gan_core.looking.probe import Probe
from gan_core.recording.file.checkpoint import unpack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import Branch, Command, Open, Pause, Play, Repeat, Restart, SetValues, StepOnce
from gan_core.records.ending import ending_words
from gan_core.records.status import Phase
from gan_core.records.steps import Change
from gan_core.setup.config import TASK_NAMES
from gan_core.setup.presets import PRESETS, Preset
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire

LONG = 60.0  # seconds; a test waits for a condition, and this long for one that never comes
SEED = 3

Opener = Callable[..., TrainingSession]


@pytest.fixture
def runs(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "runs")


@pytest.fixture
def open_session(tiny: Preset, runs: RunFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Sessions of the tiny scenario that record into one folder."""
    monkeypatch.setitem(PRESETS._entries, "tiny", tiny)
    opened = []

    def start(**options: object) -> TrainingSession:
        given = {"preset": "tiny", "seed": SEED, "device": "cpu", "precision": "float32", "threads": 1, "paused": True}
        session = TrainingSession(**{**given, "runs": runs, **options})  # type: ignore[arg-type]
        session.start()
        opened.append(session)
        return session

    yield start
    for session in opened:
        session.close(LONG)


def send(session: TrainingSession, command: Command) -> Receipt:
    receipt = session.send(command)
    assert receipt.wait(LONG) is not None
    return receipt


def do(session: TrainingSession, command: Command) -> None:
    assert send(session, command).refusal is None


def settle(session: TrainingSession, step: int) -> None:
    """Wait until the session stands at this step."""
    while session.status().step < step or session.status().phase is Phase.RERUNNING:
        send(session, SetValues({}))
    send(session, SetValues({}))
    assert session.status().step == step


def steps(session: TrainingSession, count: int) -> None:
    target = session.status().step + count
    do(session, StepOnce(count))
    settle(session, target)


def state(session: TrainingSession) -> str:
    """The state in which the session stands, read off its own engine between two steps."""
    return digest(session.trainer.run.engine.state())


def straight(tiny: Preset, until: int, changes: list[tuple[int, dict[str, float]]], seed: int = SEED) -> GANEngine:
    """The oracle: the same steps and changes without a session, a file or a pause."""
    engine = GANEngine(tiny, seed, device="cpu", precision="float32", threads=1)
    for step in range(1, until + 1):
        for at, values in changes:
            if at == step:
                engine.set(**values)
        engine.step()
    for at, values in changes:
        if at == until + 1:
            engine.set(**values)
    return engine


def test_a_run_that_was_killed_before_anything_was_written_starts_from_its_seed(
    open_session: Opener, runs: RunFolder, tiny: Preset
) -> None:
    before = open_session()
    steps(before, 1)
    name = before.status().info.id
    before.close(LONG)
    with closing(RunFile.open(runs.path(name))) as file:
        recipe = replace(file.recipe, id="20260102-030405-abcdef")
    RunFile.create(runs.path(recipe.id), recipe).close()
    session = open_session(seed=SEED + 1)
    do(session, Open(recipe.id))
    assert state(session) == digest(straight(tiny, 0, []).state())
    steps(session, 5)
    assert state(session) == digest(straight(tiny, 5, []).state())
    session.close(LONG)
    with closing(RunFile.open(runs.path(recipe.id))) as file:
        assert file.last_step() == 5
        assert {0, 5} <= set(file.checkpoint_steps())


def test_a_run_is_on_the_disk_as_it_was(open_session: Opener, runs: RunFolder, tiny: Preset) -> None:
    session = open_session()
    steps(session, 30)
    do(session, SetValues({"lr_g": 0.01, "beta1_d": 0.2}))
    steps(session, 70)
    name = session.status().info.id
    session.close(LONG)
    with closing(RunFile.open(runs.path(name))) as file:
        assert file.last_step() == 100
        assert file.changes() == [Change(31, "lr_g", tiny.values.lr_g, 0.01), Change(31, "beta1_d", 0.5, 0.2)]
        changes = [(31, {"lr_g": 0.01, "beta1_d": 0.2})]
        engine = straight(tiny, 0, [])
        expected = []
        for step in range(1, 101):
            if step == 31:
                engine.set(lr_g=0.01, beta1_d=0.2)
            m = engine.step()
            expected.append((m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy))
        np.testing.assert_array_equal(file.metrics(), np.array(expected, np.float32))
        assert {0, 30, 100} <= set(file.checkpoint_steps())
        for step in file.checkpoint_steps():
            kept = unpack_state(file.checkpoint_before(step)[1], tiny.config)
            assert digest(kept) == digest(straight(tiny, step, [c for c in changes if c[0] <= step]).state())
        for step in file.frame_steps():
            header, arrays = wire.decode(file.frame(step) or b"")
            assert header["step"] == step
            assert arrays["fakes"].shape == (2000, 2)


def test_the_library_is_told_what_came_of_a_run(open_session: Opener, runs: RunFolder, tiny: Preset) -> None:
    session = open_session()
    steps(session, 120)
    name = session.status().info.id
    session.close(LONG)
    engine = straight(tiny, 120, [])
    fakes = Probe(engine.config, torch.device("cpu")).latents
    with torch.no_grad():
        points = engine.generator(fakes).double()
    expected = f"coverage {coverage(points, engine.target):.2f}, share on the data {on_band(points, engine.target):.3f}"
    with closing(RunFile.open(runs.path(name))) as file:
        assert ending_words(file.outcome).endswith(expected)  # after the state in words, once there is one
    again = open_session()
    do(again, Open(name))
    settle(again, 120)
    assert again.trainer.opening.recorder is not None
    again.trainer.opening.recorder.flush()
    with closing(RunFile.open(runs.path(name))) as file:
        assert file.outcome == {}, "a run that goes on has no outcome yet"


@pytest.mark.parametrize("task", TASK_NAMES)
def test_a_run_goes_on_where_it_stopped(
    open_session: Opener, tiny: Preset, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    tiny = replace(tiny, config=replace(tiny.config, task=task))
    monkeypatch.setitem(PRESETS._entries, "tiny", tiny)
    first = open_session()
    steps(first, 57)
    do(first, SetValues({"lr_d": 0.005}))
    name = first.status().info.id
    before = wire.decode(first.progress(0, 0))[1]["metrics"]
    first.close(LONG)
    second = open_session()
    do(second, Open(name))
    settle(second, 57)
    status = second.status()
    assert (status.phase, status.info.id, status.info.seed) == (Phase.PAUSED, name, SEED)
    assert (status.values["lr_d"].value, status.values["lr_d"].since) == (0.005, 58)
    np.testing.assert_array_equal(wire.decode(second.progress(0, 0))[1]["metrics"], before)
    steps(second, 43)
    assert status.note is None
    assert state(second) == digest(straight(tiny, 100, [(58, {"lr_d": 0.005})]).state())


def test_a_branch_begins_with_what_was(open_session: Opener, runs: RunFolder, tiny: Preset) -> None:
    session = open_session()
    steps(session, 40)
    do(session, SetValues({"lr_g": 0.02}))
    steps(session, 40)
    parent = session.status().info.id
    for at, changes in ((60, [(41, {"lr_g": 0.02})]), (40, []), (17, []), (0, [])):
        do(session, Branch(parent, at))
        settle(session, at)
        info = session.status().info
        assert (info.parent, info.parent_step) == (parent, at)
        assert state(session) == digest(straight(tiny, at, changes).state())
        do(session, SetValues({"beta1_g": 0.1}))
        steps(session, 5)
        assert state(session) == digest(straight(tiny, at + 5, [*changes, (at + 1, {"beta1_g": 0.1})]).state())
    refused = send(session, Branch(parent, 81))
    assert refused.refusal is not None
    assert "from step 0 to 80" in refused.refusal
    with closing(RunFile.open(runs.path(parent))) as file:
        assert file.last_step() == 80


def test_on_the_way_back_to_where_it_stopped_nothing_can_be_changed(
    open_session: Opener, runs: RunFolder, tiny: Preset
) -> None:
    """Killed between two checkpoints: the steps after the last one are trained again, and may be held up meanwhile."""
    session = open_session()
    steps(session, 300)
    name = session.status().info.id
    session.close(LONG)
    with sqlite3.connect(runs.path(name)) as db:
        db.execute("DELETE FROM checkpoints WHERE step > 0")
    db.close()
    again = open_session(steps_at_once=1)
    receipts = [again.send(command) for command in (Open(name), Pause(), SetValues({"lr_g": 0.01}), StepOnce(2))]
    assert receipts[-1].wait(LONG) is not None
    refusal = receipts[2].refusal
    assert refusal is not None
    assert "on its way to step 300" in refusal
    kept = wire.decode(again.progress(0, 0))[1]["kept"]
    assert (np.diff(kept) > 0).all()
    do(again, Play())
    settle(again, 300)
    assert again.status().note is None
    steps(again, 10)
    assert state(again) == digest(straight(tiny, 310, []).state())


def test_a_recipe_is_repeated_and_stops_at_its_step(open_session: Opener, runs: RunFolder, tiny: Preset) -> None:
    session = open_session(seed=9)
    changes = (Change(5, "lr_g", 0.0, 0.01), Change(5, "beta1_g", 0.0, 0.3), Change(21, "lr_d", 0.0, 0.0005))
    do(session, Repeat("tiny", SEED, changes, 20, sweep="a-sweep"))
    settle(session, 20)
    status = session.status()
    assert (status.phase, status.info.seed) == (Phase.PAUSED, SEED)
    steps(session, 5)
    expected = [(5, {"lr_g": 0.01, "beta1_g": 0.3}), (21, {"lr_d": 0.0005})]
    assert state(session) == digest(straight(tiny, 25, expected).state())
    session.close(60)
    with closing(RunFile.open(runs.path(status.info.id))) as file:
        assert file.recipe.sweep == "a-sweep"


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_every_run_is_a_straight_one(
    open_session: Opener, runs: RunFolder, tiny: Preset, seed: int
) -> None:
    """Random commands, restarts of the session among them; then every run against a re-run without any of that."""
    draw = random.Random(seed)
    session = open_session()
    made: dict[str, list[tuple[int, dict[str, float]]]] = {session.status().info.id: []}
    for _ in range(25):
        status = session.status()
        here, step = status.info.id, status.step
        what = draw.choice(["step", "step", "step", "set", "play", "branch", "reopen", "restart"])
        if what == "step":
            steps(session, draw.randint(1, 90))
        elif what == "play":
            do(session, Play())
            do(session, Pause())
            settle(session, session.status().step)
        elif what == "set":
            values = {draw.choice(["lr_g", "lr_d"]): draw.choice([1e-4, 1e-3, 5e-3]), "beta1_g": draw.random() * 0.9}
            do(session, SetValues(values))
            made[here].append((step + 1, values))
        elif what == "branch":
            parent = draw.choice(sorted(name for name in made if runs.path(name).exists()) or [here])
            if not runs.path(parent).exists():
                continue
            with closing(RunFile.open(runs.path(parent))) as file:
                at = draw.randint(0, file.last_step())
            do(session, Branch(parent, at))
            settle(session, at)
            made[session.status().info.id] = [change for change in made[parent] if change[0] <= at]
        elif what == "restart":
            do(session, Restart())
            made[session.status().info.id] = []
        else:
            session.close(LONG)
            session = open_session()
            made[session.status().info.id] = []
            if runs.path(here).exists():
                do(session, Open(here))
                settle(session, step)
        status = session.status()
        assert status.note is None
        expected = straight(tiny, status.step, made[status.info.id])
        assert state(session) == digest(expected.state()), what


def test_a_full_disk_ends_the_recording_and_nothing_else(
    open_session: Opener, runs: RunFolder, tiny: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, pages = gan_core.recording.file.database.connect, [80]

    def connect_to_a_small_disk(path: Path, *, write: bool) -> sqlite3.Connection:
        db = connect(path, write=write)
        db.execute(f"PRAGMA max_page_count = {pages[0]}")
        return db

    monkeypatch.setattr(gan_core.recording.file.database, "connect", connect_to_a_small_disk)
    session = open_session()
    name = session.status().info.id
    error = None
    while error is None:
        steps(session, 10)
        assert session.trainer.opening.recorder is not None
        session.trainer.opening.recorder.flush()
        recording = session.status().recording
        assert recording is not None
        error = recording.error
    assert error.startswith("Recording stopped: the disk is full.")
    step = session.status().step
    steps(session, 20)
    assert state(session) == digest(straight(tiny, step + 20, []).state())
    pages[0] = 4  # no room for a new file either
    refused = send(session, Branch(name, 10)).refusal
    assert refused == "This could not be written: the disk is full. Nothing was changed; make room and try again."
    assert [path.name for path in runs.folder.glob("*.sqlite")] == [f"{name}.sqlite"]
    session.close(LONG)
    monkeypatch.undo()
    monkeypatch.setitem(PRESETS._entries, "tiny", tiny)
    with closing(RunFile.open(runs.path(name))) as file:
        last = file.last_step()
        assert 0 < last <= step  # all of them, where it was not the steps but what came after them that found no room
        assert file.metrics().shape == (last, 4)
    again = open_session()
    do(again, Open(name))
    settle(again, last)
    steps(again, 30)
    assert state(again) == digest(straight(tiny, last + 30, []).state())


def test_what_cannot_be_opened_is_refused_and_changes_nothing(open_session: Opener, runs: RunFolder) -> None:
    session = open_session()
    steps(session, 5)
    runs.folder.mkdir(exist_ok=True)
    runs.path("damaged").write_bytes(b"SQLite format 3" + bytes(1000))
    before = state(session)
    for command in (Open("absent"), Open("damaged"), Branch("absent", 0), Branch("damaged", 3), Open("../x")):
        refusal = send(session, command).refusal
        assert refusal is not None
        assert refusal.endswith(".")
        assert "Error" not in refusal
    refusal = send(session, Open(session.status().info.id)).refusal
    assert refusal == "This run is the one that is open."
    assert (session.status().phase, session.status().step, state(session)) == (Phase.PAUSED, 5, before)


def test_a_run_of_a_scenario_that_is_not_known_here_is_reset_to_its_own_beginning(
    open_session: Opener, runs: RunFolder, tiny: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_session()
    steps(first, 30)
    do(first, SetValues({"lr_g": 0.02}))
    steps(first, 10)
    name = first.status().info.id
    first.close(LONG)
    monkeypatch.delitem(PRESETS._entries, "tiny")
    session = open_session(preset="quick", seed=0)
    do(session, Open(name))
    settle(session, 40)
    assert session.status().info.preset == "tiny"
    steps(session, 5)
    do(session, Restart())
    info = session.status().info
    assert (info.preset, info.seed, info.parent, session.status().step) == ("tiny", SEED, None, 0)
    steps(session, 25)
    assert state(session) == digest(straight(tiny, 25, []).state())
    do(session, Restart(seed=SEED + 1))
    assert (session.status().info.preset, session.status().info.seed) == ("tiny", SEED + 1)
    do(session, Restart(preset="quick"))
    assert session.status().info.preset == "quick"


def test_a_run_in_which_nothing_happened_leaves_no_file(open_session: Opener, runs: RunFolder) -> None:
    session = open_session()
    do(session, Restart())
    session.close(LONG)
    assert not runs.folder.exists() or list(runs.folder.iterdir()) == []


def test_where_nothing_can_be_recorded_that_is_said_before_the_first_step_and_the_next_run_is_tried_anew(
    open_session: Opener, runs: RunFolder
) -> None:
    runs.folder.touch()  # a file in the place of the folder
    session = open_session()
    recording = session.status().recording
    assert recording is not None
    assert recording.error is not None
    assert recording.error.startswith(f"Nothing is recorded: {runs.folder} is no folder. Training works all the same;")
    steps(session, 3)
    runs.folder.unlink()
    do(session, Restart())
    recording = session.status().recording
    assert recording is not None
    assert recording.error is None
    steps(session, 3)
    session.close(LONG)
    with closing(RunFile.open(runs.path(session.status().info.id))) as file:
        assert file.last_step() == 3


def test_a_folder_that_is_lost_later_is_told_apart_from_a_full_disk(open_session: Opener, runs: RunFolder) -> None:
    session = open_session()
    runs.folder.touch()
    steps(session, 3)
    assert session.trainer.opening.recorder is not None
    session.trainer.opening.recorder.flush()
    recording = session.status().recording
    assert recording is not None
    assert recording.error is not None
    assert "let the server write there" in recording.error
    assert "make room" not in recording.error
