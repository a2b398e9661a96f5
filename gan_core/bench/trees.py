"""Whether a change of the server cost anything: two checkouts side by side, and what is said of them.

`python -m gan_core.bench.trees BEFORE NOW [--out FILE]` measures what PAIRS names and FILE (docs/serving.jsonl) does
not hold yet, the checkout in folder BEFORE and the one in folder NOW in turns, and prints the table of the README.
Each pair goes to FILE as soon as it is done. Nothing else may run on the machine meanwhile.

The plan, written before its results, for waitress and threads (commit 97f4810) against uvicorn and coroutines:

* Quantities, each of a server started anew, on the processor with two threads. `50 clients`: steps a second while 50
  clients ask for a newer frame ten times a second each, and `50 clients : nobody`, the same against nobody watching;
  `p99`: the answer's time that one of a hundred exceeds; all three at the article's size and at the small one
  (`watched.py`), the median of four slices of 3 s, a first one not counted. `first frame`: seconds from starting app.py
  until it has served one (`startup.py`).
* Pairs. Eight at each size, twelve starts; every other pair begins with NOW.
* Test. Student's 95 % interval for the mean logarithm of now : before.
* What is said. *No worse* where the interval ends within MARGIN of 1 on the worse side; *worse* where it lies on the
  worse side of 1 altogether; *not known* otherwise, or where both hold, *worse, by less than a tenth*. Besides, the p99
  of every server stays below 30 ms.

A second plan, made when that had found the small size worse (0.88 of the steps with 50 clients, 0.78 to 1.00) on a
machine on which the bare training loop of one checkout made from 284 to 532 steps a second, from start to start:

* Quantities. The same steps a second and p99 at the small size, of two servers that are there at the same time, one
  stopped (SIGSTOP) while the other trains and is asked, in turns of SLICE seconds, SLICES times each; the medians.
* Pairs: 24, of servers started anew. Test, and what is said: the same.

A third, when that had found 0.95 (0.91 to 0.99) of the steps: the same, with as many threads as GANscope itself takes,
which for networks of this size is one. On two threads both cores wait whenever a request takes one of them.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median

from gan_core.bench import crowd
from gan_core.bench.client import Client
from gan_core.bench.watched import (
    LEAD,
    SHARE,
    answer_times,
    percentile,
    running_crowd,
    speed,
    train_past_the_dense_steps,
)
from gan_core.cli.arguments import Parser
from gan_core.cli.reader import heard_out
from gan_core.sweep.statistics import Mean, mean

PAIRS = {"article": 8, "small": 8, "start": 12, "small, in turns": 24, "small on one thread, in turns": 24}
SLICE, SLICES = 3.0, 2  # seconds, and how many; a first one is not counted
MARGIN = 1.1  # a factor
LESS_IS_BETTER = ("p99", "first frame")
IN_TURNS = {"small, in turns": 2, "small on one thread, in turns": 0}  # threads
CLIENTS = 50
_TREES = ("before", "now")
_CROWD = """
import json, statistics, sys
from gan_core.bench.rounds import Plan
from gan_core.bench.watched import compare
rows = compare(sys.argv[1], Plan(rounds=4, seconds=3.0, device="cpu", threads=2), (50,))
found = {row.name: statistics.median(row.values) for row in rows}
names = {"50 clients": "50 clients", "50 clients : nobody": "50 clients : nobody", "p99": "answer to 50 clients, p99"}
print(json.dumps({short: found[name] for short, name in names.items()}))
"""
_START = """
import json
from gan_core.bench.rounds import Plan
from gan_core.bench.startup import SERVER, first_frame
print(json.dumps({"first frame": first_frame(Plan(1, 1.0, "cpu", 2))[f"{SERVER}: first frame"]}))
"""

_SERVER = """
import sys
from gan_core.bench.server import serve
serve("small", "cpu", int(sys.argv[1]) or None, None)
"""
Pair = dict[str, dict[str, float]]  # of "before" and "now": each quantity


def measure(what: str, tree: Path) -> dict[str, float]:
    """The quantities of one server of a checkout, by name; `what` is a size, or "start". Raises OSError if it fails."""
    program = _START if what == "start" else _CROWD
    environ = {**os.environ, "PYTHONPATH": str(tree.resolve())}
    ran = subprocess.run(
        [sys.executable, "-c", program, what], cwd=tree, env=environ, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise OSError(f"{tree}: {ran.stderr.strip().rpartition(chr(10))[2]}")
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def in_turns(trees: Mapping[str, Path], order: Sequence[str], threads: int) -> Pair:
    """Quantities of two servers of the small size that train in turns, each while the other is stopped.

    They have so many threads; 0: as many as they take by themselves.
    """
    with ExitStack() as stack:
        servers = {tree: stack.enter_context(_serving(trees[tree], threads)) for tree in order}
        crowds = {tree: stack.enter_context(running_crowd(port, CLIENTS)) for tree, (_, port) in servers.items()}
        clients = {tree: stack.enter_context(closing(Client(port))) for tree, (_, port) in servers.items()}
        for tree in order:
            with _awake(servers[tree][0]):
                train_past_the_dense_steps(clients[tree])
                clients[tree].look(SHARE)
        speeds: dict[str, list[float]] = {tree: [] for tree in order}
        answers: dict[str, list[crowd.Answer]] = {tree: [] for tree in order}
        for i in range(SLICES + 1):
            for tree in order if i % 2 == 0 else order[::-1]:
                with _awake(servers[tree][0]):
                    crowds[tree](LEAD)
                    found: list[crowd.Answer] = []
                    steps = speed(clients[tree], lambda tree=tree, found=found: found.extend(crowds[tree](SLICE)))  # type: ignore[misc]
                if i > 0:
                    speeds[tree].append(steps)
                    answers[tree] += found
        pair: Pair = {}
        for tree in order:
            with _awake(servers[tree][0]):
                times = answer_times(answers[tree], clients[tree].published())
            pair[tree] = {"50 clients": median(speeds[tree]), "p99": 1000 * percentile(times, 0.99)}
        return pair


@contextmanager
def _serving(tree: Path, threads: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A checkout's server, stopped once it listens, and its port."""
    environ = {**os.environ, "PYTHONPATH": str(tree.resolve())}
    command = [sys.executable, "-c", _SERVER, str(threads)]
    with subprocess.Popen(command, cwd=tree, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise OSError(f"the server of {tree} did not start: exit status {process.wait()}")
            process.send_signal(signal.SIGSTOP)
            yield process, int(line)
        finally:
            process.kill()


@contextmanager
def _awake(process: subprocess.Popen[str]) -> Iterator[None]:
    """Let a server go on for a while."""
    process.send_signal(signal.SIGCONT)
    try:
        yield
    finally:
        process.send_signal(signal.SIGSTOP)


def verdict(name: str, ratios: Sequence[float]) -> tuple[Mean, str]:
    """The geometric mean of now : before, two or more, with its interval, and what the plan says of it."""
    logs = mean([math.log(ratio) for ratio in ratios])
    found = Mean(math.exp(logs.value), math.exp(logs.low), math.exp(logs.high), logs.of)
    least, most = (1 / found.high, 1 / found.low) if name in LESS_IS_BETTER else (found.low, found.high)
    within, worse = least > 1 / MARGIN, most < 1
    if within and worse:
        return found, "worse, by less than a tenth"
    return found, "no worse" if within else "worse" if worse else "not known"


def table(pairs: Iterable[tuple[str, Pair]]) -> str:
    """What was measured, as a table of Markdown: of each quantity now : before, with what is said."""
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for what, pair in pairs:
        for name in pair["now"]:
            found.setdefault((what, name), []).append({tree: pair[tree][name] for tree in _TREES})
    rows = ["| what | before | now | now : before, mean and 95 % interval | |", "|---|---|---|---|---|"]
    for (what, name), values in found.items():
        if len(values) > 1:
            ratio, said = verdict(name, [value["now"] / value["before"] for value in values])
            spans = (_span([value[tree] for value in values]) for tree in _TREES)
            interval = f"{ratio.value:.2f} ({ratio.low:.2f}-{ratio.high:.2f}), {ratio.of} pairs"
            rows.append(f"| {what}: {name} | {' | '.join(spans)} | {interval} | {said} |")
    return "\n".join(rows)


def _span(values: Sequence[float]) -> str:
    return f"{min(values):.3g} to {max(values):.3g}"


def read(file: Path) -> list[tuple[str, Pair]]:
    """The pairs that a file holds; none where there is no file."""
    if not file.exists():
        return []
    lines = (json.loads(line) for line in file.read_text().splitlines())
    return [(line["what"], {tree: line[tree] for tree in _TREES}) for line in lines]


def main(argv: Sequence[str]) -> None:
    """Measure what is missing, and print the table."""
    parser = Parser(prog="python -m gan_core.bench.trees", description=main.__doc__)
    parser.add_argument("before", type=Path, metavar="BEFORE")
    parser.add_argument("now", type=Path, metavar="NOW")
    parser.add_argument("--out", type=Path, default=Path("docs/serving.jsonl"), metavar="FILE")
    given = parser.parse_args(argv)
    trees = {"before": given.before, "now": given.now}
    pairs = read(given.out)
    done = {what: sum(name == what for name, _ in pairs) for what in PAIRS}
    for i in range(max(PAIRS.values())):
        for what in PAIRS:
            if done[what] <= i < PAIRS[what]:
                order = _TREES if i % 2 == 0 else _TREES[::-1]
                pair = (
                    in_turns(trees, order, IN_TURNS[what])
                    if what in IN_TURNS
                    else {tree: measure(what, trees[tree]) for tree in order}
                )
                pairs.append((what, pair))
                with given.out.open("a") as file:
                    file.write(json.dumps({"what": what, **pair}) + "\n")
                print(what, i, pair, file=sys.stderr, flush=True)
    print(table(pairs))


if __name__ == "__main__":
    sys.exit(heard_out(lambda: main(sys.argv[1:])))
