"""What is asked of the index of runs: however many there are, with the same few questions to the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from gan_core.recording.finding import matcher
from gan_core.recording.index import line_of
from gan_core.records.library import Line, RunPage, RunQuery, RunSummary

MOST_VALUES = 200  # of one kind that are told, those of most runs first
_FILTERS = ("preset", "target", "state", "sweep")
_ORDERS = {
    "newest": "created DESC, id DESC",
    "oldest": "created, id",
    "longest": "steps DESC, created DESC, id DESC",
    "largest": "nbytes DESC, created DESC, id DESC",
    "title": "title = '', title COLLATE NOCASE, created DESC, id DESC",
}
_BEGUN = "(steps > 0 OR title <> '' OR state = 'damaged' OR id = ?)"
_AT_ONCE = 500  # ids in one question


def everything(db: sqlite3.Connection) -> list[Line]:
    """All runs, by their ids from the last to the first."""
    return [line_of(text) for (text,) in db.execute("SELECT line FROM lines ORDER BY id DESC")]


def page(db: sqlite3.Connection, query: RunQuery, unread: int = 0) -> RunPage:
    """A page of those that a query finds, and the counts of all."""
    _look_for(db, query.find)
    where, values = _where(query)
    every, nbytes = db.execute("SELECT count(*), total(nbytes) FROM runs").fetchone()
    (total,) = db.execute(f"SELECT count(*) FROM runs {where}", values).fetchone()
    others, of_others = _where(query, but="begun")
    (with_others,) = db.execute(f"SELECT count(*) FROM runs {others}", of_others).fetchone()
    wanted = f"SELECT id FROM runs {where} ORDER BY {_ORDERS[query.order]} LIMIT ? OFFSET ?"
    found = lines(db, [run_id for (run_id,) in db.execute(wanted, (*values, query.count, query.start)).fetchall()])
    parents = {line.recipe.parent for line in found if isinstance(line, RunSummary) and line.recipe.parent}
    there = [line for line in lines(db, parents) if isinstance(line, RunSummary)]
    return RunPage(
        lines=found,
        total=total,
        all=every,
        nbytes=int(nbytes),
        not_begun=with_others - total,
        values={name: _values(db, query, name) for name in _FILTERS},
        parents={line.recipe.id: line for line in there},
        last=last_written(db, query.but),
        unread=unread,
    )


def ids(db: sqlite3.Connection, query: RunQuery) -> list[str]:
    """Those of all that a query finds."""
    _look_for(db, query.find)
    where, values = _where(query)
    return [run_id for (run_id,) in db.execute(f"SELECT id FROM runs {where} ORDER BY {_ORDERS[query.order]}", values)]


def lines(db: sqlite3.Connection, run_ids: Iterable[str]) -> list[Line]:
    """The lines of these runs, in this order; of those that are there."""
    wanted = list(run_ids)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        places = ", ".join("?" * len(some))
        found.update(db.execute(f"SELECT id, line FROM lines WHERE id IN ({places})", some).fetchall())
    return [line_of(found[run_id]) for run_id in wanted if run_id in found]


def last_written(db: sqlite3.Connection, but: str) -> str | None:
    """Which run was trained last, except one."""
    query = "SELECT id FROM runs WHERE written IS NOT NULL AND id <> ? ORDER BY written DESC, id DESC LIMIT 1"
    found = db.execute(query, (but,)).fetchone()
    return None if found is None else str(found[0])


def family(db: sqlite3.Connection, run_id: str) -> list[RunSummary]:
    """All runs that have an ancestor in common with this one, itself included; the oldest first."""
    near: dict[str, list[str]] = {}
    for one, other in db.execute("SELECT id, parent FROM runs WHERE parent IS NOT NULL"):
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    found, todo = {run_id}, [run_id]
    while todo:
        new = [other for other in near.get(todo.pop(), []) if other not in found]
        found.update(new)
        todo += new
    runs = [line for line in lines(db, found) if isinstance(line, RunSummary)]
    return sorted(runs, key=lambda run: (run.recipe.created, run.recipe.id))


def _look_for(db: sqlite3.Connection, find: str) -> None:
    """Put into the table `found` which runs are meant, if any are looked for."""
    if find.split():
        is_meant = matcher(find)
        meant = [(run_id,) for run_id, text in db.execute("SELECT id, line FROM lines") if is_meant(text)]
        db.execute("CREATE TEMP TABLE found (id TEXT PRIMARY KEY) WITHOUT ROWID")
        db.executemany("INSERT INTO found VALUES (?)", meant)


def _where(query: RunQuery, but: str = "") -> tuple[str, list[Any]]:
    """The condition of a query without one of its parts, and its values."""
    asked = [(name, getattr(query, name)) for name in _FILTERS if name != but]
    conditions = [f"{name} = ?" for name, value in asked if value is not None]
    values = [value for _, value in asked if value is not None]
    if query.begun_only and but != "begun":
        conditions.append(_BEGUN)
        values.append(query.but)
    if query.find.split():
        conditions.append("id IN (SELECT id FROM found)")
    return f"WHERE {' AND '.join(conditions)}" if conditions else "", values


def _values(db: sqlite3.Connection, query: RunQuery, name: str) -> dict[str, int]:
    """How many runs have each value of a filter, of those that all other parts of the query let through."""
    where, values = _where(query, but=name)
    counted = f"SELECT {name}, count(*) FROM runs {where} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_VALUES}"
    return dict(db.execute(counted, values).fetchall())
