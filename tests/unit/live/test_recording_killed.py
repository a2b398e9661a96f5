"""Runs whose process is killed while it records: each opens, has lost little, and goes on exactly.

A few by default; GANSCOPE_KILLS=200 kills as many, and holds how much was lost against the clock as well.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import struct
import time
from contextlib import closing
from pathlib import Path

import pytest
from test_recording import LONG, do, settle

from gan_core.live.session import TrainingSession
from gan_core.recording.file.checkpoint import fingerprint, pack_state, unpack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import Open, Repeat
from gan_core.records.steps import Change
from gan_core.setup.presets import PRESETS, Preset
from gan_core.training.engine import GANEngine

KILLS = int(os.environ.get("GANSCOPE_KILLS", "0"))
CHANGES = (Change(40, "lr_g", 0.0, 0.003), Change(300, "beta1_d", 0.0, 0.1), Change(301, "lr_d", 0.0, 0.002))
OPTIONS = {"preset": "tiny", "device": "cpu", "precision": "float32", "threads": 1, "paused": True}


def record_without_end(folder: RunFolder, seen: mmap.mmap) -> None:
    """Train and record; note the newest step where the other process can see it."""
    session = TrainingSession(**OPTIONS, runs=folder)  # type: ignore[arg-type]
    session.start()
    do(session, Repeat("tiny", 1, CHANGES, 10**6))
    while True:
        seen[:8] = struct.pack("<q", session.status().step)
        os.sched_yield()


def kill_one(folder: RunFolder, seen: mmap.mmap, after: int, *, on_disk: bool) -> int:
    """Let a process record, kill it some time after step `after`; returns the step it had reached a second before.

    `on_disk`: not before there is a file, however fast the steps are.
    """
    seen[:8] = struct.pack("<q", 0)
    child = os.fork()
    if child == 0:
        try:
            record_without_end(folder, seen)
        finally:
            os._exit(1)
    steps: list[tuple[float, int]] = []
    while not steps or steps[-1][1] < after or (on_disk and not any(folder.folder.glob("*.sqlite"))):
        steps.append((time.monotonic(), struct.unpack("<q", seen[:8])[0]))
        ended, status = os.waitpid(child, os.WNOHANG)
        assert ended == 0, f"the process ended by itself: {status}"
        os.sched_yield()
    os.kill(child, signal.SIGKILL)
    killed = time.monotonic()
    os.waitpid(child, 0)
    return max((step for when, step in steps if when <= killed - 1.0), default=0)


@pytest.mark.timeout(60 + 10 * KILLS)
def test_a_killed_run_goes_on_exactly(tiny: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS._entries, "tiny", tiny)
    draw = random.Random(0)
    reached = {}
    with mmap.mmap(-1, 8) as seen:
        for i in range(KILLS or 6):
            folder = RunFolder(tmp_path / str(i))
            reached[folder] = kill_one(folder, seen, int(10 ** draw.uniform(0.5, 3.7)), on_disk=i == 0)
    last: dict[str, tuple[RunFolder, int]] = {}
    for folder, before in reached.items():
        names = [path.stem for path in folder.folder.glob("*.sqlite")] if folder.folder.exists() else []
        assert len(names) <= 1
        if not names:
            assert not KILLS or before == 0  # killed within the first second
            continue
        with closing(RunFile.open(folder.path(names[0]))) as file:
            last[names[0]] = folder, file.last_step()
            assert len(file.metrics()) == file.last_step()
            assert not KILLS or file.last_step() >= before
            for step in file.checkpoint_steps():
                unpack_state(file.checkpoint_before(step)[1], tiny.config)
    assert last
    oracle = straight_fingerprints(tiny, {step for _, step in last.values()})
    for name, (folder, step) in last.items():
        session = TrainingSession(**OPTIONS, runs=folder)  # type: ignore[arg-type]
        session.start()
        do(session, Open(name))
        settle(session, step)
        assert session.status().note is None
        assert fingerprint(pack_state(session.trainer.run.engine.state())) == oracle[step]
        session.close(LONG)


def straight_fingerprints(tiny: Preset, steps: set[int]) -> dict[int, str]:
    """One run without an end: its fingerprint after each of these steps."""
    engine = GANEngine(tiny, 1, device="cpu", precision="float32", threads=1)
    found = {}
    for step in range(max(steps) + 1):
        if step:
            engine.step()
        for change in CHANGES:
            if change.step == step + 1:
                engine.set(**{change.name: change.new})
        if step in steps:
            found[step] = fingerprint(pack_state(engine.state()))
    return found
