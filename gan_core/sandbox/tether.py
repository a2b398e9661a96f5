"""What ties a visitor's server to the process that has started it: it does not outlive it, however that one ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping

VARIABLE = "GANSCOPE_TETHERED"  # set for servers whose standard input is a pipe from the process that started them


def tie(environ: Mapping[str, str]) -> None:
    """Have this process end in order (SIGTERM) once nobody holds the other end of its standard input any more."""
    if environ.get(VARIABLE):
        threading.Thread(target=_wait, name="tether", daemon=True).start()


def _wait() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not through its buffer, whose lock a program that ends would wait for
        pass
    os.kill(os.getpid(), signal.SIGTERM)  # to the process: its main thread is the one that has to wake
