from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.sweep import plot
from gan_core.sweep.axis import read_axis
from gan_core.sweep.plan import Plan

PLAN = Plan("quick", 40, (0, 1, 2), (read_axis("lr_g=1e-4,1e-3,1e-2"), read_axis("beta1=0.1,0.5,0.9")))


TWO = replace(PLAN, against=(("objective", "hinge"),))


def rows(plan: Plan = PLAN) -> list[dict[str, Any]]:
    """Coverage: a tenth of the place across, 0.01 of the seed; of another recipe 0.5 more. One cell is not done."""
    found = []
    for cell, task in plan.tasks():
        place = plan.axes[0].values.index(cell["lr_g"])
        if (cell["lr_g"], cell["beta1"]) != ("1e-2", "0.9"):
            verdict = "covering" if task.seed else "d-has-won"
            coverage = [0.9, place / 10 + task.seed / 100 + (0.5 if cell.get("recipe") == "b" else 0)]
            found.append({"key": task.key, "verdict": verdict, "readings": {"coverage": coverage}})
    return found


def test_a_cell_has_the_median_of_its_seeds_and_the_commonest_verdict() -> None:
    coverage, words = plot._cells(PLAN, rows())
    np.testing.assert_allclose(coverage[:, 0], [0.01, 0.11, 0.21])
    assert math.isnan(coverage[2, 2])
    assert words[0, 0] == "C2"
    assert (2, 2) not in words


def test_two_recipes_have_a_map_each() -> None:
    for recipe, more in (("a", 0), ("b", 0.5)):
        coverage, words = plot._cells(TWO, rows(TWO), recipe)
        np.testing.assert_allclose(coverage[:, 0], [0.01 + more, 0.11 + more, 0.21 + more])
        assert len(words) == 8


def test_the_settings_of_the_article_lie_where_they_belong() -> None:
    """Figure 2: lr_g 0.001, beta1 0.9; figure 7: lr_g 0.0002, beta1 0.5."""
    lr, beta = PLAN.axes
    x, y = plot._places(lr.values), plot._places(beta.values)
    assert x.tolist() == [0, 1, 2]
    assert plot._of_the_article("mode-collapse", "lr_g", x, lr.values) == 1
    assert plot._of_the_article("better", "lr_g", x, lr.values) == pytest.approx(math.log10(2))
    assert plot._of_the_article("better", "beta1", y, beta.values) == pytest.approx(0.5)
    assert plot._of_the_article("better", "beta1_g", y, ("0.6", "0.9")) is None
    assert plot._of_the_article("better", "lr", x, lr.values) is None  # its two rates are not the same


def test_a_map_varies_two_things() -> None:
    plot.check_plan(PLAN)
    with pytest.raises(ValueError, match="varies two things"):
        plot.check_plan(Plan("quick", 40, (0,), PLAN.axes[:1]))


@pytest.mark.parametrize(("plan", "maps"), [(PLAN, 1), (TWO, 2)])
def test_it_is_drawn(plan: Plan, maps: int, tmp_path: Path) -> None:
    for name in ("map.svg", "map.png"):
        plot.draw(plan, rows(plan), tmp_path / name)
    text = (tmp_path / "map.svg").read_text()
    assert text.count('id="QuadMesh_') == maps
