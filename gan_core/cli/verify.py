"""`python -m gan_core verify`: a recorded run trained again, with a progress bar, and what came of it on one line."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from gan_core.cli.options import VerifyOptions
from gan_core.datasets.folder import BESIDE_RUNS, look_in
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import SUFFIX
from gan_core.records.outcomes import Verdict
from gan_core.rerun.proof import verify
from gan_core.setup.recipe import Recipe


def run(options: VerifyOptions) -> int:
    """Compare the whole run, say on one line what came of it, and return the exit status: 0, or 1 for a difference.

    Raises ValueError with a sentence when there is no such run, or when this machine cannot compute it.
    """
    path = find_run(options.run, options.runs)
    look_in(path.parent / BESIDE_RUNS)
    # None: a bar on a terminal, else nothing
    with closing(RunFile.open(path)) as file, tqdm(unit="step", disable=None) as bar:

        def report(done: int, total: int) -> bool:
            bar.total = total
            bar.update(done - bar.n)
            return True

        verdict = verify(file, report, threads=options.threads)
    print(sentence(file.recipe, verdict), file=sys.stdout if verdict.proved else sys.stderr)
    return 0 if verdict.proved else 1


def find_run(name: str, folder: Path) -> Path:
    """Return the file of a run, from its path or its id. Raises ValueError when there is none."""
    for path in (Path(name), folder / f"{name}{SUFFIX}"):
        if path.is_file():
            return path
    raise ValueError(f"There is no run {name!r}: no such file, and no such id in the folder {str(folder)!r}.")


def sentence(recipe: Recipe, verdict: Verdict) -> str:
    """What came of it."""
    same = f"{verdict.checkpoints:,} checkpoints and {verdict.rows:,} rows of metrics"
    if not verdict.proved:
        return f"{recipe.id}: {verdict.mismatch} Before that, {same} were the same, bit for bit."
    proved = f"{recipe.id}: {verdict.steps:,} steps trained again; {same} are the same, bit for bit."
    return f"{proved} {verdict.note}".rstrip()
