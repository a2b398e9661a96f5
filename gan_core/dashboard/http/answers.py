"""What is answered: bytes, JSON, or that there is nothing."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Response

from gan_core.wire import frames as wire

_NO_STORE = {"Cache-Control": "no-store"}


def frame_answer(payload: bytes | None) -> Response:
    """What is answered to somebody who asked for a frame: it, or that there is none."""
    return as_bytes(payload) if payload is not None else Response(status_code=204, headers=_NO_STORE)


def as_bytes(payload: bytes) -> Response:
    """An envelope as an answer."""
    return Response(payload, media_type=wire.CONTENT_TYPE, headers=_NO_STORE)


def as_json(value: dict[str, Any], code: int = 200) -> Response:
    """An object as an answer."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n"
    return Response(text, code, media_type="application/json", headers=_NO_STORE)
