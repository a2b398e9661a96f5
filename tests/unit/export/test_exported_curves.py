"""The table of a run, held against what its file holds, which is read without GANscope."""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import run_files
from gan_core.__main__ import main
from gan_core.export.asked import Asked
from gan_core.export.curves import make
from gan_core.recording.file.run_file import RunFile
from gan_core.records.readings import PLACE
from gan_core.wire.frames import read_frame


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "a.sqlite"
    run_files.record(path, 45)
    return path


def stored(path: Path) -> np.ndarray:
    """All rows of metrics, by the file's format alone: blocks of four float32 and a sum behind them."""
    with sqlite3.connect(path) as db:
        blocks = [blob for (blob,) in db.execute("SELECT rows FROM metrics ORDER BY first")]
    return np.concatenate([np.frombuffer(blob[:-4], "<f4").reshape(-1, 4) for blob in blocks])


def lr_g(path: Path, step: int) -> float:
    with sqlite3.connect(path) as db:
        ((recipe,),) = db.execute("SELECT value FROM about WHERE name = 'recipe'")
        made = db.execute("SELECT new FROM changes WHERE name = 'lr_g' AND step <= ? ORDER BY number", (step,))
        return [json.loads(recipe)["values"]["lr_g"], *(new for (new,) in made)][-1]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_table_holds_what_the_file_holds(run: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"curves{suffix}"
    assert main(["export", str(run), "--what", "curves", "--out", str(out)], {}) == 0
    table = pd.read_csv(out, comment="#") if suffix == ".csv" else pd.read_parquet(out)
    trained = table[table.step > 0]
    assert list(trained.step) == list(range(1, 46))
    columns = ["d_loss", "d_accuracy", "g_loss", "g_accuracy"]
    assert np.array_equal(trained[columns].to_numpy(np.float32), stored(run))
    assert list(trained.lr_g) == [lr_g(run, step) for step in trained.step]
    with duckdb.connect() as db:  # the other reader says the same
        reader = f"read_csv('{out}', comment = '#')" if suffix == ".csv" else f"'{out}'"
        assert db.execute(f"SELECT sum(d_loss) FROM {reader}").fetchone() == (pytest.approx(table.d_loss.sum()),)


def test_thinned_metrics_tell_of_the_steps_between(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    kept = run_files.record(path, 41)
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        file.halve_metrics()
        file.halve_metrics()
    out = tmp_path / "curves.parquet"
    with closing(RunFile.open(path)) as file:
        make(file, Asked(suffix=".parquet", steps=(5, 38)), out, lambda done, total: None)
    table = pd.read_parquet(out)
    assert list(table.step) == list(range(5, 38, 4))
    for row in table.itertuples():
        since = [metrics.d_loss for metrics in kept.metrics[row.step - 4 : row.step]]
        assert (row.d_loss, row.d_loss_least, row.d_loss_greatest) == (since[-1], min(since), max(since))


def test_what_is_not_trained_is_empty_and_what_broke_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(RunFile.create(path, run_files.recipe())) as file, file.transaction():
        file.add_steps(1, np.array([[0.5, 1, np.nan, np.nan], [np.nan, 0.25, np.inf, 0.5]], np.float32))
    out = tmp_path / "curves.csv"
    with closing(RunFile.open(path)) as file:
        make(file, Asked(suffix=".csv"), out, lambda done, total: None)
    rows = [line.split(",")[:5] for line in out.read_text().splitlines() if not line.startswith("#")]
    assert rows == [
        ["step", "d_loss", "d_accuracy", "g_loss", "g_accuracy"],
        ["1", "0.5", "1", "", ""],
        ["2", "nan", "0.25", "inf", "0.5"],
    ]


def test_readings_stand_at_the_steps_that_were_looked_at(tmp_path: Path) -> None:
    assert main(["train", "quick", "--steps", "6", "--record", "--out", str(tmp_path), "--threads", "1"], {}) == 0
    (path,) = tmp_path.glob("*.sqlite")
    out = tmp_path / "curves.csv"
    assert main(["export", str(path), "--what", "curves", "--out", str(out)], {}) == 0
    table = pd.read_csv(out, comment="#")
    with closing(RunFile.open(path)) as file:
        looks = {step: read_frame(file.frame(step) or b"", 0).reading for step in file.frame_steps()}
    assert looks
    told = table.set_index("step").reading_coverage
    assert sorted(told.dropna().index) == sorted(looks)
    for step, reading in looks.items():
        assert reading is not None
        assert np.float32(told[step]) == reading.values[PLACE["coverage"]]


def test_memory_does_not_grow_with_the_run(tmp_path: Path) -> None:
    path, out = tmp_path / "a.sqlite", tmp_path / "curves.parquet"
    steps = 300_000
    with closing(RunFile.create(path, run_files.recipe())) as file, file.transaction():
        file.add_steps(1, np.random.default_rng(0).random((steps, 4), np.float32))
    before = pa.default_memory_pool().max_memory()
    tracemalloc.start()
    with closing(RunFile.open(path)) as file:
        make(file, Asked(suffix=".parquet"), out, lambda done, total: None)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert parquet.read_metadata(out).num_rows == steps
    whole = steps * 13 * 8
    assert most < whole / 2
    assert pa.default_memory_pool().max_memory() - before < whole / 2
