"""What came of a table: judged by the rules of its claims, and printed, for people and for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scipy import stats

from gan_core.papers.claims import FAILS, HOLDS, TOO_FEW, UNDECIDED, Claim, alike, every, median_of, more
from gan_core.papers.found import Results
from gan_core.papers.paper import PER_CENT, Column, Published, Table, Way
from gan_core.papers.printed import as_json, markdown
from gan_core.papers.shown import shown


def runs(**of: list[float | None]) -> dict[str, list[dict[str, float | None]]]:
    return {way: [{} if value is None else {"modes": value} for value in values] for way, values in of.items()}


FIVE: list[float | None] = [6.0, 6.0, 5.0, 7.0, 6.0]


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ([8.0, 8.0, 8.0, 7.0, 8.0], FIVE, HOLDS),
        ([7.0, 6.0, 6.0, 6.0, 6.0], FIVE, UNDECIDED),
        (FIVE, FIVE, FAILS),
        ([5.0, 5.0, 5.0, 5.0, 5.0], FIVE, FAILS),
        ([8.0, 8.0, 8.0, 8.0], FIVE, TOO_FEW),
        ([8.0, 8.0, 8.0, 8.0, None], FIVE, TOO_FEW),
        ([], FIVE, TOO_FEW),
    ],
)
def test_an_order(a: list[float | None], b: list[float | None], verdict: str) -> None:
    assert more("modes", "a", "b")(runs(a=a, b=b)).verdict == verdict


def test_an_order_says_its_means_and_p() -> None:
    """All of a are above all of b: 2 of the 252 ways to part ten runs are as extreme."""
    found = more("modes", "a", "b")(runs(a=[8.0, 8.1, 8.2, 8.3, 8.4], b=[1.0, 2.0, 3.0, 4.0, 5.0]))
    assert (found.verdict, found.told) == (HOLDS, f"8.2 and 3, p {2 / 252:.3f}")


def test_two_that_are_alike() -> None:
    apart = [8.0, 8.0, 8.0, 7.0, 8.0]
    assert alike("modes", "a", "b")(runs(a=FIVE, b=FIVE)).verdict == HOLDS
    assert alike("modes", "a", "b")(runs(a=FIVE, b=[*apart])).verdict == FAILS
    assert alike("modes", "a", "b")(runs(a=FIVE[:4], b=FIVE)).verdict == TOO_FEW


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([25.0] * 5, HOLDS),
        ([25.0] * 4, TOO_FEW),
        ([25.0, 24.0], FAILS),  # one seed refutes what is said of every seed
        ([25.0] * 4 + [None], FAILS),
        ([], TOO_FEW),
    ],
)
def test_of_every_seed(values: list[float | None], verdict: str) -> None:
    assert every("modes", "a", least=25)(runs(a=values)).verdict == verdict


def test_a_median() -> None:
    rule = median_of("modes", "a", most=6)
    assert rule(runs(a=FIVE)).verdict == HOLDS
    assert rule(runs(a=[7.0] * 5)).verdict == FAILS
    assert rule(runs(a=FIVE[:4])).verdict == TOO_FEW
    assert rule({}).verdict == TOO_FEW


SMALL = Table(
    name="small",
    title="A small one",
    protocol={"target": "ring(modes=4)"},
    steps=1_000,
    samples=100,
    ways=(
        Way("gan", "GAN", {}, (Published("A, Table 1", {"modes": (3.1, 0.2), "high_quality": "few"}),)),
        Way("two", "two", {"packing": "2"}, (Published("B", {"modes": 4}, confirmed=False),)),
        Way("three", "three", {"packing": "3"}),
        Way("other", "other", None, (Published("B", {"modes": 2.5}, confirmed=False),)),
    ),
    columns=(Column("modes", "modes", 1), Column("high_quality", "good, %", 1, PER_CENT)),
    claims=(Claim("Two finds more.", "B", more("modes", "two", "gan"), confirmed=False),),
    differences=("A ring is no ring.",),
    otherwise=("All is smaller.",),
)


def row(modes: float | None, along: list[float], gradients: int, samples: int, steps: int = 1_000) -> dict[str, Any]:
    """One run, that tells of its steps 500 and 1 000."""
    names = ("modes", "high_quality", "reverse_kl", "coverage", "on_band")
    return {
        "ended": "diverged" if modes is None else "steps",
        "steps": steps,
        "seconds": 12.4,
        "gradients": gradients * steps,
        "samples": samples * steps,
        "told": [500, 1_000],
        "readings": {name: along if name == "modes" else [None, None] for name in names},
        "measured": {} if modes is None else {"modes": modes, "high_quality": 0.5},
    }


ROWS = {
    "gan": [row(2, [1, 2], 2, 200), row(4, [3, 4], 2, 200), row(None, [1, 1], 2, 200)],
    "two": [row(4, [3, 4], 4, 400)],
}


def test_the_table_in_markdown() -> None:
    said = markdown(Results(SMALL, ROWS))
    half = stats.t.ppf(0.975, 1) * 1.0  # of 2 and 4: the standard error is 1
    lines = said.splitlines()
    assert "| GAN | in print: A, Table 1 | 3.1 ± 0.2 | few |  |  |  |  |  |" in lines
    assert half > 3  # the interval would go below 0, which a mean of counts cannot
    here = f"| GAN | **here** | 3.0 (0.0 to {3 + half:.1f}) | 50.0 (50.0 to 50.0) |"
    assert f"{here} 3, 1 diverged | 1,000 | 2,000 | 200,000 | 12 |" in lines
    assert "| two | in print: B† | 4 |  |  |  |  |  |  |" in lines
    assert "| two | **here** | 4.0 | 50.0 | 1 | 1,000 | 4,000 | 400,000 | 12 |" in lines
    assert "| three | here | not trained yet |  |  |  |  |  |  |" in lines
    assert "| other | in print: B† | 2.5 |  |  |  |  |  |  |" in lines
    assert "| the data of `ring(modes=4)` | on average | 4.0 | 98.9 |  |  |  |  |  |" in lines
    assert "† From memory of the paper; not confirmed." in lines
    assert "| Two finds more. | B† | **too few seeds** | 4 and 3 |" in lines
    assert "* A ring is no ring." in lines
    assert "* All is smaller." in lines
    assert "Trained for 1,000 steps. The protocol has 1,000 steps." in said


def test_at_equal_gradients_and_samples_each_is_told_as_far_as_the_cheapest_goes() -> None:
    """A step of `two` takes twice of both: at the end of `gan`, it is at step 500."""
    results = Results(SMALL, ROWS)
    for what in ("gradients", "samples"):
        found = results.at_equal(what)
        assert {name: (at.step, at.gradients, at.samples) for name, at in found.items()} == {
            "gan": (1_000, 2_000, 200_000), "two": (500, 2_000, 200_000),
        }  # fmt: skip
        assert found["two"].readings["modes"].value == 3
        assert found["gan"].readings["modes"].value == pytest.approx((2 + 4 + 1) / 3)
    assert markdown(results).count("| two | 500 | 2,000 | 200,000 | 3.0 |") == 2
    assert Results(SMALL, {}).at_equal("gradients") == {}


def test_the_table_in_json_has_the_same_numbers_and_no_nan() -> None:
    found = json.loads(as_json(Results(SMALL, ROWS)))
    gan, two, three, other = found["ways"]
    assert gan["here"]["readings"]["modes"]["value"] == 3
    assert (gan["here"]["seeds"], gan["here"]["diverged"]) == (3, 1)
    assert gan["published"] == [
        {"source": "A, Table 1", "cells": {"modes": [3.1, 0.2], "high_quality": "few"}, "confirmed": True}
    ]
    assert two["here"]["readings"]["modes"] == {"value": 4, "low": None, "high": None, "of": 1}
    assert three["here"] is None
    assert (other["here"], other["config"]) == (None, None)
    assert found["claims"][0]["verdict"] == TOO_FEW
    assert found["equal_gradients"]["two"]["step"] == 500


def test_runs_that_are_shorter_than_the_protocol_say_so_of_the_claims() -> None:
    short = {"gan": [row(4, [3, 4], 2, 200, steps=250)]}
    assert "These runs have 0.25 of the protocol's steps" in markdown(Results(SMALL, short))
    assert "of the protocol's steps" not in markdown(Results(SMALL, ROWS))


def test_nothing_is_trained_yet() -> None:
    assert "No run is done." in markdown(Results(SMALL, {}))
    assert json.loads(as_json(Results(SMALL, {})))["equal_samples"] == {}


def test_a_page_shows_the_cells_that_are_printed() -> None:
    results = Results(SMALL, ROWS)
    printed = [line.strip("| ").split(" | ") for line in markdown(results).splitlines()]
    found = shown(results, {"gan": 5, "two": 5, "three": 5})
    gan, two, three, other = found["lines"]
    assert (gan["seeds"], gan["here"]["seeds"], gan["here"]["diverged"]) == (5, 3, 1)
    for line in (gan, two):
        (row_,) = [row for row in printed if row[:2] == [line["words"], "**here**"]]
        assert row_[2:4] == line["here"]["cells"]
        assert row_[-4:] == line["here"]["paid"]
    assert gan["print"] == [{"source": "A, Table 1", "cells": ["3.1 ± 0.2", "few"]}]
    assert two["print"] == [{"source": "B†", "cells": ["4", ""]}]
    assert (three["here"], three["trained"], other["here"], other["trained"]) == (None, True, None, False)
    assert found["data"] == [{"target": "ring(modes=4)", "cells": ["4.0", "98.9"]}]
    for equal in found["equal"]:
        assert [line["cells"] and line["cells"][:3] for line in equal["lines"]] == [
            ["1,000", "2,000", "200,000"], ["500", "2,000", "200,000"], None,
        ]  # fmt: skip
    (claim,) = found["claims"]
    assert claim == {"words": "Two finds more.", "source": "B†", "verdict": "few", "told": "4 and 3"}
    assert json.dumps(found, allow_nan=False)
