"""The HTTP side of a visitor's own data: a table of points comes in, and becomes a target."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from gan_core.dashboard.http.api import as_json
from gan_core.datasets.folder import PREFIX, keep, listed, sentence
from gan_core.datasets.table import MAX_BYTES
from gan_core.texts.catalogue import say

MAX_WORDS = 200  # characters of a file's name, or of two columns
IN_SQUARE = "square"
SCALES = ("", IN_SQUARE)  # how points get into the square; by itself a table is scaled into it
_CHUNK = 1 << 20


def add_data_routes(server: Flask) -> None:
    """Register what the README lists under /api/data."""

    @server.get("/api/data")
    def data() -> Response:
        return as_json({"data": listed(), "limit": MAX_BYTES})

    @server.post("/api/data")
    def take_in() -> Response:
        """The body is the file; `name`, `columns` and `scale` may stand in the query.

        `scale=square`: the points are in the square's units and stay where they are, as those of a drawing.
        """
        request.max_content_length = MAX_BYTES
        name, columns, scale = (request.args.get(field, "")[:MAX_WORDS] for field in ("name", "columns", "scale"))
        if scale not in SCALES:
            raise ValueError(say("data.refused", name=name, why=say("data.no-scale", scale=scale)))
        with TemporaryDirectory(prefix="ganscope-") as folder:
            path = Path(folder, "table.csv")
            try:
                with path.open("wb") as file:
                    while chunk := request.stream.read(_CHUNK):
                        file.write(chunk)
            except RequestEntityTooLarge:
                size = (request.content_length or MAX_BYTES) / 1e6
                why = say("data.too-large", size=size, most=MAX_BYTES / 1e6)
                raise ValueError(say("data.refused", name=name, why=why)) from None
            found = keep(path, columns, name, placed=scale == IN_SQUARE)
        return as_json({"target": f"{PREFIX}{found.fingerprint}", "name": found.name, "sentence": sentence(found)})
