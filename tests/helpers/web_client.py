"""Asks an ASGI application as a server does, without a socket: each request whole, each answer whole."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlencode

from starlette.datastructures import Headers
from starlette.types import ASGIApp

LONG = 60.0  # seconds that an answer may take
NOTHING = object()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status_code: int
    headers: Headers
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode()

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def max_age(self) -> int | None:
        """Seconds that a browser keeps it without asking."""
        found = re.search(r"max-age=(\d+)", self.headers.get("cache-control", ""))
        return int(found[1]) if found else None

    def get_json(self) -> Any:
        assert self.content_type == "application/json"
        return json.loads(self.data)


class Client:
    """Asks one application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def get(self, path: str, **options: Any) -> Answer:
        return self.open(path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        return self.open(path, method="POST", **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.open(path, method="DELETE", **options)

    def open(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        query_string: Mapping[str, str] | None = None,
        json: Any = NOTHING,
        data: bytes | str = b"",
        content_type: str | None = None,
    ) -> Answer:
        """Ask for a path, which may have a query of its own."""
        path, _, own_query = path.partition("?")
        body, fields = data.encode() if isinstance(data, str) else data, dict(headers or {})
        if json is not NOTHING:
            body, content_type = _dumps(json), "application/json"
        if content_type is not None:
            fields["Content-Type"] = content_type
        if body:
            fields["Content-Length"] = str(len(body))
        raw = quote(path, safe="/%:@!$&'()*+,;=-._~")
        asked = urlencode(query_string) if query_string else quote(own_query, safe="%=&+,:/-._~")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "root_path": "",
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "query_string": asked.encode(),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8050),
            "state": {},
        }
        return asyncio.run_coroutine_threadsafe(_answer(self.app, scope, body), _loop()).result(LONG)


async def _answer(app: ASGIApp, scope: dict[str, Any], body: bytes) -> Answer:
    begun: dict[str, Any] = {}
    pieces: list[bytes] = []
    coming = [body[start : start + 65536] for start in range(0, len(body), 65536)] or [b""]
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not coming:  # nobody hangs up before the answer is there
            await ended.wait()
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": coming.pop(0), "more_body": bool(coming)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert not begun
            begun.update(message)
            return
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            ended.set()

    await app(dict(scope), receive, send)
    assert ended.is_set()
    data = b"" if scope["method"] == "HEAD" else b"".join(pieces)
    headers = Headers(raw=begun["headers"])
    assert scope["method"] == "HEAD" or int(headers.get("content-length", len(data))) == len(data)
    return Answer(begun["status"], headers, data)


def _dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One that runs in a thread of its own, for as long as the tests: the main one's is the browser's."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop
