"""The table of a run, held against what its file holds, which is read without GANscope."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import run_files
from gan_core.__main__ import main


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
