from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gan_core.bench import recording
from gan_core.bench.client import Client, running_server
from gan_core.bench.recording import OFF, ON, compare
from gan_core.bench.rounds import Plan
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import SUFFIX

LONG = 60.0  # seconds: how long to wait for what must come


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline


@pytest.mark.slow
def test_steps_are_in_the_file_only_where_they_are_recorded(tmp_path: Path) -> None:
    def train(more: int) -> int:
        """Steps that were trained in this stretch: at least so many."""
        before = client.step()
        client.play()
        wait_for(lambda: client.step() >= before + more)
        client.rest()
        return client.step() - before

    def rows() -> int:
        (path,) = tmp_path.glob(f"*{SUFFIX}")
        with closing(RunFile.open(path)) as file:
            return file.rows()

    with running_server("tiny", "cpu", 1, str(tmp_path)) as server, closing(Client(server.port)) as client:
        wait_for(lambda: client.step() > 50)
        client.rest()
        recorded = client.step()
        client.record(False)
        train(50)
        client.record(True)
        recorded += train(50)
        wait_for(lambda: rows() >= recorded)
        assert rows() == recorded


@pytest.mark.slow
def test_both_are_measured_at_one_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_LEAST", 0.4)
    rows = {row.name: row for row in compare("tiny", Plan(2, 0.0, "cpu", 1))}
    assert all(value > 0 for row in rows.values() for value in row.values)
    on, off = rows[ON].values, rows[OFF].values
    assert rows[f"{ON} : off"].values == (on[0] / off[0], on[1] / off[1])
