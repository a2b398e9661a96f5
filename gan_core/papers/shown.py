"""A table as a page shows it while it fills: texts by their places, which stay where they are from the first run on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gan_core.looking.probe import LIVE_POINTS
from gan_core.papers.cells import TOLD, grouped, known, marked, ours, published
from gan_core.papers.claims import FAILS, HOLDS, LEAST, LIMIT, TOO_FEW, UNDECIDED
from gan_core.papers.found import PAID, Results
from gan_core.papers.paper import Way

_VERDICTS = {HOLDS: "holds", FAILS: "fails", UNDECIDED: "undecided", TOO_FEW: "few"}


def shown(results: Results, seeds: Mapping[str, int]) -> dict[str, Any]:
    """The whole of it. `seeds`: by way that is to be trained, of how many seeds."""
    table = results.table
    return {
        **table.described(),
        "columns": [column.title for column in table.columns],
        "lines": [_way(results, way, seeds.get(way.name, 0)) for way in table.ways],
        "data": [{"target": name, "cells": known(of, table.columns)} for name, of in results.perfect().items()],
        "equal": [_equal(results, what, seeds) for what in PAID],
        "points": LIVE_POINTS,
        "claims": [
            {
                "words": claim.words,
                "source": marked(claim.source, confirmed=claim.confirmed),
                "verdict": _VERDICTS[verdict.verdict],
                "told": verdict.told,
            }
            for claim, verdict in results.verdicts()
        ],
        "limit": LIMIT,
        "least": LEAST,
        "differences": list(table.differences),
        "otherwise": list(table.otherwise),
    }


def _way(results: Results, way: Way, seeds: int) -> dict[str, Any]:
    """What was published of a way, and what came of it here; `trained`: whether it can be at all."""
    columns, here = results.table.columns, results.ours(way)
    return {
        "name": way.name,
        "words": way.words,
        "print": [
            {"source": marked(line.source, confirmed=line.confirmed), "cells": published(line, columns)}
            for line in way.published
        ],
        "trained": way.config is not None,
        "seeds": seeds,
        "here": here
        and {
            "cells": ours(here.readings, columns),
            "seeds": here.seeds,
            "diverged": here.diverged,
            "paid": [*grouped(here.steps, here.gradients, here.samples), f"{here.seconds:,.0f}"],
        },
    }


def _equal(results: Results, what: str, seeds: Mapping[str, int]) -> dict[str, Any]:
    """Every way at as many gradients, or samples, as the one that took fewest; a line for each from the beginning."""
    found = results.at_equal(what)
    own = {column.reading for column in results.table.columns}
    columns = [column for name, column in TOLD.items() if name in own]
    lines = []
    for way in results.table.trained:
        at = found.get(way.name)
        cells = at and [*grouped(at.step, at.gradients, at.samples), *ours(at.readings, columns)]
        lines.append({"words": way.words, "seeds": seeds.get(way.name, 0), "cells": cells})
    return {"what": what, "columns": [column.title for column in columns], "lines": lines}
