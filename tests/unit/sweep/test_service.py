"""The sweeps of a server: the child that trains one, killed, stopped and gone on with; plans that are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.records.sweeps import NoSweep
from gan_core.sweep.folder import PLAN, ROWS
from gan_core.sweep.laborer import Laborer
from gan_core.sweep.line import Line
from gan_core.sweep.plan import read_plan
from gan_core.sweep.service import MAX_RUNS, Sweeps
from gan_core.sweep.trial import seconds_of_a_run
from gan_core.sweep.work import Handed, Share, work
from gan_core.wire.envelope import unpack
from waiting import LONG, until

ROOT = Path(__file__).parents[3]
TINY: dict[str, Any] = {"preset": "blank", "steps": 40, "seeds": [0, 1]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "sweeps"


@pytest.fixture
def idle(place: Path) -> Sweeps:
    """One that trains nothing: its thread is not started."""
    return Sweeps(place, Line(cores=2))


class Servers:
    """One server's sweeps after another's, in the same folder."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.lines: list[Line] = []

    def start(self) -> Sweeps:
        self.lines.append(Line(cores=2))
        sweeps = Sweeps(self.place, self.lines[-1])
        self.lines[-1].start()
        return sweeps

    def end(self) -> None:
        while self.lines:
            self.lines.pop().close()


@pytest.fixture
def servers(place: Path) -> Iterator[Servers]:
    made = Servers(place)
    yield made
    made.end()


def state_of(sweeps: Sweeps, name: str) -> dict[str, Any]:
    return next(one for one in sweeps.listed() if one["id"] == name)


@pytest.mark.slow
def test_a_sweep_outlives_its_child_and_its_server(
    servers: Servers, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children: list[int] = []
    make = Laborer.__init__

    def noted(self: Laborer, *given: Any, **named: Any) -> None:
        make(self, *given, **named)
        children.append(self._process.pid)

    monkeypatch.setattr(Laborer, "__init__", noted)
    sweeps = servers.start()
    name = sweeps.begin(TINY, 1)
    assert sweeps.begin(TINY, 1) == name  # the same plan is the same sweep
    until(lambda: len(children) == 1)
    assert os.getpriority(os.PRIO_PROCESS, children[0]) >= os.getpriority(os.PRIO_PROCESS, 0)
    os.kill(children[0], signal.SIGKILL)
    until(lambda: state_of(sweeps, name)["state"] == "failed")
    assert "ended by itself (status -9)" in state_of(sweeps, name)["sentence"]

    sweeps.go_on(name, 1)
    until(lambda: len(children) == 2)
    assert state_of(sweeps, name)["state"] == "running"
    sweeps.go_on(name, 2)  # with another number of processes: another child
    until(lambda: len(children) == 3)
    servers.end()
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)

    after = servers.start()  # the next server goes on by itself
    until(lambda: state_of(after, name)["state"] in ("done", "failed"))
    found = state_of(after, name)
    assert (found["state"], found["done"], found["sentence"]) == ("done", 2, "")
    rows = {row["key"]: row for row in after.told(name, 0, 10)["rows"]}
    tasks = [task for _, task in read_plan(TINY).tasks()]
    for row in (work(Share((task,))).rows[0] for task in tasks):  # what one process gets of the same runs
        for reading, along in row["readings"].items():
            assert rows[row["key"]]["readings"][reading] == pytest.approx(along, rel=1e-3, abs=1e-3), reading
        assert rows[row["key"]]["verdict"] == row["verdict"]
    seen = after.looks(name, 0)
    assert {look["key"] for look in seen["looks"]} == {task.key for task in tasks}
    assert max(look["step"] for look in seen["looks"]) == 40


@pytest.mark.slow
def test_a_child_ends_when_its_server_is_gone(idle: Sweeps, place: Path) -> None:
    """Killed, a server says nothing to its child, which sees that another process has become its parent."""
    name = idle.begin({**TINY, "steps": 6_000}, 1)
    folder = str(place / name)
    command = [sys.executable, "-m", "gan_core", "sweep", "--out", folder, "--workers", "1", "--child-of", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=False)
    assert ended.returncode == 130
    assert "Interrupted" in ended.stderr
    assert state_of(idle, name)["done"] == 0


def test_more_seeds_train_only_those_that_are_new(servers: Servers, place: Path) -> None:
    sweeps = servers.start()
    few = sweeps.begin(TINY, 1)
    until(lambda: state_of(sweeps, few)["state"] == "done")
    (place / "damaged").mkdir()
    (place / "damaged" / PLAN).write_text("{")
    more = sweeps.begin({**TINY, "seeds": [3, 1, 0]}, 1)
    kept, asked = ((place / name / ROWS).read_bytes().splitlines() for name in (few, more))
    assert set(asked[:2]) == set(kept), "the very rows, with the seconds that they took"
    until(lambda: state_of(sweeps, more)["state"] == "done")
    rows = [json.loads(line) for line in (place / more / ROWS).read_bytes().splitlines()]
    assert len(rows) == len({row["key"] for row in rows}) == 3
    longer = sweeps.begin({**TINY, "steps": 41}, 1)
    assert state_of(sweeps, longer)["done"] == 0


def test_what_waits_can_be_paused_gone_on_with_and_deleted(idle: Sweeps, place: Path) -> None:
    name = idle.begin(TINY, 2)
    assert state_of(idle, name)["state"] == "waiting"
    idle.pause(name)
    assert state_of(idle, name)["state"] == "paused"
    idle.go_on(name, 1)
    assert (state_of(idle, name)["state"], state_of(idle, name)["workers"]) == ("waiting", 1)
    idle.delete(name)
    assert idle.listed() == []
    assert not (place / name).exists()
    for act in (idle.pause, idle.delete, lambda gone: idle.told(gone, 0, 1)):
        with pytest.raises(NoSweep, match="no such sweep"):
            act(name)


@pytest.mark.parametrize("name", ["..", ".", "../runs", "a/b", "", ".hidden"])
def test_a_name_leads_nowhere_else(idle: Sweeps, place: Path, name: str) -> None:
    idle.begin(TINY, 1)
    (place.parent / "runs").mkdir()
    (place / ".hidden").mkdir()
    with pytest.raises(NoSweep):
        idle.delete(name)
    assert (place.parent / "runs").exists()


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ({}, "no plan of a sweep"),
        ({**TINY, "preset": "nothing"}, "no preset 'nothing'"),
        ({**TINY, "steps": 0}, "1 to 100,000 steps; 0 are not"),
        ({**TINY, "steps": 100_001}, "100,001 are not"),
        ({**TINY, "seeds": list(range(MAX_RUNS + 1))}, "1 to 5,000 runs; these would be 5,001"),
        ({**TINY, "seeds": []}, "these would be 0"),
        ({**TINY, "axes": {"lr_g": ["fast"]}}, "lr_g must be a number"),
        ({**TINY, "axes": {"lr_g": ["3"]}}, "must lie between"),
        ({**TINY, "axes": {"lr_g": ["0.1", "0.1"]}}, "twice"),
        ({**TINY, "config": {"objective": "hope"}}, "hope"),
        ({**TINY, "config": {"batch": "16384"}}, "at most 8192 here"),
        ({**TINY, "axes": {"generator": ["8:relu", "1025:relu"]}}, "at most 1024 units here"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_leaves_nothing(
    idle: Sweeps, place: Path, plan: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        idle.begin(plan, 1)
    assert not place.exists()


def test_more_processes_than_cores_are_refused(idle: Sweeps) -> None:
    with pytest.raises(ValueError, match="1 to 2 processes on this machine; 3 are not"):
        idle.begin(TINY, 3)
    assert idle.listed() == []


def test_damaged_files_are_passed_over_or_said(idle: Sweeps, place: Path) -> None:
    name = idle.begin(TINY, 1)
    tasks = [task for _, task in read_plan(TINY).tasks()]
    rows = [json.dumps(work(Share((task,))).rows[0]) for task in tasks]
    broken = rows[1].replace('"told": [4', '"told": ["four"')
    lines = ["not json", "[]", '{"key": "stranger"}', rows[0], rows[0], broken, rows[1][:50]]
    (place / name / ROWS).write_text("\n".join(lines))
    told = idle.told(name, 0, 10)
    assert [row["key"] for row in told["rows"]] == [tasks[0].key]
    assert told["sweep"]["done"] == 1
    with (place / name / ROWS).open("a") as file:  # the writer puts half a line to an end, and the row on the next
        file.write(f"\n{rows[1]}\n")
    assert [row["key"] for row in idle.told(name, 1, 10)["rows"]] == [tasks[1].key]
    (place / name / PLAN).write_text("{")
    again = Sweeps(place, Line(cores=2))
    assert "is damaged" in state_of(again, name)["damage"]
    with pytest.raises(ValueError, match="is damaged"):
        again.told(name, 0, 10)


@pytest.mark.parametrize("steps", [40, 6_000])
def test_a_trial_says_what_a_whole_run_takes(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Of one that ends in it, its seconds; of one that does not, those of its part of the way, and so of all of it."""
    seconds: list[float] = []

    def noted(share: Share, **given: Any) -> Handed:
        handed = work(Share(share.tasks, seconds=LONG if steps == 40 else 0.0))
        if handed.rows:
            seconds.append(handed.rows[0]["seconds"])
        else:
            header, arrays = unpack(handed.unfinished[share.tasks[0].key])
            assert arrays["looked_at"].tolist() == [20]
            seconds.append(header["seconds"] * steps / 20)
        return handed

    monkeypatch.setattr("gan_core.sweep.work.work", noted)
    assert seconds_of_a_run(read_plan({**TINY, "steps": steps})) == pytest.approx(np.mean(seconds))
    assert len(seconds) == 2  # the first run of the plan and the last one
