"""The comparison of ways to train: its tests of significance against hand-counted cases, its runs against a replay."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import pytest

from gan_core.bench import learning
from gan_core.bench.learning import LEAST, Run, log_rank, missing, permutation, stuck_since
from gan_core.looking.measures.quality import coverage
from gan_core.looking.probe import Probe
from gan_core.setup.presets import PRESETS
from gan_core.training.engine import GANEngine


def run(stuck: int | None, way: str = "float32", seed: int = 0, scenario: str = "mode-collapse") -> Run:
    looks = {str(step): dict.fromkeys(learning.MEASURES, 0.5) for step in learning.LOOKS[scenario]}
    return Run(scenario, way, seed, stuck, looks, 1.0)


def test_since_when_a_run_is_stuck() -> None:
    low, high = [0.01] * LEAST, 0.5
    assert stuck_since([high, high, *low]) == 3
    assert stuck_since(low) == 1
    assert stuck_since([*low, high]) is None
    assert stuck_since([*low, 0.02, *low]) == LEAST + 2  # the limit itself is not below it
    assert stuck_since([high, *low[1:]]) is None  # too short to tell
    assert stuck_since([math.nan, *low]) == 2


def test_permutation_by_hand() -> None:
    """Of the 20 ways to part six numbers into three and three, two are as extreme as 1 2 3 against 4 5 6."""
    assert permutation([1, 2, 3], [4, 5, 6]) == pytest.approx(2 / 20)
    assert permutation([1, 2], [2, 1]) == 1
    assert permutation([0, 0, 0], [0, 0, 1]) == 1  # wherever the 1 lands, the difference is the same


def test_log_rank_by_hand() -> None:
    """Three runs stuck at 10, 20, 30 against three at 40, 50 and never.

    Of the first three, expected at each time: 3/6, 2/5, 1/4, 0, 0, so 1.15 against 3 observed; variance
    1/4 + 6/25 + 3/16 = 0.6775, hence z = 1.85 / 0.8231 = 2.2476, p = 0.0246.
    """
    late = [run(40), run(50), run(None)]
    assert log_rank([run(10), run(20), run(30)], late) == pytest.approx(0.0246, abs=5e-5)
    assert log_rank(late, late) == pytest.approx(1)
    assert log_rank([run(None)], [run(None)]) == 1


def test_what_is_there_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "RESAMPLES", 99)  # of the tables' tests of significance, which are held by hand above
    plan = learning.PLAN.items()
    there = [run(7 if seed % 2 else None, way, seed, name) for (name, way), n in plan for seed in range(n)]
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in there))
    assert list(missing(learning.read(path), ["mode-collapse:keras", "mode-collapse:float32"])) == []
    assert list(missing(learning.read(path)[1:], ["mode-collapse:float32"])) == [("mode-collapse", "float32", 0)]
    assert list(missing([run for run in there if run.way != "keras"])) == [
        *(("mode-collapse", "keras", seed) for seed in range(6)),
        *(("better", "keras", seed) for seed in range(6)),
    ]
    assert "| float32, seeds 0 to 23 | 12 of 24 | 7, 7, 7" in learning.tables(there)


def test_a_run_is_the_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(learning.LOOKS, "quick", (20, 40))
    found = learning.train("quick", "float32", 3)
    engine = GANEngine(PRESETS["quick"], 3, device="cpu", precision="float32", threads=1)
    probe = Probe(engine.config, engine.compute.device)
    for step in (20, 40):
        while engine.steps < step:
            engine.step()
        value = coverage(probe.fakes(engine.generator, engine.steps), engine.target)
        assert found.looks[str(step)]["coverage"] == pytest.approx(value)
    assert found.stuck is None
