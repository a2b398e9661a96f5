"""The report: the machine, a table, and the same as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from gan_core.bench.rounds import Plan, Row
from gan_core.cli.outputs import write_whole
from gan_core.system.machine import cores
from gan_core.training.compute import resolve


def machine(plan: Plan) -> dict[str, Any]:
    """What the figures depend on."""
    compute = resolve(plan.device, threads=plan.threads)
    on_gpu = compute.device.type == "cuda"
    return {
        "processor": _processor(),
        "cores": cores(),
        # Of the minute before: above 0, others take part and ratios suffer, too. Windows does not say.
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0,
        "device": torch.cuda.get_device_name(compute.device) if on_gpu else "cpu",
        "threads": compute.threads,
        "products": torch.get_float32_matmul_precision(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        **{library: _version(library) for library in ("jax", "tensorflow", "keras")},
    }


def print_rows(rows: Sequence[Row]) -> None:
    """Print a table: one headed block a group."""
    group = None
    for row in rows:
        if row.group != group:
            group = row.group
            print(f"\n{group:44}{'least':>10}{'median':>10}{'greatest':>10}")
        figures = "".join(f"{_short(value):>10}" for value in row.spread)
        print(f"  {row.name:42}{figures} {row.unit}", flush=True)


def write_json(path: Path, about: Mapping[str, Any], rows: Sequence[Row], failed: Mapping[str, str]) -> None:
    """Write `machine`, `rows` and what failed; raises OSError with the file's name."""
    entries = []
    for row in rows:
        least, middle, greatest = row.spread
        entry: dict[str, Any] = {"group": row.group, "name": row.name, "unit": row.unit}
        entry |= {} if row.at is None else {"at": row.at}
        entries.append({**entry, "least": least, "median": middle, "greatest": greatest, "rounds": row.values})
    write_whole(path, json.dumps({"machine": about, "failed": failed, "rows": entries}, indent=1).encode() + b"\n")


def _version(library: str) -> str:
    """Version of the distribution that brings a library; tensorflow-cpu, for one, brings tensorflow."""
    distributions = metadata.packages_distributions().get(library)
    return metadata.version(distributions[0]) if distributions else "not installed"


def _short(value: float) -> str:
    """Three significant digits, without an exponent."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
