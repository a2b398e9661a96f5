"""What becomes of a sweep when workers, shares and disks fail, on a crew of this process's own threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster, get_worker
from pyarrow import parquet

from crews import clients_of, crew_of_threads
from gan_core.sweep import conduct
from gan_core.sweep.axis import read_axis
from gan_core.sweep.conduct import Conductor, Outcome, Report
from gan_core.sweep.crew import MakeCrew, NoCrew, crew, lasting
from gan_core.sweep.folder import SweepFolder
from gan_core.sweep.on_worker import NotHere
from gan_core.sweep.plan import Plan, Task, groups
from gan_core.sweep.table import NOT_REPEATABLE, table
from gan_core.sweep.work import Handed, Share, work

PLAN = Plan("blank", 20, (0, 1), (read_axis("lr_g=1e-3,1e-2"),))


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with crew_of_threads() as cluster:
        yield cluster


@pytest.fixture
def make_crew(cluster: LocalCluster) -> MakeCrew:
    return clients_of(cluster)


@pytest.fixture
def said() -> list[str]:
    return []


def conducted(
    path: Path, make_crew: MakeCrew, said: list[str], plan: Plan = PLAN, **how: Any
) -> tuple[Outcome, SweepFolder]:
    folder = SweepFolder(path)
    report = how.pop("report", None) or Report(say=said.append)
    return Conductor(plan, folder, report, **how).run(make_crew), folder


def rows_alone(plan: Plan = PLAN) -> list[dict[str, Any]]:
    return [row for _, task in plan.tasks() for row in work(Share((task,))).rows]


def as_rows(path: Path) -> list[dict[str, Any]]:
    return parquet.read_table(path / "sweep.parquet").drop_columns(list(NOT_REPEATABLE)).to_pylist()


@pytest.fixture(scope="module")
def expected() -> list[dict[str, Any]]:
    return table(PLAN, rows_alone()).drop_columns(list(NOT_REPEATABLE)).to_pylist()


def test_the_table_is_that_of_runs_trained_one_after_another(
    tmp_path: Path, make_crew: MakeCrew, said: list[str], expected: list[dict[str, Any]]
) -> None:
    done: list[int] = []
    outcome, _ = conducted(tmp_path, make_crew, said, report=Report(done.append, said.append), together=1)
    assert as_rows(tmp_path) == expected
    assert (outcome.left_out, sum(done), said) == ({}, 4, [])


def test_shares_that_are_handed_back_go_on(
    tmp_path: Path, make_crew: MakeCrew, said: list[str], expected: list[dict[str, Any]]
) -> None:
    conducted(tmp_path, make_crew, said, seconds=0.0, together=2)
    assert as_rows(tmp_path) == expected
    assert not list((tmp_path / "unfinished").iterdir())


def test_stopped_it_goes_on_with_what_is_done(
    tmp_path: Path, make_crew: MakeCrew, said: list[str], expected: list[dict[str, Any]]
) -> None:
    done: list[int] = []
    report = Report(done.append, said.append, stop=lambda: len(done) > 0)
    outcome, folder = conducted(tmp_path, make_crew, said, report=report, together=1)
    assert outcome.stopped
    there = len(list(folder.rows()))
    assert 1 <= there < 4
    assert len(as_rows(tmp_path)) == there
    conducted(tmp_path, make_crew, said)
    assert as_rows(tmp_path) == expected


def test_one_crew_trains_several_sweeps(
    tmp_path: Path, make_crew: MakeCrew, said: list[str], expected: list[dict[str, Any]]
) -> None:
    begun: list[str] = []

    def begin() -> Any:
        begun.append("a crew")
        return make_crew()

    with lasting(begin) as one:
        assert begun == []
        for name in ("first", "second"):
            conducted(tmp_path / name, one, said, together=1)
            assert as_rows(tmp_path / name) == expected
    assert (begun, said) == (["a crew"], [])


def test_a_share_that_carries_much_brings_no_warning(tmp_path: Path, cluster: LocalCluster, said: list[str]) -> None:
    plan = replace(PLAN, axes=(), seeds=(0,))
    ((_, task),) = plan.tasks()
    folder = SweepFolder(tmp_path)
    folder.begin(plan)
    folder.hold({task.key: bytes(12_000_000)})

    def begin_anew(share: Share, modules: tuple[str, ...], telling: bool) -> Handed:
        assert len(share.begun[task.key]) == 12_000_000  # else the run would be left out
        return work(Share(share.tasks))

    Conductor(plan, folder, Report(say=said.append), does=begin_anew).run(lambda: crew(cluster.scheduler_address, None))
    assert (len(list(folder.rows())), said) == (1, [])


class Failing:
    """In the place of what a worker does: for some shares something else."""

    def __init__(self, wrong: Callable[[Share, int], Any]) -> None:
        self.wrong, self.calls = wrong, 0

    def __call__(self, share: Share, modules: tuple[str, ...], telling: bool) -> Handed | NotHere:
        self.calls += 1
        found = self.wrong(share, self.calls)
        return found if found is not None else work(share)


def test_a_run_that_cannot_be_trained_is_left_out_and_the_rest_goes_on(
    tmp_path: Path, make_crew: MakeCrew, said: list[str]
) -> None:
    bad = next(task for _, task in PLAN.tasks())

    def wrong(share: Share, call: int) -> None:
        if bad in share.tasks:
            raise ValueError("This one will not do.")

    outcome, folder = conducted(tmp_path, make_crew, said, together=2, does=Failing(wrong))
    assert outcome.left_out == {bad.key: "This one will not do."}
    assert {row["key"] for row in folder.rows()} == {task.key for _, task in PLAN.tasks()} - {bad.key}
    assert said == [f"A run is left out (seed 0, {bad.key}): This one will not do."]


def test_a_worker_that_cannot_is_passed_over_and_told_of_once(
    tmp_path: Path,
    cluster: LocalCluster,
    make_crew: MakeCrew,
    said: list[str],
    expected: list[dict[str, Any]],
) -> None:
    lame = min(cluster.scheduler.workers)

    def wrong(share: Share, call: int) -> NotHere | None:
        return NotHere(lame, f"{lame} lacks my_lab.py.") if get_worker().address == lame else None

    conducted(tmp_path, make_crew, said, together=1, does=Failing(wrong))
    assert as_rows(tmp_path) == expected
    assert said == [f"{lame} lacks my_lab.py."]


def test_without_any_worker_that_can_it_says_so(tmp_path: Path, make_crew: MakeCrew, said: list[str]) -> None:
    does = Failing(lambda share, call: NotHere(get_worker().address, "It lacks my_lab.py."))
    with pytest.raises(NoCrew, match=r"No worker is left that can train this: It lacks my_lab\.py\."):
        conducted(tmp_path, make_crew, said, does=does)


def test_a_full_disk_is_told_of_and_the_rows_are_there_in_the_end(
    tmp_path: Path,
    make_crew: MakeCrew,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    expected: list[dict[str, Any]],
) -> None:
    calls = []
    fsync = conduct.SweepFolder.add

    def add(self: SweepFolder, rows: Any) -> str | None:
        calls.append(1)
        self.waiting += rows
        return f"{self.path}: No space left." if len(calls) < 3 else fsync(self, ())

    monkeypatch.setattr(conduct.SweepFolder, "add", add)
    conducted(tmp_path, make_crew, said, together=1)
    assert said == [f"{tmp_path}: No space left."]
    assert as_rows(tmp_path) == expected


def test_looks_come_as_they_are_seen(tmp_path: Path, make_crew: MakeCrew, said: list[str]) -> None:
    looks: list[tuple[str, Mapping[str, Any]]] = []
    report = Report(say=said.append, look=lambda key, look: looks.append((key, look)))
    plan = replace(PLAN, axes=())
    conducted(tmp_path, make_crew, said, plan, report=report, together=2)
    for _, task in plan.tasks():
        assert [look["step"] for key, look in looks if key == task.key] == list(range(1, 21))


def test_nobody_at_an_address_is_said_in_a_sentence() -> None:
    with (
        pytest.raises(NoCrew, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1: .*dask scheduler"),
        crew("tcp://127.0.0.1:1", None, patience="0.2s"),
    ):
        pass


def test_parts_are_alike_and_no_larger_than_asked() -> None:
    plan = Plan("blank", 20, (0, 1, 2), (read_axis("batch=64,128"), read_axis("lr_g=1e-3,1e-2")))
    done = {next(plan.for_training()).key}
    parts = list(groups(plan, done, lambda task: 4))
    assert {task.key for part in parts for task in part} == {task.key for _, task in plan.tasks()} - done
    assert [len(part) for part in parts] == [4, 1, 4, 2]
    for part in parts:
        assert len({task.together for task in part}) == 1


def test_however_many_runs_there_are_few_are_out_at_a_time(
    tmp_path: Path, make_crew: MakeCrew, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Task] = []
    most = []

    def wrong(share: Share, call: int) -> Handed:
        row = {"key": share.tasks[0].key}
        return Handed((row,))

    plan = Plan("blank", 20, tuple(range(200)))
    ahead = groups(plan, (), lambda task: 1)

    def counted(*given: Any) -> Iterator[tuple[Task, ...]]:
        for part in ahead:
            taken.extend(part)
            yield part

    monkeypatch.setattr(conduct, "groups", counted)
    monkeypatch.setattr(Conductor, "write_table", lambda self: None)
    count = [0]

    def done(n: int) -> None:
        count[0] += n
        most.append(len(taken) - count[0])

    conducted(tmp_path, make_crew, said, plan, report=Report(done, said.append), does=Failing(wrong))
    assert count[0] == 200
    assert max(most) <= conduct.AHEAD * 2
