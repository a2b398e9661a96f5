"""How many runs to train together: measured, on the machine that is to train them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.training.many import ManyEngines, serves_many

_MOST = 64  # from a dozen or two on, arrays leave the processor's cache, and more at once bring nothing
_STEPS = 8  # at a time: the fewer, the more what `advance` costs beside its steps would count
_ROUNDS = 3  # in which all sizes take turns
_NEAR = 0.95  # of the greatest speed: what else runs on a machine makes more of a difference


def best_batch(
    config: GANConfig, values: HyperParameters, *, at_most: int, clock: Callable[[], float], seconds: float = 1.0
) -> int:
    """How many runs of this configuration to train together on one thread, from 1 to `at_most`; 1: each alone.

    The size of the most steps a second, each run's counted, or a smaller one that comes within 5 % of it. Trains for
    about `seconds` of `clock`, which says the time in seconds; longer where eight steps of all take longer than that.
    """
    sizes = _sizes(min(at_most, _MOST))
    if len(sizes) == 1 or not serves_many(config):
        return 1
    engines = ManyEngines.begin(config, [(values, seed) for seed in range(sizes[-1])]).engines
    trials: dict[int, Callable[[int], Sequence[Any]]] = {1: engines[0].advance}
    trials |= {size: ManyEngines(engines[:size]).advance for size in sizes[1:]}
    for advance in trials.values():
        advance(1)  # for the first one batches are drawn, of many steps
    speeds = dict.fromkeys(trials, 0.0)
    for _ in range(_ROUNDS):
        for size, advance in trials.items():
            steps = _steps_per_second(advance, seconds / (_ROUNDS * len(trials)), clock)
            speeds[size] = max(speeds[size], size * steps)
    return min(size for size, speed in speeds.items() if speed >= _NEAR * max(speeds.values()))


def _sizes(at_most: int) -> list[int]:
    """Powers of two, and `at_most` itself."""
    return [*(size for size in (1, 2, 4, 8, 16, 32, 64) if size < at_most), max(at_most, 1)]


def _steps_per_second(advance: Callable[[int], Sequence[Any]], seconds: float, clock: Callable[[], float]) -> float:
    start, now, done = clock(), 0.0, 0
    while not done or now - start < seconds:
        done += len(advance(_STEPS))
        now = clock()
    return done / (now - start)
