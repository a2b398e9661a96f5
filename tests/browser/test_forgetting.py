"""The tests share a browser: what one of them leaves there, the next does not find."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

from conftest import forget
from live_server import LiveServer

KEPT = """async () => [
    localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length,
    (await caches.keys()).length, (await navigator.permissions.query({ name: "clipboard-read" })).state,
]"""


def _kept(page: Page, server: LiveServer) -> list[object]:
    page.goto(f"{server.origin}/healthz")
    return list(page.evaluate(KEPT))


def test_a_page_leaves_nothing_behind(context: BrowserContext, coarse_server: LiveServer) -> None:
    tab, other = context.pages[0], context.new_page()
    fresh = _kept(tab, coarse_server)
    assert fresh == _kept(other, coarse_server) == [0, 0, "", 0, 0, "prompt"]
    tab.evaluate(
        """async () => {
            localStorage.setItem("a", "1");
            sessionStorage.setItem("a", "1");
            document.cookie = "a=1; max-age=1000";
            await new Promise((done) => { indexedDB.open("a").onsuccess = done; });
            await caches.open("a");
        }"""
    )
    context.grant_permissions(["clipboard-read"], origin=coarse_server.origin)
    tab.emulate_media(color_scheme="dark", reduced_motion="reduce", forced_colors="active")
    tab.set_viewport_size({"width": 390, "height": 844})
    assert _kept(tab, coarse_server) == [1, 1, "a=1", 1, 1, "granted"]
    assert _looks(tab) == [True, True, True, 390]
    forget(context)
    assert context.pages == [tab]
    assert _kept(tab, coarse_server) == fresh
    assert _looks(tab) == [False, False, False, 1440]


def _looks(page: Page) -> list[object]:
    media = ("prefers-color-scheme: dark", "prefers-reduced-motion: reduce", "forced-colors: active")
    return [*(page.evaluate(f"matchMedia('({one})').matches") for one in media), page.evaluate("innerWidth")]
