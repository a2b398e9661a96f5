"""What a start costs, from the command to what a person waits for, and the memory that the server then takes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import gan_core
from gan_core.bench.client import Client
from gan_core.bench.rounds import Plan, Row
from gan_core.bench.soak import resident_megabytes
from gan_core.setup.presets import DEFAULT_PRESET

ROOT = Path(gan_core.__file__).parents[1]
SERVER, TRAIN = "python app.py", "python -m gan_core train"
_TICK = 0.002  # seconds between two looks at a file
_WATCH = 30  # slices: how long the server is watched before its memory is read again

Process = subprocess.Popen[str]


def start_up(plan: Plan) -> list[Row]:
    """Seconds from starting app.py to its address and to its first frame, and of `train` to its first step.

    Beside them what loading torch takes, which both wait for.
    """
    rounds = [first_frame(plan) | first_step(plan) | torch_alone() for _ in range(plan.rounds + 1)]
    counted = rounds[1:]  # the first reads the libraries from the disk
    return [Row("Starting", name, "s", tuple(found[name] for found in counted)) for name in rounds[0]]


def memory(plan: Plan) -> list[Row]:
    """Resident memory of app.py at its first frame, and after training for a while with a client.

    Beside it that of a process that has loaded torch and does nothing. Raises OSError where there is no /proc.
    """
    with running_app(plan) as (process, port), closing(Client(port)) as client:
        _take_first_frame(client)
        at_start, step = resident_megabytes(process.pid), client.step()
        client.watch_for(_WATCH * plan.seconds)
        trained, steps = resident_megabytes(process.pid), client.step()
        buffer = client.health()["memory_bytes"] / 1e6
    group = f"Memory of {SERVER}, {DEFAULT_PRESET}"
    return [
        Row(group, "a process that has loaded torch", "MB", (_memory_of_torch(),)),
        Row(group, f"resident at the first frame, step {step:,}", "MB", (at_start,)),
        Row(group, f"resident at step {steps:,}", "MB", (trained,)),
        Row(group, "of it in the buffer", "MB", (buffer,)),
    ]


def _memory_of_torch() -> float:
    program = "import torch; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout:
                process.stdout.readline()
            return resident_megabytes(process.pid)
        finally:
            process.kill()


@contextmanager
def running_app(plan: Plan) -> Iterator[tuple[Process, int]]:
    """Start app.py on a free port and wait until it listens; hands out its process and the port."""
    with (
        tempfile.TemporaryDirectory() as runs,
        _started(plan, "app.py", "--port", "0", "--runs", runs, "--no-wait") as process,
    ):
        line = process.stdout.readline() if process.stdout else ""
        port = re.search(r"http://\S+:(\d+)", line)
        if port is None:
            raise OSError(f"{SERVER} did not start: {_last_words(process)}")
        yield process, int(port[1])


def first_frame(plan: Plan) -> dict[str, float]:
    """Seconds until app.py says that it listens, and until it has served a frame."""
    start = time.perf_counter()
    with running_app(plan) as (_, port), closing(Client(port)) as client:
        listens = time.perf_counter() - start
        _take_first_frame(client)
        return {f"{SERVER}: listens": listens, f"{SERVER}: first frame": time.perf_counter() - start}


def first_step(plan: Plan) -> dict[str, float]:
    """Seconds until `train` has written its first step. Raises OSError with its last words when it ends before."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        arguments = ("-m", "gan_core", "train", DEFAULT_PRESET, "--steps", "1000000", "--out", folder)
        with _started(plan, *arguments) as process:
            table = Path(folder) / "metrics.csv"
            while not (table.exists() and table.read_bytes().count(b"\n") > 1):  # a header, and a row a step
                if process.poll() is not None:
                    raise OSError(f"{TRAIN} did not train: {_last_words(process)}")
                time.sleep(_TICK)
            return {f"{TRAIN}: first step": time.perf_counter() - start}


def torch_alone() -> dict[str, float]:
    """Seconds that loading torch takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True, capture_output=True)
    return {"import torch": time.perf_counter() - start}


@contextmanager
def _started(plan: Plan, *arguments: str) -> Iterator[Process]:
    options = ["--device", plan.device, *(["--threads", str(plan.threads)] if plan.threads else [])]
    command = [sys.executable, *arguments, *options]
    # Without the variables that stand for options: what is measured is what the line says.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GANSCOPE_")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def _take_first_frame(client: Client) -> None:
    while client.frames == 0:
        client.take_frame()  # waits at the server for a quarter of a second


def _last_words(process: Process) -> str:
    _, errors = process.communicate()
    return errors.strip().rpartition("\n")[2] or f"exit status {process.returncode}"
