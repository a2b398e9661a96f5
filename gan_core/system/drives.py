"""Whether a folder is on a drive that other machines share: not everything that one machine promises holds there."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath

# Kinds of file systems as /proc/mounts and macOS's `mount` name them. Those of virtual machines are shared with the
# host; of FUSE all are taken for shared but `fuseblk`, which is a disk of this machine.
_SHARED = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "smb2", "ncpfs", "afs", "afpfs", "coda", "webdav", "davfs"),
    *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "gfs2", "ocfs2", "orangefs", "panfs"),
    *("9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "drvfs", "fakeowner", "grpcfuse", "osxfs"),
    *("fuse", "macfuse", "osxfuse"),
}
_LINE_OF_MACOS = re.compile(r"^.* on (?P<place>/.*) \((?P<kind>\w+)[,)]")
_REMOTE = 4  # of Windows: DRIVE_REMOTE


def is_shared(folder: Path) -> bool:
    """Whether a folder, which need not exist, is on a network drive or one shared with the host of this machine."""
    place = folder.resolve()
    if os.name == "nt":
        return is_remote(place.drive)
    kind = kind_of(place, _mounts())
    return kind in _SHARED or kind.startswith("fuse.")


def kind_of(place: PurePath, mounts: dict[str, str]) -> str:
    """The kind of the file system that a place is on; "" if that is not known."""
    for outer in (place, *place.parents):
        if str(outer) in mounts:
            return mounts[str(outer)]
    return ""


def read_mounts(text: str) -> dict[str, str]:
    """Kinds of file systems by where they are mounted, from /proc/mounts or from what macOS's `mount` prints."""
    found = {}
    for line in text.splitlines():
        printed = _LINE_OF_MACOS.match(line)
        if printed:
            found[printed["place"]] = printed["kind"]
        elif len(words := line.split()) >= 3:
            place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), words[1])  # as a space is written
            found[place] = words[2]  # the last one of a place covers those before
    return found


def is_remote(drive: str, kind_of_drive: Callable[[str], int] | None = None) -> bool:
    r"""Whether a drive of Windows, as `C:` or `\\host\share`, is one of another machine.

    `kind_of_drive` is GetDriveTypeW of Windows, which is given `C:\`.
    """
    drive = drive.removeprefix("\\\\?\\")  # \\?\C: is C:
    if drive.startswith(("\\\\", "UNC\\")):
        return True
    with suppress(AttributeError, OSError):
        ask = kind_of_drive or ctypes.WinDLL("kernel32").GetDriveTypeW  # type: ignore[attr-defined,unused-ignore]
        return ask(f"{drive}\\") == _REMOTE
    return False


def _mounts() -> dict[str, str]:
    with suppress(OSError, subprocess.SubprocessError):
        if sys.platform == "darwin":
            command = ["/sbin/mount"]
            return read_mounts(subprocess.run(command, capture_output=True, text=True, timeout=2, check=True).stdout)
        return read_mounts(Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape"))
    return {}
