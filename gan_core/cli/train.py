"""Training without a browser, into three files: metrics.csv, samples.npy and what came of it, summary.json.

The same run as in the dashboard, bit for bit, given the same changes at the same steps.
"""

from __future__ import annotations

import io
import json
import math
import signal
import sys
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from types import FrameType, TracebackType

import numpy as np
from torch import Tensor
from tqdm import tqdm

from gan_core.cli.options import Setting, TrainOptions
from gan_core.looking.measures.quality import quality
from gan_core.records.records import StepMetrics
from gan_core.run.observer import Observer
from gan_core.setup.presets import find_preset
from gan_core.training.engine import GANEngine


def make_engine(options: TrainOptions) -> GANEngine:
    """Make the engine that `options` ask for. Raises ValueError for an option that this machine cannot meet."""
    return GANEngine(
        find_preset(options.preset),
        options.seed,
        device=options.device,
        precision=options.precision,
        threads=options.threads,
    )


def train(engine: GANEngine, steps: int, settings: Sequence[Setting] = ()) -> Iterator[StepMetrics]:
    """Train up to step number `steps`, with each setting in force from its step on."""
    while engine.steps < steps:
        for setting in settings:
            if setting.step == engine.steps + 1:
                engine.set(**{setting.name: setting.value})
        yield engine.step()


def run(engine: GANEngine, options: TrainOptions) -> int:
    """Train into the folder `options.out`, say on one line what came of it, and return the exit status.

    0; 1 when a loss was not finite; 130 after Ctrl-C. What was measured until then stays on disk either way.
    Raises OSError with the file's name when a file cannot be written.
    """
    table, samples, summary = (options.out / name for name in ("metrics.csv", "samples.npy", "summary.json"))
    options.out.mkdir(parents=True, exist_ok=True)
    for old in (samples, summary):
        old.unlink(missing_ok=True)  # an earlier run's would not go with the new metrics
    observer = Observer(engine, options.steps)
    trouble = _train(engine, options, observer, table)
    fakes = observer.probe.fakes(engine.generator, engine.steps)
    if trouble is None:
        write_whole(samples, _as_npy(fakes))
    found = observer.summary(find_preset(options.preset), options.seed)
    write_whole(summary, (json.dumps(found, indent=2, allow_nan=False) + "\n").encode())
    if trouble is not None:
        return _report_not_finite(trouble, table)
    what = (
        f"{engine.steps:,} steps of {options.preset}, seed {options.seed}: {quality(fakes, engine.target)}, "
        f"{found['diagnosis']['state']}"
    )
    if engine.steps < options.steps:
        print(f"Interrupted after {what}; kept in {table}, {samples} and {summary}", file=sys.stderr)
        return 130
    print(f"{what}; {table}, {samples}, {summary}")
    return 0


def _train(engine: GANEngine, options: TrainOptions, observer: Observer, table: Path) -> StepMetrics | None:
    """Train until the end or Ctrl-C, with every step in `table`; returns the step that had no finite loss, if any."""
    steps = train(engine, options.steps, options.settings)
    metrics: StepMetrics
    bar = tqdm(steps, total=options.steps, unit="step", disable=None)  # None: a bar on a terminal, else nothing
    with table.open("wb", buffering=0) as file, CtrlC() as ctrl_c, bar:
        rows = MetricsFile(file)
        for metrics in bar:
            observer.take(metrics)
            if not metrics.is_finite():
                return metrics
            rows.append(metrics)
            if ctrl_c.pressed:
                break
    return None


class MetricsFile:
    """Writes metrics as CSV into a file that is open without a buffer: each row is whole once `append` returns."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._size = 0
        self._write("step,d_loss,d_accuracy,g_loss,g_accuracy\n")

    def append(self, m: StepMetrics) -> None:
        """Add one row. repr of a float is the shortest text that reads back as the same number; NaN is left empty."""
        numbers = (m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy)
        self._write(",".join((str(m.step), *("" if math.isnan(x) else repr(x) for x in numbers))) + "\n")

    def _write(self, row: str) -> None:
        rest = row.encode()
        try:
            while rest:  # a disk that fills up takes a part before it refuses
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            if len(rest) < len(row):
                self._file.truncate(self._size)  # no half row
            raise OSError(error.errno, f"{error.strerror} (the rows before are kept)", str(self._file.name)) from None
        self._size += len(row)


class CtrlC:
    """Lets Ctrl-C end a run after the step in progress, so that files and networks agree; a second one ends it at once.

    Leaves a handler that is not Python's own in place.
    """

    def __init__(self) -> None:
        self.pressed = False

    def __enter__(self) -> CtrlC:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if signal.getsignal(signal.SIGINT) == self._press:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _press(self, signum: int, frame: FrameType | None) -> None:
        self.pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader finds the old one or the whole new one, never a part."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def _as_npy(x: Tensor) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, x.cpu().numpy())
    return buffer.getvalue()


def _report_not_finite(metrics: StepMetrics, table: Path) -> int:
    print(
        f"Stopped at step {metrics.step:,}: {metrics.trouble()}, usually because a learning rate is too high; "
        f"the steps before it are in {table}",
        file=sys.stderr,
    )
    return 1
