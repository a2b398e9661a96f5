"""A class in two browsers: the presenter's page, and one that watches it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from dashboard_page import DashboardPage, Watch
from live_server import LiveServer

TOKEN = "a-token-of-the-presenter"


@pytest.fixture
def presenting() -> Iterator[LiveServer]:
    server = LiveServer("--preset", "quick", "--threads", "1", "--paused", "--present", token=TOKEN)
    yield server
    server.stop()


def test_a_watcher_sees_what_the_presenter_sees_and_can_look_around(
    presenting: LiveServer, dashboard: DashboardPage, browser: Browser, watch: Watch
) -> None:
    page = dashboard.page
    watch.allow(presenting.origin)
    page.goto(f"{presenting.origin}/?token={TOKEN}")
    bar = page.locator("#presenting")
    expect(bar).to_contain_text("You present")
    assert TOKEN not in page.url
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    other = context.new_page()
    watch.attach(other)
    try:
        other.goto(presenting.origin)
        expect(other.locator("#presenting")).to_contain_text("You see what the presenter sees.")
        follower, leader = DashboardPage(other, presenting, watch), DashboardPage(page, presenting, watch)

        for step in (1, 2, 3):
            page.locator("#step-once").click()
            follower.expect_step(step)
        page.get_by_role("slider", name="Timeline: steps").press("ArrowLeft")
        follower.until("!s.view.live && s.view.step === 2")
        page.evaluate("dash_clientside.lens.choose('latent', 'tears')")
        follower.until("dash_clientside.lens.chosen('latent').name === 'tears'")
        leader.point("discriminator", 0.5, -0.25)
        for panel in ("samples", "discriminator"):
            cursor = other.locator(f"#{panel}-panel .cursor")
            expect(cursor).to_be_visible()
            shown = page.locator(f"#{panel}-panel .cursor")
            expect(cursor).to_have_attribute("data-x", shown.get_attribute("data-x") or "")
            expect(cursor).to_have_attribute("data-y", shown.get_attribute("data-y") or "")

        # Nothing that the watcher does steers; what he is told says who does.
        watch.commands.clear()
        other.locator("#panels").focus()
        other.keyboard.press("r")
        expect(other.locator('.notice[data-key="locked"]')).to_contain_text("You watch: the presenter steers.")
        other.locator("#reset").click(force=True)
        follower.next_frame()
        assert watch.commands == []

        # On his own, and back.
        other.locator("#panels").focus()
        other.keyboard.press("ArrowLeft")
        expect(other.locator("#presenting")).to_contain_text("You look around on your own")
        page.get_by_role("slider", name="Timeline: steps").press("End")
        leader.until("s.view.live")
        expect(bar).to_contain_text("1 watches")
        follower.until("!s.view.live && s.view.step === 1")
        other.get_by_role("button", name="Back to the presenter").click()
        follower.until("s.view.live")
    finally:
        watch.detach(other)
        context.close()
