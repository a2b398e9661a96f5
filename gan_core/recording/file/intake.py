"""A run file from a stranger: every row is checked and copied into a new file of our own; the original is not used.

How a database that may be hostile is opened: https://sqlite.org/security.html. What is refused is refused with one
sentence, and nothing of it stays.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_core.recording.file.checkpoint import fingerprint, pack_state, state_bytes, unpack_state
from gan_core.recording.file.database import (
    SCHEMA,
    UNFINISHED,
    changes_of_recipe,
    check_schema,
    has_extremes,
    read_recipe,
    remove,
)
from gan_core.recording.file.intake_metrics import checked_extremes, checked_metrics, whole_bytes
from gan_core.recording.file.rows import BLOCK_ROWS
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import ID
from gan_core.records.arrays import Float32Array
from gan_core.records.ending import check_ending
from gan_core.records.notes import MAX_JSON, as_json, read_notes
from gan_core.records.steps import Change
from gan_core.run.extremes import none
from gan_core.setup.config import MAX_THREADS, GANConfig
from gan_core.setup.experiment import read_config, read_value, read_values
from gan_core.setup.limits import check_seed
from gan_core.setup.recipe import Recipe
from gan_core.system.files import put_in_place
from gan_core.training.known import check_changes, check_known
from gan_core.training.tasks import TASKS, Task
from gan_core.wire.envelope import said
from gan_core.wire.frames import check_frame

MAX_STEP = 10**9
MAX_CHANGES = 200_000
MAX_FRAMES = 20_000
MAX_TITLE, MAX_WORDS = 80, 300  # characters
# What it may say of itself, in so many characters.
_ABOUT = {
    **dict.fromkeys(("outcome", "recipe", "stride", "title"), 10_000),
    "weights": 66,
    "notes": MAX_JSON,
}
_END_OF_TIME = 253_402_300_800.0  # seconds since the epoch: the year 10000
# Steps after the last one with metrics that may have left something else: a run that failed within its last batch.
_BEYOND = 1024
_SECONDS, _BYTES_PER_SECOND = 30.0, 5e6  # that reading may take, and how much longer a large file may
_LENGTH = 2_000_000  # bytes of a value that is no checkpoint
_OPERATIONS = 20_000  # of SQLite's machine between two looks at the clock
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: _LENGTH,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 2000,
    sqlite3.SQLITE_LIMIT_COLUMN: 20,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 3,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 8,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 10,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_PRAGMAS = ("application_id", "user_version", "quick_check")

Clock = Callable[[], float]


def import_run(
    stranger: Path, into: Path, new_id: str, limit_bytes: int, *, monotonic: Clock = time.monotonic
) -> RunFile:
    """Check the run in `stranger` and copy it into the new file `into`, as run `new_id`; opened for writing.

    Raises ValueError with one sentence when anything in it is not as GANscope writes it or when it takes more than
    `limit_bytes`, and OSError with one when the copy cannot be written; then nothing is left behind. One row at a time
    is held in memory.
    """
    if into.exists():
        raise OSError(f"{into} is there already")
    size = _checked_size(stranger, limit_bytes)
    unfinished = into.with_name(into.name + UNFINISHED)
    try:
        with closing(_Stranger(stranger, monotonic() + _SECONDS + size / _BYTES_PER_SECOND, monotonic)) as source:
            source.copy(unfinished, new_id)
        put_in_place(unfinished, into)
    except (sqlite3.Error, KeyError, TypeError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        remove(unfinished)
        raise ValueError(f"This file cannot be taken in as a run: {_why(error)}.") from None
    except BaseException:
        remove(unfinished)
        raise
    return RunFile.open(into, write=True)


def check_recipe(value: object) -> Recipe:
    """Build the record from a stranger's JSON. Raises ValueError or TypeError with what is wrong."""
    recipe = read_recipe(value)
    check_known(read_config(recipe.config))
    check_seed(recipe.seed)
    for name in ("preset", "torch", "machine"):
        _checked_words(name, getattr(recipe, name), MAX_WORDS)
    if recipe.device not in ("cpu", "cuda") or recipe.precision not in ("float32", "bfloat16"):
        raise ValueError("it was computed in a way that is not known here")
    if not 1 <= recipe.threads <= MAX_THREADS or not 0 <= recipe.created < _END_OF_TIME:
        raise ValueError("its recipe has numbers out of range")
    if (recipe.parent is None) != (recipe.parent_step is None):
        raise ValueError("it is half a branch")
    if recipe.sweep is not None and not re.fullmatch(ID, recipe.sweep):
        raise ValueError("the sweep that it comes from has no proper name")
    if (recipe.changed_at is None) != (recipe.config_before is None):
        raise ValueError("it says by half what it was made of before")
    if recipe.changed_at is not None and not 1 <= recipe.changed_at <= (recipe.parent_step or 0):
        raise ValueError("it was made something else at a step at which it cannot have been")
    if recipe.parent is not None and not re.fullmatch(ID, recipe.parent):
        raise ValueError("the run that it branched off has no proper name")
    if recipe.parent_step is not None and not 0 <= recipe.parent_step <= MAX_STEP:
        raise ValueError("it branched off at a step that there cannot be")
    return replace(recipe, created=float(recipe.created))


class _Stranger:
    """Somebody's file, open for reading only, and never for longer than until `deadline` (on the clock `now`)."""

    def __init__(self, path: Path, deadline: float, now: Clock) -> None:
        # Immutable: neither a log nor a journal beside it is looked at, and nothing is written.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._deadline, self._now = deadline, now
        self._db = sqlite3.connect(uri, uri=True, isolation_level=None)
        try:
            self._protect()
            check_schema(self._db)
            self._about = self._checked_about()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()

    def copy(self, path: Path, new_id: str) -> None:
        """Write all of it into a new file of ours."""
        recipe = check_recipe(self._about["recipe"])
        config = read_config(recipe.config)
        self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(_LENGTH, state_bytes(config) + 100_000))
        self._check_pages()
        with closing(RunFile.create(path, replace(recipe, id=new_id))) as file:
            with file.transaction():
                file.set_about("title", self._about["title"])
                file.set_about("outcome", self._about["outcome"])
                if notes := read_notes(self._about.get("notes", [])):
                    file.set_about("notes", as_json(notes))
                if self._about.get("weights"):
                    file.set_about("weights", self._about["weights"])
                last = self._copy_metrics(file, TASKS[config.task])
            self._copy_changes(file, config, last + 1)
            self._copy_frames(file, last + _BEYOND)
            self._copy_checkpoints(file, config, recipe.device, last + _BEYOND)
            file.settle()

    # -- protection --------------------------------------------------------------------------------------------------

    def _protect(self) -> None:
        for category, limit in _LIMITS.items():
            self._db.setlimit(category, limit)
        for name, value in (("trusted_schema", "OFF"), ("cell_size_check", "ON"), ("mmap_size", "0")):
            self._db.execute(f"PRAGMA {name} = {value}")
        self._db.set_authorizer(_may)
        self._db.set_progress_handler(lambda: self._now() > self._deadline, _OPERATIONS)

    def _check_pages(self) -> None:
        """Let SQLite itself look through all pages: https://sqlite.org/pragma.html#pragma_quick_check."""
        if self._db.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
            raise ValueError("its pages are damaged")

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        for row in self._db.execute(query):
            if self._now() > self._deadline:
                raise ValueError("reading it takes too long")
            yield row

    # -- rows --------------------------------------------------------------------------------------------------------

    def _checked_about(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self._rows("SELECT name, value FROM about ORDER BY name"):
            if len(value) > _ABOUT.get(name, -1):
                raise ValueError("it says something about itself that is not known here")
            found[name] = json.loads(value)
        if not {"outcome", "recipe", "stride", "title"} <= set(found):
            raise ValueError("it does not say what it is")
        if not re.fullmatch("[0-9a-f]{64}|", str(found.get("weights", ""))):
            raise ValueError("it does not say with what weights it began")
        _checked_words("title", found["title"], MAX_TITLE)
        check_ending(found["outcome"])
        if type(found["stride"]) is not int or not 1 <= found["stride"] <= MAX_STEP:
            raise ValueError("its stride is no number of steps")
        return found

    def _copy_metrics(self, file: RunFile, task: Task) -> int:
        """Copy blocks of metrics. Returns the last step that they can stand for."""
        stride, rows, full = self._about["stride"], 0, True
        file.set_stride(stride)
        for first, blob in self._rows("SELECT first, rows FROM metrics ORDER BY first"):
            if first != rows or not full:
                raise ValueError("its metrics have gaps")
            block = checked_metrics(blob, task)
            file.add_rows(block, self._extremes(first, block))
            rows, full = rows + len(block), len(block) == BLOCK_ROWS
            if rows * stride > MAX_STEP:
                raise ValueError("it is too long")
        since = self._extremes(-1, none(1)[:, :4])
        if since is not None:
            file.set_since(since)
        return rows * int(stride)

    def _extremes(self, first: int, rows: Float32Array) -> Float32Array | None:
        """Extremes (n, 8) of the block that begins with row `first`; None if there are none."""
        if self._about["stride"] == 1 or not has_extremes(self._db):
            return None
        blobs = list(self._rows(f"SELECT rows FROM extremes WHERE first = {int(first)}"))
        return checked_extremes(blobs[0][0], rows) if blobs else None

    def _copy_changes(self, file: RunFile, config: GANConfig, last: int) -> None:
        before, by_fields = 1, deque(changes_of_recipe(self._about["recipe"]))
        with file.transaction():
            for count, (step, name, old, new) in enumerate(
                self._rows("SELECT step, name, old, new FROM changes ORDER BY number")
            ):
                if count >= MAX_CHANGES or not before <= _whole(step) <= last:
                    raise ValueError("its log of changes is not in order")
                change = Change(step, name, read_value(name, old), read_value(name, new))
                while by_fields and by_fields[0].step <= step:
                    file.add_change(by_fields.popleft())
                file.add_change(change)
                before = _whole(step)
            for change in by_fields:
                file.add_change(change)
        start = file.recipe.changed_at or 0  # from where it is trained as this configuration says
        later = [(change.name, change.new) for change in file.changes(after_step=start)]
        check_changes(config, read_values(file.values_at(start)), later)

    def _copy_frames(self, file: RunFile, last: int) -> None:
        for count, (step, frame) in enumerate(self._rows("SELECT step, frame FROM frames ORDER BY step")):
            if count >= MAX_FRAMES or not 0 <= _whole(step) <= last:
                raise ValueError("it has frames of steps that were not trained")
            check_frame(whole_bytes(frame), step)
            with file.transaction():
                file.add_frame(step, frame)

    def _copy_checkpoints(self, file: RunFile, config: GANConfig, device: str, last: int) -> None:
        count = 0
        for step, printed, packed in self._rows("SELECT step, fingerprint, state FROM checkpoints ORDER BY step"):
            if not 0 <= _whole(step) <= last:
                raise ValueError("it has checkpoints of steps that were not trained")
            checked = _checked_checkpoint(step, printed, whole_bytes(packed), config, device, file.values_at(step))
            with file.transaction():
                file.add_checkpoint(step, checked)
            count += 1
        if not count:
            raise ValueError("it has no checkpoint to go on from")


def _why(error: Exception) -> str:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
        return "reading it takes too long"
    if "malformed database schema" in str(error):
        return "its list of tables is damaged"
    # A stranger's own words may be part of the message.
    words = "".join(c if c.isprintable() else "?" for c in said(error))[:300].rstrip(".")
    return words[0].lower() + words[1:] if words else "there is not enough memory for it"


def _may(action: int, what: str | None, detail: str | None, database: str | None, trigger: str | None) -> int:
    """Let SQLite read our tables and its own list of tables, and nothing else."""
    allowed = (
        action == sqlite3.SQLITE_SELECT
        or (action == sqlite3.SQLITE_READ and what in (*SCHEMA, "sqlite_master", "sqlite_schema") and trigger is None)
        or (action == sqlite3.SQLITE_PRAGMA and what in _PRAGMAS)
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _checked_size(stranger: Path, limit_bytes: int) -> int:
    size = stranger.stat().st_size
    if size > limit_bytes:
        raise ValueError(f"This file has {size:,} bytes, more than the {limit_bytes:,} that a run may take.")
    with stranger.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise ValueError("This file is not a run that GANscope recorded.")
    return size


def _checked_words(name: str, words: object, length: int) -> None:
    if not isinstance(words, str) or len(words) > length or not words.isprintable():
        raise ValueError(f"its {name} is no line of at most {length} characters")


def _checked_checkpoint(
    step: int, printed: object, packed: bytes, config: GANConfig, device: str, values: Mapping[str, float]
) -> bytes:
    """Return a checkpoint in today's form: beside the values, every bit of it is as it came."""
    state = unpack_state(packed, config, values)
    if state["steps"] != step:
        raise ValueError(f"the checkpoint at step {step:,} is of another step")
    on_cpu = [state["batches"][name].numel() > 16 for name in ("real_stream", "latent_stream")]
    if on_cpu != [device == "cpu"] * 2:
        raise ValueError(f"the checkpoint at step {step:,} is of another device")
    ours = pack_state(state)
    if not fingerprint(ours) == fingerprint(packed) == printed:
        raise ValueError(f"the checkpoint at step {step:,} is damaged")
    return ours


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("a step of it is no whole number")
    return value
