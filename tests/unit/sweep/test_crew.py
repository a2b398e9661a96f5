"""A sweep on two and on four processes, of which some are killed: the table is that of an uninterrupted one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest
from pyarrow import parquet

from gan_core.sweep.folder import ROWS, SweepFolder
from gan_core.sweep.plan import Plan
from gan_core.sweep.table import NOT_REPEATABLE, table
from gan_core.sweep.work import Share, work
from ports import free_port
from waiting import LONG, until

PLAN = ["blank", "--vary", "lr_g=1e-3,1e-2", "--seeds", "20", "--steps", "200", "--set", "lr_d=0.0005@50"]
RUNS = 40  # so many that none of what is done to them comes too late


@pytest.fixture
def programs() -> Iterator[ExitStack]:
    with ExitStack() as programs:
        yield programs


def start(programs: ExitStack, *command: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        program = subprocess.Popen([sys.executable, *command], stdout=out, stderr=out, start_new_session=True)

    def end() -> None:
        for each in psutil.Process(program.pid).children(recursive=True) if program.poll() is None else ():
            each.kill()
        program.kill()
        program.wait()

    programs.callback(end)
    return program


def wait_for(what: Callable[[], bool], program: subprocess.Popen[bytes], log: Path) -> None:
    def happened() -> bool:
        if what():
            return True
        assert program.poll() is None, log.read_text()
        return False

    until(happened, log.read_text)


def rows_in(folder: Path) -> int:
    return (folder / ROWS).read_bytes().count(b"\n") if (folder / ROWS).exists() else 0


@cache
def rows_of(plan: Plan) -> list[dict[str, Any]]:
    """What one process gets, a run after the other; both tests have the same plan."""
    return [row for _, task in plan.tasks() for row in work(Share((task,))).rows]


def expect_the_table_of_an_uninterrupted_sweep(folder: Path) -> None:
    plan = SweepFolder(folder).plan()
    expected = table(plan, rows_of(plan)).drop_columns(list(NOT_REPEATABLE))
    assert parquet.read_table(folder / "sweep.parquet").drop_columns(list(NOT_REPEATABLE)).equals(expected)


@pytest.mark.slow
def test_one_of_four_workers_the_scheduler_and_the_command_are_killed(tmp_path: Path, programs: ExitStack) -> None:
    port = free_port()
    address, log, out = f"tcp://127.0.0.1:{port}", tmp_path / "log", tmp_path / "sweep"

    def scheduler() -> subprocess.Popen[bytes]:
        options = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        return start(programs, "-m", "distributed.cli.dask_scheduler", *options, log=tmp_path / "scheduler.log")

    def worker() -> subprocess.Popen[bytes]:
        options = (address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
        return start(programs, "-m", "distributed.cli.dask_worker", *options, log=tmp_path / "worker.log")

    def sweep() -> subprocess.Popen[bytes]:
        how = ("--scheduler", address, "--together", "1", "--out", str(out))
        return start(programs, "-m", "gan_core", "sweep", *PLAN, *how, log=log)

    first_scheduler, (first, *others) = scheduler(), [worker() for _ in range(4)]
    command = sweep()
    wait_for(lambda: rows_in(out) >= 2, command, log)
    first.kill()
    wait_for(lambda: rows_in(out) >= 4, command, log)
    first_scheduler.kill()
    first_scheduler.wait()
    for other in others:
        other.kill()
    scheduler()
    for _ in range(2):  # fewer than before
        worker()
    wait_for(lambda: rows_in(out) >= 7, command, log)
    command.kill()
    command.wait()
    there = rows_in(out)
    assert there < RUNS
    assert sweep().wait(LONG) == 0, log.read_text()
    expect_the_table_of_an_uninterrupted_sweep(out)
    said = log.read_text()
    assert "is gone; what it had is done by others" in said
    assert "The scheduler is gone; waiting for it to come back." in said
    assert "Traceback" not in said
    assert f"{RUNS} of {RUNS} runs are done ({RUNS - there} now" in said


@pytest.mark.slow
def test_a_worker_of_this_machine_is_killed_and_a_command_to_stop_is_taken(tmp_path: Path, programs: ExitStack) -> None:
    log, out = tmp_path / "log", tmp_path / "sweep"
    how = ("--workers", "2", "--together", "1", "--out", str(out))
    command = start(programs, "-m", "gan_core", "sweep", *PLAN, *how, log=log)
    wait_for(lambda: rows_in(out) >= 1, command, log)
    workers = [each for each in psutil.Process(command.pid).children() if "spawn_main" in " ".join(each.cmdline())]
    assert len(workers) == 2
    workers[0].kill()
    wait_for(lambda: rows_in(out) >= 4, command, log)
    command.send_signal(signal.SIGTERM)  # as Ctrl-C, but never ignored by what is begun in the background
    assert command.wait(LONG) == 130, log.read_text()
    assert parquet.read_table(out / "sweep.parquet").num_rows == rows_in(out)
    assert "Interrupted; the same command goes on" in log.read_text()
    again = start(programs, "-m", "gan_core", "sweep", "--out", str(out), log=log)
    assert again.wait(LONG) == 0, log.read_text()
    expect_the_table_of_an_uninterrupted_sweep(out)
    assert "Traceback" not in log.read_text()
