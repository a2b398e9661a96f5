"""Files as answers: one that a browser keeps, and what the page is made of."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import AsyncIterator
from typing import BinaryIO

from anyio.to_thread import run_sync
from fastapi import Response
from starlette.datastructures import QueryParams
from starlette.responses import StreamingResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

YEAR = 365 * 24 * 3600  # seconds
_CHUNK = 1 << 18  # bytes
# Browsers run nothing of another type. What a machine says of them (Windows in its registry) may be anything.
_TYPES = {".js": "text/javascript", ".css": "text/css"}


def know_types() -> None:
    """Have scripts and style sheets sent as what they are, whatever this machine calls them."""
    for ending, kind in _TYPES.items():
        mimetypes.add_type(kind, ending)


class File(StreamingResponse):
    """An open file, whole, to be kept under a name; it is closed afterwards."""

    def __init__(self, file: BinaryIO, name: str, kind: str) -> None:
        size = os.fstat(file.fileno()).st_size
        headers = {"Content-Disposition": f"attachment; filename={name}", "Content-Length": str(size)}
        super().__init__(_pieces(file), media_type=kind, headers={**headers, "Cache-Control": "no-cache"})


class Assets(StaticFiles):
    """The folder of scripts and style sheets."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Have browsers keep one whose address says when it was written; of others they ask each time."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        dated = "m" in QueryParams(scope["query_string"])
        answer.headers["Cache-Control"] = f"max-age={YEAR}" if dated else "no-cache"
        return answer


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await run_sync(file.read, _CHUNK):
            yield piece
