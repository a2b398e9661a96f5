"""Coroutines in tests: on an event loop of a thread of its own, since the main thread may have the browser's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run(case: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a case to its end, and raise what it raises."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(case())).result()
