"""What is not there, is asked for in a wrong way, or goes wrong: JSON under /api, a page of two lines elsewhere."""

from __future__ import annotations

import logging
import traceback
from html import escape
from pathlib import Path

from fastapi import Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.page.astray import option_for
from gan_core.dashboard.page.theme import css_variables
from gan_core.texts.catalogue import catalogue, say

log = logging.getLogger("ganscope")

_PAGE = """<!DOCTYPE html>
<html lang="LANGUAGE">
    <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>TITLE</title>
        <link rel="icon" href="BASE/_favicon.ico">
        <style>VARIABLES main { padding: 24px; }</style>
        <link rel="stylesheet" href="BASE/assets/styles/10-base.css">
    </head>
    <body>
        <main>
            <h1>HEADING</h1>
            <p>PROXY</p>
            <p><a href="BASE/">TO_DASHBOARD</a></p>
        </main>
    </body>
</html>"""


def add_unknown(server: Application, base: str = "") -> None:
    """Answer what is not there, what is asked for in a wrong way, and what fails; addresses begin with `base`."""
    page = _PAGE.replace("VARIABLES", css_variables()).replace("BASE", base).replace("LANGUAGE", catalogue().language)
    page = page.replace("TITLE", escape(say("page.nothing-title"))).replace("HEADING", escape(say("page.nothing")))
    page = page.replace("TO_DASHBOARD", escape(say("page.to-dashboard")))
    words = {404: "refusal.no-path", 405: "refusal.no-method"}

    @server.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        code, path = error.status_code, request.url.path
        if code == 404 and not _of_the_api(path):
            behind = escape(say("page.behind-proxy", option=option_for(path)))
            return HTMLResponse(page.replace("PROXY", behind), code)
        answer = _sentence(path, say(words[code]) if code in words else error.detail, code)
        answer.headers.update(error.headers or {})
        return answer

    server.failures = Failures


class Failures:
    """Answers what nobody expected (500) with a sentence, and logs one line: which request, what, and where."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request answered."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except ClientDisconnect:  # nobody is there to be answered
            return
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}, line {place.lineno}"
            log.error("%s %r failed: %r (%s)", scope["method"], scope["path"], error, where)
            if not begun:
                await _sentence(scope["path"], say("refusal.failed"), 500)(scope, receive, send)


def _of_the_api(path: str) -> bool:
    return f"{path}/".startswith("/api/")


def _sentence(path: str, sentence: str, code: int) -> Response:
    return as_json({"error": sentence}, code) if _of_the_api(path) else PlainTextResponse(f"{sentence}\n", code)
