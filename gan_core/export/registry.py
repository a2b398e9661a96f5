"""The exports that there are. A new one is a line here, a module of its name with `make`, and its words in the
catalogue under `export.NAME`.

`make(run, asked, out, progress)` writes the file `out`, which is not there yet, from an open run; `asked` is what
`gan_core.export.asked` read, and `asked.suffix` its format (the name of `out` says nothing of it). It calls
`progress(done, total)` now and then, which raises Cancelled when nobody wants it any more. It raises ValueError with a
sentence when the run has not what is asked for, and FloatingPointError or OSError as what it calls does. It need not
tidy up: `made` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.export.asked import Asked
from gan_core.texts.catalogue import say

if TYPE_CHECKING:  # the list is read where torch is not loaded
    from gan_core.recording.file.run_file import RunFile

Progress = Callable[[int, int], None]  # done, in all; raises Cancelled
MEDIA = {
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".safetensors": "application/octet-stream",
    ".py": "text/x-python; charset=utf-8",
    ".mp4": "video/mp4",
    ".gif": "image/gif",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
UNFINISHED = ".part"


@dataclass(frozen=True)
class Export:
    """One kind of file."""

    name: str  # as --what has it
    suffixes: tuple[str, ...]  # the usual one first
    takes: tuple[str, ...] = ()  # fields of Asked beside the format
    module: str = ""  # in this package; empty: of the same name


EXPORTS: dict[str, Export] = {
    export.name: export
    for export in (
        Export("curves", (".csv", ".parquet"), takes=("steps",)),
        Export("picture", (".png", ".svg"), takes=("step", "panels", "scheme", "trail", "millimetres", "dpi")),
        Export("film", (".mp4", ".gif"), takes=("steps", "panels", "scheme", "trail", "stride", "rate", "width")),
        Export("weights", (".safetensors",), takes=("step",)),
        Export("script", (".py",)),
        Export("page", (".html",), takes=("frames",)),
    )
}  # fmt: skip


def find_export(name: str) -> Export:
    """The export of a name. Raises ValueError with a sentence."""
    if name not in EXPORTS:
        raise ValueError(say("export.none", name=repr(name)[:40], names=", ".join(EXPORTS)))
    return EXPORTS[name]


def check(export: Export, asked: Asked) -> None:
    """Raise ValueError unless the export can be of this format and takes all that is not as usual."""
    if asked.suffix not in export.suffixes:
        raise ValueError(
            say("export.no-format", name=export.name, suffixes=" or ".join(export.suffixes), given=asked.suffix[:20])
        )
    usual = Asked(suffix=asked.suffix)
    other = [name for name, value in vars(asked).items() if value != getattr(usual, name) and name not in export.takes]
    if other:
        raise ValueError(say("export.not-taken", name=export.name, given=other[0]))


def made(export: Export, run: RunFile, asked: Asked, path: Path, progress: Progress) -> None:
    """Write the file `path`: the whole, or, whatever goes wrong, nothing. Raises as `make` does."""
    check(export, asked)
    part = path.with_name(path.name + UNFINISHED)
    try:
        import_module(f"gan_core.export.{export.module or export.name}").make(run, asked, part, progress)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def steps_of(run: RunFile, asked: Asked, *, first: int | None = None) -> tuple[int, int]:
    """The first and the last step that are asked for; of all, those that are recorded. Raises ValueError.

    `first` is the first that there can be: by default the first that can be trained again.
    """
    first, last = run.first_step() if first is None else first, run.last_step()
    begin, end = asked.steps or (first, last)
    if not first <= begin <= end <= last:
        raise ValueError(say("export.not-recorded", first=first, last=last))
    return begin, end


def step_of(run: RunFile, asked: Asked) -> int:
    """The step that is asked for; if none is, the last one. Raises ValueError with a sentence."""
    first, last = run.first_step(), run.last_step()
    step = last if asked.step is None else asked.step
    if not first <= step <= last:
        raise ValueError(say("export.not-recorded", first=first, last=last))
    return step
