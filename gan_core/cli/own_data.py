"""A table of points as a target on a command line: target=csv:FILE, or target=csv:FILE#COLUMN,COLUMN.

With csv-each: in the place of csv: each column is scaled by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from gan_core.datasets.folder import BESIDE_RUNS, PREFIX, keep, look_in, sentence

_SCALES = {"csv:": "shape", "csv-each:": "each"}  # how points get into the square, by what stands before their file


def with_points(config: Mapping[str, str], out: Path) -> dict[str, str]:
    """A configuration, as text, whose target names points by what they are and not by their file.

    They are kept in the folder `out`, where those of other such targets are looked for; what was read is said on
    stderr. Raises ValueError with a sentence for a file that is no table of points.
    """
    look_in(out / BESIDE_RUNS)
    target = config.get("target", "")
    asked = next((asked for asked in _SCALES if target.startswith(asked)), None)
    if asked is None:
        return dict(config)
    found = keep(*_file_and_columns(target.removeprefix(asked)), scale=_SCALES[asked])
    print(sentence(found), file=sys.stderr)
    return {**config, "target": f"{PREFIX}{found.fingerprint}"}


def _file_and_columns(text: str) -> tuple[Path, str]:
    """A path and two columns; a file whose own name has a # in it is taken by its name."""
    name, mark, columns = text.rpartition("#")
    if not mark or Path(text).exists():
        return Path(text), ""
    return Path(name), columns
