"""Which drives are shared with other machines, by what systems say of them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from gan_core.system import drives
from gan_core.system.drives import is_remote, is_shared, kind_of, read_mounts

LINUX = r"""
overlay / overlay rw,relatime,lowerdir=/a 0 0
proc /proc proc rw 0 0
/dev/sda1 /home ext4 rw 0 0
/dev/sdb1 /mnt/usb\040stick fuseblk rw,user_id=0 0 0
server:/export /mnt/nfs nfs4 rw,vers=4.2 0 0
//server/share /mnt/smb cifs rw 0 0
/dev/sda2 /mnt/nfs/local xfs rw 0 0
me@host: /mnt/over\040ssh fuse.sshfs rw 0 0
C:\134 /mnt/c 9p rw,aname=drvfs 0 0
code /code virtiofs rw 0 0
/run/host_mark/Users /data fakeowner rw 0 0
server:/late /home/late nfs rw 0 0
/dev/sda3 /home/late ext4 rw 0 0
broken
"""
MACOS = """
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
//me@server/share on /Volumes/The share (smbfs, nodev, nosuid, mounted by me)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled)
"""


@pytest.mark.parametrize(
    ("text", "place", "kind", "shared"),
    [
        (LINUX, "/runs", "overlay", False),
        (LINUX, "/home/me/runs", "ext4", False),
        (LINUX, "/homer", "overlay", False),
        (LINUX, "/mnt/usb stick/runs", "fuseblk", False),
        (LINUX, "/mnt/nfs", "nfs4", True),
        (LINUX, "/mnt/nfs/a/b", "nfs4", True),
        (LINUX, "/mnt/nfs/local/runs", "xfs", False),
        (LINUX, "/mnt/smb/runs", "cifs", True),
        (LINUX, "/mnt/over ssh/runs", "fuse.sshfs", True),
        (LINUX, "/mnt/c/Users", "9p", True),
        (LINUX, "/code/runs", "virtiofs", True),
        (LINUX, "/data/runs", "fakeowner", True),
        (LINUX, "/home/late/runs", "ext4", False),  # mounted over the other
        (MACOS, "/Users/me/runs", "apfs", False),
        (MACOS, "/Volumes/The share/runs", "smbfs", True),
        ("", "/runs", "", False),
    ],
)
def test_what_a_folder_is_on(text: str, place: str, kind: str, shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kind_of(PurePosixPath(place), read_mounts(text)) == kind
    monkeypatch.setattr(drives, "_mounts", lambda: read_mounts(text))
    monkeypatch.setattr(Path, "resolve", lambda path: path)
    assert is_shared(Path(place)) is shared


@pytest.mark.parametrize(
    ("drive", "kind", "remote"),
    [
        ("C:", 3, False),
        ("Z:", 4, True),
        ("\\\\?\\C:", 3, False),
        ("\\\\server\\share", 1, True),
        ("\\\\?\\UNC\\server\\share", 1, True),
    ],
)
def test_drives_of_windows(drive: str, kind: int, remote: bool) -> None:
    asked: list[str] = []
    assert is_remote(drive, lambda root: asked.append(root) or kind) is remote
    assert asked in ([], [f"{drive[-2:]}\\"])


def test_this_machine_says_something() -> None:
    if Path("/proc/self/mounts").exists():
        assert kind_of(Path("/proc/self"), drives._mounts()) == "proc"
    assert is_shared(Path("/proc")) is False
