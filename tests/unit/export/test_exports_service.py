"""Exports in the background: made in turn, cancelled, refused, kept for a while, and found again by the next server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import torch

import run_files
from gan_core.export.asked import Asked
from gan_core.export.curves import make
from gan_core.export.service import BESIDE_RUNS, KEPT, MAX_WAITING, Exports
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.exports import ExportJob, NoExport
from gan_core.rerun.retrace import engine_at
from waiting import until


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    run_files.record(tmp_path / "a.sqlite", 20)
    return tmp_path


def exports_of(runs: Path, now: Callable[[], float] = lambda: 100.0) -> Exports:
    return Exports(runs / BESIDE_RUNS, RunFolder(runs).path, now)


def job(exports: Exports, job_id: str) -> ExportJob:
    (found,) = (one for one in exports.listed() if one.id == job_id)
    return found


def ended(exports: Exports, job_id: str) -> ExportJob:
    until(lambda: job(exports, job_id).state in ("done", "failed"))
    return job(exports, job_id)


def test_files_are_made_in_turn_and_outlive_the_server(runs: Path) -> None:
    clock = 100.0
    with closing(exports_of(runs, lambda: clock)) as exports:
        first = exports.ask("a", "curves", ".csv", {})
        second = exports.ask("a", "curves", ".csv", {"steps": "1..900"})
        third = exports.ask("gone", "curves", ".csv", {})
        done = ended(exports, first)
        path, name, kind = exports.file(first)
        assert kind == "text/csv; charset=utf-8"
        assert name == "ganscope-a-curves.csv"
        with closing(RunFile.open(runs / "a.sqlite")) as run:
            make(run, Asked(suffix=".csv"), runs / "straight.csv", lambda done, total: None)
        assert path.read_bytes() == (runs / "straight.csv").read_bytes()
        assert done.nbytes == path.stat().st_size
        assert ended(exports, second).error == "This run is recorded from step 0 to 20."
        assert "no such run" in ended(exports, third).error
        with pytest.raises(NoExport):
            exports.file(second)
    with closing(exports_of(runs, lambda: clock)) as again:
        assert [one.id for one in again.listed()] == [first]
        assert again.file(first) == (path, name, kind)
        clock += KEPT + 1
        assert again.listed() == []
        assert list((runs / BESIDE_RUNS).iterdir()) == []


def test_cancelled_ones_leave_nothing_and_others_go_on(runs: Path) -> None:
    with closing(exports_of(runs)) as exports:
        ids = [exports.ask("a", "weights", ".safetensors", {"step": step}) for step in range(3)]
        until(lambda: job(exports, ids[0]).state != "waiting")
        exports.remove(ids[0])
        exports.remove(ids[1])
        assert ended(exports, ids[2]).state == "done"
        assert [one.id for one in exports.listed()] == [ids[2]]
        until(lambda: {path.stem for path in (runs / BESIDE_RUNS).iterdir()} == {ids[2]})
        exports.remove(ids[2])
        assert list((runs / BESIDE_RUNS).iterdir()) == []
        with pytest.raises(NoExport):
            exports.remove(ids[2])


def test_what_cannot_be_is_refused_at_once(runs: Path) -> None:
    with closing(exports_of(runs)) as exports:
        for what, suffix, given, words in (
            ("film of me", ".csv", {}, "no export"),
            ("curves", ".exe", {}, "written as"),
            ("curves", ".csv", {"colour": 1}, "no choice"),
            ("curves", ".csv", {"step": 3}, "no choice step"),
            ("curves", ".csv", {"steps": "3"}, "two dots"),
            ("weights", ".safetensors", {"step": -1}, "whole number"),
        ):
            with pytest.raises(ValueError, match=words):
                exports.ask("a", what, suffix, given)
        with pytest.raises(ValueError, match="not the id of a run"):
            exports.ask("../a", "curves", ".csv", {})
        exports._asked = {str(i): {} for i in range(MAX_WAITING)}  # as if so many waited
        with pytest.raises(ValueError, match="At most"):
            exports.ask("a", "curves", ".csv", {})
        exports._asked = {}


def test_a_run_is_begun_with_weights_from_a_file(runs: Path) -> None:
    with closing(exports_of(runs)) as exports:
        made = exports.ask("a", "weights", ".safetensors", {"step": 7})
        assert ended(exports, made).state == "done"
        begun = []
        for content in (exports.file(made)[0].read_bytes(), b"nothing"):
            with exports.upload() as place:
                place.write_bytes(content)
                begun.append(exports.begin("a", place))
        good, bad = (ended(exports, job_id) for job_id in begun)
        assert (good.state, bad.state) == ("done", "failed")
        assert "no file of weights" in bad.error
        with closing(RunFile.open(runs / f"{good.file}.sqlite")) as run, closing(RunFile.open(runs / "a.sqlite")) as of:
            assert run.weights
            assert (run.recipe.config, run.recipe.seed) == (of.recipe.config, of.recipe.seed)
            assert torch.equal(engine_at(run, 0).generator.parameters_flat, engine_at(of, 7).generator.parameters_flat)
        assert {path.stem for path in (runs / BESIDE_RUNS).iterdir()} == {made}
