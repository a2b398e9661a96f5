from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.sweep.axis import read_axis
from gan_core.sweep.folder import PLAN, ROWS, SweepFolder
from gan_core.sweep.plan import Plan

ASKED = Plan("blank", 40, (0, 1), (read_axis("lr_g=1e-3,1e-2"),))


def row(key: str) -> dict[str, Any]:
    return {"key": key, "verdict": "covering", "words": "with a \n newline"}


def test_what_was_added_is_there_for_the_next_program(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path / "new")
    assert folder.begin(ASKED) == set()
    assert folder.add([row("a"), row("b")]) is None
    assert folder.add([row("a")]) is None  # a share that was done twice
    again = SweepFolder(tmp_path / "new")
    assert again.begin(ASKED) == {"a", "b"}
    assert list(again.rows()) == [row("a"), row("b")]
    assert again.plan() == ASKED


def test_killed_at_any_byte_at_most_the_row_in_progress_is_lost(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    folder.begin(ASKED)
    folder.add([row("a"), row("b")])
    whole = (tmp_path / ROWS).read_bytes()
    first = whole.index(b"\n") + 1
    for size in range(len(whole) + 1):
        (tmp_path / ROWS).write_bytes(whole[:size])
        there = [found["key"] for found in folder.rows()]
        assert there == ["a", "b"][: (size >= first - 1) + (size >= len(whole) - 1)]
        folder.add([row("c")])
        assert [found["key"] for found in folder.rows()] == [*there, "c"]


def test_another_plan_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    folder.begin(ASKED)
    with pytest.raises(ValueError, match="steps 40 and not 41"):
        folder.begin(replace(ASKED, steps=41))
    assert folder.plan() == ASKED


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b'{"preset": 1}', b"\xff" * 9, b"[" * 100_000])
def test_a_damaged_plan_is_told_of(tmp_path: Path, damage: bytes) -> None:
    folder = SweepFolder(tmp_path)
    folder.begin(ASKED)
    (tmp_path / PLAN).write_bytes(damage)
    with pytest.raises(ValueError, match=r"plan\.json is damaged"):
        folder.begin(ASKED)


def test_lines_that_nobody_wrote_are_passed_over(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    folder.begin(ASKED)
    lines = [b"", b"null", b"3", b"{", b'{"key": 3}', b"\xff\xfe", json.dumps(row("a")).encode(), b"[" * 100_000]
    (tmp_path / ROWS).write_bytes(b"\n".join(lines))
    assert list(folder.rows()) == [row("a")]


def test_a_full_disk_is_told_of_and_what_waits_is_written_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SweepFolder(tmp_path)
    folder.begin(ASKED)
    folder.add([row("a")])

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        sentence = folder.add([row("b")])
        assert sentence is not None
        assert "No space left on device; 1 runs that are done wait" in sentence
        assert [found["key"] for found in folder.rows()] == ["a"]
        assert "begin anew" in str(folder.hold({"b": b"state"}))
    assert folder.add([row("c")]) is None
    assert [found["key"] for found in folder.rows()] == ["a", "b", "c"]


def test_checkpoints_are_kept_until_they_are_not_needed(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    folder.begin(ASKED)
    assert folder.begun("a") is None
    assert folder.hold({"a": b"one"}) is None
    assert folder.hold({"a": b"two"}) is None
    assert folder.begun("a") == b"two"
    folder.drop(["a", "b"])
    assert folder.begun("a") is None


def test_one_program_at_a_time(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from gan_core.sweep.folder import SweepFolder\n"
        f"with SweepFolder(Path({str(tmp_path)!r})).alone(): print('alone')"
    )
    with SweepFolder(tmp_path).alone():
        other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert f"Another program trains the sweep in {tmp_path}" in other.stderr
