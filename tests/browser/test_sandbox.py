"""`--sandbox` as it is started: real servers behind one address."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request

import pytest

from live_server import LiveServer
from waiting import until


def test_a_visitor_has_a_session_of_his_own_and_steers_it() -> None:
    server = LiveServer("--preset", "quick", "--paused", "--sandbox", "1", "--base-path", "/gan")
    try:
        with urllib.request.urlopen(f"{server.origin}/", timeout=100) as page:
            room = page.url.rstrip("/")
            html = page.read().decode()
        path = room.split("/", 3)[3]
        assert path.startswith("gan/s/")
        assert f'data-base="/{path}"' in html
        assert 'data-links="/gan"' in html
        asked = urllib.request.Request(
            f"{room}/api/command",
            data=json.dumps({"do": "step"}).encode(),
            headers={"Content-Type": "application/json", "Origin": server.origin.removesuffix("/gan")},
        )
        urllib.request.urlopen(asked, timeout=100).close()

        def step() -> int:
            with urllib.request.urlopen(f"{room}/api/status", timeout=100) as answer:
                return int(json.load(answer)["step"])

        until(lambda: step() == 1)
        asked.add_header("Origin", "http://elsewhere.example")  # another site's page
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=100)
        assert refused.value.code == 403
        refused.value.close()
        with pytest.raises(urllib.error.HTTPError) as full:  # a second visitor
            urllib.request.urlopen(f"{server.origin}/", timeout=100)
        assert full.value.code == 503
        full.value.close()
    finally:
        code = server.stop(signal.SIGTERM)
    assert (code, server.stderr) == (0, "")
