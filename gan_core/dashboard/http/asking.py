"""What requests about sweeps and papers' tables have in common: their bodies, and what may be done with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from gan_core.dashboard.http.view import TrainedView
from gan_core.texts.catalogue import say


def body_of(most: int) -> dict[str, Any]:
    """The object that a request has sent, of so many bytes at most."""
    request.max_content_length = most
    try:
        body = request.get_json()
    except RecursionError:
        raise ValueError(say("refusal.nested")) from None
    if not isinstance(body, dict):
        raise ValueError(say("refusal.no-object"))
    return body


def workers_of(body: dict[str, Any]) -> int:
    """How many processes are asked for."""
    workers = body.get("workers", 1)
    if isinstance(workers, bool) or not isinstance(workers, int):
        raise ValueError(say("refusal.whole", name="workers", value=repr(workers)[:40]))
    return workers


def do(trained: TrainedView, name: str, body: dict[str, Any]) -> None:
    """Pause one, or go on with it."""
    actions: dict[str, Callable[[], None]] = {
        "pause": lambda: trained.pause(name),
        "go-on": lambda: trained.go_on(name, workers_of(body)),
    }
    action = actions.get(str(body.get("do")))
    if action is None:
        raise ValueError(say("refusal.unknown-action", name=repr(body.get("do")), names=", ".join(actions)))
    action()
