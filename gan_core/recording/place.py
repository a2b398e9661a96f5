"""Whether runs can be recorded into a folder, asked before anything is: who may not write trains all the same."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from gan_core.texts.catalogue import say

# What no room on the disk would mend; the last two are of a file where a folder should be.
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR)


def trouble(folder: Path) -> str | None:
    """Why nothing can be recorded into a folder, which need not exist, and what to do; None if something can.

    What the system does not say before it is tried (a network drive's own rules, say) the recording finds out.
    """
    why = _why_not(folder)
    return None if why is None else say("recording.nowhere", why=why, remedy=say("recording.let-write"))


def _why_not(folder: Path) -> str | None:
    place = folder.absolute()
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        return say("recording.is-file", path=str(place))
    if os.access(place, os.W_OK | os.X_OK):
        return None
    with suppress(OSError, AttributeError):  # Windows has no such call
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            return say("recording.read-only", folder=str(place))
    return say("recording.closed", folder=str(place), user=str(os.getuid()) if hasattr(os, "getuid") else "?")
