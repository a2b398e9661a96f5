"""The path below which a proxy shows the server: what is asked for below it is answered as it would be without it.

So it is the same whether the proxy takes the path off or passes it on, and the server's own port can be asked, too.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class BasePath:
    """Takes the path off, where it is still there."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        """`base` is as it stands in an address: "/user/me%40x/proxy/8050"."""
        self._app, self._base, self._path = app, base, unquote(base)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request answered."""
        path: str = scope["path"]
        if path == self._path:  # of it, "./" would be a level too high
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse(f"{self._base}/" + (f"?{query}" if query else ""))(scope, receive, send)
        elif path.startswith(f"{self._path}/"):
            raw: bytes = scope.get("raw_path") or b""
            below = {"path": path.removeprefix(self._path), "raw_path": raw.removeprefix(self._base.encode())}
            await self._app({**scope, **below}, receive, send)
        else:
            await self._app(scope, receive, send)
