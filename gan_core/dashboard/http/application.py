"""The application that is served: FastAPI, and what stands in front of it."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

Layer = Callable[[ASGIApp], ASGIApp]  # puts something in front of an application


class Application(FastAPI):
    """Has nothing but what is added to it: no page about itself, no redirections, no telemetry."""

    def __init__(self) -> None:
        silent = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
        super().__init__(
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            telemetry=silent,  # type: ignore[arg-type]
        )
        self.guard: Layer = _nothing  # comes first,
        self.failures: Layer = _nothing  # then this, which answers what fails in all that follows,
        self.gate: Layer = _nothing  # then who steers, where there is a presenter,
        self.express: dict[str, ASGIApp] = {}  # then what answers GET of a path, without FastAPI's own layers

    def build_middleware_stack(self) -> ASGIApp:
        """What a request goes through, from the outside in. FastAPI's layers cost as much as all else of an answer."""
        others, express = super().build_middleware_stack(), self.express

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            direct = express.get(scope["path"]) if scope["method"] == "GET" else None
            await (direct or others)(scope, receive, send)

        return self.guard(self.failures(self.gate(answer)))


def _nothing(app: ASGIApp) -> ASGIApp:
    return app
