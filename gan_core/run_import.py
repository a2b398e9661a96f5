"""Taking in a stranger's run."""

from __future__ import annotations

from pathlib import Path


def import_run(stranger: Path, into: Path, run_id: str, limit: int) -> None:
    """Check every row of a file and copy it into a new one."""
    raise ValueError("Taking in files is not built yet.")
