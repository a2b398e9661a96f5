"""How many runs to train together: measured, on the machine that is to train them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.training.engine import GANEngine
from gan_core.training.many import ManyEngines, serves_many

_SIZES = (1, 2, 4, 8, 16, 32, 64)  # from some dozens on, arrays leave the processor's cache, and more bring nothing
_STEPS = 8  # at a time: the fewer, the more what `advance` costs beside its steps would count
_ROUNDS = 3  # in which all sizes take turns
_NEAR = 0.95  # of the greatest speed: what else runs on a machine makes more of a difference


def best_batch(
    config: GANConfig, values: HyperParameters, *, at_most: int, clock: Callable[[], float], seconds: float = 1.0
) -> int:
    """How many runs of this configuration to train together on one thread, from 1 to `at_most`; 1: each alone.

    The size of the most steps a second, each run's counted, or a smaller one that comes within 5 % of it. Trains for
    about `seconds` of `clock`, which says the time in seconds; `time.thread_time` leaves out what else the machine
    does. Sizes that would take more than their share are not tried: steps that long are bound by their arithmetic.
    """
    most = min(max(at_most, 1), _SIZES[-1])
    sizes = [*(size for size in _SIZES if size < most), most]
    if len(sizes) == 1 or not serves_many(config):
        return 1
    share = seconds / (_ROUNDS * len(sizes))
    engines: list[GANEngine] = []
    trials: dict[int, Callable[[int], Sequence[Any]]] = {}
    speeds: dict[int, float] = {}
    for size in sizes:
        if speeds and _STEPS * size / max(speeds.values()) > 2 * share:
            break
        engines += ManyEngines.begin(config, [(values, seed) for seed in range(len(engines), size)]).engines
        trials[size] = engines[0].advance if size == 1 else ManyEngines(engines).advance
        trials[size](1)  # for the first one batches are drawn, of many steps
        speeds[size] = size * _steps_per_second(trials[size], share, clock)
    for _ in range(_ROUNDS - 1):
        for size, advance in trials.items():
            speeds[size] = max(speeds[size], size * _steps_per_second(advance, share, clock))
    return min(size for size, speed in speeds.items() if speed >= _NEAR * max(speeds.values()))


def _steps_per_second(advance: Callable[[int], Sequence[Any]], seconds: float, clock: Callable[[], float]) -> float:
    start, now, done = clock(), 0.0, 0
    while not done or now - start < seconds:
        done += len(advance(_STEPS))
        now = clock()
    return done / (now - start)
