"""The child process that trains what is in one folder for a server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import gan_core
from gan_core.system import laboratory
from gan_core.system.child import APART, tell_to_end
from gan_core.texts.catalogue import say

LOG = "server.log"  # what it said
_PATIENCE = 8.0  # seconds in which it ends by itself
_STOPPED = 130  # exit status after it was told to stop
_MAX_SAID = 500  # characters


class Laborer:
    """A command of ours, as `python -m gan_core sweep`, on a folder: it ends with this process."""

    def __init__(
        self, folder: Path, program: Sequence[str], options: Sequence[str], workers: int, *, done: int
    ) -> None:
        """Start `python -m PROGRAM OPTIONS --out FOLDER ...`; `done` runs were done before. Raises OSError."""
        self.workers = workers
        self.stopped = False  # whether it was told to
        self._log = folder / LOG
        self._name = " ".join(["python", "-m", *program])
        self._before, self._began = done, time.monotonic()
        command = [sys.executable, "-m", *program, *options, "--out", str(folder)]
        command += ["--workers", str(workers), "--child-of", str(os.getpid())]
        for module in laboratory.named():
            command += ["--with", module]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=Path(gan_core.__file__).parents[1],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                **APART,  # Ctrl-C in the server's terminal is for the server
            )

    def ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Tell it to, once; it takes a moment."""
        if not self.stopped:
            self.stopped = True
            tell_to_end(self._process)

    def end(self) -> None:
        """Stop it, and wait until it has: by force, if it takes long."""
        self.stop()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def rate(self, done: int) -> float | None:
        """Runs a second since it began; None before the first one."""
        new = done - self._before
        return new / (time.monotonic() - self._began) if new > 0 else None

    def why(self) -> str:
        """Why it ended before all was done, in a sentence."""
        status = self._process.returncode
        if status < 0 or status == _STOPPED:
            return say("sweeps.killed", status=str(status))
        with suppress(OSError):
            said = [line.strip() for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
            if said:  # what was said of the last run that was left out, and of how many there were; or of an error
                last = said[-2:] if status == 1 and "Traceback" not in said[0] else said[-1:]
                return " ".join(last).removeprefix(f"{self._name}: ")[:_MAX_SAID]
        return say("sweeps.killed", status=str(status))
