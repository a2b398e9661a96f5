"""What those who wait for something newer are answered: the same bytes for all, or that there is nothing yet."""

from __future__ import annotations

import asyncio

from starlette.types import Send

_NO_STORE = (b"cache-control", b"no-store")


def wake(waiting: asyncio.Future[None]) -> None:
    """Let somebody who waits go on."""
    if not waiting.done():
        waiting.set_result(None)


async def send_newer(payload: bytes | None, kind: str, send: Send) -> None:
    """Answer with bytes of a type; 204 if there are none."""
    if payload is None:
        await send({"type": "http.response.start", "status": 204, "headers": [_NO_STORE]})
        await send({"type": "http.response.body"})
        return
    headers = [(b"content-length", b"%d" % len(payload)), (b"content-type", kind.encode()), _NO_STORE]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": payload})
