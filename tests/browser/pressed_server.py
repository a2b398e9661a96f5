"""The real server, which gets Ctrl-C again and again while it closes: `python pressed_server.py --port PORT`.

With --while-loading it gets them when it begins to load torch instead.
"""

from __future__ import annotations

import importlib.abc
import os
import runpy
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def press() -> None:
    """Both at the same moment: they are let through together."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    for signum in SIGNALS:
        os.kill(os.getpid(), signum)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


class PressedAtTorch(importlib.abc.MetaPathFinder):
    """Finds nothing, but notices who is looked for."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "torch":
            press()


def pressed(close: Callable[..., None], words: str) -> Callable[..., None]:
    def closing(*arguments: Any) -> None:
        press()
        close(*arguments)
        press()
        sys.stderr.write(words)

    return closing


def main() -> None:
    if "--while-loading" in sys.argv:
        sys.argv.remove("--while-loading")
        sys.meta_path.insert(0, PressedAtTorch())
    else:
        from gan_core.dashboard.http.listen import Server
        from gan_core.live.session import TrainingSession
        from gan_core.rerun.process import Reruns

        TrainingSession.close = pressed(TrainingSession.close, "closing session, ")  # type: ignore[method-assign]
        Reruns.close = pressed(Reruns.close, "reruns, ")  # type: ignore[method-assign]
        Server.close = pressed(Server.close, "server\n")  # type: ignore[method-assign]
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main()
