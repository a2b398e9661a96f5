"""Placeholder."""

from __future__ import annotations

from pathlib import Path

from gan_core.records import Cancelled, Refused, Verdict, Working


class Reruns:
    """Nothing can be visited yet."""

    def visit(self, client: str, path: Path, step: int, resolution: int, run: int) -> str:
        """Refuse."""
        return "none"

    def verify(self, client: str, path: Path) -> str:
        """Refuse."""
        return "none"

    def result(self, ticket: str, timeout: float) -> Working | bytes | Verdict | Refused | Cancelled:
        """Refuse."""
        return Refused("Not built yet.")

    def close(self) -> None:
        """Do nothing."""
