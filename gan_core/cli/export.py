"""`python -m gan_core export`: one file made of a recorded run, with a progress bar."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from gan_core.cli.verify import find_run
from gan_core.datasets.folder import BESIDE_RUNS, look_in
from gan_core.export.asked import read_asked
from gan_core.export.registry import check, find_export, made
from gan_core.recording.file.run_file import RunFile


def run(name: str, runs: Path, what: str, out: Path, given: Mapping[str, str]) -> int:
    """Write `out`, whose ending says the format, from the run `name`. Returns the exit status: 0, or 1 for trouble.

    Raises ValueError with a sentence when something that is asked for cannot be, and OSError when it cannot be written.
    """
    export = find_export(what)
    asked = read_asked(out.suffix, given)
    check(export, asked)
    path = find_run(name, runs)
    look_in(path.parent / BESIDE_RUNS)
    # None: a bar on a terminal, else nothing
    with closing(RunFile.open(path)) as file, tqdm(disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        try:
            made(export, file, asked, out, progress)
        except (FloatingPointError, sqlite3.Error) as error:
            print(error, file=sys.stderr)
            return 1
    print(f"{out}: {out.stat().st_size:,} bytes")
    return 0
