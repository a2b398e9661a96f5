"""A page in another language: one more file of texts, and nothing of it is in English any more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard_page import DashboardPage, Watch
from gan_core.texts.catalogue import say
from live_server import LiveServer
from second_language import shouted, write_second_language

SERVER = """
import sys
from pathlib import Path
from gan_core.texts.catalogue import use
use("shout", Path(sys.argv.pop(1)))
import gan_core.serve as server
server.use = lambda language: None  # that of the command line
sys.exit(server.main())
"""
# What the page shows and speaks, numbers and names apart.
TEXTS = """() => [
  ...[...document.querySelectorAll("body *:not(script):not(style)")].flatMap((element) => [
    ...[...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent),
    ...["aria-label", "title", "placeholder", "data-help"].map((name) => element.getAttribute(name) || ""),
  ]),
]"""
NAMES = {"seed", "float32", "float", "runs", "ganscope", "quick"}


FILLED: list[tuple[str, dict[str, str | float]]] = [
    ("ending.quality", {"coverage": 0.126, "on_band": 1}),
    ("event.change", {"name": "x {old}", "old": 0.00012345, "new": 2}),
    ("library.steps", {"n": 1}),
    ("library.steps", {"n": 1234567}),
    ("transport.run", {"seed": "1234567", "device": "cpu", "precision": "float32", "threads": 0}),
    ("steer.measured", {"percent": 12.34}),
]


def test_the_page_fills_fields_in_as_python_does(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    said = page.evaluate("(all) => all.map(([key, fields]) => dash_clientside.say(key, fields))", FILLED)
    assert said == [say(key, **fields) for key, fields in FILLED]


@pytest.fixture
def shouting(tmp_path: Path) -> Iterator[LiveServer]:
    write_second_language(tmp_path)
    script = tmp_path / "server.py"
    script.write_text(SERVER.replace("sys.argv.pop(1)", repr(str(tmp_path))))
    server = LiveServer("--preset", "quick", "--threads", "1", "--paused", script=script)
    yield server
    server.stop()


def test_every_sentence_of_the_page_is_in_the_language_of_its_file(
    page: Page, shouting: LiveServer, watch: Watch
) -> None:
    dashboard = DashboardPage(page, shouting, watch)
    shouting.train(20)
    dashboard.open()
    expect(page.locator("#story-title")).to_have_text(shouted(say("preset.quick.title")))
    expect(page.locator("#status-now")).to_have_text("PAUSED · STEP 20")
    page.get_by_role("button", name=shouted(say("button.runs.text"))).click()
    expect(page.locator("#runs-words")).to_contain_text("EACH RUN MAY TAKE")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text(shouted(say("help.panels")))
    quiet = [text for text in page.evaluate(TEXTS) if set(re.findall(r"\b[a-z]{4,}\b", text)) - NAMES]
    assert "\n".join(quiet) == ""
    refused = page.request.get(f"{shouting.origin}/api/frame?after=0&lens=none")
    assert refused.json()["error"].startswith("THERE IS NO LENS 'none'")
    watch.tolerate("404")
    missing = page.goto(f"{shouting.origin}/nowhere")
    assert missing is not None
    expect(page.get_by_role("heading")).to_have_text(shouted(say("page.nothing")))
    page.goto(f"{shouting.origin}/compare")
    expect(page.get_by_role("heading")).to_have_text(shouted(say("compare.heading")))
    expect(page.get_by_role("alert")).to_have_text(shouted(say("compare.choose-first")))
