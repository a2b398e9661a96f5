"""The comparison of precisions: its test of significance against hand-counted cases, and its runs against a replay."""

from __future__ import annotations

import pytest

from gan_core.bench import learning
from gan_core.bench.learning import Comparison, permutation_p
from gan_core.engine import GANEngine
from gan_core.metrics import coverage
from gan_core.presets import PRESETS
from gan_core.probes import Probe


def test_permutation_p_by_hand() -> None:
    """Of the 20 ways to part six numbers into three and three, two are as extreme as 1 2 3 against 4 5 6."""
    assert permutation_p([1, 2, 3], [4, 5, 6]) == pytest.approx(2 / 20)
    assert permutation_p([1, 2], [2, 1]) == 1
    assert permutation_p([0, 0, 0], [0, 0, 1]) == 1  # wherever the 1 lands, the difference is the same
    assert Comparison("better", "coverage", (1, 2, 3), (4, 5, 6)).p == pytest.approx(2 / 20)


def test_a_run_is_the_mean_over_its_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(learning.LOOKS, "quick", (20, 40))
    found = learning.run("quick", 3, "float32", threads=1)
    engine = GANEngine(PRESETS["quick"], 3, device="cpu", precision="float32", threads=1)
    probe = Probe(engine.config, engine.compute.device)
    values = []
    for _ in range(2):
        for _ in range(20):
            engine.step()
        values.append(coverage(probe.fakes(engine.generator, engine.steps), engine.target))
    assert found["coverage"] == pytest.approx(sum(values) / 2)
