"""What is asked of an index of 10 000 runs, which has no files here: the right answers, with few questions."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

import run_files
from gan_core.recording import listing
from gan_core.recording.index import FileState, Row, RunIndex
from gan_core.records.library import Line, RunPage, RunQuery, RunSummary
from gan_core.setup.config import GANConfig

PLAIN = run_files.recipe(config=GANConfig())
MANY = 10_000
STATES = ("covering", "collapsed", "hopping", "undecided")


def made_up(number: int) -> RunSummary:
    """The run of a number: what it is follows from it by the plainest arithmetic."""
    config = {**PLAIN.config, "target": f"ring(modes={2 + number % 5})"}
    values = {**PLAIN.values, "lr_g": 0.001 * (1 + number % 3)}
    recipe = replace(
        PLAIN,
        id=f"run-{number:05d}",
        preset=("mode-collapse", "better")[number % 2],
        config=config,
        values=values,
        seed=number,
        created=1e9 + number,
    )
    outcome = {} if number % 10 == 9 else {"state": STATES[number % 4]}
    return RunSummary(
        recipe, f"Number {number}" if number % 100 == 0 else "", outcome, number % 50, 0, 1, 1, 1000 + number
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of runs that have no files."""
    folder = tmp_path_factory.mktemp("many")
    lines = {f"run-{number:05d}": made_up(number) for number in range(MANY)}
    states = dict.fromkeys(lines, FileState(1, 1))
    RunIndex(folder).ask(states, lambda run_id: Row(lines[run_id], lines[run_id].recipe.created), lambda *_: None, 1e9)
    return folder


def asked(folder: Path, query: RunQuery) -> tuple[RunPage, list[str]]:
    """What the index answers, and the questions to the database that it took."""
    questions: list[str] = []

    def page(db: sqlite3.Connection, unread: int) -> RunPage:
        db.set_trace_callback(questions.append)
        found = listing.page(db, query, unread)
        db.set_trace_callback(None)
        return found

    def never(run_id: str) -> Row:
        raise AssertionError(run_id)

    states = {f"run-{number:05d}": FileState(1, 1) for number in range(MANY)}
    return RunIndex(folder).ask(states, never, page, 1e9), questions


def ids(lines: list[Line]) -> list[str]:
    return [line.recipe.id if isinstance(line, RunSummary) else line.id for line in lines]


def numbers(page: RunPage) -> list[int]:
    return [int(line.removeprefix("run-")) for line in ids(page.lines)]


def test_a_page_of_thousands_is_a_few_questions_and_no_file(many: Path) -> None:
    page, questions = asked(many, RunQuery(start=100, count=50))
    assert numbers(page) == list(range(MANY - 101, MANY - 151, -1))
    assert (page.total, page.all, page.unread) == (MANY, MANY, 0)
    assert page.nbytes == sum(1000 + number for number in range(MANY))
    assert page.lines == [made_up(number) for number in numbers(page)]
    assert len(questions) <= 10
    assert page.values["preset"] == {"mode-collapse": MANY // 2, "better": MANY // 2}
    assert page.values["target"] == {f"ring(modes={modes})": MANY // 5 for modes in range(2, 7)}
    assert page.values["sweep"] == {"": MANY}


def test_filters_leave_what_they_say_and_each_counts_the_others(many: Path) -> None:
    page, questions = asked(many, RunQuery(preset="better", state="collapsed", begun_only=True))
    every = range(MANY)
    state = {number: "none" if number % 10 == 9 else STATES[number % 4] for number in every}
    shown = [n for n in every if n % 100 != 50]  # with a step, or a name
    found = [n for n in shown if n % 2 and state[n] == "collapsed"]
    assert numbers(page) == found[::-1][:50]
    assert page.total == len(found)
    assert page.not_begun == 0  # those without a step are all of the other scenario
    assert (
        asked(many, RunQuery(preset="mode-collapse", begun_only=True, but="run-00050"))[0].not_begun == MANY // 100 - 1
    )
    assert page.values["preset"] == {"better": len(found)}  # no other one comes to that
    odd = [state[n] for n in shown if n % 2]
    assert page.values["state"] == {name: odd.count(name) for name in set(odd)}
    assert len(questions) <= 10


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ("newest", lambda n: -n),
        ("oldest", lambda n: n),
        ("longest", lambda n: (-(n % 50), -n)),
        ("largest", lambda n: -n),
        ("title", lambda n: (n % 100 != 0, f"number {n}" if n % 100 == 0 else "", -n)),
    ],
)
def test_orders(many: Path, order: str, key: object) -> None:
    page, _ = asked(many, RunQuery(order=order, start=MANY // 200, count=200))
    expected = sorted(range(MANY), key=key)  # type: ignore[call-overload]
    assert numbers(page) == expected[MANY // 200 : MANY // 200 + 200]


def test_what_is_looked_for_is_looked_for_among_all(many: Path) -> None:
    assert numbers(asked(many, RunQuery(find="lr_g=0.002 SEED=4"))[0]) == [4]
    page, questions = asked(many, RunQuery(find="target=ring(modes=3 hopping", count=500))
    expected = [n for n in range(MANY) if n % 5 == 1 and n % 4 == 2 and n % 10 != 9]
    assert numbers(page) == expected[::-1][:500]
    assert page.total == len(expected)
    assert page.values["preset"] == {"mode-collapse": len(expected)}
    assert len([question for question in questions if not question.startswith("INSERT")]) <= 12
