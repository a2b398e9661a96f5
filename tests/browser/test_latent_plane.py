"""The plane through latent space: turned by hand and by key, the same in every tab, and of steps of the past."""

from __future__ import annotations

import math

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard_page import DashboardPage
from test_access import expect_no_barriers

REACH = 3.0  # of a normal latent


def turned(frame: str) -> str:
    return f"{frame} && {frame}.plane && {frame}.plane.join() === '1,5,3,30'"


def test_the_plane_is_turned_and_every_frame_tells_of_which_it_is(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.command("preset", name="quick", config={"latent": "normal", "latent_dim": "5"})
    server.train(20, 20)
    page = dashboard.open().page
    plane = page.get_by_role("group", name="Plane through latent space")
    across, up = (page.locator(f"#latent-panel .{axis}title") for axis in "xy")
    expect(across).to_have_text("z₁")
    expect(up).to_have_text("z₂")
    expect(page.locator("#latent-panel .xtick text").last).to_have_text("3")

    plane.get_by_role("combobox", name="Up: number of the latent").select_option("z₅")
    expect(up).to_have_text("z₅")
    turn = plane.get_by_role("slider", name="Turn of the axis across")
    turn.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(turn).to_have_attribute("aria-valuetext", "3 degrees, from z₁ towards z₃")
    turn.fill("30")
    dashboard.until(f"{turned('s.shown')} && s.shown.fakes.length === 10000")  # as sharp as it gets
    expect(across).to_have_text("0.87 z₁ + 0.50 z₃")
    assert server.status()["step"] == 40, "nothing is trained by looking"

    # What is said under the cursor, by trigonometry.
    area = dashboard.area("latent")
    px, py = (round(v) for v in area.pixel(0.5, -0.25))
    page.mouse.move(px, py)
    a, b = (REACH * v for v in area.data(px, py))
    numbers = f"z₁ = {a * math.cos(math.pi / 6):.2f}, z₃ = {a / 2:.2f}, z₅ = {b:.2f}, others 0"
    expect(dashboard.notes("latent")).to_contain_text(numbers)

    # The z of a fake is seen where it is on this plane.
    frame = server.newest()
    area, fakes = dashboard.area("samples"), frame.arrays["fakes"] / 32767
    px, py = (round(v) for v in area.pixel(0.3, 0.3))
    nearest = int(np.hypot(*(fakes - area.data(px, py)).T).argmin())
    page.mouse.move(px, py)
    expect(dashboard.notes("latent")).to_contain_text("seen on the plane at")
    there = frame.arrays["latents"][nearest] / 32767
    assert dashboard.cursor_data("latent") == pytest.approx(there, abs=1e-4)

    # A step that was kept on the usual plane, made anew on this one.
    assert "plane" not in server.frame(20).header
    dashboard.go_to(20)
    dashboard.until(f"s.shown && s.shown.step === 20 && {turned('s.shown')}")
    page.locator("#follow-live").click()

    other = DashboardPage(page.context.new_page(), server, dashboard.watch).open()
    expect(other.page.locator("#plane-turn")).to_have_value("30")
    expect(other.page.locator("#latent-panel .xtitle")).to_have_text("0.87 z₁ + 0.50 z₃")
    other.page.get_by_role("combobox", name="Towards: number of the latent").select_option("z₁")
    expect(page.locator("#latent-panel .xtitle")).to_have_text("0.87 z₃ + 0.50 z₁")
    other.page.close()
    expect_no_barriers(dashboard)

    server.open_preset("quick")
    dashboard.catch_up()
    expect(plane).to_be_hidden()
    expect(across).to_have_text("u")
    expect(page.locator("#latent-panel .xtick text").last).to_have_text("1")
