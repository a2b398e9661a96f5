"""A table as people read it, in Markdown, and as programs do, in JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from gan_core.looking.probe import LIVE_POINTS
from gan_core.papers.cells import grouped, known, marked, ours, published, told_of
from gan_core.papers.claims import LEAST, LIMIT
from gan_core.papers.found import PAID, Ours, Results
from gan_core.papers.paper import Column, Way
from gan_core.texts.catalogue import say


def markdown(results: Results) -> str:
    """The whole of it."""
    table = results.table
    parts = [
        f"# {table.title}",
        f"`python -m gan_core.bench.tables {table.name}`: {_length(results)} The protocol has {table.steps:,} steps. "
        f"At the end {table.samples:,} samples of each run are counted. *Here*: the mean over the seeds, and in "
        "brackets its 95 % interval (Student's t, cut to what there can be). *In print*: as published; ± is a standard "
        "error.",
        _lines(_head(results), _body(results)),
        say("paper.footnote"),
        *(_equal(results, what) for what in PAID),
        "## What is claimed of it",
        say("paper.rules", limit=LIMIT, least=LEAST) + _shorter(results),
        _lines(("claim", "who says it", "here", "by"), _claims(results)),
        "## Where papers and their code differ",
        _listed(table.differences),
        "## What is otherwise here",
        _listed(table.otherwise),
    ]
    return "\n\n".join(parts) + "\n"


def as_json(results: Results) -> str:
    """The same, for programs; a number that is not known is null."""
    table = results.table
    found: dict[str, Any] = {
        "table": table.name,
        "protocol": {**table.protocol, "steps": table.steps, "samples": table.samples},
        "ways": [_way_as_json(results, way) for way in table.ways],
        "perfect": results.perfect(),
        **{f"equal_{what}": {name: asdict(at) for name, at in results.at_equal(what).items()} for what in PAID},
        "claims": [
            {"claim": claim.words, "source": claim.source, "confirmed": claim.confirmed, **asdict(verdict)}
            for claim, verdict in results.verdicts()
        ],
    }
    return json.dumps(_known(found), indent=1, allow_nan=False) + "\n"


def _way_as_json(results: Results, way: Way) -> dict[str, Any]:
    here = results.ours(way)
    return {
        "name": way.name,
        "config": None if way.config is None else dict(way.config),
        "published": [asdict(line) for line in way.published],
        "here": None if here is None else asdict(here),
        "runs": [dict(run) for run in results.counted.get(way.name, ())],
    }


def _steps(results: Results) -> list[int]:
    return sorted({here.steps for way in results.table.trained if (here := results.ours(way)) is not None})


def _length(results: Results) -> str:
    steps = _steps(results)
    return f"Trained for {' or '.join(f'{step:,}' for step in steps)} steps." if steps else "No run is done."


def _shorter(results: Results) -> str:
    steps, whole = _steps(results), results.table.steps
    if not steps or steps[-1] >= whole:
        return ""
    return " " + say("paper.shorter", share=steps[-1] / whole)


def _head(results: Results) -> list[str]:
    titles = [column.title for column in results.table.columns]
    return ["way", "whose", *titles, "seeds", "steps", "gradients", "samples", "s a run"]


def _body(results: Results) -> Iterable[Sequence[str]]:
    columns = results.table.columns
    for way in results.table.ways:
        for line in way.published:
            source = f"in print: {marked(line.source, confirmed=line.confirmed)}"
            yield [way.words, source, *published(line, columns), *[""] * 5]
        if way.config is not None:
            yield [way.words, *_here(columns, results.ours(way))]
    for target, found in results.perfect().items():
        yield [f"the data of `{target}`", "on average", *known(found, columns), *[""] * 5]


def _here(columns: Sequence[Column], here: Ours | None) -> list[str]:
    if here is None:
        return ["here", *["not trained yet", *[""] * (len(columns) - 1)], *[""] * 5]
    seeds = f"{here.seeds}" + (f", {here.diverged} diverged" if here.diverged else "")
    paid = [*grouped(here.steps, here.gradients, here.samples), f"{here.seconds:,.0f}"]
    return ["**here**", *ours(here.readings, columns), seeds, *paid]


def _equal(results: Results, what: str) -> str:
    found = results.at_equal(what)
    columns = told_of(results.table, found)
    head = ["way", "step", "gradients", "samples", *(column.title for column in columns)]
    words = {way.name: way.words for way in results.table.ways}
    text = say("paper.equal-text", what=what, points=LIVE_POINTS)
    lines = [
        [words[name], *grouped(at.step, at.gradients, at.samples), *ours(at.readings, columns)]
        for name, at in found.items()
    ]
    return f"## At equal {what}\n\n{text}\n\n{_lines(head, lines)}"


def _claims(results: Results) -> Iterable[Sequence[str]]:
    for claim, verdict in results.verdicts():
        yield claim.words, marked(claim.source, confirmed=claim.confirmed), f"**{verdict.verdict}**", verdict.told


def _lines(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"* {sentence}" for sentence in sentences)


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_known(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
