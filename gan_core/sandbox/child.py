"""A visitor's own server: a process on a free port of the loopback address, held to its share of the machine."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

import psutil

from gan_core.sandbox import tether
from gan_core.sandbox.shares import Share

READY = "GANscope is on "  # how the line begins that says where a server listens
START = 120.0  # seconds that a server may take until it listens
END = 3.0  # seconds from being asked to end until it is made to


class NotStarted(Exception):
    """A server did not come to listen."""


class Child:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        """Not to be called: see `started`."""
        self._process, self.port = process, port
        self._drained = asyncio.ensure_future(_drain(process))

    @classmethod
    async def started(cls, command: Sequence[str], environ: Mapping[str, str], share: Share) -> Child:
        """Start one and wait until it listens. Raises NotStarted with why not.

        It ends when this process does: its standard input is a pipe from here (`tether`).
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env={
                    **environ,
                    tether.VARIABLE: "1",
                    "GANSCOPE_THREADS": environ.get("GANSCOPE_THREADS") or str(len(share.cores)),
                },
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=sys.platform != "win32",  # Ctrl-C of a terminal ends this process, which ends them
            )
        except OSError as error:
            raise NotStarted(str(error.strerror)) from error
        _hold_to(process.pid, share.cores)
        try:
            port = await asyncio.wait_for(_port(process), START)
        except TimeoutError:
            raise NotStarted(f"it did not listen within {START:.0f} s") from None
        except NotStarted:
            raise
        else:
            return cls(process, port)
        finally:
            if sys.exc_info()[0] is not None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def memory(self) -> int:
        """Bytes in use by it and by all processes that it has started."""
        total = 0
        with suppress(psutil.Error):
            whole = psutil.Process(self._process.pid)
            for process in (whole, *whole.children(recursive=True)):
                with suppress(psutil.Error):
                    total += process.memory_info().rss
        return total

    async def end(self) -> None:
        """Have it close its run and end."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), END)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._drained


async def _port(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None
    async for line in process.stdout:
        said = line.decode(errors="replace").strip()
        if said.startswith(READY):
            address = said.removeprefix(READY).split()[0]
            return int(address.split("//", 1)[1].split("/", 1)[0].rpartition(":")[2])
    raise NotStarted(f"it ended with status {await process.wait()}")


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read what else it says, so that it never waits for a reader."""
    assert process.stdout is not None
    while await process.stdout.read(4096):
        pass


def _hold_to(pid: int, cores: Sequence[int]) -> None:
    """Keep a process, and all that it starts, on some of the cores, where the system can do that."""
    if len(cores) < (os.cpu_count() or 1):
        with suppress(psutil.Error, AttributeError, OSError):
            psutil.Process(pid).cpu_affinity(list(cores))
