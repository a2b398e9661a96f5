"""What a run of a plan takes, by a short trial in a process of its own."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from gan_core.sweep.plan import Plan, Task, read_plan
from gan_core.system.child import give_way, start

_TRIED = 3  # runs of a plan that are begun: its first, its middle and its last one
_SECONDS = 0.7  # that each may take
_PATIENCE = 120.0


@dataclass(frozen=True)
class Cost:
    """Of one run: seconds of one core, and why they are not known, in a sentence."""

    seconds: float | None = None
    error: str = ""


class Trials:
    """Measures plans, one at a time. Any thread may call `ask`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Cost] = {}
        self._under_way: set[str] = set()

    def ask(self, plan: Plan) -> Cost | None:
        """What a run of it takes; None while it is measured. Asks for it to be measured, if nobody has."""
        name = json.dumps(plan.as_json())
        with self._lock:
            if name in self._known:
                return self._known.pop(name) if self._known[name].error else self._known[name]
            if not self._under_way:
                self._under_way.add(name)
                threading.Thread(target=self._measure, args=(name,), name="trial", daemon=True).start()
            return None

    def _measure(self, name: str) -> None:
        cost = Cost(error="The trial ended without an answer.")
        try:
            process, pipe = start(_try, "ganscope-trial")
            with pipe:
                pipe.send_bytes(name.encode())
                if pipe.poll(_PATIENCE):
                    cost = Cost(**json.loads(pipe.recv_bytes()))
            process.join(_PATIENCE)
        except (OSError, EOFError) as error:
            cost = Cost(error=str(error) or cost.error)
        with self._lock:
            self._known[name] = cost
            self._under_way.discard(name)


def _try(pipe: Connection) -> None:
    """What runs in the process: one plan, one answer."""
    give_way()
    plan = read_plan(json.loads(pipe.recv_bytes()))
    answer: dict[str, Any]
    try:
        answer = {"seconds": seconds_of_a_run(plan)}
    except (ValueError, RuntimeError) as error:
        answer = {"error": str(error)}
    with suppress(OSError):
        pipe.send_bytes(json.dumps(answer).encode())


def seconds_of_a_run(plan: Plan) -> float:
    """Seconds of one core that a run of the plan takes on this machine, looks included: mean over some of its runs.

    Raises ValueError with a sentence for a plan that cannot be trained.
    """
    tasks = [task for _, task in plan.tasks()]
    tried = {tasks[i * (len(tasks) - 1) // max(_TRIED - 1, 1)].key: i for i in range(_TRIED)}
    by_key = {task.key: task for task in tasks}
    found = [_seconds_of(by_key[key]) for key in tried]
    return sum(found) / len(found)


def _seconds_of(task: Task) -> float:
    from gan_core.sweep.work import Share, work
    from gan_core.wire.envelope import unpack

    handed = work(Share((task,), seconds=_SECONDS))
    if handed.rows:
        return float(handed.rows[0]["seconds"])
    header, arrays = unpack(handed.unfinished[task.key])
    return float(header["seconds"]) / float(arrays["looked_at"][-1]) * task.steps
