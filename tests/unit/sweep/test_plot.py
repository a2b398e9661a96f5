from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.sweep import plot
from gan_core.sweep.axis import read_axis
from gan_core.sweep.plan import Plan

PLAN = Plan("quick", 40, (0, 1, 2), (read_axis("lr_g=1e-4,1e-3,1e-2"), read_axis("beta1=0.1,0.5,0.9")))


def rows() -> list[dict[str, Any]]:
    """Coverage is a tenth of the place across, plus 0.01 of the seed; one cell is not done."""
    found = []
    for cell, task in PLAN.tasks():
        place = PLAN.axes[0].values.index(cell["lr_g"])
        if (cell["lr_g"], cell["beta1"]) != ("1e-2", "0.9"):
            verdict = "covering" if task.seed else "d-has-won"
            coverage = [0.9, place / 10 + task.seed / 100]
            found.append({"key": task.key, "verdict": verdict, "readings": {"coverage": coverage}})
    return found


def test_a_cell_has_the_median_of_its_seeds_and_the_commonest_verdict() -> None:
    coverage, words = plot._cells(PLAN, rows())
    np.testing.assert_allclose(coverage[:, 0], [0.01, 0.11, 0.21])
    assert math.isnan(coverage[2, 2])
    assert words[0, 0] == "C2"
    assert (2, 2) not in words


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


def test_it_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("map.svg", "map.png"):
        plot.draw(PLAN, rows(), tmp_path / name)
    text = (tmp_path / "map.svg").read_text()
    assert "<svg" in text
