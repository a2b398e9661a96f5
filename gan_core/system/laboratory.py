"""A visitor's own module, which adds to the registries what it likes: `--with my_lab.py`.

It is Python and runs with the rights of whoever started the server; it is never taken from a browser or from a file of
a run. Processes of the server's own load it, too: they find it by an environment variable.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from collections.abc import MutableMapping, Sequence
from pathlib import Path

VARIABLE = "GANSCOPE_WITH"  # paths, parted as those of PATH are


def load(paths: Sequence[str], environ: MutableMapping[str, str] = os.environ) -> None:
    """Run each module once, in order. Raises ValueError with a sentence that names the file and what is wrong."""
    whole = [str(Path(path).resolve()) for path in paths]
    for path in whole:
        _run(path)
    environ[VARIABLE] = os.pathsep.join(whole)


def named(environ: MutableMapping[str, str] = os.environ) -> list[str]:
    """The paths that the environment names."""
    return [path for path in environ.get(VARIABLE, "").split(os.pathsep) if path.strip()]


def _run(path: str) -> None:
    name = f"ganscope_with_{Path(path).stem}_{abs(hash(path)):x}"
    if name in sys.modules:
        return
    if not Path(path).is_file():
        raise ValueError(f"{path} is no file; --with takes the path of a Python module.")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is no Python module: its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a stranger's module raises
        del sys.modules[name]
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        line = getattr(error, "lineno", None) or (lines[-1] if lines else None)
        where = f", line {line}" if line else ""
        raise ValueError(f"{path}{where}: {type(error).__name__}: {error}".rstrip(": ")) from error
