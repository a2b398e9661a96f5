"""A stranger's file: taken in whole and unchanged when it is a run, refused with one sentence when anything is not."""

from __future__ import annotations

import json
import random
import re
import resource
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import run_files
from gan_core.recording.file import intake as run_import
from gan_core.recording.file.branch import copy_until
from gan_core.recording.file.checkpoint import fingerprint, pack_state
from gan_core.recording.file.database import VERSION
from gan_core.recording.file.intake import import_run
from gan_core.recording.file.rows import BLOCK_ROWS, is_whole, pack_rows, unpack_rows
from gan_core.recording.file.run_file import RunFile
from gan_core.records.steps import StepMetrics
from gan_core.setup.config import GANConfig, sized
from gan_core.wire.envelope import envelope, pack

LIMIT = 10**8
ID = "20260202-020202-fedcba"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "20260101-000000-abcdef.sqlite"
    run_files.record(path, parent="20251231-000000-aaaaaa", parent_step=3)
    return path


@pytest.fixture
def stranger(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(recorded, tmp_path / "upload"))


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the file, read without any of the program's code."""
    with closing(sqlite3.connect(path)) as db:
        tables = {
            name: db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
            for name in ("changes", "metrics", "frames", "checkpoints")
        }
        about = {name: json.loads(value) for name, value in db.execute("SELECT name, value FROM about")}
    about["recipe"].pop("id")
    return {**tables, "about": sorted(about.items(), key=lambda pair: pair[0])}


def take_in(stranger: Path, limit: int = LIMIT) -> Path:
    folder = stranger.parent / "runs"
    folder.mkdir(exist_ok=True)
    file = import_run(stranger, folder / f"{ID}.sqlite", ID, limit)
    assert file.recipe.id == ID
    file.close()
    return file.path


def refused(stranger: Path, why: str = "", limit: int = LIMIT) -> str:
    """Assert that it is refused with one sentence, and that nothing of it stays."""
    before = stranger.read_bytes()
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # matched below
        take_in(stranger, limit)
    said = str(caught.value)
    assert re.search(why, said), said
    assert_sentence(said)
    assert not list((stranger.parent / "runs").iterdir())
    assert stranger.read_bytes() == before
    assert {path.name for path in stranger.parent.iterdir()} == {"runs", "upload"}
    return said


def assert_sentence(said: str) -> None:
    assert said.startswith("This file ")
    assert said.endswith(".")
    assert not said.endswith("..")
    assert "\n" not in said
    assert "Traceback" not in said
    assert 20 < len(said) < 400


def spoil(path: Path, *statements: str | tuple[str, tuple[object, ...]]) -> Path:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            query, values = (statement, ()) if isinstance(statement, str) else statement
            db.execute(query, values)
        db.commit()
    return path


def test_a_run_is_taken_in_to_the_last_bit(stranger: Path) -> None:
    spoil(stranger, ("UPDATE about SET value = ? WHERE name = 'title'", (json.dumps("Café β"),)))
    path = take_in(stranger)
    assert contents(path) == contents(stranger)
    with closing(RunFile.open(path)) as file:
        assert (file.title, file.recipe.parent, file.recipe.parent_step) == ("Café β", "20251231-000000-aaaaaa", 3)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_it_can_be_taken_in_again_and_again(stranger: Path) -> None:
    first = take_in(stranger)
    second = first.parent / "b.sqlite"
    import_run(first, second, "b", LIMIT).close()
    assert contents(second) == contents(stranger)


def test_metrics_over_several_blocks_and_with_a_stride(tmp_path: Path) -> None:
    path, rows = tmp_path / "upload", np.random.default_rng(0).random((2 * BLOCK_ROWS + 5, 4), np.float32)
    rows[-1, 0] = rows[-2, 2] = np.nan  # it diverged
    with closing(RunFile.create(path, run_files.recipe())) as file, file.transaction():
        file.add_checkpoint(0, pack_state(run_files.engine().state()))
        file.set_stride(4)
        file.add_rows(rows)
    with closing(RunFile.open(take_in(path))) as taken:
        assert taken.stride == 4
        assert taken.metrics().tobytes() == rows.tobytes()
        assert taken.last_step() == 1 + 4 * (len(rows) - 1)


def thinned(path: Path, steps: int = 3 * BLOCK_ROWS + 6) -> Path:
    """A run of which every second row was thinned, with one spike at a step that has no row."""
    rows = np.random.default_rng(0).random((steps, 4), np.float32)
    rows[steps // 2 * 2 - 1, 0] = 7
    with closing(RunFile.create(path, run_files.recipe())) as file, file.transaction():
        file.add_checkpoint(0, pack_state(run_files.engine().state()))
        file.add_steps(1, rows)
        file.halve_metrics()
        file.halve_metrics()
    return path


def test_extremes_of_thinned_metrics_are_taken_in(tmp_path: Path) -> None:
    stranger = thinned(tmp_path / "upload")
    with closing(RunFile.open(take_in(stranger))) as taken, closing(RunFile.open(stranger)) as theirs:
        assert (taken.stride, taken.metrics()[:, 0].max() < 1) == (4, True)
        assert np.fmax(taken.extremes().max(axis=0), taken.since()[0])[4] == 7
        assert taken.extremes().tobytes() == theirs.extremes().tobytes()
        assert taken.since().tobytes() == theirs.since().tobytes()


@pytest.mark.parametrize("column", [0, 3, 4, 7])
def test_extremes_that_cannot_be_are_refused(tmp_path: Path, column: int) -> None:
    stranger = thinned(tmp_path / "upload", 40)
    with closing(sqlite3.connect(stranger)) as db:
        ((blob,),) = db.execute("SELECT rows FROM extremes WHERE first = 0").fetchall()
    extremes = unpack_rows(blob, 8).copy()
    extremes[3, column] = 3 if column < 4 else -3
    spoil(stranger, ("UPDATE extremes SET rows = ? WHERE first = 0", (pack_rows(extremes),)))
    refused(stranger, "extremes are not those of its metrics")
    spoil(stranger, ("UPDATE extremes SET rows = ? WHERE first = 0", (blob[:-1],)))
    refused(stranger, "block of its extremes is damaged")


def test_what_is_there_already_stays(stranger: Path) -> None:
    path = take_in(stranger)
    before = path.read_bytes()
    with pytest.raises(OSError, match="there already"):
        import_run(stranger, path, ID, LIMIT)
    assert path.read_bytes() == before


def test_a_log_or_a_journal_beside_it_is_not_looked_at(stranger: Path) -> None:
    before = contents(stranger)
    with closing(sqlite3.connect(stranger)) as db:
        db.execute("DELETE FROM checkpoints")
        db.commit()
        log = stranger.with_name("upload-wal")
        assert log.stat().st_size > 0
        shutil.copy(log, stranger.with_name("kept"))
        shutil.copy(stranger, stranger.with_name("copy"))
    stranger.with_name("kept").rename(stranger.with_name("copy-wal"))
    assert contents(take_in(stranger.with_name("copy"))) == before


# -- files that are none, or another program's -------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0", b"not a database", bytes(8192), b"PK\x03\x04" + bytes(99)])
def test_what_is_no_database_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "upload").write_bytes(data)
    refused(tmp_path / "upload")


def test_another_program_s_database_is_refused(tmp_path: Path) -> None:
    spoil(tmp_path / "upload", "CREATE TABLE about (name TEXT)")
    refused(tmp_path / "upload", "not a run that GANscope recorded")


def test_a_file_from_the_future_is_refused(stranger: Path) -> None:
    spoil(stranger, f"PRAGMA user_version = {VERSION + 1}")
    refused(stranger, "newer GANscope")


def test_a_file_larger_than_a_run_may_be_is_refused(stranger: Path) -> None:
    refused(stranger, "more than the 50,000", limit=50_000)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (a)",
        "CREATE INDEX i ON frames (frame)",
        "CREATE VIEW v AS SELECT * FROM frames",
        "CREATE TRIGGER t AFTER INSERT ON frames BEGIN DELETE FROM changes; END",
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "CREATE VIRTUAL TABLE v USING dbstat(main)",
        "ALTER TABLE frames ADD COLUMN more TEXT",
        "ALTER TABLE frames RENAME TO pictures",
        "DROP TABLE changes",
    ],
)
def test_other_tables_views_and_triggers_are_refused(stranger: Path, statement: str) -> None:
    refused(spoil(stranger, statement), "its tables are not those of a run|not authorized")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sqlite_schema SET type = 'view', rootpage = 0, "
        "sql = 'CREATE VIEW frames AS SELECT 1 AS step, 2 AS frame' WHERE name = 'frames'",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'frames') "
        "WHERE name = 'checkpoints'",
        "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'metrics'",
        "UPDATE sqlite_schema SET rootpage = 100000 WHERE name = 'metrics'",
        "UPDATE sqlite_schema SET sql = sql || ' ' WHERE name = 'metrics'",
        "UPDATE sqlite_schema SET sql = NULL WHERE name = 'metrics'",
        "INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name = 'metrics'",
        "INSERT INTO sqlite_schema VALUES ('trigger', 'sqlite_autoindex_1', 'frames', 0, "
        "'CREATE TRIGGER sqlite_autoindex_1 AFTER INSERT ON frames BEGIN DELETE FROM changes; END')",
    ],
)
def test_a_list_of_tables_that_was_tampered_with_is_refused(stranger: Path, change: str) -> None:
    spoil(stranger, "PRAGMA writable_schema = ON", change)
    refused(stranger)


# -- rows --------------------------------------------------------------------------------------------------------------


def recipe_with(**fields: object) -> tuple[str, tuple[object, ...]]:
    plain = json.loads(json.dumps(vars_of(run_files.recipe())))
    for name, value in fields.items():
        inner, _, key = name.partition("__")
        if key:
            plain[inner][key] = value
        else:
            plain[inner] = value
    return "UPDATE about SET value = ? WHERE name = 'recipe'", (json.dumps(plain),)


def vars_of(recipe: object) -> dict[str, object]:
    return {name: getattr(recipe, name) for name in recipe.__dataclass_fields__}  # type: ignore[attr-defined]


def test_the_recipe_that_the_spoilt_ones_come_from_is_good(stranger: Path) -> None:
    take_in(spoil(stranger, recipe_with()))


@pytest.mark.parametrize(
    "fields",
    [
        {"config__generator": "1000000000:leaky-relu:tanh"},
        {"config__generator": f"{','.join(['4096'] * 16)}:leaky-relu:tanh"},
        {"config__generator": 4},
        {"config__discriminator": True},
        {"config__width": 4, "config__depth": 1},
        {"config__batch": 3},
        {"config__batch": "2"},
        {"config__generator": ""},
        {"config__generator": "-1:leaky-relu"},
        {"config__generator": "4:leaky-relu(slope=nan)"},
        {"config__generator": "4:leaky-relu(slope=2)"},
        {"config__discriminator": "4:leaky-relu(slope=much)"},
        {"config__discriminator": "4:swish"},
        {"config__optimiser_g": "adam(epsilon=0)"},
        {"config__optimiser_d": "adam(beta2=1)"},
        {"config__updates": "1000:1"},
        {"config__penalty": "fine"},
        {"config__latent": "dark"},
        {"config__more": 1},
        {"config__target": "nowhere"},
        {"config__target": ["spiral"]},
        {"config__objective": "none"},
        {"values__lr_g": 1.5},
        {"values__lr_g": None},
        {"values__lr_x": 0.1},
        {"values": {}},
        {"config": []},
        {"seed": -1},
        {"seed": 2**60},
        {"seed": 1.5},
        {"device": "tpu"},
        {"precision": "float8"},
        {"threads": 0},
        {"threads": 10**6},
        {"created": float("inf")},
        {"created": -1},
        {"created": 10**400},
        {"preset": "x" * 500},
        {"preset": "two\nlines"},
        {"machine": 5},
        {"torch": None},
        {"parent": "../../etc/passwd", "parent_step": 1},
        {"parent": "abc"},
        {"parent_step": 5},
        {"parent": "abc", "parent_step": -5},
        {"parent": "abc", "parent_step": 3, "changed_at": 3},
        {"parent": "abc", "parent_step": 3, "changed_at": 4, "config_before": vars(GANConfig())},
        {"parent": "abc", "parent_step": 3, "changed_at": 0, "config_before": vars(GANConfig())},
        {"parent": "abc", "parent_step": 3, "changed_at": 3, "config_before": {"batch": 3}},
        {"changed_at": 3, "config_before": vars(GANConfig())},
        {"more": 1},
    ],
    ids=str,
)
def test_a_recipe_out_of_bounds_is_refused(stranger: Path, fields: dict[str, object]) -> None:
    refused(spoil(stranger, recipe_with(**fields)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", json.dumps("x" * 81)),
        ("title", json.dumps("right\u202eleft")),
        ("title", "3"),
        ("title", "not JSON"),
        ("title", '"' + "x" * 20_000 + '"'),
        ("outcome", json.dumps("y" * 1001)),
        ("outcome", "[" * 5000),
        ("stride", "0"),
        ("stride", "1.0"),
        ("stride", "true"),
        ("stride", "1" * 5000),
        ("stride", "1000000000"),
        ("recipe", "null"),
        ("recipe", "{}"),
    ],
)
def test_texts_out_of_bounds_are_refused(stranger: Path, name: str, value: str) -> None:
    refused(spoil(stranger, ("UPDATE about SET value = ? WHERE name = ?", (value, name))))


FIVE = struct.pack("<4f", 1, 0.5, 1, 0.5) * 5


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM about WHERE name = 'title'",
        "INSERT INTO about VALUES ('more', '1')",
        # changes
        "UPDATE changes SET step = 0 WHERE number = 1",
        "UPDATE changes SET step = -5 WHERE number = 1",
        "UPDATE changes SET step = 42 WHERE number = 5",
        "UPDATE changes SET step = 30 WHERE number = 1",
        "UPDATE changes SET name = 'lr_x' WHERE number = 2",
        "UPDATE changes SET new = 1.5 WHERE number = 2",
        "UPDATE changes SET old = 9e999 WHERE number = 2",
        "INSERT INTO changes (step, name, old, new) VALUES (9000000000000000000, 'lr_g', 0.001, 0.002)",
        # metrics
        "UPDATE metrics SET first = 1",
        "UPDATE metrics SET rows = x''",
        "UPDATE metrics SET rows = substr(rows, 1, 17)",
        "UPDATE metrics SET rows = zeroblob(65552)",
        ("UPDATE metrics SET rows = ?", (struct.pack("<4f", 1, 1.5, 1, 0.5) * 40,)),
        ("UPDATE metrics SET rows = ?", (struct.pack("<4f", 1, 0.5, 1, float("nan")) * 40,)),
        ("INSERT INTO metrics VALUES (40, ?)", (FIVE,)),
        ("INSERT INTO metrics VALUES (4096, ?)", (FIVE,)),
        "UPDATE metrics SET rows = substr(rows, 1, 160)",  # ten steps; changes at later ones
        "UPDATE metrics SET rows = CAST(x'3f' || substr(rows, 2) AS BLOB)",  # a digit of a number
        "UPDATE metrics SET rows = CAST(substr(rows, 1, 640) || x'00000000' AS BLOB)",  # the sum
        # frames
        "UPDATE frames SET step = -5 WHERE step = 5",
        "UPDATE frames SET step = 6 WHERE step = 5",
        "UPDATE frames SET step = 5000000 WHERE step = 40",
        "UPDATE frames SET frame = x'' WHERE step = 5",
        "UPDATE frames SET frame = zeroblob(1999999) WHERE step = 5",
        "UPDATE frames SET frame = zeroblob(3000000) WHERE step = 5",
        "UPDATE frames SET frame = (SELECT state FROM checkpoints LIMIT 1) WHERE step = 5",
        # checkpoints
        "DELETE FROM checkpoints",
        "UPDATE checkpoints SET step = 11 WHERE step = 10",
        "UPDATE checkpoints SET step = -10 WHERE step = 0",
        "UPDATE checkpoints SET fingerprint = upper(fingerprint)",
        "UPDATE checkpoints SET fingerprint = '' WHERE step = 10",
        "UPDATE checkpoints SET state = x'' WHERE step = 10",
        "UPDATE checkpoints SET state = zeroblob(3000000) WHERE step = 10",
        "UPDATE checkpoints SET state = zeroblob(20000000) WHERE step = 10",
        "UPDATE checkpoints SET state = CAST(state || x'00000000' AS BLOB) WHERE step = 10",
        "UPDATE checkpoints SET state = (SELECT frame FROM frames LIMIT 1) WHERE step = 10",
    ],
    ids=str,
)
def test_rows_out_of_bounds_are_refused(stranger: Path, statement: str | tuple[str, tuple[object, ...]]) -> None:
    refused(spoil(stranger, statement))


def test_values_of_another_kind_are_refused(stranger: Path) -> None:
    """SQLite would not write them into these tables, but reads them from a file in which somebody else has."""
    with closing(sqlite3.connect(stranger)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'frames'")
        db.commit()
    spoil(stranger, "UPDATE frames SET frame = 'text' WHERE step = 5")
    with closing(sqlite3.connect(stranger)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'frames'")
        db.commit()
    refused(stranger, "pages are damaged")


def frame_changed(step: int, change: Callable[[dict], None]) -> bytes:
    data = run_files.frame(step)
    (length,) = struct.unpack_from("<I", data, 4)
    header = json.loads(data[8 : 8 + length])
    change(header)
    return envelope(header, data[8 + length :])


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.update(step=6),
        lambda h: h.update(step=5.0),
        lambda h: h.update(kind="state"),
        lambda h: h.update(resolution=4),
        lambda h: h.update(time="now"),
        lambda h: h.update(time=-1.0),
        lambda h: h.update(image_start=7.0),
        lambda h: h.update(kept="<script>"),
        lambda h: h.update(version=True),
        lambda h: h.update(version=2**60),
        lambda h: h.update(more=1),
        lambda h: h.pop("run"),
        lambda h: h["arrays"][0].update(more=1),
        lambda h: h["arrays"][0].pop("coding"),
        lambda h: h["arrays"][0].update(name="sample_map"),
        lambda h: h["arrays"][0].update(name="<b>"),
        lambda h: h["arrays"][5].update(shape=[4]),
        lambda h: h["arrays"].pop(),
    ],
)
def test_a_frame_that_is_not_as_documented_is_refused(stranger: Path, change: Callable[[dict], None]) -> None:
    spoil(stranger, ("UPDATE frames SET frame = ? WHERE step = 5", (frame_changed(5, change),)))
    refused(stranger)


@pytest.mark.parametrize("shape", [[2**31, 2**31], [2**31] * 4, [30_000, 30_000], [2**40], [-1, 4], [[4]], [True]])
def test_a_frame_of_gigantic_claims_takes_no_memory(stranger: Path, shape: list[object]) -> None:
    hostile = frame_changed(5, lambda h: h["arrays"][0].update(shape=shape))
    spoil(stranger, ("UPDATE frames SET frame = ? WHERE step = 5", (hostile,)))
    refused(stranger)


def test_a_zip_bomb_as_a_frame_takes_no_memory(stranger: Path) -> None:
    listed = [{"name": "latent_map", "dtype": "u1", "shape": [3, 3], "coding": "differences"}]
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(10**6)) for _ in range(300)) + packer.flush()  # a thousand times its size
    bomb = envelope({"kind": "frame", "body": "zlib", "arrays": listed}, body)
    assert len(bomb) < 330_000
    spoil(stranger, ("UPDATE frames SET frame = ? WHERE step = 5", (bomb,)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(stranger, "body is cut or longer")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


@pytest.mark.parametrize("shape", [[2**31], [10**6], [12, 2**20], [0]])
def test_a_checkpoint_of_gigantic_claims_takes_no_memory(stranger: Path, shape: list[int]) -> None:
    state = pack_state(run_files.engine().state())
    (length,) = struct.unpack_from("<I", state, 4)
    header = json.loads(state[8 : 8 + length])
    header["arrays"][0]["shape"] = shape
    spoil(stranger, ("UPDATE checkpoints SET state = ? WHERE step = 0", (envelope(header, state[8 + length :]),)))
    refused(stranger, "checkpoint|envelope")


def test_a_checkpoint_of_another_network_is_refused(stranger: Path) -> None:
    for config in (sized(width=5, depth=1, batch=2), sized(width=4, depth=2, batch=2)):
        state = pack_state(run_files.engine(config).state())
        query = "UPDATE checkpoints SET state = ?, fingerprint = ? WHERE step = 0"
        spoil(stranger, (query, (state, fingerprint(state))))
        refused(stranger, "another network|more than")


def test_a_checkpoint_of_another_device_is_refused(stranger: Path) -> None:
    """Its random streams would make torch raise when they are put back."""
    refused(spoil(stranger, recipe_with(device="cuda")), "another device")


def test_a_checkpoint_in_other_words_is_refused(stranger: Path) -> None:
    """The same state with a further field: its fingerprint could never come out of a re-run."""
    state = pack_state(run_files.engine().state())
    (length,) = struct.unpack_from("<I", state, 4)
    longer = envelope({**json.loads(state[8 : 8 + length]), "more": 1}, state[8 + length :])
    query = "UPDATE checkpoints SET state = ?, fingerprint = ? WHERE step = 0"
    refused(spoil(stranger, (query, (longer, fingerprint(longer)))), "is damaged")


def test_one_bit_of_a_checkpoint_is_noticed(stranger: Path) -> None:
    data = bytearray(stranger.read_bytes())
    state = pack_state(run_files.engine().state())
    weights = state[-2000:-1900]
    assert data.count(weights) >= 1
    data[data.index(weights) + 50] ^= 4
    stranger.write_bytes(data)
    refused(stranger)


def test_many_rows_are_refused_and_not_read_to_the_end(stranger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_import, "MAX_CHANGES", 4)
    refused(stranger, "changes")
    monkeypatch.setattr(run_import, "MAX_CHANGES", 5)
    monkeypatch.setattr(run_import, "MAX_FRAMES", 8)
    refused(stranger, "frames")
    monkeypatch.setattr(run_import, "MAX_FRAMES", 9)
    take_in(stranger)


def test_it_may_not_take_for_ever(stranger: Path, tmp_path: Path) -> None:
    readings = iter([0.0, *[10.0**6] * 100])
    with pytest.raises(ValueError, match="reading it takes too long") as caught:
        import_run(stranger, tmp_path / "x.sqlite", "x", LIMIT, monotonic=lambda: next(readings))
    assert_sentence(str(caught.value))
    assert [path.name for path in tmp_path.iterdir()] == ["upload"]


def test_sqlite_itself_is_stopped_when_it_takes_too_long(stranger: Path) -> None:
    """The clock is read while a single query goes on, not only between rows."""
    source = run_import._Stranger(stranger, 1.0, lambda: 0.0)
    with closing(source):
        source._now = lambda: 2.0
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            source._db.execute(
                "SELECT f.step FROM frames f, frames g, frames h, frames i, frames j, frames k"
            ).fetchall()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT load_extension('x')",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM sqlite_dbpage",
        "SELECT randomblob(10)",
        "ATTACH 'other' AS other",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)",
        "DELETE FROM frames",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
        "BEGIN",
    ],
)
def test_a_stranger_s_connection_can_do_nothing_but_read_the_tables(stranger: Path, query: str) -> None:
    with closing(run_import._Stranger(stranger, 1e9, lambda: 0.0)) as source:
        assert source._db.execute("SELECT step FROM checkpoints").fetchall()
        with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|no such table|prohibited"):
            source._db.execute(query)


def test_what_cannot_be_written_leaves_nothing(stranger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = sqlite3.OperationalError("database or disk is full")

    def refuse(file: RunFile, step: int, state: bytes) -> None:
        raise OSError("the disk is full") from full

    monkeypatch.setattr(RunFile, "add_checkpoint", refuse)
    with pytest.raises(OSError, match="the disk is full"):
        take_in(stranger)
    assert not list((stranger.parent / "runs").iterdir())


# -- fuzzing -----------------------------------------------------------------------------------------------------------


def flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_in_the_head(data: bytearray, chance: random.Random) -> None:
    """Where SQLite's header, list of tables and the roots of the tables are."""
    page = chance.randrange(6) * 8192
    data[page + chance.randrange(200)] ^= 1 << chance.randrange(8)


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def swap_pages(data: bytearray, chance: random.Random) -> None:
    a, b = (8192 * chance.randrange(len(data) // 8192) for _ in range(2))
    data[a : a + 8192], data[b : b + 8192] = data[b : b + 8192], data[a : a + 8192]


def overwrite(data: bytearray, chance: random.Random) -> None:
    start, length = chance.randrange(len(data)), chance.choice((1, 4, 100, 3000))
    data[start : start + length] = chance.choice((bytes(length), b"\xff" * length, chance.randbytes(length)))


def lengthen(data: bytearray, chance: random.Random) -> None:
    data += chance.randbytes(chance.choice((1, 8192)))


@pytest.mark.parametrize("seed", range(10))
def test_mutated_files_are_refused_or_are_runs(recorded: Path, tmp_path: Path, seed: int) -> None:
    """300 files: what is not refused passes the same checks again, and its networks and frames can be used."""
    chance, whole, taken = random.Random(seed), recorded.read_bytes(), 0
    for number in range(30):
        data = bytearray(whole)
        for mutate in chance.sample((flip, flip_in_the_head, cut, swap_pages, overwrite, lengthen), 1):
            mutate(data, chance)
        upload = tmp_path / "upload"
        upload.write_bytes(data)
        try:
            path = take_in(upload)
        except ValueError as error:
            assert_sentence(str(error))
            assert not list((tmp_path / "runs").iterdir())
            continue
        taken += 1
        with closing(import_run(path, tmp_path / f"{number}.sqlite", "again", LIMIT)) as again:
            assert contents(again.path) == contents(path)
            assert all(again.frame(step) for step in again.frame_steps())
            assert list(again.fingerprints()) == again.checkpoint_steps()
            assert again.metrics().shape == (again.rows(), 4)
        path.unlink()
    assert taken < 30  # something was damaged


@given(st.binary(max_size=300))
def test_any_bytes_as_a_frame_or_a_checkpoint(data: bytes) -> None:
    for check in (
        lambda: run_import.check_frame(data, 5),
        lambda: run_import._checked_checkpoint(5, "", data, run_files.CONFIG, "cpu", {}),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # which of many is not the point
            check()


def test_a_header_may_not_be_deep(stranger: Path) -> None:
    deep = b"GSC1" + struct.pack("<I", 100_000) + b"[" * 100_000
    spoil(stranger, ("UPDATE frames SET frame = ? WHERE step = 5", (deep,)))
    refused(stranger)


def test_frames_with_arrays_that_are_not_theirs(stranger: Path) -> None:
    other = pack({"kind": "frame", "step": 5}, {"latent_map": np.zeros((3, 3), np.float32)})
    spoil(stranger, ("UPDATE frames SET frame = ? WHERE step = 5", (other,)))
    refused(stranger, "no frame of step 5")


def test_the_sentence_names_what_is_wrong(stranger: Path) -> None:
    said = refused(spoil(stranger, recipe_with(config__batch=10**9)))
    assert (
        said
        == "This file cannot be taken in as a run: batch must be an even number from 2 to 65536; 1000000000 is not."
    )


def test_a_branch_that_was_exported_is_taken_in(stranger: Path, tmp_path: Path) -> None:
    branch, copy = tmp_path / "runs" / "branch.sqlite", tmp_path / "copy"
    with closing(RunFile.open(stranger)) as file:
        recipe = replace(file.recipe, id="branch", parent=file.recipe.id, parent_step=23)
        with closing(copy_until(file, branch, recipe, 23)) as made:
            made.copy_to(copy)
    assert contents(take_in(copy)) == contents(branch)


def test_a_file_of_the_first_format_has_no_sums(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    kept = run_files.record(path)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE metrics SET rows = substr(rows, 1, length(rows) - 4)")
        file.execute("DROP TABLE extremes")
        file.execute("PRAGMA user_version = 1")
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        assert file.metrics().tobytes() == run_files.rows(kept.metrics).tobytes()
        file.add_metrics([StepMetrics(41, 1.0, 0.5, 2.0, 0.25)])  # and it can be continued
    with closing(import_run(path, tmp_path / "run.sqlite", "run", 10**8)) as taken:
        assert taken.rows() == 41
        assert taken.metrics()[40].tolist() == [1.0, 0.5, 2.0, 0.25]


def test_every_flipped_bit_of_the_metrics_is_found(recorded: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(recorded)) as file:
        ((block,),) = file.execute("SELECT rows FROM metrics").fetchall()
    assert is_whole(block)
    flipped = (block[:i] + bytes([block[i] ^ 1 << bit]) + block[i + 1 :] for i in range(len(block)) for bit in range(8))
    assert not any(map(is_whole, flipped))
    assert zlib.crc32(unpack_rows(block).tobytes()) == int.from_bytes(block[-4:], "little")
