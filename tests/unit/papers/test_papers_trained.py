"""A table that is trained, in short: interrupted and taken up again it is the same; what is wrong is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crews import clients_of, crew_of_threads
from gan_core.bench.tables.__main__ import SEEDS, main
from gan_core.papers.asked import Asked
from gan_core.papers.registry import TABLES
from gan_core.papers.train import Ended, train
from gan_core.sweep.conduct import Report
from gan_core.sweep.crew import MakeCrew, NoCrew

TABLE = TABLES["d2l-grid"]
WAYS = ("gan", "relativistic-r1-r2")


@pytest.fixture(scope="module")
def make_crew() -> Iterator[MakeCrew]:
    with crew_of_threads() as cluster:
        yield clients_of(cluster)


def asked(out: Path) -> Asked:
    return Asked(TABLE, (0,), 20, out, WAYS)


def table_of(ended: Ended, out: Path) -> dict[str, Any]:
    """As the file has it, without what takes another time each time."""
    assert not ended.left_out
    found: dict[str, Any] = json.loads((out / "table.json").read_text())
    for way in found["ways"]:
        if way["here"]:
            del way["here"]["seconds"]
    return found


def test_interrupted_and_taken_up_again_it_is_the_same_table(tmp_path: Path, make_crew: MakeCrew) -> None:
    whole = table_of(train(asked(tmp_path / "whole"), make_crew, Report()), tmp_path / "whole")
    there = {way["name"]: way for way in whole["ways"] if way["here"]}
    assert set(there) == set(WAYS)
    gan = there["gan"]["here"]
    assert (gan["seeds"], gan["steps"], gan["gradients"], gan["samples"]) == (1, 20, 40, 20 * 1024)
    assert there["relativistic-r1-r2"]["here"]["gradients"] == 60
    assert 0 <= gan["readings"]["modes"]["value"] <= 25
    assert whole["equal_gradients"]["relativistic-r1-r2"]["step"] == 12  # the last told within 13.3

    done: list[int] = []
    report = Report(done.append, stop=lambda: sum(done) > 0)
    parted = tmp_path / "parted"
    first = train(asked(parted), make_crew, report)
    assert first.stopped
    so_far = [way["name"] for way in table_of(first, parted)["ways"] if way["here"]]
    assert so_far == ["gan"]
    again = train(asked(parted), make_crew, Report())
    assert not again.stopped
    assert table_of(again, parted) == whole


def test_what_is_done_is_only_printed(tmp_path: Path, make_crew: MakeCrew) -> None:
    only = Asked(TABLE, (0,), 2, tmp_path, ("gan",))
    train(only, make_crew, Report())
    before = (tmp_path / "table.md").read_text()

    def nobody() -> Any:
        raise NoCrew("Nobody is needed.")

    assert not train(only, nobody, Report()).left_out
    assert (tmp_path / "table.md").read_text() == before


def complaint(given: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as left:
        main(given)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["pacgan"], "There is no table 'pacgan'; there are pacgan-ring, "),
        (["d2l-grid", "--seeds", "0"], "seeds must be a whole number from 1"),
        (["d2l-grid", "--steps", "many"], "steps must be a whole number from 1"),
        (["d2l-grid", "--workers", "0"], "workers must be a whole number from 1"),
        (["d2l-grid", "--only", "gan", "lazy"], "d2l-grid has no way 'lazy' to train; there are gan, gan-r1, "),
        (["pacgan-ring", "--only", "veegan"], "pacgan-ring has no way 'veegan' to train"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_before_anything_is_written(
    given: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert words in complaint([*given, "--out", str(out)], capsys)
    assert not out.exists()


def test_a_folder_of_other_runs_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Asked(TABLE, SEEDS, 20, tmp_path, ("gan",)).begin()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    said = complaint(["d2l-grid", "--steps", "21", "--only", "gan-r1", "--out", str(tmp_path)], capsys)
    assert "gan holds another sweep, with steps 20 and not 21" in said
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_nobody_to_train_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(scheduler: str | None, workers: int | None) -> Any:
        raise NoCrew(f"No Dask scheduler answers at {scheduler}.")

    monkeypatch.setattr("gan_core.bench.tables.__main__.crew", nobody)
    given = ["d2l-grid", "--steps", "2", "--scheduler", "tcp://127.0.0.1:1", "--out", str(tmp_path)]
    assert main(given) == 1
    assert "No Dask scheduler answers at tcp://127.0.0.1:1." in capsys.readouterr().err
    assert (tmp_path / "table.md").exists()
