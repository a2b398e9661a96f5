"""The table of what training together brings, with a speed that is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gan_core.bench import many
from gan_core.bench.many import TOGETHER, speed_together
from gan_core.setup.config import sized
from gan_core.setup.presets import Preset
from gan_core.training.engine import GANEngine
from gan_core.training.many import ManyEngines


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tiny: Preset) -> list[int]:
    """What was trained so far: a number of steps and networks for each call. Every call takes a tenth of a second."""
    trained: list[int] = []

    def advance_for(size: Callable[[object], int]) -> Callable[[object, int], None]:
        return lambda trains, count: trained.append(size(trains) * count)

    def rate(call: Callable[[], object], seconds: float, clock: Callable[[], float]) -> float:
        call()
        return 10.0

    monkeypatch.setattr(GANEngine, "advance", advance_for(lambda engine: 1))
    monkeypatch.setattr(ManyEngines, "advance", advance_for(lambda together: len(together.engines)))
    monkeypatch.setattr(many, "rate", rate)
    wide = Preset("wide", sized(width=65, depth=1, batch=8), tiny.values)
    monkeypatch.setattr(many, "SIZES", {"tiny": tiny, "small": wide, "article": wide})
    return trained


def test_steps_of_all_networks_count(steps: list[int]) -> None:
    small, *wide = speed_together(0.1)
    found = {row.name: row.values for row in small}
    each = steps[0]  # of one network
    assert found["alone"] == (10.0 * each,) * 3
    for m in TOGETHER[1:]:
        assert found[f"{m} together"] == (10.0 * m * each,) * 3
        assert found[f"{m} together : alone"] == (m,) * 3
    assert set(steps) == {m * each for m in TOGETHER}
    assert [[row.name for row in rows] for rows in wide] == [["alone"]] * 2
    assert all(row.group.endswith("not trained together") for rows in wide for row in rows)
