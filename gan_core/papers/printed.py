"""A table as people read it, in Markdown, and as programs do, in JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from gan_core.looking.probe import LIVE_POINTS
from gan_core.papers.claims import LEAST, LIMIT
from gan_core.papers.found import PAID, At, Ours, Results
from gan_core.papers.paper import ALONG, PER_CENT, Cell, Column, Published, Way
from gan_core.sweep.statistics import Mean

UNCONFIRMED = "†"
_FOOTNOTE = f"{UNCONFIRMED} From memory of the paper; not confirmed."
_RULES = (
    f"An order *holds* where the means are in it and the permutation test has p of {LIMIT} at most; *undecided*: only "
    f"the means are. Two are alike where that p is above {LIMIT}: no difference shows with so many seeds, though there "
    f"may be a smaller one. Fewer than {LEAST} seeds decide nothing, but for what is said of every seed."
)
_ALONG = {
    "modes": Column("modes", "modes", 1),
    "high_quality": Column("high_quality", "high quality, ball, %", 1, PER_CENT),
    "reverse_kl": Column("reverse_kl", "reverse KL, all", 4),
    "coverage": Column("coverage", "parts reached, %", 1, PER_CENT),
    "on_band": Column("on_band", "on the data, %", 1, PER_CENT),
}


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
        _FOOTNOTE,
        *(_equal(results, what) for what in PAID),
        "## What is claimed of it",
        _RULES + _shorter(results),
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
    ours = results.ours(way)
    return {
        "name": way.name,
        "config": None if way.config is None else dict(way.config),
        "published": [asdict(line) for line in way.published],
        "here": None if ours is None else asdict(ours),
        "runs": [dict(run) for run in results.counted.get(way.name, ())],
    }


def _steps(results: Results) -> list[int]:
    return sorted({ours.steps for way in results.table.trained if (ours := results.ours(way)) is not None})


def _length(results: Results) -> str:
    steps = _steps(results)
    return f"Trained for {' or '.join(f'{step:,}' for step in steps)} steps." if steps else "No run is done."


def _shorter(results: Results) -> str:
    steps, whole = _steps(results), results.table.steps
    if not steps or steps[-1] >= whole:
        return ""
    return (
        f" These runs have {steps[-1] / whole:.2g} of the protocol's steps: what does not hold of them may hold later."
    )


def _head(results: Results) -> list[str]:
    titles = [column.title for column in results.table.columns]
    return ["way", "whose", *titles, "seeds", "steps", "gradients", "samples", "s a run"]


def _body(results: Results) -> Iterable[Sequence[str]]:
    columns = results.table.columns
    for way in results.table.ways:
        for line in way.published:
            yield [way.words, _source(line), *(_printed(line.cells.get(c.reading, "")) for c in columns), *[""] * 5]
        if way.config is not None:
            yield [way.words, *_here(columns, results.ours(way))]
    for target, found in results.perfect().items():
        cells = [f"{found[c.reading] * c.scale:.{c.digits}f}" if c.reading in found else "" for c in columns]
        yield [f"the data of `{target}`", "on average", *cells, *[""] * 5]


def _here(columns: Sequence[Column], ours: Ours | None) -> list[str]:
    if ours is None:
        return ["here", *["not trained yet", *[""] * (len(columns) - 1)], *[""] * 5]
    seeds = f"{ours.seeds}" + (f", {ours.diverged} diverged" if ours.diverged else "")
    cells = [_mean(ours.readings[column.reading], column) for column in columns]
    return ["**here**", *cells, seeds, *_grouped(ours.steps, ours.gradients, ours.samples), f"{ours.seconds:,.0f}"]


def _equal(results: Results, what: str) -> str:
    found = results.at_equal(what)
    shown = {column.reading for column in results.table.columns}
    has = [name for name in ALONG if name in shown and any(at.readings[name].of for at in found.values())]
    head = ["way", "step", "gradients", "samples", *(_ALONG[name].title for name in has)]
    words = {way.name: way.words for way in results.table.ways}
    text = (
        f"As they were when each had taken as many {what} as the one that takes fewest: of the ten steps that a run "
        f"tells of, the last within that number. Of {LIVE_POINTS:,} fakes."
    )
    lines = [
        [words[name], *_at(at), *(_mean(at.readings[one], _ALONG[one]) for one in has)] for name, at in found.items()
    ]
    return f"## At equal {what}\n\n{text}\n\n{_lines(head, lines)}"


def _at(at: At) -> list[str]:
    return _grouped(at.step, at.gradients, at.samples)


def _claims(results: Results) -> Iterable[Sequence[str]]:
    for claim, verdict in results.verdicts():
        source = claim.source + ("" if claim.confirmed else UNCONFIRMED)
        yield claim.words, source, f"**{verdict.verdict}**", verdict.told


def _source(line: Published) -> str:
    return f"in print: {line.source}" + ("" if line.confirmed else UNCONFIRMED)


def _printed(cell: Cell) -> str:
    if isinstance(cell, tuple):
        return f"{cell[0]:g} ± {cell[1]:g}"
    return cell if isinstance(cell, str) else f"{cell:g}"


def _mean(found: Mean, column: Column) -> str:
    """The interval is cut to what there can be: the mean of what is never negative is not, either."""
    if not found.of:
        return "none"

    def said(value: float) -> str:
        return f"{value * column.scale:.{column.digits}f}"

    if math.isnan(found.low):
        return said(found.value)
    return f"{said(found.value)} ({said(max(found.low, column.least))} to {said(min(found.high, column.most))})"


def _grouped(*counts: float) -> list[str]:
    return [f"{count:,.0f}" for count in counts]


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
