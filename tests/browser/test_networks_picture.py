"""The picture of both networks: what each unit is seen to compute, by hand and by key, and what it costs closed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Locator, Page, expect

from dashboard_page import PHONE, DashboardPage
from gan_core.wire import frames as wire
from live_server import Envelope, LiveServer
from test_access import expect_no_barriers, in_every_look


def open_picture(page: Page) -> Locator:
    page.get_by_role("button", name=re.compile("^Experiment")).click()
    page.get_by_role("button", name="Networks at work", exact=True).click()
    picture = page.get_by_role("region", name="Networks at work")
    expect(picture.locator(".unit").first).to_be_visible()
    return picture


def with_units(server: LiveServer) -> Envelope:
    """The newest frame of a paused run with what its units compute."""
    frame = server.envelope("/api/frame?after=0&lens=units")
    while "unit_maps" not in frame.arrays:
        if body := server.get(f"/api/frame?after={frame.header['version']}&lens=units"):
            frame = Envelope(*wire.decode(body))
    return frame


def painted(unit: Locator) -> npt.NDArray[np.int64]:
    """Red less blue of each pixel, (24, 24), the highest row first: below 0 where it is blue."""
    pixels = unit.evaluate("(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, 24, 24).data)")
    red, _, blue, _ = np.array(pixels, np.int64).reshape(24, 24, 4).transpose(2, 0, 1)
    return np.asarray(red - blue)


def unit(picture: Locator, name: str) -> Locator:
    return picture.get_by_role("img", name=re.compile(f"^{name}: from "))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label')")).split(":")[0]


def test_each_unit_is_drawn_as_it_computes(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(30)
    page = dashboard.open().page
    assert "unit_maps" not in server.newest().arrays  # closed, it costs nothing
    picture = open_picture(page)
    frame = with_units(server)
    maps, ranges = frame.arrays["unit_maps"].astype(float), frame.arrays["unit_ranges"].astype(float)
    units = picture.locator(".unit")
    assert units.count() == len(ranges) == 2 * (2 + 3 * 16) + 3
    expect(picture).to_contain_text("16 of 128 units")
    expect(picture).to_contain_text("step 30")
    seen = [painted(units.nth(k)) for k in range(len(ranges))]
    assert len({one.tobytes() for one in seen}) > 90  # the inputs of both are the same two
    for k, (low, high) in enumerate(ranges):
        values = (low + (high - low) * maps[::-1, :, k] / 255) / max(abs(low), abs(high))
        assert (seen[k][values > 0.1] < 0).all()
        assert (seen[k][values < -0.1] > 0).all()
        assert (np.abs(seen[k][np.abs(values) < 0.01]) < 30).all()
    # The one that is pointed at stands there large, with its numbers.
    last = units.nth(len(ranges) - 1)
    last.hover()
    large = picture.locator(".networks-unit")
    expect(large).to_contain_text("Discriminator, output, unit 1")
    low, high = (f"{value:.3g}".replace("-", "−") for value in ranges[-1])
    expect(large).to_contain_text(f"from {low} to {high}")
    assert np.array_equal(painted(large.locator("canvas")), seen[-1])
    weights = frame.arrays["unit_weights"][-1]
    expect(large).to_contain_text(f"({float(weights[0]):.3g})".replace("-", "−"))
    # Lines go to each unit from those that weigh most in it, dashed below 0.
    lines = picture.locator("line.current")
    assert lines.count() == 3
    assert lines.evaluate_all("(all) => all.map((line) => line.classList.contains('below'))") == (weights < 0).tolist()


def test_keys_go_from_unit_to_unit_and_out_again(dashboard: DashboardPage) -> None:
    dashboard.server.train(5)
    page = dashboard.open().page
    picture = open_picture(page)
    unit(picture, "Generator, layer 1, unit 1").focus()
    for key, name in (
        ("ArrowDown", "Generator, layer 1, unit 2"),
        ("End", "Generator, layer 1, unit 16"),
        ("ArrowRight", "Generator, layer 2, unit 16"),
        ("ArrowDown", "Generator, layer 2, unit 16"),
        ("Home", "Generator, layer 2, unit 1"),
        ("ArrowLeft", "Generator, layer 1, unit 1"),
        ("ArrowLeft", "Generator, input, unit 1"),
        ("ArrowLeft", "Generator, input, unit 1"),
    ):
        page.keyboard.press(key)
        assert focused(page) == name
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert focused(page).startswith("Discriminator, input, unit")
    assert picture.locator(".unit[tabindex='0']").count() == 1
    dashboard.expect_step(5)  # the keys were not those of the timeline
    page.keyboard.press("Escape")
    expect(picture).to_be_hidden()
    expect(page.get_by_role("button", name="Networks at work", exact=True)).to_be_focused()


def test_it_follows_the_step_in_view_and_closed_it_is_no_longer_computed(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(20, 20)
    page = dashboard.open().page
    picture = open_picture(page)
    step = picture.locator(".badge")
    expect(step).to_have_text("step 40")
    unit(picture, "Discriminator, layer 3, unit 4").focus()
    server.train(3)
    expect(step).to_have_text("step 43")
    assert focused(page) == "Discriminator, layer 3, unit 4"  # painted anew, not built anew
    here = painted(unit(picture, "Generator, output, unit 1"))
    dashboard.go_to(7)
    expect(step).to_have_text("step 7")
    dashboard.until("s.shown.step === 7 && s.shown.unit_maps")
    assert not np.array_equal(painted(unit(picture, "Generator, output, unit 1")), here)
    page.get_by_role("button", name="Live", exact=False).first.click()
    expect(step).to_have_text("step 43")
    assert np.array_equal(painted(unit(picture, "Generator, output, unit 1")), here)
    server.command("play")
    dashboard.until("Number(document.querySelector('.networks .badge').textContent.match(/[0-9]+/)) > 43")
    page.get_by_role("button", name="Close the picture of the networks").click()
    server.command("pause")
    while "unit_maps" in server.newest_of(server.train(1)).arrays:  # the server soon forgets that somebody asked
        dashboard.catch_up()
    dashboard.catch_up()


def test_other_networks_are_drawn_as_they_are(dashboard: DashboardPage) -> None:
    server = dashboard.server
    page = dashboard.open().page
    picture = open_picture(page)
    config = {"generator": "5,3:tanh", "discriminator": "none:relu", "batch": "32"}
    server.command("start", config=config, values={})
    expect(unit(picture, "Generator, layer 2, unit 3")).to_be_visible()
    expect(picture).to_contain_text("5 units")
    assert picture.locator(".unit").count() == (2 + 5 + 3 + 2) + (2 + 1)
    # Where nothing is trained, there are no networks.
    server.open_preset("target")
    expect(picture.locator(".unit").first).to_be_hidden()
    expect(picture).to_contain_text(re.compile(r"train"))


def test_no_barriers_and_nothing_wider_than_the_window(dashboard: DashboardPage) -> None:
    dashboard.server.train(5)
    page = dashboard.open().page
    picture = open_picture(page)
    for size, _ in in_every_look(dashboard):
        expect_no_barriers(dashboard)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        box: dict[str, Any] = picture.locator(".networks-box").evaluate(
            "(box) => ({ width: box.clientWidth, all: box.scrollWidth })"
        )
        assert (box["all"] > box["width"]) == (size == PHONE)
        sides = picture.locator(".unit").evaluate_all("(all) => all.map((unit) => unit.getBoundingClientRect().width)")
        assert min(sides) >= 24  # WCAG 2.5.8
