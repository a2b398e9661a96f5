"""A class: fifty watch while one presents, each waiting for frames and for what the presenter shows.

What is shown is timed from when the presenter's browser sends it to the last byte at each watcher.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing

from gan_core.bench import crowd
from gan_core.bench.client import Client, running_server
from gan_core.bench.rounds import Plan, Row, interleave, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.bench.watched import (
    LEAD,
    LEAST,
    NOBODY,
    SHARE,
    answer_times,
    running_crowd,
    speed,
    time_rows,
    train_past_the_dense_steps,
    unwatched,
)

WATCHERS = 50
VIEWS_A_SECOND = 10  # a cursor that moves
_TOKEN = "a presenter's"


def watchers_of_a_presenter(plan: Plan, size: str = "small", watchers: int = WATCHERS) -> list[Row]:
    """Steps a second with and without a class that watches, and how soon it has frames and the presenter's cursor."""
    seconds, crowded = max(LEAST, plan.seconds), f"{watchers} watchers"
    frames: list[crowd.Answer] = []
    views: list[crowd.Answer] = []
    shown: list[tuple[int, float]] = []  # version, seconds on the machine's monotonic clock
    with (
        running_server(size, plan.device, plan.threads, token=_TOKEN) as server,
        closing(Client(server.port, _TOKEN)) as client,
        closing(Client(server.port, _TOKEN)) as presenter,
        running_crowd(server.port, watchers) as watch,
        running_crowd(server.port, watchers, "/api/presented") as listen,
        ThreadPoolExecutor() as others,
    ):

        def lesson(length: float, frames: list[crowd.Answer], views: list[crowd.Answer]) -> None:
            listening = others.submit(listen, length)
            watching = others.submit(watch, length)
            _present(presenter, shown, listening)
            frames += watching.result()
            views += listening.result()

        def class_watching() -> float:
            lesson(LEAD, [], [])
            return speed(client, lambda: lesson(seconds, frames, views))

        train_past_the_dense_steps(client)
        client.look(SHARE)
        speeds = interleave({NOBODY: lambda: unwatched(client, seconds), crowded: class_watching}, plan.rounds)
        published = client.published()
    group = f"Presented, {describe(SIZES[size])}"
    return [
        *[Row(group, name, "steps/s", values) for name, values in speeds.items()],
        Row(group, f"{crowded} : nobody", "x", ratios(speeds[crowded], speeds[NOBODY])),
        *time_rows(group, f"frame to {crowded}", answer_times(frames, published)),
        *time_rows(group, f"cursor to {crowded}", answer_times(views, shown)),
    ]


def _present(presenter: Client, shown: list[tuple[int, float]], listening: Future[list[crowd.Answer]]) -> None:
    """Show a view after the other, at a steady pace, until nobody waits for one any more."""
    due = time.monotonic()
    while not listening.done():
        shown.append((len(shown) + 1, time.monotonic()))
        presenter.present(step=len(shown))
        due += 1 / VIEWS_A_SECOND
        wait([listening], max(0.0, due - time.monotonic()))
