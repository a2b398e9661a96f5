"""Browsers that forbid the page a memory, or lack what it cannot do without."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from dashboard_page import DashboardPage, Watch
from gan_core.dashboard.page.texts import texts_element
from live_server import ROOT, LiveServer

pytestmark = pytest.mark.own_tab

ASSETS = ROOT / "assets"
# What browsers do that let a page keep nothing: fail at the first look, have none, or fail when something is put in.
FORBIDDEN = {
    "throws": "get() { throw new DOMException('The operation is insecure.', 'SecurityError'); }",
    "absent": "get() { return null; }",
    "full": "value: { getItem: () => null, setItem() { throw new DOMException('full', 'QuotaExceededError'); } }",
}
LACKS = {
    "DecompressionStream": "delete window.DecompressionStream",
    "AbortSignal.timeout": "delete AbortSignal.timeout",
    "findLast": "delete Array.prototype.findLast",
    "hasOwn": "delete Object.hasOwn",
    "ResizeObserver": "delete window.ResizeObserver",
    "a canvas": "HTMLCanvasElement.prototype.getContext = () => null",
    "a canvas to": "HTMLCanvasElement.prototype.getContext = () => { throw new Error('forbidden'); }",
}


def forbid(how: str) -> str:
    kinds = ("localStorage", "sessionStorage")
    return "".join(f"Object.defineProperty(window, '{kind}', {{ configurable: true, {how} }});" for kind in kinds)


def test_without_a_memory_everything_works(dashboard: DashboardPage) -> None:
    page = dashboard.page
    page.add_init_script(forbid(FORBIDDEN["throws"]))
    dashboard.server.train(3)
    dashboard.open()
    root = page.locator("html")
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    page.keyboard.press("ArrowLeft")
    dashboard.expect_step(2)
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    switch = page.get_by_role("switch", name="Keyboard shortcuts")
    switch.uncheck()
    switch.blur()
    page.keyboard.press("ArrowRight")
    dashboard.next_frame()
    dashboard.expect_step(2)
    switch.check()
    switch.blur()
    page.keyboard.press("Home")
    dashboard.expect_step(0)
    page.goto(f"{dashboard.server.origin}/compare")
    expect(page.get_by_role("alert")).to_contain_text("Choose the first of two runs.")
    for scheme in ("dark", "light"):
        page.get_by_role("button", name="Switch between light and dark").click()
        expect(root).to_have_attribute("data-mantine-color-scheme", scheme)


@pytest.mark.parametrize("how", FORBIDDEN)
def test_what_cannot_be_kept_holds_until_the_page_is_closed(page: Page, how: str) -> None:
    page.set_content("<!DOCTYPE html><title>Forgetful</title>")
    page.evaluate(f"() => {{ {forbid(FORBIDDEN[how])} }}")
    page.add_script_tag(content=(ASSETS / "browser.js").read_text())
    for memory in ("lasting", "passing"):
        seen = page.evaluate(f"""() => {{
            const memory = dash_clientside.browser.{memory};
            const before = memory.get("a");
            memory.set("a", "1");
            memory.set("a", "2");
            return [before, memory.get("a"), memory.get("b")];
        }}""")
        assert seen == [None, "2", None]


def test_a_browser_that_is_too_old_is_told_so(page: Page, server: LiveServer, watch: Watch) -> None:
    """With a sentence where the panels would be, and nothing is asked for again and again."""
    watch.allow(server.origin)
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/" in request.url:
            asked.append(request.url)

    page.on("request", note)
    page.add_init_script(LACKS["DecompressionStream"])
    for path in ("/", "/compare"):
        page.goto(server.origin + path)
        told = page.locator("#browser-lacks")
        expect(told).to_be_visible()
        expect(told).to_have_attribute("role", "alert")
        expect(told).to_contain_text("cannot be shown in this browser")
        expect(told).to_contain_text("DecompressionStream")
        expect(told).to_contain_text("Update it, or open this page in a current Chrome, Edge, Firefox or Safari")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("#samples-panel")).to_be_hidden()
        box = told.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] < 200
    assert asked == []


@pytest.mark.parametrize("name", LACKS)
def test_each_thing_that_it_lacks_is_named(page: Page, name: str) -> None:
    page.set_content(f"<!DOCTYPE html><title>Old</title>{texts_element()}<p>The page</p>")
    page.evaluate(f"() => {{ {LACKS[name]}; }}")
    page.add_script_tag(content=(ASSETS / "browser.js").read_text())
    words = page.locator("p").first.inner_text()
    assert name in words


def test_a_browser_that_lacks_nothing_is_told_nothing(page: Page) -> None:
    page.set_content(f"<!DOCTYPE html><title>New</title>{texts_element()}<p>The page</p>")
    page.add_script_tag(content=(ASSETS / "browser.js").read_text())
    assert page.locator("p").all_inner_texts() == ["The page"]
    assert page.evaluate("dash_clientside.browser.able") is True


def test_no_other_file_uses_a_memory_that_may_be_forbidden() -> None:
    users = [file.name for file in sorted(ASSETS.rglob("*.js")) if _uses_memory(file)]
    assert users == ["browser.js"]


def _uses_memory(file: Path) -> bool:
    return any(name in file.read_text() for name in ("localStorage", "sessionStorage", "indexedDB", "document.cookie"))
