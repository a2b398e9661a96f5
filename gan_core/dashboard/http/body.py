"""What a request sends: JSON, which is read whole, or a file, which goes to the disk piece by piece."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from anyio import current_time, fail_after
from anyio.to_thread import run_sync
from fastapi import HTTPException, Request

from gan_core.dashboard.http.guard import MAX_BODY_BYTES, allow_body
from gan_core.texts.catalogue import say

PATIENCE = 30.0  # seconds that JSON, or the next piece of a file, may take to come
_CHUNK = 1 << 20


def json_body(most: int = MAX_BODY_BYTES) -> Callable[[Request], Coroutine[Any, Any, Any]]:
    """A dependency of a handler: the JSON that a request sends, of so many bytes at most.

    Any other type is refused (415): a page of another site can send those without asking first.
    """

    async def read(request: Request) -> Any:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, say("refusal.no-json-type"))
        allow_body(request, most)
        try:
            with fail_after(PATIENCE):
                return json.loads(await request.body())
        except TimeoutError:
            raise HTTPException(408, say("refusal.too-slow")) from None
        except RecursionError:
            raise ValueError(say("refusal.nested")) from None
        except ValueError as error:
            raise ValueError(say("refusal.no-json", why=str(error))) from None

    return read


def object_body(most: int = MAX_BODY_BYTES) -> Callable[[Request], Coroutine[Any, Any, dict[str, Any]]]:
    """Likewise, a JSON object."""
    read_json = json_body(most)

    async def read(request: Request) -> dict[str, Any]:
        body = await read_json(request)
        if not isinstance(body, dict):
            raise ValueError(say("refusal.no-object"))
        return body

    return read


async def save_body(request: Request, path: Path, most: int) -> None:
    """Write what a request sends, so many bytes at most, into a new file. It may take as long as pieces keep coming."""
    allow_body(request, most)
    waiting = bytearray()
    with await run_sync(path.open, "wb") as file:
        try:
            with fail_after(PATIENCE) as scope:
                async for piece in request.stream():
                    waiting += piece
                    if len(waiting) >= _CHUNK:
                        await run_sync(file.write, waiting)
                        waiting = bytearray()
                    scope.deadline = current_time() + PATIENCE
        except TimeoutError:
            raise HTTPException(408, say("refusal.too-slow")) from None
        await run_sync(file.write, waiting)
