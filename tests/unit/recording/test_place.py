"""Folders into which nothing can be recorded: said before the first step, with what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gan_core.datasets import folder as data
from gan_core.recording.library import Library
from gan_core.recording.place import trouble

DO = "let the server write there, or start it with --runs and another folder"


def test_a_folder_that_can_be_written_to_and_one_that_can_be_made(tmp_path: Path) -> None:
    assert trouble(tmp_path) is None
    assert trouble(tmp_path / "a" / "b") is None
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("below", ["", "runs"])
def test_a_file_in_its_place_or_in_its_way(below: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    said = trouble(file / below)
    assert said is not None
    assert said.startswith(f"Nothing is recorded: {file} is no folder. ")
    assert DO in said


@pytest.mark.parametrize(("read_only", "why"), [(True, "is on a drive that can only be read"), (False, "user 4321")])
@pytest.mark.parametrize("below", ["", "runs"])
def test_a_folder_that_may_not_be_written_to(
    below: str, read_only: bool, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: 4321, raising=False)
    flags = SimpleNamespace(f_flag=1 if read_only else 0)
    monkeypatch.setattr(os, "statvfs", lambda place: flags, raising=False)
    monkeypatch.setattr(os, "ST_RDONLY", 1, raising=False)
    said = trouble(tmp_path / below)
    assert said is not None
    assert str(tmp_path) in said
    assert why in said
    assert DO in said


def test_a_folder_that_cannot_even_be_read_is_said_when_it_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: object) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "glob", forbid)
    monkeypatch.setattr(os, "scandir", forbid)
    monkeypatch.setattr(Path, "is_file", forbid)
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "data"))
    library = Library(tmp_path)
    with pytest.raises(OSError, match=r"The server may not look into .*\.$"):
        library.runs()
    assert data.listed() == []
    assert data._is_shipped("0" * 16) is False


def test_a_file_in_the_place_of_the_folder_has_no_runs(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    assert Library(tmp_path / "runs").runs() == []
