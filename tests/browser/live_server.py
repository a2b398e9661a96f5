"""A GANscope server in a process of its own, and its HTTP side as Python calls."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import weakref
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from gan_core.wire import frames as wire
from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
COARSE = Path(__file__).with_name("coarse_server.py")
READY = "GANscope is on "
PATIENCE = 30.0  # seconds that one request may take


@dataclass(frozen=True, eq=False)
class Envelope:
    """A decoded answer: the header's fields, and the arrays by name."""

    header: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]]

    @property
    def step(self) -> int:
        return int(self.header["step"])

    @property
    def resolution(self) -> int:
        return int(self.header["resolution"])


class LiveServer:
    """Starts a server's script and waits until it listens."""

    def __init__(
        self,
        *arguments: str,
        script: Path = ROOT / "app.py",
        port: int | None = None,
        waits: bool = False,
        token: str = "",
    ) -> None:
        """`waits`: it trains only once somebody looks. `token` is the presenter's."""
        self.port = free_port() if port is None else port
        self.origin = ""  # known once it listens
        self.stderr = ""  # known once it has ended
        self._runs = tempfile.mkdtemp(prefix="ganscope-runs-")
        weakref.finalize(self, shutil.rmtree, self._runs, ignore_errors=True)
        self._command = [sys.executable, str(script), "--port", str(self.port), *arguments]
        self._no_wait = {} if waits else {"GANSCOPE_NO_WAIT": "1"}
        self._token = {"GANSCOPE_TOKEN": token} if token else {}
        self._process: subprocess.Popen[str] | None = None
        self._stderr: IO[str] | None = None
        self.start()

    # -- the process -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it, again on the same port if it has ended, and wait for the line that says that it listens."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GANSCOPE_") and k != "PORT"}
        environment["PYTHONPATH"] = str(ROOT)
        environment |= {"GANSCOPE_RUNS": self._runs, **self._no_wait, **self._token}
        self._stderr = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed in stop()
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=self._stderr, text=True
        )
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline()
        if not line.startswith(READY):
            code = self.stop(signal.SIGKILL)
            raise RuntimeError(f"the server ended with status {code}: {self.stderr}")
        address = urlsplit(line.removeprefix(READY).split()[0])
        self.origin = f"{address.scheme}://{address.netloc}"
        self.port = address.port or 80

    def stop(self, *how: signal.Signals) -> int:
        """Send signals at once, SIGTERM if none are given, and wait for the end.

        Returns the exit status, -N after an uncaught signal N.
        """
        assert self._process is not None
        assert self._stderr is not None
        for signum in how or (signal.SIGTERM,):
            if self._process.poll() is None:
                self._process.send_signal(signum)
        code = self._process.wait(PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()
        if not self._stderr.closed:
            self._stderr.seek(0)
            self.stderr = self._stderr.read()
            self._stderr.close()
        return code

    def seen_at(self, origin: str) -> LiveServer:
        """The same server, asked at another address: a proxy's, with the path below which that shows it."""
        there = copy(self)
        there.origin = origin
        return there

    def run_file(self, run_id: str) -> Path:
        """Where a run is recorded."""
        return Path(self._runs) / f"{run_id}.sqlite"

    # -- what it answers ---------------------------------------------------------------------------------------------

    def get(self, path: str) -> bytes:
        """The body of an answer; empty for 204."""
        with urllib.request.urlopen(self.origin + path, timeout=PATIENCE) as answer:
            return bytes(answer.read())

    def command(self, do: str, **details: Any) -> dict[str, Any]:
        """Send a command; returns once it is in force."""
        said = self.send(do, **details)
        while said["from_step"] is None:  # on a busy machine; they are obeyed in order, so it is once this one is
            share = details["share"] if do == "looking" else said["status"]["looking_share"]
            said = self.send("looking", share=share)
        return dict(said["status"])

    def send(self, do: str, **details: Any) -> dict[str, Any]:
        """Send a command; returns once it is in force, or after two seconds."""
        request = urllib.request.Request(
            self.origin + "/api/command",
            data=json.dumps({"do": do, **details}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return dict(json.load(answer))

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/api/status")))

    def envelope(self, path: str) -> Envelope:
        return Envelope(*wire.decode(self.get(path)))

    def frame(self, step: int) -> Envelope:
        """The kept frame nearest to `step`."""
        return self.envelope(f"/api/frame/{step}")

    def newest(self) -> Envelope:
        return self.envelope("/api/frame?after=0")

    def points(self) -> Envelope:
        return self.envelope("/api/points")

    def progress(self) -> Envelope:
        """Everything that happened in the run."""
        return self.envelope("/api/progress")

    def kept(self) -> list[int]:
        """Steps with a frame, ascending."""
        return [int(step) for step in self.progress().arrays["kept"]]

    def metrics(self) -> npt.NDArray[np.float32]:
        """One row a step: D loss, D accuracy, G loss, G accuracy."""
        return self.progress().arrays["metrics"]

    # -- putting it into a state -------------------------------------------------------------------------------------

    def wait_until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask again whenever there is a newer frame (or after 250 ms) until the status meets the condition."""
        version, deadline = 0, time.monotonic() + 2 * PATIENCE
        while not condition(status := self.status()):
            assert time.monotonic() < deadline, f"waited too long; last: {status}"
            body = self.get(f"/api/frame?after={version}")
            if body:
                version = wire.decode(body)[0]["version"]
        return status

    def train(self, *counts: int) -> int:
        """Train so many steps, then again so many ...; only the last of each has a frame. Returns the step reached."""
        before = self.status()
        step = int(before["step"])
        self.command("looking", share=0)
        for count in counts:
            self.command("step", count=count)
            step += count
            self.wait_until(lambda status, step=step: status["step"] == step)
        self.newest_of(step)
        self.command("looking", share=before["looking_share"])
        return step

    def newest_of(self, step: int) -> Envelope:
        """The newest frame, once it is of this step."""
        frame = self.newest()
        while frame.step != step:
            body = self.get(f"/api/frame?after={frame.header['version']}")
            if body:
                frame = Envelope(*wire.decode(body))
        return frame

    def open_preset(self, name: str) -> None:
        """Begin a run of a scenario; large networks take their time."""
        self.send("preset", name=name)
        self.wait_until(lambda status: status["info"]["preset"] == name)

    def put_into_known_state(self) -> None:
        """Paused at step 0 of the quick preset with seed 0, and every setting as it is at the start."""
        self.command("pause")
        self.command("pause-when", condition=None)
        self.command("looking", share=0.15)
        self.command("pace", steps=None)
        self.command("preset", name="quick")
        if self.status()["info"]["seed"] != 0:
            self.command("new-seed", seed=0)
