"""What is asked for and is not there gets a short answer: JSON under /api, a page of two lines elsewhere.

Dash by itself answers every path that it does not know with the whole page, and looks for whatever callback a request
names. Here no callback is the server's (see `callbacks.py`), so that whoever calls one is no page of ours.
"""

from __future__ import annotations

import logging
from html import escape
from typing import Any

from dash import Dash
from dash.exceptions import DependencyException
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from gan_core.dashboard.http.api import as_json
from gan_core.panels.theme import css_variables
from gan_core.texts.catalogue import catalogue, say

log = logging.getLogger("ganscope")

_PAGE = """<!DOCTYPE html>
<html lang="LANGUAGE">
    <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>TITLE</title>
        <link rel="icon" href="/_favicon.ico">
        <style>VARIABLES main { padding: 24px; }</style>
        <link rel="stylesheet" href="/assets/styles/10-base.css">
    </head>
    <body>
        <main>
            <h1>HEADING</h1>
            <p><a href="/">TO_DASHBOARD</a></p>
        </main>
    </body>
</html>"""


class StrictDash(Dash):
    """Dash without its answer to unknown paths and without callbacks on the server."""

    def _add_url(self, name: str, view_func: Any, methods: Any = ("GET",)) -> None:
        if name == "<path:path>":
            return
        super()._add_url(name, _no_callback if name == "_dash-update-component" else view_func, methods)


def add_unknown(server: Flask) -> None:
    """Answer what is not there, and what is asked for in a wrong way."""
    page = _PAGE.replace("VARIABLES", css_variables()).replace("LANGUAGE", catalogue().language)
    page = page.replace("TITLE", escape(say("page.nothing-title"))).replace("HEADING", escape(say("page.nothing")))
    page = page.replace("TO_DASHBOARD", escape(say("page.to-dashboard")))

    @server.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        missing = isinstance(error, NotFound)
        if f"{request.path}/".startswith("/api/"):
            words = say("refusal.no-path") if missing else error.description
            return as_json({"error": words or error.name}, error.code or 500)
        return Response(page, 404, content_type="text/html; charset=utf-8") if missing else error

    @server.errorhandler(DependencyException)
    def no_such_script(error: DependencyException) -> Response | HTTPException:
        return http_error(NotFound())


def _no_callback() -> Response:
    log.warning("Refused a call of a Dash callback (%d bytes): this server has none.", request.content_length or 0)
    return as_json({"error": say("refusal.no-callback")}, 404)
