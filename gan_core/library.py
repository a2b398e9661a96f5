"""The folder of recorded runs: list, rename, delete with a way back, hand out and take in. No threads."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gan_core.records import Listed
from gan_core.run_file import SUFFIX, RunFile, RunFolder, files_of, new_id, remove
from gan_core.run_import import import_run

MAX_TITLE = 80  # characters
KEPT_DELETED = 7 * 86_400  # seconds for which a deleted run can be restored


class Library:
    """All runs in one folder."""

    def __init__(self, runs: RunFolder, clock: Callable[[], float] = time.time) -> None:
        """Make the folder if it is not there, and clear away what was deleted long ago or left half done."""
        self._runs, self._clock = runs, clock
        self._deleted = runs.folder / "deleted"
        self._clear()

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self._runs.folder

    @property
    def limit(self) -> int:
        """Bytes that each may take."""
        return self._runs.limit

    def runs(self) -> list[Listed]:
        """All of them, the newest first; damaged ones with a sentence."""
        paths = sorted(self.folder.glob(f"*{SUFFIX}"), reverse=True) if self.folder.is_dir() else []
        return [_listed(path) for path in paths]

    def path(self, run_id: str) -> Path:
        """The file of a run. Raises ValueError for what is no id, FileNotFoundError when it is not there."""
        path = self._runs.path(run_id)
        if not path.is_file():
            raise FileNotFoundError(2, "there is no such run", str(path))
        return path

    def rename(self, run_id: str, title: str) -> None:
        """Give a run a title; an empty one takes it away. Raises ValueError for one that is too long."""
        title = " ".join(title.split())
        if len(title) > MAX_TITLE:
            raise ValueError(f"A title has at most {MAX_TITLE} characters; this one has {len(title)}.")
        with closing(RunFile.open(self.path(run_id), write=True)) as file, file.transaction():
            file.set_about("title", title)

    def delete(self, run_id: str) -> None:
        """Put a run aside; for some days it can be restored. The caller sees to it that nobody records into it."""
        path = self.path(run_id)
        self._deleted.mkdir(exist_ok=True)
        for file in files_of(path):
            file.replace(self._deleted / file.name)
        os.utime(self._deleted / path.name, (self._clock(), self._clock()))

    def restore(self, run_id: str) -> None:
        """Take back what was deleted. Raises FileNotFoundError when it is gone for good."""
        path = self._deleted / self._runs.path(run_id).name
        if not path.is_file():
            raise FileNotFoundError(2, "there is no such run", str(path))
        for file in files_of(path):
            file.replace(self.folder / file.name)

    def export(self, run_id: str) -> Path:
        """Write one whole file of a run as it is now; the caller removes it."""
        copy = self.folder / f"export-{run_id}-{os.urandom(4).hex()}.part"
        with closing(RunFile.open(self.path(run_id))) as file:
            file.copy_to(copy)
        return copy

    def import_file(self, stranger: Path) -> str:
        """Check a stranger's file and take it in under a new id. Raises ValueError with a sentence if it is no good."""
        run_id = new_id(self._clock())
        import_run(stranger, self._runs.path(run_id), run_id, self.limit)
        return run_id

    @contextmanager
    def upload(self) -> Iterator[Path]:
        """A place in the folder, so that on its disk, for a file that comes in; it is gone afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="upload-") as folder:
            yield Path(folder) / "stranger"

    def _clear(self) -> None:
        for path in self._deleted.glob(f"*{SUFFIX}"):
            if self._clock() - path.stat().st_mtime > KEPT_DELETED:
                remove(path)
        for path in self.folder.glob("export-*.part"):
            path.unlink(missing_ok=True)


def _listed(path: Path) -> Listed:
    try:
        with closing(RunFile.open(path)) as file:
            return Listed(path.stem, file.nbytes(), file.summary())
    except (ValueError, OSError) as error:
        nbytes = path.stat().st_size if path.exists() else 0
        return Listed(path.stem, nbytes, None, str(error))
