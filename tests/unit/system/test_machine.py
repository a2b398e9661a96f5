"""How many cores there are for us, by what a container's control groups say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gan_core.system.machine import cores

CGROUP = "sys/fs/cgroup"
V2, V1 = "0::{}\n", "11:memory:{0}\n4:cpu,cpuacct:{0}\n1:name=systemd:{0}\n"


def quota(folder: str, quota_: int, period: int = 100_000) -> dict[str, str]:
    return {f"{folder}/cpu.cfs_quota_us": f"{quota_}\n", f"{folder}/cpu.cfs_period_us": f"{period}\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),  # not Linux
        ({"proc/self/cgroup": V2.format("/")}, 8),
        ({"proc/self/cgroup": V2.format("/"), f"{CGROUP}/cpu.max": "max 100000\n"}, 8),
        ({"proc/self/cgroup": V2.format("/"), f"{CGROUP}/cpu.max": "200000 100000\n"}, 2),
        ({"proc/self/cgroup": V2.format("/"), f"{CGROUP}/cpu.max": "250000 100000\n"}, 2),
        ({"proc/self/cgroup": V2.format("/"), f"{CGROUP}/cpu.max": "20000 100000\n"}, 1),
        ({"proc/self/cgroup": V2.format("/"), f"{CGROUP}/cpu.max": "3200000 100000\n"}, 8),  # more than there are
        ({"proc/self/cgroup": V2.format("/"), f"{CGROUP}/cpu.max": "300000\n"}, 8),  # not as it is described
        ({"proc/self/cgroup": V2.format("/"), f"{CGROUP}/cpu.max": "150000 50000\n"}, 3),
        # A service of systemd: its own folder, and that of what it is in.
        ({"proc/self/cgroup": V2.format("/user.slice/a.service"), f"{CGROUP}/user.slice/cpu.max": "300000 100000"}, 3),
        (
            {
                "proc/self/cgroup": V2.format("/user.slice/a.service"),
                f"{CGROUP}/user.slice/cpu.max": "300000 100000",
                f"{CGROUP}/user.slice/a.service/cpu.max": "200000 100000",
            },
            2,
        ),
        # The host's name for a container's group, which is the outermost folder in there.
        ({"proc/self/cgroup": V2.format("/docker/0123"), f"{CGROUP}/cpu.max": "200000 100000"}, 2),
        ({"proc/self/cgroup": V2.format("/../../a"), f"{CGROUP}/cpu.max": "200000 100000"}, 2),
        ({"proc/self/cgroup": V1.format("/"), **quota(f"{CGROUP}/cpu,cpuacct", 200_000)}, 2),
        ({"proc/self/cgroup": V1.format("/docker/0123"), **quota(f"{CGROUP}/cpu", 500_000)}, 5),
        ({"proc/self/cgroup": V1.format("/kube/pod/0123"), **quota(f"{CGROUP}/cpu/kube/pod", 150_000, 50_000)}, 3),
        ({"proc/self/cgroup": V1.format("/"), **quota(f"{CGROUP}/cpu", -1)}, 8),
        ({"proc/self/cgroup": V1.format("/"), **quota(f"{CGROUP}/cpu", 200_000, 0)}, 8),
        # Both at once: the processor's controller may be of either version.
        (
            {
                "proc/self/cgroup": V1.format("/a") + V2.format("/a"),
                **quota(f"{CGROUP}/cpu", -1),
                f"{CGROUP}/unified/a/cpu.max": "400000 100000",
            },
            4,
        ),
    ],
)
def test_a_quota_counts(files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert cores(tmp_path) == expected


def test_what_it_may_run_on_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5, 6}, raising=False)
    assert cores(tmp_path) == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores(tmp_path) == 1
