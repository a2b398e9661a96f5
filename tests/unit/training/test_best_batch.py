"""How many runs are trained together, by a clock that says what steps are to take."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gan_core.setup.config import HyperParameters, sized
from gan_core.training.best_batch import best_batch
from gan_core.training.engine import GANEngine
from gan_core.training.many import ManyEngines

CONFIG, VALUES = sized(width=4, depth=1, batch=8), HyperParameters()


class Machine:
    """A clock, and engines on which a step of M together takes `overhead` + M `each`, plus `cache` for each above 8."""

    def __init__(self, patch: pytest.MonkeyPatch, overhead: float, each: float, cache: float = 0.0) -> None:
        self.now, self.tried = 0.0, set[int]()

        def advance_for(size: Callable[[object], int]) -> Callable[[object, int], list[None]]:
            def advance(trained: object, count: int) -> list[None]:
                m = size(trained)
                self.tried.add(m)
                self.now += count * (overhead + m * each + max(0, m - 8) * cache)
                return [None] * count

            return advance

        patch.setattr(GANEngine, "advance", advance_for(lambda engine: 1))
        patch.setattr(ManyEngines, "advance", advance_for(lambda many: len(many.engines)))

    def best(self, at_most: int) -> int:
        return best_batch(CONFIG, VALUES, at_most=at_most, clock=lambda: self.now)


@pytest.mark.parametrize(
    ("overhead", "each", "cache", "at_most", "expected"),
    [
        (1e-4, 1e-5, 0.0, 64, 64),  # 64 runs take 1.2e-5 a step each, 32 take 1.3e-5
        (1e-4, 1e-5, 0.0, 12, 12),
        (1e-4, 1e-5, 0.0, 1000, 64),
        (1e-4, 1e-5, 2e-5, 64, 8),  # then the cache is full
        (1e-7, 1e-4, 0.0, 64, 1),  # it does not pay
        (4e-6, 1e-4, 0.0, 64, 1),  # it pays 4 %
        (1e-5, 1e-4, 0.0, 64, 2),  # of 10 % that there are to be had, two have 5
        (1e-4, 1e-5, 0.0, 1, 1),
        (1e-4, 1e-5, 0.0, 0, 1),
    ],
)
def test_the_fastest_size_or_a_smaller_one_near_it(
    monkeypatch: pytest.MonkeyPatch, overhead: float, each: float, cache: float, at_most: int, expected: int
) -> None:
    machine = Machine(monkeypatch, overhead, each, cache)
    assert machine.best(at_most) == expected
    assert max(machine.tried, default=1) <= max(1, min(at_most, 64))


def test_it_takes_about_as_long_as_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 1e-4, 1e-5)
    machine.best(16)
    assert machine.tried == {1, 2, 4, 8, 16}
    assert 1 <= machine.now < 1.1


def test_sizes_that_would_take_too_long_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 1e-3, 2e-3)  # a step of 16 takes 33 ms, of 4 takes 9
    assert machine.best(64) == 4
    assert machine.tried == {1, 2, 4}
    assert machine.now < 2


def test_what_cannot_be_trained_together_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 1e-4, 1e-5)
    assert best_batch(sized(width=128), VALUES, at_most=64, clock=lambda: machine.now) == 1
    assert not machine.tried
