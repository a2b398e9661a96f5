"""A run's file, begun or opened: its tables checked, its lock taken, and both given back where something is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from gan_core.recording.file import database as run_database
from gan_core.recording.file.lock import WriteLock
from gan_core.setup.recipe import Recipe
from gan_core.system.files import put_in_place

File = TypeVar("File")
Make = Callable[[Path, sqlite3.Connection, WriteLock | None], File]  # what stands for an open one


def begin(path: Path, recipe: Recipe, make: Make[File]) -> File:
    """Begin a file. Raises OSError with a sentence when it cannot be written."""
    if path.exists():
        raise OSError(f"{path} is there already")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + run_database.UNFINISHED)  # whoever lists runs sees none or a whole one
    db, lock = None, WriteLock(path)
    try:
        with closing(run_database.connect_to_write(unfinished, new=True)) as new:
            run_database.make_tables(new, recipe)
        put_in_place(unfinished, path)
        db = run_database.connect_to_write(path)
        return make(path, db, lock)
    except BaseException as error:
        if db is not None:
            db.close()
        lock.release()
        run_database.remove(unfinished)
        run_database.remove(path)
        if isinstance(error, sqlite3.Error):
            raise run_database.refused(path, error) from None
        raise


def opened(path: Path, make: Make[File], *, write: bool, alone: bool) -> File:
    """Open a file.

    Raises ValueError with a sentence when it is no run or, for writing, when another process writes into it (or, to
    write `alone`, anybody), and FileNotFoundError when it is not there.
    """
    if not path.is_file():
        raise FileNotFoundError(2, "there is no such run", str(path))
    lock = WriteLock(path, alone=alone) if write else None
    try:
        return _with_lock(path, lock, make)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def _with_lock(path: Path, lock: WriteLock | None, make: Make[File]) -> File:
    try:
        try:
            db = run_database.connect_to_write(path) if lock else run_database.connect(path, write=False)
            return _checked(path, db, lock, make)
        except sqlite3.OperationalError as error:
            if lock or not run_database.may_be_read_alone(path, error):
                raise
            return _checked(path, run_database.connect_alone(path), None, make)
    except (sqlite3.Error, *run_database.DAMAGE) as error:
        raise run_database.unopened(path, error) from None


def _checked(path: Path, db: sqlite3.Connection, lock: WriteLock | None, make: Make[File]) -> File:
    try:
        run_database.check_schema(db)
        return make(path, db, lock)
    except BaseException:
        db.close()
        raise
