"""What stands before the visitors' servers: gives each newcomer one, and passes everything else on to the right one.

An ASGI application. A visitor's pages lie under `/s/TOKEN/`; his server is told so with --base-path.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from gan_core.sandbox.child import Child
from gan_core.sandbox.visitors import Ended, Full, Unknown, Visitors
from gan_core.texts.catalogue import catalogue, say

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ROOM = "/s/"  # before a token
COOKIE = "ganscope-session"
RETRY = 15  # seconds until a page that says that all is full asks again
PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=120.0)
# Of one connection, not of what is passed on (RFC 9110, 7.6.1)
_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"),
    *("transfer-encoding", "upgrade", "expect"),
}
_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>{refresh}<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
main {{ max-width: 34rem; margin: 12vh auto 0; padding: 0 1rem; }}
</style></head><body><main><h1>{title}</h1><p role="status">{sentence}</p>{link}</main></body></html>"""


class Front:
    """The application."""

    def __init__(self, visitors: Visitors, refused: Callable[[Scope], Any], base: str = "") -> None:
        """`refused` is what answers a request that is not let in, None for the others.

        `base` is the path under which it is reached, as --base-path has it, without a slash at its end.
        """
        self._visitors, self._refused, self._base = visitors, refused, base
        self._client: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or look after the visitors for as long as the server runs."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            if (refusal := self._refused(scope)) is not None:
                await refusal(scope, receive, send)
            else:
                await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        # No limit of connections: each visitor's page holds a request for the next frame.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        self._client = aiohttp.ClientSession(connector=connector, timeout=PATIENCE, auto_decompress=False)
        watching = asyncio.ensure_future(self._visitors.watch())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        watching.cancel()
        await self._client.close()
        await self._visitors.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._own(scope)
        if path == "/healthz":
            await _send_json(send, {"status": "ok", "phase": "sandbox", "sessions": self._visitors.taken})
        elif path.startswith(ROOM):
            token, slash, _ = path.removeprefix(ROOM).partition("/")
            await self._pass_on(
                scope, receive, send, path, token, is_page=not slash or path.endswith(("/", "/compare"))
            )
        elif scope["method"] in ("GET", "HEAD") and path in ("/", "/compare"):
            await self._welcome(scope, send, path)
        else:
            await _send_json(send, {"error": say("sandbox.nothing-here")}, 404)

    def _own(self, scope: Scope) -> str:
        """The path as it is without --base-path; as it was sent, with what is escaped in it."""
        path = str((scope.get("raw_path") or scope["path"].encode()).decode("latin-1"))
        return path.removeprefix(self._base) if path.startswith(self._base + "/") else path

    async def _welcome(self, scope: Scope, send: Send, path: str) -> None:
        """Send a visitor to his session, a newcomer to a new one."""
        token = _cookie(scope)
        if not self._visitors.known(token):
            try:
                token = self._visitors.newcomer()
            except Full:
                await self._send_page(send, 503, say("sandbox.full"), refresh=RETRY)
                return
        query = scope["query_string"].decode("latin-1")
        where = f"{self._base}{ROOM}{token}{path}{'?' + query if query else ''}"
        cookie = f"{COOKIE}={token}; Path={self._base}/; HttpOnly; SameSite=Lax; Max-Age=604800"
        await _send(send, 303, [("location", where), ("set-cookie", cookie), ("cache-control", "no-store")], b"")

    async def _pass_on(
        self, scope: Scope, receive: Receive, send: Send, path: str, token: str, *, is_page: bool
    ) -> None:
        if is_page and scope["query_string"] == b"again":
            self._visitors.again(token)
        try:
            child = await self._visitors.server_of(token)
        except (Unknown, Full, Ended) as trouble:
            await self._refuse(send, trouble, token, is_page)
            return
        self._visitors.asks(token, beginning=True)
        try:
            await self._ask(child, scope, receive, send, path)
        finally:
            self._visitors.asks(token, beginning=False)

    async def _refuse(self, send: Send, trouble: Exception, token: str, is_page: bool) -> None:
        status, sentence, link = {
            Unknown: (404, "sandbox.unknown", f"{self._base}/"),
            Full: (503, "sandbox.full", ""),
            Ended: (503, str(trouble), f"{self._base}{ROOM}{token}/?again"),
        }[type(trouble)]
        if is_page:
            await self._send_page(send, status, say(sentence), link=link, refresh=0 if link else RETRY)
        else:
            await _send_json(send, {"error": say(sentence)}, status)

    async def _ask(self, child: Child, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """Ask a visitor's server, and hand its answer on as it comes."""
        assert self._client is not None
        headers = CIMultiDict[str](
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
            if name.decode("latin-1") not in _HOP
        )
        # Whether it is let in has been decided: a visitor's server goes by one name, and knows one page.
        headers["Host"] = f"127.0.0.1:{child.port}"
        if "Origin" in headers:
            headers["Origin"] = f"http://127.0.0.1:{child.port}"
        query = scope["query_string"].decode("latin-1")
        address = URL(f"http://127.0.0.1:{child.port}{self._base}{path}{'?' + query if query else ''}", encoded=True)
        has_body = "content-length" in headers or any(name == b"transfer-encoding" for name, _ in scope["headers"])
        body = _body(receive) if has_body else None
        begun = False
        try:
            async with self._client.request(
                scope["method"],
                address,
                headers=headers,
                data=body,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
            ) as answer:
                passed = [
                    (name.lower(), value) for name, value in answer.raw_headers if name.lower().decode() not in _HOP
                ]
                await send({"type": "http.response.start", "status": answer.status, "headers": passed})
                begun = True
                async for part in answer.content.iter_any():
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except aiohttp.ClientError:
            if begun:
                raise  # half an answer is not made whole: the connection ends
            await _send_json(send, {"error": say("sandbox.no-answer")}, 502)

    async def _send_page(self, send: Send, status: int, sentence: str, *, link: str = "", refresh: int = 0) -> None:
        html = _PAGE.format(
            language=catalogue().language,
            title=escape(say("page.title")),
            sentence=escape(sentence),
            refresh=f'<meta http-equiv="refresh" content="{refresh}">' if refresh else "",
            link=f'<p><a href="{escape(link)}">{escape(say("sandbox.begin"))}</a></p>' if link else "",
        )
        headers = [("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store")]
        await _send(send, status, headers, html.encode())


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    """What a request brings, as it comes."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise aiohttp.ClientConnectionError("the visitor hung up")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _cookie(scope: Scope) -> str:
    """The token that a browser has kept; empty if it has none."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                kept = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return ""
            return kept.value if kept is not None else ""
    return ""


async def _send_json(send: Send, value: dict[str, Any], status: int = 200) -> None:
    headers = [("content-type", "application/json"), ("cache-control", "no-store")]
    await _send(send, status, headers, json.dumps(value).encode())


async def _send(send: Send, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    fields = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    fields.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
