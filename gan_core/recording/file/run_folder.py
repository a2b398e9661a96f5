"""Where runs are kept: one file each, which goes by the run's id."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".sqlite"
ID = r"[0-9a-z][0-9a-z-]{0,39}"  # of a run
_ID = re.compile(ID)
DEFAULT_LIMIT = 2 * 10**9  # bytes a run


@dataclass(frozen=True)
class RunFolder:
    """Where runs are kept."""

    folder: Path
    limit: int = DEFAULT_LIMIT  # bytes that each run may take

    def path(self, run_id: str) -> Path:
        """The file of a run, whether it exists or not. Raises ValueError for what cannot be an id."""
        if not is_id(run_id):
            raise ValueError(f"{run_id[:60]!r} is not the id of a run: small letters, digits and hyphens.")
        return self.folder / f"{run_id}{SUFFIX}"


def is_id(text: str) -> bool:
    """Whether a run may be called so."""
    return _ID.fullmatch(text) is not None


def new_id(now: float) -> str:
    """A name for a run begun at `now` (seconds since the epoch): ids sort by time, and no two are alike."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(3)}"
