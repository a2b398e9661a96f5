"""Dash on FastAPI, without what this server has no use for.

Dash by itself answers every path that it does not know with the whole page, and looks for whatever callback a request
names. Here no callback is the server's (see `callbacks.py`), so that whoever calls one is no page of ours.
"""

from __future__ import annotations

import logging
from typing import Any

from dash import Dash
from dash.backends._fastapi import FastAPIDashServer
from dash.exceptions import DependencyException
from fastapi import FastAPI, HTTPException, Request, Response
from starlette.responses import HTMLResponse

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.files import Assets, know_types
from gan_core.texts.catalogue import say

log = logging.getLogger("ganscope")


class Backend(FastAPIDashServer):
    """What Dash registers, as handlers that run in threads."""

    websocket_capability = False

    def __init__(self, server: FastAPI) -> None:
        super().__init__(server)
        self.request_adapter = _no_request  # type: ignore[assignment]  # Dash calls it, and no more

    @staticmethod
    def create_app(name: str = "", config: dict[str, Any] | None = None) -> Application:
        """The server, where none is given."""
        return Application()

    def setup_backend(self, dash_app: Dash) -> None:
        """Add no middleware: what Dash's does is for callbacks, and `create_app` has the page prepared."""

    def register_assets_blueprint(self, blueprint_name: str, assets_url_path: str, assets_folder: str) -> None:
        """Serve a folder."""
        know_types()
        self.server.mount(assets_url_path, Assets(directory=assets_folder), name=blueprint_name)

    def setup_index(self, dash_app: Dash) -> None:
        """Serve the page."""

        def index() -> Response:
            return HTMLResponse(dash_app.index())  # type: ignore[no-untyped-call]

        self.add_url_rule("/", index, methods=["GET"])

    def setup_component_suites(self, dash_app: Dash) -> None:  # type: ignore[override]  # Dash's own says str
        """Serve the scripts of Dash's libraries."""

        def suite(request: Request, package_name: str, fingerprinted_path: str) -> Response:
            try:
                answer: Response = self.serve_component_suites(dash_app, package_name, fingerprinted_path, request)
            except DependencyException:
                raise HTTPException(404) from None
            return answer

        prefix = dash_app.config.routes_pathname_prefix
        self.add_url_rule(f"{prefix}_dash-component-suites/{{package_name}}/{{fingerprinted_path:path}}", suite)

    def serve_callback(self, dash_app: Dash) -> Any:
        """Refuse whoever calls a callback."""
        return _no_callback


async def _no_callback(request: Request) -> Response:
    size = request.headers.get("content-length", "0")
    log.warning("Refused a call of a Dash callback (%s bytes): this server has none.", size)
    return as_json({"error": say("refusal.no-callback")}, 404)


def _no_request() -> None:
    """What the page is does not depend on who asks for it."""
