"""One run in one file, against plain lists of all that was written into it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import run_files
from gan_core.recording.file import database as run_database
from gan_core.recording.file import room as run_room
from gan_core.recording.file.branch import copy_until
from gan_core.recording.file.checkpoint import fingerprint, pack_state
from gan_core.recording.file.database import VERSION
from gan_core.recording.file.room import keep_within
from gan_core.recording.file.rows import BLOCK_ROWS
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder, new_id
from gan_core.records.steps import Change, StepMetrics
from gan_core.run.thinning import Thinning
from run_files import frame, recipe, record, rows

RUN = "20260101-000000-abcdef"


@pytest.fixture(scope="module")
def state() -> bytes:
    return pack_state(run_files.engine().state())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / f"{RUN}.sqlite"


@pytest.fixture
def file(path: Path) -> Iterator[RunFile]:
    with closing(RunFile.create(path, recipe())) as made:
        yield made


def metrics(first: int, count: int) -> list[StepMetrics]:
    """Four numbers that tell the step."""
    return [StepMetrics(s, s + 0.25, s % 7 / 7, -float(s), s % 5 / 5) for s in range(first, first + count)]


def steps_of(file: RunFile) -> list[int]:
    return (-file.metrics()[:, 2]).astype(int).tolist()


# -- round trips -------------------------------------------------------------------------------------------------------


def test_what_was_written_is_read_again(path: Path) -> None:
    kept = record(path, 47)
    with closing(RunFile.open(path)) as file:
        assert file.recipe == recipe(RUN)
        assert (file.title, file.outcome, file.stride) == ("", {}, 1)
        assert file.metrics().tobytes() == rows(kept.metrics).tobytes()
        assert file.changes() == kept.changes
        assert {step: file.frame(step) for step in file.frame_steps()} == kept.frames
        assert file.frame(7) is None
        assert (file.first_step(), file.last_step(), file.rows()) == (0, 47, 47)
        assert file.checkpoint_steps() == list(kept.checkpoints)
        assert file.fingerprints() == {step: fingerprint(data) for step, data in kept.checkpoints.items()}
        for step in range(50):
            newest = max(s for s in kept.checkpoints if s <= step)
            assert file.checkpoint_before(step) == (newest, kept.checkpoints[newest])
            assert file.changes(after_step=step) == [change for change in kept.changes if change.step > step]
        with pytest.raises(ValueError, match=r"no checkpoint at or before step -1\.$"):
            file.checkpoint_before(-1)
        summary = file.summary()
        assert (summary.steps, summary.changes, summary.frames, summary.checkpoints) == (47, 6, 10, 5)
        assert summary.nbytes == sum(p.stat().st_size for p in path.parent.iterdir() if not p.name.endswith("-shm"))


@settings(max_examples=30)
@given(st.lists(st.integers(0, 5000), max_size=6), st.lists(st.integers(0, 9), max_size=3))
def test_metrics_over_the_borders_of_blocks(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], reopened: list[int]
) -> None:
    path, written = tmp_path_factory.mktemp("blocks") / "a.sqlite", 0
    file = RunFile.create(path, recipe())
    for turn, count in enumerate(counts):
        if turn in reopened:
            file.close()
            file = RunFile.open(path, write=True)
        with file.transaction():
            file.add_metrics(metrics(written + 1, count))
        written += count
        assert file.rows() == file.last_step() == written
    with closing(file):
        expected = rows(metrics(1, written))
        assert file.metrics().tobytes() == expected.tobytes()
        for start in {0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, written - 1, written, written + 5}:
            for limit in (0, 1, BLOCK_ROWS, 10**9):
                if start >= 0:
                    assert np.array_equal(file.metrics(start, limit), expected[start : start + limit])


def test_numbers_that_are_not_finite_are_kept(file: RunFile) -> None:
    odd = StepMetrics(1, float("nan"), 0.5, float("inf"), -0.0)
    with file.transaction():
        file.add_metrics([odd])
    assert file.metrics().tobytes() == rows([odd]).tobytes()


def test_the_first_checkpoint_of_a_step_stays(file: RunFile, state: bytes) -> None:
    with file.transaction():
        file.add_checkpoint(0, state)
        file.add_checkpoint(0, pack_state(run_files.engine(seed=8).state()))
    assert file.checkpoint_before(5) == (0, state)


def test_a_title_is_any_text(file: RunFile) -> None:
    for title in ("β “quoted” ' \\ \0", "", "\ud800"):
        with file.transaction():
            file.set_about("title", title)
        assert file.title == title


def test_of_many_frames_some_stay_and_reopening_changes_nothing(path: Path) -> None:
    plain = Thinning(600, 600)
    file = RunFile.create(path, recipe())
    for step in range(0, 5000, 2):
        if step % 1000 == 500:
            file.close()
            file = RunFile.open(path, write=True)
        with file.transaction():
            file.add_frame(step, b"%d" % step)
        if plain.wants(step):
            plain.add(step)
    with closing(file):
        assert file.frame_steps() == plain.steps
        assert all(file.frame(step) == b"%d" % step for step in plain.steps)


# -- transactions ------------------------------------------------------------------------------------------------------


def contents(file: RunFile) -> object:
    return (
        file.title,
        file.metrics().tobytes(),
        file.changes(),
        [(step, file.frame(step)) for step in file.frame_steps()],
        file.fingerprints(),
    )


@pytest.mark.parametrize("thin", [False, True])
def test_a_transaction_that_fails_leaves_nothing(
    path: Path, state: bytes, thin: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(path, 40)
    limit = 1 if thin else 10**9
    monkeypatch.setattr(run_room, "MIN_LIMIT", run_room.LOG_BYTES + 1)
    monkeypatch.setattr(run_room, "_FEWEST_FRAMES", 2)
    with closing(RunFile.open(path, write=True)) as file:
        before = contents(file)

        def write() -> None:
            file.add_metrics(metrics(41, 5000))
            file.add_change(Change(41, "lr_d", 1e-3, 2e-3))
            file.add_frame(50, frame(50))
            file.add_checkpoint(60, state)
            file.set_about("title", "new")
            keep_within(file, limit)

        with pytest.raises(KeyboardInterrupt), file.transaction():  # noqa: PT012
            write()
            raise KeyboardInterrupt
        assert contents(file) == before
        assert file.stride == 1
        with file.transaction():  # and the same again goes well
            write()
        assert file.title == "new"
        assert file.frame(50) == frame(50)
        assert file.changes()[-1] == Change(41, "lr_d", 1e-3, 2e-3)
        assert steps_of(file)[-1] >= 5040 - file.stride
        after = contents(file)
    with closing(RunFile.open(path)) as again:
        assert contents(again) == after


def test_another_connection_sees_whole_transactions(path: Path) -> None:
    with closing(RunFile.create(path, recipe())) as file, closing(RunFile.open(path)) as reader:
        with file.transaction():
            file.add_metrics(metrics(1, 3))
            file.add_change(Change(2, "lr_g", 0.1, 0.01))
            assert (reader.rows(), reader.changes()) == (0, [])
        assert (reader.rows(), len(reader.changes())) == (3, 1)


def test_what_a_killed_process_left_in_the_log_is_read(path: Path, tmp_path: Path) -> None:
    with closing(RunFile.create(path, recipe())) as file:
        with file.transaction():
            file.add_metrics(metrics(1, 10))
        left = tmp_path / "left"
        left.mkdir()
        for name in (path.name, f"{path.name}-wal"):
            shutil.copy(path.with_name(name), left / name)
    for write in (False, True):
        with closing(RunFile.open(left / path.name, write=write)) as again:
            assert steps_of(again) == list(range(1, 11))


def test_a_full_disk_is_said_plainly_and_nothing_is_lost(path: Path, state: bytes) -> None:
    record(path, 40)
    with closing(RunFile.open(path, write=True)) as file:
        before = contents(file)
        (pages,) = file._one("PRAGMA page_count")
        file._db.execute(f"PRAGMA max_page_count = {pages + 2}")  # SQLITE_FULL, as when the disk is full
        for _ in range(3):
            with pytest.raises(OSError, match="the disk is full"), file.transaction():  # noqa: PT012
                file.add_frame(41, frame(41))
                file.add_metrics(metrics(41, 100_000))
            assert contents(file) == before
        with file.transaction():  # what fits is still written
            file.add_change(Change(41, "lr_g", 0.1, 0.01))
        file._db.execute("PRAGMA max_page_count = 1000000")  # room was made
        with file.transaction():
            file.add_frame(41, frame(41))
            file.add_metrics(metrics(41, 100_000))
        assert file.frame(41) == frame(41)
        assert file.last_step() == 100_040
        assert steps_of(file)[40:] == list(range(41, 100_041))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_commit_that_fails_can_be_tried_again(path: Path) -> None:
    """As when the disk fails in the last moment: nothing is written, and the next transaction begins anew."""
    file = RunFile.create(path, recipe())

    class Failing:
        def __init__(self, db: sqlite3.Connection) -> None:
            self._db, self.fails = db, True

        def __getattr__(self, name: str) -> object:
            return getattr(self._db, name)

        def execute(self, query: str, *values: object) -> object:
            if query == "COMMIT" and self.fails:
                self.fails = False
                raise sqlite3.OperationalError("disk I/O error")
            return self._db.execute(query, *values)

    file._db = Failing(file._db)  # type: ignore[assignment]
    with closing(file):
        with pytest.raises(OSError, match="disk I/O error"), file.transaction():
            file.add_metrics(metrics(1, 5))
        assert file.rows() == 0
        with file.transaction():
            file.add_metrics(metrics(1, 6))
        assert steps_of(file) == list(range(1, 7))


# -- bounds ------------------------------------------------------------------------------------------------------------


def test_within_a_small_limit_the_ends_and_all_changes_stay(
    tmp_path: Path, state: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 600_000
    monkeypatch.setattr(run_room, "MIN_LIMIT", 1)
    monkeypatch.setattr(run_room, "LOG_BYTES", 0)
    path, written, changes = tmp_path / "a.sqlite", 0, []
    with closing(RunFile.create(path, recipe())) as file:
        while written < 60_000:
            count = 500
            with file.transaction():
                file.add_metrics(metrics(written + 1, count))
                written += count
                if written % 2500 == 0:
                    changes.append(Change(written + 1, "lr_g", 0.1, written / 1e7))
                    file.add_change(changes[-1])
                file.add_frame(written - count, frame(written - count))
                file.add_checkpoint(written - count, state)
                newest = file.frame_steps()[-1]  # not each one that is offered is wanted
                keep_within(file, limit)
            assert file.bytes_in_use() <= limit
            assert (file.frame_steps()[0], file.frame_steps()[-1]) == (0, newest)
            assert (file.checkpoint_steps()[0], file.checkpoint_steps()[-1]) == (0, written - count)
            assert newest > 0.8 * written - 5000
            assert file.changes() == changes
            assert steps_of(file) == list(range(1, written + 1, file.stride))
        assert file.stride > 1
        assert len(file.checkpoint_steps()) >= 8
        assert len(file.frame_steps()) >= 16
        # Spread over the run: denser where it is young.
        gaps = np.diff(file.checkpoint_steps())
        assert gaps.max() < written / 2
        assert gaps[0] <= gaps.mean()
        file.settle()
        assert file.nbytes() <= limit + 300_000  # freed pages are used again; some room for what was added before
    with closing(RunFile.open(path, write=True)) as again:
        assert steps_of(again) == list(range(1, written + 1, again.stride))
        with again.transaction():
            again.add_metrics(metrics(written + 1, 500))
        assert steps_of(again) == list(range(1, written + 501, again.stride))


def test_what_was_thinned_stays_in_the_extremes(path: Path, tmp_path: Path) -> None:
    """Against a plain loop over all steps; written in pieces, opened again in between, and copied into a branch."""
    random = np.random.default_rng(1)
    every = random.random((9_000, 4), np.float32)
    with closing(RunFile.create(path, recipe())) as file, file.transaction():
        file.add_steps(1, every[:8_500])
        file.halve_metrics()
        file.halve_metrics()
        file.add_steps(8_501, every[8_500:8_502])
    with closing(RunFile.open(path, write=True)) as file:
        at = 8_502
        while at < len(every):
            count = int(random.integers(1, 60))
            with file.transaction():
                file.add_steps(at + 1, every[at : at + count])
            at += count
        kept = range(0, len(every), 4)
        np.testing.assert_array_equal(file.metrics(), every[kept])
        spans = [every[max(0, last - 3) : last + 1] for last in kept]
        np.testing.assert_array_equal(file.extremes(), [[*span.min(axis=0), *span.max(axis=0)] for span in spans])
        rest = every[kept[-1] + 1 :]
        np.testing.assert_array_equal(file.since()[0], [*rest.min(axis=0), *rest.max(axis=0)])
        file.add_checkpoint(0, pack_state(run_files.engine().state()))
        with closing(copy_until(file, tmp_path / "b.sqlite", recipe("b"), 5_000)) as branch:
            np.testing.assert_array_equal(branch.extremes(), file.extremes(0, branch.rows()))


def test_a_file_of_an_older_format_is_thinned_with_extremes(path: Path) -> None:
    with closing(RunFile.create(path, recipe())) as file, file.transaction():
        file.set_stride(2)
        file.add_steps(1, np.arange(40_000, dtype=np.float32).reshape(10_000, 4))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE extremes")  # it was thinned before there were any
        db.execute("PRAGMA user_version = 2")
    with closing(RunFile.open(path, write=True)) as file:
        before = file.metrics()
        np.testing.assert_array_equal(file.extremes(), np.hstack((before, before)))
        with file.transaction():
            file.add_steps(10_001, np.array([[0, 0, 0, 0], [9, 9, 9, 9], [1, 1, 1, 1]], np.float32))
        np.testing.assert_array_equal(file.extremes(0, 5_000), np.hstack((before, before)))
        assert file.extremes(5_000).tolist() == [[0] * 8, [1] * 4 + [9] * 4]
    with closing(RunFile.open(path)) as file:
        assert (file.rows(), file.extremes().shape) == (5_002, (5_002, 8))


def test_checkpoints_go_before_frames_and_those_at_changes_last(
    file: RunFile, state: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_room, "MIN_LIMIT", 1)
    monkeypatch.setattr(run_room, "LOG_BYTES", 0)
    with file.transaction():
        for step in range(0, 4000, 100):
            file.add_checkpoint(step, state)
            file.add_frame(step, frame(step))
        file.add_change(Change(1001, "lr_g", 0.1, 0.01))
        file.add_change(Change(3001, "lr_g", 0.01, 0.1))
        frames = file.frame_steps()
        keep_within(file, file.bytes_in_use() - 250_000)
    assert 8 <= len(file.checkpoint_steps()) < 40
    assert {0, 1000, 3000, 3900} <= set(file.checkpoint_steps())
    assert file.frame_steps() == frames


def test_nothing_is_thinned_below_the_limit(path: Path) -> None:
    kept = record(path, 40)
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        keep_within(file, 1)  # MIN_LIMIT counts
        assert (file.frame_steps(), file.checkpoint_steps(), file.stride) == (
            list(kept.frames),
            list(kept.checkpoints),
            1,
        )


# -- copies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0, 1, 6, 7, 23, 40])
def test_a_branch_has_all_that_happened_until_then(path: Path, tmp_path: Path, step: int) -> None:
    kept = record(path, 40)
    branched = recipe("branch", parent=RUN, parent_step=step)
    with (
        closing(RunFile.open(path)) as file,
        closing(copy_until(file, tmp_path / "b.sqlite", branched, step)) as branch,
    ):
        assert branch.recipe == branched
        assert branch.metrics().tobytes() == rows(kept.metrics[:step]).tobytes()
        assert branch.changes() == [change for change in kept.changes if change.step <= step]
        assert {s: branch.frame(s) for s in branch.frame_steps()} == {s: f for s, f in kept.frames.items() if s <= step}
        newest = max(s for s in kept.checkpoints if s <= step)
        assert branch.checkpoint_before(step) == (newest, kept.checkpoints[newest])
        assert set(branch.checkpoint_steps()) <= set(kept.checkpoints)
        # It is a file of its own: what follows in either does not touch the other.
        with branch.transaction():
            branch.add_metrics(metrics(step + 1, 3))
        assert (branch.last_step(), file.last_step()) == (step + 3, 40)


def test_a_branch_of_a_thinned_run(file: RunFile, tmp_path: Path, state: bytes) -> None:
    with file.transaction():
        file.add_checkpoint(0, state)
        file.set_stride(4)
        file.add_metrics(metrics(1, 10_000))
        for step in range(100, 10_000, 100):
            file.add_checkpoint(step, state)
    for step in (1, 4, 5, 6, 9_997):
        with closing(copy_until(file, tmp_path / f"{step}.sqlite", recipe("b"), step)) as branch:
            assert branch.stride == 4
            assert steps_of(branch) == list(range(1, step + 1, 4))
            assert branch.checkpoint_steps()[0] == 0
            assert branch.checkpoint_steps()[-1] == step // 100 * 100
            assert len(branch.checkpoint_steps()) <= 10
            with branch.transaction():
                branch.add_metrics(metrics(step + 1, 20))
            assert steps_of(branch) == list(range(1, step + 21, 4))


@pytest.mark.parametrize("step", [-1, 41, 10**20])
def test_there_is_no_branch_of_a_step_that_was_not_trained(path: Path, tmp_path: Path, step: int) -> None:
    record(path, 40)
    with closing(RunFile.open(path)) as file, pytest.raises(ValueError, match=r"from step 0 to 40: .*\.$"):
        copy_until(file, tmp_path / "b.sqlite", recipe("b"), step)
    assert not (tmp_path / "b.sqlite").exists()


def test_a_branch_that_cannot_be_written_leaves_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(path, 40)
    before = set(tmp_path.iterdir())

    def refuse(file: RunFile, step: int, state: bytes) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(RunFile, "add_checkpoint", refuse)
    with closing(RunFile.open(path)) as file:
        with pytest.raises(OSError, match="disk I/O error"):
            copy_until(file, tmp_path / "b.sqlite", recipe("b"), 30)
        assert file.last_step() == 40  # it can still be read
    assert set(tmp_path.iterdir()) == before


def test_a_copy_is_one_file_with_everything(path: Path, tmp_path: Path) -> None:
    with closing(RunFile.create(path, recipe())) as file:
        with file.transaction():
            file.add_metrics(metrics(1, 10))
        copy = tmp_path / "copy" / "c.sqlite"
        copy.parent.mkdir()
        file.copy_to(copy)
        with file.transaction():
            file.add_metrics(metrics(11, 10))
    assert [p.name for p in copy.parent.iterdir()] == ["c.sqlite"]
    with closing(RunFile.open(copy)) as again:
        assert (again.last_step(), again.recipe) == (10, recipe())


def test_a_copy_into_nowhere_is_said_in_a_sentence(path: Path, tmp_path: Path) -> None:
    with closing(RunFile.create(path, recipe())) as file, pytest.raises(OSError, match="unable to open"):
        file.copy_to(tmp_path / "nowhere" / "c.sqlite")


# -- what cannot be opened ---------------------------------------------------------------------------------------------


def cannot_open(path: Path, why: str) -> None:
    before = path.read_bytes()
    for write in (False, True):
        with pytest.raises(ValueError, match=rf"^{path.name} cannot .*{why}.*(?<!\.)\.$"):
            RunFile.open(path, write=write)
    assert path.read_bytes() == before


def spoil(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "no.sqlite", tmp_path):
        with pytest.raises(FileNotFoundError, match="no such run"):
            RunFile.open(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"text", bytes(20_000), b"SQLite format 3\0" + bytes(5000)])
def test_no_database(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    cannot_open(path, "")


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_a_truncated_file(path: Path, share: float) -> None:
    record(path, 40)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    cannot_open(path, "")


def test_another_program_s_database(path: Path) -> None:
    spoil(path, "CREATE TABLE about (name TEXT)")
    cannot_open(path, "not a run that GANscope recorded")


def test_a_file_from_the_future(path: Path) -> None:
    record(path, 1)
    spoil(path, f"PRAGMA user_version = {VERSION + 1}")
    cannot_open(path, f"newer GANscope .format {VERSION + 1}, this one reads up to {VERSION}.; update it")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (a)",
        "CREATE INDEX i ON changes (step)",
        "CREATE VIEW v AS SELECT * FROM frames",
        "CREATE TRIGGER t AFTER INSERT ON frames BEGIN DELETE FROM changes; END",
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "ALTER TABLE frames ADD COLUMN more TEXT",
        "DROP TABLE frames",
    ],
)
def test_other_tables(path: Path, statement: str) -> None:
    record(path, 1)
    spoil(path, statement)
    cannot_open(path, "its tables are not those of a run")


def with_recipe(**fields: object) -> str:
    plain = {name: getattr(recipe(), name) for name in recipe().__dataclass_fields__}
    return json.dumps({**plain, **fields})


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("recipe", "{", "JSON|Expecting"),
        ("recipe", "3", "its recipe is none"),
        ("recipe", "{}", "recorded without 'id'"),
        ("recipe", with_recipe(more=1), "'more', which this version of GANscope does not know"),
        ("recipe", with_recipe(created="now"), "created"),
        ("recipe", with_recipe(seed=True), "seed"),
        ("recipe", with_recipe(config=[]), "config"),
        ("recipe", with_recipe(parent=5), "parent"),
        ("stride", '"x"', ""),
        ("stride", "Infinity", ""),
        ("stride", "[" * 5000, ""),
    ],
)
def test_damage_in_what_it_says_of_itself(path: Path, name: str, value: str, why: str) -> None:
    record(path, 1)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE about SET value = ? WHERE name = ?", (value, name))
        db.commit()
    cannot_open(path, f"({why})")


def test_damage_that_shows_only_when_it_is_read(path: Path) -> None:
    """The pages of the frames are zeros: one sentence each time, and the rest can be read."""
    kept = record(path, 40)
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'frames'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    data[(page - 1) * size : page * size] = bytes(size)
    path.write_bytes(data)
    with closing(RunFile.open(path)) as file:
        for read in (file.frame_steps, lambda: file.frame(5), file.summary):
            with pytest.raises(ValueError, match=rf"^{path.name} cannot be read: .*malformed\.$"):
                read()
        assert file.metrics().tobytes() == rows(kept.metrics).tobytes()
    cannot_open_for_writing = pytest.raises(ValueError, match=r"cannot be opened as a run: .*malformed\.$")
    with cannot_open_for_writing:
        RunFile.open(path, write=True)


def test_steps_beyond_all_numbers(path: Path) -> None:
    record(path, 1)
    with closing(RunFile.open(path)) as file:
        for read in (file.frame, file.checkpoint_before, file.changes, file.metrics):
            with pytest.raises(ValueError, match=r"cannot be read: .*\.$"):
                read(10**30)


def test_a_reader_cannot_write(path: Path) -> None:
    record(path, 1)
    with (
        closing(RunFile.open(path)) as file,
        pytest.raises(OSError, match="readonly"),
        file.transaction(),
    ):
        file.set_about("title", "x")


def test_where_nothing_can_be_written_it_can_still_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk filled to the brim, or in a folder that is closed, SQLite cannot make its file of shared memory."""
    kept = record(path, 40)

    def refuse(path: Path, *, write: bool) -> sqlite3.Connection:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
        raise error

    monkeypatch.setattr(run_database, "connect", refuse)
    with closing(RunFile.open(path)) as file:
        assert file.metrics().tobytes() == rows(kept.metrics).tobytes()
        assert file.summary().steps == 40
        with pytest.raises(OSError, match="readonly"), file.transaction():
            file.set_about("title", "x")
        assert [p.name for p in path.parent.iterdir()] == [path.name]
    cannot = r"cannot be opened as a run: {}\.$"
    with pytest.raises(ValueError, match=cannot.format("disk I/O error")):
        RunFile.open(path, write=True)
    monkeypatch.setattr(run_database, "_LITTLE", 1 << 62)
    with pytest.raises(ValueError, match=cannot.format("the disk is full")):
        RunFile.open(path, write=True)
    path.with_name(f"{path.name}-wal").write_bytes(b"what is in a log must not be passed over")
    with pytest.raises(ValueError, match=cannot.format("the disk is full")):
        RunFile.open(path)


def test_a_file_that_is_there_is_not_begun_anew(path: Path) -> None:
    record(path, 1)
    before = path.read_bytes()
    with pytest.raises(OSError, match="there already"):
        RunFile.create(path, recipe())
    assert path.read_bytes() == before


def test_what_cannot_be_begun_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_bytes(b"")
    with pytest.raises(OSError, match="no-folder"):
        RunFile.create(tmp_path / "no-folder" / "a.sqlite", recipe())
    with pytest.raises(TypeError):
        RunFile.create(tmp_path / "b.sqlite", replace(recipe(), machine=object()))  # type: ignore[arg-type]
    assert [p.name for p in tmp_path.iterdir()] == ["no-folder"]


# -- names -------------------------------------------------------------------------------------------------------------


def test_names_of_runs_sort_by_time_and_are_all_different(tmp_path: Path) -> None:
    names = [new_id(1.8e9 + second) for second in range(50)]
    assert names == sorted(names)
    assert len({new_id(1.8e9) for _ in range(200)}) == 200
    assert names[0].startswith("20270115-080000-")
    folder = RunFolder(tmp_path)
    assert folder.path(names[0]) == tmp_path / f"{names[0]}.sqlite"
    for other in ("", "..", "a/b", "A", "-a", "a\n", "x" * 41):
        with pytest.raises(ValueError, match=r"is not the id of a run.*\.$"):
            folder.path(other)


@pytest.mark.parametrize("shared", [False, True])
def test_on_a_shared_drive_there_is_a_journal_and_no_log(
    shared: bool, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://sqlite.org/wal.html: a log does not work over a network file system."""
    monkeypatch.setattr(run_database, "is_shared", lambda folder: shared)
    kept = record(path, 40)
    assert path.read_bytes()[18:20] == (b"\x01\x01" if shared else b"\x02\x02")  # the header's versions: 2 is a log
    with closing(RunFile.open(path, write=True)) as writer, closing(RunFile.open(path)) as reader:
        with writer.transaction():
            writer.set_about("title", "Mine")
            beside = {file.name.removeprefix(path.name) for file in path.parent.iterdir()}
        assert beside - {"", "-lock"} == ({"-journal"} if shared else {"-wal", "-shm"})
        assert reader.title == "Mine"
        assert reader.metrics().tobytes() == rows(kept.metrics).tobytes()
        writer.settle()


def test_a_run_with_a_log_that_was_carried_to_a_shared_drive_loses_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(path, 1)
    monkeypatch.setattr(run_database, "is_shared", lambda folder: True)
    with closing(RunFile.open(path)), closing(RunFile.open(path, write=True)) as file, file.transaction():
        file.set_about("title", "Read meanwhile")  # in the log it has, all the same
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        file.set_about("title", "Alone")
    assert path.read_bytes()[18:20] == b"\x01\x01"
    with closing(RunFile.open(path)) as file:
        assert file.title == "Alone"
