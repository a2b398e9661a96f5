"""Papers' tables of a server: asked for, trained by a child, gone on with by the next server; what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gan_core.papers.asked import Asked
from gan_core.papers.counts import Count
from gan_core.papers.found import Results
from gan_core.papers.printed import as_json
from gan_core.papers.registry import TABLES
from gan_core.papers.service import ASKED, MAX_TABLES, Tables
from gan_core.records.sweeps import NoSweep
from gan_core.sweep.folder import ROWS
from gan_core.sweep.line import Line
from gan_core.sweep.service import Sweeps
from gan_core.sweep.work import Share, work
from waiting import until

SHORT: dict[str, Any] = {"table": "d2l-grid", "seeds": 2, "steps": 20, "ways": ["gan", "gan-r1"]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "tables"


@pytest.fixture
def idle(place: Path) -> Tables:
    """One that trains nothing: its line is not started."""
    return Tables(place, Line(cores=2))


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line(cores=2)
    yield made
    made.close()


def state_of(tables: Tables | Sweeps, name: str) -> dict[str, Any]:
    return next(one for one in tables.listed() if one["id"] == name)


def train(tables: Tables, name: str, way: str, count: int) -> None:
    """What the command would write into the folder, of the first runs of a way."""
    asked = Asked(TABLES["d2l-grid"], (0, 1), 20, tables.place / name)
    (found,) = [one for one in asked.ways if one.name == way]
    tasks = [task for _, task in asked.table.plan(found, asked.seeds, 20).tasks()][:count]
    rows = [work(Share((task,)), measure=Count(asked.table.samples)).rows[0] for task in tasks]
    assert asked.folder(found).add(rows) is None


@pytest.mark.slow
def test_it_is_trained_in_one_line_with_sweeps_and_outlives_its_server(place: Path, line: Line) -> None:
    first = Line(cores=2)
    sweeps, tables = Sweeps(place.parent / "sweeps", first), Tables(place, first)
    sweep = sweeps.begin({"preset": "blank", "steps": 40, "seeds": [0, 1]}, 1)
    name = tables.begin(SHORT, 1)
    first.start()
    states: set[tuple[str, str]] = set()

    def begun() -> bool:
        states.add(
            (next(one["state"] for one in sweeps.listed() if one["id"] == sweep), state_of(tables, name)["state"])
        )
        return state_of(tables, name)["state"] == "running"

    until(begun)
    assert ("running", "running") not in states
    assert states <= {("waiting", "waiting"), ("running", "waiting"), ("done", "waiting"), ("done", "running")}
    first.close()  # whatever of it is done

    after = Tables(place, line)
    line.start()
    until(lambda: state_of(after, name)["state"] in ("done", "failed"))
    found = state_of(after, name)
    assert (found["state"], found["done"], found["runs"], found["sentence"]) == ("done", 4, 4, "")

    # The very table that the command writes, a moment after the last row.
    for kind in ("md", "json"):
        until(lambda kind=kind: (place / name / f"table.{kind}").read_bytes() == after.file(name, kind))  # type: ignore[misc]
    written = json.loads(after.file(name, "json"))
    there = {way["name"]: way["here"] for way in written["ways"]}
    assert {name for name, here in there.items() if here} == {"gan", "gan-r1"}
    shown = {line["name"]: line["here"] for line in after.told(name, "")["table"]["lines"]}
    assert {name: here["seeds"] for name, here in shown.items() if here} == {"gan": 2, "gan-r1": 2}


def test_other_ways_go_to_the_same_folder_and_other_seeds_or_steps_to_another(idle: Tables, place: Path) -> None:
    name = idle.begin(SHORT, 1)
    assert idle.begin({**SHORT, "ways": ["relativistic", "gan"]}, 2) == name
    found = state_of(idle, name)
    assert (found["ways"], found["runs"], found["workers"]) == (["gan", "gan-r1", "relativistic"], 6, 2)
    (program,), options = idle.command(name)
    assert (program, options) == (
        "gan_core.bench.tables",
        ["d2l-grid", "--seeds", "2", "--steps", "20", "--only", "gan", "gan-r1", "relativistic"],
    )
    others = {
        idle.begin({**SHORT, **more}, 1)
        for more in ({"seeds": 3}, {"steps": 21}, {"table": "pacgan-ring", "ways": ["gan"]})
    }
    assert len(others | {name}) == len(idle.listed()) == 4


def test_more_seeds_take_over_what_is_done(idle: Tables, place: Path) -> None:
    name = idle.begin(SHORT, 1)
    train(idle, name, "gan", 2)
    train(idle, name, "gan-r1", 1)
    assert idle.progress(name) == (3, 4)
    more = idle.begin({**SHORT, "seeds": 4}, 1)
    assert idle.progress(more) == (3, 8)
    for way in ("gan", "gan-r1"):  # the very rows
        assert (place / more / way / ROWS).read_text() == (place / name / way / ROWS).read_text()
    assert idle.progress(idle.begin({**SHORT, "seeds": 4, "steps": 21}, 1)) == (0, 8)


def test_it_is_told_as_it_fills_and_only_where_it_is_new(idle: Tables) -> None:
    name = idle.begin(SHORT, 1)
    empty = idle.told(name, "")
    gan, *_ = empty["table"]["lines"]
    assert (gan["here"], gan["seeds"]) == (None, 2)
    assert "table" not in idle.told(name, empty["version"])
    train(idle, name, "gan", 1)
    said = idle.told(name, empty["version"])
    assert said["version"] != empty["version"]
    assert said["sweep"]["done"] == 1
    asked = Asked(TABLES["d2l-grid"], (0, 1), 20, idle.place / name)
    known = json.loads(as_json(Results.of(asked)))["ways"][0]["here"]
    here = said["table"]["lines"][0]["here"]
    assert here["seeds"] == known["seeds"] == 1
    assert here["cells"][0] == f"{known['readings']['modes']['value']:.1f}"
    assert here["paid"][:3] == ["20", "40", f"{20 * 1024:,}"]
    # All stays in its place.
    shape = [
        [[len(part["cells"]) for part in line["print"]] for line in one["table"]["lines"]] for one in (empty, said)
    ]
    assert shape[0] == shape[1]
    assert [len(one["lines"]) for one in empty["table"]["equal"]] == [9, 9]


def test_what_waits_can_be_paused_gone_on_with_and_deleted(idle: Tables, place: Path) -> None:
    name = idle.begin(SHORT, 2)
    assert state_of(idle, name)["state"] == "waiting"
    idle.pause(name)
    assert state_of(idle, name)["state"] == "paused"
    idle.go_on(name, 1)
    assert (state_of(idle, name)["state"], state_of(idle, name)["workers"]) == ("waiting", 1)
    idle.delete(name)
    assert idle.listed() == []
    assert not (place / name).exists()
    for act in (idle.pause, idle.delete, lambda gone: idle.told(gone, ""), lambda gone: idle.file(gone, "md")):
        with pytest.raises(NoSweep, match="no such table"):
            act(name)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"table": "pacgan"}, "There is no table 'pacgan'; there are pacgan-ring, "),
        ({"table": ["d2l-grid"]}, "There is no table"),
        ({"seeds": 0}, "1 to 100 seeds; 0 are not"),
        ({"seeds": 101}, "101 are not"),
        ({"seeds": True}, "seeds must be a whole number"),
        ({"steps": 20_001}, "1 to 20,000 steps, as many as its protocol has; 20,001 are not"),
        ({"steps": 0}, "0 are not"),
        ({"steps": "many"}, "steps must be a whole number"),
        ({"ways": []}, "Choose at least one way"),
        ({"ways": "gan"}, "Choose at least one way"),
        ({"ways": ["gan", "lazy"]}, "no way 'lazy' to train; there are gan, gan-r1"),
        ({"ways": [["gan"]]}, "no way"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    idle: Tables, place: Path, more: dict[str, Any], why: str
) -> None:
    for act in (idle.begin, idle.cost):
        with pytest.raises(ValueError, match=why):
            act({**SHORT, **more}, 1)
    assert not place.exists()


def test_so_many_processes_and_tables_and_no_more(idle: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="1 to 2 processes on this machine; 3 are not"):
        idle.begin(SHORT, 3)
    assert MAX_TABLES >= 10
    monkeypatch.setattr("gan_core.papers.service.MAX_TABLES", 1)
    idle.begin(SHORT, 1)
    with pytest.raises(ValueError, match="There are 1 tables already"):
        idle.begin({**SHORT, "steps": 21}, 1)
    idle.begin(SHORT, 1)


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"table": "gone"}', '{"table": "d2l-grid", "seeds": 2}'])
def test_a_damaged_folder_is_said_and_can_be_deleted(idle: Tables, place: Path, text: str) -> None:
    name = idle.begin(SHORT, 1)
    (place / name / ASKED).write_text(text)
    assert f"{ASKED} is damaged: " in state_of(idle, name)["damage"]
    with pytest.raises(ValueError, match="is damaged"):
        idle.told(name, "")
    with pytest.raises(ValueError, match="is damaged"):
        idle.begin(SHORT, 1)
    idle.delete(name)
    assert idle.listed() == []


def test_a_damaged_row_is_said(idle: Tables, place: Path) -> None:
    name = idle.begin(SHORT, 1)
    train(idle, name, "gan", 1)
    rows = place / name / "gan" / ROWS
    rows.write_text(rows.read_text().replace('"told":', '"untold":'))
    for act in (lambda: idle.told(name, ""), lambda: idle.file(name, "md")):
        with pytest.raises(ValueError, match=f"{name} is damaged: KeyError"):
            act()


def test_which_there_are_to_train(idle: Tables) -> None:
    found = {paper["name"]: paper for paper in idle.papers()}
    assert list(found) == list(TABLES)
    ring = found["pacgan-ring"]
    assert (ring["steps"], len(ring["ways"])) == (400_000, 5)  # those that are trained here; not VEEGAN's
