"""Pointing with a finger, and on a page that is zoomed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from dashboard_page import DESKTOP, PANELS, PHONE, SQUARE, Area, DashboardPage, Watch
from live_server import LiveServer

ZOOMS = {
    "zoom 0.8": "document.documentElement.style.zoom = 0.8",
    "zoom 1.35": "document.documentElement.style.zoom = 1.35",
    "scaled": "document.documentElement.style.zoom = 1; document.body.style.transform = 'scale(0.9)'",
}


@pytest.fixture
def touched(new_context: Callable[..., BrowserContext], server: LiveServer, watch: Watch) -> DashboardPage:
    """The page on a screen that is touched, not opened yet."""
    page = new_context(has_touch=True).new_page()
    watch.attach(page)
    return DashboardPage(page, server, watch)


def _tap(dashboard: DashboardPage, name: str, x: float, y: float) -> tuple[float, float]:
    """Tap a square panel at data (x, y); returns the data of that pixel."""
    area = dashboard.area(name)
    px, py = (round(v) for v in area.pixel(x, y))
    dashboard.page.touchscreen.tap(px, py)
    dashboard.next_frame()
    return area.data(px, py)


def _expect_cursors(dashboard: DashboardPage, *names: str) -> None:
    for name in PANELS:
        if name in names:
            expect(dashboard.cursor(name)).to_be_visible()
        else:
            expect(dashboard.cursor(name)).to_be_hidden()


def test_a_tap_points_and_another_takes_the_cursor_away(touched: DashboardPage) -> None:
    dashboard = touched
    dashboard.server.train(60)
    page = dashboard.open().page
    for name, both in (("discriminator", ("discriminator", "samples")), ("latent", SQUARE)):
        place = _tap(dashboard, name, 0.4, 0.3)
        _expect_cursors(dashboard, *both)
        assert dashboard.cursor_data(name) == pytest.approx(place, abs=1e-6)
        expect(dashboard.notes(name)).not_to_be_empty()
        other = _tap(dashboard, name, -0.5, 0.3)  # elsewhere in the panel: it goes there
        _expect_cursors(dashboard, *both)
        assert dashboard.cursor_data(name) == pytest.approx(other, abs=1e-6)
        _tap(dashboard, name, -0.49, 0.31)  # a second time, as well as a finger can
        _expect_cursors(dashboard)
        expect(dashboard.notes(name)).to_be_empty()
        _tap(dashboard, name, -0.5, 0.3)
        _expect_cursors(dashboard, *both)
    # From one panel to the next, and away with a tap beside them, on a word or on a button.
    _tap(dashboard, "samples", 0.1, 0.1)
    assert dashboard.cursor("discriminator").get_attribute("data-x") is not None
    for place in (dashboard.status, page.get_by_role("heading", name="Samples"), page.locator("#follow-live")):
        _tap(dashboard, "discriminator", 0.1, 0.1)
        _expect_cursors(dashboard, "discriminator", "samples")
        place.tap()
        _expect_cursors(dashboard)

    # Over the curves a tap goes to the step as well, and there it stays.
    px, py = _at_step(dashboard, 30)
    page.touchscreen.tap(px, py)
    expect(dashboard.cursor("metrics")).to_be_visible()
    dashboard.until("!s.view.live && s.view.preview === null")
    step = page.evaluate("dash_clientside.state.view.step")
    assert abs(step - 30) <= 1
    page.touchscreen.tap(px, py + 30)  # it is a line
    _expect_cursors(dashboard)
    assert page.evaluate("dash_clientside.state.view") == {"live": False, "step": step, "preview": None}


def test_whoever_scrolls_with_a_finger_points_at_nothing(touched: DashboardPage) -> None:
    """And keeps the cursor: on a phone the other panels, in which it shows the same place, are further down."""
    dashboard = touched
    dashboard.server.train(10)
    page = dashboard.open(size=PHONE).page
    dashboard.layer("samples").scroll_into_view_if_needed()
    cdp = page.context.new_cdp_session(page)

    def stroke(across: int, along: int) -> None:
        """From a place in the samples, without hurry."""
        area = dashboard.area("samples")
        x, y = area.pixel(0.0, -0.2)
        places = [{"x": x + across * i / 10, "y": y + along * i / 10} for i in range(11)]
        for place in places:
            cdp.send("Input.dispatchTouchEvent", {"type": "touchStart" if place == places[0] else "touchMove",
                                                  "touchPoints": [place]})  # fmt: skip
            dashboard.next_frame()
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        dashboard.next_frame()

    before = page.evaluate("scrollY")
    stroke(0, -100)
    dashboard.until("Math.abs(scrollY - argument) > 50", before)
    _expect_cursors(dashboard)
    place = _tap(dashboard, "samples", 0.5, -0.5)
    before = page.evaluate("scrollY")
    stroke(0, 60)
    dashboard.until("Math.abs(scrollY - argument) > 20", before)
    assert dashboard.cursor_data("samples") == pytest.approx(place, abs=1e-6)
    before = page.evaluate("scrollY")
    stroke(80, 5)  # sideways it draws the cursor along
    assert page.evaluate("scrollY") == before
    area = dashboard.area("samples")
    x, y = area.pixel(0.0, -0.2)
    assert dashboard.cursor_data("samples") == pytest.approx(area.data(x + 80, y + 5), abs=0.01)


def _at_step(dashboard: DashboardPage, step: int) -> tuple[float, float]:
    """The pixel over the curves where a step is, by Plotly's own axis, half-way up."""
    dashboard.settled("metrics")
    axes = _axes(dashboard, "metrics")
    low, high = dashboard.page.evaluate(
        "document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.range.map(Number)"
    )
    return axes.left + axes.width * (step - low) / (high - low), axes.top + axes.height / 2


def _axes(dashboard: DashboardPage, name: str) -> Area:
    """Where Plotly has drawn a panel's axes, as the browser has them on the screen."""
    return _on_screen(dashboard, f"#{name}-panel .bglayer rect.bg")


def _on_screen(dashboard: DashboardPage, selector: str) -> Area:
    # Plotly takes away what it draws anew, and puts it back a moment later.
    box = dashboard.page.evaluate(
        """async (selector) => {
            let found;
            while (!(found = document.querySelector(selector))) await new Promise(requestAnimationFrame);
            const { left, top, width, height } = found.getBoundingClientRect();
            return [left, top, width, height];
        }""",
        selector,
    )
    return Area(*box)


def _middle(dashboard: DashboardPage, selector: str) -> tuple[float, float]:
    area = _on_screen(dashboard, selector)
    return area.left + area.width / 2, area.top + area.height / 2


def test_on_a_zoomed_page_the_cursor_reads_the_place_under_the_pointer(dashboard: DashboardPage) -> None:
    dashboard.server.train(120)
    page = dashboard.open(size=DESKTOP).page
    for zoom, script in ZOOMS.items():
        page.evaluate(script)
        for name in SQUARE:
            page.locator(f"#{name}-panel").scroll_into_view_if_needed()
            dashboard.settled()
            dashboard.until(
                """(() => {
                    const boxes = [".bglayer rect.bg", ".layer", ".layer canvas.paint"].map((part) =>
                        document.querySelector(`#${argument}-panel ${part}`).getBoundingClientRect());
                    return boxes.every((box) => ["left", "top", "right", "bottom"].every((edge) =>
                        Math.abs(box[edge] - boxes[0][edge]) < 1));
                })()""",
                name,
            )
            axes = _axes(dashboard, name)
            for x, y in ((0.5, 0.5), (-0.7, 0.2)):
                px, py = (round(v) for v in axes.pixel(x, y))
                page.mouse.move(px, py)
                dashboard.next_frame()
                assert dashboard.cursor_data(name) == pytest.approx(axes.data(px, py), abs=0.005), (zoom, name)
                assert _middle(dashboard, f"#{name}-panel .cursor") == pytest.approx((px, py), abs=1), (zoom, name)
            if name == "discriminator":  # and the linked one is drawn at the same data
                linked = _axes(dashboard, "samples").pixel(*axes.data(px, py))
                assert _middle(dashboard, "#samples-panel .cursor") == pytest.approx(linked, abs=1), zoom
        # Along the steps: the curves, by Plotly's own axis, and the rail.
        page.locator("#metrics-panel").scroll_into_view_if_needed()
        page.mouse.move(*_at_step(dashboard, 70))
        dashboard.next_frame()
        assert abs(dashboard.cursor_data("metrics")[0] - 70) <= 1, zoom
        rail = _on_screen(dashboard, "#timeline")
        px, py = round(rail.left + 0.3 * rail.width), round(rail.top + rail.height / 2)
        page.mouse.click(px, py)
        dashboard.until("!s.view.live")
        dashboard.next_frame()
        most = 1 + rail.width / len(dashboard.server.kept())
        dashboard.until(
            """(() => {
                const { left, width } = document.querySelector("#timeline [role=slider]").getBoundingClientRect();
                return Math.abs(left + width / 2 - argument[0]) <= argument[1];
            })()""",
            [px, most],
        )
        page.locator("#follow-live").click()
        # Help stands beside what it explains.
        button = page.locator("button.info").first
        button.click()
        mark, bubble = _on_screen(dashboard, "button.info"), _on_screen(dashboard, "#help-bubble")
        if zoom != "scaled":  # there the bubble stands in the scaled page, not in the window
            assert abs(bubble.left - mark.left) < 2, zoom
            assert min(abs(bubble.top - mark.top - mark.height), abs(mark.top - bubble.top - bubble.height)) < 8, zoom
        button.click()
