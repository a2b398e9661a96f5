"""What tests of pictures and films share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import export_runs
from gan_core.recording.file.run_file import RunFile


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a run that was looked at at each of its steps."""
    return export_runs.train(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def run(path: Path) -> Iterator[RunFile]:
    """The same, open."""
    with closing(RunFile.open(path)) as file:
        yield file
