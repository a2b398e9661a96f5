"""--present: who steers, what the others may do, what they are shown, and what guessing leads to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_api import HEADERS, FakeSession
from test_runs_api import OLD, FakeReruns, add

import event_loop
from gan_core.dashboard.http.admission import Admission
from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.present import HOLD, TRIES, WAIT, Presenting, add_presenting, read_view
from gan_core.dashboard.http.runs_api import add_run_routes
from gan_core.dashboard.http.unknown import add_unknown
from gan_core.dashboard.http.view import Archive
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.stored import StoredRuns
from web_client import Answer, Client

TOKEN = "a-token-of-the-presenter"
VIEW = {"step": 7, "preview": None, "cursor": {"panel": "samples", "x": 0.25, "y": -1}, "choices": {"latent": "tears"}}


class Class:
    """A server with a presenter, and the time by which it counts tries."""

    def __init__(self, base: str = "", *more: Callable[[Any], None]) -> None:
        self.now = 1000.0
        self.presenting = Presenting(TOKEN, lambda: self.now)
        self.session = FakeSession()
        server = Application()
        add_unknown(server)
        guard(server, Admission(), base=base)
        add_routes(server, self.session)
        add_presenting(server, self.presenting, base)
        for routes in more:
            routes(server)

        @server.get("/")
        async def page() -> dict[str, str]:
            return {}

        self.http = Client(server)

    def ask(self, path: str, body: Any = None, **fields: str) -> Answer:
        headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in fields.items()}}
        if body is None:
            return self.http.get(path, headers=headers)
        return self.http.post(path, headers=headers, json=body)

    def enter(self, path: str = "") -> str:
        """Open the address with the token; returns the cookie."""
        welcome = self.ask(f"{path}/?x=1&token={TOKEN}")
        assert welcome.status_code == 303
        assert welcome.headers["location"] == f"{path}/?x=1"  # the token stands in no address any more
        cookie = welcome.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=strict", f"Path={path}/"):
            assert part in cookie
        assert TOKEN not in cookie
        return cookie.partition(";")[0]


@pytest.mark.parametrize("base", ["", "/gan"])
def test_whoever_has_the_token_steers_and_nobody_else(base: str) -> None:
    room = Class(base)
    step = {"do": "step"}
    refused = room.ask(f"{base}/api/command", step)
    assert refused.status_code == 403
    assert "the presenter steers" in refused.get_json()["error"]
    for path in ("/api/told", "/api/runs", "/api/runs/x", "/api/library", "/api/sweeps", "/api/data", "/api/presented"):
        assert room.ask(f"{base}{path}", {}).status_code == 403, path
    assert room.http.delete(f"{base}/api/data/csv-1", headers=HEADERS).status_code == 403
    assert room.session.sent == []
    for path in ("/api/status", "/api/frame?after=0", "/api/progress", "/healthz"):
        assert room.ask(f"{base}{path}").status_code in (200, 204), path

    cookie = room.enter(base)
    assert room.ask(f"{base}/api/command", step, cookie=f"other=1; {cookie}").status_code == 200
    assert room.ask(f"{base}/api/command", step, authorization=f"token {TOKEN}").status_code == 200
    assert len(room.session.sent) == 2
    name = cookie.partition("=")[0]
    for forged in (f"{name}=x", f"{name}={TOKEN}", "=;;", "a" * 4000, f"{name}"):
        assert room.ask(f"{base}/api/command", step, cookie=forged).status_code == 403
    assert len(room.session.sent) == 2


def test_a_watcher_may_see_any_step_and_have_no_whole_run_checked(tmp_path: Path) -> None:
    reruns, session = FakeReruns(), FakeSession()
    archive = Archive(Library(tmp_path), StoredRuns(RunFolder(tmp_path)), reruns)
    room = Class("", lambda server: add_run_routes(server, session, archive))
    add(tmp_path, OLD, 1.0, steps=3)
    asked = {"client": "a page", "run": OLD, "step": 2, "resolution": 50}
    assert room.ask("/api/warm", {}).status_code == 200
    refused = room.ask("/api/visit", {**asked, "verify": True})
    assert (refused.status_code, reruns.asked) == (403, ["warm"])
    assert room.ask("/api/visit", {**asked, "verify": True}, cookie=room.enter()).status_code == 200
    assert reruns.asked == ["warm", f"verify {OLD}"]


def test_a_cookie_of_one_server_is_nothing_at_another() -> None:
    cookie = Class().enter()
    assert Class().ask("/api/command", {"do": "step"}, cookie=cookie).status_code == 403


@pytest.mark.parametrize("wrong", ["x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "", "%00", "é" * 300])
def test_wrong_tokens_are_refused_with_a_sentence(wrong: str) -> None:
    room = Class()
    page = room.ask(f"/?token={wrong}", accept="text/html")
    assert page.status_code == 403
    assert "set-cookie" not in page.headers
    assert page.text.startswith("This token is not the presenter's.")
    assert room.ask("/api/status?token=" + wrong).status_code == 200  # of programs the header counts
    assert room.ask("/api/status", authorization="token wrong").status_code == 403


def test_guessing_has_a_limit_which_keeps_nobody_else_out() -> None:
    room = Class()
    cookie = room.enter()
    for _ in range(TRIES):
        assert room.ask("/?token=wrong").status_code == 403
    assert room.ask("/?token=wrong").status_code == 429
    assert room.ask(f"/?token={TOKEN}").status_code == 429  # else the limit would be none
    late = room.ask("/api/status", authorization=f"Bearer {TOKEN}")
    assert (late.status_code, late.headers["retry-after"]) == (429, f"{WAIT:.0f}")
    assert room.ask("/api/command", {"do": "step"}, cookie=cookie).status_code == 200  # whoever is in, stays in
    assert room.presenting.admits(TOKEN, "10.0.0.9")  # and from elsewhere
    room.now += WAIT + 1
    assert room.ask(f"/?token={TOKEN}").status_code == 303


def test_what_is_shown_comes_to_all_at_once_and_is_encoded_once() -> None:
    presenting = Presenting(TOKEN)

    async def case() -> None:
        watching = [asyncio.ensure_future(presenting.newer(0)) for _ in range(50)]
        await asyncio.sleep(0)
        assert presenting.watchers == 50
        presenting.show(read_view(VIEW))
        answers = await asyncio.gather(*watching)
        assert len({id(answer) for answer in answers}) == 1
        told = json.loads(answers[0] or b"")
        assert told == {
            "version": 1,
            "steers": False,
            "shown": {**VIEW, "cursor": {"panel": "samples", "x": 0.25, "y": -1.0}},
        }
        assert await presenting.newer(0) is answers[0]  # who comes late has it at once
        assert presenting.watchers == 0

    event_loop.run(case)
    assert HOLD > 1


def test_the_presenter_shows_and_is_told_how_many_watch() -> None:
    room = Class()
    cookie = room.enter()
    assert room.ask("/api/presented", VIEW, cookie=cookie).get_json() == {"watchers": 0}
    assert room.ask("/api/presented?after=0", cookie=cookie).get_json() == {"steers": True, "watchers": 0}
    assert room.ask("/api/presented?after=0").get_json()["shown"]["step"] == 7


@pytest.mark.parametrize(
    "change",
    [
        {"step": -1},
        {"step": 1.5},
        {"step": True},
        {"step": "1"},
        {"preview": 10**30},
        {"cursor": []},
        {"cursor": {"panel": "nothing"}},
        {"cursor": {"panel": "samples", "x": "0", "y": 0}},
        {"cursor": {"panel": "samples", "x": float("nan"), "y": 0}},
        {"choices": {"latent": "x" * 41}},
        {"choices": {"elsewhere": "x"}},
        {"choices": ["tears"]},
    ],
)
def test_what_is_no_view_is_shown_to_nobody(change: dict[str, Any]) -> None:
    room = Class()
    cookie = room.enter()
    answer = room.ask("/api/presented", {**VIEW, **change}, cookie=cookie)
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith("What a page shows has a ")
    assert room.ask("/api/presented?after=1").get_json()["shown"] is None


def test_a_token_of_ones_own_has_to_be_long_and_one_that_is_drawn_is_never_the_same() -> None:
    from gan_core.cli.options import read_token

    assert read_token({}) == ""
    assert read_token({"GANSCOPE_TOKEN": TOKEN}) == TOKEN
    for bad in ("short", "with a space in it, long", "x" * 15, "ä" * 20):
        with pytest.raises(ValueError, match="GANSCOPE_TOKEN must have at least 16"):
            read_token({"GANSCOPE_TOKEN": bad})
    drawn = {Presenting().token for _ in range(20)}
    assert len(drawn) == 20
    assert all(len(token) >= 32 for token in drawn)
