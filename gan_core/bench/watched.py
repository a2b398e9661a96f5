"""What many clients get, and what they take from the training.

Each asks ten times a second for a frame newer than the one it has. The answer's time runs from when both the request
has been sent and a newer frame is there, to its last byte: a request is held for up to 250 ms while there is no newer
frame, and that is not counted. What the clients' own process takes of the processor is charged to the server.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from math import ceil

from gan_core.bench import crowd
from gan_core.bench.client import Client, running_server
from gan_core.bench.rounds import Plan, Row, interleave, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.live.audience import WATCHED_FOR
from gan_core.run.history import DENSE_STEPS

COUNTS = (1, 10, 50)  # clients
ASKS_A_SECOND = 10  # of each client
SHARE = 0.05  # of the time, for looking
NOBODY = "nobody watching"
LEAD = 0.5  # seconds for the server to notice that it is watched
LEAST = 2.0  # seconds of a slice: enough answers, even where frames are rare
_POLL = 0.2  # seconds between two looks at the step

Crowd = Callable[[float], list[crowd.Answer]]  # lets clients ask for so many seconds


def cost_of_many_clients(plan: Plan) -> list[Row]:
    """Times of answers and steps a second with 1, 10 and 50 clients, at two sizes."""
    return [row for size in ("article", "small") for row in compare(size, plan)]


def compare(size: str, plan: Plan, counts: Sequence[int] = COUNTS) -> list[Row]:
    """Answers and steps a second with each number of clients, in a server that never stops training."""
    seconds = max(LEAST, plan.seconds)
    answers: dict[str, list[list[crowd.Answer]]] = {}
    with running_server(size, plan.device, plan.threads) as server, ExitStack() as stack:
        client = stack.enter_context(closing(Client(server.port)))
        slices = {NOBODY: lambda: unwatched(client, seconds)}
        for count in counts:
            watch = stack.enter_context(running_crowd(server.port, count))
            found_here = answers.setdefault(_named(count), [])
            slices[_named(count)] = lambda watch=watch, kept=found_here: _watched(client, watch, seconds, kept)  # type: ignore[misc]
        train_past_the_dense_steps(client)
        client.look(SHARE)
        speeds = interleave(slices, plan.rounds)
        published = client.published()
    first, *others = answers
    counted = {name: rounds[1:] for name, rounds in answers.items()}  # the first round is not counted
    group = f"Watched, {describe(SIZES[size])}"
    return [
        *[Row(group, name, "steps/s", values) for name, values in speeds.items()],
        *[Row(group, f"{name} : nobody", "x", ratios(speeds[name], speeds[NOBODY])) for name in answers],
        # Both render as many frames: what is left is the cost of handing them out.
        *[Row(group, f"{name} : {first}", "x", ratios(speeds[name], speeds[first])) for name in others],
        *[row for name, rounds in counted.items() for row in _answer_rows(group, name, rounds, seconds, published)],
    ]


def answer_times(answers: Sequence[crowd.Answer], published: Sequence[tuple[int, float]]) -> list[float]:
    """Seconds from when a request was sent and a newer frame was there to the last byte, for each frame that came.

    `published` has each frame's version, ascending, and when it was there.
    """
    versions = [version for version, _ in published]
    times = []
    for had, sent, received, got in answers:
        if got is not None:
            _, there = published[bisect_right(versions, had)]
            times.append(received - max(sent, there))
    return times


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least this share of all do not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def time_rows(group: str, name: str, times: Sequence[float]) -> list[Row]:
    """The middle and the slowest hundredth of some times in seconds; nothing of none."""
    shares = (0.5, 0.99) if times else ()
    return [Row(group, f"{name}, p{100 * share:.0f}", "ms", (1000 * percentile(times, share),)) for share in shares]


@contextmanager
def running_crowd(port: int, clients: int, path: str = crowd.FRAME) -> Iterator[Crowd]:
    """Start a process with so many clients; they ask only while they are told to."""
    # -P keeps this folder off the module path.
    command = [sys.executable, "-P", crowd.__file__, str(port), str(clients), str(ASKS_A_SECOND), path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:

        def watch(seconds: float) -> list[crowd.Answer]:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("both are pipes")
            process.stdin.write(f"{seconds}\n")
            line = process.stdout.readline()
            if not line:
                raise OSError(f"the clients have ended: exit status {process.wait()}")
            return [(had, sent, received, got) for had, sent, received, got in json.loads(line)]

        try:
            yield watch
        finally:
            process.kill()


def _answer_rows(
    group: str,
    name: str,
    rounds: Sequence[Sequence[crowd.Answer]],
    seconds: float,
    published: Sequence[tuple[int, float]],
) -> list[Row]:
    received = tuple(sum(got is not None for *_, got in answers) / seconds for answers in rounds)
    rows = [Row(group, f"frames received by {name}", "frames/s", received)]
    times = answer_times([answer for answers in rounds for answer in answers], published)
    return [*rows, *time_rows(group, f"answer to {name}", times)]


def unwatched(client: Client, seconds: float) -> float:
    """Steps a second once the server has noticed that nobody watches any more."""
    time.sleep(WATCHED_FOR + LEAD)
    return speed(client, lambda: time.sleep(seconds))


def _watched(client: Client, watch: Crowd, seconds: float, kept: list[list[crowd.Answer]]) -> float:
    watch(LEAD)
    return speed(client, lambda: kept.append(watch(seconds)))


def speed(client: Client, meanwhile: Callable[[], object]) -> float:
    """Steps a second while something goes on."""
    step, start = client.step(), time.perf_counter()
    meanwhile()
    return (client.step() - step) / (time.perf_counter() - start)


def train_past_the_dense_steps(client: Client) -> None:
    """Until then every step is worth a frame, watched or not, and nobody watching would cost as much as everybody."""
    client.look(0.0)
    while client.step() <= DENSE_STEPS:
        time.sleep(_POLL)


def _named(count: int) -> str:
    return "1 client" if count == 1 else f"{count} clients"
