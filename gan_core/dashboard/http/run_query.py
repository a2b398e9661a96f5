"""What of the library a request asks for: GET /api/runs?NAME=VALUE, and lists of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gan_core.dashboard.http.queries import read_number
from gan_core.records.library import LISTED_AS, ORDERS, RunQuery
from gan_core.setup.limits import check_run
from gan_core.texts.catalogue import say

MAX_ROWS = 500  # in one answer
MAX_MANY = 20_000  # runs that are deleted or brought back at once
MAX_MANY_BYTES = 1 << 20  # of such a request
MAX_WORDS = 200  # characters of what is looked for, and of a value
_PAGE = ("from", "count", "find", "preset", "target", "state", "sweep", "sort", "empty", "only")
_OTHERWISE = ("ids", "family")  # in place of all those
_SWITCHES = {"empty": ("show", "hide"), "only": ("rows", "ids")}


def read_query(asked: Mapping[str, str], but: str) -> RunQuery:
    """Read which runs a request asks for; `but` is not left out for being empty. Raises ValueError with a sentence."""
    for name in asked:
        if name not in _PAGE:
            names = ", ".join((*_PAGE, *_OTHERWISE))
            raise ValueError(say("refusal.unknown-field", name=repr(name[:40]), names=names))
    for name, texts in {**_SWITCHES, "state": LISTED_AS, "sort": ORDERS}.items():
        if asked.get(name, texts[0]) not in texts:
            raise ValueError(say("refusal.none-of", name=name, names=", ".join(texts), value=repr(asked[name][:40])))
    for name in ("find", "preset", "target", "sweep"):
        if len(asked.get(name, "")) > MAX_WORDS:
            raise ValueError(say("refusal.too-long", name=name, most=MAX_WORDS))
    count = read_number("count", asked.get("count", str(RunQuery().count)))
    if count > MAX_ROWS:
        raise ValueError(say("refusal.too-many-rows", most=MAX_ROWS, value=str(count)))
    return RunQuery(
        find=asked.get("find", ""),
        preset=asked.get("preset"),
        target=asked.get("target"),
        state=asked.get("state"),
        sweep=asked.get("sweep"),
        begun_only=asked.get("empty") == "hide",
        but=but,
        order=asked.get("sort", ORDERS[0]),
        start=read_number("from", asked.get("from", "0")),
        count=count,
    )


def read_ids(text: str) -> list[str]:
    """Read ids of runs with commas between them. Raises ValueError with a sentence."""
    return _checked(text.split(",") if text else [], MAX_ROWS)


def read_many(body: Mapping[str, Any]) -> list[str]:
    """Read the list `runs` of a request. Raises ValueError with a sentence."""
    listed = body.get("runs")
    if not isinstance(listed, list):
        raise ValueError(say("refusal.no-list"))
    return _checked(listed, MAX_MANY)


def _checked(run_ids: list[Any], most: int) -> list[str]:
    if len(run_ids) > most:
        raise ValueError(say("refusal.too-many-runs", most=most, n=len(run_ids)))
    return list(dict.fromkeys(check_run(run_id) for run_id in run_ids))
