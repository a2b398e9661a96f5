"""What every file that leaves says of itself: from which run it is, and what made that run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gan_core.recording.file.run_file import RunFile


def about(run: RunFile) -> dict[str, Any]:
    """By field, as JSON can hold it: the run's id and name, its whole recipe with its changes, and who wrote it."""
    recipe = run.recipe
    return {
        "program": f"GANscope {program_version()}".rstrip(),
        "run": recipe.id,
        "title": run.title,
        "notes": [{"step": note.step, "text": note.text, "tags": list(note.tags)} for note in run.notes],
        "scenario": recipe.preset,
        "seed": recipe.seed,
        "config": dict(recipe.config),
        "values": dict(recipe.values),
        "changes": [[change.step, change.name, change.new] for change in run.changes()],
        "precision": recipe.precision,
        "torch": recipe.torch,
    }


def as_comment(told: Mapping[str, Any]) -> str:
    """Lines that begin with #, one a field: a line break in it, or another character that has no place, is escaped."""
    return "".join(f"# {name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in told.items())


def program_version() -> str:
    """This program's; empty where nothing says it."""
    try:
        return version("ganscope")
    except PackageNotFoundError:  # run from its folder
        file = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomllib.loads(file.read_text())["project"]["version"]) if file.is_file() else ""
