"""What runs on a worker of a crew: a share of a sweep, with the visitor's own modules."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distributed import get_worker

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.sweep.work import Handed, Measure, Share, work
from gan_core.system import laboratory
from gan_core.training.best_batch import best_batch

LOOKS = "ganscope-looks"  # the topic under which workers tell of looks


@dataclass(frozen=True)
class NotHere:
    """What a worker says that cannot do a share, though others may."""

    worker: str
    sentence: str


def train_share(
    share: Share, modules: tuple[str, ...], telling: bool, *, measure: Measure | None = None
) -> Handed | NotHere:
    """What a worker does: `work`, with the visitor's own modules."""
    worker = get_worker()
    try:
        laboratory.load(modules)
    except ValueError as error:
        return NotHere(worker.address, f"The worker {worker.address} cannot load what --with names: {error}")

    def tell(key: str, look: Mapping[str, Any]) -> None:
        worker.log_event(LOOKS, {"key": key, **look})

    return work(share, tell=tell if telling else None, measure=measure)


def try_batches(config: GANConfig, values: HyperParameters, at_most: int, modules: tuple[str, ...]) -> int:
    """What a worker does to find out how many runs it best trains together."""
    laboratory.load(modules)
    return best_batch(config, values, at_most=at_most, clock=time.thread_time)
