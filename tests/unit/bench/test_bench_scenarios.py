"""The table of scenarios: its cells against hand-made runs, and its work against a run in one go."""

from __future__ import annotations

from typing import Any

import pytest

from gan_core.bench import scenarios
from gan_core.bench.scenarios import CLAIMS, STAGES, Claim, at, most, table, work
from gan_core.looking.measures.quality import coverage
from gan_core.looking.probe import Probe
from gan_core.setup.presets import PRESETS
from gan_core.training.engine import GANEngine


def row(run: str, seed: int, step: int, **numbers: float) -> dict[str, Any]:
    return {"run": run, "seed": seed, "step": step, "processor": 2.0 * step + seed, "numbers": numbers}


def test_every_article_scenario_has_a_claim_that_its_looks_can_answer() -> None:
    article = [preset.name for preset in PRESETS.values() if preset.group == "article"]
    assert [claim.preset for claim in CLAIMS] == article
    looks = {(name, step) for name, steps in STAGES for step in steps}
    for claim in CLAIMS:
        assert (claim.trained_as, claim.until) in looks
        of, as_ = PRESETS[claim.preset], PRESETS[claim.trained_as]
        assert (of.config, of.values) == (as_.config, as_.values)
        assert not any(step > claim.until for name, step in looks if name == claim.preset == "target")


def test_the_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two whole runs, of which one keeps to the claim, and one that has not got there."""
    claim = Claim(
        "quick",
        "quick",
        20,
        (("highest {:.2f}", most("coverage", (10, 20))), ("at the end {:.1f}", at("coverage", 20))),
        lambda seen: seen[20]["coverage"] > 0.5,
        "above a half",
    )
    monkeypatch.setattr(scenarios, "CLAIMS", (claim, CLAIMS[0]))
    rows = [
        row("quick", 0, 10, coverage=0.9),
        row("quick", 0, 20, coverage=0.4),
        row("quick", 1, 20, coverage=0.75),
        row("quick", 1, 10, coverage=0.0),
        row("quick", 2, 10, coverage=0.1),
        row("another", 3, 20, coverage=0.1),
    ]
    _, _, *lines = table(rows).splitlines()
    assert lines == [
        f"| `quick`, 20 steps | {PRESETS['quick'].claim} | highest 0.75 to 0.90, at the end 0.4 to 0.8 "
        "| 1 of 2: above a half | 40 |"
    ]


@pytest.mark.slow
def test_work_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "STAGES", (("quick", (10,)), ("target", (120,)), ("quick", (25, 40))))
    rows = list(work([3], []))
    assert [(found["run"], found["step"]) for found in rows] == [
        ("quick", 10),
        ("target", 120),
        ("quick", 25),
        ("quick", 40),
    ]
    engine = GANEngine(PRESETS["quick"], 3, device="cpu")
    engine.advance(40)
    fakes = Probe(engine.config, engine.compute.device).fakes(engine.generator, 40)
    assert rows[-1]["numbers"]["coverage"] == pytest.approx(coverage(fakes, engine.target))
    assert rows[1]["numbers"]["coverage"] == 1
    again = list(work([3], rows[:3]))
    assert [found["step"] for found in again] == [40]
    assert again[0]["numbers"] == rows[-1]["numbers"]
    assert list(work([3], rows)) == []
