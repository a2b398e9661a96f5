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


def test_a_page_leaves_nothing_behind(context: BrowserContext, shared_server: LiveServer) -> None:
    before = context.new_page()
    fresh = _kept(before, shared_server)
    assert fresh == [0, 0, "", 0, 0, "prompt"]
    before.evaluate(
        """async () => {
            localStorage.setItem("a", "1");
            sessionStorage.setItem("a", "1");
            document.cookie = "a=1; max-age=1000";
            await new Promise((done) => { indexedDB.open("a").onsuccess = done; });
            await caches.open("a");
        }"""
    )
    context.grant_permissions(["clipboard-read"], origin=shared_server.origin)
    assert _kept(before, shared_server) == [1, 1, "a=1", 1, 1, "granted"]
    forget(context)
    assert before.is_closed()
    assert _kept(context.new_page(), shared_server) == fresh
