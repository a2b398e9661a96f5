"""What training many networks together brings: `python -m gan_core.bench.many [SECONDS]`, on one thread.

Rates are steps of each network, all counted, a second of this process's own processor time: what else runs on the
machine counts less so. Sizes that cannot be trained together are trained in turn.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from gan_core.bench.report import print_rows
from gan_core.bench.rounds import Row, interleave, rate, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.cli.reader import heard_out
from gan_core.setup.scenario import Preset
from gan_core.training.engine import GANEngine
from gan_core.training.many import ManyEngines, serves_many

TOGETHER = (1, 4, 16, 64)
_ROUNDS = 3
_STEPS = 8  # at a time


def speed_together(seconds: float) -> Iterator[list[Row]]:
    """Rows of each size in turn; `seconds` is how long each number of networks is trained in a round."""
    for name in ("tiny", "small", "article"):
        yield _at(SIZES[name], seconds)


def _at(size: Preset, seconds: float) -> list[Row]:
    numbers = TOGETHER if serves_many(size.config) else (1,)
    group = describe(size) + ("" if serves_many(size.config) else ": not trained together")
    found = interleave({str(m): _slice(size, m, seconds) for m in numbers}, _ROUNDS)
    return [
        *[Row(group, f"{m} together" if m != "1" else "alone", "steps/s", values) for m, values in found.items()],
        *[Row(group, f"{m} together : alone", "x", ratios(found[str(m)], found["1"])) for m in numbers[1:]],
    ]


def _slice(size: Preset, members: int, seconds: float) -> Callable[[], float]:
    """Steps of all members a second of processor time."""
    if members == 1:
        advance: Callable[[int], object] = GANEngine(size, device="cpu", precision="float32", threads=1).advance
    else:
        advance = ManyEngines.begin(size.config, [(size.values, seed) for seed in range(members)]).advance
    call = partial(advance, _STEPS)
    return lambda: members * _STEPS * rate(call, seconds, time.thread_time)


def main() -> None:
    """Measure and print each size."""
    for rows in speed_together(float(sys.argv[1]) if len(sys.argv) > 1 else 0.5):
        print_rows(rows)


if __name__ == "__main__":
    sys.exit(heard_out(main))
