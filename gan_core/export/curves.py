"""All numbers of a run as a table, CSV or Parquet: a row for each recorded step, and for each step that was looked at.

Columns: `step`; D's and G's loss and accuracy, as each was before that step's update; every live value the step was
trained with; and each reading that any look at the run has. A field is empty (Parquet: null) where there is no such
number: of a network that is not trained, and of readings at steps without a kept look. Where a long run keeps only
every second step, or every fourth, ..., columns NAME_least and NAME_greatest tell of the steps since the row before.
Numbers are written so that they read back as the very ones recorded. Written block by block: memory does not grow with
the run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from gan_core.export.about import about, as_comment
from gan_core.export.asked import Asked
from gan_core.export.registry import Progress, steps_of
from gan_core.recording.file.run_file import RunFile
from gan_core.records.readings import READINGS
from gan_core.records.steps import Change
from gan_core.setup.config import BOUNDS
from gan_core.texts.catalogue import say
from gan_core.wire.frames import read_frame

METRICS = ("d_loss", "d_accuracy", "g_loss", "g_accuracy")
EXTREMES = (*(f"{name}_least" for name in METRICS), *(f"{name}_greatest" for name in METRICS))
_READING = "reading_{}"  # two readings go by names of metrics
_ROWS = 1 << 15  # at a time


def make(run: RunFile, asked: Asked, out: Path, progress: Progress) -> None:
    """Write the table of the steps that are asked for. See `gan_core.export.registry`."""
    first, last = steps_of(run, asked, first=0)
    looks = _looks(run, first, last)
    schema = _schema(run.stride > 1, [name for name in READINGS if any(name in look for look in looks.values())])
    told = about(run)
    with ExitStack() as stack:
        write: Callable[[pa.Table], None]
        if asked.suffix == ".csv":
            file = stack.enter_context(out.open("wb"))
            units = {field.name: _unit(field) for field in schema}
            file.write(as_comment({**told, "units": units}).encode())
            file.write((",".join(schema.names) + "\n").encode())
            options = csv.WriteOptions(include_header=False, quoting_style="none")
            write = stack.enter_context(csv.CSVWriter(file, schema, write_options=options)).write_table
        else:
            schema = schema.with_metadata({"ganscope": json.dumps(told)})
            write = stack.enter_context(parquet.ParquetWriter(out, schema, compression="zstd")).write_table
        for table, done in _tables(run, schema, first, last, looks):
            write(table)
            progress(done - first + 1, last - first + 1)


def _schema(thinned: bool, readings: list[str]) -> pa.Schema:
    """Doubles hold every float32 exactly, and are written as the shortest text that reads back as the same number."""
    names = [*METRICS, *(EXTREMES if thinned else ()), *BOUNDS, *(_READING.format(name) for name in readings)]
    return pa.schema([_field("step", pa.int64()), *(_field(name, pa.float64()) for name in names)])


def _field(name: str, kind: pa.DataType) -> pa.Field:
    reading = READINGS.get(name.removeprefix(_READING.format("")))
    if name.startswith(_READING.format("")) and reading is not None:
        unit = f"{reading.label}, {reading.unit}".rstrip(", ")
    elif name == "step":
        unit = say("export.units.step")
    elif name in BOUNDS:
        unit = BOUNDS[name].label
    else:
        unit = say("export.units.loss") if "loss" in name else say("export.units.accuracy")
    return pa.field(name, kind, metadata={"unit": unit})


def _unit(field: pa.Field) -> str:
    return str(field.metadata[b"unit"], "utf-8")


def _looks(run: RunFile, first: int, last: int) -> dict[int, dict[str, float]]:
    """The readings of the kept looks, those that are numbers: some hundred at most."""
    found: dict[int, dict[str, float]] = {}
    for step in run.frame_steps():
        payload = run.frame(step) if first <= step <= last else None
        reading = None if payload is None else read_frame(payload, 0).reading
        if reading is not None:
            values = zip(READINGS, reading.values.tolist(), strict=False)
            found[step] = {name: value for name, value in values if value == value}
    return found


def _tables(
    run: RunFile, schema: pa.Schema, first: int, last: int, looks: Mapping[int, Mapping[str, float]]
) -> Iterator[tuple[pa.Table, int]]:
    """The rows, some at a time, each with the last step that is then told of."""
    changes, stride = run.changes(), run.stride
    row = -(-max(0, first - 1) // stride)
    rows, begun = run.rows(), first
    while begun <= last:
        metrics = run.metrics(row, _ROWS)
        extremes = run.extremes(row, _ROWS) if stride > 1 else None
        of_rows = 1 + stride * np.arange(row, row + len(metrics))
        wanted = of_rows <= last
        row += len(metrics)
        until = last if row >= rows or not wanted.all() or not len(metrics) else int(of_rows[-1])
        looked = [step for step in looks if begun <= step <= until]
        steps = np.union1d(of_rows[wanted], np.array(looked, np.int64))
        columns: dict[str, np.ndarray] = {name: np.full(len(steps), np.nan) for name in schema.names[1:]}
        missing = {name: np.ones(len(steps), bool) for name in schema.names[1:]}
        at = np.searchsorted(steps, of_rows[wanted])
        _fill(columns, missing, METRICS, at, metrics[wanted])
        if extremes is not None:
            _fill(columns, missing, EXTREMES, at, extremes[wanted])
        for name, values in _in_force(run.recipe.values, changes, steps).items():
            columns[name], missing[name] = values, np.zeros(len(steps), bool)
        for step in looked:
            place = int(np.searchsorted(steps, step))
            for name, value in looks[step].items():
                columns[_READING.format(name)][place] = value
                missing[_READING.format(name)][place] = False
        arrays = [pa.array(steps), *(pa.array(columns[name], mask=missing[name]) for name in schema.names[1:])]
        yield pa.Table.from_arrays(arrays, schema=schema), until
        begun = until + 1


def _fill(
    columns: dict[str, np.ndarray],
    missing: dict[str, np.ndarray],
    names: tuple[str, ...],
    at: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Put rows at their places. A loss that is no number where its accuracy is one was broken, and is told as it is."""
    untrained = {name: np.isnan(rows[:, i | 1]) for i, name in enumerate(names)}
    for i, name in enumerate(names):
        columns[name][at] = rows[:, i]
        missing[name][at] = untrained[name]


def _in_force(begun: Mapping[str, float], changes: list[Change], steps: np.ndarray) -> dict[str, np.ndarray]:
    """Each live value at each of some ascending steps."""
    found = {name: np.full(len(steps), float(begun[name])) for name in BOUNDS}
    for change in changes:
        found[change.name][np.searchsorted(steps, change.step) :] = change.new
    return found
