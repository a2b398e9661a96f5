"""What is said of two checkouts: against intervals by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from gan_core.bench.trees import read, table, verdict


def test_the_interval_by_hand() -> None:
    """Logarithms -h, h: mean 0, standard error h, and Student's t with one degree of freedom is 12.706 at 97.5 %."""
    found, _ = verdict("50 clients", [math.exp(-0.01), math.exp(0.01)])
    assert (found.value, found.low, found.high) == pytest.approx((1, math.exp(-0.12706), math.exp(0.12706)), rel=1e-5)


@pytest.mark.parametrize(
    ("ratios", "of_speed", "of_time"),
    [
        ([0.99, 1.0, 1.01], "no worse", "no worse"),
        ([1.3, 1.31, 1.32], "no worse", "worse"),  # more steps a second; but an answer that takes longer
        ([0.76, 0.77, 0.78], "worse", "no worse"),
        ([0.96, 0.961, 0.962], "worse, by less than a tenth", "no worse"),
        ([0.7, 1.0, 1.4], "not known", "not known"),
    ],
)
def test_what_is_said(ratios: list[float], of_speed: str, of_time: str) -> None:
    assert verdict("50 clients : nobody", ratios)[1] == of_speed
    assert verdict("p99", ratios)[1] == of_time
    assert verdict("first frame", ratios)[1] == of_time


def test_what_was_measured_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    assert read(file) == []
    lines = [{"what": "start", "before": {"first frame": 2.0}, "now": {"first frame": now}} for now in (2.0, 2.02)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = table(read(file))
    assert "| start: first frame | 2 to 2 | 2 to 2.02 | 1.00 (" in found
    assert "2 pairs" in found
