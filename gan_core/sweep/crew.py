"""Who trains the runs of a sweep: worker processes of this machine, or those of a Dask cluster that runs already.

On this machine everything between scheduler and workers goes over the loopback address, encrypted by keys that are made
for this one crew: whoever can speak to a scheduler can have it run anything. A cluster's own safety is its owner's.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from gan_core.system.child import deaf_to_ctrl_c
from gan_core.system.machine import cores

PATIENCE = 600.0  # seconds that a scheduler, or a worker, is waited for that was there, or is to come
_PAUSE = 0.2  # seconds between two tries
_SILENT = logging.CRITICAL + 1
_SETTINGS = {
    # A run that takes its worker with it so many times is given up.
    "distributed.scheduler.allowed-failures": 3,
    "distributed.admin.log-length": 1_000,  # of what happened: it stays in memory, and nobody reads it
    "distributed.admin.low-level-log-length": 100,
    # A share carries the checkpoints of its runs, 12 MB each of networks of 3 x 512: that is meant.
    "distributed.admin.large-graph-warning-threshold": "1GB",
    "distributed.scheduler.http.routes": [],  # nothing is told to who asks by HTTP
    "distributed.worker.http.routes": [],
    "distributed.worker.memory.terminate": False,  # no judge of memory: runs are small, checkpoints come and go
}

MakeCrew = Callable[[], AbstractContextManager[Client]]


class NoCrew(Exception):
    """There is nobody to train; the message is a sentence."""


@contextmanager
def crew(scheduler: str | None, workers: int | None, *, patience: str = "30s") -> Iterator[Client]:
    """A client of the scheduler at that address, or of `workers` processes (one for each core) with a thread each.

    Raises NoCrew where none answers within `patience`.
    """
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(_SILENT)  # what happens to workers is told by `conduct`
    with dask.config.set(_SETTINGS):
        if scheduler is None:
            yield from _of_this_machine(workers or cores())
        else:
            yield from _of_a_cluster(scheduler, patience)


def patient(make_crew: MakeCrew, stop: Callable[[], bool]) -> MakeCrew:
    """The same, that waits for a scheduler that is not there, PATIENCE seconds at most."""

    @contextmanager
    def wait() -> Iterator[Client]:
        began = time.monotonic()
        with ExitStack() as stack:
            while True:
                try:
                    client = stack.enter_context(make_crew())
                    break
                except NoCrew:
                    if stop() or time.monotonic() - began > PATIENCE:
                        raise
                    time.sleep(_PAUSE)
            yield client

    return wait


@contextmanager
def lasting(make_crew: MakeCrew) -> Iterator[MakeCrew]:
    """One crew of this machine for several sweeps in turn: it is begun when the first asks for it, and ended here."""
    with ExitStack() as stack:
        begun: list[Client] = []

        @contextmanager
        def again() -> Iterator[Client]:
            if not begun:
                begun.append(stack.enter_context(make_crew()))
            with Client(begun[0].cluster, set_as_default=False) as client:
                yield client

        yield again


def _of_this_machine(workers: int) -> Iterator[Client]:
    with tempfile.TemporaryDirectory(prefix="ganscope-sweep-") as place:
        with deaf_to_ctrl_c():  # it must not meet the workers: they are told when to stop
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # a listener there is all the same: on any port
                security=Security.temporary(),
                memory_limit=None,
                local_directory=place,
                silence_logs=_SILENT,
            )
        with cluster, Client(cluster, set_as_default=False) as client:
            yield client


def _of_a_cluster(address: str, patience: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoCrew(
            f"No Dask scheduler answers at {address}: {error}. Start one with `dask scheduler`, and workers with "
            f"`dask worker {address} --nthreads 1`."
        ) from None
    with client:
        yield client
