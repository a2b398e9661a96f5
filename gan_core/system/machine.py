"""What this machine is: in words, for a recorded run says where it was trained, and in cores."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

_ROOT = Path("/")


@cache
def machine() -> str:
    """The processor and the system, in words."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    fields = dict(line.split(":", 1) for line in lines[:30] if ":" in line)
    parts = {name.strip(): value.strip() for name, value in fields.items()}
    family = " ".join(f"{name} {parts[name]}" for name in ("cpu family", "model") if name in parts)
    named = " ".join(filter(None, (parts.get("model name") or platform.processor() or platform.machine(), family)))
    return f"{named}, {platform.system()}"[:200]


def cores(root: Path = _ROOT) -> int:
    """How many this process may use: those it may run on, or fewer where a container's quota is of less time.

    Of a quota of 2.5 cores two are used: threads that wait for each other are slowed down by one that has to pause.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(allowed, *_quotas(root))))


def _quotas(root: Path) -> Iterator[float]:
    """The quotas in force, in cores: of the process's control groups and of all that those are in.

    https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max) and, of version 1,
    https://docs.kernel.org/scheduler/sched-bwc.html (cpu.cfs_quota_us).
    """
    yield math.inf
    hierarchies = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, named = line.partition(":")
        controllers, _, group = named.partition(":")
        if not controllers:
            for folder in (hierarchies, hierarchies / "unified"):
                yield from (_cores_of(*_text(place / "cpu.max").split()) for place in _with_outer(folder, group))
        elif "cpu" in controllers.split(","):
            for folder in (hierarchies / "cpu", hierarchies / controllers):
                for place in _with_outer(folder, group):
                    yield _cores_of(_text(place / "cpu.cfs_quota_us"), _text(place / "cpu.cfs_period_us"))


def _with_outer(folder: Path, group: str) -> Iterator[Path]:
    """A control group's folder and those around it. Inside a container the outermost may be the group itself."""
    parts = [part for part in group.split("/") if part]
    if ".." in parts:  # of another name space: what is seen of it is in the outermost folder
        parts = []
    for end in range(len(parts) + 1):
        yield folder.joinpath(*parts[:end])


def _cores_of(quota: str = "", period: str = "") -> float:
    """Microseconds of processor time in each period of so many, as cores; without a limit, infinitely many."""
    with suppress(ValueError, ZeroDivisionError):
        cores = int(quota) / int(period)
        return cores if cores > 0 else math.inf
    return math.inf


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text()
    return ""
