"""How a process of ours begins and ends, on systems that this one is not, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from gan_core.system import child
from gan_core.system.child import APART, ENDING, is_gone, tell_to_end

SERVER = 4321


def test_a_child_of_another_process_has_lost_its_parent() -> None:
    assert not is_gone(None)
    assert not is_gone(os.getppid())
    assert is_gone(os.getpid())


@pytest.mark.parametrize(("waited", "gone"), [(258, False), (0, True)])  # WAIT_TIMEOUT: it is not over; WAIT_OBJECT_0
def test_windows_is_asked_whether_the_server_has_ended(
    waited: int, gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`getppid` would name the launcher of a virtual environment, or a process that is long gone."""
    closed: list[int] = []

    def open_process(access: int, inherit: bool, process: int) -> int:
        assert (access, inherit, process) == (0x100000, False, SERVER)
        return 7

    api = SimpleNamespace(OpenProcess=open_process, WaitForSingleObject=lambda *_: waited, CloseHandle=closed.append)
    monkeypatch.setattr(child, "_windows", api)
    assert is_gone(SERVER) is gone
    assert closed == [7]
    assert not is_gone(None)


def test_a_process_that_windows_does_not_know_any_more_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> int:
        raise OSError(22, "The parameter is incorrect")

    monkeypatch.setattr(child, "_windows", SimpleNamespace(OpenProcess=unknown))
    assert is_gone(SERVER)


class Told:
    """In the place of a process: what it is told."""

    def __init__(self, *, console: bool) -> None:
        self.heard: list[object] = []
        self._console = console

    def send_signal(self, signum: object) -> None:
        if not self._console:
            raise OSError(6, "The handle is invalid")
        self.heard.append(signum)

    def terminate(self) -> None:
        self.heard.append("terminate")


def test_on_windows_it_is_told_by_ctrl_break_or_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", "break", raising=False)
    for console, heard in ((True, ["break"]), (False, ["terminate"])):
        process = Told(console=console)
        tell_to_end(process)  # type: ignore[arg-type]
        assert process.heard == heard


@pytest.mark.skipif(os.name != "posix", reason="its exit status is that of a signal")
def test_here_it_is_told_by_the_first_signal_of_those_that_are_listened_to() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, **APART) as process:
        assert os.getsid(process.pid) != os.getsid(0)
        tell_to_end(process)
        assert process.wait() == -ENDING[0] == -signal.SIGTERM
