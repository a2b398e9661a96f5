"""What the engine is measured against: the same recipe written for other libraries, each in a process of its own.

A new yardstick is a script that answers each line of stdin, a number of seconds, with the steps a second over that
time, and one entry of YARDSTICKS.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gan_core.bench.sizes import depth_of
from gan_core.setup.config import GANConfig

INSTALL = "pip install -r requirements-bench.txt"


@dataclass(frozen=True)
class Yardstick:
    """One script: `python SCRIPT WIDTH DEPTH BATCH DEVICE THREADS`."""

    name: str
    script: Path
    libraries: tuple[str, ...]  # as they are imported
    devices: tuple[str, ...] = ("cpu",)  # where its pinned libraries can train

    def obstacle(self, device: str) -> str | None:
        """Why it cannot be measured here, in a sentence; None when it can."""
        if device not in self.devices:
            return f"it is measured on {' and '.join(self.devices)} alone."
        missing = [library for library in self.libraries if find_spec(library) is None]
        if missing:
            return f"it needs {' and '.join(missing)}: {INSTALL}"
        return None


_HERE = Path(__file__).parent
NAIVE = Yardstick("naive PyTorch", _HERE / "naive.py", ("torch",), ("cpu", "cuda"))
YARDSTICKS = (
    NAIVE,
    Yardstick("JAX jit", _HERE / "jax_loop.py", ("jax",)),
    Yardstick("TensorFlow", _HERE / "tensorflow_loop.py", ("tensorflow",)),
    Yardstick("Keras loop", _HERE / "keras_loop.py", ("tensorflow", "keras")),
)

SpeedOver = Callable[[float], float]  # seconds -> steps a second over that time


def usable(device: str) -> list[Yardstick]:
    """Those that can be measured here; a line on stdout for each of the others says why not."""
    obstacles = {yardstick: yardstick.obstacle(device) for yardstick in YARDSTICKS}
    for yardstick, obstacle in obstacles.items():
        if obstacle is not None:
            print(f"{yardstick.name} is left out: {obstacle}", flush=True)
    return [yardstick for yardstick, obstacle in obstacles.items() if obstacle is None]


@contextmanager
def running(
    yardsticks: Sequence[Yardstick], config: GANConfig, device: str, threads: int
) -> Iterator[dict[str, SpeedOver]]:
    """Start yardsticks at one size and hand out their speeds by name; one that fails is left out, with a line."""
    with ExitStack() as stack:
        speeds = {y.name: stack.enter_context(process(y, config, device, threads)) for y in yardsticks}
        for name, speed in list(speeds.items()):
            try:
                speed(0.0)  # one step: all that is loaded and compiled once
            except OSError as error:
                print(f"{name} is left out: {error}", flush=True)
                del speeds[name]
        yield speeds


@contextmanager
def process(yardstick: Yardstick, config: GANConfig, device: str, threads: int) -> Iterator[SpeedOver]:
    """Start one yardstick. Its speed raises OSError with the last words of a process that has ended."""
    size = (config.widest, depth_of(config), config.batch, device, threads)
    # -P keeps this folder off the module path. Without the variable, threads wait as torch lets them by default.
    command = [sys.executable, "-P", str(yardstick.script), *map(str, size)]
    environ = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    with (
        tempfile.TemporaryFile() as words,
        # Without buffers: what could not be written to a process that has ended is not tried again on closing.
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, env=environ, bufsize=0
        ) as running,
    ):

        def steps_per_second(seconds: float) -> float:
            if running.stdin is None or running.stdout is None:
                raise RuntimeError("both are pipes")
            try:
                running.stdin.write(f"{seconds}\n".encode())
                return float(running.stdout.readline())
            except (BrokenPipeError, ValueError):
                words.seek(0)
                last = words.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise OSError(f"its process has ended, status {running.wait()}: {last}") from None

        try:
            yield steps_per_second
        finally:
            running.kill()
