"""Has a crew train what a plan names and its folder does not hold yet.

Some shares are out at a time, a few for each worker, however many runs there are: memory stays flat. What the crew does
to a share (a worker killed, a scheduler begun again) only has it done twice. What a worker cannot do is said once; the
rest goes on.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from distributed import Client, Future

from gan_core.sweep.crew import PATIENCE, MakeCrew, NoCrew, patient
from gan_core.sweep.folder import TABLE, SweepFolder, write_whole
from gan_core.sweep.on_worker import LOOKS, NotHere, train_share, try_batches
from gan_core.sweep.plan import Plan, Task, groups
from gan_core.sweep.table import as_parquet, table
from gan_core.sweep.work import Handed, Share
from gan_core.system import laboratory
from gan_core.training.many import serves_many

AHEAD = 2  # shares out for each worker: one in work, and one that waits there
_TRIES = 3  # of a share that fails, before its runs are left out
_WAIT = 0.2  # seconds between two looks at whether to stop
_TRIAL = 60.0  # seconds that finding out may take
TABLE_EVERY = 30.0  # seconds from one table to the next


@dataclass
class Report:
    """What whoever began the sweep is told."""

    done: Callable[[int], None] = lambda count: None  # so many runs more
    say: Callable[[str], None] = lambda sentence: None
    look: Callable[[str, Mapping[str, Any]], None] | None = None  # of a run, by its key; None: looks are not sent
    stop: Callable[[], bool] = lambda: False


@dataclass
class _Out:
    """A share that is out."""

    tasks: tuple[Task, ...]
    begun: Mapping[str, bytes] = field(default_factory=dict)
    tries: int = 0
    number: int = 0  # how many shares of these there were before


@dataclass
class Outcome:
    """What came of it."""

    stopped: bool = False
    left_out: dict[str, str] = field(default_factory=dict)  # key: why


class Conductor:
    """Trains one sweep."""

    def __init__(
        self,
        plan: Plan,
        folder: SweepFolder,
        report: Report,
        *,
        seconds: float = 60.0,
        together: int | None = None,
        does: Callable[[Share, tuple[str, ...], bool], Handed | NotHere] | None = None,
    ) -> None:
        """`seconds` a share may take before it is handed back; `together` runs are a batch, None: as measured.

        `does` is what a worker does with a share: `train_share`.
        """
        self._does = does or train_share
        self._plan, self._folder, self._report = plan, folder, report
        self._seconds, self._asked = seconds, together
        self._modules = tuple(laboratory.named())
        self._again: deque[_Out] = deque()  # shares to be handed out before new ones
        self._best: dict[Any, int] = {}  # by what runs must have in common: how many are one batch
        self._client: Client | None = None
        self._fit: list[str] = []  # workers that can
        self._out: dict[Future[Any], _Out] = {}
        self._back: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._unfit: dict[str, str] = {}  # workers that cannot: why
        self._outcome = Outcome()
        self._said: set[str] = set()
        self._count = 0
        self._table_due = time.monotonic() + TABLE_EVERY

    def run(self, make_crew: MakeCrew) -> Outcome:
        """Train all that is not done. Raises NoCrew, OSError where the table cannot be written."""
        done = self._folder.begin(self._plan)
        waiting = groups(self._plan, done, self._together)
        if len(done) < self._plan.runs:
            while not self._with(make_crew, waiting):
                self._report.say("The scheduler is gone; waiting for it to come back.")
                make_crew = patient(make_crew, self._report.stop)
        self._write(self._folder.add(()))
        self.write_table()
        return self._outcome

    def write_table(self) -> None:
        """Make the table anew. Raises OSError."""
        write_whole(self._folder.path / TABLE, as_parquet(table(self._plan, self._folder.rows())))

    def _together(self, task: Task) -> int:
        """How many runs like this one are trained as one batch: as many as is fastest, but every worker has some."""
        kind = (task.config, task.values.each)
        if kind not in self._best:
            self._best[kind] = self._asked or self._tried(task)
        return self._best[kind] if serves_many(task.config) else 1

    def _tried(self, task: Task) -> int:
        at_most = -(-self._plan.runs // max(1, len(self._fit)))
        if at_most < 2 or not serves_many(task.config) or self._client is None:
            return 1
        found = self._client.submit(
            try_batches, task.config, task.values, at_most, self._modules, pure=False, key=f"trial-{task.key}"
        )
        try:
            return int(found.result(timeout=_TRIAL))
        except Exception:  # whatever a worker comes to: what is wrong is told of the run itself
            return 1

    def _with(self, make_crew: MakeCrew, waiting: Iterator[tuple[Task, ...]]) -> bool:
        """Train with one crew; returns whether all is done, or it was told to stop, and not the scheduler gone."""
        with make_crew() as client:
            topics = {"all": self._heard, **({} if self._report.look is None else {LOOKS: self._looked})}
            for topic, handler in topics.items():
                client.subscribe_topic(topic, handler)
            self._client = client
            ended = self._until_done(client, waiting)
            if client.status == "running":
                client.cancel(list(self._out))
                for topic in topics:
                    client.unsubscribe_topic(topic)
        self._again += self._out.values()
        self._out.clear()
        return ended

    def _until_done(self, client: Client, waiting: Iterator[tuple[Task, ...]]) -> bool:
        alone = time.monotonic()
        while not self._report.stop():
            if client.status != "running":
                return False
            workers = list(client.scheduler_info(n_workers=-1)["workers"])
            fit = self._fit = [worker for worker in workers if worker not in self._unfit]
            if workers and not fit:
                raise NoCrew("No worker is left that can train this: " + " ".join(self._unfit.values()))
            if fit:
                alone = time.monotonic()
            else:
                self._say("No worker is there; waiting for one.")
                if time.monotonic() - alone > PATIENCE:
                    raise NoCrew("No worker has come for ten minutes.")
            self._hand_out(client, waiting, fit)
            if fit and not self._out:
                return True
            self._take_in()
        self._outcome.stopped = True
        return True

    def _hand_out(self, client: Client, waiting: Iterator[tuple[Task, ...]], fit: list[str]) -> None:
        while len(self._out) < AHEAD * len(fit):
            if self._again:
                out = self._again.popleft()
            else:
                tasks = next(waiting, None)
                if tasks is None:
                    return
                begun = {task.key: self._folder.begun(task.key) for task in tasks}
                out = _Out(tasks, {key: data for key, data in begun.items() if data is not None})
            self._count += 1
            future = client.submit(
                self._does,
                Share(out.tasks, out.begun, self._seconds),
                self._modules,
                self._report.look is not None,
                key=f"share-{out.tasks[0].key}-{self._count}",
                workers=fit if self._unfit else None,
                pure=False,
            )
            self._out[future] = out
            future.add_done_callback(self._back.put)

    def _take_in(self) -> None:
        """Take what has come back, after a moment at most."""
        try:
            future = self._back.get(timeout=_WAIT)
        except queue.Empty:
            return
        rows: list[dict[str, Any]] = []  # written in one go: each time the disk is waited for
        while True:
            out = self._out.pop(future, None)
            if out is not None:
                rows += self._take(future, out)
            try:
                future = self._back.get_nowait()
            except queue.Empty:
                break
        self._write(self._folder.add(rows))
        self._folder.drop(row["key"] for row in rows)  # only now: their checkpoints
        self._report.done(len(rows))
        if time.monotonic() > self._table_due:
            began = time.monotonic()
            try:
                self.write_table()
            except OSError as error:
                self._say(f"{error.filename}: {error.strerror}; the table is written later.")
            self._table_due = time.monotonic() + max(TABLE_EVERY, 20 * (time.monotonic() - began))

    def _take(self, future: Future[Any], out: _Out) -> Sequence[dict[str, Any]]:
        """Take in what has become of a share; returns the rows of runs that are done."""
        if future.status == "finished":
            found = future.result()
            if isinstance(found, NotHere):
                self._unfit[found.worker] = found.sentence
                self._say(found.sentence)
                self._again.append(out)
            else:
                return self._take_rows(found, out)
        elif future.status == "error":
            self._failed(out, future.exception())
        else:  # the scheduler is gone, or was begun again
            self._again.append(out)
        return ()

    def _take_rows(self, found: Handed, out: _Out) -> Sequence[dict[str, Any]]:
        self._write(self._folder.hold(found.unfinished))
        left = tuple(task for task in out.tasks if task.key in found.unfinished)
        if left:
            self._again.append(_Out(left, found.unfinished, number=out.number + 1))
        return found.rows

    def _failed(self, out: _Out, error: BaseException | None) -> None:
        words = f"{type(error).__name__}: {error}" if not isinstance(error, ValueError) else str(error)
        if len(out.tasks) > 1:  # one of them alone may be to blame
            self._again += [_Out((task,), {k: v for k, v in out.begun.items() if k == task.key}) for task in out.tasks]
            return
        if out.tries + 1 < _TRIES:
            self._again.append(_Out(out.tasks, {}, out.tries + 1))  # from its beginning: a checkpoint may be to blame
            return
        task = out.tasks[0]
        self._outcome.left_out[task.key] = words
        self._say(f"A run is left out (seed {task.seed}, {task.key}): {words}")

    def _write(self, trouble: str | None) -> None:
        if trouble is not None:
            self._say(trouble)

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._report.say(sentence)

    def _heard(self, event: Any) -> None:
        """What the scheduler tells of everything."""
        message = event[1] if isinstance(event, tuple) else event
        if (
            isinstance(message, dict)
            and message.get("action") == "remove-worker"
            and not message.get("expected", False)
        ):
            self._report.say(f"The worker {message.get('worker')} is gone; what it had is done by others.")

    def _looked(self, event: Any) -> None:
        message = dict(event[1] if isinstance(event, tuple) else event)
        if self._report.look is not None:
            self._report.look(message.pop("key"), message)
