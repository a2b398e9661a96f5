from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from gan_core.sweep.axis import read_axis
from gan_core.sweep.eye import READ
from gan_core.sweep.plan import Plan
from gan_core.sweep.table import as_parquet, table

PLAN = Plan("blank", 40, (0, 1), (read_axis("lr_g=1e-3,1e-2"),), config=(("objective", "hinge"),), until="covering")


def row(key: str, number: float) -> dict[str, Any]:
    return {
        "key": key,
        "verdict": "hopping",
        "since": 20,
        "ended": "steps",
        "steps": 40,
        "seconds": 1.5,
        "machine": "a machine",
        "torch": "2",
        "samples": 100,
        "gradients": 80,
        "told": [20, 40],
        "readings": {name: [None, number] for name in READ},
        "fakes": "AQD//w==",  # (1, -1) of 32 767
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    keys = [task.key for _, task in PLAN.tasks()]
    rows = [row(key, i / 4) for i, key in enumerate(keys)]
    path = tmp_path / "sweep.parquet"
    path.write_bytes(as_parquet(table(PLAN, [rows[3], rows[0], rows[1], row("of another plan", 9)])))
    return path


def test_pandas_opens_it(file: Path) -> None:
    found = pd.read_parquet(file)
    assert found["seed"].tolist() == [0, 1, 1]  # in the order of the plan, the third one is not done
    assert found["lr_g"].tolist() == [0.001, 0.001, 0.01]
    assert found["coverage"].tolist() == [0.0, 0.25, 0.75]
    assert set(found["objective"]) == {"hinge"}
    assert set(found["verdict"]) == {"hopping"}
    assert np.isnan(found["energy_along"][1][0])
    assert found["energy_along"][1][1] == 0.25
    assert np.frombuffer(found["fakes"][0], "<i2").tolist() == [1, -1]


def test_duckdb_opens_it(file: Path) -> None:
    found = duckdb.sql(f"select lr_g, avg(coverage), count(*), max(told[2]) from '{file}' group by lr_g order by lr_g")
    assert found.fetchall() == [(0.001, 0.125, 2, 40), (0.01, 0.75, 1, 40)]


def test_a_sweep_of_which_nothing_is_done_is_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(as_parquet(table(PLAN, [])))
    assert len(pd.read_parquet(tmp_path / "a.parquet")) == 0
