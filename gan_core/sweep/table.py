"""The table of a sweep: a row a run, in the order of the plan, as Parquet. A run that is not done has no row.

`run` (its key), `preset`, `recipe` ("a" or "b" where two are compared), `seed`; all live values and all fields of the
configuration; `until`; `verdict` and the step `since` when; how it `ended` ("steps", "until", "diverged") and after how
many `steps`; `seconds` of one core, on which `machine`, by which `torch`; `samples` and `gradients`, as
`gan_core.training.cost` counts them; each reading at the end; the steps `told`, with each reading at them as
NAME_along; and `fakes`, int16 pairs, little-endian, 32 767 a unit.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from gan_core.setup.config import BOUNDS, GANConfig
from gan_core.sweep.eye import READ
from gan_core.sweep.plan import RECIPE, Plan, Task

_CONFIG = {"str": pa.dictionary(pa.int32(), pa.string()), "int": pa.int64(), "float": pa.float64()}
_DONE = {
    "verdict": pa.dictionary(pa.int32(), pa.string()),
    "since": pa.int64(),
    "ended": pa.dictionary(pa.int32(), pa.string()),
    "steps": pa.int64(),
    "seconds": pa.float64(),
    "machine": pa.dictionary(pa.int32(), pa.string()),
    "torch": pa.dictionary(pa.int32(), pa.string()),
    "samples": pa.int64(),
    "gradients": pa.int64(),
}
SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("preset", pa.dictionary(pa.int32(), pa.string())),
        ("recipe", pa.string()),
        ("seed", pa.int64()),
        *((name, pa.float64()) for name in BOUNDS),
        *((field.name, _CONFIG[str(field.type)]) for field in fields(GANConfig)),
        ("until", pa.string()),
        *_DONE.items(),
        *((name, pa.float64()) for name in READ),
        ("told", pa.list_(pa.int64())),
        *((f"{name}_along", pa.list_(pa.float64())) for name in READ),
        ("fakes", pa.binary()),
    ]
)
NOT_REPEATABLE = ("seconds", "machine", "torch")  # columns that may differ from one time to the next


def table(plan: Plan, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """The table of the runs that are done."""
    by_key = {row["key"]: row for row in rows}
    done = [
        {**_columns(task, by_key[task.key]), "recipe": cell.get(RECIPE, "")}
        for cell, task in plan.tasks()
        if task.key in by_key
    ]
    made = pa.Table.from_pylist(done, schema=SCHEMA)
    return made.replace_schema_metadata({"ganscope.plan": json.dumps(plan.as_json())})


def as_parquet(found: pa.Table) -> bytes:
    """As a file of it is."""
    out = io.BytesIO()
    parquet.write_table(found, out, compression="zstd")
    return out.getvalue()


def _columns(task: Task, row: Mapping[str, Any]) -> dict[str, Any]:
    readings: Mapping[str, Sequence[float | None]] = row["readings"]
    return {
        "run": task.key,
        "preset": task.preset,
        "seed": task.seed,
        **vars(task.values),
        **vars(task.config),
        "until": task.until,
        **{name: row[name] for name in _DONE},
        **{name: along[-1] if along else None for name, along in readings.items()},
        "told": row["told"],
        **{f"{name}_along": along for name, along in readings.items()},
        "fakes": base64.b64decode(row["fakes"]),
    }
