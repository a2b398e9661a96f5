"""What this machine is, in words: a recorded run says where it was trained."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path


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


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
