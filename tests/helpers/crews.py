"""A crew of this process's own threads, for sweeps that are trained in a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client, LocalCluster

from gan_core.sweep.crew import MakeCrew


@contextmanager
def crew_of_threads() -> Iterator[LocalCluster]:
    any_port = {"dashboard_address": "127.0.0.1:0"}
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address=None,
        scheduler_kwargs=any_port,
        memory_limit=None,
    ) as cluster:
        yield cluster


def clients_of(cluster: LocalCluster) -> MakeCrew:
    @contextmanager
    def make() -> Iterator[Client]:
        with Client(cluster, set_as_default=False) as client:
            yield client

    return make
